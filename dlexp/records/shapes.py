"""What a run's JSON records hold, as far as any reader relies on it: keys and types at every depth.

A key that is not named here is passed through; one that may be missing is so in the records of earlier versions.
"""

from collections.abc import Callable, Mapping
from typing import Any

from dlexp.components.columns import Column

#: Says what is wrong with the value at a path; empty where nothing is. A path is made only where something is wrong.
Check = Callable[[Any, str], str]

#: No score of float32 predictions comes near to it, and sums and differences of smaller numbers are finite.
LARGEST_NUMBER = 1e300
_SHOWN_LENGTH = 60


def text(value: Any, path: str) -> str:
    """Any text."""
    return "" if isinstance(value, str) else _wrong(value, path, "text")


def boolean(value: Any, path: str) -> str:
    """True or false."""
    return "" if isinstance(value, bool) else _wrong(value, path, "true or false")


def count(value: Any, path: str) -> str:
    """A whole number from 0."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return "" if is_count else _wrong(value, path, "a whole number from 0")


def number(value: Any, path: str) -> str:
    """A number of a size that can be calculated with."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST_NUMBER
    return "" if is_number else _wrong(value, path, "a number")


def optional(check: Check) -> Check:
    """What `check` takes, or null."""
    return lambda value, path: "" if value is None else check(value, path)


def list_of(item: Check) -> Check:
    """A list of what `item` takes."""

    def check(value: Any, path: str) -> str:
        if not isinstance(value, list):
            return _wrong(value, path, "a list")
        return next((item(each, f"{path}.{i}") for i, each in enumerate(value) if item(each, "")), "")

    return check


def mapping_of(item: Check) -> Check:
    """A mapping of any keys to what `item` takes."""

    def check(value: Any, path: str) -> str:
        if not isinstance(value, dict):
            return _wrong(value, path, "a mapping")
        return next((item(each, _below(path, key)) for key, each in value.items() if item(each, "")), "")

    return check


def record(required: Mapping[str, Check], known: Mapping[str, Check]) -> Check:
    """A mapping that has the required keys, and may have the known ones and others."""
    checks = {**required, **known}

    def check(value: Any, path: str) -> str:
        if not isinstance(value, dict):
            return _wrong(value, path, "a mapping")
        if missing := [key for key in required if key not in value]:
            return f"no {_below(path, missing[0])}"
        wrong = (key for key, each in value.items() if key in checks and checks[key](each, ""))
        return next((checks[key](value[key], _below(path, key)) for key in wrong), "")

    return check


def either(first: Check, second: Check) -> Check:
    """What one of the two takes; a value of neither is said as the second does."""
    return lambda value, path: first(value, path) and second(value, path)


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _wrong(value: Any, path: str, expected: str) -> str:
    given = repr(value)
    shown = given if len(given) <= _SHOWN_LENGTH else f"{given[: _SHOWN_LENGTH - 3]}..."
    return f"{path} is {shown}, expected {expected}" if path else f"expected {expected}"


def _metrics(value: Any, path: str) -> str:
    """Numbers by column, null for one that is not a number; where there are any, one is of the last epoch."""
    if wrong := mapping_of(optional(number))(value, path):
        return wrong
    is_of_last_epoch = any(not column.best and column.split != "test" for column in map(Column.parse, value))
    return "" if is_of_last_epoch or not value else f"{path} has no score of the last epoch"


def _mistake(value: Any, path: str) -> str:
    """One that has a probability is of classes or labels, which are numbers from 0."""
    is_of_classes = isinstance(value, dict) and "probability" in value
    answer = count if is_of_classes else optional(number)
    known = {"probability": number, "label": count, "target_name": text, "text": text, "png": text}
    return record({"position": count, "target": answer, "predicted": answer}, known)(value, path)


_TYPED = record({}, {"type": text})
_SEVERAL_HEADS = mapping_of(record({"metrics": list_of(text)}, {"type": text}))

#: A resolved config: what readers take from it is of the right kind, whichever version it is from.
_CONFIG = record(
    {},
    {
        "name": text,
        "dataset": record({}, {"type": text, "resample": optional(record({"type": text}, {}))}),
        "validation": _TYPED,
        "model": record({}, {"type": text, "activation": either(list_of(_TYPED), _TYPED)}),
        "head": record({}, {"type": text, "metrics": list_of(text), "heads": _SEVERAL_HEADS}),
        "optimizer": _TYPED,
        "training": record({}, {"epochs": count}),
    },
)

#: What both ends of a run record: who it was, on what, by which code.
_ABOUT: dict[str, Check] = {
    "format": count,
    "name": text,
    "status": text,
    "data_digest": optional(text),
    "earlier_data_digests": list_of(text),
    "training_version": count,
    "code_digest": optional(text),
    "versions": mapping_of(text),
    "submitted": optional(text),
    "started": text,
    "ended": text,
    "seconds": optional(number),
}
_REQUIRED: dict[str, Check] = {"seed": count, "identity": text, "config": _CONFIG}

#: summary.json.
SUMMARY = record(
    {**_REQUIRED, "metrics": _metrics},
    {
        **_ABOUT,
        "epochs": count,
        "stopped_epoch": optional(count),
        "restored_epoch": optional(count),
        "resumed_after": list_of(count),
        "parameters": count,
        "layers": list_of(
            record({"name": text, "type": text, "output_shape": list_of(optional(count)), "parameters": count}, {})
        ),
        "class_names": either(mapping_of(list_of(text)), list_of(text)),
        "mistakes": list_of(_mistake),
        "examples": mapping_of(count),
        "split_digests": mapping_of(mapping_of(text)),
        "guessing": mapping_of(optional(number)),
        "picked_on_test": boolean,
        "manifest": text,
        "best_possible": optional(mapping_of(optional(number))),
    },
)

#: failure.json.
FAILURE = record(_REQUIRED, {**_ABOUT, "kind": text, "what": text, "where": optional(text), "epoch": optional(count)})

#: environment.json: the rest is only shown and compared.
ENVIRONMENT = record({}, _ABOUT)

#: evaluation.json.
EVALUATION = record({"mistakes": list_of(_mistake)}, {"examples_problem": text})

#: interruption.json.
INTERRUPTION = record({"what": text}, {})

#: manifest.json.
MANIFEST = record({"format": count, "sha256": mapping_of(text)}, {"summary": text})
