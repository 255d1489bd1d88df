"""Labels of experiments where there is little room: their values are the last to be shortened."""

import re
from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from dlexp.reports.fitted import abbreviated

#: Before each setting of a label.
_SETTING = re.compile(r" (?=[^\W\d][\w.]*=)")


def short_labels(labels: Sequence[str], width: int) -> list[str]:
    """The labels, all shortened in the same way, each in so many columns of a terminal: `hidden=[8] le…=0.01`.

    A name that all have is left out first, then the keys are cut. Values stay whole as long as there is room for them,
    and labels that differ do so still.
    """
    form: Sequence[str] = labels
    for form in _forms(labels):
        if len(set(form)) == len(set(labels)) and max(map(cell_len, form), default=0) <= width:
            return list(form)
    return abbreviated(form, width)


def _forms(labels: Sequence[str]) -> Iterator[list[str]]:
    """The labels, each time a bit shorter."""
    yield list(labels)
    parts = [_SETTING.split(label) for label in labels]
    if len({own[0] for own in parts}) == 1 and all(len(own) > 1 for own in parts):
        parts = [own[1:] for own in parts]
    longest = max((part.find("=") for own in parts for part in own), default=0)
    for n in range(longest, 0, -1):
        yield [" ".join(_with_short_key(part, n) for part in own) for own in parts]


def _with_short_key(setting: str, n: int) -> str:
    """A setting with so many characters of its key."""
    key, equals, value = setting.partition("=")
    return f"{key[:n]}…={value}" if equals and len(key) > n + 1 else setting
