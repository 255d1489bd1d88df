"""What is said of texts whose words may not say what the texts do: none, one alone, numbers, no spaces between them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from dlexp.components.data import Array
from dlexp.components.datasets.words.indices import UNKNOWN, Numbered
from dlexp.components.datasets.words.sequences import Sequences
from dlexp.components.datasets.words.tokens import Tokens, unicode_words
from dlexp.components.remarks import Remark
from dlexp.errors import DataError
from dlexp.format import plural

#: From so many training texts on it is said what most of them are.
MIN_TEXTS = 10
#: So large a share is most of them.
MOST = 0.9
#: From this share of the test texts on it is said that they have no word of the training texts.
UNKNOWN_SHARE = 0.05
#: From this share of all words on it is said that punctuation makes two words of one.
ATTACHED_SHARE = 0.05
#: From this share of all characters on the texts are of a script.
SCRIPT_SHARE = 0.3
#: Scripts that are written without spaces, and how long their words are at most on average if there are spaces.
SPACELESS = {
    "Chinese or Japanese": (
        re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"),
        2.5,
    ),
    "Thai, Lao, Khmer or Burmese": (re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"), 7),
}
#: In no language half of the words are longer than this.
MAX_MEDIAN_LENGTH = 20
#: What programs write for a text that is missing.
MISSING = ("nan", "null")
CHARACTERS = "dataset.tokens: characters"


@dataclass(frozen=True)
class TextSource:
    """Where texts come from, for messages."""

    place: str
    """Of all of them: `reviews.csv: column text`."""
    where_train: Callable[[int], str]
    """Of a training text by its position: `reviews.csv: row 12, column text`."""
    where_other: Callable[[int], str]
    column: str = ""
    """The column of a table."""


def text_remarks(
    texts: Numbered, tokens: Tokens, source: TextSource, gaps: tuple[Array, Array] | None = None
) -> list[Remark]:
    """Remarks on the texts of both splits; not on those that are missing as `gaps` says, `(n,)` of each.

    Raises:
        DataError: No training text has a word.
    """
    if not len(texts.train.ids):
        raise DataError(f"{source.place}: none of the {plural(len(texts.train), 'training text')} has a word")
    remarks = [*_wordless(texts, source, gaps), *_written_for_missing(texts, source)]
    if tokens == "characters":
        return remarks
    doubts = [*_spaceless(texts, source), *_numbers(texts, source), *_single(texts, source), *_unknown(texts, source)]
    # The first is why the others are.
    remarks += doubts[:1]
    return [*remarks, *(_attached(texts, source) if tokens == "words" else ())]


def _wordless(texts: Numbered, source: TextSource, gaps: tuple[Array, Array] | None) -> Iterator[Remark]:
    """Texts that are empty, or all punctuation."""
    is_it = [texts.train.lengths == 0, texts.other.lengths == 0]
    if gaps:
        is_it = [each & ~is_gap for each, is_gap in zip(is_it, gaps, strict=True)]
    yield from _of_texts("wordless_texts", is_it, source, "a text without a word")


def _written_for_missing(texts: Numbered, source: TextSource) -> Iterator[Remark]:
    for word in MISSING:
        if word in texts.words:
            number = texts.numbers[texts.words.index(word)]
            parts = [_single_words(part) == number for part in (texts.train, texts.other)]
            yield from _of_texts(
                "missing_texts",
                parts,
                source,
                f"the text {word!r} is taken as a word: only an empty cell or file is missing",
            )


def _of_texts(rule: str, is_it: list[Array], source: TextSource, found: str) -> Iterator[Remark]:
    """One remark on the texts that are marked, `(n,)` of each split, named by the first."""
    n = sum(int(each.sum()) for each in is_it)
    if n:
        in_train = bool(is_it[0].any())
        where = source.where_train if in_train else source.where_other
        place = where(int(is_it[0 if in_train else 1].argmax()))
        more = f", and {n - 1} more" if n > 1 else ""
        yield Remark(rule=rule, place=place, found=found + more)


def _single_words(texts: Sequences) -> Array:
    """The number of a text's only word, `(n,)`; 0 of texts that have more or none."""
    found = np.zeros(len(texts), np.int32)
    is_single = texts.lengths == 1
    found[is_single] = texts.ids[(texts.ends - 1)[is_single]]
    return found


def _spaceless(texts: Numbered, source: TextSource) -> Iterator[Remark]:
    """Words that are whole sentences, or else too long to be words."""
    lengths = np.fromiter(map(len, texts.words), np.int64, len(texts.words))
    n_characters = texts.counts * lengths
    for name, (script, longest) in SPACELESS.items():
        is_it = np.array([not word.isascii() and script.search(word) is not None for word in texts.words])
        if n_characters[is_it].sum() < SCRIPT_SHARE * n_characters.sum():
            continue
        mean = n_characters[is_it].sum() / texts.counts[is_it].sum()
        if mean > longest:
            found = f"{name} without spaces: a word that is cut at spaces has {mean:.0f} characters on average"
            yield Remark(rule="few_spaces", place=source.place, found=found, key=CHARACTERS)
            return
    by_length = np.argsort(lengths)
    median = lengths[by_length][np.searchsorted(texts.counts[by_length].cumsum(), texts.counts.sum() / 2)]
    if median > MAX_MEDIAN_LENGTH:
        found = f"few spaces: half of its words have {median:,} characters or more"
        yield Remark(rule="few_spaces", place=source.place, found=found, key=CHARACTERS)


def _numbers(texts: Numbered, source: TextSource) -> Iterator[Remark]:
    is_number = np.fromiter((word.isdecimal() for word in texts.words), np.bool_, len(texts.words))
    share = texts.counts[is_number].sum() / texts.counts.sum()
    if len(texts.train) >= MIN_TEXTS and share >= MOST:
        found = f"{100 * share:.0f} % of its words are numbers, each taken as a word of its own, not as a quantity"
        key = f"dataset.features: [{source.column}]" if source.column else ""
        yield Remark(rule="number_texts", place=source.place, found=found, key=key)


def _single(texts: Numbered, source: TextSource) -> Iterator[Remark]:
    words = _single_words(texts.train)
    share, n_different = (words > 0).mean(), len(np.unique(words[words > 0]))
    if len(words) < MIN_TEXTS or share < MOST:
        return
    as_category = f"dataset.features: [{source.column}]" if source.column else ""
    key = as_category if n_different < share * len(words) / 2 else CHARACTERS
    found = f"{100 * share:.0f} % of its texts are a single word, {n_different:,} different ones"
    if n_different == 1:
        word = texts.words[int((texts.numbers == words.max()).argmax())]
        found, key = f"{100 * share:.0f} % of its texts are the same word, {word}", ""
    yield Remark(rule="single_words", place=source.place, found=found, key=key)


def _unknown(texts: Numbered, source: TextSource) -> Iterator[Remark]:
    """Test texts that have words, of which none is in the training texts."""
    of_word = np.repeat(np.arange(len(texts.other)), texts.other.lengths)
    n_known = np.bincount(of_word[texts.other.ids != UNKNOWN], minlength=len(texts.other))
    is_unknown = (n_known == 0) & (texts.other.lengths > 0)
    if is_unknown.sum() > 1 and is_unknown.mean() >= UNKNOWN_SHARE:
        found = f"no word of the training texts in {is_unknown.sum():,} of {len(texts.other):,} test texts"
        first = source.where_other(int(is_unknown.argmax()))
        yield Remark(rule="unknown_texts", place=source.place, found=f"{found}, the first at {first}")


def _attached(texts: Numbered, source: TextSource) -> Iterator[Remark]:
    """Words with punctuation that Keras's Tokenizer does not know, where the training texts have the same without."""
    in_train = {word for word, n in zip(texts.words, texts.counts, strict=True) if n}
    same = {
        i: twins[0]
        for i, word in enumerate(texts.words)
        if not word.isascii() and (twins := [each for each in unicode_words(word) if each != word and each in in_train])
    }
    share = texts.counts[list(same)].sum() / texts.counts.sum()
    if share >= ATTACHED_SHARE:
        i = max(same, key=lambda i: int(texts.counts[i]))
        found = (
            f"{100 * share:.0f} % of its words differ from others by punctuation that is not ASCII, as "
            f"{texts.words[i]} from {same[i]}; Keras's rule, by which they are cut, takes them as other words"
        )
        yield Remark(rule="attached_punctuation", place=source.place, found=found, key="dataset.tokens: unicode_words")
