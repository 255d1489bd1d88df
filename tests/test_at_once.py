"""How many runs are trained at the same time."""

from pathlib import Path

import pytest

from dlexp import cores
from dlexp.components import memory
from dlexp.config.load import load
from dlexp.execution.at_once import PROCESS_BYTES, AtOnce, at_once
from dlexp.execution.plan import Planned, Request
from dlexp.execution.planning import plan


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """8 cores and 64 GB."""
    monkeypatch.setattr(cores, "usable", lambda: 8)
    monkeypatch.setattr(memory, "available", lambda: 64 * 10**9)


def to_train(tmp_path: Path, *texts: str, seeds: int = 1) -> list[Planned]:
    """The runs of configs."""
    wanted = []
    for i, text in enumerate(texts):
        (tmp_path / f"c{i}.yaml").write_text(text)
        wanted.append((load(tmp_path / f"c{i}.yaml").experiment, range(seeds)))
    return plan(Request(wanted=wanted, runs_dir=tmp_path / "runs")).to_train


def test_what_is_given_stands(tmp_path: Path) -> None:
    """More than there are cores or runs, too."""
    assert at_once(20, to_train(tmp_path, "dataset: iris\n")) == AtOnce(20)


@pytest.mark.parametrize(("seeds", "n"), [(1, 1), (5, 5), (20, 8)])
def test_a_core_is_for_a_run(tmp_path: Path, seeds: int, n: int) -> None:
    """No process is started for which there is no run."""
    assert at_once("auto", to_train(tmp_path, "dataset: iris\n", seeds=seeds)) == AtOnce(n, is_chosen=True)


@pytest.mark.parametrize(("threads", "n"), [(2, 4), (3, 2), (16, 1)])
def test_a_core_is_for_a_thread(tmp_path: Path, threads: int, n: int) -> None:
    """The most that any run of the command has; one run is trained in any case."""
    runs = to_train(tmp_path, "dataset: iris\n", f"dataset: iris\ntraining: {{threads: {threads}}}\n", seeds=10)

    assert at_once("auto", runs).n == n


def test_nothing_to_train(tmp_path: Path) -> None:
    """All is done before."""
    assert at_once("auto", []).n == 1


def test_memory_is_for_a_process_and_its_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the largest: its weights with all that Adam keeps, or its data three times."""
    small = to_train(tmp_path, "dataset: iris\n", seeds=10)
    wide = to_train(tmp_path, "dataset: iris\n", "dataset: iris\nmodel: {hidden: [8000, 8000]}\n", seeds=10)
    many = to_train(tmp_path, "dataset: {type: counts, n_train: 10000000}\n", seeds=10)
    monkeypatch.setattr(memory, "available", lambda: int(4.5 * PROCESS_BYTES))

    assert at_once("auto", small).n == 4
    assert at_once("auto", wide).n == 1
    # 36 bytes for each of 64 million weights are 2.3 GB; three times 10 million examples of 5 numbers, 0.6 GB.
    monkeypatch.setattr(memory, "available", lambda: int(2 * (PROCESS_BYTES + 2.32e9)))
    assert at_once("auto", wide).n == 2
    monkeypatch.setattr(memory, "available", lambda: int(3 * (PROCESS_BYTES + 0.61e9)))
    assert at_once("auto", many).n == 3
    assert at_once("auto", many, smoke=True).n == 8


def test_a_system_that_does_not_say_what_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cores alone decide."""
    monkeypatch.setattr(memory, "available", lambda: None)

    assert at_once("auto", to_train(tmp_path, "dataset: iris\n", seeds=10)).n == 8
