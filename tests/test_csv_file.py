"""Reading CSV files: what divides, quotes, encodes and names their columns is found, said, or refused with its key."""

import csv
import gzip
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlexp.components.component import ALONE
from dlexp.components.data import Frame
from dlexp.components.datasets import Csv
from dlexp.components.datasets.reading import csv_file
from dlexp.components.datasets.reading.dialect import Dialect
from dlexp.components.datasets.reading.read import Read
from dlexp.config.identity import compared, identified
from dlexp.config.load import load
from dlexp.errors import DataError, UserError

ROWS = "".join(f"{i},{i * 2},{'ab'[i % 2]}\n" for i in range(30))
TABLE = f"x,z,y\n{ROWS}"
TEXTS = "label\ttext\n" + "".join(f"{'ham' if i % 3 else 'spam'}\tsome text {i}\n" for i in range(40))


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are written to a folder of the test's own."""
    monkeypatch.chdir(tmp_path)


def read(content: str | bytes, name: str = "t.csv", **dialect: Any) -> Read:
    """A file with this content."""
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return csv_file.read(Path(name), Dialect(**dialect))


def said(content: str | bytes, name: str = "t.csv", **dialect: Any) -> list[str]:
    """What is said of a file with this content: rule, place, what is found, and the key."""
    remarks = read(content, name, **dialect).remarks
    return [f"{each.rule}: {each.place}: {each.found}; {each.key}".removesuffix("; ") for each in remarks]


def refused(content: str | bytes, name: str = "t.csv", error: type[Exception] = DataError, **dialect: Any) -> str:
    """Why a file with this content is refused."""
    with pytest.raises(error) as caught:
        read(content, name, **dialect)
    return str(caught.value)


def columns(frame: Frame) -> list[str]:
    """The names of the columns."""
    return list(frame.columns)


def alike(content: str | bytes, name: str = "t.csv", **dialect: Any) -> bool:
    """Whether a file with this content is the same table as `TABLE`."""
    return bool(read(content, name, **dialect).frame.equals(read(TABLE, "table.csv").frame))


@pytest.mark.parametrize(
    ("delimiter", "word", "key"),
    [
        (";", "semicolons", '";"'),
        ("\t", "tabs", '"\\t"'),
        ("|", "vertical bars", '"|"'),
        ("  ", "white space", "spaces"),
    ],
)
def test_the_delimiter_is_found_and_said(delimiter: str, word: str, key: str) -> None:
    """Unless it is the comma; who types the key hears nothing."""
    content = TABLE.replace(",", delimiter)

    assert alike(content) or word == "white space"
    assert (
        said(content) == [f"delimiter: t.csv: its columns are read as separated by {word}; dataset.delimiter: {key}"]
        or word == "white space"
    )
    typed = "spaces" if word == "white space" else delimiter
    assert alike(content, delimiter=typed)
    assert said(content, delimiter=typed) == []
    assert said(TABLE) == []


def test_tabs_of_a_file_that_is_named_so_are_not_said() -> None:
    """Commas in it are."""
    assert said(TABLE.replace(",", "\t"), "t.tsv") == []
    assert said(TABLE.replace(",", "\t"), "t.TAB") == []
    assert "separated by commas" in said(TABLE, "t.tsv")[0]


def test_white_space_divides_numbers_alone() -> None:
    """A file with one column of texts stays one."""
    numbers = "1.5  2 3\n" * 20

    assert read(f"x z y\n{numbers}").frame.shape == (20, 3)
    assert read("text\nhello world\nnice day\nfoo bar\n").frame.shape == (3, 1)


def test_a_decimal_comma_divides_no_columns() -> None:
    """Nor does a comma in a name: what leaves no other delimiter in the cells does, and both are said."""
    content = "name;price, EUR\n" + "".join(f"n{i};{i},5\n" for i in range(30))

    found = read(content)

    assert (columns(found.frame), found.frame.iloc[1].to_list()) == (["name", "price, EUR"], ["n1", "1,5"])
    assert said(content) == [
        "delimiter: t.csv: its columns are read as separated by semicolons, though commas would divide all rows alike; "
        'dataset.delimiter: ","'
    ]
    assert said(content, delimiter=";") == []


@pytest.mark.parametrize(("given", "found"), [(",", ";"), (";", ","), ("\t", ",")])
def test_a_delimiter_that_is_not_there_is_refused_with_the_one_that_is(given: str, found: str) -> None:
    """The config's mistake: exit code 2."""
    message = refused(TABLE.replace(",", found), delimiter=given, error=UserError)

    assert message.endswith(f' between 3 columns; see dataset.delimiter: "{found}"')


def test_the_line_of_excel_says_the_delimiter() -> None:
    """`sep=;` is no header; a config that says another one is refused."""
    content = "sep=;\n" + TABLE.replace(",", ";")

    assert alike(content)
    assert said(content) == []
    assert refused(content, delimiter=",", error=UserError) == (
        't.csv: line 1: semicolon divides the columns, as this line says, not comma; see dataset.delimiter: ";"'
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_a_byte_order_mark_decides(encoding: str) -> None:
    """Whatever the config says; UTF-16 without one is refused with the key."""
    if encoding.endswith("e"):
        message = f"t.csv: UTF-16 without a byte order mark; see dataset.file_encoding: {encoding}"

        assert refused(TABLE.encode(encoding)) == message
        assert alike(TABLE.encode(encoding), encoding=encoding)
    else:
        assert alike(TABLE.encode(encoding))
        assert alike(TABLE.encode(encoding), encoding="cp1252")


@pytest.mark.parametrize(
    ("text", "encoding", "word"),
    [
        ("un café très bon", "cp1252", "café"),
        ("příliš žluťoučký kůň", "cp1250", "příliš"),
        ("привет мир как дела", "cp1251", "привет"),
        ("привет мир как дела", "koi8_r", "привет"),
        ("καλημέρα κόσμε", "cp1253", "καλημέρα"),
        ("こんにちは世界カタカナ", "shift_jis", "こんにちは世界カタカナ"),
        ("你好世界这是中文", "gb18030", "你好世界这是中文"),
        ("안녕하세요 세계", "euc_kr", "안녕하세요"),
        ("un café déjà", "mac_roman", "café"),
        ("un café déjà", "cp850", "café"),
    ],
)
def test_bytes_that_are_no_utf_8_are_refused_with_the_encoding_that_fits(text: str, encoding: str, word: str) -> None:
    """With line, byte and the word as it would be read; the key reads the file."""
    content = f"{TABLE}1,2,{text}\n".encode(encoding)

    message = refused(content)
    assert message.startswith("t.csv: line 32, byte ")
    assert message.endswith(f"see dataset.file_encoding: {encoding}, which reads {word!r}")
    assert read(content, encoding=encoding).frame.iloc[-1, 2] == text


def test_a_damaged_byte_among_utf_8_is_no_other_encoding() -> None:
    """It would make two other letters of each of the rest."""
    message = refused(f"{TABLE}1,2,ñandú déjà vu\n".encode() + b"1,2,caf\xe9\n")

    assert message.startswith("t.csv: line 33, byte ")
    assert "other characters of the file are UTF-8, so this place is damaged" in message


def test_utf_8_that_is_read_in_another_encoding_is_said() -> None:
    """Since it is no damage that shows: café becomes cafÃ©."""
    assert said(f"{TABLE}1,2,café\n", encoding="cp1252") == [
        "encoding: t.csv: 'café' in UTF-8, is read as 'cafÃ©'; dataset.file_encoding: utf-8"
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_one(end: str) -> None:
    """Of Linux, Windows and old Macs; with a comment among them too."""
    assert alike(TABLE.replace("\n", end))
    assert alike(f"# a{end}{TABLE.replace(chr(10), end)}#b{end}", comment="#")


def test_what_a_file_is_packed_with_is_seen_in_its_content(tmp_path: Path) -> None:
    """And said where its name says otherwise; what macOS puts into archives is no table."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("d/", "")
        archive.writestr("d/t.csv", TABLE)
        archive.writestr("__MACOSX/d/._t.csv", b"\0\1")

    assert alike(gzip.compress(TABLE.encode()))
    assert alike(TABLE, "t.csv.gz")
    assert alike(packed.getvalue(), "t.zip")
    assert said(packed.getvalue(), "t.zip") == []
    assert said(gzip.compress(TABLE.encode())) == [
        "packing: t.csv: packed with gzip, unlike its name; it is read as its content is"
    ]
    assert said(TABLE, "t.csv.gz") == [
        "packing: t.csv.gz: not packed with gzip, as its name says; it is read as its content is"
    ]
    with zipfile.ZipFile("two.zip", "w") as archive:
        archive.writestr("a.csv", TABLE)
        archive.writestr("b.csv", TABLE)
    message = refused(Path("two.zip").read_bytes(), "two.zip")
    assert message == "two.zip: 2 files in this archive, where one is expected: a.csv, b.csv"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<!DOCTYPE html>\n<html>404</html>\n", "a web page; download the file itself"),
        (b"version https://git-lfs.github.com/spec/v1\noid 1\n", "a pointer of Git LFS; fetch the file itself by: git"),
        (b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml" + bytes(99), "an Excel workbook; save it as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "an Excel workbook; save it as CSV"),
        (b"PAR1\x15\x04" + bytes(99), "a Parquet file; say dataset.type: parquet"),
        (b"%PDF-1.4\n\0", "a PDF document"),
    ],
)
def test_a_file_of_another_kind_is_named(content: bytes, what: str) -> None:
    """In one line, whatever its name is."""
    assert refused(content).startswith(f"t.csv: not a CSV file but {what}")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        ("\n \n", "the file is empty"),
        (f"{TABLE}1,2,a,b\n{ROWS}", "row 31 (line 32): 4 cells where there are 3 columns ('1,2,a,b'); a cell with a "
         "comma in it has to stand in quotation marks"),
        (f"{TABLE}1,\0,a\n", "row 31 (line 32), column z: a NUL character in '\\x00', which no text has; remove it "
         "from the file"),
        (f"Report\n\n{TABLE}", "line 1: 'Report' has 1 cell, and most lines have 3; the first line has to name the "
         "columns, and a cell with a comma in it to stand in quotation marks"),
        (f"Report,,\n,,\n{TABLE}", "line 1: 'Report,,' names few of the 3 columns, and 'x, z, y' stands below it; "
         "remove the lines above the names of the columns"),
        (f"# by me\n# in 2023\n{TABLE}", "line 1: '# by me' is no header of 3 columns; see dataset.comment: "
         "\"#\", which leaves out lines that begin so"),
        (f"x,z\n{ROWS}", "line 1: the header has one name fewer than the rows have cells; name all 3 columns by "
         "dataset.names"),
    ],
)  # fmt: skip
def test_says_which_line_is_wrong(content: str, message: str) -> None:
    """And what to type, or to change."""
    assert refused(content) == f"t.csv: {message}"


def test_a_row_that_is_too_short_is_said() -> None:
    """What it lacks is missing, of which the columns decide; a line of another kind may be a comment."""
    assert said(f"{TABLE}1,2\n{ROWS}3\n") == [
        "short_rows: t.csv: row 31 (line 32): 2 cells where there are 3 columns, and 1 more row too; what a row lacks "
        "is missing"
    ]
    assert said(f"{TABLE}# the end\n")[0].endswith('; dataset.comment: "#"')
    assert said(TABLE.replace("a\n", "\n").replace("2,4,\n", '"2",4,\n')) == []


@pytest.mark.parametrize(
    "content",
    [
        TABLE.replace("\n", ",\n"),
        "x,z,y\n" + ROWS.replace("\n", ",\n"),
        f"x,z,y\n{ROWS[:-1]},,\n",
    ],
)
def test_a_delimiter_behind_the_last_column_is_left_out(content: str) -> None:
    """In the header, in the rows, or in one of them."""
    assert alike(content)
    assert said(content) == [
        "trailing_delimiter: t.csv: rows end with a comma, behind which nothing stands: it is left out"
    ]


def swallowing(*between: str) -> str:
    """Rows with texts of which one begins with a quotation mark, and a later one ends with it."""
    return TEXTS + 'ham\t"it began\n' + "".join(f"{line}\n" for line in between) + 'spam\tit ended"\n' + TEXTS[11:]


def test_a_quotation_mark_never_swallows_rows_in_silence() -> None:
    """They are rows again if quotation marks are none; who says that they are quotation marks hears of it too."""
    content = swallowing("ham\tlunch", 'ham\t"funny" she said')
    place = "t.csv: row 41 (line 42): a cell in quotation marks goes on to line"

    assert len(read(content, delimiter="\t").frame) == len(content.splitlines()) - 1
    (remark,) = said(content, delimiter="\t")
    assert remark.startswith(f"quote: {place} 44, and each of its 3 lines looks like a row")
    assert remark.endswith("; so quotation marks are read as characters; dataset.quote: none")
    (remark,) = said(content, delimiter="\t", quote='"')
    assert remark.endswith("; it is read as one cell; dataset.quote: none")
    assert said(content, delimiter="\t", quote="none") == []


def test_rows_that_are_swallowed_by_numbers_are_seen_too() -> None:
    """A table without a column of few words."""
    content = "x,name,y\n" + "".join(f"{i},name {i},{i % 2}\n" for i in range(40)) + '41,"tv,1\n42,radio,0\n43,set",1\n'

    assert len(read(content).frame) == 43
    assert len(said(content)) == 1


def test_a_quotation_mark_that_is_never_closed_takes_no_rows() -> None:
    """Down to the end of the file, as a reader would."""
    content = f'{TEXTS}ham\t"it began\n{TEXTS[11:]}'

    assert len(read(content, delimiter="\t").frame) == 81
    assert said(content, delimiter="\t") == [
        "quote: t.csv: row 41 (line 42): a quotation mark opens a cell and none closes it, down to line 82; so "
        "quotation marks are read as characters; dataset.quote: none"
    ]
    message = refused(content, delimiter="\t", quote='"')
    assert message.endswith("down to line 82; put the quotation mark right, or see dataset.quote: none")


def test_a_file_that_needs_its_quotation_marks_is_refused_with_the_line() -> None:
    """Where one is missing."""
    content = "label,text\n" + "".join(f'{"pos" if i % 2 else "neg"},"some, text {i}"\n' for i in range(40))

    message = refused(f'{content}pos,"it began\n{content[11:]}')
    assert message.startswith("t.csv: row 41 (line 42): 3 cells where there are 2 columns")
    assert message.endswith("a quotation mark in it opens a cell that goes on to line 43")


@pytest.mark.parametrize(
    "cell",
    [
        "Dear all {i},\nthanks, bye\nBob",
        "Dear all {i}\nthanks, bye",
        "a\nb, c\nd, e",
        'he said ""no"",\nand, left',
        "1\n2",
    ],
)
def test_honest_texts_of_several_lines_stay_quiet(cell: str) -> None:
    """Whatever commas they have."""
    content = "label,text\n" + "".join(
        f'{"pos" if i % 2 else "neg"},"{cell}"\n'.replace("{i}", str(i)) for i in range(40)
    )

    found = read(content)

    assert (len(found.frame), list(found.remarks)) == (40, [])
    assert found.frame.iloc[3, 1] == cell.replace("{i}", "3").replace('""', '"')


CELLS = [
    "",
    "1",
    "2.5",
    "-3",
    "1,5",
    "a",
    "hello world",
    "x, y",
    'say "hi"',
    "l1\nl2",
    "l1\r\nl2",
    "'q'",
    "#c",
    "é",
    "a;b",
    "|",
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_what_python_writes_is_read_as_it_stands_or_refused(data: st.DataObject) -> None:
    """Whatever stands in the cells, between them and around them: never other cells, and never fewer rows."""
    n_columns = data.draw(st.integers(2, 4))
    row = st.lists(st.sampled_from(CELLS), min_size=n_columns, max_size=n_columns)
    rows = data.draw(st.lists(row, min_size=3, max_size=30))
    text = io.StringIO()
    writer = csv.writer(
        text,
        delimiter=data.draw(st.sampled_from(",;\t|")),
        quoting=data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
    )
    writer.writerow([f"column {k}" for k in range(n_columns)])
    writer.writerows(rows)

    try:
        found = read(text.getvalue())
    except DataError:
        return
    is_quoted = any(remark.rule == "quote" for remark in found.remarks)
    assert found.frame.to_numpy().tolist() == rows or is_quoted


def test_apostrophes_around_all_cells_of_a_column_are_quotation_marks() -> None:
    """As some programs write them; who says none keeps them."""
    content = "x,y\n" + "".join(f"{i},'{'ab'[i % 2]}'\n" for i in range(30))

    assert set(read(content).frame["y"]) == {"a", "b"}
    assert said(content) == [
        "quote: t.csv: cells stand between apostrophes, which are taken as quotation marks; dataset.quote: none"
    ]
    assert set(read(content, quote="none").frame["y"]) == {"'a'", "'b'"}
    assert said(content, quote="'") == []


def test_spaces_around_cells_and_names_are_left_out() -> None:
    """Of texts nothing is said; a quotation mark behind a space opens a cell."""
    content = TABLE.replace(",", ", ")

    assert alike(content)
    assert said(content) == [
        "spaces: t.csv: line 1: the name ' z' begins or ends with a space, which is left out",
        "spaces: t.csv: row 1, column z: ' 0' is read without the space around it; so are 59 more cells in 2 columns",
    ]
    assert said("label,text\n" + "a, some text \nb, other text\n" * 9) == []
    quoted = read("x,name,y\n" + "".join(f'{i}, "a, b {i}", {i % 2}\n' for i in range(40)))
    assert quoted.frame.iloc[2].to_list() == ["2", "a, b 2", "0"]


def numbered(names: Sequence[Any], row: str) -> str:
    """A table with these names and equal rows."""
    return ",".join(map(str, names)) + "\n" + f"{row}\n" * 20


@pytest.mark.parametrize(
    "content",
    [
        TABLE,
        "sex,colour\n" + "m,red\nf,blue\n" * 10,
        "name,city\n" + "".join(f"n{i},c{i}\n" for i in range(20)),
        "y,x\n" + "y,1\nn,2\n" * 10,
        numbered(["country", 2019, 2020, 2021], "c,1.5,2.5,3.5"),
        numbered([2019, 2020], "1.5,2.5"),
        numbered([*range(784), "label"], ",".join(["0"] * 784) + ",7"),
        numbered(["label", *range(784)], "7," + ",".join(["0"] * 784)),
        numbered([*range(785)], ",".join(["0"] * 785)),
        numbered([400.1, 402.7, 404, 409.9, 411, 415.5, "y"], "1,2,3,4,5,6,a"),
        numbered([1045, 203, 887], "0.2,1,0.5") + "0.5,0,0.1\n" * 9,
        numbered(["", "x", "y"], "1,2,a"),
        "text\n" + "a b\nc d\n" * 10,
    ],
)
def test_honest_headers_stay_quiet(content: str) -> None:
    """Also those of numbers: years, pixels, wavelengths."""
    assert said(content) == []


@pytest.mark.parametrize("n", [1, 4])
@pytest.mark.parametrize("row", ["5.1,3.5,{word}", "{i},148,72,1", "{word},{i},{word}", "2,{i},?,{i}", "1,1,c"])
def test_a_first_row_that_is_no_header_is_said(row: str, n: int) -> None:
    """Without a header, columns are called by their places or as the config says."""
    content = "".join(row.format(i=(17 * i) % 50, word="ab"[i % 2]) + "\n" for i in range(60))
    width = row.count(",") + 1

    (remark,) = said(content)
    assert remark.startswith("header: t.csv: line 1: ")
    assert remark.endswith(
        "looks like the rows below it, but is taken as the names of the columns; dataset.header: none, which calls "
        f"them column_1 to column_{width}, or see dataset.names"
    )
    names = [f"column_{k}" for k in range(1, width + 1)]
    assert columns(read(content, header="none").frame) == names
    assert len(read(content, header="none").frame) == 60
    assert said(content, header="none") == []
    assert columns(read(content, header="none", names=list("abcd")[:width]).frame) == list("abcd")[:width]


def test_rare_delimiters_are_named_and_long_lines_read() -> None:
    """What few programs write has to be said; a table may have thousands of columns."""
    assert said(TABLE.replace(",", ":")) == [
        "delimiter: t.csv: it is read as one column, though ':' would divide all rows alike; dataset.delimiter: \":\""
    ]
    wide = ",".join(f"gene{i}" for i in range(20_000)) + "\n" + (",".join("1" * 20_000) + "\n") * 9
    assert read(wide).frame.shape == (9, 20_000)


def test_a_name_never_swallows_rows() -> None:
    """A quotation mark in the header, whose second one is missing; a name may have two lines."""
    message = refused(TABLE.replace("z,y", '"z,y') + '1,2,"a"\n')

    assert message == (
        "t.csv: line 1: a quotation mark in it opens a name that goes on to line 32; put the quotation mark right, or "
        "see dataset.quote: none"
    )
    assert columns(read('x,"z\n(m)",y\n' + ROWS).frame) == ["x", "z\n(m)", "y"]


def test_names_take_the_place_of_the_header() -> None:
    """Of all columns; also where a header has one name fewer, as R writes it."""
    assert columns(read(TABLE, names=["a", "b", "c"]).frame) == ["a", "b", "c"]
    assert read(f"x,z\n{ROWS}", names=["row", "x", "z"]).frame.shape == (30, 3)
    assert refused(TABLE, names=["a"], error=UserError) == "t.csv: 3 columns, but dataset.names has 1 name"
    assert said(TABLE, header="none") == [
        "header: t.csv: line 1: 'x,z,y' looks like names of columns, but is taken as a row; dataset.header: first"
    ]


def test_a_blank_line_in_a_file_of_one_column_is_said() -> None:
    """It may be an example without text; at the end of the file it is none."""
    assert said("text\ngood\n\nbad\n\n") == [
        "blank_lines: t.csv: line 3: nothing stands in this line, and it is no row"
    ]
    assert said("text\ngood\nbad\n\n") == []
    assert said(f"{TABLE}\n\n{ROWS}") == []


def test_keys_of_the_config_are_those_of_the_reader() -> None:
    r"""`\t` in single quotes is a tab, null is none, and `encoding` may be that of the file."""
    Path("c.yaml").write_text(
        "dataset: {type: csv, path: t.csv, target: y, task: binary, delimiter: '\\t', quote: null, comment: null, "
        "encoding: cp1252, header: none, names: [x, y]}\n"
    )
    dataset: Any = load("c.yaml").experiment.dataset

    assert dataset.dialect == Dialect(
        delimiter="\t", quote="none", encoding="cp1252", comment="none", header="none", names=["x", "y"]
    )
    assert dataset.encoding == "multi_hot"


@pytest.mark.parametrize(
    ("settings", "field", "message"),
    [
        ({"delimiter": "::"}, "delimiter", "expected one character, auto or spaces, given '::'"),
        ({"quote": "''"}, "quote", "expected one character, auto or none, given \"''\""),
        ({"comment": "//"}, "comment", "expected one character, none, given '//'"),
        ({"file_encoding": "utf9"}, "file_encoding", "Python knows no encoding 'utf9'; utf-8 and cp1252 are usual"),
        ({"names": ["a", "a"]}, "names", "column 'a' is named twice"),
    ],
)  # fmt: skip
def test_keys_that_cannot_be_are_refused_before_a_file_is_read(
    settings: dict[str, Any], field: str, message: str
) -> None:
    """In the config's own words."""
    dataset = Csv(path="absent.csv", target="y", task="binary", **settings)

    assert list(dataset.problems(ALONE)) == [(field, message)]


def test_a_column_that_is_not_there_comes_with_another_way_to_read_the_header() -> None:
    """Since names and delimiters are found together."""
    Path("t.csv").write_text(ROWS.removeprefix("0,0,a\n"))
    dataset = Csv(path="t.csv", target="y", task="binary")

    ((field, message),) = dataset.misfits(None)
    assert field == "target"
    assert message.startswith("t.csv has no column 'y'.")
    assert "see dataset.header: none, which calls them column_1 to column_3" in message


def test_a_header_that_is_none_is_one_problem() -> None:
    """Not one for each of its names that stand there twice."""
    rows = [f"{i % 2},{i % 3},{i % 2},{i % 5}.5,{i % 3}" for i in range(30)]
    Path("t.csv").write_text("1,2,1,3.5,2\n" + "\n".join(rows) + "\n")
    dataset = Csv(path="t.csv", target="1", task="binary", categorical=["7"])

    assert list(dataset.misfits(None)) == [
        (
            "target",
            "t.csv: line 1: '1,2,1,3.5,2' looks like the rows below it, but is taken as the names of the columns; "
            "see dataset.header: none, which calls them column_1 to column_5, or see dataset.names",
        )
    ]
    with pytest.raises(UserError, match=r"^dataset\.target: t\.csv: line 1: '1,2,1,3\.5,2' looks like the rows"):
        dataset.load(None)


def test_a_file_read_as_by_0_1_0_is_the_same_experiment() -> None:
    """The keys that are new count as what earlier versions did."""
    settings = {"dataset": Csv(path="t.csv", target="y", task="binary").model_dump()}
    earlier = {"dataset": {**settings["dataset"], "delimiter": ","}}
    for key in ("quote", "file_encoding", "comment", "header", "names"):
        del earlier["dataset"][key]

    assert identified(settings) == identified(earlier)
    assert compared(settings) == compared(earlier)
    other = {"dataset": {**settings["dataset"], "delimiter": ";"}}
    assert identified(other) != identified(settings)


def test_new_rows_are_read_with_the_same_keys() -> None:
    """Another delimiter is found where the config leaves it open, which is said; otherwise it is refused."""
    Path("t.csv").write_text(TABLE)
    Path("new.csv").write_text("z;x\n5;2\n3;4\n")
    dataset = Csv(path="t.csv", target="y", task="binary")

    found = dataset.new_examples(Path("new.csv"), None)

    assert found.x.tolist() == [[2, 5], [4, 3]]
    assert found.notes == ["new.csv: its columns are read as separated by semicolons"]
    with pytest.raises(UserError, match=r'new\.csv: no comma in line 1, but semicolons .* dataset\.delimiter: ";"'):
        dataset.model_copy(update={"delimiter": ","}).new_examples(Path("new.csv"), None)


def test_remarks_are_those_of_the_data() -> None:
    """Of both files."""
    Path("t.csv").write_text(TABLE.replace(",", ";"))
    Path("test.csv").write_text(TABLE.replace(",", "\t"))

    remarks = Csv(path="t.csv", test_path="test.csv", target="y", task="binary").load(None).remarks

    assert [(each.rule, each.place) for each in remarks if each.rule == "delimiter"] == [
        ("delimiter", "t.csv"),
        ("delimiter", "test.csv"),
    ]
