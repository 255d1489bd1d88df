"""Seconds of one training epoch on the same sparse reviews or newswires: dlexp beside what else people would use.

Every competitor trains the course's layers with Adam, batch 512, one thread, on the same CSR matrix (dense float32 for
Keras's `fit`), and is asked for one epoch at a time, in turn, so that a slow moment of the machine hits all of them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.clock import in_turn, medians
from dlexp.training.threads import set_threads

set_threads(1)

from dlexp.config.experiment import Experiment  # noqa: E402
from dlexp.config.load import load  # noqa: E402
from dlexp.training.loop import Trainer, order_of  # noqa: E402
from dlexp.training.network import build  # noqa: E402
from dlexp.training.splits import Splits, split  # noqa: E402

CONFIGS = Path(__file__).parents[1] / "configs"
BATCH = 512

#: Trains one more epoch; is given its number.
OneMoreEpoch = Callable[[int], Any]


def measure(rounds: int) -> list[dict[str, Any]]:
    """Median seconds of an epoch of every competitor that is installed, and the ratio to dlexp's."""
    return [row for dataset in ("imdb", "reuters") for row in _rows(dataset, rounds)]


def _rows(dataset: str, rounds: int) -> list[dict[str, Any]]:
    experiment = load(CONFIGS / f"{dataset}_adam.yaml").experiment
    splits = split(experiment, experiment.dataset.load(None))
    trainers = {"dlexp": _dlexp(experiment, splits), "scikit-learn MLPClassifier": _sklearn(experiment, splits)}
    if (torch_trainer := _torch(experiment, splits)) is not None:
        trainers["PyTorch EmbeddingBag"] = torch_trainer
    trainers["Keras fit, dense float32"] = _keras(experiment, splits)
    seconds = medians(in_turn(trainers, rounds))
    return [
        {"data": dataset, "what": name, "epoch_seconds": value, "times_dlexp": value / seconds["dlexp"]}
        for name, value in seconds.items()
    ]


def _dlexp(experiment: Experiment, splits: Splits) -> OneMoreEpoch:
    network = build(experiment, experiment.dataset.info(), splits.train, seed=0)
    trainer = Trainer(network, experiment.optimizer.build(), splits.train, BATCH)
    return lambda epoch: trainer.train_epoch(order_of(0, epoch, len(splits.train)))


def _keras(experiment: Experiment, splits: Splits) -> OneMoreEpoch:
    network = build(experiment, experiment.dataset.info(), splits.train, seed=0)
    loss = "binary_crossentropy" if experiment.head.type == "binary" else "sparse_categorical_crossentropy"
    network.model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    x, y = splits.train.x.toarray(), splits.train.y
    return lambda epoch: network.model.fit(x, y, batch_size=BATCH, epochs=1, verbose=0)


def _sklearn(experiment: Experiment, splits: Splits) -> OneMoreEpoch:
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(tuple(experiment.model.hidden), batch_size=BATCH, solver="adam", random_state=0, alpha=0.0)
    classes = np.unique(splits.train.y)
    return lambda epoch: model.partial_fit(splits.train.x, splits.train.y, classes=classes)


def _torch(experiment: Experiment, splits: Splits) -> OneMoreEpoch | None:
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    x, units = splits.train.x, experiment.model.hidden
    n_outputs = experiment.head.units or 1
    bag = torch.nn.EmbeddingBag(x.shape[1], units[0], mode="sum")
    rest = torch.nn.Sequential(
        torch.nn.ReLU(), torch.nn.Linear(units[0], units[1]), torch.nn.ReLU(), torch.nn.Linear(units[1], n_outputs)
    )
    optimizer = torch.optim.Adam([*bag.parameters(), *rest.parameters()], fused=True)
    is_binary = n_outputs == 1
    loss_of = torch.nn.BCEWithLogitsLoss() if is_binary else torch.nn.CrossEntropyLoss()
    y = torch.tensor(splits.train.y, dtype=torch.float32 if is_binary else torch.int64)

    def train(epoch: int) -> None:
        order = order_of(0, epoch, len(splits.train))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            batch = x[rows]
            words, offsets = torch.from_numpy(batch.indices), torch.from_numpy(batch.indptr[:-1])
            logits = rest(bag(words, offsets))
            loss = loss_of(logits[:, 0] if is_binary else logits, y[torch.from_numpy(rows)])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return train
