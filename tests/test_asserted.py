"""`dlexp run --assert`: what every run is to meet."""

from pathlib import Path

import pytest
from make_runs import failed, finished
from outcomes import outcomes_of

from dlexp.config.load import load
from dlexp.errors import UserError
from dlexp.reports.run.asserted import assertion, judged, require_recorded


@pytest.fixture
def iris(tmp_path: Path) -> Path:
    """A config whose runs record accuracies."""
    path = tmp_path / "iris.yaml"
    path.write_text("dataset: iris\n")
    return path


def test_every_run_is_to_meet_it(tmp_path: Path) -> None:
    """A line for each that does not, with its value; at the bound it is met."""
    good, bad = finished(tmp_path, "good", accuracy=0.9), finished(tmp_path, "bad", seed=2, accuracy=0.875)

    (found,) = judged([assertion("val_accuracy>=0.9")], outcomes_of(good, bad))

    assert found.lines == [
        "1 of 2 runs does not meet --assert 'val_accuracy>=0.9':",
        "bad, seed 2: val_accuracy 0.8750",
    ]
    assert judged([assertion("best_val_accuracy_epoch == 1")], outcomes_of(good, bad))[0].lines == []


def test_a_run_without_a_result_meets_nothing(tmp_path: Path) -> None:
    """One that diverged, one that lacks the number, one that was never started: also where a high value is asked."""
    lacking = finished(
        tmp_path, "lacking", metrics={"loss": 1.0, "val_auc": None}, missing_scores={"val_auc": "one class"}
    )
    runs = outcomes_of(failed(tmp_path, "wild"), lacking)

    (found,) = judged([assertion("val_auc != 0")], runs, [("later", 3)])

    assert found.lines == [
        "3 of 3 runs do not meet --assert 'val_auc != 0':",
        "wild, seed 0: diverged, so that it has no result",
        "lacking, seed 0: one class",
        "later, seed 3: it has no result",
    ]


@pytest.mark.parametrize("text", ["seconds < 2", "epochs == 2", "parameters <= 4810", "test_accuracy > 0.8"])
def test_all_numbers_of_a_result_can_be_asked_for(text: str, tmp_path: Path) -> None:
    """Costs and the test split's too."""
    assert judged([assertion(text)], outcomes_of(finished(tmp_path)))[0].unmet == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("val_accuracy", "--assert val_accuracy: expected KEY OP VALUE, such as 'val_accuracy >= 0.9', in quotes"),
        ("val_accuracy ~ 0.9", "--assert val_accuracy ~ 0.9: expected a number to compare with"),
        ("val_accuracy == high", "--assert val_accuracy == high: expected a number to compare with"),
        ("val_accuracy >= 90%", "--assert val_accuracy >= 90%: "),
    ],
)
def test_what_is_no_assertion_is_refused(text: str, said: str) -> None:
    """With what was expected."""
    with pytest.raises(UserError) as error:
        assertion(text)

    assert error.value.lines[0].startswith(said)


def test_what_no_run_will_record_is_refused_before_anything_is_trained(iris: Path) -> None:
    """With the nearest column and all there are; a gap is worked out of two of them."""
    with pytest.raises(UserError) as error:
        require_recorded([assertion("val_acuracy >= 0.9"), assertion("gap_accuracy < 0.1")], [load(iris)])

    first, second = error.value.lines
    assert first.startswith(
        f"--assert val_acuracy >= 0.9: the runs of {iris} record no 'val_acuracy'. Did you mean 'val_accuracy'? "
        "Choose from: loss, accuracy, val_loss, val_accuracy, best_val_loss, "
    )
    assert "record no 'gap_accuracy'" in second
    require_recorded([assertion("val_accuracy >= 0.9"), assertion("seconds < 60")], [load(iris)])
