"""Looks at paired seeds until they tell: their levels, limits, and how often an interval of any look misses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dlexp.statistics.looks import MAX_COMPARISONS, MAX_SEEDS, Looks, why_not
from dlexp.statistics.paired import LEVEL, MIN_PAIRS

MAX = st.integers(MIN_PAIRS, MAX_SEEDS)
COMPARISONS = st.integers(1, MAX_COMPARISONS)


@pytest.mark.parametrize(("n", "level"), [(3, 0.0013), (6, 0.0069), (12, 0.0230)])
def test_levels_are_those_of_wang_and_tsiatis(n: int, level: float) -> None:
    """2 Phi(-c (12 / n)^(1/4)), whose constant is 2.273 for 12 seeds."""
    assert Looks(12).level(n) == pytest.approx(level, abs=5e-5)
    assert Looks(12).level(n) == pytest.approx(2 * stats.norm.cdf(-2.273 * (12 / n) ** 0.25), rel=1e-9)


@pytest.mark.parametrize("comparisons", [1, 2, 3, 4, 5, 10, 25])
def test_a_single_look_has_the_level_of_a_fixed_number_of_seeds(comparisons: int) -> None:
    """With at most 3 seeds there is nothing to spend twice."""
    assert Looks(3, comparisons).level(3) == pytest.approx(LEVEL / comparisons, rel=0.02)


@given(MAX, COMPARISONS)
def test_later_looks_have_higher_levels_and_none_has_the_whole(max_seeds: int, comparisons: int) -> None:
    """Whatever the number of seeds and of comparisons."""
    levels = [Looks(max_seeds, comparisons).level(n) for n in range(MIN_PAIRS, max_seeds + 1)]

    assert levels == sorted(levels)
    assert levels[-1] < 1.02 * LEVEL / comparisons


@given(MAX, COMPARISONS, COMPARISONS, st.integers(MIN_PAIRS, MAX_SEEDS))
def test_more_comparisons_and_more_seeds_leave_less_for_a_look(
    max_seeds: int, comparisons: int, others: int, n: int
) -> None:
    """Of the same number of pairs."""
    level = Looks(max_seeds, comparisons).level(n)

    assert Looks(max_seeds, max(comparisons, others)).level(n) <= level
    if n <= max_seeds < MAX_SEEDS:
        assert Looks(max_seeds + 1, comparisons).level(n) < level


def test_a_number_between_two_constants_takes_the_stricter_one() -> None:
    """Six comparisons are looked at as if they were ten."""
    assert Looks(12, 6).level(8) == Looks(12, 10).level(8) < Looks(12, 5).level(8)


def test_what_was_trained_beyond_the_last_look_has_its_level() -> None:
    """More pairs than were planned have no higher level."""
    assert Looks(12).level(15) == Looks(12).level(12)


@pytest.mark.parametrize(
    ("max_seeds", "comparisons", "why"),
    [
        (2, 1, "3 seeds at least, asked for 2"),
        (25, 1, "24 seeds at most, for which the levels have been computed; asked for 25"),
        (12, 26, "25 comparisons at most, for which the levels have been computed; asked for 26"),
        (3, 25, ""),
        (24, 25, ""),
    ],
)
def test_what_no_level_was_computed_for_has_a_reason(max_seeds: int, comparisons: int, why: str) -> None:
    """From 3 to 24 seeds and for 25 comparisons there are levels."""
    assert why_not(max_seeds, comparisons) == why


@pytest.mark.parametrize(("max_seeds", "comparisons"), [(30, 1), (12, 40)])
def test_looks_without_a_constant_have_levels_that_add_up(max_seeds: int, comparisons: int) -> None:
    """Those of runs on record that were once compared with others: of each look the same, by Bonferroni."""
    levels = [Looks(max_seeds, comparisons).level(n) for n in range(MIN_PAIRS, max_seeds + 1)]

    assert sum(levels) == pytest.approx(LEVEL / comparisons)
    assert len(set(levels)) == 1


def test_a_mean_within_its_standard_error_is_given_up_from_half_of_the_seeds_on() -> None:
    """Not before, and not where it is further from its bound."""
    looks = Looks(12)

    assert [looks.gives_up(n, 0.0, 1.0) for n in (3, 5, 6, 12)] == [False, False, True, True]
    assert looks.gives_up(9, 0.33, 1.0)
    assert looks.gives_up(9, -0.33, 1.0)
    assert not looks.gives_up(9, 0.34, 1.0)
    assert [Looks(5).gives_up(n, 0.0, 1.0) for n in (3, 4)] == [True, True]


@pytest.mark.parametrize("step", [1 / examples for examples in (3, 7, 100, 150, 200, 333, 2000)])
@pytest.mark.parametrize("n", range(6, 13))
def test_seeds_of_which_one_alone_differs_are_given_up_on_every_grid(step: float, n: int) -> None:
    """Their mean is their standard error, step / n: a tie that no rounding decides."""
    differences = np.array([0.0] * (n - 1) + [step])

    assert Looks(12).gives_up(n, float(differences.mean()), float(differences.std(ddof=1)))


@pytest.mark.parametrize(("max_seeds", "comparisons"), [(5, 1), (12, 1), (12, 5), (24, 1)])
def test_the_intervals_of_all_looks_hold_at_once(max_seeds: int, comparisons: int) -> None:
    """A twentieth of 20,000 simulated paths, or a fifth of that, has a look whose t-test rejects a true mean."""
    n_paths, level = 20_000, LEVEL / comparisons
    differences = np.random.default_rng(7).normal(3.0, 2.0, size=(n_paths, max_seeds))
    looks = Looks(max_seeds, comparisons)
    p_values = {n: stats.ttest_1samp(differences[:, :n], 3.0, axis=1).pvalue for n in range(MIN_PAIRS, max_seeds + 1)}
    misses = np.any([p < looks.level(n) for n, p in p_values.items()], axis=0)

    assert misses.mean() == pytest.approx(level, abs=3 * (level * (1 - level) / n_paths) ** 0.5)
