"""What the readers of tables give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dlexp.components.data import Frame
from dlexp.components.remarks import Remark

if TYPE_CHECKING:
    from dlexp.components.datasets.reading.compact import Compact

#: The rules of doubts that the names of the columns come from.
_OF_NAMES = ("delimiter", "header")


@dataclass(frozen=True)
class Read:
    """A table as it was read, and what is to be said of how."""

    frame: Frame
    """Its columns have the names that stand in the file, of which several may be the same; one without a name is called
    by its place, `Unnamed: 0`."""
    remarks: Sequence[Remark] = ()
    unusable: Mapping[str, str] = field(default_factory=dict)
    """The columns whose values are neither numbers nor words, and what they are."""
    compact: "Compact | None" = None
    """The rows, if they are kept in little memory: then the frame has none."""

    @property
    def table(self) -> "Frame | Compact":
        """The rows, however they are kept."""
        return self.frame if self.compact is None else self.compact

    @property
    def has_doubtful_header(self) -> bool:
        """Whether the first row looks like another one than it is taken as."""
        return any(each.rule == "header" for each in self.remarks)

    @property
    def hint(self) -> str:
        """What follows a message that a column is not there: another way to read the file."""
        doubts = (each for each in self.remarks if each.rule in _OF_NAMES)
        return "".join(f" {each.place}: {each.found}; see {each.key}." for each in doubts)
