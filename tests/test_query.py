"""Which runs conditions, statuses, times and tags select."""

import logging
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from commands import ROOT
from hypothesis import example, given, settings
from hypothesis import strategies as st
from make_runs import changed, failed, finished

from dlexp.config.flat import format_value
from dlexp.config.labels import short_keys, telling
from dlexp.errors import UserError
from dlexp.records.conditions import condition
from dlexp.records.index import Run, read, scan
from dlexp.records.keys import settings as settings_of
from dlexp.records.moments import moment
from dlexp.records.numbering import Numbering
from dlexp.records.query import filters


@pytest.fixture
def runs(tmp_path: Path) -> list[Run]:
    """Two points of a grid with a seed each, and one that diverged."""
    finished(tmp_path, "slow", 0, 0.7, changed(optimizer={"learning_rate": 0.001}, model={"hidden": [8]}))
    finished(tmp_path, "fast", 1, 0.9, changed(optimizer={"learning_rate": 0.1, "type": "sgd"}))
    failed(tmp_path, "wild", 2, changed(optimizer={"learning_rate": 5.0}))
    return list(map(read, scan(tmp_path)))


def names(runs: list[Run], *where: str, **more: Any) -> list[str]:
    """The names of those that pass."""
    return [run.name for run in filters(where, **more).apply(runs)]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("optimizer.learning_rate < 0.1", ["slow"]),
        ("learning_rate<=1e-1", ["fast", "slow"]),
        ("learning_rate != 0.1", ["slow", "wild"]),
        ("optimizer = sgd", ["fast"]),
        ("optimizer.type == 'sgd'", ["fast"]),
        ("hidden == [8]", ["slow"]),
        ("model.hidden == [64,64]", ["fast", "wild"]),
        ("hidden ~ 64", ["fast", "wild"]),
        ("hidden !~ 64", ["slow"]),
        ("val_accuracy > 0.8", ["fast"]),
        ("best_val_accuracy >= 0.91", ["fast"]),
        ("name ~ LO", ["slow"]),
        ("seed == 1.0", ["fast"]),
        ("status == diverged", ["wild"]),
        ("ended >= 2024-05-01", ["fast", "slow"]),
        ("training.epochs == 2", ["fast", "slow", "wild"]),
        ("epochs == 2", ["fast", "slow"]),
    ],
)
def test_conditions_are_on_settings_columns_and_facts(where: str, expected: list[str], runs: list[Run]) -> None:
    """Numbers are compared with numbers, words with words, lists item by item; a run without the key never passes."""
    assert names(runs, where) == expected


def test_all_conditions_hold(runs: list[Run]) -> None:
    """Several conditions, and the status: a run passes all of them."""
    assert names(runs, "learning_rate > 0.01", "optimizer == adam", status=["diverged", "finished"]) == ["wild"]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("lr < 1", "lr < 1: none of 3 runs has 'lr'. Did you mean 'learning_rate'?"),
        ("lerning_rate < 1", "lerning_rate < 1: none of 3 runs has 'lerning_rate'. Did you mean 'learning_rate'?"),
        (
            "learning_rate 1",
            "learning_rate 1: expected KEY OP VALUE, such as 'learning_rate < 0.1', in quotes: a shell",
        ),
        ("learning_rate => 1", "learning_rate => 1: there is no =>. Did you mean >=?"),
        ("learning_rate <", "learning_rate <: expected a value after the <"),
        ("< 1", "< 1: expected a key before the <"),
        ("learning_rate < 0,1", "learning_rate < 0,1: < compares numbers, given 0,1. Did you mean 0.1?"),
        ("learning_rate < 1 and seed > 2", "learning_rate < 1 and seed > 2: expected one condition"),
        (
            "hidden == 64",
            "hidden == 64: hidden cannot be compared like this: it is [64, 64], [8]; write hidden == [64], "
            "or hidden ~ 64 for one that contains it",
        ),
        (
            "0.01 < learning_rate < 0.1",
            "0.01 < learning_rate < 0.1: expected the key first",
        ),
        ("loss == mse", "loss == mse: loss cannot be compared like this: it is 0.3"),
        ("optimizer == {type: adam}", "optimizer == {type: adam}: expected a single value or a list"),
        ("hidden == [8", "hidden == [8: not valid YAML"),
        ("ended > soon", "ended > soon: expected a time, as 30m"),
        ("ended ~ 2024", "ended ~ 2024: ended is a time, and compares by <"),
    ],
)
def test_a_wrong_condition_is_refused(where: str, message: str, runs: list[Run]) -> None:
    """With the condition, what is wrong with it, and what to write: a typo would silently select nothing."""
    with pytest.raises(UserError) as refused:
        names(runs, where)

    assert refused.value.lines[0].startswith(message)


def test_an_ambiguous_key_is_refused(tmp_path: Path) -> None:
    """A short key that ends two settings is none."""
    config = changed(model={"alpha": 1.0}, optimizer={"alpha": 2.0})
    finished(tmp_path, "it", config=config)

    with pytest.raises(
        UserError, match=r"^alpha > 1: alpha may be model.alpha or optimizer.alpha; write one of these$"
    ):
        names(list(map(read, scan(tmp_path))), "alpha > 1")


def test_null_is_a_value_and_a_type_stands_for_its_component(tmp_path: Path) -> None:
    """`kernel_regularizer` is null in one run, and of type l2 in the other."""
    finished(tmp_path, "plain", config=changed(model={"kernel_regularizer": None}))
    finished(tmp_path, "l2", config=changed(model={"kernel_regularizer": {"type": "l2", "l2": 0.01}}))
    runs = list(map(read, scan(tmp_path)))

    assert names(runs, "kernel_regularizer == null") == ["plain"]
    assert names(runs, "kernel_regularizer == l2") == ["l2"]
    assert names(runs, "kernel_regularizer != null") == ["l2"]


def test_runs_are_selected_by_when_they_ended(tmp_path: Path) -> None:
    """Those that did not end, by when they were last written to."""
    now = datetime.now().astimezone()
    for days in (1, 10):
        finished(tmp_path, f"days{days}", ended=(now - timedelta(days=days, minutes=1)).isoformat())
    old = failed(tmp_path, "old", 0)
    failed(tmp_path, "new", 1)
    for path in (old.path, *old.path.iterdir()):
        os.utime(path, (0, 0))
    runs = list(map(read, scan(tmp_path)))

    assert names(runs, since="7d") == ["days1", "new"]
    assert names(runs, since="1d") == ["new"]
    assert names(runs, since="2w", status=["finished"]) == ["days1", "days10"]


def test_times_are_by_the_clock_on_the_wall() -> None:
    """A date is its begin; a number with a unit is so long ago."""
    now = datetime.now().astimezone()

    assert moment("2026-11-01 12:00") == datetime(2026, 11, 1, 12).astimezone()
    assert moment("2026-11-01") == datetime(2026, 11, 1).astimezone()
    assert moment("yesterday").date() == (now - timedelta(days=1)).date()
    assert timedelta(minutes=30) <= now - moment("30m") + timedelta(seconds=5) < timedelta(minutes=31)


@pytest.mark.parametrize("text", ["", "7", "7 months", "soon", "2026-13-01", "99999999999d", "9" * 400 + "w"])
def test_what_is_no_time_is_refused(text: str) -> None:
    """With the forms that are."""
    with pytest.raises(UserError, match=r"expected a time, as 30m|too long ago"):
        filters(since=text)


def test_an_unknown_status_is_refused() -> None:
    """With the nearest one and all of them."""
    with pytest.raises(UserError, match=r"^status: there is no 'fnished'. Did you mean 'finished'\? Choose from: fini"):
        filters(status=["fnished"])


def test_runs_are_selected_by_all_of_their_tags(runs: list[Run]) -> None:
    """A run has tags, a word a line, and a note."""
    runs[0].dir.tags_path.write_text("best\nslide\n")
    runs[1].dir.tags_path.write_text("best\n")
    runs[1].dir.note_path.write_text("for the talk\n")

    assert names(runs, tags=["best"]) == ["fast", "slow"]
    assert names(runs, tags=["best", "slide"]) == ["fast"]
    assert names(runs, "tags == slide") == names(runs, "tags = slide") == names(runs, "tags ~ slide") == ["fast"]
    assert names(runs, "tags !~ slide") == names(runs, "tags != slide") == ["slow", "wild"]
    assert names(runs, "tags == [best]") == ["slow"]
    assert names(runs, "tags == []", "note == ''") == ["wild"]
    assert names(runs, "note ~ Talk") == ["slow"]


def test_it_is_said_which_filter_left_nothing(runs: list[Run], caplog: pytest.LogCaptureFixture) -> None:
    """With how many runs each of them left."""
    with caplog.at_level(logging.WARNING):
        assert names(runs, "val_accuracy > 0.8", "seed == 0", status=["finished"]) == []

    assert caplog.messages == [
        "none of 3 runs passes the filters: status finished leaves 2, val_accuracy > 0.8 leaves 1, seed == 0 leaves 0"
    ]


@given(st.text(st.sampled_from("ab.<>=!~ '\"[]{},:#&*|-0189e\n\t\0é"), max_size=20) | st.text(max_size=20))
@example("a == \ud800")
@example("ended < 9999999999999w")
@settings(deadline=None)
def test_no_condition_is_too_odd(text: str) -> None:
    """It is read, or refused as the user's mistake; then what it holds for is a question that has an answer."""
    try:
        read_condition = condition(text)
    except UserError:
        return
    own: Any
    for own in (0, 1.5, float("nan"), "text", "", None, True, [], [1, "a"], {}, datetime.now().astimezone()):
        assert read_condition.holds(own) in (True, False)


def test_the_nearest_tag_is_named(runs: list[Run], caplog: pytest.LogCaptureFixture) -> None:
    """Where no run has one that is asked for."""
    runs[0].dir.tags_path.write_text("best\n")

    assert names(runs, tags=["bset"]) == []
    assert caplog.messages == ["none of 3 runs passes the filters: tag bset leaves 0. Did you mean 'best'?"]


def test_picking_seeds_by_their_results_is_said(tmp_path: Path) -> None:
    """Where it leaves some seeds of an experiment: they say how good the picked ones are. Whole experiments may go."""
    for seed, accuracy in enumerate((0.7, 0.8, 0.9)):
        finished(tmp_path, "mixed", seed, accuracy)
        finished(tmp_path, "bad", seed, 0.5, changed(optimizer={"learning_rate": 1.0}))
    failed(tmp_path, "bad", 3, changed(optimizer={"learning_rate": 1.0}))
    runs = list(map(read, scan(tmp_path)))

    assert filters(["val_accuracy > 0.75", "seed < 9"]).picking(runs) == (
        "val_accuracy > 0.75: picks seeds of 1 experiment by their results: "
        "what is left does not tell how good the experiments are"
    )
    assert filters(status=["finished"]).picking(runs).startswith("status finished: picks seeds of 1 experiment")
    assert filters(["val_accuracy > 0.6"]).picking(runs) == ""
    assert filters(["seed < 1"], since="9999w").picking(runs) == ""


def test_settings_of_a_run_under_way_are_known(tmp_path: Path) -> None:
    """From its config.yaml: it has recorded nothing else yet."""
    run_dir = Numbering(tmp_path).create("digits", 0, "a" * 64)
    run_dir.write_config("name: digits\ndataset: digits\noptimizer: {type: sgd, learning_rate: 0.5}\n")
    Numbering(tmp_path).create("digits", 1, "a" * 64)
    runs = list(map(read, scan(tmp_path)))

    assert [run.seed for run in filters(["learning_rate == 0.5"]).apply(runs)] == [0]


def test_what_a_label_says_selects_its_runs(tmp_path: Path) -> None:
    """Each `KEY=VALUE` of a label is a condition that holds for its experiment."""
    optimizers = ({"learning_rate": 0.1}, {"learning_rate": 1e-7}, {"type": "sgd"}, {"clipnorm": 1.0})
    models: list[dict[str, Any]] = [{"hidden": [8]}, {"hidden": []}, {"activation": {"type": "relu"}}, {"alpha": True}]
    for optimizer in optimizers:
        for model in models:
            finished(tmp_path, "grid", config=changed(optimizer=optimizer, model=model))
    runs = list(map(read, scan(tmp_path)))
    experiments = [settings_of(run) for run in runs]
    keys = telling(experiments)
    short = short_keys(keys, {key for each in experiments for key in each})

    assert len(keys) == 6
    for run, own in zip(runs, experiments, strict=True):
        where = [f"{short[key]}={format_value(own[key])}" for key in keys if key in own]
        assert run in filters(where).apply(runs)
        assert all(
            [settings_of(each)[key] for key in keys if key in own] == [own[key] for key in keys if key in own]
            for each in filters(where).apply(runs)
        )


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """Runs of every kind."""
    folder = tmp_path_factory.mktemp("several")
    finished(folder, "plain", config=changed(model={"kernel_regularizer": None}))
    finished(folder, "l2", config=changed(model={"kernel_regularizer": {"type": "l2"}, "hidden": []}))
    failed(folder)
    finished(folder, "damaged").summary_path.write_text("{")
    Numbering(folder).create("begun", 1, "a" * 64)
    return list(map(read, scan(folder)))


KEYS = ["learning_rate", "optimizer", "kernel_regularizer", "hidden", "loss", "val_accuracy", "tags", "note", "ended"]
SIGNS = ["<", "<=", ">", ">=", "=", "!=", "~", "!~"]
VALUES = ["1", "-1e400", "null", "true", "[64, 64]", "[]", "l2", "''", "2024-05-01", "today", "{}", "[[1], {}]", "~"]


@given(where=st.lists(st.tuples(*map(st.sampled_from, (KEYS, SIGNS, VALUES))), max_size=3))
@settings(deadline=None)
def test_every_condition_selects_or_is_refused(where: list[tuple[str, str, str]], several: list[Run]) -> None:
    """What passes all of several conditions passes each alone; of a condition and its contrary no run passes both."""
    try:
        passing = filters(list(map("".join, where))).apply(several)
        alone = [filters(["".join(each)]).apply(several) for each in where]
    except UserError:
        return
    assert passing == [run for run in several if all(run in each for each in alone)]
    for (key, sign, value), own in zip(where, alone, strict=True):
        if sign in ("=", "~"):
            contrary = filters([f"{key}!{sign}{value}"]).apply(several)
            assert not [run for run in own if run in contrary]


def test_filters_load_no_components() -> None:
    """What lists runs starts in half the time without all that a config can hold."""
    code = (
        "import sys, dlexp.records.query as q; q.filters(['a < 1']); sys.exit('dlexp.config.experiment' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
