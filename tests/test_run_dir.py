"""The run directory: names, records, and what becomes of them when they are cut short."""

import json
import math
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_runs import failed, finished

from dlexp.config.load import load
from dlexp.errors import UserError
from dlexp.execution.plan import Request
from dlexp.execution.planning import plan
from dlexp.records.history import HistoryWriter
from dlexp.records.index import read
from dlexp.records.numbering import Numbering
from dlexp.records.record_files import DamagedRecord
from dlexp.records.run_dir import RunDir

IDENTITY = "0123456789abcdef" * 4


def test_create_counts_attempts(tmp_path: Path) -> None:
    """The same experiment and seed never get a directory twice; the number follows the last attempt."""
    dirs = [Numbering(tmp_path).create("digits", 3, IDENTITY) for _ in range(3)]

    assert [d.path.relative_to(tmp_path).as_posix() for d in dirs] == [
        "digits/s3-0123456789",
        "digits/s3-0123456789-2",
        "digits/s3-0123456789-3",
    ]
    assert [(d.name, d.seed, d.folder.prefix, d.folder.attempt) for d in dirs] == [
        ("digits", 3, "0123456789", attempt) for attempt in (1, 2, 3)
    ]


def test_create_does_not_fill_gaps(tmp_path: Path) -> None:
    """The highest number stays the latest attempt when an earlier one is deleted."""
    first, _ = (Numbering(tmp_path).create("digits", 0, IDENTITY) for _ in range(2))
    first.path.rmdir()

    assert Numbering(tmp_path).create("digits", 0, IDENTITY).folder.attempt == 3


def test_create_takes_odd_paths(tmp_path: Path) -> None:
    """Blanks and letters beyond ASCII are paths like others."""
    run_dir = Numbering(tmp_path / "meine Läufe").create("größer (2)", 0, IDENTITY)
    run_dir.write_summary({"seed": 0, "identity": IDENTITY, "config": {}, "metrics": {}, "name": "größer (2)"})

    assert run_dir.status == "finished"
    assert "größer" in run_dir.summary_path.read_text(encoding="utf-8")


def test_create_says_what_is_in_the_way(tmp_path: Path) -> None:
    """A file where the runs should go is the user's mistake, in one line."""
    (tmp_path / "runs").write_text("")

    with pytest.raises(UserError, match=r"runs/digits: cannot make a run directory here: Not a directory$"):
        Numbering(tmp_path / "runs").create("digits", 0, IDENTITY)


def test_create_says_where_it_may_not_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unwritable runs directory is the user's mistake, in one line."""

    def refuse(*args: Path, **kwargs: bool) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)

    with pytest.raises(UserError, match=r"digits: cannot make a run directory here: Permission denied$"):
        Numbering(tmp_path).create("digits", 0, IDENTITY)


def test_status_follows_the_files(tmp_path: Path) -> None:
    """The files alone say how a run stands; it is finished once the summary is there."""
    run_dir = Numbering(tmp_path).create("digits", 0, IDENTITY)
    record = {"seed": 0, "identity": IDENTITY, "config": {}}
    seen = [run_dir.status]
    run_dir.write_config("training: {}\n")
    seen.append(run_dir.status)
    run_dir.write_failure(record)
    seen.append(run_dir.status)
    run_dir.write_summary(record | {"metrics": {}})
    seen.append(run_dir.status)

    assert seen == ["interrupted", "interrupted", "failed", "finished"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"seed": 0, "identi', "Unterminated string"),
        ("", "Expecting value"),
        ("\0\xff", "Expecting value|decode"),
        ("[1, 2]", "no mapping"),
        ("[" * 100_000, "recursion"),
        ("{}", "no seed"),
        ('{"seed": "0", "identity": "0123456789", "config": {}, "metrics": {}}', "seed is '0'"),
        ('{"seed": 0, "identity": "0123456789", "config": {}}', "no metrics"),
        ('{"seed": 0, "identity": "0123456789", "config": {}, "metrics": []}', "metrics is"),
        ('{"seed": 0, "identity": "0123456789", "config": {}, "metrics": {"loss": "low"}}', "metrics.loss is 'low'"),
        ('{"seed": 1, "identity": "0123456789", "config": {}, "metrics": {}}', "the record of another run"),
        ('{"seed": 0, "identity": "f123456789", "config": {}, "metrics": {}}', "the record of another run"),
    ],
)
def test_a_broken_summary_is_damage(tmp_path: Path, content: str, said: str) -> None:
    """A summary that was truncated, edited or moved here is one line with its path, and never a result."""
    run_dir = Numbering(tmp_path).create("digits", 0, IDENTITY)
    run_dir.summary_path.write_text(content, encoding="latin-1")

    assert run_dir.status == "damaged"
    with pytest.raises(DamagedRecord, match=rf"summary\.json: damaged: .*({said})") as caught:
        run_dir.summary()
    assert len(caught.value.lines) == 1


def test_every_truncation_of_a_summary_is_damage(tmp_path: Path) -> None:
    """However much of the file is missing, the run does not pass as finished."""
    run_dir = finished(tmp_path)
    whole = run_dir.summary_path.read_bytes().rstrip()

    for length in range(0, len(whole), 7):
        run_dir.summary_path.write_bytes(whole[:length])
        assert run_dir.status == "damaged"


def test_a_deleted_config_is_damage(tmp_path: Path) -> None:
    """A history without its config cannot be told apart from another experiment's."""
    run_dir = Numbering(tmp_path).create("digits", 0, IDENTITY)
    with HistoryWriter(run_dir.history_path, ["epoch", "loss"]):
        pass

    assert run_dir.status == "damaged"


def test_records_read_back(tmp_path: Path) -> None:
    """What was written is what is read; a number that JSON lacks is null."""
    run_dir = Numbering(tmp_path).create("digits", 0, IDENTITY)
    run_dir.write_json(
        run_dir.environment_path, {"processor": "für alle", "flags": [1.5, math.inf], "threads": math.nan}
    )

    assert run_dir.environment() == {"processor": "für alle", "flags": [1.5, None], "threads": None}
    assert run_dir.summary() is None
    assert run_dir.failure() is None
    assert read(failed(tmp_path, "other")).epochs == 3


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records appear whole or not at all: a full disk leaves the one before, and nothing beside it."""
    run_dir = Numbering(tmp_path).create("digits", 0, IDENTITY)
    run_dir.write_json(run_dir.environment_path, {"seconds": 1})

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        run_dir.write_json(run_dir.environment_path, {"seconds": 2})

    assert run_dir.environment() == {"seconds": 1}
    assert [path.name for path in run_dir.path.iterdir()] == ["environment.json"]


def test_history_is_written_as_it_comes(tmp_path: Path) -> None:
    """Each epoch can be read at once, as one line of plain numbers in the order of the columns."""
    run_dir = Numbering(tmp_path).create("digits", 0, IDENTITY)
    with HistoryWriter(run_dir.history_path, ["epoch", "loss"]) as writer:
        writer.write({"loss": 0.1 + 0.2, "epoch": 1})
        text = run_dir.history_path.read_bytes()

    assert text == b"epoch,loss\n1,0.30000000000000004\n"


def test_history_takes_exactly_its_columns(tmp_path: Path) -> None:
    """A row with a column too many or too few is a bug, not a shifted file."""
    run_dir = Numbering(tmp_path).create("digits", 0, IDENTITY)

    with (
        HistoryWriter(run_dir.history_path, ["epoch", "loss"]) as writer,
        pytest.raises(ValueError, match=re.escape("a row of ['epoch'] into columns ['epoch', 'loss']")),
    ):
        writer.write({"epoch": 1})


@given(losses=st.lists(st.floats(), max_size=5))
def test_history_reads_back_to_the_bit(tmp_path_factory: pytest.TempPathFactory, losses: list[float]) -> None:
    """Every float comes back as it was: NaN, infinities, subnormals and the sign of zero."""
    run_dir = Numbering(tmp_path_factory.mktemp("runs")).create("digits", 0, IDENTITY)
    with HistoryWriter(run_dir.history_path, ["epoch", "loss"]) as writer:
        for epoch, loss in enumerate(losses, start=1):
            writer.write({"epoch": epoch, "loss": loss})

    rows = run_dir.history()

    assert [repr(row["loss"]) for row in rows] == [repr(loss) for loss in losses]
    assert [row["epoch"] for row in rows] == list(range(1, len(losses) + 1))
    assert all(isinstance(row["epoch"], int) for row in rows)


@given(length=st.integers(min_value=0, max_value=36))
def test_history_cut_anywhere_keeps_its_whole_rows(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    """A kill in the middle of a write costs the row that was being written and nothing else."""
    run_dir = Numbering(tmp_path_factory.mktemp("runs")).create("digits", 0, IDENTITY)
    text = "epoch,loss\n1,0.25\n2,0.125\n3,0.0625\n"
    run_dir.history_path.write_text(text[:length])

    rows = run_dir.history()

    whole = [{"epoch": 1, "loss": 0.25}, {"epoch": 2, "loss": 0.125}, {"epoch": 3, "loss": 0.0625}]
    assert rows == whole[: max(text[:length].count("\n") - 1, 0)]


@pytest.mark.parametrize("line", ["2,high", "2", "2,1,1", "", "x,1"])
def test_history_names_a_damaged_line(tmp_path: Path, line: str) -> None:
    """A bad line that is not a torn last one is said with its number, not skipped."""
    run_dir = Numbering(tmp_path).create("digits", 0, IDENTITY)
    run_dir.history_path.write_text(f"epoch,loss\n1,0.5\n{line}\n3,0.25\n")

    with pytest.raises(DamagedRecord, match=r"history\.csv:3: damaged"):
        run_dir.history()


def test_history_of_a_run_just_begun_is_empty(tmp_path: Path) -> None:
    """No file, no epochs."""
    assert Numbering(tmp_path).create("digits", 0, IDENTITY).history() == []


def test_json_is_readable_by_people(tmp_path: Path) -> None:
    """Two blanks a level, and a line end after the last line."""
    run_dir = finished(tmp_path)
    text = run_dir.summary_path.read_text(encoding="utf-8")

    assert text == json.dumps(json.loads(text), indent=2) + "\n"


def test_commands_that_begin_a_run_at_the_same_moment_share_its_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock in it decides who trains: one of them alone."""
    (tmp_path / "iris.yaml").write_text("dataset: iris\n")
    request = Request(wanted=[(load(tmp_path / "iris.yaml").experiment, [0])], runs_dir=tmp_path / "runs")
    one, two = plan(request).jobs(), plan(request).jobs()
    latest = Numbering.latest

    def meanwhile(numbering: Numbering, *place: Any) -> RunDir | None:
        monkeypatch.setattr(Numbering, "latest", latest)
        found = latest(numbering, *place)
        others.append(next(two).path)
        return found

    others: list[Path] = []
    monkeypatch.setattr(Numbering, "latest", meanwhile)

    assert [next(one).path] == others
    assert list(tmp_path.glob("runs/iris/*")) == others
