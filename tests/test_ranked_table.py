"""Many experiments in one table: golden at 80 and 200 columns, and what holds at any width."""

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from make_runs import changed, failed, finished

from dlexp.components.columns import Column
from dlexp.records.index import in_order, read, scan
from dlexp.records.selection import select
from dlexp.reports.comparison import commands
from dlexp.reports.comparison.facts import Comparison, compare
from dlexp.reports.comparison.ranked_table import ranks
from dlexp.reports.comparison.ranking import Ranking, best_of, rankings
from dlexp.reports.comparison.table import render, to_text


@pytest.fixture
def runs_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The usual one, in a directory of its own."""
    monkeypatch.chdir(tmp_path)
    return Path("runs")


def grid(runs_dir: Path, n_seeds: int = 3) -> None:
    """Eight points: wider and slower is better, batches of 64 a little worse; one point diverges on its last seed."""
    points = itertools.product([[8], [64, 64]], [0.1, 0.01], [32, 64])
    for i, (hidden, rate, batch) in enumerate(points):
        config = changed(
            model={"hidden": hidden}, optimizer={"learning_rate": rate}, training={"epochs": 2, "batch_size": batch}
        )
        worth = 0.5 + 0.2 * (hidden != [8]) + 0.1 * (rate == 0.01) - 0.01 * (batch == 64)
        for seed in range(n_seeds):
            if i == 5 and seed == n_seeds - 1:
                failed(runs_dir, "grid", seed, config)
            else:
                accuracy = worth + (0.0, 0.004, -0.004)[seed % 3] * (1 + i % 3)
                finished(runs_dir, "grid", seed, accuracy, config, submitted=f"2024-05-01T10:00:{i:02}")


def comparison_of(runs_dir: Path, *metrics: str, sort: str | None = None) -> Comparison:
    """Everything below a runs directory, compared in the order in which it was handed out."""
    runs = sorted(map(read, scan(runs_dir)), key=lambda run: run.record.submitted or "2024-05-01T10:00:05")
    return compare(runs, metrics, sort)


def only(comparison: Comparison) -> Ranking:
    """The only ranking."""
    (found,) = rankings(comparison)
    return found


def test_a_row_each_at_80_columns(runs_dir: Path) -> None:
    """Ranks, short keys, seeds, scores and verdicts; what has no room is told below."""
    grid(runs_dir)

    assert to_text(comparison_of(runs_dir), 80, 80) == GOLDEN_80


def test_a_row_each_at_200_columns(runs_dir: Path) -> None:
    """With the intervals and the test score."""
    grid(runs_dir)

    text = to_text(comparison_of(runs_dir), 200, 200)
    assert f"\n\n{GOLDEN_200}\n" in text


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    scores=st.lists(st.sampled_from([0.1, 0.2, 0.25, 0.3]), min_size=4, max_size=12),
    names=st.lists(
        st.sampled_from(["a", "名前", "a name that is rather long, and then some"]), min_size=12, max_size=12
    ),
    width=st.integers(40, 200),
)
def test_no_line_is_too_wide_and_every_experiment_stands_once(
    tmp_path_factory: pytest.TempPathFactory, scores: list[float], names: list[str], width: int
) -> None:
    """At any width; the ranks are those of the means, the same for equal ones."""
    from rich.cells import cell_len

    runs_dir = tmp_path_factory.mktemp("runs")
    for i, (score, name) in enumerate(zip(scores, names, strict=False)):
        finished(runs_dir, name, 0, score, changed(model={"hidden": [7] * 30 + [i]}))
    comparison = comparison_of(runs_dir, "val_accuracy")
    lines = to_text(comparison, width, width, None).splitlines()
    rows = [line for line in lines if re.match(r" *[*=]*\d+  ", line)]

    assert max(map(len, lines)) <= width
    assert max(map(cell_len, rows)) <= width
    assert len(rows) == len(scores)
    found = [int(row.split()[0].strip("*=")) for row in rows]
    assert found == [1 + sum(other > score for other in scores) for score in sorted(scores, reverse=True)]
    tied = [row.split()[0].strip("*").startswith("=") for row in rows]
    assert tied == [scores.count(score) > 1 for score in sorted(scores, reverse=True)]


def test_the_first_rows_and_the_baseline(runs_dir: Path) -> None:
    """So many as are asked for, with the baseline wherever it is, and how many there are else."""
    grid(runs_dir)

    text = to_text(comparison_of(runs_dir), 80, 80, 2)
    assert re.findall(r"^ *([*=]*\d+)  ", text, re.MULTILINE) == ["1", "2", "*7"]
    assert "\n5 more rows: --all shows them.\n" in text
    assert "more row" not in to_text(comparison_of(runs_dir), 80, 80, None)


def test_the_best_share_the_level_with_all_that_they_were_picked_from(runs_dir: Path) -> None:
    """Text, JSON and CSV have them and the baseline alone; the intervals stay as wide as they were."""
    grid(runs_dir)
    whole = comparison_of(runs_dir, "val_accuracy")

    best = best_of(whole, 2)

    assert [row.rank for row in only(best).rows] == [1, 2, 7]
    level = {score.difference.level for score in whole.metrics[0].scores if score and score.difference}
    assert {score.difference.level for score in best.metrics[0].scores if score and score.difference} <= level
    assert [each.experiment for each in best.headlines] == [
        each.experiment for each in whole.headlines if each.experiment in best.experiments
    ]
    text = to_text(best, 80, 80)
    assert text.startswith("Shown are the best of 8, with the baseline; verdicts share their level with all\n")
    assert "The best of 8 was picked by its val_accuracy" in text
    document = json.loads(render(best, "json"))
    assert sorted(each["rank"] for each in document["experiments"]) == [1, 2, 7]
    assert {each["ranked_among"] for each in document["experiments"]} == {8}


def test_which_number_ranks(runs_dir: Path) -> None:
    """--sort, else the first --metric, else validation: the test split stays for the best one."""
    grid(runs_dir, 1)

    assert str(only(comparison_of(runs_dir)).order) == "val_accuracy"
    assert [str(each) for each in only(comparison_of(runs_dir)).others] == ["test_accuracy"]
    by_loss = only(comparison_of(runs_dir, "val_loss", "seconds"))
    assert (str(by_loss.column), str(by_loss.order), [*map(str, by_loss.others)]) == (
        "val_loss",
        "val_loss",
        ["seconds"],
    )
    both = only(comparison_of(runs_dir, "val_accuracy", sort="seconds"))
    assert (str(both.column), str(both.order), [*map(str, both.others)]) == ("val_accuracy", "seconds", ["seconds"])


def test_a_score_on_the_test_split_is_no_estimate_of_the_best_one(runs_dir: Path) -> None:
    """Said where it was picked by that."""
    grid(runs_dir)

    text = to_text(comparison_of(runs_dir, "test_accuracy"), 200)
    assert "The best of 8 was picked on the test split itself: none of its scores tells how good it is on new " in text


def test_unlike_experiments_have_tables_of_their_own(runs_dir: Path) -> None:
    """Other data with a baseline of their own; another loss without one, where the loss ranks."""
    grid(runs_dir)
    for i in range(2):
        for seed in range(3):
            wine = changed(dataset={"type": "wine"}, model={"hidden": [i + 1]})
            finished(runs_dir, "wine", seed, 0.9 - i / 10, wine, data_digest="e" * 64, submitted="2024-05-02")
            mse = changed(head={"loss": "mse"}, model={"hidden": [i + 1]})
            finished(runs_dir, "mse", seed, 0.5, mse, submitted="2024-05-03")

    by_accuracy = rankings(comparison_of(runs_dir))
    by_loss = rankings(comparison_of(runs_dir, "val_loss"))

    assert [len(each.rows) for each in by_accuracy] == [10, 2]
    assert [(len(each.rows), each.baseline and each.baseline.name) for each in by_loss] == [
        (8, "grid"),
        (2, None),
        (2, "wine"),
    ]
    text = to_text(comparison_of(runs_dir, "val_loss"), 200)
    apart = "Not comparable with grid hidden=[8] learning_rate=0.1 batch_size=32: another loss.\n"
    assert f"\n\n{apart}\nrank  hidden  seeds" in text
    assert re.search(r"On other examples\. Baseline \(\*\): wine hidden=\[\d\] \(named first\)\.", text)


def test_what_tells_most_is_left_out_last(runs_dir: Path) -> None:
    """By the share of the variance of the scores; what has no room is told by rank."""
    grid(runs_dir)
    ranking = only(comparison_of(runs_dir))

    assert ranking.by_telling() == ["model.hidden", "optimizer.learning_rate", "training.batch_size"]
    text = to_text(comparison_of(runs_dir, "val_accuracy"), 80, 55)
    assert "batch_size: 32 at ranks 1, 3, 5, 7; 64 at ranks 2, 4, 6, 8.\n" in text


def test_commands_confirm_the_best_on_new_seeds(runs_dir: Path) -> None:
    """Configs that are on record, seeds that no run has, records of their own."""
    grid(runs_dir)

    text = to_text(comparison_of(runs_dir), 400)
    (command,) = re.findall(r"^    (dlexp run .*--runs-dir runs-confirmed)$", text, re.MULTILINE)
    words = command.split()
    assert [Path(word).is_file() for word in words if word.endswith(".yaml")] == [True] * 3
    assert re.findall(r"--seed (\d+)", command) == ["3", "4", "5", "6", "7"]


def test_what_is_no_better_than_guessing_is_not_confirmed(runs_dir: Path) -> None:
    """Of the best three only one is; where all guess, and where runs confirm others already, nothing is proposed."""
    for i, accuracy in enumerate((0.9, 0.4, 0.3, 0.2)):
        for folder, scale in ((runs_dir, 1.0), (Path("guessing"), 0.1), (Path("runs-confirmed"), 1.0)):
            config, told = changed(model={"hidden": [i + 1]}), {"val_accuracy": 0.5}
            for seed in (0, 1):
                finished(folder, "grid", seed, accuracy * scale, config, guessing=told)

    text, *others = (
        to_text(comparison_of(each, "val_accuracy"), 300)
        for each in (runs_dir, Path("guessing"), Path("runs-confirmed"))
    )
    assert re.search(r"Confirm the best on new seeds.*:\n    dlexp run \S+ --seed", text)
    assert all("Confirm the" not in other for other in others)
    assert commands.new_runs_dir(Path("runs-confirmed")) == Path("runs-confirmed-2")


def test_a_small_difference_keeps_its_sign(runs_dir: Path) -> None:
    """However wide its interval; what is said of ± says what ±0 is."""
    scores = {0.1: (0.1, 0.99, 0.5), 0.2: (0.985, 0.07, 0.5), 0.3: (0.7, 0.7, 0.7), 0.4: (0.6, 0.62, 0.61)}
    for rate, accuracies in scores.items():
        for seed, accuracy in enumerate(accuracies):
            config = changed(optimizer={"learning_rate": rate})
            finished(runs_dir, "grid", seed, accuracy, config, submitted=f"2024-05-01T10:00:0{rate * 10:.0f}")

    text = to_text(comparison_of(runs_dir, "val_accuracy"), 300)
    assert re.search(r" -1\.2 +\[-", text)
    assert "0.7000 ±0 " in text
    assert "±: standard deviation over the seeds; ±0: the same on every seed." in text


def test_a_baseline_that_collapsed_on_some_seeds_names_another(runs_dir: Path) -> None:
    """The next point of the grid, whatever its score, in a command that makes it the baseline."""
    for i in range(5):
        for seed, accuracy in enumerate((0.2 if i == 0 else 0.8, 0.8, 0.81)):
            config = changed(model={"hidden": [i + 1]})
            score, told = accuracy + i * (seed + 1) / 100, {"val_accuracy": 0.5}
            finished(runs_dir, "grid", seed, score, config, guessing=told, submitted=f"2024-05-01T10:00:0{i}")

    runs = in_order(map(read, scan(runs_dir)))
    text = to_text(compare(runs, ["val_accuracy"]), 300)
    (command,) = re.findall(r"at rank 4, name it first, by its id:\n    dlexp compare (grid/[0-9a-f]{10} grid)\n", text)
    assert f"dlexp compare {command}\n" in to_text(best_of(compare(runs, ["val_accuracy"]), 2), 300)
    again = compare(select(runs_dir, command.split()), ["val_accuracy"])
    assert again.groups[0].baseline.label != compare(runs).groups[0].baseline.label
    assert "\nThe baseline collapsed" not in to_text(again, 300)


def test_equal_differences_on_all_seeds_are_why_no_row_has_a_verdict(runs_dir: Path) -> None:
    """That every row lacks a verdict for one reason is said as well."""
    for rate in (0.4, 0.3, 0.2, 0.1):
        for seed in range(3):
            config = changed(optimizer={"learning_rate": rate})
            finished(runs_dir, "grid", seed, rate + seed / 100, config, metrics={"val_accuracy": rate + seed / 100})

    text = render(comparison_of(runs_dir), "table", 80)
    assert "No verdict, equal differences on all seeds: ranks " in text


def test_ranges_of_ranks(runs_dir: Path) -> None:
    """Neighbours together; of very many the first."""
    grid(runs_dir, 1)
    rows = only(comparison_of(runs_dir)).rows

    assert ranks(rows[:1]) == "rank 1"
    assert ranks([rows[i] for i in (0, 1, 2, 4)]) == "ranks 1-3, 5"


def test_markdown_has_a_row_each(runs_dir: Path) -> None:
    """All columns, whatever their width."""
    grid(runs_dir)

    text = render(comparison_of(runs_dir), "md")
    header = "rank hidden learning_rate batch_size seeds val_accuracy points interval verdict test_accuracy"
    assert f"| {header.replace(' ', ' | ')} |\n" in text
    assert len(re.findall(r"^\| \*?[1-8] \|", text, re.MULTILINE)) == 8


def test_several_targets_are_columns(runs_dir: Path) -> None:
    """The first one ranks, the others stand beside it."""
    heads: dict[str, Any] = {
        "digit": {"type": "multiclass", "metrics": ["accuracy"]},
        "ink": {"type": "regression", "metrics": ["mae"]},
    }
    for i in range(4):
        scores = {"val_digit_accuracy": 0.5 + i / 10, "val_ink_mae": 0.3 - i / 100, "val_loss": 1.0}
        config = changed(model={"hidden": [i + 1]}) | {"head": {"type": "multitask", "heads": heads}}
        finished(runs_dir, "both", 0, config=config, metrics=scores)

    found = only(comparison_of(runs_dir))
    assert (found.column, [*map(str, found.others)]) == (Column.parse("val_digit_accuracy"), ["val_ink_mae"])


GOLDEN_80 = """\
Compared with the baseline by val_accuracy: 3 better, 1 cannot tell, 3 no
verdict (95 % for all 4 together).
Best val_accuracy: grid hidden=[64, 64] learning_rate=0.01 batch_size=32
(0.8000), grid hidden=[64, 64] learning_rate=0.01 batch_size=64 (0.7900) and
grid hidden=[64, 64] learning_rate=0.1 batch_size=32 (0.7000).
Baseline (*): grid hidden=[8] learning_rate=0.1 batch_size=32 (named first).
Differences in points.

rank  hidden    learning…  batch_si…  seeds    val_accuracy  points  verdict
   1  [64, 64]       0.01         32  3        0.800 ±0.004   +30.0  no verdict
   2  [64, 64]       0.01         64  3        0.790 ±0.008   +29.0  better
   3  [64, 64]        0.1         32  3        0.700 ±0.008   +20.0  better
   4  [64, 64]        0.1         64  2 of 3…  0.696 ±0.008   +19.4  no verdict
   5  [8]            0.01         32  3        0.600 ±0.012   +10.0  better
   6  [8]            0.01         64  3        0.590 ±0.004   +9.00  no verdict
  *7  [8]             0.1         32  3        0.500 ±0.004
   8  [8]             0.1         64  3        0.490 ±0.008    -1.0  cannot tell

No room for interval, test_accuracy: a wider terminal or --format json shows
them.

The best of 8 was picked by its val_accuracy, so that 0.8000 is optimistic; on
the test split it has 0.7800.
4 comparisons are many for 3 seeds: they could have shown 5.5 points (6.5 sd).
Adding seeds because of an answer makes it wrong in 8 to 11 % of cases. Confirm
the best 3 on new seeds, in about 19 s:
    dlexp run runs/grid/s0-e75095a277/config.yaml \\
        runs/grid/s0-98fdc5c5c9/config.yaml \\
        runs/grid/s0-f8a7e97789/config.yaml --seed 3 --seed 4 --seed 5 \\
        --seed 6 --seed 7 --runs-dir runs-confirmed
    dlexp compare grid --runs-dir runs-confirmed

No verdict, equal differences on all seeds: ranks 1, 6.
No verdict, fewer than 3 paired seeds: rank 4.
Diverged on some seeds: rank 4.
±: standard deviation over the seeds.
Verdicts: by the interval over paired seeds (Student's t), at a level that all
comparisons share.
"""

GOLDEN_200 = """\
rank  hidden    learning_rate  batch_size  seeds               val_accuracy  points      interval  verdict      test_accuracy
   1  [64, 64]           0.01          32  3                   0.800 ±0.004   +30.0                no verdict    0.780 ±0.004
   2  [64, 64]           0.01          64  3                   0.790 ±0.008   +29.0  [27.0, 31.0]  better        0.770 ±0.008
   3  [64, 64]            0.1          32  3                   0.700 ±0.008   +20.0  [18.0, 22.0]  better        0.680 ±0.008
   4  [64, 64]            0.1          64  2 of 3, 1 diverged  0.696 ±0.008   +19.4                no verdict    0.676 ±0.008
   5  [8]                0.01          32  3                   0.600 ±0.012   +10.0   [5.9, 14.1]  better        0.580 ±0.012
   6  [8]                0.01          64  3                   0.590 ±0.004   +9.00                no verdict    0.570 ±0.004
  *7  [8]                 0.1          32  3                   0.500 ±0.004                                      0.480 ±0.004
   8  [8]                 0.1          64  3                   0.490 ±0.008    -1.0   [-3.0, 1.0]  cannot tell   0.470 ±0.008
"""  # noqa: E501
