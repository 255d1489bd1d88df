"""`python -m benchmarks.zoo THREADS ROUNDS [MODEL]...`: the rows of one number of threads, in this process.

A model is named by the beginning of its name. The rows are printed as JSON; the variables that BLAS and OpenMP read
have to be set before (`benchmarks.zoo.in_a_process` does that).
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

from dlexp.training.threads import set_threads

OTHERS = ("keras", "pytorch", "scikit_learn")

threads, rounds, *wanted = sys.argv[1:]
set_threads(int(threads))

from benchmarks.zoo.cases import Case, all_cases  # noqa: E402
from benchmarks.zoo.competitors import Competitor, Dlexp, KerasFit, ScikitLearn  # noqa: E402


def main() -> None:
    """Measure every model that is wanted."""
    rows = []
    for case in all_cases(int(threads), wanted):
        rows.append({"model": case.name, "threads": int(threads), **_row(case)})
        print(rows[-1], file=sys.stderr, flush=True)
    print(json.dumps(rows))


def _row(case: Case) -> dict[str, Any]:
    makers: dict[str, Callable[[Case], Competitor]] = {"dlexp": Dlexp, "keras": KerasFit}
    if find_spec("torch"):
        from benchmarks.zoo.pytorch import PyTorch

        makers["pytorch"] = PyTorch
    if case.has_scikit_learn:
        makers["scikit_learn"] = ScikitLearn
    trained = {name: make(case) for name, make in makers.items()}
    # It compiles and warms up; its losses are compared, as in later ones Adam makes much of rounding.
    _in_turn(trained, case, 1)
    losses = {name: competitor.loss for name, competitor in trained.items()}
    every = [_in_turn(trained, case, epoch) for epoch in range(2, int(rounds) + 2)]
    row: dict[str, Any] = {"dlexp_seconds": statistics.median(seconds["dlexp"] for seconds in every)}
    for name in OTHERS:
        # The median over the rounds: a slow moment of the machine hits both.
        times = [seconds[name] / seconds["dlexp"] for seconds in every if name in seconds]
        row[f"{name}_times"] = statistics.median(times) if times else ""
    return row | {f"{name}_loss": f"{losses[name]:.6f}" if name in losses else "" for name in ("dlexp", *OTHERS)}


def _in_turn(trained: Mapping[str, Competitor], case: Case, epoch: int) -> dict[str, float]:
    """Seconds that each takes for an epoch; what only brings the examples in their order is not counted."""
    seconds = {}
    for name, competitor in trained.items():
        competitor.prepare(case.order(epoch))
        clock = time.perf_counter()
        competitor.train_epoch()
        seconds[name] = time.perf_counter() - clock
    return seconds


if __name__ == "__main__":
    main()
