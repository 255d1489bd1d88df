"""Seconds until a command that trains nothing is done, and until encoded data is loaded again.

The run directories are generated: 5 seeds each of as many experiments as that takes, 20 experiments a name.
"""

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dlexp.components.datasets import Imdb
from dlexp.config.load import load
from dlexp.config.problems import ConfigError
from tests.make_runs import changed, finished
from tests.test_yaml_source import BOMBS

#: What the light commands cannot do without.
IMPORTS = "import typer, rich.console, yaml, pydantic"
#: Run directories that are generated, and the most seconds that `ls` and `compare` may take over them.
FOLDERS = {10: 0.8, 1_000: 1.5, 10_000: 8.0}
SEEDS = 5


def measure(rounds: int) -> list[dict[str, Any]]:
    """Median wall seconds of every command, as a process of its own, and the seconds it may take."""
    imports = _seconds([sys.executable, "-c", IMPORTS], rounds)
    check = ["check", "configs/imdb_adam.yaml"]
    rows = [
        {"what": IMPORTS, "seconds": imports, "at_most": ""},
        _row("--help", ["--help"], imports, rounds),
        _row("list", ["list"], 2.0 * imports, rounds),
        _row(" ".join(check), check, 2.4 * imports, rounds),
    ]
    with tempfile.TemporaryDirectory() as folder:
        for n, at_most in FOLDERS.items():
            runs_dir = Path(folder) / str(n)
            _generate(runs_dir, n)
            for command in ("ls", "compare"):
                rows.append(_row(f"{command}, {n:,} runs", [command, "--runs-dir", str(runs_dir)], at_most, rounds))
    rows.append({"what": "load IMDB again", "seconds": _loading(rounds), "at_most": 0.3})
    os.environ["DLEXP_CACHE"] = "none"
    rows.append({"what": "load IMDB without the cache", "seconds": _loading(rounds), "at_most": ""})
    return [*rows, {"what": "refuse the slowest malicious config", "seconds": _slowest_refusal(rounds), "at_most": 1.0}]


def _row(what: str, arguments: Sequence[str], at_most: float, rounds: int) -> dict[str, Any]:
    seconds = _seconds([sys.executable, "-m", "dlexp", *arguments], rounds)
    return {"what": what, "seconds": seconds, "at_most": at_most}


def _seconds(command: Sequence[str], rounds: int) -> float:
    seconds = []
    for _ in range(rounds + 1):  # The first one finds files that are not in memory, and no compiled code.
        clock = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        seconds.append(time.perf_counter() - clock)
    return statistics.median(seconds[1:])


def _loading(rounds: int) -> float:
    seconds = []
    for _ in range(rounds + 1):  # The first one fills the cache.
        clock = time.perf_counter()
        Imdb().load(None)
        seconds.append(time.perf_counter() - clock)
    return statistics.median(seconds[1:])


def _slowest_refusal(rounds: int) -> float:
    """Of configs made to be slow, the largest that are read at all, the slowest one's median."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"

        def refused(content: str) -> float:
            path.write_text(content)
            clock = time.perf_counter()
            with contextlib.suppress(ConfigError):
                load(path)
            return time.perf_counter() - clock

        return max(statistics.median(refused(content) for _ in range(rounds)) for content in BOMBS.values())


def _generate(runs_dir: Path, n: int) -> None:
    layers = [{"name": f"hidden_{i}", "type": "Dense", "output_shape": [64], "parameters": 4160} for i in range(4)]
    mistakes = [{"position": i, "target": 1, "predicted": 0, "probability": 0.99} for i in range(10)]
    for i in range(n):
        experiment, seed = divmod(i, SEEDS)
        config = changed(optimizer={"learning_rate": 0.001 * (1 + experiment)})
        accuracy = 0.8 + 0.1 * (i * 7919 % 1000) / 1000
        finished(runs_dir, f"experiment_{experiment // 20}", seed, accuracy, config, layers=layers, mistakes=mistakes)
