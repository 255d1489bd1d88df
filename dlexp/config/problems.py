"""What is wrong with a config, and where."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from dlexp.errors import CHECK_ALL, UserError


@dataclass(frozen=True)
class Source:
    """Where a value comes from: a file, a `--set`, or the schema's default."""

    label: str
    """The file's path as the user gave it, or `--set KEY=VALUE`."""
    line: int | None = None
    """The line in the file, from 1."""
    brief: str = ""
    """What a message says instead of a long label."""
    within: str = ""
    """Of a value that a file lays over a config: the path in that file below which it stands, `variants.wide`."""

    def __str__(self) -> str:
        return self.brief or (self.label if self.line is None else f"{self.label}:{self.line}")


#: The source of what no file and no `--set` says.
DEFAULT = Source("default")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a config.

    As text: `configs/imdb_adam.yaml:7: optimizer.type: unknown optimizer 'adma'. Did you mean 'adam'?`
    """

    path: str
    """The dotted path of the value; empty where the file as a whole is meant."""
    message: str
    source: Source
    change: str = ""
    """An override that mends it, KEY=VALUE as `--set` takes it; the message ends with it. Empty where none is sure."""

    @property
    def place(self) -> str:
        """The dotted path as it stands in the file: of a study, below the variant's."""
        return ".".join(filter(None, (self.source.within, self.path)))

    def mended_by(self, change: str) -> Self:
        """With an override that mends it, named at the end of the message; itself if there is none."""
        return replace(self, message=f"{self.message}; set {change}", change=change) if change else self

    def __str__(self) -> str:
        text = ": ".join(filter(None, (str(self.source), self.place, self.message)))
        # Keys and values are the user's: a line end in one is shown as \n.
        return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class ConfigError(UserError):
    """A config that cannot be used, for one or more reasons."""

    all_shown_by = CHECK_ALL

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(*map(str, self.problems))


def refused(message: str, source: Source, path: str = "") -> ConfigError:
    """The error of one problem."""
    return ConfigError([Problem(path, message, source)])
