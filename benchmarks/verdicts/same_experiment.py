"""Recorded runs of one experiment, drawn again and again as two sides of a comparison: every verdict is false."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.verdicts.rule import Own, Rule
from dlexp.components.columns import Column
from dlexp.records.index import finished
from dlexp.reports.comparison import verdicts
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.groups import experiments_of

CONFIGS = ("configs/digits_sgd.yaml", "configs/digits_adam.yaml")
EPOCHS, N_SEEDS = 10, 200
METRICS = (
    *("val_accuracy", "val_loss", "best_val_accuracy", "best_val_loss"),
    *("test_accuracy", "test_nll", "test_calibration_error"),
)
#: Halves of the runs that show how far the rate depends on which runs there are.
N_HALVES = 200
#: Pairs of each half, in two parts; of all runs; and those that are compared as `dlexp compare` does, for each n.
PAIRS_OF_HALF, PAIRS_OF_ALL, CHECKED_PAIRS = 20000, 40000, 500


def recorded(runs_dir: Path) -> list[Compared]:
    """The experiments, each with all its seeds; what is not on record is trained."""
    command = [sys.executable, "-m", "dlexp", "run", *CONFIGS, "--set", f"training.epochs={EPOCHS}"]
    options = ["--seeds", str(N_SEEDS), "--workers", "2", "--runs-dir", str(runs_dir)]
    subprocess.run([*command, *options], check=True, capture_output=True)
    return experiments_of(finished(runs_dir))


class SameExperiment:
    """The scores of one experiment's runs, of which both sides of a comparison are drawn."""

    def __init__(self, experiment: Compared) -> None:
        columns = [column for metric in METRICS if verdicts.has_verdict(column := Column.parse(metric))]
        self.experiment = experiment
        self.columns = columns
        self.scores = np.array([list(experiment.by_seed(column).values()) for column in columns])
        self.least_sds = [verdicts.least_sd(experiment, experiment, column) for column in columns]

    def verdicts(self, pairs: np.ndarray, rule: Rule) -> np.ndarray:
        """Which of these pairs of sets of runs, `(pairs, 2, n)`, have a verdict on which metric: `(metrics, pairs)`."""
        differences = self.scores[:, pairs[:, 1]] - self.scores[:, pairs[:, 0]]
        sides = zip(differences, self.least_sds, strict=True)
        return np.stack([rule.has_verdict(of_metric, least_sd) for of_metric, least_sd in sides])

    def require_dlexps(self, pairs: np.ndarray, rule: Rule) -> None:
        """Compare verdicts with those of `dlexp compare`, which takes its floor and collapses from the records.

        Raises:
            AssertionError: They differ.
        """
        n = pairs.shape[2]
        own = np.array(
            [[rule.has_dlexps(self._own(a, b, column), n) for a, b in pairs.tolist()] for column in self.columns]
        )
        if differing := int((own != self.verdicts(pairs, rule)).sum()):
            raise AssertionError(f"{differing} of {own.size} verdicts on recorded runs are not those of dlexp")

    def _own(self, first: Sequence[int], other: Sequence[int], column: Column) -> Own:
        def over(n: int, level: float) -> verdicts.PairedDifference | None:
            a, b = self._of(first[:n]), self._of(other[:n])
            return verdicts.difference(
                a.by_seed(column),
                b.by_seed(column),
                column,
                level=level,
                least_sd=verdicts.least_sd(a, b, column),
                lopsided=verdicts.lopsided(a, b, column),
            )

        return over

    def _of(self, chosen: Sequence[int]) -> Compared:
        """Some of its runs, as if they were the first seeds."""
        runs = list(self.experiment.runs.values())
        return replace(self.experiment, runs={seed: runs[i] for seed, i in enumerate(chosen)})


def pairs_of(runs: np.ndarray, n: int, at_least: int, rng: np.random.Generator) -> np.ndarray:
    """Pairs of disjoint sets of n runs each, `(pairs, 2, n)`: each order of the runs gives as many as it holds."""
    in_an_order = len(runs) // (2 * n)
    orders = rng.permuted(np.tile(runs, (-(-at_least // in_an_order), 1)), axis=1)
    return orders[:, : in_an_order * 2 * n].reshape(-1, 2, n)


def rates(experiments: Sequence[SameExperiment], n: int, rng: np.random.Generator, rule: Rule) -> np.ndarray:
    """The share of verdicts of each experiment on each metric, `(experiments, metrics)`."""
    runs = np.arange(N_SEEDS)
    found = []
    for each in experiments:
        pairs = pairs_of(runs, n, PAIRS_OF_ALL, rng)
        each.require_dlexps(pairs[rng.permutation(len(pairs))[:CHECKED_PAIRS]], rule)
        found.append(each.verdicts(pairs, rule).mean(axis=1))
    return np.array(found)


def standard_errors(
    experiments: Mapping[str, Sequence[SameExperiment]], n: int, rng: np.random.Generator, rule: Rule
) -> dict[str, float]:
    """The standard error of the rate over these experiments and all metrics, by their label.

    The pairs share their runs, so that their number says nothing of it. The rate U of all runs is the mean of that of
    every half of them, so that var(U_half | runs) = var(U_half) - var(U) on average: var(U) itself where the rate is
    near to a mean over runs, since then var(U_half) = 2 var(U), and more where it is not. The halves give the first.
    """
    of_all = {each.experiment.label: each for several in experiments.values() for each in several}
    of_halves = {label: np.empty((N_HALVES, 2)) for label in of_all}
    for i in range(N_HALVES):
        for label, each in of_all.items():
            half = rng.permutation(N_SEEDS)[: N_SEEDS // 2]
            for part in range(2):
                pairs = pairs_of(half, n, PAIRS_OF_HALF // 2, rng)
                of_halves[label][i, part] = each.verdicts(pairs, rule).mean()
    found = {}
    for name, several in experiments.items():
        parts = np.mean([of_halves[each.experiment.label] for each in several], axis=0)
        # What drawing so few pairs of a half adds: the two parts of it differ by nothing else.
        of_drawing = float(((parts[:, 0] - parts[:, 1]) ** 2).mean()) / 4
        of_runs = max(float(parts.mean(axis=1).var(ddof=1)) - of_drawing, 0.0)
        found[name] = (of_runs + of_drawing * PAIRS_OF_HALF / PAIRS_OF_ALL) ** 0.5
    return found
