"""What is said first of a comparison: which number decides, and what its verdict leaves open."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from make_runs import CONFIG, changed, failed, finished

from dlexp.records.index import read, scan
from dlexp.reports.comparison.facts import Comparison, compare
from dlexp.reports.comparison.headlines import Headline
from dlexp.statistics.power import detectable, sd_limits, seeds_range

WIDER = changed(model={"hidden": [128, 64]})
A, B = (0.80, 0.82, 0.81), (0.90, 0.93, 0.905)


def comparison_of(runs_dir: Path, *metrics: str, sort: str | None = None) -> Comparison:
    """Everything below a runs directory, compared."""
    return compare([read(run_dir) for run_dir in scan(runs_dir)], metrics, sort)


def pair(
    runs_dir: Path, a: Sequence[float] = A, b: Sequence[float] = B, config: dict[str, Any] = WIDER, **record: Any
) -> Path:
    """Two experiments with these validation accuracies by seed."""
    for name, accuracies, settings in (("a", a, CONFIG), ("b", b, config)):
        for seed, accuracy in enumerate(accuracies):
            finished(runs_dir, name, seed, accuracy, settings, **record)
    return runs_dir


def only(comparison: Comparison) -> Headline:
    """The single headline of two experiments."""
    (headline,) = comparison.headlines
    return headline


def test_the_test_metric_of_the_head_decides(tmp_path: Path) -> None:
    """Accuracy was asked for by the head; its verdict is that of the table."""
    comparison = comparison_of(pair(tmp_path))

    headline = only(comparison)

    assert (headline.baseline.label, headline.experiment.label) == ("a", "b")
    assert str(headline.column) == "test_accuracy"
    (in_table,) = [metric.scores[1] for metric in comparison.metrics if metric.name == "test_accuracy"]
    assert in_table
    assert headline.difference is in_table.difference
    assert headline.difference
    assert (headline.difference.verdict, headline.reason, headline.obstacle) == ("better", "", None)


def test_the_first_metric_that_was_asked_for_decides(tmp_path: Path) -> None:
    """Whatever the heads asked for, and whatever the table is sorted by."""
    assert str(only(comparison_of(pair(tmp_path), "val_loss", "test_accuracy")).column) == "val_loss"
    assert str(only(comparison_of(tmp_path, sort="val_loss")).column) == "test_accuracy"


def test_without_a_test_split_the_validation_metric_decides(tmp_path: Path) -> None:
    """In the last epoch: the best one was picked by what it is judged by."""
    pair(tmp_path, metrics={"val_accuracy": 0.5, "best_val_accuracy": 0.6, "val_loss": 0.5})

    assert str(only(comparison_of(tmp_path)).column) == "val_accuracy"


def test_other_test_examples_leave_it_to_the_validation_metric(tmp_path: Path) -> None:
    """What is not comparable decides nothing, where something comparable is on record."""
    for name, config in (("a", CONFIG), ("b", WIDER)):
        digests = {"validation": {"": "same"}, "test": {"": f"of {name}"}}
        for seed in range(3):
            finished(tmp_path, name, seed, 0.8 + seed / 100, config, split_digests=digests)

    assert str(only(comparison_of(tmp_path)).column) == "val_accuracy"


def test_a_metric_that_judges_nothing_does_not_decide(tmp_path: Path) -> None:
    """Neither way of a share of covered targets is better; without any other metric the loss decides."""
    head = {"type": "regression", "metrics": ["coverage_90", "mae"]}
    scores = {f"{split}_{name}": 0.5 for split in ("val", "test") for name in ("coverage_90", "mae", "loss")}
    for name, hidden in (("a", [1]), ("b", [2])):
        finished(tmp_path / "mae", name, config=changed(head=head, model={"hidden": hidden}), metrics=scores)
        alone = changed(head=head | {"metrics": []}, model={"hidden": hidden})
        finished(tmp_path / "loss", name, config=alone, metrics=scores)

    assert str(only(comparison_of(tmp_path / "mae")).column) == "test_mae"
    assert str(only(comparison_of(tmp_path / "loss")).column) == "test_loss"


def test_each_of_several_targets_has_its_own(tmp_path: Path) -> None:
    """By the first metric of its head."""
    heads = {"digit": {"metrics": ["accuracy", "auc"]}, "ink": {"metrics": ["mae"]}}
    metrics = {f"test_{name}": 0.5 for name in ("digit_accuracy", "digit_auc", "ink_mae")} | {"loss": 1.0}
    for name, hidden, data in (("a", [1], "d"), ("b", [2], "d"), ("other", [1], "e")):
        config = changed(model={"hidden": hidden}) | {"head": {"type": "multitask", "heads": heads}}
        finished(tmp_path, name, config=config, metrics=metrics, data_digest=data * 64)

    found = [(each.experiment.label, str(each.column)) for each in comparison_of(tmp_path).headlines]

    # One that has no example in common with the others has nothing to say of each target.
    assert found == [("b", "test_digit_accuracy"), ("b", "test_ink_mae"), ("other", "test_digit_accuracy")]


@pytest.mark.parametrize(
    ("b", "config", "reason"),
    [
        ({"seed": 1}, WIDER, "no seed in common"),
        ({"metrics": {"loss": 1.0}}, WIDER, "b has no test_accuracy"),
        ({"data_digest": "e" * 64}, WIDER, "other examples"),
        ({}, WIDER, "1 paired seed"),
    ],
)
def test_a_headline_without_an_interval_says_why(
    tmp_path: Path, b: dict[str, Any], config: dict[str, Any], reason: str
) -> None:
    """Too few seeds, none in common, a missing number, or other examples."""
    finished(tmp_path, "a")
    finished(tmp_path, "b", config=config, **b)

    assert only(comparison_of(tmp_path)).reason == reason


def test_an_experiment_that_always_diverged_has_no_verdict(tmp_path: Path) -> None:
    """Whatever examples it would have been scored on."""
    failed(tmp_path, "a", config=changed(dataset={"type": "iris"}))  # On other examples, which nobody saw.
    finished(tmp_path, "b", config=WIDER)

    headline = only(comparison_of(tmp_path))

    assert (headline.reason, headline.obstacle, headline.difference) == ("no seed of a finished", None, None)


def curves(runs_dir: Path, name: str, config: dict[str, Any], last: Sequence[float], best: Sequence[float]) -> None:
    """Runs whose last and best validation accuracy are given; the best one was reached in epoch 3 of 100."""
    for seed, (of_last, of_best) in enumerate(zip(last, best, strict=True)):
        metrics = {"val_accuracy": of_last, "best_val_accuracy": of_best, "best_val_accuracy_epoch": 3.0}
        finished(runs_dir, name, seed, config=config, metrics=metrics, epochs=100)


def test_last_and_best_epoch_may_lead_to_different_verdicts(tmp_path: Path) -> None:
    """As Adam against SGD: worse after all epochs, better at its best one."""
    curves(tmp_path, "sgd", CONFIG, (0.85, 0.86, 0.855), (0.86, 0.87, 0.865))
    curves(tmp_path, "adam", WIDER, (0.80, 0.82, 0.81), (0.90, 0.92, 0.91))

    runs = [read(run_dir) for run_dir in scan(tmp_path)]
    in_order = [run for name in ("sgd", "adam") for run in runs if run.name == name]
    conflict = only(compare(in_order)).conflict

    assert conflict
    # Also where the best epoch is no row of the table.
    assert only(compare(in_order, ("val_accuracy",))).conflict == conflict
    assert (conflict.last.verdict, conflict.best.verdict) == ("worse", "better")
    assert [conflict.last.mean, conflict.best.mean] == pytest.approx([-0.045, 0.045])
    assert (conflict.epochs, conflict.best_epoch, conflict.baseline_best_epoch) == (100, 3, 3)


def test_equal_verdicts_are_no_conflict(tmp_path: Path) -> None:
    """Nor are those of a number that has none."""
    pair(tmp_path)

    assert only(comparison_of(tmp_path)).conflict is None
    assert only(comparison_of(tmp_path, "seconds")).conflict is None


def test_how_many_seeds_would_tell(tmp_path: Path) -> None:
    """By the limits of the sd; nothing from a single seed, nothing where the verdict is clear."""
    two = only(comparison_of(pair(tmp_path / "two", (0.5, 0.6), (0.52, 0.63))))
    unclear = only(comparison_of(pair(tmp_path / "unclear", (0.5, 0.6, 0.7), (0.52, 0.6, 0.71))))
    one, clear = only(comparison_of(pair(tmp_path / "one", (0.5,), (0.6,)))), only(comparison_of(pair(tmp_path / "3")))

    assert two.seeds_needed == seeds_range(0.025, 0.01 / 2**0.5, 2)  # Differences 0.02 and 0.03.
    assert unclear.seeds_needed == seeds_range(0.01, 0.01, 3)  # Differences 0.02, 0 and 0.01.
    assert (one.seeds_needed, clear.seeds_needed) == (None, None)


@pytest.mark.parametrize(("sort", "comparisons"), [(None, 5), ("val_accuracy", 5)])
def test_seeds_are_advised_at_the_level_that_will_be_shared(tmp_path: Path, sort: str | None, comparisons: int) -> None:
    """Two seeds have no interval yet; with more all five would have one, in whatever order they are."""
    many(tmp_path, 2, shift=0.001)

    found = comparison_of(tmp_path, sort=sort).headlines

    assert [headline.planned_level for headline in found] == [0.05 / comparisons] * 5


def test_how_long_more_seeds_would_train(tmp_path: Path) -> None:
    """As long as the finished ones, for the seeds that neither finished nor diverged."""
    a, b = comparison_of(pair(tmp_path, (0.5,), (0.6, 0.7), seconds=10.0)).experiments
    failed(tmp_path, "b", 2, WIDER)
    diverged = comparison_of(tmp_path).experiments[1]

    assert (a.seconds_for(range(5)), b.seconds_for(range(5)), b.seconds_for([0])) == (40, 30, 0)
    assert diverged.seconds_for(range(5)) == 20


def many(runs_dir: Path, n_seeds: int, shift: float) -> None:
    """Six experiments: e2, e4 and e1 have the best means; differences from e0 of sd 0.01."""
    spread = [0.01, -0.01, 0.0, *[0.01, -0.01] * n_seeds][:n_seeds]
    for i, worth in enumerate((0.0, 1.0, 3.0, 0.5, 2.0, 0.2)):
        for seed in range(n_seeds):
            accuracy = 0.8 + shift * worth + spread[seed] * bool(i)
            config = changed(model={"hidden": [i + 1]})
            finished(runs_dir, f"e{i}", seed, accuracy, config, submitted=f"2024-05-01T10:00:{i:02}")


def test_a_family_too_large_for_its_seeds_names_the_best(tmp_path: Path) -> None:
    """Five comparisons on three seeds: how large a difference they show, and the three to confirm on new seeds."""
    many(tmp_path, 3, shift=0.001)

    (family,) = comparison_of(tmp_path, "test_accuracy").large_families

    assert str(family.column) == "test_accuracy"
    assert (family.comparisons, family.pairs) == (5, 3)
    assert family.in_sds == detectable(3, 0.05 / 5)
    assert family.detectable == pytest.approx(detectable(3, 0.05 / 5) * sd_limits(0.01, 3)[1])
    assert [each.label for each in family.best] == ["e2", "e4", "e1"]
    assert family.new_seeds == range(3, 8)


def test_a_family_is_too_large_where_three_sds_are_shown_less_often_than_80_percent(tmp_path: Path) -> None:
    """Two comparisons are confirmed by no fewer; many seeds, or clear verdicts, need no confirmation."""
    many(tmp_path / "seeds", 8, shift=0.001)
    many(tmp_path / "clear", 3, shift=1.0)
    pair(tmp_path / "pair", (0.5, 0.6, 0.7), (0.52, 0.6, 0.71))

    for folder in ("seeds", "clear", "pair"):
        assert comparison_of(tmp_path / folder, "test_accuracy").large_families == ()
    assert comparison_of(tmp_path / "seeds", "seconds").large_families == ()
