"""Studies that train seeds until their claims and decisions are settled."""

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import Invoke
from engines import Scoring
from scipy import stats
from studies import diverged, judged, run, runs

from dlexp.execution.engine import Outcome
from dlexp.execution.failures import record_failure
from dlexp.reports.study.decisions import Decision
from dlexp.reports.study.terms import Term
from dlexp.training.job import Job

#: No grid, and lower is better.
MAE = "test_mae"
#: Wang and Tsiatis's c by the most seeds, where 1 number, and where 8 numbers, as if they were 10, share the level.
C = {3: (1.961, 2.809), 5: (2.166, 2.959), 12: (2.273, 3.034), 24: (2.302, 3.063)}
#: Of the differences, values and ratios of each claim: what it says, and the interval that this is true within.
CLAIMS: list[tuple[dict[str, Any], tuple[float, float]]] = [
    ({"difference": "b - a", "at_least": 0.1}, (0.1, math.inf)),
    ({"difference": "b - a", "at_most": 0.3}, (-math.inf, 0.3)),
    ({"difference": "b - a", "between": [0.15, 0.25]}, (0.15, 0.25)),
    ({"difference": "b - a", "no_difference_beyond": 0.2}, (-0.2, 0.2)),
    ({"ratio": "b / a", "at_least": 1.4}, (math.log(1.4), math.inf)),
    ({"ratio": "b / a", "no_difference_beyond": 0.5}, (-math.log(1.5), math.log(1.5))),
    ({"variant": "a", "at_most": 0.45}, (-math.inf, 0.45)),
    ({"variant": "b", "at_least": 0.6}, (0.6, math.inf)),
]


def brute_force(values: Sequence[float], low: float, high: float, c: float, most: int) -> tuple[int, str, str]:
    """The rule as it is written down, by scipy: after how many seeds, the result, and why it is looked at no more."""
    for n in range(3, most + 1):
        x = np.asarray(values[:n])
        level = 2 * stats.norm.cdf(-c * (most / n) ** 0.25)
        error = x.std(ddof=1) / math.sqrt(n)
        half = stats.t.ppf(1 - level / 2, n - 1) * error
        if low <= x.mean() - half and x.mean() + half <= high:
            return n, "holds", "told"
        if x.mean() + half < low or high < x.mean() - half:
            return n, "fails", "told"
        if n < most and 2 * n >= most and min(abs(x.mean() - low), abs(x.mean() - high)) < error:
            return n, "cannot_tell", "given up"
    return most, "cannot_tell", "all seeds"


def numbers(a: Sequence[float], b: Sequence[float], claim: Mapping[str, Any]) -> list[float]:
    """What a claim is about, of each seed."""
    if "variant" in claim:
        return list({"a": a, "b": b}[claim["variant"]])
    if "ratio" in claim:
        return [math.log(y / x) for x, y in zip(a, b, strict=True)]
    return [y - x for x, y in zip(a, b, strict=True)]


def stop_of(term: Term) -> tuple[int, str, str]:
    """After how many seeds it is judged, the result, and why it is looked at no more."""
    assert term.look is not None
    return term.look.n_seeds, term.result, term.look.why


@pytest.mark.parametrize("most", [3, 5, 12, 24])
@pytest.mark.parametrize("draw", [1, 2, 3])
def test_each_claim_stops_where_the_rule_says(tmp_path: Path, most: int, draw: int) -> None:
    """At the first look in the order of the seeds; a number of claims without a constant takes the next smaller one."""
    rng = np.random.default_rng([draw, most])
    a = [0.45 + 0.05 * float(x) for x in rng.normal(size=most)]
    b = [x + 0.2 + 0.06 * float(y) for x, y in zip(a, rng.normal(size=most), strict=True)]

    facts = judged(
        runs(tmp_path, MAE, a=a, b=b),
        *({"metric": MAE, **claim} for claim, _ in CLAIMS),
        until_sure=most,
    )

    found = [claim.terms[0] for claim in facts.claims]
    expected = [brute_force(numbers(a, b, claim), *bound, C[most][1], most) for claim, bound in CLAIMS]
    assert list(map(stop_of, found)) == expected
    assert all(term.seeds_needed is None for term in found)
    assert facts.is_complete


def test_later_seeds_count_for_nothing(tmp_path: Path) -> None:
    """What was trained ahead, or was there before, changes neither the number nor the scores of the page."""
    claim = {"metric": MAE, "difference": "b - a", "at_least": 0.1}
    a, b = [0.4, 0.41, 0.42, 0.4, 9.0, 7.0], [0.7, 0.72, 0.71, 0.7, 0.1, 9.0]

    whole, cut = (judged(runs(tmp_path / str(n), MAE, a=a[:n], b=b[:n]), claim, until_sure=6) for n in (6, 3))

    assert stop_of(whole.claims[0].terms[0]) == (3, "holds", "told")
    assert whole.claims == cut.claims
    assert [list(each.runs) for each in whole.comparison.experiments] == [[0, 1, 2], [0, 1, 2]]
    assert whole.is_complete
    assert cut.is_complete


def test_seeds_are_looked_at_in_their_order_from_the_first_one(tmp_path: Path) -> None:
    """Others do not count, and one that is missing ends the looks: the claim is open, and has not come out."""
    of_variants = {
        name: [run(tmp_path, name, seed, {MAE: x * (1 + seed % 3)}) for seed in range(3, 11) if seed != 7]
        for name, x in (("a", 0.01), ("b", 0.02))
    }
    claim = {"metric": MAE, "difference": "b - a", "at_least": 0.5, "expect": "cannot_tell"}
    given: dict[str, Any] = {"until_sure": {"max_seeds": 6, "first_seed": 5}}

    facts = judged(of_variants, claim, **given)

    term = facts.claims[0].terms[0]
    assert stop_of(term) == (2, "cannot_tell", "open")
    assert term.n == 2
    assert not facts.is_complete
    assert not facts.came_out
    of_variants["a"].append(run(tmp_path, "a", 7, {MAE: 0.02}))
    of_variants["b"].append(run(tmp_path, "b", 7, {MAE: 0.04}))
    assert stop_of(judged(of_variants, claim, **given).claims[0].terms[0]) == (3, "fails", "told")


def test_a_claim_of_several_numbers_is_settled_by_the_first_that_fails(tmp_path: Path) -> None:
    """The others are looked at no more, and need no more seeds; each that holds has its own stop."""
    wave = [0.05 * (-1) ** i for i in range(12)]
    own = runs(tmp_path, MAE, a=[0.9 + x / 50 for x in wave], b=[0.5] * 12, c=[0.5 + x / 4 - 0.002 for x in wave])

    facts = judged(own, *({"metric": MAE, "order": list(order)} for order in ("abc", "cba")), until_sure=12)

    waiting, failing = facts.claims
    assert [stop_of(term)[1:] for term in waiting.terms] == [("holds", "told"), ("cannot_tell", "given up")]
    assert [term.look.n_seeds for term in waiting.terms if term.look] == [3, 6]
    assert [stop_of(term) for term in failing.terms] == [(3, "cannot_tell", "open"), (3, "fails", "told")]
    assert facts.is_complete


@pytest.mark.parametrize(("most", "n_seeds"), [(12, 6), (7, 4)])
def test_a_side_that_diverges_now_and_then_is_given_up(tmp_path: Path, most: int, n_seeds: int) -> None:
    """From half of the seeds on: before, the other side might diverge as often."""
    own = runs(tmp_path, MAE, a=[0.4, 0.41] * 6)
    own["b"] = [
        diverged(tmp_path, "b", seed) if seed == 1 else run(tmp_path, "b", seed, {MAE: 0.6 + seed / 1000})
        for seed in range(12)
    ]

    facts = judged(own, {"metric": MAE, "difference": "b - a", "at_least": 0}, until_sure=most)

    term = facts.claims[0].terms[0]
    assert stop_of(term) == (n_seeds, "cannot_tell", "untellable")
    assert term.reason == f"b diverged on 1 of {n_seeds} seeds, a on 0 of {n_seeds}"
    assert facts.is_complete


def test_what_never_has_a_number_is_given_up_at_once(tmp_path: Path) -> None:
    """No further seed makes a loss comparable with another loss, or a ratio of a negative number."""
    own = runs(tmp_path, MAE, a=[0.4, -0.1, *[0.5] * 10], b=[0.6] * 12)

    facts = judged(own, {"metric": MAE, "ratio": "b / a", "at_least": 1}, until_sure=12)

    assert stop_of(facts.claims[0].terms[0]) == (3, "cannot_tell", "untellable")


def test_numbers_that_settings_tell_need_one_look(tmp_path: Path) -> None:
    """The parameters of two variants are what they are."""
    own = {
        name: [run(tmp_path, name, seed, {MAE: 0.5 + seed / 9}, parameters=n) for seed in range(12)]
        for name, n in (("a", 1000), ("b", 3000))
    }

    facts = judged(own, {"metric": "parameters", "ratio": "b / a", "at_least": 2}, until_sure=12)

    assert stop_of(facts.claims[0].terms[0]) == (3, "holds", "told")


def decision(own: Mapping[str, Any], **keys: Any) -> Decision:
    """The one decision between two variants on at most 12 seeds."""
    (found,) = judged(own, **{"goal": MAE, "until_sure": 12, **keys}).decisions
    return found


@pytest.mark.parametrize("draw", range(6))
def test_decisions_stop_where_the_rule_says(tmp_path: Path, draw: int) -> None:
    """Once it is better and every guardrail holds, once anything is worse, or once all that is open is given up."""
    rng = np.random.default_rng(draw)
    effect, cost = rng.uniform(-0.08, 0.02), rng.uniform(0, 0.3)
    old, new = 0.4 + 0.02 * rng.normal(size=(2, 12))
    new += effect
    seconds = 10 * np.exp(0.05 * rng.normal(size=(2, 12)))
    seconds[1] *= 1 + cost
    own = {
        name: [run(tmp_path, name, i, {MAE: x[i]}, seconds=s[i]) for i in range(12)]
        for name, x, s in (("old", old, seconds[0]), ("new", new, seconds[1]))
    }

    found = decision(own, must_not_worsen={"seconds": "15%"})

    goal = brute_force(new - old, -math.inf, 0, C[12][0], 12)
    guardrail = brute_force(np.log(seconds[1] / seconds[0]), -math.inf, math.log(1.15), C[12][0], 12)
    ends = [n for n, result, _ in (goal, guardrail) if result == "fails"] or [max(goal[0], guardrail[0])]
    told = {result for _, result, _ in (goal, guardrail)}
    result = "reject" if "fails" in told else "cannot_tell" if "cannot_tell" in told else "adopt"
    assert found.result == result
    assert max(term.look.n_seeds for term in found.terms if term.look) == min(ends)
    stops = [stop if stop[0] <= min(ends) else (min(ends), "cannot_tell", "open") for stop in (goal, guardrail)]
    assert list(map(stop_of, found.terms)) == stops


def test_a_side_that_diverges_decides_at_the_next_look(tmp_path: Path) -> None:
    """More seeds do not undo it; on seeds after the decision it does not count."""
    wave = [0.01 * (-1) ** i for i in range(12)]
    own = runs(tmp_path, MAE, old=[0.5] * 12, new=[0.49 + 3 * x for x in wave])
    early, late = (
        {"old": own["old"], "new": [*own["new"][:seed], diverged(tmp_path, "new", seed), *own["new"][seed + 1 :]]}
        for seed in (3, 11)
    )

    unhealthy, other = decision(early), decision(late)

    assert (unhealthy.result, unhealthy.reason) == ("unhealthy", "new diverged on 1 of 4 seeds")
    assert stop_of(unhealthy.goal)[0] == 4
    assert (other.result, stop_of(other.goal)) == ("cannot_tell", (6, "cannot_tell", "given up"))


Accuracies = Mapping[str, Sequence[float]]
WAVE: list[float] = [0.01 * (-1) ** i for i in range(24)]
CLEAR = {"s-a": [0.7] * 24, "s-b": [0.9 + x / 10 for x in WAVE], "s-c": [0.7 + x for x in WAVE]}
VARIANTS = "variants: {a: {model.hidden: [20]}, b: {model.hidden: [21]}, c: {model.hidden: [22]}}\n"
B_BETTER = "{says: B is better., metric: val_accuracy, difference: b - a, at_least: 1 point}"
C_BETTER = "{says: C is better., metric: val_accuracy, difference: c - a, at_least: 0}"


class Failing(Scoring):
    """Fails on seed 4, otherwise than by diverging."""

    def submit(self, job: Job) -> None:
        """Finish or fail it."""
        if job.seed != 4:
            super().submit(job)
            return
        self.trained.append(job.seed)
        record_failure(job, KeyError("planted"))
        self._ended.append(Outcome(job, "failed"))


@pytest.fixture
def scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Scored":
    """Writes `s.yaml` and gives runs accuracies, by name and seed, instead of training them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.yaml").write_text("dataset: digits\ntraining: {epochs: 1}\n")

    def with_accuracies(accuracies: Accuracies, text: str, engine: type[Scoring] = Scoring) -> Scoring:
        (tmp_path / "s.yaml").write_text(f"base: base.yaml\n{VARIANTS}{text}\n")
        made = engine(lambda job: accuracies[job.experiment.name][job.seed])
        monkeypatch.setattr("dlexp.execution.pool.Pool", lambda *_: made)
        return made

    return with_accuracies


Scored = Callable[..., Scoring]


def test_only_the_seeds_are_trained_that_claims_need(scored: Scored, invoke: Invoke) -> None:
    """What no claim is about is not trained; the same command again trains nothing and says the same."""
    engine = scored(CLEAR, f"until_sure: 12\nclaims: [{B_BETTER}]")

    code, out, err = invoke("study", "s.yaml")
    again = invoke("study", "s.yaml")

    assert code == 0
    assert engine.trained == [0, 0, 1, 1, 2, 2]
    assert out.startswith("s.yaml: 3 variants, at most 12 seeds each\n")
    assert (
        "holds: B is better.\n"
        "  val_accuracy, b - a: +20.0 points [18.2, 21.9], 3 of at most 12 seeds;\n"
        "  claimed: at least 1 point\n"
    ) in out
    assert "The middle of one at which training stopped overstates" in out.replace("\n", " ")
    assert "[6 of at most 24]" in err
    assert again == (0, out, "6 of at most 24 runs done before\n")


def test_what_is_given_up_is_asked_again_in_a_new_study(scored: Scored, invoke: Invoke) -> None:
    """On seeds that no answer has seen; the seeds of the study are not added to."""
    engine = scored(CLEAR, f"until_sure: 12\nclaims: [{B_BETTER}, {C_BETTER}]")

    code, out, _ = invoke("study", "s.yaml")

    words = " ".join(out.split())
    assert code == 1
    assert max(engine.trained) == 5
    assert "c - a: +0.0 points [-2.5, 2.5], 6 of at most 12 seeds; claimed: at least 0 points Given up, since" in words
    assert "such as until_sure: {max_seeds: 24, first_seed: 12}." in words
    assert "Planned for n" not in words


def test_every_format_says_after_how_many_seeds(scored: Scored, invoke: Invoke) -> None:
    """JSON and CSV why, too; Markdown's table has a note."""
    scored(CLEAR, f"until_sure: {{max_seeds: 12, first_seed: 3}}\nclaims: [{B_BETTER}]")

    (study,) = json.loads(invoke("study", "s.yaml", "--format", "json")[1])["studies"]
    (row,) = csv.DictReader(io.StringIO(invoke("study", "s.yaml", "--format", "csv")[1]))
    page = invoke("study", "s.yaml", "--format", "md")[1]

    assert (study["is_until_sure"], study["seeds"], study["first_seed"]) == (True, 12, 3)
    assert study["claims"][0]["terms"][0]["look"] == {"n_seeds": 3, "max_seeds": 12, "why": "told"}
    assert (row["n"], row["max_seeds"], row["last_look"]) == ("3", "12", "told")
    assert "| s | B is better. | holds | holds | +20.0 points | [18.1, 21.8] | 3 of 12 |\n" in page
    assert "overstates the difference" in page
    comparison = study["comparison"]["headlines"][0]["difference"]
    assert (comparison["pairs"], comparison["looks"]["max_seeds"]) == (3, 12)


def test_decisions_are_trained_for_one_by_one(scored: Scored, invoke: Invoke) -> None:
    """One that is settled asks for no more seeds; the incumbent has those of the last one."""
    engine = scored(CLEAR, "until_sure: 12\ngoal: val_accuracy")

    code, out, _ = invoke("study", "s.yaml")

    assert code == 0
    assert len(engine.trained) == 6 + 3 + 6
    assert "adopt: b in place of a\n" in out
    assert "cannot tell: c in place of a\n" in out
    assert "val_accuracy, c - a: +0.0 points [-2.5, 2.5], 6 of at most 12 seeds; the goal" in " ".join(out.split())


def test_without_claims_each_variant_is_compared_with_the_first(scored: Scored, invoke: Invoke) -> None:
    """As `compare --until-sure` does it."""
    engine = scored(CLEAR, "until_sure: 12")

    code, out, _ = invoke("study", "s.yaml")

    assert code == 0
    assert len(engine.trained) == 6 + 3 + 6
    assert "Sure after 3 of at most 12 seeds: b." in out
    assert "Given up after 6 of at most 12 seeds, since the mean is within its standard error of 0: c." in " ".join(
        out.split()
    )
    assert "until_sure: {max_seeds: 24, first_seed: 12}" in out
    assert invoke("study", "s.yaml")[1] == out


def test_a_dry_run_counts_what_is_needed_at_least_and_at_most(scored: Scored, invoke: Invoke) -> None:
    """Three seeds of each for the first look; of what is settled nothing."""
    engine = scored(CLEAR, f"until_sure: 12\nclaims: [{B_BETTER}, {C_BETTER}]")

    _, before, _ = invoke("study", "s.yaml", "--dry-run")

    assert engine.trained == []
    assert [line.split()[:6] for line in before.splitlines()[1:4]] == [
        [x, "3", "to", "12", "to", "train"] for x in "abc"
    ]
    assert "  At most 12 seeds tell a number 1.14 standard deviations from its bound in 80 %\n" in before
    assert "9 to 36 to train, 0 done before; time with 1 worker: unknown" in before
    scored(CLEAR, f"until_sure: 12\nclaims: [{B_BETTER}]")
    invoke("study", "s.yaml")
    _, after, _ = invoke("study", "s.yaml", "--dry-run")
    assert "\n0 to train, 6 done before.\n" in after
    scored(CLEAR, f"until_sure: 12\nclaims: [{B_BETTER}, {C_BETTER}]")
    found = json.loads(invoke("study", "s.yaml", "--dry-run", "--format", "json")[1])
    assert [(each["to_train"], each["optional"], each["done"]) for each in found["studies"][0]["variants"]] == [
        (9, 9, 3),
        (0, 0, 3),
        (12, 9, 0),
    ]
    assert (found["to_train"], found["optional"], found["done"]) == (21, 18, 6)


def test_studies_of_both_kinds_share_their_runs(tmp_path: Path, scored: Scored, invoke: Invoke) -> None:
    """A fixed number of seeds is trained whatever the others tell; each study has its own seeds, and a run
    knows how many of them there were to be at most.
    """
    texts = {"s": "until_sure: 5", "t": "until_sure: {max_seeds: 12, first_seed: 5}", "u": "seeds: 4"}
    names = {f"{study}-{name}": CLEAR[f"s-{name}"] for study in texts for name in "abc"}
    engine = scored(names, f"{texts['s']}\nclaims: [{B_BETTER}]")
    for name in "tu":
        text = (tmp_path / "s.yaml").read_text().replace(texts["s"], texts[name])
        (tmp_path / f"{name}.yaml").write_text(text)

    code, out, _ = invoke("study", "s.yaml", "t.yaml", "u.yaml")

    assert code == 0
    assert sorted(engine.trained) == sorted([0, 1, 2, 3] * 3 + [5, 6, 7] * 2)
    assert out.count("3 of at most 5 seeds") == 1
    assert out.count("3 of at most 12 seeds") == 1
    assert "b - a: +20.00 points [19.82, 20.18], 4 seeds" in out
    records = [json.loads(path.read_text()) for path in (tmp_path / "runs").glob("*/*/summary.json")]
    most = {(each["config"]["model"]["hidden"][0], each["seed"]): each["until_sure"] for each in records}
    assert most == (
        {(width, seed): 5 for width in (20, 21) for seed in range(4)}
        | {(22, seed): None for seed in range(4)}
        | {(width, seed): 12 for width in (20, 21) for seed in (5, 6, 7)}
    )


def test_a_fixed_number_of_seeds_that_were_ordered_is_said(scored: Scored, invoke: Invoke) -> None:
    """Whoever fixes it by what they told has looked more than once."""
    scored(CLEAR, f"until_sure: 12\nclaims: [{B_BETTER}]")
    invoke("study", "s.yaml")
    scored(CLEAR, f"seeds: 3\nclaims: [{B_BETTER}]")

    _, out, _ = invoke("study", "s.yaml")

    assert "3 of at most" not in out
    assert "if the number of seeds of this study was fixed before" in " ".join(out.split())


def test_a_study_that_tunes_is_settled_tuned_and_as_it_is_written(scored: Scored, invoke: Invoke) -> None:
    """Each on the seeds that it needs; those of the tuning are all trained."""
    text = f"until_sure: 12\ntune: {{training.batch_size: [16, 64]}}\ntune_seeds: 1\nclaims: [{B_BETTER}]"
    engine = scored({}, text)
    noise = {16: 1.0, 64: 0.1, 32: 40.0}

    def accuracy(job: Job) -> float:
        is_b: bool = job.experiment.model.model_dump()["hidden"] == [21]
        size: int = job.experiment.training.batch_size
        return (0.6 if is_b else 0.5) + (size == 64) * 0.1 + is_b * noise[size] * WAVE[job.seed % 24]

    engine._accuracy = accuracy

    code, out, _ = invoke("study", "s.yaml")

    words = " ".join(out.split())
    assert code == 0
    assert sorted(engine.trained) == sorted([1000] * 6 + [0, 1, 2] * 2 + [0, 1, 2, 3, 4, 5] * 2)
    assert "holds: B is better. val_accuracy, b - a: +10.0 points [8.2, 11.9], 3 of at most 12 seeds" in words
    assert "Untuned" in words


def test_a_smoke_test_trains_each_variant_once(scored: Scored, invoke: Invoke) -> None:
    """It judges nothing, and so needs no looks."""
    engine = scored(CLEAR, f"until_sure: {{max_seeds: 12, first_seed: 3}}\nclaims: [{B_BETTER}]")

    code, out, _ = invoke("study", "s.yaml", "--smoke")

    assert code == 0
    assert engine.trained == [0, 0, 0]
    assert "No claim was judged" in out


def test_a_run_that_fails_leaves_its_claim_open(scored: Scored, invoke: Invoke) -> None:
    """Nothing more is trained for it, the page says what it waits for, and the same command tries again."""
    accuracies = {**CLEAR, "s-c": [0.71 + x for x in WAVE]}
    engine = scored(accuracies, f"until_sure: 24\nclaims: [{C_BETTER}]", Failing)

    code, out, _ = invoke("study", "s.yaml")

    assert code == 1
    assert sorted(engine.trained) == [0, 0, 1, 1, 2, 2, 3, 3, 4]
    words = " ".join(out.split())
    assert "4 of at most 24 seeds; claimed: at least 0 points Looked at next after 5 seeds, of which some" in words
    assert "used up" not in words
    scored(accuracies, f"until_sure: 24\nclaims: [{C_BETTER}]")
    assert "of which some are missing" not in invoke("study", "s.yaml")[1]
