"""Ten runs, imdb_sgd and imdb_adam with five seeds each: `dlexp run --workers 2` against the script ten times.

The script is run once for each optimizer, and its seconds are counted five times: it has no seed to change.
"""

import statistics
import sys
import tempfile
from typing import Any

from benchmarks.process import timed

SEEDS = 5
WORKERS = 2
OPTIMIZERS = ("sgd", "adam")


def measure(rounds: int) -> list[dict[str, Any]]:
    """Median wall seconds of all ten runs, and the ratio to dlexp's."""
    own, scripts = [], []
    with tempfile.TemporaryDirectory() as folder:
        configs = [f"configs/imdb_{optimizer}.yaml" for optimizer in OPTIMIZERS]
        options = ["--seeds", str(SEEDS), "--workers", str(WORKERS), "--force", "--runs-dir", folder]
        for _ in range(rounds):
            own.append(timed([sys.executable, "-m", "dlexp", "run", *configs, *options])[0])
            once = [timed([sys.executable, "-m", "benchmarks.slides", "imdb", each])[0] for each in OPTIMIZERS]
            scripts.append(SEEDS * sum(once))
    n_runs = SEEDS * len(OPTIMIZERS)
    seconds = {
        f"dlexp run, {WORKERS} workers": statistics.median(own),
        f"the slides' script, one run of each x {SEEDS}": statistics.median(scripts),
    }
    return [
        {"runs": n_runs, "what": name, "seconds": value, "times_dlexp": value / statistics.median(own)}
        for name, value in seconds.items()
    ]
