"""`dlexp list`: every component with the first line of its docstring."""

import pytest
from commands import Invoke

from dlexp.cli.list import KINDS
from dlexp.registry import components

REGULARIZERS = """\
regularizers
  l1     Sum of absolute weights: drives weights to zero (lasso).
  l2     Sum of squared weights: keeps weights small (ridge, weight decay under SGD).
  l1_l2  Both penalties together (elastic net).
"""
REGULARIZERS_IN_40_COLUMNS = """\
regularizers
  l1     Sum of absolute weights: drives
         weights to zero (lasso).
  l2     Sum of squared weights: keeps
         weights small (ridge, weight
         decay under SGD).
  l1_l2  Both penalties together
         (elastic net).
"""


@pytest.fixture
def dlexp(invoke: Invoke) -> Invoke:
    """Run a command; gives its exit code, stdout and stderr."""
    return invoke


def test_a_kind_is_one_row_a_component(dlexp: Invoke) -> None:
    """In a pipe a row is never wrapped."""
    assert dlexp("list", "regularizers") == (0, REGULARIZERS, "")


def test_rows_wrap_at_words_on_a_terminal(dlexp: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under their own column, at the terminal's width."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "40")

    assert dlexp("list", "regularizers") == (0, REGULARIZERS_IN_40_COLUMNS, "")


def test_without_a_kind_everything_is_listed(dlexp: Invoke) -> None:
    """Every kind as a heading, every type below it."""
    code, out, _ = dlexp("list")
    rows = {line.split()[0] for line in out.splitlines() if line}

    assert code == 0
    assert rows == {*KINDS, *(name for kind in KINDS for name in components(kind))}


def test_an_unknown_kind_is_told_the_nearest(dlexp: Invoke) -> None:
    """Exit 2, one line."""
    assert dlexp("list", "optimisers") == (
        2,
        "",
        f"unknown kind 'optimisers'. Did you mean 'optimizers'? Choose from: {', '.join(KINDS)}, layers\n",
    )
