"""How often verdicts are false, differences found and intervals right, in per cent: simulated and on real runs.

`n` is the number of seeds that was fixed beforehand, and until sure the largest one. `m` comparisons share the level
of 5 %; of an attribution, m shares do. False verdicts are those on two equal experiments, or any in a table of m that
equal the first. `real` pairs are disjoint seeds of one experiment among 200 recorded ones, drawn again and again, with
95 % intervals that respect the runs that pairs share. `expected` is what was measured when the rule was chosen. False
verdicts are `within` up to 5.5 % (until sure 5.8 %, campaigns 5 %) plus two standard errors, an interval's misses too,
power within 5 points; what is `reported` has no bound: there the rule is known to err, or another one is shown beside
it. Each rate is that of a rule for arrays, of which a random thousand of every cell are compared with dlexp's own code.
"""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.verdicts import campaigns, constants, fixed_seeds, new_examples, shares, until_sure
from benchmarks.verdicts.same_experiment import SameExperiment, recorded


def measure(rounds: int, runs_dir: Path) -> list[dict[str, Any]]:
    """A row for each kind of comparison, of so many thousand simulated tables a cell and five times as many pairs."""
    rng = np.random.default_rng(0)
    experiments = [SameExperiment(each) for each in recorded(runs_dir)]
    return [
        *fixed_seeds.measure(rounds, experiments, rng),
        *new_examples.measure(rounds, rng),
        *constants.measure(rounds, rng),
        *until_sure.measure(rounds, experiments, rng),
        *campaigns.measure(rounds, rng),
        *shares.measure(rounds, rng),
    ]


def violations(rows: list[dict[str, Any]]) -> list[str]:
    """A line for each row that is beyond its bound."""
    return [f"{row['share']}, {row['of']}: {row['result']}" for row in rows if row["result"].startswith("beyond")]
