"""Where runs took place: what beside the experiment can change their numbers."""

from collections.abc import Collection, Mapping
from typing import Any

from dlexp.config.flat import MISSING, Difference, differences, flatten, short

#: What of environment.json changes from run to run without a meaning for the numbers.
IRRELEVANT = ("seconds", "command", "git", "host", "submitted")


def differing(a: Mapping[str, Any], b: Mapping[str, Any], without: Collection[str] = IRRELEVANT) -> list[Difference]:
    """What differs between two environments, as environment.json has them; None for a flag that is not set.

    Older versions recorded less: what only one of the two tells is not known to differ.
    """
    common = (a.keys() & b.keys()) - set(without)
    if "flags" in common:  # In which it stands too.
        common.discard("onednn")
    sides = [flatten({key: value for key, value in each.items() if key in common and value != {}}) for each in (a, b)]
    return [
        (key, None if in_a is MISSING else in_a, None if in_b is MISSING else in_b)
        for key, in_a, in_b in differences(*sides)
    ]


def shown(value: Any) -> str:
    """A value of an environment in one line."""
    return "not set" if value is None else short(value)
