"""The user's own texts in folders: classes, ratings, words and what is refused."""

from pathlib import Path
from typing import Any

import pytest
from snapshots import assert_loads_what_was_digested

from dlexp.components import snapshot
from dlexp.components.component import ALONE
from dlexp.components.datasets import TextFolder
from dlexp.config.load import load
from dlexp.errors import DataError
from dlexp.training.splits import split

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
LATIN = (
    r"reviews/train/neg/x\.txt: line 1, byte 7 of the file: 0xe9 is no UTF-8; "
    r"see dataset\.file_encoding: cp1252, which reads 'café'"
)
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
    found = dataset._found(None)
    texts = ([" ".join(path.read_text().split()) for path in part] for part in (found.train, found.test))
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
    assert as_number.train.y.dtype == "float64"
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
        ({"train": "absent"}, "reviews/absent: No such file or directory"),
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
    (reviews / "train/neg/x.txt").write_bytes("un café noir".encode("cp1252"))

    with pytest.raises(DataError, match=r"^reviews/train/neg/x\.txt: no rating in its name; expected <id>_<rating>\."):
        TextFolder(**LABELLED, target="rating", task="regression").load(None)
    with pytest.raises(DataError, match=rf"^{LATIN}$"):
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


def written(root: Path, **files: str) -> None:
    """Files by their paths, below a folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def said(dataset: TextFolder) -> list[str]:
    """The remarks of its loading, without the hint how to allow them."""
    return [str(each).partition(" (allow")[0] for each in dataset.load(None).remarks]


BOTH: dict[str, str] = {
    f"{part}/{name}/{i}.txt": f"a {name} film"
    for part in ("train", "test")
    for name in ("neg", "pos")
    for i in range(3)
}


def test_what_other_programs_leave_is_no_text(tmp_path: Path) -> None:
    """Jupyter's and the Finder's copies are no class and no text, and are said once; what never was a text is not."""
    left = {
        "train/.ipynb_checkpoints/0-checkpoint.txt": "x",
        "train/pos/.ipynb_checkpoints/0-checkpoint.txt": "x",
        "train/__MACOSX/pos/._0.txt": "x",
        "test/neg/._0.txt": "x",
        "test/neg/.DS_Store": "x",
        "test/neg/Thumbs.db": "x",
        "test/.git/config": "x",
    }
    written(tmp_path / "own", **BOTH, **left)
    dataset = TextFolder(path="own", task="binary")

    assert list(dataset.misfits(None)) == []
    assert len(dataset.load(None).train) == len(dataset.load(None).test) == 6
    assert said(dataset) == ["own: not read: 4 hidden files or folders, the first train/.ipynb_checkpoints"]


def test_texts_that_are_not_read_are_counted(tmp_path: Path) -> None:
    """Other suffixes, deeper folders, texts beside the folders, a folder beside the splits; A.TXT is read."""
    others = {
        "train/pos/A.TXT": "a",
        "train/pos/b.md": "b",
        "train/pos/c": "c",
        "test/pos/old/d.txt": "d",
        "train/e.txt": "e",
        "val/pos/f.txt": "f",
    }
    written(tmp_path / "own", **BOTH, **others)
    dataset = TextFolder(path="own", task="binary")

    assert len(dataset.load(None).train) == 7
    assert said(dataset) == [
        "own: 1 .txt file in the folder val beside train are in no split; see dataset.val: val",
        "own: not read: 2 files that are no .txt files (1 .md, 1 without suffix), the first train/pos/b.md",
        "own: not read: 1 .txt file in deeper folders, the first test/pos/old/d.txt",
        "own: not read: 1 .txt file beside the folders, the first train/e.txt",
    ]


def test_splits_and_folders_may_lie_deeper(tmp_path: Path) -> None:
    """Where they are named by their paths; a hidden folder that is named is read."""
    files = {
        f"data/{part}/.a/{name}/{i}_{i}.txt": "a film" for part in ("one", "two") for name in "xy" for i in range(3)
    }
    written(tmp_path / "own", **files)
    where: dict[str, Any] = {"train": "data/one", "test": "data/two", "folders": [".a/x", ".a/y"]}
    dataset = TextFolder(path="own", **where, target="rating", task="regression")

    assert list(dataset.misfits(None)) == []
    assert (len(dataset.load(None).train), said(dataset)) == (6, [])


def test_links_and_locked_folders_are_not_followed(tmp_path: Path) -> None:
    """But once: a link that leads back would never end. What a program hides may be for it alone."""
    written(tmp_path / "own", **BOTH, **{"train/.Trashes/0.txt": "x"})
    (tmp_path / "own/train/pos/up").symlink_to(tmp_path / "own")
    (tmp_path / "own/train/.Trashes/up").symlink_to(tmp_path / "own")
    (tmp_path / "own/train/.Trashes").chmod(0)

    assert said(TextFolder(path="own", task="binary")) == [
        "own: not read: 1 hidden file or folder, the first train/.Trashes",
        "own: not read: 12 .txt files in deeper folders, the first train/pos/up/test/neg/0.txt",
    ]
    (tmp_path / "own/train/.Trashes").chmod(0o700)


def test_a_folder_of_a_class_without_a_text_is_named(tmp_path: Path) -> None:
    """Of one split; a folder in which nothing can be read is refused with what is there."""
    written(tmp_path / "own", **BOTH, **{"train/odd/0.md": "x"})
    (tmp_path / "own/test/odd").mkdir()

    assert said(TextFolder(path="own", task="multiclass"))[-1] == (
        "own: no .txt file in train/odd, test/odd, so no example of that class"
    )
    written(tmp_path / "other", **{"train/neg/0.md": "x", "train/pos/0.html": "x"})
    with pytest.raises(DataError) as error:
        TextFolder(path="other", task="binary").load(None)
    assert str(error.value) == (
        "other/train: no .txt file in neg, pos; not read: 2 files that are no .txt files (1 .md, 1 .html), "
        "the first neg/0.md"
    )


@pytest.mark.parametrize("below", ["", "train/"])
def test_without_a_folder_of_test_texts_they_are_drawn(tmp_path: Path, below: str) -> None:
    """By class, always the same ones, and said until the config says it too; the digest is that of all texts."""
    written(tmp_path / "own", **{f"{below}{name}/{i}.txt": f"{name} {i}" for name in ("neg", "pos") for i in range(10)})
    dataset = TextFolder(path="own", task="binary")
    absent, key = (
        ("test", "dataset.test: null") if below else ("train or test", "dataset.test: null and dataset.train: null")
    )
    data, settled = (
        dataset.load(None),
        TextFolder(path="own", task="binary", test=None, train="train" if below else None),
    )
    again = TextFolder(path="own", task="binary", split_seed=1)

    assert list(dataset.misfits(None)) == []
    assert said(dataset) == [
        f"own: no folder {absent}, so 4 of 20 texts are the test split, drawn by class; see {key} to settle it"
    ]
    assert sorted(data.test.y.tolist()) == [0, 0, 1, 1]
    assert said(settled) == []
    assert settled.load(None).test.digest == data.test.digest != again.load(None).test.digest
    assert settled.digest(None) == dataset.digest(None) == again.digest(None)
    assert len(TextFolder(path="own", task="binary", test_size=0.5).load(None).test) == 10


def test_a_folder_of_texts_that_validate_is_named(tmp_path: Path) -> None:
    """They validate as they are, beside a test split that is there or drawn; the digest knows them."""
    validating = {f"valid/{name}/{i}.txt": f"a {name} film {i}" for name in ("neg", "pos") for i in range(2)}
    written(tmp_path / "own", **BOTH, **validating)
    text = "dataset: {type: text_folder, path: own, task: binary, val: valid}\n"
    (tmp_path / "c.yaml").write_text(text)
    (tmp_path / "drawn.yaml").write_text(text.replace("}", ", test: null}"))

    for name, n_train, n_test in (("c.yaml", 6, 6), ("drawn.yaml", 4, 2)):
        experiment = load(name).experiment
        data = experiment.dataset.load(None)
        found = split(experiment, data)
        assert found.origins["validation"].positions.tolist() == list(range(n_train, n_train + 4))
        assert {data.name("train", i).split("/")[0] for i in range(n_train, n_train + 4)} == {"valid"}
        assert (len(found.train), len(found.test)) == (n_train, n_test)
    without = TextFolder(path="own", task="binary")
    assert without.digest(None) != experiment.dataset.digest(None)
    assert said(without) == [
        "own: 4 .txt files in the folder valid beside train are in no split; see dataset.val: valid"
    ]
    assert list(TextFolder(path="own", task="binary", val="dev").misfits(None)) == [
        ("val", "own has no folder 'dev'. Choose from: test, train, valid")
    ]


def test_a_drawn_split_of_ratings_needs_no_folders(tmp_path: Path) -> None:
    """Texts that lie in the folder itself."""
    written(tmp_path / "own", **{f"{i}_{i}.txt": f"word {i}" for i in range(10)})
    data = TextFolder(path="own", target="rating", task="regression").load(None)

    assert sorted([*data.train.y.tolist(), *data.test.y.tolist()]) == list(range(10))
    assert len(data.test) == 2


@pytest.mark.parametrize(
    ("files", "settings", "misfit"),
    [
        (
            {**BOTH, "train/unsup/0.txt": "x"},
            {},
            ("folders", "a binary task needs two; own/train has 3: neg, pos, unsup. Name two of them"),
        ),
        (
            {**BOTH, "test/odd/0.txt": "x"},
            {"task": "multiclass"},
            ("folders", "own/test has 'odd', which own/train has not; name those that both have: neg, pos"),
        ),
        (
            {f"data/{name}": text for name, text in BOTH.items()},
            {},
            ("path", "own has the folder data alone, which has them: own/data"),
        ),
        (
            {name.replace("test", "Test"): text for name, text in BOTH.items()},
            {},
            ("test", "own has no folder 'test'. Did you mean 'Test'? Choose from: Test, train"),
        ),
        (
            {name.replace("train", "training"): text for name, text in BOTH.items()},
            {},
            ("train", "own has no folder 'train'. Did you mean 'training'? Choose from: test, training"),
        ),
    ],
)
def test_folders_that_cannot_be_the_splits_or_classes_are_refused(
    tmp_path: Path, files: dict[str, str], settings: dict[str, Any], misfit: tuple[str, str]
) -> None:
    """Before any text is read, with what to say instead."""
    written(tmp_path / "own", **files)

    assert list(TextFolder(**{"path": "own", "task": "binary", **settings}).misfits(None)) == [misfit]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides_and_is_no_word(reviews: Path, encoding: str) -> None:
    """Whatever the other files are; a text is shown without it."""
    dataset = TextFolder(**LABELLED, task="binary")
    before = dataset.load(None)
    for path in reviews.rglob("*.txt"):
        path.write_text(path.read_text(), encoding=encoding)
    data = dataset.load(None)

    assert (data.train.x != before.train.x).nnz == 0
    assert (data.first, data.remarks) == (before.first, before.remarks)


def test_the_encoding_of_the_files_is_a_key(reviews: Path) -> None:
    """Also of new texts, under both names of the key; files that are UTF-8 all the same are said."""
    for path in reviews.rglob("*.txt"):
        path.write_text(path.read_text() + " café", encoding="cp1252")
    utf_8 = reviews / "train/neg/0_2.txt"
    utf_8.write_text("bad café", encoding="utf-8")
    (reviews / "new.txt").write_text("café", encoding="cp1252")
    dataset = TextFolder.model_validate({**LABELLED, "task": "binary", "encoding": "cp1252"})

    assert dataset.file_encoding == "cp1252"
    assert [str(each).partition(";")[0] for each in dataset.load(None).remarks if each.rule == "encoding"] == [
        "reviews/train/neg/0_2.txt: 'café' in UTF-8, is read as 'cafÃ©'"
    ]
    assert dataset.new_examples(reviews / "new.txt", None).notes == []
    assert list(
        TextFolder.model_validate({**LABELLED, "task": "binary", "file_encoding": "utf8x"}).problems(ALONE)
    ) == [("file_encoding", "Python knows no encoding 'utf8x'; utf-8 and cp1252 are usual")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a film".encode("utf-16-le"), "character 2 is NUL, .*; every other byte is 0; .*file_encoding: utf-16-le$"),
        (b"a fi\0lm", "character 5 is NUL, which no text has; remove it from the file$"),
    ],
)
def test_a_file_with_nul_bytes_is_no_text(reviews: Path, content: bytes, message: str) -> None:
    """But one in UTF-16 without its mark, or a damaged one."""
    (reviews / "train/neg/x.txt").write_bytes(content)

    with pytest.raises(DataError, match=rf"^reviews/train/neg/x\.txt: {message}"):
        TextFolder(**LABELLED, task="binary").load(None)
