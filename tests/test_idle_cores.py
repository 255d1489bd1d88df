"""What is said of a single run that leaves cores idle."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from engines import Watcher
from jobs import job_of

from dlexp import cores
from dlexp.execution.idle_cores import idle_cores
from dlexp.execution.remarking import Remarking

LARGE = "dataset: iris\ntraining: {batch_size: 100"
SAID = "test: a single run uses 1 of 8 cores; --set training.threads=4 may train it faster, as another experiment"


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """8 cores."""
    monkeypatch.setattr(cores, "usable", lambda: 8)


def test_a_large_step_is_faster_with_more_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what a whole batch multiplies; with as many threads as there are cores, up to four."""
    job = job_of(tmp_path, LARGE + "}\n")

    assert idle_cores(job, 500_000) == SAID
    assert idle_cores(job, 400_000) == ""
    monkeypatch.setattr(cores, "usable", lambda: 2)
    assert "uses 1 of 2 cores; --set training.threads=2 may train" in idle_cores(job, 500_000)
    monkeypatch.setattr(cores, "usable", lambda: 1)
    assert idle_cores(job, 500_000) == ""


@pytest.mark.parametrize("key", ["threads: 2", "device: gpu"])
def test_nothing_is_said_where_more_threads_were_chosen_or_do_not_train(tmp_path: Path, key: str) -> None:
    """Nor of a smoke run, or one that `verify` repeats."""
    job = job_of(tmp_path, LARGE + "}\n")

    assert idle_cores(job_of(tmp_path, f"{LARGE}, {key}}}\n"), 500_000) == ""
    assert idle_cores(replace(job, stand_in=True), 500_000) == ""
    assert idle_cores(replace(job, repeats=True), 500_000) == ""


@pytest.mark.parametrize("is_single", [True, False])
def test_it_is_said_once_before_the_first_epoch(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, is_single: bool
) -> None:
    """As soon as the network is built; of several runs, which use the cores, nothing."""
    caplog.set_level(logging.INFO)
    job, watcher = job_of(tmp_path, LARGE + "}\n"), Remarking(Watcher(), is_single=is_single)
    watcher.started(job)
    job.run_dir.write_json(job.run_dir.environment_path, {"remarks": [], "multiplications": 500_000})
    for stage in ("compiling", "training"):
        watcher.entered(job, stage)
    watcher.ended(job)

    assert caplog.messages == ([SAID] if is_single else [])


def test_a_run_whose_network_could_not_be_built_is_told_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It records how the data were read, but not what a network would multiply; nor did earlier versions."""
    caplog.set_level(logging.INFO)
    job, watcher = job_of(tmp_path, LARGE + "}\n"), Remarking(Watcher(), is_single=True)
    watcher.started(job)
    job.run_dir.write_json(job.run_dir.environment_path, {"remarks": []})
    watcher.entered(job, "building")

    assert caplog.messages == []
