"""The comparison as text: golden tables, and their invariants at any width."""

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from make_runs import changed, failed, finished

from dlexp.records.index import read, scan
from dlexp.reports.comparison.facts import Comparison, compare
from dlexp.reports.comparison.scores import ComparedMetric
from dlexp.reports.comparison.table import render, to_text
from dlexp.reports.numbers import plus_minus, score, significant

BOTTLENECK = changed(model={"hidden": [64, 4]})
ADAM = (0.793, 0.796, 0.799, 0.794, 0.798)
NECKED = (0.690, 0.640, 0.700, 0.710, 0.710)


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The course's two experiments over five seeds."""
    monkeypatch.chdir(tmp_path)
    runs_dir = Path("runs")
    for seed, (adam, necked) in enumerate(zip(ADAM, NECKED, strict=True)):
        finished(runs_dir, "reuters_adam", seed, adam, picked_on_test=True, seconds=12 + seed / 10)
        finished(runs_dir, "reuters_bottleneck", seed, necked, BOTTLENECK, picked_on_test=True)
    return runs_dir


def comparison_of(runs_dir: Path, *metrics: str) -> Comparison:
    """Everything below a runs directory, compared."""
    return compare([read(run_dir) for run_dir in scan(runs_dir)], metrics)


def test_two_experiments_are_columns(two: Path) -> None:
    """What differs, the seeds, then every metric; at 80 columns the difference has a line of its own."""
    assert to_text(comparison_of(two)) == GOLDEN_TWO


def test_a_wide_table_has_the_difference_beside(two: Path) -> None:
    """Where there is room, a metric is one line."""
    text = to_text(comparison_of(two, "val_accuracy"), width=120)

    assert text.splitlines()[:8] == [
        "reuters_bottleneck is worse than reuters_adam: -10.6 points val_accuracy [-14.2, -7.0], 5 paired seeds.",
        "",
        "Baseline: reuters_adam (named first).",
        "",
        "what differs   reuters_adam   reuters_bottleneck",
        "model.hidden   [64, 64]       [64, 4]",
        "seeds          5              5",
        "val_accuracy   0.796 ±0.003   0.69 ±0.03           -10.6 points [-14.2, -7.0], 5 paired seeds: worse",
    ]


def test_three_experiments_are_rows(two: Path) -> None:
    """A block a key and a metric, an experiment a line; diverged seeds and single pairs say so."""
    finished(two, "reuters_tiny", 0, 0.5, changed(model={"hidden": [1]}, optimizer={"learning_rate": 1.0}))
    failed(two, "reuters_tiny", 1, changed(model={"hidden": [1]}, optimizer={"learning_rate": 1.0}))

    assert to_text(comparison_of(two, "best_val_accuracy", "val_loss")) == GOLDEN_THREE


def test_one_experiment_has_no_difference(tmp_path: Path) -> None:
    """Scores alone; a single seed has no deviation."""
    finished(tmp_path, "digits", accuracy=0.9)

    assert to_text(comparison_of(tmp_path)) == GOLDEN_ONE


def test_markdown(two: Path) -> None:
    """One table, whatever the number of experiments."""
    assert render(comparison_of(two, "val_accuracy"), "md") == GOLDEN_MARKDOWN


def test_json_is_one_document_with_all_digits(two: Path) -> None:
    """Every fact under a name; seeds are the keys of the values."""
    document = json.loads(render(comparison_of(two, "val_accuracy"), "json"))

    first, second = document["experiments"]
    assert (first["label"], first["settings"]) == ("reuters_adam", {"model.hidden": [64, 64]})
    assert (second["seeds"], second["diverged_seeds"], second["picked_on_test"]) == ([0, 1, 2, 3, 4], [], True)
    (metric,) = document["metrics"]
    assert (metric["name"], metric["higher_is_better"]) == ("val_accuracy", True)
    assert metric["scores"][0]["values"] == {str(seed): value for seed, value in enumerate(ADAM)}
    assert metric["scores"][1]["difference"]["verdict"] == "worse"
    assert metric["scores"][1]["difference"]["interval"] == pytest.approx([-0.1421, -0.0699], abs=1e-4)


def test_another_loss_and_another_type(tmp_path: Path) -> None:
    """A loss that is not the same has no difference; what comes with an optimizer is in the JSON alone."""
    for seed in (0, 1):
        finished(tmp_path, "adam", seed)
        config = changed(optimizer={"type": "sgd", "learning_rate": 0.01, "nesterov": False}, head={"loss": "mse"})
        finished(tmp_path, "sgd_mse", seed, config=config)
    comparison = comparison_of(tmp_path, "val_loss", "val_accuracy")

    assert to_text(comparison) == GOLDEN_ANOTHER_LOSS
    assert "nesterov" not in render(comparison, "md")
    document = json.loads(render(comparison, "json"))
    assert document["experiments"][1]["settings"]["optimizer.nesterov"] is False
    assert [score["comparable"] for score in document["metrics"][0]["scores"]] == [True, False]
    rows = list(csv.DictReader(io.StringIO(render(comparison, "csv"))))
    assert (rows[1]["mean"], rows[1]["difference"], rows[1]["verdict"]) == ("0.5", "", "not comparable")


def test_the_best_possible_score_stands_below_what_was_reached(tmp_path: Path) -> None:
    """Columns, blocks, Markdown, JSON and CSV; one line if it is the same for all, no line if it is not known."""
    for name, units, best in (("a", 1, 0.95), ("b", 2, 0.95), ("c", 3, 0.85), ("d", 4, None)):
        record: dict[str, Any] = {} if best is None else {"best_possible": {"test_accuracy": best, "test_nll": 0.1}}
        finished(tmp_path, name, config=changed(model={"hidden": [units]}), **record)
    runs = [read(run_dir) for run_dir in scan(tmp_path)]
    metrics = ["test_accuracy", "val_accuracy"]

    assert to_text(compare(runs[:1], metrics)) == GOLDEN_BEST_COLUMNS
    blocks = to_text(compare([runs[0], runs[1], runs[1]], metrics), width=30)
    assert "\n  b               0.8800\n" in blocks
    assert blocks.count("best possible   0.9500") == 1
    three = compare(runs[1:], metrics)
    assert re.findall(r"best possible.*\d", to_text(three)) == [
        "best possible, b   0.9500",
        "best possible, c   0.8500",
    ]
    assert "| test_accuracy, best possible | 0.9500 | 0.8500 | - |\n" in render(three, "md")
    comparison = compare(runs, metrics)
    possible = "Best possible test_accuracy, by the data's true distribution: 0.8500 to 0.9500.\n"
    assert possible in to_text(comparison, 200)
    scores = json.loads(render(comparison, "json"))["metrics"][0]["scores"]
    assert [score["best_possible"] for score in scores] == [0.95, 0.95, 0.85, None]
    rows = list(csv.DictReader(io.StringIO(render(comparison, "csv"))))
    assert [row["best_possible"] for row in rows] == ["0.95", "0.95", "0.85", "", "", "", "", ""]


def test_csv_is_a_row_an_experiment_and_metric(two: Path) -> None:
    """All digits; what is not there is an empty cell."""
    rows = list(csv.DictReader(io.StringIO(render(comparison_of(two, "val_accuracy", "seconds"), "csv"))))

    assert [(row["experiment"], row["metric"]) for row in rows] == [
        ("reuters_adam", "val_accuracy"),
        ("reuters_bottleneck", "val_accuracy"),
        ("reuters_adam", "seconds"),
        ("reuters_bottleneck", "seconds"),
    ]
    assert float(rows[1]["mean"]) == pytest.approx(0.69)
    assert (rows[0]["difference"], rows[1]["verdict"], rows[3]["verdict"]) == ("", "worse", "")


def test_one_and_two_seeds_get_one_line(tmp_path: Path) -> None:
    """Not one for each metric; and no word of Student's t, which nothing came from."""
    for seed in (0, 1):
        finished(tmp_path, "a", seed, 0.5)
        finished(tmp_path, "b", seed, 0.6, BOTTLENECK)

    text = to_text(comparison_of(tmp_path, "val_accuracy", "test_accuracy", "val_loss"))

    assert "+10.0 points\n" in text
    assert text.count("2 paired seeds cannot tell whether b is better or worse than a") == 1
    assert text.count("allow no verdict") == 1
    assert not re.search(r": (better|worse)|clear|Student|interval|\[-?[0-9]+\.", text)


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        ((0.00004, 0.0416), "+2.082 points [0.004, 4.160]"),
        ((0.0004, 0.0416), "+2.10 points [0.04, 4.16]"),
        ((-0.0416, -0.00004), "-2.082 points [-4.160, -0.004]"),
        ((-0.00004, 0.0416), "+2.078 points [-0.004, 4.160]"),
        ((0.0, 0.0416), "+2.1 points [0.0, 4.2]"),
        ((0.01, 0.03), "+2.0 points [1.0, 3.0]"),
    ],
)
def test_a_bound_that_is_not_0_does_not_look_so(two: Path, interval: tuple[float, float], text: str) -> None:
    """The interval has as many digits more as that takes."""
    comparison = comparison_of(two, "val_accuracy")
    first, second = comparison.metrics[0].scores
    assert second is not None
    assert second.difference is not None
    found = replace(second.difference, mean=sum(interval) / 2, interval=interval)
    vars(comparison)["metrics"] = (ComparedMetric("val_accuracy", (first, replace(second, difference=found))),)

    assert f"   {text}, 5 paired seeds: worse\n" in to_text(comparison, width=120)


def several(tmp_path: Path, k: int, **record: Any) -> None:
    """k experiments with three seeds."""
    for i in range(k):
        for seed, noise in enumerate((0, 0.01, -0.01)):
            config = changed(model={"hidden": [i + 1]})
            finished(tmp_path, f"e{i:02}", seed, 0.8 + noise * i + 0.01 * i, config, **record)


@pytest.mark.parametrize(
    ("k", "arguments", "header"),
    [
        (1, {}, []),
        (2, {}, ["Baseline: e00 (named first)."]),
        (2, {"named": False}, ["Baseline: e00 (started first)."]),
        (
            3,
            {},
            ["Baseline: e00 (named first). Intervals and verdicts: 95 % for all 2 comparisons of a metric together."],
        ),
        (
            3,
            {"named": False},
            ["Baseline: e00 (started first). Intervals and verdicts: 95 % for all 2 comparisons of a metric together."],
        ),
        (
            3,
            {"sort": "val_accuracy"},
            [
                "Baseline: e02 (the best val_accuracy). Intervals and verdicts: 95 % for all 3 comparisons "
                "of a metric together; each pair counts, since any could have been the best."
            ],
        ),
    ],
)
def test_the_header_says_the_baseline_and_what_holds_together(
    tmp_path: Path, k: int, arguments: dict[str, Any], header: list[str]
) -> None:
    """As text and as Markdown."""
    several(tmp_path, k)
    comparison = compare([read(run_dir) for run_dir in scan(tmp_path)], ["val_accuracy"], **arguments)

    text = to_text(comparison, width=300)
    first = "model.hidden" if k > 2 else "what differs" if k > 1 else "     "
    assert f"\n\n{text}".count("\n\n".join(["", *header, first])) == 1
    assert "\n\n".join([*header, "| "]) in render(comparison, "md")
    document = json.loads(render(comparison, "json"))
    assert document["baseline_chosen"] == ("sorted" if "sort" in arguments else "named" if not arguments else "started")
    assert {experiment["baseline"] for experiment in document["experiments"]} == {document["baseline"]}


def test_a_baseline_that_diverged_is_said(tmp_path: Path) -> None:
    """The next one takes its place; where all diverged there is none."""
    failed(tmp_path, "a", config=changed(model={"hidden": [1]}))
    finished(tmp_path, "b")
    finished(tmp_path, "c", config=BOTTLENECK)
    failed(tmp_path / "none", "a")
    failed(tmp_path / "none", "b", config=BOTTLENECK)

    assert "\n\nBaseline: b (next after a, of which every seed diverged).\n" in to_text(
        comparison_of(tmp_path, "val_accuracy")
    )
    assert "\n\nBaseline: none, since every seed diverged (a).\n" in to_text(comparison_of(tmp_path / "none"))


def test_experiments_on_other_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named in the header, and in every score on them; in all formats."""
    monkeypatch.chdir(tmp_path)
    runs_dir = Path("runs")
    several(runs_dir, 2)
    for i in (2, 3):
        for seed in range(3):
            config = changed(model={"hidden": [i + 1]}, dataset={"type": "wine"})
            finished(runs_dir, f"w{i}", seed, 0.9 + seed * i / 100, config, data_digest="e" * 64)
    runs = [read(run_dir) for run_dir in scan(runs_dir)]
    columns = ["val_accuracy", "seconds"]
    comparison = compare(runs, columns)

    assert to_text(comparison) == GOLDEN_OTHER_EXAMPLES
    assert "| 0.92 ±0.02<br>other examples: not comparable |" in render(comparison, "md")
    rows = list(csv.DictReader(io.StringIO(render(comparison, "csv"))))
    found = [(row["experiment"], row["baseline"], row["verdict"], row["reason"]) for row in rows[:4]]
    assert found == [
        ("e00", "e00", "", ""),
        ("e01", "e00", "no clear difference", ""),
        ("w2", "w2", "not comparable", "other examples"),
        ("w3", "w2", "no clear difference", ""),
    ]
    scores = json.loads(render(comparison, "json"))["metrics"][0]["scores"]
    assert [(score["comparable"], score["obstacle"]) for score in scores] == [
        (True, None),
        (True, None),
        (False, "other examples"),
        (True, None),
    ]
    alone = to_text(compare([run for run in runs if run.name in ("e00", "w2")], columns))
    assert alone == GOLDEN_OTHER_DATA


def test_seeds_that_collapsed_or_diverged_are_counted(tmp_path: Path) -> None:
    """In the cell, and as the reason why there is no verdict."""
    guessing = {"guessing": {"val_accuracy": 0.3}}
    for seed, accuracy in enumerate((0.8, 0.2, 0.7, 0.3)):
        finished(tmp_path, "a", seed, 0.8 + seed / 100, **guessing)
        finished(tmp_path, "b", seed, accuracy, BOTTLENECK, **guessing)
        finished(tmp_path, "c", seed, 0.3, changed(model={"hidden": [1]}), **guessing)
        finished(tmp_path, "d", seed, 0.8, changed(model={"hidden": [2]}), **guessing)
    failed(tmp_path, "d", 4, changed(model={"hidden": [2]}))

    runs = [read(run_dir) for run_dir in scan(tmp_path)]
    three = compare([run for run in runs if run.name != "c"], ["val_accuracy"])
    assert to_text(three) == GOLDEN_COLLAPSED
    rows = list(csv.DictReader(io.StringIO(render(comparison_of(tmp_path, "val_accuracy"), "csv"))))
    assert [(row["diverged"], row["collapsed"], row["verdict"]) for row in rows] == [
        ("0", "0", ""),
        ("0", "2", ""),
        ("0", "4", "worse"),
        ("1", "0", ""),
    ]
    assert [row["reason"] for row in rows] == [
        "",
        "collapsed on 2 of 4 seeds, the baseline on 0 of 4",
        "",
        "diverged on 1 of 5 seeds, the baseline on 0 of 4",
    ]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.text("abc_ 1(", min_size=1, max_size=90).map(str.strip).filter(bool), min_size=1, max_size=3),
    hidden=st.lists(st.integers(1, 10**6), max_size=40),
    width=st.integers(60, 200),
)
def test_no_line_is_too_long_and_nothing_is_lost(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], hidden: list[int], width: int
) -> None:
    """At any width, every label, value and verdict is there, and fits."""
    runs_dir = tmp_path_factory.mktemp("runs")
    for position, name in enumerate(names):
        config = changed(model={"hidden": [*hidden, position]})
        finished(runs_dir, name, 0, 0.5, config)
        finished(runs_dir, name, 1, 0.5 + position / 10, config)
    comparison = comparison_of(runs_dir)
    text = to_text(comparison, width)

    assert max(map(len, text.splitlines())) <= width
    solid = re.sub(r"\s", "", text)
    for experiment in comparison.experiments:
        assert solid.count(re.sub(r"\s", "", experiment.label)) >= 1
        if comparison.differing:
            assert "".join(str(experiment.settings["model.hidden"]).split()) in solid


@pytest.mark.parametrize(
    ("mean", "sd", "text"),
    [
        (0.79613, 0.00312, "0.796 ±0.003"),
        (0.69012, 0.0281, "0.69 ±0.03"),
        (0.69012, 0.0143, "0.690 ±0.014"),
        (0.8, 0.0096, "0.8000 ±0.0096"),
        (3012.3, 251.0, "3000 ±300"),
        (12.345, None, "12.35"),
        (0.5, 0.0, "0.5000 ±0"),
        (-0.0001, 0.3, "0.0 ±0.3"),
        (1.2345e-26, 3.7e-28, "1.23e-26 ±4e-28"),
        (1.2345e60, 1.4e59, "1.23e+60 ±1.4e+59"),
        (9.996e-26, 3e-28, "1.000e-25 ±3e-28"),
    ],
)
def test_plus_minus(mean: float, sd: float | None, text: str) -> None:
    """As many digits as the deviation makes worth showing."""
    assert plus_minus(mean, sd) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (20.0, "20"),
        (123456.7, "123457"),
        (1e-5, "0.00001000"),
        (0.0, "0"),
        (0.99996, "1.000"),
        (2.0413e-12, "2.041e-12"),
        (-7.189779e18, "-7.190e+18"),
        (123456789012345.0, "123456789012345"),
    ],
)
def test_significant(value: float, text: str) -> None:
    """Four digits, whole numbers whole; a power of ten only for very small and very large numbers."""
    assert significant(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.9, "0.9000"),
        (0.0, "0.0000"),
        (None, "-"),
        (0.00052, "0.0005200"),
        (1480123.4, "1480123"),
        (2e-26, "2.000e-26"),
        (7.19e18, "7.190e+18"),
    ],
)
def test_score(value: float | None, text: str) -> None:
    """Four decimals, except where they would be zeros or follow many digits."""
    assert score("val_mae", value) == f"val_mae {text}"


GOLDEN_BEST_COLUMNS = """\
                  a
seeds             1
test_accuracy     0.8800
  best possible   0.9500
val_accuracy      0.9000

Best possible: what the data's true distribution scores on the same examples;
beaten only by chance.
"""
GOLDEN_TWO = """\
reuters_bottleneck is worse than reuters_adam: -10.6 points test_accuracy
[-14.2, -7.0], 5 paired seeds.

Baseline: reuters_adam (named first).

what differs          reuters_adam             reuters_bottleneck
model.hidden          [64, 64]                 [64, 4]
seeds                 5                        5
val_accuracy          0.796 ±0.003             0.69 ±0.03
                      -10.6 points [-14.2, -7.0], 5 paired seeds: worse
best_val_accuracy     0.806 ±0.003 (epoch 1)   0.70 ±0.03 (epoch 1)
                      -10.6 points [-14.2, -7.0], 5 paired seeds: worse
val_loss              0.5000 ±0                0.5000 ±0
                      0 in each of 5 paired seeds: no verdict
accuracy (training)   0.9000 ±0                0.9000 ±0
                      0 points in each of 5 paired seeds
test_accuracy         0.776 ±0.003             0.67 ±0.03
                      -10.6 points [-14.2, -7.0], 5 paired seeds: worse
gap_accuracy          0.124 ±0.003             0.23 ±0.03
                      +10.6 points [7.0, 14.2], 5 paired seeds
seconds               12.2 ±0.2                1.250 ±0
                      -10.95 [-11.15, -10.75], 5 paired seeds

±: standard deviation over the seeds; ±0: the same on every seed.
Differences: with the 95 % interval over paired seeds (Student's t); scores in
training have no verdict.
gap_accuracy: how much worse the test split scores than the training data, which
are scored while the epoch goes, with dropout and noise.
best_val_accuracy of reuters_adam, reuters_bottleneck: picked on the test data,
since validation is the test split there.
Nothing is known of new examples. reuters_adam/s0-3076b09959: no results on
single test examples are on record (--force trains it again with them).
"""
GOLDEN_THREE = """\
reuters_bottleneck is worse than reuters_adam: -10.6 points best_val_accuracy
[-14.2, -7.0], 5 paired seeds.
1 paired seed cannot tell whether reuters_tiny is better or worse than
reuters_adam: -29.3 points best_val_accuracy.
5 seeds can have a verdict, in about 4 s, or as many as it takes:
    dlexp run runs/reuters_adam/s0-3076b09959/config.yaml \\
        runs/reuters_tiny/s0-fdafaeaaaf/config.yaml --seeds 5
    dlexp compare runs/reuters_adam/s0-3076b09959/config.yaml \\
        runs/reuters_tiny/s0-fdafaeaaaf/config.yaml --metric best_val_accuracy \\
        --until-sure 12

Baseline: reuters_adam (named first).

model.hidden
  reuters_adam         [64, 64]
  reuters_bottleneck   [64, 4]
  reuters_tiny         [1]
optimizer.learning_rate
  reuters_adam         0.001
  reuters_bottleneck   0.001
  reuters_tiny         1.0
seeds
  reuters_adam         5
  reuters_bottleneck   5
  reuters_tiny         1 of 2, 1 diverged
best_val_accuracy
  reuters_adam         0.806 ±0.003 (epoch 1)
  reuters_bottleneck   0.70 ±0.03 (epoch 1)
                       -10.6 points [-14.2, -7.0], 5 paired seeds: worse
  reuters_tiny         0.5100 (epoch 1)
                       -29.3 points, 1 paired seed
val_loss
  reuters_adam         0.5000 ±0
  reuters_bottleneck   0.5000 ±0   0 in each of 5 paired seeds: no verdict
  reuters_tiny         0.5000      0, 1 paired seed

±: standard deviation over the seeds; ±0: the same on every seed.
Differences: with the 95 % interval over paired seeds (Student's t).
Fewer than 3 paired seeds allow no verdict.
best_val_accuracy of reuters_adam, reuters_bottleneck: picked on the test data,
since validation is the test split there.
"""
GOLDEN_ANOTHER_LOSS = """\
sgd_mse cannot be compared with adam by val_loss: another loss.

Baseline: adam (named first).

what differs              adam        sgd_mse
head.loss                 -           mse
optimizer.type            adam        sgd
optimizer.learning_rate   0.001       0.01
seeds                     2           2
val_loss                  0.5000 ±0   0.5000 ±0   another loss: not comparable
val_accuracy              0.9000 ±0   0.9000 ±0   0 points

±: standard deviation over the seeds; ±0: the same on every seed.
Fewer than 3 paired seeds, here 2, allow no verdict.
"""
GOLDEN_ONE = """\
                      digits
seeds                 1
val_accuracy          0.9000
best_val_accuracy     0.9100 (epoch 1)
val_loss              0.5000
accuracy (training)   0.9000
test_accuracy         0.8800
gap_accuracy          0.02000
seconds               1.250

gap_accuracy: how much worse the test split scores than the training data, which
are scored while the epoch goes, with dropout and noise.
"""
GOLDEN_MARKDOWN = """\
reuters_bottleneck is worse than reuters_adam: -10.6 points val_accuracy [-14.2, -7.0], 5 paired seeds.

Baseline: reuters_adam (named first).

|  | reuters_adam | reuters_bottleneck |
|---|---|---|
| model.hidden | [64, 64] | [64, 4] |
| seeds | 5 | 5 |
| val_accuracy | 0.796 ±0.003 | 0.69 ±0.03<br>-10.6 points [-14.2, -7.0], 5 paired seeds: worse |

±: standard deviation over the seeds.

Differences: with the 95 % interval over paired seeds (Student's t).
"""
GOLDEN_OTHER_EXAMPLES = """\
Cannot tell whether e01 is better or worse than e00: +1.0 points val_accuracy
[-1.5, 3.5], 3 paired seeds; these seeds could have shown 6.9 points; a
difference of this size takes 8 to 38 seeds.
w2 cannot be compared with e00: it is scored on other examples.
Cannot tell whether w3 is better or worse than w2: +1.0 points val_accuracy
[-1.5, 3.5], 3 paired seeds; these seeds could have shown 6.9 points; a
difference of this size takes 8 to 38 seeds.
Planned for n = 3: adding seeds because of an answer makes it wrong in 8 to 11 %
of cases; ask again on seeds that no answer has seen, also as a study with
seeds: {first: 3, count: 6}:
    dlexp run runs/e00/s0-d4028ae054/config.yaml \\
        runs/e01/s0-1628e21eeb/config.yaml runs/w2/s0-b274f9a1d7/config.yaml \\
        runs/w3/s0-1d009794f2/config.yaml --seed 3 --seed 4 --seed 5 --seed 6 \\
        --seed 7 --seed 8 --runs-dir runs-confirmed

Baseline: e00 (named first).
On other examples: w2, w3; baseline: w2 (named first).

dataset.type
  e00   digits
  e01   digits
  w2    wine
  w3    wine
model.hidden
  e00   [1]
  e01   [2]
  w2    [3]
  w3    [4]
data digest
  e00   dddddddddd
  e01   dddddddddd
  w2    eeeeeeeeee
  w3    eeeeeeeeee
seeds
  e00   3
  e01   3
  w2    3
  w3    3
val_accuracy
  e00   0.8000 ±0
  e01   0.810 ±0.010
        +1.0 points [-1.5, 3.5], 3 paired seeds: no clear difference
  w2    0.92 ±0.02
        other examples: not comparable
  w3    0.93 ±0.03
        +1.0 points [-1.5, 3.5], 3 paired seeds: no clear difference
seconds
  e00   1.250 ±0
  e01   1.250 ±0   0 in each of 3 paired seeds
  w2    1.250 ±0
  w3    1.250 ±0   0 in each of 3 paired seeds

±: standard deviation over the seeds; ±0: the same on every seed.
Differences: with the 95 % interval over paired seeds (Student's t).
"""
GOLDEN_OTHER_DATA = """\
w2 cannot be compared with e00: it is scored on other examples.

Baseline: e00 (named first).
On other examples: w2.

what differs   e00          w2
dataset.type   digits       wine
model.hidden   [1]          [3]
data digest    dddddddddd   eeeeeeeeee
seeds          3            3
val_accuracy   0.8000 ±0    0.92 ±0.02   other examples: not comparable
seconds        1.250 ±0     1.250 ±0

±: standard deviation over the seeds; ±0: the same on every seed.
"""
GOLDEN_COLLAPSED = """\
No verdict on b against a: collapsed on 2 of 4 seeds, the baseline on 0 of 4;
the difference of the means, -31.5 points val_accuracy, would compare luck.
No verdict on d against a: diverged on 1 of 5 seeds, the baseline on 0 of 4; the
difference of the means, -1.50 points val_accuracy, would compare luck.

Baseline: a (named first).

model.hidden
  a   [64, 64]
  b   [64, 4]
  d   [2]
seeds
  a   4
  b   4
  d   4 of 5, 1 diverged
val_accuracy
  a   0.815 ±0.013
  b   0.5 ±0.3 (2 of 4 collapsed)
      -31.5 points, 4 paired seeds: no verdict, collapsed on 2 of 4 seeds, the
      baseline on 0 of 4
  d   0.8000 ±0
      -1.50 points, 4 paired seeds: no verdict, diverged on 1 of 5 seeds, the
      baseline on 0 of 4

±: standard deviation over the seeds; ±0: the same on every seed.
Collapsed: no better than the best constant prediction.
"""
