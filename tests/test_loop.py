"""The training loop against plain Keras on dense vectors, and against itself."""

from typing import Any

import pytest
from experiments import CANCER, DIABETES, DIGITS, IMDB, IRIS, L2, PADDED, REUTERS, experiment
from plain_keras import assert_equals_keras, trained

from dlexp.training.loop import Evaluator, Trainer, order_of
from dlexp.training.network import build
from dlexp.training.threads import set_threads

set_threads(1)

EPOCHS = 20


@pytest.mark.training
@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([DIGITS, {"optimizer": {"type": "adam"}}], id="digits-adam"),
        pytest.param([DIGITS, {"optimizer": {"type": "sgd", "momentum": 0.9}}], id="digits-momentum"),
        pytest.param([DIABETES, {"optimizer": {"type": "rmsprop"}}], id="diabetes-rmsprop"),
        pytest.param([CANCER, {"optimizer": {"type": "sgd"}}, L2], id="breast_cancer-sgd-l2"),
        pytest.param([IMDB, {"optimizer": {"type": "adam"}}], id="imdb-adam"),
        pytest.param([IMDB, {"optimizer": {"type": "sgd"}}, L2], id="imdb-sgd-l2"),
        pytest.param([REUTERS, {"optimizer": {"type": "adamw"}}], id="reuters-adamw"),
        pytest.param([REUTERS, {"model": {"type": "mlp", "hidden": []}}], id="reuters-no-hidden-layer"),
        pytest.param([PADDED], id="imdb-embedding"),
    ],
)
def test_history_equals_keras_fit_on_dense_vectors(parts: list[dict[str, Any]]) -> None:
    """Given the same initial weights and batch order, 20 epochs give Keras's numbers within float32 rounding."""
    config = experiment(*parts)

    assert_equals_keras(config, EPOCHS)


@pytest.mark.training
@pytest.mark.parametrize("parts", [[DIGITS], [IMDB], [PADDED]], ids=["digits", "imdb", "imdb-embedding"])
def test_same_seed_gives_the_same_bytes_in_a_warm_process(parts: list[dict[str, Any]]) -> None:
    """What ran before in the process changes nothing: history and weights are equal to the bit, dropout included."""
    config = experiment(*parts)
    config = config.model_copy(update={"model": config.model.model_copy(update={"dropout": 0.3})})

    first, first_weights = trained(config, seed=3, epochs=3)
    trained(experiment(IRIS), seed=0, epochs=1)
    second, second_weights = trained(config, seed=3, epochs=3)
    other, _ = trained(config, seed=4, epochs=3)

    assert first == second
    assert all((a == b).all() for a, b in zip(first_weights, second_weights, strict=True))
    assert first != other


def test_order_depends_on_seed_and_epoch_alone() -> None:
    """Each (seed, epoch) has one order, a permutation; another seed or epoch has another."""
    orders = {(seed, epoch): tuple(order_of(seed, epoch, 50)) for seed in (0, 1) for epoch in (1, 2)}

    assert all(sorted(order) == list(range(50)) for order in orders.values())
    assert len(set(orders.values())) == 4
    assert orders[0, 1] == tuple(order_of(0, 1, 50))


@pytest.mark.training
def test_loss_is_a_mean_over_examples_not_over_batches() -> None:
    """A short last batch counts by its examples: with a learning rate near 0 the epoch's loss is the split's loss."""
    config = experiment(IRIS, {"optimizer": {"type": "sgd", "learning_rate": 1e-12}, "training": {"batch_size": 33}})
    data = config.dataset.stand_in()
    network = build(config, config.dataset.info(), data.train, seed=0)
    trainer = Trainer(network, config.optimizer.build(), data.train, config.training.batch_size)

    in_batches = trainer.train_epoch(order_of(0, 1, len(data.train))).loss
    at_once = Evaluator(network, data.train).evaluate().loss

    assert len(data.train) % 33
    assert in_batches == pytest.approx(at_once, rel=1e-6)


@pytest.mark.parametrize("num_words", [10_000, 500, 20])
def test_multi_hot_text_takes_the_sparse_product(num_words: int) -> None:
    """Sparse rows are never made dense, whatever their density: the first layer's product is scipy's."""
    config = experiment(IMDB, {"dataset": {"type": "imdb", "num_words": num_words}})
    data = config.dataset.stand_in()

    network = build(config, config.dataset.info(), data.train, seed=0)

    assert [each.layer for each in network.first] == [network.model.get_layer("hidden_1")]
    assert network.body.input_shape == (None, 16)
