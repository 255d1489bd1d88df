"""What is said of texts that are no sentences of words: and of all others nothing."""

from collections.abc import Sequence

import pytest

from dlexp.components.datasets.words.indices import numbered
from dlexp.components.datasets.words.text_remarks import TextSource, text_remarks
from dlexp.components.datasets.words.tokens import Tokens
from dlexp.errors import DataError

SOURCE = TextSource("r.csv: column text", lambda i: f"train {i + 1}", lambda i: f"test {i + 1}", "text")
CHINESE = [
    "这部电影很好看",
    "我不喜欢这部电影",
    "很好的演员",
]
THAI = ["ภาพยนตร์ดีมาก"]
FILM = ["a good film", "a bad film", "not a good one", "the best of them"]


def said(train: Sequence[str], test: Sequence[str] = (), tokens: Tokens = "words") -> list[str]:
    """The remarks on texts, each with its rule and without the hint how to allow it."""
    remarks = text_remarks(numbered(train, test, tokens), tokens, SOURCE)
    return [f"{each.rule}: {str(each).partition(' (allow')[0]}" for each in remarks]


@pytest.mark.parametrize(
    ("train", "test"),
    [
        (FILM * 5, FILM),
        (["it\u2019s good", "it\u2019s bad", "we\u2019re here"] * 5, []),
        (
            [
                "хороший фильм",
                "плохой фильм",
            ]
            * 5,
            [],
        ),
        (["我 喜欢 这 部 电影"] * 10, []),  # Parted by a program.
        (["Rechtsschutzversicherungsgesellschaft zahlt nicht", "die Versicherung zahlt"] * 5, []),
        (["<p>good</p><br />", "<p>bad <b>film</b></p>"] * 10, []),
        ([*FILM, "a" * 5000] * 5, FILM),
        (["call 0800 555 now", "win 1000 pounds"] * 10, ["call 0900"]),
    ],
)
def test_honest_texts_are_quiet(train: list[str], test: list[str]) -> None:
    """In any language, with tags, with typographic apostrophes throughout, with a vocabulary far below num_words."""
    assert said(train, test) == []


def test_texts_without_a_word_are_counted_and_the_first_is_named() -> None:
    """Empty, or of punctuation alone; of the training split first."""
    assert said([*FILM, "", "..."], [""]) == ["wordless_texts: train 5: a text without a word, and 2 more"]
    assert said(FILM, ["good", " \u200b"]) == ["wordless_texts: test 2: a text without a word"]


def test_training_texts_without_any_word_are_refused() -> None:
    """There is nothing to learn from."""
    with pytest.raises(DataError, match=r"^r\.csv: column text: none of the 2 training texts has a word$"):
        said(["", "!"], ["good"])


def test_what_a_program_writes_for_missing_is_named() -> None:
    """As the whole text; as a word of a text it is one."""
    assert said([*FILM, "nan", "NaN", "a null result"]) == [
        "missing_texts: train 5: the text 'nan' is taken as a word: only an empty cell or file is missing, and 1 more"
    ]


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (CHINESE * 4, "Chinese or Japanese without spaces: a word that is cut at spaces has 7 characters on average"),
        (
            THAI * 4,
            "Thai, Lao, Khmer or Burmese without spaces: a word that is cut at spaces has 13 characters on average",
        ),
        (["acgt" * 20 + letter for letter in "abcd"], "few spaces: half of its words have 81 characters or more"),
    ],
)
def test_texts_without_spaces_are_named_with_the_key_that_reads_them(texts: list[str], found: str) -> None:
    """Said once, not also as single words or unknown texts; not said once their characters are read."""
    assert said(texts, [text + "x" for text in texts]) == [
        f"few_spaces: r.csv: column text: {found}; see dataset.tokens: characters"
    ]
    assert said(texts, tokens="characters") == []


def test_texts_of_one_word_each_are_a_category_or_names() -> None:
    """Where words come back, a feature; where they do not, their characters."""
    assert said(["red", "blue"] * 10) == [
        "single_words: r.csv: column text: 100 % of its texts are a single word, 2 different ones; see "
        "dataset.features: [text]"
    ]
    assert said([f"name{letter}" for letter in "abcdefghij"]) == [
        "single_words: r.csv: column text: 100 % of its texts are a single word, 10 different ones; see "
        "dataset.tokens: characters"
    ]
    assert said(["word"] * 10) == ["single_words: r.csv: column text: 100 % of its texts are the same word, word"]


def test_numbers_read_as_texts_are_named() -> None:
    """Each would be a word, and 3.5 two of them."""
    assert said([f"{i}.5" for i in range(12)]) == [
        "number_texts: r.csv: column text: 100 % of its words are numbers, each taken as a word of its own, not as a "
        "quantity; see dataset.features: [text]"
    ]


def test_test_texts_of_unknown_words_are_counted() -> None:
    """From one in twenty on."""
    assert said(FILM * 5, ["guter Streifen", *FILM * 2, "schlecht"]) == [
        "unknown_texts: r.csv: column text: no word of the training texts in 2 of 10 test texts, the first at test 1"
    ]
    assert said(FILM * 5, ["guter Streifen", *FILM * 10]) == []


def test_words_that_punctuation_makes_two_are_named() -> None:
    """Where the texts have both; with the key under which they are one."""
    texts = ["\u201cgood\u201d film", "good film", "\u00abbad\u00bb film\u2026", "bad film"]
    (line,) = said(texts)

    assert line == (
        "attached_punctuation: r.csv: column text: 38 % of its words differ from others by punctuation that is not "
        "ASCII, as \u201cgood\u201d from good; Keras's rule, by which they are cut, takes them as other words; see "
        "dataset.tokens: unicode_words"
    )
    assert said(texts, tokens="unicode_words") == []
