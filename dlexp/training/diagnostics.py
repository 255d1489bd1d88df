"""How the hidden layers fare: dead and saturated units, gradients and steps, each epoch on the same few examples.

Nothing here touches the training: weights are read, no random number is drawn, no state of a layer changes.
"""

import keras
import numpy as np
import tensorflow as tf

from dlexp.components.data import Split
from dlexp.records.history import PROBE_ROWS, HistoryWriter
from dlexp.training.epochs import Epochs, Hook
from dlexp.training.feeds import feed
from dlexp.training.loop import order_of
from dlexp.training.network import Network

#: A unit is saturated on an example where its derivative is smaller.
SATURATED_SLOPE = 0.01


def record_diagnostics(network: Network, train: Split, seed: int, writer: HistoryWriter) -> Hook:
    """A hook that writes a row for each hidden layer."""
    probe = Probe(network, train.take(order_of(seed, 0, len(train))[:PROBE_ROWS]))

    def measure(epochs: Epochs) -> None:
        for row in probe.measure():
            writer.write({"epoch": epochs.epoch, **row})

    return measure


class Probe:
    """Measures the hidden layers on one small split."""

    def __init__(self, network: Network, split: Split) -> None:
        self._network = network
        self._x = split.x
        self._y = tf.constant(split.y)
        self._feed = feed(network, split)
        layers = {layer.name: layer for layer in network.model.layers}
        # A function of the user's own may give its layers any names.
        names = [f"hidden_{i}" for i in range(1, len(layers))]
        names = [name for name in names if {name, f"{name}_activation"} <= layers.keys()]
        self._dense: list[keras.layers.Dense] = [layers[name] for name in names]
        if not names:  # Then there is nothing to measure, and the body may start with the logits themselves.
            return
        #: A unit's sums are what its activation takes, so after the normalization where there is one.
        sums = [layers.get(f"{name}_normalization", layers[name]).output for name in names]
        units = [layers[f"{name}_activation"].output for name in names]
        #: The first layer, where it is outside the body. With several trunks there is nothing to diagnose.
        self._first = network.first[0].layer if network.first else None
        outside = [*network.standardize, *network.first[:1]]  # What the body starts behind.
        start = outside[-1].output if outside else network.model.input
        # The input itself is no output that Keras knows.
        self._has_first_sums = sums[0] is start
        self._watched = keras.Model(start, [network.output.logits, *units, *sums[self._has_first_sums :]], name="probe")
        self._kernels = self._read_kernels()
        self._compiled = tf.function(self._differentiate)

    def measure(self) -> list[dict[str, float]]:
        """A row for each hidden layer, with the step of its kernel since the last call.

        dead_share: of the units, those without any gradient on all examples; of ReLUs, those that never fire.
        saturated_share: of all units on all examples, those with |g'(z)| < 0.01; half of it is usual for ReLUs.
        gradient_norm: of the mean loss, penalties left out, for the kernel.
        update_ratio: how far the kernel went, over the norm that it had before.
        """
        if not self._dense:
            return []
        (x,) = self._feed.chunks()
        # A layer may count its calls, or draw random numbers though it is not trained.
        state = [(variable, variable.numpy()) for variable in self._network.model.non_trainable_variables]
        slopes, gradients = self._compiled(x)
        for variable, value in state:
            variable.assign(value)
        before, self._kernels = self._kernels, self._read_kernels()
        rows = []
        for i, kernel in enumerate(self._kernels):
            slope, gradient = slopes[i].numpy(), gradients[i].numpy()
            if self._dense[i] is self._first:  # The body starts behind its product.
                gradient = self._x.T @ gradient
            step, norm_before = np.linalg.norm(kernel - before[i]), float(np.linalg.norm(before[i]))
            row = {
                "layer": i + 1,
                "dead_share": (slope == 0).all(axis=0).mean(),
                "saturated_share": (slope < SATURATED_SLOPE).mean(),
                "gradient_norm": np.linalg.norm(gradient),
                "weight_norm": np.linalg.norm(kernel),
                "update_ratio": step / max(norm_before, 1e-12),
            }
            rows.append(row)
        return rows

    def _differentiate(self, x: tf.Tensor) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        """For each layer: the units' derivatives |g'(z)|, `(batch, units)`, and the loss's for the kernel.

        Of a first layer outside the body, the loss's derivative for the sums instead, `(batch, width)`.
        """
        n = len(self._dense)
        with tf.GradientTape(persistent=True) as tape:
            if self._first is not None:
                tape.watch(x)
            logits, *hidden = self._watched(x, training=False)
            loss = tf.reduce_mean(self._network.output.total(self._network.output.losses(self._y, logits)))
        units, sums = hidden[:n], [x] * self._has_first_sums + hidden[n:]
        sources = [x if layer is self._first else layer.kernel.value for layer in self._dense]
        slopes = []
        for g, z in zip(units, sums, strict=True):
            # Units do not mix examples or one another, so the gradient of their total is each one's own.
            slope, shape = tf.abs(tape.gradient(g, z)), (-1, z.shape[1] // g.shape[1], g.shape[1])
            # (batch, pieces * units) -> (batch, pieces, units): of a unit that takes several sums, the largest.
            slopes.append(tf.reduce_max(tf.reshape(slope, shape), axis=1))
        return slopes, tape.gradient(loss, sources)

    def _read_kernels(self) -> list[np.ndarray]:
        return [layer.kernel.numpy() for layer in self._dense]
