"""Own code that runs is the source of which the digest was taken."""

import importlib
import os
import py_compile
import sys
from pathlib import Path

import pytest

from dlexp.components import snapshot, user_code


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module in the working directory, of which nothing was imported before."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    monkeypatch.setattr(
        sys, "meta_path", [each for each in sys.meta_path if not isinstance(each, user_code._UserModules)]
    )
    monkeypatch.setattr(user_code._UserModules, "names", set())
    for name in ("own_a", "own_b", "own_package", "own_package.inner"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    importlib.invalidate_caches()
    Path("own_a.py").write_text("def value():\n    return 1\n")


def edit(path: str = "own_a.py", value: int = 2) -> None:
    """Another value; the size and the time of the source stay."""
    source = Path(path)
    times = source.stat()
    source.write_text(source.read_text().replace("return 1", f"return {value}"))
    os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))


def value(function: str = "own_a:value") -> int:
    """What it returns within a snapshot that has its source."""
    with snapshot.taken():
        snapshot.read_bytes(user_code.source(function))
        returned: int = user_code.load(function)()
    return returned


def test_an_edited_module_is_imported_again() -> None:
    """By a process that had imported it before."""
    assert value() == 1
    edit()

    assert value() == 2


def test_a_module_runs_once_while_it_is_the_same() -> None:
    """What it holds stays, as for any module."""
    Path("own_a.py").write_text("calls = []\n\ndef value():\n    calls.append(1)\n    return len(calls)\n")

    assert [value(), value()] == [1, 2]


def test_a_module_that_a_script_imported_is_imported_again() -> None:
    """Each worker reads the user's script again, and with it what that imports: from which bytes, nobody knows."""
    importlib.import_module("own_a")
    edit()

    assert value() == 2


@pytest.mark.parametrize("is_digested", [True, False])
def test_no_bytecode_stands_for_another_source(is_digested: bool) -> None:
    """Python takes a cached file where the size and the time of the source are the same."""
    py_compile.compile("own_a.py")
    edit()
    assert importlib.import_module("own_a").value() == 1  # What Python does.
    del sys.modules["own_a"]

    assert (value() if is_digested else user_code.load("own_a:value")()) == 2


def test_the_source_of_the_snapshot_runs() -> None:
    """Though it was edited since its digest was taken."""
    with snapshot.taken():
        snapshot.read_bytes(user_code.source("own_a:value"))
        edit()
        assert user_code.load("own_a:value")() == 1

    assert user_code.load("own_a:value")() == 2


def test_own_code_that_imports_other_own_code_gets_the_digested_one() -> None:
    """Whichever of two functions is called first."""
    Path("own_b.py").write_text("import own_a\n\ndef value():\n    return own_a.value()\n")
    py_compile.compile("own_a.py")
    edit()

    with snapshot.taken():
        snapshot.read_bytes(user_code.source("own_a:value"))
        snapshot.read_bytes(user_code.source("own_b:value"))
        assert user_code.load("own_b:value")() == 2


def test_a_module_in_a_package() -> None:
    """The package around it stays."""
    Path("own_package").mkdir()
    Path("own_package/__init__.py").write_text("")
    Path("own_package/inner.py").write_text("def value():\n    return 1\n")
    assert value("own_package.inner:value") == 1
    around = sys.modules["own_package"]
    edit("own_package/inner.py")

    assert value("own_package.inner:value") == 2
    assert sys.modules["own_package"] is around


def test_libraries_stay_as_they_are() -> None:
    """Their functions may be named too; they are not imported twice."""
    before = {name: importlib.import_module(name) for name in ("sklearn.datasets", "random", "math")}

    for name, module in before.items():
        assert user_code.imported(name) is module
