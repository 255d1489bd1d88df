"""Single inputs that tell a target, whatever share of the examples its classes have."""

import numpy as np
import pytest

from dlexp.components.data import Array, Info, Split
from dlexp.training.telling_inputs import telling_inputs

CLASSES = Info(task="binary", n_train=9, n_test=0, inputs="numeric", shape=(2,), n_classes=2)


def told(x: Array, y: Array) -> list[str]:
    """The inputs that tell the target, of which the last fifth is held out."""
    n = len(y) * 4 // 5
    return [each.name for each in telling_inputs(Split(x[:n], y[:n]), Split(x[n:], y[n:]), CLASSES, ["a", "b"])]


@pytest.mark.parametrize("share", [0.3, 0.1, 0.01])
@pytest.mark.parametrize("sign", [1, -1])
def test_an_input_that_is_the_target_is_found(share: float, sign: int) -> None:
    """Exactly, and with noise; of a class with one example in a hundred too, at either end of the input."""
    rng = np.random.default_rng(0)
    y = (rng.random(5000) < share).astype(np.int32)
    x = np.stack([sign * y, 10.0 * sign * y + rng.normal(size=len(y))], axis=1)

    assert told(x, y) == ["a", "b"]


def test_few_examples_of_a_class_are_told_by_nothing() -> None:
    """Two examples of a class, each with a value of its own: any input that is a number would tell them."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(500, 2)), np.zeros(500, np.int32)
    y[[10, 20]] = 1
    x[[10, 20], 0] = 9.0

    assert told(x, y) == []
