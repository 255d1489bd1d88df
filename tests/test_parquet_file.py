"""Reading Parquet files: every type of column becomes numbers, words, dates or truth values, or is named."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from dlexp.components.datasets import Parquet
from dlexp.components.datasets.reading import parquet_file
from dlexp.errors import DataError

N = 40
SETTINGS: dict[str, Any] = {"path": "t.parquet", "target": "y", "task": "binary"}


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are written to a folder of the test's own."""
    monkeypatch.chdir(tmp_path)


def write(column: Any) -> None:
    """A table with a number, this column and a target."""
    table = pa.table({"x": [k * 0.7 % 3 for k in range(N)], "c": column, "y": ["no", "yes"] * (N // 2)})
    parquet.write_table(table, "t.parquet")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (pa.array([Decimal("1.10"), None, Decimal("3.00")]), [1.1, None, 3.0]),
        (pa.array(["a", "b", None]).dictionary_encode(), ["a", "b", None]),
        (pa.array([1, 2, 1]).dictionary_encode(), [1, 2, 1]),
        (pa.array([b"a", b"b", b"caf\xc3\xa9"]), ["a", "b", "café"]),
        (pa.array([dt.timedelta(milliseconds=1500), None, dt.timedelta(days=1)]), [1.5, None, 86400.0]),
        (pa.array([dt.time(3, 1), dt.time(4, 2), None]), ["03:01:00.000000", "04:02:00.000000", None]),
        (pa.array([dt.date(2020, 1, 2)] * 3), [dt.date(2020, 1, 2)] * 3),
        (pa.array([1, None, 3]), [1.0, None, 3.0]),
        (pa.array([2**60 + 1, None, 3]), [str(2**60 + 1), None, "3"]),
        (pa.array([True, None, False]), [True, None, False]),
        (pa.array(["a", "b", "c"], pa.large_string()), ["a", "b", "c"]),
    ],
)
def test_every_type_becomes_one_that_is_read(given: Any, expected: Sequence[Any]) -> None:
    """Decimals numbers, durations seconds, categories their words; whole numbers lose no digit to a gap."""
    parquet.write_table(pa.table({"c": given}), "c.parquet")

    cells = parquet_file.read(Path("c.parquet")).frame["c"]

    assert [None if gap else cell for cell, gap in zip(cells, cells.isna(), strict=True)] == expected


@pytest.mark.parametrize(
    ("given", "kind"),
    [([[k] for k in range(N)], "list<element: int64>"), ([{"a": k} for k in range(N)], "struct<a: int64>")],
)
def test_a_nested_column_is_refused_where_it_is_learned_from(given: Any, kind: str) -> None:
    """By its name and type; a column that nobody uses does no harm."""
    write(pa.array(given))
    with pytest.raises(DataError) as error:
        Parquet(**SETTINGS).load(None)

    assert str(error.value) == (
        f"t.parquet: column c has a {kind} in each cell, which is neither a number nor a word; leave it out by "
        "dataset.ignore: [c], or read it as dataset.text"
    )
    assert Parquet(features=["x"], **SETTINGS).load(None).train.x.shape == (32, 1)


def test_truth_values_with_gaps_are_numbers_as_without() -> None:
    """A gap makes no other column of them."""
    for given in ([k % 3 == 0 for k in range(N)], [k % 3 == 0 if k else None for k in range(N)]):
        write(pa.array(given))
        info = Parquet(missing="mean", **SETTINGS).load(None).info

        assert info is not None
        assert info.feature_names == ("x", "c")
