"""What `dlexp run` gives programs, and which of its runs have no result."""

import json
from pathlib import Path

from make_runs import changed, failed, finished
from outcomes import outcomes_of

from dlexp.format import to_json
from dlexp.records.numbering import Numbering
from dlexp.reports.run.asserted import assertion, judged
from dlexp.reports.run.closing import closing
from dlexp.reports.run.results import document, result_lines
from dlexp.reports.run.without_result import without_result


def test_one_head_has_its_last_and_best_score(tmp_path: Path) -> None:
    """On the validation split, then on the test split, then the seconds."""
    run_dir = finished(tmp_path)

    assert result_lines(outcomes_of(run_dir)) == [
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

    assert result_lines(outcomes_of(run_dir)) == [
        f"{run_dir.path}: val_size_mae 0.5000 (test 0.5000), val_size_class_auc 0.7500 (test 0.7500), "
        "val_ink_loss 0.2500 (test 0.2500), 1.2 s"
    ]
    without_validation = {name: value for name, value in metrics.items() if "val_" not in name}
    run_dir = finished(tmp_path, "alone", config=config, metrics=without_validation)
    assert result_lines(outcomes_of(run_dir))[0].startswith(f"{run_dir.path}: size_mae 0.5000 (test 0.5000), ")


def test_a_score_that_is_no_number_is_said(tmp_path: Path) -> None:
    """An AUC where there is one class alone; and a target whose name begins as a column of `compare` does."""
    metrics = {"gap_size_loss": 1.0, "gap_size_auc": None, "test_gap_size_loss": 1.0, "test_gap_size_auc": None}
    config = changed(head={"type": "multitask", "heads": {"gap_size": {"metrics": ["auc"]}}})
    run_dir = finished(tmp_path, config=config, metrics=metrics)

    assert result_lines(outcomes_of(run_dir)) == [f"{run_dir.path}: gap_size_auc - (test -), 1.2 s"]


def test_one_document_has_every_run(tmp_path: Path) -> None:
    """With its scores, whether it was done before, counts, what is not met and the exit code; NaN is null."""
    done, wild = finished(tmp_path, "good", metrics={"loss": 1.0, "val_loss": None}), failed(tmp_path, "wild")
    runs, left = outcomes_of(done, wild), [("later", 3)]
    ending = closing(
        without_result([done, wild], {wild.path: "wild, seed 0"}),
        [],
        assertions=judged([assertion("loss <= 1")], runs, left),
        n_runs=2,
    )

    found = json.loads(to_json(document(runs, ending, {str(done.path)}, left)))

    assert [(run["label"], run["status"], run.get("done_before")) for run in found["runs"]] == [
        ("good", "finished", True),
        ("wild", "diverged", False),
        ("later", "not started", None),
    ]
    assert found["runs"][0]["metrics"] == {"loss": 1.0, "val_loss": None}
    assert (found["runs"][0]["metric"], found["runs"][0]["last"]) == ("val_loss", None)
    assert {name: n for name, n in found["counts"].items() if n} == {
        "runs": 3,
        "done_before": 1,
        "finished": 1,
        "diverged": 1,
        "not_started": 1,
    }
    assert [each["label"] for each in found["assertions"][0]["unmet"]] == ["wild", "later"]
    assert (list(found["without_result"]), found["exit_code"]) == (["failed"], 1)


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
