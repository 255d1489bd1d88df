"""IMDB and Reuters: Keras's conventions, both encodings, the stand-ins."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from archives import ragged
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.sparse import csr_array
from snapshots import assert_loads_what_was_digested, dense

from dlexp.components.component import ALONE
from dlexp.components.data import Data
from dlexp.components.datasets import Imdb, Reuters
from dlexp.components.datasets.keras.text import KerasTexts
from dlexp.components.datasets.words import sequences
from dlexp.components.datasets.words.indices import decode
from dlexp.errors import DataError

TEXTS = [[1, 5, 5, 20], [], [2, 7, 1]]


def test_numbers_words_as_keras() -> None:
    """A start sign, words from 4 on, everything from num_words on is 2; empty texts keep their start sign."""
    numbered = sequences.numbered(TEXTS, num_words=10)

    assert numbered.ids.tolist() == [1, 4, 8, 8, 2, 1, 1, 5, 2, 4]  # 7 + 3 is num_words: out
    assert numbered.lengths.tolist() == [5, 1, 4]


def test_skips_top_words_as_keras() -> None:
    """Indices below skip_top become 2: the start sign too."""
    numbered = sequences.numbered(TEXTS, num_words=10, skip_top=5)

    assert numbered.ids.tolist() == [2, 2, 8, 8, 2, 2, 2, 5, 2, 2]


def test_multi_hot_says_which_words_occur() -> None:
    """Each word once, however often it occurs, in sparse rows of sorted indices."""
    numbered = sequences.numbered(TEXTS, num_words=10)
    ids = numbered.ids.copy()

    x = sequences.multi_hot(numbered, num_words=10)

    assert dense(x).tolist() == [
        [0, 1, 1, 0, 1, 0, 0, 0, 1, 0],
        [0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 1, 1, 0, 1, 1, 0, 0, 0, 0],
    ]
    assert (x.dtype, x.indices.dtype, x.indptr.dtype) == (np.float32, np.int32, np.int32)
    assert x.has_sorted_indices
    assert x.nnz == 9
    np.testing.assert_array_equal(numbered.ids, ids)


def test_count_says_how_often_words_occur() -> None:
    """Twice is 2; the signs are counted too."""
    x = sequences.count(sequences.numbered(TEXTS, num_words=10), num_words=10)

    assert dense(x).tolist() == [
        [0, 1, 1, 0, 1, 0, 0, 0, 2, 0],
        [0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 1, 1, 0, 1, 1, 0, 0, 0, 0],
    ]
    assert (x.dtype, x.indices.dtype) == (np.float32, np.int32)


def test_tfidf_by_hand() -> None:
    """count (1 + log((1 + n) / (1 + n_with_word))), rows of length 1; n and n_with_word are of the training texts."""
    train = csr_array(np.array([[1, 2, 0], [1, 0, 0], [1, 0, 0]], np.float32))
    test = csr_array(np.array([[3, 0, 1], [0, 0, 0]], np.float32))
    rare, unseen = 1 + np.log(4 / 2), 1 + np.log(4 / 1)

    x_train, x_test = sequences.tfidf(train, test)

    first = np.array([1, 2 * rare, 0])
    other = np.array([3, 0, unseen])
    np.testing.assert_allclose(x_train.toarray(), [first / np.linalg.norm(first), [1, 0, 0], [1, 0, 0]], rtol=1e-6)
    np.testing.assert_allclose(x_test.toarray(), [other / np.linalg.norm(other), [0, 0, 0]], rtol=1e-6)
    assert x_train.dtype == x_test.dtype == np.float32
    assert isinstance(x_train, csr_array)


def test_takes_texts_by_position() -> None:
    """Ragged texts in another order, empty ones too, one of them twice."""
    texts = sequences.numbered(TEXTS, num_words=100)

    taken = texts[np.array([2, 1, 2])]

    assert taken.ids.tolist() == [1, 5, 10, 4, 1, 1, 5, 10, 4]
    assert taken.lengths.tolist() == [4, 1, 4]


def test_padded_keeps_the_last_words() -> None:
    """Zeros in front of short texts; long ones lose their beginning."""
    x = sequences.padded(sequences.numbered(TEXTS, num_words=10), maxlen=4)

    assert x.tolist() == [[4, 8, 8, 2], [0, 0, 0, 1], [1, 5, 2, 4]]
    assert x.dtype == np.int32


@given(
    texts=st.lists(st.lists(st.integers(1, 50), max_size=12), max_size=8),
    num_words=st.integers(4, 60),
    skip_top=st.integers(0, 8),
    maxlen=st.integers(1, 15),
)
def test_encodes_any_texts(texts: list[list[int]], num_words: int, skip_top: int, maxlen: int) -> None:
    """Both encodings equal their definitions, text by text."""
    numbered = sequences.numbered(texts, num_words, skip_top)

    kept = [[i if skip_top <= i < num_words else 2 for i in [1, *(word + 3 for word in text)]] for text in texts]
    x = sequences.multi_hot(numbered, num_words)
    assert [sorted(set(text)) for text in kept] == [row.tolist() for row in np.split(x.indices, x.indptr[1:-1])][
        : len(texts)
    ]
    assert (x.data == 1).all()
    assert sequences.padded(numbered, maxlen).tolist() == [([0] * maxlen + text)[-maxlen:] for text in kept]


def keras_data(name: str, path: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> Any:
    """What `keras.datasets` makes of this file; it would refuse a path, and a file with another digest."""
    import importlib

    module = importlib.import_module(f"keras.src.datasets.{name}")
    monkeypatch.setattr(module, "get_file", lambda *_, **__: str(path))
    return module.load_data(**settings)


@pytest.mark.parametrize("component", [pytest.param(Imdb, marks=pytest.mark.slow), Reuters])
def test_equals_keras_on_the_real_data(
    component: type[KerasTexts], data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same texts and classes in the same order, word by word, in both encodings."""
    import keras

    settings: dict[str, Any] = {"num_words": 2000, "skip_top": 20}
    name = component.model_fields["type"].default
    expected = keras_data(name, data_dir / f"{name}.npz", monkeypatch, **settings)
    multi_hot = component(**settings).load(data_dir)
    padded = component(**settings, encoding="padded", maxlen=200).load(data_dir)

    for (x, y), sparse, words in zip(
        expected, (multi_hot.train, multi_hot.test), (padded.train, padded.test), strict=True
    ):
        np.testing.assert_array_equal(sparse.y, y)
        np.testing.assert_array_equal(words.y, y)
        np.testing.assert_array_equal(words.x, keras.utils.pad_sequences(x, maxlen=200))
        assert isinstance(sparse.x, csr_array)
        rows = [np.unique(text) for text in x]
        np.testing.assert_array_equal(sparse.x.indptr, np.cumsum([0, *map(len, rows)]))
        np.testing.assert_array_equal(sparse.x.indices, np.concatenate(rows))


@pytest.mark.parametrize("component", [Imdb, Reuters])
@pytest.mark.parametrize("encoding", ["multi_hot", "count", "tfidf", "padded"])
def test_info_holds_on_the_real_data(component: type[KerasTexts], encoding: str, data_dir: Path) -> None:
    """What is promised without reading is what reading gives."""
    dataset = component.model_validate({"encoding": encoding})

    data = dataset.load(data_dir)

    assert_as_promised(dataset, data)
    assert (len(data.train), len(data.test)) == (dataset.info().n_train, dataset.info().n_test)


def assert_as_promised(dataset: KerasTexts, data: Data) -> None:
    """Shapes, types and ranges of `info`."""
    info = dataset.info()
    for split in (data.train, data.test):
        assert split.x.shape == (len(split), *info.shape)
        assert split.x.dtype == (np.float32 if info.inputs == "sparse" else np.int32)
        assert split.y.dtype == np.int32
        assert split.y.min() >= 0
        assert split.y.max() < info.n_classes
    assert set(data.train.y) == set(range(info.n_classes or 0))


def test_known_before_reading() -> None:
    """The counts of Keras's files, one unit a word, or one index a position."""
    imdb, reuters = Imdb(num_words=500).info(), Reuters(encoding="padded", maxlen=80).info()

    assert (imdb.task, imdb.n_train, imdb.n_test, imdb.n_classes) == ("binary", 25_000, 25_000, 2)
    assert (imdb.inputs, imdb.shape, imdb.vocabulary) == ("sparse", (500,), 500)
    assert (reuters.task, reuters.n_train, reuters.n_test, reuters.n_classes) == (
        "multiclass",
        8_982,
        2_246,
        46,
    )
    assert (reuters.inputs, reuters.shape, reuters.vocabulary) == ("word_ids", (80,), 10_000)


def test_padding_states_its_length() -> None:
    """256 words by default, and the resolved config says so; multi-hot text has no length."""
    assert Imdb(encoding="padded").maxlen == 256
    assert Imdb(encoding="padded", maxlen=None).model_dump()["maxlen"] == 256
    assert Imdb(encoding="padded", maxlen=80).maxlen == 80
    assert Imdb().maxlen is None


def test_settings_that_cannot_work_together() -> None:
    """A length of multi-hot text, and a vocabulary of which nothing is left."""
    assert list(Imdb(encoding="padded").problems(ALONE)) == []
    assert list(Imdb(maxlen=80).problems(ALONE)) == [
        ("maxlen", "only padded text has a length; given 80 with encoding multi_hot")
    ]
    assert list(Reuters(num_words=20, skip_top=20).problems(ALONE)) == [
        ("skip_top", "leaves no word: 20 of num_words 20 are skipped")
    ]


@pytest.mark.parametrize("settings", [{"num_words": 3}, {"num_words": None}, {"skip_top": -1}, {"maxlen": 0}])
def test_settings_out_of_range(settings: dict[str, Any]) -> None:
    """The three reserved indices are no vocabulary, and the schema never depends on the file."""
    with pytest.raises(ValidationError):
        Imdb(**settings)


def test_shuffles_as_keras_does(small_imdb: Path) -> None:
    """One generator with seed 113 shuffles the training reviews first, then the test reviews."""
    shuffle = np.random.RandomState(113)
    train, test = np.arange(3), np.arange(2)
    shuffle.shuffle(train)
    shuffle.shuffle(test)

    data = Imdb(num_words=10, encoding="padded", maxlen=3).load(small_imdb)

    padded = np.array([[8, 8, 2], [0, 0, 1], [5, 2, 4]])
    assert data.train.x.tolist() == padded[train].tolist()
    assert data.train.y.tolist() == np.array([0, 1, 0])[train].tolist()
    assert data.test.y.tolist() == test.tolist()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"x_test": ragged([[9]]), "y_test": np.array([0])}, "3 training and 1 test texts; imdb has 3 and 2"),
        ({"y_test": np.array([0])}, r"texts of shape \(2,\), but classes of shape \(1,\)"),
        ({"y_test": np.array([0, 2])}, "the classes are not integers from 0 to 1"),
        ({"y_test": np.array([0.0, 1.0])}, "the classes are not integers from 0 to 1"),
        ({"x_test": ragged([["a word"], [8]])}, "the texts are not lists of word indices"),
        ({"x_test": np.array([8, 9], object)}, "the texts are not lists of word indices"),
        ({"x_test": ragged([[2**40], [8]])}, "the texts are not lists of word indices"),
    ],
)
def test_refuses_another_file(small_imdb: Path, changed: dict[str, np.ndarray], message: str) -> None:
    """A file that is not what `info` promised is named, with what is wrong."""
    with np.load(small_imdb / "imdb.npz", allow_pickle=True) as file:
        np.savez(small_imdb / "imdb.npz", **{**file, **changed})

    with pytest.raises(DataError, match=f"imdb.npz: {message}"):
        Imdb().load(small_imdb)


def test_digest_is_the_file(small_imdb: Path) -> None:
    """It changes with the file, not with how the texts are encoded."""
    before = Imdb().digest(small_imdb)
    with (small_imdb / "imdb.npz").open("ab") as file:
        file.write(b"more")

    assert len(before) == 64
    assert Imdb(num_words=100).digest(small_imdb) == Imdb().digest(small_imdb) != before


@pytest.mark.parametrize(
    "dataset",
    [Imdb(), Imdb(encoding="padded"), Imdb(encoding="count"), Reuters(encoding="tfidf"), Reuters(skip_top=50)],
)
def test_stand_in_has_the_real_schema(dataset: KerasTexts) -> None:
    """Made-up texts pass through the same encoding, every class occurs, and they are always the same."""
    data, again = dataset.stand_in(), dataset.stand_in()

    assert_as_promised(dataset, data)
    assert (len(data.train), len(data.test)) == (400, 200)
    assert np.bincount(data.train.y).min() >= 2
    assert abs(data.train.x - again.train.x).sum() == 0
    np.testing.assert_array_equal(data.test.y, again.test.y)


@pytest.mark.parametrize(("dataset", "least"), [(Imdb(), 0.95), (Imdb(num_words=100), 0.9), (Reuters(), 0.7)])
def test_stand_in_can_be_learned(dataset: KerasTexts, least: float) -> None:
    """The nearest class mean in multi-hot space finds the planted signal on the test texts."""
    data = dataset.stand_in()
    n_classes = dataset.info().n_classes or 0
    means = np.stack([data.train.x[data.train.y == k].mean(axis=0) for k in range(n_classes)])

    distances = (means**2).sum(axis=1) - 2 * (data.test.x @ means.T)  # |x - m|^2 without |x|^2
    accuracy = (distances.argmin(axis=1) == data.test.y).mean()

    assert accuracy >= least


def test_reuters_stand_in_is_skewed() -> None:
    """As the real topics are: the first class is the most frequent by far."""
    counts = np.bincount(Reuters().stand_in().train.y)

    assert counts.argmax() == 0
    assert counts[0] > 10 * np.median(counts)


def test_decodes(tmp_path: Path) -> None:
    """Indices are words again: reserved signs in brackets, the word index shifted by 3."""
    (tmp_path / "imdb_word_index.json").write_text(json.dumps({"the": 1, "film": 2}))

    words = Imdb().words(tmp_path)

    assert decode(np.array([0, 1, 4, 5, 2, 3]), words) == "[PAD] [START] the film [OOV] [UNUSED]"


def test_shows_whole_texts_in_words(small_imdb: Path) -> None:
    """In the order of the loaded data, with the words that num_words and maxlen cut and without the start sign."""
    (small_imdb / "imdb_word_index.json").write_text(json.dumps({word: i for i, word in enumerate("abcdefghi", 1)}))
    order = np.random.RandomState(113).permutation(3).tolist()
    texts = ["a e e [UNUSED]", "", "b g a"]

    dataset = Imdb(num_words=5, encoding="padded", maxlen=1)

    assert dataset.texts(small_imdb).first == [texts[i] for i in order]
    assert sorted(map(str, dataset.decoded(dataset.load(small_imdb), range(2)))) == ["h", "i"]


def test_weighs_words_by_the_training_texts(small_imdb: Path) -> None:
    """tf-idf of both splits with the training split's frequencies, in the order of the counts."""
    counts, weights = Imdb(encoding="count").load(small_imdb), Imdb(encoding="tfidf").load(small_imdb)

    train, test = sequences.tfidf(counts.train.x, counts.test.x)
    np.testing.assert_array_equal(dense(weights.train.x), train.toarray())
    np.testing.assert_array_equal(dense(weights.test.x), test.toarray())
    np.testing.assert_array_equal(weights.train.y, counts.train.y)


def test_topics_are_named_as_in_keras() -> None:
    """All 46, in the order of their numbers."""
    import keras

    assert Reuters.class_names == keras.datasets.reuters.get_label_names()


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", '{"the": "1"}'])
def test_names_a_damaged_word_index(tmp_path: Path, content: str) -> None:
    """A word index that is none."""
    (tmp_path / "imdb_word_index.json").write_text(content)

    with pytest.raises(DataError, match=r"imdb_word_index\.json: not a readable word index"):
        Imdb().words(tmp_path)


def test_decodes_the_real_data(data_dir: Path) -> None:
    """The first training review in Keras's order, as everyone knows it."""
    x = Imdb(encoding="padded", maxlen=218).load(data_dir).train.x

    assert decode(x[0], Imdb().words(data_dir)).startswith("[START] this film was just brilliant casting")


def test_loads_the_texts_that_were_digested(small_imdb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the file is overwritten in between."""
    monkeypatch.setenv("DLEXP_CACHE", "none")

    assert_loads_what_was_digested(Imdb(), small_imdb, small_imdb)
