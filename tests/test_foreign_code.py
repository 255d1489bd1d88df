"""Only commands that train or predict call functions that a file names; all others read, and run nothing."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import Invoke
from make_runs import CONFIG, finished

from dlexp.components import user_code
from dlexp.components.datasets import Python
from dlexp.config.identity import Ingredients
from dlexp.config.load import load
from dlexp.errors import DataError
from dlexp.records.ended import Layer
from dlexp.training import outline

#: Says that it was imported, and again that it was called.
MARKING = """
from pathlib import Path
Path("imported").touch()

def load(*_, **__):
    with Path("called").open("a") as file:
        file.write(".")
    x = [[float(i), 1.0] for i in range(8)]
    return (x, [0, 1] * 4), (x[:2], [0, 1])

def build(x, **_):
    Path("called").touch()
    return x
"""
OWN_DATA = "dataset: {type: python, function: 'marked.inner:load', task: binary}\n"
OWN_MODEL = "dataset: iris\nmodel: {type: python, function: 'marks:build'}\n"
BOTH = OWN_DATA + "model: {type: python, function: 'marks:build'}\n"
#: A record that somebody sends: whoever loads its data or builds its model runs a command.
FOREIGN: dict[str, Any] = CONFIG | {
    "dataset": {
        "type": "python",
        "function": "subprocess:getoutput",
        "arguments": {"cmd": "touch called"},
        "task": "binary",
    },
    "model": {"type": "python", "function": "subprocess:getstatusoutput", "arguments": {"cmd": "touch called"}},
    "head": {"type": "binary", "metrics": ["accuracy"]},
}
FOREIGN_YAML = """\
name: foreign
dataset: {type: python, function: "subprocess:getoutput", arguments: {cmd: touch called}, task: binary}
model: {type: python, function: "subprocess:getstatusoutput", arguments: {cmd: touch called}}
training: {epochs: 2}
"""
MISTAKES = [{"position": 5, "target": 1, "predicted": 0, "probability": 0.9889}]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module, a package and configs that name them, and runs of a foreign config: two finished, one interrupted."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "marked").mkdir()
    for file in ("marks.py", "marked/__init__.py", "marked/inner.py"):
        Path(file).write_text(MARKING)
    for name, text in (("data", OWN_DATA), ("model", OWN_MODEL), ("both", BOTH), ("foreign", FOREIGN_YAML)):
        Path(f"{name}.yaml").write_text(text)
    digest = Python(function="subprocess:getoutput", task="binary").digest(None)
    own = Ingredients.of(load("foreign.yaml").experiment, digest).identity
    for seed in (0, 1):
        record: dict[str, Any] = {"data_digest": digest, "identity": own, "mistakes": MISTAKES}
        finished(Path("runs"), "foreign", seed, config=FOREIGN, **record).write_config(FOREIGN_YAML)
    begun = finished(Path("runs"), "foreign", 2, config=FOREIGN, identity=own)
    begun.summary_path.unlink()
    begun.write_config(FOREIGN_YAML)
    yield tmp_path
    for module in ("marks", "marked", "marked.inner"):
        sys.modules.pop(module, None)


def has_run_nothing() -> bool:
    """Neither a module was imported nor a function called, and nothing later finds modules in the working directory."""
    imported = {"marks", "marked", "marked.inner"} & set(sys.modules)
    return not (Path("called").exists() or Path("imported").exists() or imported or str(Path.cwd()) in sys.path)


@pytest.mark.parametrize(
    "words",
    [
        "check data.yaml model.yaml both.yaml foreign.yaml",
        "check foreign.yaml --format json",
        "ls",
        "show foreign",
        "show foreign/s0-* --mistakes 10",
        "show foreign/s2-*",
        "show foreign --format json",
        "show foreign.yaml",
        "compare",
        "compare foreign.yaml --format json",
        "diff foreign/s0-* foreign.yaml",
        "diff both.yaml data.yaml",
        "why foreign/s0-*",
        "why foreign.yaml",
        "why both.yaml data.yaml",
        "why model.yaml",
        "run --dry-run foreign.yaml data.yaml model.yaml both.yaml",
        "run --dry-run both.yaml --smoke --grid training.epochs=[1,2]",
        "clean --failed",
        "verify --files foreign",
    ],
)
def test_commands_that_read_run_nothing(invoke: Invoke, folder: Path, words: str) -> None:
    """Neither the module that a config names, nor the packages it is in, nor a function of the standard library."""
    arguments = [str(next(Path("runs").glob(word))) if "*" in word else word for word in words.split()]

    code, out, err = invoke(*arguments)

    assert code in ((0, 1) if "verify" in words else (0, 2)), err
    assert out or err
    assert has_run_nothing()


def test_data_are_described_only_where_code_is_allowed(invoke: Invoke, folder: Path) -> None:
    """By a config, or by a data set and its settings; with the flag the function is called."""
    refused = "loading its data calls {}, code that the config names; to let it: --allow-code\n"
    setting = "dataset.function=marked.inner:load"

    assert invoke("data", "both.yaml") == (2, "", "both.yaml: " + refused.format("marked.inner:load"))
    assert invoke("data", "foreign.yaml") == (2, "", "foreign.yaml: " + refused.format("subprocess:getoutput"))
    assert invoke("data", "python", "--set", setting, "--set", "dataset.task=binary") == (
        2,
        "",
        "python: " + refused.format("marked.inner:load"),
    )
    assert has_run_nothing()
    code, out, _ = invoke("data", "both.yaml", "--allow-code")
    assert code == 0
    assert "examples  6 train, 2 validation, 2 test" in " ".join(out.split()).replace("examples ", "examples  ")
    assert Path("called").read_text() == "."


def test_data_of_a_config_with_an_own_model_need_no_permission(invoke: Invoke, folder: Path) -> None:
    """No model is built for them."""
    assert invoke("data", "model.yaml")[0] == 0
    assert has_run_nothing()


def test_a_dry_run_says_all_but_the_layers(invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of experiments with code; the others are built, and with the flag all are."""
    Path("plain.yaml").write_text("dataset: iris\n")
    built: list[str] = []

    def in_child(function: object, experiments: list[Any], data_dir: object) -> list[outline.Outline]:
        built[:] = [experiment.name for experiment in experiments]
        layers: list[list[Layer]] = [
            [{"name": f"of_{name}", "type": "Dense", "output_shape": [3], "parameters": 9}] for name in built
        ]
        return list(map(outline.Outline, layers))

    monkeypatch.setattr(outline, "in_child", in_child)

    code, out, _ = invoke("run", "both.yaml", "plain.yaml", "--dry-run")

    assert (code, built) == (0, ["plain"])
    _, both, plain = out.split("\n\n")
    _, model = invoke("run", "model.yaml", "--dry-run")[1].split("\n\n")
    pages = {"both": both, "plain": plain, "model": model}
    assert all(page.startswith(f"{name} ({name}.yaml)\n") for name, page in pages.items())
    not_built = "\n  layers: not built, the config calls {} (--allow-code)\n  examples\n"
    assert not_built.format("marked.inner:load and marks:build") in both
    assert not_built.format("marks:build") in model
    assert "\n  layers\n    of_plain  Dense  (3,)  9\n" in plain
    assert all("\n    seed 0    would be trained" in page for page in pages.values())
    assert has_run_nothing()

    assert invoke("run", "both.yaml", "plain.yaml", "--dry-run", "--allow-code")[0] == 0
    assert built == ["both", "plain"]


def test_a_module_in_folders_without_init_is_found(folder: Path) -> None:
    """Folders without __init__.py, in packages and on their own, as Python's import finds them."""
    Path("marked/plain/deep").mkdir(parents=True)
    Path("bare/below").mkdir(parents=True)
    for file in ("marked/plain/deep/own.py", "bare/below/own.py"):
        Path(file).write_text("")

    assert user_code.source("marked.plain.deep.own:f") == Path("marked/plain/deep/own.py").absolute()
    assert user_code.source("bare.below.own:f") == Path("bare/below/own.py").absolute()
    assert user_code.source("marked:f") == Path("marked/__init__.py").absolute()
    for absent in ("bare:f", "bare.own:f", "marks.own:f", "sys:exit", "marked.inner.own:f"):
        with pytest.raises(DataError, match=f"^{absent}: no module {absent[:-2].split(':')[0]} that Python knows"):
            user_code.source(absent)
    assert has_run_nothing()


@pytest.mark.parametrize(
    ("argument", "value", "named"),
    [
        ("kernel_initializer", {"module": "marks", "class_name": "load", "config": {}}, "names something in 'marks'"),
        ("activation", {"module": "builtins", "class_name": "function", "config": "exec"}, "something in 'builtins'"),
        ("activation", {"class_name": "function", "config": "marks:load"}, "names 'function'"),
        ("kernel_regularizer", {"class_name": "__lambda__", "config": {"value": ""}}, "names '__lambda__'"),
        (
            "kernel_initializer",
            {"module": "keras.config", "class_name": "f", "config": {}},
            "something in 'keras.config'",
        ),
        ("kernel_regularizer", {"class_name": "L2", "config": {"l2": {"module": "os"}}}, "names something in 'os'"),
    ],
)
def test_layers_name_nothing_but_keras_own(
    invoke: Invoke, folder: Path, argument: str, value: dict[str, Any], named: str
) -> None:
    """A serialized object can name a module to import: Keras refuses that, older versions of it do not."""
    Path("a.yaml").write_text(
        f"dataset: iris\nmodel: {{layers: [{{Dense: {{units: 3, {argument}: {json.dumps(value)}}}}}]}}\n"
    )

    code, out, err = invoke("check", "a.yaml")

    assert (code, out) == (2, "")
    assert err.startswith(f"a.yaml:2: model.layers.0.Dense.{argument}: names ")
    assert named in err
    assert err.endswith("Code has its place in model: {type: python}.\n")


def test_layers_may_have_keras_own_objects(invoke: Invoke, folder: Path) -> None:
    """As Keras itself serializes them."""
    value = {"module": "keras.regularizers", "class_name": "L2", "config": {"l2": 0.01}, "registered_name": None}
    short = {"class_name": "L2", "config": {"l2": 0.01}}
    for each in (value, short):
        dense = json.dumps({"Dense": {"units": 3, "kernel_regularizer": each}})
        Path("a.yaml").write_text(f"dataset: iris\nmodel: {{layers: [{dense}]}}\n")

        assert invoke("check", "a.yaml")[0] == 0


@pytest.mark.training
def test_python_m_dlexp_imports_nothing_from_the_working_directory(tmp_path: Path) -> None:
    """As the command `dlexp`, and in its processes; Python itself would look there first, even for its own modules."""
    for module in ("difflib", "typer", "yaml", "pickle", "multiprocessing", "tensorflow"):
        (tmp_path / f"{module}.py").write_text(f"open('imported {module}', 'w')\n")
    (tmp_path / "a.yaml").write_text("dataset: iris\n")
    command = [sys.executable, "-m", "dlexp", "run", "--dry-run", "a.yaml"]

    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "parameters\n  examples\n" in ended.stdout
    assert not list(tmp_path.glob("imported *"))
