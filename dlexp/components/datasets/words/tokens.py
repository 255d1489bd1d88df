"""A text cut into tokens: words by the rule of Keras's Tokenizer, words between any punctuation, or characters."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Literal

Tokens = Literal["words", "unicode_words", "characters"]
#: What Keras's Tokenizer turns into spaces.
FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
#: Control characters and the zero-width space part words; all other white space is `str.split`'s.
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0), 0x200B]
#: Soft hyphen, byte order mark and marks of the direction of writing: they stand within words, and nobody sees them.
_INVISIBLE = [0xAD, 0x61C, 0x180E, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF]
_AS_KERAS: dict[int, str | None] = {
    **dict.fromkeys(map(ord, FILTERS), " "),
    **dict.fromkeys(_CONTROLS, " "),
    **dict.fromkeys(_INVISIBLE, None),
}
#: What Excel writes for a control character in a cell, such as _x000D_ for a carriage return.
_EXCELS_CONTROL = re.compile(r"_x00[01][0-9A-Fa-f]_")


class _AnyPunctuation(dict[int, str | None]):
    """What becomes of each character where all of Unicode's punctuation parts words; typographic apostrophes do not."""

    def __missing__(self, code: int) -> str:
        is_punctuation = unicodedata.category(chr(code)).startswith("P")
        self[code] = found = " " if is_punctuation else chr(code)
        return found


_BY_UNICODE = _AnyPunctuation({**_AS_KERAS, **dict.fromkeys(map(ord, "'’ʼ"), "'")})


def words(text: str) -> list[str]:
    """Keras's words: lower case, separated by white space and ASCII's punctuation except apostrophes.

    White space is Unicode's, with every control character; Keras's Tokenizer would keep a carriage return in the word.
    """
    return _prepared(text).translate(_AS_KERAS).split()


def unicode_words(text: str) -> list[str]:
    """Words separated by any punctuation: “good”, ‘good’ and «good» are good, and it’s is it's."""
    pieces = _prepared(text).translate(_BY_UNICODE).split()
    return [word for piece in pieces if (word := piece.strip("'"))]


def characters(text: str) -> list[str]:
    """The characters of the words one by one: for texts without spaces, such as Chinese."""
    return list("".join(unicode_words(text)))


CUTS: Mapping[Tokens, Callable[[str], list[str]]] = {
    "words": words,
    "unicode_words": unicode_words,
    "characters": characters,
}


def _prepared(text: str) -> str:
    """In lower case; an accent is part of its letter, however it was typed."""
    if "_x00" in text:
        text = _EXCELS_CONTROL.sub(" ", text)
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text.lower())
