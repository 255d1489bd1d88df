"""Where data files are found."""

import hashlib
import sys
from pathlib import Path
from typing import Any

import pytest

from dlexp.components.datasets.reading import files
from dlexp.errors import MAX_LINES, DataError, UserError


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """A folder of each kind, in a home of their own."""
    folders = {name: tmp_path / name for name in ("argument", "environment", "keras/datasets")}
    for folder in folders.values():
        folder.mkdir(parents=True)
    monkeypatch.setenv("DLEXP_DATA", str(folders["environment"]))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return folders


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What Keras is asked to download; every download fails, talking."""
    import keras

    asked: list[dict[str, Any]] = []

    def get_file(fname: str, **settings: Any) -> str:
        asked.append({"fname": fname, **settings})
        print("Downloading data from", settings["origin"])
        print("retrying", file=sys.stderr)
        raise Exception(f"URL fetch failure on {settings['origin']}: None -- no network")

    monkeypatch.setattr(keras.utils, "get_file", get_file)
    return asked


def test_looks_in_the_stated_order(places: dict[str, Path]) -> None:
    """--data-dir first, then DLEXP_DATA, then Keras's cache; a place without the file is passed over."""
    for folder in places.values():
        (folder / "imdb.npz").touch()

    for folder in places.values():
        assert files.find("imdb.npz", places["argument"]) == folder / "imdb.npz"
        (folder / "imdb.npz").unlink()


def test_looks_in_the_home_folder(places: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keras's cache is ~/.keras unless KERAS_HOME says otherwise, and ~ is the home folder everywhere."""
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.delenv("DLEXP_DATA")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".keras/datasets").mkdir(parents=True)
    (tmp_path / ".keras/datasets/imdb.npz").touch()
    (tmp_path / "argument/reuters.npz").touch()

    assert files.find("imdb.npz", None) == tmp_path / ".keras/datasets/imdb.npz"
    assert files.find("reuters.npz", Path("~/argument")) == tmp_path / "argument/reuters.npz"


def test_refuses_what_is_no_directory(places: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistyped --data-dir or DLEXP_DATA is the user's mistake, never passed over silently."""
    missing = places["argument"] / "mistyped"

    with pytest.raises(UserError, match=r"^--data-dir: .*mistyped is not a directory$"):
        files.find("imdb.npz", missing)
    monkeypatch.setenv("DLEXP_DATA", str(missing))
    with pytest.raises(UserError, match=r"^DLEXP_DATA: .*mistyped is not a directory$"):
        files.find("imdb.npz", None)


def test_a_folder_that_cannot_be_looked_at_lacks_the_data() -> None:
    """Whatever the system says of it, an experiment without data is no bug."""
    nowhere = Path("x" * 300)

    with pytest.raises(DataError, match=r"^x+: File name too long$"):
        files.find("imdb.npz", nowhere)
    with pytest.raises(DataError, match=r"^x+: File name too long$"):
        files.find_users("own.csv", nowhere)


def test_downloads_as_keras_does(
    places: dict[str, Path], downloads: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for by what `keras.datasets` asks for: names, addresses, digests, folders, unpacking."""
    import importlib

    import keras

    by_keras = []

    def get_file(fname: str, **settings: Any) -> str:
        by_keras.append({"fname": fname, "file_hash": None, "cache_subdir": "datasets", **settings})
        raise LookupError

    functions = [
        *(getattr(keras.datasets, name).load_data for name in ("imdb", "reuters", "mnist", "cifar10", "cifar100")),
        *(keras.datasets.california_housing.load_data, keras.datasets.fashion_mnist.load_data),
        *(keras.datasets.imdb.get_word_index, keras.datasets.reuters.get_word_index),
    ]
    for function in functions:
        module = importlib.import_module(function.__module__)
        monkeypatch.setattr(module, "get_file", get_file)
        with pytest.raises(LookupError):
            function()

    for name in files.DOWNLOADS:
        with pytest.raises(DataError):
            files.find(name, None)
    asked = [{"cache_subdir": "datasets", **settings} for settings in downloads]
    assert {settings.pop("cache_dir") for settings in asked} == {str(places["keras/datasets"].parent)}
    for settings in by_keras:  # Keras takes Fashion-MNIST unchecked.
        settings["file_hash"] = settings["file_hash"] or files.DOWNLOADS[f"fashion-mnist/{settings['fname']}"].file_hash

    assert all(settings in asked for settings in by_keras)
    # Keras stopped at the first of the four files of Fashion-MNIST.
    assert len(asked) == len(by_keras) + 3


def test_every_download_is_checked() -> None:
    """By SHA-256 (64 digits); of the two word indices Keras has MD5 (32)."""
    lengths = {name: len(download.file_hash) for name, download in files.DOWNLOADS.items()}

    assert {name for name, length in lengths.items() if length != 64} == {
        "imdb_word_index.json",
        "reuters_word_index.json",
    }
    assert set(lengths.values()) == {64, 32}


def test_uses_what_was_downloaded(
    places: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Keras says where it put the file; dlexp logs one line, Keras nothing."""
    import keras

    def get_file(fname: str, **settings: Any) -> str:
        print("Downloading")
        return str(places["keras/datasets"] / fname)

    monkeypatch.setattr(keras.utils, "get_file", get_file)

    path = files.find("imdb.npz", None)

    assert path == places["keras/datasets"] / "imdb.npz"
    assert capfd.readouterr() == ("", "")
    assert caplog.messages == [f"downloading {files.ORIGIN}imdb.npz"]


def test_says_what_to_do_when_a_download_fails(
    places: dict[str, Path],
    downloads: list[dict[str, Any]],
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What was tried, where to put which file, what runs offline; Keras's own talk is kept out."""
    with pytest.raises(DataError) as error:
        files.find("imdb.npz", places["argument"])

    cache = places["keras/datasets"]
    assert error.value.lines == [
        "imdb.npz: not found, and it cannot be downloaded",
        f"  looked in: {places['argument']} (--data-dir), {places['environment']} (DLEXP_DATA), "
        f"{cache} (Keras's cache)",
        f"  tried: {files.ORIGIN}imdb.npz: no network",
        f"Download it elsewhere and put it into {cache},",
        "or into any folder and name that by --data-dir or DLEXP_DATA.",
        "Without any download: dlexp run configs/digits_adam.yaml",
    ]
    assert len(error.value.lines) <= MAX_LINES
    assert capfd.readouterr() == ("", "")
    assert caplog.messages == [f"downloading {files.ORIGIN}imdb.npz"]


def test_finds_what_keras_unpacked(places: dict[str, Path]) -> None:
    """Keras 3 unpacks CIFAR into a folder within NAME-target, an archive unpacked by hand is the folder itself."""
    unpacked = places["keras/datasets"] / "cifar-10-batches-py-target" / "cifar-10-batches-py"
    unpacked.mkdir(parents=True)
    assert files.find("cifar-10-batches-py", None) == unpacked

    by_hand = places["environment"] / "cifar-10-batches-py"
    by_hand.mkdir()

    assert files.find("cifar-10-batches-py", None) == by_hand


def test_unpacks_what_was_downloaded(places: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Keras gives the folder around the archive's own."""
    import keras

    monkeypatch.setattr(keras.utils, "get_file", lambda fname, **_: str(places["keras/datasets"] / fname))

    path = files.find("cifar-100-python", None)

    assert path == places["keras/datasets"] / "cifar-100-python-target" / "cifar-100-python"


@pytest.mark.parametrize(
    ("name", "folder", "lines"),
    [
        (
            "fashion-mnist/t10k-labels-idx1-ubyte.gz",
            "fashion-mnist",
            (
                "Download it elsewhere and put it into ",
                "or into a folder fashion-mnist of any folder and ",
            ),
        ),
        (
            "cifar-10-batches-py",
            "",
            ("Download it elsewhere, unpack it and put it into ", "or into any folder and name "),
        ),
    ],
)
def test_says_where_folders_go(
    places: dict[str, Path], downloads: list[dict[str, Any]], name: str, folder: str, lines: tuple[str, str]
) -> None:
    """A file with a folder of its own, and an archive."""
    with pytest.raises(DataError) as error:
        files.find(name, None)

    assert error.value.lines[3] == f"{lines[0]}{places['keras/datasets'] / folder},"
    assert error.value.lines[4].startswith(lines[1])


def test_digest_is_sha256(tmp_path: Path) -> None:
    """Of one file as sha256sum prints it; of several each is framed by its length, so that no byte changes files."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"abc")
    two.write_bytes(b"def")

    assert files.digest(one) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    framed = b"".join(len(content).to_bytes(8, "big") + content for content in (b"abc", b"def"))
    assert files.digest(one, two) == hashlib.sha256(framed).hexdigest()
    assert files.digests(one, two)[1] == hashlib.sha256(b"abcdef").hexdigest()  # As version 0.1.0 took it.


def test_digest_names_an_unreadable_file(tmp_path: Path) -> None:
    """A folder in the place of the file."""
    with pytest.raises(DataError, match="Is a directory"):
        files.digest(tmp_path)
