"""`dlexp ls` as a table: its rows, columns, order and width."""

import shlex
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from make_runs import CONFIG, changed, failed, finished
from rich.cells import cell_len

from dlexp.errors import UserError
from dlexp.records.index import read, scan
from dlexp.records.selection import find
from dlexp.reports.run.listing import RunList, listing, short_time

#: A setting that some runs have as a section of its own, and others as a value.
OWN = st.none() | st.integers(0, 1) | st.dictionaries(st.sampled_from(["a", "type"]), st.sampled_from(["x", "y"]))


def listed(runs_dir: Path, width: int | None = None, **options: Any) -> RunList:
    """A table of all runs."""
    return listing(list(map(read, scan(runs_dir))), "table", width, **options)


def header(found: RunList) -> list[str]:
    """The columns of a table."""
    return found.text.splitlines()[0].split()


def column(found: RunList, key: str) -> list[str]:
    """The cells of a column whose neighbours have no spaces."""
    place = header(found).index(key)
    return [line.split()[place] for line in found.text.splitlines()[1:]]


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    """27 points of a grid, the accuracies in their order."""
    i = 0
    for rate in (1e-3, 1e-2, 1e-1):
        for hidden in ([8], [16], [32]):
            for batch in (16, 32, 64):
                training, model = {"batch_size": batch}, {"hidden": hidden}
                config = changed(optimizer={"learning_rate": rate}, model=model, training=training)
                day = f"2024-05-{i + 1:02}T10:00:00+00:00"
                finished(tmp_path, "digits_sgd", 0, 0.5 + i / 100, config, ended=day)
                i += 1
    return tmp_path


def test_a_record_without_a_best_value_is_listed(tmp_path: Path) -> None:
    """Its columns are those that are on record."""
    finished(tmp_path, "a", 0, metrics={"loss": 1.0, "val_loss": 2.0})

    assert "val_loss" in header(found := listed(tmp_path))
    assert "best_val_loss" not in header(found)


def test_a_grid_at_80_columns_has_its_keys_and_whole_numbers(grid: Path) -> None:
    """The run as it is typed, what sets the points apart, the score and the day; below, what is the same in all."""
    found = listed(grid, 80)
    lines = found.text.splitlines()

    assert len(lines) == 28
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["run", "hidden", "learning_rate", "batch_size", "val_accuracy"]
    assert lines[1].split()[1:] == ["[8]", "0.001", "16", "0.5000"]
    assert found.said == ["not shown: ended, best_val_accuracy, status (finished) and 2 more; see --columns"]


def test_keys_are_cut_before_a_setting_is_left_out(grid: Path) -> None:
    """Each still differs from the others."""
    assert header(listed(grid, 66)) == ["run", "hidden", "learnin…", "batch_s…", "val_accuracy"]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 200, None])
def test_no_row_is_wider_than_the_terminal(width: int | None, grid: Path) -> None:
    """However long or wide a name is; without a width nothing is left out."""
    finished(grid, "a very long name " * 4 + "of a run")
    finished(grid, "数字の実験" * 5, 3, config=changed(model={"hidden": [64] * 40}))
    failed(grid, "digits_sgd", 7)

    found = listed(grid, width)

    assert all(
        width is None or cell_len(line) <= width for line in [*found.text.splitlines(), *found.said[: width and 0]]
    )
    assert (width is None) == (not found.said)


def test_a_row_begins_with_what_show_takes(tmp_path: Path) -> None:
    """In quotes where a shell needs them; where the name is too long, the folder's."""
    finished(tmp_path, "plain-name_1.0,x=2+3")
    finished(tmp_path, "with (signs)", 1)
    finished(tmp_path, "n" * 80, 2)
    finished(tmp_path, "n" * 80, 2)  # A second attempt.

    lines = listed(tmp_path, 80).text.splitlines()[1:]
    words = [shlex.split(line)[0] for line in lines]

    assert {str(run_dir.path) for word in words for run_dir in find(tmp_path, word)} == {  # type: ignore[union-attr]
        str(run_dir.path) for run_dir in scan(tmp_path)
    }


def test_the_newest_comes_last_and_a_long_table_has_the_newest(tmp_path: Path) -> None:
    """41 runs: the first one is counted; all of them where they are asked for."""
    for seed in range(41):
        finished(tmp_path, "a", seed, ended=f"2024-05-01T10:{59 - seed:02}:00+00:00")

    found, whole = listed(tmp_path), listed(tmp_path, show_all=True)

    assert found.said == ["the newest 40 of 41 runs; --all lists all, --where and --since choose"]
    assert [run.split("-")[0] for run in column(found, "run")] == [f"a/s{seed}" for seed in reversed(range(40))]
    assert (len(column(whole, "run")), whole.said) == (41, [])


def test_what_began_and_did_not_end_stands_where_it_was_written_last(tmp_path: Path) -> None:
    """An interrupted run of today comes after one that finished last year."""
    begun = finished(tmp_path, "a", config=changed(optimizer={"learning_rate": 1.0}))
    begun.summary_path.unlink()
    finished(tmp_path, "b")

    assert column(listed(tmp_path), "status") == ["finished", "interrupted"]


def test_sort_has_the_best_first_and_those_without_a_value_last(grid: Path) -> None:
    """A score by its own direction, anything else from the smallest; the column comes first."""
    failed(grid, "digits_sgd", 7)

    by_accuracy, by_loss = listed(grid, sort="val_accuracy"), listed(grid, sort="learning_rate")

    assert header(by_accuracy)[:2] == ["run", "val_accuracy"]
    assert column(by_accuracy, "val_accuracy")[:2] == ["0.7600", "0.7500"]
    assert column(by_accuracy, "val_accuracy")[-1] == "-"
    rates = column(by_loss, "learning_rate")
    assert rates == ["0.001"] * 10 + ["0.01"] * 9 + ["0.1"] * 9


def test_a_setting_is_not_taken_for_what_is_on_record_under_its_short_name(tmp_path: Path) -> None:
    """`loss` is a score and `seed` that of the run: the settings have longer names, and their own values."""
    for i, loss in enumerate(["mse", "poisson"]):
        finished(tmp_path, config={**changed(head={"loss": loss}), "validation": {"seed": 7 + i}})
    found = listed(tmp_path)

    assert sorted(column(found, "head.loss")) == ["mse", "poisson"]
    assert sorted(column(found, "validation.seed")) == ["7", "8"]


def test_the_best_may_lack_a_setting_of_the_others(tmp_path: Path) -> None:
    """Two runs of Adam have no momentum, which differs among the rest; nor has anybody recorded a best score."""
    for i, momentum in enumerate([0.5, 0.9]):
        sgd = {**CONFIG, "optimizer": {"type": "sgd", "momentum": momentum}}
        finished(tmp_path, config=sgd, metrics={"val_accuracy": 0.1 * i})
        adam = changed(optimizer={"learning_rate": 0.1 * (i + 1)})
        finished(tmp_path, config=adam, metrics={"val_accuracy": 0.8 + 0.1 * i})

    shown = header(listed(tmp_path, n_best=2))
    assert "learning_rate" in shown
    assert "momentum" not in shown


@pytest.mark.parametrize("key", ["started", "ended"])
def test_times_are_sorted_as_times(key: str, tmp_path: Path) -> None:
    """Records of machines in other time zones are sorted by when they were, not by their digits."""
    for seed, time in enumerate(
        ["2024-05-01T10:00:00+14:00", "2024-05-01T01:00:00+00:00", "2024-04-30T23:00:00-05:00"]
    ):
        finished(tmp_path, seed=seed, started=time, ended=time)

    assert [run[:9] for run in column(listed(tmp_path, sort=key), "run")] == ["digits/s0", "digits/s1", "digits/s2"]


def test_best_is_by_the_main_metric_or_by_sort(grid: Path) -> None:
    """The best one first; by seconds the fastest."""
    finished(grid, "slow", 0, 0.99, seconds=100.0)
    finished(grid, "fast", 0, 0.1, seconds=0.1)

    assert column(listed(grid, n_best=2), "val_accuracy") == ["0.9900", "0.7600"]
    assert column(listed(grid, n_best=1, sort="seconds"), "seconds") == ["0.1"]


def test_a_setting_that_the_shown_lack_is_no_mistake(tmp_path: Path) -> None:
    """Columns that nobody chose are never refused: what differs among all runs may be nothing that the best have."""
    for name in ("a", "b"):
        finished(tmp_path, name, 0, 0.9)
        early = {"early_stopping": {"monitor": "val_loss", "patience": 9}}
        finished(tmp_path, name, 0, 0.5, changed(training=early))
        finished(tmp_path, name, 0, 0.4, changed(training={"early_stopping": None}))

    assert column(listed(tmp_path, n_best=1), "val_accuracy") == ["0.9000"]
    assert header(listed(tmp_path))[2] == "early_stopping"
    assert "{patience: 9}" in listed(tmp_path).text
    assert len(column(listed(tmp_path, sort="val_loss"), "run")) == 6


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    several=st.lists(st.dictionaries(st.sampled_from(["a", "b", "name", "val_loss"]), OWN), max_size=4),
    n_best=st.integers(1, 4),
)
def test_no_runs_settings_make_a_list_fail(
    several: list[dict[str, Any]], n_best: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever keys some of them have and others lack."""
    runs_dir = tmp_path_factory.mktemp("runs")
    for i, own in enumerate(several):
        finished(runs_dir, "ab"[i % 2], i, i / 10, changed(training=own, model=own))

    found = listed(runs_dir, 80, n_best=n_best)

    assert found.text.count("\n") == (min(n_best, len(several)) + 1 if several else 0)


def test_the_setting_epochs_is_not_what_was_trained(tmp_path: Path) -> None:
    """It has a header of its own, which can be typed."""
    for n in (5, 50):
        finished(tmp_path, "a", n, config=changed(training={"epochs": n}))

    found = listed(tmp_path)

    assert [column(found, key) for key in ("training.epochs", "epochs")] == [["5", "50"], ["2", "2"]]
    assert column(listed(tmp_path, chosen=["training.epochs"]), "training.epochs") == ["5", "50"]


def test_what_the_best_have_in_common_is_told(grid: Path) -> None:
    """A setting that differs elsewhere: it may be why they are the best."""
    found = listed(grid, 80, n_best=3)

    assert column(found, "hidden") == ["[32]"] * 3
    assert [line.split()[3] for line in found.text.splitlines()[1:]] == ["0.1"] * 3


def test_best_of_what_cannot_be_ranked(tmp_path: Path) -> None:
    """Several main metrics are the user's to choose from, a setting has no better value; other data are said."""
    finished(tmp_path, "a")
    finished(tmp_path, "b", data_digest="e" * 64)
    assert listed(tmp_path, n_best=2).said[-1] == (
        "these runs are on 2 different data sets: their val_accuracy does not say which is better"
    )

    finished(tmp_path, "c", metrics={"val_mae": 1.0})
    with pytest.raises(
        UserError, match=r"^--best: the runs have different main metrics \(val_accuracy, val_mae\)\. Try"
    ):
        listed(tmp_path, n_best=2)
    with pytest.raises(UserError, match=r"^--best: no value of learning_rate is better than another"):
        listed(tmp_path, n_best=2, sort="learning_rate")


def test_chosen_columns_stand_alone(tmp_path: Path) -> None:
    """Settings by short or dotted key, metrics, tags, notes and facts, in the order in which they are named."""
    run_dir = finished(tmp_path, "a")
    run_dir.tags_path.write_text("good\nkept\n")
    run_dir.note_path.write_text("two\nlines | here\n")
    chosen = ["hidden", "optimizer.learning_rate", "test_loss", "note", "tags", "identity", "seed", "optimizer"]

    lines = listed(tmp_path, chosen=chosen).text.splitlines()

    assert lines[0].split() == ["run", *chosen]
    cells = [run_dir.label, "[64,", "64]", "0.001", "0.5500", "two", "lines", "|", "here", "good", "kept"]
    assert lines[1].split() == [*cells, run_dir.folder.prefix, "0", "adam"]
    with pytest.raises(UserError, match=r"^--columns learning_rat: the run has no 'learning_rat'\. Did you mean"):
        listed(tmp_path, chosen=["learning_rat"])


def test_chosen_columns_give_way_only_at_the_end(tmp_path: Path) -> None:
    """Texts are cut before one is left out, then the last ones go; what the runs are sorted by comes with them."""
    for seed in range(2):
        run_dir = finished(tmp_path, "digits_sgd", seed)
        run_dir.tags_path.write_text("good\nkept\n")
        run_dir.note_path.write_text("a long note on why this one of all the runs was kept\n")
    chosen = ["hidden", "tags", "note", "seed"]

    wide, narrow = (listed(tmp_path, width, chosen=chosen, n_best=1) for width in (80, 50))

    assert (header(wide), wide.said) == (["run", "val_accuracy", *chosen], [])
    assert header(narrow)[:3] == ["run", "val_accuracy", "hidden"]
    assert narrow.said == ["not shown at 50 columns: note, seed, name"]
    assert header(listed(tmp_path, chosen=["optimizer.learning_rate"], sort="learning_rate")) == [
        "run",
        "optimizer.learning_rate",
    ]


def test_the_run_stands_once_where_it_is_chosen(tmp_path: Path) -> None:
    """It has the first column in any case, also where runs are sorted by it."""
    finished(tmp_path)

    assert header(listed(tmp_path, chosen=["run", "seed"])) == ["run", "seed"]
    assert header(listed(tmp_path, sort="run")).count("run") == 1


def test_tags_and_notes_have_columns_once_there_are_any(tmp_path: Path) -> None:
    """Otherwise not."""
    run_dir = finished(tmp_path, "a")
    assert not {"tags", "note"} & set(header(listed(tmp_path)))

    run_dir.tags_path.write_text("good\n")
    run_dir.note_path.write_text("why\n")

    assert column(listed(tmp_path), "tags") == ["good"]
    assert column(listed(tmp_path), "note") == ["why"]


def test_settings_that_differ_between_names_come_with_them(tmp_path: Path) -> None:
    """Those within a name first: they are what tells its runs apart."""
    finished(tmp_path, "a", config=changed(training={"batch_size": 8}))
    finished(tmp_path, "a", config=changed(training={"batch_size": 16}))
    finished(tmp_path, "b", config=changed(optimizer={"type": "sgd"}, training={"batch_size": 8}))

    assert header(listed(tmp_path))[1:4] == ["status", "batch_size", "optimizer"]


def test_markdown_has_every_run_and_column(grid: Path) -> None:
    """Whatever the terminal: it is a document."""
    for seed in range(1, 20):
        finished(grid, "digits_sgd", seed)
    runs = [read(run_dir) for run_dir in scan(grid)]

    found = listing(runs, "md", 40)

    assert (found.text.count("\n"), found.said) == (2 + 46, [])


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 11, 26, 0, 5), "today 00:05"),
        (datetime(2026, 11, 25, 23, 59), "Nov 25 23:59"),
        (datetime(2026, 1, 2, 3, 4), "Jan 2 03:04"),
        (datetime(2025, 12, 31, 23, 59), "2025-12-31"),
    ],
)
def test_times_are_short(moment: datetime, expected: str) -> None:
    """The clock today, the day this year, the date before."""
    assert short_time(moment, datetime(2026, 11, 26, 12)) == expected
