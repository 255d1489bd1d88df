"""Bias and variance: identities, closed forms and worked examples, and the training sets behind them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from make_runs import failed
from scipy import stats
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

import dlexp
from dlexp.components.data import Data, Info, Split
from dlexp.components.datasets import Digits, NoisySine
from dlexp.components.training_sets import Bootstrap, Fresh, Subset
from dlexp.config.checks import check
from dlexp.config.experiment import Experiment
from dlexp.config.load import load
from dlexp.errors import UserError
from dlexp.execution.plan import Request
from dlexp.records.index import read
from dlexp.records.predictions import Resampled
from dlexp.records.run_dir import RunDir
from dlexp.reports.bias_variance.facts import decompose, point, squared, zero_one
from dlexp.workflows.bias_variance import plan_training_sets

Array = np.ndarray[Any, Any]

numbers = st.floats(-100, 100, width=32)
models_and_examples = st.tuples(st.integers(3, 6), st.integers(1, 8))


def experiment(folder: Path, text: str) -> Experiment:
    """The experiment of a config."""
    path = folder / "it.yaml"
    path.write_text(text)
    return load(path).experiment


def of_numbers(y: Array, predicted: Array, expected: Array | None = None) -> list[Resampled]:
    """What models predict, `(models, n)`, as their runs record it."""
    return [Resampled(y, of_one[:, None], expected) for of_one in predicted]


@given(st.data())
def test_parts_of_squared_loss_add_up(data: st.DataObject) -> None:
    """With and without the truth, whatever is predicted, the parts are the measured error."""
    n_models, n = data.draw(models_and_examples)
    y, expected = data.draw(arrays(np.float64, n, elements=numbers)), data.draw(arrays(np.float64, n, elements=numbers))
    predicted = data.draw(arrays(np.float64, (n_models, n), elements=numbers))
    measured = ((predicted - y) ** 2).mean()

    for truth in (expected, None):
        found = decompose(of_numbers(y, predicted, truth))
        assert found.error.value == pytest.approx(measured)
        assert found.total == pytest.approx(measured, rel=1e-9, abs=1e-9)
        assert len(found.summands) == (2 if truth is None else 3)


@given(st.data())
def test_parts_of_zero_one_loss_add_up(data: st.DataObject) -> None:
    """With two classes or several, ties included: error = bias + unbiased - biased variance."""
    n_models, n = data.draw(models_and_examples)
    classes = st.integers(0, data.draw(st.integers(1, 4)))
    y = data.draw(arrays(np.int64, n, elements=classes))
    decided = data.draw(arrays(np.int64, (n_models, n), elements=classes))

    parts = zero_one(y, decided)

    assert parts["error"] == pytest.approx((decided != y).mean())
    assert parts["bias"] + parts["net_variance"] == pytest.approx(parts["error"], abs=1e-12)
    assert parts["unbiased_variance"] - parts["biased_variance"] == pytest.approx(parts["net_variance"])


def test_zero_one_loss_by_hand() -> None:
    """Four models, four examples of class 0: right, mostly right, mostly wrong, and wrong in three ways."""
    y = np.zeros(4, int)
    decided = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 1, 2], [0, 1, 0, 3]])

    # Main predictions 0, 0, 1, 1; they are wrong for the last two.
    # V = 0, 1/4, 1/4, 1/2; of the biased ones, 1/4 and none decide for the right class.
    assert zero_one(y, decided) == {
        "bias": 2 / 4,
        "net_variance": (1 / 4 - 1 / 4) / 4,
        "unbiased_variance": 1 / 16,
        "biased_variance": 1 / 16,
        "variance": (1 / 4 + 1 / 4 + 1 / 2) / 4,
        "error": (0 + 1 / 4 + 3 / 4 + 1) / 4,
    }


def test_two_classes_are_domingos_two_class_case() -> None:
    """With two classes biased variance is V itself where the main prediction is wrong (his c2 = -1)."""
    rng = np.random.default_rng(0)
    y, decided = rng.integers(2, size=50), rng.integers(2, size=(7, 50))
    parts = zero_one(y, decided)

    main = decided.mean(axis=0) > 0.5
    v = (decided != main).mean(axis=0)

    assert parts["biased_variance"] == pytest.approx(np.where(main != y, v, 0).mean())


@pytest.mark.parametrize("degree", [1, 3, 9])
def test_polynomial_ridge_matches_its_closed_form(degree: int) -> None:
    """On fixed inputs with fresh noise, bias^2, variance and noise are the closed form's within four errors."""
    data = NoisySine(n_train=30, n_test=400)
    train, test = data.load(None).train, data.load(None).test
    powers = np.arange(degree + 1)
    phi, phi_test = (2 * part.x.astype(np.float64) ** powers - 1 for part in (train, test))
    # Predictions are linear in the targets: S y with S = phi_test (phi' phi + l2 I)^-1 phi'
    smoother = phi_test @ np.linalg.solve(phi.T @ phi + 1e-3 * np.eye(degree + 1), phi.T)
    f, f_test = data.expected(train.x), data.expected(test.x)
    rng = np.random.default_rng(0)
    targets = f + data.noise * rng.standard_normal((300, 30))

    found = decompose(of_numbers(f_test + data.noise * rng.standard_normal(400), targets @ smoother.T, f_test))

    bias_squared = ((smoother @ f - f_test) ** 2).mean()
    variance = data.noise**2 * (smoother**2).sum(axis=1).mean()
    for part, closed_form in {"bias_squared": bias_squared, "variance": variance}.items():
        assert abs(found.parts[part].value - closed_form) < 4 * found.parts[part].se
    # The noise of 400 test targets: the mean of e^2, and twice that of e times the bias.
    deviation = np.sqrt((2 * data.noise**4 + 4 * data.noise**2 * bias_squared) / 400)
    assert abs(found.parts["noise"].value - data.noise**2) < 4 * deviation


def test_few_models_are_unbiased() -> None:
    """Over many studies of four models each, bias^2 and variance are the truth on average."""
    rng = np.random.default_rng(0)
    parts = [squared(np.zeros(50), 0.1 + rng.standard_normal((4, 50)), np.zeros(50)) for _ in range(2000)]
    bias_squared, variance = (np.array([each[name] for each in parts]) for name in ("bias_squared", "variance"))

    for values, truth in ((bias_squared, 0.01), (variance, 1.0)):
        assert abs(values.mean() - truth) < 4 * values.std() / np.sqrt(2000)


@pytest.mark.parametrize("loss", ["squared", "0-1"])
def test_standard_errors_are_the_spread_over_repeated_studies(loss: str) -> None:
    """Over 200 studies of 20 models the stated errors are the real ones, or too large: of the bias of 0-1 loss."""
    rng = np.random.default_rng(0)
    x = np.linspace(-2, 2, 60)
    studies = []
    for _ in range(200):
        # Models that differ in slope and offset: their errors on different examples are correlated.
        scores = (1 + 0.5 * rng.standard_normal((20, 1))) * x + 0.7 * rng.standard_normal((20, 1))
        if loss == "squared":
            studies.append(decompose(of_numbers(np.tanh(x), scores, np.tanh(x))))
        else:
            probabilities = 1 / (1 + np.exp(-scores))
            studies.append(decompose(of_numbers((x + 0.5 * np.sin(9 * x) > 0).astype(np.int32), probabilities)))

    assert studies[0].loss == loss
    for part in {"squared": ("bias_squared", "variance"), "0-1": ("bias", "unbiased_variance", "net_variance")}[loss]:
        spread = np.std([study.parts[part].value for study in studies])
        stated = np.sqrt(np.mean([study.parts[part].se ** 2 for study in studies]))
        assert 0.85 < stated / spread < (1.5 if part == "bias" else 1.15), part


def test_standard_error_of_the_error_is_that_of_a_mean() -> None:
    """That of a mean over models: their standard deviation over the root of their count, but for the draws."""
    rng = np.random.default_rng(0)
    y, predicted = rng.standard_normal(30), rng.standard_normal((12, 30))

    of_models = ((predicted - y) ** 2).mean(axis=1)

    assert decompose(of_numbers(y, predicted)).error.se == pytest.approx(of_models.std() / np.sqrt(12), rel=0.12)


def test_labels_are_decisions_of_their_own() -> None:
    """Of multilabel data, the error is the share of wrong labels."""
    rng = np.random.default_rng(0)
    y, p = rng.integers(2, size=(10, 3)), rng.random((5, 10, 3))

    found = decompose([Resampled(y, of_one) for of_one in p])

    assert found.error.value == pytest.approx(((p > 0.5) != y).mean())
    assert found.total == pytest.approx(found.error.value)


def test_subsets_are_disjoint_and_leave_nothing_out() -> None:
    """Parts of a count that cannot be divided: together every example once, each as large as is said."""
    parts = [Subset(index=i, parts=4) for i in range(4)]
    drawn = [part.positions(30) for part in parts]

    assert [len(positions) for positions in drawn] == [part.count(30) for part in parts] == [8, 8, 7, 7]
    assert sorted(np.concatenate(drawn)) == list(range(30))


def test_bootstrap_draws_with_replacement() -> None:
    """As many as there are, about 1 - 1/e of them different, another draw for another number."""
    first, second = (Bootstrap(index=i).positions(10_000) for i in range(2))

    assert len(first) == 10_000
    assert len(np.unique(first)) / 10_000 == pytest.approx(1 - np.exp(-1), abs=0.02)
    assert not np.array_equal(first, second)
    assert np.array_equal(first, Bootstrap(index=0).positions(10_000))


def test_fresh_examples_are_new_and_the_test_split_stays() -> None:
    """Every fresh training set is another draw of the same law, for the same test examples."""
    data = [NoisySine(resample=resample).load(None) for resample in (None, Fresh(index=0), Fresh(index=1))]

    assert len({each.train.x.tobytes() for each in data} | {data[0].test.x.tobytes()}) == 4
    assert len({each.test.x.tobytes() + each.test.y.tobytes() for each in data}) == 1


def test_the_sine_is_the_best_that_can_be_predicted() -> None:
    """Its mse is noise squared, its residuals are of that law, and the stand-in has the same schema."""
    dataset = NoisySine(n_test=20_000, noise=0.5)
    data, best = dataset.load(None), dataset.best_possible()
    residuals = data.test.y - dataset.expected(data.test.x)

    # The variance of a squared Gaussian is 2 noise^4.
    assert abs(best["mse"] - 0.25) < 4 * np.sqrt(2 * 0.5**4 / 20_000)
    assert stats.kstest(residuals, stats.norm(0, 0.5).cdf).pvalue > 0.01
    for split in (data.train, data.test, dataset.stand_in().train):
        assert (split.x.shape, split.y.shape) == ((len(split), 1), (len(split),))
        assert (split.x.dtype, split.y.dtype) == (np.float32, np.float64)


def test_resampling_leaves_the_validation_examples_alone() -> None:
    """What trains is drawn from the share that trains, after validation took its own."""
    from dlexp.training.splits import split

    rows = np.arange(100, dtype=np.float32)[:, None]
    info = Info(
        task="multiclass",
        n_train=100,
        n_test=100,
        inputs="numeric",
        shape=(1,),
        n_classes=100,
        class_names=tuple(map(str, range(100))),
    )
    data = Data(Split(rows, np.arange(100)), Split(rows, np.arange(100)), info=info)
    config = Experiment.model_validate(
        {
            "name": "it",
            "dataset": {"type": "digits", "train_fraction": 0.5, "resample": {"type": "bootstrap", "index": 3}},
            "validation": {"type": "front", "size": 20},
            "head": {"type": "multiclass"},
        }
    )

    splits = split(config, data)

    assert len(splits.train) == config.dataset.reduced_count(80) == 40
    assert splits.validation is not None
    assert splits.train.y.min() >= len(splits.validation) == 20
    assert len(np.unique(splits.train.y)) < 40


def test_training_sets_have_seeds_and_digests_of_their_own(tmp_path: Path) -> None:
    """Training set i is trained with seed i; fresh draws are other data, and the default of a generator."""
    sine = experiment(tmp_path, "dataset: {type: noisy_sine, n_train: 20, n_test: 10}")
    digits = experiment(tmp_path, "dataset: digits")
    planned, groups = plan_training_sets([sine, digits], 4, None, Request(runs_dir=tmp_path))

    assert [[run.seed for run in group] for group in groups] == [[0, 1, 2, 3]] * 2
    assert [len({run.subject.digests[0] for run in group}) for group in groups] == [4, 1]
    assert [group[0].subject.experiment.dataset.resample for group in groups] == [Fresh(), Bootstrap()]
    assert len(planned.to_train) == 8


@pytest.mark.parametrize("n", [0, 2])
def test_too_few_training_sets_are_refused(tmp_path: Path, n: int) -> None:
    """Nothing is trained that no standard error could come of; from Python too."""
    Path(tmp_path / "digits.yaml").write_text("dataset: digits\n")

    with pytest.raises(UserError, match=rf"^resamples: expected at least 3 training sets, given {n}$"):
        dlexp.bias_variance(tmp_path / "digits.yaml", resamples=n, runs_dir=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_data_that_cannot_be_resampled_is_refused(tmp_path: Path) -> None:
    """No fresh digits, no more parts than examples: said before any data is loaded."""
    digits = experiment(tmp_path, "dataset: digits")

    with pytest.raises(UserError, match=r"dataset\.resample\.type: digits has no known distribution .* use bootstrap"):
        plan_training_sets([digits], 3, "fresh", Request(runs_dir=tmp_path))
    with pytest.raises(UserError, match=r"1150 training examples cannot be cut into 2000 parts"):
        plan_training_sets([digits], 2000, "subset", Request(runs_dir=tmp_path))
    outside = digits.model_copy(update={"dataset": Digits(resample=Subset(index=5, parts=5))})
    assert [path for path, _ in check(outside)] == ["dataset.resample.index"]


@pytest.mark.training
def test_polynomial_model_learns_the_closed_form(tmp_path: Path) -> None:
    """Trained by the engine with an l2 penalty on the output kernel, it comes to scikit-learn's ridge regression."""
    from dlexp.training.fit import fit
    from dlexp.training.loop import Evaluator
    from dlexp.training.network import build
    from dlexp.training.splits import split

    config = experiment(
        tmp_path,
        "dataset: {type: noisy_sine, n_train: 40, n_test: 50}\n"
        "validation: none\n"
        "model: {type: polynomial, degree: 3}\n"
        "head: {kernel_regularizer: {type: l2, l2: 0.01}}\n"
        "optimizer: {type: adam, learning_rate: 0.05}\n"
        "training: {epochs: 1500, batch_size: 40, schedule: cosine}\n",
    )
    splits = split(config, config.dataset.load(None))
    network = build(config, config.dataset.info(), splits.train, seed=0)
    fit(config, network, splits, 0, RunDir(tmp_path), stamp={})

    predicted = Evaluator(network, splits.test).evaluate().predictions[:, 0]

    scaler = StandardScaler().fit(splits.train.x)
    phi, phi_test = (scaler.transform(part.x) ** np.arange(1, 4) for part in (splits.train, splits.test))
    y, scale = splits.train.y.astype(np.float64), splits.train.y.std()
    # The engine minimizes the mean over n examples: alpha = n * l2.
    ridge = Ridge(alpha=40 * 0.01).fit(phi, y / scale)
    assert predicted == pytest.approx(scale * ridge.predict(phi_test), abs=1e-3)


def test_an_experiment_of_which_every_run_diverged_has_no_parts(tmp_path: Path) -> None:
    """Its size is not on record: a failure says no number of parameters."""
    found = point("wild", {}, [read(failed(tmp_path, "wild resamples", seed)) for seed in range(3)])

    assert (found.parameters, found.resamples, found.diverged, found.decomposition) == (0, 0, 3, None)
