"""Labels of classes: which are one, which are doubtful, in which order, in every kind of data of the user's own."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dlexp.components.component import ALONE
from dlexp.components.data import Data
from dlexp.components.datasets import Csv, Npz, Parquet, TextFolder
from dlexp.components.datasets.user.labels import Labels, in_own_order, kin, label, spellings, truths
from dlexp.components.remarks import RULES
from dlexp.config.load import load
from dlexp.errors import DataError


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are seen from the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLEXP_DATA", raising=False)


def by_csv(labels: Sequence[Any], **settings: Any) -> Data:
    """Labels in a CSV file, all of them as training and as test rows, one feature beside them."""
    text = "x,y\n" + "".join(f"{i},{each}\n" for i, each in enumerate(labels))
    Path("own.csv").write_text(text)
    Path("test.csv").write_text(text)
    return Csv(**({"path": "own.csv", "test_path": "test.csv", "target": "y", "task": "multiclass"} | settings)).load(
        None
    )


def by_parquet(labels: Sequence[Any], **settings: Any) -> Data:
    """The same in a Parquet file, with the types of the values."""
    frame = pd.DataFrame({"x": range(len(labels)), "y": list(labels)})
    frame.to_parquet("own.parquet")
    frame.to_parquet("test.parquet")
    told = {"path": "own.parquet", "test_path": "test.parquet", "target": "y", "task": "multiclass"}
    return Parquet(**(told | settings)).load(None)


def by_npz(labels: Any, **settings: Any) -> Data:
    """The same as arrays."""
    x, y = np.arange(len(labels))[:, None], np.asarray(labels)
    np.savez("own.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    return Npz(**({"path": "own.npz", "task": "multiclass"} | settings)).load(None)


def classes_of(data: Data) -> tuple[str, ...]:
    """The names of the classes."""
    assert data.info is not None
    return data.info.class_names


def said(data: Data) -> list[str]:
    """The remarks on it, as lines."""
    assert all(remark.rule in RULES for remark in data.remarks)
    return [str(remark) for remark in data.remarks]


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (1, "1"), (1.0, "1"), ("1", "1"), ("1.0", "1"), ("1.", "1"), (" 1.00 ", "1"), (b"1", "1"), (b"1.0", "1"),
        (np.float32(1), "1"), (np.int8(1), "1"), ("-1.0", "-1"), ("-0.0", "0"), (-0.0, "0"), (1e20, "1" + "0" * 20),
        (1.5, "1.5"), ("1.50", "1.50"), ("01", "01"), ("01.0", "01.0"), (True, "True"), (np.bool_(False), "False"),
        (b"a", "a"), ("\u00a0a\u00a0", "a"), ("1.0.0", "1.0.0"),
    ],
)  # fmt: skip
def test_a_number_is_one_word_however_it_is_stored(value: Any, word: str) -> None:
    """As text, number or bytes; a code such as 01 stays what it is."""
    assert label(value) == word


@pytest.mark.parametrize("load_labels", [by_csv, by_parquet, by_npz])
def test_1_and_1_0_are_one_class(load_labels: Callable[..., Data]) -> None:
    """Of texts in any kind of file, also where the config names the classes."""
    labels = ["1", "2.0", "1.0", "2", "3.", "3"]

    for settings in ({}, {"task": "ordinal"}, {"classes": ["1", "2", "3"]}, {"classes": ["1.0", "2.0", "3.0"]}):
        data = load_labels(labels, **settings)

        assert classes_of(data) == ("1", "2", "3")
        assert data.train.y.tolist() == [0, 1, 0, 1, 2, 2]


def test_1_and_1_0_are_one_category() -> None:
    """A feature's column of 0 and 1 is that of both."""
    Path("own.csv").write_text("a,y\n1,0\n1.0,1\n2,0\n2.0,1\n")
    data = Csv(path="own.csv", test_path="own.csv", target="y", task="binary", categorical=["a"]).load(None)

    assert data.info is not None
    assert data.info.feature_names == ("a=1", "a=2")


def test_bytes_are_text() -> None:
    """As h5py gives them, in arrays and in Parquet."""
    assert classes_of(by_npz(np.array([b"b", b"a", b"b"]))) == ("a", "b")
    assert classes_of(by_parquet([b"b", b"a", b"b"])) == ("a", "b")


def test_classes_may_be_numbers_in_the_config() -> None:
    """`classes: [2, 1.0]` names the classes 2 and 1."""
    Path("own.yaml").write_text("dataset: {type: csv, path: a.csv, target: y, task: binary, classes: [2, 1.0]}\n")
    dataset = load(Path("own.yaml")).experiment.dataset

    assert isinstance(dataset, Csv)
    assert dataset.classes == ["2", "1"]


SPELLED = ["yes", "no", "Yes", "no", "YES", "No", "yes"]


def test_spellings_of_one_class_are_named() -> None:
    """Each with its rows, and with the key that makes one class of them; rows of both splits count."""
    data = by_csv([*SPELLED, "other"], task="multiclass")

    assert said(data) == [
        "own.csv: column y: 'yes' (4 rows), 'Yes' (2 rows), 'YES' (2 rows) differ only in how they are spelled, and "
        "each is a class of its own; see dataset.join_spellings: true (allow: [class_spellings] if it is meant)",
        "own.csv: column y: 'no' (4 rows), 'No' (2 rows) differ only in how they are spelled, and each is a class of "
        "its own; see dataset.join_spellings: true (allow: [class_spellings] if it is meant)",
        *said(data)[2:],
    ]
    assert {remark.rule for remark in data.remarks[2:]} == {"rare_classes"}


def test_two_classes_in_more_spellings_are_refused_with_the_key() -> None:
    """A binary task has two."""
    with pytest.raises(DataError) as error:
        by_csv(SPELLED, task="binary")

    assert str(error.value) == (
        "own.csv: column y: a binary task needs 2 classes; found 5: No, YES, Yes, no, yes; 'No' (2 rows), 'no' (4 rows)"
        "; 'YES' (2 rows), 'Yes' (2 rows), 'yes' (4 rows) differ only in how they are spelled, and "
        "dataset.join_spellings: true makes one class of them"
    )


def test_spellings_are_joined_if_asked() -> None:
    """Under the word that is found most often, or that the config names; then nothing is said of it."""
    data = by_csv(SPELLED, task="binary", join_spellings=True)
    named = by_csv(SPELLED, task="binary", join_spellings=True, classes=["NO", "YES"])

    assert (classes_of(data), data.remarks) == (("no", "yes"), [])
    assert classes_of(named) == ("NO", "YES")
    assert data.train.y.tolist() == data.test.y.tolist() == named.train.y.tolist() == [1, 0, 1, 0, 1, 0, 1]


def test_a_class_in_another_spelling_than_the_config_names_is_refused_with_the_key() -> None:
    """Not guessed."""
    with pytest.raises(DataError) as error:
        by_csv(SPELLED, task="binary", classes=["no", "yes"])

    assert str(error.value) == (
        "own.csv: row 3, column y: 'Yes' is none of the classes that dataset.classes names; dataset.join_spellings: "
        "true reads it as 'yes'"
    )


def test_spellings_differ_in_case_spaces_and_zeros() -> None:
    """Words that differ otherwise are none."""
    assert spellings(["a b", "A  b", "ab", "01", "1", "1.5", "1.50", "2", "-1"]) == [
        ["a b", "A  b"],
        ["01", "1"],
        ["1.5", "1.50"],
    ]
    assert kin("\u22121") == kin("-1")
    assert kin("12345678901234567890") != kin("12345678901234567891")
    assert kin("1e3") == kin("1000.0")
    assert kin("-0") == kin("0")


@pytest.mark.parametrize(
    ("words", "order"),
    [
        (["10", "9", "8"], ["8", "9", "10"]),
        (["C", "A", "F", "D", "B"], ["A", "B", "C", "D", "F"]),
        (["10 stars", "2 stars", "1 star"], ["1 star", "2 stars", "10 stars"]),
        (["10-19", "0-9", "20+"], ["0-9", "10-19", "20+"]),
        (["low", "medium", "high"], None),
        (["S", "M", "L"], None),
        (["<5", "5-9", "10+"], None),
        (["A", "A-", "B"], None),
    ],
)
def test_the_order_that_classes_say_themselves(words: list[str], order: list[str] | None) -> None:
    """Numbers, adjacent letters and one number within each do; words do not, and neither do sizes."""
    assert in_own_order(words) == order


def test_an_ordinal_task_of_words_needs_their_order() -> None:
    """The alphabet puts high before low."""
    words = ["low", "medium", "high"]
    with pytest.raises(DataError) as error:
        by_csv(words * 3, task="ordinal")

    assert str(error.value) == (
        "own.csv: column y: an ordinal task needs the order of its classes, which words do not say; name them from "
        "the lowest to the highest as dataset.classes, of high, low, medium"
    )
    assert by_csv(words * 3, task="ordinal", classes=words).train.y.tolist() == [0, 1, 2] * 3


def test_an_order_by_a_number_in_each_class_is_said() -> None:
    """It is likely, and a guess."""
    data = by_csv(["2 stars", "10 stars", "1 star"] * 3, task="ordinal")

    assert classes_of(data) == ("1 star", "2 stars", "10 stars")
    assert said(data) == [
        "own.csv: column y: the classes are ordered by the number in each: 1 star < 2 stars < 10 stars; see "
        "dataset.classes (allow: [class_order] if it is meant)"
    ]


def test_several_targets_say_their_classes_by_name() -> None:
    """As many of them as need to."""
    Path("own.csv").write_text("x,level,size\n" + "1,low,2\n2,high,3\n3,medium,1\n" * 4)
    settings: dict[str, Any] = {
        "path": "own.csv",
        "test_path": "own.csv",
        "target": {"level": "ordinal", "size": "regression"},
    }
    classes = {"level": ["low", "medium", "high"]}
    dataset = Csv(**settings, classes=classes)

    assert dataset.load(None).train.y[:3, 0].tolist() == [0, 2, 1]
    assert dataset.info().targets["level"].n_classes == 3
    with pytest.raises(DataError, match="column level: an ordinal task needs the order of its classes"):
        Csv(**settings).load(None)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"target": {"a": "binary", "b": "count"}, "classes": ["x", "y"]},
         ("classes", "of several targets, say whose they are: {a: [x, y]}")),
        ({"target": {"a": "binary", "b": "count"}, "classes": {"c": ["x", "y"]}},
         ("classes.c", "there is no target 'c'. Choose from: a, b")),
        ({"target": {"a": "binary", "b": "count"}, "classes": {"a": ["x"]}},
         ("classes.a", "a binary task has 2 classes, given 1")),
        ({"target": {"a": "binary", "b": "count"}, "classes": {"b": ["x"]}},
         ("classes.b", "a count task has no classes")),
        ({"target": "a", "task": "binary", "classes": {"a": ["x", "y"]}},
         ("classes", "a mapping is for several targets; of one, list them: [x, y]")),
        ({"target": "a", "task": "binary", "classes": ["1", "1.0"]}, ("classes", "a class is named twice")),
    ],
)  # fmt: skip
def test_classes_of_the_wrong_target(settings: dict[str, Any], problem: tuple[str, str]) -> None:
    """Said before any data is read."""
    assert list(Csv(path="own.csv", **settings).problems(ALONE)) == [problem]


def test_rare_classes_are_named_with_their_row_and_train() -> None:
    """Whatever the seed of the draw: no run fails by chance."""
    Path("own.csv").write_text("x,y\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(40)) + "40,c\n")
    lines = set()
    for seed in range(12):
        data = Csv(path="own.csv", target="y", task="multiclass", split_seed=seed).load(None)
        lines |= set(said(data))

        assert (len(data.train), len(data.test), data.train.y.max(), data.test.y.max()) == (32, 9, 2, 1)
    assert lines == {
        "own.csv: row 41, column y: class 'c' has only this example: too few for training, validation and test, which "
        "dlexp draws; leave such rows out, or join the class with another in the file; see dataset.split_seed "
        "(allow: [rare_classes] if it is meant)"
    }


def test_a_class_that_a_draw_has_put_into_the_test_split_is_said_to_be_drawn() -> None:
    """Of a second target, by which no split is drawn."""
    rows = [f"{i},{'ab'[i % 2]},{'uv'[i % 2]}\n" for i in range(40)]
    Path("own.csv").write_text("".join(["x,y,z\n", *rows, "40,b,w\n"]))
    refusals = set()
    for seed in range(12):
        try:
            Csv(path="own.csv", target={"y": "binary", "z": "multiclass"}, split_seed=seed).load(None)
        except DataError as error:
            refusals.add(str(error))

    assert refusals == {
        "own.csv: row 41, column z: 'w' is none of the classes of the training data: dlexp draws the test split, and "
        "the only example of this class went there; leave such rows out, join the class with another in the file, or "
        "give another dataset.split_seed"
    }


def test_classes_without_a_training_example_are_said() -> None:
    """Those that the config names, or columns of labels that are 0 throughout."""
    assert said(by_csv(["a", "b"] * 3, classes=["a", "b", "c"])) == [
        "own.csv: column y: no training example of c: the model cannot learn what it has no example of; see "
        "dataset.classes (allow: [unseen_classes] if it is meant)"
    ]
    assert [remark.rule for remark in by_npz([[1, 0, 0], [1, 1, 0]] * 2, task="multilabel").remarks] == [
        "unseen_classes"
    ]


VALUES = [
    ([f"{i / 7:.3f}" for i in range(150)], "150 different numbers in 150 training examples, each of them a class; to "
     "predict a number, say task: regression; if they are classes, name all of them as dataset.classes"),
    ([f"name {i}" for i in range(150)], "150 different values in 150 training examples, each of them a class; to "
     "predict a number, say task: regression; if they are classes, name all of them as dataset.classes"),
]  # fmt: skip


@pytest.mark.parametrize(("labels", "message"), VALUES)
def test_ever_new_values_are_no_classes(labels: list[str], message: str) -> None:
    """A number to predict under a task of classes, or a column of names."""
    with pytest.raises(DataError) as error:
        by_csv(labels)

    assert str(error.value) == f"own.csv: column y: {message}"


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        ([str(i % 60) for i in range(300)], "60 different numbers, such as '0'"),
        ([f"{i % 20 / 3:.2f}" for i in range(300)], "20 different numbers with decimals, such as '0'"),
        ([f"2024-01-{i % 9 + 1:02}" for i in range(90)], "9 different dates, such as '2024-01-01'"),
    ],
)
def test_many_numbers_and_dates_as_classes_are_said(labels: list[str], found: str) -> None:
    """They may be classes, and mostly are not."""
    key = "dataset.classes" if "dates" in found else "dataset.task: regression, or dataset.classes"
    assert said(by_csv(labels)) == [
        f"own.csv: column y: {found}, each of them a class of its own; see {key} (allow: [values_as_classes] if it is "
        "meant)"
    ]


@pytest.mark.parametrize(
    "labels",
    [
        [str(i % 46) for i in range(2000)],
        ["0.5", "1", "1.5", "2", "2.5"] * 20,
        ["a", "b", "c"] * 3,
        [-1, 1] * 10,
        [f"w{i % 30}" for i in range(120)],
    ],
)
def test_honest_classes_are_quiet(labels: list[Any]) -> None:
    """Classes that are numbers, half steps, words or signs."""
    assert said(by_csv(labels)) == []


def test_labels_count_and_find_the_first() -> None:
    """Of one label each, and of any number."""
    one, several = Labels.of(["b", "a", "b"]), Labels.of_lists([["b"], [], ["a", "b"]])

    assert (one.counts, one.first("a")) == ({"b": 2, "a": 1}, 1)
    assert (several.counts, several.first("a"), several.first("b")) == ({"b": 2, "a": 1}, 2, 0)


def test_folders_in_two_spellings() -> None:
    """The names of folders are labels too."""
    for part in ("train", "test"):
        for folder in ("Pos", "pos", "neg"):
            for i in range(3):
                path = Path("texts", part, folder, f"{i}.txt")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("good bad")
    data = TextFolder(path="texts", task="binary", join_spellings=True).load(None)

    assert classes_of(data) == ("Pos", "neg")
    with pytest.raises(DataError, match=r"texts: a binary task needs 2 classes; found 3: .*join_spellings"):
        TextFolder(path="texts", task="binary").load(None)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["a", "N/A", "b", "?"] * 5, "row 2, column y: 'N/A' usually stands for a missing value, as do ?, in 20 rows; "
         'if so, say dataset.missing_values: ["", NA, NaN, nan, "null", N/A, "?"] and dataset.missing: {target: drop}; '
         "if each is a class, name all classes as dataset.classes"),
        (["a", "None"] * 5, "row 2, column y: 'None' usually stands for a missing value, in 10 rows; if so, say "
         'dataset.missing_values: ["", NA, NaN, nan, "null", None] and dataset.missing: {target: drop}; if each is a '
         "class, name all classes as dataset.classes"),
        (["a", "", "b"] * 5, "row 2, column y: missing, and 4 more in this column; see dataset.missing: drop"),
        (["a", "NA", "b"] * 5, "row 2, column y: missing, and 4 more in this column; see dataset.missing: drop"),
    ],
)  # fmt: skip
def test_what_stands_for_a_missing_target_is_no_class(labels: list[str], message: str) -> None:
    """The first row of it, how many there are, and what to type if they are missing or are classes."""
    with pytest.raises(DataError) as error:
        by_csv(labels)

    assert str(error.value) == f"own.csv: {message}"


def test_missing_targets_are_dropped_or_classes_as_said() -> None:
    """By the keys that the message names."""
    labels = ["a", "N/A", "b", "?"] * 5
    words = ["", "N/A", "?"]
    dropped = by_csv(labels, missing_values=words, missing={"target": "drop"})
    named = by_csv(labels, classes=["a", "b", "?", "N/A"])

    assert (classes_of(dropped), len(dropped.train)) == (("a", "b"), 10)
    assert [remark.is_settled for remark in dropped.remarks] == [True] * len(dropped.remarks)
    assert (len(named.train), said(named)) == (20, [])


def test_signs_and_folders_are_classes() -> None:
    """- beside + is one."""
    assert said(by_csv(["+", "-"] * 10, task="binary")) == []
    with pytest.raises(DataError, match="'-' usually stands for a missing value"):
        by_csv(["a", "-"] * 10, task="binary")


def test_missing_words_in_arrays_are_refused() -> None:
    """There is no key for them."""
    with pytest.raises(DataError) as error:
        by_npz(np.array(["a", "b", "N/A"] * 5))

    assert str(error.value) == (
        "own.npz (train): target 2: 'N/A' usually stands for a missing value, in 10 rows; if so, leave such examples "
        "out; if each is a class, name all classes as dataset.classes"
    )


MULTILABEL: dict[str, Any] = {"task": "multilabel"}


@pytest.mark.parametrize(
    ("cells", "sign"),
    [
        (['"a,b"', '"b,c"', '"a,c"', "a"], '","'),
        (["a|b", "b|c", "c|a", "b"], '"|"'),
        (["red green", "green blue", "red", "blue red"], '" "'),
        (["a/b", "b/a", "a/b/c", "c"], '"/"'),
    ],
)
def test_labels_that_another_separator_parts_are_said(cells: list[str], sign: str) -> None:
    """With the key; a sign that is part of a name says nothing."""
    (remark,) = by_csv(cells, **MULTILABEL).remarks

    assert (remark.rule, remark.key) == ("other_separator", f"dataset.separator: {sign}")
    assert by_csv(["R&B;Rock", "Pop;R&B", "Rock;Drum & Bass", "Pop"], **MULTILABEL).remarks == []


def test_what_is_said_of_another_separator() -> None:
    """The labels that it would separate."""
    assert said(by_csv(["a|b", "b|c", "c|a", "b"], **MULTILABEL)) == [
        "own.csv: column y: 3 labels with a bar in them, such as 'a|b', and ';' separates none of them: each is a "
        'label of its own; see dataset.separator: "|" (allow: [other_separator] if it is meant)'
    ]


def test_lists_in_cells_are_labels() -> None:
    """As pandas and JSON write them, which is said, and as Parquet has them."""
    rows = [["a", "b"], [], ["b"], ["c", "a"]]
    by_text = by_csv([f'"{each}"' for each in rows], **MULTILABEL)
    by_lists = by_parquet(rows, **MULTILABEL)

    assert classes_of(by_text) == classes_of(by_lists) == ("a", "b", "c")
    assert by_text.train.y.tolist() == by_lists.train.y.tolist() == [[1, 1, 0], [0, 0, 0], [0, 1, 0], [1, 0, 1]]
    assert said(by_text) == [
        "own.csv: column y: lists such as \"['a', 'b']\", whose items are read as labels (allow: [listed_labels] if it "
        "is meant)"
    ]
    assert by_lists.remarks == []
    with pytest.raises(DataError, match=r"row 1, column y: a list or a mapping where one class stands; any number of"):
        by_parquet(rows)


def test_trailing_separators_and_spaces_are_no_labels() -> None:
    """Nor are repeated labels two."""
    data = by_csv(["a;b;", " b ; a", ";a", "b;b"], **MULTILABEL)

    assert data.train.y.tolist() == [[1, 1], [1, 1], [1, 0], [0, 1]]


def test_one_label_each_in_a_multilabel_task_is_said() -> None:
    """Classes that exclude each other are another task."""
    (remark,) = by_csv(["a", "b", "c"] * 5, **MULTILABEL).remarks

    assert (remark.rule, remark.key) == ("one_label_each", "dataset.task: multiclass")
    assert by_csv(["a", "b", "a;b"] * 5, **MULTILABEL).remarks == []


def test_a_target_that_is_always_the_same_is_said() -> None:
    """There is nothing to learn, and every score is perfect."""
    assert said(by_csv([5] * 4, task="regression")) == [
        "own.csv: column y: every training target is 5, so that there is nothing to learn; see dataset.target (allow: "
        "[constant_target] if it is meant)"
    ]


def test_text_and_numbers_in_bytes_are_read() -> None:
    """Of features and texts in Parquet too, as h5py and older writers leave them."""
    frame = pd.DataFrame(
        {"a": [b"x", b"y"] * 5, "b": [b"1.5", b"2"] * 5, "t": [b"good", b"bad"] * 5, "y": [b"u", b"v"] * 5}
    )
    frame.to_parquet("own.parquet")
    settings: dict[str, Any] = {"path": "own.parquet", "test_path": "own.parquet", "target": "y", "task": "binary"}
    data = Parquet(**settings, features=["a", "b"]).load(None)
    texts = Parquet(**settings, text="t").load(None)

    assert data.info is not None
    assert (data.info.feature_names, data.info.class_names) == (("a=x", "a=y", "b"), ("u", "v"))
    assert list(texts.first)[:2] == ["good", "bad"]
    frame["a"] = [b"x", b"\xff"] * 5
    frame.to_parquet("own.parquet")
    with pytest.raises(DataError, match=r"own\.parquet: row 2, column a: bytes that are no text in UTF-8"):
        Parquet(**settings).load(None)


def test_characters_that_look_alike_are_one_spelling() -> None:
    """An accent is the same however it is typed; what nobody sees makes another spelling, which is said."""
    assert label("e\u0301") == label("\u00e9")
    assert spellings(["yes", "\ufeffyes", "ye\u200bs", "ｙｅｓ"]) == [["yes", "\ufeffyes", "ye\u200bs", "ｙｅｓ"]]


def test_a_missing_word_beside_named_classes_is_refused_as_one() -> None:
    """The config says which words are classes."""
    with pytest.raises(DataError) as error:
        by_csv(["a", "b", "N/A"] * 5, classes=["a", "b"])

    assert str(error.value) == (
        "own.csv: row 3, column y: 'N/A' is none of the classes that dataset.classes names; if it stands for a missing "
        'value, say dataset.missing_values: ["", NA, NaN, nan, "null", N/A] and dataset.missing: {target: drop}'
    )


def test_values_that_the_training_split_does_not_have_are_values() -> None:
    """Not classes that the draw has put on one side."""
    Path("own.csv").write_text("x,y\n" + "".join(f"{i},{i % 40 / 4}\n" for i in range(200)))
    Path("new.csv").write_text("x,y\n1,0\n1,99.75\n")
    with pytest.raises(DataError) as error:
        Csv(path="own.csv", test_path="new.csv", target="y", task="multiclass").load(None)

    assert str(error.value) == (
        "new.csv: row 2, column y: '99.75' is none of the classes of the training data, which has 40 different numbers "
        "with decimals, such as '0', each of them a class of its own; see dataset.task: regression, or dataset.classes"
    )


def test_spellings_of_a_number_are_drawn_as_one_class() -> None:
    """So that a class is not torn into rare ones."""
    labels = ["1", "2"] * 20 + ["1.0"]
    Path("own.csv").write_text("x,y\n" + "".join(f"{i},{each}\n" for i, each in enumerate(labels)))

    assert Csv(path="own.csv", target="y", task="binary").load(None).test_choice == "drawn by class"


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["2024-01-01", "2024-01-02"] * 5, "own.csv: row 1, column y: expected a number, given '2024-01-01' and 9 more "
         "cells; a date to predict has to be written as a number, such as of days"),
        (["1", "2", "many"] * 5, "own.csv: row 3, column y: expected a number, given 'many' and 4 more cells"),
    ],
)  # fmt: skip
def test_a_number_to_predict_that_is_none(labels: list[str], message: str) -> None:
    """With its row, and for dates what to do."""
    with pytest.raises(DataError) as error:
        by_csv(labels, task="regression")

    assert str(error.value) == message


def test_moments_are_no_numbers_to_predict() -> None:
    """Nanoseconds since 1970 are no target that anybody meant."""
    with pytest.raises(DataError, match=r"row 1, column y: expected a number, given 2024-01-01 00:00:00; a date"):
        by_parquet(pd.to_datetime(["2024-01-01", "2024-01-02"] * 5), task="regression")


def test_what_is_said_of_numbers_is_said_of_a_target() -> None:
    """Signs, sentinels and units, with the keys that are for targets too."""
    (sign,) = by_csv(["1", "\u22122", "3"] * 5, task="regression").remarks
    (sentinel,) = by_csv(["1", "2", "-999"] * 5, task="regression").remarks

    assert str(sign) == (
        "own.csv: row 2, column y: '\u22122' is read as -2, and 9 more cells likewise (allow: [number_signs] if it is "
        "meant)"
    )
    assert sentinel.rule == "sentinel"


def test_words_for_yes_and_no_that_mean_the_same_are_said() -> None:
    """Among classes and among categories; other words, and one word for each, are left alone."""
    yes, no = by_csv(["yes", "no", "Y", "N"] * 5).remarks

    assert (yes.rule, no.rule) == ("class_spellings", "class_spellings")
    assert yes.found.startswith("'yes' (10 rows), 'Y' (10 rows) mean the same")
    assert no.found.startswith("'no' (10 rows), 'N' (10 rows) mean the same")
    assert truths(["true", "FALSE", "1", "maybe"]) == []
    assert truths(["true", "FALSE", "1", "nein"]) == [["true", "1"], ["FALSE", "nein"]]
    assert truths(["y", "n"]) == []


def test_a_date_that_is_written_as_a_number_is_said_of_a_target() -> None:
    """The step from the end of a month to the next is no step of 70."""
    (remark,) = by_csv(["20240131", "20240201", "20241231"] * 5, task="regression").remarks

    assert (remark.rule, remark.key) == ("dates", "")
    assert remark.found.endswith("a date to predict has to be written as a number, such as of days")


def test_a_target_far_from_all_others_is_said() -> None:
    """Standardized, the others are the same."""
    (remark,) = by_csv([*(f"{k}.5" for k in range(19)), "1e30"], task="regression", split_seed=1).remarks

    assert remark.rule == "lost_digits"
    assert "different targets apart, since some are too far from the others, from " in remark.found


def test_nines_among_classes_stand_for_a_missing_value() -> None:
    """-999 beside 1 and 2; among larger numbers it may be one of them."""
    with pytest.raises(DataError, match="row 3, column y: '-999' usually stands for a missing value, in 10"):
        by_csv(["1", "2", "-999"] * 5)
    assert said(by_csv(["999", "200", "404"] * 5)) == []


def test_a_rare_class_may_be_a_misspelled_one() -> None:
    """The nearest frequent class is named, not one that differs by a number."""
    (remark,) = by_csv(["setosa"] * 5 + ["virginica"] * 5 + ["setossa"]).remarks
    (other,) = by_csv(["class 1"] * 5 + ["class 2"] * 5 + ["class 3"]).remarks

    assert "has only 2 examples, of which this is the first, perhaps a misspelled 'setosa': too few" in remark.found
    assert "misspelled" not in other.found


@pytest.mark.parametrize("cells", [[["a"], ["b", "c"], []] * 5, [{"a": 1}] * 15])
def test_no_label_of_a_drawn_split_is_refused_with_its_row(cells: list[Any]) -> None:
    """Lists and mappings in Parquet."""
    pd.DataFrame({"x": range(15), "y": cells}).to_parquet("own.parquet")
    with pytest.raises(DataError, match=r"own\.parquet: row 1, column y: a list or a mapping where one class stands"):
        Parquet(path="own.parquet", target="y", task="multiclass").load(None)


def test_columns_of_labels_may_be_true_and_false() -> None:
    """As pandas writes them in CSV files; another word is refused with its row."""
    Path("own.csv").write_text("x,p,q\n1,True,0\n2,False,1\n3,TRUE,1\n")
    settings: dict[str, Any] = {"path": "own.csv", "test_path": "own.csv", "target": ["p", "q"], "task": "multilabel"}

    assert Csv(**settings).load(None).train.y.tolist() == [[1, 0], [0, 1], [1, 1]]
    Path("own.csv").write_text("x,p,q\n1,yes,0\n2,no,1\n")
    with pytest.raises(DataError, match=r"row 1, column p: expected 0 or 1, or True or False, given 'yes'"):
        Csv(**settings).load(None)


@pytest.mark.parametrize(
    ("missing", "advice"),
    [
        ("refuse", " and dataset.missing: {target: drop}"),
        ("mean", " and dataset.missing: {target: drop, features: mean}"),
        ({"features": "mean"}, " and dataset.missing.target: drop"),
        ("drop", ""),
    ],
)
def test_how_missing_targets_are_dropped_beside_what_is_done_to_features(missing: Any, advice: str) -> None:
    """The advice keeps what the config says."""
    with pytest.raises(DataError) as error:
        by_csv(["a", "N/A", "b"] * 5, missing=missing)

    assert f', "null", N/A]{advice}; if each is a class' in str(error.value)
