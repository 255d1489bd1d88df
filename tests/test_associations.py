"""How far predictions go with targets: chance is told from what is learned, with rare classes too."""

import numpy as np
import pytest

from dlexp.components.data import Array, Info
from dlexp.components.heads.head import Head
from dlexp.components.heads.laplace import Laplace
from dlexp.components.heads.poisson import Poisson
from dlexp.components.heads.regression import Regression
from dlexp.training.associations import of_head, of_neighbours
from dlexp.training.controlled import SURE, Association

CLASSES = Info(task="binary", n_train=9, n_test=0, inputs="numeric", shape=(1,), n_classes=2)


def association(predicted: Array, y: Array) -> Association:
    """Of predicted classes with the true ones."""
    (found,) = of_neighbours({"": predicted}, CLASSES, y)
    return found


def one_of(n: int, position: int) -> Array:
    """Class 1 at one of n positions."""
    y = np.zeros(n, np.int32)
    y[position] = 1
    return y


def test_one_hit_in_a_rare_class_is_no_evidence() -> None:
    """One example of 40, found by one guess: every 40th order does that, though it is six standard deviations."""
    found = association(one_of(40, 3), one_of(40, 3))

    assert found.gain == 1
    assert not found.is_sure
    assert found.z < SURE


def test_what_is_learned_of_a_rare_class_is() -> None:
    """Ten of ten examples among 1,000."""
    y = (np.arange(1000) % 100 == 0).astype(np.int32)

    assert association(y, y).is_sure


def test_equal_targets_that_are_given_back_are_learned() -> None:
    """There is no better score than that of guessing; one that is worse is not learned."""
    y = np.zeros(32, np.int32)

    assert association(y, y).is_learned
    assert not association(one_of(32, 0), y).is_learned


@pytest.mark.parametrize(("head", "metric"), [(Poisson(), "rmse"), (Regression(loss="mae"), "mae"), (Laplace(), "mae")])
def test_what_predicts_a_mean_is_judged_by_squared_errors(head: Head, metric: str) -> None:
    """Of a rare event that is counted, the true rate has larger absolute errors than a constant 0 has."""
    rng = np.random.default_rng(0)
    rate = np.exp(rng.normal(size=1000) - 2)
    y = rng.poisson(rate).astype(np.float64)

    found = of_head("", head, y, rate[:, None])
    assert found.metric == metric
    assert found.is_sure == (metric == "rmse")
