"""Comparisons: what is pooled, what is paired, and what the numbers allow to say."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_runs import CONFIG, changed, failed, finished
from scipy import stats

from dlexp.errors import UserError
from dlexp.runs.index import read, scan
from dlexp.studies.comparison import compare, difference

WIDER = changed(model={"hidden": [128, 64]})


def comparison_of(runs_dir, *metrics, sort=None):
    """Everything below a runs directory, compared."""
    return compare([read(run_dir) for run_dir in scan(runs_dir)], metrics, sort)


def labels(comparison):
    """How the experiments are called."""
    return [experiment.label for experiment in comparison.experiments]


def test_scores_worked_out_by_hand(tmp_path):
    """Mean, sample standard deviation and paired difference of numbers that can be done on paper."""
    for seed, (a, b) in enumerate([(0.5, 0.75), (0.75, 0.875), (0.25, 0.625)]):
        finished(tmp_path, "a", seed, a)
        finished(tmp_path, "b", seed, b, WIDER)

    (metric,) = comparison_of(tmp_path, "val_accuracy").metrics
    first, second = metric.scores

    assert first.values == {0: 0.5, 1: 0.75, 2: 0.25}
    assert (first.mean, first.sd, first.difference) == (0.5, 0.25, None)
    assert second.mean == 0.75
    # Differences 1/4, 1/8, 3/8: mean 1/4, sd 1/8; with two degrees of freedom t(p) = (2p - 1) / sqrt(2p(1 - p)).
    half = 0.95 / math.sqrt(2 * 0.975 * 0.025) * 0.125 / math.sqrt(3)
    assert second.difference.mean == 0.25
    assert second.difference.pairs == 3
    assert second.difference.interval == pytest.approx((0.25 - half, 0.25 + half), rel=1e-12)
    assert second.difference.verdict == "no clear difference"


@given(
    st.lists(st.tuples(st.floats(-1e3, 1e3, width=32), st.floats(-1e3, 1e3, width=32)), min_size=2, max_size=8).filter(
        lambda pairs: np.std([b - a for a, b in pairs]) > 1e-6
    )
)
def test_the_interval_is_scipys(pairs):
    """The interval is that of the paired t test."""
    first, other = ({seed: pair[side] for seed, pair in enumerate(pairs)} for side in (0, 1))

    found = difference(first, other, "val_loss")

    expected = stats.ttest_rel(list(other.values()), list(first.values())).confidence_interval(0.95)
    assert found.interval == pytest.approx((expected.low, expected.high), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("metric", "shift", "verdict"),
    [
        ("val_accuracy", 0.1, "better"),
        ("val_accuracy", -0.1, "worse"),
        ("best_val_accuracy", 0.1, "better"),
        ("test_loss", 0.1, "worse"),
        ("best_val_loss", -0.1, "better"),
        ("val_rmse", -0.1, "better"),
        ("val_accuracy", 0.001, "no clear difference"),
        ("val_logit_gradient", 0.1, None),
        ("seconds", 0.1, None),
        ("best_val_accuracy_epoch", 0.1, None),
    ],
)
def test_verdict_follows_the_metric(metric, shift, verdict):
    """Better is higher for an accuracy, lower for a loss and an error; neither for gradients, seconds and epochs."""
    first = {0: 0.50, 1: 0.52, 2: 0.51}
    other = {0: 0.50 + shift, 1: 0.53 + shift, 2: 0.505 + shift}

    assert difference(first, other, metric).verdict == verdict


def test_the_gap_is_test_error_minus_training_error(tmp_path):
    """Training accuracy minus test accuracy, test loss minus training loss, a seed each; neither way is better."""
    for seed, accuracy in enumerate((0.5, 0.75)):
        finished(tmp_path, "a", seed, accuracy)
        finished(tmp_path, "b", seed, accuracy + 0.1, WIDER)

    accuracy, loss = comparison_of(tmp_path, "gap_accuracy", "gap_loss").metrics

    # Training accuracy 0.9; test accuracy 0.02 below the validation accuracy; losses 0.3 and 0.55.
    assert accuracy.scores[0].values == pytest.approx({0: 0.9 - 0.48, 1: 0.9 - 0.73})
    assert accuracy.scores[1].difference.mean == pytest.approx(-0.1)
    assert accuracy.scores[1].difference.verdict is None
    assert loss.scores[0].values == pytest.approx({0: 0.25, 1: 0.25})


def test_the_gap_of_another_loss_is_not_comparable(tmp_path):
    """As the loss itself."""
    finished(tmp_path, "a")
    finished(tmp_path, "b", config=changed(head={"loss": "mse"}))

    assert comparison_of(tmp_path, "gap_loss").metrics[0].scores[1].comparable is False


def test_training_and_gap_stand_around_the_test_score(tmp_path):
    """Of the first metric alone, of several targets that of each: the table stays small."""
    head = {"metrics": ["accuracy", "auc"]}
    scores = {f"{part}{metric}": 0.5 for part in ("", "val_", "test_") for metric in ("accuracy", "auc")}
    finished(tmp_path / "one", config=changed(head=head), metrics=scores)
    heads = {"digit": {"metrics": ["accuracy"]}, "ink": {"metrics": ["mae"]}}
    several = {f"{part}{name}": 0.5 for part in ("", "test_") for name in ("digit_accuracy", "ink_mae")}
    finished(tmp_path / "several", config=CONFIG | {"head": {"type": "multitask", "heads": heads}}, metrics=several)

    assert [metric.name for metric in comparison_of(tmp_path / "one").metrics] == [
        "val_accuracy", "val_auc", "accuracy", "test_accuracy", "gap_accuracy", "test_auc", "seconds",
    ]  # fmt: skip
    assert [metric.name for metric in comparison_of(tmp_path / "several").metrics] == [
        "digit_accuracy", "test_digit_accuracy", "gap_digit_accuracy",
        "ink_mae", "test_ink_mae", "gap_ink_mae", "seconds",
    ]  # fmt: skip


def test_only_seeds_in_common_are_paired():
    """A seed that one of them lacks says nothing about the difference."""
    found = difference({0: 0.5, 1: 0.6, 7: 0.9}, {0: 0.6, 1: 0.8, 8: 0.1}, "val_accuracy")

    assert (found.pairs, found.mean) == (2, pytest.approx(0.15))


def test_one_pair_has_no_interval():
    """One pair has a difference, and nothing to tell how sure it is."""
    found = difference({0: 0.5, 1: 0.6}, {0: 0.75}, "val_accuracy")

    assert (found.mean, found.pairs, found.interval, found.verdict) == (0.25, 1, None, None)


def test_no_pair_has_no_difference():
    """Experiments without a common seed are not held against each other."""
    assert difference({0: 0.5}, {1: 0.6}, "val_accuracy") is None


def test_identical_values_differ_by_nothing():
    """No spread and no difference: an interval of zero width at zero."""
    found = difference({0: 0.5, 1: 0.6}, {0: 0.5, 1: 0.6}, "val_accuracy")

    assert (found.mean, found.interval, found.verdict) == (0.0, (0.0, 0.0), "no clear difference")


def test_the_same_difference_in_all_pairs():
    """Rounding in the subtraction is no spread."""
    found = difference({0: 0.8, 1: 0.7, 2: 0.1}, {0: 0.9, 1: 0.8, 2: 0.2}, "val_accuracy")

    assert found.interval == (found.mean, found.mean) == pytest.approx((0.1, 0.1))
    assert found.verdict == "better"


def test_the_latest_finished_attempt_counts(tmp_path):
    """A forced repeat replaces the run before it, whether the attempt after it failed or not."""
    finished(tmp_path, "a", 0, 0.5)
    finished(tmp_path, "a", 0, 0.75)
    failed(tmp_path, "a", 0)

    comparison = comparison_of(tmp_path, "val_accuracy")

    assert comparison.metrics[0].scores[0].values == {0: 0.75}
    assert comparison.experiments[0].diverged == ()


def test_diverged_seeds_are_counted(tmp_path):
    """A diverged seed has no numbers but is not forgotten; a run that failed otherwise says nothing."""
    for seed in (0, 2):
        finished(tmp_path, "a", seed)
    failed(tmp_path, "a", 1)
    failed(tmp_path, "a", 3, kind="error")

    (experiment,) = comparison_of(tmp_path).experiments

    assert (list(experiment.runs), experiment.diverged) == ([0, 2], (1,))


def test_an_experiment_that_always_diverged_is_shown(tmp_path):
    """No result is a result."""
    finished(tmp_path, "a")
    failed(tmp_path, "b", config=WIDER)

    comparison = comparison_of(tmp_path, "val_accuracy")

    assert labels(comparison) == ["a", "b"]
    assert comparison.metrics[0].scores[1] is None


def test_one_name_with_two_experiments_is_two_columns(tmp_path):
    """They are called by what differs between them, and by nothing that they share."""
    finished(tmp_path, "a")
    finished(tmp_path, "a", config=changed(model={"hidden": [64, 4]}, optimizer={"learning_rate": 0.1}))
    finished(tmp_path, "b", config=WIDER)

    assert sorted(labels(comparison_of(tmp_path))) == [
        "a (model.hidden=[64, 4], optimizer.learning_rate=0.1)",
        "a (model.hidden=[64, 64], optimizer.learning_rate=0.001)",
        "b",
    ]


def test_one_experiment_under_two_names_is_one_column(tmp_path):
    """The name is no part of an experiment: its runs are pooled, a seed once."""
    finished(tmp_path, "a", 0, 0.5)
    finished(tmp_path, "b", 0, 0.5)
    finished(tmp_path, "b", 1, 0.6)

    (experiment,) = comparison_of(tmp_path).experiments

    assert (experiment.label, experiment.names, list(experiment.runs)) == ("a", ("a", "b"), [0, 1])


@pytest.mark.parametrize(
    ("record", "key", "value"),
    [
        ({"data_digest": "e" * 64}, "data digest", "e" * 10),
        ({"training_version": 2, "identity": "a" * 64}, "training version", "2"),
        ({"versions": {"tensorflow": "2.21.0"}}, "TensorFlow", "2.21.0"),
    ],
)
def test_other_data_code_or_tensorflow_is_another_column(tmp_path, record, key, value):
    """Numbers of different origin are never pooled, and the label says what is different."""
    finished(tmp_path, "a", 0)
    finished(tmp_path, "a", 1, **record)

    comparison = comparison_of(tmp_path)

    assert comparison.differing == (key,)
    assert f"a ({key}={value})" in labels(comparison)


def test_labels_are_never_the_same(tmp_path):
    """Where the records show no difference, the identity does."""
    finished(tmp_path, "a", identity="a" * 64)
    finished(tmp_path, "a", identity="b" * 64)

    assert labels(comparison_of(tmp_path)) == ["a aaaaaaaaaa", "a bbbbbbbbbb"]


def test_only_differing_keys_are_shown(tmp_path):
    """A key that one config lacks differs too; it comes beside its siblings."""
    finished(tmp_path, "a")
    finished(tmp_path, "b", config=changed(optimizer={"momentum": 0.9}, training={"epochs": 3}))

    assert comparison_of(tmp_path).differing == ("optimizer.momentum", "training.epochs")


ADAM = changed(
    optimizer={"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False},
    model={"activation": {"type": "relu"}, "kernel_regularizer": None},
)
PARITY = {"type": "binary", "metrics": ["auc"], "output_bias": 0.0, "kernel_regularizer": None, "weight": 1.0}
SEVERAL = ADAM | {"head": {"type": "multitask", "metrics": ["accuracy"], "heads": {"parity": PARITY}}}
SGD = ADAM | {"optimizer": {"type": "sgd", "learning_rate": 0.01, "momentum": 0.0, "nesterov": False}}


def with_keys(config, section, **keys):
    """A config with some keys of a section set."""
    return config | {section: config[section] | keys}


@pytest.mark.parametrize(
    ("first", "other", "telling"),
    [
        (ADAM, SGD, ("optimizer.type", "optimizer.learning_rate")),
        (
            ADAM,
            with_keys(SGD, "optimizer", momentum=0.9),
            ("optimizer.type", "optimizer.learning_rate", "optimizer.momentum"),
        ),
        (
            with_keys(ADAM, "optimizer", beta_1=0.5),
            SGD,
            ("optimizer.type", "optimizer.learning_rate", "optimizer.beta_1"),
        ),
        (ADAM, with_keys(ADAM, "optimizer", amsgrad=True), ("optimizer.amsgrad",)),
        (
            ADAM,
            with_keys(ADAM, "model", kernel_regularizer={"type": "l2", "l2": 0.01}),
            ("model.kernel_regularizer.type",),
        ),
        (
            ADAM,
            with_keys(ADAM, "model", kernel_regularizer={"type": "l2", "l2": 0.5}),
            ("model.kernel_regularizer.type", "model.kernel_regularizer.l2"),
        ),
        (ADAM, ADAM | {"model": {"type": "embedding", "hidden": [64, 64]}}, ("model.type",)),
        (
            with_keys(ADAM, "model", activation={"type": "tanh"}),
            ADAM | {"model": {"type": "embedding", "hidden": [64, 64]}},
            ("model.type", "model.activation.type"),
        ),
        (
            with_keys(ADAM, "optimizer", type="mine", strength=1),
            SGD,
            (
                "optimizer.type",
                "optimizer.learning_rate",
                *(f"optimizer.{key}" for key in ("beta_1", "beta_2", "epsilon", "amsgrad", "strength")),
            ),
        ),
        (ADAM, SEVERAL, ("head.type", "head.heads.parity.type", "head.heads.parity.metrics")),
    ],
    ids=[
        "all defaults",
        "momentum set",
        "beta_1 set",
        "same type",
        "null against a type",
        "a type and its strength",
        "defaults of a type inside the type",
        "an inner type that was chosen",
        "a type nobody knows",
        "one of several heads",
    ],
)
def test_defaults_that_come_with_another_type_tell_nothing(tmp_path, first, other, telling):
    """A key that one side lacks is told where it was set, not where it is the other side's default."""
    finished(tmp_path, "a", config=first)
    finished(tmp_path, "b", config=other)

    comparison = comparison_of(tmp_path)

    assert comparison.telling == telling
    assert set(comparison.telling) <= set(comparison.differing)


def test_labels_tell_no_defaults(tmp_path):
    """One name with two optimizers is called by what was chosen."""
    finished(tmp_path, "a", config=ADAM)
    finished(tmp_path, "a", config=SGD)

    assert sorted(labels(comparison_of(tmp_path))) == [
        "a (optimizer.type=adam, optimizer.learning_rate=0.001)",
        "a (optimizer.type=sgd, optimizer.learning_rate=0.01)",
    ]


@pytest.mark.parametrize(
    "keys",
    [
        {"head": {"loss": "mse"}},
        {"head": {"type": "binary"}},
        {"head": {"standardize_target": True}},
        {"head": {"label_smoothing": 0.1}},
        {"model": {"kernel_regularizer": {"type": "l2", "l2": 0.01}}},
    ],
    ids=str,
)
def test_another_loss_is_not_comparable(tmp_path, keys):
    """Losses that are not the same function have values, but no difference; other metrics have both."""
    for seed in range(3):
        finished(tmp_path, "a", seed)
        finished(tmp_path, "b", seed, config=changed(**keys))

    metrics = {metric.name: metric.scores[1] for metric in comparison_of(tmp_path).metrics}

    loss = metrics["val_loss"]
    assert (loss.mean, loss.comparable, loss.difference) == (0.5, False, None)
    assert metrics["val_accuracy"].comparable
    assert metrics["val_accuracy"].difference.pairs == 3


def test_an_older_record_has_the_same_loss(tmp_path):
    """It lacks the keys that came later; where they are off, the loss is what it was."""
    finished(tmp_path, "a", 0)
    off = changed(head={"label_smoothing": 0.0, "class_weight": None}, model={"kernel_regularizer": None})
    finished(tmp_path, "b", 0, config=off)

    (metric,) = comparison_of(tmp_path, "val_loss").metrics

    assert metric.scores[1].comparable


def test_sorted_by_a_metric(tmp_path):
    """The best mean first, whichever way is better; the others are held against it; none is last."""
    for seed, (a, b, c) in enumerate([(0.5, 0.9, 0.8), (0.7, 0.7, 0.9)]):
        finished(tmp_path, "a", seed, a, seconds=2)  # mean 0.6
        finished(tmp_path, "b", seed, b, WIDER, seconds=3)  # mean 0.8
        finished(tmp_path, "c", seed, c, changed(model={"hidden": [1]}), seconds=1)  # mean 0.85
    failed(tmp_path, "all_diverged", config=changed(model={"hidden": [2]}))

    by_accuracy = comparison_of(tmp_path, "val_accuracy", sort="val_accuracy")
    by_seconds = comparison_of(tmp_path, "val_accuracy", sort="seconds")

    assert labels(by_accuracy) == ["c", "b", "a", "all_diverged"]
    (metric,) = by_accuracy.metrics
    assert metric.scores[0].difference is None
    assert metric.scores[2].difference.mean == pytest.approx(-0.25)
    assert labels(by_seconds) == ["c", "a", "b", "all_diverged"]
    assert [metric.name for metric in by_seconds.metrics] == ["val_accuracy", "seconds"]


def test_sorting_by_what_cannot_be_sorted(tmp_path):
    """A metric nobody recorded, and a loss that is another one elsewhere: the user's mistakes."""
    finished(tmp_path, "a")
    finished(tmp_path, "b", config=changed(head={"loss": "mse"}))

    with pytest.raises(UserError, match=r"^--sort val_acuracy: no run recorded it\. Did you mean 'val_accuracy'\?"):
        comparison_of(tmp_path, sort="val_acuracy")
    with pytest.raises(UserError, match=r"^--sort test_loss: not the same loss in all experiments; sort by a metric"):
        comparison_of(tmp_path, sort="test_loss")


def test_a_metric_without_direction_has_no_best(tmp_path):
    """The gradient at the logit explains: its last value is compared, never its best, even where one is recorded."""
    run_dir = finished(tmp_path, "a", config=changed(head={"metrics": ["logit_gradient"]}))
    record = run_dir.summary()
    record["metrics"] = {"val_loss": 0.5, "val_logit_gradient": 0.2, "best_val_logit_gradient": 0.1}
    run_dir.write_summary(record)

    assert [metric.name for metric in comparison_of(tmp_path).metrics] == ["val_logit_gradient", "val_loss", "seconds"]


def test_metrics_follow_the_heads(tmp_path):
    """Without --metric: validation (last and best) and its loss, training, test and the gap, seconds."""
    finished(tmp_path)

    assert [metric.name for metric in comparison_of(tmp_path).metrics] == [
        "val_accuracy",
        "best_val_accuracy",
        "val_loss",
        "accuracy",
        "test_accuracy",
        "gap_accuracy",
        "seconds",
    ]


def test_the_best_value_has_its_epoch(tmp_path):
    """The mean over the seeds of the epoch it was reached in."""
    finished(tmp_path)
    by_name = {metric.name: metric.scores[0] for metric in comparison_of(tmp_path).metrics}

    assert by_name["best_val_accuracy"].best_epoch == 1
    assert by_name["val_accuracy"].best_epoch is None


def test_an_unknown_metric_is_named(tmp_path):
    """With the nearest right word and the choices."""
    finished(tmp_path)

    with pytest.raises(UserError, match=r"--metric val_acuracy: no run recorded it\. Did you mean 'val_accuracy'\?"):
        comparison_of(tmp_path, "val_acuracy")


def test_a_number_that_is_none_is_left_out(tmp_path):
    """A null in the records is no zero; the score says over which seeds it is."""
    finished(tmp_path, "a", 0, 0.5)
    run_dir = finished(tmp_path, "a", 1, 0.6)
    record = run_dir.summary()
    record["metrics"]["val_accuracy"] = None
    run_dir.write_summary(record)

    (metric,) = comparison_of(tmp_path, "val_accuracy").metrics

    assert (metric.scores[0].values, metric.scores[0].mean, metric.scores[0].sd) == ({0: 0.5}, 0.5, None)
