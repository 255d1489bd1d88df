"""Seconds and memory until a user's own large CSV file is read, split and encoded, beside what else one would write.

500,000 rows of 20 numbers, some of them missing, a category and a class. `script` is pandas, scikit-learn and nothing
else: it reads, draws the test split by class, fills gaps, encodes the category and standardizes; it looks for no
mistake in the file. `again` is dlexp the second time, from its cache. Seconds are of the processor, the least of all
rounds; memory is what a process of its own takes at most beyond its imports, as a multiple of the float32 array.
"""

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.clock import in_turn
from dlexp.components.datasets import Csv

N_ROWS, N_NUMBERS, N_CITIES = 500_000, 20, 5
#: The numbers and the category, in float32.
ARRAY_BYTES = N_ROWS * (N_NUMBERS + N_CITIES) * 4


def measure(rounds: int) -> list[dict[str, Any]]:
    """Each way, and how many times the seconds of `pandas.read_csv` it takes, by its C engine."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        _write(path)
        os.environ["DLEXP_CACHE"] = str(Path(folder) / "cache")
        ways: dict[str, Callable[[Path], Any]] = {
            "pandas.read_csv": pd.read_csv,
            "dlexp": _fresh,
            "dlexp again": _load,
            "script": _script,
        }
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        in_turn({way: lambda _, way=way: seconds[way].append(_cpu(ways[way], path)) for way in ways}, rounds)
        least = {way: min(each[1:]) for way, each in seconds.items()}
        with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
            peaks = {way: pool.apply(_peak, (run, path)) for way, run in ways.items()}
        return [
            {
                "way": way,
                "megabytes": path.stat().st_size / 1e6,
                "seconds": least[way],
                "times_read_csv": least[way] / least["pandas.read_csv"],
                "memory_of_array": peaks[way] / ARRAY_BYTES,
            }
            for way in ways
        ]


def _write(path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N_ROWS, N_NUMBERS))
    columns = {f"x{k}": np.round(x[:, k] * 10.0 ** (k % 4), 5 - k % 4) for k in range(14)}
    columns |= {f"x{k}": rng.integers(0, 10 ** (k - 13), N_ROWS) for k in range(14, 18)}
    columns |= {f"x{k}": np.where(rng.random(N_ROWS) < 0.01, np.nan, np.round(x[:, k] * 10, 3)) for k in (18, 19)}
    frame = pd.DataFrame(columns)
    frame["city"] = rng.choice(["Aachen", "Bonn", "Bremen", "Essen", "Ulm"], N_ROWS)
    frame["y"] = np.where(x[:, 0] + rng.normal(size=N_ROWS) > 0, "yes", "no")
    frame.to_csv(path, index=False)


def _cpu(way: Callable[[Path], Any], path: Path) -> float:
    start = time.process_time()
    way(path)
    return time.process_time() - start


def _peak(way: Callable[[Path], Any], path: Path) -> float:
    """Bytes that this process takes at most beyond what it has; a small file first brings in all that is imported."""
    small = path.with_name("small.csv")
    with path.open() as file:
        small.write_text("".join(file.readline() for _ in range(1000)))
    way(small)
    before = _most_bytes()
    way(path)
    return _most_bytes() - before


def _most_bytes() -> int:
    """What this process has taken at most: not as `getrusage`, which counts the process that started it, too."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return 1024 * int(status["VmHWM"].split()[0])


def _load(path: Path) -> Any:
    return Csv(path=str(path), target="y", task="binary", missing="mean").load(None)


def _fresh(path: Path) -> Any:
    cache, os.environ["DLEXP_CACHE"] = os.environ["DLEXP_CACHE"], "none"
    data = _load(path)
    os.environ["DLEXP_CACHE"] = cache
    return data


def _script(path: Path) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import LabelEncoder, OneHotEncoder, StandardScaler

    frame = pd.read_csv(path)
    y = LabelEncoder().fit_transform(frame.pop("y"))
    train, test, y_train, y_test = train_test_split(frame, y, test_size=0.2, stratify=y, random_state=0)
    numbers = [f"x{k}" for k in range(N_NUMBERS)]
    scaled = make_pipeline(SimpleImputer(), StandardScaler())
    encoder = make_column_transformer((scaled, numbers), (OneHotEncoder(), ["city"]))
    x_train = encoder.fit_transform(train).astype(np.float32)
    return x_train, encoder.transform(test).astype(np.float32), y_train, y_test
