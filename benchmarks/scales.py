"""How far the unit of the features or of the target moves a test score, beside how far another seed moves it.

Each model and head learns the same numbers in 15 units, from 1e-30 to 1e30 of the first one. `score` is r2 of numbers
and the accuracy of classes in that one, `seeds` its standard deviation over seeds. The other columns say how far the
farthest unit moves it: one of all features, or of the target; of 5 units, one of some features (one as it is, one in
the unit, one in the unit and with an offset of 1,000 standard deviations). `in_keras` is what the largest and the
smallest unit move, by what Keras alone predicts with the saved model.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from dlexp.training.threads import set_threads

set_threads(1)

import keras  # noqa: E402

from dlexp.config.checks import completed  # noqa: E402
from dlexp.config.load import load  # noqa: E402
from dlexp.training.loop import Evaluator, Trainer, order_of  # noqa: E402
from dlexp.training.network import Network, build  # noqa: E402
from dlexp.training.scores import scored  # noqa: E402
from dlexp.training.splits import Splits, split  # noqa: E402

FACTORS = (1.0, 1e-30, 1e-25, 1e-20, 1e-12, 1e-9, 1e-6, 1e-3, 1e3, 1e6, 1e12, 1e18, 1e20, 1e25, 1e30)
#: Where some features have another unit.
FEW_FACTORS = (1.0, 1e-30, 1e-12, 1e12, 1e30)
EPOCHS = 20
N_TRAIN, N_TEST = 240, 100
#: What has another unit.
Unit = Literal["features", "some_features", "target"]
UNITS: tuple[Unit, ...] = ("features", "some_features", "target")

MODELS = {
    "mlp": "{hidden: [16]}",
    "polynomial, degree 1": "{type: polynomial, degree: 1}",
    "polynomial, degree 3": "{type: polynomial}",
    "polynomial, degree 6": "{type: polynomial, degree: 6}",
    "layers": "{type: layers, layers: [{Dense: {units: 16, activation: relu}}]}",
    "python": '{type: python, function: "benchmarks.scales:two_layers"}',
}
NUMBERS = {
    "regression": "{type: regression, metrics: [r2]}",
    "regression, mae": "{type: regression, loss: mae, metrics: [r2]}",
    "gaussian": "{type: gaussian, metrics: [r2]}",
    "laplace": "{type: laplace, metrics: [r2]}",
    "mixture": "{type: mixture, metrics: [r2]}",
    "quantiles": "{type: quantiles, metrics: [r2]}",
}
#: By head, the task and the head; their targets have no unit.
UNITLESS = {
    "poisson": ("count", "{type: poisson, metrics: [r2]}"),
    "proportion": ("proportion", "{type: proportion, metrics: [r2]}"),
    "beta": ("proportion", "{type: beta, metrics: [r2]}"),
    "binary": ("binary", "{type: binary}"),
    "multiclass": ("multiclass", "{type: multiclass}"),
    "ordinal": ("ordinal", "{type: ordinal}"),
}


@dataclass(frozen=True)
class Case:
    """A model and a head, and what they learn."""

    model: str
    head: str
    task: str = "regression"

    def config(self, path: Path) -> str:
        """The experiment on the arrays of a file."""
        head = NUMBERS[self.head] if self.head in NUMBERS else UNITLESS[self.head][1]
        return (
            f"dataset: {{type: npz, path: {path}, task: {self.task}}}\nmodel: {MODELS[self.model]}\nhead: {head}\n"
            f"optimizer: {{type: adam, learning_rate: 0.01}}\ntraining: {{epochs: {EPOCHS}, batch_size: 16}}\n"
        )


@dataclass(frozen=True)
class Scored:
    """A trained model on the test split."""

    score: float
    in_keras: float | None
    """The score of what Keras predicts with the saved model; None if it was not asked."""


def two_layers(x: Any) -> Any:
    """A model of one's own."""
    return keras.layers.Dense(8, "tanh")(keras.layers.Dense(16, "relu")(x))


def measure(rounds: int) -> list[dict[str, Any]]:
    """A row for each model and head; so many seeds show the spread."""
    return [_row(case, rounds) for case in CASES]


#: Every model with one head, and every head on one model.
CASES = (
    *(Case(model, "regression") for model in MODELS),
    *(Case("mlp", head) for head in NUMBERS if head != "regression"),
    *(Case("mlp", head, task) for head, (task, _) in UNITLESS.items()),
)


def _row(case: Case, n_seeds: int) -> dict[str, Any]:
    scores = [trained(case, "features", 1.0, seed).score for seed in range(n_seeds)]
    row: dict[str, Any] = {
        "model": case.model,
        "head": case.head,
        "score": scores[0],
        "seeds": float(np.std(scores, ddof=1)),
    }
    in_keras = [0.0]
    for unit in UNITS:
        if unit == "target" and case.head not in NUMBERS:
            row[unit] = ""
            continue
        first, *others = (
            trained(case, unit, factor) for factor in (FEW_FACTORS if unit == "some_features" else FACTORS)
        )
        row[unit] = max(abs(each.score - first.score) for each in others)
        in_keras += [abs(each.in_keras - first.score) for each in others if each.in_keras is not None]
    return row | {"in_keras": max(in_keras)}


def trained(case: Case, unit: Unit, factor: float, seed: int = 0) -> Scored:
    """Train on the data in another unit, from the file to the saved model."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "data.npz")
        np.savez(path, **arrays(case, unit, factor))
        config = Path(folder, "scale.yaml")
        config.write_text(case.config(path))
        experiment = load(config).experiment
        data = experiment.dataset.load(None)
        info = data.info or experiment.dataset.info()
        experiment = completed(experiment, info)
        splits = split(experiment, data)
        network = build(experiment, info, splits.train, seed)
        trainer = Trainer(network, experiment.optimizer.build(), splits.train, experiment.training.batch_size)
        for epoch in range(1, EPOCHS + 1):
            trainer.train_epoch(order_of(seed, epoch, len(splits.train)))
        is_asked = factor in (min(FACTORS), max(FACTORS))
        if is_asked:
            network.model.save(Path(folder, "model.keras"))
        return _scored(network, splits, Path(folder, "model.keras") if is_asked else None)


def _scored(network: Network, splits: Splits, path: Path | None) -> Scored:
    (attached,), test = network.heads, splits.test
    (name,) = attached.head.metrics
    tested = Evaluator(network, test).evaluate()
    in_keras = None
    if path:
        model, x = keras.models.load_model(path, compile=False), test.x
        # Not `predict` of float64, of which that makes float32.
        predicted = model.predict(x, verbose=0) if x.dtype == np.float32 else np.asarray(model(x))
        in_keras = attached.head.measure(name, test.y, predicted)
    return Scored(scored("test", tested, test, network)[f"test_{name}"], in_keras)


def arrays(case: Case, unit: Unit, factor: float) -> dict[str, np.ndarray]:
    """Three features and a target, in another unit."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N_TRAIN + N_TEST, 3))
    z = (x @ [2.0, -1.0, 0.5] + 0.5 * x[:, 2] ** 2) / 2
    y = TARGETS[case.task](z, rng) * (factor if unit == "target" else 1.0)
    if unit == "features":
        x *= factor
    elif unit == "some_features":
        x[:, 1:] = (x[:, 1:] + [0.0, 1000.0]) * factor
    parts = {"train": slice(N_TRAIN), "test": slice(N_TRAIN, None)}
    return {f"{name}_{part}": array[rows] for part, rows in parts.items() for name, array in (("x", x), ("y", y))}


#: By task, a target made of a number.
TARGETS: Mapping[str, Any] = {
    "regression": lambda z, rng: z + 0.1 * rng.normal(size=len(z)),
    "count": lambda z, rng: rng.poisson(np.exp(z / 2)).astype(float),
    "proportion": lambda z, rng: 1 / (1 + np.exp(-z - 0.1 * rng.normal(size=len(z)))),
    "binary": lambda z, rng: (z + 0.3 * rng.normal(size=len(z)) > 0).astype(int),
    "multiclass": lambda z, rng: np.digitize(z + 0.3 * rng.normal(size=len(z)), [-0.5, 0.5]),
    "ordinal": lambda z, rng: np.digitize(z + 0.3 * rng.normal(size=len(z)), [-0.5, 0.5]),
}
