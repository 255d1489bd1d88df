"""Claims on bias, variance and noise: intervals from standard errors over training sets."""

import math
from dataclasses import replace
from typing import Any

import pytest
from scipy import stats
from studies import judged

from dlexp.reports.bias_variance.facts import Decomposition, Estimate, Point
from dlexp.reports.study.table import to_text
from dlexp.reports.study.terms import Term

#: Student's 97.5 % quantile of 20 training sets.
T = stats.t.ppf(0.975, 19)


def point(variance: float, se: float, **others: Any) -> Point:
    """One of 20 training sets, with a variance and its standard error."""
    parts = {"bias_squared": Estimate(0.5, 0.0), "variance": Estimate(variance, se)}
    found = Decomposition("squared", parts, Estimate(1.0, 0.1))
    return Point(
        **{
            "name": "it",
            "settings": {},
            "resampling": "fresh",
            "parameters": 9,
            "resamples": 20,
            "diverged": 0,
            "decomposition": found,
            "test_digests": {"": "t"},
            "targets_digest": "y",
            **others,
        }
    )


def about(points: dict[str, Point], part: str = "variance", **claim: Any) -> Term:
    """What these points say of a claim on a part."""
    (found,) = judged({name: [] for name in ("a", "b")}, {"metric": part, **claim}, points=points).claims[0].terms
    return found


def test_intervals_are_of_both_standard_errors() -> None:
    """The value: t se; the difference: se^2 = se_A^2 + se_B^2; the ratio: relative to the values, on logarithms."""
    points = {"a": point(0.2, 0.03), "b": point(0.5, 0.04)}

    value = about(points, variant="b", at_least=0.4)
    of_two = about(points, difference="b - a", at_least=0.2)
    ratio = about(points, ratio="b / a", at_least=2)

    assert value.interval == pytest.approx((0.5 - T * 0.04, 0.5 + T * 0.04))
    assert of_two.interval == pytest.approx((0.3 - T * 0.05, 0.3 + T * 0.05))
    relative = T * math.hypot(0.03 / 0.2, 0.04 / 0.5)
    assert ratio.interval == pytest.approx((2.5 * math.exp(-relative), 2.5 * math.exp(relative)))
    assert [each.result for each in (value, of_two, ratio)] == ["holds", "cannot_tell", "cannot_tell"]
    assert [each.n for each in (value, of_two, ratio)] == [20, 20, 20]
    assert of_two.mean == pytest.approx(0.3)
    assert ratio.mean == pytest.approx(2.5)


def test_fewer_training_sets_on_one_side_count_for_both() -> None:
    """The degrees of freedom are those of the smaller number."""
    points = {"a": point(0.2, 0.03, resamples=5), "b": point(0.5, 0.04)}

    found = about(points, difference="b - a", at_least=0)

    half = stats.t.ppf(0.975, 4) * 0.05
    assert found.interval == pytest.approx((0.3 - half, 0.3 + half))


A = point(0.2, 0.03)


@pytest.mark.parametrize(
    ("b", "part", "claim", "reason"),
    [
        (None, "variance", "difference", "no run of b on a resampled training set is on record"),
        (
            replace(A, decomposition=None, resamples=2),
            "variance",
            "difference",
            "2 training sets of b finished: at least 3 are needed",
        ),
        (A, "net_variance", "difference", "the error of b has no net_variance; it has: bias_squared, variance, error"),
        (A, "bias_squared", "difference", "bias_squared is the same whichever training sets are drawn"),
        (point(-0.1, 0.1), "variance", "ratio", "a ratio needs numbers above 0, and variance of b is -0.1000 ±0.21"),
        (
            point(1e-6, 0.1),
            "variance",
            "ratio",
            "a ratio needs numbers above 0, and variance of b is 1.000e-06 ±0.21",
        ),
        (
            replace(A, test_digests={"": "others"}),
            "variance",
            "difference",
            "variance of b and of a cannot be compared: other examples",
        ),
        (
            replace(A, test_digests={}, targets_digest="others"),
            "variance",
            "difference",
            "variance of b and of a cannot be compared: other examples",
        ),
        (
            replace(A, decomposition=Decomposition("0-1", {"variance": Estimate(0.1, 0.1)}, Estimate(0.1, 0.1))),
            "variance",
            "difference",
            "variance of b and of a cannot be compared: another loss",
        ),
        (
            replace(A, resamples=18, diverged=2),
            "variance",
            "difference",
            "b diverged on 2 of 20 training sets, a on 0 of 20",
        ),
    ],
)
def test_why_parts_cannot_tell(b: Point | None, part: str, claim: str, reason: str) -> None:
    """In a sentence that names the variant."""
    points = {"a": A} | ({"b": b} if b else {})

    found = about(points, part, **{claim: "b / a" if claim == "ratio" else "b - a", "at_least": 0})

    assert (found.result, found.reason, found.interval) == ("cannot_tell", reason, None)


def test_training_sets_that_diverged_are_said() -> None:
    """As many of both variants are left out, and counted; of one, those that are left say nothing of the others."""
    b = point(0.5, 0.04, resamples=19, diverged=1)
    of_one = about({"b": b}, variant="b", at_least=0)
    of_two = about({"a": point(0.2, 0.03, resamples=19, diverged=1), "b": b}, difference="b - a", at_least=0)

    assert (of_one.result, of_one.reason) == ("cannot_tell", "b diverged on 1 of 20 training sets")
    assert of_two.result == "holds"
    assert of_two.remarks == ("1 of 20 training sets of b diverged", "1 of 20 training sets of a diverged")


def test_what_would_tell_are_training_sets() -> None:
    """Of a claim on the variance more seeds tell nothing, and nothing is said of them."""
    points = {"a": point(0.2, 0.03), "b": point(0.5, 0.04)}
    claim = {"metric": "variance", "difference": "b - a", "at_least": 0.29}

    text = to_text([judged({"a": [], "b": []}, claim, points=points)], width=200)

    assert "a: 20 fresh training sets, variance 0.20 ±0.03\nb: 20 fresh training sets, variance 0.50 ±0.04\n±:" in text
    assert "over 1,000 training sets would show it." in text
    assert "seeds would" not in text
    assert "Planned for" not in text


def test_a_claim_waits_for_all_training_sets() -> None:
    """As one on seeds does for these."""
    points = {"a": point(0.2, 0.03), "b": point(0.5, 0.04, resamples=19)}
    claim = {"metric": "variance", "difference": "b - a", "at_least": 0}

    (found,) = judged({"a": [], "b": []}, claim, points=points, resamples=20).claims[0].terms

    assert (found.result, found.seeds_needed) == ("cannot_tell", None)
    assert found.reason == "it is judged once all training sets of b have finished"
