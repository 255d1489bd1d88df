"""The logarithm of the gamma function, which keras.ops lacks."""

from typing import Any

import tensorflow as tf


def log_gamma(x: Any) -> Any:
    """log Gamma(x) for x > 0; of a whole number n + 1 it is log n!."""
    return tf.math.lgamma(x)
