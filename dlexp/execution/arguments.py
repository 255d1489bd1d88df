"""What may be asked for: seeds, counts, flags, texts and folders; one check for the command line and for Python.

Every function for one argument returns the checked value, or raises a UserError of one line that begins with the
argument's name. A number of numpy's is a number; a text is never taken for a list of letters, nor true for 1.
"""

import math
import numbers
import operator
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeGuard

from dlexp.components.home import expanded
from dlexp.config.limits import MAX_RUNS, MAX_SEED
from dlexp.errors import UserError

SHOWN_LENGTH = 60
#: That dlexp chooses a number by what the machine has.
Auto: TypeAlias = Literal["auto"]


def seeds(given: object, name: str = "seeds") -> list[int] | range:
    """Seeds: 0 to N-1 of a number N, or those of a list, array or other iterable, in its order."""
    if _whole(given) is not None:
        return range(_within(given, name, f"a number of seeds from 1 to {MAX_RUNS}", 1, MAX_RUNS))
    if not is_listing(given):
        raise _refused(name, "expected a number of seeds (a whole number, at least 1) or a list of seeds", given)
    chosen = [seed(each, name) for each in given]
    if not chosen:
        raise UserError(f"{name}: expected at least one seed, given none")
    if len(set(chosen)) < len(chosen):
        twice = next(each for position, each in enumerate(chosen) if each in chosen[:position])
        raise UserError(f"{name}: {twice} is given twice")
    return chosen


def seed(given: object, name: str = "seed") -> int:
    """One seed."""
    return _within(given, name, f"a whole number from 0 to {MAX_SEED}", 0, MAX_SEED)


def require_few_runs(each: int, n_configs: int = 1, grids: Sequence[str] = ()) -> None:
    """Refuse more runs than make sense in one command, before a config is loaded at any point of the grids."""
    from dlexp.config.grid import n_points

    n = each * n_configs * n_points(grids)
    if n > MAX_RUNS:
        raise UserError(f"{MAX_RUNS:,} runs at most in one command, asked for {_written(n, ',')}")


def count(given: object, name: str) -> int:
    """A whole number of at least 1."""
    return _within(given, name, "a whole number, at least 1", 1)


def workers(given: object, name: str = "workers") -> int | Auto:
    """How many runs are trained at the same time, or that dlexp chooses it."""
    if isinstance(given, str) and given == "auto":
        return "auto"
    return _within(given, name, "auto or a whole number, at least 1", 1)


def whole(given: object, name: str) -> int:
    """A whole number."""
    return _within(given, name, "a whole number")


def margin(given: object, name: str = "margin") -> float:
    """A size in the unit of a column: 0.02, of an accuracy also `2 points`."""
    size = _size(given)
    if size is None or not 0 < size < math.inf:
        raise _refused(name, "expected a size above 0, such as 0.02 or '2 points'", given)
    return size


def is_in_points(given: object) -> bool:
    """Whether a size is written as `2 points`."""
    return isinstance(given, str) and "point" in given


def flag(given: object, name: str) -> bool:
    """True or false, also numpy's."""
    if isinstance(given, bool) or (str(getattr(given, "dtype", "")) == "bool" and not getattr(given, "ndim", 0)):
        return bool(given)
    raise _refused(name, "expected True or False", given)


def texts(given: object, name: str, what: str = "KEY=VALUE texts") -> list[str]:
    """A list of texts; one alone has to be put into a list."""
    if isinstance(given, str):
        raise UserError(f"{name}: expected a list of {what}, given one text; write [{given!r}]")
    items = list(given) if is_listing(given) else [given]
    for item in items:
        if not isinstance(item, str):
            raise _refused(name, f"expected a list of {what}", item)
    return list(map(str, items))


def text(given: object, name: str) -> str:
    """A text, which may be empty."""
    if not isinstance(given, str):
        raise _refused(name, "expected a text", given)
    return given


def choice(given: object, name: str, choices: Collection[str]) -> str:
    """One of several words."""
    if not isinstance(given, str) or given not in choices:
        raise _refused(name, f"expected one of {', '.join(choices)}", given)
    return given


def text_of_path(given: object, name: str, what: str, hint: str = "") -> str:
    """A path as text, not an empty one; names of runs are given in the same way."""
    if not isinstance(given, str | os.PathLike) or not isinstance(text := os.fspath(given), str):
        raise _refused(name, f"expected {what}", given)
    if not text.strip():
        raise UserError(f"{name}: expected {what}, given an empty one{hint}")
    return text


def folder(given: object, name: str) -> Path:
    """The path of a folder, which need not exist; `~` is the home folder, as a shell has it."""
    return expanded(text_of_path(given, name, "the path of a folder", "; the working directory is '.'"), name)


def is_listing(given: object) -> TypeGuard[Iterable[Any]]:
    """Whether it may stand for several values: not a text, nor a mapping."""
    return isinstance(given, Iterable) and not isinstance(given, str | bytes | bytearray | Mapping)


def _within(given: object, name: str, what: str, least: float = -math.inf, most: float = math.inf) -> int:
    number = _whole(given)
    if number is None or not least <= number <= most:
        raise _refused(name, f"expected {what}", given)
    return number


def _size(given: object) -> float | None:
    """A number, or a text of one; None if it is neither."""
    if isinstance(given, numbers.Real) and not isinstance(given, bool):
        return float(given)
    if isinstance(given, str):
        from dlexp.config.points import SIZE_IN_POINTS, in_unit

        with suppress(ValueError):
            return in_unit(given) if re.fullmatch(SIZE_IN_POINTS, given) else float(given)
    return None


def _whole(given: object) -> int | None:
    """A whole number as Python's own; None if it is none."""
    if isinstance(given, bool) or not hasattr(given, "__index__"):
        return None
    try:
        return operator.index(given)
    except TypeError:  # An array of several numbers, or one of true and false.
        return None


def _written(number: int, separator: Literal["", ","] = "") -> str:
    """A whole number; Python writes out none of more than some thousand digits."""
    return format(number, separator) if abs(number) < 10**100 else "a number of more than 100 digits"


def _refused(name: str, expected: str, given: object) -> UserError:
    text = _written(given) if isinstance(given, int) else " ".join(repr(given).split())
    shown = text if len(text) <= SHOWN_LENGTH else f"{text[: SHOWN_LENGTH - 3]}..."
    return UserError(f"{name}: {expected}, given {shown}")
