"""Keras's optimizers by TensorFlow's fused kernels: one pass over the weights and one operation, instead of a score.

The rule, its settings and its state are those of the Keras class after which each is named; results differ by rounding
alone.
"""

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf


class FusedAdam(keras.optimizers.Adam):  # type: ignore[misc]
    """Keras's Adam; its own code where the kernel has none: `amsgrad`, and the gradient of an embedding's rows."""

    def update_step(self, gradient: Any, variable: tf.Variable, learning_rate: tf.Tensor) -> None:
        """Change a weight and its two moments in place."""
        # Of a row that occurs several times, Keras adds up the squares; the kernel would square the sum.
        if self.amsgrad or isinstance(gradient, tf.IndexedSlices):
            super().update_step(gradient, variable, learning_rate)
            return
        slot = self._get_variable_index(variable)
        dtype = variable.dtype
        step = tf.cast(self.iterations.value + 1, dtype)
        # The kernel's moments are so many times Keras's; that cancels in the step.
        first, second = _excess(self.beta_1), math.sqrt(_excess(self.beta_2))
        # m += (g - m) (1 - beta_1); v += (g^2 - v) (1 - beta_2)
        # w -= learning_rate sqrt(1 - beta_2^step) / (1 - beta_1^step) m / (sqrt(v) + epsilon)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[slot].value.handle,
            v=self._velocities[slot].value.handle,
            beta1_power=tf.pow(tf.constant(self.beta_1, dtype), step),
            beta2_power=tf.pow(tf.constant(self.beta_2, dtype), step),
            lr=tf.cast(learning_rate, dtype) * (second / first),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon * second,
            grad=gradient,
        )


class FusedAdamW(FusedAdam, keras.optimizers.AdamW):  # type: ignore[misc]
    """Keras's AdamW: its weights decay before the step, outside the kernel."""


def _excess(beta: float) -> float:
    """What the kernel makes of `1 - beta`, in float32, divided by what it is: 1 - 1.3e-5 where beta is 0.999."""
    return float(np.float32(1) - np.float32(beta)) / (1 - beta)
