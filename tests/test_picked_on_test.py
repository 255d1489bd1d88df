"""A score that was picked on test data is said to be so wherever it is shown."""

from pathlib import Path
from typing import Any

import pytest
from commands import Invoke
from make_runs import changed, finished
from recorded_studies import record, study

from dlexp.components.columns import Column
from dlexp.records.index import read
from dlexp.records.summary_csv import rebuild

RUNS = Path("runs")
ADAM = [0.90, 0.91, 0.905, 0.90, 0.90]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("ending", "picked"),
    [
        ({}, ["best_val_accuracy"]),
        ({"restored_epoch": 1}, ["best_val_accuracy", "test_accuracy", "val_accuracy"]),
        ({"stopped_epoch": 2}, ["best_val_accuracy", "test_accuracy", "val_accuracy"]),
    ],
)
def test_an_epoch_that_early_stopping_picked_is_picked_too(ending: dict[str, Any], picked: list[str]) -> None:
    """On the splits that are scored: what the training examples gave in it was not looked at."""
    result = read(finished(RUNS, picked_on_test=True, **ending)).result

    names = ("accuracy", "best_val_accuracy", "loss", "test_accuracy", "val_accuracy")
    assert [name for name in names if result.is_picked_on_test(Column.parse(name))] == picked
    assert not read(finished(RUNS, "other", **ending)).result.is_picked_on_test(Column.parse("best_val_accuracy"))


def test_ls_says_it_of_what_it_shows(invoke: Invoke) -> None:
    """Of chosen columns too, and of none that are not shown; summary.csv has a column."""
    finished(RUNS, picked_on_test=True)
    finished(RUNS, "other")
    said = "best_val_accuracy of 1 run: picked on the test data, since validation is the test split there\n"

    assert said in invoke("ls", "--columns", "best_val_accuracy")[2]
    assert "picked" not in invoke("ls", "--columns", "val_accuracy")[2]
    header, first, second = (line.split(",") for line in rebuild(RUNS).read_text().splitlines())
    place = header.index("picked_on_test")
    assert (first[place], second[place]) == ("true", "false")


@pytest.mark.parametrize(
    "command", [("ls", "--sort", "test_accuracy", "--best", "1"), ("compare", "--sort", "test_accuracy")]
)
def test_a_winner_by_its_test_score_is_said_to_be_optimistic(invoke: Invoke, command: tuple[str, ...]) -> None:
    """Of few experiments as of many; one by a validation score is not."""
    for name, rate in (("low", 0.1), ("high", 0.2)):
        for seed in range(3):
            finished(RUNS, name, seed, 0.7 + rate + seed / 100, changed(optimizer={"learning_rate": rate}))

    said = " ".join("".join(invoke(*command)[1:]).split())
    validated = " ".join("".join(invoke(*(word.replace("test_", "val_") for word in command))[1:]).split())

    assert "picked by" in said
    assert "optimistic" in said
    assert "optimistic" not in validated


def test_a_study_says_it_of_what_its_claims_are_about(invoke: Invoke) -> None:
    """Once for all variants that have such a score."""
    claim = "says: It learns., metric: best_val_accuracy, variant: adam, at_least: 0.5"
    record(study(Path("s.yaml"), claim), RUNS, {"sgd": ADAM, "adam": ADAM}, picked_on_test=True)

    _, out, _ = invoke("study", "s.yaml")

    said = " ".join(out.split())
    assert "best_val_accuracy of sgd, adam: picked on the test data, since validation is the test split there." in said
