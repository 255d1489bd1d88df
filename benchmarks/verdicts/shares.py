"""How often the shares of an attribution hold the true ones, of scores whose keys interact in a known way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from benchmarks.verdicts.fixed_seeds import POWER_OFF, SEEDS
from benchmarks.verdicts.rows import bound, per_cent, result, row
from benchmarks.verdicts.rule import CHECKED
from dlexp.statistics.attribution import Weights, corners_of, first_and_last, rest_of, shapley, total_of, weighted
from dlexp.statistics.paired import LEVEL, paired, t_quantile
from dlexp.statistics.power import power

#: The keys of an attribution by all configs in between, and of one by the first and the last.
FEW, MANY = 4, 6
#: How often shares may miss, or a rest be found where there is none.
AT_MOST = 0.055
#: The standard deviations of the effects of single keys and of pairs, in those of a run's score. The planted triple.
_MAIN, _PAIR, TRIPLE = 2.0, 1.0, 12.0
#: Simulated at once.
_CHUNK = 2000


@dataclass(frozen=True, kw_only=True)
class Effects:
    """What keys do together, for many cases: the score rises by an effect where all of its keys are changed."""

    k: int
    of_keys: dict[tuple[int, ...], np.ndarray]
    """By the keys that interact, an effect for each case."""

    def scores(self, corner: int) -> np.ndarray:
        """The expected score of the config with these keys changed, for each case."""
        parts = [each * all(corner >> key & 1 for key in keys) for keys, each in self.of_keys.items()]
        total: np.ndarray = np.sum(parts, axis=0)
        return total

    def shares(self) -> np.ndarray:
        """The true share of each key, `(cases, keys)`: those who interact share their effect alike (Shapley)."""
        of_key = [[each / len(keys) for keys, each in self.of_keys.items() if key in keys] for key in range(self.k)]
        return np.stack([np.sum(each, axis=0) for each in of_key], axis=1)


@dataclass(frozen=True, kw_only=True)
class Found:
    """Means and half widths of the intervals of shares, `(cases, keys)`, and of the rest, `(cases, 1)`."""

    shares: tuple[np.ndarray, np.ndarray]
    rest: tuple[np.ndarray, np.ndarray]


def measure(rounds: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """The rows, of so many thousand simulated cases a cell."""
    n_cases = 1000 * rounds
    yield _holds("Shapley", FEW, shapley(FEW), n_cases, rng, triple=TRIPLE, expected="94 to 95")
    yield _holds("first and last", MANY, first_and_last(MANY), n_cases, rng, expected="94 to 95")
    yield _holds("first and last", MANY, first_and_last(MANY), n_cases, rng, triple=TRIPLE, is_bounded=False)
    one_at_a_time = [{1 << key: 1.0, 0: -1.0} for key in range(MANY)]
    yield _holds("one at a time", MANY, one_at_a_time, n_cases, rng, is_bounded=False, expected="34 to 86")
    yield from rests(n_cases, rng)


def _holds(
    way: str,
    k: int,
    weights: Sequence[Weights],
    n_cases: int,
    rng: np.random.Generator,
    *,
    triple: float = 0.0,
    is_bounded: bool = True,
    expected: str = "",
) -> dict[str, Any]:
    """How often all k shares hold the true ones at once."""
    shares = {}
    for n in SEEDS:
        held = 0
        for effects in _effects(k, n_cases, triple, rng):
            mean, half = found(effects, weights, n, rng).shares
            held += int((np.abs(mean - effects.shares()) <= half).all(axis=1).sum())
        shares[n] = held / n_cases
    beyond = [n for n, share in shares.items() if 1 - share > bound(AT_MOST, n_cases)]
    of = f"{way}, {k} keys, pairs and a triple" if triple else f"{way}, {k} keys, pairs"
    return row("all shares hold", of, k, per_cent(shares), expected, result(beyond, is_bounded))


def rests(n_cases: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """How often first and last leave a rest that excludes 0: where only pairs interact, and of a triple."""
    weights = first_and_last(MANY)
    # A triple c adds c to the total, and half of it to the share of each of its three keys.
    effect = TRIPLE / 2 / sum(weight**2 for weight in rest_of(weights).values()) ** 0.5
    for triple in (0.0, TRIPLE):
        shares = {}
        for n in SEEDS:
            sides = (found(each, weights, n, rng).rest for each in _effects(MANY, n_cases, triple, rng))
            shares[n] = sum(int((np.abs(mean) > half).sum()) for mean, half in sides) / n_cases
        expected = {n: power(effect, n) for n in SEEDS}
        if triple:
            beyond = [n for n in SEEDS if abs(shares[n] - expected[n]) > POWER_OFF]
            said = ", ".join(per_cent(expected).values())
            yield row(
                "rest found", f"{MANY} keys, a triple of {triple:g} sd", MANY, per_cent(shares), said, result(beyond)
            )
        else:
            beyond = [n for n, share in shares.items() if share > bound(AT_MOST, n_cases)]
            yield row("rest found", f"{MANY} keys, pairs alone", MANY, per_cent(shares), "5", result(beyond))


def _effects(k: int, n_cases: int, triple: float, rng: np.random.Generator) -> Iterator[Effects]:
    """Every key and every pair has an effect, and the first three keys one of this size."""
    for start in range(0, n_cases, _CHUNK):
        n = min(_CHUNK, n_cases - start)
        of_keys: dict[tuple[int, ...], np.ndarray] = {(key,): _MAIN * rng.normal(size=n) for key in range(k)}
        of_keys |= {pair: _PAIR * rng.normal(size=n) for pair in combinations(range(k), 2)}
        yield Effects(k=k, of_keys={**of_keys, (0, 1, 2): np.full(n, triple)})


def found(effects: Effects, weights: Sequence[Weights], n: int, rng: np.random.Generator) -> Found:
    """The intervals over n seeds, each of which moves all scores, beside the noise of a single run.

    Raises:
        AssertionError: They are not those of dlexp for one of the first thousand, or do not add up.
    """
    corners = corners_of([*weights, total_of(effects.k)])
    expected = np.stack([effects.scores(corner) for corner in corners], axis=1)  # (cases, corners)
    noise = rng.normal(size=(len(expected), n, 1)) + rng.normal(size=(len(expected), n, len(corners)))
    scores = expected[:, None] + noise
    each = [scores @ np.array([own.get(corner, 0.0) for corner in corners]) for own in [*weights, rest_of(weights)]]
    parts = np.stack(each, axis=2)  # (cases, seeds, keys and the rest)
    totals = scores[:, :, corners.index(2**effects.k - 1)] - scores[:, :, corners.index(0)]
    np.testing.assert_allclose(parts.sum(axis=2), totals, atol=1e-9, err_msg="shares and rest do not add up")
    levels = [LEVEL / effects.k] * effects.k + [LEVEL]
    quantiles = np.array([t_quantile(1 - level / 2, n - 1) for level in levels])
    mean, half = parts.mean(axis=1), quantiles * parts.std(axis=1, ddof=1) / n**0.5
    for case in range(min(CHECKED // len(SEEDS), len(scores))):
        seeds = [dict(zip(corners, of_seed, strict=True)) for of_seed in scores[case].tolist()]
        of_parts = zip([*weights, rest_of(weights)], levels, strict=True)
        own = [paired([weighted(each, part) for each in seeds], level=level) for part, level in of_parts]
        own_numbers = [[interval.mean for interval in own], [interval.half for interval in own]]
        np.testing.assert_allclose([mean[case], half[case]], own_numbers, rtol=1e-9, atol=1e-9, err_msg="not dlexp's")
    return Found(shares=(mean[:, :-1], half[:, :-1]), rest=(mean[:, -1], half[:, -1]))
