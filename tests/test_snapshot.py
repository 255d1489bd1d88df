"""A run reads what its digest was taken of, or not at all."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from dlexp.components import snapshot
from dlexp.components.datasets import Iris
from dlexp.components.datasets.reading import files
from dlexp.components.datasets.reading.text_file import TextReader
from dlexp.errors import Changed, DataError

Change = Callable[[Path], None]
#: What is said of it.
CHANGED = "changed since the command started"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Three bytes."""
    path = tmp_path / "data"
    path.write_bytes(b"abc")
    return path


@pytest.fixture
def large(file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is not held in memory."""
    monkeypatch.setattr(snapshot, "HELD_BYTES", 2)
    monkeypatch.setattr(snapshot, "large_digests", {})
    return file


def replaced(path: Path) -> None:
    """Another file of the same size and time."""
    times = path.stat()
    other = path.with_name("other")
    other.write_bytes(b"xyz")
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(path)


def overwritten(path: Path) -> None:
    """The same file with other bytes, its time set back."""
    times = path.stat()
    path.write_bytes(b"xyz")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def refused(path: Path, *steps: Callable[[], object], held_bytes: int | None = None) -> None:
    """Steps within a snapshot, or its end, find that a file has changed."""

    def take() -> None:
        with snapshot.taken(held_bytes):
            for step in steps:
                step()

    with pytest.raises(Changed, match=rf"^{path}: {CHANGED}$"):
        take()


CHANGES = [replaced, overwritten, Path.unlink]


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_is_what_it_was_at_first(file: Path, change: Change) -> None:
    """Within a snapshot; outside of one it is what it is now."""
    with snapshot.taken():
        digest = files.digest(file)
        change(file)
        assert snapshot.read_bytes(file) == b"abc"
        assert files.digest(file) == digest

    if file.exists():
        assert snapshot.read_bytes(file) == b"xyz"
        assert files.digest(file) != digest


@pytest.mark.parametrize("change", CHANGES)
def test_a_large_file_that_changes_after_its_digest_is_refused(large: Path, change: Change) -> None:
    """Before it is read; and where it changes while it is read, afterwards."""
    digest, read, change_it = partial(files.digest, large), partial(snapshot.read_bytes, large), partial(change, large)

    refused(large, digest, change_it)
    large.write_bytes(b"abc")
    refused(large, digest, read, change_it)
    if change is not Path.unlink:  # What is not there cannot be read.
        refused(large, digest, change_it, read)


def test_a_large_file_is_read_for_its_digest_once(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the command; its workers are told, and believe it as long as the file is the same."""
    with snapshot.taken(held_bytes=0):
        digest = files.digest(large)
    known = dict(snapshot.large_digests)
    monkeypatch.setattr(snapshot, "large_digests", {})  # As in a worker.
    monkeypatch.setattr(snapshot, "chunks", lambda path: pytest.fail("it was read again"))

    snapshot.large_digests.update(known)

    with snapshot.taken():
        assert files.digest(large) == digest
        assert snapshot.read_bytes(large) == b"abc"
    overwritten(large)
    with pytest.raises(BaseException, match=r"^it was read again$"):
        files.digest(large)


def test_a_small_file_is_read_whatever_the_command_knew(file: Path) -> None:
    """No stamp stands for its bytes."""
    with snapshot.taken(held_bytes=0):
        files.digest(file)

    assert snapshot.large_digests == {}


def test_what_a_command_digests_is_not_held(file: Path) -> None:
    """However many experiments share a file, it is read once, and looked at again at the end."""
    digest = partial(files.digest, file)

    with snapshot.taken(held_bytes=0):
        assert digest() == digest()
    refused(file, digest, partial(overwritten, file), digest, held_bytes=0)


def test_no_more_is_held_than_memory_allows(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of what is left."""
    monkeypatch.setattr("dlexp.components.memory.available", lambda: 8)

    refused(file, partial(files.digest, file), partial(overwritten, file), partial(snapshot.read_bytes, file))


def test_a_snapshot_within_another_is_a_part_of_it(file: Path) -> None:
    """What the outer one has read, the inner one has."""
    with snapshot.taken():
        snapshot.read_bytes(file)
        overwritten(file)
        with snapshot.taken():
            assert snapshot.read_bytes(file) == b"abc"
        assert snapshot.paths() == [file]
    assert snapshot.paths() == []


def test_files_that_a_library_reads_have_to_be_the_same(file: Path) -> None:
    """Before and after: scikit-learn opens its own."""
    digest, change = partial(files.digest, file), partial(overwritten, file)

    def read(while_reading: Callable[[], None] = lambda: None) -> None:
        with snapshot.read_elsewhere(file):
            while_reading()

    refused(file, digest, change, read)
    refused(file, digest, partial(read, change))
    with snapshot.taken():
        digest()
        read()


def test_bundled_data_are_read_within_a_snapshot() -> None:
    """Their files are those of the digest."""
    with snapshot.taken():
        Iris().digest(None)
        assert len(Iris().load(None).train) == 120


def test_texts_are_read_as_python_reads_them(file: Path) -> None:
    """Line ends of every kind, and letters beyond ASCII."""
    file.write_bytes("a\r\nb\rc\n\u2028ä\r".encode())

    assert TextReader().text(file) == file.read_text(encoding="utf-8") == "a\nb\nc\n\u2028ä\n"


def test_a_folder_has_what_it_had_at_first(tmp_path: Path) -> None:
    """In the order of the names; what comes later is not seen."""
    for name in ("b", "a", "c"):
        (tmp_path / name).mkdir()
    (tmp_path / "d").touch()
    there = [(tmp_path / name, name != "d") for name in "abcd"]

    with snapshot.taken():
        assert snapshot.entries(tmp_path) == there
        (tmp_path / "e").mkdir()
        assert snapshot.entries(tmp_path) == there
    assert len(snapshot.entries(tmp_path)) == 5


def test_files_read_again_later_have_to_be_the_same(file: Path) -> None:
    """Held no longer, they are known by their stamps: what a run shows of its data is what it trained on."""
    with snapshot.taken() as first:
        files.digest(file)

    with snapshot.taken(after=first):
        assert snapshot.read_bytes(file) == b"abc"
    overwritten(file)
    with pytest.raises(Changed, match=CHANGED), snapshot.taken(after=first):
        snapshot.read_bytes(file)


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    """It is named, within a snapshot and outside."""
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(DataError, match=r"pipe: a pipe"):
        files.digest(tmp_path / "pipe")
    with snapshot.taken(), pytest.raises(DataError, match=r"pipe: a pipe"):
        files.digest(tmp_path / "pipe")
