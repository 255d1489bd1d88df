"""Keras's optimizers by TensorFlow's fused kernels, one pass over the weights instead of a score, and sparse products.

The rule, its settings and its state are those of the Keras class after which each is named; results differ by rounding
alone.
"""

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dlexp.layers.row_gradients import RowGradient, Uses, uses


class FusedSGD(keras.optimizers.SGD):  # type: ignore[misc]
    """Keras's SGD; rows of a table are added up by scipy, unless a step without momentum changes a few rows alone."""

    def update_step(self, gradient: Any, variable: tf.Variable, learning_rate: tf.Tensor) -> None:
        """Change a weight, and its momentum, in place."""
        if not _is_by_use(gradient, variable) or not (self.momentum or isinstance(gradient, RowGradient)):
            super().update_step(gradient, variable, learning_rate)
            return
        used, factor = uses(gradient), -tf.cast(learning_rate, tf.float32)
        if not self.momentum:
            variable.assign(used.added_to(variable, 1.0, factor))
            return
        m = self.momentums[self._get_variable_index(variable)].value
        m.assign(used.added_to(m, self.momentum, factor))
        if self.nesterov:  # w += momentum m - learning_rate g
            variable.assign(used.added_to(variable + self.momentum * m, 1.0, factor))
        else:
            variable.assign_add(m)


class FusedRMSprop(keras.optimizers.RMSprop):  # type: ignore[misc]
    """Keras's RMSprop; rows of a table are added up by scipy."""

    def update_step(self, gradient: Any, variable: tf.Variable, learning_rate: tf.Tensor) -> None:
        """Change a weight, its mean square and its momentum in place."""
        if not _is_by_use(gradient, variable):
            super().update_step(gradient, variable, learning_rate)
            return
        slot, used = self._get_variable_index(variable), uses(gradient)
        total = used.added_to(tf.zeros_like(variable), 1.0, 1.0)
        if self.centered:  # Keras fails: with the square of each use, a variance could be below 0.
            super().update_step(total, variable, learning_rate)
            return
        v = self._velocities[slot].value
        v.assign(used.added_to(v, self.rho, 1 - self.rho, squared=True))
        step = tf.cast(learning_rate, tf.float32) * total / tf.sqrt(v + self.epsilon)
        if self.momentum > 0:
            m = self._momentums[slot].value
            m.assign(self.momentum * m + step)
            step = m
        variable.assign_sub(step)


class FusedAdam(keras.optimizers.Adam):  # type: ignore[misc]
    """Keras's Adam; its own code where there is no kernel: `amsgrad`, and rows of a table that scipy cannot add up."""

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """Change all weights by one step."""
        step = tf.cast(self.iterations.value + 1, tf.float32)
        # The kernel's moments are so many times Keras's; that cancels in the step.
        first, second = _excess(self.beta_1), math.sqrt(_excess(self.beta_2))
        self._scale = tf.constant(second / first)
        # Once a step: as many operations for each weight would take longer than those of a small weight's kernel.
        self._settings = {
            "beta1_power": tf.pow(self.beta_1, step),
            "beta2_power": tf.pow(self.beta_2, step),
            "beta1": tf.constant(self.beta_1),
            "beta2": tf.constant(self.beta_2),
            "epsilon": tf.constant(self.epsilon * second),
        }
        super().apply(grads, trainable_variables)

    def update_step(self, gradient: Any, variable: tf.Variable, learning_rate: tf.Tensor) -> None:
        """Change a weight and its two moments in place."""
        if _is_by_use(gradient, variable):
            self._step_by_use(uses(gradient), variable, learning_rate)
            return
        # Of a row that is used several times, Keras adds up the squares; the kernel would square the sum.
        if self.amsgrad or isinstance(gradient, tf.IndexedSlices) or variable.dtype != "float32":
            super().update_step(gradient, variable, learning_rate)
            return
        slot = self._get_variable_index(variable)
        # m += (g - m) (1 - beta_1); v += (g^2 - v) (1 - beta_2)
        # w -= learning_rate sqrt(1 - beta_2^step) / (1 - beta_1^step) m / (sqrt(v) + epsilon)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[slot].value.handle,
            v=self._velocities[slot].value.handle,
            lr=tf.cast(learning_rate, tf.float32) * self._scale,
            grad=gradient,
            **self._settings,
        )

    def _step_by_use(self, used: Uses, variable: tf.Variable, learning_rate: tf.Tensor) -> None:
        """The same along rows of a table, with the square of each use in the second moment."""
        slot = self._get_variable_index(variable)
        m, v = self._momentums[slot].value, self._velocities[slot].value
        m.assign(used.added_to(m, self.beta_1, 1 - self.beta_1))
        v.assign(used.added_to(v, self.beta_2, 1 - self.beta_2, squared=True))
        if self.amsgrad:
            second, v = v, self._velocity_hats[slot].value
            v.assign(tf.maximum(v, second))
        first, second = self._settings["beta1_power"], self._settings["beta2_power"]
        size = tf.cast(learning_rate, tf.float32) * tf.sqrt(1 - second) / (1 - first)
        # w -= size m / (sqrt(v) + epsilon): Adagrad's step along m by a sum v that stays as it is.
        tf.raw_ops.ResourceApplyAdagradV2(
            var=variable.handle, accum=v.handle, lr=size, epsilon=self.epsilon, grad=m, update_slots=False
        )


class FusedAdamW(FusedAdam, keras.optimizers.AdamW):  # type: ignore[misc]
    """Keras's AdamW: its weights decay before the step, outside the kernel."""


def _is_by_use(gradient: Any, variable: tf.Variable) -> bool:
    """Whether it is of rows of a table that scipy adds up: float32, in the memory of the processor."""
    is_here = variable.dtype == tf.float32 and "GPU" not in variable.device
    return isinstance(gradient, tf.IndexedSlices) and is_here


def _excess(beta: float) -> float:
    """What the kernel makes of `1 - beta`, in float32, divided by what it is: 1 - 1.3e-5 where beta is 0.999."""
    return float(np.float32(1) - np.float32(beta)) / (1 - beta)
