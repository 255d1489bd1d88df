"""The index: found, read and named runs, whatever else lies between them."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from make_runs import CONFIG, changed, failed, finished, identity_of

from dlexp.components.columns import Column
from dlexp.config.identity import Identities
from dlexp.errors import UserError
from dlexp.records import index
from dlexp.records.index import Run
from dlexp.records.numbering import Numbering
from dlexp.records.run_dir import RunDir


def names(runs: Iterable[Run | RunDir], runs_dir: Path) -> list[str]:
    """Runs by their place below the runs directory, without the identity."""
    places = [(run.dir if isinstance(run, index.Run) else run).path.relative_to(runs_dir) for run in runs]
    return [f"{place.parent}/{place.name.split('-')[0]}" for place in places]


def test_scan_orders_runs_and_passes_over_the_rest(tmp_path: Path) -> None:
    """Runs come by name, seed as a number and attempt; hidden and foreign entries are no runs."""
    for name, seed in (("b", 0), ("a", 10), ("a", 2), ("a", 2)):
        finished(tmp_path, name, seed)
    finished(tmp_path / index.SMOKE, "smoked")
    (tmp_path / ".gitkeep").touch()
    (tmp_path / "summary.csv").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "a" / "old").mkdir()
    (tmp_path / "a" / "s3-0123456789").touch()

    run_dirs, foreign = index.walk(tmp_path)

    assert names(run_dirs, tmp_path) == ["a/s2", "a/s2", "a/s10", "b/s0"]
    assert [run_dir.folder.attempt for run_dir in run_dirs] == [1, 2, 1, 1]
    assert foreign == [tmp_path / "a" / "old", tmp_path / "a" / "s3-0123456789", tmp_path / "notes.txt"]
    assert index.scan(tmp_path) == run_dirs


def test_scan_without_runs_directory(tmp_path: Path) -> None:
    """Nothing was run yet: that is no error."""
    assert index.scan(tmp_path / "runs") == []


def test_scan_of_a_file(tmp_path: Path) -> None:
    """A file in the place of the runs directory is said in one line."""
    (tmp_path / "runs").touch()

    with pytest.raises(UserError, match=r"runs: cannot be read: Not a directory$"):
        index.scan(tmp_path / "runs")


def test_read_a_finished_run(tmp_path: Path) -> None:
    """All that the summary says, the config without its name."""
    run = index.read(finished(tmp_path, "digits", 3, accuracy=0.5))

    assert (run.name, run.seed, run.dir.folder.attempt, run.status) == ("digits", 3, 1, "finished")
    assert run.identity == identity_of(CONFIG)
    assert run.config == CONFIG
    assert (run.metrics["val_accuracy"], run.epochs, run.record.seconds) == (0.5, 2, 1.25)
    assert run.record.head_metrics == [Column(quantity="accuracy")]
    assert run.record.tensorflow == "2.20.0"


def test_read_goes_by_the_folder_it_lies_in(tmp_path: Path) -> None:
    """A folder renamed by hand is the run's name from then on."""
    finished(tmp_path, "before")
    (tmp_path / "before").rename(tmp_path / "after")

    assert [run.name for run in index.finished(tmp_path)] == ["after"]


def test_a_damaged_run_is_said_and_stops_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One line for the damaged run; the others are read."""
    finished(tmp_path, "a")
    finished(tmp_path, "b").summary_path.write_text('{"seed"')
    finished(tmp_path, "c")
    failed(tmp_path, "d")

    runs = index.finished(tmp_path)

    assert names(runs, tmp_path) == ["a/s0", "c/s0"]
    said = caplog.messages
    assert len(said) == 1
    assert said[0].startswith(f"{tmp_path}/b/s0-")
    assert said[0].endswith("(left out)")


def of_seed(runs_dir: Path, identity: str, seed: int) -> list[Run]:
    """What is on record of an experiment with a seed."""
    return index.readable(index.Attempts(index.scan(runs_dir)).of(Identities(identity), seed))


def recorded(runs_dir: Path, identity: str, seed: int) -> RunDir | None:
    """What stands for it."""
    run = index.recorded(of_seed(runs_dir, identity, seed), Identities(identity))
    return run.dir if run else None


def test_recorded_is_the_latest_attempt_under_any_name(tmp_path: Path) -> None:
    """The name is not part of an experiment; of several finished attempts the one that ended last is the result."""
    finished(tmp_path, "a", ended="2024-05-01T10:00:00+00:00")
    latest = finished(tmp_path, "b", ended="2024-05-03T10:00:00+00:00")
    finished(tmp_path, "c", ended="2024-05-02T10:00:00+00:00")
    finished(tmp_path, "b", seed=1)
    finished(tmp_path, "b", config=changed(optimizer={"learning_rate": 0.5}))

    assert recorded(tmp_path, identity_of(CONFIG), 0) == latest
    assert recorded(tmp_path, identity_of(CONFIG), 2) is None


def test_recorded_is_the_one_under_the_given_name_if_there_is_one(tmp_path: Path) -> None:
    """The latest of several under it; what diverged under it gives way to what finished under another."""
    own = finished(tmp_path, "a", ended="2024-05-01T10:00:00+00:00")
    other = finished(tmp_path, "b", ended="2024-05-03T10:00:00+00:00")
    failed(tmp_path, "c")
    runs = of_seed(tmp_path, identity_of(CONFIG), 0)

    found = [index.recorded(runs, Identities(identity_of(CONFIG)), name) for name in ("a", "b", "c", "d")]

    assert [run and run.dir for run in found] == [own, other, other, other]


def test_recorded_is_the_higher_attempt_of_the_same_second(tmp_path: Path) -> None:
    """Short runs end within one second: the number decides."""
    finished(tmp_path)
    second = finished(tmp_path)

    assert recorded(tmp_path, identity_of(CONFIG), 0) == second


def test_recorded_compares_the_whole_identity(tmp_path: Path) -> None:
    """Ten digits choose a directory; they do not make two experiments the same."""
    identity = "0123456789" + "a" * 54
    finished(tmp_path, identity=identity)

    assert recorded(tmp_path, identity, 0) is not None
    assert recorded(tmp_path, "0123456789" + "b" * 54, 0) is None


def test_recorded_is_what_diverged_and_no_other_failure(tmp_path: Path) -> None:
    """What diverged would diverge again; what failed for another reason may not."""
    failed(tmp_path, seed=0, kind="error")
    run_dir = failed(tmp_path, seed=1)

    assert recorded(tmp_path, identity_of(CONFIG), 0) is None
    assert recorded(tmp_path, identity_of(CONFIG), 1) == run_dir
    finished_later = finished(tmp_path, seed=1)
    assert recorded(tmp_path, identity_of(CONFIG), 1) == finished_later


def test_a_null_metric_is_nan(tmp_path: Path) -> None:
    """JSON has no NaN: its null is read as one."""
    run_dir = finished(tmp_path)
    record = json.loads(run_dir.summary_path.read_text())
    record["metrics"]["val_loss"] = None
    run_dir.write_summary(record)

    assert str(index.read(run_dir).metrics["val_loss"]) == "nan"


def test_an_interrupted_run_has_a_name_and_no_numbers(tmp_path: Path) -> None:
    """What was killed early is a run all the same."""
    run_dir = Numbering(tmp_path).create("digits", 4, "0123456789")
    run = index.read(run_dir)

    assert (run.name, run.seed, run.status, run.identity, run.metrics) == ("digits", 4, "interrupted", "", {})
