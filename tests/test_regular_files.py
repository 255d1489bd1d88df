"""Files that are opened only where they are regular."""

import os
import socket
from pathlib import Path

import pytest

from dlexp import regular_files
from dlexp.regular_files import NotRegular


def test_a_file_is_read_and_appended_to(tmp_path: Path) -> None:
    """As it is, or by a link; one that is missing is made by appending alone."""
    path = tmp_path / "a.txt"
    with regular_files.appended(path) as file:
        file.write("größer\r\n".encode())
    with regular_files.appended(path) as file:
        file.write(b"end")
    (tmp_path / "link").symlink_to("a.txt")

    assert regular_files.read_text(tmp_path / "link") == "größer\nend"
    assert regular_files.read_end(path, 2) == b"nd"
    assert regular_files.read_end(path, 100) == path.read_bytes()
    with pytest.raises(FileNotFoundError):
        regular_files.read_bytes(tmp_path / "b.txt")


@pytest.mark.parametrize("use", [regular_files.require, regular_files.read_bytes, regular_files.appended])
def test_what_is_no_file_is_refused_without_waiting(use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe without a writer, a socket, a device without an end, a directory, links to nothing and to themselves."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("nothing").symlink_to("nowhere")
    Path("loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket")

    for name, said in {
        "pipe": "^a pipe, not a file$",
        "socket": "^a socket, not a file$",
        "/dev/zero": "^a device, not a file$",
        "nothing": "^a symbolic link to nowhere, which does not exist$",
    }.items():
        with pytest.raises(NotRegular, match=said):
            use(Path(name))
    with pytest.raises(IsADirectoryError):
        use(tmp_path)
    with pytest.raises(OSError, match="symbolic links"):
        use(Path("loop"))


def test_a_file_that_turns_into_a_pipe_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the question and the opening."""
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(regular_files, "require", lambda path: None)

    with pytest.raises(NotRegular):
        regular_files.opened(tmp_path / "pipe")


def test_a_file_beyond_its_limit_is_not_read(tmp_path: Path) -> None:
    """A sparse one of a terabyte takes no memory."""
    path = tmp_path / "large"
    path.touch()
    os.truncate(path, 1 << 40)

    with pytest.raises(OSError, match="larger than 256 MB"):
        regular_files.read_bytes(path, 256_000_000)
