"""`dlexp data`: what is in a data set."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlexp.components.datasets import Imdb

IRIS = """\
iris      150 irises of 3 species, measured in 4 lengths (Fisher, 1936).
task      multiclass with 3 classes
examples  120 train, 30 test
inputs    4 numbers, standardized by the model
settings  test_size 0.2, split_seed 0, standardize true

class          train   share  test   share
 0 setosa         40  33.3 %    10  33.3 %
 1 versicolor     40  33.3 %    10  33.3 %
 2 virginica      40  33.3 %    10  33.3 %

feature               min   mean      sd    max
sepal length (cm)   4.300  5.858  0.8514  7.900
sepal width (cm)        2  3.049  0.4452  4.400
petal length (cm)       1  3.759   1.781  6.900
petal width (cm)   0.1000  1.207  0.7637  2.500

examples with equal inputs     share  with another target
test, also in train         1  3.3 %                    0
  train data[101] (virginica) and test data[142] (virginica): sepal length (cm)
    5.8, sepal width (cm) 2.7, petal length (cm) 5.1, petal width (cm) 1.9

the first examples of the training data
  setosa: sepal length (cm) 4.8, sepal width (cm) 3, petal length (cm) 1.4,
    petal width (cm) 0.3
  setosa: sepal length (cm) 4.9, sepal width (cm) 3, petal length (cm) 1.4,
    petal width (cm) 0.2
  setosa: sepal length (cm) 4.4, sepal width (cm) 3, petal length (cm) 1.3,
    petal width (cm) 0.2
"""


@pytest.fixture
def dlexp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Any) -> Any:
    """Run a command in a directory of its own; gives its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    return invoke


@pytest.fixture
def small_imdb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An IMDB of 3 + 2 reviews with its word index, where data are looked for."""
    monkeypatch.setattr(Imdb, "n_train", 3)
    monkeypatch.setattr(Imdb, "n_test", 2)
    monkeypatch.setenv("DLEXP_DATA", str(tmp_path))
    texts = np.empty(3, dtype=object)
    texts[:] = [[1, 2, 2, 3], [1], [2, 4]]
    np.savez(
        tmp_path / "imdb.npz",
        x_train=texts,
        y_train=np.array([0, 1, 0]),
        x_test=texts[:2],
        y_test=np.array([0, 1]),
    )
    words = {"the": 1, "film": 2, "was": 3, "bad": 4}
    (tmp_path / "imdb_word_index.json").write_text(json.dumps(words))


def test_a_table_of_classes(dlexp: Any) -> None:
    """Counts, shares, ranges, and examples with the names of their features."""
    assert dlexp("data", "iris") == (0, IRIS, "")


def test_words_that_are_kept(dlexp: Any, small_imdb: None) -> None:
    """Of 4 distinct and 7 running words, indices 4 and 5 are below num_words 6: 2 distinct, 5 running."""
    code, out, err = dlexp("data", "imdb", "--set", "dataset.num_words=6")

    assert (code, err) == (0, "")
    assert out.split("\n\n")[3] == (
        "The training texts have 4 distinct words, 7 running ones.\n"
        "num_words 6 keeps 2 of them (50.0 %), 71.4 % of the running words; all others\n  become one sign, [OOV].\n"
        "A vector has num_words entries, 6: a word index, 4 or more, is the place in it."
    )
    assert "the film film was" in out


def test_lengths_of_texts(dlexp: Any, small_imdb: None) -> None:
    """4, 1 and 2 words: the start sign is none."""
    _, out, _ = dlexp("data", "imdb", "--format", "json")

    lengths = json.loads(out)["lengths"]["train"]
    assert (lengths["minimum"], lengths["median"], lengths["maximum"]) == (1, 2, 4)
    assert lengths["mean"] == pytest.approx(7 / 3)
    assert lengths["sd"] == pytest.approx(np.std([4, 1, 2]))


def test_a_config_splits_the_training_data(dlexp: Any, small_imdb: None) -> None:
    """The validation examples, with their classes."""
    Path("c.yaml").write_text("dataset: {type: imdb, num_words: 6, encoding: count}\nvalidation: 1\n")
    first = np.random.RandomState(113).permutation(3)[0]
    classes = {k: [1 - (first == 1), int(first == 1)][k] for k in (0, 1)}

    code, out, _ = dlexp("data", "c.yaml", "--format", "json")
    document = json.loads(out)

    assert code == 0
    assert document["examples"] == {"train": 2, "validation": 1, "test": 2}
    assert [each["counts"]["validation"] for each in document["classes"]] == [classes[0], classes[1]]
    assert sum(each["counts"]["train"] for each in document["classes"]) == 2
    assert document["dataset"]["encoding"] == "count"


def test_validation_on_the_test_split(dlexp: Any) -> None:
    """It is named twice; without validation it is not named at all."""
    Path("c.yaml").write_text("dataset: iris\nvalidation: test\n")

    assert "examples  120 train, 30 validation, 30 test\n" in dlexp("data", "c.yaml")[1]
    assert "examples  120 train, 30 test\n" in dlexp("data", "c.yaml", "--set", "validation=none")[1]


def test_stratified_validation_keeps_the_shares(dlexp: Any) -> None:
    """8 of 40 irises of each species."""
    Path("c.yaml").write_text("dataset: iris\nvalidation: {type: split, stratify: true}\n")

    document = json.loads(dlexp("data", "c.yaml", "--format", "json")[1])

    assert [each["counts"] for each in document["classes"]] == [{"train": 32, "validation": 8, "test": 10}] * 3


def test_only_those_that_train_are_counted(dlexp: Any) -> None:
    """A quarter of the 96 irises that validation left."""
    Path("c.yaml").write_text("dataset: {type: iris, train_fraction: 0.25}\nvalidation: {type: split}\n")

    assert "examples  24 train, 24 validation, 30 test\n" in dlexp("data", "c.yaml")[1]


def test_the_rest_of_a_config_may_be_wrong(dlexp: Any) -> None:
    """Model, head, optimizer and training say nothing of the data; words padded for another model can be shown too."""
    Path("c.yaml").write_text(
        "name: '*'\ndataset: {type: reviews, encoding: padded}\nvalidation: 1000\nmodel: {hiden: [4]}\n"
        "loss: mse\noptimizer: adma\ntraining: 3\nallow: [nothing]\n"
    )

    code, out, err = dlexp("data", "c.yaml", "--format", "json")

    assert (code, err) == (0, "")
    assert json.loads(out)["examples"]["validation"] == 1000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dataset: {type: iris, test_siz: 0.1}\nmodel: {hiden: [4]}\n", "c.yaml:1: dataset.test_siz: unknown key"),
        ("dataset: iris\nvalidation: 1000\n", "c.yaml:2: validation.size: "),
        ("dataset: iris\nvalidaton: 10\n", "c.yaml:2: validaton: unknown key 'validaton'. Did you mean 'validation'?"),
        (
            "dataset:\n  {type: csv, path: own.csv,\n  target: lable, task: binary}\n",
            "c.yaml:3: dataset.target: own.csv has no column 'lable'. Did you mean 'label'? Choose from: x, label\n",
        ),
    ],
)
def test_what_a_config_says_of_its_data_must_be_right(dlexp: Any, text: str, message: str) -> None:
    """The data set and the validation: one line each, and nothing of the rest."""
    Path("own.csv").write_text("x,label\n1,a\n2,b\n")
    Path("c.yaml").write_text(text)

    code, out, err = dlexp("data", "c.yaml")

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(message)


def test_a_file_beside_the_config_is_not_where_it_is_looked_for(dlexp: Any) -> None:
    """Paths are seen from the working directory: the message says where, and which path is right."""
    Path("configs").mkdir()
    Path("configs/own.csv").write_text("x,y\n1,a\n2,b\n")
    Path("configs/c.yaml").write_text("dataset:\n  {type: csv, path: own.csv, target: y, task: binary}\n")

    code, out, err = dlexp("data", "configs/c.yaml")

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(
        f"configs/c.yaml:2: dataset.path: own.csv: not found; looked in: {Path.cwd()} (the working directory), "
    )
    assert err.endswith("; there is one beside the config, whose path from here is configs/own.csv\n")
    Path("configs/c.yaml").write_text("dataset:\n  {type: csv, path: gone.csv, target: y, task: binary}\n")
    assert dlexp("data", "configs/c.yaml")[0] == 1


def test_targets_of_a_regression(dlexp: Any) -> None:
    """Their spread by role, in the target's own units, and no classes."""
    _, out, _ = dlexp("data", "diabetes")
    document = json.loads(dlexp("data", "diabetes", "--format", "json")[1])

    assert "\ntarget  min    5 %  25 %  median  75 %   95 %  max   mean     sd\n" in out
    assert "\ntrain    25     51    84     139   214  281.8  346  151.6  78.30\n" in out
    assert document["classes"] == []
    assert document["features"][0]["name"] == "age"
    assert document["features"][0]["maximum"] == 79


def test_tiny_targets_stand_in_a_power_of_ten(dlexp: Any) -> None:
    """One for each row, so that the table fits; by hand: 0.5 to 5.5 farads times 1e-12, twelve of each."""
    rows = "".join(f"{i},{i % 6 + 0.5}e-12\n" for i in range(60))
    Path("t.csv").write_text(f"x,farads\n{rows}")
    Path("test.csv").write_text(f"x,farads\n{rows}")
    Path("c.yaml").write_text(
        "dataset: {type: csv, path: t.csv, test_path: test.csv, target: farads, task: regression}\nvalidation: none\n"
    )

    _, out, _ = dlexp("data", "c.yaml")

    assert "\ntarget         min   5 %  25 %  median  75 %  95 %   max  mean    sd\n" in out
    assert "\ntrain, 1e-12  0.50  0.50  1.50    3.00  4.50  5.50  5.50  3.00  1.71\n" in out


def test_the_best_possible_score_of_generated_data(dlexp: Any) -> None:
    """By metric, as the records call it."""
    assert "\nbest possible  test_nll 1.095, test_accuracy 0.5215, " in dlexp("data", "ratings")[1]
    assert json.loads(dlexp("data", "ratings", "--format", "json")[1])["best_possible"]["accuracy"] == 0.5215
    assert "best possible" not in dlexp("data", "iris")[1]


TWINS = """\
examples with equal inputs      share  with another target
train, twice or more        2  50.0 %                    2
test, also in train         1  50.0 %                    1
No model can classify more than 75.00 % of train right: equal inputs have other
  targets.
An equal one stands right behind 1 of them in the source, with another target
  behind 1.
  train row 4 (a) and test row 5 (b): km 3, colour=blue 1, colour=red 0, doors 4
  train row 1 (b) and train row 3 (a): km 1, colour=blue 0, colour=red 1, doors
    4"""


def test_equal_inputs_of_a_table(dlexp: Any) -> None:
    """Rows 1 and 3 contradict each other, rows 4 and 5 across the splits; doors says nothing, and class c is in one."""
    rows = ["1,red,4,b,train", "2,red,4,c,train", "1,red,4,a,train", "3,blue,4,a,train", "3,blue,4,b,test"]
    Path("cars.csv").write_text("\n".join(["km,colour,doors,class,part", *rows, "4,blue,4,a,test"]) + "\n")
    Path("c.yaml").write_text(
        "dataset: {type: csv, path: cars.csv, target: class, task: multiclass, split_column: part}\nvalidation: none\n"
    )

    code, out, _ = dlexp("data", "c.yaml")
    document = json.loads(dlexp("data", "c.yaml", "--format", "json")[1])

    assert (code, TWINS in out) == (0, True)
    assert "\nconstant  1 of 4 features: doors\n" in out
    assert "\nabsent    c not in test\n" in out
    assert document["constant"] == ["doors"]
    assert document["equal"]["overlaps"][1] == {
        **{"role": "test", "twin_role": "train", "examples": 1, "share": 0.5, "contradicted": 1}
    }
    assert [each["place"] for each in document["equal"]["pairs"][1]] == ["row 1", "row 3"]


def test_a_redrawn_training_set_has_no_twins_of_its_own(dlexp: Any) -> None:
    """A bootstrap draws examples several times: they are the same, not equal ones."""
    resample = "dataset.resample={type: bootstrap, index: 1}"

    code, out, _ = dlexp("data", "iris", "--set", resample)

    assert (code, "train, twice" in out, "test, also in train" in out) == (0, False, True)


def test_equal_texts_stand_next_to_each_other_in_the_file_of_newswires(dlexp: Any, data_dir: Path) -> None:
    """Newswires without a body carry that of the next one: the first pairs are neighbours with other topics."""
    document = json.loads(dlexp("data", "reuters", "--data-dir", str(data_dir), "--format", "json")[1])

    twins = {(each["role"], each["twin_role"]): each["examples"] for each in document["equal"]["overlaps"]}
    assert twins == {("train", "train"): 989, ("test", "test"): 65, ("test", "train"): 237}
    places = [[int(each["place"][2:-1]) for each in pair] for pair in document["equal"]["pairs"]]
    assert [abs(i - j) for i, j in places] == [1, 1, 1]
    assert document["equal"]["before"] == {"examples": 640, "contradicted": 420}


def test_many_classes_stand_side_by_side(dlexp: Any, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All 46 topics, 23 lines of two, with their names, on a terminal that is wide enough."""
    monkeypatch.setattr("dlexp.console.width", lambda: 100)
    _, out, _ = dlexp("data", "reuters", "--data-dir", str(data_dir))

    lines = out.split("\n\n")[1].splitlines()
    assert len(lines) == 24
    assert " ".join(lines[1].split()) == "0 cocoa 55 0.6 % 12 0.5 % 23 alum 41 0.5 % 12 0.5 %"
    assert lines[-1].split()[:2] == ["22", "meal-feed"]
    assert "  earn: mcgrath rentcorp said as a result of its december acquisition of space co" in out


@pytest.mark.parametrize("width", [60, 80, 160])
def test_nothing_is_wider_than_the_terminal(dlexp: Any, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """Lists hang below their beginning, names in front of numbers are cut; narrower than 80 columns nothing becomes."""
    monkeypatch.setattr("dlexp.console.width", lambda: width)
    names = [f"a_rather_long_name_of_{i}_measured_in_the_laboratory_on_{'every' * 2}_day" for i in range(12)]
    rows = [",".join([*(str(i * j % 31 + 0.5) for j in range(1, 13)), "ab"[i % 2] * 60]) for i in range(60)]
    Path("t.csv").write_text("\n".join([";".join([*names, "y"]), *rows]).replace(",", ";") + "\n")
    Path("c.yaml").write_text("dataset: {type: csv, path: t.csv, target: y, task: binary}\n")

    code, out, err = dlexp("data", "c.yaml")

    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert max(map(len, lines)) <= max(80, width)
    assert max(map(len, lines)) > 0.8 * width
    (start,) = [i for i, line in enumerate(lines) if line.startswith("columns ")]
    assert lines[start + 1].startswith(" " * 10 + "a_rather_long_name_of_")
    assert any(line.startswith("a_rather_long") and "...  " in line for line in lines) == (width <= 80)


def test_a_remark_has_its_line_in_json(dlexp: Any) -> None:
    """As it is printed, beside its parts."""
    Path("t.csv").write_text("x;y\n" + "".join(f"{i};{'ab'[i % 2]}\n" for i in range(40)))
    Path("c.yaml").write_text("dataset: {type: csv, path: t.csv, target: y, task: binary, features: [x]}\n")

    remark = json.loads(dlexp("data", "c.yaml", "--format", "json")[1])["remarks"][0]

    assert remark["rule"] == "delimiter"
    assert remark["line"] == (
        't.csv: its columns are read as separated by semicolons; see dataset.delimiter: ";" '
        "(allow: [delimiter] if it is meant)"
    )
    assert " ".join(dlexp("data", "c.yaml")[1].split()).count(remark["line"]) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["imbd"], "unknown data set 'imbd'. Did you mean 'imdb'? Choose from: digits, "),
        (["missing.yaml"], "missing.yaml: no such file"),
        (
            ["imdb", "--set", "dataset.num_wrds=3"],
            "dataset.num_wrds: unknown key 'num_wrds'. Did you mean 'num_words'?",
        ),
        (["imdb", "--set", "dataset.skip_top=20000"], "dataset.skip_top: leaves no word"),
    ],
)
def test_mistakes_are_named(dlexp: Any, arguments: list[str], message: str) -> None:
    """The user's, before any data is loaded."""
    code, out, err = dlexp("data", *arguments)

    assert (code, out) == (2, "")
    assert message in err


def test_imports_no_tensorflow() -> None:
    """Looking at data takes no TensorFlow, whose import takes seconds."""
    code = (
        "import sys\n"
        "from dlexp.cli.app import app\n"
        "app(['data', 'digits', '--format', 'json'], standalone_mode=False)\n"
        "print([name for name in ('tensorflow', 'keras') if name in sys.modules], file=sys.stderr)"
    )

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stderr == "[]\n"
    assert json.loads(result.stdout)["examples"] == {"train": 1437, "test": 360}
