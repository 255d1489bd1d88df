"""Numbers with a unit, as a study writes them: per cent and percentage points."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

PERCENT = r"^(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+) ?%$"
Percent = Annotated[str, Field(pattern=PERCENT)]
#: Percentage points, as `compare` prints a difference of accuracies; without a sign where only a size may stand.
POINTS = r"^[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+) ?points?$"
SIZE_IN_POINTS = POINTS.replace("[-+]?", "")
Points = Annotated[str, Field(pattern=POINTS)]
SizeInPoints = Annotated[str, Field(pattern=SIZE_IN_POINTS)]


def in_unit(given: float | str) -> float:
    """A number of a study in the unit of the records: 0.02 for `2 points`."""
    return float(Decimal(given.rstrip("points ")).scaleb(-2)) if isinstance(given, str) else given
