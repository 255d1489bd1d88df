"""What an experiment's identity takes of a key: annotations of the fields that it does not take as they stand."""

import os
from pathlib import Path
from typing import Any, Final

#: What stands for a key that the identity does not have.
LEFT_OUT: Final = object()


class IdentityRule:
    """Annotates a field: `diagnostics: Annotated[bool, Observes(counts_as=False)]`."""

    def identified(self, value: Any) -> Any:
        """What the identity has of a value; `LEFT_OUT` for nothing."""
        raise NotImplementedError

    def compared(self, value: Any) -> Any:
        """What `diff`, `compare` and `why` have of it; `LEFT_OUT` for nothing."""
        raise NotImplementedError


class Observes(IdentityRule):
    """A key that observes the training and changes no number of it: left out, or counted as one value always."""

    def __init__(self, counts_as: Any = LEFT_OUT) -> None:
        """`counts_as`: what 0.1.0 took of it mostly, of a key that it had; identities recorded with that stay."""
        self.counts_as = counts_as

    def identified(self, value: Any) -> Any:
        """The one value, or nothing."""
        return self.counts_as

    def compared(self, value: Any) -> Any:
        """Nothing: no setting of the experiment."""
        return LEFT_OUT


class AddedLater(IdentityRule):
    """A key added after 0.1.0: it is left out while it has the value under which earlier versions trained."""

    def __init__(self, before: Any) -> None:
        self.before = before

    def identified(self, value: Any) -> Any:
        """The value, unless it changes nothing."""
        return LEFT_OUT if value == self.before else value

    compared = identified


class CountsAs(IdentityRule):
    """A value that earlier versions did not have, which counts as the one under which they trained.

    `delimiter: Annotated[str, CountsAs(",", value="auto")]`.
    """

    def __init__(self, before: Any, value: Any) -> None:
        self.before, self.value = before, value

    def identified(self, value: Any) -> Any:
        """The earlier value for the new one; any other as it is."""
        return self.before if value == self.value else value

    compared = identified


class DataPath(IdentityRule):
    """Where data lies: their digest identifies them, and the path only says by its suffix how a file is read."""

    def identified(self, value: Any) -> Any:
        """The suffix: `.gz` of houses.csv.gz."""
        return Path(value).suffix.lower() if isinstance(value, str) else value

    def compared(self, value: Any) -> Any:
        """The path as seen from the working directory: `./d.csv` and its absolute path are `d.csv`."""
        return from_here(value) if isinstance(value, str) else value


def from_here(path: str) -> str:
    """A path without `.` and `..` in it, relative where it leads below the working directory; nothing is read."""
    # os.path, since a Path keeps `a/../b`. The user of `~name` may not exist: then it stays.
    found = os.path.normpath(os.path.expanduser(path))  # noqa: PTH111
    return found.removeprefix(f"{Path.cwd()}{os.sep}")
