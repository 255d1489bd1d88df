"""How often verdicts are false, differences found and intervals right, in per cent: simulated and on real runs.

`m` comparisons share the level of 5 %. False verdicts are those on two equal experiments, or any in a table of m that
equal the first. `real` pairs are disjoint seeds of one experiment among 200 recorded ones, drawn again and again, with
95 % intervals that respect the runs that pairs share. `expected` is what was measured when the rule was chosen. False
verdicts are `within` up to 5.5 % plus two standard errors, an interval's misses too, power within 5 points; what is
`reported` has no bound: there the rule is known to err, or another one is shown beside it. Each rate is that of a rule
for arrays, of which a random thousand of every cell are compared with dlexp's own verdicts.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rule import Rule, halves_on_new_examples, has_verdict, require_dlexps
from benchmarks.same_experiment import SameExperiment, rates, recorded, standard_errors
from dlexp.statistics.paired import LEVEL
from dlexp.statistics.power import detectable, sd_limits

#: The seeds of a simulated comparison, and those of a real one.
SEEDS = (3, 5, 8, 10, 12)
REAL_SEEDS = (3, 5, 10)
#: Experiments beside the first one, in a table.
FAMILY = 25
#: The share of false verdicts that is allowed, and how far a power may be off.
AT_MOST, POWER_OFF = 0.055, 0.05
#: Simulated at once.
_CHUNK = 5000
#: So many examples has a simulated test split.
_EXAMPLES = 300
#: The smallest difference that is found in 80 % of cases, in standard deviations, as the rule was chosen; by seeds.
DETECTABLE = {3: 3.26, 4: 2.13, 5: 1.68, 6: 1.43, 8: 1.16, 10: 1.00, 12: 0.89, 15: 0.78, 20: 0.66, 30: 0.53}
#: How often one of 26 experiments that is 3 standard deviations better is found, by seeds.
POWER_OF_26 = {3: 0.05, 5: 0.51, 10: 0.995}
#: The upper limit of a standard deviation of 1 that so many seeds have estimated.
UPPER_SD = {3: 2.12, 5: 1.56, 8: 1.35, 12: 1.25, 20: 1.18}

#: Given a generator, the number of tables, of experiments and of seeds: scores `(tables, experiments, seeds)`.
Draw = Callable[[np.random.Generator, tuple[int, int, int]], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Scores:
    """How the scores of equal experiments are distributed."""

    draw: Draw
    expected: str
    least_sd: float = 0.0
    is_bounded: bool = True
    """Whether the rule is to hold its level on them."""


def _beside_seeds(noise: Draw) -> Draw:
    """Scores that share half of their variance by the seed."""
    return lambda rng, shape: rng.normal(size=(shape[0], 1, shape[2])) + noise(rng, shape)


def _accuracy(p: float, examples: int) -> Scores:
    def draw(rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
        return rng.binomial(examples, p, shape) / examples

    # Of two scores on one grid, each rounded by a variance of step^2 / 12.
    return Scores(draw=draw, least_sd=1 / examples / 6**0.5, expected="0.5 to 5.4")


def _skewed(rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
    """Differences to the first experiment that are exponential around 0."""
    scores = np.tile(rng.normal(size=(shape[0], 1, shape[2])), (1, shape[1], 1))
    scores[:, 1:] += rng.exponential(size=(shape[0], shape[1] - 1, shape[2])) - 1
    return scores


def _of_unequal_shape(rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
    """The first experiment normal, the others with a long tail of bad scores; all of mean 0 and variance 1."""
    scores = 1 - rng.exponential(size=shape)
    scores[:, 0] = rng.normal(size=(shape[0], shape[2]))
    return scores


SCORES = {
    "normal": Scores(draw=_beside_seeds(lambda rng, shape: rng.normal(size=shape)), expected="0.5 to 5.4"),
    "heavy tails (t, 3 df)": Scores(
        draw=_beside_seeds(lambda rng, shape: rng.standard_t(3, size=shape)), expected="0.5 to 5.4"
    ),
    "accuracy .99 of 200": _accuracy(0.99, 200),
    "accuracy .9 of 2,000": _accuracy(0.9, 2000),
    "exponential differences": Scores(draw=_skewed, expected="9 to 12", is_bounded=False),
    "arms of unequal shape": Scores(draw=_of_unequal_shape, expected="4.1 to 7.5", is_bounded=False),
}


def measure(rounds: int, runs_dir: Path) -> list[dict[str, Any]]:
    """A row for each kind of comparison, of so many thousand simulated tables a cell and five times as many pairs."""
    rng = np.random.default_rng(0)
    experiments = [SameExperiment(each) for each in recorded(runs_dir)]
    return [
        *(row for m in (1, FAMILY) for row in simulated(1000 * rounds * (5 if m == 1 else 1), m, rng)),
        *real(experiments, rng),
        *powers(5000 * rounds, rng),
        *limits(5000 * rounds, rng),
        *coverages(250 * rounds, rng),
    ]


def violations(rows: list[dict[str, Any]]) -> list[str]:
    """A line for each row that is beyond its bound."""
    return [f"{row['share']}, {row['of']}: {row['result']}" for row in rows if row["result"].startswith("beyond")]


def simulated(
    n_tables: int, m: int, rng: np.random.Generator, rule: Rule = has_verdict, scores: Mapping[str, Scores] = SCORES
) -> Iterator[dict[str, Any]]:
    """False verdicts of m comparisons with the first experiment, a row for each distribution of the scores."""
    for name, each in scores.items():
        shares = {n: _any_verdict(each, n_tables, m, n, rng, rule) for n in SEEDS}
        bound = AT_MOST + 2 * (AT_MOST * (1 - AT_MOST) / n_tables) ** 0.5 if each.is_bounded else None
        beyond = [n for n, share in shares.items() if bound and share > bound]
        # With m comparisons the figures for symmetric differences were "any false verdict 4 to 5.6 %".
        expected = each.expected if m == 1 else "4 to 5.6" if name == "normal" else ""
        yield _row("false verdicts", name, m, _cells(shares), expected, _result(beyond, bound is not None))


def _any_verdict(scores: Scores, n_tables: int, m: int, n: int, rng: np.random.Generator, rule: Rule) -> float:
    """The share of tables with a verdict on any of m experiments, all equal to the first."""
    level, n_false = LEVEL / m, 0
    for start in range(0, n_tables, _CHUNK):
        drawn = scores.draw(rng, (min(_CHUNK, n_tables - start), m + 1, n))
        first, others = drawn[:, :1], drawn[:, 1:]
        n_false += int(rule(others - first, level, scores.least_sd).any(axis=1).sum())
        if start == 0:
            sides = np.broadcast_to(first, others.shape).reshape(-1, n), others.reshape(-1, n)
            require_dlexps(rule, *sides, rng, level, scores.least_sd)
    return n_false / n_tables


def real(
    experiments: list[SameExperiment], rng: np.random.Generator, rule: Rule = has_verdict
) -> Iterator[dict[str, Any]]:
    """False verdicts on disjoint seeds of one recorded experiment."""
    sides = {each.experiment.label: [each] for each in experiments} | {"both": experiments}
    share = {n: rates(experiments, n, rng, rule) for n in REAL_SEEDS}
    errors = {n: standard_errors(sides, n, rng, rule) for n in REAL_SEEDS}
    for name, several in sides.items():
        chosen = [experiments.index(each) for each in several]
        means = {n: float(share[n][chosen].mean()) for n in REAL_SEEDS}
        beyond = [n for n, mean in means.items() if mean > AT_MOST + 2 * errors[n][name]]
        cells = {n: _interval(mean, errors[n][name]) for n, mean in means.items()}
        yield _row("false verdicts", f"real {name}, 7 metrics", 1, cells, "4.8 to 4.9", _result(beyond))
    cells = {n: f"{100 * share[n].min():.1f} to {100 * share[n].max():.1f}" for n in REAL_SEEDS}
    yield _row("false verdicts", f"real, each of {share[3].size} cells", 1, cells, "4.2 to 5.4", "reported")


def powers(n_pairs: int, rng: np.random.Generator, rule: Rule = has_verdict) -> Iterator[dict[str, Any]]:
    """How often a difference of the detectable size is found, and one of 3 sd among 26 experiments."""
    for m, effects, expected in (
        (1, {n: DETECTABLE[n] for n in SEEDS}, dict.fromkeys(SEEDS, 0.8)),
        (26, dict.fromkeys(POWER_OF_26, 3.0), POWER_OF_26),
    ):
        found = {n: _found(effect, n_pairs, m, n, rng, rule) for n, effect in effects.items()}
        beyond = [n for n, share in found.items() if abs(share - expected[n]) > POWER_OFF]
        of = "normal, the detectable difference" if m == 1 else "normal, 3 sd"
        said = "80" if m == 1 else "5, 51, over 99"
        yield _row("power", of, m, _cells(found), said, _result(beyond))


def _found(effect: float, n_pairs: int, m: int, n: int, rng: np.random.Generator, rule: Rule) -> float:
    differences = effect + rng.normal(size=(n_pairs, n))
    require_dlexps(rule, np.zeros_like(differences), differences, rng, LEVEL / m, 0.0)
    return float(rule(differences, LEVEL / m, 0.0).mean())


def limits(n_pairs: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """The table of detectable differences, and the upper limit of a standard deviation."""
    sizes = {n: detectable(n) for n in DETECTABLE}
    beyond = [n for n, size in sizes.items() if abs(size - DETECTABLE[n]) > 0.006]
    said = ", ".join(f"{DETECTABLE[n]:.2f}" for n in SEEDS)
    cells = {n: f"{sizes[n]:.2f}" for n in SEEDS}
    yield _row("detectable difference", "sd of the differences", 1, cells, said, _result(beyond))
    upper = {n: sd_limits(1.0, n)[1] for n in UPPER_SD}
    off = [n for n, limit in upper.items() if abs(limit - UPPER_SD[n]) > 0.006]
    below = {n: float((rng.normal(size=(n_pairs, n)).std(axis=1, ddof=1) * upper[n] > 1).mean()) for n in UPPER_SD}
    off += [n for n, share in below.items() if abs(share - 0.8) > 4 * (0.8 * 0.2 / n_pairs) ** 0.5]
    yield _row("true sd below its upper limit", "normal", 1, _cells(below), "80", _result(off))


def coverages(n_matrices: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """How often the interval over seeds and test examples holds the true difference, and that over seeds alone."""
    for of, draw in {"numbers": _numbers, "right or wrong": _right_or_wrong}.items():
        alone, both = {}, {}
        for n in SEEDS:
            x = draw(rng, n_matrices, n)
            error = np.abs(x.mean(axis=(1, 2)))
            over_seeds, halves = halves_on_new_examples(x)
            alone[n], both[n] = float((error <= over_seeds).mean()), float((error <= halves).mean())
        least = 1 - AT_MOST - 2 * (AT_MOST * (1 - AT_MOST) / n_matrices) ** 0.5
        beyond = [n for n, share in both.items() if share < least]
        # Expected from matrices of real runs, which are right or wrong.
        of_both, of_alone = ("92 to 96.5", "86 to 95") if of == "right or wrong" else ("95", "")
        yield _row("interval on new examples holds", of, 1, _cells(both), of_both, _result(beyond))
        yield _row("interval over seeds alone holds", of, 1, _cells(alone), of_alone, "reported")


def _numbers(rng: np.random.Generator, n_matrices: int, n: int) -> np.ndarray:
    """Differences by seed, by example and by both, of which seeds and examples add as much to a mean of five seeds."""
    by_example = (_EXAMPLES / 5) ** 0.5
    seeds, examples = rng.normal(size=(n_matrices, n, 1)), rng.normal(size=(n_matrices, 1, _EXAMPLES))
    found: np.ndarray = seeds + by_example * (examples + rng.normal(size=(n_matrices, n, _EXAMPLES)))
    return found


def _right_or_wrong(rng: np.random.Generator, n_matrices: int, n: int) -> np.ndarray:
    """Right minus right of two classifiers that find the same examples hard, and each some others."""
    hard = rng.normal(2, 2, size=(n_matrices, 1, _EXAMPLES))

    def right() -> np.ndarray:
        own, seeds = rng.normal(size=(n_matrices, 1, _EXAMPLES)), rng.normal(0, 0.3, size=(n_matrices, n, 1))
        return rng.random((n_matrices, n, _EXAMPLES)) < 1 / (1 + np.exp(-(hard + own + seeds)))

    found: np.ndarray = right().astype(float) - right()
    return found


def _result(beyond: list[int], is_bounded: bool = True) -> str:
    if not is_bounded:
        return "reported"
    return f"beyond at n = {', '.join(map(str, beyond))}" if beyond else "within"


def _cells(shares: Mapping[int, float]) -> dict[int, str]:
    return {n: f"{100 * share:.1f}" for n, share in shares.items()}


def _interval(mean: float, error: float) -> str:
    return f"{100 * mean:.1f} [{100 * max(mean - 1.96 * error, 0):.1f}, {100 * (mean + 1.96 * error):.1f}]"


def _row(share: str, of: str, m: int, cells: Mapping[int, str], expected: str, result: str) -> dict[str, Any]:
    by_seeds = {f"n = {n}": cells.get(n, "") for n in SEEDS}
    return {"share": share, "of": of, "m": m, **by_seeds, "expected": expected, "result": result}
