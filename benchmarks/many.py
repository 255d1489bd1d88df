"""Ten runs, imdb_sgd and imdb_adam with five seeds each: `dlexp run --workers` against the slides' script ten times.

The script is run once for each optimizer, and its seconds are counted five times: it has no seed to change.
"""

import statistics
import sys
import tempfile
from typing import Any

from benchmarks.process import timed

SEEDS = 5
WORKERS = (2, 1)
OPTIMIZERS = ("sgd", "adam")


def measure(rounds: int) -> list[dict[str, Any]]:
    """Median wall seconds of all ten runs, and the ratio to dlexp's with two workers."""
    own: dict[int, list[float]] = {workers: [] for workers in WORKERS}
    scripts = []
    with tempfile.TemporaryDirectory() as folder:
        run = [sys.executable, "-m", "dlexp", "run", *(f"configs/imdb_{optimizer}.yaml" for optimizer in OPTIMIZERS)]
        run += ["--seeds", str(SEEDS), "--force", "--runs-dir", folder]
        for _ in range(rounds):
            for workers in WORKERS:
                own[workers].append(timed([*run, "--workers", str(workers)])[0])
            once = [timed([sys.executable, "-m", "benchmarks.slides", "imdb", each])[0] for each in OPTIMIZERS]
            scripts.append(SEEDS * sum(once))
    seconds = {f"dlexp run --workers {workers}": statistics.median(own[workers]) for workers in WORKERS}
    seconds[f"the slides' script, one run of each x {SEEDS}"] = statistics.median(scripts)
    base = statistics.median(own[WORKERS[0]])
    return [
        {"runs": SEEDS * len(OPTIMIZERS), "what": name, "seconds": value, "times_dlexp": value / base}
        for name, value in seconds.items()
    ]
