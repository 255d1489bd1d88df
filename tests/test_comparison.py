"""Comparisons: what is pooled, what is paired, and what the numbers allow to say."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_runs import CONFIG, changed, failed, finished
from scipy import stats

from dlexp.components.columns import Column
from dlexp.config.identity import Ingredients
from dlexp.errors import UserError
from dlexp.records.index import in_order, read, scan
from dlexp.reports.comparison.facts import Comparison, compare
from dlexp.reports.comparison.verdicts import PairedDifference, difference, least_sd

ACCURACY, LOSS = Column.parse("val_accuracy"), Column.parse("val_loss")
WIDER = changed(model={"hidden": [128, 64]})


def comparison_of(runs_dir: Path, *metrics: str, sort: str | None = None) -> Any:
    """Everything below a runs directory, compared; Any, because a score or a difference may be None."""
    return compare([read(run_dir) for run_dir in scan(runs_dir)], metrics, sort)


def certain(*arguments: Any, **options: Any) -> PairedDifference:
    """The difference of scores that have one."""
    found = difference(*arguments, **options)
    assert found is not None
    return found


def labels(comparison: Comparison) -> list[str]:
    """How the experiments are called."""
    return [experiment.label for experiment in comparison.experiments]


def test_keys_are_in_the_order_of_the_config_whichever_differs_first(tmp_path: Path) -> None:
    """In the labels and in the table alike."""
    wide, sgd = {"hidden": [128]}, {"type": "sgd", "learning_rate": 0.001}
    every = (changed(), changed(optimizer=sgd), changed(model=wide), changed(model=wide, optimizer=sgd))
    for i, order in enumerate(((0, 1, 2, 3), (3, 2, 1, 0), (1, 2, 0, 3))):
        runs = [read(finished(tmp_path / str(i), "swept", 0, 0.5, every[k])) for k in order]

        found = compare(runs)

        assert found.telling == ("model.hidden", "optimizer.type")
        assert "swept hidden=[128] optimizer=sgd" in [each.label for each in found.experiments]


def test_scores_worked_out_by_hand(tmp_path: Path) -> None:
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
    st.lists(st.tuples(st.floats(-1e3, 1e3, width=32), st.floats(-1e3, 1e3, width=32)), min_size=3, max_size=8).filter(
        lambda pairs: np.std([b - a for a, b in pairs]) > 1e-6
    )
)
def test_the_interval_is_scipys(pairs: list[tuple[float, float]]) -> None:
    """The interval is that of the paired t test."""
    first, other = ({seed: pair[side] for seed, pair in enumerate(pairs)} for side in (0, 1))

    found = certain(first, other, LOSS)

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
def test_verdict_follows_the_metric(metric: str, shift: float, verdict: str | None) -> None:
    """Better is higher for an accuracy, lower for a loss and an error; neither for gradients, seconds and epochs."""
    first = {0: 0.50, 1: 0.52, 2: 0.51}
    other = {0: 0.50 + shift, 1: 0.53 + shift, 2: 0.505 + shift}

    assert certain(first, other, Column.parse(metric)).verdict == verdict


def test_the_gap_is_test_error_minus_training_error(tmp_path: Path) -> None:
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


def test_the_gap_of_another_loss_is_not_comparable(tmp_path: Path) -> None:
    """As the loss itself."""
    finished(tmp_path, "a")
    finished(tmp_path, "b", config=changed(head={"loss": "mse"}))

    assert comparison_of(tmp_path, "gap_loss").metrics[0].scores[1].obstacle == "another loss"


def test_training_and_gap_stand_around_the_test_score(tmp_path: Path) -> None:
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


def test_what_a_difference_says_beside_its_interval() -> None:
    """Its sd, its size in sds, the correlation, and what could have been shown: numbers of another implementation."""
    pairs = [0.02, -0.01, 0.03, 0.015, 0.0]  # Mean 0.011, sum of squares around it 0.00102, over 4.
    first = {seed: 0.8 + 0.01 * (seed % 3) for seed in range(5)}
    other = {seed: value + pairs[seed] for seed, value in first.items()}

    found = certain(first, other, ACCURACY, level=0.05 / 4, least_sd=0.005 / 6**0.5)

    assert found.sd == pytest.approx(0.000255**0.5, rel=1e-12)
    assert found.effect == pytest.approx(0.011 / 0.000255**0.5, rel=1e-12)
    assert found.interval == pytest.approx((0.011 - 0.03081280736690415, 0.011 + 0.03081280736690415), rel=1e-12)
    # 2.47679 sds of an sd that may be 1.55758 times as large.
    assert found.detectable == pytest.approx(0.061603931097333586, rel=1e-9)
    assert found.correlation == pytest.approx(stats.pearsonr(list(first.values()), list(other.values())).statistic)


def test_scores_that_do_not_vary_have_no_correlation() -> None:
    """And all the rest."""
    found = certain({0: 0.5, 1: 0.5, 2: 0.5}, {0: 0.6, 1: 0.7, 2: 0.8}, ACCURACY)

    assert found.correlation is None
    assert found.effect == pytest.approx(2.0)
    assert found.verdict == "no clear difference"


def test_without_an_interval_nothing_could_be_shown() -> None:
    """One pair has no sd; two have one, and no interval."""
    one, two = (certain({0: 0.5, 1: 0.6}, other, ACCURACY) for other in ({0: 0.6}, {0: 0.6, 1: 0.9}))

    assert (one.sd, one.effect, one.detectable) == (None, None, None)
    assert [two.sd, two.effect] == pytest.approx([0.2 / 2**0.5, 2**0.5])
    assert two.detectable is None


def test_only_seeds_in_common_are_paired() -> None:
    """A seed that one of them lacks says nothing about the difference."""
    found = certain({0: 0.5, 1: 0.6, 7: 0.9}, {0: 0.6, 1: 0.8, 8: 0.1}, ACCURACY)

    assert found.pairs == 2
    assert found.mean == pytest.approx(0.15)


def test_one_pair_has_no_interval() -> None:
    """One pair has a difference, and nothing to tell how sure it is."""
    found = certain({0: 0.5, 1: 0.6}, {0: 0.75}, ACCURACY)

    assert (found.mean, found.pairs, found.interval, found.verdict) == (0.25, 1, None, None)
    assert found.reason == "1 paired seed"


def test_no_pair_has_no_difference() -> None:
    """Experiments without a common seed are not held against each other."""
    assert difference({0: 0.5}, {1: 0.6}, ACCURACY) is None


@pytest.mark.parametrize("shift", [0.0, 0.1])
def test_equal_differences_of_a_score_without_a_grid_allow_no_verdict(shift: float) -> None:
    """They say nothing of the spread; rounding in the subtraction is none."""
    found = certain({0: 0.8, 1: 0.7, 2: 0.1}, {0: 0.8 + shift, 1: 0.7 + shift, 2: 0.1 + shift}, LOSS)

    assert found.mean == pytest.approx(shift)
    assert (found.interval, found.level) == (None, None)
    assert (found.verdict, found.reason) == (None, "equal differences")


def paired(
    runs_dir: Path,
    a: Sequence[float],
    b: Sequence[float],
    config: dict[str, Any] = WIDER,
    a_record: dict[str, Any] | None = None,
    b_record: dict[str, Any] | None = None,
) -> None:
    """Two experiments with these validation accuracies by seed, on 200 validation and 50 test examples."""
    examples = {"examples": {"train": 800, "validation": 200, "test": 50}}
    for seed, accuracy in enumerate(a):
        finished(runs_dir, "a", seed, accuracy, **examples | (a_record or {}))
    for seed, accuracy in enumerate(b):
        finished(runs_dir, "b", seed, accuracy, config, **examples | (b_record or {}))


@pytest.mark.parametrize(
    ("metric", "step"),
    [
        ("val_accuracy", 1 / 200),
        ("best_val_accuracy", 1 / 200),
        ("test_accuracy", 1 / 50),
        ("accuracy", 1 / 800),
        ("gap_accuracy", math.hypot(1 / 800, 1 / 50)),
    ],
)
def test_the_spread_of_a_score_on_a_grid_is_at_least_what_rounding_brings(
    tmp_path: Path, metric: str, step: float
) -> None:
    """step / sqrt(6), the step as the examples of its split have it: three equal differences are not certain."""
    paired(tmp_path, (0.98, 0.98, 0.98), (0.99, 0.99, 0.99))

    (compared,) = comparison_of(tmp_path, metric).metrics

    found = compared.scores[1].difference
    low, high = stats.t.interval(0.95, 2, found.mean, step / math.sqrt(6) / math.sqrt(3))
    assert found.interval == pytest.approx((low, high), rel=1e-9)
    # By 0.01: 2 steps of 1/200, half a step of 1/50; training scores are the same, and have no verdict.
    verdicts = {"test_accuracy": "no clear difference", "accuracy": None, "gap_accuracy": None}
    assert found.verdict == verdicts.get(metric, "better")


@pytest.mark.parametrize(
    ("pairs", "n_examples", "level", "mean", "half"),
    [
        ([0.01, 0.0, 0.03, 0.01], 200, 0.05, 0.0125, 0.020022452253359253),
        ([0.01, 0.0, 0.03, 0.01], 200, 0.05 / 11, 0.0125, 0.04847033029871264),
        ([0.01, 0.01, 0.01], 200, 0.05, 0.01, 0.005070724870494424),
        ([0.01, 0.01, 0.01], 50, 0.05, 0.01, 0.020282899481977697),
        ([0.0] * 5, 2246, 0.05, 0.0, 0.00022569332350721804),
    ],
)
def test_intervals_of_another_implementation(
    tmp_path: Path, pairs: list[float], n_examples: int, level: float, mean: float, half: float
) -> None:
    """Its numbers, computed once: a spread that is larger than the grid's stays, a smaller one becomes the grid's."""
    record = {"examples": {"train": 800, "validation": n_examples, "test": 50}}
    paired(tmp_path, [0.5] * len(pairs), [0.5 + pair for pair in pairs], a_record=record, b_record=record)
    first, other = comparison_of(tmp_path).experiments

    found = certain(
        first.by_seed(ACCURACY),
        other.by_seed(ACCURACY),
        ACCURACY,
        level=level,
        least_sd=least_sd(first, other, ACCURACY),
    )

    assert found.interval == pytest.approx((mean - half, mean + half), rel=1e-9)


def test_the_labels_of_multilabel_data_are_a_finer_grid(tmp_path: Path) -> None:
    """Each label of each example counts: 4 of 200 examples; of several targets each has its own."""
    head: dict[str, Any] = {"type": "multilabel", "metrics": ["accuracy", "exact_match", "f1_micro"], "units": 4}
    scores = {f"val_{metric}": 0.5 for metric in head["metrics"]} | {"val_tags_accuracy": 0.5}
    for seed in range(3):
        for name, width in (("a", 1), ("b", 2)):
            config = changed(head=head, model={"hidden": [width]})
            finished(tmp_path / "one", name, seed, config=config, metrics=scores, examples={"validation": 200})
            several = {"type": "multitask", "heads": {"tags": head | {"units": None}}}
            config = changed(model={"hidden": [width]}) | {"head": several}
            names = {"tags": list("abcde")}
            record: dict[str, Any] = {"metrics": scores, "examples": {"validation": 200}, "class_names": names}
            finished(tmp_path / "several", name, seed, config=config, **record)

    def half_widths(runs_dir: Path, *metrics: str) -> list[float]:
        found = [metric.scores[1].difference for metric in comparison_of(runs_dir, *metrics).metrics]
        return [each.interval and each.interval[1] for each in found]

    t = stats.t.ppf(0.975, 2) / math.sqrt(6 * 3)
    assert half_widths(tmp_path / "one", "val_accuracy", "val_exact_match", "val_f1_micro") == [
        pytest.approx(t / 800),
        pytest.approx(t / 200),
        None,
    ]
    assert half_widths(tmp_path / "several", "val_tags_accuracy") == [pytest.approx(t / 1000)]


@pytest.mark.parametrize("n", [1, 2])
def test_one_and_two_pairs_have_a_difference_alone(tmp_path: Path, n: int) -> None:
    """Two equal differences by chance would look certain: neither interval nor verdict below three."""
    paired(tmp_path, (0.5, 0.6)[:n], (0.7, 0.81)[:n])

    found = comparison_of(tmp_path, "val_accuracy").metrics[0].scores[1].difference

    assert (found.mean, found.pairs) == (pytest.approx((0.2, 0.205)[n - 1]), n)
    assert (found.interval, found.verdict, found.reason) == (None, None, ("1 paired seed", "2 paired seeds")[n - 1])


def test_scores_in_training_have_an_interval_and_no_verdict() -> None:
    """A better fit is no better model."""
    first, other = {0: 0.5, 1: 0.52, 2: 0.51}, {0: 0.6, 1: 0.63, 2: 0.605}

    for column in ("accuracy", "loss", "digit_accuracy"):
        found = certain(first, other, Column.parse(column))
        assert (found.interval is not None, found.verdict) == (True, None)


def many(runs_dir: Path, k: int, shift: float = 0.02) -> None:
    """k experiments with five seeds, all but the first by a shift better."""
    noise = np.random.default_rng(5).normal(0, 0.01, (k, 5)).round(3)
    for i in range(k):
        for seed in range(5):
            accuracy = 0.8 + float(noise[i, seed]) + shift * bool(i)
            config = changed(model={"hidden": [i + 1]})
            finished(runs_dir, f"e{i:02}", seed, accuracy, config, submitted=f"2024-05-01T10:00:{i:02}")


@pytest.mark.parametrize("k", [2, 3, 12])
def test_several_intervals_share_the_level(tmp_path: Path, k: int) -> None:
    """Each of m at 1 - 0.05 / m: all of them hold together with 95 %."""
    many(tmp_path, k)

    (metric,) = comparison_of(tmp_path, "val_accuracy").metrics

    first, *others = metric.scores
    for score in others:
        pairs = [score.values[seed] - first.values[seed] for seed in range(5)]
        interval = stats.t.interval(1 - 0.05 / (k - 1), 4, np.mean(pairs), stats.sem(pairs))
        assert score.difference.interval == pytest.approx(interval)
        assert score.difference.level == pytest.approx(0.05 / (k - 1))


def test_what_has_no_interval_takes_no_share_of_the_level(tmp_path: Path) -> None:
    """Too few seeds, another loss: they are no comparison."""
    many(tmp_path, 3)
    finished(tmp_path, "two_seeds", 0, config=changed(model={"hidden": [99]}))
    for seed in range(5):
        finished(tmp_path, "mse", seed, 0.7 + seed / 100, config=changed(head={"loss": "mse"}))

    accuracy, loss = comparison_of(tmp_path, "val_accuracy", "val_loss").metrics

    assert [score.difference and score.difference.level for score in accuracy.scores] == [
        None,
        *[pytest.approx(0.05 / 3)] * 3,
        None,
    ]
    assert [score.difference and score.difference.level for score in loss.scores] == [None] * 5


def test_a_baseline_that_was_picked_by_its_result_counts_all_pairs(tmp_path: Path) -> None:
    """--sort compares the best of k: as many comparisons as there are pairs, k (k - 1) / 2."""
    many(tmp_path, 3)

    (metric,) = comparison_of(tmp_path, "val_accuracy", sort="val_accuracy").metrics

    assert [score.difference.level for score in metric.scores[1:]] == [pytest.approx(0.05 / 3)] * 2


def test_of_many_none_is_compared_with_the_best_of_the_same_runs(tmp_path: Path) -> None:
    """--sort orders them; the baseline stays the named one, and no pair counts that was not compared."""
    many(tmp_path, 5)

    found = comparison_of(tmp_path, "val_accuracy", sort="val_accuracy")

    by_mean = sorted(found.experiments, key=lambda each: -np.mean(list(each.by_seed(ACCURACY).values())))
    assert labels(found) == [each.label for each in by_mean]
    assert (found.groups[0].baseline.label, found.chosen, found.sorted_by) == ("e00", "named", None)
    levels = {score.difference.level for score in found.metrics[0].scores if score.difference}
    assert list(levels) == [pytest.approx(0.05 / 4)]


def test_the_latest_finished_attempt_counts(tmp_path: Path) -> None:
    """A forced repeat replaces the run before it, whether the attempt after it failed or not."""
    finished(tmp_path, "a", 0, 0.5)
    finished(tmp_path, "a", 0, 0.75)
    failed(tmp_path, "a", 0)

    comparison = comparison_of(tmp_path, "val_accuracy")

    assert comparison.metrics[0].scores[0].values == {0: 0.75}
    assert comparison.experiments[0].diverged == ()


def test_diverged_seeds_are_counted(tmp_path: Path) -> None:
    """A diverged seed has no numbers but is not forgotten; a run that failed otherwise says nothing."""
    for seed in (0, 2):
        finished(tmp_path, "a", seed)
    failed(tmp_path, "a", 1)
    failed(tmp_path, "a", 3, kind="error")

    (experiment,) = comparison_of(tmp_path).experiments

    assert (list(experiment.runs), experiment.diverged) == ([0, 2], (1,))


def test_an_experiment_that_always_diverged_is_shown(tmp_path: Path) -> None:
    """No result is a result."""
    finished(tmp_path, "a")
    failed(tmp_path, "b", config=WIDER)

    comparison = comparison_of(tmp_path, "val_accuracy")

    assert labels(comparison) == ["a", "b"]
    assert comparison.metrics[0].scores[1] is None


def test_one_name_with_two_experiments_is_two_columns(tmp_path: Path) -> None:
    """They are called by what differs between them, and by nothing that they share."""
    finished(tmp_path, "a")
    finished(tmp_path, "a", config=changed(model={"hidden": [64, 4]}, optimizer={"learning_rate": 0.1}))
    finished(tmp_path, "b", config=WIDER)

    assert sorted(labels(comparison_of(tmp_path))) == [
        "a hidden=[64, 4] learning_rate=0.1",
        "a hidden=[64, 64] learning_rate=0.001",
        "b",
    ]


def test_one_experiment_under_two_names_is_one_column(tmp_path: Path) -> None:
    """The name is not part of an experiment: its runs are pooled, a seed once."""
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
def test_other_data_code_or_tensorflow_is_another_column(
    tmp_path: Path, record: dict[str, Any], key: str, value: str
) -> None:
    """Numbers of different origin are never pooled, and the label says what is different."""
    finished(tmp_path, "a", 0)
    finished(tmp_path, "a", 1, **record)

    comparison = comparison_of(tmp_path)

    assert comparison.differing == (key,)
    assert f"a {key}={value}" in labels(comparison)


def test_labels_are_never_the_same(tmp_path: Path) -> None:
    """Where the records show no difference, the identity does."""
    finished(tmp_path, "a", identity="a" * 64)
    finished(tmp_path, "a", identity="b" * 64)

    assert labels(comparison_of(tmp_path)) == ["a aaaaaaaaaa", "a bbbbbbbbbb"]


def test_only_differing_keys_are_shown(tmp_path: Path) -> None:
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


def with_keys(config: dict[str, Any], section: str, **keys: Any) -> dict[str, Any]:
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
def test_defaults_that_come_with_another_type_tell_nothing(
    tmp_path: Path, first: dict[str, Any], other: dict[str, Any], telling: tuple[Any, ...]
) -> None:
    """A key that one side lacks is told where it was set, not where it is the other side's default."""
    finished(tmp_path, "a", config=first)
    finished(tmp_path, "b", config=other)

    comparison = comparison_of(tmp_path)

    assert comparison.telling == telling
    assert set(comparison.telling) <= set(comparison.differing)


def test_labels_tell_no_defaults(tmp_path: Path) -> None:
    """One name with two optimizers is called by what was chosen."""
    finished(tmp_path, "a", config=ADAM)
    finished(tmp_path, "a", config=SGD)

    assert sorted(labels(comparison_of(tmp_path))) == [
        "a optimizer=adam learning_rate=0.001",
        "a optimizer=sgd learning_rate=0.01",
    ]


@pytest.mark.parametrize(
    "keys",
    [
        {"head": {"loss": "mse"}},
        {"head": {"type": "binary"}},
        {"head": {"standardize_target": True}},
        {"head": {"label_smoothing": 0.1}},
        {"head": {"class_weight": {"spam": 2.0, "ham": 1.0}}},
        {"model": {"kernel_regularizer": {"type": "l2", "l2": 0.01}}},
    ],
    ids=str,
)
def test_another_loss_is_not_comparable(tmp_path: Path, keys: dict[str, Any]) -> None:
    """Losses that are not the same function have values, but no difference; other metrics have both."""
    for seed in range(3):
        finished(tmp_path, "a", seed)
        finished(tmp_path, "b", seed, config=changed(**keys))

    metrics = {metric.name: metric.scores[1] for metric in comparison_of(tmp_path).metrics}

    loss = metrics["val_loss"]
    assert (loss.mean, loss.obstacle, loss.difference) == (0.5, "another loss", None)
    assert metrics["val_accuracy"].obstacle is None
    assert metrics["val_accuracy"].difference.pairs == 3


def test_an_older_record_has_the_same_loss(tmp_path: Path) -> None:
    """It lacks the keys that came later; where they are off, the loss is what it was."""
    finished(tmp_path, "a", 0)
    off = changed(head={"label_smoothing": 0.0, "class_weight": None}, model={"kernel_regularizer": None})
    finished(tmp_path, "b", 0, config=off)

    (metric,) = comparison_of(tmp_path, "val_loss").metrics

    assert metric.scores[1].obstacle is None


def test_sorted_by_a_metric(tmp_path: Path) -> None:
    """The best mean first, whichever way is better; the others are held against it; none is last."""
    for seed, (a, c) in enumerate([(0.5, 0.8), (0.7, 0.9)]):
        finished(tmp_path, "a", seed, a, seconds=2)  # mean 0.6
        finished(tmp_path, "c", seed, c, changed(model={"hidden": [1]}), seconds=1)  # mean 0.85
    failed(tmp_path, "all_diverged", config=changed(model={"hidden": [2]}))

    by_accuracy = comparison_of(tmp_path, "val_accuracy", sort="val_accuracy")
    by_seconds = comparison_of(tmp_path, "val_accuracy", sort="seconds")

    assert labels(by_accuracy) == ["c", "a", "all_diverged"]
    (metric,) = by_accuracy.metrics
    assert metric.scores[0].difference is None
    assert metric.scores[1].difference.mean == pytest.approx(-0.25)
    assert labels(by_seconds) == ["c", "a", "all_diverged"]
    assert [metric.name for metric in by_seconds.metrics] == ["val_accuracy", "seconds"]


def test_sorting_by_what_cannot_be_sorted(tmp_path: Path) -> None:
    """A metric nobody recorded, and a loss that is another one elsewhere: the user's mistakes."""
    finished(tmp_path, "a")
    finished(tmp_path, "b", config=changed(head={"loss": "mse"}))

    with pytest.raises(UserError, match=r"^--sort val_acuracy: no run recorded it\. Did you mean 'val_accuracy'\?"):
        comparison_of(tmp_path, sort="val_acuracy")
    with pytest.raises(UserError, match=r"^--sort test_loss: not the same loss in all experiments; sort by a metric"):
        comparison_of(tmp_path, sort="test_loss")


def test_a_metric_without_direction_has_no_best(tmp_path: Path) -> None:
    """The gradient at the logit explains: its last value is compared, never its best, even where one is recorded."""
    run_dir = finished(tmp_path, "a", config=changed(head={"metrics": ["logit_gradient"]}))
    record = dict(read(run_dir).record.raw)
    record["metrics"] = {"val_loss": 0.5, "val_logit_gradient": 0.2, "best_val_logit_gradient": 0.1}
    run_dir.write_summary(record)

    assert [metric.name for metric in comparison_of(tmp_path).metrics] == ["val_logit_gradient", "val_loss", "seconds"]


def test_metrics_follow_the_heads(tmp_path: Path) -> None:
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


def test_the_best_value_has_its_epoch(tmp_path: Path) -> None:
    """The mean over the seeds of the epoch it was reached in."""
    finished(tmp_path)
    by_name = {metric.name: metric.scores[0] for metric in comparison_of(tmp_path).metrics}

    assert by_name["best_val_accuracy"].best_epoch == 1
    assert by_name["val_accuracy"].best_epoch is None


def test_an_unknown_metric_is_named(tmp_path: Path) -> None:
    """With the nearest right word and the choices."""
    finished(tmp_path)

    with pytest.raises(UserError, match=r"--metric val_acuracy: no run recorded it\. Did you mean 'val_accuracy'\?"):
        comparison_of(tmp_path, "val_acuracy")


def test_a_number_that_is_none_is_left_out(tmp_path: Path) -> None:
    """A null in the records is no zero; the score says over which seeds it is."""
    finished(tmp_path, "a", 0, 0.5)
    run_dir = finished(tmp_path, "a", 1, 0.6)
    record = dict(read(run_dir).record.raw)
    record["metrics"]["val_accuracy"] = None
    run_dir.write_summary(record)

    (metric,) = comparison_of(tmp_path, "val_accuracy").metrics

    assert (metric.scores[0].values, metric.scores[0].mean, metric.scores[0].sd) == ({0: 0.5}, 0.5, None)


def split_digests(validation: str = "v", test: str = "t", train: str = "r", target: str = "") -> dict[str, Any]:
    """What a run records of its examples."""
    return {"split_digests": {"train": {target: train}, "validation": {target: validation}, "test": {target: test}}}


def compared_by_role(runs_dir: Path) -> dict[str, Any]:
    """What became of the second experiment's differences, by metric: its verdict, or why there is none."""
    metrics = ("val_accuracy", "best_val_accuracy", "val_loss", "test_accuracy", "accuracy", "gap_accuracy", "seconds")
    found = {}
    for metric in comparison_of(runs_dir, *metrics).metrics:
        score = metric.scores[1]
        found[metric.name] = score.obstacle or (score.difference and (score.difference.verdict or "interval"))
    return found


ACCURACIES = (0.80, 0.81, 0.82), (0.90, 0.92, 0.91)
SAME = {
    "val_accuracy": "better",
    "best_val_accuracy": "better",
    "val_loss": "interval",
    "test_accuracy": "better",
    "accuracy": "interval",
    "gap_accuracy": "interval",
    "seconds": "interval",
}
OTHER = "other examples"
OTHER_VALIDATION = {"val_accuracy": OTHER, "best_val_accuracy": OTHER, "val_loss": OTHER}
OTHER_TEST = {"test_accuracy": OTHER, "gap_accuracy": OTHER}
#: Grouped apart, each is its own baseline: no difference even of the seconds.
NOTHING = SAME | OTHER_VALIDATION | OTHER_TEST | {"accuracy": OTHER, "seconds": None}


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        (split_digests(), SAME),
        (split_digests(train="another share"), SAME),
        (split_digests(validation="w"), SAME | OTHER_VALIDATION),
        (split_digests(test="u"), SAME | OTHER_TEST),
        (split_digests(validation="w", test="u"), NOTHING),
    ],
    ids=["the same", "other training examples", "other validation", "other test examples", "other data"],
)
def test_a_difference_needs_the_same_examples(
    tmp_path: Path, recorded: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Those of its own split, whatever the settings say: no verdict and no interval on others."""
    paired(tmp_path, *ACCURACIES, a_record=split_digests(), b_record=recorded)

    assert compared_by_role(tmp_path) == expected


@pytest.mark.parametrize(
    ("settings", "record", "expected"),
    [
        ({"dataset": {"num_words": 100, "encoding": "padded"}}, {}, SAME),
        ({"dataset": {"train_fraction": 0.5}, "model": {"hidden": [3]}}, {}, SAME),
        ({"dataset": {"split_seed": 1}}, {}, NOTHING),
        ({"dataset": {"target": "parity"}}, {}, NOTHING),
        ({"dataset": {"type": "wine"}}, {}, NOTHING),
        ({"validation": {"type": "split", "seed": 3}}, {}, SAME | OTHER_VALIDATION),
        ({"model": {"hidden": [3]}}, {"data_digest": "e" * 64}, NOTHING),
        # One side alone has recorded its examples: what both have decides.
        ({"model": {"hidden": [3]}}, split_digests(), SAME),
        ({"dataset": {"split_seed": 1}}, split_digests(), NOTHING),
    ],
    ids=str,
)
def test_older_records_tell_examples_by_data_and_settings(
    tmp_path: Path, settings: dict[str, Any], record: dict[str, Any], expected: dict[str, Any]
) -> None:
    """What encodes the inputs or thins the training examples out chooses none that is scored."""
    config = CONFIG | {section: CONFIG.get(section, {}) | keys for section, keys in settings.items()}
    paired(tmp_path, *ACCURACIES, config=config, b_record=record)

    assert compared_by_role(tmp_path) == expected


def test_records_without_any_digest_are_not_compared(tmp_path: Path) -> None:
    """Nothing says that two of them are on the same data."""
    paired(tmp_path, *ACCURACIES, a_record={"data_digest": None}, b_record={"data_digest": None})

    assert compared_by_role(tmp_path)["val_accuracy"] == OTHER


def test_examples_that_differ_by_seed_are_not_compared(tmp_path: Path) -> None:
    """A function that draws others each time has no two experiments on the same ones."""
    for seed in range(3):
        for name, config in (("a", CONFIG), ("b", WIDER)):
            finished(tmp_path, name, seed, config=config, **split_digests(test=f"t{seed}"))

    assert compared_by_role(tmp_path)["test_accuracy"] == OTHER


def test_of_several_targets_those_with_the_same_examples_are_compared(tmp_path: Path) -> None:
    """Each score by its own target; the sum of the losses by all of them."""
    heads = {
        "ink": {"type": "proportion", "metrics": ["mae"]},
        "digit": {"type": "multiclass", "metrics": ["accuracy"]},
    }
    scores = {"val_digit_accuracy": 0.5, "val_ink_mae": 0.1, "val_loss": 1.0}
    for seed in range(3):
        for name, width, ink in (("a", 1, "x"), ("b", 2, "y")):
            config = changed(model={"hidden": [width]}) | {"head": {"type": "multitask", "heads": heads}}
            digests = {"validation": {"digit": "v", "ink": ink}, "test": {"digit": "t", "ink": ink}}
            finished(tmp_path, name, seed, config=config, metrics=scores, split_digests=digests)

    metrics = comparison_of(tmp_path, "val_digit_accuracy", "val_ink_mae", "val_loss").metrics

    assert [metric.scores[1].obstacle for metric in metrics] == [None, OTHER, OTHER]


def test_other_data_are_grouped_apart(tmp_path: Path) -> None:
    """Each group with its own baseline and its own share of the level, in the order of their first ones."""
    wine = {"data_digest": "e" * 64}
    for i, (name, data) in enumerate(
        [("iris_a", {}), ("wine_a", wine), ("iris_b", {}), ("wine_b", wine), ("iris_c", {})]
    ):
        for seed, noise in enumerate((0.0, 0.01, -0.01)):
            config = changed(model={"hidden": [i + 1]})
            at = f"2024-05-01T10:00:0{i}"
            finished(tmp_path, name, seed, 0.8 + noise * i + i / 50, config, submitted=at, **data)
    runs = in_order(read(run_dir) for run_dir in scan(tmp_path))

    comparison: Any = compare(runs, ["val_accuracy"], named=False)

    assert labels(comparison) == ["iris_a", "iris_b", "iris_c", "wine_a", "wine_b"]
    assert [group.baseline.label for group in comparison.groups] == ["iris_a", "wine_a"]
    (metric,) = comparison.metrics
    levels = [score.difference and score.difference.level for score in metric.scores]
    assert levels == [None, 0.025, 0.025, None, 0.05]
    assert [score.obstacle for score in metric.scores] == [None, None, None, OTHER, None]


GUESSING = {"guessing": {"val_accuracy": 0.3, "test_accuracy": 0.28}}


@pytest.mark.parametrize(
    ("a", "b", "collapsed", "verdict", "reason"),
    [
        ((0.8, 0.81, 0.82), (0.6, 0.59, 0.6), (0, 0), "worse", None),
        (
            (0.8, 0.81, 0.82),
            (0.6, 0.3, 0.6),
            (0, 1),
            None,
            "collapsed on 1 of 3 seeds, the baseline on 0 of 3",
        ),
        ((0.8, 0.2, 0.3), (0.6, 0.6, 0.6), (2, 0), None, "collapsed on 0 of 3 seeds, the baseline on 2 of 3"),
        ((0.8, 0.81, 0.82), (0.3, 0.29, 0.3), (0, 3), "worse", None),
        ((0.8, 0.3, 0.82), (0.3, 0.29, 0.3), (1, 3), "no clear difference", None),
        ((0.8, 0.3, 0.82), (0.3, 0.8, 0.8), (1, 1), "no clear difference", None),
        ((0.3, 0.3, 0.29), (0.3, 0.3, 0.3), (3, 3), "no clear difference", None),
    ],
)
def test_no_verdict_where_one_side_collapsed_on_some_seeds(
    tmp_path: Path,
    a: tuple[float, float, float],
    b: tuple[float, float, float],
    collapsed: tuple[int, int],
    verdict: str | None,
    reason: str | None,
) -> None:
    """No better than a guess, more often than the other and not always: the counts are said, not a verdict."""
    paired(tmp_path, a, b, a_record=GUESSING, b_record=GUESSING)

    first, second = comparison_of(tmp_path, "val_accuracy").metrics[0].scores

    assert (first.collapsed, second.collapsed) == collapsed
    assert (second.difference.verdict, second.difference.reason) == (verdict, reason)
    assert (second.difference.interval is None) == (reason is not None)


def test_a_number_without_a_guess_collapses_with_the_main_metric(tmp_path: Path) -> None:
    """The loss; the best value has the guess of the last; a score in training has none, and needs none."""
    paired(tmp_path, (0.8, 0.81, 0.82), (0.6, 0.2, 0.6), a_record=GUESSING, b_record=GUESSING)

    columns = ("val_loss", "best_val_loss", "best_val_accuracy", "test_loss", "accuracy", "seconds", "gap_accuracy")
    found = {metric.name: metric.scores[1].collapsed for metric in comparison_of(tmp_path, *columns).metrics}

    assert found == {
        "val_loss": 1,
        "best_val_loss": 1,
        "best_val_accuracy": 1,
        "test_loss": 1,
        "accuracy": None,
        "seconds": None,
        "gap_accuracy": None,
    }


def test_a_number_where_lower_is_better_collapses_above_its_guess(tmp_path: Path) -> None:
    """Rounding is no improvement."""
    guessing: dict[str, Any] = {"guessing": {"val_mae": 2.0}}
    for seed, (a, b) in enumerate([(1.0, 2.0), (1.1, 2.0 - 1e-12), (0.9, 1.9)]):
        finished(tmp_path, "a", seed, metrics={"val_mae": a}, **guessing)
        finished(tmp_path, "b", seed, config=WIDER, metrics={"val_mae": b}, **guessing)

    assert [score.collapsed for score in comparison_of(tmp_path, "val_mae").metrics[0].scores] == [0, 2]


def test_a_guess_of_0_is_met_up_to_rounding(tmp_path: Path) -> None:
    """That of r2: what predicts the mean scores 1e-16, not 0."""
    for seed, r2 in enumerate((1e-16, -0.5, 0.01)):
        finished(tmp_path, "a", seed, metrics={"val_r2": r2}, guessing={"val_r2": 0.0})

    assert comparison_of(tmp_path, "val_r2").metrics[0].scores[0].collapsed == 2


def test_the_sum_of_losses_collapses_with_any_target(tmp_path: Path) -> None:
    """A target's own loss with that target alone."""
    heads = {
        "ink": {"type": "proportion", "metrics": ["mae"]},
        "digit": {"type": "multiclass", "metrics": ["accuracy"]},
    }
    config = CONFIG | {"head": {"type": "multitask", "heads": heads}}
    for seed, accuracy in enumerate((0.1, 0.9)):
        scores = {"val_digit_accuracy": accuracy, "val_ink_mae": 0.1, "val_loss": 1.0, "val_ink_loss": 0.5}
        guessing = {"val_digit_accuracy": 0.1, "val_ink_mae": 0.2}
        finished(tmp_path, "a", seed, config=config, metrics=scores, guessing=guessing)

    metrics = comparison_of(tmp_path, "val_digit_accuracy", "val_ink_mae", "val_loss", "val_ink_loss").metrics

    assert [metric.scores[0].collapsed for metric in metrics] == [1, 0, 1, 0]


def test_a_metric_without_a_guess_on_record_leaves_it_to_the_next(tmp_path: Path) -> None:
    """An AUC that is not defined tells nothing of the loss, the accuracy does."""
    config = changed(head={"metrics": ["auc", "accuracy"]})
    metrics = {"val_loss": 1.0, "val_accuracy": 0.3, "val_auc": None}
    finished(tmp_path, "a", config=config, metrics=metrics, guessing=GUESSING["guessing"])

    assert comparison_of(tmp_path, "val_loss").metrics[0].scores[0].collapsed == 1


def test_guesses_hold_for_older_records_on_the_same_examples(tmp_path: Path) -> None:
    """Unknown where neither side recorded them, and then no reason."""
    paired(tmp_path / "one", (0.8, 0.81, 0.82), (0.6, 0.3, 0.6), a_record=GUESSING)
    paired(tmp_path / "none", (0.8, 0.81, 0.82), (0.6, 0.3, 0.6))

    (one,), (none,) = (comparison_of(tmp_path / name, "val_accuracy").metrics for name in ("one", "none"))

    assert one.scores[1].difference.reason == "collapsed on 1 of 3 seeds, the baseline on 0 of 3"
    assert (none.scores[1].collapsed, none.scores[1].difference.verdict) == (None, "no clear difference")


@pytest.mark.parametrize(
    ("diverged_a", "diverged_b", "reason"),
    [
        (0, 1, "diverged on 1 of 4 seeds, the baseline on 0 of 3"),
        (2, 0, "diverged on 0 of 3 seeds, the baseline on 2 of 5"),
        (1, 1, None),
    ],
)
def test_no_verdict_where_one_side_diverged_more_often(
    tmp_path: Path, diverged_a: int, diverged_b: int, reason: str | None
) -> None:
    """What is left of it are its lucky seeds; the difference of the seconds has its interval."""
    paired(tmp_path, *ACCURACIES)
    for name, config, n in (("a", CONFIG, diverged_a), ("b", WIDER, diverged_b)):
        for seed in range(3, 3 + n):
            failed(tmp_path, name, seed, config)

    accuracy, training = comparison_of(tmp_path, "val_accuracy", "accuracy").metrics

    found = accuracy.scores[1].difference
    assert (found.reason, found.verdict) == (reason, None if reason else "better")
    assert (found.mean, found.pairs) == (pytest.approx(0.1), 3)
    assert training.scores[1].difference.interval is not None


def test_an_experiment_that_diverged_is_no_baseline(tmp_path: Path) -> None:
    """It would hide every difference: the next one is, and the first is said to be passed over."""
    failed(tmp_path, "a", config=changed(model={"hidden": [1]}))
    finished(tmp_path, "b")
    finished(tmp_path, "c", config=WIDER)

    comparison = comparison_of(tmp_path, "val_accuracy")

    (group,) = comparison.groups
    assert labels(comparison) == ["a", "b", "c"]
    assert (group.baseline.label, [each.label for each in group.passed_over]) == ("b", ["a"])
    assert [score and score.difference is not None for score in comparison.metrics[0].scores] == [None, False, True]


def test_runs_come_as_they_were_handed_out(tmp_path: Path) -> None:
    """Not by the hashes in their folders' names; older records as they began, failures at least as they ended."""
    rates = (0.3, 0.1, 0.2)
    for second, rate in enumerate(rates):
        config = changed(optimizer={"learning_rate": rate})
        finished(tmp_path, "new", 0, config=config, submitted=f"2024-05-01T10:00:00.00000{second}+00:00")
        finished(tmp_path, "old", 0, config=config | {"training": {}}, started=f"2024-05-01T10:00:0{second}+00:00")
    first = changed(optimizer={"learning_rate": 9.0}, training={"epochs": 1})
    failed(tmp_path, "old", 0, first, ended="2024-05-01T09:59:59+00:00")

    runs = in_order(read(run_dir) for run_dir in scan(tmp_path))

    found = {
        name: [run.config["optimizer"]["learning_rate"] for run in runs if run.name == name] for name in ("new", "old")
    }
    assert found == {"new": [0.3, 0.1, 0.2], "old": [9.0, 0.3, 0.1, 0.2]}


@pytest.mark.slow
@pytest.mark.parametrize(("n_others", "expected"), [(1, 5.0), (26, 5.0)])
def test_tables_of_equal_experiments_hold_a_false_verdict_in_5_percent(n_others: int, expected: float) -> None:
    """Any number of experiments against one, over 5 seeds: 2,000 tables of noise, three standard errors around it."""
    rng = np.random.default_rng(0)
    n_tables = 2000
    n_false = 0
    for _ in range(n_tables):
        scores = [dict(enumerate(rng.normal(size=5))) for _ in range(1 + n_others)]
        found = (certain(scores[0], other, Column.parse("val_mae"), level=0.05 / n_others) for other in scores[1:])
        n_false += any(each.verdict != "no clear difference" for each in found)

    assert 100 * n_false / n_tables == pytest.approx(expected, abs=3 * 100 * (0.05 * 0.95 / n_tables) ** 0.5)


@pytest.mark.parametrize(
    "record",
    [
        {"guessing": [1]},
        {"guessing": {"val_accuracy": "high"}},
        {"split_digests": {"test": [1]}},
        {"examples": {"validation": 10**400}},
        {"examples": None},
        {"submitted": 7},
    ],
    ids=str,
)
def test_a_record_with_wrong_guesses_or_examples_is_damaged(tmp_path: Path, record: dict[str, Any]) -> None:
    """No comparison is made with it."""
    run = read(finished(tmp_path, **record))

    assert (run.status, next(iter(record)) in run.what or "too large" in run.what) == ("damaged", True)


def test_data_with_a_digest_of_earlier_versions_is_the_same_data(tmp_path: Path) -> None:
    """Of several files 0.1.0 took another digest: its seeds are pooled with newer ones, its experiments compared."""
    old, new = {"data_digest": "c" * 64}, {"data_digest": "f" * 64, "earlier_data_digests": ["c" * 64]}

    def recorded(name: str, seed: int, config: dict[str, Any], record: dict[str, Any]) -> None:
        made_of = {"config": config, "training_version": 1, **record}
        finished(tmp_path, name, seed, 0.5, config, identity=Ingredients.of_record(made_of).identity, **record)

    for seed in range(4):
        recorded("pooled", seed, CONFIG, old if seed < 2 else new)
        recorded("older", seed, WIDER, old)

    comparison = comparison_of(tmp_path, "val_accuracy")

    assert {each.label: list(each.runs) for each in comparison.experiments} == {
        "pooled": [0, 1, 2, 3],
        "older": [0, 1, 2, 3],
    }
    assert len(comparison.groups) == 1
    assert comparison.differing == ("model.hidden",)
