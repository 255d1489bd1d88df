"""Tables that fit: never wider than the terminal, no broken number, and rows that stay distinct."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from dlexp.reports.fitted import FittedColumn, fitted

RANK = FittedColumn(header="rank", cells=["1", "2", "10"], is_number=True)
LAYERS = FittedColumn(header="layers", cells=["[dense 64, relu]", "[dense 64, tanh]", "[dense 8, relu]"], rank=1)
SCORE = FittedColumn(header="val_accuracy", cells=["0.796 ±0.003", "0.69 ±0.03", "-"], is_number=True)
CJK = FittedColumn(header="名前", cells=["漢字漢字漢字", "漢字漢字漢語", "a"], rank=2)


def test_table_as_wide_as_it_needs() -> None:
    """Without a width, as in a pipe, nothing is abbreviated; numbers are flush right, with their header."""
    found = fitted([RANK, LAYERS, SCORE, CJK], None)

    assert found.folded == []
    assert found.lines == [
        "rank  layers            val_accuracy  名前",
        "   1  [dense 64, relu]  0.796 ±0.003  漢字漢字漢字",
        "   2  [dense 64, tanh]    0.69 ±0.03  漢字漢字漢語",
        "  10  [dense 8, relu]              -  a",
    ]


def test_texts_are_abbreviated_where_they_stay_distinct() -> None:
    """At the end, or in the middle where the ends differ; the number stays whole."""
    ends = FittedColumn(header="hidden", cells=["[64, 64, 1]", "[64, 64, 2]", "[64, 64, 16]"])
    found = fitted([RANK, LAYERS, ends, SCORE], 44)

    assert found.folded == []
    assert found.lines == [
        "rank  layers         hidden     val_accuracy",
        "   1  [dense 64, r…  [64,…, 1]  0.796 ±0.003",
        "   2  [dense 64, t…  [64,…, 2]    0.69 ±0.03",
        "  10  [dense 8, re…  [64,…16]              -",
    ]


def test_highest_rank_is_left_out_first() -> None:
    """What has no room is told to the caller, in the order of the columns."""
    wide, narrow = fitted([RANK, LAYERS, SCORE, CJK], 40), fitted([RANK, LAYERS, SCORE, CJK], 22)

    assert wide.folded == [CJK]
    assert narrow.folded == [LAYERS, CJK]
    assert narrow.lines[1] == "   1  0.796 ±0.003"


def test_headers_that_are_cut_stay_distinct() -> None:
    """Two keys that begin alike are abbreviated in the middle."""
    columns = [FittedColumn(header=f"learning_{key}", cells=["1"], is_number=True) for key in ("rate", "decay")]

    assert fitted(columns, 16).lines == ["lea…ate  lea…cay", "      1        1"]


COLUMNS = st.integers(0, 6).flatmap(
    lambda n_rows: st.lists(
        st.builds(
            FittedColumn,
            header=st.text(max_size=20),
            cells=st.lists(st.text(max_size=30), min_size=n_rows, max_size=n_rows),
            is_number=st.booleans(),
            rank=st.integers(0, 3),
            min_width=st.integers(1, 8),
        ),
        min_size=1,
        max_size=6,
    )
)


@given(COLUMNS, st.integers(1, 100))
def test_never_wider_than_the_terminal(columns: list[FittedColumn], width: int) -> None:
    """One line per row and a header, none of them too wide, whatever the cells hold; every column shown or left out."""
    found = fitted(columns, width)

    assert len(found.lines) == 1 + len(columns[0].cells)
    assert max(map(cell_len, found.lines)) <= width
    assert len(found.folded) < len(columns)


@given(st.lists(st.text("abcdef漢", min_size=1, max_size=30), unique=True, max_size=8), st.integers(8, 60))
def test_rows_stay_distinct(cells: list[str], width: int) -> None:
    """A text beside another column is never abbreviated so far that it becomes another one: its column is left out."""
    found = fitted([RANK_OF[len(cells)], FittedColumn(header="x", cells=cells, rank=1)], width)

    assert len({line[6:] for line in found.lines[1:]}) == len(cells) or found.folded


RANK_OF = [FittedColumn(header="rank", cells=["1"] * n, is_number=True) for n in range(9)]
