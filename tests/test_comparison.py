"""Comparisons: what is pooled, what is paired, and what the numbers allow to say."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_runs import changed, failed, finished
from scipy import stats

from dlexp.errors import UserError
from dlexp.runs.index import read, scan
from dlexp.studies.comparison import compare, difference

WIDER = changed(model={"hidden": [128, 64]})


def comparison_of(runs_dir, *metrics):
    """Everything below a runs directory, compared."""
    return compare([read(run_dir) for run_dir in scan(runs_dir)], metrics)


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
        ("seconds", 0.1, None),
        ("best_val_accuracy_epoch", 0.1, None),
    ],
)
def test_verdict_follows_the_metric(metric, shift, verdict):
    """Better is higher for an accuracy, lower for a loss and an error; neither for seconds and epochs."""
    first = {0: 0.50, 1: 0.52, 2: 0.51}
    other = {0: 0.50 + shift, 1: 0.53 + shift, 2: 0.505 + shift}

    assert difference(first, other, metric).verdict == verdict


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


def test_metrics_follow_the_heads(tmp_path):
    """Without --metric: the head's metrics on validation (last and best) and test, the loss, the seconds."""
    finished(tmp_path)

    assert [metric.name for metric in comparison_of(tmp_path).metrics] == [
        "val_accuracy",
        "best_val_accuracy",
        "val_loss",
        "test_accuracy",
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
