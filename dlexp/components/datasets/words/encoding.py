"""Texts as vectors or padded sequences: how their words become the numbers that a model takes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from dlexp.components.component import Context, Misfit, Off, Settings
from dlexp.components.data import Array, Data, Info, NewExamples, Split
from dlexp.components.datasets.words import INDEX_FROM
from dlexp.components.datasets.words.tokens import Tokens
from dlexp.components.identity_rules import AddedLater
from dlexp.format import plural

if TYPE_CHECKING:
    from dlexp.components.datasets.words.sequences import Sequences, Texts

Encoding = Literal["multi_hot", "count", "tfidf", "padded"]
DEFAULT_MAXLEN = 256
#: Of more texts than these a note names the first.
MAX_SHOWN = 8


@dataclass(frozen=True)
class TextEncoding:
    """An encoding of texts as word numbers, 1 for the most frequent."""

    num_words: int
    skip_top: int
    encoding: Encoding
    maxlen: int | None

    @property
    def inputs(self) -> Literal["sparse", "word_ids"]:
        """What the model takes."""
        return "word_ids" if self.encoding == "padded" else "sparse"

    @property
    def shape(self) -> tuple[int]:
        """One unit per word, or one index per position."""
        return (self.maxlen if self.encoding == "padded" and self.maxlen else self.num_words,)

    def info(self, **known: Any) -> Info:
        """An `Info` of encoded texts, of which the rest is `known`."""
        return Info(inputs=self.inputs, shape=self.shape, vocabulary=self.num_words, **known)

    def data(self, train: Split, test: Split, **beside: Any) -> Data:
        """Both splits encoded, each given as word numbers; `beside` is what else `Data` has."""
        return self.weighted(Data(self.unweighted(train.x, train.y), self.unweighted(test.x, test.y), **beside))

    def inputs_of(self, train: "Sequences", other: "Sequences") -> tuple[Any, Any]:
        """Training texts and others encoded, without targets."""
        import numpy as np

        data = self.data(*(Split(texts, np.zeros(len(texts), np.int32)) for texts in (train, other)))
        return data.train.x, data.test.x

    def unweighted(self, texts: "Texts | Sequences", y: Array) -> Split:
        """Word numbers and their targets, encoded except for the weights of tf-idf, which need all training texts."""
        import numpy as np

        from dlexp.components.datasets.words import sequences

        y = y if y.dtype.kind == "f" else y.astype(np.int32)
        numbered = sequences.numbered(texts, self.num_words, self.skip_top)
        if self.encoding == "padded" and self.maxlen:
            return Split(sequences.padded(numbered, self.maxlen), y)
        vectors = sequences.multi_hot if self.encoding == "multi_hot" else sequences.count
        return Split(vectors(numbered, self.num_words), y)

    def weighted(self, data: Data) -> Data:
        """With the weights of tf-idf, if that is the encoding."""
        if self.encoding != "tfidf":
            return data
        from dlexp.components.datasets.words import sequences

        train, test = sequences.tfidf(data.train.x, data.test.x)
        return replace(data, train=Split(train, data.train.y), test=Split(test, data.test.y))

    def new(
        self, train: "Callable[[], Sequences]", new: "Sequences", names: Sequence[str], notes: Sequence[str] = ()
    ) -> NewExamples:
        """Texts that no split has, encoded; `train` gives the training texts, whose frequencies tf-idf needs."""
        import numpy as np

        notes = [*notes, *self.notes(new, names)]
        if self.encoding == "tfidf":
            return NewExamples(self.inputs_of(train(), new)[1], names, notes)
        return NewExamples(self.unweighted(new, np.zeros(len(new), np.int32)).x, names, notes)

    def notes(self, new: "Sequences", names: Sequence[str], is_gap: "Array | None" = None) -> Iterator[str]:
        """Which new texts have no word, except where `is_gap`, `(n,)`, has said so; and which none that is encoded."""
        is_empty = new.lengths == 0
        yield from _note(is_empty if is_gap is None else is_empty & ~is_gap, names, "no word at all")
        yield from _note((self._n_known(new) == 0) & ~is_empty, names, "no word that the model knows")

    def _n_known(self, texts: "Sequences") -> Array:
        """How many words of each text are numbered by the encoding, `(n,)`."""
        import numpy as np

        ids = texts.ids + np.int32(INDEX_FROM)
        is_known = (ids >= self.skip_top) & (ids < self.num_words)
        return np.bincount(np.repeat(np.arange(len(texts)), texts.lengths)[is_known], minlength=len(texts))


def _note(is_it: Array, names: Sequence[str], what: str) -> Iterator[str]:
    if found := [names[i] for i in is_it.nonzero()[0].tolist()]:
        more = ", ..." * (len(found) > MAX_SHOWN)
        yield f"{what} in {len(found)} of {plural(len(names), 'text')}: {', '.join(found[:MAX_SHOWN])}{more}"


class TextKeys(Settings):
    """The keys of every data set of texts, which say how they are encoded."""

    # An int, never all words of the file: the schema must be known without reading it.
    num_words: Annotated[int, Field(ge=4, lt=2**31)] = 10_000
    """Word indices that are kept, the reserved ones included; rarer words become 2. The name is Keras's."""
    skip_top: Annotated[int, Field(ge=0), Off(0)] = 0
    """Word indices below this one become 2, as in Keras."""
    encoding: Encoding = "multi_hot"
    """Sparse vectors over the words: 1 where one occurs, how often, or tf-idf, fitted on the training texts (those that
    validate included); or the last `maxlen` words, zeros in front of shorter texts."""
    maxlen: Annotated[int, Field(ge=1)] | None = None
    """Words of a padded text: 256 by default."""

    @model_validator(mode="before")
    @classmethod
    def _state_maxlen(cls, values: Any) -> Any:
        padded = isinstance(values, dict) and values.get("encoding") == "padded"
        return {**values, "maxlen": DEFAULT_MAXLEN} if padded and values.get("maxlen") is None else values

    @property
    def text_encoding(self) -> TextEncoding:
        """The encoding."""
        return TextEncoding(self.num_words, self.skip_top, self.encoding, self.maxlen)

    def problems(self, context: Context) -> Iterator[Misfit]:
        """A length without padding, and no words left."""
        if self.encoding == "multi_hot" and self.maxlen is not None:
            yield Misfit("maxlen", f"only padded text has a length; given {self.maxlen} with encoding multi_hot")
        if self.skip_top >= self.num_words:
            yield Misfit("skip_top", f"leaves no word: {self.skip_top} of num_words {self.num_words} are skipped")


class TokenKeys(Settings):
    """The key of texts that are the user's own, which says what a word is."""

    tokens: Annotated[Tokens, AddedLater(before="words")] = "words"
    """What is numbered. `words` are those of Keras's Tokenizer: lower case, separated by white space and ASCII's
    punctuation, so that “good” with typographic quotes is another word than good, and an HTML tag is a word;
    `unicode_words` are separated by all punctuation; `characters`, for texts without spaces such as Chinese."""
