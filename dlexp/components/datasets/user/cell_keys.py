"""The keys that say how the cells of a table are read: numbers, dates, missing values."""

import math
from collections.abc import Collection, Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from dlexp.components.component import Misfit, Settings
from dlexp.components.datasets.user.gaps import FEATURES, TARGET, Missing
from dlexp.components.datasets.user.keys import ColumnName, Name
from dlexp.components.identity_rules import AddedLater

#: What is made of a date: a number for each of its parts, or the seconds since 1970.
DateNumbers = Literal["parts", "seconds"]


def _word(value: Any) -> Any:
    """A number of a YAML list as the word that a cell has: -999."""
    if value is None:
        return "null"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return str(int(value)) if math.isfinite(value) and value == int(value) else str(value)


MissingWord = Annotated[str, BeforeValidator(_word, json_schema_input_type=str | float)]


class CellKeys(Settings):
    """The keys that say how cells are read, of every table."""

    missing: Missing | dict[Name, Missing] = "refuse"
    """What to do with a missing value: refuse the file, drop the row, or put the training split's mean or median; then
    a missing category leaves its columns 0 and a missing text is empty. A missing target is refused or dropped. One
    word for all columns, or a mapping of columns, and of `target` and `features` for those that it does not name:
    `{target: drop, features: mean, Age: median}`."""
    missing_values: list[MissingWord] = ["", "NA", "NaN", "nan", "null"]
    """What stands for a missing value in columns of words or numbers, numbers such as -999 included; in a text only the
    empty one does. A cell of spaces is empty."""
    decimal: Annotated[Literal[".", ","], AddedLater(before=".")] = "."
    """The sign before decimals."""
    thousands: Annotated[Literal["none", ",", ".", " ", "'"], AddedLater(before="none")] = "none"
    """The sign between groups of three digits."""
    units: Annotated[list[Annotated[str, Field(pattern=r"^[^\s\d.,+-](.*\S)?$")]], AddedLater(before=[])] = []
    """What may stand before or behind a number, such as `%` or `$`; all numbers of a column are taken to have it."""
    dates: Annotated[list[ColumnName] | dict[Name, DateNumbers], AddedLater(before=[])] = []
    """The columns of dates and times. Each becomes numbers: its year, month, day, weekday (0 is Monday), hour, minute
    and second, as far as they vary in the training split; with `{day: seconds}` the seconds since 1970."""
    date_format: Annotated[
        Annotated[str, Field(pattern="%")] | dict[Name, Annotated[str, Field(pattern="%")]] | None,
        AddedLater(before=None),
    ] = None
    """How dates are written, in the codes of Python's strftime, such as `%d/%m/%Y`: of all columns or by column. By
    default the cells tell; where days and months can be exchanged, they do not."""

    def cell_problems(
        self, targets: Collection[str], features: Collection[str] | None, categorical: Collection[str]
    ) -> Iterator[Misfit]:
        """Keys that exclude each other; `features` are the columns that can be one, None if they are not known yet."""
        if self.thousands == self.decimal:
            yield Misfit("thousands", f"{self.thousands!r} is the decimal sign; see dataset.decimal")
        if isinstance(self.missing, dict):
            for column in (TARGET, *targets):
                if self.missing.get(column) in ("mean", "median"):
                    yield Misfit(f"missing.{column}", "a missing target is not made up; expected refuse or drop")
        for column in self.dates:
            if column in targets:
                yield Misfit("dates", f"column {column!r} is a target, which is no date; write it as a number of days")
            elif column in categorical:
                yield Misfit("dates", f"column {column!r} is categorical, too; give one of both")
            elif features is not None and column not in features:
                yield Misfit("dates", f"column {column!r} is no feature")
        if isinstance(self.date_format, str) and not self.dates:
            yield Misfit("date_format", "no column is read as dates; name them in dataset.dates")

    @property
    def named_columns(self) -> list[tuple[str, str]]:
        """The columns that these keys name, each with its key."""
        missing = self.missing if isinstance(self.missing, dict) else {}
        formats = self.date_format if isinstance(self.date_format, dict) else {}
        return [
            *((f"missing.{column}", column) for column in missing if column not in (TARGET, FEATURES)),
            *(("dates", column) for column in self.dates),
            *((f"date_format.{column}", column) for column in formats),
        ]
