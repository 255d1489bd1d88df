"""Whole processes in turn: the slides' own script against `dlexp run`, with wall seconds and peak memory."""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any


def measure(rounds: int) -> list[dict[str, Any]]:
    """Median wall seconds and largest peak memory of a process, and the ratio to dlexp's."""
    return [row for dataset in ("imdb", "reuters") for row in _rows(dataset, rounds)]


def _rows(dataset: str, rounds: int) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        run = [sys.executable, "-m", "dlexp", "run", f"configs/{dataset}_adam.yaml", "--force", "--runs-dir", folder]
        commands = {
            "dlexp run": run,
            "the slides' script": [sys.executable, "-m", "benchmarks.slides", dataset, "adam"],
        }
        timed([*run, "--set", "training.epochs=1"])  # So that the files are in memory, and the encoded data is kept.
        results: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                results[name].append(timed(command))
    seconds = {name: statistics.median(each for each, _ in values) for name, values in results.items()}
    return [
        {
            "data": dataset,
            "what": name,
            "seconds": seconds[name],
            "times_dlexp": seconds[name] / seconds["dlexp run"],
            "peak_gb": max(peak for _, peak in values),
        }
        for name, values in results.items()
    ]


def timed(command: list[str]) -> tuple[float, float]:
    """Wall seconds of a command that has to succeed, and gigabytes of the largest of its processes."""
    # A process of its own, so that the peak of children is that of this command alone.
    program = f"import {__name__} as b, json; print(json.dumps(b.run_and_weigh({command!r})))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    seconds, peak = json.loads(said.stdout.splitlines()[-1])
    return seconds, peak


def run_and_weigh(command: list[str]) -> tuple[float, float]:
    """Run a command in this process's only child: wall seconds, peak gigabytes."""
    clock = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    seconds = time.perf_counter() - clock
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
