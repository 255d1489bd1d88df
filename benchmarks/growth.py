"""What a run takes as what it is asked for grows, in seconds of the processor and memory: nothing more than linear.

Along the first three axes an epoch of `imdb_adam` on generated texts; along the others a command as a whole: `dlexp
run` with so many epochs (iris), rows (ten numbers each, from an .npz archive or a CSV file, two epochs) and seeds
(digits, one epoch each, one worker), and `dlexp show` of the runs with so many epochs. `microseconds_each` is what one
more takes, counted from the point before: where that does not rise, the growth is linear.
"""

import itertools
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.scale import of_process

#: Words of a document, repeated ones included: with these a tenth of a thousand words occur, as in IMDB.
WORDS = 200
TEXTS = {"documents": 10_000, "vocabulary": 10_000, "width": 16}
AXES = {
    "documents": (1_000, 10_000, 100_000),
    "vocabulary": (1_000, 10_000, 100_000),
    "width": (16, 128, 1_024),
    "epochs": (100, 1_000, 10_000),
    "epochs shown": (100, 1_000, 10_000),
    "rows of an archive": (50_000, 500_000, 5_000_000),
    "rows of a CSV file": (5_000, 50_000, 500_000),
    "seeds": (2, 20, 200),
}
COLUMNS = 10
DLEXP = (sys.executable, "-m", "dlexp")


def measure(rounds: int) -> list[dict[str, Any]]:
    """The median seconds and the largest peak of every point."""
    with tempfile.TemporaryDirectory() as folder:
        return [
            {"axis": axis, **row}
            for axis, values in AXES.items()
            for row in _with_slopes([(n, *_repeated(_point(axis, n, Path(folder)), rounds)) for n in values])
        ]


def _repeated(once: Callable[[], tuple[float, float]], rounds: int) -> tuple[float, float]:
    seconds, megabytes = zip(*(once() for _ in range(rounds)), strict=True)
    return statistics.median(seconds), max(megabytes)


def _with_slopes(points: list[tuple[int, float, float]]) -> Iterator[dict[str, Any]]:
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) * 1e6 for a, b in itertools.pairwise(points)]
    for (n, seconds, megabytes), slope in zip(points, ["", *slopes], strict=True):
        yield {"n": n, "seconds": seconds, "microseconds_each": slope, "peak_gb": megabytes / 1e3}


def _point(axis: str, n: int, folder: Path) -> Callable[[], tuple[float, float]]:
    """What measures it once: seconds of the processor, megabytes."""
    runs = ("--runs-dir", str(folder / f"{axis} {n}"))
    match axis:
        case "epochs":
            config = _config(folder / "iris.yaml", f"dataset: iris\ntraining: {{epochs: {n}}}\n")
            return lambda: of_process([*DLEXP, "run", config, "--force", *runs])
        case "epochs shown":
            return lambda: of_process([*DLEXP, "show", "iris", "--runs-dir", str(folder / f"epochs {n}")])
        case "rows of an archive" | "rows of a CSV file":
            config = _rows(n, folder, "npz" if "archive" in axis else "csv")
            return lambda: of_process([*DLEXP, "run", config, "--force", *runs])
        case "seeds":
            options = ("--set", "training.epochs=1", "--seeds", str(n), "--workers", "1", "--force")
            return lambda: of_process([*DLEXP, "run", "configs/digits_adam.yaml", *options, *runs])
    point = TEXTS | {axis: n}
    return lambda: _texts(*point.values())


def _config(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def _rows(n: int, folder: Path, kind: str) -> str:
    """A config of a table of ten numbers and a class, whose file is written."""
    import numpy as np

    generator = np.random.default_rng(0)
    x = generator.standard_normal((n, COLUMNS), np.float32)
    y = (x @ generator.standard_normal(COLUMNS) > 0).astype(np.int64)
    path, cut = folder / f"{n}.{kind}", n * 4 // 5
    if kind == "npz":
        np.savez(path, x_train=x[:cut], y_train=y[:cut], x_test=x[cut:], y_test=y[cut:])
        dataset = f"{{type: npz, path: {path}, task: binary}}"
    else:
        import pandas

        pandas.DataFrame(x).add_prefix("x").assign(target=y).to_csv(path, index=False)
        dataset = f"{{type: csv, path: {path}, target: target, task: binary}}"
    training = "model: {hidden: [32, 32]}\ntraining: {epochs: 2, batch_size: 4096}\n"
    return _config(folder / f"{kind}_{n}.yaml", f"dataset: {dataset}\n{training}")


def _texts(*point: int) -> tuple[float, float]:
    """An epoch on generated texts, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.growth", *map(str, point)]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    seconds, megabytes = json.loads(said.stdout.splitlines()[-1])
    return seconds, megabytes


def _train(n_documents: int, vocabulary: int, width: int, epochs: int = 3) -> tuple[float, float]:
    """One point of the texts, in this process: the median of its epochs, without the first, which compiles."""
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
    train = Split(x, generator.integers(0, 2, n_documents, np.int32))
    network = build(experiment, experiment.dataset.info(), train, seed=0)
    trainer = Trainer(network, experiment.optimizer.build(), train, 512)
    seconds = []
    for epoch in range(1, epochs + 2):
        order = order_of(0, epoch, n_documents)
        clock = time.process_time()
        trainer.train_epoch(order)
        seconds.append(time.process_time() - clock)
    return statistics.median(seconds[1:]), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """A column of panels for each axis: seconds above, memory below; both scales logarithmic, slope 1 dotted."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2.4 * len(AXES), 5), layout="constrained")
    panels = figure.subplots(2, len(AXES), sharex="col", sharey="row")
    for column, axis in enumerate(AXES):
        of_axis = [row for row in rows if row["axis"] == axis]
        n = [row["n"] for row in of_axis]
        for axes, quantity in zip(panels[:, column], ("seconds", "peak_gb"), strict=True):
            values = [row[quantity] for row in of_axis]
            axes.loglog(n, [values[-1] * each / n[-1] for each in n], ":", color="0.6")
            axes.loglog(n, values, "o-")
            axes.grid(alpha=0.25)
            axes.set_ylabel(quantity if column == 0 else "")
        panels[1, column].set_xlabel(axis)
    panels[0, 0].set_ylim(0.002, 500)
    panels[1, 0].set_ylim(0.03, 5)
    figure.savefig(path)


if __name__ == "__main__":
    print(json.dumps(_train(*map(int, sys.argv[1:]))))
