"""Names of columns, parsed and put together again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlexp.components.columns import Column
from dlexp.components.metrics import METRICS


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("loss", Column(quantity="loss")),
        ("val_accuracy", Column(quantity="accuracy", split="validation")),
        ("best_val_digit_accuracy", Column(quantity="accuracy", target="digit", split="validation", best="value")),
        ("best_val_loss_epoch", Column(quantity="loss", split="validation", best="epoch")),
        ("test_top_3_accuracy", Column(quantity="top_3_accuracy", split="test")),
        ("gap_class_mae", Column(quantity="class_mae", split="gap")),
        ("gap_of_age_class_mae", Column(quantity="class_mae", target="of_age", split="gap")),
        ("digit_weight", Column(quantity="weight", target="digit")),
        ("seconds", Column(quantity="seconds")),
    ],
)
def test_a_name_says_split_best_quantity_and_target(name: str, column: Column) -> None:
    """The longest metric that fits: `class_mae` is no `mae`."""
    assert Column.parse(name) == column
    assert str(column) == name


@given(
    st.one_of(
        st.text(max_size=30),
        st.lists(
            st.sampled_from(["best", "val", "test", "gap", "epoch", "loss", "weight", "a", "", *METRICS]), max_size=6
        ).map("_".join),
    ),
)
def test_every_text_comes_back(name: str) -> None:
    """Whatever a damaged or later record calls its columns."""
    assert str(Column.parse(name)) == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("test_nll", False),
        ("test_calibration_error", False),
        ("test_coverage_90", None),
        ("best_val_top_5_accuracy", True),
        ("best_val_top_5_accuracy_epoch", None),
        ("val_digit_loss", False),
        ("best_val_loss_epoch", None),
        ("gap_accuracy", None),
        ("seconds", None),
    ],
)
def test_which_way_is_better(name: str, expected: bool | None) -> None:
    """Of what every head reports of the test split: coverage has no better way."""
    assert Column.parse(name).higher_is_better is expected


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("best_val_digit_accuracy", "accuracy"),
        ("test_top_3_accuracy", "top_3_accuracy"),
        ("gap_class_mae", "class_mae"),
        ("val_loss", None),
        ("val_digit_loss", None),
        ("seconds", None),
        ("best_val_accuracy_epoch", None),
    ],
)
def test_a_column_holds_a_metric(name: str, metric: str | None) -> None:
    """Whatever the split and the target; a loss and what is no score hold none."""
    found = Column.parse(name).metric

    assert found is (metric and METRICS[metric])
