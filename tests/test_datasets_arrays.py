"""The user's own arrays: from an npz archive, and from a function of a module in the working directory."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from archives import ragged
from scipy.sparse import csr_array
from snapshots import assert_loads_what_was_digested
from typer.testing import CliRunner

from dlexp.cli.app import app
from dlexp.components.component import ALONE, Unfit
from dlexp.components.datasets import Npz, Python
from dlexp.errors import DataError

X, Y = np.arange(12).reshape(3, 2, 2), np.array([0, 1, 1])


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths and modules are seen from the working directory; what was imported there is forgotten."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLEXP_DATA", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "own_module", raising=False)


def npz(x: Any = X, y: Any = Y, **settings: Any) -> Npz:
    """A data set of a file with these arrays as both splits."""
    np.savez("own.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    return Npz(**({"path": "own.npz", "task": "binary"} | settings))


def python(source: str, **settings: Any) -> Python:
    """A data set of a module with this source."""
    Path("own_module.py").write_text(source)
    return Python(**({"function": "own_module:load", "task": "binary"} | settings))


def test_reads_arrays_by_their_names() -> None:
    """Inputs of any shape become flat; classes keep their order."""
    np.savez("own.npz", a=X, b=Y, c=X[:2], d=np.array([1, 0]))
    data = Npz(path="own.npz", task="binary", x_train="a", y_train="b", x_test="c", y_test="d").load(None)

    assert data.train.x.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert (data.train.x.dtype, data.train.y.dtype) == (np.float32, np.int32)
    assert (data.train.y.tolist(), data.test.y.tolist()) == ([0, 1, 1], [1, 0])
    assert data.info is not None
    assert (data.info.n_train, data.info.n_test, data.info.shape, data.info.class_names) == (3, 2, (4,), ("0", "1"))


@pytest.mark.parametrize("dtype", [np.int64, np.uint16, np.float64])
def test_word_indices_are_whole_numbers(dtype: type[np.generic]) -> None:
    """With the vocabulary that the config says; a float without a fraction is one too, as pandas makes them."""
    data = npz(x=np.array([[0, 3], [2, 1], [0, 0]], dtype), form="word_ids", vocabulary=4).load(None)

    assert (data.train.x.dtype, data.train.x.tolist()) == (np.int32, [[0, 3], [2, 1], [0, 0]])
    assert data.info is not None
    assert (data.info.inputs, data.info.vocabulary, data.info.shape) == ("word_ids", 4, (2,))


def test_rows_of_labels() -> None:
    """A column a class, also one that no training example has."""
    data = npz(y=np.array([[1, 0, 1], [0, 0, 0], [1, 0, 0]]), task="multilabel").load(None)

    assert data.train.y.tolist() == [[1, 0, 1], [0, 0, 0], [1, 0, 0]]
    assert data.info is not None
    assert data.info.class_names == ("0", "1", "2")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"x": np.array([[1.0], [np.nan], [2.0]])}, "own.npz (train): inputs: example 1, number 0 is nan; leave it "
         "out, or fill it"),
        ({"x": X[:2]}, "own.npz (train): expected numeric inputs of shape (3, ...), as there are targets, found int64 "
         "of shape (2, 2, 2)"),
        ({"y": np.array([[0.0, 2.0]] * 3)}, "own.npz (train): targets of shape (3, 2), where one class each is (n,); "
         "give one column, as y[:, 0], or rows with one 1 and else 0"),
        ({"y": Y, "task": "multilabel"}, "own.npz (train): expected targets of shape (n, classes), all 0 or 1, found "
         "int64 of shape (3,); one class per example is task: multiclass"),
        ({"y": np.array([0.5, 2, 1]), "task": "proportion"}, "own.npz (train): target 1: expected a number from 0 to "
         "1, given '2'; a percentage has to be divided by 100 in the file, and any other number is task: regression"),
        ({"x": np.array([[0], [1], [-1]]), "form": "word_ids", "vocabulary": 4}, "own.npz (train): inputs: "
         "example 2, number 0 is -1, and word indices are whole numbers from 0 to 3, by dataset.vocabulary"),
        ({"x": np.array([[0], [1.5], [1]]), "form": "word_ids", "vocabulary": 4}, "own.npz (train): inputs: "
         "example 1, number 0 is 1.5, and word indices are whole numbers from 0 to 3, by dataset.vocabulary"),
        ({"x_train": "z"}, "own.npz: no array z in this file"),
    ],
)  # fmt: skip
def test_says_what_is_wrong_with_arrays(settings: dict[str, Any], message: str) -> None:
    """Which split, what was expected, what was found."""
    with pytest.raises(DataError) as error:
        npz(**settings).load(None)

    assert str(error.value) == message


def test_a_vocabulary_without_the_largest_word_is_unfit() -> None:
    """It is the setting that does not fit the data, and the value that does is named; new examples have none to set."""
    words = npz(x=np.array([[0, 5], [2**40, 4], [1, 1]]), form="word_ids", vocabulary=4)

    with pytest.raises(Unfit) as error:
        words.load(None)
    assert str(error.value) == (
        "dataset.vocabulary: 4, but the largest word index is 1099511627776 (example 1 of train, number 0); "
        "set dataset.vocabulary=1099511627777"
    )
    np.savez("new.npz", x=np.array([[0, 1], [5, 7]]))
    with pytest.raises(DataError, match=r"new.npz: inputs: example 1, number 1 is 7, and the model knows word indices"):
        words.new_examples(Path("new.npz"), None)


def test_lists_are_named_as_the_user_does() -> None:
    """The array of the archive, and the split's of a function."""
    with pytest.raises(
        DataError, match=r"^own.npz \(train\): x_train holds lists of different lengths; .*\(x_train, maxlen=2\)$"
    ):
        npz(x=ragged([[np.int64(1)], [np.int64(1), 2], []]), form="word_ids", vocabulary=4).load(None)
    with pytest.raises(DataError, match=r"^own_module:load \(test\): x_test holds lists of different lengths"):
        python("def load():\n    return ([[1, 2]] * 2, [0, 1]), ([[1], [1, 2]], [0, 1])\n").load(None)


def test_settings_of_arrays_that_exclude_each_other() -> None:
    """Said before any file is read."""
    assert list(Npz(path="a.npz", task="binary", form="word_ids").problems(ALONE)) == [
        ("vocabulary", "word_ids need it: one more than the largest word index")
    ]
    assert list(Npz(path="a.npz", task="binary", vocabulary=9).problems(ALONE)) == [
        ("vocabulary", "numeric inputs have none; word indices are dataset.form: word_ids")
    ]
    assert list(Npz(path="a.npz", task="binary", form="sparse").problems(ALONE)) == [
        ("form", "an npz archive holds no sparse matrix; use type python")
    ]


COUNTING = """
def load(n):
    x, y = [[float(i)] for i in range(n)], [i % 2 for i in range(n)]
    return (x, y), (x[:2], y[:2])
"""


def test_calls_a_function_with_its_arguments() -> None:
    """Lists are as good as arrays."""
    data = python(COUNTING, arguments={"n": 4}).load(None)

    assert data.train.x.tolist() == [[0], [1], [2], [3]]
    assert (data.train.y.tolist(), len(data.test)) == ([0, 1, 0, 1], 2)


def test_takes_sparse_matrices() -> None:
    """They stay sparse."""
    source = (
        "from scipy.sparse import eye_array\n\ndef load():\n    return (eye_array(2), [0, 1]), (eye_array(2), [1, 0])\n"
    )
    data = python(source, form="sparse").load(None)

    assert isinstance(data.train.x, csr_array)
    assert (data.train.x.dtype, data.train.x.toarray().tolist()) == (np.float32, [[1, 0], [0, 1]])


def test_the_working_directory_hides_no_module() -> None:
    """It comes last on the path: a file `json.py` there is not what `import json` finds."""
    Path("json.py").write_text("raise RuntimeError('hidden')\n")
    dataset = python("import json\n" + COUNTING, arguments={"n": 4})
    dataset.load(None)

    assert sys.path[-1] == str(Path.cwd())
    assert sys.modules["json"].__file__ != str(Path.cwd() / "json.py")


def test_the_digest_is_that_of_the_source() -> None:
    """Other code is other data."""
    digest = python(COUNTING).digest(None)

    assert python(COUNTING).digest(None) == digest
    assert python(COUNTING + "\n").digest(None) != digest


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def load():\n    raise KeyError('x')\n", "own_module:load: KeyError: 'x' (own_module.py, line 2)"),
        ("", "own_module:load: AttributeError: module 'own_module' has no attribute 'load'"),
        (
            "import sys\ndef load():\n    sys.exit()\n",
            "own_module:load: Exited: it calls sys.exit() (own_module.py, line 3)",
        ),
        (
            "import argparse\nargparse.ArgumentParser().parse_args(['x'])\n",
            "own_module:load: Exited: it calls sys.exit(2) (own_module.py, line 2)",
        ),
    ],
)
def test_says_what_a_function_raised(source: str, message: str) -> None:
    """In one line; the traceback is the cause."""
    with pytest.raises(DataError) as error:
        python(source).load(None)

    assert str(error.value) == message
    assert error.value.__cause__ is not None


def test_an_absent_module_is_named() -> None:
    """Before anything is trained."""
    with pytest.raises(DataError, match=r"^absent:load: no module absent that Python knows or the working directory"):
        Python(function="absent:load", task="binary").digest(None)


def test_check_says_that_a_run_calls_code_and_calls_none() -> None:
    """A note below the file's line; the module is not even looked for."""
    Path("own.yaml").write_text("dataset: {type: python, function: 'absent:load', task: binary}\n")
    result = CliRunner().invoke(app, ["check", "own.yaml"])

    assert (result.exit_code, result.stdout) == (
        0,
        "own.yaml: ok\n"
        "  note: a run calls absent:load, which is found in the working directory if Python does not know it\n",
    )


def test_arrays_are_held_against_the_names_in_the_archive() -> None:
    """None of them is read."""
    assert list(npz().misfits(None)) == []
    assert list(npz(x_test="x_tset").misfits(None)) == [
        (
            "x_test",
            "own.npz has no array 'x_tset'. Did you mean 'x_test'? Choose from: x_train, y_train, x_test, y_test",
        )
    ]


def test_loads_the_arrays_that_were_digested(tmp_path: Path) -> None:
    """Also where the file is overwritten, or the function edited, in between."""
    assert_loads_what_was_digested(npz(), tmp_path)
    assert_loads_what_was_digested(
        python("import numpy as np\n\ndef load():\n    return (np.eye(2), [0, 1]), (np.eye(2), [1, 0])\n"), tmp_path
    )


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ("None", "expected (x_train, y_train), (x_test, y_test), found nothing (None)"),
        ("x, y, x, y", "expected (x_train, y_train), (x_test, y_test), found 4 values"),
        ("(d, y), (d[['b', 'a']], y)", "x_train and x_test have other columns, or in another order: a, b but b, a"),
        ("(x[:, :0], y), (x[:, :0], y)", "(train): inputs of shape (3, 0), so that there is nothing to learn from"),
        ("(x[:0], y[:0]), (x, y)", "(train): no examples in it: targets of shape (0,)"),
        ("(x, ['a', ' ', 'b']), (x, ['a', 'b', 'b'])", "(train): target 1 is missing; leave such examples out"),
    ],
)
def test_what_a_function_should_not_return_is_named(returned: str, message: str) -> None:
    """Columns in another order would be learned from as one and asked for as another."""
    source = f"""
import numpy as np, pandas as pd

def load():
    x, y = np.arange(6.0).reshape(3, 2), np.array([0, 1, 1])
    d = pd.DataFrame(x, columns=["a", "b"])
    return {returned}
"""
    with pytest.raises(DataError) as error:
        python(source).load(None)
    assert message in str(error.value)


def test_records_of_several_fields_are_named() -> None:
    """They are sound, and no numbers."""
    with pytest.raises(DataError, match=r"array x_train: records of several fields \(a, b\), not numbers"):
        npz(x=np.zeros(3, dtype=[("a", "f8"), ("b", "i4")])).load(None)
