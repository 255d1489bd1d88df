"""Keras's texts: reviews and newswires as word indices."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal

from dlexp import regular_files
from dlexp.components import memory, snapshot
from dlexp.components.data import N_FIRST, Array, Data, Info, NewExamples, Split, SplitName, Task
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.datasets.reading import files
from dlexp.components.datasets.words import INDEX_FROM, SIGNS
from dlexp.components.datasets.words.encoding import TextKeys
from dlexp.errors import DataError

#: Makes word indices (lists, or arrays of them) and their classes a split.
Encode = Callable[[Any, Array], Split]
SHUFFLE_SEED = 113  # Keras's
WORD_INDEX = "{}_word_index.json"
#: What a byte of a word index takes in memory.
WORD_INDEX_BYTES = 16


class KerasTexts(TextKeys, Dataset):
    """Texts as word indices, numbered, cut and shuffled as `keras.datasets` does."""

    parts: ClassVar[tuple[tuple[str, str], ...]]
    """The file's arrays: names of texts and classes, of both splits or, before they are split, of all."""
    task: ClassVar[Task]
    n_classes: ClassVar[int]
    n_train: ClassVar[int]
    n_test: ClassVar[int]

    def info(self) -> Info:
        """One unit per word, or one index per position."""
        return self.text_encoding.info(
            task=self.task, n_train=self.n_train, n_test=self.n_test, n_classes=self.n_classes
        )

    def paths(self, data_dir: Path | None) -> list[Path]:
        """The archive as it lies there."""
        return [files.find(f"{self.type}.npz", data_dir)]

    def load(self, data_dir: Path | None) -> Data:
        """The same texts in the same order as `keras.datasets` gives."""
        from dlexp.components.datasets.words.cache import cached

        with snapshot.taken():  # What is kept under the digest is encoded from the very bytes that it is of.
            digest = self.digest(data_dir)
            key = [self.type, digest, self.num_words, self.skip_top, self.encoding, self.maxlen]
            data = cached(self.type, key, lambda: self._read(data_dir, self.text_encoding.unweighted))
        return self.text_encoding.weighted(replace(data, decode=partial(self._decoded, data_dir, digest)))

    def texts(self, data_dir: Path | None) -> Data:
        """The same texts, whole."""
        from dlexp.components.datasets.words import indices

        data = self._whole(data_dir)
        return replace(data, first=indices.decoded(data.train.first(N_FIRST), self.words(data_dir)))

    def places(self, data: Data, part: SplitName, positions: Sequence[int], data_dir: Path | None) -> list[str]:
        """In the arrays of the file, which Keras shuffles."""
        arrays = self.parts * 2 if len(self.parts) == 1 else self.parts
        i = ("train", "test").index(part)
        order = self._orders()[i]
        return [f"{arrays[i][0]}[{order[position]}]" for position in positions]

    def source_order(self, data: Data, part: SplitName) -> "Array | None":
        """In the array of all texts, if there is one."""
        return self._orders()[part == "test"] if len(self.parts) == 1 else None

    def lines(self, data: Data, part: SplitName, positions: Sequence[int], data_dir: Path | None) -> list[str]:
        """In words."""
        import numpy as np

        from dlexp.components.datasets.words import indices

        return indices.decoded(getattr(data, part).take(np.array(positions, np.int32)), self.words(data_dir))

    def new_examples(self, path: Path, data_dir: Path | None) -> NewExamples:
        """Texts, cut into words as by Keras's Tokenizer and numbered by the data set's own word index."""
        from dlexp.components.datasets.words import indices

        return indices.new_examples(path, self.text_encoding, self.words(data_dir), lambda: self._whole(data_dir).train)

    def _decoded(self, data_dir: Path | None, digest: str, positions: Sequence[int]) -> list[str]:
        """Test texts in words, whole, as they were before they were cut; an absent word index is not downloaded."""
        import numpy as np

        from dlexp.components.datasets.words import indices

        if self.digest(data_dir) != digest:
            raise DataError(f"{self.paths(data_dir)[0]}: was replaced after it was read")
        files.find(WORD_INDEX.format(self.type), data_dir, may_download=False)
        return indices.decoded(self._whole(data_dir).test.take(np.array(positions, np.int32)), self.words(data_dir))

    def stand_in(self) -> Data:
        """Made-up texts, encoded as the real ones."""
        from dlexp.components.datasets import generated

        return self.text_encoding.data(*generated.texts(self.n_classes))

    def words(self, data_dir: Path | None) -> dict[int, str]:
        """The word of each index of the encoded text, from the word index file."""
        path = files.find(WORD_INDEX.format(self.type), data_dir)
        try:
            memory.require(WORD_INDEX_BYTES * path.stat().st_size, str(path))
            numbers = json.loads(regular_files.read_bytes(path))
            words = {number + INDEX_FROM: word for word, number in numbers.items()}
        except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
            raise DataError(f"{path}: not a readable word index, or a damaged one ({error})") from error
        return SIGNS | words

    def _whole(self, data_dir: Path | None) -> Data:
        from dlexp.components.datasets.words import indices
        from dlexp.components.datasets.words.cache import cached

        with snapshot.taken():
            key = [self.type, self.digest(data_dir), "whole"]
            return cached(f"{self.type}-whole", key, lambda: self._read(data_dir, indices.whole))

    def _read(self, data_dir: Path | None, encode: Encode) -> Data:
        """The file's parts, shuffled and split as Keras does."""
        (path,) = self.paths(data_dir)
        # Encoded in the file's order, then shuffled: lists read at random from memory take longer.
        parts = [self._part(path, *names, encode) for names in self.parts]
        orders = self._orders(*map(len, parts))
        parts = parts * 2 if len(parts) == 1 else parts
        train, test = (part.take(order) for part, order in zip(parts, orders, strict=True))
        if (len(train), len(test)) != (self.n_train, self.n_test):
            raise DataError(
                f"{path}: {len(train)} training and {len(test)} test texts; "
                f"{self.type} has {self.n_train} and {self.n_test}"
            )
        return Data(train, test)

    def _orders(self, *counts: int) -> list[Array]:
        """Where the training and test texts stand in the arrays of the file, from how many texts each array has."""
        import numpy as np

        if not counts:
            counts = (self.n_train + self.n_test,) if len(self.parts) == 1 else (self.n_train, self.n_test)
        # One generator for both: the test order depends on how many training texts there are.
        shuffle = np.random.RandomState(SHUFFLE_SEED)
        orders = [shuffle.permutation(n) for n in counts]
        return np.split(orders[0], [self.n_train]) if len(orders) == 1 else orders

    def _part(self, path: Path, texts_name: str, classes_name: str, encode: Encode) -> Split:
        """Two arrays of the file, encoded; the lists, by far the largest, are gone on return."""
        from dlexp.components.datasets.reading import npz

        texts, y = npz.read(path, (texts_name, classes_name)).values()
        if y.shape != texts.shape[:1]:
            raise DataError(f"{path}: texts of shape {texts.shape}, but classes of shape {y.shape}")
        if y.dtype.kind not in "iu" or not ((y >= 0) & (y < self.n_classes)).all():
            raise DataError(f"{path}: the classes are not integers from 0 to {self.n_classes - 1}")
        try:
            return encode(texts, y)
        except (TypeError, ValueError, OverflowError) as error:
            raise DataError(f"{path}: the texts are not lists of word indices ({error})") from error


class Imdb(KerasTexts):
    """50,000 movie reviews, positive or negative (Maas et al., 2011)."""

    type: Literal["imdb"] = "imdb"
    class_names = ("negative", "positive")
    parts = (("x_train", "y_train"), ("x_test", "y_test"))
    task = "binary"
    n_classes = 2
    n_train = 25_000
    n_test = 25_000


class Reuters(KerasTexts):
    """11,228 newswires in 46 topics, from Reuters-21578."""

    type: Literal["reuters"] = "reuters"
    class_names = tuple(
        """
        cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton carcass
        crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock retail ipi
        iron-steel rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead
        """.split()  # noqa: SIM905  # A line each otherwise.
    )
    parts = (("x", "y"),)
    task = "multiclass"
    n_classes = 46
    n_train = 8_982
    n_test = 2_246
