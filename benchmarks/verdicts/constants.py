"""The constants of until sure, computed again from simulated paths of normal differences."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.verdicts.rows import COLUMNS, result, row
from dlexp.statistics.looks import MAX_SEEDS, Looks
from dlexp.statistics.paired import LEVEL, MIN_PAIRS

#: The numbers of comparisons that constants were computed for.
COMPARISONS = (1, 2, 3, 4, 5, 10, 25)
#: How far a constant may be from the simulated one, and in standard errors of both.
OFF, ERRORS_OFF = 0.006, 4
#: The paths behind dlexp's constants, and how many are simulated at once.
PATHS, _CHUNK = 2_000_000, 100_000


def measure(rounds: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """A row for each number of comparisons, from so many times 100,000 paths."""
    yield from constants(_CHUNK * rounds, rng)


def constants(n_paths: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """The constants for every largest number of seeds, of which some are shown, beside those of dlexp."""
    reached = _reached(n_paths, rng)
    for m in COMPARISONS:
        own, simulated, beyond = {}, {}, []
        for most in range(MIN_PAIRS, MAX_SEEDS + 1):
            own[most] = _constant(Looks(most, m))
            simulated[most], error = _quantile(reached[most - MIN_PAIRS], LEVEL / m)
            error *= (1 + n_paths / PATHS) ** 0.5
            if abs(simulated[most] - own[most]) > max(OFF, ERRORS_OFF * error):
                beyond.append(most)
        cells = {most: f"{c:.3f}" for most, c in simulated.items()}
        shown = ", ".join(f"{own[most]:.3f}" for most in COLUMNS)
        yield row("constant of the levels, until sure", f"normal, {n_paths:,} paths", m, cells, shown, result(beyond))


def _constant(looks: Looks) -> float:
    """c, from the level of the last look, which is 2 Phi(-c)."""
    from scipy.special import ndtri

    return -float(ndtri(looks.level(looks.max_seeds) / 2))


def _reached(n_paths: int, rng: np.random.Generator) -> np.ndarray:
    """The largest c with which any look of a path has a verdict, `(largest numbers of seeds, paths)`."""
    parts = [_reached_at_once(min(_CHUNK, n_paths - start), rng) for start in range(0, n_paths, _CHUNK)]
    return np.concatenate(parts, axis=1)


def _reached_at_once(n_paths: int, rng: np.random.Generator) -> np.ndarray:
    from scipy.special import ndtri, stdtr

    differences = rng.normal(size=(MAX_SEEDS, n_paths))
    sums, squares = np.cumsum(differences, axis=0), np.cumsum(differences**2, axis=0)
    largest, reached = np.zeros(n_paths), []
    for n in range(MIN_PAIRS, MAX_SEEDS + 1):
        of_sum, of_squares = sums[n - 1], squares[n - 1]
        t = of_sum / np.sqrt(n * (of_squares - of_sum**2 / n) / (n - 1))
        # The level p / 2 = Phi(-c (most / n)^(1/4)) of a p-value, solved for c most^(1/4).
        largest = np.maximum(largest, -ndtri(stdtr(n - 1, -np.abs(t))) * n**0.25)
        reached.append((largest / n**0.25).astype(np.float32))
    return np.stack(reached)


def _quantile(values: np.ndarray, share: float) -> tuple[float, float]:
    """What this share of the values exceeds, with its standard error."""
    near = 0.2 * share
    high, middle, low = np.quantile(values, [1 - share + near, 1 - share, 1 - share - near])
    density = 2 * near / (high - low)
    return float(middle), float((share * (1 - share) / len(values)) ** 0.5 / density)
