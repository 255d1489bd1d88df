"""Which rows of a table train, validate and test: as a column says, by time, in whole groups."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from dlexp.components.data import Data
from dlexp.config.checks import completed
from dlexp.config.experiment import Experiment
from dlexp.config.fitting import require_fitting
from dlexp.config.load import load
from dlexp.config.problems import ConfigError
from dlexp.errors import DataError, UserError
from dlexp.training.splits import Splits, split

DATASET = "dataset: {type: csv, path: t.csv, target: y, task: binary, features: [x]}\n"


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files lie in the working directory."""
    monkeypatch.chdir(tmp_path)


def table(**columns: Sequence[object]) -> None:
    """Write a table with these columns, the number of the row as x, and classes 0 0 0 1 1 1 0 0 0 and so on."""
    n = len(next(iter(columns.values())))
    rows = zip(range(1, n + 1), (i // 3 % 2 for i in range(n)), *columns.values(), strict=True)
    text = "".join(",".join(map(str, row)) + "\n" for row in rows)
    Path("t.csv").write_text(",".join(["x", "y", *columns]) + "\n" + text)


def loaded(*overrides: str, config: str = DATASET) -> tuple[Experiment, Data]:
    """The experiment and its data."""
    Path("c.yaml").write_text(config)
    experiment = load("c.yaml", overrides).experiment
    data = experiment.dataset.load(None)
    assert data.info is not None
    return completed(experiment, data.info), data


def splits(*overrides: str) -> Splits:
    """The examples by role."""
    return split(*loaded(*overrides))


def rows(*overrides: str) -> Mapping[str, list[int]]:
    """The rows of the file by role."""
    parts = splits(*overrides).by_role
    return {role: part.x[:, 0].astype(int).tolist() for role, part in parts.items()}


MARKS = ["train", "TEST ", " Val", "train", "Test", "dev", "Train", "test", "valid", "train", "validation"]


def test_a_column_may_say_all_three() -> None:
    """In any case, with spaces around it, and by four words for validation; no key asks for that."""
    table(part=MARKS)

    expected = {"train": [1, 4, 7, 10], "validation": [3, 6, 9, 11], "test": [2, 5, 8]}
    assert rows("dataset.split_column=part") == expected
    assert rows("dataset.split_column=part", "validation=column") == expected
    assert loaded("dataset.split_column=part")[0].validation.type == "column"


def test_marked_rows_and_another_validation_exclude_each_other() -> None:
    """Neither is dropped in silence."""
    table(part=MARKS)
    expected = r"^validation: t.csv marks 4 rows for validation; leave this key out, or write validation: column$"
    for validation in ("0.5", "test", "none", "split"):
        with pytest.raises(UserError, match=expected):
            rows("dataset.split_column=part", f"validation={validation}")


def test_a_column_without_such_rows_leaves_a_drawn_split() -> None:
    """The one that a table without the column has by default, and the one that is asked for."""
    table(part=["train", "test"] * 20)

    drawn = rows("dataset.split_column=part", "validation=split")
    assert rows("dataset.split_column=part") == drawn
    assert len(drawn["validation"]) == 4
    assert rows("dataset.split_column=part", "validation=0.5") != drawn


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        ("tset", "t.csv: row 3, column part: expected train, val or test, given 'tset'. Did you mean 'test'?"),
        ("1", "t.csv: row 3, column part: expected train, val or test, given '1'"),
    ],
)
def test_other_words_are_refused(mark: str, message: str) -> None:
    """The first of them, with its row."""
    table(part=["train", "test", mark, "train"])
    with pytest.raises(DataError, match=re.escape(message)):
        loaded("dataset.split_column=part")


def test_a_column_without_test_rows_is_refused() -> None:
    """Nothing is drawn from what trains."""
    table(part=["train", "val", "train"])
    with pytest.raises(DataError, match=r"^t.csv: column part marks no row test$"):
        loaded("dataset.split_column=part")


def test_a_stand_in_keeps_the_marks_that_it_has() -> None:
    """Of the first rows; where these are all for validation, some are drawn."""
    marks = ["train"] * 398 + ["val"] * 6 + ["test"] * 2
    table(part=marks)
    experiment, _ = loaded("dataset.split_column=part")
    assert list(experiment.dataset.sample(None).marked) == [398, 399]

    table(part=marks[::-1] + ["val"] * 400 + ["train"])
    Path("c.yaml").write_text(DATASET)
    dataset = load("c.yaml", ["dataset.split_column=part"]).experiment.dataset
    assert 0 < len(dataset.sample(None).marked) < 400


DAYS = [f"{month:02}/{day:02}/2020" for month in (1, 2) for day in range(2, 12)]
TIME = "validation={type: time, size: 4}"
TEST_TIME = "dataset.test_split={type: time, size: 4}"


def test_the_last_rows_of_the_file() -> None:
    """First those that test, then those that validate."""
    table(z=[0] * 20)

    found = rows(TIME, TEST_TIME)
    assert found["validation"] == [13, 14, 15, 16]
    assert found["test"] == [17, 18, 19, 20]


def test_the_last_rows_by_a_column() -> None:
    """Wherever they stand; rows of one time stay together."""
    table(day=[5, 1, 4, 2, 3, 5, 1, 4, 2, 3])

    by_day = "{type: time, column: day, size: 2}"
    found = rows(f"validation={by_day}", f"dataset.test_split={by_day}")
    assert found == {"train": [2, 4, 5, 7, 9, 10], "validation": [3, 8], "test": [1, 6]}
    assert len(rows("dataset.test_split={type: time, column: day, size: 3}", "validation=none")["test"]) in (2, 4)


def test_the_last_rows_by_dates() -> None:
    """As they are written; `date_format` says it where it is not certain, for a column that is no feature too."""
    table(day=DAYS, iso=[f"2020-{day[3:5]}-{day[:2]}" for day in DAYS])
    by_day = "dataset.test_split={type: time, column: day, size: 4}"

    assert rows("dataset.test_split={type: time, column: iso, size: 4}")["test"] == [9, 10, 19, 20]
    assert rows(by_day, "dataset.date_format={day: '%d/%m/%Y'}")["test"] == [9, 10, 19, 20]
    assert rows(by_day, "dataset.date_format={day: '%m/%d/%Y'}")["test"] == [17, 18, 19, 20]


def test_whole_groups() -> None:
    """No patient is on two sides."""
    table(patient=[f"p{i // 5}" for i in np.random.default_rng(0).permutation(100)])
    text = Path("t.csv").read_text().splitlines()[1:]
    by_patient = "{type: group, column: patient, size: 0.2}"

    found = rows(f"validation={by_patient}", f"dataset.test_split={by_patient}")
    of_role = {role: {text[row - 1].split(",")[2] for row in each} for role, each in found.items()}
    assert {role: len(each) for role, each in found.items()} == {"train": 65, "validation": 15, "test": 20}
    assert {role: len(each) for role, each in of_role.items()} == {"train": 13, "validation": 3, "test": 4}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("validation={type: group, column: pateint}", "validation.column: t.csv has no column 'pateint'. Did you mean"),
        ("dataset.test_split={type: group, column: same}", "dataset.test_split.column: all rows have the same same"),
        ("validation={type: time, column: same}", "validation.column: all rows have the same same"),
        ("validation={type: time, size: 500}", "validation.size: 500 examples held out of 16; none would be left"),
        ("dataset.test_split={type: time, size: 20}", "dataset.test_split.size: 20 rows held out of 20; none would"),
        (
            "validation={type: group, column: patient}",
            "t.csv: row 3, column patient: missing; validation needs it",
        ),
        (
            "validation={type: time, column: word}",
            "t.csv: column word: expected dates, given 'w'; say how they are written",
        ),
        ("validation={type: time, column: mixed}", "t.csv: row 3, column mixed: expected a number, as in most rows"),
        ("validation={type: time, column: either}", "t.csv: column either: dates such as '01/02/2020' can be read in"),
    ],
)
def test_what_cannot_be_split_so(setting: str, message: str) -> None:
    """The key or the row is named."""
    table(patient=[1, 2, "", *[3] * 17], same=[7] * 20, word=["w"] * 20, mixed=[1, 2, "x", *range(17)], either=DAYS)
    with pytest.raises((UserError, DataError), match="^" + re.escape(message)):
        splits(setting, "dataset.split_seed=1")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("dataset.test_split=0.3", "dataset.test_split: expected one of time, group, given 0.3"),
        ("dataset.test_split=group", "dataset.test_split.column: missing"),
        ("validation=column", "validation.type: column needs dataset.split_column, or of text_folder dataset.val"),
    ],
)
def test_what_check_refuses(setting: str, message: str) -> None:
    """Before any data are read."""
    Path("c.yaml").write_text(DATASET)
    with pytest.raises(ConfigError, match=re.escape(message)):
        load("c.yaml", [setting])


@pytest.mark.parametrize("key", ["validation", "dataset.test_split"])
def test_a_column_that_is_not_there_is_named_before_anything_is_trained(key: str) -> None:
    """With its key and the nearest name, by what looks at headers alone."""
    table(patient=[1, 2] * 5)
    Path("c.yaml").write_text(DATASET)
    config = load("c.yaml", [f"{key}={{type: group, column: pateint}}"])
    with pytest.raises(UserError, match=f"{key}.column: t.csv has no column 'pateint'. Did you mean 'patient'"):
        require_fitting([config], None)


def test_the_test_split_is_said_once() -> None:
    """By a file, a column, its order or a draw."""
    Path("c.yaml").write_text(DATASET)
    for other in ("test_path=b.csv", "split_column=part"):
        with pytest.raises(ConfigError, match=f"said twice; give test_split or {other.partition('=')[0]}"):
            load("c.yaml", ["dataset.test_split=time", f"dataset.{other}"])
    with pytest.raises(ConfigError, match=re.escape("dataset.test_size: the test split is not a drawn one; write")):
        load("c.yaml", ["dataset.test_split=time", "dataset.test_size=0.3"])


def test_columns_need_a_table() -> None:
    """Arrays have an order alone."""
    np.savez("a.npz", x_train=np.arange(20.0)[:, None], y_train=np.arange(20) % 2, x_test=[[1.0]], y_test=[1])
    config = "dataset: {type: npz, path: a.npz, task: binary}\n"

    assert split(*loaded("validation=time", config=config)).origins["validation"].positions.tolist() == [16, 17, 18, 19]
    for kind in ("time", "group"):
        with pytest.raises(ConfigError, match=r"validation.column: npz has no columns by name; "):
            loaded(f"validation={{type: {kind}, column: x}}", config=config)


@pytest.mark.parametrize("kind", ["time", "{type: time, column: x}", "{type: group, column: patient}"])
def test_shares_and_stand_ins_have_these_splits_too(kind: str) -> None:
    """A smaller share leaves validation as it is; --smoke can be split, also where all its rows are one group."""
    table(patient=[0] * 500 + [i % 5 for i in range(100)])
    whole, part = (rows(f"validation={kind}", f"dataset.train_fraction={share}") for share in (1.0, 0.5))
    assert whole["validation"] == part["validation"]
    assert set(part["train"]) < set(whole["train"])

    experiment, _ = loaded(f"validation={kind}")
    sample = experiment.dataset.sample(None)
    scaled = experiment.validation.scaled(None, len(sample.train))
    of_sample = split(experiment.model_copy(update={"validation": scaled}), sample)
    assert of_sample.validation is not None
    assert len(of_sample.validation) == 80
