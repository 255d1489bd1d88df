"""The keys that say how a CSV file is written."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator

from dlexp.components.component import Context, Misfit, Off, Settings
from dlexp.components.datasets.reading import encodings
from dlexp.components.datasets.reading.dialect import AUTO, NONE, Dialect
from dlexp.components.datasets.reading.lines import SPACES
from dlexp.components.datasets.user.keys import Name
from dlexp.components.identity_rules import AddedLater, CountsAs


def _tab(value: Any) -> Any:
    r"""The tab for `\t`, which YAML reads as two characters unless it stands in double quotes."""
    return "\t" if value == r"\t" else value


class CsvKeys(Settings):
    """How the rows of a CSV file are written; what is `auto` is looked up in the file, and said unless it is usual."""

    delimiter: Annotated[Name, BeforeValidator(_tab), CountsAs(",", value=AUTO)] = "auto"
    r"""What lies between two columns: one character, such as ";" or "\t"; `spaces` for any number of spaces and tabs;
    or `auto`: a comma, wherever that divides all rows alike, or else what does."""
    quote: Annotated[Name, AddedLater(before="auto"), Off("none")] = "auto"
    """What stands around a cell in which the delimiter or a line end is a part of the text: one character; `none`, so
    that quotation marks are characters as others; or `auto`: the double quotation mark, unless the file has whole rows
    between two of them and can be read without."""
    file_encoding: Annotated[Name, AddedLater(before="utf-8")] = "utf-8"
    """Which characters the bytes of the file are: any of Python's encodings, such as cp1252. A byte order mark of
    UTF-8, UTF-16 or UTF-32 decides by itself. `encoding: cp1252` is understood too: no words are encoded by that."""
    comment: Annotated[Name, AddedLater(before="none"), Off("none")] = "none"
    """The character with which lines begin that are left out."""
    header: Annotated[Literal["first", "none"], AddedLater(before="first")] = "first"
    """Whether the first row names the columns. Where none does, they are called `column_1`, `column_2` and so on, or as
    `names` says."""
    names: Annotated[list[Name] | None, AddedLater(before=None)] = None
    """The names of all columns, which stand in for those of the header if there is one."""

    @model_validator(mode="before")
    @classmethod
    def _state_file_encoding(cls, values: Any) -> Any:
        """Of the file, if it is said under the key of what texts become."""
        said = values.get("encoding") if isinstance(values, dict) else None
        if not isinstance(said, str) or "file_encoding" in values or not encodings.is_known(said):
            return values
        return {**{key: value for key, value in values.items() if key != "encoding"}, "file_encoding": said}

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
                yield Misfit(field, f"expected one character, {' or '.join(choices)}, given {value!r}")
        if not encodings.is_known(self.file_encoding):
            yield Misfit(
                "file_encoding", f"Python knows no encoding {self.file_encoding!r}; utf-8 and cp1252 are usual"
            )
        if self.names and (twice := sorted({name for name in self.names if self.names.count(name) > 1})):
            yield Misfit("names", f"column {twice[0]!r} is named twice")
