"""Links from logits to positive parameters, without overflow at any logit.

They are made of `keras.ops` alone, so that they can be part of a saved model.
"""

from typing import Any

#: From here the exponential continues as its tangent: exp(20) = 4.9e8.
LINEAR_FROM = 20.0
#: Smallest scale of a density, in units of the target's own: no example can make the likelihood unbounded.
MIN_SCALE = 1e-3


def positive(z: Any) -> Any:
    """exp(z), and its tangent from z = 20: the gradient is finite at any logit."""
    from keras import ops

    # exp(z) for z <= 20; exp(20) (1 + z - 20) beyond.
    return ops.exp(ops.minimum(z, LINEAR_FROM)) * (1 + ops.relu(z - LINEAR_FROM))


def log_positive(z: Any) -> Any:
    """log(positive(z)), exact also where `positive` is rounded to 0."""
    from keras import ops

    return ops.minimum(z, LINEAR_FROM) + ops.log1p(ops.relu(z - LINEAR_FROM))


def scale(z: Any) -> Any:
    """The scale of a density: 1 at z = 0."""
    return positive(z) + MIN_SCALE
