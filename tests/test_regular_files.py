"""Files that are opened only where they are regular."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Invoke

from dlexp import regular_files
from dlexp.components.datasets.reading.text_file import TextReader
from dlexp.components.datasets.user import new_examples, new_texts
from dlexp.errors import DataError
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
def test_what_is_no_file_is_refused_without_waiting(
    use: Callable[..., object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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


#: A file, and a config of the data set that reads it.
DATA = {
    "d.csv": "{type: csv, path: d.csv, target: y, task: binary}",
    "d.csv.gz": "{type: csv, path: d.csv.gz, target: y, task: binary}",
    "d.parquet": "{type: parquet, path: d.parquet, target: y, task: binary}",
    "d.npz": "{type: npz, path: d.npz, task: binary}",
    "texts/train/a/1.txt": "{type: text_folder, path: texts, task: binary}",
    "imdb.npz": "imdb",
    "reuters.npz": "reuters",
    "mnist.npz": "mnist",
    "california_housing.npz": "california_housing",
    "fashion-mnist/train-images-idx3-ubyte.gz": "fashion_mnist",
    "cifar-10-batches-py/data_batch_1": "cifar10",
}


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: Path(path).symlink_to("/dev/zero")], ids=["pipe", "device"])
@pytest.mark.parametrize("file", DATA)
def test_data_that_are_no_file_are_refused_in_one_line(
    make: Callable[[str], None], file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    """Those of each data set: nothing is waited for, nothing read without an end."""
    monkeypatch.chdir(tmp_path)
    for split in ("train", "test"):
        for name in ("a", "b"):
            Path("texts", split, name).mkdir(parents=True)
            Path("texts", split, name, "2.txt").write_text("some words")
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    for name in ("train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        Path("fashion-mnist").mkdir(exist_ok=True)
        Path("fashion-mnist", f"{name}-ubyte.gz").touch()
    for name in (*(f"data_batch_{i}" for i in range(2, 6)), "test_batch"):
        Path("cifar-10-batches-py").mkdir(exist_ok=True)
        Path("cifar-10-batches-py", name).touch()
    make(file)
    Path("c.yaml").write_text(f"dataset: {DATA[file]}\n")

    code, out, err = invoke("data", "c.yaml", "--data-dir", ".")

    assert (code, out, err.count("\n")) == (1, "", 1)
    assert Path(file).name in err
    assert "not a file" in err


@pytest.mark.parametrize("name", ["x.csv", "x.txt", "x.npz", "x.npy"])
def test_new_examples_that_are_no_file_are_refused(name: str, tmp_path: Path) -> None:
    """Numbers and texts for a model."""
    os.mkfifo(tmp_path / name)

    def read(path: Path) -> object:
        return new_texts.read(path, TextReader()) if name == "x.txt" else new_examples.numbers(path, 2)

    with pytest.raises(DataError, match="a pipe, not a file"):
        read(tmp_path / name)
