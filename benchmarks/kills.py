"""Runs killed at epoch boundaries and at random moments, gone on with until they finish, against the same left alone.

Each line of the table is one optimizer with one kind of model and one ending: how often it was killed, how often of
that as soon as an epoch's row was written, how often a kill left a checkpoint that was gone on from, and whether
history and weights came out to the byte.
"""

import itertools
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Literal

from dlexp.records.index import read
from dlexp.records.run_dir import RunDir
from dlexp.reports.verification.facts import weights

OPTIMIZERS = {
    "momentum": "{type: sgd, momentum: 0.9}",
    "rmsprop": "rmsprop",
    "adam": "adam",
    "adamw": "{type: adamw, weight_decay: 0.01}",
}
MODELS = {
    "dropout": "dataset: digits\nmodel: {hidden: [64], dropout: 0.5}\n",
    "batch normalization": "dataset: digits\nmodel: {hidden: [64], normalization: batch}\n",
    "embedding": "dataset: {type: reviews, n_train: 2000, encoding: padded, maxlen: 50}\nmodel: embedding\n",
    "sparse text": "dataset: {type: newswires, n_train: 4000}\nmodel: {hidden: [64, 64], dropout: 0.2}\n",
}
ENDINGS = {
    "schedule": "schedule: {type: cosine, warmup_epochs: 2}",
    "early stopping": "early_stopping: {monitor: loss, patience: 1000}",
}
#: So many that a training lasts some seconds.
EPOCHS = {"dropout": 1000, "batch normalization": 700, "embedding": 100, "sparse text": 200}
#: What `dlexp run` does in its worker, in one process; checkpoints are saved more often than a user's, so that even
#: short runs are gone on with.
SCRIPT = """
import sys
from pathlib import Path
from dlexp.config.load import load
from dlexp.execution.execute import execute
from dlexp.execution.plan import Request
from dlexp.execution.planning import plan
from dlexp.reports.run.curves import CURVES
from dlexp.training import checkpoint

checkpoint.SECONDS_BETWEEN = 0.2
checkpoint.LARGEST_SHARE = 0.5
request = Request(wanted=[(load(Path("run.yaml")).experiment, [0])], runs_dir=Path(sys.argv[1]))
for job in plan(request).jobs([CURVES]):
    execute(job)
"""


def measure(kills: int) -> list[dict[str, object]]:
    """A row for each combination, the kills spread evenly over them."""
    combinations = list(itertools.product(OPTIMIZERS, MODELS, ENDINGS))
    draw = random.Random(0)
    rows = []
    for i, combination in enumerate(combinations):
        n = kills // len(combinations) + (i < kills % len(combinations))
        names = dict(zip(("optimizer", "model", "ending"), combination, strict=True))
        rows.append(names | _killed(combination, n, draw))
        print(*rows[-1].values(), sep=", ", flush=True)
    return rows


def _killed(combination: tuple[str, str, str], kills: int, draw: random.Random) -> dict[str, object]:
    optimizer, model, ending = combination
    with tempfile.TemporaryDirectory() as folder:
        training = f"{{epochs: {EPOCHS[model]}, {ENDINGS[ending]}}}"
        text = f"{MODELS[model]}optimizer: {OPTIMIZERS[optimizer]}\ntraining: {training}\n"
        Path(folder, "run.yaml").write_text(text)
        _start(folder, "whole").wait()
        done = [_kill(_start(folder, "killed"), Path(folder), draw) for _ in range(kills)]
        _start(folder, "killed").wait()
        whole, killed = (RunDir(next(Path(folder, runs_dir, "run").iterdir())) for runs_dir in ("whole", "killed"))
        resumed = read(killed).result.resumed_after
        is_exact = _rows(whole) == _rows(killed) and weights(whole.model_path) == weights(killed.model_path)
    at_boundaries = done.count("boundary")
    return {
        "kills": at_boundaries + done.count("random"),
        "at_boundaries": at_boundaries,
        "gone_on": len(resumed),
        "exact": is_exact,
    }


def _kill(
    process: "subprocess.Popen[bytes]", folder: Path, draw: random.Random
) -> Literal["boundary", "random", "none"]:
    """Kill it: two times in five as soon as an epoch ends, two some time later, one whenever; none if it was done."""
    started = time.monotonic()
    at_boundary = draw.random() < 0.4
    trains_by = 0.0 if at_boundary else draw.uniform(0, 1)
    latest = draw.uniform(0, 6) if not at_boundary and draw.random() < 1 / 3 else None
    size = _history_size(folder)
    while process.poll() is None:
        if latest is not None and time.monotonic() - started > latest:
            break
        if _history_size(folder) > size:
            time.sleep(trains_by)
            break
        time.sleep(0.001)
    if process.poll() is not None:
        return "none"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return "boundary" if at_boundary else "random"


def _history_size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("killed/*/*/history.csv"))


def _start(folder: str, runs_dir: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", SCRIPT, runs_dir]
    return subprocess.Popen(
        command, cwd=folder, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _rows(run_dir: RunDir) -> list[list[str]]:
    rows = [line.split(",") for line in run_dir.history_path.read_text(encoding="utf-8").splitlines()]
    return [[row[0], *row[2:]] for row in rows]
