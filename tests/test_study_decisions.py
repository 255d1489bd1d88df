"""Decisions: a variant is adopted, rejected, unhealthy, or cannot be told from the incumbent."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from scipy import stats
from studies import diverged, judged, run, runs

from dlexp.format import to_json
from dlexp.records.index import Run
from dlexp.reports.study.decisions import Decision
from dlexp.reports.study.document import document

NOISE = (0.0, 0.01, -0.01, 0.005, -0.005)
#: Of the incumbent.
ACCURACY, NLL, SECONDS = 0.8, 0.5, 100.0
BETTER = "test_accuracy is better by 10.00 points [9.51, 10.49]"
NOT_CLEAR = "test_accuracy: no clear difference"


def variant(
    folder: Path, name: str, accuracy: float, nll: float = NLL, seconds: float = SECONDS, spread: float = 1.0
) -> list[Run]:
    """Five runs around these means, the incumbent's seeds among them."""
    # No two columns vary alike.
    factors = [(x * spread, NOISE[(i + 2) % 5] * spread) for i, x in enumerate(NOISE)]
    return [
        run(
            folder,
            name,
            seed,
            {"test_accuracy": accuracy + x, "test_nll": nll + y},
            seconds=seconds * (1 + y),
            guessing={"test_accuracy": 0.1},
        )
        for seed, (x, y) in enumerate(factors)
    ]


def decision(own: dict[str, list[Run]], **keys: Any) -> Decision:
    """The one decision between two variants."""
    margins = {"test_nll": 0.02, "seconds": "10%"}
    (found,) = judged(own, **{"goal": "test_accuracy", "must_not_worsen": margins, **keys}).decisions
    return found


@pytest.mark.parametrize(
    ("accuracy", "nll", "seconds", "result", "reason"),
    [
        (0.9, 0.5, 100, "adopt", f"{BETTER}, and test_nll and seconds within the margin"),
        (0.9, 0.4, 50, "adopt", None),
        (0.7, 0.5, 100, "reject", "test_accuracy is worse by 10.00 points [9.51, 10.49]"),
        (0.9, 0.6, 100, "reject", "test_nll is worse by more than 0.02"),
        (0.9, 0.5, 130, "reject", "seconds is worse by more than 10 %"),
        (0.7, 0.6, 130, "reject", None),
        # A guardrail that is broken decides, whatever else is not known.
        (0.8, 0.6, 100, "reject", "test_nll is worse by more than 0.02"),
        (0.8, 0.5, 100, "cannot_tell", NOT_CLEAR),
        (0.9, 0.52, 100, "cannot_tell", "test_nll may be worse by more than 0.02"),
        (0.9, 0.5, 110, "cannot_tell", "seconds may be worse by more than 10 %"),
        (0.8, 0.52, 100, "cannot_tell", f"{NOT_CLEAR}; test_nll may be worse by more than 0.02"),
    ],
)
def test_decisions(
    tmp_path: Path, accuracy: float, nll: float, seconds: float, result: str, reason: str | None
) -> None:
    """Adopted where better and no worse than the margins allow; rejected where worse, or beyond a margin."""
    own = {
        "old": variant(tmp_path, "old", ACCURACY),
        "new": variant(tmp_path, "new", accuracy, nll, seconds, spread=0.5),
    }

    found = decision(own)

    assert (found.variant, found.incumbent, found.result) == ("new", "old", result)
    assert reason is None or found.reason == reason


def test_a_side_that_diverged_is_unhealthy(tmp_path: Path) -> None:
    """Also where it is better on all seeds that are left."""
    own = {"old": variant(tmp_path, "old", ACCURACY), "new": variant(tmp_path, "new", 0.9, spread=0.5)[:4]}
    own["new"].append(diverged(tmp_path, "new", 4))

    found = decision(own)

    assert (found.result, found.reason) == ("unhealthy", "new diverged on 1 of 5 seeds")


def test_a_side_that_collapsed_is_unhealthy(tmp_path: Path) -> None:
    """The incumbent too, and where both did."""
    own = {"old": variant(tmp_path, "old", ACCURACY)[:4], "new": variant(tmp_path, "new", 0.9, spread=0.5)[:3]}
    for name, seeds in (("old", [4]), ("new", [3, 4])):
        own[name] += [
            run(tmp_path, name, seed, {"test_accuracy": 0.1, "test_nll": NLL}, guessing={"test_accuracy": 0.1})
            for seed in seeds
        ]

    found = decision(own)

    assert (found.result, found.reason) == (
        "unhealthy",
        "new collapsed on 2 of 5 seeds and old collapsed on 1 of 5 seeds",
    )


@pytest.mark.parametrize("goal", ["seconds", "parameters", "loss", "accuracy"])
def test_a_side_that_collapsed_is_unhealthy_whatever_the_goal(tmp_path: Path, goal: str) -> None:
    """Faster, smaller and lower in training, and on two seeds it learned nothing."""
    health = {"guessing": {"test_accuracy": 0.1}, "head_metrics": ["accuracy"]}
    own = {
        name: [
            run(
                tmp_path,
                name,
                i,
                {"test_accuracy": 0.1 if name == "new" and i < 2 else 0.9, "loss": cost + x, "accuracy": 1 - cost + x},
                seconds=100 * (cost + x),
                parameters=round(100 * cost),
                **health,
            )
            for i, x in enumerate(NOISE)
        ]
        for name, cost in (("old", 0.8), ("new", 0.4))
    }

    found = decision(own, goal=goal, must_not_worsen={})

    assert (found.result, found.reason) == ("unhealthy", "new collapsed on 2 of 5 seeds")


def test_two_seeds_decide_nothing(tmp_path: Path) -> None:
    """However much better."""
    own = runs(tmp_path, "test_mae", old=(0.5, 0.6), new=(0.1, 0.2))

    found = decision(own, goal="test_mae", must_not_worsen={})

    assert (found.result, found.reason) == ("cannot_tell", "test_mae: 2 paired seeds: at least 3 are needed")


def test_a_reason_that_several_numbers_have_is_said_once(tmp_path: Path) -> None:
    """Of which none is known yet."""
    own = {"old": variant(tmp_path, "old", ACCURACY), "new": []}

    assert decision(own).reason == "test_accuracy, test_nll and seconds: no seed of new finished"


def test_a_decision_waits_for_all_seeds(tmp_path: Path) -> None:
    """Adopted on four, asked again on five: that would be two chances."""
    own = {"old": variant(tmp_path, "old", ACCURACY), "new": variant(tmp_path, "new", 0.9, spread=0.5)[:4]}

    found = decision(own, must_not_worsen={})

    assert found.result == "cannot_tell"
    assert found.reason == "test_accuracy: it is judged once all seeds of new have finished"


@pytest.mark.parametrize(
    ("goal", "new", "result"),
    [
        ("test_mae", (0.4, 0.41, 0.43), "adopt"),
        ("test_mae", (0.6, 0.61, 0.63), "reject"),
        ("test_r2", (0.6, 0.61, 0.63), "adopt"),
        ("test_r2", (0.4, 0.41, 0.43), "reject"),
    ],
)
def test_a_goal_knows_which_way_is_better(tmp_path: Path, goal: str, new: Sequence[float], result: str) -> None:
    """Down for errors, up for r2."""
    own = runs(tmp_path, goal, old=(0.5, 0.52, 0.52), new=new)

    assert decision(own, goal=goal, must_not_worsen={}).result == result


@pytest.mark.parametrize(("parameters", "result"), [(50, "adopt"), (100, "cannot_tell"), (101, "reject")])
def test_what_costs_is_better_the_less_there_is(tmp_path: Path, parameters: int, result: str) -> None:
    """Parameters as a goal; as many are no fewer."""
    own = {
        name: [run(tmp_path, name, i, {}, parameters=n) for i in range(3)]
        for name, n in (("old", 100), ("new", parameters))
    }

    assert decision(own, goal="parameters", must_not_worsen={}).result == result


@pytest.mark.parametrize(("margin", "low", "high"), [(0.05, -0.05, None), ("5%", 0.95, None)])
def test_margins_of_a_score_that_should_be_high_are_below(
    tmp_path: Path, margin: float | str, low: float, high: float | None
) -> None:
    """In its units of the difference; in percent of the ratio."""
    own = {"old": variant(tmp_path, "old", 0.8), "new": variant(tmp_path, "new", 0.79, nll=0.3, spread=0.5)}

    found = decision(own, goal="test_nll", must_not_worsen={"test_accuracy": margin})

    assert found.guardrails[0].bound == pytest.approx((low, high))
    assert found.result == "adopt"


def test_decisions_share_the_level_over_the_variants(tmp_path: Path) -> None:
    """Three others: a third each; claims of the same study take none of it."""
    own = runs(tmp_path, "test_mae", a=(0.5, 0.6, 0.7), b=(0.5, 0.61, 0.73), c=(0.4, 0.6, 0.6), d=(0.1, 0.2, 0.2))
    claims = [{"metric": "test_mae", "variant": "a", "at_least": 0}] * 7

    found = judged(own, *claims, goal="test_mae").decisions

    assert [(each.variant, each.incumbent) for each in found] == [(name, "a") for name in "bcd"]
    assert [each.goal.level for each in found] == pytest.approx([0.05 / 3] * 3)
    expected = stats.ttest_rel((0.5, 0.61, 0.73), (0.5, 0.6, 0.7)).confidence_interval(1 - 0.05 / 3)
    assert found[0].goal.interval == pytest.approx((expected.low, expected.high))


def test_without_a_goal_nothing_is_decided(tmp_path: Path) -> None:
    """A study of claims alone."""
    assert judged(runs(tmp_path, "test_mae", a=(0.5,), b=(0.6,))).decisions == ()


def test_a_study_is_one_json_document(tmp_path: Path) -> None:
    """Claims with their terms, decisions, runs and the comparison; no number that JSON lacks."""
    own = {"old": variant(tmp_path, "old", ACCURACY), "new": variant(tmp_path, "new", 0.9, spread=0.5)}
    claim = {"metric": "test_accuracy", "difference": "new - old", "at_least": 0.05, "expect": "fails"}

    found = json.loads(to_json(document(judged(own, claim, goal="test_accuracy", must_not_worsen={"seconds": "10%"}))))

    assert (found["study"], found["came_out"], found["seeds"], found["n_claims"]) == ("it.yaml", False, 5, 1)
    (said,) = found["claims"]
    assert {key: value for key, value in said.items() if key != "terms"} == {
        "says": "It is so.",
        "result": "holds",
        "expect": "fails",
        "is_expected": False,
        "metric": "test_accuracy",
        "difference": "new - old",
        "at_least": 0.05,
    }
    assert said["terms"][0]["bound"] == {"low": 0.05, "high": None}
    assert said["terms"][0]["interval"][0] > 0.05
    (decided,) = found["decisions"]
    assert (decided["result"], list(decided["guardrails"])) == ("adopt", ["seconds"])
    assert found["runs"] == {name: [str(each.dir.path) for each in of_name] for name, of_name in own.items()}
    assert [each["label"] for each in found["comparison"]["experiments"]] == ["old", "new"]
