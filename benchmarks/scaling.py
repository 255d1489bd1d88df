"""Time and memory against the documents, the vocabulary and the width of the first layer, on generated texts.

Each point is a process of its own (`python -m benchmarks.scaling DOCUMENTS VOCABULARY WIDTH`), on sparse rows as dlexp
trains them, and where a dense matrix takes no more than a gigabyte on that too: by the same loop, so that the product
alone differs.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

#: Words of a document, repeated ones included: with these a tenth of a thousand words occur, as in IMDB.
WORDS = 200
BASE = {"documents": 10_000, "vocabulary": 10_000, "width": 16}
AXES = {
    "documents": (1_000, 3_000, 10_000, 30_000, 100_000),
    "vocabulary": (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000),
    "width": (16, 64, 256, 1024),
}
MAX_DENSE_BYTES = 10**9


def measure(rounds: int) -> list[dict[str, Any]]:
    """Median seconds of an epoch and the process's peak memory at every point of the three axes."""
    known: dict[tuple[int, ...], dict[str, Any]] = {}
    rows = []
    for axis, values in AXES.items():
        for value in values:
            point = BASE | {axis: value}
            key = tuple(point.values())
            if key not in known:
                known[key] = _measured(key, rounds)
            rows.append({"axis": axis, **point, **known[key]})
    return rows


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """A column of panels for each axis: seconds above, memory below; both scales logarithmic."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 6), layout="constrained")
    panels = figure.subplots(2, len(AXES), sharex="col", sharey="row")
    for column, axis in enumerate(AXES):
        of_axis = [row for row in rows if row["axis"] == axis]
        for i, quantity in enumerate(("epoch_seconds", "peak_gb")):
            axes = panels[i][column]
            for prefix, style in (("", "o-"), ("dense_", "s--")):
                known = [(row[axis], row[prefix + quantity]) for row in of_axis if row[prefix + quantity] != ""]
                axes.loglog(*zip(*known, strict=True), style, label=prefix.rstrip("_") or "sparse")
            axes.grid(alpha=0.25)
            axes.set_ylabel(quantity if column == 0 else "")
        panels[1][column].set_xlabel(axis)
    panels[0][0].legend()
    figure.savefig(path)


def _measured(point: tuple[int, ...], rounds: int) -> dict[str, Any]:
    sparse = _in_a_process(point, rounds, "sparse")
    n_documents, vocabulary, _ = point
    dense = {"epoch_seconds": "", "peak_gb": ""}
    if 4 * n_documents * vocabulary <= MAX_DENSE_BYTES:
        dense = _in_a_process(point, rounds, "dense")
    return {**sparse, "dense_epoch_seconds": dense["epoch_seconds"], "dense_peak_gb": dense["peak_gb"]}


def _in_a_process(point: tuple[int, ...], rounds: int, how: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.scaling", *map(str, point), str(rounds), how]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    found: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    return found


def _train(n_documents: int, vocabulary: int, width: int, rounds: int, how: str) -> dict[str, float]:
    """One point, in this process."""
    from dlexp.training.threads import set_threads

    set_threads(1)
    import numpy as np
    from scipy.sparse import csr_array

    from dlexp.components.data import Split
    from dlexp.config.load import load
    from dlexp.training.loop import Trainer, order_of
    from dlexp.training.network import build

    overrides = [f"dataset.num_words={vocabulary}", f"model.hidden=[{width}, 16]"]
    experiment = load("configs/imdb_adam.yaml", overrides).experiment
    generator = np.random.default_rng(0)
    # Zipf's law: a word's frequency falls with its rank.
    words = (vocabulary ** generator.random(n_documents * WORDS)).astype(np.int32) - 1
    row_starts = np.arange(n_documents + 1, dtype=np.int32) * WORDS
    x = csr_array((np.ones(len(words), np.float32), words, row_starts), shape=(n_documents, vocabulary))
    x.sum_duplicates()
    x.data.fill(1)
    density = x.nnz / (n_documents * vocabulary)
    y = generator.integers(0, 2, n_documents, np.int32)
    info = experiment.dataset.info()
    if how == "dense":
        x, info = x.toarray(), replace(info, inputs="numeric")
    train = Split(x, y)
    trainer = Trainer(build(experiment, info, train, seed=0), experiment.optimizer.build(), train, 512)
    seconds = []
    for epoch in range(1, rounds + 2):
        order = order_of(0, epoch, n_documents)
        clock = time.perf_counter()
        trainer.train_epoch(order)
        seconds.append(time.perf_counter() - clock)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"density": density, "epoch_seconds": statistics.median(seconds[1:]), "peak_gb": peak}


if __name__ == "__main__":
    *numbers, how = sys.argv[1:]
    print(json.dumps(_train(*map(int, numbers), how)))
