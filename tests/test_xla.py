"""`training.compile: xla`: what it refuses, that it is part of the experiment, and the numbers it gives."""

from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from experiments import DIGITS, experiment

from dlexp.components.component import Unfit
from dlexp.config.identity import Ingredients
from dlexp.config.load import load
from dlexp.config.problems import ConfigError

COMPILERS: tuple[Literal["xla"] | None, ...] = None, "xla"
XLA = "training: {compile: xla}"
PADDED = "dataset: {type: reviews, encoding: padded, maxlen: 20}\nmodel: embedding\n"
LAYERS = "[{Reshape: {target_shape: [8, 8, 1]}}, {RandomRotation: {factor: 0.1}}, Flatten]"
ROTATED = f"dataset: digits\nmodel: {{layers: {LAYERS}}}\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "dataset: reviews\n",
            "XLA takes features that are numbers; sparse vectors, as of text, are computed by scipy, outside of XLA",
        ),
        (PADDED, "XLA takes features that are numbers; the word indices of text are computed by scipy, outside of XLA"),
        (ROTATED, r"XLA does not compile RandomRotation \(model\.layers\.1\.RandomRotation\)"),
    ],
)
def test_what_it_cannot_compile_is_refused_by_check(tmp_path: Path, text: str, why: str) -> None:
    """Without any data, with the setting that mends it."""
    path = tmp_path / "c.yaml"
    path.write_text(text + XLA)

    with pytest.raises(ConfigError, match=rf"training\.compile: {why}; set training\.compile=null$"):
        load(path)


def test_an_unknown_compiler_is_told_that_there_may_be_none(tmp_path: Path) -> None:
    """Null is one of the choices."""
    path = tmp_path / "c.yaml"
    path.write_text("dataset: digits\ntraining: {compile: gcc}\n")

    with pytest.raises(ConfigError, match=r"unknown compile 'gcc'\. Choose from: xla, null$"):
        load(path)


def test_it_is_part_of_the_experiment_where_it_is_on() -> None:
    """Other last digits are another experiment; without the key it is that of every version before the key."""
    without, off, on = (
        experiment(DIGITS, {"training": training}) for training in ({}, {"compile": None}, {"compile": "xla"})
    )

    identities = [Ingredients.of(each, "data").identity for each in (without, off, on)]
    assert identities[0] == identities[1] != identities[2]
    assert ["compile" in each.model_dump()["training"] for each in (off, on)] == [False, True]


@pytest.mark.training
@pytest.mark.parametrize("batch_size", [32, 64])
def test_its_numbers_are_those_of_tensorflow_but_for_rounding(batch_size: int) -> None:
    """Every step: also the last one of an epoch, which has fewer examples, and the only one."""
    from dlexp.training.loop import Trainer, order_of
    from dlexp.training.network import build

    config = experiment(DIGITS, {"model": {"type": "mlp", "hidden": [4]}})
    train = config.dataset.load(None).train.first(50)
    found = []
    for compiler in COMPILERS:
        network = build(config, config.dataset.info(), train, seed=0)
        trainer = Trainer(network, config.optimizer.build(), train, batch_size, compiler)
        found.append([trainer.train_epoch(order_of(0, epoch, 50)) for epoch in (1, 2)])

    for plain, by_xla in zip(*found, strict=True):
        assert by_xla.loss == pytest.approx(plain.loss, rel=1e-5)
        np.testing.assert_allclose(by_xla.predictions, plain.predictions, rtol=1e-4)


@pytest.mark.training
def test_an_operation_that_it_does_not_have_is_named() -> None:
    """Of layers in the user's own function nothing is known before they are compiled."""
    import keras
    import tensorflow as tf

    from dlexp.training.compiled import Compiled

    x = keras.Input((3,))
    body = keras.Model(x, keras.layers.Dense(2)(x))
    compiled = Compiled(lambda x: tf.numpy_function(np.copy, [x], tf.float32), body, compiler="xla")

    why = "training.compile: XLA cannot compile this model: it has no operation PyFunc; set training.compile=null"
    with pytest.raises(Unfit, match=f"^{why}$"):
        compiled(tf.zeros(3))
