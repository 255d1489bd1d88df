"""`dlexp run --dry-run`: what would be trained, and that nothing is."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from commands import dlexp
from make_runs import finished

from dlexp.config.load import Loaded, load, load_all
from dlexp.config.needed_memory import RunMemory
from dlexp.execution.plan import Plan, Request
from dlexp.execution.planning import plan
from dlexp.format import PageFormat
from dlexp.records.ended import Layer
from dlexp.records.index import Run
from dlexp.records.numbering import Numbering
from dlexp.reports.plan.commands import Asked
from dlexp.reports.plan.dry_run import preview, render
from dlexp.reports.plan.pace import Pace
from dlexp.training.outline import Outline, outline

ROOT = Path(__file__).parents[1]
LAYERS: list[Layer] = [
    {"name": "inputs", "type": "InputLayer", "output_shape": [4], "parameters": 0},
    {"name": "output", "type": "Dense", "output_shape": [3], "parameters": 1015},
]


def page(paths: list[Path], runs_dir: Path, seeds: int = 1, overrides: tuple[str, ...] = (), **request: Any) -> str:
    """What is printed about configs, without TensorFlow."""
    loaded = load_all(paths, overrides)
    planned = plan(Request(wanted=[(each.experiment, range(seeds)) for each in loaded], runs_dir=runs_dir, **request))
    return rendered(loaded, planned, Outline(LAYERS))


def rendered(
    loaded: list[Loaded],
    planned: Plan,
    outline: Outline,
    output: PageFormat = "table",
    width: int | None = 80,
    runs: Sequence[Run] = (),
) -> str:
    """What is printed about a plan, all of whose models have the same outline."""
    asked = Asked(configs=[], overrides=[], grids=[], runs_dir=Path("runs"), data_dir=None)
    found = preview(loaded, planned, [outline for _ in loaded], Pace(runs))
    return render(found, asked, output, width)


@pytest.fixture
def iris(tmp_path: Path) -> Path:
    """A config."""
    path = tmp_path / "iris.yaml"
    path.write_text("dataset: iris\nmodel:\n  hidden: [16]\n")
    return path


def test_every_setting_has_its_source(iris: Path, tmp_path: Path) -> None:
    """A line of a file, a `--set`, or the default."""
    lines = page([iris], tmp_path / "runs", overrides=("training.epochs=3",)).splitlines()

    found = {words[0]: words[1:] for line in lines if len(words := line.split(maxsplit=2)) == 3}
    assert lines[3] == f"iris ({iris})"
    assert found["model.hidden"] == ["[16]", f"{iris}:3"]
    assert found["training.epochs"] == ["3", "--set training.epochs=3"]
    assert found["optimizer.type"] == ["adam", "default"]


def test_layers_and_examples_are_counted(iris: Path, tmp_path: Path) -> None:
    """Shapes and parameters by layer and in all; the examples of each split after the validation's share."""
    text = page([iris], tmp_path / "runs")

    assert (
        """\
  layers
    inputs  InputLayer  (4,)  0
    output  Dense       (3,)  1,015
    in all                    1,015 parameters
  examples
    training    96
    validation  24
    test        30
  runs
    identity  """
        in text
    )


def test_a_model_that_needs_much_memory_is_said_with_its_layers(iris: Path, tmp_path: Path) -> None:
    """By what the network needs that was built."""
    loaded = load_all([iris])
    planned = plan(Request(wanted=[(loaded[0].experiment, [0])], runs_dir=tmp_path / "runs"))
    needed = RunMemory({"hidden_1": 35e9, "output": 1e9})

    page = rendered(loaded, planned, Outline(LAYERS, memory=needed))

    said = "a run needs about 36 GB of memory, 35 GB of it for layer hidden_1; more than 4 GB"
    assert ["memory", said] in [line.split(maxsplit=1) for line in page.splitlines()]


def test_runs_are_done_or_would_be_trained(iris: Path, tmp_path: Path) -> None:
    """By seed; a diverged one counts as done; with `force` all would be trained."""
    identity = plan(Request(wanted=[(load(iris).experiment, [0])], runs_dir=tmp_path)).runs[0].identity
    one = finished(tmp_path / "runs", "other_name", 0, identity=identity)
    two = Numbering(tmp_path / "runs").create("iris", 1, identity)
    two.write_failure({"seed": 1, "identity": identity, "config": {}, "kind": "diverged"})

    text = page([iris], tmp_path / "runs", seeds=3)
    forced = page([iris], tmp_path / "runs", seeds=3, force=True)

    assert text.endswith(f"""\
  runs
    identity  {identity}
    seed 0    finished before, in {one.path}
    seed 1    failed before, in {two.path}
    seed 2    would be trained
""")
    no_time = "time with 1 worker: unknown (no finished run on the\nsame data on this machine)\n\n"
    assert text.startswith(f"1 to train, 2 done before; {no_time}")
    assert forced.startswith(f"3 to train, 0 done before; {no_time}")


def test_same_experiment_under_two_names_is_said(iris: Path, tmp_path: Path) -> None:
    """It is trained once, under the first."""
    again = tmp_path / "again.yaml"
    again.write_text("extends: iris.yaml")

    text = page([iris, again], tmp_path / "runs")

    assert "seed 0    would be trained as iris: the same experiment" in text
    assert text.startswith("1 to train, 0 done before; ")


def test_many_experiments_are_a_row_each(iris: Path, tmp_path: Path) -> None:
    """After the totals: by what tells them apart, what is left and how long it takes; then how to see one."""
    loaded = load_all([iris], [], ["model.hidden=[[4], [8], [16]]"])
    planned = plan(Request(wanted=[(each.experiment, [0, 1]) for each in loaded], runs_dir=tmp_path / "runs"))

    text = rendered(loaded, planned, Outline(LAYERS))

    assert (
        text
        == f"""\
6 to train, 0 done before; time with 1 worker: unknown (no finished run on the
same data on this machine)

hidden  to train  done  time
[4]            2     0  unknown
[8]            2     0  unknown
[16]           2     0  unknown

settings, layers and sizes of one: {shlex.join(["dlexp", "run", str(iris), "--set", "model.hidden=[4]", "--dry-run"])}
"""
    )


def test_a_document_has_what_a_page_has(iris: Path, tmp_path: Path) -> None:
    """Of each experiment its settings, layers and runs; in all the counts and the time."""
    loaded = load_all([iris])
    identity = plan(Request(wanted=[(loaded[0].experiment, [0])], runs_dir=tmp_path)).runs[0].identity
    done = finished(tmp_path / "runs", "iris", 1, identity=identity)
    planned = plan(Request(wanted=[(loaded[0].experiment, [0, 1])], runs_dir=tmp_path / "runs"))

    found = json.loads(rendered(loaded, planned, Outline(LAYERS), "json"))

    (one,) = found["experiments"]
    assert (found["to_train"], found["done"], found["time"]["unknown"]) == (1, 1, 1)
    assert (one["label"], one["settings"]["model.hidden"], len(one["layers"])) == ("iris", [16], 2)
    assert one["runs"] == [
        {"seed": 1, "fate": f"finished before, in {done.path}", "directory": str(done.path)},
        {"seed": 0, "fate": "would be trained", "directory": None},
    ]


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> "tuple[Path, subprocess.CompletedProcess[str]]":
    """All shipped configs in one command, on a machine without data or a network."""
    folder = tmp_path_factory.mktemp("work")
    nowhere = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "no_proxy": ""}
    environment = os.environ | nowhere | {"DLEXP_DATA": "", "KERAS_HOME": str(folder / "keras")}
    configs = sorted((ROOT / "configs").glob("*.yaml"))
    command = [
        sys.executable,
        "-m",
        "dlexp",
        "run",
        *map(str, configs),
        "--dry-run",
        "--runs-dir",
        "runs",
        "--format",
        "json",
    ]
    result = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    return folder, result


@pytest.mark.training
def test_missing_data_are_said_instead_of_the_identity(
    commands: "tuple[Path, subprocess.CompletedProcess[str]]",
) -> None:
    """Exit code 0: everything else is known without them."""
    _, result = commands

    assert result.returncode == 0, result.stderr
    found = {each["name"]: each for each in json.loads(result.stdout)["experiments"]}
    assert found["imdb_sgd"]["identity"] is None
    assert "imdb.npz: not found, and it cannot be downloaded" in found["imdb_sgd"]["without_data"]
    assert (found["digits_sgd"]["without_data"], len(found["digits_sgd"]["identity"])) == (None, 64)


@pytest.mark.training
def test_warnings_of_a_config_are_said(tmp_path: Path) -> None:
    """By a dry run too, and where only warnings are said: they are no talk."""
    (tmp_path / "a.yaml").write_text("dataset: iris\nmodel: {hidden: [4], dropout: 0.5}\n")

    result = dlexp("run", "a.yaml", "--dry-run", "--quiet", cwd=tmp_path)

    assert result.returncode == 0
    assert "a.yaml:2: model.dropout: warning: in front of the output it keeps 2 of 4 units on average" in result.stderr


@pytest.mark.training
def test_dry_run_writes_nothing(commands: "tuple[Path, subprocess.CompletedProcess[str]]") -> None:
    """Neither runs nor their directory."""
    folder, _ = commands

    assert not (folder / "runs").exists()


@pytest.mark.training
def test_layers_are_keras_own(commands: "tuple[Path, subprocess.CompletedProcess[str]]") -> None:
    """For a shipped config, by hand: 64 x 32 + 32, 32 x 32 + 32, 32 x 10 + 10, counted by Keras."""
    _, result = commands

    found = {each["name"]: each for each in json.loads(result.stdout)["experiments"]}
    assert sum(layer["parameters"] for layer in found["digits_sgd"]["layers"]) == 3466


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("{dataset: {type: imdb, num_words: 100}, model: {hidden: [16, 16]}}", [1616, 272, 17]),
        (
            "{dataset: {type: imdb, num_words: 100, encoding: padded}, model: {type: embedding, hidden: [16]}}",
            [1600, 272, 17],
        ),
        ("{dataset: diabetes, model: {hidden: []}}", [11]),
    ],
)
def test_outline_counts_weights(text: str, parameters: list[int], tmp_path: Path) -> None:
    """Worked out by hand: inputs times units plus a bias each."""
    (tmp_path / "a.yaml").write_text(text)

    layers = outline(load(tmp_path / "a.yaml").experiment).layers

    assert [layer["parameters"] for layer in layers if layer["parameters"]] == parameters
