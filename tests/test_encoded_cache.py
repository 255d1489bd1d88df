"""The cache of encoded texts: the same arrays, whatever happens to the files."""

import os
from multiprocessing.pool import ThreadPool
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array
from snapshots import dense

from dlexp.components.data import Data, Split
from dlexp.components.datasets import Imdb, encoded_files
from dlexp.components.datasets.words.cache import cached


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A cache of this test alone."""
    monkeypatch.setenv("DLEXP_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Source:
    """Counts how often it is read."""

    def __init__(self) -> None:
        self.n_reads = 0

    def __call__(self) -> Data:
        """Two sparse training examples, two dense test examples."""
        self.n_reads += 1
        rows = csr_array(np.array([[0, 1, 1], [1, 0, 0]], np.float32))
        words = np.arange(6, dtype=np.int32).reshape(2, 3)
        return Data(Split(rows, np.array([0, 1], np.int32)), Split(words, np.array([0.5, 1.5], np.float32)))


def sparse(split: Split) -> csr_array:
    """The rows of a split that are none of numpy's."""
    assert isinstance(split.x, csr_array)
    return split.x


def test_the_second_time_is_read_from_the_cache_with_the_same_arrays() -> None:
    """Values and types are those that were encoded, sparse and dense."""
    source = Source()

    first, second = (cached("it", ["digest"], source) for _ in range(2))
    encoded, read = sparse(first.train), sparse(second.train)

    assert source.n_reads == 1
    for x, y in ((encoded.data, read.data), (encoded.indices, read.indices)):
        assert (x.tobytes(), x.dtype) == (y.tobytes(), y.dtype)
    assert (encoded != read).nnz == 0
    assert read.has_canonical_format
    for x, y in ((first.test.x, second.test.x), (first.train.y, second.train.y), (first.test.y, second.test.y)):
        assert (x.tobytes(), x.dtype) == (y.tobytes(), y.dtype)


def test_another_key_is_another_file(folder: Path) -> None:
    """What was encoded with other settings, or from another file, is not taken."""
    source = Source()

    for key in (["a", 10], ["b", 10], ["a", 20]):
        cached("it", key, source)

    assert source.n_reads == len(list(folder.iterdir())) == 3


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(np.ones(3, np.float32).tobytes(), id="values"),
        pytest.param(np.arange(6, dtype=np.int32).tobytes(), id="words"),
        pytest.param(np.array([0.5, 1.5], np.float32).tobytes(), id="targets"),
        pytest.param(b"'shape': (2, 3)", id="shape"),
        pytest.param(b"PK\x05\x06", id="end of the archive"),
    ],
)
def test_a_changed_byte_is_noticed(folder: Path, caplog: pytest.LogCaptureFixture, changed: bytes) -> None:
    """A damaged copy is said, encoded again and replaced."""
    source = Source()
    cached("it", [], source)
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    content = bytearray(whole)
    content[content.index(changed)] ^= 0xFF
    path.write_bytes(content)

    data = cached("it", [], source)

    np.testing.assert_array_equal(dense(data.train.x), [[0, 1, 1], [1, 0, 0]])
    np.testing.assert_array_equal(data.test.x, [[0, 1, 2], [3, 4, 5]])
    assert source.n_reads == 2
    assert f"{path}: damaged, encoded again (" in caplog.text
    assert path.read_bytes() == whole


@pytest.mark.parametrize("length", [0, 10, 500])
def test_a_cut_file_is_replaced(folder: Path, length: int) -> None:
    """Half a file counts for nothing."""
    source = Source()
    cached("it", [], source)
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[:length])

    cached("it", [], source)

    assert source.n_reads == 2
    assert path.read_bytes() == whole


def test_several_at_once_leave_one_whole_file(folder: Path) -> None:
    """Writers do not disturb one another, and leave nothing beside."""
    with ThreadPool(8) as pool:
        pool.map(lambda _: cached("it", [], Source()), range(32))

    source = Source()
    cached("it", [], source)
    assert source.n_reads == 0
    assert len(list(folder.iterdir())) == 1


def test_the_longest_unused_files_go_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache is bounded; what was read lately stays."""
    source = Source()
    for i in range(3):
        cached("it", [i], source)
    oldest, middle, newest = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    for seconds, path in enumerate((oldest, middle, newest)):
        os.utime(path, (seconds, seconds))
    cached("it", [0], source)  # Used: no longer the oldest.
    monkeypatch.setattr(encoded_files, "MAX_BYTES", 3 * newest.stat().st_size)

    cached("it", ["new"], source)

    assert [path.exists() for path in (oldest, middle, newest)] == [True, False, True]


def test_it_can_be_switched_off(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DLEXP_CACHE=none keeps nothing."""
    monkeypatch.setenv("DLEXP_CACHE", "none")
    source = Source()

    cached("it", [], source)
    cached("it", [], source)

    assert source.n_reads == 2
    assert not folder.exists()


def test_it_lies_in_the_users_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """XDG_CACHE_HOME/dlexp, unless DLEXP_CACHE names another."""
    monkeypatch.delenv("DLEXP_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))

    cached("it", [], Source())

    assert len(list((tmp_path / "xdg" / "dlexp").iterdir())) == 1


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The data comes all the same."""
    (tmp_path / "cache").write_text("a file")

    data = cached("it", [], Source())

    assert len(data.train) == 2
    assert "cannot be kept for the next time" in caplog.text


def test_a_changed_data_file_is_read_again(small_imdb: Path) -> None:
    """The key holds the file's digest: the same name with other content is other data."""
    dataset = Imdb(num_words=12)
    before = dataset.load(small_imdb)
    arrays = dict(np.load(small_imdb / "imdb.npz", allow_pickle=True))
    np.savez(small_imdb / "imdb.npz", **arrays | {"y_test": 1 - arrays["y_test"]})

    after = dataset.load(small_imdb)

    np.testing.assert_array_equal(after.test.y, 1 - before.test.y)
    np.testing.assert_array_equal(dense(dataset.load(small_imdb).test.x), dense(before.test.x))


def test_no_file_is_kept_under_the_digest_of_another(
    small_imdb: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that is replaced between its digest and its reading is encoded, and kept, as it was."""
    before = Imdb().load(small_imdb)
    digest = Imdb.digest
    (archive,) = [path.read_bytes() for path in small_imdb.glob("imdb.npz")]
    for path in encoded_files.folder().iterdir():  # type: ignore[union-attr]
        path.unlink()

    def digest_and_replace(dataset: Imdb, data_dir: Path | None) -> str:
        found = digest(dataset, data_dir)
        (small_imdb / "imdb.npz").write_bytes(b"another file")
        return found

    monkeypatch.setattr(Imdb, "digest", digest_and_replace)
    raced = Imdb().load(small_imdb)
    monkeypatch.setattr(Imdb, "digest", digest)
    (small_imdb / "imdb.npz").write_bytes(archive)
    kept = Imdb().load(small_imdb)

    for data in (raced, kept):
        assert (data.train.x != before.train.x).nnz == 0
        assert data.train.y.tolist() == before.train.y.tolist()
