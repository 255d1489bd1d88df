"""The user's own tables: columns by their role, splits, gaps, and every mistake with its row and column."""

import gzip
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from snapshots import assert_loads_what_was_digested, dense

from dlexp.components import snapshot
from dlexp.components.component import ALONE
from dlexp.components.datasets import Csv, Parquet
from dlexp.components.datasets.words import indices as words
from dlexp.config.load import load
from dlexp.errors import DataError, UserError

CARS = """\
split,weight,colour,doors,price
train,1.5,red,2,10
train,2.5,blue,4,20
train,3.5,red,4,30
test,4.5,green,2,40
"""
BY_COLUMN: dict[str, Any] = {"target": "price", "task": "regression", "split_column": "split"}
SPLIT: dict[str, Any] = {"target": "y", "task": "binary", "split_column": "split"}
LETTERS = "x,label\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(20))


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are seen from the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLEXP_DATA", raising=False)


def csv(content: str, **settings: Any) -> Csv:
    """A data set of a file with this text."""
    Path("own.csv").write_text(content)
    return Csv(path="own.csv", **settings)


def shown(dataset: Csv) -> list[Any]:
    """The first test example for the eye."""
    return list(dataset.decoded(dataset.load(None), [0]))


def refused(content: str, **settings: Any) -> str:
    """Why loading a file with this text is refused."""
    with pytest.raises(DataError) as error:
        csv(content, **settings).load(None)
    return str(error.value)


def test_numbers_stay_numbers_and_words_become_columns() -> None:
    """A category is a column of 0 and 1; one that the training split does not have leaves all of them 0."""
    data = csv(CARS, **BY_COLUMN).load(None)

    assert data.info is not None
    assert data.info.feature_names == ("weight", "colour=blue", "colour=red", "doors")
    assert data.train.x.tolist() == [[1.5, 0, 1, 2], [2.5, 1, 0, 4], [3.5, 0, 1, 4]]
    assert data.test.x.tolist() == [[4.5, 0, 0, 2]]
    assert (data.train.y.tolist(), data.test.y.tolist()) == ([10, 20, 30], [40])
    assert (data.train.x.dtype, data.train.y.dtype) == (np.float32, np.float64)


def test_a_test_file_may_have_more_columns_than_the_training_file() -> None:
    """What only the test split has is not learned from, and not shown of training rows."""
    Path("test.csv").write_text("id,x,label\n7,1,a\n")
    data = csv(LETTERS, target="label", task="binary", test_path="test.csv").load(None)

    assert data.test.x.tolist() == [[1]]
    assert list(data.first) == ["x 0", "x 1", "x 2"]


def test_only_numbers_are_standardized() -> None:
    """The columns of a category stay 0 and 1 in the model too."""
    info = csv(CARS, **BY_COLUMN).load(None).info

    assert info is not None
    assert info.standardize == (True, False, False, True)


def test_the_training_rows_alone_say_which_columns_are_numbers() -> None:
    """However many rows of the test split, or of a new file, look otherwise."""
    words = csv("c,split,y\nred,train,0\nblue,train,1\n1,test,0\n2,test,1\n3,test,1\n", **SPLIT)
    data = words.load(None)
    Path("new.csv").write_text("c\n1\n2\n3\n4\nred\n")

    assert data.train.x.tolist() == [[0, 1], [1, 0]]
    assert data.test.x.tolist() == [[0, 0]] * 3
    assert words.new_examples(Path("new.csv"), None).x.tolist() == [[0, 0]] * 4 + [[0, 1]]

    numbers = csv("c,split,y\n1,train,0\n2,train,1\n3,test,0\n", **SPLIT)
    Path("new.csv").write_text("c\n1\nbad\nworse\nworst\nnone\n")
    with pytest.raises(
        DataError, match=r"new\.csv: row 2, column c: expected a number, as in most training rows, given 'bad'"
    ):
        numbers.new_examples(Path("new.csv"), None)


@pytest.mark.parametrize("test", ["7", "red"])
def test_a_column_without_any_training_value_is_refused(test: str) -> None:
    """Whatever the test split has there: there is nothing to fill its gaps with."""
    text = f"c,x,split,y\n,1,train,0\n,2,train,1\n{test},3,test,0\n"

    assert refused(text, missing="mean", **SPLIT) == "own.csv: column c has no value in the training split"


def test_numbers_can_be_categories() -> None:
    """As the config says, in the order of the numbers."""
    info = csv(CARS, features=["doors"], categorical=["doors"], **BY_COLUMN).load(None).info

    assert info is not None
    assert (info.feature_names, info.standardize) == (("doors=2", "doors=4"), False)


def test_check_knows_the_task_and_reads_nothing() -> None:
    """What only the data says is left open, and filled in by loading."""
    dataset = csv("label,x\n" + "".join(f"{k},{k}\n" for k in (10, 9, 8) * 5), target="label", task="multiclass")
    open_info, info = dataset.info(), dataset.load(None).info

    assert (open_info.task, open_info.n_train, open_info.n_classes, open_info.shape) == ("multiclass", None, None, ())
    assert info is not None
    assert (info.n_train, info.n_test, info.shape, info.class_names) == (12, 3, (1,), ("8", "9", "10"))


def test_a_config_of_absent_data_passes_the_check() -> None:
    """The head follows from the task; its units are known where no data has to say them."""
    Path("own.yaml").write_text("dataset: {type: csv, path: absent.csv, target: y, task: multiclass}\n")
    open_head: Any = load("own.yaml").experiment.head
    named_head: Any = load("own.yaml", ["dataset.classes=[a, b, c]"]).experiment.head

    assert (open_head.type, open_head.units) == ("multiclass", None)
    assert (named_head.type, named_head.units) == ("multiclass", 3)


def test_draws_the_same_share_of_each_class() -> None:
    """A drawn split is stratified where it can be, and the same every time."""
    dataset = csv(LETTERS, target="label", task="binary")
    data, again = dataset.load(None), dataset.load(None)

    assert np.bincount(data.train.y).tolist() == [8, 8]
    assert np.bincount(data.test.y).tolist() == [2, 2]
    assert data.test.x.tolist() == again.test.x.tolist()


def test_two_files_are_the_two_splits() -> None:
    """A class that the second does not have is no problem; one that the first does not have is."""
    Path("test.csv").write_text("x,label\n1,b\n2,b\n")
    data = csv(LETTERS, target="label", task="binary", test_path="test.csv").load(None)
    Path("test.csv").write_text("x,label\n1,b\n2,aa\n")

    assert (len(data.train), data.test.y.tolist()) == (20, [1, 1])
    assert refused(LETTERS, target="label", task="binary", test_path="test.csv") == (
        "test.csv: row 2, column label: 'aa' is none of the classes of the training data. Did you mean 'a'?"
    )


def test_several_labels_in_a_cell() -> None:
    """Split at the separator; an empty cell has no label."""
    text = "x,split,topics\n1,train,a; b\n2,train,\n3,train,c\n4,test,b;c;\n"
    data = csv(text, target="topics", task="multilabel", split_column="split").load(None)

    assert data.info is not None
    assert data.info.class_names == ("a", "b", "c")
    assert data.train.y.tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 1]]
    assert data.test.y.tolist() == [[0, 1, 1]]


def test_a_column_for_each_label() -> None:
    """Columns of 0 and 1 are the labels, in the order in which they are named."""
    text = "x,split,hot,dry\n1,train,1,0\n2,train,1,1\n3,test,0,1\n"
    dataset = csv(text, target=["dry", "hot"], task="multilabel", split_column="split")

    assert dataset.load(None).train.y.tolist() == [[0, 1], [1, 1]]
    assert (
        refused(text.replace("0,1", "0,7"), target=["dry", "hot"], task="multilabel", split_column="split")
        == "own.csv: row 3, column dry: expected 0 or 1, or True or False, given '7'"
    )


def test_numbers_words_as_keras_tokenizer() -> None:
    """The same words, the same numbers as Keras's Tokenizer gives; a word of the test split alone is unknown."""
    from keras.src.legacy.preprocessing.text import Tokenizer

    texts = ["Don't, stop: the the\tTHE end.", "", "a_b the-end <br />  a"]
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(texts)
    found = words.numbered(texts, ["the new end"])

    assert found.train.ids.tolist() == [number for text in tokenizer.texts_to_sequences(texts) for number in text]
    assert found.other.ids.tolist() == [tokenizer.word_index["the"], words.UNKNOWN, tokenizer.word_index["end"]]


def test_text_is_encoded_with_the_training_splits_words() -> None:
    """Columns are joined; 4 is the most frequent word, 2 an unknown one, 1 the start of a text."""
    text = 'title,body,split,y\nA,"b, a",train,0\nc,-,train,1\nb,z,test,1\n'
    settings = {"text": ["title", "body"], "target": "y", "task": "binary", "split_column": "split", "num_words": 10}
    data = csv(text, encoding="padded", maxlen=4, **settings).load(None)
    vectors = csv(text, encoding="count", **settings).load(None)

    assert data.train.x.tolist() == [[1, 4, 5, 4], [0, 0, 1, 6]]
    assert data.test.x.tolist() == [[0, 1, 5, 2]]
    assert data.info is not None
    assert (data.info.inputs, data.info.shape, data.info.vocabulary) == ("word_ids", (4,), 10)
    assert dense(vectors.train.x)[0].tolist() == [0, 1, 0, 0, 2, 1, 0, 0, 0, 0]


def test_examples_are_the_rows_of_the_file() -> None:
    """In the order of the loaded split, text in one line."""
    assert shown(csv(CARS, **BY_COLUMN)) == ["weight 4.5, colour green, doors 2"]

    dataset = csv('t,split,y\n"A\n b",train,0\nc,train,1\nd,test,0\n', text="t", target="y", task="binary")
    assert dataset.model_copy(update={"split_column": "split"}).load(None).first == ["A b", "c"]


GAPS = "x,colour,split,y\n1,red,train,1\n,red,train,2\n5,NA,train,3\n9,blue,train,4\n,red,test,5\n"


@pytest.mark.parametrize(
    ("missing", "train", "test"),
    [
        ("mean", [[1, 0, 1], [5, 0, 1], [5, 0, 0], [9, 1, 0]], [[5, 0, 1]]),
        ("median", [[1, 0, 1], [5, 0, 1], [5, 0, 0], [9, 1, 0]], [[5, 0, 1]]),
    ],
)
def test_gaps_are_filled_from_the_training_split(missing: str, train: list[Any], test: list[Any]) -> None:
    """Numbers by the mean or median; a missing category is none of them."""
    data = csv(GAPS, target="y", task="regression", split_column="split", missing=missing).load(None)

    assert (data.train.x.tolist(), data.test.x.tolist()) == (train, test)


def test_rows_with_gaps_are_dropped_if_asked() -> None:
    """Before anything else is decided: the rest keeps its row numbers."""
    text = GAPS + "7,blue,test,x\n"

    assert refused(text, target="y", task="regression", split_column="split", missing="drop") == (
        "own.csv: row 6, column y: expected a number, given 'x'"
    )
    text = GAPS + "7,blue,test,6\n"
    data = csv(text, target="y", task="regression", split_column="split", missing="drop").load(None)
    assert (data.train.y.tolist(), data.test.y.tolist()) == ([1, 4], [6])


BESIDE = """t,price,kind,split,y
a b,1,new,train,0
a,3,old,train,1
b c,2,new,test,0
"""
TEXT = {"text": "t", "target": "y", "task": "binary", "split_column": "split", "num_words": 8}


def test_columns_beside_a_text_stand_behind_its_words() -> None:
    """Words first, as without the columns; then standardized numbers and a column of 0 and 1 a category."""
    alone = csv(BESIDE, **TEXT).load(None)
    dataset = csv(BESIDE, features=["price", "kind"], **TEXT)
    data = dataset.load(None)

    assert data.info is not None
    assert (data.info.shape, data.info.inputs, dataset.info().shape) == ((8 + 1 + 2,), "sparse", ())
    for split, of_words in ((data.train, alone.train), (data.test, alone.test)):
        assert isinstance(split.x, csr_array)
        assert split.x.dtype == np.float32
        np.testing.assert_array_equal(dense(split.x)[:, :8], dense(of_words.x))
    # Mean 2 and deviation 1 in the training split; new, then old.
    assert dense(data.train.x)[:, 8:].tolist() == [[-1, 1, 0], [1, 0, 1]]
    assert dense(data.test.x)[:, 8:].tolist() == [[0, 1, 0]]
    raw = csv(BESIDE, features=["price"], standardize=False, encoding="tfidf", **TEXT).load(None)
    assert dense(raw.train.x)[:, 8].tolist() == [1, 3]
    assert np.linalg.norm(dense(raw.train.x)[:, :8], axis=1) == pytest.approx(1)


def test_a_row_with_text_and_columns_for_the_eye() -> None:
    """The columns, then the text; a text alone stays alone."""
    assert shown(csv(BESIDE, features=["price", "kind"], **TEXT)) == ["price 2, kind new: b c"]
    assert shown(csv(BESIDE, **TEXT)) == ["b c"]


def test_new_rows_with_text_and_columns_are_encoded_as_the_test_split(tmp_path: Path) -> None:
    """Words, scales and categories are those of the training split."""
    dataset = csv(BESIDE, features=["price", "kind"], encoding="tfidf", **TEXT)
    Path("new.csv").write_text("kind,t,price\nnew,b c,2\n")

    new = dataset.new_examples(Path("new.csv"), None)

    np.testing.assert_allclose(dense(new.x), dense(dataset.load(None).test.x), rtol=1e-6)
    Path("new.csv").write_text("kind,t\nnew,b c\n")
    with pytest.raises(UserError, match=r"new\.csv: no column 'price', which the model learned from"):
        dataset.new_examples(Path("new.csv"), None)


def test_gaps_beside_a_text_are_filled_or_refused() -> None:
    """As in a table of numbers; a number that never varies is only centred."""
    gaps = BESIDE.replace("a,3,old", "a,,old")

    message = "own.csv: row 2, column price: missing; see dataset.missing: drop, mean or median"
    assert refused(gaps, features=["price"], **TEXT) == message
    data = csv(gaps, features=["price"], missing="mean", **TEXT).load(None)
    assert dense(data.train.x)[:, 8].tolist() == [0, 0]
    assert dense(data.test.x)[:, 8].tolist() == [1]
    with pytest.raises(UserError, match=r"has no column 'prize'\. Did you mean 'price'"):
        csv(BESIDE, features=["prize"], **TEXT).load(None)


@pytest.mark.parametrize(
    ("text", "settings", "message"),
    [
        (GAPS, BY_COLUMN | {"target": "y"}, "row 2, column x: missing, and 1 more in this column; see dataset.missing: "
         "drop, mean or median"),
        ("x,y\n1,2\n3,\n", {"target": "y", "task": "regression", "missing": "mean"},
         "row 2, column y: missing; see dataset.missing: {target: drop, features: mean}"),
        (CARS.replace("2.5", "2,5"), BY_COLUMN, "row 2 (line 3): 6 cells where there are 5 columns "
         "('train,2,5,blue,4,20'); a cell with a comma in it has to stand in quotation marks"),
        (CARS.replace("2.5", "2.5kg"), BY_COLUMN, "row 2, column weight: expected a number, as in most training "
         "rows, given '2.5kg'"),
        (CARS.replace("test", "later"), BY_COLUMN, "row 4, column split: expected train, val or test, given 'later'"),
        (CARS.replace("40", "inf"), BY_COLUMN, "row 4, column price: expected a number, given 'inf'"),
        (CARS, BY_COLUMN | {"task": "proportion"}, "row 1, column price: expected a number from 0 to 1, given "
         "'10'; a percentage has to be divided by 100 in the file, and any other number is task: regression"),
        (CARS.replace("20", "-2"), BY_COLUMN | {"task": "count"}, "row 2, column price: expected a whole number, 0 or "
         "more, given '-2'; any other number is task: regression"),
        (CARS, BY_COLUMN | {"task": "binary"}, "column price: a binary task needs 2 classes; found 3: 10, 20, 30"),
        (CARS.replace("test", "train"), BY_COLUMN, "column split marks no row test"),
        ("", BY_COLUMN, "the file is empty"),
        ("a,b\n1,2,3\n4,5,6\n", {"target": "b", "task": "count"},
         "line 1: the header has one name fewer than the rows have cells; name all 3 columns by dataset.names"),
        ("x,y\n" + "".join(f"w{i},1\n" for i in range(200)), {"target": "y", "task": "regression"},
         "column x: 160 different words, such as 'w0', more than 100; leave it out by dataset.ignore: [x], read it "
         "as dataset.text, or name the rows by it: dataset.id: x"),
    ],
)  # fmt: skip
def test_says_where_a_file_is_wrong(text: str, settings: dict[str, Any], message: str) -> None:
    """File, row and column, in one line."""
    assert refused(text, **settings).replace("own.csv: ", "") == message


def test_an_unknown_column_is_the_users_mistake() -> None:
    """With the nearest right word."""
    with pytest.raises(UserError) as error:
        csv(CARS, target="prise", task="regression").load(None)

    assert str(error.value) == (
        "dataset.target: own.csv has no column 'prise'. Did you mean 'price'? "
        "Choose from: split, weight, colour, doors, price"
    )


def test_an_absent_file_is_named_with_where_it_was_looked_for(tmp_path: Path) -> None:
    """The working directory first, then where data files lie."""
    folder = tmp_path / "data"
    folder.mkdir()
    with pytest.raises(
        DataError, match=r"absent\.csv: not found; looked in: .* \(the working directory\), .*data \(--data"
    ):
        Csv(path="absent.csv", target="y", task="regression").digest(folder)

    (folder / "absent.csv").write_text(CARS)
    assert len(Csv(path="absent.csv", **BY_COLUMN).load(folder).train) == 3


def test_packed_files_are_read_too() -> None:
    """By their suffix."""
    Path("own.csv.gz").write_bytes(gzip.compress(CARS.encode()))

    assert len(Csv(path="own.csv.gz", **BY_COLUMN).load(None).train) == 3


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"test_path": "b.csv"}, ("split_column", "the test split is said twice; give split_column or test_path")),
        ({"target": ["a", "b"]}, ("target", "several target columns are for a multilabel task; this one is "
         "regression")),
        (
            {"text": "t", "features": ["a"], "encoding": "padded"},
            ("encoding", "padded text is word indices alone; columns beside it need multi_hot, count or tfidf"),
        ),
        ({"features": []}, ("features", "expected at least one column")),
        (
            {"features": ["doors"], "categorical": ["doors", "colour"]},
            ("categorical", "column 'colour' is no feature. Only the columns that dataset.features names are"),
        ),
        (
            {"text": "note", "categorical": ["doors"]},
            (
                "categorical",
                "column 'doors' is no feature. Beside a text, only the columns that dataset.features names are",
            ),
        ),
        ({"features": ["price"]}, ("features", "column 'price' is the target or the split: it would give the answer "
         "away")),
        ({"classes": ["a", "b"]}, ("classes", "a regression task has no classes")),
        ({"classes": ["a", "a"], "task": "binary"}, ("classes", "a class is named twice")),
        ({"classes": ["a"], "task": "binary"}, ("classes", "a binary task has 2 classes, given 1")),
    ],
)  # fmt: skip
def test_settings_that_exclude_each_other(settings: dict[str, Any], problem: tuple[str, str]) -> None:
    """Said before any file is read."""
    assert list(Csv(**({"path": "absent.csv"} | BY_COLUMN | settings)).problems(ALONE)) == [problem]


def test_parquet_names_the_extra_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pyarrow is not installed."""
    Path("own.parquet").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserError, match=r"^own\.parquet: Parquet needs pyarrow; install it by: pip install 'dlexp\["):
        Parquet(path="own.parquet", **BY_COLUMN).load(None)


def test_parquet_keeps_the_types_of_its_columns() -> None:
    """The same features as from CSV."""
    pytest.importorskip("pyarrow")
    import io

    import pandas as pd

    pd.read_csv(io.StringIO(CARS)).to_parquet("own.parquet")
    data = Parquet(path="own.parquet", **BY_COLUMN).load(None)

    assert data.train.x.tolist() == csv(CARS, **BY_COLUMN).load(None).train.x.tolist()


@pytest.mark.training
def test_trains_with_the_units_its_data_needs(tmp_path: Path) -> None:
    """The model has a unit a class; the recorded config stays as it was checked, so its identity does too."""
    import json

    from dlexp.execution.execute import execute
    from dlexp.execution.plan import Request
    from dlexp.execution.planning import plan

    Path("own.csv").write_text("x,y\n" + "".join(f"{i},{'abc'[i % 3]}\n" for i in range(60)))
    Path("own.yaml").write_text("dataset: {type: csv, path: own.csv, target: y, task: multiclass}\n")
    experiment = load("own.yaml", ["training.epochs=1"]).experiment
    (job,) = plan(Request(wanted=[(experiment, [0])], runs_dir=tmp_path / "runs")).jobs()
    execute(job)
    summary = json.loads((job.path / "summary.json").read_text())
    (again,) = plan(Request(wanted=[(load(job.path / "config.yaml").experiment, [0])], runs_dir=tmp_path / "runs")).runs

    assert summary["layers"][-1]["output_shape"] == [3]
    assert (summary["config"]["head"]["units"], summary["class_names"]) == (None, ["a", "b", "c"])
    assert again.identity == job.identity


def test_a_description_counts_each_label() -> None:
    """An example counts for each of its labels; it is shown with all of them."""
    from dlexp.reports.data.facts import describe

    text = "t,split,topics\nx y,train,a; b\nz,train,\nx,train,b\ny,test,b\n"
    dataset = csv(text, target="topics", task="multilabel", split_column="split").model_copy(update={"text": "t"})
    description = describe(dataset, None, None)

    assert [(each.name, each.counts) for each in description.classes] == [
        ("a", {"train": 1, "test": 0}),
        ("b", {"train": 2, "test": 1}),
    ]
    assert [(each.target, each.content) for each in description.shown] == [("a, b", "x y"), ("none", "z"), ("b", "x")]


def test_columns_are_held_against_the_header_alone() -> None:
    """Of both files, and no row is read: the second has one that no split could use."""
    Path("test.csv").write_text("weight,price\n?,?,?\n")
    features = {"features": ["weight", "color"], "test_path": "test.csv"}
    dataset = csv(CARS, target={"prize": "regression", "colour": "multiclass"}, **features)

    assert list(dataset.misfits(None)) == [
        (
            "target.prize",
            "own.csv has no column 'prize'. Did you mean 'price'? Choose from: split, weight, colour, doors, price",
        ),
        (
            "features",
            "own.csv has no column 'color'. Did you mean 'colour'? Choose from: split, weight, colour, doors, price",
        ),
        ("target.prize", "test.csv has no column 'prize'. Did you mean 'price'? Choose from: weight, price"),
        ("target.colour", "test.csv has no column 'colour'. Choose from: weight, price"),
        ("features", "test.csv has no column 'color'. Choose from: weight, price"),
    ]
    assert list(csv(CARS, **BY_COLUMN).misfits(None)) == []


def test_of_many_columns_the_first_are_named() -> None:
    """So that the line can be read."""
    columns = ",".join(f"c{i}" for i in range(100))

    ((field, message),) = csv(f"{columns}\n", target="y", task="binary").misfits(None)
    assert field == "target"
    assert message.endswith("Choose from: " + ", ".join(f"c{i}" for i in range(30)) + ", ... (100 in all)")


def test_columns_of_parquet_are_held_against_its_schema() -> None:
    """Without the index, which is no column of the table."""
    pytest.importorskip("pyarrow")
    import pandas as pd

    pd.DataFrame({"x": [1.0], "label": ["a"]}, index=pd.Index(["row"], name="key")).to_parquet("own.parquet")

    assert list(Parquet(path="own.parquet", target="label", task="binary").misfits(None)) == []
    assert list(Parquet(path="own.parquet", target="lable", task="binary").misfits(None)) == [
        ("target", "own.parquet has no column 'lable'. Did you mean 'label'? Choose from: x, label")
    ]


@pytest.mark.parametrize("name", ["d.csv", "d.CSV.gz", "d.csv.bz2", "d.csv.xz", "d.csv.zip", "d.tar", "d.tar.gz"])
def test_loads_the_rows_that_were_digested(name: str, tmp_path: Path) -> None:
    """Packed or not, from one file or two, also where they are overwritten in between."""
    content = pd.DataFrame({"x": range(10), "y": range(10)})
    content.to_csv(name, index=False)
    content.to_csv("test.csv", index=False)

    assert_loads_what_was_digested(Csv(path=name, target="y", task="regression"), tmp_path)
    content.to_csv(name, index=False)
    content.to_csv("test.csv", index=False)
    assert_loads_what_was_digested(Csv(path=name, test_path="test.csv", target="y", task="regression"), tmp_path)


def test_loads_the_parquet_file_that_was_digested(tmp_path: Path) -> None:
    """Also where it is overwritten in between."""
    pd.DataFrame({"x": range(10), "y": range(10)}).to_parquet("d.parquet")

    assert_loads_what_was_digested(Parquet(path="d.parquet", target="y", task="regression"), tmp_path)


def test_a_file_that_comes_to_hide_another_is_not_loaded(tmp_path: Path) -> None:
    """Where a path leads is found once: the working directory comes before the folder of the data files."""
    (tmp_path / "data").mkdir()
    pd.DataFrame({"x": range(10), "y": range(10)}).to_csv("data/d.csv", index=False)
    dataset = Csv(path="d.csv", target="y", task="regression", test_size=0.5)

    with snapshot.taken():
        dataset.digest(tmp_path / "data")
        pd.DataFrame({"x": range(4), "y": range(4)}).to_csv("d.csv", index=False)
        data = dataset.load(tmp_path / "data")

    assert len(data.train) == 5


def test_line_ends_in_a_cell_are_no_part_of_a_word() -> None:
    """Of training texts and of new ones: as Excel on Windows saves them, or as one word alone, they are the same."""
    text = 'split,t,y\r\ntrain,"good\r\nfine\r\n",0\r\ntrain,"bad\r\n",1\r\ntest,bad,1\r\n'
    dataset = csv(text, text="t", target="y", task="binary", split_column="split", encoding="padded", maxlen=3)
    data = dataset.load(None)
    Path("new.csv").write_text("t\ngood\nfine\n\n")

    assert (data.train.x.tolist(), data.test.x.tolist()) == ([[1, 4, 5], [0, 1, 6]], [[0, 1, 6]])
    assert data.remarks == []
    assert dataset.new_examples(Path("new.csv"), None).x.tolist() == [[0, 1, 4], [0, 1, 5]]


def test_characters_are_read_where_asked() -> None:
    """Of training and new texts."""
    settings = {"text": "t", "target": "y", "task": "binary", "split_column": "split", "num_words": 9}
    dataset = csv("split,t,y\ntrain,很好,0\ntrain,不好,1\ntest,好,0\n", **settings, tokens="characters")
    data = dataset.load(None)
    Path("new.csv").write_text("t\n好不好\n?\n怎么\n")
    new = dataset.new_examples(Path("new.csv"), None)

    assert dense(data.train.x).tolist() == [[0, 1, 0, 0, 1, 1, 0, 0, 0], [0, 1, 0, 0, 1, 0, 1, 0, 0]]
    assert dense(new.x)[0].tolist() == [0, 1, 0, 0, 1, 0, 1, 0, 0]
    assert new.notes == ["no word at all in 1 of 3 texts: 2", "no word that the model knows in 1 of 3 texts: 3"]


@pytest.mark.parametrize(
    "cells",
    [
        pd.Series([b"good film", b"bad film", b"good"]),
        pd.Series([["good", "film"], ["bad", "film"], ["good"]]),
        pd.Series(["good film", "bad film", "good"], dtype="category"),
    ],
)
def test_texts_of_a_parquet_file_are_texts_however_they_are_stored(cells: "pd.Series[Any]") -> None:
    """As bytes, as lists of words, as categories: the same words."""
    pd.DataFrame({"t": cells, "split": ["train", "train", "test"], "y": [0, 1, 0]}).to_parquet("own.parquet")
    settings = {"path": "own.parquet", "text": "t", "target": "y", "task": "binary", "split_column": "split"}
    data = Parquet.model_validate({**settings, "encoding": "padded", "maxlen": 3}).load(None)

    assert (data.train.x.tolist(), data.test.x.tolist()) == ([[1, 5, 4], [1, 6, 4]], [[0, 1, 5]])
    assert data.first == ["good film", "bad film"]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (b"caf\xe9", r"^own\.parquet: row 2, column t: bytes that are no text in UTF-8: b'caf\\xe9'$"),
        ([1.0, 2.0], r"^own\.parquet: row 2, column t: expected a text or a list of words, given \[1\. 2\.\]$"),
    ],
)
def test_what_is_no_text_is_refused_with_its_place(cell: Any, message: str) -> None:
    """In a Parquet file, whose cells can be anything."""
    pd.DataFrame({"t": [cell[:0], cell], "split": ["train", "test"], "y": [0, 1]}).to_parquet("own.parquet")

    with pytest.raises(DataError, match=message):
        Parquet(path="own.parquet", text="t", target="y", task="binary", split_column="split").load(None)


@pytest.mark.parametrize(
    ("missing", "found"),
    [
        ("drop", ["own.csv: row 2, column t: missing in 1 row; such rows are dropped"]),
        ("mean", ["own.csv: row 2, column t: missing in 1 row, taken as an empty text"]),
    ],
)
def test_a_missing_text_is_said_with_its_row(missing: str, found: list[str]) -> None:
    """Refused unless a setting says what to do; a text of spaces is missing, one of punctuation has no word."""
    text = "t,split,y\ngood,train,0\n  ,train,1\nbad,train,1\ngood,test,1\n"
    settings = {"text": "t", "target": "y", "task": "binary", "split_column": "split"}

    assert refused(text, **settings) == (
        "own.csv: row 2, column t: missing; see dataset.missing: drop, or mean, which leaves the text empty"
    )
    assert list(map(str, csv(text, missing=missing, **settings).load(None).remarks)) == found
    assert [each.rule for each in csv(text.replace("  ", "?"), **settings).load(None).remarks] == ["wordless_texts"]
