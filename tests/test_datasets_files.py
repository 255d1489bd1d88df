"""Where data files are found."""

import hashlib
import tarfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.error import URLError

import pytest

from dlexp.components.datasets.reading import files
from dlexp.components.datasets.reading.download import Download, unpack
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
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Download, Path]]:
    """What is downloaded and to where; every download fails."""
    asked: list[tuple[Download, Path]] = []

    def fail(wanted: Download, path: Path) -> None:
        asked.append((wanted, path))
        raise URLError("no network")

    monkeypatch.setattr(files, "download", fail)
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
    places: dict[str, Path], downloads: list[tuple[Download, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `keras.datasets` asks for, to where it puts it: addresses, digests, folders, archives."""
    import importlib

    import keras

    by_keras: list[tuple[Download, Path]] = []

    def get_file(
        fname: str, origin: str, file_hash: str = "", cache_subdir: str = "datasets", extract: bool = False
    ) -> str:
        # Keras takes Fashion-MNIST unchecked.
        file_hash = file_hash or files.DOWNLOADS[f"fashion-mnist/{fname}"].file_hash
        path = places["keras/datasets"].parent / cache_subdir / f"{fname}{'_archive' if extract else ''}"
        by_keras.append((Download(origin, file_hash), path))
        raise LookupError

    functions = [
        *(getattr(keras.datasets, name).load_data for name in ("imdb", "reuters", "mnist", "cifar10", "cifar100")),
        *(keras.datasets.california_housing.load_data, keras.datasets.fashion_mnist.load_data),
        *(keras.datasets.imdb.get_word_index, keras.datasets.reuters.get_word_index),
    ]
    for function in functions:
        monkeypatch.setattr(importlib.import_module(function.__module__), "get_file", get_file)
        with pytest.raises(LookupError):
            function()

    for name in files.DOWNLOADS:
        with pytest.raises(DataError):
            files.find(name, None)

    assert all(each in downloads for each in by_keras)
    # Keras stopped at the first of the four files of Fashion-MNIST.
    assert len(downloads) == len(by_keras) + 3


def test_every_download_is_checked() -> None:
    """By SHA-256 (64 digits); of the two word indices Keras has MD5 (32)."""
    lengths = {name: len(download.file_hash) for name, download in files.DOWNLOADS.items()}

    assert {name for name, length in lengths.items() if length != 64} == {
        "imdb_word_index.json",
        "reuters_word_index.json",
    }
    assert set(lengths.values()) == {64, 32}


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder from which a server of this machine sends what is downloaded, whatever its digest should be."""
    folder = tmp_path / "mirror"
    folder.mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        (folder / "mnist.npz").write_bytes(b"images" * 50_000)
        with tarfile.open(folder / "cifar-100-python.tar.gz", "w:gz") as archive:
            archive.add(folder / "mnist.npz", "cifar-100-python/train")
        for name, file in (("mnist.npz", "mnist.npz"), ("cifar-100-python", "cifar-100-python.tar.gz")):
            digest = hashlib.sha256((folder / file).read_bytes()).hexdigest()
            monkeypatch.setitem(files.DOWNLOADS, name, Download(url + file, digest))
        monkeypatch.setitem(files.DOWNLOADS, "imdb.npz", Download(url + "mnist.npz", "0" * 64))
        yield folder
        server.shutdown()


def test_a_download_is_said_with_its_size_and_its_folder(
    places: dict[str, Path], mirror: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Before it begins, and once the server says its size."""
    path = files.find("mnist.npz", None)

    cache = places["keras/datasets"]
    assert path == cache / "mnist.npz"
    assert path.read_bytes() == (mirror / "mnist.npz").read_bytes()
    assert caplog.messages == [
        f"downloading {files.DOWNLOADS['mnist.npz'].url} into {cache}",
        "mnist.npz: 0.3 MB",
    ]
    assert capfd.readouterr() == ("", "")


def test_a_slow_download_says_how_far_it_is(
    places: dict[str, Path], mirror: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Every few seconds, of how much."""
    monkeypatch.setattr("dlexp.components.datasets.reading.download.SECONDS_BETWEEN_LINES", 0)

    files.find("mnist.npz", None)

    assert caplog.messages[2] == "mnist.npz: 0.1 MB of 0.3 MB"


def test_a_download_takes_the_proxy_of_the_moment(
    places: dict[str, Path], mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not that of the first download of the process."""
    with monkeypatch.context() as unreachable:
        unreachable.setenv("http_proxy", "http://127.0.0.1:9")
        unreachable.setenv("no_proxy", "")
        with pytest.raises(DataError):
            files.find("mnist.npz", None)

    assert files.find("mnist.npz", None).exists()


def test_an_archive_is_unpacked(places: dict[str, Path], mirror: Path) -> None:
    """Into a folder around the archive's own, as Keras does; the archive stays, or Keras would download it again."""
    path = files.find("cifar-100-python", None)

    cache = places["keras/datasets"]
    assert path == cache / "cifar-100-python-target" / "cifar-100-python"
    assert (path / "train").read_bytes() == (mirror / "mnist.npz").read_bytes()
    assert sorted(each.name for each in cache.iterdir()) == [
        "cifar-100-python-target",
        "cifar-100-python-target_archive",
    ]


def test_an_archive_that_two_commands_unpack_is_there_for_both(places: dict[str, Path], mirror: Path) -> None:
    """The second one finds the folder of the first in its place, and takes it; one that lacks files is named."""
    path = files.find("cifar-100-python", None)
    archive = places["keras/datasets"] / "cifar-100-python-target_archive"

    unpack(archive, path.parent)
    assert (path / "train").exists()

    path.rename(path.with_name("other"))
    with pytest.raises(OSError, match="cifar-100-python-target"):
        unpack(archive, path.parent)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("imdb.npz", "300,000 bytes were sent whose digest is not that of the file"),
        ("mnist.npz", "HTTP Error 404: File not found"),
    ],
)
def test_what_was_sent_by_mistake_is_not_kept(places: dict[str, Path], mirror: Path, name: str, reason: str) -> None:
    """Another file, or an error page, is no data: nothing is left of it."""
    if "404" in reason:
        (mirror / "mnist.npz").unlink()

    with pytest.raises(DataError) as error:
        files.find(name, None)

    assert error.value.lines[2].endswith(f": {reason}")
    assert list(places["keras/datasets"].iterdir()) == []


def test_says_what_to_do_when_a_download_fails(
    places: dict[str, Path],
    downloads: list[tuple[Download, Path]],
) -> None:
    """What was tried, where to put which file, what runs offline."""
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


def test_finds_what_keras_unpacked(places: dict[str, Path]) -> None:
    """Keras 3 unpacks CIFAR into a folder within NAME-target, an archive unpacked by hand is the folder itself."""
    unpacked = places["keras/datasets"] / "cifar-10-batches-py-target" / "cifar-10-batches-py"
    unpacked.mkdir(parents=True)
    assert files.find("cifar-10-batches-py", None) == unpacked

    by_hand = places["environment"] / "cifar-10-batches-py"
    by_hand.mkdir()

    assert files.find("cifar-10-batches-py", None) == by_hand


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
    places: dict[str, Path], downloads: list[tuple[Download, Path]], name: str, folder: str, lines: tuple[str, str]
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
