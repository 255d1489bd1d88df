"""What came of one run."""

from pathlib import Path

from make_runs import changed, failed, finished

from dlexp.records.index import read
from dlexp.records.numbering import Numbering
from dlexp.reports.run.outcome import document, outcome


def test_a_finished_run_has_its_main_score_and_its_recorded_time(tmp_path: Path) -> None:
    """Last and best with its epoch, on the test split, the seconds of its record; the curves once they are drawn."""
    run_dir = finished(tmp_path, "grid", 3)

    found = outcome(read(run_dir), "grid learning_rate=0.01")

    assert (found.title, found.run, found.status) == ("grid learning_rate=0.01, seed 3", run_dir.label, "finished")
    assert (found.metric, found.last, found.best, found.best_epoch) == ("val_accuracy", 0.9, 0.91, 1)
    assert (found.test, found.seconds, found.epochs, found.curves) == (0.88, 1.25, 2, None)
    run_dir.curves_path.touch()
    assert outcome(read(run_dir), "grid").curves == str(run_dir.curves_path)


def test_a_score_that_is_no_number_is_none(tmp_path: Path) -> None:
    """In the records it is null, and so it is in JSON."""
    metrics = {"val_auc": None, "best_val_auc": None, "test_auc": None}

    found = outcome(read(finished(tmp_path, metrics=metrics)), "auc")

    assert (found.metric, found.last, found.best, found.best_epoch, found.test) == ("val_auc", None, None, None, None)


def test_a_run_without_a_result_says_why(tmp_path: Path) -> None:
    """One that diverged is called so; one that was interrupted has the epochs of its history."""
    diverged = outcome(read(failed(tmp_path, "wild")), "wild")
    begun = Numbering(tmp_path).create("begun", 0, "0123456789abcdef")
    begun.write_config("name: begun\n")
    begun.history_path.write_text("epoch,seconds,loss\n1,0.5,0.7\n")
    interrupted = outcome(read(begun), "begun")

    assert (diverged.status, diverged.what, diverged.epochs) == ("diverged", "loss is nan in epoch 3", 3)
    assert (interrupted.status, interrupted.epochs, interrupted.metric) == ("interrupted", 1, None)


def test_symptoms_are_part_of_it(tmp_path: Path) -> None:
    """In JSON as records."""
    found = document(outcome(read(failed(tmp_path, config=changed())), "wild"))

    assert [each["kind"] for each in found["symptoms"]] == ["diverged"]
