"""Texts as vectors or padded sequences: the settings of every data set that is text."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from dlexp.components.component import Context, Misfit, Off
from dlexp.components.data import Data, Split
from dlexp.components.datasets.dataset import Dataset

if TYPE_CHECKING:
    import numpy as np

    from dlexp.components.datasets.user.new_examples import NewExamples
    from dlexp.components.datasets.words.sequences import Sequences, Texts

DEFAULT_MAXLEN = 256


class EncodedTexts(Dataset):
    """Texts as word numbers, 1 for the most frequent, and how they are encoded."""

    # An int, never all words of the file: the schema must be known without reading it.
    num_words: Annotated[int, Field(ge=4, lt=2**31)] = 10_000
    """Word indices that are kept, the reserved ones included; rarer words become 2. The name is Keras's."""
    skip_top: Annotated[int, Field(ge=0), Off(0)] = 0
    """Word indices below this one become 2, as in Keras."""
    encoding: Literal["multi_hot", "count", "tfidf", "padded"] = "multi_hot"
    """Sparse vectors over the words: 1 where one occurs, how often, or tf-idf, fitted on the training texts (those that
    validate included); or the last `maxlen` words, zeros in front of shorter texts."""
    maxlen: Annotated[int, Field(ge=1)] | None = None
    """Words of a padded text: 256 unless said."""

    @model_validator(mode="before")
    @classmethod
    def _state_maxlen(cls, values: Any) -> Any:
        padded = isinstance(values, dict) and values.get("encoding") == "padded"
        return {**values, "maxlen": DEFAULT_MAXLEN} if padded and values.get("maxlen") is None else values

    @property
    def text_inputs(self) -> Literal["sparse", "word_ids"]:
        """What the model takes."""
        return "word_ids" if self.encoding == "padded" else "sparse"

    @property
    def text_shape(self) -> tuple[int]:
        """One unit a word, or one index a position."""
        return (self.maxlen if self.encoding == "padded" and self.maxlen else self.num_words,)

    def encoded(self, texts: "Texts | Sequences", y: "np.ndarray[Any, Any]") -> Split:
        """Word numbers, encoded but for the weights of tf-idf, and their targets."""
        import numpy as np

        from dlexp.components.datasets.words import sequences

        y = y if y.dtype == np.float32 else y.astype(np.int32)
        numbered = sequences.numbered(texts, self.num_words, self.skip_top)
        if self.encoding == "padded" and self.maxlen:
            return Split(sequences.padded(numbered, self.maxlen), y)
        # tf-idf starts from counts; its weights need all training texts.
        vectors = sequences.multi_hot if self.encoding == "multi_hot" else sequences.count
        return Split(vectors(numbered, self.num_words), y)

    def weighted(self, data: Data) -> Data:
        """With the weights of tf-idf, if that is asked for."""
        if self.encoding != "tfidf":
            return data
        from dlexp.components.datasets.words import sequences

        train, test = sequences.tfidf(data.train.x, data.test.x)
        return replace(data, train=Split(train, data.train.y), test=Split(test, data.test.y))

    def new_texts(self, train: "Callable[[], Sequences]", new: "Sequences", names: Sequence[str]) -> "NewExamples":
        """Texts of no split, encoded; `train` gives the training texts, whose frequencies tf-idf needs."""
        import numpy as np

        from dlexp.components.datasets.user.new_examples import NewExamples

        def encoded(texts: "Sequences") -> Split:
            return self.encoded(texts, np.zeros(len(texts), np.int32))

        x = encoded(new)
        if self.encoding == "tfidf":
            x = self.weighted(Data(encoded(train()), x)).test
        return NewExamples(x.x, names)

    def problems(self, context: Context) -> Iterator[Misfit]:
        """A length without padding, and no words left."""
        if self.encoding == "multi_hot" and self.maxlen is not None:
            yield Misfit("maxlen", f"only padded text has a length; given {self.maxlen} with encoding multi_hot")
        if self.skip_top >= self.num_words:
            yield Misfit("skip_top", f"leaves no word: {self.skip_top} of num_words {self.num_words} are skipped")
