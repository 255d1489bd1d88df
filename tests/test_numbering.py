"""Directories of new attempts: listed once, and numbered safely beside other processes."""

import os
from pathlib import Path
from typing import Any

import pytest

from dlexp.config.load import load
from dlexp.execution.plan import Request
from dlexp.execution.planning import plan
from dlexp.records.numbering import Numbering

IDENTITY = "0123456789abcdef" * 4


def test_a_command_lists_the_folder_of_a_name_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many jobs it draws: drawing them all is linear."""
    (tmp_path / "iris.yaml").write_text("dataset: iris\n")
    planned = plan(Request(wanted=[(load(tmp_path / "iris.yaml").experiment, range(30))], runs_dir=tmp_path / "runs"))
    listed: list[Path] = []
    scandir = os.scandir

    def counted(folder: Path) -> Any:
        listed.append(folder)
        return scandir(folder)

    (tmp_path / "runs" / "iris").mkdir(parents=True)
    monkeypatch.setattr(os, "scandir", counted)

    assert len(list(planned.jobs())) == 30
    assert listed == [tmp_path / "runs" / "iris"]


def test_attempts_of_other_processes_are_found_after_the_listing(tmp_path: Path) -> None:
    """Nobody gets a directory that another process has made meanwhile."""
    own, other = Numbering(tmp_path), Numbering(tmp_path)
    own.create("digits", 0, IDENTITY)
    theirs = [other.create("digits", 0, IDENTITY) for _ in range(2)]

    assert [run_dir.folder.attempt for run_dir in theirs] == [2, 3]
    assert own.latest("digits", 0, IDENTITY) == theirs[-1]
    assert own.create("digits", 0, IDENTITY).folder.attempt == 4
    assert other.latest("digits", 0, IDENTITY) == own.latest("digits", 0, IDENTITY)


def test_mkdir_decides_who_has_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process that takes the number in the last moment keeps it."""
    numbering, mkdir = Numbering(tmp_path), Path.mkdir

    def late(path: Path, *arguments: Any, **options: Any) -> None:
        if path.name == "s0-0123456789":
            mkdir(path)
        mkdir(path, *arguments, **options)

    monkeypatch.setattr(Path, "mkdir", late)

    assert numbering.create("digits", 0, IDENTITY).folder.attempt == 2


def test_latest_is_the_highest_number_of_its_own_experiment_and_seed(tmp_path: Path) -> None:
    """10 is after 9; other experiments and seeds count apart; files and other names are nothing."""
    for name in ("s0-0123456789-9", "s0-0123456789-10", "s1-0123456789-11", "s0-9876543210-12", "s0-0123456789-x"):
        (tmp_path / "digits" / name).mkdir(parents=True)
    found = Numbering(tmp_path).latest("digits", 0, IDENTITY)

    assert found is not None
    assert found.folder.attempt == 10
    assert Numbering(tmp_path).latest("other", 0, IDENTITY) is None
