"""How often until sure errs, how many seeds it uses and saves, and what its interval at the stop is worth."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.verdicts.false_verdicts import Kind, real, simulated
from benchmarks.verdicts.rows import bound, per_cent, result, row
from benchmarks.verdicts.rule import AtOnce, require_dlexps
from benchmarks.verdicts.same_experiment import SameExperiment
from benchmarks.verdicts.scores import SYMMETRIC
from benchmarks.verdicts.stopping import UntilSure
from dlexp.statistics.looks import Looks
from dlexp.statistics.power import power

#: The most seeds that a comparison may use, and how many comparisons share the level.
MOST, COMPARISONS = (5, 12, 20), (1, 5, 25)
#: False verdicts, of one comparison or any of a table.
FALSE = Kind(
    share="false verdicts, until sure",
    rule=lambda most, m: UntilSure(Looks(most, m)),
    seeds=MOST,
    real_seeds=MOST,
    at_most=0.058,
    expected=dict.fromkeys(SYMMETRIC, "1.4 to 5.7")
    | {"exponential differences": "14.7", "arms of unequal shape": "4.1 to 7.5"},
    expected_of_many={},
    expected_of_real="4.0 to 5.5",
    expected_of_cells="4.0 to 5.5",
)
#: By the true difference in standard deviations what was measured with at most 12 seeds when the rule was chosen:
#: the share that is found, the mean number of seeds, and the fixed number that finds as many.
EXPECTED = {0.0: (0.047, 7.2, None), 1.0: (0.80, 8.5, 10.0), 1.5: (0.989, 7.1, 10.3), 2.0: (0.9998, 6.0, 9.9)}
#: By how much the middle of the interval at the stop overstates these differences.
OVERSTATED = {1.0: 1.16, 1.5: 1.04, 2.0: 1.02}
#: How far the found share, the number of seeds and the overstatement may be from these.
_SHARE_OFF, _SEEDS_OFF, _OVERSTATED_OFF = 0.02, 0.15, 0.02
_MISSES = 10
#: In standard deviations of the differences.
MARGIN = 1.5
#: By rule the share of false verdicts that was measured when this one was chosen.
OTHERS = {"95 % after each seed": "18.1 of 12", "5 seeds at 95 %, then until sure": "7.9 of 12"}


def measure(rounds: int, experiments: list[SameExperiment], rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """The rows, of so many thousand simulated tables a cell and five times as many pairs with a difference."""
    for m in COMPARISONS:
        yield from simulated(FALSE, 1000 * rounds, m, rng)
    yield from real(FALSE, experiments, rng)
    yield from differing(5000 * rounds, rng)
    yield from margins(5000 * rounds, rng)
    yield from others(5000 * rounds, rng)


def differing(n_pairs: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """What normal differences of some sizes come to: found, seeds, the interval and its middle."""
    for effect, (found, seeds, fixed) in EXPECTED.items():
        of = f"normal, {effect:g} sd" if effect else "normal, no difference"
        stops = {}
        for most in MOST:
            differences = effect + rng.normal(size=(n_pairs, most))
            rule = UntilSure(Looks(most))
            require_dlexps(rule, np.zeros_like(differences), differences, rng, 0.0)
            stops[most] = rule.stops(differences)
        shares = {most: float(each.has_verdict.mean()) for most, each in stops.items()}
        beyond = [12] if abs(shares[12] - found) > _SHARE_OFF else []
        share = "found, until sure" if effect else "false verdicts, until sure"
        yield row(share, of, 1, per_cent(shares), f"{100 * found:.4g} of 12", result(beyond))
        used = {most: float(each.n.mean()) for most, each in stops.items()}
        beyond = [12] if abs(used[12] - seeds) > _SEEDS_OFF else []
        cells = {most: f"{mean:.1f}" for most, mean in used.items()}
        yield row("seeds used, until sure", of, 1, cells, f"{seeds:.1f} of 12", result(beyond))
        if fixed:
            # Where hardly any is missed, their number is that of few cases.
            misses = {most: n_pairs * (1 - share) for most, share in shares.items()}
            cells = {most: f"{fixed_seeds(effect, shares[most]):.1f}" for most in MOST if misses[most] >= _MISSES}
            yield row("fixed seeds that find as much", of, 1, cells, f"{fixed:.1f} of 12", "reported")
        holds = {most: float((np.abs(each.mean - effect) <= each.half).mean()) for most, each in stops.items()}
        beyond = [most for most, held in holds.items() if 1 - held > bound(FALSE.at_most, n_pairs)]
        yield row("interval at the stop holds", of, 1, per_cent(holds), "at least 95", result(beyond))
        if effect:
            times = {most: float(each.mean[each.has_verdict].mean()) / effect for most, each in stops.items()}
            beyond = [12] if abs(times[12] - OVERSTATED[effect]) > _OVERSTATED_OFF else []
            cells = {most: f"{each:.2f}" for most, each in times.items()}
            yield row("middle of a verdict / difference", of, 1, cells, f"{OVERSTATED[effect]} of 12", result(beyond))


def margins(n_pairs: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """How often no difference beyond the margin is found: rightly where there is none, wrongly where it is as large."""
    for difference in (0.0, MARGIN):
        shares = {}
        for most in MOST:
            rule, differences = UntilSure(Looks(most), MARGIN), difference + rng.normal(size=(n_pairs, most))
            require_dlexps(rule, np.zeros_like(differences), differences, rng, 0.0)
            shares[most] = float(rule.stops(differences).is_within.mean())
        beyond = [most for most, share in shares.items() if difference and share > bound(FALSE.at_most, n_pairs)]
        of = f"normal, {difference:g} sd"
        yield row(
            f"within {MARGIN:g} sd, until sure",
            of,
            1,
            per_cent(shares),
            "",
            result(beyond, is_bounded=bool(difference)),
        )


def others(n_pairs: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """False verdicts of what one might do instead, of normal differences."""
    for name, expected in OTHERS.items():
        shares = {}
        for most in MOST[1:]:
            differences = rng.normal(size=(n_pairs, most))
            if name.startswith("95 %"):
                found = np.any([AtOnce().has_verdict(differences[:, :n], 0.0) for n in range(3, most + 1)], axis=0)
            else:
                until_sure = UntilSure(Looks(most)).has_verdict(differences, 0.0)
                found = AtOnce().has_verdict(differences[:, :5], 0.0) | until_sure
            shares[most] = float(found.mean())
        yield row("false verdicts, other rules", name, 1, per_cent(shares), expected, "reported")


def fixed_seeds(effect: float, share: float) -> float:
    """How many seeds, fixed beforehand, find so large a share of such differences; between two numbers by a line."""
    n = 3
    while power(effect, n) < share:
        n += 1
    if n == 3:
        return 3.0
    below, above = power(effect, n - 1), power(effect, n)
    return n - (above - share) / (above - below)
