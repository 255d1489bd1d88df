"""Where the time of a run goes, stage by stage: the first run of a process, and the next, with another seed.

Seconds of the processor, in a process that trains both as a worker of `dlexp run` does. Function by function:
`python -m cProfile -s tottime -m benchmarks.stages digits_adam`.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from dlexp.training.stages import STAGES, SharedStage, Stage, share

CONFIGS = ("digits_adam", "imdb_embedding")
RUNS = ("first", "next")


class Clock(SharedStage):
    """Adds up the seconds of every stage."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: dict[Stage, float] = defaultdict(float)
        self._entered = time.process_time()

    def set(self, stage: Stage) -> None:
        """End the stage before."""
        now = time.process_time()
        self.seconds[self.stage] += now - self._entered
        self._entered = now
        super().set(stage)


def measure(rounds: int) -> list[dict[str, Any]]:
    """A row for each stage of each config: the median seconds of the first run and of the next."""
    rows = []
    for config in CONFIGS:
        found = [_in_a_process(config) for _ in range(rounds)]
        for stage in STAGES:
            row: dict[str, Any] = {"config": config, "stage": stage}
            for i, run in enumerate(RUNS):
                row[f"{run}_run_seconds"] = statistics.median(each[i].get(stage, 0.0) for each in found)
            rows.append(row)
    return rows


def _in_a_process(config: str) -> list[dict[str, float]]:
    command = [sys.executable, "-m", "benchmarks.stages", config]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    seconds: list[dict[str, float]] = json.loads(said.stdout.splitlines()[-1])
    return seconds


def _train(config: str, runs_dir: Path) -> list[dict[Stage, float]]:
    """Seconds of the stages of both runs, in this process."""
    clock = Clock()
    share(clock)
    from dlexp.config.load import load
    from dlexp.execution.execute import execute
    from dlexp.execution.plan import Request
    from dlexp.execution.planning import plan

    experiment = load(f"configs/{config}.yaml").experiment
    seconds = []
    for job in plan(Request(wanted=[(experiment, range(len(RUNS)))], runs_dir=runs_dir)).jobs():
        execute(job)
        clock.set("starting")
        seconds.append(dict(clock.seconds))
        clock.seconds.clear()
    return seconds


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(_train(sys.argv[1], Path(folder))))
