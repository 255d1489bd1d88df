"""`dlexp bias-variance`: from configs to a table, over runs that stay."""

import csv
import io
import json
import os
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from commands import ROOT, Invoke
from commands import dlexp as process

from dlexp.records.index import finished
from dlexp.records.lock import locked
from dlexp.records.predictions import Predictions
from dlexp.records.run_dir import RunDir

pytestmark = pytest.mark.training

COMMAND = ("bias-variance", "sine.yaml", "iris.yaml", "--resamples", "3", "--set", "training.epochs=2")
GRID = ("--grid", "optimizer.learning_rate=[0.001, 0.1]")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> "tuple[Path, subprocess.CompletedProcess[str]]":
    """Two data sets at two points of a grid on three training sets each."""
    folder = tmp_path_factory.mktemp("work")
    (folder / "sine.yaml").write_text("dataset: {type: noisy_sine, n_train: 20, n_test: 30}\nmetrics: [mse]\n")
    (folder / "iris.yaml").write_text("dataset: iris\n")
    return folder, process(*COMMAND, *GRID, "--format", "json", "--plot", "it.png", cwd=folder)


@pytest.fixture
def dlexp(
    trained: "tuple[Path, subprocess.CompletedProcess[str]]", monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> Invoke:
    """Run a command that trains nothing beside what is trained; gives its exit code, stdout and stderr."""
    monkeypatch.chdir(trained[0])
    return invoke


def test_parts_are_those_of_the_recorded_runs(trained: "tuple[Path, subprocess.CompletedProcess[str]]") -> None:
    """A point each config and value; the error is the mean of the runs' own test scores, and the parts' sum."""
    folder, result = trained
    points = json.loads(result.stdout)
    runs = finished(folder / "runs")

    assert result.returncode == 0, result.stderr
    about = {"name", "settings", "resampling", "parameters", "resamples", "diverged"}
    assert points[0].keys() == about | {"decomposition", "sum"}
    assert [(point["name"], point["resampling"], point["settings"]) for point in points] == [
        (name, kind, {"optimizer.learning_rate": rate})
        for name, kind in (("sine", "fresh"), ("iris", "bootstrap"))
        for rate in ("0.001", "0.1")
    ]
    for point in points:
        rate = float(point["settings"]["optimizer.learning_rate"])
        own = [
            run
            for run in runs
            if run.name == f"{point['name']} resamples" and run.config["optimizer"]["learning_rate"] == rate
        ]
        metrics = [run.metrics for run in own]
        errors = [each.get("test_mse", 1 - each.get("test_accuracy", 0)) for each in metrics]
        assert [run.seed for run in own] == [0, 1, 2]
        assert point["parameters"] == own[0].result.parameters
        assert point["decomposition"]["error"]["value"] == pytest.approx(np.mean(errors), rel=1e-6)
        assert point["sum"] == pytest.approx(point["decomposition"]["error"]["value"])
    assert (folder / "it.png").read_bytes().startswith(b"\x89PNG")


def test_runs_are_on_record_with_their_predictions(trained: "tuple[Path, subprocess.CompletedProcess[str]]") -> None:
    """One a training set, with the truth where it is known; the same test examples in all."""
    folder, _ = trained
    of_sine = [run for run in finished(folder / "runs") if run.name == "sine resamples"]
    read = [Predictions.read(run.dir.predictions_path) for run in of_sine]
    predictions = [each.resampled for each in read if each.resampled]

    assert len(of_sine) == len(predictions) == 6
    assert len({each.y.tobytes() for each in predictions}) == 1
    assert all(each.expected is not None and each.predicted.shape == (30, 1) for each in predictions)
    for each in read:
        assert each.resampled is not None
        np.testing.assert_array_equal(each.results[""].result, each.resampled.predicted[:, 0] - each.resampled.y)
    assert {run.config["dataset"]["resample"]["index"] for run in of_sine} == {0, 1, 2}


def test_the_same_again_trains_nothing(dlexp: Invoke) -> None:
    """The table comes from the records: a block each loss, and what a reader must know."""
    code, out, err = dlexp(*COMMAND, *GRID)

    assert (code, err) == (0, "12 of 12 runs done before\n")
    of_sine, of_iris, notes = out.split("\n\n")
    assert of_sine.splitlines()[0].endswith("error (squared loss)")
    assert [line.split("  ")[0] for line in of_sine.splitlines()[1:]] == [
        f"sine (optimizer.learning_rate={rate})" for rate in ("0.001", "0.1")
    ]
    assert all(" 3 bootstrap " in line for line in of_iris.splitlines()[1:])
    assert "= unbiased" in of_iris.splitlines()[0]
    assert notes.startswith("±: standard error")


def test_a_run_that_another_command_trains_is_no_failure(
    trained: "tuple[Path, subprocess.CompletedProcess[str]]", tmp_path: Path
) -> None:
    """The others make the table; exit code 0."""
    shutil.copytree(trained[0], tmp_path, dirs_exist_ok=True)
    run = min((tmp_path / "runs" / "iris resamples").glob("s2-*"))
    (run / "summary.json").unlink()

    with locked(RunDir(run).lock_path):
        result = process(*COMMAND, *GRID, cwd=tmp_path)

    assert result.returncode == 0
    assert "failed" not in result.stderr
    assert f"{run.relative_to(tmp_path)}: under way in process {os.getpid()} on " in result.stderr
    assert "iris" in result.stdout


def test_nothing_to_do_is_exit_code_3(trained: "tuple[Path, subprocess.CompletedProcess[str]]", tmp_path: Path) -> None:
    """Other processes have all the runs that are not done."""
    shutil.copytree(trained[0], tmp_path, dirs_exist_ok=True)
    runs = sorted((tmp_path / "runs" / "iris resamples").iterdir())
    with ExitStack() as others:
        for run in runs:
            (run / "summary.json").unlink()
            others.enter_context(locked(RunDir(run).lock_path))
        result = process(*COMMAND[:1], *COMMAND[2:], *GRID, "--format", "json", cwd=tmp_path)

    assert result.returncode == 3
    assert result.stdout == "[]\n"
    assert result.stderr.count("; left to it\n") == len(runs) == 6
    assert result.stderr.endswith("nothing to do here: other processes have all the runs; --wait waits for them\n")


def test_csv_and_markdown(dlexp: Invoke) -> None:
    """CSV: a row every part of every point, with all digits; Markdown: the table's cells."""
    rows = list(csv.DictReader(io.StringIO(dlexp(*COMMAND, *GRID, "--format", "csv")[1])))
    markdown = dlexp(*COMMAND, *GRID, "--format", "md")[1]

    assert [row["part"] for row in rows[:4]] == ["bias_squared", "variance", "noise", "error"]
    total = sum(float(row["value"]) for row in rows[:3])
    assert total == pytest.approx(float(rows[3]["value"]))
    assert {row["optimizer.learning_rate"] for row in rows} == {"0.001", "0.1"}
    assert "| sine (optimizer.learning_rate=0.1) |" in markdown


def test_smoke_runs_a_course_config(tmp_path: Path) -> None:
    """`--smoke`: three training sets from the stand-in, apart from the other runs."""
    result = process("bias-variance", ROOT / "configs/digits_capacity.yaml", "--smoke", "--runs-dir", tmp_path)

    assert result.returncode == 0, result.stderr
    assert "3 bootstrap" in result.stdout
    assert len(list(tmp_path.glob(".smoke/*/*/predictions.npz"))) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("--resampling", "fresh"),
            "iris: dataset.resample.type: iris has no known distribution to draw fresh examples from",
        ),
        (("--plot", "it.pdf"), "--plot it.pdf: only PNG can be drawn"),
        (("--resamples", "2"), "resamples: expected at least 3 training sets, given 2"),
        (("--resampling", "subset", "--resamples", "200"), "cannot be cut into 200 parts"),
    ],
)
def test_a_users_mistake_ends_before_training(dlexp: Invoke, words: "tuple[str, ...]", said: str) -> None:
    """One line on stderr, exit code 2, and no run."""
    code, out, err = dlexp("bias-variance", "iris.yaml", *words)

    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert "records in" not in err
