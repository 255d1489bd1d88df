"""Large CSV files, read in little memory: the same arrays, remarks and errors as the exact reader gives."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loaded_tables import facts

from dlexp.components.datasets import Csv
from dlexp.components.datasets.reading import blocks, compact, compact_reading

#: What may stand in a column beside what mostly does.
ODD = (
    *("", "NA", "nan", "?", "-", ".", "e", "-999", "-999.0", "-9.99e2", "inf", "-inf", "1e400", "1e-400"),
    *("007", "-0", "-0.0", "00.5", "+5", "5.", ".5", "-.5", "1e3", "1E+03", "1e", "1-2", "1.2.3", "1,5", "0x10"),
    *("1_000", "\u22125", "(5)", "5%", "12.2024", "20240315", "1.234", "9007199254740993", "9" * 25, "0.1" + "0" * 20),
    *("true", "yes", "Yes", "a b", " a", "a ", "x\u00a0", "\u00e9", "total", "a", "y", "2024-03-15", "31/12/2024"),
    *('"q"', '"a, b"', "a\rb", "\0", "c0", "#", "99", "999"),
)
USUAL = {
    "whole": st.integers(-5, 2000).map(str),
    "count": st.integers(0, 3).map(str),
    "decimal": st.integers(-(10**6), 10**6).map(lambda whole: f"{whole / 1000}"),
    "fixed": st.integers(-(10**5), 10**5).map(lambda whole: f"{whole / 100:.2f}"),
    "any float": st.floats(allow_nan=False, allow_infinity=False, width=32).map(repr),
    "thousands": st.integers(1, 999).map(lambda whole: f"{whole}.{whole:03d}"),
    "word": st.sampled_from(["red", "blue", "green"]),
    "code": st.integers(0, 9).map(lambda whole: f"0{whole}"),
    "day": st.dates().map(str),
    "text": st.text("abc 1.-", min_size=1, max_size=8).map(lambda text: f"x{text}x"),
}
END = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"])
SETTINGS: dict[str, list[Any]] = {
    "missing": ["refuse", "drop", "mean", "median"],
    "missing_values": [["", "NA", "NaN", "nan", "null"], [-999], ["", "?"], ["NA"]],
    "decimal": [".", ".", "."],
    "units": [[], [], ["%"]],
    "id": [None, None, "c0"],
    "categorical": [[], [], ["c0"]],
    "standardize": [True, False],
}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of any size are read so, in small blocks."""
    monkeypatch.setattr(compact_reading, "LEAST_BYTES", 0)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 300)
    monkeypatch.setattr(compact_reading, "_N_SAMPLE", 8)
    monkeypatch.setattr(compact, "_FEW_ROWS", 8)
    monkeypatch.setattr(compact_reading, "_MAX_WORDS", 6)


@st.composite
def tables(draw: st.DrawFn) -> str:
    """Columns c0, c1, ... of one kind each, in which a few cells are odd, and a target y."""
    n, kinds = draw(st.integers(12, 60)), draw(st.lists(st.sampled_from(list(USUAL)), min_size=1, max_size=4))
    columns = [draw(st.lists(USUAL[kind], min_size=n, max_size=n)) for kind in kinds]
    target = draw(st.sampled_from(["01", "ab", "01", ["1", "1.0"], ["no", "yes"]]))
    columns.append([target[(i * i) % 3 % 2] for i in range(n)])
    for _ in range(draw(st.integers(0, 3))):
        columns[draw(st.integers(0, len(kinds) - 1))][draw(st.integers(0, n - 1))] = draw(st.sampled_from(ODD))
    rows = [",".join(row) for row in zip(*columns, strict=True)]
    names = [f"c{k}" for k in range(len(kinds))]
    names = draw(st.sampled_from([names, ["", *names[1:]], ["row_id", *names[1:]], ["year", *names[1:]]]))
    header = ",".join([*names, "y"])
    if draw(st.integers(0, 9)) == 0:
        rows.insert(draw(st.integers(0, n)), draw(st.sampled_from([header, "," * len(kinds), "1", rows[0] + ",", ""])))
    end = draw(END)
    return end.join([header, *rows]) + draw(st.sampled_from([end, ""]))


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables(), st.fixed_dictionaries({key: st.sampled_from(values) for key, values in SETTINGS.items()}))
def test_whatever_stands_in_a_file_both_readers_agree(content: str, keys: dict[str, Any]) -> None:
    """Arrays to the byte, remarks, errors with their places, and what is shown of the rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(content.encode())
        dataset = Csv(path=str(path), target="y", task="binary", **keys)

        found = facts(dataset)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(compact_reading, "LEAST_BYTES", 1 << 60)
            exact = facts(dataset)

    assert found == exact
