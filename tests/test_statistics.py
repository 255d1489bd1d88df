"""The statistics behind verdicts, against scipy and published formulas."""

import math

import numpy as np
import pytest
from scipy import stats

from dlexp.statistics.examples import half_on_new_examples, mcnemar
from dlexp.statistics.paired import paired
from dlexp.statistics.power import detectable, power, sd_limits, seeds_needed, seeds_range

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("n", [2, 3, 5, 12])
@pytest.mark.parametrize("level", [0.05, 0.01])
def test_paired_interval_is_that_of_scipy(n: int, level: float) -> None:
    """As scipy.stats.ttest_rel gives it."""
    first, other = RNG.normal(size=n), RNG.normal(1, 2, size=n)
    expected = stats.ttest_rel(other, first).confidence_interval(1 - level)

    assert paired(list(other - first), level=level).bounds == pytest.approx((expected.low, expected.high))


def test_sd_has_a_floor() -> None:
    """Equal differences of rounded scores are no certainty."""
    floored = paired([0.01, 0.01, 0.01], least_sd=0.005 / 6**0.5)

    assert floored.sd == 0.005 / 6**0.5
    assert floored.half == pytest.approx(stats.t.ppf(0.975, 2) * floored.sd / 3**0.5)


@pytest.mark.parametrize(("n", "published"), [(3, 3.26), (4, 2.13), (5, 1.68), (8, 1.16), (12, 0.89), (30, 0.53)])
def test_detectable_difference_is_that_of_the_noncentral_t(n: int, published: float) -> None:
    """In standard deviations, at 80 % power and level 0.05."""
    assert detectable(n) == pytest.approx(published, abs=0.005)
    assert power(detectable(n), n) == pytest.approx(0.8, abs=1e-8)


@pytest.mark.parametrize("effect", [0.5, 1.0, 2.0])
def test_power_is_that_of_the_noncentral_t(effect: float) -> None:
    """Both tails of scipy.stats.nct."""
    n = 6
    critical = stats.t.ppf(0.975, n - 1)
    distribution = stats.nct(n - 1, effect * n**0.5)

    assert power(effect, n) == pytest.approx(distribution.sf(critical) + distribution.cdf(-critical), abs=1e-8)


def test_limits_of_the_sd() -> None:
    """By chi-squared: 2.12, 1.56 and 1.35 times the sd above it."""
    assert [sd_limits(1.0, n)[1] for n in (3, 5, 8)] == pytest.approx([2.12, 1.56, 1.35], abs=0.005)
    assert sd_limits(2.0, 5)[0] == pytest.approx(2 * (4 / stats.chi2.ppf(0.8, 4)) ** 0.5)


def test_seeds_needed_is_the_smallest_number_with_power() -> None:
    """And one fewer is not enough; a difference of nothing is never shown."""
    needed = seeds_needed(0.8, 1.0)

    assert needed is not None
    assert power(0.8, needed) >= 0.8 > power(0.8, needed - 1)
    assert seeds_needed(10.0, 1.0) == 3
    assert seeds_needed(0.0, 1.0) is None
    assert seeds_needed(0.001, 1.0) is None
    assert seeds_range(1.0, 1.0, 5) == (seeds_needed(1.0, sd_limits(1, 5)[0]), seeds_needed(1.0, sd_limits(1, 5)[1]))


def test_new_examples_are_those_of_the_two_way_analysis_of_variance() -> None:
    """Mean squares of seeds, examples and rest, put together by hand."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(8, 30)) + rng.normal(0, 0.5, size=(8, 1)) + rng.normal(0, 2, size=(1, 30))
    n, m = x.shape
    ms_seeds, ms_examples = m * x.mean(1).var(ddof=1), n * x.mean(0).var(ddof=1)
    rest = x - x.mean(1, keepdims=True) - x.mean(0, keepdims=True) + x.mean()
    ms_rest = (rest**2).sum() / ((n - 1) * (m - 1))
    variance = (ms_seeds + ms_examples - ms_rest) / (n * m)
    df = variance**2 / ((ms_seeds / (n * m)) ** 2 / (n - 1) + (ms_examples / (n * m)) ** 2 / (m - 1))

    assert half_on_new_examples(x) == pytest.approx(stats.t.ppf(0.975, max(df, n - 1)) * math.sqrt(variance))


def test_new_examples_are_never_surer_than_seeds_alone() -> None:
    """Also where the examples do not differ at all."""
    for x in (np.zeros((3, 9)), RNG.normal(size=(3, 1)) + np.zeros((3, 9)), RNG.normal(size=(5, 7))):
        assert half_on_new_examples(x) >= paired(list(x.mean(axis=1))).half * (1 - 1e-12)


@pytest.mark.parametrize("counts", [(0, 0), (3, 9), (10, 10), (1, 12), (40, 22), (700, 800)])
def test_mcnemar_is_the_exact_binomial_test(counts: tuple[int, int]) -> None:
    """As scipy.stats.binomtest, of large counts too."""
    only_a, only_b = counts
    expected = stats.binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0

    assert mcnemar(only_a, only_b) == pytest.approx(expected)


def test_power_and_seeds_are_those_of_statsmodels() -> None:
    """Where it has a number: for large effects it has none."""
    found = pytest.importorskip("statsmodels.stats.power", reason="statsmodels is not installed").TTestPower()
    for n in (3, 4, 5, 10, 20):
        for effect in (0.5, 1.0, 2.0, 3.0):
            expected = found.power(effect, n, 0.01)
            assert math.isnan(expected) or power(effect, n, 0.01) == pytest.approx(expected, abs=1e-11)
    for effect in (0.8, 1.2, 2.0):
        needed = found.solve_power(effect_size=effect, power=0.8, alpha=0.05)
        assert seeds_needed(effect, 1.0) == math.ceil(needed)


@pytest.mark.parametrize(("only_a", "only_b"), [(3, 9), (10, 10), (1, 12), (40, 22)])
def test_mcnemar_is_that_of_statsmodels(only_a: int, only_b: int) -> None:
    """Its exact test; what both get right and wrong does not count."""
    tables = pytest.importorskip("statsmodels.stats.contingency_tables", reason="statsmodels is not installed")
    expected = tables.mcnemar([[50, only_a], [only_b, 7]], exact=True).pvalue

    assert mcnemar(only_a, only_b) == pytest.approx(expected, rel=1e-12)
