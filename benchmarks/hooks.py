"""What an epoch takes beside computing: its row of history, the log, checks, checkpoints, and their share of it all.

Of 1,000 epochs of one run, trained under its lock as `dlexp run` does. Who shows the progress is another process, whose
share of a core `python -m benchmarks scale` has.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

EPOCHS = 1_000
#: The largest share that it may have; nothing is promised of an epoch of three steps.
AT_MOST = {"digits": 0.03, "iris": ""}


def measure(rounds: int) -> list[dict[str, Any]]:
    """The median epoch of a run, and of these the median over the rounds."""
    rows = []
    for dataset, at_most in AT_MOST.items():
        epochs, besides = zip(*(_in_a_process(dataset) for _ in range(rounds)), strict=True)
        epoch, beside = statistics.median(epochs), statistics.median(besides)
        milliseconds = {"epoch_ms": 1e3 * epoch, "beside_ms": 1e3 * beside}
        rows.append({"data": dataset, **milliseconds, "share": beside / epoch, "at_most": at_most})
    return rows


def _in_a_process(dataset: str) -> tuple[float, float]:
    command = [sys.executable, "-m", "benchmarks.hooks", dataset]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    epoch, beside = map(float, said.stdout.splitlines()[-1].split())
    return epoch, beside


def _train(dataset: str, runs_dir: Path) -> tuple[float, float]:
    """Seconds of the median epoch, and what of them its row does not count as its own."""
    from dlexp.config.load import load
    from dlexp.execution.execute import execute
    from dlexp.execution.plan import Request
    from dlexp.execution.planning import plan
    from dlexp.training import fit

    begun, order_of = [], fit.order_of

    def noted(*arguments: Any) -> Any:
        begun.append(time.perf_counter())
        return order_of(*arguments)

    fit.order_of = noted  # Each epoch begins with its order.
    overrides = [f"dataset={dataset}", f"training.epochs={EPOCHS}"]
    experiment = load("configs/digits_adam.yaml", overrides).experiment
    (job,) = plan(Request(wanted=[(experiment, range(1))], runs_dir=runs_dir)).jobs()
    execute(job)
    epochs = [after - before for before, after in pairwise(begun)]
    besides = [epoch - row["seconds"] for epoch, row in zip(epochs, job.run_dir.history(), strict=False)]
    return statistics.median(epochs), statistics.median(besides)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(*_train(sys.argv[1], Path(folder)))
