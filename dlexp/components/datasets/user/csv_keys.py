"""The keys that say how a CSV file is written."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from dlexp.components.component import Context, Misfit, Off
from dlexp.components.datasets.reading.dialect import AUTO, NONE, Dialect
from dlexp.components.datasets.reading.lines import SPACES
from dlexp.components.datasets.user.file_encoding import FileEncodingKeys
from dlexp.components.datasets.user.keys import ColumnName, Name
from dlexp.components.identity_rules import AddedLater, CountsAs

#: What may be typed to leave something out, in any case.
_OFF = ("none", "null", "off", "no", "false")


def _tab(value: Any) -> Any:
    r"""The tab for `\t`, which YAML reads as two characters unless it stands in double quotes."""
    return "\t" if value == r"\t" else value


class CsvKeys(FileEncodingKeys):
    """How the rows of a CSV file are written; what is `auto` is looked up in the file, and said unless it is usual."""

    delimiter: Annotated[Name, BeforeValidator(_tab), CountsAs(",", value=AUTO)] = "auto"
    r"""What lies between two columns: one character, such as ";" or "\t"; `spaces` for any number of spaces and tabs;
    or `auto`: a comma, wherever that divides all rows alike, or else what does."""
    quote: Annotated[Name, AddedLater(before="auto"), Off("none")] = "auto"
    """What stands around a cell in which the delimiter or a line end is a part of the text: one character; `none`, so
    that quotation marks are characters as others; or `auto`: the double quotation mark, unless the file has whole rows
    between two of them and can be read without."""
    comment: Annotated[Name, AddedLater(before="none"), Off("none")] = "none"
    """The character with which lines begin that are left out."""
    header: Annotated[Literal["first", "none"], AddedLater(before="first")] = "first"
    """Whether the first row names the columns. Where none does, they are called `column_1`, `column_2` and so on, or as
    `names` says."""
    names: Annotated[list[ColumnName] | None, AddedLater(before=None)] = None
    """The names of all columns, which stand in for those of the header if there is one."""

    @property
    def dialect(self) -> Dialect:
        """What the config says of how the file is written."""
        return Dialect(
            delimiter=self.delimiter,
            quote=self.quote,
            encoding=self.file_encoding,
            comment=self.comment,
            header=self.header,
            names=self.names,
        )

    def problems(self, context: Context) -> Iterator[Misfit]:
        """More than one character, an unknown encoding, and a name that two columns have."""
        words = {"delimiter": (AUTO, SPACES), "quote": (AUTO, NONE), "comment": (NONE,)}
        for field, choices in words.items():
            value = getattr(self, field)
            if len(value) != 1 and value not in choices:
                off = "; write null" * (NONE in choices and value.lower() in _OFF)
                yield Misfit(field, f"expected one character, {' or '.join(choices)}, given {value!r}{off}")
        yield from FileEncodingKeys.problems(self, context)
        if self.names and (twice := sorted({name for name in self.names if self.names.count(name) > 1})):
            yield Misfit("names", f"column {twice[0]!r} is named twice")
