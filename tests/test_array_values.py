"""What the user's own arrays may be: numbers in any container; else refused, or said, with what is there."""

import datetime
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from archives import ragged
from scipy import sparse

from dlexp.components.datasets.user import array_sentinels
from dlexp.components.datasets.user.array_targets import read
from dlexp.components.datasets.user.array_values import described, plain, require_one_length
from dlexp.components.datasets.user.pairs import are_misaligned
from dlexp.errors import DataError

X = np.arange(12.0).reshape(4, 3)
DAYS = np.datetime64("2020-01-01") + np.arange(4)


class Unreadable:
    """A tensor that numpy cannot read, as one of torch that needs its gradient."""

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.")


def masked(values: Any, position: Any) -> Any:
    """One value hidden."""
    array = np.ma.masked_array(np.array(values), mask=False)
    array[position] = np.ma.masked
    return array


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (masked(X, (2, 1)), "example 2, number 1 is masked; leave it out, or fill it"),
        (list(masked(X, (2, 1))), "example 2, number 1 is masked; leave it out, or fill it"),
        (masked(X[:, 0], 3), "example 3 is masked; leave it out, or fill it"),
        (
            Unreadable(),
            "numpy makes no array of Unreadable: RuntimeError: Can't call numpy() on Tensor that requires grad.",
        ),
        ({"a": X}, "expected an array, found dict"),
        (iter(X), "expected an array, found "),
        (sparse.csr_array(X), "a sparse matrix; give an array, as its toarray() makes"),
        (ragged([[1, 2], [1]]), "no array, but rows of different lengths"),
        ([[1, 2], [1]], "no array, but rows of different lengths"),
    ],
)
def test_what_is_no_array_of_values_is_refused(given: Any, message: str) -> None:
    """Nothing hidden is learned, and what another library raises is one line."""
    with pytest.raises(DataError) as error:
        plain(given, "own")

    assert str(error.value).startswith(f"own: {message}")


@pytest.mark.parametrize("rows", [[[1, 2], [3, 4]], [np.array([1, 2]), np.array([3, 4])]])
def test_lists_of_one_length_are_an_array(rows: Any) -> None:
    """Also where numpy holds each as an object."""
    objects = np.empty(2, object)
    objects[0], objects[1] = rows

    assert plain(objects, "own").tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("given", "dtype"),
    [
        (ragged([[1, 2, 3], [], [4]]), ""),
        (ragged([np.arange(3), np.arange(1)]), ""),
        (ragged([np.arange(3.0), np.arange(1.0)]), ", dtype='float32'"),
        ([[1.5, 2, 3], [1]], ", dtype='float32'"),
        (pd.Series([[1, 2, 3], [1]]), ""),
        ([np.arange(3), np.arange(2)], ""),
    ],
)
def test_lists_of_different_lengths_are_named(given: Any, dtype: str) -> None:
    """With what makes an array of them, and keeps fractions."""
    with pytest.raises(DataError) as error:
        require_one_length(given, "own.npz", "x_train")

    assert str(error.value) == (
        "own.npz: x_train holds lists of different lengths; make one array of them, with "
        f"keras.utils.pad_sequences(x_train, maxlen=3{dtype})"
    )
    require_one_length([[1, 2], [3, 4]], "own.npz", "x_train")


@pytest.mark.parametrize(
    "made",
    [
        np.ma.masked_array,
        pd.DataFrame,
        lambda x: pd.DataFrame(x).astype("Float64"),
        lambda x: pd.DataFrame(x).astype(pd.SparseDtype("float64", 0.0)),
        lambda x: x.tolist(),
        lambda x: x.astype(object),
        tf.constant,
        lambda x: [[Decimal(each) for each in row] for row in x.tolist()],
        lambda x: np.array([[Fraction(each) for each in row] for row in x.tolist()], object),
    ],
)
def test_numbers_are_taken_from_any_container(made: Callable[[Any], Any]) -> None:
    """As they are."""
    np.testing.assert_array_equal(plain(made(X), "own"), X)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (DAYS, "dates (datetime64[D]) of shape (4,); make numbers of them first"),
        (
            pd.Series(pd.to_datetime(DAYS)).dt.tz_localize("UTC"),
            "dates (object) of shape (4,), such as Timestamp('2020",
        ),
        ([pd.Timestamp("2020"), pd.Timestamp("2021")], "dates (object) of shape (2,), such as Timestamp('2020-01-01"),
        ([datetime.date(2020, 1, 1)], "dates (object) of shape (1,), such as datetime.date(2020, 1, 1)"),
        (DAYS - DAYS[0], "spans of time (timedelta64[D]) of shape (4,); make numbers of them first, such as x / np."),
        ([pd.Timedelta("1d")], "spans of time (object) of shape (1,), such as Timedelta('1 days"),
        (pd.Series(pd.period_range("2020-01", periods=2, freq="M")), "periods (object) of shape (2,), such as Period("),
        ([1j, 2j], "complex numbers (complex128) of shape (2,); make real ones of them first"),
        (np.zeros(2, [("a", "f4")]), "records of several fields ([('a', '<f4')]) of shape (2,)"),
    ],
)
@pytest.mark.parametrize("task", ["regression", "binary"])
def test_targets_that_are_no_numbers_are_named(given: Any, found: str, task: Any) -> None:
    """Dates became seconds, microseconds or months in silence."""
    with pytest.raises(DataError) as error:
        read(plain(given, "own"), "own", task, None)

    assert str(error.value).startswith(f"own: expected targets of shape (n,), found {found}")


def test_the_first_object_that_is_no_number_is_shown() -> None:
    """Of a table with a column of dates."""
    assert described(np.array([[1.0, pd.Timestamp("2020")]], object)) == (
        "objects that are no numbers (object) of shape (1, 2), such as Timestamp('2020-01-01 00:00:00')"
    )


def test_hidden_numbers_that_numpy_has_saved_are_said() -> None:
    """`np.savez` forgets the mask: -9999, and what `filled` puts in, lie far from all others."""
    random = np.random.default_rng(0)
    x = random.normal(size=(40, 3))
    train, test = x[:30].copy(), x[30:].copy()
    assert not list(array_sentinels.remarks("own", "number", train, test))
    train[3, 1] = train[7, 1] = -9999
    test[2, 2] = 1e20

    (first, second) = array_sentinels.remarks("own", "number", train, test)

    assert str(first) == (
        "own: number 1: -9999 in 2 examples lies far from all others, as what stands for a missing value does; leave "
        "such examples out, or fill it (allow: [sentinel] if it is meant)"
    )
    assert second.place == "own: number 2"
    (of_targets,) = array_sentinels.remarks("own", "targets", train[:, 1:2], test[:, 1:2])
    assert of_targets.place == "own: targets"
    percents = np.arange(100)[:, None]
    assert not list(array_sentinels.remarks("own", "number", percents, percents))


def test_rows_of_one_index_in_another_order_are_seen() -> None:
    """Inputs and targets are paired by position; other indexes say nothing."""
    x, y = pd.DataFrame({"a": [1, 2, 3]}, index=[2, 0, 1]), pd.Series([1, 2, 3])

    assert are_misaligned(x, y)
    assert not are_misaligned(x, y.loc[x.index])
    assert not are_misaligned(x, pd.Series([1, 2, 3], index=[7, 8, 9]))
    assert not are_misaligned(x, y.to_numpy())
