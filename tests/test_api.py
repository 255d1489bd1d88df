"""dlexp from Python."""

import importlib
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from make_runs import changed, failed, finished

import dlexp
from dlexp.config.experiment import Experiment
from dlexp.config.problems import ConfigError
from dlexp.errors import DataError, UserError
from dlexp.execution.plan import Plan, Planned, Request
from dlexp.records.run_dir import RunDir
from dlexp.workflows import bias_variance, train
from dlexp.workflows.runner import Runner

ROOT = Path(__file__).parents[1]


def test_import_is_cheap_and_offers_its_functions() -> None:
    """No heavy library, and `dlexp.runs` stays the function whatever is imported later."""
    code = (
        "import sys, dlexp; from dlexp.records.index import read; import dlexp.records.run_dir\n"
        "heavy = {'pandas', 'numpy', 'tensorflow', 'keras', 'pydantic', 'rich', 'typer', 'yaml'}\n"
        "assert all(callable(getattr(dlexp, name)) for name in dlexp.__all__)\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    cheap = code.replace("; from dlexp.records.index import read; import dlexp.records.run_dir", "")

    subprocess.run([sys.executable, "-c", cheap], check=True)
    subprocess.run([sys.executable, "-c", code.partition("heavy")[0] + "assert callable(dlexp.runs)"], check=True)
    names = [
        "bias_variance",
        "compare",
        "compare_until_sure",
        "explain",
        "load",
        "run",
        "runs",
        "study",
        "tag",
        "try_changes",
    ]
    assert names == dlexp.__all__


def test_load_gives_the_experiment_and_its_sources() -> None:
    """With overrides, as on the command line."""
    loaded = dlexp.load(str(ROOT / "configs" / "digits_sgd.yaml"), ["optimizer.learning_rate=0.5"])

    assert loaded.experiment.model_dump()["optimizer"]["learning_rate"] == 0.5
    assert str(loaded.sources["optimizer.learning_rate"]) == "--set optimizer.learning_rate=0.5"


def test_runs_is_a_function_and_no_module() -> None:
    """`import dlexp.runs` would give the function under the name of a package."""
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("dlexp.runs")

    assert callable(dlexp.runs)


def test_runs_has_a_row_a_finished_run(tmp_path: Path) -> None:
    """Settings by dotted key, numbers as numbers; neither failed nor smoke runs; lists can be grouped by."""
    finished(tmp_path, seed=0, accuracy=0.5)
    finished(tmp_path, "wide", 0, accuracy=0.75, config=changed(model={"hidden": [128]}))
    finished(tmp_path / ".smoke")
    failed(tmp_path, seed=1)

    frame = dlexp.runs(tmp_path)

    assert list(frame["name"]) == ["digits", "wide"]
    assert frame.groupby("model.hidden")["val_accuracy"].mean().to_dict() == {"[64, 64]": 0.5, "[128]": 0.75}
    assert frame["optimizer.learning_rate"].tolist() == [0.001, 0.001]
    assert [Path(directory).is_dir() for directory in frame["directory"]] == [True, True]


def test_runs_of_nothing_is_an_empty_frame(tmp_path: Path) -> None:
    """With the columns that every run has."""
    frame = dlexp.runs(tmp_path / "nowhere")

    assert len(frame) == 0
    assert list(frame.columns)[:2] == ["name", "seed"]


def test_compare_has_a_row_for_every_metric_of_every_experiment(tmp_path: Path) -> None:
    """The numbers of `dlexp compare`; the first name is the baseline."""
    for seed, (first, other) in enumerate([(0.5, 0.75), (0.6, 0.85), (0.7, 0.96)]):
        finished(tmp_path, "first", seed, first)
        finished(tmp_path, "other", seed, other, config=changed(training={"epochs": 3}))

    frame = dlexp.compare("first", "other", metrics=["val_accuracy"], runs_dir=tmp_path)

    assert frame[["experiment", "metric", "n"]].to_numpy().tolist() == [
        ["first", "val_accuracy", 3],
        ["other", "val_accuracy", 3],
    ]
    assert frame["mean"].tolist() == pytest.approx([0.6, 0.8533333])
    assert frame["difference"].tolist()[1] == pytest.approx(0.2533333)
    assert frame["baseline"].tolist() == ["first", "first"]
    assert frame["verdict"].tolist()[1] == "better"
    assert frame.attrs["answers"] == [
        "other is better than first: +25.3 points val_accuracy [23.9, 26.8], 3 paired seeds."
    ]
    best_first = dlexp.compare("first", "other", metrics=["val_accuracy"], sort="val_accuracy", runs_dir=tmp_path)
    assert best_first["experiment"].tolist() == ["other", "first"]
    with pytest.raises(UserError, match="sort: expected a column of the records, given 3"):
        dlexp.compare(sort=3, runs_dir=tmp_path)  # type: ignore[arg-type]


def test_compare_has_the_best_and_grids_by_their_keys(tmp_path: Path) -> None:
    """The best N with the baseline; with `by` a row for each pair of values."""
    for i in range(6):
        config = changed(model={"hidden": [i // 2]}, training={"epochs": 2, "batch_size": 32 + i % 2})
        finished(tmp_path, "grid", 0, 0.5 + i / 10, config, submitted=f"2024-05-01T10:00:0{i}")

    best = dlexp.compare("grid", metrics=["val_accuracy"], best=2, runs_dir=tmp_path)
    by = dlexp.compare("grid", metrics=["val_accuracy"], by="hidden", runs_dir=tmp_path)

    assert sorted(best["mean"]) == [0.5, 0.9, 1.0]
    assert by[["row", "column", "mean"]].values.tolist()[-1] == ["[2]", "33", 1.0]
    assert len(by) == 6
    with pytest.raises(UserError, match=r"^--by colour: there is no such setting"):
        dlexp.compare("grid", by=["colour"], runs_dir=tmp_path)
    with pytest.raises(UserError, match=r"^best: "):
        dlexp.compare("grid", best=0, runs_dir=tmp_path)


def test_compare_takes_the_runs_in_the_order_in_which_they_began(tmp_path: Path) -> None:
    """Without names; the first is the baseline."""
    for second, name in enumerate(["z", "b", "a"]):
        config = changed(training={"epochs": second + 1})
        finished(tmp_path, name, config=config, started=f"2024-05-01T10:00:0{second}+00:00")

    frame = dlexp.compare(metrics=["val_accuracy"], runs_dir=tmp_path)

    assert frame["experiment"].tolist() == ["z", "b", "a"]
    assert set(frame["baseline"]) == {"z"}


def test_compare_without_names_takes_all_and_refuses_unknown_ones(tmp_path: Path) -> None:
    """As the command does."""
    finished(tmp_path, "first")
    finished(tmp_path, "other", config=changed(training={"epochs": 3}))

    assert set(dlexp.compare(runs_dir=tmp_path)["experiment"]) == {"first", "other"}
    with pytest.raises(UserError, match="Did you mean 'other'"):
        dlexp.compare("othr", runs_dir=tmp_path)


def test_run_raises_mistakes_and_missing_data_before_it_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same errors as the commands', as exceptions; no directory is made."""
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("DLEXP_DATA", raising=False)
    (tmp_path / "bad.yaml").write_text("dataset: iris\noptimizer: adma")

    with pytest.raises(ConfigError, match="Did you mean 'adam'"):
        dlexp.run(tmp_path / "bad.yaml", runs_dir=tmp_path / "runs")
    with pytest.raises(DataError, match=r"imdb\.npz: not found"):
        dlexp.run([ROOT / "configs" / "imdb_adam.yaml"], runs_dir=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


@pytest.mark.training
def test_run_gives_a_row_a_run_failed_ones_too(tmp_path: Path) -> None:
    """What finished has its metrics, what diverged says so; the second call trains nothing; a grid is a column."""
    (tmp_path / "wild.yaml").write_text(
        "dataset: diabetes\nhead: {standardize_target: false}\noptimizer: sgd\ntraining: {epochs: 20}\n"
    )
    loaded = dlexp.load(tmp_path / "wild.yaml", ["optimizer.learning_rate=100.0"])
    (tmp_path / "iris.yaml").write_text("dataset: iris\n")

    frame = dlexp.run(
        [str(tmp_path / "iris.yaml"), loaded], grids=["training.epochs=[1, 2]"], seeds=[3], runs_dir=tmp_path / "runs"
    )
    again = dlexp.run(tmp_path / "iris.yaml", grids=["training.epochs=[2]"], seeds=[3], runs_dir=tmp_path / "runs")

    assert frame[["name", "seed", "status"]].to_numpy().tolist() == [
        ["iris", 3, "finished"],
        ["iris", 3, "finished"],
        ["wild", 3, "failed"],
        ["wild", 3, "failed"],
    ]
    assert frame["training.epochs"].tolist() == [1, 2, 1, 2]
    assert all(what.startswith("loss is ") for what in frame["what"].tolist()[2:])
    assert frame["val_accuracy"].notna().tolist() == [True, True, False, False]
    assert again["val_accuracy"].tolist() == frame["val_accuracy"].tolist()[1:2]
    assert (tmp_path / "runs" / "summary.csv").read_text().count("\n") == 3


@pytest.fixture
def iris(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config that trains in a moment, in the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("iris.yaml").write_text("dataset: iris\noptimizer: {type: sgd, momentum: 0.5}\ntraining: {epochs: 1}\n")
    return Path("iris.yaml")


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """What `run` and `bias_variance` would train; they train nothing."""
    requests: list[Request] = []

    def plan(request: Request) -> Plan:
        requests.append(request)
        return Plan(request, [], [], ["" for _ in request.wanted])

    def plan_training_sets(
        experiments: Sequence[Experiment], n: int, kind: object, request: Request
    ) -> tuple[Plan, list[list[Planned]]]:
        return plan(replace(request, wanted=[(each, range(n)) for each in experiments])), [[] for _ in experiments]

    monkeypatch.setattr(train, "plan", plan)
    monkeypatch.setattr(bias_variance, "plan_training_sets", plan_training_sets)
    return requests


@pytest.mark.parametrize("call", [dlexp.run, dlexp.bias_variance])
def test_overrides_and_grids_change_a_loaded_experiment(
    iris: Path, planned: list[Request], call: Callable[..., object]
) -> None:
    """As they change a file: over what it was loaded with, with every check, and without reading the file again."""
    loaded = dlexp.load(iris, ["training.batch_size=8"])
    iris.unlink()

    call(loaded, overrides=["training.epochs=3"], grids=["optimizer.learning_rate=[0.1, 0.2]"])

    (request,) = planned
    experiments = [experiment for experiment, _ in request.wanted]
    found = [(e.training.epochs, e.training.batch_size, e.optimizer.learning_rate) for e in experiments]
    assert found == [(3, 8, 0.1), (3, 8, 0.2)]
    assert {experiment.optimizer.model_dump()["momentum"] for experiment in experiments} == {0.5}
    with pytest.raises(ConfigError, match=r"^--set training.epochs=0: training.epochs: expected at least 1, "):
        call([loaded], overrides=["training.epochs=0"])


@pytest.mark.parametrize("call", [dlexp.run, dlexp.bias_variance])
@pytest.mark.parametrize("wait", [False, True])
def test_wait_is_that_of_the_command_line(
    iris: Path, planned: list[Request], call: Callable[..., object], wait: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--wait`: for runs that other processes train."""
    waits = []

    def carry_out(self: Runner, plan: Plan, after: object = (), order: object = None) -> list[RunDir]:
        waits.append(self.wait)
        return []

    monkeypatch.setattr(Runner, "carry_out", carry_out)
    call(iris, wait=wait)

    assert waits == [wait]
    with pytest.raises(UserError, match="wait"):
        call(iris, wait="yes")


def test_an_override_that_a_grid_replaces_is_warned_of(iris: Path, planned: list[Request]) -> None:
    """As the command says it."""
    with pytest.warns(UserWarning, match=r"^--set training\.epochs=3: replaced by --grid training\.epochs=\[4, 5\]$"):
        dlexp.run(iris, overrides=["training.epochs=3"], grids=["training.epochs=[4, 5]"])

    assert [experiment.training.epochs for experiment, _ in planned[0].wanted] == [4, 5]


def test_an_override_of_a_loaded_experiment_leaves_the_head_to_the_data(iris: Path, planned: list[Request]) -> None:
    """What was a default when it was loaded is one again: another data set gets its own head, another type its keys."""
    loaded = dlexp.load(iris)

    dlexp.run(loaded, overrides=["dataset=digits", "optimizer=adam"])

    ((experiment, _),) = planned[0].wanted
    assert (experiment.head.model_dump()["units"], experiment.optimizer.type) == (10, "adam")
    assert loaded.experiment.head.model_dump()["units"] == 3


def test_an_experiment_that_was_exchanged_after_loading_takes_no_overrides(iris: Path, planned: list[Request]) -> None:
    """It runs as it is; overrides would have to be laid over what it no longer is."""
    loaded = dlexp.load(iris)
    other = replace(loaded, experiment=loaded.experiment.model_copy(update={"name": "other"}))

    dlexp.run(other)

    assert planned[0].wanted[0][0].name == "other"
    with pytest.raises(ConfigError, match=r"^iris\.yaml: its experiment is no longer what was loaded, so that"):
        dlexp.run(other, overrides=["training.epochs=3"])


WRONG: dict[str, list[object]] = {
    "seeds": ["12", b"1", 1.0, 2.5, True, None, 0, -3, [1.0], ["1"], [-1], [], [1, 1], [2**32], [True], {0: 1}],
    "workers": [0, -1, 2.5, "2", None, True],
    "resamples": [2.5, "20", None, True, 2, 0],
    "resampling": ["twice", 3],
    "smoke": ["yes", 1, None],
    "force": ["no", 0],
    "overrides": ["a=b", [1], {"a": 1}, None, 5],
    "grids": ["a=[1]", [None], None],
    "runs_dir": ["", " ", None, 3, ["runs"]],
    "data_dir": ["", 3, b"data"],
    "configs": ["", [], None, 5, [3], [["iris.yaml"]], {"iris.yaml": 1}, b"iris.yaml"],
    "metrics": ["val_loss", [1], {"val_loss": 1}],
    "names": [5, None, ["iris"], ""],
    "path": ["", None, 5],
}
TAKEN = {
    dlexp.run: ["configs", "seeds", "overrides", "grids", "workers", "runs_dir", "data_dir", "smoke", "force"],
    dlexp.bias_variance: [
        *("configs", "resamples", "resampling", "overrides", "grids", "workers", "runs_dir", "data_dir", "smoke")
    ],
    dlexp.compare: ["names", "metrics", "runs_dir", "data_dir"],
    dlexp.runs: ["runs_dir"],
    dlexp.load: ["path", "overrides"],
}


@pytest.mark.parametrize(("call", "name"), [(call, name) for call, names in TAKEN.items() for name in names])
def test_wrong_arguments_are_named_before_anything_is_made(
    iris: Path, monkeypatch: pytest.MonkeyPatch, call: Callable[..., object], name: str
) -> None:
    """One line that begins with the argument; no other exception, no process, no directory, in every function."""
    monkeypatch.setattr("dlexp.execution.script.Worker", None)
    first = {"configs": iris, "path": iris, "names": "iris"}
    needed = [first[each] for each in TAKEN[call] if each in first and each != name]
    for wrong in WRONG[name]:
        arguments: tuple[Any, dict[str, object]] = ([wrong], {}) if name in first else (needed, {name: wrong})

        with pytest.raises(UserError, match=f"^{name}: expected |^{name}: 1 is given twice$") as caught:
            call(*arguments[0], **arguments[1])

        assert len(caught.value.lines) == 1
    assert [path.name for path in Path().iterdir()] == ["iris.yaml"]


def test_more_runs_than_make_sense_are_refused(iris: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By their number, as on the command line: nothing is planned."""
    monkeypatch.setattr("dlexp.execution.script.Worker", None)
    grids = [f"{key}={list(range(1000))}" for key in ("training.epochs", "training.batch_size")]

    with pytest.raises(UserError, match=r"^seeds: expected a number of seeds from 1 to 100000, given 4294967296$"):
        dlexp.run(iris, seeds=2**32)
    with pytest.raises(UserError, match=r"^100,000 runs at most in one command, asked for 2,000,000$"):
        dlexp.run([iris, iris], grids=grids)
    with pytest.raises(UserError, match=r"^100,000 runs at most in one command, asked for 4,294,967,296$"):
        dlexp.bias_variance(iris, resamples=2**32)


def test_a_key_with_two_values_is_refused(iris: Path) -> None:
    """As on the command line; a loaded config may be overridden again."""
    loaded = dlexp.load(iris, ["training.epochs=3", "training.epochs= 3"])
    twice = ["training.epochs=5", "training.epochs=6"]

    for call in (lambda: dlexp.load(iris, twice), lambda: dlexp.run([loaded, iris], overrides=twice)):
        with pytest.raises(UserError) as caught:
            call()
        assert caught.value.lines == ["--set training.epochs: given more than once, with 5 and 6; give one of them"]


def test_numpys_integers_are_integers(iris: Path, planned: list[Request]) -> None:
    """An array of seeds, and a number of workers that was computed."""
    for seeds in (np.arange(2), np.int64(2), (seed for seed in range(2)), range(2)):
        dlexp.run(iris, seeds=seeds, workers=np.int32(1))

    assert [list(seeds) for request in planned for _, seeds in request.wanted] == 4 * [[0, 1]]
    assert {type(seed) for request in planned for _, seeds in request.wanted for seed in seeds} == {int}


def script(folder: Path, text: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    """What a script of a user's says, beside a config that trains in a moment."""
    (folder / "iris.yaml").write_text("dataset: iris\ntraining: {epochs: 1}\n")
    (folder / "script.py").write_text(text)
    words = options.pop("words", ["script.py"])
    return subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False, **options
    )


@pytest.mark.training
def test_script_without_a_guard_is_told_so_once_and_leaves_no_records(tmp_path: Path) -> None:
    """The training process imports the script, which must not train again there; no directory is made."""
    result = script(tmp_path, "import dlexp\ndlexp.run('iris.yaml')\n")

    assert result.returncode == 1
    assert result.stderr.count("Traceback") == 1
    assert result.stderr.splitlines()[-1] == (
        "dlexp.errors.UserError: dlexp.run: training processes import the script again, and it "
        'would train in each of them; put the call below `if __name__ == "__main__":`'
    )
    assert not (tmp_path / "runs").exists()


@pytest.mark.training
def test_script_that_fails_when_it_is_imported_again_leaves_no_records(tmp_path: Path) -> None:
    """Its own traceback stands above; what follows says what it means."""
    text = "import dlexp\nif __name__ != '__main__':\n    1 / 0\ndlexp.run('iris.yaml')\n"

    result = script(tmp_path, text)

    assert "ZeroDivisionError" in result.stderr
    assert "dlexp.run: the first training process ended before it was ready, with exit code 1; it im" in result.stderr
    assert not (tmp_path / "runs").exists()


DAEMONIC = """
import multiprocessing, sys
import dlexp

def train(config):
    dlexp.{call}

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=train, args=("iris.yaml",), daemon={daemon})
    process.start()
    process.join()
    sys.exit(process.exitcode)
"""


@pytest.mark.training
def test_daemonic_process_is_told_so(tmp_path: Path) -> None:
    """It may start no process; no directory is made."""
    result = script(tmp_path, DAEMONIC.format(call="run(config)", daemon=True))

    assert result.returncode == 1
    assert (
        "dlexp.errors.UserError: dlexp.run: this process is daemonic, as those of multiprocessing.Pool" in result.stderr
    )
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (DAEMONIC.format(call="run(config)", daemon=False), ["script.py"]),
        ("", ["-c", "import dlexp; dlexp.run('iris.yaml')"]),
        ("import dlexp; dlexp.run('iris.yaml')", ["-"]),
        ("import sys; del sys.modules['__main__'].__file__\nimport dlexp\ndlexp.run('iris.yaml')", ["script.py"]),
        ("import dlexp\nif __name__ == '__main__':\n    dlexp.run('iris.yaml')", ["-m", "script"]),
    ],
    ids=["process that is not daemonic", "python -c", "standard input", "a notebook's __main__", "python -m"],
)
def test_where_processes_can_be_started_a_script_trains(tmp_path: Path, text: str, words: list[str]) -> None:
    """Without a guard where there is no file to import again."""
    result = script(tmp_path, text, words=words, input=text if words == ["-"] else None)

    assert result.returncode == 0, result.stderr
    assert len(list(tmp_path.glob("runs/iris/*/summary.json"))) == 1


@pytest.mark.training
def test_example_script_runs(tmp_path: Path) -> None:
    """As a user would start it, from any directory: a line a run, a line an experiment; nothing is left behind."""
    script = ROOT / "examples" / "compare_optimizers.py"

    result = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )

    assert result.returncode == 0, result.stderr
    assert result.stdout.count("digits_sgd") == result.stdout.count("digits_adam") >= 4
    assert "difference" in result.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.training
def test_what_is_said_goes_through_logging(tmp_path: Path) -> None:
    """Warnings reach stderr by default and can be stopped; a handler of the user's gets all that the commands say."""
    finished(tmp_path / "runs").summary_path.write_text("{")
    finished(tmp_path / "runs", "whole")
    text = (
        "import logging, dlexp\n"
        "dlexp.runs()\n"
        "logging.getLogger('dlexp').setLevel('ERROR')\n"
        "dlexp.runs()\n"
        "logging.basicConfig(format='%(levelname)s %(name)s %(message)s', level='INFO')\n"
        "logging.getLogger('dlexp').setLevel('INFO')\n"
        "dlexp.compare('digits', 'whole')\n"
    )

    done = script(tmp_path, text)

    (by_default, caught) = done.stderr.splitlines()
    assert re.fullmatch(r"runs/digits/s0-\w{10}/summary\.json: damaged: .* \(left out\)", by_default)
    assert caught == f"INFO dlexp.workflows.compare {by_default}"
