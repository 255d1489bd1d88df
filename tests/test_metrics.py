"""Metrics against scikit-learn and numbers worked out by hand."""

import itertools

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from dlexp.components.heads import Quantiles
from dlexp.components.metrics import METRICS

RNG = np.random.default_rng(0)
BINARY_Y = RNG.integers(0, 2, 200).astype("int32")
BINARY_P = np.clip(BINARY_Y * 0.4 + RNG.random(200) * 0.6, 0, 1)[:, None].astype("float32")
CLASS_Y = RNG.integers(0, 7, 300).astype("int32")
CLASS_P = RNG.dirichlet(np.ones(7), 300).astype("float32")
LABEL_Y = RNG.integers(0, 2, (100, 4)).astype("int32")
LABEL_P = np.clip(LABEL_Y * 0.3 + RNG.random((100, 4)) * 0.7, 0, 1).astype("float32")
NUMBER_Y = RNG.normal(5, 2, 50).astype("float32")
NUMBER_P = (NUMBER_Y + RNG.normal(0, 1, 50))[:, None].astype("float32")


def measured(name: str, y: np.ndarray, prediction: np.ndarray) -> float:
    """A metric by its name."""
    return METRICS[name].measure(y, prediction)


def test_accuracy_counts_classes_labels_and_whole_examples() -> None:
    """By hand: 2 of 3 classes; 3 of 4 labels, 1 of 2 examples."""
    labels, given = np.array([[1, 0], [1, 1]]), np.array([[0.9, 0.2], [0.6, 0.3]])

    assert measured("accuracy", np.array([0, 1, 1]), np.array([[0.2], [0.9], [0.5]])) == pytest.approx(2 / 3)
    assert measured("accuracy", labels, given) == 3 / 4
    assert measured("exact_match", labels, given) == 1 / 2


@pytest.mark.parametrize("k", [3, 5])
def test_top_k_accuracy_is_scikit_learns(k: int) -> None:
    """The right class among the k most probable; with no more than k classes it always is."""
    expected = sklearn_metrics.top_k_accuracy_score(CLASS_Y, CLASS_P, k=k)

    assert measured(f"top_{k}_accuracy", CLASS_Y, CLASS_P) == pytest.approx(expected)
    assert measured(f"top_{k}_accuracy", np.array([0, 1]), np.array([[0.1, 0.9], [0.9, 0.1]])) == 1


def test_top_k_accuracy_copes_with_classes_that_are_not_there() -> None:
    """A split may lack a rare class, here those from 2 on: the first is the fourth in its row, the second the third."""
    y = np.array([0, 1], dtype="int32")
    p = np.array([[0.1, 0.2, 0.3, 0.4, 0.0], [0.3, 0.2, 0.4, 0.0, 0.1]], dtype="float32")

    assert measured("top_3_accuracy", y, p) == 0.5


def test_auc_is_scikit_learns() -> None:
    """Binary; each class against the rest; each label."""
    each_class = sklearn_metrics.roc_auc_score(CLASS_Y, CLASS_P, multi_class="ovr")

    assert measured("auc", BINARY_Y, BINARY_P) == sklearn_metrics.roc_auc_score(BINARY_Y, BINARY_P)
    assert measured("auc", CLASS_Y, CLASS_P) == pytest.approx(each_class)
    assert measured("auc", LABEL_Y, LABEL_P) == sklearn_metrics.roc_auc_score(LABEL_Y, LABEL_P)


def test_auc_leaves_classes_out_that_have_no_curve() -> None:
    """A class that nothing or everything belongs to has no curve; where none has one, there is no number."""
    without = np.where(CLASS_Y == 6, 0, CLASS_Y)
    one_against_rest = [sklearn_metrics.roc_auc_score(without == k, CLASS_P[:, k]) for k in range(6)]

    assert measured("auc", without, CLASS_P) == pytest.approx(np.mean(one_against_rest))
    assert np.isnan(measured("auc", np.zeros(5, "int32"), BINARY_P[:5]))


@pytest.mark.parametrize("average", ["macro", "micro"])
def test_f1_is_scikit_learns(average: str) -> None:
    """Of what is decided: above one half, the most probable class, each label."""
    f1 = sklearn_metrics.f1_score
    name = f"f1_{average}"

    assert measured(name, BINARY_Y, BINARY_P) == f1(BINARY_Y, BINARY_P[:, 0] > 0.5, average=average)
    assert measured(name, CLASS_Y, CLASS_P) == f1(CLASS_Y, CLASS_P.argmax(axis=1), average=average)
    assert measured(name, LABEL_Y, LABEL_P) == f1(LABEL_Y, LABEL_P > 0.5, average=average)


def test_errors_of_numbers_are_scikit_learns() -> None:
    """mae, mse, rmse, r2, from the first column."""
    expected = {
        "mae": sklearn_metrics.mean_absolute_error(NUMBER_Y, NUMBER_P),
        "mse": sklearn_metrics.mean_squared_error(NUMBER_Y, NUMBER_P),
        "rmse": sklearn_metrics.root_mean_squared_error(NUMBER_Y, NUMBER_P),
        "r2": sklearn_metrics.r2_score(NUMBER_Y, NUMBER_P),
    }

    assert {name: measured(name, NUMBER_Y, NUMBER_P) for name in expected} == pytest.approx(expected, rel=1e-6)


def test_quantiles_are_measured_by_their_median() -> None:
    """Not by their first column."""
    prediction = np.c_[NUMBER_P - 9, NUMBER_P, NUMBER_P + 9]

    found = Quantiles(quantiles=[0.1, 0.45, 0.9]).measure("mae", NUMBER_Y, prediction)

    assert found == measured("mae", NUMBER_Y, NUMBER_P)


def test_class_mae_is_how_many_classes_off() -> None:
    """By hand: 0, 1 and 2 off."""
    p = np.eye(3)[[0, 1, 0]]

    assert measured("class_mae", np.array([0, 2, 2]), p) == 1


def test_calibration_error_worked_out_by_hand() -> None:
    """Bins of 1/15: two answers at 0.9, one right, are 0.4 off; two at 0.61, both right, 0.39 off."""
    p = np.array([[0.9], [0.1], [0.61], [0.39]])
    y = np.array([1, 1, 1, 0])

    assert measured("calibration_error", y, p) == pytest.approx((2 * 0.4 + 2 * 0.39) / 4)
    assert measured("calibration_error", y, np.c_[1 - p, p]) == pytest.approx((2 * 0.4 + 2 * 0.39) / 4)


def test_calibration_error_of_sure_and_right_answers_is_zero() -> None:
    """Probabilities of exactly 0 and 1 have a bin."""
    labels = np.array([[1, 0], [0, 1]])

    assert measured("calibration_error", np.array([0, 2]), np.eye(3)[[0, 2]]) == 0
    assert measured("calibration_error", labels, labels.astype("float32")) == 0


def test_calibration_error_vanishes_for_true_probabilities() -> None:
    """100,000 draws from what is stated: what is left is chance."""
    rng = np.random.default_rng(1)
    p = rng.random((100_000, 1))

    assert measured("calibration_error", (rng.random(100_000) < p[:, 0]).astype("int32"), p) < 0.01


SKEWED_Y = np.repeat([0, 1, 2, 4], [5, 9, 4, 2]).astype("int32")
RARE_Y = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 0], [1, 0, 1], [0, 0, 0], [1, 1, 0], [0, 1, 0]], "int32")
OF_CLASSES = [np.eye(5)[[k]] for k in range(5)]
#: Every order of five classes, as probabilities.
IN_ORDER = [np.array([order]) / 10.0 for order in itertools.permutations(range(5))]
OF_LABELS = [np.array([labels], float) for labels in itertools.product((0, 1), repeat=3)]
OF_TWO = [np.array([[p]]) for p in np.linspace(0, 1, 201)]
OF_NUMBERS = [np.array([[value]]) for value in np.linspace(-1, 9, 2001)]
FEW_NUMBERS = np.array([0.5, 1.0, 2.5, 8.0, 3.0], "float32")


@pytest.mark.parametrize(
    ("name", "y", "constants", "places"),
    [
        ("accuracy", SKEWED_Y, OF_CLASSES, 12),
        ("accuracy", BINARY_Y, OF_TWO, 12),
        ("accuracy", RARE_Y, OF_LABELS, 12),
        ("exact_match", RARE_Y, OF_LABELS, 12),
        ("top_3_accuracy", SKEWED_Y, IN_ORDER, 12),
        ("top_5_accuracy", SKEWED_Y, IN_ORDER, 12),
        ("auc", SKEWED_Y, OF_CLASSES, 12),
        ("auc", RARE_Y, OF_LABELS, 12),
        ("f1_macro", SKEWED_Y, OF_CLASSES, 12),
        ("f1_macro", BINARY_Y, OF_TWO, 12),
        ("f1_macro", RARE_Y, OF_LABELS, 12),
        ("f1_micro", SKEWED_Y, OF_CLASSES, 12),
        ("f1_micro", RARE_Y, OF_LABELS, 12),
        ("class_mae", SKEWED_Y, OF_CLASSES, 12),
        ("mae", FEW_NUMBERS, OF_NUMBERS, 12),
        ("mse", FEW_NUMBERS, OF_NUMBERS, 5),
        ("rmse", FEW_NUMBERS, OF_NUMBERS, 5),
        ("r2", FEW_NUMBERS, OF_NUMBERS, 5),
        ("mse", BINARY_Y, OF_TWO, 5),
        ("mae", BINARY_Y, OF_TWO, 12),
    ],
)
def test_a_guess_is_the_best_of_all_constant_predictions(
    name: str, y: np.ndarray, constants: list[np.ndarray], places: int
) -> None:
    """None of them scores better, and one scores the same."""
    scores = [measured(name, y, np.repeat(constant, len(y), axis=0)) for constant in constants]

    best = max(scores) if METRICS[name].higher_is_better else min(scores)
    guess = METRICS[name].guess
    assert guess is not None
    assert guess(y) == pytest.approx(best, abs=10.0**-places)


def test_what_a_constant_scores_well_in_has_no_guess() -> None:
    """Stated shares are calibrated; what explains judges nothing; a density needs its head."""
    without = {name for name, metric in METRICS.items() if metric.guess is None}

    assert without == {"nll", "calibration_error", "coverage_90", "logit_gradient"}


@pytest.mark.parametrize(
    ("name", "y", "prediction", "step"),
    [
        ("accuracy", CLASS_Y, CLASS_P, 1 / 300),
        ("accuracy", LABEL_Y, LABEL_P, 1 / 400),
        ("exact_match", LABEL_Y, LABEL_P, 1 / 100),
        ("top_3_accuracy", CLASS_Y, CLASS_P, 1 / 300),
        ("f1_micro", CLASS_Y, CLASS_P, 1 / 300),
        ("f1_micro", LABEL_Y, LABEL_P, None),
        ("f1_macro", CLASS_Y, CLASS_P, None),
        ("auc", CLASS_Y, CLASS_P, None),
        ("class_mae", CLASS_Y, CLASS_P, 1 / 300),
        ("mae", NUMBER_Y, NUMBER_P, None),
    ],
)
def test_what_counts_examples_lies_on_a_grid(
    name: str, y: np.ndarray, prediction: np.ndarray, step: float | None
) -> None:
    """Its values are whole multiples of a step, which follows from how many examples and labels there are."""
    metric = METRICS[name]
    found = metric.step(len(y), y.shape[1] if y.ndim == 2 else None) if metric.step else None

    assert found == (None if step is None else pytest.approx(step))
    if step:
        steps = measured(name, y, prediction) / step
        assert steps == pytest.approx(round(steps), abs=1e-9)
