"""Curves in characters: golden plots, and what holds for any history."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlexp.components.columns import Column
from dlexp.reports.run.text_curves import HEIGHT, legend, plot, plots

LOSS, ACCURACY = Column(quantity="loss"), Column(quantity="accuracy")


def history_of(**columns: list[float]) -> list[dict[str, float]]:
    """Rows with the epochs from 1."""
    rows = zip(*columns.values(), strict=True)
    return [dict(zip(columns, row, strict=True)) | {"epoch": epoch} for epoch, row in enumerate(rows, start=1)]


FALLING = history_of(loss=[7.0, 6, 5, 4, 3, 2, 1, 0], val_loss=[7.0, 6, 5, 4, 4, 4, 5, 6])

GOLDEN = """\
   loss
7 ┤●●
  │  ●●         ●●
  │    ●●     ●●
  │      ●●●●●
  │         ··
  │           ··
0 ┤             ··
  └──────▲────────
   1     4       8
"""
GOLDEN_GAP = """\
   loss
4 ┤·
  │
  │
  │          ·
  │         ·
  │        ·
1 ┤       ·
  └───────────────
   1             5
"""


def test_training_and_validation() -> None:
    """Validation lies over training, straight between the epochs; its best epoch is marked below."""
    assert "\n".join(plot(FALLING, LOSS, 18)) + "\n" == GOLDEN


def test_a_value_that_is_not_finite_is_a_gap() -> None:
    """The scale is that of the finite values; no line leads to what is none."""
    history = history_of(loss=[4.0, math.nan, 1.0, 2.5, math.inf])

    assert "\n".join(plot(history, LOSS, 18)) + "\n" == GOLDEN_GAP


@pytest.mark.parametrize("values", [[0.5], [0.5, 0.5], [math.nan, math.nan], []], ids=str)
def test_a_curve_without_range(values: list[float]) -> None:
    """One epoch, no change, no number, nothing: a plot of the same size."""
    lines = plot(history_of(loss=values), LOSS, 40)

    assert len(lines) == HEIGHT + 3
    assert sum("·" in line for line in lines) == (0.5 in values)


def test_side_by_side_where_there_is_room() -> None:
    """Two plots need 75 characters; below that they stand one below the other."""
    history = history_of(loss=[2.0, 1.0], accuracy=[0.0, 1.0])

    assert len(plots(history, [ACCURACY, LOSS], 75)) == HEIGHT + 3
    assert len(plots(history, [ACCURACY, LOSS], 74)) == 2 * (HEIGHT + 3)


def test_the_legend_names_what_is_there() -> None:
    """No validation, no mark for it."""
    assert legend(FALLING) == "training ·  validation ●  its best epoch ▲"
    assert legend(history_of(loss=[1.0])) == "training ·"


def axis_of(quantity: Column, *values: float) -> tuple[str, str]:
    """The numbers at the ends of the axis."""
    lines = plot(history_of(**{str(quantity): list(values)}), quantity, 40)
    return lines[HEIGHT].split()[0], lines[1].split()[0]


def test_what_hardly_differs_is_not_stretched() -> None:
    """Five points of accuracy at least, within its limits; of a loss a twentieth of its size."""
    assert axis_of(ACCURACY, 0.098, 0.103) == ("0.0755", "0.126")
    assert axis_of(ACCURACY, 0.99, 1.0) == ("0.95", "1")
    assert axis_of(ACCURACY, 0.0, 0.0) == ("0", "0.05")
    assert axis_of(ACCURACY, 0.9, 0.97) == ("0.9", "0.97")
    assert axis_of(LOSS, 2.3026, 2.3019) == ("2.24", "2.36")
    assert axis_of(LOSS, 2.3, 1.5) == ("1.5", "2.3")


def test_a_loss_that_falls_far_has_a_logarithmic_axis() -> None:
    """By more than a hundredth, and never below zero: each row is a factor then."""
    far = plot(history_of(loss=[1000.0, 100, 10, 1]), LOSS, 18)

    assert far[0].strip() == "loss (log scale)"
    assert len({line.rstrip().rpartition(" ")[2] for line in far[1 : HEIGHT + 1]}) > 2
    assert plot(history_of(loss=[1000.0, 11]), LOSS, 18)[0].strip() == "loss"
    assert plot(history_of(loss=[1000.0, 0]), LOSS, 18)[0].strip() == "loss"


def test_the_best_epoch_has_its_number_where_there_is_room() -> None:
    """The first of several that are equally good; no mark where neither way is better."""
    history = history_of(loss=[3.0, 2, 1], val_loss=[3.0, 1, 1], seconds=[1.0, 2, 3], val_seconds=[1.0, 2, 3])

    assert [line.strip() for line in plot(history, LOSS, 13)[-2:]] == ["└────▲─────", "1   2    3"]
    assert plot(history, Column(quantity="seconds"), 13)[-2].strip() == "└──────────"


@given(
    values=st.lists(st.floats(width=32), max_size=200),
    n_quantities=st.integers(1, 2),
    width=st.integers(40, 200),
)
def test_no_line_is_too_long(values: list[float], n_quantities: int, width: int) -> None:
    """Any numbers give plots that fit, the same each time."""
    history = history_of(loss=values)
    lines = plots(history, [LOSS, ACCURACY][:n_quantities], width)

    assert max(map(len, lines)) <= width
    assert lines == plots(history, [LOSS, ACCURACY][:n_quantities], width)
