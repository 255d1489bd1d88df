"""Small images that `keras.datasets` downloads, as flat vectors of numbers from 0 to 1."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from dlexp.components import memory, snapshot
from dlexp.components.data import Array, Data, Info, Span, Split
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.datasets.reading import files
from dlexp.components.pictures import Picture
from dlexp.errors import DataError


class Images(Dataset):
    """Images as vectors: row by row, the colours of a pixel side by side, each byte divided by 255."""

    image_shape: ClassVar[tuple[int, ...]] = (28, 28)
    """Height and width, and 3 where there are colours."""
    n_classes: ClassVar[int] = 10
    n_train: ClassVar[int] = 60_000
    n_test: ClassVar[int] = 10_000

    def info(self) -> Info:
        """One feature a pixel, or three; they have a common scale, so nothing is standardized."""
        return Info(
            task="multiclass",
            n_train=self.n_train,
            n_test=self.n_test,
            inputs="numeric",
            shape=(math.prod(self.image_shape),),
            n_classes=self.n_classes,
            span=Span(0, 1),
        )

    def load(self, data_dir: Path | None) -> Data:
        """The same images in the same order as `keras.datasets` gives."""
        paths = self.paths(data_dir)
        x_train, y_train, x_test, y_test = self._read(paths)
        train = self._split(paths[0], x_train, y_train, self.n_train)
        return Data(train, self._split(paths[-1], x_test, y_test, self.n_test))

    def decoded(self, data: Data, positions: Sequence[int]) -> list[Picture]:
        """Pictures; their bytes are those of the file."""
        return [Picture.of(data.test.x[position].reshape(self.image_shape), brightest=1) for position in positions]

    def stand_in(self) -> Data:
        """Made-up images: the pattern of their class and noise."""
        from dlexp.components.datasets import generated

        return generated.images(self.n_classes, *self.info().shape)

    def _read(self, paths: list[Path]) -> Iterable[Array]:
        """The bytes `(n, *image_shape)` and classes `(n,)` of the training images, then the test images: as `paths`."""
        raise NotImplementedError

    def _split(self, path: Path, x: Array, y: Array, n: int) -> Split:
        import numpy as np

        if x.shape != (n, *self.image_shape) or x.dtype != np.uint8 or y.shape != (n,):
            raise DataError(
                f"{path}: expected {n} images of {' x '.join(map(str, self.image_shape))} bytes and their classes, "
                f"found {x.dtype} of shape {x.shape} and classes of shape {y.shape}"
            )
        if y.dtype.kind not in "iu" or not ((y >= 0) & (y < self.n_classes)).all():
            raise DataError(f"{path}: the classes are not integers from 0 to {self.n_classes - 1}")
        memory.require(4 * x.size, f"{path}: the pixels as numbers")
        pixels = x.reshape(n, -1).astype(np.float32)
        pixels /= 255  # In place: CIFAR's training pixels take 614 MB.
        return Split(pixels, y.astype(np.int32))


class Mnist(Images):
    """70,000 handwritten digits of 28 x 28 pixels, in 10 classes (LeCun et al., 1998)."""

    type: Literal["mnist"] = "mnist"
    class_names = tuple("0123456789")

    def paths(self, data_dir: Path | None) -> list[Path]:
        """The archive."""
        return [files.find("mnist.npz", data_dir)]

    def _read(self, paths: list[Path]) -> Iterable[Array]:
        from dlexp.components.datasets.reading import npz

        return npz.read(paths[0], ("x_train", "y_train", "x_test", "y_test")).values()


class FashionMnist(Images):
    """70,000 pictures of clothes of 28 x 28 pixels, in 10 classes (Xiao et al., 2017)."""

    type: Literal["fashion_mnist"] = "fashion_mnist"
    class_names = (
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    )

    def paths(self, data_dir: Path | None) -> list[Path]:
        """Images and classes of both splits, in their folder alone: MNIST's own files have the same names."""
        return [
            files.find(f"fashion-mnist/{part}-{content}-ubyte.gz", data_dir)
            for part in ("train", "t10k")
            for content in ("images-idx3", "labels-idx1")
        ]

    def _read(self, paths: list[Path]) -> Iterable[Array]:
        from dlexp.components.datasets.keras import idx

        return [idx.read(path) for path in paths]


def _read_cifar(paths: list[Path], labels_key: bytes) -> Iterable[Array]:
    """Python 2's pickles of the training images, the last one of the test images."""
    import numpy as np

    images, classes = zip(*(_batch(path, labels_key) for path in paths), strict=True)
    return np.concatenate(images[:-1]), np.concatenate(classes[:-1]), images[-1], classes[-1]


def _batch(path: Path, labels_key: bytes) -> tuple[Array, Array]:
    import numpy as np

    from dlexp.components.datasets.reading import pickles

    try:
        memory.require(snapshot.size(path), str(path))
        batch = pickles.load(snapshot.read_bytes(path), encoding="bytes")
        # (n, 3072) -> (n, colours, height, width) -> (n, height, width, colours)
        return batch[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), np.array(batch[labels_key])
    except pickles.Refused as error:
        raise DataError(f"{path}: refused: it would call {error}, which no data needs") from error
    except DataError:
        raise
    # A damaged pickle raises nearly anything.
    except Exception as error:
        raise DataError(f"{path}: not a readable CIFAR file, or a damaged one ({error})") from error


class Cifar10(Images):
    """60,000 photographs of 32 x 32 pixels in colour, in 10 classes (Krizhevsky, 2009)."""

    type: Literal["cifar10"] = "cifar10"
    image_shape = (32, 32, 3)
    n_train = 50_000
    class_names = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

    def paths(self, data_dir: Path | None) -> list[Path]:
        """The files of the unpacked archive."""
        folder = files.find("cifar-10-batches-py", data_dir)
        return [*(folder / f"data_batch_{i}" for i in range(1, 6)), folder / "test_batch"]

    def _read(self, paths: list[Path]) -> Iterable[Array]:
        return _read_cifar(paths, b"labels")


class Cifar100(Images):
    """60,000 photographs of 32 x 32 pixels in colour, in 100 classes (Krizhevsky, 2009)."""

    type: Literal["cifar100"] = "cifar100"
    image_shape = (32, 32, 3)
    n_classes = 100
    n_train = 50_000
    class_names = tuple(
        """
        apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
        castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin
        elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster
        man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck
        pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk
        skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger
        tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
        """.split()  # noqa: SIM905  # A hundred lines otherwise.
    )

    def paths(self, data_dir: Path | None) -> list[Path]:
        """The files of the unpacked archive."""
        folder = files.find("cifar-100-python", data_dir)
        return [folder / "train", folder / "test"]

    def _read(self, paths: list[Path]) -> Iterable[Array]:
        return _read_cifar(paths, b"fine_labels")
