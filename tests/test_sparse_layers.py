"""Training on sparse vectors and on the same ones as arrays: equal within float32, whatever the first layer is."""

from typing import Any

import numpy as np
import pytest
from experiments import experiment
from scipy.sparse import csr_array

from dlexp.components.component import Unfit
from dlexp.components.data import Info, Split
from dlexp.training.loop import Evaluator, Trainer, order_of
from dlexp.training.network import build
from dlexp.training.threads import set_threads

set_threads(1)

N_TRAIN, N_TEST, BATCH_SIZE, EPOCHS = 120, 60, 25, 3


def trained(model: dict[str, Any], inputs: Any) -> tuple[list[float], list[np.ndarray], np.ndarray]:
    """Losses, weights and predictions after a few epochs on sparse vectors, or on arrays."""
    random = np.random.default_rng(0)
    x: Any = ((random.random((N_TRAIN + N_TEST, 40)) < 0.1) * random.normal(size=(N_TRAIN + N_TEST, 40))).astype("f4")
    y = (x[:, :5].sum(axis=1) > 0).astype(np.int32)
    x = csr_array(x) if inputs == "sparse" else x
    train, test = Split(x[:N_TRAIN], y[:N_TRAIN]), Split(x[N_TRAIN:], y[N_TRAIN:])
    info = Info(task="binary", n_train=N_TRAIN, n_test=N_TEST, inputs=inputs, shape=(40,), n_classes=2)
    settings = {"head": {"type": "binary", "units": 1}, "training": {"batch_size": BATCH_SIZE}}
    config = experiment({"dataset": {"type": "moons"}, "optimizer": {"type": "adam"}, "model": model, **settings})
    network = build(config, info, train, seed=1)
    trainer, evaluator = Trainer(network, config.optimizer.build(), train, BATCH_SIZE), Evaluator(network, test)
    losses = []
    for epoch in range(1, EPOCHS + 1):
        losses.append(trainer.train_epoch(order_of(1, epoch, N_TRAIN)).loss)
        tested = evaluator.evaluate()
        losses.append(tested.loss)
    return losses, network.model.get_weights(), tested.predictions


def stack(**arguments: Any) -> dict[str, Any]:
    """A first layer with these arguments, and one behind it."""
    first, second = ({"units": 8, **arguments}, {"units": 4, "activation": "relu"})
    return {"type": "layers", "layers": [{"Dense": first}, {"Dense": second}]}


@pytest.mark.training
@pytest.mark.parametrize(
    "model",
    [
        stack(),
        stack(activation="softmax"),
        stack(activation="glu"),
        stack(activation="glu", activity_regularizer="l2"),
        stack(activation="relu", activity_regularizer="l1"),
        stack(activity_regularizer="l2", use_bias=False),
        stack(kernel_regularizer="l2", bias_regularizer="l1"),
        stack(kernel_regularizer="orthogonal_regularizer"),
        stack(kernel_constraint="max_norm", bias_constraint="non_neg"),
        stack(kernel_initializer="orthogonal", bias_initializer="ones"),
        stack(trainable=False),
        {"type": "mlp", "hidden": [8], "kernel_regularizer": {"type": "l2", "l2": 0.01}, "max_norm": 0.5},
        {"type": "mlp", "hidden": [8], "dropout": 0.4, "noise": 0.1, "normalization": "layer"},
        {"type": "mlp", "hidden": []},
    ],
    ids=str,
)
def test_sparse_and_dense_agree(model: dict[str, Any]) -> None:
    """Losses, weights and predictions."""
    (losses, weights, predictions), (expected, expected_weights, expected_predictions) = (
        trained(model, inputs) for inputs in ("sparse", "numeric")
    )

    assert losses == pytest.approx(expected, rel=1e-5)
    for weight, other in zip(weights, expected_weights, strict=True):
        np.testing.assert_allclose(weight, other, atol=1e-5)
    np.testing.assert_allclose(predictions, expected_predictions, atol=1e-5)


@pytest.mark.parametrize("inputs", ["sparse", "numeric"])
@pytest.mark.parametrize("argument", ["bias_regularizer", "activity_regularizer"])
def test_a_regularizer_of_matrices_alone_is_refused_when_the_model_is_built(inputs: str, argument: str) -> None:
    """On both sides, before the first step."""
    with pytest.raises(Unfit, match=r"^model\.layers\.0\.Dense: Keras refuses it after \(None, 40\): "):
        trained(stack(**{argument: "orthogonal_regularizer"}), inputs)
