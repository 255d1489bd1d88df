"""The user's own texts in folders: classes, ratings, words and what is refused."""

from pathlib import Path
from typing import Any

import pytest
from snapshots import assert_loads_what_was_digested

from dlexp.components import snapshot
from dlexp.components.component import ALONE
from dlexp.components.datasets import TextFolder
from dlexp.errors import DataError

REVIEWS = {
    "train/neg/0_2.txt": "bad, bad film",
    "train/neg/1_1.txt": "a bad film",
    "train/pos/0_9.txt": "good film",
    "train/unsup/0_0.txt": "unseen",
    "train/urls.txt": "no text",
    "test/neg/0_3.txt": "unseen film",
    "test/pos/0_8.txt": "good",
}
LABELLED: dict[str, Any] = {"path": "reviews", "folders": ["neg", "pos"]}
PADDED: dict[str, Any] = {"encoding": "padded", "maxlen": 4}


@pytest.fixture(autouse=True)
def reviews(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder laid out as the Large Movie Review Dataset, below the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLEXP_DATA", raising=False)
    for name, text in REVIEWS.items():
        path = tmp_path / "reviews" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "reviews"


def test_a_folder_is_a_class() -> None:
    """Those that are named, in their order; the others are left out."""
    dataset = TextFolder(**LABELLED, task="binary")
    data = dataset.load(None)

    assert (sorted(data.train.y.tolist()), sorted(data.test.y.tolist())) == ([0, 0, 1], [0, 1])
    assert data.info is not None
    assert (data.info.class_names, data.info.shape, dataset.info().n_classes) == (("neg", "pos"), (10_000,), 2)


def test_all_folders_are_classes_unless_said(reviews: Path) -> None:
    """Those of the training split."""
    (reviews / "test/unsup").mkdir()
    info = TextFolder(path="reviews", task="multiclass").load(None).info

    assert info is not None
    assert info.class_names == ("neg", "pos", "unsup")


def test_words_are_numbered_by_the_training_texts() -> None:
    """1 starts a text, bad and film (3 times each) have 4 and 5; what only test texts have is 2."""
    dataset = TextFolder(**LABELLED, **PADDED, task="binary")
    data = dataset.load(None)
    texts = ([" ".join(path.read_text().split()) for path in part] for part in dataset._parts(None))
    train, test = (
        dict(zip(texts_of, x.tolist(), strict=True))
        for texts_of, x in zip(texts, (data.train.x, data.test.x), strict=True)
    )
    film = train["good film"][-1]
    bad = ({4, 5} - {film}).pop()

    assert train["bad, bad film"] == [1, bad, bad, film]
    assert train["good film"][:2] == [0, 1]
    assert test["unseen film"] == [0, 1, 2, film]


def test_a_rating_stands_in_the_files_name() -> None:
    """As a number to predict, or as a class."""
    as_number = TextFolder(**LABELLED, target="rating", task="regression").load(None)
    as_class = TextFolder(path="reviews", folders=["neg"], target="rating", task="ordinal", classes=["1", "2", "3"])

    assert (sorted(as_number.train.y.tolist()), sorted(as_number.test.y.tolist())) == ([1, 2, 9], [3, 8])
    assert as_number.train.y.dtype == "float32"
    assert sorted(as_class.load(None).train.y.tolist()) == [0, 1]


def test_the_digest_knows_names_and_texts(reviews: Path) -> None:
    """Another text, another rating and another folder are other data; what is left out is not."""
    dataset = TextFolder(**LABELLED, task="binary")
    digests = [dataset.digest(None)]
    (reviews / "train/unsup/0_0.txt").write_text("other")

    assert dataset.digest(None) == digests[0]
    for old, new in (("train/neg/0_2.txt", "train/neg/0_4.txt"), ("train/neg/0_4.txt", "train/pos/0_4.txt")):
        (reviews / old).rename(reviews / new)
        digests.append(dataset.digest(None))
    (reviews / "train/pos/0_4.txt").write_text("other")
    digests.append(dataset.digest(None))
    assert len(set(digests)) == 4


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"path": "absent"}, "absent: not found; looked in: "),
        ({"train": "absent"}, "reviews/absent/neg: No such file or directory"),
        ({"folders": ["neg", "pos", "unsup"]}, "test/unsup: No such file or directory"),
    ],
)
def test_says_which_folder_is_absent(settings: dict[str, Any], message: str) -> None:
    """Before anything is read."""
    with pytest.raises(DataError) as error:
        TextFolder(**({**LABELLED, "task": "binary"} | settings)).load(None)

    assert message in str(error.value)


def test_folders_are_held_against_those_that_are_there() -> None:
    """No text is read."""
    assert list(TextFolder(**LABELLED, task="binary").misfits(None)) == []
    assert list(TextFolder(path="reviews", folders=["neg", "unsup"], train="trian", task="binary").misfits(None)) == [
        ("train", "reviews has no folder 'trian'. Did you mean 'train'? Choose from: test, train"),
        ("folders", "reviews/test has no folder 'unsup'. Choose from: neg, pos"),
    ]


def test_says_which_file_is_wrong(reviews: Path) -> None:
    """No rating in its name, or no UTF-8."""
    (reviews / "train/neg/x.txt").write_bytes(b"\xff")

    with pytest.raises(DataError, match=r"^reviews/train/neg/x\.txt: no rating in its name; expected <id>_<rating>\."):
        TextFolder(**LABELLED, target="rating", task="regression").load(None)
    with pytest.raises(DataError, match=r"^reviews/train/neg/x\.txt: not readable as UTF-8 text \('utf-8' codec"):
        TextFolder(**LABELLED, task="binary").load(None)


def test_settings_of_folders_that_exclude_each_other() -> None:
    """Said before any file is read."""
    assert list(TextFolder(path="a", task="regression").problems(ALONE)) == [
        ("target", "folders are classes; a regression task needs target: rating")
    ]
    assert list(TextFolder(path="a", task="multilabel").problems(ALONE)) == [
        ("task", "a text is in one folder and has one rating; several labels need a table (csv)")
    ]


def test_loads_the_texts_that_were_digested(reviews: Path) -> None:
    """Also where files are overwritten, added and removed in between."""
    dataset = TextFolder(**LABELLED, task="binary")
    assert_loads_what_was_digested(dataset, reviews)

    with snapshot.taken():
        before = dataset.digest(None)
        (reviews / "train/neg/9_1.txt").write_text("one more")
        (reviews / "train/pos/0_9.txt").unlink()
        data = dataset.load(None)

    assert (len(data.train), len(data.test)) == (3, 2)
    assert dataset.digest(None) != before
