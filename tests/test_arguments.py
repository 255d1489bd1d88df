"""The one check of what commands and functions are given."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlexp.errors import UserError
from dlexp.execution import arguments


@pytest.mark.parametrize(
    ("wanted", "seeds"),
    [
        (1, [0]),
        (3, [0, 1, 2]),
        (np.int64(3), [0, 1, 2]),
        (np.uint8(2), [0, 1]),
        (np.array(2), [0, 1]),
        ([5], [5]),
        ((7, 3), [7, 3]),
        (np.arange(2), [0, 1]),
        ([np.int64(3)], [3]),
        (pd.Series([4, 2]), [4, 2]),
        (range(2, 4), [2, 3]),
        ((seed for seed in (1, 0)), [1, 0]),
        ([2**32 - 1], [2**32 - 1]),
    ],
)
def test_seeds_are_a_number_of_them_or_a_list(wanted: Any, seeds: list[int]) -> None:
    """Numpy's integers are integers, and are recorded as Python's own."""
    found = list(arguments.seeds(wanted))

    assert found == seeds
    assert {type(seed) for seed in found} == {int}


HOW_MANY = "expected a number of seeds (a whole number, at least 1) or a list of seeds"
ONE = "expected a whole number from 0 to 4294967295"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("12", f"{HOW_MANY}, given '12'"),
        (b"12", f"{HOW_MANY}, given b'12'"),
        (None, f"{HOW_MANY}, given None"),
        (1.0, f"{HOW_MANY}, given 1.0"),
        (True, f"{HOW_MANY}, given True"),
        (np.bool_(True), f"{HOW_MANY}, given np.True_"),
        ({1: 2}, f"{HOW_MANY}, given {{1: 2}}"),
        (0, "expected a number of seeds from 1 to 100000, given 0"),
        (-3, "expected a number of seeds from 1 to 100000, given -3"),
        (2**32, "expected a number of seeds from 1 to 100000, given 4294967296"),
        (10**200, "expected a number of seeds from 1 to 100000, given a number of more than 100 digits"),
        ([1.0], f"{ONE}, given 1.0"),
        (["1"], f"{ONE}, given '1'"),
        ([True], f"{ONE}, given True"),
        ([None], f"{ONE}, given None"),
        ([-1], f"{ONE}, given -1"),
        ([[0, 1]], f"{ONE}, given [0, 1]"),
        ([2**32], f"{ONE}, given 4294967296"),
        (np.array([0.0, 1.0]), f"{ONE}, given np.float64(0.0)"),
        ([], "expected at least one seed, given none"),
        (np.arange(0), "expected at least one seed, given none"),
        ([3, 0, 3], "3 is given twice"),
    ],
)
def test_what_is_no_seed_is_refused(wanted: Any, message: str) -> None:
    """In one line that begins with the argument's name."""
    with pytest.raises(UserError, match=f"^seeds: {re.escape(message)}$"):
        arguments.seeds(wanted)


def refused(check: Callable[..., Any], *given: Any) -> str:
    """The line that an argument is answered with."""
    with pytest.raises(UserError) as caught:
        check(*given)
    (line,) = caught.value.lines
    return line


def test_more_runs_than_make_sense_are_refused_by_their_number() -> None:
    """Before any is planned, and without making the points of the grids."""
    grids = [f"{key}={list(range(1000))}" for key in ("a", "b", "c", "d")]
    arguments.require_few_runs(100_000)
    arguments.require_few_runs(10, 10, grids[:1])

    asked = [(100_001,), (1, 101, grids[:1]), (2, 3, grids), (10**5000,)]
    assert [refused(arguments.require_few_runs, *each) for each in asked] == [
        f"100,000 runs at most in one command, asked for {n}"
        for n in ("100,001", "101,000", "6,000,000,000,000", "a number of more than 100 digits")
    ]


def test_counts_are_whole_numbers_of_at_least_one() -> None:
    """Neither a fraction nor a text is rounded or read."""
    assert arguments.count(np.int32(2), "best") == 2
    for wrong in (0, -1, 2.5, 2.0, "2", None, True, [1]):
        assert refused(arguments.count, wrong, "best") == f"best: expected a whole number, at least 1, given {wrong!r}"


def test_workers_are_a_count_or_auto() -> None:
    """No other text, nor an array of them."""
    assert [arguments.workers(given) for given in (np.int32(2), "auto")] == [2, "auto"]
    for wrong in (0, "2", "all", None, np.array(["auto"])):
        said = refused(arguments.workers, wrong)
        assert said == f"workers: expected auto or a whole number, at least 1, given {wrong!r}"


def test_flags_are_true_or_false() -> None:
    """`smoke="no"` would be true."""
    assert [arguments.flag(given, "smoke") for given in (True, False, np.bool_(True))] == [True, False, True]
    for wrong in ("yes", "", 1, 0, None, [True], np.array([True])):
        assert refused(arguments.flag, wrong, "smoke") == f"smoke: expected True or False, given {wrong!r}"


def test_a_text_is_no_list_of_letters() -> None:
    """Overrides, grids and metrics: one of them has to be put into a list."""
    assert arguments.texts(("a=1", "b=2"), "overrides") == ["a=1", "b=2"]
    assert arguments.texts((text for text in ["a=1"]), "overrides") == ["a=1"]
    assert refused(arguments.texts, "a=b", "overrides") == (
        "overrides: expected a list of KEY=VALUE texts, given one text; write ['a=b']"
    )
    assert refused(arguments.texts, {"a": 1}, "overrides") == (
        "overrides: expected a list of KEY=VALUE texts, given {'a': 1}"
    )
    assert refused(arguments.texts, ["a=1", 2], "grids") == "grids: expected a list of KEY=VALUE texts, given 2"
    assert refused(arguments.texts, None, "grids") == "grids: expected a list of KEY=VALUE texts, given None"


def test_a_folder_is_a_path_that_is_not_empty() -> None:
    """An empty one is a variable that was not set, not the working directory."""
    assert arguments.folder("runs", "runs_dir") == arguments.folder(Path("runs"), "runs_dir") == Path("runs")
    assert refused(arguments.folder, "", "runs_dir") == (
        "runs_dir: expected the path of a folder, given an empty one; the working directory is '.'"
    )
    for wrong in (None, 3, b"runs", ["runs"]):
        assert refused(arguments.folder, wrong, "runs_dir") == (
            f"runs_dir: expected the path of a folder, given {wrong!r}"
        )


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**33) | st.floats() | st.text(max_size=3) | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
)


@pytest.mark.parametrize("check", [arguments.seeds, arguments.seed, arguments.count, arguments.flag, arguments.texts])
@given(wanted=JUNK)
def test_whatever_is_given_is_taken_or_refused(check: Callable[..., Any], wanted: Any) -> None:
    """Never another exception; a refusal is one line with the argument's name."""
    try:
        check(wanted, "it")
        lines = ["it: "]
    except UserError as error:
        lines = error.lines

    assert len(lines) == 1
    assert lines[0].startswith("it: ")
    assert "\n" not in lines[0]
