"""MNIST, Fashion-MNIST, CIFAR and California housing: made-up files in Keras's formats, read as Keras reads them."""

import gzip
import hashlib
import importlib
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from snapshots import assert_loads_what_was_digested

from dlexp.components.data import Info, Span
from dlexp.components.datasets import CaliforniaHousing, Cifar10, Cifar100, FashionMnist, Mnist
from dlexp.components.datasets.keras import idx
from dlexp.components.datasets.keras.images import Images
from dlexp.errors import DataError

Array = np.ndarray
ALL = [Mnist(), FashionMnist(), Cifar10(), Cifar100()]
N_TRAIN, N_TEST = 20, 10


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Images], Path]:
    """Write the files of a data set of 20 + 10 images, which the class then expects; gives their folder."""

    def write(dataset: Images) -> Path:
        monkeypatch.setattr(type(dataset), "n_train", N_TRAIN)
        monkeypatch.setattr(type(dataset), "n_test", N_TEST)
        rng = np.random.default_rng(0)
        (x_train, y_train), (x_test, y_test) = (
            (
                rng.integers(0, 256, (n, *dataset.image_shape), np.uint8),
                rng.integers(0, dataset.n_classes, n).astype(np.uint8),
            )
            for n in (N_TRAIN, N_TEST)
        )
        match dataset:
            case Mnist():
                np.savez(tmp_path / "mnist.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
            case FashionMnist():
                (tmp_path / "fashion-mnist").mkdir()
                for part, x, y in (("train", x_train, y_train), ("t10k", x_test, y_test)):
                    write_idx(tmp_path / f"fashion-mnist/{part}-images-idx3-ubyte.gz", x)
                    write_idx(tmp_path / f"fashion-mnist/{part}-labels-idx1-ubyte.gz", y)
            case Cifar10():
                folder = tmp_path / "cifar-10-batches-py"
                for i, (x, y) in enumerate(zip(np.split(x_train, 5), np.split(y_train, 5), strict=True), start=1):
                    write_cifar(folder / f"data_batch_{i}", x, y, b"labels")
                write_cifar(folder / "test_batch", x_test, y_test, b"labels")
            case Cifar100():
                folder = tmp_path / "cifar-100-python-target" / "cifar-100-python"
                write_cifar(folder / "train", x_train, y_train, b"fine_labels")
                write_cifar(folder / "test", x_test, y_test, b"fine_labels")
        return tmp_path

    return write


def write_idx(path: Path, array: Array) -> None:
    """Two zeros, the type, the number of axes, each axis, the bytes."""
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}i", *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes()))


def write_cifar(path: Path, x: Array, y: Array, labels_key: bytes) -> None:
    """A dictionary as Python 2 and numpy 1 pickled it, opcode by opcode."""

    def string(content: bytes) -> bytes:
        return b"U" + bytes([len(content)]) + content

    flat = x.transpose(0, 3, 1, 2).reshape(len(x), -1)
    dtype = b"cnumpy\ndtype\n(U\x02u1K\x00K\x01tR(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR"
        + b"(K\x01("
        + b"".join(b"M" + struct.pack("<H", n) for n in flat.shape)
        + b"t"
        + dtype
        + b"\x89T"
        + struct.pack("<i", flat.size)
        + flat.tobytes()
        + b"tb"
    )
    labels = b"](" + b"".join(b"K" + bytes([label]) for label in y.tolist()) + b"e"
    entries = string(b"batch_label") + string(b"made up") + string(labels_key) + labels + string(b"data") + array
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x80\x02}(" + entries + b"u.")


def by_keras(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What `keras.datasets` makes of the files in a folder."""
    module = importlib.import_module(f"keras.src.datasets.{name}")

    def get_file(fname: str, cache_subdir: str = "datasets", **_: Any) -> str:
        return str(folder / Path(cache_subdir).relative_to("datasets") / fname)

    monkeypatch.setattr(module, "get_file", get_file)
    return module.load_data()


@pytest.mark.parametrize("dataset", [Mnist(), FashionMnist(), Cifar100()], ids=lambda dataset: dataset.type)
def test_equals_keras(dataset: Images, small: Callable[[Images], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same images and classes in the same order, flattened, as float32 from 0 to 1."""
    folder = small(dataset)
    expected = by_keras(dataset.type, folder, monkeypatch)

    data = dataset.load(folder)

    for split, (x, y) in zip((data.train, data.test), expected, strict=True):
        np.testing.assert_array_equal(split.x, x.reshape(len(x), -1).astype(np.float32) / np.float32(255))
        np.testing.assert_array_equal(split.y, y.ravel())
        assert (split.x.dtype, split.y.dtype) == (np.float32, np.int32)


def test_cifar10_takes_its_batches_in_order(small: Callable[[Images], Path]) -> None:
    """Each as Keras reads it; `keras.datasets.cifar10` itself wants batches of 10,000."""
    from keras.src.datasets.cifar import load_batch

    folder = small(Cifar10())
    batches = [load_batch(folder / "cifar-10-batches-py" / f"data_batch_{i}") for i in range(1, 6)]

    data = Cifar10().load(folder)

    x = np.concatenate([x for x, _ in batches]).transpose(0, 2, 3, 1)  # channels last
    np.testing.assert_array_equal(data.train.x, x.reshape(N_TRAIN, -1).astype(np.float32) / np.float32(255))
    assert data.train.y.tolist() == [label for _, labels in batches for label in labels]
    assert data.test.x.shape == (N_TEST, 3072)


def test_california_housing_equals_keras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The large version in Keras's order, a fifth of it for the test."""
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "california_housing.npz", x=rng.random((20_640, 8)), y=rng.random(20_640) * 5e5)
    expected = by_keras("california_housing", tmp_path, monkeypatch)

    data = CaliforniaHousing().load(tmp_path)

    for split, (x, y) in zip((data.train, data.test), expected, strict=True):
        np.testing.assert_array_equal(split.x, x.astype(np.float32))
        np.testing.assert_array_equal(split.y, y.astype(np.float64))
        assert (split.x.dtype, split.y.dtype) == (np.float32, np.float64)
    assert (len(data.train), len(data.test)) == (16_512, 4_128)


@pytest.mark.parametrize(
    "arrays",
    [
        {"x": np.zeros((600, 8)), "y": np.zeros(600)},
        {"x": np.zeros((20_640, 8)), "y": np.zeros(7)},
        {"x": np.zeros((20_640, 8)), "y": np.full(20_640, "a")},
    ],
)
def test_california_housing_refuses_another_file(tmp_path: Path, arrays: dict[str, Any]) -> None:
    """The small version, an array too short, words."""
    np.savez(tmp_path / "california_housing.npz", **arrays)

    with pytest.raises(
        DataError, match=r"california_housing.npz: expected numbers of shape \(20640, 8\) and \(20640,\)"
    ):
        CaliforniaHousing().load(tmp_path)


def test_known_before_reading() -> None:
    """Counts, lengths of the vectors and classes of the documentation; nothing is standardized but the table."""
    numeric: dict[str, Any] = {"inputs": "numeric", "task": "multiclass", "span": Span(0, 1)}
    assert (
        Mnist().info()
        == FashionMnist().info()
        == Info(n_train=60_000, n_test=10_000, shape=(784,), n_classes=10, **numeric)
    )
    assert Cifar10().info() == Info(n_train=50_000, n_test=10_000, shape=(3072,), n_classes=10, **numeric)
    assert Cifar100().info() == Info(n_train=50_000, n_test=10_000, shape=(3072,), n_classes=100, **numeric)
    assert CaliforniaHousing().info() == Info(
        n_train=16_512, n_test=4_128, shape=(8,), inputs="numeric", task="regression", standardize=True
    )


@pytest.mark.parametrize("dataset", ALL, ids=lambda dataset: dataset.type)
def test_every_class_has_a_name(dataset: Images) -> None:
    """Of its own; CIFAR-100's are in the order of the alphabet, as in its own list."""
    assert len(set(dataset.class_names)) == dataset.n_classes
    if dataset.type == "cifar100":
        assert list(dataset.class_names) == sorted(dataset.class_names)


@pytest.mark.parametrize("dataset", ALL, ids=lambda dataset: dataset.type)
def test_stand_in_has_the_real_schema(dataset: Images) -> None:
    """400 + 200 made-up images from 0 to 1, every class in both splits, always the same, and easy to tell apart."""
    data, again = dataset.stand_in(), dataset.stand_in()

    for split, n in ((data.train, 400), (data.test, 200)):
        assert split.x.shape == (n, *dataset.info().shape)
        assert (split.x.dtype, split.y.dtype) == (np.float32, np.int32)
        assert 0 <= split.x.min() <= split.x.max() <= 1
        assert set(split.y) == set(range(dataset.n_classes))
    np.testing.assert_array_equal(data.train.x, again.train.x)
    means = np.stack([data.train.x[data.train.y == k].mean(axis=0) for k in range(dataset.n_classes)])
    nearest = ((means**2).sum(axis=1) - 2 * (data.test.x @ means.T)).argmin(axis=1)
    assert (nearest == data.test.y).mean() > 0.95


def test_california_stand_in_has_the_real_schema() -> None:
    """A linear target."""
    data = CaliforniaHousing().stand_in()

    assert data.train.x.shape == (200, 8)
    assert data.train.y.dtype == np.float64


def test_digest_is_that_of_all_files(small: Callable[[Images], Path]) -> None:
    """Of their bytes, each file's after its length, in the order in which they are read."""
    folder = small(FashionMnist()) / "fashion-mnist"
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    contents = [(folder / f"{name}-ubyte.gz").read_bytes() for name in names]
    content = b"".join(len(each).to_bytes(8, "big") + each for each in contents)

    assert FashionMnist().digest(folder.parent) == hashlib.sha256(content).hexdigest()


def test_refuses_another_number_of_images(small: Callable[[Images], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is not what `info` promised is named, with what is wrong."""
    folder = small(Mnist())
    monkeypatch.setattr(Mnist, "n_train", 21)

    with pytest.raises(
        DataError,
        match=r"mnist.npz: expected 21 images of 28 x 28 bytes and their classes, "
        r"found uint8 of shape \(20, 28, 28\) and classes of shape \(20,\)",
    ):
        Mnist().load(folder)


def test_refuses_other_classes(small: Callable[[Images], Path]) -> None:
    """Numbers that are no class."""
    folder = small(Mnist())
    with np.load(folder / "mnist.npz") as file:
        np.savez(folder / "mnist.npz", **{**file, "y_test": np.full(N_TEST, 10)})

    with pytest.raises(DataError, match="the classes are not integers from 0 to 9"):
        Mnist().load(folder)


class Call:
    """Pickles as a call of a function."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[object, ...]:
        return self.call


def test_cifar_runs_no_code(small: Callable[[Images], Path]) -> None:
    """A pickle that would run a command is refused by the name of what it calls, and runs nothing."""
    folder = small(Cifar100())
    witness = folder / "witness"
    content = pickle.dumps({b"data": Call(os.system, f"touch {witness}")}, protocol=2)
    (folder / "cifar-100-python-target/cifar-100-python/train").write_bytes(content)

    with pytest.raises(DataError, match=r"train: refused: it would call posix\.system"):
        Cifar100().load(folder)

    assert not witness.exists()


@pytest.mark.parametrize("content", [b"", b"<html>", pickle.dumps([1, 2]), pickle.dumps({b"data": np.zeros(5)})])
def test_names_a_damaged_cifar_file(small: Callable[[Images], Path], content: bytes) -> None:
    """Empty, no pickle, another thing, another shape."""
    folder = small(Cifar100())
    (folder / "cifar-100-python-target/cifar-100-python/test").write_bytes(content)

    with pytest.raises(DataError, match="test: not a readable CIFAR file, or a damaged one"):
        Cifar100().load(folder)


def test_reads_idx_of_any_shape(tmp_path: Path) -> None:
    """What the header says."""
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    write_idx(tmp_path / "file.gz", array)

    np.testing.assert_array_equal(idx.read(tmp_path / "file.gz"), array)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x00",
        b"\x00\x00\x08\x00",
        b"\x00\x00\x0d\x01\x00\x00\x00\x01\x07",  # floats
        b"\x00\x00\x08\x02\x00\x00\x00\x01",  # cut in the header
        b"\x00\x00\x08\x01\x00\x00\x00\x02\x07",  # cut in the bytes
        b"\x00\x00\x08\x02\xff\xff\xff\xff\xff\xff\xff\xff\x07",  # axes that no file has
    ],
)
def test_names_what_is_no_idx_file(tmp_path: Path, content: bytes) -> None:
    """Cut, or of another type."""
    (tmp_path / "file.gz").write_bytes(gzip.compress(content))

    with pytest.raises(DataError, match=r"file\.gz: (not an idx file of bytes, or a cut one|needs about 18\.4 EB of)"):
        idx.read(tmp_path / "file.gz")


@pytest.mark.parametrize("content", [b"<html>", gzip.compress(bytes(100), mtime=0)[:20], b""])
def test_names_a_damaged_gzip_file(tmp_path: Path, content: bytes) -> None:
    """An error page saved as data, a cut download."""
    (tmp_path / "file.gz").write_bytes(content)

    with pytest.raises(DataError, match=r"file\.gz: not a"):
        idx.read(tmp_path / "file.gz")


@pytest.mark.parametrize("dataset", ALL, ids=lambda dataset: dataset.type)
def test_loads_the_images_that_were_digested(dataset: Images, small: Callable[[Images], Path]) -> None:
    """Also where the files are overwritten in between."""
    folder = small(dataset)

    assert_loads_what_was_digested(dataset, folder, folder)


def test_loads_the_districts_that_were_digested(tmp_path: Path) -> None:
    """Also where the file is overwritten in between."""
    np.savez(tmp_path / "california_housing.npz", x=np.ones((20_640, 8)), y=np.arange(20_640.0))

    assert_loads_what_was_digested(CaliforniaHousing(), tmp_path, tmp_path)
