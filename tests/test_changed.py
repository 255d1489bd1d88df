"""What changes between a command and its worker is never trained under the identity of what was there before."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import Invoke
from jobs import job_of

from dlexp.execution.at_once import AtOnce
from dlexp.execution.engine import Ending, Outcome
from dlexp.execution.execute import execute
from dlexp.execution.plan import Request
from dlexp.execution.planning import plan
from dlexp.execution.pool import Pool
from dlexp.records.index import read
from dlexp.records.run_dir import RunDir
from dlexp.training import preparation as training
from dlexp.training.job import Candidate, Job, Refusal
from dlexp.training.stages import SharedStage, Stage
from dlexp.workflows import predict as predict_workflow

TABLE = "dataset: {type: csv, path: d.csv, target: y, task: regression}\nmodel: {hidden: [4]}\ntraining: {epochs: 2}\n"
OWN_DATA = "dataset: {type: python, function: 'changed_data:load', task: binary}\nmodel: {hidden: [4]}\n"
OWN_MODEL = "dataset: iris\nmodel: {type: python, function: 'changed_net:trunk'}\n"
ONE_EPOCH = "training: {epochs: 1}\n"

NET = """
import keras

def trunk(x):
    return keras.layers.Dense({units})(x)
"""
DATA = """
import numpy as np

def load():
    x, y = np.eye(10) * {factor}, np.arange(10) % 2
    return (x, y), (x, y)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table, a function that makes data and one that makes a model, in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in ("changed_net", "changed_data"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    table(1)
    Path("changed_net.py").write_text(NET.format(units=5))
    Path("changed_data.py").write_text(DATA.format(factor=1))
    return tmp_path


def table(factor: int) -> None:
    """A table of 20 rows."""
    rows = "".join(f"{i},{factor * i}\n" for i in range(20))
    Path("new.csv").write_text("x,y\n" + rows)
    Path("new.csv").replace("d.csv")


def change_net() -> None:
    """Six units instead of five."""
    Path("changed_net.py").write_text(NET.format(units=6))


def change_data() -> None:
    """Other inputs."""
    Path("changed_data.py").write_text(DATA.format(factor=2))


def units(run_dir: RunDir) -> Any:
    """Of the layer that the own function made."""
    summary = run_dir.summary()
    assert summary is not None
    return next(layer["output_shape"] for layer in summary.layers if layer["type"] == "Dense")


@pytest.mark.parametrize(
    ("text", "change", "name"),
    [
        (TABLE, lambda: table(2), "d.csv"),
        (OWN_DATA + ONE_EPOCH, change_data, "changed_data.py"),
        (OWN_MODEL + ONE_EPOCH, change_net, "changed_net.py"),
    ],
    ids=["data", "own data", "own model"],
)
def test_what_changed_is_not_trained(tmp_path: Path, text: str, change: Callable[[], None], name: str) -> None:
    """The run is interrupted, in the log and in its records, however often it is tried."""
    job = job_of(tmp_path, text)
    change()

    execute(job)
    execute(job)

    run_dir = RunDir(job.path)
    assert run_dir.status == "interrupted"
    what = read(run_dir).what
    assert what.removeprefix(f"{tmp_path}/") == f"{name}: changed since the command started"
    assert what in run_dir.log_path.read_text()
    assert run_dir.history() == []


@pytest.mark.training
def test_a_file_that_changes_once_it_was_compared_is_read_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The digest is taken of the very bytes that are loaded."""
    untouched, raced = (job_of(tmp_path, TABLE.replace("2}", f"{n}}}")) for n in ("2, batch_size: 32", "2"))
    execute(untouched)
    compare = vars(training)["require_data"]

    def compare_and_change(*arguments: Any) -> None:
        compare(*arguments)
        table(2)

    monkeypatch.setattr(training, "require_data", compare_and_change)
    execute(raced)

    assert Path("d.csv").read_text().endswith("19,38\n")
    first, second = (read(RunDir(job.path)).result for job in (untouched, raced))
    assert first.metrics == second.metrics
    assert first.split_digests == second.split_digests


@pytest.mark.training
def test_code_that_changes_once_it_was_compared_is_built_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The module is compiled from the bytes of which the digest was taken."""
    job = job_of(tmp_path, OWN_MODEL + ONE_EPOCH)
    compare = vars(training)["require_code"]

    def compare_and_change(*arguments: Any) -> None:
        compare(*arguments)
        change_net()

    monkeypatch.setattr(training, "require_code", compare_and_change)
    execute(job)

    run_dir = RunDir(job.path)
    assert units(run_dir) == [5]
    assert (run_dir.environment() or {})["code_digest"] == job.code_digest


@pytest.mark.training
def test_code_that_changes_before_a_stand_in_is_trained_on_interrupts_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The function is not to blame: the same command trains what is there then."""
    job = job_of(tmp_path, OWN_MODEL + ONE_EPOCH)
    job = replace(job, stand_in=True, data_digest=job.experiment.dataset.sample_digest(None))
    compare = vars(training)["require_code"]

    def compare_and_change(*arguments: Any) -> None:
        compare(*arguments)
        change_net()

    monkeypatch.setattr(training, "require_code", compare_and_change)
    execute(job)

    status, _, what = RunDir(job.path).standing()
    assert status == "interrupted"
    assert what.endswith("changed_net.py: changed since the command started")
    assert "model.function" not in what


class Here:
    """An engine of this process, in which something happens before each job."""

    slots = 1

    def __init__(self, happens: Callable[[], None]) -> None:
        self._happens = happens
        self._done: list[Outcome] = []

    def refusals(self, candidates: Sequence[Candidate], told: Callable[[Stage], None]) -> list[Refusal]:
        """None."""
        return []

    def submit(self, job: Job) -> None:
        """Train it at once."""
        self._happens()
        self._done.append(Outcome(job, execute(job)))

    def wait(self, timeout: float) -> list[Outcome]:
        """What was trained."""
        done, self._done = self._done, []
        return done

    def stages(self) -> list[tuple[Job, Stage]]:
        """Not known."""
        return []

    def close(self, kill: bool = False) -> None:
        """Nothing."""


@pytest.mark.training
def test_the_command_says_what_changed(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1; the same command trains what is there now, as another experiment. `predict` looks as well.

    What is left of the first is an interrupted run in which nothing was recorded: `clean --failed` removes it.
    """
    Path("a.yaml").write_text(TABLE)
    monkeypatch.setattr("dlexp.execution.pool.Pool", lambda *_: Here(lambda: table(2)))

    code, _, said = invoke("run", "a.yaml")
    again, _, _ = invoke("run", "a.yaml")

    assert (code, again) == (1, 0)
    assert said.endswith(
        "interrupted: d.csv: changed since the command started; the same command trains on what is there now\n"
    )
    statuses = {RunDir(path).status: path for path in Path("runs/a").iterdir()}
    assert sorted(statuses) == ["finished", "interrupted"]
    assert invoke("clean", "--failed")[1].startswith(f"{statuses['interrupted']}: interrupted, ")
    assert list(Path("runs/a").iterdir()) == [statuses["finished"]]

    def in_child(function: Callable[..., Any], *arguments: Any) -> Any:
        table(3)
        return function(*arguments)

    monkeypatch.setattr(predict_workflow, "in_child", in_child)
    code, _, said = invoke("predict", "a", "test")

    assert (code, said.splitlines()[-1]) == (1, "d.csv: changed since the command started")


def test_a_process_that_ran_user_code_trains_nothing_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Own code may leave a generator that has moved on: the next run would depend on what ran before it."""
    workers: list[Any] = []

    class Pretending:
        def __init__(self) -> None:
            workers.append(self)
            self.process_settings, self.n_runs, self.is_killed, self.kept_for = None, 0, False, None
            self.shared_stage = SharedStage()

        def submit(self, function: Callable[[Job], Ending], job: Job) -> Any:
            from concurrent.futures import Future

            future: Future[Ending] = Future()
            future.set_result("finished")
            return future

        def kill(self) -> None:
            self.is_killed = True

        def close(self) -> None:
            """Nothing."""

    monkeypatch.setattr("dlexp.execution.pool.Worker", Pretending)
    plain, own = job_of(tmp_path, "dataset: iris\n"), job_of(tmp_path, OWN_MODEL)
    engine = Pool(AtOnce(1))
    for job in (plain, plain, own, own, plain):
        engine.submit(job)
        engine.wait(1)

    assert [worker.is_killed for worker in workers] == [True, True, False]


def test_many_experiments_on_the_same_data_take_its_digest_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A grid of 27 reads the file once, not 27 times."""
    from dlexp.components import snapshot
    from dlexp.config.load import load_all

    Path("a.yaml").write_text(TABLE)
    loaded = load_all([Path("a.yaml")], [], [f"optimizer.learning_rate={np.linspace(0.001, 0.01, 27).tolist()}"])
    read: list[Path] = []
    chunks = snapshot.chunks

    def noted(path: Path) -> Iterator[bytes]:
        read.append(path)
        return chunks(path)

    monkeypatch.setattr(snapshot, "chunks", noted)

    planned = plan(Request(wanted=[(each.experiment, [0, 1]) for each in loaded], runs_dir=tmp_path / "runs"))

    assert len(planned.runs) == 54
    assert read == [Path("d.csv")]
