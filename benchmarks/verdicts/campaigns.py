"""How often a campaign of changes without effect keeps any, what it costs, and how often it keeps a real change."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.verdicts.rows import bound, per_cent, result, row
from benchmarks.verdicts.rule import CHECKED
from benchmarks.verdicts.scores import SCORES, Scores
from benchmarks.verdicts.stopping import UntilSure
from benchmarks.verdicts.until_sure import MOST
from dlexp.statistics.looks import Looks
from dlexp.statistics.paired import LEVEL, t_quantile
from dlexp.statistics.ratchet import FRESH_SEEDS, level_of, tried

#: The changes of a campaign, all of which are screened against the same runs of the incumbent.
CHANGES = 100
#: How much better a change is than the incumbent, in standard deviations of the paired differences.
EFFECTS = (1.0, 1.5, 2.0)
#: Campaigns that are simulated at once.
_CHUNK = 500


@dataclass(frozen=True, kw_only=True)
class Campaigns:
    """What became of the changes of campaigns, `(campaigns, changes)`."""

    pairs: np.ndarray
    """On how many paired seeds each was trained, those of its confirmation included."""
    kept: np.ndarray


def measure(rounds: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """The rows, of so many times 50 campaigns a cell."""
    yield from without_effect(50 * rounds, rng)
    yield from with_effect(1000 * rounds, rng)


def without_effect(n_campaigns: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """The share of campaigns that keep any change, and the paired seeds of each change."""
    # The other tail makes changes seem better that sometimes fail badly.
    mirrored = replace(SCORES["exponential differences"], draw=_mirrored)
    for name, scores in {**SCORES, "exponential, failures": mirrored}.items():
        cells = {most: _campaigns(n_campaigns, Looks(most), scores, rng) for most in MOST}
        of = f"{name}, {CHANGES} changes"
        shares = {most: float(np.mean([each.kept.any(axis=1) for each in parts])) for most, parts in cells.items()}
        beyond = [most for most, share in shares.items() if share > bound(LEVEL, n_campaigns)]
        expected = "at most 5" if scores.is_bounded else ""
        yield row("campaigns that keep any", of, 1, per_cent(shares), expected, result(beyond, scores.is_bounded))
        if name == "normal":
            pairs = {most: f"{np.mean([each.pairs for each in parts]):.1f}" for most, parts in cells.items()}
            yield row("paired seeds of a change", of, 1, pairs, "", "reported")


def _mirrored(rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
    return -SCORES["exponential differences"].draw(rng, shape)


def _campaigns(n_campaigns: int, looks: Looks, scores: Scores, rng: np.random.Generator) -> list[Campaigns]:
    parts = []
    for start in range(0, n_campaigns, _CHUNK):
        drawn = scores.draw(rng, (min(_CHUNK, n_campaigns - start), 1 + CHANGES, looks.max_seeds))

        def fresh(n: int) -> np.ndarray:
            both = scores.draw(rng, (n, 2, FRESH_SEEDS))
            return both[:, 1] - both[:, 0]

        parts.append(ratchet(drawn[:, 1:] - drawn[:, :1], fresh, looks, rng, scores.least_sd))
    return parts


def with_effect(n_changes: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """How often the first change that seems better, and is, is kept."""
    for effect in EFFECTS:

        def fresh(n: int, effect: float = effect) -> np.ndarray:
            return effect + rng.normal(size=(n, FRESH_SEEDS))

        shares = {}
        for most in MOST:
            differences = effect + rng.normal(size=(n_changes, 1, most))
            shares[most] = float(ratchet(differences, fresh, Looks(most), rng, 0.0).kept.mean())
        yield row("real changes that are kept", f"normal, {effect:g} sd", 1, per_cent(shares), "", "reported")


def ratchet(
    differences: np.ndarray,
    fresh: Callable[[int], np.ndarray],
    looks: Looks,
    rng: np.random.Generator,
    least_sd: float,
) -> Campaigns:
    """What becomes of changes by their differences from the incumbent, `(campaigns, changes, seeds)`.

    Args:
        fresh: Gives differences on new seeds, of so many confirmations.

    Raises:
        AssertionError: It is not what dlexp says of one of a thousand random ones, or of the first thousand confirmed.
    """
    screened = UntilSure(looks).stops(differences, least_sd)
    promising = screened.has_verdict & (screened.mean > 0)
    confirmations = np.cumsum(promising, axis=1)
    again = fresh(int(promising.sum()))
    levels = np.array([level_of(j) for j in range(1, differences.shape[1] + 1)])[confirmations[promising] - 1]
    quantiles = np.array([t_quantile(1 - level / 2, FRESH_SEEDS - 1) for level in levels])
    sd = np.maximum(again.std(axis=1, ddof=1), least_sd)
    kept = np.zeros(promising.shape, dtype=bool)
    kept[promising] = (sd > 0) & (again.mean(axis=1) > quantiles * sd / FRESH_SEEDS**0.5)
    of_confirmed = np.cumsum(promising.ravel()).reshape(promising.shape) - 1
    some = rng.integers(0, differences.shape[:2], size=(CHECKED, 2)).tolist()
    for at in map(tuple, [*some, *np.argwhere(promising)[:CHECKED].tolist()]):
        confirmation = again[of_confirmed[at]].tolist() if promising[at] else []
        j = int(confirmations[at]) or 1
        own = tried(differences[at].tolist(), confirmation, j, looks, least_sd=least_sd).standing
        if (own == "kept", own in ("kept", "not confirmed")) != (kept[at], promising[at]):
            raise AssertionError(f"a change is {own} by dlexp, not by the benchmark")
    return Campaigns(pairs=screened.n + FRESH_SEEDS * promising, kept=kept)
