"""Seconds of one training epoch, and the loss of the first: dlexp beside Keras's `fit`, PyTorch and scikit-learn.

Everyone trains the same layers on the same examples with Adam and the same batch size. Keras and PyTorch begin with the
same weights and take the examples in the same order, too: their losses show that they compute the same thing, and
Keras's has to be equal within 1e-4. scikit-learn draws both itself. Keras's `fit` is as it is by default, on dense
vectors where dlexp has sparse ones, with the accuracy that dlexp computes too. PyTorch is as one writes it who wants it
fast: EmbeddingBag for words and for their average, a fused Adam, batches cut from arrays in memory. It takes part where
it is installed.

An epoch at a time, in turn; the first of each, which compiles, is not counted. One process for each number of threads.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from dlexp.training.threads import VARIABLES

THREADS = (1, 2)
#: The largest difference between the losses of dlexp and Keras in the first epoch, as a share.
TOLERANCE = 1e-4


def measure(rounds: int) -> list[dict[str, Any]]:
    """A row for each model and number of threads: the seconds of dlexp, and how many times longer others take."""
    return [row for threads in THREADS for row in in_a_process(threads, rounds)]


def in_a_process(threads: int, rounds: int, names: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The rows of one number of threads, measured in a process of their own; of all models if none is named."""
    command = [sys.executable, "-m", "benchmarks.zoo", str(threads), str(rounds), *names]
    # What numpy's BLAS and OpenMP read as they are loaded.
    environment = os.environ | {variable: str(threads) for variable in VARIABLES}
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    rows: list[dict[str, Any]] = json.loads(said.stdout.splitlines()[-1])
    return rows


def violations(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The rows in which dlexp does not compute what Keras does."""
    return [
        f"{row['model']}, threads {row['threads']}: loss {row['dlexp_loss']} and Keras's {row['keras_loss']}"
        for row in rows
        if abs(float(row["dlexp_loss"]) / float(row["keras_loss"]) - 1) > TOLERANCE
    ]
