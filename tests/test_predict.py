"""`dlexp predict`: the saved model's word on the test split and on new examples, as CSV on the natural scale."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import Invoke
from make_runs import finished

from dlexp.components.data import Info
from dlexp.components.datasets import Csv, Digits, Imdb, Npz, TextFolder
from dlexp.components.datasets.reading.text_file import TextReader
from dlexp.components.datasets.user import new_examples, new_texts
from dlexp.components.heads import Binary, Gaussian, Multilabel, Quantiles
from dlexp.components.heads.head import Predicted
from dlexp.errors import DataError, UserError
from dlexp.records import index, manifest

RECORDED = Path(__file__).parent / "records" / "0.1.0" / "runs"


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are written to and read from a folder of the test's own."""
    monkeypatch.chdir(tmp_path)


def nothing() -> Predicted:
    """The training split, where no head may ask for it."""
    raise AssertionError


def table(text: str) -> list[dict[str, str]]:
    """The rows of a CSV text."""
    return list(csv.DictReader(io.StringIO(text)))


def test_tables_name_classes_and_give_intervals() -> None:
    """A class and its probabilities, labels, a number with its interval and law, quantiles: each under its name."""
    info = Info(
        task="binary", n_train=1, n_test=1, inputs="numeric", shape=(2,), n_classes=2, class_names=("no", "yes")
    )
    two = Binary().distribution(np.array([[0.25], [0.75]]), nothing).columns(info)

    assert two["predicted"] == ["no", "yes"]
    assert {name: list(two[name]) for name in ("probability_no", "probability_yes")} == {
        "probability_no": [0.75, 0.25],
        "probability_yes": [0.25, 0.75],
    }
    labels = Multilabel().distribution(np.array([[0.6, 0.9], [0.1, 0.5]]), nothing).columns(info)
    assert labels["predicted"] == ["no;yes", ""]

    number = Info(task="regression", n_train=1, n_test=1, inputs="numeric", shape=(2,))
    gaussian = Gaussian().distribution(np.array([[10.0, 2.0]]), nothing).columns(number)
    assert gaussian["high_90"] == pytest.approx([10 + 2 * 1.6448536269514722])
    assert (list(gaussian["mean"]), list(gaussian["sd"])) == ([10.0], [2.0])

    quantiles = Quantiles(quantiles=[0.1, 0.5, 0.9]).distribution(np.array([[1.0, 3.0, 4.0]]), nothing).columns(number)
    assert [quantiles[name][0] for name in ("predicted", "quantile_0.1", "quantile_0.9")] == [3.0, 1.0, 4.0]


@pytest.mark.training
def test_predicts_the_test_split_and_a_table_of_numbers_alike(invoke: Invoke) -> None:
    """Predictions on the test split have the recorded scores; the same rows from a file give the same ones."""
    Path("d.yaml").write_text("dataset: digits\ntraining: {epochs: 2}\n")
    assert invoke("run", "d.yaml")[0] == 0
    (path,) = Path("runs/d").iterdir()
    metrics = json.loads((path / "summary.json").read_text())["metrics"]

    code, out, _ = invoke("predict", "d", "test")

    rows = table(out)
    assert code == 0
    assert [row["example"] for row in rows[:2]] == ["1", "2"]
    assert np.mean([row["target"] == row["predicted"] for row in rows]) == pytest.approx(metrics["test_accuracy"])
    right = [float(row[f"probability_{row['target']}"]) for row in rows]
    assert -np.mean(np.log(right)) == pytest.approx(metrics["test_nll"], rel=1e-4)

    np.savez("new.npz", x=Digits().load(None).test.x[:5])
    x = Digits().load(None).test.x[:5]
    Path("new.csv").write_text(
        ",".join(f"p{i}" for i in range(64)) + "\n" + "\n".join(",".join(map(str, r)) for r in x)
    )
    for file in ("new.npz", "new.csv"):
        again = table(invoke("predict", "d", file)[1])

        assert "target" not in again[0]
        for row, first in zip(again, rows, strict=False):
            assert row["predicted"] == first["predicted"]
            assert float(row["probability_3"]) == pytest.approx(float(first["probability_3"]), rel=1e-4)

    assert invoke("predict", "d", "test", "--output", "predicted.csv")[:2] == (0, "")
    assert table(Path("predicted.csv").read_text()) == rows

    assert invoke("predict", "d", "test", "--output", "predicted.parquet")[:2] == (0, "")
    kept = pd.read_parquet("predicted.parquet")
    assert list(kept.columns) == list(rows[0])
    assert list(kept["predicted"]) == [row["predicted"] for row in rows]
    np.testing.assert_allclose(kept["probability_3"], [float(row["probability_3"]) for row in rows], rtol=1e-6)


@pytest.mark.training
def test_mistakes_are_one_line(invoke: Invoke) -> None:
    """Without a run, a file or a right ending: exit code 2 and what to do instead."""
    Path("d.yaml").write_text("dataset: digits\ntraining: {epochs: 1}\n")
    Path("bad.csv").write_text("a,b\n1,2\n")
    invoke("run", "d.yaml")

    for words, message in {
        ("d", "absent.csv"): "absent.csv: no such file or folder; or say test",
        ("nobody", "test"): "nobody",
        ("d", "bad.csv"): "bad.csv: 2 columns; the model takes 64",
        ("d", "test", "--output", "x.txt"): "--output x.txt: expected a name that ends in .csv or .parquet",
    }.items():
        code, out, said = invoke("predict", *words)

        assert (code, out) == (2, "")
        assert message in said
        assert len(said.splitlines()) <= 10


def test_a_model_that_was_swapped_is_not_asked(invoke: Invoke) -> None:
    """By its digest in the manifest: exit code 1, and the command that names every changed file."""
    run_dir = finished(Path("runs"))
    run_dir.model_path.write_bytes(b"the trained one")
    run_dir.write_summary(index.read(run_dir).record.raw)  # With a manifest that has the model.
    run_dir.model_path.write_bytes(b"another one")

    code, out, said = invoke("predict", "digits", "test")

    assert (code, out) == (1, "")
    assert said == (
        f"{run_dir.model_path}: changed since the run ended; dlexp verify --files {run_dir.path} names all\n"
    )


def test_of_a_model_without_a_manifest_nothing_is_known() -> None:
    """Runs that 0.1.0 recorded are asked as they are."""
    run = next(run for run in map(index.read, index.scan(RECORDED)) if run.status == "finished")

    manifest.require(run.dir, run.result, run.dir.model_path)

    assert not run.dir.manifest_path.exists()


def test_new_rows_are_encoded_as_the_training_rows() -> None:
    """Categories, order of columns and fill values are those of the training split, whatever the new file has."""
    Path("own.csv").write_text("split,size,colour,y\ntrain,1,red,0\ntrain,3,blue,1\ntrain,,red,0\ntest,5,blue,1\n")
    dataset = Csv(path="own.csv", target="y", task="binary", split_column="split", missing="mean")
    Path("new.csv").write_text("colour,size\ngreen,7\nred,\n")

    x = dataset.new_examples(Path("new.csv"), None).x

    assert dataset.load(None).info.feature_names == ("size", "colour=blue", "colour=red")  # type: ignore[union-attr]
    np.testing.assert_array_equal(x, [[7, 0, 0], [2, 0, 1]])

    assert dataset.new_examples(Path("new.csv"), None).notes == [
        "size: missing in 1 row, taken as the training data's mean",
        "colour: 1 value in 1 row not in the training data: green",
        "size: 1 of 2 rows lies outside the training rows' values, 1 to 3: 7 in row 1",
    ]

    Path("less.csv").write_text("size\n7\n")
    with pytest.raises(UserError, match=r"less\.csv: no column 'colour', which the model learned from"):
        dataset.new_examples(Path("less.csv"), None)


@pytest.mark.training
def test_what_the_training_rows_have_not_is_said_by_column(invoke: Invoke) -> None:
    """On stderr, beside the predictions: gaps, and categories that no training row has; of none of these nothing."""
    rows = "".join(f"{i},{('red', 'blue')[i % 2]},a film,{i % 2}\n" for i in range(20))
    Path("own.csv").write_text(f"size,colour,note,y\n{rows}")
    Path("own.yaml").write_text(
        "dataset: {type: csv, path: own.csv, target: y, task: binary, missing: median, text: note, num_words: 10,\n"
        "  features: [size, colour]}\ntraining: {epochs: 1}\n"
    )
    assert invoke("run", "own.yaml")[0] == 0
    colours = ["green", "red", "", *(f"c{i}" for i in range(9)), "green"]
    Path("new.csv").write_text("size,colour,note\n" + "".join(f",{colour},\n" for colour in colours))

    code, out, said = invoke("predict", "own", "new.csv")

    assert (code, len(table(out))) == (0, 13)
    assert said.splitlines() == [
        "note: missing in 13 rows, taken as an empty text",
        "size: missing in 13 rows, taken as the training data's median",
        "colour: missing in 1 row, taken as no category",
        "colour: 10 values in 11 rows not in the training data: green, c0, c1, c2, c3, c4, c5, c6, ...",
    ]
    assert invoke("predict", "own", "own.csv")[2] == ""


@pytest.mark.parametrize("encoding", ["multi_hot", "count", "tfidf", "padded"])
def test_test_texts_encode_as_the_test_split(encoding: str) -> None:
    """The test split's own files, given as new texts, are encoded to the same arrays."""
    for split, words in (("train", ["good film", "bad film bad"]), ("test", ["bad good new", "film film"])):
        for folder, text in zip(("neg", "pos"), words, strict=True):
            Path("texts", split, folder).mkdir(parents=True)
            Path("texts", split, folder, "1.txt").write_text(text)
    settings = {"path": "texts", "task": "binary", "num_words": 20, "encoding": encoding, "maxlen": None}
    dataset = TextFolder.model_validate(settings)
    test = dataset.load(None).test.x
    order = [path.parent.name for path in dataset._found(None).test]

    new = dataset.new_examples(Path("texts/test"), None)

    assert list(new.names) == ["neg/1.txt", "pos/1.txt"]
    dense, expected = (x if isinstance(x, np.ndarray) else x.toarray() for x in (new.x, test))
    np.testing.assert_allclose(dense, expected[[order.index("neg"), order.index("pos")]], rtol=1e-6)


@pytest.mark.slow
@pytest.mark.training
def test_classes_of_own_texts_have_their_names(invoke: Invoke) -> None:
    """Which only the data say: of a binary task too, and beside classes that the config names."""
    for split, n in (("train", 8), ("test", 3)):
        for folder, word in (("neg", "bad"), ("pos", "good")):
            Path("texts", split, folder).mkdir(parents=True)
            for i in range(n):
                Path("texts", split, folder, f"{i}.txt").write_text(f"a {word} film")
    Path("new.txt").write_text("a good film\n")
    text = "dataset: {type: text_folder, path: texts, task: binary, num_words: 20}\ntraining: {epochs: 1}\n"
    Path("unnamed.yaml").write_text(text)
    Path("named.yaml").write_text(text.replace("task:", "classes: [pos, neg], task:"))
    assert invoke("run", "unnamed.yaml", "named.yaml")[0] == 0

    for name, classes in (("unnamed", ["neg", "pos"]), ("named", ["pos", "neg"])):
        (row,) = table(invoke("predict", name, "new.txt")[1])

        assert [column for column in row if "_" in column] == [f"probability_{each}" for each in classes]
        assert row["predicted"] in classes
    assert {row["target"] for row in table(invoke("predict", "unnamed", "test")[1])} == {"neg", "pos"}


@pytest.mark.training
def test_examples_of_another_shape_are_refused(invoke: Invoke) -> None:
    """Of own arrays, whose shape only the model tells: one line and exit code 2."""
    x, y = np.eye(8, dtype=np.float32), np.arange(8) % 2
    np.savez("own.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    np.savez("new.npz", x=np.zeros((4, 5)))
    Path("own.yaml").write_text("dataset: {type: npz, path: own.npz, task: binary}\ntraining: {epochs: 1}\n")
    assert invoke("run", "own.yaml")[0] == 0

    code, out, said = invoke("predict", "own", "new.npz")

    assert (code, out) == (2, "")
    assert said.splitlines()[-1] == "new.npz: examples of shape (5,); the model takes (8,)"


def test_reviews_are_numbered_by_keras_word_index(data_dir: Path) -> None:
    """Real reviews, decoded and given back as text, are encoded to the vectors they had."""
    dataset = Imdb(num_words=2000)
    texts = dataset.decoded(dataset.load(data_dir), range(20))
    Path("reviews.txt").write_text("\n".join(map(str, texts)))

    new = dataset.new_examples(Path("reviews.txt"), data_dir)

    expected = dataset.load(data_dir).test.x[np.arange(20)]
    # A word with an apostrophe in front is cut from it by the tokenizer alone: nearly all are the same.
    assert (new.x != expected).nnz <= 2


def test_refuses_what_is_no_number() -> None:
    """A word, a gap or an infinite value in a table of numbers is named with its row and column."""
    Path("a.csv").write_text("a,b\n1,2\n3,x\n")

    with pytest.raises(DataError, match=r"a\.csv: row 2, column b: expected a number, given 'x'"):
        new_examples.numbers(Path("a.csv"), 2)
    Path("a.npz").write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"a\.npz: not a readable npz archive"):
        new_examples.numbers(Path("a.npz"), 2)


def test_an_archive_without_inputs_says_what_it_has() -> None:
    """And what to do."""
    np.savez("new.npz", x_train=np.eye(2), y_train=[0, 1])

    with pytest.raises(UserError) as error:
        new_examples.numbers(Path("new.npz"), 2)
    assert str(error.value) == "new.npz: no array named x in it (found x_train, y_train); save the inputs as x"


def test_a_row_with_more_fields_than_the_header_is_refused() -> None:
    """pandas would take the first field as the row's name, and shift all features by one column."""
    Path("a.csv").write_text("a,b\n1,2,3\n4,5,6\n")

    with pytest.raises(DataError, match=r"a\.csv: line 1: the header has one name fewer than the rows have cells"):
        new_examples.numbers(Path("a.csv"), 2)


def test_a_file_without_examples_is_refused() -> None:
    """Of texts, numbers and tables alike, in one line that says so."""
    Path("nothing.txt").write_text("")
    Path("folder").mkdir()
    Path("text.csv").write_text("text\n")
    Path("table.csv").write_text("x1,x2\n")
    np.savez("numbers.npz", x=np.zeros((0, 2)))
    np.save("one.npy", np.float32(1))
    Path("own.csv").write_text("split,x1,x2,y\ntrain,1,2,0\ntrain,3,4,1\ntest,5,6,1\n")
    np.savez("own.npz", x_train=np.eye(2), y_train=[0, 1], x_test=np.eye(2), y_test=[0, 1])
    table = Csv(path="own.csv", target="y", task="binary", split_column="split")
    array = Npz(path="own.npz", task="binary")
    readers: dict[str, Callable[[Path], object]] = {
        "nothing.txt": lambda path: new_texts.read(path, TextReader()),
        "folder": lambda path: new_texts.read(path, TextReader()),
        "text.csv": lambda path: new_texts.read(path, TextReader()),
        "table.csv": lambda path: table.new_examples(path, None),
        "numbers.npz": lambda path: array.new_examples(path, None),
        "one.npy": lambda path: array.new_examples(path, None),
    }

    for name, read in readers.items():
        with pytest.raises(UserError, match=rf"{name}: no examples in it"):
            read(Path(name))
    for name in ("table.csv", "numbers.npz", "one.npy"):
        with pytest.raises(UserError, match=rf"{name}: no examples in it"):
            new_examples.numbers(Path(name), 2)


def test_only_the_end_of_a_line_ends_a_text() -> None:
    """Not what Python splits at beside it: a form feed, NEL or Unicode's own line separators."""
    Path("a.txt").write_bytes("one\x0cpage\x85\u2028end\r\n\r\nthree\n".encode())

    found = new_texts.read(Path("a.txt"), TextReader())

    assert found.texts == ["one\x0cpage\x85\u2028end", "", "three"]
    assert found.names == ["1", "2", "3"]


def test_a_model_that_brings_code_is_refused(tmp_path: Path) -> None:
    """Or is no archive at all: one line each."""
    import keras

    from dlexp.training.inference import _model

    inputs = keras.Input((2,))
    keras.Model(inputs, keras.layers.Lambda(lambda x: x * 2)(inputs)).save(tmp_path / "code.keras")
    (tmp_path / "text.keras").write_text("no archive")

    with pytest.raises(DataError, match=r"code\.keras: damaged, or refused by Keras's safe mode: .*Lambda"):
        _model(tmp_path / "code.keras")
    with pytest.raises(DataError, match=r"text\.keras: damaged, or refused"):
        _model(tmp_path / "text.keras")


OWN = """
import numpy as np
from keras import layers

class Scale(layers.Layer):
    def __init__(self, function, **kwargs):
        super().__init__(**kwargs)
        self.function = function

    def get_config(self):
        return {**super().get_config(), "by": "a function that no file holds"}

    def build(self, shape):
        self.factor = self.add_weight(shape=shape[1:], initializer="ones")

    def call(self, x):
        return self.function(x) * self.factor

def model(x):
    return Scale(lambda t: t * 2)(layers.Lambda(lambda t: t - 1)(layers.Dense(4, activation="tanh")(x)))

def data():
    x = np.random.default_rng(0).normal(size=(60, 3)).astype("float32")
    y = (x[:, 0] > 0).astype(int)
    return (x[:40], y[:40]), (x[40:], y[40:])
"""


@pytest.mark.training
def test_a_model_with_own_layers_predicts_where_its_code_is(invoke: Invoke) -> None:
    """With the flag, which the message types out; not by code that has changed since, nor without the module."""
    Path("predicted_by.py").write_text(OWN)
    Path("own.yaml").write_text(
        "dataset: {type: python, function: 'predicted_by:data', task: binary}\n"
        "model: {type: python, function: 'predicted_by:model'}\ntraining: {epochs: 3, batch_size: 8}\n"
    )
    assert invoke("run", "own.yaml")[0] == 0
    (path,) = Path("runs/own").iterdir()
    metrics = json.loads((path / "summary.json").read_text())["metrics"]

    code, out, said = invoke("predict", "own", "test")
    assert (code, out) == (2, "")
    assert said == (
        f"{path}/model.keras: only predicted_by:model, code that the config names, can open its layers; "
        f"to let it: dlexp predict {path} test --allow-code\n"
    )

    code, out, _ = invoke("predict", str(path), "test", "--allow-code")
    rows = table(out)
    right = [float(row[f"probability_{row['target']}"]) for row in rows]
    assert code == 0
    assert -np.mean(np.log(right)) == pytest.approx(metrics["test_nll"], rel=1e-5)

    np.savez("new.npz", x=np.zeros((2, 3), np.float32))
    assert len(table(invoke("predict", "own", "new.npz", "--allow-code")[1])) == 2


@pytest.mark.slow
@pytest.mark.training
def test_a_model_whose_code_has_changed_does_not_predict(invoke: Invoke) -> None:
    """Its weights belong to other layers, though their shapes be the same."""
    Path("changed_model.py").write_text(OWN)
    Path("own.yaml").write_text(
        "dataset: iris\nmodel: {type: python, function: 'changed_model:model'}\ntraining: {epochs: 1}\n"
    )
    assert invoke("run", "own.yaml")[0] == 0
    Path("changed_model.py").write_text(OWN.replace("t * 2", "t * 3"))
    (path,) = Path("runs/own").iterdir()

    assert invoke("predict", str(path), "test", "--allow-code") == (
        2,
        "",
        f"{path}/model.keras: changed_model:model has changed since the training, and only as it was can it open the "
        "layers\n",
    )

    Path("changed_model.py").unlink()
    code, _, said = invoke("predict", str(path), "test", "--allow-code")
    assert (code, said) == (
        1,
        "changed_model:model: no module changed_model that Python knows or the working directory has\n",
    )


@pytest.mark.slow
@pytest.mark.training
def test_predictions_and_show_call_an_example_by_its_row_and_its_id(invoke: Invoke) -> None:
    """The row is that of the file, counted from 1, as in every message; new rows have their ids too."""
    rows = "".join(f"p{i},{i % 7},{'ab'[i % 2]}\n" for i in range(1, 41))
    Path("own.csv").write_text(f"PassengerId,x,y\n{rows}")
    Path("own.yaml").write_text(
        "dataset: {type: csv, path: own.csv, target: y, task: binary, id: PassengerId}\ntraining: {epochs: 1}\n"
    )
    assert invoke("run", "own.yaml")[0] == 0
    of_test = table(invoke("predict", "own", "test")[1])
    mistakes = [line for line in invoke("show", "own", "--mistakes", "20")[1].splitlines() if "right is" in line]
    Path("new.csv").write_text("PassengerId,x\nq1,3\n")

    assert list(of_test[0])[:3] == ["example", "PassengerId", "target"]
    assert all(row["PassengerId"] == f"p{row['example']}" for row in of_test)
    wrong = {f"{row['example']} ({row['PassengerId']})" for row in of_test if row["target"] != row["predicted"]}
    assert {line.strip().split(": ")[0] for line in mistakes} == wrong
    assert [row["PassengerId"] for row in table(invoke("predict", "own", "new.csv")[1])] == ["q1"]


def own_texts(**settings: object) -> Csv:
    """A table of texts, each of two words of three."""
    Path("own.csv").write_text("split,t,n,y\ntrain,good film,1,0\ntrain,bad film,2,1\ntest,good,3,0\n")
    return Csv.model_validate(
        {"path": "own.csv", "text": "t", "target": "y", "task": "binary", "split_column": "split", **settings}
    )


def test_a_line_of_a_file_is_a_text_of_the_tables_column() -> None:
    """As is a file of a folder, and that is said; a .txt file that begins with the column's name is a table."""
    dataset = own_texts(num_words=8)
    Path("new.txt").write_text("bad\ngood, film\r\nawful\n")
    Path("table.txt").write_text("n,t\n1,bad\n")
    for name in ("a/1.txt", "a/B.TXT", "a/._1.txt", "a/.DS_Store", "a/c.md"):
        Path("folder", name).parent.mkdir(parents=True, exist_ok=True)
        Path("folder", name).write_text("bad film")

    lines, table, folder = (dataset.new_examples(Path(name), None) for name in ("new.txt", "table.txt", "folder"))

    assert (list(lines.names), list(folder.names)) == (["1", "2", "3"], ["a/1.txt", "a/B.TXT"])
    np.testing.assert_array_equal(lines.x.toarray()[:2], own_rows("bad", '"good, film"'))  # type: ignore[union-attr]
    np.testing.assert_array_equal(table.x.toarray(), own_rows("bad"))  # type: ignore[union-attr]
    assert lines.notes == [
        "each line is taken as a text of column t",
        "no word that the model knows in 1 of 3 texts: 3",
    ]
    assert table.notes == []
    assert folder.notes == ["not read: 2 files, the first a/._1.txt", "each file is taken as a text of column t"]


def own_rows(*cells: str) -> np.ndarray:
    """The cells as new rows of `own_texts`, encoded."""
    Path("rows.csv").write_text("t\n" + "".join(f"{cell}\n" for cell in cells))
    x = own_texts(num_words=8).new_examples(Path("rows.csv"), None).x
    return np.asarray(x.toarray())  # type: ignore[union-attr]


def test_texts_alone_are_refused_where_the_model_learned_from_more() -> None:
    """From numbers beside the text, or from several columns of text; the message names all columns."""
    Path("new.txt").write_text("bad\n")

    with pytest.raises(
        UserError, match=r"^new\.txt: has texts alone; .* from 2 columns, so give a table with them: t, n$"
    ):
        own_texts(features=["n"]).new_examples(Path("new.txt"), None)
    with pytest.raises(UserError, match=r"give a table with them: t, split$"):
        own_texts(text=["t", "split"], split_column=None).new_examples(Path("new.txt"), None)


def test_the_only_column_of_a_table_has_the_texts() -> None:
    """Whatever it is called, and that is said; of several it has to be called text."""
    Path("reviews.csv").write_text("review\ngood film\n")
    Path("more.csv").write_text("review,stars\ngood film,3\n")

    found = new_texts.read(Path("reviews.csv"), TextReader())

    assert (found.texts, found.notes) == (["good film"], ["the texts are those of the only column, review"])
    with pytest.raises(UserError, match=r"^more\.csv: no column 'text'\. Give a \.txt file with one text per line"):
        new_texts.read(Path("more.csv"), TextReader())


def test_new_texts_without_a_known_word_are_named() -> None:
    """Of any data set of texts: their words are unknown, or cut by num_words, or there are none."""
    for split in ("train", "test"):
        for folder, text in (("neg", "bad bad"), ("pos", "good rare")):
            Path("texts", split, folder).mkdir(parents=True)
            Path("texts", split, folder, "1.txt").write_text(text)
    Path("new.txt").write_text("bad\nrare\nawful\n\n...\n")
    dataset = TextFolder.model_validate({"path": "texts", "task": "binary", "num_words": 6})

    assert dataset.new_examples(Path("new.txt"), None).notes == [
        "no word at all in 2 of 5 texts: 4, 5",
        "no word that the model knows in 2 of 5 texts: 2, 3",
    ]


@pytest.mark.parametrize("dataset", ["table", "imdb"])
def test_new_texts_in_another_encoding_are_to_be_converted(dataset: str, data_dir: Path) -> None:
    """A key would change how the training texts are read: it is not named."""
    Path("new.txt").write_bytes("un caf\xe9".encode("cp1252"))
    found = own_texts() if dataset == "table" else Imdb()

    with pytest.raises(
        DataError, match=r"^new\.txt: line 1, byte 7 of the file: 0xe9 is no UTF-8; convert it to UTF-8$"
    ):
        found.new_examples(Path("new.txt"), data_dir)
