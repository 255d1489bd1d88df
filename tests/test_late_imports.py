"""Importing TensorFlow without what no run uses."""

import importlib
import importlib.metadata
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from dlexp.training.late_imports import LateFinder, LateModule, hidden, import_tensorflow

#: Of `late.names`, which is late.
NAMES = '''"""Names of other modules."""
import sys as _sys
from late.names import below
from late.origin import value # line: 1
from late.origin import value as other_name
from late.origin import value as replaced
replaced, own = 4, 5
'''


def test_hidden_modules_seem_not_installed_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keras passes over what it cannot import; the data sets and plots of the same process can, afterwards."""
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)

    with hidden(["colorsys"]), pytest.raises(ImportError):
        importlib.import_module("colorsys")

    assert importlib.import_module("colorsys").rgb_to_hsv(0, 0, 0) == (0, 0, 0)


def test_a_module_that_is_there_already_stays() -> None:
    """Nothing is taken from whoever has it."""
    with hidden(["importlib"]):
        assert importlib.import_module("importlib") is importlib


@pytest.mark.parametrize(("version", "is_late"), [("2.21.0", True), ("2.22.0", False), (None, False)])
def test_only_versions_that_were_tried_are_imported_late(
    version: str | None, is_late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a version makes of its public names is its own affair; some builds go by another name."""

    def installed(name: str) -> str:
        if version is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(importlib.metadata, "version", installed)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setitem(sys.modules, "tensorflow", ModuleType("tensorflow"))

    import_tensorflow()

    assert (LateFinder in sys.meta_path) is is_late


@pytest.fixture
def late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LateModule:
    """A package that gives names to what is elsewhere, and whose code makes one of its own."""
    files = {
        "late/__init__.py": "",
        "late/origin.py": "value = 3",
        "late/names/__init__.py": NAMES,
        "late/names/below.py": "depth = 2",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    for name in ("late", "late.origin", "late.names", "late.names.below"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("dlexp.training.late_imports.LATE", ("late.names",))
    monkeypatch.setattr(sys, "meta_path", [LateFinder, *sys.meta_path])
    module = importlib.import_module("late.names")
    assert isinstance(module, LateModule)
    return module


def test_a_late_name_is_imported_when_it_is_asked_for(late: LateModule) -> None:
    """What looks for sources asks every module for its file, which imports nothing."""
    assert late.__file__ == late.__path__[0] + "/__init__.py"
    assert "late.origin" not in sys.modules

    assert (late.value, late.other_name) == (3, 3)
    assert "own" not in vars(late)


def test_a_late_module_below_another(late: LateModule) -> None:
    """It is late too."""
    assert type(late.below) is LateModule
    assert late.below.depth == 2


def test_other_names_of_a_late_module_run_its_code(late: LateModule) -> None:
    """Once, which may have another value for a name that it imports; what is not there after that is not there."""
    assert (late.replaced, late.own) == (4, 5)
    vars(late)["own"] = 6

    with pytest.raises(AttributeError, match=r"^module 'late\.names' has no attribute 'missing'$"):
        _ = late.missing
    assert late.own == 6


def test_a_late_module_lists_and_gives_all_its_names(late: LateModule) -> None:
    """To `dir` and to `import *`."""
    assert {"below", "other_name", "value"} <= set(dir(late))

    given: dict[str, object] = {}
    exec("from late.names import *", given)
    assert {"other_name", "own", "value"} <= set(given)


@pytest.mark.training
def test_late_modules_keep_their_names() -> None:
    """Though what they import lies in folders of the same names."""
    names = "tf.lite.TFLiteConverter, tf.distribute.experimental.rpc.Server, tf.distribute.MirroredStrategy"
    program = (
        f"from dlexp.training.threads import start\nstart()\nimport tensorflow as tf\nassert ({names}) == ({names})\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


@pytest.mark.training
def test_what_tensorflow_registers_does_not_come_late() -> None:
    """Every public name can be had, and all gradients are there before one is asked for, but those of its debugger."""
    program = (
        "import sys\n"
        "from dlexp.training.late_imports import LateModule\n"
        "from dlexp.training.threads import start\n"
        "start()\n"
        "from tensorflow.python.framework.ops import gradient_registry\n"
        "before, seen = set(gradient_registry.list()), set()\n"
        "while late := {name for name, each in sys.modules.items() if type(each) is LateModule} - seen:\n"
        "    seen |= late\n"
        "    for name in late:\n"
        "        for each in dir(sys.modules[name]):\n"
        "            getattr(sys.modules[name], each)\n"
        "print(len(seen) > 100, sorted(set(gradient_registry.list()) - before))\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    debugger = "['AudioMicrofrontend', 'DebugGradientIdentity', 'DebugGradientRefIdentity', 'DebugIdentityV2']"
    assert done.stdout == f"True {debugger}\n", done.stderr


@pytest.mark.training
def test_tensorflow_needs_nothing_that_is_hidden() -> None:
    """Not even in a version whose names lie elsewhere, so that none of its modules comes late."""
    program = (
        "from dlexp.training import late_imports\n"
        "late_imports.LATE = ()\n"
        "late_imports.import_tensorflow()\n"
        "import tensorflow as tf\n"
        "print(tf.distribute.MirroredStrategy.__name__, tf.keras.layers.Dense.__name__)\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.stdout == "MirroredStrategy Dense\n", done.stderr
