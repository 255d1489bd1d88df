"""What is said of the user's own data once they are split."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from dlexp.config.load import load_data
from dlexp.training.split_remarks import is_sorted
from dlexp.training.splits import origins, remarks

#: Five classes of 40 rows, one after the other; 8 of each are drawn to test.
SORTED = "x,y\n" + "".join(f"{i % 7},{'abcde'[i // 40]}\n" for i in range(200))
FRONT = "t.csv: validation takes the first 32 rows, which are sorted by the target"
DRAWN = "; see validation: {type: split, size: 0.2}"


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files lie in the working directory."""
    monkeypatch.chdir(tmp_path)


def said(config: str) -> list[str]:
    """What is said of the splits of a config's data, without how to allow it."""
    Path("c.yaml").write_text(config)
    experiment = load_data("c.yaml").experiment
    dataset, validation = experiment.dataset, experiment.validation
    data = dataset.load(None)
    chosen = origins(data, dataset, validation)
    taken = {role: origin.take(data) for role, origin in chosen.items()}
    found = remarks(chosen, taken, data, dataset, validation)
    return [str(each).partition(" (allow: ")[0] for each in found]


def table(text: str, task: str, rest: str = "") -> str:
    """A config of a table."""
    Path("t.csv").write_text(text)
    return f"dataset: {{type: csv, path: t.csv, target: y, task: {task}}}\n{rest}"


@pytest.mark.parametrize(
    "rest", ["", "validation: 0.2", "validation: 32", "validation: {type: split, stratify: false}"]
)
def test_a_drawn_split_is_right(rest: str) -> None:
    """However the rows are sorted, nothing is to be said."""
    assert said(table(SORTED, "multiclass", rest)) == []


@pytest.mark.parametrize("size", ["0.2", "32"])
def test_the_front_of_sorted_rows(size: str) -> None:
    """Validation has a class that training never sees, and none of the others."""
    absent = "no training example has class a; no validation example has classes b, c, d, e"

    expected = [f"{FRONT}: {absent}{DRAWN}"]
    assert said(table(SORTED, "multiclass", f"validation: {{type: front, size: {size}}}")) == expected


def test_the_front_of_rows_that_are_no_order_of_numbers() -> None:
    """Classes that stand together, in any order, are sorted; so are numbers that rise or fall."""
    rows = [f"{i},{y}\n" for i, y in enumerate(["b"] * 40 + ["c"] * 40 + ["a"] * 40)]
    (of_classes,) = said(table("x,y\n" + "".join(rows), "multiclass", "validation: {type: front, size: 20}"))
    falling = "x,y\n" + "".join(f"{i % 3},{-i // 2}\n" for i in range(50))
    (of_numbers,) = said(table(falling, "regression", "validation: {type: front}"))

    assert of_classes.startswith("t.csv: validation takes the first 20 rows, which are sorted by the target: ")
    assert of_numbers == "t.csv: validation takes the first 8 rows, which are sorted by the target" + DRAWN


def test_the_front_of_mixed_rows_is_right() -> None:
    """Nothing is to be said."""
    mixed = "x,y\n" + "".join(f"{i},{i * 7 % 5}\n" for i in range(60))

    assert said(table(mixed, "multiclass", "validation: {type: front}")) == []
    assert said(table(mixed, "regression", "validation: {type: front}")) == []


def test_several_targets_are_each_looked_at() -> None:
    """The one by which the rows are sorted is named."""
    Path("t.csv").write_text("x,y,z\n" + "".join(f"{i},{i % 2},{i // 50}\n" for i in range(100)))
    config = "dataset: {type: csv, path: t.csv, target: {y: binary, z: binary}}\nvalidation: {type: front, size: 0.2}"
    absent = "no validation example has class 1 of z"

    assert said(config) == [
        f"t.csv: validation takes the first 16 rows, which are sorted by the target z: {absent}{DRAWN}"
    ]


def test_arrays_are_looked_at_too() -> None:
    """Their test split is given: a class that it does not have is named, without a key."""
    y = np.repeat([0, 1, 2], 30)
    np.savez("a.npz", x_train=np.ones((90, 2)), y_train=y, x_test=np.ones((60, 2)), y_test=y[:60])
    config = "dataset: {type: npz, path: a.npz, task: multiclass}\n"

    assert said(config) == ["a.npz: no test example has class 2"]
    front = (
        "a.npz: validation takes the first 30 rows, which are sorted by the target: no training example has class 0; "
    )
    assert said(config + "validation: {type: front, size: 30}")[0].startswith(front)


def test_a_rare_class_may_be_on_one_side_of_an_unstratified_split() -> None:
    """`stratify: auto` gives each side one; a class of fewer rows than splits is said with the targets."""
    rare = ["b" if i in (30, 60, 90) else "a" for i in range(120)]
    text = "x,y\n" + "".join(f"{i},{y}\n" for i, y in enumerate(rare))
    config = table(text, "binary", "validation: {type: split, stratify: false, seed: 1}")

    assert said(config) == ["t.csv: no validation example has class b; see validation.stratify: auto"]
    assert said(config.replace("false", "auto")) == []


def test_tiny_splits() -> None:
    """One line each; that a single example lacks a class goes without saying."""
    text = "x,y\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(5))

    assert said(table(text, "binary")) == [
        "t.csv: 1 validation example, on which a score is chance; see validation.size",
        "t.csv: 1 test example, on which a score is chance; see dataset.test_size",
    ]


def test_validation_on_the_test_split_is_said_once() -> None:
    """They are the same examples."""
    text = "x,y\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(15))

    assert len(said(table(text, "binary", "validation: test"))) == 1


def dated(step: int) -> str:
    """A table of 60 days with a number and two classes; with a step of -1 the newest comes first."""
    days = [f"2024-{i // 28 + 1:02}-{i % 28 + 1:02}" for i in range(60)][::step]
    return "day,x,y\n" + "".join(f"{day},{i * 7 % 5},{i % 2}\n" for i, day in enumerate(days))


#: The date itself is no feature.
DATED = "dataset: {type: csv, path: t.csv, target: y, task: regression, features: [x]"
MIXED = "past and future are mixed"
BOTH = "dataset.test_split: {type: time, column: day, size: 0.2} and validation: {type: time, column: day, size: 0.25}"


@pytest.mark.parametrize(
    ("rest", "step", "expected"),
    [
        (
            "}\nvalidation: 0.25",
            1,
            f"the rows ascend by day, and test and validation examples are drawn: {MIXED}; see {BOTH}",
        ),
        (
            ", test_split: {type: time, column: day, size: 10}}\nvalidation: {type: split, size: 10}",
            -1,
            f"the rows descend by day, and validation examples are drawn: {MIXED}; see validation: "
            "{type: time, column: day, size: 10}",
        ),
        (", test_split: {type: time, column: day}}\nvalidation: time", 1, ""),
        (
            ", test_split: time}\nvalidation: none",
            -1,
            "the rows descend by day, so that the last ones in the file, the test examples, are the oldest; see "
            "dataset.test_split.column: day",
        ),
        (", test_split: {type: time, column: day}}\nvalidation: {type: time, column: day}", -1, ""),
    ],
)
def test_a_draw_from_rows_in_time_mixes_past_and_future(rest: str, step: int, expected: str) -> None:
    """The splits that do not are named, each with its size."""
    Path("t.csv").write_text(dated(step))

    assert said(DATED + rest) == ([f"t.csv: {expected}"] if expected else [])


@pytest.mark.parametrize(
    ("column", "n_each", "is_said"),
    [
        ("patient", 5, True),
        ("Subject_ID", 2, True),
        ("user id", 4, True),
        ("patient", 1, False),
        ("patient", 30, False),
        ("country", 5, False),
        ("patience", 5, False),
    ],
)
def test_several_rows_of_a_patient_are_said(column: str, n_each: int, is_said: bool) -> None:
    """Unless there are two patients, or as many as rows, or the split keeps them together."""
    text = f"{column},x,y\n" + "".join(f"p{i // n_each},{i * 7 % 5},{i % 2}\n" for i in range(60))
    config = table(text, "binary")[:-2] + ", features: [x]}\n"
    drawn = f"t.csv: there are several rows of each {column}, and test and validation examples are drawn row by row"
    together = f"{{type: group, column: {column}, size: 0.2}}"

    keys = f"; see dataset.test_split: {together} and validation: {together}"
    assert said(config) == ([drawn + keys] if is_said else [])
    assert said(f"{config[:-2]}, test_split: {together}}}\nvalidation: {together}" if is_said else config) == []


def test_shipped_data_are_quiet() -> None:
    """Whatever takes what, unless a share of them lacks a class."""
    assert said("dataset: iris\nvalidation: 2") == []
    assert said("dataset: {type: iris, train_fraction: 0.5}") == []
    assert said("dataset: {type: iris, resample: {type: subset, parts: 48}}") == []
    assert said("dataset: {type: iris, train_fraction: 0.02}") == [
        "iris: dataset.train_fraction takes 2 of 96 training examples, none of class setosa; see dataset.train_fraction"
    ]


@pytest.mark.parametrize("share", ["train_fraction: 0.05", "resample: {type: subset, parts: 19}"])
@pytest.mark.parametrize("validation", ["{type: split, size: 0.25}", "none", "test"])
def test_a_class_that_a_share_has_lost_is_named(share: str, validation: str) -> None:
    """In every kind of split, and however rare it is: here it has 4 of 120 examples."""
    rows = "".join(f"{i},{'c' if i % 30 == 7 else 'ab'[i % 2]}\n" for i in range(120))
    found = said(table("x,y\n" + rows, "multiclass", f"validation: {validation}").replace("y,", f"y, {share},"))
    key = f"dataset.{share.partition(':')[0]}"
    lost = [line for line in found if key in line]

    n = {"none": 96, "test": 96}.get(validation, 72)
    taken = round(0.05 * n) if "fraction" in share else -(-n // 19)
    assert lost == [f"t.csv: {key} takes {taken} of {n} training examples, none of class c; see {key}"]


def test_a_share_of_a_few_examples_is_named() -> None:
    """Of numbers too."""
    numbers = table("x,y\n" + "".join(f"{i},{i * 7 % 11}\n" for i in range(120)), "regression")

    assert said(numbers.replace("y,", "y, train_fraction: 0.04,")) == [
        "t.csv: dataset.train_fraction takes 3 of 77 training examples; see dataset.train_fraction"
    ]
    assert said(numbers.replace("y,", "y, train_fraction: 0.2,")) == []


def test_of_several_targets_each_lost_class_is_named() -> None:
    """Labels among them."""
    rows = "".join(
        f"{i},{'c' if i % 30 == 7 else 'ab'[i % 2]},{'u;v' if i % 30 == 8 else 'u'},{i}\n" for i in range(120)
    )
    Path("t.csv").write_text("x,y,z,n\n" + rows)
    target = "target: {y: multiclass, z: multilabel, n: regression}, features: [x]"

    assert said(f"dataset: {{type: csv, path: t.csv, {target}, train_fraction: 0.02}}\nvalidation: none") == [
        "t.csv: dataset.train_fraction takes 2 of 96 training examples, none of classes a, c of y and class v of z; "
        "see dataset.train_fraction"
    ]


def test_a_label_without_a_training_example_is_named() -> None:
    """One without a scored example is not: no split is drawn by labels."""
    y = np.eye(3, dtype=int)[np.arange(60) % 3]
    y[:, 2] = 0
    y_test = np.eye(3, dtype=int)[np.arange(30) % 2 * 2]
    np.savez("a.npz", x_train=np.ones((60, 2)), y_train=y, x_test=np.ones((30, 2)), y_test=y_test)

    assert "a.npz: no training example has class 2" in said("dataset: {type: npz, path: a.npz, task: multilabel}\n")


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        ([1, 1, 2, 3], True),
        ([3, 2, 2, 1], True),
        ([1, 1, 0, 0, 2, 2, 2], True),
        ([1, 1, 1, 1], False),
        ([1, 2, 1, 2], False),
        ([0.5, 0.1, 0.9, 0.3], False),
    ],
)
def test_what_is_sorted(y: Sequence[float], expected: bool) -> None:
    """Numbers that never fall or never rise, and classes that stand together."""
    assert is_sorted(np.array(y)) == expected
