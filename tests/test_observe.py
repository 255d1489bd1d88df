"""`dlexp run --observe diagnostics`: a finished run is trained again to the same bytes, and stays as it is."""

import shutil
from pathlib import Path

import pytest
from commands import Invoke
from engines import Here
from repeat import command, rows, the_finished

import dlexp
from dlexp.errors import UserError
from dlexp.execution.engine import Outcome
from dlexp.execution.execute import execute
from dlexp.execution.standing import unobserved
from dlexp.records.index import OBSERVING, read, scan, walk
from dlexp.records.record_files import DamagedRecord
from dlexp.records.run_dir import RunDir
from dlexp.records.summary_csv import rebuild
from dlexp.reports.verification.facts import weights
from dlexp.reports.verification.integrity import check
from dlexp.training.job import Job
from dlexp.training.threads import set_threads

pytestmark = pytest.mark.training

set_threads(1)

WITHOUT = "dataset: iris\nmodel: {hidden: [8]}\ntraining: {epochs: 2}\n"
OBSERVE = ("run", "test.yaml", "--observe", "diagnostics")


class Trains(Here):
    """An engine that trains in this process."""

    def submit(self, job: Job) -> None:
        """Train it at once."""
        self.trained.append(job.seed)
        self._ended.append(Outcome(job, execute(job)))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a config and its run without diagnostics."""
    folder = tmp_path_factory.mktemp("finished") / "work"
    folder.mkdir()
    command(folder, WITHOUT)
    shutil.copy(folder.with_name("test.yaml"), folder)
    return folder


@pytest.fixture
def engine(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trains:
    """What trains, in a copy of that folder."""
    shutil.copytree(finished, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    engine = Trains()
    monkeypatch.setattr("dlexp.execution.pool.Pool", lambda *_: engine)
    return engine


def contents(run_dir: RunDir) -> dict[str, bytes]:
    """Its files, without the picture that a command makes if it lacks."""
    return {path.name: path.read_bytes() for path in run_dir.path.iterdir() if path.suffix != ".png"}


def test_a_finished_run_is_observed_beside_its_record(engine: Trains, invoke: Invoke) -> None:
    """The repetition has the same bytes and the diagnostics; no command takes it for a run, and one is enough."""
    run_dir = the_finished(Path())
    before, listed = contents(run_dir), invoke("ls", "--format", "json")[1]
    would = invoke(*OBSERVE, "--dry-run")[1]

    code, out, err = invoke(*OBSERVE)

    assert would.startswith("0 to train, 1 done before, 1 of these to be trained again with diagnostics; time with ")
    assert (code, engine.trained) == (0, [0])
    assert out.startswith(f"{run_dir.path}: val_accuracy ")
    assert f"{run_dir.path}: done before; trained again with diagnostics, into {run_dir.path.name}-observed\n" in err
    assert contents(run_dir) == before
    observed = run_dir.repetition
    assert rows(observed.history_path) == rows(run_dir.history_path)
    assert weights(observed.model_path) == weights(run_dir.model_path)
    assert [row["epoch"] for row in run_dir.diagnostics()] == [1, 2]
    assert walk(Path("runs")) == ([run_dir], [])
    assert not Path("runs", OBSERVING).exists()
    assert invoke("ls", "--format", "json")[1] == listed
    rebuild(Path("runs"))
    assert Path("runs/summary.csv").read_text().count("\n") == 2
    assert invoke("show", "test", "--plot", "units.png")[0] == 0
    assert check(read(run_dir)).holds
    for words in (OBSERVE, ("run", "test.yaml", "--set", "training.diagnostics=true")):
        said = invoke(*words)[2]
        assert said.startswith(f"{run_dir.path}: done before; --force trains it again\n")
        assert "--observe" not in said
    assert engine.trained == [0]
    # What is wrong with the repetition is found, and never shown as the run's.
    observed.diagnostics_path.write_text(observed.diagnostics_path.read_text().replace("2,1,", "2,1,0"))
    assert check(read(run_dir)).damage == [f"{observed.diagnostics_path}: changed since the run ended"]
    observed.history_path.write_text(observed.history_path.read_text().replace("\n2,", "\n1,"))
    with pytest.raises(DamagedRecord, match=r"history.csv:3: damaged: epoch 1 where epoch 2 is expected"):
        run_dir.diagnostics()
    observed.history_path.write_text("epoch,seconds,loss\n1,0.1,9.0\n")
    stranger = f"{observed.path}: the repetition of another run than {run_dir.path.name}; remove it"
    assert check(read(run_dir)).damage == [stranger]
    assert stranger in invoke("show", "test")[1]


def test_a_repetition_with_other_numbers_is_refused(engine: Trains, invoke: Invoke) -> None:
    """The line says where they differ; nothing of it stays, and the exit code is 1."""
    run_dir = the_finished(Path())
    header, first, last = run_dir.history_path.read_text().splitlines()
    cells = first.split(",")
    loss = header.split(",").index("loss")
    cells[loss] = str(float(cells[loss]) * 2)
    run_dir.history_path.write_text("\n".join([header, ",".join(cells), last, ""]))
    before = contents(run_dir)

    code, _, err = invoke(*OBSERVE)

    assert (code, engine.trained) == (1, [0])
    assert "\n1 not observed:\n" in err
    assert (
        f"{run_dir.path}: not observed: trained again it does not give the same bytes (largest relative difference 0.5 "
        "in loss of epoch 1; 0 other seeds on record, too few to know their spread); to grade that: dlexp verify "
        f"{run_dir.label}\n"
    ) in err
    assert contents(run_dir) == before
    assert not run_dir.repetition.path.exists()
    assert not Path("runs", OBSERVING).exists()


def test_a_repetition_that_only_was_to_be_moved_is_not_trained_again(engine: Trains, invoke: Invoke) -> None:
    """A command that is killed between the two leaves it to the next one."""
    run_dir = the_finished(Path())
    invoke(*OBSERVE)
    Path("runs", OBSERVING, "test").mkdir(parents=True)
    run_dir.repetition.path.rename(Path("runs", OBSERVING, "test", run_dir.path.name))

    assert invoke(*OBSERVE)[0] == 0
    assert engine.trained == [0]
    assert run_dir.repetition.path.is_dir()


def test_a_failed_repetition_is_said_and_can_be_cleaned(
    engine: Trains, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps its log until then, and is in no list."""
    run_dir = the_finished(Path())
    monkeypatch.setattr("dlexp.training.fit.record_diagnostics", lambda *_: 1 / 0)

    code, _, err = invoke(*OBSERVE)

    place = f"runs/{OBSERVING}/test/{run_dir.path.name}"
    assert code == 1
    assert f"{run_dir.path}: not observed: {place}: error: ZeroDivisionError: " in err
    assert scan(Path("runs")) == [run_dir]
    assert invoke("clean", "--failed")[1].startswith(f"{place}: failed, ")
    assert not Path("runs", OBSERVING).exists()


def test_what_is_not_on_record_is_trained_with_diagnostics(engine: Trains, invoke: Invoke) -> None:
    """They only observe: one training is enough, and it is the run."""
    first = the_finished(Path())

    code, *_ = invoke(*OBSERVE, "--seed", "1")

    assert (code, engine.trained) == (0, [1])
    assert [run_dir.path.name[:2] for run_dir in scan(Path("runs"))] == ["s0", "s1"]
    other = scan(Path("runs"))[1]
    assert other.diagnostics_path.exists()
    assert not other.repetition.path.exists()
    assert unobserved([first, other]) == [read(first)]
    # One that was resumed with them has none of the epochs before.
    lines = other.diagnostics_path.read_text().splitlines(keepends=True)
    other.diagnostics_path.write_text("".join([lines[0], lines[2]]))
    assert unobserved([first, other]) == [read(first), read(other)]


def test_another_tensorflow_is_refused(engine: Trains, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gives other bytes: the reason is said, and nothing is trained."""
    run_dir = the_finished(Path())
    then = read(run_dir).record.tensorflow
    monkeypatch.setattr("dlexp.workflows.observe.versions", lambda: {"tensorflow": "9.0.0"})

    code, _, err = invoke(*OBSERVE)

    assert (code, engine.trained) == (1, [])
    assert err.endswith(f"{run_dir.path}: not observed: trained with TensorFlow {then}, and this is 9.0.0\n")


def test_a_repetition_whose_run_is_gone_is_no_runs(engine: Trains, invoke: Invoke) -> None:
    """`ls` names it as something that it passes over."""
    run_dir = the_finished(Path())
    run_dir.path.rename(run_dir.repetition.path)

    assert walk(Path("runs")) == ([], [run_dir.repetition.path])


def test_what_cannot_be_observed_is_the_users_mistake(engine: Trains, invoke: Invoke) -> None:
    """A model without hidden layers by number is refused before anything is trained; Python refuses another word."""
    Path("test.yaml").write_text("dataset: iris\nmodel: {type: layers, layers: [{Dense: {units: 8}}]}\n")

    code, _, err = invoke(*OBSERVE)

    assert code == 2
    assert "diagnostics look at hidden layers by number; layers has none" in err
    with pytest.raises(UserError, match="observe"):
        dlexp.run("test.yaml", observe="weights")  # type: ignore[arg-type]
    assert engine.trained == []
