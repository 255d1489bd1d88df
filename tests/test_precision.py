"""What float32 and float64 keep of numbers."""

import numpy as np
import pytest

from dlexp.components import precision
from dlexp.components.precision import Kept

SECONDS = 1.7e9 + np.arange(60.0)
RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("name", "column", "is_lost"),
    [
        ("unix times", SECONDS, True),
        ("milliseconds of a day", 1.7e12 + 1e6 * np.arange(86.0), True),
        ("UTM metres of a field", 5.8e6 + RNG.random(100) * 50, True),
        ("UTM metres of a city", 5.8e6 + RNG.random(100) * 50_000, False),
        ("whole numbers", np.arange(100), False),
        ("years", np.arange(1990, 2030), False),
        ("one number", np.full(60, 1.7e9 + 1), False),
        ("decimals", RNG.normal(36.8, 0.4, 10_000), False),
        ("tiny numbers", 1e-12 * RNG.normal(size=100), False),
        ("numbers that TensorFlow takes as 0", 1e-40 * RNG.normal(size=100), True),
        ("such numbers in float32", (1e-40 * RNG.normal(size=100)).astype(np.float32), True),
        ("tiny numbers in float32", (1e-30 * RNG.normal(size=100)).astype(np.float32), False),
        ("times, some of them 0", np.append(SECONDS, np.zeros(9)), True),
        ("float32", SECONDS.astype(np.float32), False),
        ("bytes", np.arange(200, dtype=np.uint8), False),
    ],
)
def test_what_float32_loses(name: str, column: np.ndarray, is_lost: bool) -> None:
    """Not any rounding: what moves a number by more than 1e-4 standard deviations, or merges most of the values."""
    assert precision.is_lost(column) == is_lost, name
    assert precision.lost_columns(np.column_stack([np.arange(len(column)), column])) == [1] * is_lost


def test_values_are_counted_as_they_would_be_kept() -> None:
    """By hand: 60 seconds lie within half a float32 step, 128, of 1.7e9; standardized, all are apart."""
    assert Kept.of(SECONDS) == Kept(different=60, in_float32=1, standardized=60)
    # Beside 0, a second is 1e-9 standard deviations: a few float32 steps of all 60.
    assert Kept.of(np.append(SECONDS, np.zeros(9))).standardized < 30


@pytest.mark.parametrize("k", [0.1, 1e30, 1.7e9 + 0.1])
def test_numbers_that_never_vary_have_no_spread(k: float) -> None:
    """Their mean is their value, whatever rounding makes of their sum."""
    column = np.full(49, k)

    assert (precision.mean_of(column), precision.scale_of(column)) == (k, 1)


@pytest.mark.parametrize(
    ("given", "different", "left", "position"),
    [
        ([10**18 + i for i in range(60)], 60, 1, 1),
        ([f"{10**30 + i}" for i in range(60)], 60, 1, 0),
        ([2**53, 2**53 + 1, 2**53 + 2], 3, 2, 1),
        ([f"1700000000.00000000{i}" for i in range(1, 4)], 3, 1, 0),
        ([f"{10**18 + 128 * i}" for i in range(60)], 60, 60, None),
        (["5", "5.0", "05"], 1, 1, None),
        (["1e300", "2e300"], 2, 2, None),
        (["0.1", "0.10"], 1, 1, None),
        (["?", "10000000000000000001", "10000000000000000002"], 2, 1, 1),
    ],
)
def test_what_float64_merges(given: list[object], different: int, left: int, position: int | None) -> None:
    """Whole numbers beyond 2^53 and digits beyond the 17th; the place is that of the first that is another number."""
    numbers = np.array([float(str(each)) if each != "?" else 0.0 for each in given])

    found = precision.merged(given, numbers)

    if position is None:
        assert found is None
    else:
        assert found
        assert (found.position, found.different, found.left) == (position, different, left)
        assert (found.given, found.number) == (given[position], numbers[position])


def test_digests_are_those_of_float32_where_it_keeps_the_numbers() -> None:
    """So that runs of earlier versions are known to have the same examples."""
    assert precision.digested(np.array([0.1, 0.2])).dtype == np.float32
    assert precision.digested(np.column_stack([SECONDS, SECONDS])).dtype == np.float64
    assert precision.digested(np.arange(3)).dtype == np.int64


def test_float32_has_no_room_beyond_its_largest_number() -> None:
    """Nor below the smallest."""
    assert precision.are_too_large(np.array([1.0, 1e39]))
    assert precision.are_too_large(np.array([1.0, -1e39]))
    assert not precision.are_too_large(np.array([3.4e38, -3.4e38]))
    assert not precision.are_too_large(np.array([], np.float64))
