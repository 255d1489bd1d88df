"""Claims of a study: what is measured of a run, which interval bounds it, and what that says."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_runs import CONFIG
from scipy import stats
from studies import dead, diverged, history, judged, of_width, run, runs

from dlexp.execution.plan import Plan, Request
from dlexp.records.index import Run
from dlexp.reports.plan.pace import Pace
from dlexp.reports.study.facts import StudyFacts
from dlexp.reports.study.forecast import forecast
from dlexp.reports.study.terms import Bound, Term
from dlexp.statistics.power import detectable, sd_limits, seeds_range

#: No grid, and lower is better.
MAE = "test_mae"
LOW, HIGH = (0.50, 0.52, 0.51, 0.49, 0.53), (0.70, 0.75, 0.72, 0.71, 0.74)
B_MINUS_A = {"metric": MAE, "difference": "b - a"}
B_OVER_A = {"metric": MAE, "ratio": "b / a"}
B_ALONE = {"metric": MAE, "variant": "b"}


def term(facts: StudyFacts) -> Term:
    """The one number of the one claim."""
    (claim,) = facts.claims
    (found,) = claim.terms
    return found


def t_interval(values: Any, level: float = 0.05) -> tuple[float, float]:
    """Student's, by scipy."""
    found = stats.ttest_1samp(values, 0).confidence_interval(1 - level)
    return float(found.low), float(found.high)


@pytest.mark.parametrize(
    ("about", "bound", "result"),
    [
        # The paired differences lie between 0.20 and 0.23: their interval is [0.1998, 0.2282].
        (B_MINUS_A, {"at_least": 0.19}, "holds"),
        (B_MINUS_A, {"at_least": 0.21}, "cannot_tell"),
        (B_MINUS_A, {"at_least": 0.23}, "fails"),
        (B_MINUS_A, {"at_most": 0.23}, "holds"),
        (B_MINUS_A, {"at_most": 0.21}, "cannot_tell"),
        (B_MINUS_A, {"at_most": 0.19}, "fails"),
        (B_MINUS_A, {"between": [0.19, 0.23]}, "holds"),
        (B_MINUS_A, {"between": [0.21, 0.3]}, "cannot_tell"),
        (B_MINUS_A, {"between": [0.1, 0.19]}, "fails"),
        (B_MINUS_A, {"no_difference_beyond": 0.25}, "holds"),
        (B_MINUS_A, {"no_difference_beyond": 0.21}, "cannot_tell"),
        (B_MINUS_A, {"no_difference_beyond": 0.19}, "fails"),
        (B_MINUS_A, {"at_least": "19 points"}, "holds"),
        (B_MINUS_A, {"at_most": "+19 points"}, "fails"),
        (B_MINUS_A, {"between": ["19 points", 0.23]}, "holds"),
        (B_MINUS_A, {"no_difference_beyond": "21 points"}, "cannot_tell"),
        # The ratios lie between 1.39 and 1.45: their interval is [1.3898, 1.4502].
        (B_OVER_A, {"at_least": 1.38}, "holds"),
        (B_OVER_A, {"at_least": 1.42}, "cannot_tell"),
        (B_OVER_A, {"at_most": 1.38}, "fails"),
        (B_OVER_A, {"at_most": 0}, "fails"),
        (B_OVER_A, {"at_least": -1}, "holds"),
        (B_OVER_A, {"between": [1.38, 1.46]}, "holds"),
        (B_OVER_A, {"no_difference_beyond": 0.46}, "holds"),
        (B_OVER_A, {"no_difference_beyond": 0.42}, "cannot_tell"),
        (B_OVER_A, {"no_difference_beyond": 0.3}, "fails"),
        # [0.698, 0.750].
        (B_ALONE, {"at_least": 0.69}, "holds"),
        (B_ALONE, {"at_least": 0.72}, "cannot_tell"),
        (B_ALONE, {"at_most": 0.69}, "fails"),
    ],
)
def test_results(tmp_path: Path, about: dict[str, Any], bound: dict[str, Any], result: str) -> None:
    """A claim holds where its whole interval lies within its bound, and fails where none of it does."""
    (claim,) = judged(runs(tmp_path, MAE, a=LOW, b=HIGH), {**about, **bound}).claims

    assert claim.result == result


def test_intervals_are_scipys(tmp_path: Path) -> None:
    """Of paired differences, of the logarithms of paired ratios, and of one variant's values."""
    own = runs(tmp_path, MAE, a=LOW, b=HIGH)
    a, b = np.array(LOW), np.array(HIGH)

    facts = judged(own, *({**about, "at_least": 0.1} for about in (B_MINUS_A, B_OVER_A, B_ALONE)))

    of_difference, of_ratio, of_value = (claim.terms[0] for claim in facts.claims)
    assert of_difference.level == pytest.approx(0.05 / 3)
    assert of_difference.interval == pytest.approx(t_interval(b - a, 0.05 / 3), rel=1e-12)
    low, high = t_interval(np.log(b / a), 0.05 / 3)
    assert of_ratio.interval == pytest.approx((math.exp(low), math.exp(high)), rel=1e-12)
    assert of_ratio.mean == pytest.approx(stats.gmean(b / a), rel=1e-12)
    assert of_value.interval == pytest.approx(t_interval(b, 0.05 / 3), rel=1e-12)
    assert [found.label for found in (of_difference, of_ratio, of_value)] == ["b - a", "b / a", "b"]


def test_sides_that_are_swapped_are_the_mirror_image(tmp_path: Path) -> None:
    """`a - b` is `b - a` with the other sign, `a / b` its inverse."""
    turned = (
        {"metric": MAE, "difference": "a - b", "at_most": -0.21},
        {"metric": MAE, "ratio": "a / b", "at_most": 1 / 1.42},
    )
    claims = [{**B_MINUS_A, "at_least": 0.21}, {**B_OVER_A, "at_least": 1.42}, *turned]

    facts = judged(runs(tmp_path, MAE, a=LOW, b=HIGH), *claims)

    minus, over, minus_turned, over_turned = (claim.terms[0] for claim in facts.claims)
    assert minus.interval is not None
    assert over.interval is not None
    assert minus_turned.interval == pytest.approx((-minus.interval[1], -minus.interval[0]))
    assert over_turned.interval == pytest.approx((1 / over.interval[1], 1 / over.interval[0]))
    assert (minus_turned.result, over_turned.result) == (minus.result, over.result)
    assert (minus_turned.seeds_needed, over_turned.seeds_needed) == (minus.seeds_needed, over.seeds_needed)


def test_an_order_bounds_every_neighbouring_difference(tmp_path: Path) -> None:
    """It holds if all do, fails if one fails; it takes the level of as many claims."""
    own = runs(tmp_path, MAE, a=LOW, b=HIGH, c=[x + 0.001 * i for i, x in enumerate(HIGH[::-1])])

    facts = judged(own, *({"metric": MAE, "order": order} for order in (["b", "a"], ["b", "c", "a"], ["a", "b", "c"])))

    certain, in_doubt, wrong = facts.claims
    assert (certain.result, in_doubt.result, wrong.result) == ("holds", "cannot_tell", "fails")
    assert [each.result for each in in_doubt.terms] == ["cannot_tell", "holds"]
    assert [each.result for each in wrong.terms] == ["fails", "cannot_tell"]
    assert in_doubt.terms[1].level == pytest.approx(0.05 / 5)
    assert not facts.came_out


def test_what_is_expected_may_be_a_failure(tmp_path: Path) -> None:
    """A statement that is known not to hold comes out as expected."""
    claim = {**B_MINUS_A, "at_most": 0}

    assert judged(runs(tmp_path, MAE, a=LOW, b=HIGH), {**claim, "expect": "fails"}).came_out
    assert judged({}, points={}).came_out


@pytest.mark.parametrize(
    ("n", "about", "reason"),
    [
        (1, B_MINUS_A, "1 paired seed: at least 3 are needed"),
        (2, B_MINUS_A, "2 paired seeds: at least 3 are needed"),
        (2, B_OVER_A, "2 paired seeds: at least 3 are needed"),
        (2, B_ALONE, "2 seeds: at least 3 are needed"),
    ],
)
def test_two_seeds_tell_nothing(tmp_path: Path, n: int, about: dict[str, Any], reason: str) -> None:
    """However large the difference: there is a mean and no interval; from two on, the seeds that would be needed."""
    found = term(judged(runs(tmp_path, MAE, a=LOW[:n], b=HIGH[:n]), {**about, "at_least": 0}, seeds=n))

    assert (found.result, found.reason, found.interval, found.n) == ("cannot_tell", reason, None, n)
    assert found.mean is not None
    assert (found.seeds_needed is None) == (n == 1)


def test_where_it_cannot_tell_the_seeds_needed_are_a_range(tmp_path: Path) -> None:
    """Of the distance from the bound, by the limits of the standard deviation, at the claim's own level."""
    differences = np.array(HIGH) - np.array(LOW)
    sd, level = differences.std(ddof=1), 0.05 / 2
    claims = [{**B_MINUS_A, "at_least": 0.21}, {**B_MINUS_A, "at_least": 0}]

    doubtful, certain = (claim.terms[0] for claim in judged(runs(tmp_path, MAE, a=LOW, b=HIGH), *claims).claims)

    assert doubtful.detectable == pytest.approx(detectable(5, level) * sd_limits(sd, 5)[1])
    assert doubtful.seeds_needed == seeds_range(differences.mean() - 0.21, sd, 5, level)
    assert certain.seeds_needed is None
    assert certain.detectable == doubtful.detectable


def test_of_a_ratio_the_detectable_distance_is_a_share(tmp_path: Path) -> None:
    """exp of the distance in logarithms, less one: so far above the bound."""
    logs = np.log(np.array(HIGH) / np.array(LOW))

    found = term(judged(runs(tmp_path, MAE, a=LOW, b=HIGH), {**B_OVER_A, "at_least": 1.42}))

    sd = logs.std(ddof=1)
    assert found.detectable == pytest.approx(math.exp(detectable(5) * sd_limits(sd, 5)[1]) - 1)
    assert found.seeds_needed == seeds_range(logs.mean() - math.log(1.42), sd, 5)


def test_equal_scores_on_a_grid_are_as_uncertain_as_rounding(tmp_path: Path) -> None:
    """One score: step / sqrt(12); a difference: step / sqrt(6); a ratio: relative to both means."""
    own = runs(tmp_path, "test_accuracy", a=[0.5] * 5, b=[0.8] * 5)
    claims = [
        {"metric": "test_accuracy", key: "a" if key == "variant" else f"b {sign} a", "at_least": 0.29}
        for key, sign in (("variant", ""), ("difference", "-"), ("ratio", "/"))
    ]

    found = [claim.terms[0] for claim in judged(own, *claims).claims]

    step, t = 1 / 200, stats.t.ppf(1 - 0.05 / 6, 4)
    relative = math.hypot(1 / 0.5, 1 / 0.8) / math.sqrt(12) * step
    for each, mean, sd in zip(found, (0.5, 0.3, 1.6), (step / 12**0.5, step / 6**0.5, relative), strict=True):
        assert each.interval is not None
        low, high = np.log(each.interval) if each.kind == "ratio" else each.interval
        assert each.mean == pytest.approx(mean)
        assert (high - low) / 2 == pytest.approx(t * sd / math.sqrt(5))


def test_equal_values_without_a_grid_cannot_tell(tmp_path: Path) -> None:
    """Five equal differences may come from a grid that is not known."""
    own = runs(tmp_path, MAE, a=[0.5] * 5, b=[0.75] * 5)

    of_two, of_one = (
        claim.terms[0] for claim in judged(own, *({**x, "at_least": 0} for x in (B_MINUS_A, B_ALONE))).claims
    )

    assert (of_two.result, of_two.reason) == ("cannot_tell", "all 5 differences are the same")
    assert (of_one.result, of_one.reason) == ("cannot_tell", "all 5 values are the same")
    assert of_two.seeds_needed is None


def test_equal_losses_are_equal_to_float32(tmp_path: Path) -> None:
    """A loss that is the same to the last bit, whatever the seed, differs by no more than its rounding."""
    own = runs(tmp_path, "test_loss", a=LOW, b=LOW)

    found = term(judged(own, {"metric": "test_loss", "difference": "b - a", "no_difference_beyond": 1e-6}))

    assert found.result == "holds"
    assert found.interval == pytest.approx((0, 0), abs=2e-7)
    assert found.interval != (0, 0)


def test_parameters_are_exact(tmp_path: Path) -> None:
    """They follow from the settings: one seed is enough, and nothing about them is uncertain."""
    own = {name: [run(tmp_path, name, 0, {}, parameters=n)] for name, n in (("a", 100), ("b", 300), ("c", 300))}
    bounds: list[tuple[dict[str, Any], str]] = [
        ({"difference": "b - a", "at_least": 200}, "holds"),
        ({"difference": "b - a", "at_most": 199}, "fails"),
        ({"ratio": "b / a", "between": [3, 3]}, "holds"),
        ({"variant": "c", "between": [299, 300]}, "holds"),
        ({"difference": "b - c", "no_difference_beyond": 1e-9}, "holds"),
    ]

    facts = judged(own, *({"metric": "parameters", **bound} for bound, _ in bounds), seeds=1)

    assert [claim.result for claim in facts.claims] == [result for _, result in bounds]
    assert facts.claims[0].terms[0].interval == (200, 200)
    assert facts.claims[0].terms[0].level is None


def test_epochs_are_exact_unless_the_training_may_stop_early(tmp_path: Path) -> None:
    """A training that nothing stops has as many as its settings say; others may be equal by chance."""

    def of(epochs: int, name: str, **training: Any) -> list[Run]:
        config = of_width(9) | {"training": {"epochs": epochs, **training}}
        return [run(tmp_path, name, i, {}, epochs=epochs, config=config) for i in range(3)]

    own = {"a": of(2, "a"), "b": of(5, "b"), "early": of(5, "early", early_stopping={"monitor": "val_loss"})}
    claims = [{"metric": "epochs", "difference": f"{name} - a", "between": [3, 3]} for name in ("b", "early")]

    fixed, stopped = (claim.terms[0] for claim in judged(own, *claims).claims)

    assert (fixed.result, fixed.interval, fixed.level) == ("holds", (3, 3), None)
    assert stopped.result == "cannot_tell"


def test_seeds_that_diverged_are_said_and_on_one_side_leave_no_verdict(tmp_path: Path) -> None:
    """As many on both sides are counted; more on one side leave those that happened to finish."""
    own = runs(tmp_path, MAE, a=LOW[:4], b=HIGH[:4])
    own["a"].append(diverged(tmp_path, "a", 4))
    claim = {**B_MINUS_A, "at_least": 0}

    uneven = term(judged(own, claim))
    own["b"].append(diverged(tmp_path, "b", 4))
    even = term(judged(own, claim))

    assert uneven.result == "cannot_tell"
    assert uneven.reason == "b diverged on 0 of 4 seeds, a on 1 of 5"
    assert uneven.mean == pytest.approx(0.215)
    assert uneven.seeds_needed is None
    assert (even.result, even.n) == ("holds", 4)
    assert even.remarks == ("1 of 5 seeds of b diverged", "1 of 5 seeds of a diverged")


def test_a_number_of_training_is_not_judged_by_the_seeds_that_were_lucky(tmp_path: Path) -> None:
    """Which has no verdict in a comparison, and has one here."""
    own = runs(tmp_path, "mae", a=LOW[:4], b=HIGH[:4])
    own["a"].append(diverged(tmp_path, "a", 4))

    found = term(judged(own, {"metric": "mae", "difference": "b - a", "at_least": 0}))

    assert (found.result, found.interval) == ("cannot_tell", None)


def test_a_side_that_collapses_now_and_then_leaves_no_verdict(tmp_path: Path) -> None:
    """Counts, by name."""
    found = term(judged(collapsing(tmp_path), {"metric": "test_accuracy", "difference": "b - a", "at_least": -1}))

    assert (found.result, found.reason) == ("cannot_tell", "b collapsed on 2 of 5 seeds, a on 0 of 5")


def collapsing(folder: Path) -> dict[str, list[Run]]:
    """`a` learns on every seed, `b` guesses on two of five, by the test accuracy."""
    health: dict[str, Any] = {"guessing": {"test_accuracy": 0.1}, "head_metrics": ["accuracy"]}
    values = {"a": (0.9, 0.91, 0.92, 0.93, 0.94), "b": (0.1, 0.95, 0.96, 0.1, 0.97)}
    return {
        name: [
            run(
                folder,
                name,
                i,
                {"test_accuracy": x, "test_loss": 1 - x, "accuracy": x, "best_val_accuracy_epoch": 2},
                seconds=1 + x,
                **health,
            )
            for i, x in enumerate(each)
        ]
        for name, each in values.items()
    }


@pytest.mark.parametrize("metric", ["accuracy", "loss", "gap_accuracy", "best_val_accuracy_epoch"])
def test_training_scores_and_gaps_collapse_with_what_was_not_trained_on(tmp_path: Path, metric: str) -> None:
    """A run that guesses has a small gap, a poor training score, and a best epoch that is chance."""
    claim = {"metric": metric, "difference": "b - a", "at_least": -99}

    found = term(judged(collapsing(tmp_path), claim))

    assert (found.result, found.reason) == ("cannot_tell", "b collapsed on 2 of 5 seeds, a on 0 of 5")


@pytest.mark.parametrize("metric", ["seconds", "epochs"])
def test_costs_do_not_collapse(tmp_path: Path, metric: str) -> None:
    """What a training takes is no score."""
    claim = {"metric": metric, "difference": "b - a", "at_most": 9}

    assert term(judged(collapsing(tmp_path), claim)).result == "holds"


def test_a_variant_that_collapses_now_and_then_has_no_value(tmp_path: Path) -> None:
    """Two kinds of runs have no mean that either of them is around; always or never, they have one."""
    own = collapsing(tmp_path)
    guesses = [run(tmp_path, "c", i, {"test_accuracy": 0.1}, guessing={"test_accuracy": 0.1}) for i in range(5)]
    claims = [{"metric": "test_accuracy", "variant": name, "at_least": 0} for name in "abc"]

    facts = judged({**own, "c": guesses}, *claims)

    assert [claim.result for claim in facts.claims] == ["holds", "cannot_tell", "holds"]
    assert facts.claims[1].terms[0].reason == "b collapsed on 2 of 5 seeds"
    assert facts.claims[1].terms[0].seeds_needed is None


def test_a_variant_that_diverges_now_and_then_has_no_value(tmp_path: Path) -> None:
    """The seeds that happened to finish say nothing of the others."""
    own = runs(tmp_path, MAE, b=HIGH[:4])
    own["b"].append(diverged(tmp_path, "b", 4))

    found = term(judged(own, {**B_ALONE, "at_least": 0}))

    assert (found.result, found.reason) == ("cannot_tell", "b diverged on 1 of 5 seeds")


def test_seeds_without_a_result_are_said_and_waited_for(tmp_path: Path) -> None:
    """Seeds that did not finish, and those whose run lacks the number; a verdict on some would be a look too many."""
    own = runs(tmp_path, MAE, a=LOW[:4], b=HIGH[:3])
    own["b"].append(run(tmp_path, "b", 3, {"test_loss": 1.0}))

    found = term(judged(own, {**B_MINUS_A, "at_least": 0}, seeds=5))

    assert (found.result, found.seeds_needed) == ("cannot_tell", None)
    assert found.reason == "it is judged once all seeds of b and a have finished"
    assert found.interval is not None
    assert found.n == 3
    assert found.remarks == (
        "1 of 5 seeds of b did not finish",
        "1 of 5 seeds of b recorded no test_mae",
        "1 of 5 seeds of a did not finish",
    )


def test_seeds_of_two_tensorflows_are_said(tmp_path: Path) -> None:
    """They are pooled, and not silently."""
    own = runs(tmp_path, MAE, a=LOW[:2])
    own["a"].append(run(tmp_path, "a", 2, {MAE: 0.5}, versions={"tensorflow": "2.18.0"}))

    found = term(judged(own, {"metric": MAE, "variant": "a", "at_least": 0}, seeds=3))

    assert found.remarks == ("the seeds of a were trained with TensorFlow 2.18.0 and 2.20.0",)


@pytest.mark.parametrize(
    ("b", "reason"),
    [
        ([], "no seed of b finished"),
        ([(0, {"test_loss": 1.0})], "no run of b recorded test_mae"),
        ([(7, {MAE: 0.5})], "b and a share no seed"),
    ],
)
def test_why_there_is_no_number(tmp_path: Path, b: list[tuple[int, dict[str, float]]], reason: str) -> None:
    """The side that lacks it is named."""
    own = runs(tmp_path, MAE, a=LOW) | {"b": [run(tmp_path, "b", seed, metrics) for seed, metrics in b]}

    found = term(judged(own, {**B_MINUS_A, "at_least": 0}))

    assert (found.result, found.mean, found.reason) == ("cannot_tell", None, reason)


def test_numbers_that_do_not_measure_the_same_are_not_compared(tmp_path: Path) -> None:
    """Another loss, and other examples."""
    other_loss = [
        run(tmp_path, "b", i, {"test_loss": x, MAE: x}, config=CONFIG | {"head": {"type": "multiclass", "loss": "mse"}})
        for i, x in enumerate(HIGH)
    ]
    digests = {"test": {"": "others"}}
    others = [run(tmp_path, "c", i, {"test_loss": x}, split_digests=digests) for i, x in enumerate(HIGH)]
    own = runs(tmp_path, "test_loss", a=LOW) | {"b": other_loss, "c": others}

    facts = judged(own, *({"metric": "test_loss", "difference": f"{x} - a", "at_least": 0} for x in "bc"))

    assert [claim.terms[0].reason for claim in facts.claims] == [
        "test_loss of b and of a cannot be compared: another loss",
        "test_loss of c and of a cannot be compared: other examples",
    ]


def test_a_ratio_needs_numbers_above_zero(tmp_path: Path) -> None:
    """There is no logarithm of others."""
    found = term(judged(runs(tmp_path, MAE, a=(0.5, 0.0, 0.5), b=HIGH[:3]), {**B_OVER_A, "at_least": 1}, seeds=3))

    assert found.reason == "a ratio needs numbers above 0, and seed 1 of a has 0"


def test_ratios_of_any_size_have_an_interval(tmp_path: Path) -> None:
    """Three seeds over three hundred powers of ten: its ends are what a float can be, above 0."""
    own = runs(tmp_path, MAE, a=(1e-300, 1.0, 1e30), b=(1.0, 1.0, 1.0))

    found = term(judged(own, {**B_OVER_A, "at_least": 1}, seeds=3))

    assert found.result == "cannot_tell"
    assert found.interval is not None
    assert 0 < found.interval[0] < found.interval[1] < math.inf
    assert found.detectable is not None
    assert math.isfinite(found.detectable)


def test_a_forecast_of_a_ratio_of_any_size_is_finite(tmp_path: Path) -> None:
    """The distance from the bound that would be found, by seeds that lie three hundred powers of ten apart."""
    facts = judged(runs(tmp_path, MAE, a=(1e-300, 1.0, 1e30), b=(1.0, 1.0, 1.0)), {**B_OVER_A, "at_least": 1}, seeds=3)
    nothing_to_train = Plan(Request(runs_dir=tmp_path, data_dir=None), [], [])

    (study,) = forecast(nothing_to_train, [(facts, {})], Pace([]), workers=1).studies

    (number,) = study.numbers
    assert number.detectable is not None
    assert math.isfinite(number.detectable)


def test_a_difference_of_two_columns_is_of_the_same_run(tmp_path: Path) -> None:
    """How far the last loss lies above the best one, a run each."""
    rises = (0.1, 0.3, 0.2)
    own = {"a": [run(tmp_path, "a", i, {"val_loss": 0.5 + x, "best_val_loss": 0.5}) for i, x in enumerate(rises)]}

    found = term(judged(own, {"metric": "val_loss - best_val_loss", "variant": "a", "at_least": 0}, seeds=3))

    assert found.mean == pytest.approx(0.2)
    assert found.interval == pytest.approx(t_interval(rises))


def test_an_epoch_counts_instead_of_the_last(tmp_path: Path) -> None:
    """Of the history."""
    rows = [history(val_loss=[x, 9.0, 9.0]) for x in (0.1, 0.3, 0.2)]
    own = {"a": [run(tmp_path, "a", i, {"val_loss": 9.0}, history=each) for i, each in enumerate(rows)]}
    claim = {"metric": "val_loss", "variant": "a", "at_most": 1}

    assert term(judged(own, {**claim, "epoch": 1}, seeds=3)).mean == pytest.approx(0.2)
    assert term(judged(own, claim, seeds=3)).mean == pytest.approx(9.0)
    assert (
        term(judged(own, {**claim, "epoch": 4}, seeds=3)).reason == "3 of 3 seeds of a never reach epoch 4 in 2 epochs"
    )


def test_an_epoch_that_some_runs_do_not_reach_leaves_no_verdict(tmp_path: Path) -> None:
    """Where some stop early, those that go on are no fair sample; the diagnostics end with the history."""
    lengths = (4, 4, 2, 4, 4)
    own = {
        "a": [
            run(tmp_path, "a", i, {}, history=history(val_loss=[0.3] * n), epochs=n, diagnostics=dead(*[[0.5]] * n))
            for i, n in enumerate(lengths)
        ]
    }
    claims = [{"metric": x, "epoch": 3, "variant": "a", "at_most": 1} for x in ("val_loss", "diagnostics.dead_share")]

    found = [claim.terms[0] for claim in judged(own, *claims).claims]

    assert [each.result for each in found] == ["cannot_tell"] * 2
    assert [each.reason for each in found] == ["1 of 5 seeds of a never reaches epoch 3 in 2 epochs"] * 2


def test_diagnostics_of_a_layer_and_of_all(tmp_path: Path) -> None:
    """In the last epoch by default; over the layers, their mean."""
    rows = dead([0.5, 0.25], [1.0, 0.5])
    own = {"a": [run(tmp_path, "a", i, {}, diagnostics=rows) for i in range(3)]}
    about = {"variant": "a", "at_most": 2}
    claims = [
        {"metric": "diagnostics.1.dead_share", **about},
        {"metric": "diagnostics.2.dead_share", "epoch": 1, **about},
        {"metric": "diagnostics.dead_share", **about},
        {"metric": "diagnostics.3.dead_share", **about},
    ]

    *found, missing = (claim.terms[0] for claim in judged(own, *claims, seeds=3).claims)

    assert [each.mean for each in found] == [1.0, 0.25, 0.75]
    assert missing.reason == "no run of a recorded diagnostics.3.dead_share"


def test_shares_of_units_lie_on_the_grid_of_their_number(tmp_path: Path) -> None:
    """No dead unit on any seed: known to the share of one unit; of saturated outputs, of one on one example."""
    layers = [
        {"name": f"hidden_{i}_activation", "type": "Activation", "output_shape": [n], "parameters": 0}
        for i, n in ((1, 16), (2, 4))
    ]
    own = {"a": [run(tmp_path, "a", i, {}, diagnostics=dead([0.0, 0.0]), layers=layers) for i in range(3)]}
    names = ("2.dead_share", "dead_share", "1.saturated_share")

    facts = judged(own, *({"metric": f"diagnostics.{x}", "variant": "a", "at_most": 1} for x in names), seeds=3)

    t = stats.t.ppf(1 - 0.05 / 6, 2)
    for claim, step in zip(facts.claims, (1 / 4, math.hypot(1 / 16, 1 / 4) / 2, 1 / (16 * 256)), strict=True):
        half = t * step / math.sqrt(12) / math.sqrt(3)
        assert claim.terms[0].interval == pytest.approx((-half, half))


@pytest.mark.parametrize(
    ("column", "target", "rows", "epochs"),
    [
        ("val_accuracy", 0.85, [[0.8, 0.85, 0.9], [0.9, 0.5, 0.5], [0.1, 0.2, 0.86]], [2, 1, 3]),
        ("val_loss", 0.5, [[0.6, 0.5, 0.4], [0.4, 0.9, 0.9], [0.9, 0.8, 0.1]], [2, 1, 3]),
    ],
)
def test_epochs_to_a_score(
    tmp_path: Path, column: str, target: float, rows: list[list[float]], epochs: list[int]
) -> None:
    """The first epoch that is at least as good, whichever way that is; the score itself is enough."""
    own = {"a": [run(tmp_path, "a", i, {}, history=history(**{column: each})) for i, each in enumerate(rows)]}

    found = term(judged(own, {"epochs_to": {column: target}, "variant": "a", "at_most": 9}, seeds=3))

    assert found.mean == pytest.approx(np.mean(epochs))
    assert found.interval == pytest.approx(t_interval(epochs))


def test_equal_epochs_are_known_to_one_epoch(tmp_path: Path) -> None:
    """Always 3 against always 1: epochs are counted in whole numbers, of variance 1/12 each."""
    rows = {"a": [0.9, 0.9, 0.9], "b": [0.1, 0.1, 0.9]}
    own = {
        name: [run(tmp_path, name, i, {}, history=history(val_accuracy=row)) for i in range(3)]
        for name, row in rows.items()
    }

    found = term(judged(own, {"epochs_to": {"val_accuracy": 0.9}, "difference": "b - a", "at_least": 0.5}, seeds=3))

    half = stats.t.ppf(0.975, 2) * math.sqrt(1 / 6 / 3)
    assert found.interval == pytest.approx((2 - half, 2 + half))
    assert found.result == "holds"


def test_a_score_that_is_never_reached_is_counted(tmp_path: Path) -> None:
    """A side with such seeds leaves no verdict, also where they would be the slowest anyway."""

    def of(name: str, *bests: float) -> list[Run]:
        return [
            run(tmp_path, name, i, {}, history=history(val_accuracy=[0.5, x]), epochs=2) for i, x in enumerate(bests)
        ]

    own = {"sgd": of("sgd", 0.7, 0.9, 0.8), "adam": of("adam", 0.9, 0.9, 0.8)}
    claim = {"epochs_to": {"val_accuracy": 0.85}, "difference": "sgd - adam", "at_least": 0}

    found = term(judged(own, claim, seeds=3))

    assert found.result == "cannot_tell"
    assert found.reason == (
        "2 of 3 seeds of sgd never reach val_accuracy 0.85 in 2 epochs; "
        "1 of 3 seeds of adam never reaches val_accuracy 0.85 in 2 epochs"
    )


def test_the_comparison_is_of_the_variants_in_what_the_study_is_about(tmp_path: Path) -> None:
    """Under the variants' names, though all are runs of one name; the goal's column comes first."""
    own = {
        label: [run(tmp_path, "base", i, {MAE: x, "test_loss": x}, config=CONFIG | {"model": {"hidden": [n]}})
                for i, x in enumerate(LOW)]
        for n, label in enumerate(("narrow", "wide"))
    }  # fmt: skip

    facts = judged(own, {"metric": MAE, "variant": "wide", "at_least": 0}, goal="test_loss")

    assert [each.label for each in facts.comparison.experiments] == ["narrow", "wide"]
    assert [metric.name for metric in facts.comparison.metrics] == ["test_loss", MAE]
    assert facts.comparison.telling == ("model.hidden",)


Ends = tuple[float | None, float | None]
bounds: st.SearchStrategy[Ends] = st.one_of(
    st.tuples(st.floats(-10, 10), st.none()),
    st.tuples(st.none(), st.floats(-10, 10)),
    st.tuples(st.floats(-10, 10), st.floats(0, 10)).map(lambda pair: (pair[0], pair[0] + pair[1])),
)
intervals = st.tuples(st.floats(-10, 10), st.floats(0, 10)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(bounds, intervals, st.floats(0, 5), st.floats(0, 5))
def test_a_wider_bound_never_fails_what_held(
    ends: Ends, interval: tuple[float, float], below: float, above: float
) -> None:
    """A claim that asks for less holds where one that asks for more does, and fails nowhere else."""
    low, high = ends
    narrow, wide = Bound(low, high), Bound(None if low is None else low - below, None if high is None else high + above)

    assert narrow.result(interval) != "holds" or wide.result(interval) == "holds"
    assert wide.result(interval) != "fails" or narrow.result(interval) == "fails"


@given(bounds, intervals)
def test_sides_that_are_swapped_mirror_the_result(ends: Ends, interval: tuple[float, float]) -> None:
    """`A - B` within a bound is `B - A` within the negative one."""
    low, high = ends
    mirrored = Bound(None if high is None else -high, None if low is None else -low)

    assert Bound(low, high).result(interval) == mirrored.result((-interval[1], -interval[0]))


@pytest.mark.parametrize(
    ("interval", "result"),
    [((0.5, 1.0), "holds"), ((0.0, 0.5), "cannot_tell"), ((0.0, 0.4), "fails"), ((1.0, 1.1), "cannot_tell")],
)
def test_the_ends_of_a_bound_are_within(interval: tuple[float, float], result: str) -> None:
    """An interval that ends at the bound holds from inside, and does not fail from outside."""
    assert Bound(0.5, 1.0).result(interval) == result
