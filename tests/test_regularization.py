"""Regularization of the hidden layers: what Keras would train, on dense inputs and on sparse text."""

import inspect
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from experiments import CANCER, DIGITS, IMDB, PADDED, REUTERS, experiment
from jobs import run_of
from plain_keras import assert_equals_keras, trained

from dlexp.components.data import Data, Info, Split
from dlexp.components.regularizers import Regularizer
from dlexp.config.experiment import Experiment
from dlexp.config.load import load
from dlexp.config.problems import ConfigError
from dlexp.registry import components
from dlexp.training.loop import Evaluator, Trainer, order_of
from dlexp.training.network import build
from dlexp.training.splits import split

EPOCHS = 5


def mlp(**settings: Any) -> dict[str, Any]:
    """The part of a config that says the model."""
    return {"model": {"type": "mlp", **settings}}


def optimizer(type: str, **settings: Any) -> dict[str, Any]:
    """The part of a config that says the optimizer."""
    return {"optimizer": {"type": type, **settings}}


@pytest.mark.training
@pytest.mark.parametrize(
    "parts",
    [
        pytest.param(
            [DIGITS, mlp(normalization="batch"), optimizer("sgd", learning_rate=0.1)], id="digits-batch-normalization"
        ),
        # No Adam: it makes steps of the rounding errors of a bias whose gradient is 0 before a normalization.
        pytest.param(
            [IMDB, mlp(normalization="batch"), optimizer("sgd", learning_rate=0.1)], id="imdb-batch-normalization"
        ),
        pytest.param([DIGITS, mlp(normalization="layer")], id="digits-layer-normalization"),
        pytest.param([REUTERS, mlp(normalization="layer")], id="reuters-layer-normalization"),
        pytest.param(
            [IMDB, mlp(kernel_regularizer={"type": "l1", "l1": 0.001}), optimizer("sgd", learning_rate=0.1)],
            id="imdb-l1",
        ),
        pytest.param(
            [DIGITS, mlp(kernel_regularizer={"type": "l1_l2", "l1": 0.001, "l2": 0.01}), optimizer("sgd")],
            id="digits-l1-l2",
        ),
        pytest.param([CANCER, mlp(max_norm=0.5)], id="breast_cancer-max-norm"),
        pytest.param([IMDB, mlp(max_norm=0.5)], id="imdb-max-norm"),
        pytest.param([DIGITS, optimizer("sgd", learning_rate=0.1, weight_decay=0.05)], id="digits-sgd-weight-decay"),
        pytest.param([IMDB, optimizer("adam", weight_decay=0.05)], id="imdb-adam-weight-decay"),
        pytest.param([DIGITS, optimizer("sgd", learning_rate=0.1, clipnorm=0.1)], id="digits-clipnorm"),
        pytest.param([IMDB, optimizer("sgd", learning_rate=0.1, clipvalue=0.01)], id="imdb-clipvalue"),
        pytest.param([IMDB, optimizer("sgd", learning_rate=0.1, global_clipnorm=0.1)], id="imdb-global-clipnorm"),
    ],
)
def test_history_equals_keras_fit(parts: list[dict[str, Any]]) -> None:
    """From the same weights in the same order, Keras's numbers and weights, moving averages included."""
    config = experiment(*parts)

    assert_equals_keras(config, EPOCHS)


@pytest.mark.parametrize(
    "regularizer", components("regularizers").values(), ids=lambda regularizer: regularizer.__name__
)
def test_regularizers_have_keras_names_and_defaults(regularizer: type[Regularizer]) -> None:
    """Every argument of Keras's class is a field of the same name with the same default, and no other."""
    theirs = inspect.signature(getattr(keras.regularizers, regularizer.__name__)).parameters
    ours = {name: field.default for name, field in regularizer.model_fields.items() if name != "type"}

    assert ours == {name: argument.default for name, argument in theirs.items()}
    assert regularizer.model_validate({}).build().get_config() == pytest.approx(ours)


@pytest.mark.training
@pytest.mark.parametrize("parts", [DIGITS, IMDB], ids=["digits", "imdb"])
def test_no_hidden_units_weights_exceed_max_norm(parts: dict[str, Any]) -> None:
    """After training every column of a hidden kernel has at most the norm; some would have had more."""
    config = experiment(parts, mlp(max_norm=0.5), optimizer("adam", learning_rate=0.01))
    free = experiment(parts, mlp(), optimizer("adam", learning_rate=0.01))

    norms = [_largest_norms(trained(each, seed=0, epochs=2)[1]) for each in (config, free)]

    assert max(norms[0]) <= 0.5 + 1e-5
    assert min(norms[1]) > 0.6


def _largest_norms(weights: list[np.ndarray]) -> list[float]:
    """The largest norm of the weights into one unit, of each hidden layer."""
    kernels = [weight for weight in weights if weight.ndim == 2][:-1]
    return [float(np.linalg.norm(kernel, axis=0).max()) for kernel in kernels]


def test_layers_stand_in_the_stated_order() -> None:
    """Dense, normalization, activation, dropout, noise; the noise of the inputs before all."""
    config = experiment(
        DIGITS, mlp(hidden=[8], normalization="batch", dropout=0.1, noise=0.1, input_noise=0.1, max_norm=1.0)
    )

    network = build(config, config.dataset.info(), config.dataset.stand_in().train, seed=0)

    assert [type(layer).__name__ for layer in network.model.layers] == [
        "InputLayer",
        "Normalization",
        "GaussianNoise",
        "Dense",
        "BatchNormalization",
        "Activation",
        "Dropout",
        "GaussianNoise",
        "Dense",
        "Activation",
    ]


@pytest.mark.training
@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([DIGITS, mlp(noise=0.5)], id="digits-noise"),
        pytest.param([DIGITS, mlp(input_noise=0.5)], id="digits-input-noise"),
        pytest.param([IMDB, mlp(noise=0.5, dropout=0.5)], id="imdb-noise-and-dropout"),
        pytest.param([PADDED, {"model": {"type": "embedding", "noise": 0.5}}], id="imdb-embedding-noise"),
    ],
)
def test_noise_is_of_training_alone_and_repeats_by_seed(parts: list[dict[str, Any]]) -> None:
    """Training sees other noise in each epoch and the same in each run; evaluation sees none."""
    config = experiment(*parts, optimizer("sgd", learning_rate=1e-12))
    data = config.dataset.stand_in()
    runs = []
    for _ in range(2):
        network = build(config, config.dataset.info(), data.train, seed=0)
        trainer = Trainer(network, config.optimizer.build(), data.train, 32)
        evaluator = Evaluator(network, data.train)
        noisy = [trainer.train_epoch(order_of(0, epoch, len(data.train))).loss for epoch in (1, 2)]
        runs.append((noisy, [evaluator.evaluate().loss for _ in range(2)]))

    (noisy, clean), again = runs
    assert (noisy, clean) == again
    assert noisy[0] != noisy[1]
    assert clean[0] == clean[1]


def test_input_noise_has_its_standard_deviation() -> None:
    """Behind the standardization: 0.5 means half of a feature's own standard deviation."""
    config = experiment(DIGITS, mlp(input_noise=0.5))
    network = build(config, config.dataset.info(), config.dataset.stand_in().train, seed=0)
    zeros = np.zeros((5000, 64), np.float32)

    noise = keras.ops.convert_to_numpy(network.model.get_layer("input_noise")(zeros, training=True))

    assert abs(noise.mean()) < 0.005
    assert noise.std() == pytest.approx(0.5, rel=0.01)


@pytest.mark.training
def test_saved_model_with_everything_opens_in_plain_keras(tmp_path: Path) -> None:
    """Normalization, noise, dropout and constraint are Keras's own; predictions use the moving averages."""
    run_dir = run_of(
        tmp_path,
        "dataset: iris\nmodel: {hidden: [8], normalization: batch, noise: 0.1, dropout: 0.1, input_noise: 0.1, "
        "max_norm: 2.0, kernel_regularizer: l2}\noptimizer: {type: adam, weight_decay: 0.01}\n"
        "training: {epochs: 3, schedule: {type: cosine, warmup_epochs: 1}}\n",
    )

    model = keras.models.load_model(run_dir.model_path)
    summary = run_dir.summary()
    test = load(run_dir.config_path).experiment.dataset.load(None).test
    predicted = model.predict(test.x, verbose=0).argmax(axis=1)
    assert summary is not None
    assert (predicted == test.y).mean() == summary.metrics["test_accuracy"]


def of_numbers(n: int) -> Data:
    """Examples that are their own number, and each a class of its own."""
    numbers = np.arange(n, dtype=np.int32)
    info = Info(
        task="multiclass",
        n_train=n,
        n_test=1,
        inputs="numeric",
        shape=(1,),
        n_classes=n,
        class_names=tuple(map(str, numbers)),
    )
    train, test = Split(numbers[:, None].astype(np.float32), numbers), Split(numbers[:1, None], numbers[:1])
    return Data(train, test, info=info)


def shared(fraction: float, seed: int = 0, validation: str = "front") -> Experiment:
    """An experiment that trains on a share of what validation leaves."""
    return experiment(
        {"dataset": {"type": "digits", "train_fraction": fraction, "train_fraction_seed": seed}},
        {"validation": {"type": validation}},
        {"head": {"type": "multiclass", "units": 10}},
    )


def test_train_fraction_takes_from_what_validation_left() -> None:
    """A tenth of 80 examples is 8; validation and test stay whole; a smaller share is part of a larger one."""
    data = of_numbers(100)

    tenth, half, whole = (split(shared(fraction), data) for fraction in (0.1, 0.5, 1.0))

    assert [len(each.train) for each in (tenth, half, whole)] == [8, 40, 80]
    assert set(tenth.train.y) < set(half.train.y) < set(whole.train.y) == set(range(20, 100))
    assert list(tenth.train.y) == sorted(tenth.train.y)
    assert tenth.validation is not None
    assert list(tenth.validation.y) == list(range(20))
    assert set(split(shared(0.1, seed=1), data).train.y) != set(tenth.train.y)


@pytest.mark.parametrize(("validation", "n"), [("none", 50), ("test", 50), ("split", 40)])
def test_train_fraction_with_any_validation(validation: str, n: int) -> None:
    """Half of the examples that are left to train on."""
    assert len(split(shared(0.5, validation=validation), of_numbers(100)).train) == n


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "dataset: imdb\nmodel: {input_noise: 0.1}",
            "model.input_noise: noise on sparse vectors would make them dense; use model.noise or model.dropout",
        ),
        ("dataset: iris\nmodel: {input_noise: 1.5}", "model.input_noise: expected at most 1, given 1.5"),
        ("dataset: iris\nmodel: {noise: -1}", "model.noise: expected at least 0, given -1"),
        ("dataset: iris\nmodel: {max_norm: 0}", "model.max_norm: expected more than 0, given 0"),
        (
            "dataset: iris\nmodel: {normalization: bach}",
            "model.normalization: unknown normalization 'bach'. Did you mean 'batch'? Choose from: none, batch, layer",
        ),
        (
            "dataset: {type: iris, train_fraction: 0}",
            "dataset.train_fraction: expected more than 0, given 0",
        ),
        (
            "dataset: {type: iris, train_fraction: 1.1}",
            "dataset.train_fraction: expected at most 1, given 1.1",
        ),
        (
            "dataset: {type: iris, train_fraction: 0.005}",
            "dataset.train_fraction: 0.005 of 96 training examples leaves none to train on",
        ),
    ],
)
def test_setting_that_cannot_work_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """The message is exact."""
    path = tmp_path / "c.yaml"
    path.write_text(text)

    with pytest.raises(ConfigError) as caught:
        load(path)

    assert [f"{problem.path}: {problem.message}" for problem in caught.value.problems] == [message]
