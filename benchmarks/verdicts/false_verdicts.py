"""How often a rule finds a difference where there is none: of simulated experiments, and of recorded ones."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.verdicts.rows import bound, per_cent, result, row, with_interval
from benchmarks.verdicts.rule import Rule, require_dlexps
from benchmarks.verdicts.same_experiment import SameExperiment, rates, standard_errors
from benchmarks.verdicts.scores import SCORES, Scores

#: Tables that are simulated at once.
_CHUNK = 5000


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A rule for each number of seeds, and what is asked of it."""

    share: str
    """What its false verdicts are called in the table."""
    rule: Callable[[int, int], Rule]
    """Given the number of seeds and that of comparisons which share the level."""
    seeds: Sequence[int]
    real_seeds: Sequence[int]
    at_most: float
    """The share of false verdicts that is allowed."""
    expected: Mapping[str, str]
    """By distribution what was measured when the rule was chosen, in per cent, of a single comparison."""
    expected_of_many: Mapping[str, str]
    """As `expected`, of a table."""
    expected_of_real: str
    expected_of_cells: str


def simulated(
    kind: Kind, n_tables: int, m: int, rng: np.random.Generator, scores: Mapping[str, Scores] = SCORES
) -> Iterator[dict[str, Any]]:
    """False verdicts of m comparisons with the first experiment, a row for each distribution of the scores."""
    expected = kind.expected if m == 1 else kind.expected_of_many
    for name, each in scores.items():
        shares = {n: any_verdict(kind.rule(n, m), each, (n_tables, m + 1, n), rng) for n in kind.seeds}
        beyond = [n for n, share in shares.items() if share > bound(kind.at_most, n_tables)]
        yield row(kind.share, name, m, per_cent(shares), expected.get(name, ""), result(beyond, each.is_bounded))


def any_verdict(rule: Rule, scores: Scores, shape: tuple[int, int, int], rng: np.random.Generator) -> float:
    """The share of tables with a verdict on any experiment, all equal to the first.

    Args:
        shape: The numbers of tables, of experiments and of seeds.
    """
    (n_tables, n_experiments, n_seeds), n_false = shape, 0
    for start in range(0, n_tables, _CHUNK):
        drawn = scores.draw(rng, (min(_CHUNK, n_tables - start), n_experiments, n_seeds))
        first, others = drawn[:, :1], drawn[:, 1:]
        n_false += int(rule.has_verdict(others - first, scores.least_sd).any(axis=1).sum())
        if start == 0:
            a, b = (each.reshape(-1, shape[2]) for each in np.broadcast_arrays(first, others))
            require_dlexps(rule, a, b, rng, scores.least_sd)
    return n_false / n_tables


def real(kind: Kind, experiments: Sequence[SameExperiment], rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """False verdicts on disjoint seeds of one recorded experiment."""
    sides = {each.experiment.label: [each] for each in experiments} | {"both": experiments}
    share = {n: rates(experiments, n, rng, kind.rule(n, 1)) for n in kind.real_seeds}
    errors = {n: standard_errors(sides, n, rng, kind.rule(n, 1)) for n in kind.real_seeds}
    for name, several in sides.items():
        chosen = [experiments.index(each) for each in several]
        means = {n: float(share[n][chosen].mean()) for n in kind.real_seeds}
        beyond = [n for n, mean in means.items() if mean > kind.at_most + 2 * errors[n][name]]
        cells = {n: with_interval(mean, errors[n][name]) for n, mean in means.items()}
        of = f"real {name}, {len(experiments[0].columns)} metrics"
        yield row(kind.share, of, 1, cells, kind.expected_of_real, result(beyond))
    cells = {n: f"{100 * each.min():.1f} to {100 * each.max():.1f}" for n, each in share.items()}
    of = f"real, each of {share[kind.real_seeds[0]].size} cells"
    yield row(kind.share, of, 1, cells, kind.expected_of_cells, "reported")
