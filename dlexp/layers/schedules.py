"""Learning-rate schedules that Keras does not have."""

import keras
import tensorflow as tf


class AtEpochStart(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """Another schedule, looked at once an epoch: all of its steps have the rate of the first."""

    def __init__(self, schedule: keras.optimizers.schedules.LearningRateSchedule, steps_per_epoch: int) -> None:
        super().__init__()
        self.schedule = schedule
        self.steps_per_epoch = steps_per_epoch

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """The rate at a step, counted from 0 over all epochs."""
        return self.schedule(keras.ops.convert_to_tensor(step) // self.steps_per_epoch * self.steps_per_epoch)
