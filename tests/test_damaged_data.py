"""Damaged files of the user's own: every reader gives what is in it or says in one line that it cannot."""

import importlib.util
import io
import sys
import tarfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commands import Invoke
from damage import damaged
from pyarrow.parquet import ParquetFile
from scipy.sparse import csr_array, save_npz
from snapshots import dense

from dlexp.components.data import Data, Split
from dlexp.components.datasets import Csv, Imdb, Npz, Parquet, TextFolder, encoded_files
from dlexp.components.datasets.keras import idx
from dlexp.components.datasets.reading import files, npz
from dlexp.components.datasets.user import new_examples
from dlexp.components.datasets.words import cache as encoded_cache
from dlexp.errors import DataError, DlexpError, UserError
from dlexp.records.predictions import Predictions, Resampled, Results
from dlexp.records.record_files import DamagedRecord
from dlexp.reports.verification import facts as verification

FRAME = pd.DataFrame({"x": np.arange(40) / 7, "w": ["a b", "c"] * 20, "y": ["no", "yes"] * 20})
X, Y = np.arange(24, dtype=np.float32).reshape(12, 2), np.arange(12) % 2
PACKED = ("csv.gz", "csv.bz2", "csv.xz", "csv.zip", "csv.tar", "csv.tar.gz", "csv.tar.bz2", "csv.tar.xz", "parquet")
#: Of every file so many single bytes are changed; where time does not count, all kinds of many.
FEW, MANY = 20, 500


def write_table(path: Path) -> None:
    """A small table, packed as its suffix says."""
    if path.suffix == ".parquet":
        FRAME.to_parquet(path)
    elif ".tar" in path.name:  # pandas does not pack these in every version.
        content = FRAME.to_csv(index=False).encode()
        how: Any = "w:" + path.name.rpartition(".")[2].replace("tar", "")
        with tarfile.open(path, how) as archive:
            entry = tarfile.TarInfo("table.csv")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    else:
        FRAME.to_csv(path, index=False)


def refusal(read: Callable[[], object]) -> DlexpError | None:
    """What a reader says; nothing if it reads."""
    try:
        read()
    except DlexpError as error:
        return error
    return None


def assert_reads_or_says_why(path: Path, read: Callable[[], object], flips: int) -> int:
    """The promise of this file, for everything that can become of a file; gives how often it was said."""
    whole = path.read_bytes()
    read()
    said = 0
    for name, content in damaged(whole, flips):
        path.write_bytes(content)
        error = refusal(read)
        if error is None:
            continue
        said += 1

        assert len(error.lines) == 1, name
        assert "\n" not in error.lines[0], name
        assert str(path) in error.lines[0], name
        # That there are no rows or other columns is the user's mistake; the file is read all the same.
        assert isinstance(error, DataError | UserError), name
    path.write_bytes(whole)
    return said


def readers_of_tables(path: Path) -> list[Callable[[], object]]:
    """All that a command does with a table."""
    kind = Parquet if path.suffix == ".parquet" else Csv
    dataset = kind(path=str(path), target="y", task="binary")
    found: list[Callable[[], object]] = [lambda: list(dataset.misfits(None)), lambda: dataset.load(None)]
    if kind is Csv:
        found.append(lambda: new_examples.numbers(path, 3, ["x"]))
    return found


@pytest.mark.parametrize("suffix", PACKED)
def test_packed_tables(suffix: str, tmp_path: Path) -> None:
    """By the reader of all that a training and a table of new examples have in common."""
    path = tmp_path / f"t.{suffix}"
    write_table(path)
    (_, load, *_) = readers_of_tables(path)

    assert assert_reads_or_says_why(path, load, FEW) > 15


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [*PACKED, "csv"])
def test_packed_tables_deeply(suffix: str, tmp_path: Path) -> None:
    """Every reader, many places."""
    path = tmp_path / f"t.{suffix}"
    write_table(path)

    for read in readers_of_tables(path)[:2]:
        assert_reads_or_says_why(path, read, MANY)


@pytest.mark.parametrize(
    "suffix", ["csv.gz", "csv.bz2", "csv.xz", "csv.zip", "csv.tar.gz", "csv.tar.bz2", "csv.tar.xz"]
)
def test_a_changed_byte_is_never_read_as_data(suffix: str, tmp_path: Path) -> None:
    """The checksum of every packed format is looked at; of a packed tar pandas left it aside."""
    path = tmp_path / f"t.{suffix}"
    write_table(path)
    whole = path.read_bytes()
    dataset = Csv(path=str(path), target="y", task="binary")
    expected = dataset.read(path).frame
    for name, content in damaged(whole, flips=60, seed=1):
        if name == "twice":  # Two archives in a row are an archive.
            continue
        path.write_bytes(content)
        try:
            found = dataset.read(path).frame
        except (DataError, UserError):  # That zstandard is not installed, where it begins so.
            continue

        pd.testing.assert_frame_equal(found, expected, obj=name)


def archives(folder: Path) -> dict[str, tuple[Path, Callable[[], object]]]:
    """Every kind of archive of arrays, each with its reader."""
    plain, packed, array, sparse, bytes_ = (folder / name for name in ("a.npz", "b.npz", "c.npy", "d.npz", "e.gz"))
    np.savez(plain, x_train=X, y_train=Y, x_test=X, y_test=Y)
    np.savez_compressed(packed, x=X)
    np.save(array, X)
    save_npz(sparse, csr_array(X))
    import gzip

    bytes_.write_bytes(gzip.compress(bytes([0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 4]) + bytes(12)))
    own = Npz(path=str(plain), task="binary")
    return {
        "npz": (plain, lambda: own.load(None)),
        "misfits": (plain, lambda: list(own.misfits(None))),
        "new npz": (packed, lambda: new_examples.array(packed)),
        "npy": (array, lambda: new_examples.array(array)),
        "sparse": (sparse, lambda: npz.read_sparse(sparse)),
        "idx": (bytes_, lambda: idx.read(bytes_)),
    }


KINDS = ("npz", "misfits", "new npz", "npy", "sparse", "idx")


@pytest.mark.parametrize("kind", KINDS)
def test_arrays(kind: str, tmp_path: Path) -> None:
    """Of a data set, of new examples, sparse, and of Fashion-MNIST."""
    path, read = archives(tmp_path)[kind]

    assert assert_reads_or_says_why(path, read, FEW) > 15


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_arrays_deeply(kind: str, tmp_path: Path) -> None:
    """Many places."""
    path, read = archives(tmp_path)[kind]

    assert_reads_or_says_why(path, read, MANY)


def test_predictions(tmp_path: Path) -> None:
    """Of a run on a resampled training set, which has all arrays: what was written, or damage."""
    path = tmp_path / "predictions.npz"
    Predictions({"": Results(np.arange(12), Y > 0)}, Resampled(Y, X[:, :1] / 24)).write(path)
    whole = path.read_bytes()
    for name, content in damaged(whole, flips=60):
        path.write_bytes(content)
        error = refusal(lambda: Predictions.read(path))

        if error is None:
            found = Predictions.read(path)
            assert found.resampled is not None
            np.testing.assert_array_equal(found.resampled.predicted, X[:, :1] / 24)
            np.testing.assert_array_equal(found.results[""].result, Y > 0)
        else:
            assert isinstance(error, DamagedRecord), name
            assert len(error.lines) == 1, name


@pytest.mark.parametrize("config", [b'{"name": "x", "layers": []}', b"[" * 100_000])
def test_models_whose_layers_are_compared(config: bytes, tmp_path: Path) -> None:
    """What `verify` reads of a saved model; its own JSON may be as deep as anyone's."""
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.0.0"}')
        archive.writestr("config.json", config)

    for name, content in damaged(path.read_bytes(), flips=60):
        path.write_bytes(content)
        for read in (verification._layers, verification.weights):
            error = refusal(partial(read, path))

            assert error is None or str(error).startswith(f"{path}: damaged"), name


def test_a_damaged_cache_is_encoded_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever it holds: the right data, or none and a line about it."""
    path = tmp_path / "c.npz"
    data = Data(Split(csr_array(X), Y), Split(X, Y))
    encoded_cache.write(path, data)
    for name, content in damaged(path.read_bytes(), flips=60):
        path.write_bytes(content)
        caplog.clear()
        found = encoded_files.found(path, encoded_cache.read)

        assert len(caplog.messages) == (1 if found is None else 0), name
        assert caplog.text.count(f"{path}: damaged, encoded again (") == len(caplog.messages), name
        if found is not None:
            np.testing.assert_array_equal(dense(found.train.x), X)
            np.testing.assert_array_equal(found.test.x, X)


def test_a_cache_with_places_outside_of_its_shape(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its checksums are right; scipy would read and write beyond the memory of the matrix."""
    path = tmp_path / "c.npz"
    data = Data(Split(csr_array(X), Y), Split(X, Y))
    arrays = encoded_files.arrays_of(data.train, "train") | encoded_files.arrays_of(data.test, "test")
    np.savez(path, **arrays | {"train_indices": arrays["train_indices"] + 1_000_000})

    assert encoded_files.found(path, encoded_cache.read) is None
    assert "damaged, encoded again (indices must be < 2)" in caplog.text


def test_zst_needs_what_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that says what to install."""
    path = tmp_path / "t.csv.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd")

    monkeypatch.setitem(sys.modules, "zstandard", None)

    with pytest.raises(UserError, match=r"/t\.csv\.zst: needs zstandard; install it by: pip install zstandard$"):
        Csv(path=str(path), target="y", task="binary").load(None)


def test_texts_of_a_parquet_file_that_are_none(tmp_path: Path) -> None:
    """pandas decodes them long after it has read the file, in whatever uses them."""
    path = tmp_path / "t.parquet"
    FRAME.to_parquet(path, compression=None)
    path.write_bytes(path.read_bytes().replace(b"a b", b"a\xffb"))

    with pytest.raises(DataError, match=r"t\.parquet: not a readable Parquet file \("):
        Parquet(path=str(path), target="y", task="binary").load(None)


@pytest.mark.parametrize("dataset", [Csv, Parquet])
def test_memory_that_runs_out_is_no_damage(
    dataset: type[Csv | Parquet], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    """The file may be whole: it is said as it is, in one line."""

    def read(*_: object, **__: object) -> None:
        raise MemoryError("Unable to allocate 3.00 TiB")

    monkeypatch.setattr(pd, "read_csv", read)
    monkeypatch.setattr(ParquetFile, "read", read)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    kind = dataset.model_fields["type"].default
    write_table(tmp_path / f"t.{kind}")
    (tmp_path / "c.yaml").write_text(f"dataset: {{type: {kind}, path: {tmp_path}/t.{kind}, target: y, task: binary}}\n")

    code, out, err = invoke("data", str(tmp_path / "c.yaml"))

    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert err.startswith("out of memory: Unable to allocate 3.00 TiB; the traceback is in ")


@pytest.mark.skipif(importlib.util.find_spec("zstandard") is None, reason="needs zstandard")
def test_zst(tmp_path: Path) -> None:
    """As the other archives."""
    path = tmp_path / "t.csv.zst"
    write_table(path)
    dataset = Csv(path=str(path), target="y", task="binary")

    assert assert_reads_or_says_why(path, lambda: dataset.load(None), FEW) > 15


def test_damaged_texts(tmp_path: Path) -> None:
    """A text that is no text, a link to nowhere or to itself; a folder that is called as a text is none."""
    for part in ("train", "test"):
        for word in ("neg", "pos"):
            folder = tmp_path / part / word
            folder.mkdir(parents=True)
            (folder / "1.txt").write_text(f"{word} text")
    dataset = TextFolder(path=str(tmp_path), task="binary")
    dataset.load(None)
    bad = tmp_path / "train/pos/2.txt"

    def no_text() -> None:
        bad.write_bytes(b"\xff\xfe\0")

    bad.mkdir()
    assert len(dataset.load(None).train) == 2
    bad.rmdir()
    damages: list[Callable[[], Any]] = [
        no_text,
        lambda: bad.symlink_to("nowhere"),
        lambda: bad.symlink_to(bad.name),
    ]
    for damage in damages:
        damage()
        for read in (lambda: dataset.load(None), lambda: dataset.digest(None)):
            with pytest.raises(DataError) as error:
                read()

            assert len(error.value.lines) == 1
            assert str(bad) in error.value.lines[0]
        bad.unlink()


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"a":' * 100_000, b"", b"[]", b"{", b"\xff", b'{"a": []}'])
def test_a_damaged_word_index(content: bytes, tmp_path: Path) -> None:
    """A hundred thousand deep, too."""
    (tmp_path / "imdb_word_index.json").write_bytes(content)

    with pytest.raises(DataError, match="not a readable word index, or a damaged one"):
        Imdb().words(tmp_path)


@pytest.mark.parametrize("depth", [100_000, 200])
@pytest.mark.parametrize("sign", ["[", "{a: ", "- ", "? "])
def test_a_deep_config(depth: int, sign: str, tmp_path: Path, invoke: Invoke) -> None:
    """In a file and on the command line: one line, exit code 2."""
    (tmp_path / "deep.yaml").write_text(f"dataset: {sign * depth}"[:240_000])
    (tmp_path / "iris.yaml").write_text("dataset: iris\n")

    for words in (
        ("check", str(tmp_path / "deep.yaml")),
        ("check", str(tmp_path / "iris.yaml"), "--set", f"model.hidden={sign * depth}"),
        ("check", str(tmp_path / "iris.yaml"), "--grid", f"model.hidden=[{sign * depth}"),
    ):
        code, out, err = invoke(*words)

        assert (code, out, len(err.splitlines())) == (2, "", 1), words[:2]
        assert "bug" not in err


def test_commands_with_damaged_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    """Exit code 1: the data cannot be had."""
    monkeypatch.chdir(tmp_path)
    for suffix in ("csv.xz", "csv.zip", "csv.tar", "csv.gz", "parquet"):
        path = Path(f"t.{suffix}")
        write_table(path)
        path.write_bytes(path.read_bytes()[:100])
        kind = "parquet" if suffix == "parquet" else "csv"
        Path("c.yaml").write_text(f"dataset: {{type: {kind}, path: {path}, target: y, task: binary}}\n")

        code, out, err = invoke("data", "c.yaml")

        assert (code, out, len(err.splitlines())) == (1, "", 1), suffix
        assert err.startswith(f"t.{suffix}: not a readable "), suffix


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user whom the system does not know, without HOME: a container with a number for a user."""

    def unknown(number: int) -> None:
        raise KeyError(number)

    for name in ("HOME", "DLEXP_DATA", "KERAS_HOME", "DLEXP_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)


def test_without_a_home(homeless: None, tmp_path: Path) -> None:
    """Keras's folder is that which Keras takes then, and nothing is kept; `~` cannot be read."""
    (tmp_path / "imdb.npz").touch()

    assert files.find("imdb.npz", tmp_path) == tmp_path / "imdb.npz"
    assert files._places(None) == {"Keras's cache": Path("/tmp/.keras/datasets")}
    assert encoded_files.folder() is None
    with pytest.raises(UserError, match=r"^~/x\.npz: there is no such home folder$"):
        files.find_users("~/x.npz", None)


def test_the_home_of_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    """In a config, in a variable, in an option: the user's mistake."""
    monkeypatch.chdir(tmp_path)
    Path("c.yaml").write_text("dataset: {type: npz, path: ~nosuchuser/x.npz, task: binary}\n")

    assert invoke("data", "c.yaml") == (2, "", "~nosuchuser/x.npz: there is no such home folder\n")
    for name in ("DLEXP_DATA", "KERAS_HOME"):
        with monkeypatch.context() as patch:
            patch.setenv(name, "~nosuchuser/x")

            assert invoke("data", "imdb") == (2, "", f"{name}: ~nosuchuser/x: there is no such home folder\n")
    words = ("data", "digits", "--data-dir", "~nosuchuser")
    assert invoke(*words) == (2, "", "--data-dir: ~nosuchuser: there is no such home folder\n")
