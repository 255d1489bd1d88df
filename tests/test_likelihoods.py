"""Heads as distributions: losses against scipy.stats in float64, gradients, recovered parameters, calibration."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats
from scipy.special import expit, log_softmax

from dlexp.components.component import Context
from dlexp.components.data import Info, Split
from dlexp.components.heads import (
    Beta,
    Binary,
    Gaussian,
    Laplace,
    Mixture,
    Multiclass,
    Multilabel,
    Ordinal,
    Poisson,
    Proportion,
    Quantiles,
    Regression,
)
from dlexp.components.heads.head import Predicted
from dlexp.components.heads.links import LINEAR_FROM, MIN_SCALE
from dlexp.components.heads.mixture import GaussianMixture
from dlexp.components.heads.quantiles import ThroughQuantiles

#: Logits to the extremes at which a sigmoid or an exponential would overflow in float32.
EXTREMES = np.array([-100.0, -30.0, -4.0, -0.5, 0.0, 0.7, 3.0, 19.0, 21.0, 100.0])
#: Training targets that heads standardize by: mean 10, standard deviation 2.
TRAIN_Y = np.array([8.0, 12.0], dtype="float32")
OFFSET, UNIT = 10.0, 2.0
NUMBERS = Info(task="regression", n_train=10, n_test=10, inputs="numeric", shape=(3,))


def calibration(head: Any, test: Predicted, train: Predicted) -> dict[str, float]:
    """How well a head's probabilities fit these test targets."""
    found: dict[str, float] = head.distribution(test.prediction, lambda: train).calibration(test)
    return found


def output_of(head: Any, y: np.ndarray = TRAIN_Y) -> Any:
    """A head on a trunk of three features."""
    return head.build(keras.Input((3,)), y)


def grid(n: int) -> np.ndarray:
    """All combinations of extreme logits, `(10 ** n, n)`."""
    return np.stack(np.meshgrid(*[EXTREMES] * n), axis=-1).reshape(-1, n)


def positive(z: np.ndarray | float) -> np.ndarray:
    """exp(z), from 20 its tangent."""
    linear = np.exp(LINEAR_FROM) * (1 + np.asarray(z) - LINEAR_FROM)
    return np.asarray(np.where(z < LINEAR_FROM, np.exp(np.minimum(z, LINEAR_FROM)), linear))


def scale(z: np.ndarray | float) -> np.ndarray:
    """The link of scales."""
    return positive(z) + MIN_SCALE


def losses(head: Any, y: np.ndarray, logits: np.ndarray, train_y: np.ndarray = TRAIN_Y) -> np.ndarray:
    """A head's losses in float64."""
    return np.asarray(output_of(head, train_y).losses(tf.constant(y), tf.constant(logits)))


@pytest.mark.parametrize("y", [0, 1])
def test_binary_equals_scipy_at_any_logit(y: int) -> None:
    """-log of scipy's Bernoulli probability; where s(z) is rounded to 1, of the logistic law's tail."""
    targets = np.full(len(EXTREMES), y)

    of_class = -stats.bernoulli.logpmf(y, expit(EXTREMES))
    # P(y = 1) is the logistic distribution function at z, P(y = 0) what lies above.
    expected = -(stats.logistic.logcdf if y else stats.logistic.logsf)(EXTREMES)

    is_exact = np.abs(EXTREMES) < 15
    assert expected[is_exact] == pytest.approx(of_class[is_exact], rel=1e-6)
    assert losses(Binary(units=1), targets, EXTREMES[:, None]) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("y", range(3))
def test_multiclass_equals_scipy_at_any_logits(y: int) -> None:
    """-log of a categorical probability: scipy's log softmax, and its multinomial law of one draw."""
    z = grid(3)
    one_hot = np.eye(3)[y]

    expected = -log_softmax(z, axis=1)[:, y]

    gentle = np.abs(z).max(axis=1) < 5
    of_one_draw = [-stats.multinomial.logpmf(one_hot, 1, np.exp(log_softmax(row))) for row in z[gentle]]
    assert expected[gentle] == pytest.approx(of_one_draw, rel=1e-6)
    assert losses(Multiclass(units=3), np.full(len(z), y), z) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_regression_is_a_gaussian_of_variance_one_half() -> None:
    """Squared error is its -log density but for a constant, in units of the standardized target."""
    z = EXTREMES
    y = np.resize([3.0, 9.5, 14.0], len(z))

    expected = -stats.norm.logpdf(y, OFFSET + UNIT * z, UNIT * np.sqrt(0.5)) - np.log(UNIT * np.sqrt(np.pi))

    assert losses(Regression(units=1), y, z[:, None]) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_gaussian_equals_scipy_at_any_logits() -> None:
    """-log N(y; 10 + 2 z1, 2 s(z2)), in the target's own units."""
    z = grid(2)
    y = np.resize([3.0, 9.5, 14.0], len(z))

    expected = -stats.norm.logpdf(y, OFFSET + UNIT * z[:, 0], UNIT * scale(z[:, 1]))

    assert losses(Gaussian(units=2), y, z) == pytest.approx(expected, rel=1e-9)


def test_laplace_equals_scipy_at_any_logits() -> None:
    """-log of the Laplace density, in the target's own units."""
    z = grid(2)
    y = np.resize([3.0, 9.5, 14.0], len(z))

    # scipy's `laplace` takes the logarithm of a density that underflows; the asymmetric law at 1 does not.
    expected = -stats.laplace_asymmetric.logpdf(y, 1, OFFSET + UNIT * z[:, 0], UNIT * scale(z[:, 1]))

    assert losses(Laplace(units=2), y, z) == pytest.approx(expected, rel=1e-9)


def test_gaussian_without_standardized_target_is_the_same_law_of_its_parameters() -> None:
    """`standardize_target: false`: the first logit is the mean itself."""
    head = Gaussian(units=2, standardize_target=False)

    loss = losses(head, np.array([1.5]), np.array([[2.0, 0.0]]))

    assert loss == pytest.approx(-stats.norm.logpdf([1.5], 2.0, 1 + MIN_SCALE), rel=1e-12)


def test_poisson_equals_scipy_at_any_logit() -> None:
    """Also where the rate is exp(-100), and where the exponential goes on as its tangent."""
    z = np.repeat(EXTREMES, 4)
    y = np.tile([0.0, 1.0, 7.0, 1000.0], len(EXTREMES))

    expected = -stats.poisson.logpmf(y, positive(z))

    assert losses(Poisson(units=1), y, z[:, None]) == pytest.approx(expected, rel=1e-9)


def test_beta_equals_scipy_at_any_logits() -> None:
    """Parameters from 1e-3 to 4e10."""
    z = grid(2)
    y = np.resize([0.01, 0.4, 0.999], len(z))

    expected = -stats.beta.logpdf(y, scale(z[:, 0]), scale(z[:, 1]))

    assert losses(Beta(units=2), y, z) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("y", range(4))
def test_ordinal_equals_differences_of_logistic_distribution_functions(y: int) -> None:
    """P(y = k) = F(threshold k - f) - F(threshold k-1 - f), in the tail where it does not cancel."""
    logits = np.array([[f, first, 0.3, -1.0] for f in EXTREMES for first in (-2.0, 0.0, 5.0)])
    first = logits[:, 1] - 1.0  # Three thresholds, their middle at 0 to start with.
    thresholds = np.stack([first, first + scale(0.3), first + scale(0.3) + scale(-1.0)], axis=1)
    edges = np.c_[np.full(len(logits), -np.inf), thresholds - logits[:, :1], np.full(len(logits), np.inf)]
    low, high = edges[:, y], edges[:, y + 1]
    # Right of the middle the upper tails are subtracted: cdf(b) - cdf(a) = sf(a) - sf(b).
    low, high = np.where(low > 0, -high, low), np.where(low > 0, -low, high)

    expected = -np.log(stats.logistic.cdf(high) - stats.logistic.cdf(low))

    assert losses(Ordinal(units=3), np.full(len(logits), y), logits) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_pinball_is_the_likelihood_of_an_asymmetric_laplace_law(level: float) -> None:
    """One level's loss is -log of scipy's asymmetric Laplace density but for log(level (1 - level))."""
    t = np.array([-50.0, -3.0, -0.4, 0.0, 0.6, 100.0])
    head = Quantiles(units=2, quantiles=[level, 0.95], standardize_target=False)
    z = np.tile([[0.5, 0.2]], (len(t), 1))
    # The lowest quantile starts half a step below the middle.
    lowest, upper = np.zeros(len(t)), np.full(len(t), scale(0.2))

    def pinball(level: float, quantile: np.ndarray) -> np.ndarray:
        kappa = np.sqrt(level / (1 - level))
        width = 1 / np.sqrt(level * (1 - level))
        return np.asarray(np.log(level * (1 - level)) - stats.laplace_asymmetric.logpdf(t, kappa, quantile, width))

    expected = (pinball(level, lowest) + pinball(0.95, upper)) / 2

    assert losses(head, t, z) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_mixture_equals_scipy_at_any_logits() -> None:
    """-log sum_k w_k N(y; mean_k, sd_k) by scipy's log densities and weights, in the target's own units."""
    rng = np.random.default_rng(0)
    z = rng.choice(EXTREMES, (500, 6))
    y = np.resize([3.0, 9.5, 14.0], len(z))
    means, sds = OFFSET + UNIT * (z[:, 2:4] + [-1, 1]), UNIT * scale(z[:, 4:])

    log_densities = log_softmax(z[:, :2], axis=1) + stats.norm.logpdf(y[:, None], means, sds)

    assert losses(Mixture(units=6, components=2), y, z) == pytest.approx(-np.logaddexp(*log_densities.T), rel=1e-9)


def test_multilabel_loss_is_the_mean_of_bernoulli_likelihoods() -> None:
    """And its `nll` their sum."""
    z = np.array([[-30.0, 0.5, 2.0], [100.0, -100.0, 0.0]])
    y = np.array([[1, 0, 1], [0, 0, 1]], dtype="int32")
    each = -stats.bernoulli.logpmf(y, expit(z))
    each[1, 0] = 100.0  # 1 - s(100) is 0 in float64.

    head = Multilabel(units=3)
    test = Predicted(y, z, expit(z))

    assert losses(head, y, z) == pytest.approx(each.mean(axis=1), rel=1e-6)
    assert calibration(head, test, test)["nll"] == pytest.approx(each.sum(axis=1).mean(), rel=1e-9)


@pytest.mark.parametrize("loss", ["binary_crossentropy", "mse"])
def test_proportion_takes_any_target_from_0_to_1(loss: str) -> None:
    """-y log s(z) - (1 - y) log(1 - s(z)), or (y - s(z))^2."""
    z = EXTREMES
    y = np.resize([0.0, 0.3, 1.0], len(z))

    expected = y * np.logaddexp(0, -z) + (1 - y) * np.logaddexp(0, z) if loss != "mse" else (y - expit(z)) ** 2

    head = Proportion.model_validate({"units": 1, "loss": loss})
    assert losses(head, y, z[:, None]) == pytest.approx(expected, rel=1e-6, abs=1e-12)


ALL = [
    pytest.param(Binary(units=1), 1, np.array([0, 1]), id="binary"),
    pytest.param(Multiclass(units=3), 3, np.array([0, 2]), id="multiclass"),
    pytest.param(Multilabel(units=2), 2, np.array([[0, 1], [1, 1]]), id="multilabel"),
    pytest.param(Ordinal(units=3), 4, np.array([0, 2]), id="ordinal"),
    pytest.param(Regression(units=1), 1, TRAIN_Y, id="regression"),
    pytest.param(Proportion(units=1), 1, np.array([0.0, 0.7]), id="proportion"),
    pytest.param(Gaussian(units=2), 2, TRAIN_Y, id="gaussian"),
    pytest.param(Laplace(units=2), 2, TRAIN_Y, id="laplace"),
    pytest.param(Poisson(units=1), 1, np.array([0.0, 40.0]), id="poisson"),
    pytest.param(Beta(units=2), 2, np.array([0.0, 0.7]), id="beta"),
    pytest.param(Quantiles(units=3), 3, TRAIN_Y, id="quantiles"),
    pytest.param(Mixture(units=6, components=2), 6, TRAIN_Y, id="mixture"),
]


@pytest.mark.parametrize(("head", "n_logits", "y"), ALL)
@pytest.mark.parametrize("seed", range(3))
def test_gradients_are_finite_at_logits_of_100(head: Any, n_logits: int, y: np.ndarray, seed: int) -> None:
    """In float32, for any signs."""
    signs = np.random.default_rng(seed).choice([-100.0, 100.0], (2, n_logits)).astype("float32")
    logits = tf.constant(signs if seed else np.full_like(signs, -100.0))
    y = y.astype("int32" if y.dtype.kind == "i" else "float32")

    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = output_of(head, y).losses(tf.constant(y), logits)
    gradient = tape.gradient(loss, logits)

    assert np.isfinite(loss).all()
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize(("head", "n_logits", "y"), ALL)
def test_columns_name_what_is_predicted(head: Any, n_logits: int, y: np.ndarray) -> None:
    """Each column of the saved model has a name beside the predicted number or class, if there are several."""
    info = Info(
        task="ordinal",
        n_train=10,
        n_test=10,
        inputs="numeric",
        shape=(3,),
        n_classes={"multilabel": 2, "ordinal": 4}.get(head.type, 3),
    )

    output = output_of(head, y)

    prediction = np.full((2, output.prediction.shape[1]), 0.5)
    train = Predicted(np.zeros(2), np.empty((2, 0)), prediction)
    columns = head.distribution(prediction, lambda: train).columns(info)
    of_number = {"predicted", "low_90", "high_90"}
    n_named = len(columns.keys() - of_number)
    assert n_named == (2 if head.type == "binary" else 0 if prediction.shape[1] == 1 else prediction.shape[1])
    assert output.logits.shape[1] == n_logits


LOADS = """
import json, sys
import keras
model = keras.models.load_model(sys.argv[1])
x = keras.ops.array(json.loads(sys.argv[2]))
print(json.dumps([model(x).numpy().tolist(), "dlexp" in sys.modules]))
"""


@pytest.mark.training
def test_saved_models_open_without_dlexp(tmp_path: Path) -> None:
    """All heads in one model file: Keras alone gives the same predictions in another process."""
    features = keras.Input((3,))
    heads: list[Any] = [(parameters.values[0], parameters.values[2]) for parameters in ALL]
    outputs = []
    for head, y in heads:
        # A layer of its own name for each, which a single head does not need.
        own = keras.Model(features, head.build(features, y).prediction, name=f"{head.type}_head")
        outputs.append(own(features))
    model = keras.Model(features, keras.layers.Concatenate()(outputs))
    x = [[0.5, -1.0, 2.0], [30.0, 0.0, -30.0]]
    model.save(tmp_path / "model.keras")

    result = subprocess.run(
        [sys.executable, "-c", LOADS, str(tmp_path / "model.keras"), json.dumps(x)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    predictions, has_dlexp = json.loads(result.stdout.splitlines()[-1])

    assert not has_dlexp
    assert np.array(predictions) == pytest.approx(model(np.array(x)).numpy(), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(("head", "n_logits", "y"), ALL)
def test_prediction_agrees_with_the_loss(head: Any, n_logits: int, y: np.ndarray) -> None:
    """Where the loss is the likelihood, the mean loss is the `nll` that calibration finds from the prediction."""
    features = keras.Input((3,))
    output = head.build(features, y)
    model = keras.Model(features, [output.logits, output.prediction])
    logits, prediction = (part.numpy() for part in model(np.array([[0.5, -1.0, 2.0], [1.0, 0.3, -0.4]])))
    test = Predicted(y, logits, prediction)
    loss = float(np.mean(output.losses(tf.constant(y), tf.constant(logits))))

    nll = calibration(head, test, test)["nll"]

    if head.type in ("regression", "proportion"):  # The best spread for these residuals.
        variance = ((prediction[:, 0] - y) ** 2).mean()
        assert nll == pytest.approx((np.log(2 * np.pi * variance) + 1) / 2, rel=1e-5)
    elif head.type == "multilabel":
        assert nll == pytest.approx(2 * loss, rel=1e-5)
    elif head.type != "quantiles":
        assert nll == pytest.approx(loss, rel=1e-5)


def fitted(head: Any, y: np.ndarray, x: np.ndarray | None = None, steps: int = 400) -> np.ndarray:
    """What a head alone predicts after gradient steps on all examples; without features, the same for all."""
    keras.utils.set_random_seed(0)
    x = np.ones((len(y), 1), "float32") if x is None else x
    features = keras.Input(x.shape[1:])
    output = head.build(features, y)
    model = keras.Model(features, [output.logits, output.prediction])
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.2, steps))
    optimizer.build(model.trainable_variables)

    def step() -> None:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(output.losses(tf.constant(y), model(x)[0]))
        optimizer.apply(tape.gradient(loss, [each.value for each in model.trainable_variables]))

    compiled = tf.function(step)
    for _ in range(steps):
        compiled()
    return np.asarray(model(x)[1])


def drawn(law: Any, n: int = 4000) -> np.ndarray:
    """A sample as float32 targets."""
    return np.asarray(law.rvs(n, random_state=0), dtype="float32")


def log_odds(p: np.ndarray) -> np.ndarray:
    """The logit of a probability."""
    return np.asarray(np.log(p / (1 - p)))


def slopes_of(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Of a linear function, the weights and then the constant."""
    return np.asarray(np.linalg.lstsq(np.c_[x, np.ones(len(x))], y)[0])


#: Features and weights of the laws of classes; within 0.12 are three standard errors at 4,000 examples.
TWO_FEATURES = np.random.default_rng(0).standard_normal((4000, 2)).astype("float32")


@pytest.mark.training
def test_binary_recovers_the_log_odds() -> None:
    """Logistic regression: the log odds are linear with the weights of the law."""
    odds = TWO_FEATURES @ [1.0, -0.5] + 0.3
    y = (np.random.default_rng(1).random(4000) < expit(odds)).astype("int32")

    prediction = fitted(Binary(units=1), y, TWO_FEATURES)[:, 0].astype("float64")

    assert slopes_of(TWO_FEATURES, log_odds(prediction)) == pytest.approx([1.0, -0.5, 0.3], abs=0.12)


@pytest.mark.training
def test_multiclass_recovers_the_log_odds_between_classes() -> None:
    """Of each class against the first: what a softmax leaves of its logits."""
    weights = np.array([[0.0, 1.0, -0.8], [0.0, -0.5, 0.4], [0.0, 0.2, 0.1]])
    odds = np.c_[TWO_FEATURES, np.ones(4000)] @ weights
    y = (odds + np.random.default_rng(1).gumbel(size=odds.shape)).argmax(axis=1).astype("int32")

    prediction = fitted(Multiclass(units=3), y, TWO_FEATURES).astype("float64")
    against_first = np.log(prediction / prediction[:, :1])

    assert slopes_of(TWO_FEATURES, against_first) == pytest.approx(weights, abs=0.16)


@pytest.mark.training
def test_multilabel_recovers_the_log_odds_of_each_label() -> None:
    """Each label by itself."""
    weights = np.array([[1.0, -0.8], [-0.5, 0.4], [0.3, -1.0]])
    odds = np.c_[TWO_FEATURES, np.ones(4000)] @ weights
    y = (np.random.default_rng(1).random(odds.shape) < expit(odds)).astype("int32")

    prediction = fitted(Multilabel(units=2), y, TWO_FEATURES).astype("float64")

    assert slopes_of(TWO_FEATURES, log_odds(prediction)) == pytest.approx(weights, abs=0.12)


@pytest.mark.training
@pytest.mark.parametrize("loss", ["binary_crossentropy", "mse"])
def test_proportion_recovers_the_mean(loss: str) -> None:
    """Both losses are smallest at the mean of the law, here a beta law's with a linear logit."""
    mean = expit(TWO_FEATURES @ [0.8, -0.4] - 0.2)
    y = np.random.default_rng(1).beta(20 * mean, 20 * (1 - mean)).astype("float32")

    prediction = fitted(Proportion.model_validate({"units": 1, "loss": loss}), y, TWO_FEATURES)[:, 0].astype("float64")

    assert slopes_of(TWO_FEATURES, log_odds(prediction)) == pytest.approx([0.8, -0.4, -0.2], abs=0.03)


@pytest.mark.training
@pytest.mark.parametrize("loss", ["mse", "mae"])
def test_regression_recovers_the_line(loss: str) -> None:
    """Through Gaussian noise of 2, in the target's own units: within three standard errors, 0.03 (of mae 0.04) each."""
    y = (TWO_FEATURES @ [3.0, -1.0] + 40 + np.random.default_rng(1).normal(0, 2, 4000)).astype("float32")

    prediction = fitted(Regression.model_validate({"units": 1, "loss": loss}), y, TWO_FEATURES)[:, 0]

    assert slopes_of(TWO_FEATURES, prediction) == pytest.approx([3.0, -1.0, 40.0], abs=0.12)


@pytest.mark.training
def test_gaussian_recovers_mean_and_deviation() -> None:
    """Those of the sample, which are the most likely ones."""
    y = drawn(stats.norm(50, 7))

    prediction = fitted(Gaussian(units=2), y)[0]

    # The smallest scale lies below the link, not the parameter.
    assert prediction == pytest.approx([y.mean(), y.std()], rel=1e-4)
    assert prediction == pytest.approx([50, 7], rel=0.03)


@pytest.mark.training
def test_laplace_recovers_median_and_scale() -> None:
    """Median and mean distance from it."""
    y = drawn(stats.laplace(-3, 2))

    prediction = fitted(Laplace(units=2), y)[0]

    assert prediction == pytest.approx([np.median(y), np.abs(y - np.median(y)).mean()], rel=1e-2)
    assert prediction == pytest.approx([-3, 2], rel=0.03)


@pytest.mark.training
def test_poisson_recovers_a_log_linear_rate() -> None:
    """The weights are those of the law within three standard errors (1 / sqrt(n rate) = 0.01)."""
    x = np.random.default_rng(0).standard_normal((4000, 2)).astype("float32")
    rates = np.exp(1 + x @ [0.5, -0.3])
    y = np.random.default_rng(1).poisson(rates).astype("float32")

    prediction = fitted(Poisson(units=1), y, x)[:, 0]
    slopes, *_ = np.linalg.lstsq(np.c_[x, np.ones(len(x))], np.log(prediction))

    assert slopes == pytest.approx([0.5, -0.3, 1], abs=0.03)


@pytest.mark.training
def test_beta_recovers_its_parameters() -> None:
    """scipy's own fit of the same sample."""
    y = drawn(stats.beta(12, 30))

    mean, alpha, beta = fitted(Beta(units=2), y)[0]

    expected = stats.beta.fit(y.astype("float64"), floc=0, fscale=1)[:2]
    assert (alpha, beta) == pytest.approx(expected, rel=1e-2)
    assert (alpha, beta) == pytest.approx((12, 30), rel=0.1)
    assert mean == pytest.approx(alpha / (alpha + beta))


@pytest.mark.training
def test_ordinal_recovers_slope_and_thresholds() -> None:
    """From 4,000 ratings: cumulative log odds are thresholds minus slope times x."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4000, 1)).astype("float32")
    thresholds = np.array([-2.0, -0.5, 1.5])
    y = np.searchsorted(thresholds, 1.5 * x[:, 0] + rng.logistic(size=4000)).astype("int32")

    p = fitted(Ordinal(units=3), y, x).astype("float64")
    at_most = p.cumsum(axis=1)[:, :-1]
    middle = np.abs(x[:, 0]) < 1  # where the odds are not rounded away
    slopes, *_ = np.linalg.lstsq(np.c_[-x[middle], np.ones(middle.sum())], np.log(at_most / (1 - at_most))[middle])

    assert p.sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert slopes[0] == pytest.approx([1.5] * 3, abs=0.12)
    assert slopes[1] == pytest.approx(thresholds, abs=0.12)


@pytest.mark.training
def test_quantiles_recovers_those_of_the_law() -> None:
    """The sample's quantiles, of a skewed law."""
    y = drawn(stats.gamma(2, scale=3))

    prediction = fitted(Quantiles(units=3), y)[0]

    assert prediction == pytest.approx(np.quantile(y, [0.1, 0.5, 0.9]), rel=0.02)
    assert prediction == pytest.approx(stats.gamma(2, scale=3).ppf([0.1, 0.5, 0.9]), rel=0.06)


@pytest.mark.training
def test_mixture_recovers_two_places() -> None:
    """30 % around -5, 70 % around 4."""
    rng = np.random.default_rng(0)
    y = np.where(rng.random(4000) < 0.3, rng.normal(-5, 1, 4000), rng.normal(4, 2, 4000)).astype("float32")

    mean, *parameters = fitted(Mixture(units=6, components=2), y)[0]

    assert parameters == pytest.approx([0.3, 0.7, -5, 4, 1, 2], rel=0.05)
    assert mean == pytest.approx(y.mean(), rel=0.02)


def test_law_through_quantiles_is_a_law() -> None:
    """Its density integrates to 1, and each share of it lies below its quantile."""
    law = ThroughQuantiles(np.array([0.1, 0.5, 0.9]), np.array([[-1.0, 0.5, 4.0]]))
    y = np.linspace(-60, 90, 1_500_001)
    density = np.exp(ThroughQuantiles(law.levels, np.repeat(law.values, len(y), axis=0)).logpdf(y))
    share = np.cumsum(density) * (y[1] - y[0])

    assert share[-1] == pytest.approx(1, abs=1e-4)
    for level in (0.02, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99):
        assert np.interp(law.ppf(level), y, share) == pytest.approx([level], abs=1e-3)


def test_quantiles_of_a_mixture_invert_its_distribution_function() -> None:
    """cdf(ppf(p)) = p."""
    law = GaussianMixture(np.array([[0.3, 0.7]]), np.array([[-5.0, 4.0]]), np.array([[1.0, 2.0]]))

    assert [law.cdf(law.ppf(share))[0] for share in (0.05, 0.3, 0.5, 0.95)] == pytest.approx([0.05, 0.3, 0.5, 0.95])


@pytest.mark.parametrize(
    ("head", "law", "columns"),
    [
        (Gaussian(units=2), stats.norm(5, 2), [5, 2]),
        (Laplace(units=2), stats.laplace(5, 2), [5, 2]),
        (Beta(units=2), stats.beta(2, 5), [2 / 7, 2, 5]),
        (Quantiles(units=3, quantiles=[0.05, 0.5, 0.95]), stats.norm(0, 1), stats.norm.ppf([0.05, 0.5, 0.95])),
        (Mixture(units=6, components=2), stats.norm(0, 1), [0, 0.5, 0.5, 0, 0, 1, 1]),
    ],
    ids=lambda value: getattr(value, "type", ""),
)
def test_coverage_of_the_true_law_is_90_percent(head: Any, law: Any, columns: list[float]) -> None:
    """Within three standard errors, 0.003 each, of 10,000 targets drawn from what is predicted."""
    y = drawn(law, 10_000)
    test = Predicted(y, np.empty((len(y), 0)), np.tile(np.array(columns, np.float32), (len(y), 1)))

    assert calibration(head, test, test)["coverage_90"] == pytest.approx(0.9, abs=0.009)


def test_coverage_of_a_regression_is_as_wide_as_its_training_residuals() -> None:
    """Residuals of 2 in training: the interval is 1.645 * 2 wide on each side, and the Gaussian's nll at the test."""
    train = Predicted(np.array([8.0, 12.0]), np.empty((2, 0)), np.array([[10.0], [10.0]]))
    test = Predicted(np.array([3.0, 3.4, -3.2]), np.empty((3, 0)), np.zeros((3, 1)))

    found = calibration(Regression(units=1), test, train)

    assert found["coverage_90"] == pytest.approx(2 / 3)
    assert found["nll"] == pytest.approx(-stats.norm.logpdf(test.y, 0, 2).mean())


def test_a_count_head_refuses_other_numbers() -> None:
    """Named before any data is read."""
    assert list(Poisson(units=1).problems(Context(info=NUMBERS))) == [
        ("type", "a poisson head needs counts; this data set is regression")
    ]
    assert list(Gaussian(units=3).problems(Context(info=NUMBERS))) == [
        ("units", "a gaussian head has 2 output units, given 3")
    ]


def test_quantiles_are_in_rising_order() -> None:
    """Said at the field."""
    head = Quantiles(units=2, quantiles=[0.9, 0.1])

    assert list(head.problems(Context(info=NUMBERS))) == [
        ("quantiles", "expected levels in rising order, given [0.9, 0.1]")
    ]


@pytest.mark.training
def test_engine_trains_a_head_for_multilabel_targets() -> None:
    """Targets `(n, classes)` reach the loss batch by batch, validation included."""
    from dlexp.config.experiment import Experiment
    from dlexp.training.loop import Evaluator, Trainer, order_of
    from dlexp.training.network import build

    config = Experiment.model_validate(
        {"name": "x", "dataset": {"type": "documents"}, "head": {"type": "multilabel", "units": 6}}
    )
    data = config.dataset.stand_in()
    network = build(config, config.dataset.info(), data.train, seed=0)
    trainer = Trainer(network, config.optimizer.build(), data.train, 32)
    test = Split(data.test.x, data.test.y)

    training = [trainer.train_epoch(order_of(0, epoch, len(data.train))).loss for epoch in range(1, 31)]
    scores = Evaluator(network, test).evaluate()

    assert training[-1] < 0.3 < training[0]
    assert scores.predictions.shape == test.y.shape
    assert expit(scores.logits) == pytest.approx(scores.predictions, abs=1e-6)
