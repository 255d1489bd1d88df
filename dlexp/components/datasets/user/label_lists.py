"""Any number of labels in one cell: with a separator between them, as a list, or as a list's text."""

import ast
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dlexp.components.datasets.user.labels import label
from dlexp.components.remarks import Remark
from dlexp.format import plural

#: What else may stand between labels.
_SEPARATORS = {
    ";": "a semicolon",
    ",": "a comma",
    "|": "a bar",
    "\t": "a tab",
    "/": "a slash",
    "+": "a plus sign",
    "&": "an ampersand",
    " ": "a space",
}
#: From this share of its parts in other labels on, what stands between them is a separator.
_MIN_SHARED = 0.8
#: Fewer labels than these with another sign between words say nothing.
_MIN_LABELS = 3


@dataclass(frozen=True)
class LabelLists:
    """The labels of each cell, and what is doubtful about how they were told apart."""

    values: Sequence[Sequence[Any]]
    remarks: Sequence[Remark] = ()


def read(cells: Sequence[Any], separator: str, place: str) -> LabelLists:
    """The labels in each cell; an empty text has none."""
    texts = [each for each in dict.fromkeys(cell for cell in cells if isinstance(cell, str)) if each.strip()]
    lists = {text: found for text in texts if (found := _as_list(text)) is not None}
    if not texts or len(lists) < len(texts):
        lists = {text: _parts(text, separator) for text in texts}
        remarks = list(_other_separator({each for of_one in lists.values() for each in of_one}, separator, place))
    else:
        such = f"lists such as {texts[0]!r}, whose items are read as labels"
        remarks = [Remark(rule="listed_labels", place=place, found=such)]
    return LabelLists([lists.get(cell, []) if isinstance(cell, str) else list(cell) for cell in cells], remarks)


def _parts(text: str, separator: str) -> list[str]:
    return [word for each in text.split(separator) if (word := each.strip())]


def _as_list(text: str) -> list[Any] | None:
    """The items of a list as Python or JSON writes it; None for any other text."""
    text = text.strip()
    if text[:1] != "[" or text[-1:] != "]":
        return None
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    is_list = isinstance(found, list) and all(isinstance(each, str | int | float) for each in found)
    return list(found) if is_list else None


def _other_separator(labels: set[str], separator: str, place: str) -> Iterator[Remark]:
    """A sign that divides labels into what other labels are too."""
    for sign, name in _SEPARATORS.items():
        whole = sorted(each for each in labels if sign in each.strip())
        if sign == separator or len(whole) < _MIN_LABELS:
            continue
        count: dict[str, int] = {each: 1 for each in labels if sign not in each}
        for each in whole:
            for part in set(_parts(each, sign)):
                count[part] = count.get(part, 0) + 1
        parts = {part for each in whole for part in _parts(each, sign)}
        if sum(count[part] > 1 for part in parts) >= _MIN_SHARED * len(parts):
            yield Remark(
                rule="other_separator",
                place=place,
                found=f"{plural(len(whole), 'label')} with {name} in them, such as {label(whole[0])!r}, and "
                f"{separator!r} separates none of them: each is a label of its own",
                key=f"dataset.separator: {json.dumps(sign)}",
            )
            return
