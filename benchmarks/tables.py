"""Seconds until a user's own large CSV file is read, split and encoded, beside what else one would write.

A million rows of eight numbers, a category and a class. `script` is pandas, scikit-learn and nothing else: it reads,
draws the test split by class, encodes the category and standardizes; it looks for no mistake in the file.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.clock import in_turn, medians
from dlexp.components.datasets import Csv

N_ROWS, N_NUMBERS = 1_000_000, 8


def measure(rounds: int) -> list[dict[str, Any]]:
    """Median seconds of each way, and how many times those of dlexp."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        _write(path)
        megabytes = path.stat().st_size / 1e6
        ways = {
            "dlexp": lambda _: Csv(path=str(path), target="y", task="binary").load(None),
            "script": lambda _: _script(path),
            "pandas.read_csv alone": lambda _: pd.read_csv(path),
        }
        seconds = medians(in_turn(ways, rounds))
    return [
        {"way": way, "megabytes": megabytes, "seconds": each, "times_dlexp": each / seconds["dlexp"]}
        for way, each in seconds.items()
    ]


def _write(path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N_ROWS, N_NUMBERS)) * 10.0 ** np.arange(-2, N_NUMBERS - 2)
    frame = pd.DataFrame({f"x{k}": np.round(x[:, k], 5 - k) if k < 5 else x[:, k].round(3) for k in range(N_NUMBERS)})
    frame["city"] = rng.choice(["Aachen", "Bonn", "Bremen", "Essen", "Ulm"], N_ROWS)
    frame["y"] = np.where(x[:, 0] / 0.01 + rng.normal(size=N_ROWS) > 0, "yes", "no")
    frame.to_csv(path, index=False)


def _script(path: Path) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import LabelEncoder, OneHotEncoder, StandardScaler

    frame = pd.read_csv(path)
    y = LabelEncoder().fit_transform(frame.pop("y"))
    train, test, y_train, y_test = train_test_split(frame, y, test_size=0.2, stratify=y, random_state=0)
    numbers = [f"x{k}" for k in range(N_NUMBERS)]
    encoder = make_column_transformer((StandardScaler(), numbers), (OneHotEncoder(), ["city"]))
    x_train = encoder.fit_transform(train).astype(np.float32)
    return x_train, encoder.transform(test).astype(np.float32), y_train, y_test
