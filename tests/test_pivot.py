"""A grid by one or two of its keys."""

import csv
import io
import json
from pathlib import Path

import pytest
from make_runs import changed, finished
from rich.cells import cell_len

from dlexp.errors import UserError
from dlexp.records.index import in_order, read, scan
from dlexp.reports.comparison.facts import Comparison, compare
from dlexp.reports.comparison.pivot import MAX_COLUMNS, pivots, render


def comparison_of(runs_dir: Path, *metrics: str) -> Comparison:
    """Everything below a runs directory, compared in the order of the grid."""
    return compare(in_order(map(read, scan(runs_dir))), metrics)


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    """Two widths, three rates, two batch sizes on two seeds: the accuracy is the sum of what each brings."""
    points = [(h, r, b) for h in (8, 16) for r in (0.1, 0.01, 0.001) for b in (32, 64)]
    for i, (hidden, rate, batch) in enumerate(points):
        config = changed(
            model={"hidden": [hidden]},
            optimizer={"learning_rate": rate},
            training={"epochs": 2, "batch_size": batch},
        )
        score = 0.5 + (hidden == 16) / 10 + {0.1: 0, 0.01: 0.2, 0.001: 0.1}[rate] + (batch == 64) / 50
        for seed in (0, 1):
            finished(tmp_path, "grid", seed, score + seed / 100, config, submitted=f"2024-05-01T10:00:{i:02}")
    return tmp_path


def test_two_keys_are_rows_and_columns(grid: Path) -> None:
    """By dotted key or its end; values in their order; a cell is the mean over the seeds and what is left."""
    found = pivots(comparison_of(grid), ["model.hidden", "learning_rate"])

    assert render(found, "table") == (
        "val_accuracy by hidden and learning_rate: the mean over the seeds and\n"
        "batch_size; * the best one.\n"
        "\n"
        "hidden  learning_rate=0.001     0.01     0.1\n"
        "[8]                  0.6150   0.7150  0.5150\n"
        "[16]                 0.7150  *0.8150  0.6150\n"
    )


def test_a_key_with_a_value_for_each_experiment_has_no_columns(tmp_path: Path) -> None:
    """A random search over two keys is a row for each value of one, and not a table of their pairs."""
    for i in range(MAX_COLUMNS + 1):
        finished(tmp_path, "it", config=changed(optimizer={"learning_rate": i / 1000}, model={"hidden": [i + 1]}))
    comparison = comparison_of(tmp_path)

    (found,) = pivots(comparison, ["learning_rate"])
    assert (found.column_key, len(found.rows)) == ("", MAX_COLUMNS + 1)
    with pytest.raises(UserError, match=r"^--by model.hidden: 101 values are too many columns; name it first"):
        pivots(comparison, ["learning_rate", "hidden"])


def test_follow_up_runs_beside_a_grid_are_left_out(tmp_path: Path) -> None:
    """They move no mean and name no key; how many they are is said, and in what they differ."""
    points = [(rate, batch) for rate in (0.1, 0.01, 0.001) for batch in (16, 32, 64)]
    for rate, batch in points:
        config = changed(optimizer={"learning_rate": rate}, training={"epochs": 2, "batch_size": batch})
        finished(tmp_path, "grid", 0, 0.5 + rate + batch / 1000, config)
    for rate, epochs in ((0.01, 50), (0.001, 70)):
        training = {"epochs": epochs, "batch_size": 32, "early_stopping": {"patience": 5}}
        finished(tmp_path, "grid", 0, 0.99, changed(optimizer={"learning_rate": rate}, training=training))

    found = pivots(comparison_of(tmp_path), ["learning_rate", "batch_size"])

    assert render(found, "table", 200) == (
        "val_accuracy by learning_rate and batch_size: the mean over the seeds; * the best one.\n"
        "Left out: 2 experiments with other values of epochs, patience.\n"
        "\n"
        "learning_rate  batch_size=16      32       64\n"
        "0.001                 0.5170  0.5330   0.5650\n"
        "0.01                  0.5260  0.5420   0.5740\n"
        "0.1                   0.6160  0.6320  *0.6640\n"
    )


def test_beside_one_key_stands_the_most_telling_other(grid: Path) -> None:
    """By the share of the variance of the scores."""
    (found,) = pivots(comparison_of(grid), ["batch_size"])

    assert (found.row_key, found.column_key, found.over) == (
        "training.batch_size",
        "optimizer.learning_rate",
        ("model.hidden",),
    )


def test_all_digits_as_json_and_csv(grid: Path) -> None:
    """JSON has the values of the keys; CSV a row for each cell."""
    found = pivots(comparison_of(grid, "val_loss"), ["hidden", "batch_size"])

    (document,) = json.loads(render(found, "json"))
    assert (document["rows"], document["columns"]) == ([[8], [16]], [32, 64])
    assert document["means"] == [[0.5, 0.5], [0.5, 0.5]]
    rows = list(csv.DictReader(io.StringIO(render(found, "csv"))))
    assert [(row["row"], row["column"], row["experiments"]) for row in rows] == [
        ("[8]", "32", "3"),
        ("[8]", "64", "3"),
        ("[16]", "32", "3"),
        ("[16]", "64", "3"),
    ]
    assert "| hidden | batch_size=32 | 64 |\n" in render(found, "md")


def test_cells_over_other_values_are_told(grid: Path) -> None:
    """Where a point is missing, its cell is empty or the mean over fewer."""
    config = changed(model={"hidden": [32]}, training={"epochs": 2, "batch_size": 32})
    finished(grid, "grid", 0, 0.9, config)

    text = render(pivots(comparison_of(grid), ["hidden", "learning_rate"]), "table")
    assert "The means are not over the same values of batch_size everywhere.\n" in text
    assert "[32]                *0.9000       -       -\n" in text


@pytest.mark.parametrize("width", [20, 30, 45])
def test_columns_without_room_stand_below(grid: Path, width: int) -> None:
    """No line of the table is wider than the terminal, and no value is lost."""
    text = render(pivots(comparison_of(grid), ["hidden", "learning_rate"]), "table", width, width)

    assert max(map(cell_len, text.splitlines())) <= width
    for mean in ("0.6150", "0.7150", "0.5150", "0.8150"):
        assert mean in text


def test_a_section_that_some_lack_is_one_key(tmp_path: Path) -> None:
    """Its values are what is given in it."""
    for i, own in enumerate((None, {"patience": 3}, {"patience": 9})):
        finished(tmp_path, "a", 0, i / 10, changed(training={"early_stopping": own}))

    (found,) = pivots(comparison_of(tmp_path), ["early_stopping"])

    assert sorted(map(str, found.rows)) == ["None", "{'patience': 3}", "{'patience': 9}"]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["hiden"], "--by hiden: there is no such setting. Did you mean 'hidden'? Choose from: model.hidden, "),
        (["lr"], "--by lr: there is no such setting. Did you mean 'learning_rate'? "),
        (["opt"], "--by opt: there is no such setting. Did you mean 'optimizer'? Choose from: model.hidden, "),
        (["epochs"], "--by epochs: training.epochs is the same in all of these experiments. Choose from: model.hidden"),
        (["hidden", "model.hidden"], "--by: hidden and model.hidden are the same key, model.hidden"),
        (["a", "b", "c"], "--by: a table has rows and columns: at most two keys, given a, b and c"),
    ],
)
def test_keys_that_make_no_table(grid: Path, keys: list[str], message: str) -> None:
    """One line says why, and which there are."""
    with pytest.raises(UserError) as raised:
        pivots(comparison_of(grid), keys)

    assert str(raised.value).startswith(message)
