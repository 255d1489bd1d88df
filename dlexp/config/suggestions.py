"""What to write instead of a wrong value: said only where it is sure what was meant, and where it would be taken.

A suggestion never changes a number: `0,001` is 0.001, and `1,000` is 1000 where whole numbers stand, but may be either
where any number may stand, so that nothing is said.
"""

import re
from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from dlexp.components.component import ALONE, OneOf
from dlexp.components.datasets.dataset import Dataset
from dlexp.config.flat import format_value
from dlexp.config.node import Keys, Node, dotted, with_value
from dlexp.config.places import Document, keys_of, with_default_types
from dlexp.config.problems import DEFAULT, ConfigError, Source
from dlexp.config.yaml_source import parse_value, reads_as_number

#: What people write for nothing at all, beside null and false.
OFF_WORDS = ("none", "null", "off", "no", "false")
#: Longer lists are not tried again with another item.
MAX_ITEMS = 100
#: Longer mappings are not written out.
MAX_ENTRIES = 60
#: How a whole number may be grouped in thousands, and a fraction written with a comma.
GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}(?:([ '.,\u00a0\u202f])\d{3})(?:\1\d{3})*")
UNDERSCORED = re.compile(r"[-+]?\d+(?:_\d+)+(?:\.\d+)?(?:[eE][-+]?\d+)?")
PERCENT = re.compile(r"([-+]?\d+(?:\.\d*)?) ?(?:%|per ?cent)")
DECIMAL_COMMA = re.compile(r"([-+]?(?:0|[1-9]\d*)?,\d+)([eE][-+]?\d+)?")

Fits = Callable[[Any], bool]


def instead(kinds: Collection[str], value: Any, fits: Fits) -> str:
    """How a message ends that refuses a value: `; write 0.001`; empty where nothing is sure.

    Args:
        kinds: What pydantic says of it, an error for each form that the place may have.
        value: What was given.
        fits: Whether the place would take another value.
    """
    if switched_off := off_instead(value, fits):
        return switched_off
    if value is None and "dict_type" in kinds and fits({}):
        return "; write {}"
    readings: list[str] = []
    if isinstance(value, str) and not {"list_type", "dict_type", "model_type"} & set(kinds):
        if reads_as_number(value):
            return "; drop the quotes" if fits(_parsed(value)) else ""
        if (percent := PERCENT.fullmatch(value.strip())) and fits(f"{percent[1]}%"):
            return f"; write {percent[1]}%"
        readings = number_readings(value)
    elif "int_type" in kinds and isinstance(value, float) and value.is_integer():
        readings = [str(int(value))]
    elif "string_type" in kinds and isinstance(value, bool | int | float):
        return "; put it in quotes" if fits(format_value(value)) else ""
    elif "dict_type" in kinds and isinstance(value, list):
        # Their order may count, so that they are not sorted.
        entries = ", ".join(format_value({name: each})[1:-1] for name, each in _mapping(value).items())
        readings = [f"{{{entries}}}"] if 0 < len(entries) <= MAX_ENTRIES else []
    elif "list_type" in kinds and isinstance(value, str | int | float):
        readings = list(map(format_value, _list_readings(value)))
    written = [reading for reading in readings if fits(_parsed(reading))]
    return f"; write {written[0]}" if len(written) == 1 else ""


def off_instead(value: Any, fits: Fits) -> str:
    """For `none`, `off` and their like: the value that switches off there."""
    if value is not None and value is not False and not (isinstance(value, str) and value.lower() in OFF_WORDS):
        return ""
    switched_off: tuple[object, ...] = (None, False, [])
    off = next((each for each in switched_off if each is not value and fits(each)), value)
    return "" if off is value else f"; write {format_value(off)}"


def number_readings(text: str) -> list[str]:
    """The numbers that a text may be, as YAML writes them: thousands in groups, or a decimal comma."""
    text = text.strip()
    readings = []
    if percent := PERCENT.fullmatch(text):
        readings.append(format_value(float(Decimal(percent[1]).scaleb(-2))))
    if UNDERSCORED.fullmatch(text):
        readings.append(text.replace("_", ""))
    # In front of a decimal sign that is not the one between the groups, the groups are sure.
    at = -1 if GROUPED.fullmatch(text) else max(text.rfind("."), text.rfind(","))
    whole, sign, fraction = (text, "", "") if at < 0 else (text[:at], text[at], text[at + 1 :])
    groups = GROUPED.fullmatch(whole)
    if groups and (not sign or (sign != groups[1] and fraction.isdecimal())):
        digits = whole.replace(groups[1], "")
        readings.append(f"{digits}.{fraction}" if sign else digits)
    decimal = DECIMAL_COMMA.fullmatch(text)
    if decimal and not (decimal[2] and GROUPED.fullmatch(decimal[1])):
        readings.append(re.sub(r"^([-+]?)\.", r"\g<1>0.", text.replace(",", ".")))
    return [reading for reading in dict.fromkeys(readings) if reads_as_number(reading)]


def fits(keys: Keys, value: Any, file: Document) -> bool:
    """Whether the schema takes another value at a path of a file, and a data set has nothing against it.

    What other parts say between fields is left out.
    """
    lists = [value, *(node.value for n in range(len(keys)) if (node := file.node.find(keys[:n])))]
    if not keys or any(isinstance(each, list) and len(each) > MAX_ITEMS for each in lists):
        return False
    expanded = file.place_of(keys).expanded(Node.of(value, DEFAULT))
    said = {str(keys[0]): section.plain()} if (section := file.node.child(keys[0])) else {}
    whole = Node.of(with_value(said, keys, expanded.plain()), DEFAULT)
    tried = with_default_types(whole, file.root).plain()
    assert file.root.settings
    try:
        file.root.settings.model_validate(tried)
    except ValidationError as error:
        for details in error.errors(include_url=False, include_context=False, include_input=False):
            wrong = keys_of(details, file.root)
            wrong = wrong[:-1] if details["type"].startswith("union_tag") else wrong
            # Around the value, or in it; other parts may be wrong too.
            if all(a == b for a, b in zip(wrong, keys, strict=False)):
                return False
    if keys[0] != "dataset":
        return True
    dataset: Dataset | None = OneOf(Dataset).parsed(tried["dataset"])
    return not dataset or all(misfit.field != dotted(keys[1:]) for misfit in dataset.problems(ALONE))


def as_text(keys: Keys, text: str, file: Document) -> str:
    """For what YAML reads as no text: how a `--set` gives it as one; empty where the place takes none like it."""
    text = text.strip()
    quoted = format_value(text)
    if quoted == text:
        quoted = "'" + text.replace("'", "''") + "'"
    is_plain_in_a_shell = not re.search(r'["$`\\!\n]', quoted)
    if not is_plain_in_a_shell or _parsed(quoted) != text or not fits(keys, text, file):
        return ""
    return f'; as a text, in quotes of its own: --set "{".".join(map(str, keys))}={quoted}"'


def _list_readings(value: str | bool | int | float) -> list[list[Any]]:
    """The lists that a single value may be: of itself alone, or of the parts of a text."""
    readings: list[list[Any]] = [[value]]
    if isinstance(value, str):
        parts = [_parsed(part) for part in re.split(r"\s*[,;]\s*|\s+", value.strip())]
        if len(parts) > 1 and None not in parts:
            readings.append(parts)
        # 1,5 may be one number.
        readings += [[_parsed(text)] for text in number_readings(value)]
    return readings


def _mapping(items: list[Any]) -> dict[str, Any]:
    """What a list of names, or of mappings with a name each, may be as a mapping by name; empty where it is neither."""
    named: dict[str, Any] = {}
    for item in items:
        named |= {item: {}} if isinstance(item, str) else item if isinstance(item, dict) else {}
    return named if len(named) == len(items) else {}


def _parsed(text: str) -> Any:
    """What YAML reads; None if it reads nothing."""
    try:
        return parse_value(text, Source("")).plain()
    except ConfigError:
        return None
