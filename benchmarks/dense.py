"""Seconds of one training epoch on dense tables and padded texts: dlexp beside a bare Keras `fit` of the same model.

Both train in this process, one thread, the same layers, optimizer and batch size; `fit` as it is by default, with the
accuracy that dlexp records too. In turn, an epoch at a time, so that a slow moment of the machine hits both.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.clock import in_turn, medians
from dlexp.training.threads import set_threads

set_threads(1)

import keras  # noqa: E402

from dlexp.components.data import Split  # noqa: E402
from dlexp.config.experiment import Experiment  # noqa: E402
from dlexp.config.load import load  # noqa: E402
from dlexp.training.loop import Trainer, order_of  # noqa: E402
from dlexp.training.network import build  # noqa: E402
from dlexp.training.splits import split  # noqa: E402

CONFIGS = Path(__file__).parents[1] / "configs"

#: (examples, pixels, classes): Fashion-MNIST's; the values are made up, which no epoch's time depends on.
TABLE = 60_000, 784, 10


def measure(rounds: int) -> list[dict[str, Any]]:
    """Median seconds of an epoch of both, for every case, and how many times longer `fit` takes."""
    return [row for name, experiment, train in _cases() for row in _rows(name, experiment, train, rounds)]


def _cases() -> Iterator[tuple[str, Experiment, Split]]:
    for config, overrides in (
        ("digits_adam", []),
        ("digits_adam", ["dataset=iris"]),
        ("imdb_embedding", []),
    ):
        experiment = load(CONFIGS / f"{config}.yaml", overrides).experiment
        train = split(experiment, experiment.dataset.load(None)).train
        yield f"{experiment.dataset.type}, {experiment.model.type}", experiment, train
    n, n_pixels, n_classes = TABLE
    overrides = ["dataset=fashion_mnist", "training.batch_size=128"]
    experiment = load(CONFIGS / "digits_adam.yaml", overrides).experiment
    generator = np.random.default_rng(0)
    x = generator.random((n, n_pixels), np.float32)
    yield f"{n:,} x {n_pixels}, mlp", experiment, Split(x, generator.integers(0, n_classes, n, np.int32))


def _rows(name: str, experiment: Experiment, train: Split, rounds: int) -> list[dict[str, Any]]:
    info, batch_size = experiment.dataset.info(), experiment.training.batch_size
    network = build(experiment, info, train, seed=0)
    trainer = Trainer(network, experiment.optimizer.build(), train, batch_size)
    bare = build(experiment, info, train, seed=0).model
    loss = "binary_crossentropy" if experiment.head.type == "binary" else "sparse_categorical_crossentropy"
    settings = experiment.optimizer.model_dump(exclude={"type"})
    optimizer = getattr(keras.optimizers, type(experiment.optimizer).__name__)(**settings)  # None of our kernels in it.
    bare.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"])
    seconds = medians(
        in_turn(
            {
                "dlexp": lambda epoch: trainer.train_epoch(order_of(0, epoch, len(train))),
                "Keras fit": lambda epoch: bare.fit(train.x, train.y, batch_size=batch_size, epochs=1, verbose=0),
            },
            rounds,
        )
    )
    steps = -(-len(train) // batch_size)
    return [
        {"data": name, "steps": steps, "what": what, "epoch_seconds": value, "times_dlexp": value / seconds["dlexp"]}
        for what, value in seconds.items()
    ]
