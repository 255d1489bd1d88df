"""The unit of the features and of the targets decides nothing: from training to what Keras alone predicts."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from experiments import experiment

from dlexp.components.data import Info, Split
from dlexp.components.metrics import METRICS
from dlexp.training.loop import Evaluator, Trainer, order_of
from dlexp.training.network import build
from dlexp.training.scores import calibration, scored, seen_in_training

pytestmark = pytest.mark.training

N_TRAIN = 120
RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
Y = X @ [1.0, -0.5, 0.2] + 0.1 * RNG.normal(size=200)
#: Every head of numbers, its output units and the unit of its target.
HEADS = {"regression": 1, "gaussian": 2, "laplace": 2, "mixture": 9, "quantiles": 3}
FACTORS = (1e-30, 1e-12, 1e18, 1e25, 1e30)


def scores(model: str, x_factor: float, y_factors: tuple[float, ...], path: Path) -> dict[str, list[float]]:
    """Of each head on a target of its own, trained together: the scores in the first unit, from training and Keras."""
    heads = {
        name: {"type": name, "units": units, "metrics": ["mae", "mse", "rmse", "r2"]} for name, units in HEADS.items()
    }
    config = experiment(
        {
            "dataset": {"type": "iris"},
            "model": {"type": model} | ({"degree": 2} if model == "polynomial" else {}),
            "head": {"type": "multitask", "heads": heads},
            "optimizer": {"type": "adam", "learning_rate": 0.02},
        }
    )
    about: dict[str, Any] = {"n_train": N_TRAIN, "n_test": 80, "inputs": "numeric", "shape": (3,), "standardize": True}
    targets = {name: Info(task="regression", **about) for name in heads}
    info = Info(task="several", targets=targets, **about)
    x, y = X * x_factor, Y[:, None] * y_factors
    # As a reader gives them.
    train, test = (Split(x[rows].astype(np.float32), y[rows]) for rows in (slice(N_TRAIN), slice(N_TRAIN, None)))
    network = build(config, info, train, seed=0)
    trainer = Trainer(network, config.optimizer.build(), train, batch_size=16)
    for epoch in range(1, 4):
        trainer.train_epoch(order_of(0, epoch, N_TRAIN))
    tested = Evaluator(network, test).evaluate()
    found = scored("test", tested, test, network) | calibration(network, test, tested, seen_in_training(network, train))
    network.model.save(path)
    by_keras = keras.models.load_model(path, compile=False).predict(test.x, verbose=0)
    return {
        name: [
            found[f"test_{name}_mae"] / factor,
            found[f"test_{name}_mse"] / factor**2,
            found[f"test_{name}_rmse"] / factor,
            found[f"test_{name}_r2"],
            found[f"test_{name}_nll"] - np.log(factor),
            found[f"test_{name}_coverage_90"],
            METRICS["r2"].compute(y[N_TRAIN:, k], config.head.by_target(info)[name][0].judged(by_keras[name])),
        ]
        for k, (name, factor) in enumerate(zip(heads, y_factors, strict=True))
    }


@pytest.mark.parametrize(
    ("model", "x_factor", "y_factors"), [("mlp", 1e30, FACTORS), ("polynomial", 1e-30, FACTORS[::-1])]
)
def test_scores_are_those_of_any_other_unit(
    model: str, x_factor: float, y_factors: tuple[float, ...], tmp_path: Path
) -> None:
    """All but the rounding of float32, in scores, likelihoods, coverage, and predictions by Keras alone."""
    path = tmp_path / "model.keras"
    expected = scores(model, 1.0, (1.0,) * len(HEADS), path)

    found = scores(model, x_factor, y_factors, path)

    for name, (*_, r2, _, _, in_keras) in expected.items():
        assert found[name] == pytest.approx(expected[name], rel=2e-3, abs=2e-3), name
        assert in_keras == pytest.approx(r2, rel=1e-5)
    assert expected["regression"][-1] > 0
