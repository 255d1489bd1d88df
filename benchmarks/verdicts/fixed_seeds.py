"""Verdicts on a number of seeds that was fixed beforehand: how often false, and how often a difference is found."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.verdicts.false_verdicts import Kind, real, simulated
from benchmarks.verdicts.rows import per_cent, result, row
from benchmarks.verdicts.rule import AtOnce, require_dlexps
from benchmarks.verdicts.same_experiment import SameExperiment
from benchmarks.verdicts.scores import SYMMETRIC
from dlexp.statistics.paired import LEVEL
from dlexp.statistics.power import detectable, sd_limits

#: The seeds of a simulated comparison.
SEEDS = (3, 5, 8, 10, 12)
#: False verdicts, of one comparison or any of a table.
FALSE = Kind(
    share="false verdicts",
    rule=lambda n, m: AtOnce(LEVEL / m),
    seeds=SEEDS,
    real_seeds=(3, 5, 10),
    at_most=0.055,
    expected=dict.fromkeys(SYMMETRIC, "0.5 to 5.4")
    | {"exponential differences": "9 to 12", "arms of unequal shape": "4.1 to 7.5"},
    expected_of_many={"normal": "4 to 5.6"},
    expected_of_real="4.8 to 4.9",
    expected_of_cells="4.2 to 5.4",
)
#: Experiments beside the first one, in a table.
FAMILY = 25
#: How far a power may be off.
POWER_OFF = 0.05
#: The smallest difference that is found in 80 % of cases, in standard deviations, as the rule was chosen; by seeds.
DETECTABLE = {3: 3.26, 4: 2.13, 5: 1.68, 6: 1.43, 8: 1.16, 10: 1.00, 12: 0.89, 15: 0.78, 20: 0.66, 30: 0.53}
#: How often one of 26 experiments that is 3 standard deviations better is found, by seeds.
POWER_OF_26 = {3: 0.05, 5: 0.51, 10: 0.995}
#: The upper limit of a standard deviation of 1 that so many seeds have estimated.
UPPER_SD = {3: 2.12, 5: 1.56, 8: 1.35, 12: 1.25, 20: 1.18}


def measure(rounds: int, experiments: list[SameExperiment], rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """The rows, of so many thousand simulated tables a cell and five times as many pairs."""
    for m in (1, FAMILY):
        yield from simulated(FALSE, 1000 * rounds * (5 if m == 1 else 1), m, rng)
    yield from real(FALSE, experiments, rng)
    yield from powers(5000 * rounds, rng)
    yield from limits(5000 * rounds, rng)


def powers(n_pairs: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """How often a difference of the detectable size is found, and one of 3 sd among 26 experiments."""
    for m, effects, expected in (
        (1, {n: DETECTABLE[n] for n in SEEDS}, dict.fromkeys(SEEDS, 0.8)),
        (26, dict.fromkeys(POWER_OF_26, 3.0), POWER_OF_26),
    ):
        found = {n: _found(effect, n_pairs, m, n, rng) for n, effect in effects.items()}
        beyond = [n for n, share in found.items() if abs(share - expected[n]) > POWER_OFF]
        of = "normal, the detectable difference" if m == 1 else "normal, 3 sd"
        said = "80" if m == 1 else "5, 51, over 99"
        yield row("power", of, m, per_cent(found), said, result(beyond))


def _found(effect: float, n_pairs: int, m: int, n: int, rng: np.random.Generator) -> float:
    rule, differences = AtOnce(LEVEL / m), effect + rng.normal(size=(n_pairs, n))
    require_dlexps(rule, np.zeros_like(differences), differences, rng, 0.0)
    return float(rule.has_verdict(differences, 0.0).mean())


def limits(n_pairs: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """The table of detectable differences, and the upper limit of a standard deviation."""
    sizes = {n: detectable(n) for n in DETECTABLE}
    beyond = [n for n, size in sizes.items() if abs(size - DETECTABLE[n]) > 0.006]
    said = ", ".join(f"{DETECTABLE[n]:.2f}" for n in SEEDS)
    cells = {n: f"{sizes[n]:.2f}" for n in SEEDS}
    yield row("detectable difference", "sd of the differences", 1, cells, said, result(beyond))
    upper = {n: sd_limits(1.0, n)[1] for n in UPPER_SD}
    off = [n for n, limit in upper.items() if abs(limit - UPPER_SD[n]) > 0.006]
    below = {n: float((rng.normal(size=(n_pairs, n)).std(axis=1, ddof=1) * upper[n] > 1).mean()) for n in UPPER_SD}
    off += [n for n, share in below.items() if abs(share - 0.8) > 4 * (0.8 * 0.2 / n_pairs) ** 0.5]
    yield row("true sd below its upper limit", "normal", 1, per_cent(below), "80", result(off))
