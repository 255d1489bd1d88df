"""What divides the rows of a file into cells and stands around these, as the beginning of the file shows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dlexp.components.datasets.reading import first_row
from dlexp.components.datasets.reading.dialect import COMMA, named, typed
from dlexp.components.datasets.reading.lines import SPACES, Marks, Record, cells, records
from dlexp.components.remarks import Remark

#: What is looked for between the columns, the likeliest first.
DELIMITERS = (COMMA, ";", "\t", "|", SPACES)
#: What is named where none of these is there.
_ODD = ":^~\x01\x1f"
#: So many records tell how a file is written.
_N_LOOKED_AT = 500
#: Share of the records that have as many cells as the first one where the right character divides them.
_MOSTLY = 0.9

#: Records, and the cells of each.
Sample = list[tuple[Record, list[str]]]


@dataclass(frozen=True)
class Beginning:
    """The first lines of a text, with their numbers."""

    lines: Sequence[tuple[int, str]]
    is_whole: bool
    """Whether the text has no others."""

    def sample(self, marks: Marks) -> Sample:
        """The first records with their cells; without the last one, which may be cut, unless the text is whole."""
        found: Sample = []
        for record in records(self.lines, marks):
            if len(found) == _N_LOOKED_AT:
                return found
            found.append((record, cells(record.text, marks)))
        return found if self.is_whole or len(found) < 2 else found[:-1]


def is_consistent(sample: Sample) -> bool:
    """Whether there are several columns, and in nearly all rows as many as in the first one."""
    if not sample or (width := len(sample[0][1])) < 2:
        return False
    # A row may end with the delimiter.
    n_right = sum(len(row) == width or (len(row) == width + 1 and not row[-1].strip()) for _, row in sample)
    return n_right >= _MOSTLY * len(sample)


def found(samples: Mapping[str, Sample]) -> tuple[str, str]:
    """What divides the columns, and what else may do so: the comma wherever it may, since it is the usual one."""
    widths = {each: len(rows[0][1]) for each, rows in samples.items() if is_consistent(rows)}
    if SPACES in widths and (len(widths) > 1 or not _are_numbers(samples[SPACES])):
        del widths[SPACES]
    if widths:
        # Other than what divides rows by chance, the right one leaves no other in the cells, except in numbers.
        best = max(widths, key=lambda each: (_n_plain(samples[each]), each == COMMA, widths[each]))
        return best, next((each for each, width in widths.items() if each != best and width >= widths[best]), "")
    divided = [each for each, rows in samples.items() if each != SPACES and rows and len(rows[0][1]) > 1]
    if not divided:  # Lines above the table, perhaps.
        divided = [each for each in DELIMITERS[:-1] if common_width(samples[each]) > 1]
    return (COMMA if COMMA in divided or not divided else divided[0]), ""


def odd(beginning: Beginning, marks: Marks) -> str:
    """A character that divides all rows alike, though few programs write it; nothing if there is none."""
    return next((each for each in _ODD if is_consistent(beginning.sample(replace(marks, delimiter=each)))), "")


def remarks(path: Path, delimiter: str, doubt: str) -> list[Remark]:
    """What is said of a delimiter that was found, and of another one that it may be."""
    said = f"its columns are read as separated by {named(delimiter, 2)}"
    if doubt:
        said = said if doubt in DELIMITERS else "it is read as one column"
        said += f", though {named(doubt, 2)} would divide all rows alike"
        return [Remark(rule="delimiter", place=str(path), found=said, key=f"dataset.delimiter: {typed(doubt)}")]
    is_named_so = {".tsv", ".tab"} & {suffix.lower() for suffix in path.suffixes}
    if delimiter == ("\t" if is_named_so else COMMA):
        return []
    return [Remark(rule="delimiter", place=str(path), found=said, key=f"dataset.delimiter: {typed(delimiter)}")]


def quote(marks: Marks, beginning: Beginning, sample: Sample) -> str:
    """The apostrophe, if no other quotation mark is there and whole columns stand between two of it."""
    if any('"' in record.text for record, _ in sample) or len(sample) < 3:
        return marks.quote
    rows = [row for _, row in sample[1:]]
    width = max(map(len, rows))
    columns = [[row[k].strip() for row in rows if k < len(row) and row[k].strip()] for k in range(width)]

    def is_between(cell: str) -> bool:
        return len(cell) > 1 and cell[0] == cell[-1] == "'"

    if not any(column and all(map(is_between, column)) for column in columns):
        return marks.quote
    by_apostrophe = beginning.sample(replace(marks, quote="'"))
    return "'" if len(by_apostrophe) == len(sample) and is_consistent(by_apostrophe) else marks.quote


def common_width(sample: Sample) -> int:
    """The number of cells that most rows have."""
    return Counter(len(row) for _, row in sample).most_common(1)[0][0] if sample else 0


def _n_plain(sample: Sample) -> float:
    """The share of cells that are numbers, or have nothing in them that may divide columns."""
    found = [cell for _, row in sample for cell in row]
    return sum(first_row.is_number(cell) or not set(cell) & set(DELIMITERS[:-1]) for cell in found) / len(found)


def _are_numbers(sample: Sample) -> bool:
    """Whether most cells below the first row are numbers: words between spaces are mostly a text."""
    below = [cell for _, row in sample[1:] for cell in row]
    return bool(below) and sum(map(first_row.is_number, below)) > len(below) / 2
