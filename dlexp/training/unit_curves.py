"""Hidden units as functions: what the built layers give, and its derivative."""

import numpy as np

from dlexp import registry
from dlexp.components.activations import Activation
from dlexp.training.threads import start

Curve = tuple[Activation, np.ndarray, np.ndarray]


def unit_curves(z: np.ndarray) -> list[Curve]:
    """Every unit with its defaults, and its outputs and derivatives at sums `z` `(n,)`; imports TensorFlow."""
    start()
    known: list[Activation] = [unit() for unit in registry.components("activations").values()]
    return [(unit, *sampled(unit, z)) for unit in known]


def sampled(unit: Activation, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A unit's outputs and derivatives at sums `z` `(n,)`; the pieces of one of several are z, -z / 2, z / 4, ..."""
    import keras
    import tensorflow as tf

    inputs = keras.Input((unit.width(1),))
    model = keras.Model(inputs, unit.apply(inputs, name="unit"))
    pieces = tf.constant((-0.5) ** np.arange(unit.width(1)), tf.float32)  # (width,)
    point = tf.constant(z, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(point)
        outputs = model(point[:, None] * pieces)
    return outputs.numpy()[:, 0], tape.gradient(outputs, point).numpy()
