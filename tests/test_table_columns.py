"""Which columns of a user's table are used: names that are not certain are refused, what holds nothing is left out."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from dlexp.components.component import ALONE
from dlexp.components.data import Data
from dlexp.components.datasets import Csv, Parquet
from dlexp.config.load import load
from dlexp.config.problems import ConfigError
from dlexp.errors import DataError, UserError

BINARY: dict[str, Any] = {"target": "y", "task": "binary"}


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are seen from the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLEXP_DATA", raising=False)


def csv(content: str, **settings: Any) -> Csv:
    """A data set of a file with this text."""
    Path("own.csv").write_text(content)
    return Csv(path="own.csv", **{**BINARY, **settings})


def rows(header: str, row: str = "{i},{word}", n: int = 40) -> str:
    """A file with this header and so many rows, of the row's number and a word that alternates."""
    return "\n".join([header, *(row.format(i=i, word="ab"[i % 2]) for i in range(n))]) + "\n"


def features(data: Data) -> tuple[str, ...]:
    """The names of what is learned from."""
    assert data.info is not None
    return data.info.feature_names


def misfits(dataset: Csv | Parquet) -> list[tuple[str, str]]:
    """What the header refuses, before any row is read."""
    return [(field, message) for field, message in dataset.misfits(None)]


def test_a_target_that_is_there_twice_is_refused() -> None:
    """A copy of the target never becomes a feature under another name; both places are said."""
    dataset = csv(rows("x,y,y", "{i},{word},{word}"))
    message = (
        "own.csv has columns 2 and 3 that are both called 'y'; give each a name of its own: dataset.names: [x, y, y_2]"
    )

    assert misfits(dataset) == [("target", message)]
    with pytest.raises(UserError, match=r"dataset\.target: own\.csv has columns 2 and 3"):
        dataset.load(None)


def test_features_of_one_name_are_refused_unless_neither_is_used() -> None:
    """Whether all columns are learned from or those that are named."""
    content = rows("a,x,a,b,y", "{i},{i},{i},{i},{word}")

    assert [field for field, _ in misfits(csv(content))] == ["features"]
    assert "or leave both out: dataset.ignore: [a]" in misfits(csv(content))[0][1]
    assert [field for field, _ in misfits(csv(content, features=["a", "b"]))] == ["features"]
    assert features(csv(content, features=["b", "x"]).load(None)) == ("b", "x")


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"text": "a"}, "text"),
        ({"split_column": "a"}, "split_column"),
        ({"id": "a"}, "id"),
        ({"target": {"a": "regression", "b": "count"}, "task": None}, "target.a"),
    ],
)
def test_a_role_that_two_columns_may_have_is_refused(settings: dict[str, Any], field: str) -> None:
    """Of a text, a split, an id or one of several targets alike."""
    ((found, message),) = misfits(csv(rows("a,a,b,y", "1,2,3,{word}"), **settings))

    assert (found, "columns 1 and 2" in message) == (field, True)


def test_a_test_file_with_a_column_twice_is_refused() -> None:
    """As the training file: it is named."""
    Path("test.csv").write_text("x,x,y\n1,2,a\n2,3,b\n")

    assert [message[:29] for _, message in misfits(csv(rows("x,y"), test_path="test.csv"))] == [
        "test.csv has columns 1 and 2 "
    ]


def test_a_parquet_file_with_a_column_twice_is_refused_or_read() -> None:
    """As a CSV file, where pandas alone cannot read it at all."""
    table = pa.table([list(range(20)), ["a", "b"] * 10, ["a", "b"] * 10, [1.0] * 20], names=["x", "y", "y", "z"])
    parquet.write_table(table, "own.parquet")
    twice = Parquet(path="own.parquet", **BINARY)
    other = Parquet(path="own.parquet", target="z", task="regression", features=["x"])

    assert [field for field, _ in misfits(twice)] == ["target"]
    assert features(other.load(None)) == ("x",)


def test_names_stand_in_quotes_where_their_ends_would_not_be_seen() -> None:
    """So that the right name can be typed."""
    ((field, message),) = misfits(csv(rows('Price,"Size, m",y', "{i},1,{word}"), target="price", task="regression"))

    assert field == "target"
    assert message == "own.csv has no column 'price'. Did you mean 'Price'? Choose from: Price, 'Size, m', y"


def test_a_column_has_one_role() -> None:
    """What names the rows is neither learned nor learned from, and no column is named twice."""
    for settings in ({"features": ["i", "x"], "id": "i"}, {"id": "y"}, {"features": ["x", "x"]}, {"text": ["x", "x"]}):
        problems = list(csv(rows("i,x,y", "{i},1,{word}"), **settings).problems(ALONE))

        assert len(problems) == 1, settings


@pytest.mark.parametrize("first", ["{i}", "{i}.0", "row {i}", "9{i}"])
def test_a_nameless_column_that_counts_or_names_the_rows_is_left_out(first: str) -> None:
    """As pandas and R write it: a file sorted by class would be learned from its row numbers."""
    data = csv(rows(",x,y", f"{first},{{i}}1,{{word}}")).load(None)
    (remark,) = data.remarks

    assert features(data) == ("x",)
    assert (remark.rule, remark.place) == ("nameless_column", "own.csv: column 1, which has no name")
    assert remark.found.endswith("; it is left out")
    assert remark.key == "dataset.ignore: ['Unnamed: 0']"


def test_row_numbers_that_were_written_out_again_are_left_out() -> None:
    """Pandas calls a column without a name Unnamed: 0, and writes that."""
    data = csv(rows("Unnamed: 0,x,y", "{i},{i}1,{word}")).load(None)

    assert (features(data), [each.rule for each in data.remarks]) == (("x",), ["nameless_column"])


def test_ids_name_the_rows_and_are_no_feature() -> None:
    """Of the test split and of new rows, which may lack them; the rows are those of the file."""
    dataset = csv(rows("PassengerId,x,y", "9{i},{i},{word}"), id="PassengerId")
    data = dataset.load(None)
    Path("new.csv").write_text("x,PassengerId\n1,a\n2,\n")
    new = dataset.new_examples(Path("new.csv"), None)
    Path("new.csv").write_text("x\n1\n")

    assert features(data) == ("x",)
    assert data.test_ids is not None
    assert [f"9{int(data.name('test', i)) - 1}" for i in range(8)] == data.test_ids.values
    assert (new.ids and new.ids.values, list(new.names)) == (["a", ""], ["1", "2"])
    assert dataset.new_examples(Path("new.csv"), None).ids is None


def test_ids_that_several_rows_have_are_said() -> None:
    """They may be those of patients, whose rows belong into one split."""
    content = rows("patient,x,y", "7,{i},{word}", 20) + "8,1,a\n9,1,b\n"
    (remark,) = csv(content, id="patient").load(None).remarks

    assert (remark.rule, remark.place) == ("repeated_ids", "own.csv: column patient")
    assert remark.found == "22 rows have 3 ids; several have '7', and may stand in different splits"


@pytest.mark.parametrize(
    "settings", [{"features": ["Unnamed: 0", "x"]}, {"id": "Unnamed: 0"}, {"ignore": ["Unnamed: 0"]}]
)
def test_a_nameless_column_that_the_config_names_is_used(settings: dict[str, Any]) -> None:
    """Nothing is left to be said of it."""
    data = csv(rows(",x,y", "{i},{i}1,{word}"), **settings).load(None)

    assert features(data) == tuple(settings.get("features", ["x"]))
    assert not data.remarks


def test_another_nameless_column_is_refused() -> None:
    """It may be a feature whose name was forgotten, or two row counts of joined files."""
    with pytest.raises(DataError, match=r"own\.csv: column 1, which has no name, neither counts nor names the rows"):
        csv(rows(",x,y", "0.{i},{i},{word}")).load(None)


@pytest.mark.parametrize("content", [rows("x,y,", "{i},{word},"), rows("x,y", "{i},{word},")])
def test_a_comma_at_the_end_of_each_line_makes_no_column(content: str) -> None:
    """Whether the header has it too or not."""
    data = csv(content).load(None)

    assert features(data) == ("x",)
    assert [str(each) for each in data.remarks] == [
        "own.csv: rows end with a comma, behind which nothing stands: it is left out "
        "(allow: [trailing_delimiter] if it is meant)"
    ]


@pytest.mark.parametrize("missing", ["refuse", "drop", "mean", "median"])
def test_an_empty_column_is_left_out(missing: str) -> None:
    """Whatever becomes of missing values; a column that the config names is refused instead."""
    content = rows("x,notes,y", "{i},,{word}")
    data = csv(content, missing=missing).load(None)

    assert (features(data), len(data.train) + len(data.test)) == (("x",), 40)
    assert data.remarks[0].place == "own.csv: column notes"
    assert data.remarks[0].found == "empty in all 40 rows; it is left out"
    assert data.remarks[0].key == "dataset.ignore: [notes]"
    with pytest.raises(DataError, match=r"column notes is empty in all 40 rows; leave it out of dataset\.features"):
        csv(content, missing=missing, features=["x", "notes"]).load(None)
    with pytest.raises(DataError, match="column notes is empty in all 40 rows; learn another column"):
        csv(content, missing=missing, target="notes").load(None)


def test_a_test_file_has_gaps_only_where_it_is_learned_from() -> None:
    """A column that only the test file has may be empty: its rows are not dropped for it."""
    Path("test.csv").write_text(",x,z,y\n,1,,a\n,2,,b\n")
    data = csv(rows("x,y"), missing="drop", test_path="test.csv").load(None)

    assert data.test.x.tolist() == [[1], [2]]
    assert not data.remarks


def test_a_header_in_the_middle_is_no_example() -> None:
    """Two exports were joined: its row is said, and the rows after it keep their numbers."""
    content = rows("x,y")
    data = csv(content + content).load(None)

    assert features(data) == ("x",)
    assert [(each.rule, each.place) for each in data.remarks] == [("repeated_header", "own.csv: row 41")]
    assert sorted([*data.rows["train"], *data.rows["test"]]) == [*range(1, 41), *range(42, 82)]


def test_a_header_in_another_order_is_refused() -> None:
    """What follows it stands below wrong names."""
    with pytest.raises(DataError, match=r"own\.csv: row 41 is a header with the columns in another order"):
        csv(rows("x,y") + "y,x\na,1\n").load(None)


@pytest.mark.parametrize("last", ["Total,780,", ",780,", "Mean:,19.5,", "Grand total,780,"])
def test_a_row_of_sums_at_the_end_is_no_example(last: str) -> None:
    """Named by its word, or all its numbers are sums or means of those above."""
    content = rows("name,x,y", "n{i},{i},{word}")
    data = csv(content + last + "\n", features=["x"]).load(None)

    assert [(each.rule, each.place) for each in data.remarks] == [("total_row", "own.csv: row 41")]
    assert len(data.train) + len(data.test) == 40


def test_a_last_row_of_sums_need_not_say_so() -> None:
    """If each of its numbers is the sum of those above; one that is not makes it an example."""
    rows = [(k, 3 * k % 7, k * k % 11) for k in range(1, 31)]
    sums = tuple(map(sum, zip(*rows, strict=True)))

    def n_left(last: tuple[int, ...]) -> int:
        Path("own.csv").write_text("a,b,y\n" + "".join(f"{a},{b},{y}\n" for a, b, y in [*rows, last]))
        data = Csv(path="own.csv", target="y", task="regression").load(None)
        return len(data.train) + len(data.test)

    assert n_left(sums) == 30
    assert n_left((sums[0], sums[1], sums[2] + 1)) == 31


@pytest.mark.parametrize("last", ["total,40,a", "n40,780,", "name,3,b", ",40,"])
def test_a_last_row_that_may_be_an_example_stays(last: str) -> None:
    """A word that other rows have, a number that is no sum, a gap: it is an example as the others."""
    content = rows("name,x,y", "n{i},{i},{word}").replace("n3,", "total,")
    data = csv(content + last + "\n", target="x", task="regression", features=["y"], missing="mean").load(None)

    assert len(data.train) + len(data.test) == 41


def test_rows_without_any_value_are_no_examples() -> None:
    """As a spreadsheet writes below a table."""
    data = csv(rows("x,y") + ",\n,\n").load(None)

    assert [(each.rule, each.place) for each in data.remarks] == [("empty_row", "own.csv: rows 41, 42")]


def test_new_rows_are_read_as_the_training_rows() -> None:
    """Without a header in the middle; a column that is there twice is refused."""
    dataset = csv(rows("x,y"))
    numbers = "".join(f"{i},{i}\n" for i in range(10, 20))
    Path("new.csv").write_text(f"x,z\n{numbers}x,z\n13,4\n")
    found = dataset.new_examples(Path("new.csv"), None)

    assert (list(found.names), found.x.tolist()) == (
        [*map(str, range(1, 11)), "12"],
        [*([i] for i in range(10, 20)), [13]],
    )
    assert found.notes == ["new.csv: row 11: the header again, as where files were joined; left out"]
    Path("new.csv").write_text("x,x\n1,2\n")
    with pytest.raises(UserError, match=r"new\.csv has columns 1 and 2 that are both called 'x'"):
        dataset.new_examples(Path("new.csv"), None)


def test_names_that_differ_by_spaces_or_capitals_are_said() -> None:
    """Where both are used; not where the config names one of them."""
    content = rows("price,Price,y", "0.{i},0.{i}1,{word}")

    (remark,) = csv(content).load(None).remarks
    assert remark.rule == "similar_names"
    assert "columns 'price' and 'Price' differ by spaces or capitals alone" in remark.found
    assert not csv(content, features=["price"]).load(None).remarks


def config(settings: str) -> Any:
    """The data set of a config with these settings."""
    Path("exp.yaml").write_text(f"dataset: {{type: csv, path: own.csv, {settings}}}\n")
    return load("exp.yaml").experiment.dataset


def test_whole_numbers_are_names_of_columns() -> None:
    """As YAML reads a name that is a number: a column of each year."""
    Path("own.csv").write_text(rows("2023,2024,3", "{i},1{i},{word}"))
    dataset = config("target: 3, task: binary, features: [2024, 2023]")

    assert (dataset.target, dataset.features) == ("3", ["2024", "2023"])
    assert features(dataset.load(None)) == ("2024", "2023")
    assert config("target: [1, 2], task: multilabel").target == ["1", "2"]
    assert config("target: {1: regression, 2: count}").target == {"1": "regression", "2": "count"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            "target: 3.5, task: regression",
            "target: expected text, a list or a mapping, given 3.5; put it in quotes",
        ),
        (
            "target: y, task: binary, features: [1.0, true]",
            "features.0: expected text, given 1.0; put it in quotes",
        ),
        (
            "target: y, task: binary, classes: [false, true]",
            "classes.1: expected text, given true; put it in quotes",
        ),
        ("target: y, task: binary, features: [x, null]", "features.1: expected text, given null"),
    ],
)
def test_what_else_yaml_reads_is_no_name(settings: str, message: str) -> None:
    """What stood in the config cannot be told from what YAML made of it: quotes say it, for all items of a list."""
    with pytest.raises(ConfigError) as error:
        config(settings)

    assert f"exp.yaml:1: dataset.{message}" in str(error.value).splitlines()


def test_what_each_column_is_used_as_is_told() -> None:
    """So that whoever looks at the data sees where each feature comes from, and what is not used."""
    table = rows("who,day,x,w,z,y", "p{i},2024-03-{i:02},0.{i},{word},1,{word}", 28).replace("-00,", "-28,")
    settings: dict[str, Any] = {"id": "who", "features": ["day", "x", "w"], "dates": ["day"]}

    assert csv(table, **settings).load(None).uses == {
        "target": ["y"],
        "id": ["who"],
        "date": ["day (2)"],
        "number": ["x"],
        "category": ["w (2)"],
        "not used": ["z"],
    }


def test_an_ignored_column_is_in_the_file_with_the_training_rows() -> None:
    """A file with the test split need not have it; a name that is nowhere is refused."""
    Path("test.csv").write_text(rows("x,y", "{i},{word}"))
    dataset = csv(rows(",x,y", "{i},{i}1,{word}"), test_path="test.csv", ignore=["Unnamed: 0"])

    assert not list(dataset.misfits(None))
    assert features(dataset.load(None)) == ("x",)
    (misfit,) = csv(rows("x,z,y", "{i},{i}1,{word}"), ignore=["zz"]).misfits(None)
    assert misfit.field == "ignore"
    assert "no column 'zz'. Did you mean 'z'?" in misfit.message
