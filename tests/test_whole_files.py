"""Files that appear whole or not at all, several at once."""

import errno
import os
from pathlib import Path

import pytest

from dlexp.whole_files import current, replacing, together, write_text


def test_files_take_their_names_together(tmp_path: Path) -> None:
    """At the end, in their order; what was there before stays until then, and nothing is left beside them."""
    (tmp_path / "b").write_text("before")

    with together():
        write_text(tmp_path / "a", "1")
        write_text(tmp_path / "b", "2")
        assert not (tmp_path / "a").exists()
        assert (tmp_path / "b").read_text() == "before"

    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "1", "b": "2"}


def test_what_is_whole_stays_when_something_fails(tmp_path: Path) -> None:
    """As it would, written alone; the file that failed is not there."""

    def write() -> None:
        with together():
            write_text(tmp_path / "a", "1")
            with replacing(tmp_path / "b") as path:
                path.write_text("half")
                raise RuntimeError

    with pytest.raises(RuntimeError):
        write()

    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_no_name_is_taken_before_all_bytes_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the disk: those of files that have their names already too. The error names the file that people look for."""
    synced: list[str] = []

    def full(descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").readlink().name
        synced.append(name)
        if name.endswith("-b"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    rows = tmp_path / "rows"
    rows.touch()

    def write() -> None:
        with together(rows):
            write_text(tmp_path / "a", "1")
            write_text(tmp_path / "b", "2")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as raised:
        write()

    assert raised.value.filename == str(tmp_path / "b")
    assert [name[-1] for name in sorted(synced)] == ["a", "b", "s"]
    assert list(tmp_path.iterdir()) == [rows]


def test_the_last_file_stands_for_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever part of the whole was written first: its name comes when theirs are kept."""
    steps: list[list[str]] = []
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        steps.append(sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith(".")))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    with together():
        with together(last=tmp_path / "last"):
            write_text(tmp_path / "last", "2")
            assert current(tmp_path / "last").read_text() == "2"
        write_text(tmp_path / "a", "1")

    assert steps == [[], [], ["a"], ["a", "last"]]


def test_a_file_that_is_another_process_s_by_now_takes_no_name(tmp_path: Path) -> None:
    """Nor do those after it."""

    def lost() -> None:
        raise RuntimeError("taken over")

    def write() -> None:
        with together():
            write_text(tmp_path / "a", "1")
            write_text(tmp_path / "b", "2", lost)
            write_text(tmp_path / "c", "3")

    with pytest.raises(RuntimeError, match="taken over"):
        write()

    assert [path.name for path in tmp_path.iterdir()] == ["a"]
