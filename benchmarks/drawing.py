"""Milliseconds until a job is drawn, its directory made, among so many runs of the same name."""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from dlexp.config.load import load
from dlexp.execution.plan import Request
from dlexp.execution.planning import plan
from dlexp.records.run_dir import FolderName

#: Runs that lie there already, and jobs that are drawn.
RUNS = (1_000, 10_000)
JOBS = 1_000
#: The most milliseconds that a job may take, however many runs there are.
AT_MOST = 2.0


def measure(rounds: int) -> list[dict[str, Any]]:
    """Median over the rounds of the mean over a command's jobs, its one listing of the folder included."""
    rows = []
    for n_runs in RUNS:
        milliseconds = []
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as folder:
                milliseconds.append(_milliseconds(Path(folder), n_runs))
        rows.append({"runs": n_runs, "milliseconds": statistics.median(milliseconds), "at_most": AT_MOST})
    return rows


def _milliseconds(folder: Path, n_runs: int) -> float:
    config = folder / "iris.yaml"
    config.write_text("dataset: iris\n")
    for seed in range(n_runs):  # Of another experiment.
        (folder / "runs" / "iris" / str(FolderName(seed, "0" * 10))).mkdir(parents=True)
    planned = plan(Request(wanted=[(load(config).experiment, range(JOBS))], runs_dir=folder / "runs"))
    clock = time.perf_counter()
    n_jobs = len(list(planned.jobs()))
    return (time.perf_counter() - clock) / n_jobs * 1000
