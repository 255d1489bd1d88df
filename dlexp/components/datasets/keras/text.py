"""Keras's texts: reviews and newswires as word indices."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from dlexp import regular_files
from dlexp.components import memory, snapshot
from dlexp.components.data import Data, Info, Split, SplitName, Task
from dlexp.components.datasets.reading import files
from dlexp.components.datasets.words.encoding import EncodedTexts
from dlexp.errors import DataError

if TYPE_CHECKING:
    import numpy as np

    from dlexp.components.datasets.user.new_examples import NewExamples
    from dlexp.components.datasets.words.sequences import Texts

    Encode = Callable[[Texts, np.ndarray[Any, Any]], Split]

SHUFFLE_SEED = 113  # Keras's
#: What a byte of a word index takes in memory.
WORD_INDEX_BYTES = 16


class NumberedTexts(EncodedTexts):
    """Texts that are numbers of words from the start."""

    def texts(self, data_dir: Path | None) -> Data:
        """The same texts, whole: each `x` is a `Sequences` of every word, whatever `num_words` and `skip_top` cut."""
        raise NotImplementedError

    def words(self, data_dir: Path | None) -> dict[int, str]:
        """The word of each index of the encoded text.

        Raises:
            DataError: There is no word index, or it is damaged.
        """
        raise NotImplementedError

    def examples(
        self, data_dir: Path | None, split: SplitName, positions: Sequence[int], data: Data | None = None
    ) -> list[str]:
        """The texts in words, whole, as they were before `num_words` and `maxlen` cut them."""
        import numpy as np

        data, words = data or self.texts(data_dir), self.words(data_dir)
        texts: Any = (data.train if split == "train" else data.test).take(np.array(positions, np.int32)).x
        # Without their start sign.
        return [decode(ids[1:], words) for ids in np.split(texts.ids, texts.ends)[:-1]]

    def new_examples(self, path: Path, data_dir: Path | None) -> "NewExamples":
        """Texts, cut into words as by Keras's Tokenizer and numbered by the data set's own word index."""
        import numpy as np

        from dlexp.components.datasets.user import new_examples
        from dlexp.components.datasets.words import indices as words
        from dlexp.components.datasets.words.sequences import INDEX_FROM, Sequences

        texts, names = new_examples.texts(path)
        ranks = {word: number - INDEX_FROM for number, word in self.words(data_dir).items() if number > INDEX_FROM}

        def train() -> Sequences:
            whole: Any = self.texts(data_dir).train.x
            # Without their start signs, which the encoding puts there.
            is_word = np.ones(len(whole.ids), np.bool_)
            is_word[whole.ends - whole.lengths] = False
            return Sequences(whole.ids[is_word] - INDEX_FROM, whole.lengths - 1)

        return self.new_texts(train, words.ranked(texts, ranks), names)


class Text(NumberedTexts):
    """Texts as word indices, numbered, cut and shuffled as `keras.datasets` does."""

    parts: ClassVar[tuple[tuple[str, str], ...]]
    """The file's arrays: names of texts and classes."""
    task: ClassVar[Task]
    n_classes: ClassVar[int]
    n_train: ClassVar[int]
    n_test: ClassVar[int]

    def info(self) -> Info:
        """One unit a word, or one index a position."""
        return Info(
            task=self.task,
            n_train=self.n_train,
            n_test=self.n_test,
            inputs=self.text_inputs,
            shape=self.text_shape,
            vocabulary=self.num_words,
            n_classes=self.n_classes,
        )

    def digest(self, data_dir: Path | None) -> str:
        """Of the archive as it lies there."""
        return files.digest(self._find(data_dir))

    def load(self, data_dir: Path | None) -> Data:
        """The same texts in the same order as `keras.datasets` gives."""
        from dlexp.components.datasets.words.cache import cached

        with snapshot.taken():  # What is kept under the digest is encoded from the very bytes that it is of.
            digest = self.digest(data_dir)
            key = [self.type, digest, self.num_words, self.skip_top, self.encoding, self.maxlen]
            data = cached(self.type, key, lambda: self._read(data_dir, self.encoded))
        return self.weighted(replace(data, decode=partial(self._decoded, data_dir, digest)))

    def texts(self, data_dir: Path | None) -> Data:
        """The same texts, whole."""
        from dlexp.components.datasets.words.cache import cached

        with snapshot.taken():
            key = [self.type, self.digest(data_dir), "whole"]
            return cached(f"{self.type}-whole", key, lambda: self._read(data_dir, _whole))

    def _decoded(self, data_dir: Path | None, digest: str, positions: Sequence[int]) -> list[str]:
        """Test texts in words, as `examples` gives them; a word index that is not there is not downloaded.

        Raises:
            DataError: There is none, or the texts are others by now than those with this digest.
        """
        if self.digest(data_dir) != digest:
            raise DataError(f"{self._find(data_dir)}: was replaced after it was read")
        files.find(self._word_index, data_dir, download=False)
        return self.examples(data_dir, "test", positions)

    def stand_in(self) -> Data:
        """Made-up texts, encoded as the real ones."""
        from dlexp.components.datasets import generated

        train, test = generated.texts(self.n_classes)
        return self.weighted(Data(self.encoded(*train), self.encoded(*test)))

    def words(self, data_dir: Path | None) -> dict[int, str]:
        """From the word index file."""
        from dlexp.components.datasets.words.sequences import INDEX_FROM, SIGNS

        path = files.find(self._word_index, data_dir)
        try:
            memory.require(WORD_INDEX_BYTES * path.stat().st_size, str(path))
            numbers = json.loads(regular_files.read_bytes(path))
            words = {number + INDEX_FROM: word for word, number in numbers.items()}
        except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
            raise DataError(f"{path}: not a readable word index, or a damaged one ({error})") from error
        return SIGNS | words

    @property
    def _word_index(self) -> str:
        return f"{self.type}_word_index.json"

    def _find(self, data_dir: Path | None) -> Path:
        return files.find(f"{self.type}.npz", data_dir)

    def _read(self, data_dir: Path | None, encode: "Encode") -> Data:
        path = self._find(data_dir)
        # Encoded in the file's order, then shuffled: lists read at random from memory take longer.
        data = self._in_keras_order(*(self._part(path, *names, encode) for names in self.parts))
        if (len(data.train), len(data.test)) != (self.n_train, self.n_test):
            raise DataError(
                f"{path}: {len(data.train)} training and {len(data.test)} test texts; "
                f"{self.type} has {self.n_train} and {self.n_test}"
            )
        return data

    def _in_keras_order(self, *parts: Split) -> Data:
        """The file's parts shuffled and split as Keras does."""
        raise NotImplementedError

    def _part(self, path: Path, texts_name: str, classes_name: str, encode: "Encode") -> Split:
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


class Imdb(Text):
    """50,000 movie reviews, positive or negative (Maas et al., 2011)."""

    type: Literal["imdb"] = "imdb"
    class_names: ClassVar[tuple[str, ...]] = ("negative", "positive")
    parts: ClassVar[tuple[tuple[str, str], ...]] = (("x_train", "y_train"), ("x_test", "y_test"))
    task: ClassVar[Task] = "binary"
    n_classes: ClassVar[int] = 2
    n_train: ClassVar[int] = 25_000
    n_test: ClassVar[int] = 25_000

    def _in_keras_order(self, *parts: Split) -> Data:
        import numpy as np

        # One generator for both: the test order depends on how many training texts there are.
        shuffle = np.random.RandomState(SHUFFLE_SEED)
        train, test = (part.take(shuffle.permutation(len(part))) for part in parts)
        return Data(train, test)


class Reuters(Text):
    """11,228 newswires in 46 topics, from Reuters-21578."""

    type: Literal["reuters"] = "reuters"
    class_names: ClassVar[tuple[str, ...]] = tuple(
        """
        cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton carcass
        crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock retail ipi
        iron-steel rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead
        """.split()  # noqa: SIM905  # A line each otherwise.
    )
    parts: ClassVar[tuple[tuple[str, str], ...]] = (("x", "y"),)
    task: ClassVar[Task] = "multiclass"
    n_classes: ClassVar[int] = 46
    n_train: ClassVar[int] = 8_982
    n_test: ClassVar[int] = 2_246

    def _in_keras_order(self, *parts: Split) -> Data:
        import numpy as np

        (whole,) = parts
        order = np.random.RandomState(SHUFFLE_SEED).permutation(len(whole))
        # int(11_228 * (1 - 0.2)) = n_train
        return Data(whole.take(order[: self.n_train]), whole.take(order[self.n_train :]))


def _whole(texts: "Texts", y: "np.ndarray[Any, Any]") -> Split:
    """Every word, numbered as `load` numbers them."""
    import numpy as np

    from dlexp.components.datasets.words import sequences

    return Split(sequences.numbered(texts, np.iinfo(np.int32).max), y.astype(np.int32))


def decode(ids: "Iterable[int]", words: Mapping[int, str]) -> str:
    """Encoded text in words; an index that has none is `[UNUSED]`, as 3 in Keras's counting."""
    return " ".join(words.get(int(i), "[UNUSED]") for i in ids)
