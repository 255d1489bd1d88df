"""What `dlexp run` gives programs, and which of its runs have no result."""

from pathlib import Path

from make_runs import changed, finished

from dlexp.records.index import read
from dlexp.records.numbering import Numbering
from dlexp.records.run_dir import RunDir
from dlexp.reports.run.outcome import RunOutcome, outcome
from dlexp.reports.run.results import result_lines
from dlexp.reports.run.without_result import without_result


def outcomes(*run_dirs: RunDir) -> list[RunOutcome]:
    """What came of runs, each called by its name."""
    return [outcome(read(run_dir), run_dir.name) for run_dir in run_dirs]


def test_one_head_has_its_last_and_best_score(tmp_path: Path) -> None:
    """On the validation split, then on the test split, then the seconds."""
    run_dir = finished(tmp_path)

    assert result_lines(outcomes(run_dir)) == [
        f"{run_dir.path}: val_accuracy 0.9000 (best 0.9100 in epoch 1), test_accuracy 0.8800, 1.2 s"
    ]


def test_several_heads_have_a_score_each(tmp_path: Path) -> None:
    """The main one; a target whose name begins with another's keeps its own."""
    heads = {"size": {"metrics": ["mae"]}, "size_class": {"metrics": ["auc", "accuracy"]}, "ink": {"metrics": []}}
    scores = {
        "loss": 3.0, "size_loss": 1.0, "size_mae": 0.5,
        "size_class_loss": 1.5, "size_class_auc": 0.75, "size_class_accuracy": 0.7, "ink_loss": 0.25,
    }  # fmt: skip
    metrics = {
        f"{split}{name}": value for split in ("", "val_", "test_", "best_val_") for name, value in scores.items()
    }
    config = changed(head={"type": "multitask", "heads": heads})
    run_dir = finished(tmp_path, config=config, metrics=metrics)

    assert result_lines(outcomes(run_dir)) == [
        f"{run_dir.path}: val_size_mae 0.5000 (test 0.5000), val_size_class_auc 0.7500 (test 0.7500), "
        "val_ink_loss 0.2500 (test 0.2500), 1.2 s"
    ]
    without_validation = {name: value for name, value in metrics.items() if "val_" not in name}
    run_dir = finished(tmp_path, "alone", config=config, metrics=without_validation)
    assert result_lines(outcomes(run_dir))[0].startswith(f"{run_dir.path}: size_mae 0.5000 (test 0.5000), ")


def test_a_score_that_is_no_number_is_said(tmp_path: Path) -> None:
    """An AUC where there is one class alone; and a target whose name begins as a column of `compare` does."""
    metrics = {"gap_size_loss": 1.0, "gap_size_auc": None, "test_gap_size_loss": 1.0, "test_gap_size_auc": None}
    config = changed(head={"type": "multitask", "heads": {"gap_size": {"metrics": ["auc"]}}})
    run_dir = finished(tmp_path, config=config, metrics=metrics)

    assert result_lines(outcomes(run_dir)) == [f"{run_dir.path}: gap_size_auc - (test -), 1.2 s"]


def test_an_interrupted_run_says_what_becomes_of_it(tmp_path: Path) -> None:
    """Whether there is something to go on from."""
    begun, saved = (Numbering(tmp_path).create(name, 0, "0123456789abcdef") for name in ("begun", "saved"))
    saved.checkpoint_path.write_text("saved")

    found = without_result([begun, saved])

    assert found.interrupted == [
        f"{begun.path}: interrupted; the same command restarts it",
        f"{saved.path}: interrupted; the same command resumes it",
    ]
    assert (found.failed, found.refused, found.left) == ([], [], [])
