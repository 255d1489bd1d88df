"""How often intervals that also ask about new test examples hold the true difference."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.verdicts.fixed_seeds import FALSE, SEEDS
from benchmarks.verdicts.rows import bound, per_cent, result, row
from benchmarks.verdicts.rule import CHECKED
from dlexp.statistics.examples import half_on_new_examples
from dlexp.statistics.paired import LEVEL, t_quantile

#: So many examples has a simulated test split.
_EXAMPLES = 300


def measure(rounds: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """The rows, of so many times 250 simulated matrices of results a cell."""
    yield from coverages(250 * rounds, rng)


def coverages(n_matrices: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """How often the interval over seeds and test examples holds the true difference, and that over seeds alone."""
    for of, draw in {"numbers": _numbers, "right or wrong": _right_or_wrong}.items():
        alone, both = {}, {}
        for n in SEEDS:
            x = draw(rng, n_matrices, n)
            error = np.abs(x.mean(axis=(1, 2)))
            over_seeds, halves = halves_on_new_examples(x)
            alone[n], both[n] = float((error <= over_seeds).mean()), float((error <= halves).mean())
        least = 1 - bound(FALSE.at_most, n_matrices)
        beyond = [n for n, share in both.items() if share < least]
        # Expected from matrices of real runs, which are right or wrong.
        of_both, of_alone = ("92 to 96.5", "86 to 95") if of == "right or wrong" else ("95", "")
        yield row("interval on new examples holds", of, 1, per_cent(both), of_both, result(beyond))
        yield row("interval over seeds alone holds", of, 1, per_cent(alone), of_alone, "reported")


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


def halves_on_new_examples(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Half the widths of the intervals over seeds alone and over seeds and examples, of `(cases, seeds, examples)`.

    Raises:
        AssertionError: The second is not that of dlexp for one of the first thousand.
    """
    _, n, m = x.shape
    by_seed, by_example, mean = x.mean(axis=2), x.mean(axis=1), x.mean(axis=(1, 2))
    of_seeds, of_examples = by_seed.var(axis=1, ddof=1) / n, by_example.var(axis=1, ddof=1) / m
    residuals = x - by_seed[:, :, None] - by_example[:, None, :] + mean[:, None, None]
    of_rest = (residuals**2).sum(axis=(1, 2)) / ((n - 1) * (m - 1)) / (n * m)
    total = np.maximum(np.maximum(of_seeds + of_examples - of_rest, of_seeds), of_examples)
    df = np.maximum(total**2 / (of_seeds**2 / (n - 1) + of_examples**2 / (m - 1)), n - 1)
    over_seeds: np.ndarray = t_quantile(1 - LEVEL / 2, n - 1) * of_seeds**0.5
    from scipy.special import stdtrit

    halves = np.maximum(over_seeds, stdtrit(df, 1 - LEVEL / 2) * total**0.5)
    own = [half_on_new_examples(each) for each in x[:CHECKED]]
    np.testing.assert_allclose(halves[:CHECKED], own, rtol=1e-9, err_msg="not the interval of dlexp")
    return over_seeds, halves
