"""What a token of a text is: by Keras's rule, by Unicode's punctuation, or a character."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlexp.components.datasets.words.tokens import CUTS, Tokens

SPACES = [
    "\r\n",
    "\r",
    "\x0b",
    "\x0c",
    "\x85",
    "\xa0",
    "\u2028",
    "\u2029",
    "\u202f",
    "\u3000",
    "\u200b",
    "\0",
    "_x000D_",
]


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("tokens", ["words", "unicode_words"])
def test_every_white_space_parts_words(tokens: Tokens, space: str) -> None:
    """Line ends of every system, Unicode's spaces, control characters, and what Excel writes for a carriage return."""
    assert CUTS[tokens](f"Good{space}film{space}") == ["good", "film"]


@pytest.mark.parametrize("mark", ["\ufeff", "\u00ad", "\u200e", "\u202b", "\u2060"])
def test_what_nobody_sees_is_part_of_no_word(mark: str) -> None:
    """A byte order mark, a soft hyphen, marks of the direction of writing."""
    assert CUTS["words"](f"{mark}go{mark}od{mark}") == ["good"]


def test_an_accent_is_the_same_however_it_was_typed() -> None:
    """As a letter of its own, or behind its letter, as macOS stores names."""
    assert CUTS["words"]("caf\u00e9") == CUTS["words"]("cafe\u0301") == ["caf\u00e9"]


def test_a_joiner_stays_in_its_word() -> None:
    """In Persian it says which letters are joined; another word has none."""
    assert CUTS["words"]("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645") == [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    ]


def test_typographic_punctuation_is_part_of_a_word_by_kerass_rule_alone() -> None:
    """Quotes, dashes and an ellipsis; the typographic apostrophe is the plain one, and one around a word is none."""
    text = "\u201cgood\u201d film\u2026 it\u2019s fine \u2014 \u00abyes\u00bb 'no'"

    assert CUTS["unicode_words"](text) == ["good", "film", "it's", "fine", "yes", "no"]
    assert CUTS["words"](text)[:2] == ["\u201cgood\u201d", "film\u2026"]
    assert CUTS["words"]("<p>Great \U0001f600</p><br />") == ["p", "great", "\U0001f600", "p", "br"]


def test_characters_are_those_of_the_words() -> None:
    """Without spaces and punctuation."""
    assert CUTS["characters"]("\u6211\u559c\u6b22\uff0c\u7535\u5f71\u3002 OK!") == [*"\u6211\u559c\u6b22\u7535\u5f71ok"]


@given(st.text(string.ascii_letters + string.digits + string.punctuation + " \t\n"))
def test_plain_texts_are_cut_as_by_keras(text: str) -> None:
    """Whatever ASCII text it is, without control characters: the words of Keras's own function."""
    from keras.src.legacy.preprocessing.text import text_to_word_sequence

    if "_x00" not in text:
        assert CUTS["words"](text) == text_to_word_sequence(text)
