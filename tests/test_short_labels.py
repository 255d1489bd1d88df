"""Labels of experiments that are wider than their place."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlexp.reports.plan.live_table import Row, live_table
from dlexp.reports.short_labels import short_labels

HIDDEN, RATES, SIZES = ("[8]", "[64]", "[64, 64]"), ("0.01", "0.1", "1"), ("16", "64", "256")
#: Those of a grid over three keys.
GRID = [f"grid hidden={a} learning_rate={b} batch_size={c}" for a, b, c in product(HIDDEN, RATES, SIZES)]


def test_the_name_goes_first_then_the_keys() -> None:
    """Of all labels alike, and only as far as the longest one needs it."""
    assert short_labels(GRID, 60) == GRID
    assert short_labels(GRID, 50)[0] == "hidden=[8] learning_rate=0.01 batch_size=16"
    assert short_labels(GRID, 40)[0] == "hidden=[8] learni…=0.01 batch_…=16"
    assert short_labels(GRID, 25)[0] == "h…=[8] l…=0.01 b…=16"
    assert short_labels(["a", "b learning_rate=0.1"], 12) == ["a", "b learn…=0.1"]


@given(width=st.integers(26, 80))
def test_labels_keep_their_values(width: int) -> None:
    """All 27 points of a grid are told apart in 26 columns."""
    found = short_labels(GRID, width)

    assert max(map(len, found)) <= width
    assert len(set(found)) == len(GRID)
    for text, values in zip(found, product(HIDDEN, RATES, SIZES), strict=True):
        assert all(f"={value}" in text for value in values)


@pytest.mark.parametrize("width", [3, 10, 20])
def test_nothing_is_wider_than_its_place(width: int) -> None:
    """Then values are cut too."""
    assert max(map(len, short_labels(GRID, width))) <= width


def test_the_live_table_keeps_the_values() -> None:
    """In the 80 columns of a terminal, beside epochs and scores."""
    scores = {"loss": 0.5, "accuracy": 0.8, "val_loss": 0.6, "val_accuracy": 0.941}
    rows = [Row(label=label, seed=0, place="7/30", scores=scores, left="3 s") for label in GRID]

    _, header, *lines = live_table("0 of 27 runs done", rows, 80, 60)

    assert {"run", "epoch", "val_accuracy"} <= set(header.split())
    assert max(map(len, lines)) <= 80
    for line, values in zip(lines, product(HIDDEN, RATES, SIZES), strict=True):
        assert all(f"={value} " in line for value in values)
