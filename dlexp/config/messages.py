"""What pydantic refuses, in the user's terms: path, expected, given, the nearest right word."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dlexp.config.advice import has_override, setting
from dlexp.config.claim import Claim
from dlexp.config.experiment import Experiment
from dlexp.config.flat import format_value
from dlexp.config.names import PATTERN, mended
from dlexp.config.node import Keys, dotted
from dlexp.config.places import ROOT, Document, Place, keys_below, keys_of
from dlexp.config.points import PERCENT, POINTS, SIZE_IN_POINTS
from dlexp.config.problems import Problem
from dlexp.config.study import Seeds, SeedsUntilSure, Study
from dlexp.config.suggestions import as_text, fits, instead, off_instead
from dlexp.errors import MAX_EXPLAINED
from dlexp.near_words import did_you_mean, nearest, synonym

#: What a value of the right kind would be, by pydantic's type of error.
EXPECTED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "string_too_short": "text of at least {min_length} characters",
    "string_too_long": "text of at most {max_length} characters",
    "string_pattern_mismatch": "text like {pattern}",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "too_short": "at least {min_length} of them",
    "too_long": "at most {max_length} of them",
    "finite_number": "a finite number",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
    "multiple_of": "a multiple of {multiple_of:g}",
}
#: What a value breaks that is of the right type.
LIMITS = {"finite_number", "greater_than", "greater_than_equal", "less_than", "less_than_equal", "multiple_of"}
#: What a text of a certain form looks like, by its pattern; and a mapping, by its class.
FORMS = {
    PATTERN: "letters, digits, spaces and _ . , + = ( ) -, and no dot, comma, sign or space in front",
    PERCENT: "a percentage such as 10%",
    POINTS: "points such as `2 points`",
    SIZE_IN_POINTS: "points such as `2 points`",
    Seeds.__name__: "a mapping such as {first: 5, count: 12}",
    SeedsUntilSure.__name__: "a mapping such as {max_seeds: 12, first_seed: 0}",
}
SHOWN_LENGTH = 60

#: All dotted paths of the schema by key, the types in use before all others.
Known = Mapping[str, Sequence[str]]


def problems_of(error: ValidationError, file: Document) -> list[Problem]:
    """All that pydantic refuses in a file, one problem a path."""
    found: dict[Keys, list[ErrorDetails]] = {}
    for details in error.errors():
        found.setdefault(keys_of(details, file.root), []).append(details)
    # Of a list that is no plain value either, the element that is wrong says enough.
    around = {keys[:n] for keys in found for n in range(len(keys))}
    known: dict[str, list[str]] = {}
    if any(details["type"] == "extra_forbidden" for details in error.errors()):
        for key, path in keys_below(file.node, file.root):
            known.setdefault(key, []).append(path)
    problems: list[Problem] = []
    for keys, errors in found.items():
        if keys not in around:
            is_explained = len(problems) < MAX_EXPLAINED
            message = _message(keys, errors, file, known) if is_explained else "wrong too, as are many before it"
            problem = Problem(dotted(keys), message, file.node.nearest_source(keys))
            problems.append(problem.mended_by(_change(keys, file)))
    return sorted(problems, key=lambda problem: (problem.source.label, problem.source.line or 0))


def _change(keys: Keys, file: Document) -> str:
    """The override that mends a wrong value, where one does.

    For a word that means nothing at all: null instead of the component. For an activation or a loss that the head's
    likelihood does not have: the one it takes by itself.
    """
    node = file.node.find(keys)
    if keys[-1] == "type" and node and _is_off(keys, node.plain(), file):
        return setting(dotted(keys[:-1]), None)
    if keys[0] != "head" or keys[-1] not in ("activation", "loss") or not has_override(dotted(keys), file.node):
        return ""
    settings = file.place_of(keys[:-1]).settings
    field = settings.model_fields.get(str(keys[-1])) if settings else None
    if field is None or not isinstance(field.default, str):
        return ""
    near = nearest(str(node.plain()), map(str, file.place_of(keys).choices)) if node else ""
    return setting(dotted(keys), near or field.default)


def _is_off(keys: Keys, value: Any, file: Document) -> bool:
    """Whether a type is a word for nothing at all, and null would be taken instead of the component."""
    return bool(off_instead(value, lambda other: other is None and fits(keys[:-1], None, file)))


def _message(keys: Keys, errors: list[ErrorDetails], file: Document, known: Known) -> str:
    key, place, around = str(keys[-1]), file.place_of(keys), file.place_of(keys[:-1])
    node = file.node.find(keys)
    value = node.plain() if node else None

    def takes(other: Any) -> bool:
        return fits(keys, other, file)

    if place.is_union and isinstance(value, list | dict):  # That it is no word goes without saying.
        errors = [each for each in errors if each["type"] != "literal_error"] or errors
    # A number that breaks a limit is no text either, which goes without saying too.
    errors = [each for each in errors if each["type"] in LIMITS] or errors
    kind = errors[0]["type"]
    if kind == "extra_forbidden":
        return _unknown_key(keys, value, file, known)
    if kind in ("missing", "union_tag_not_found"):
        choices = place.types or (around.types if key == "type" else [])
        return f"missing. Choose from: {', '.join(choices)}" if choices else "missing"
    if kind == "union_tag_invalid":
        noun = around.one_of.base.kind.removesuffix("s") if around.one_of else ""
        return _unknown_word(noun, value, around.types, is_off=_is_off(keys, value, file))
    if kind == "literal_error":
        is_item = isinstance(keys[-1], int)
        noun = str(keys[-2]).removesuffix("s") if is_item else "value" if around.element and not around.one_of else key
        # For a softmax's loss behind a sigmoid: the types that take the word.
        types = [name for name, there in _of_other_types(key, around).items() if value in there.choices]
        hint, off = f" It belongs to type {', '.join(types)}." if types else "", off_instead(value, takes)
        # Where nothing at all was meant, the message ends with null; a choice `none` is what null means there.
        has_null = not off and "none" not in place.choices and takes(None)
        listed = [format_value(choice) for choice in (*place.choices, *([None] if has_null else []))]
        return f"{_unknown_word(noun, value, listed, hint, is_off=bool(off))}{off}"
    shown = _shown(value)
    if kind.startswith("model") and place.one_of:
        return f"expected one of {', '.join(place.types)}, given {shown}{off_instead(value, takes)}"
    if keys == ("name",) and kind == "string_pattern_mismatch":
        return f"expected {FORMS[PATTERN]}, given {shown}{_other_name(value)}"
    advice = instead([each["type"] for each in errors], value, takes) or _quoted_items(keys, value, file)
    if not advice and value is True and kind.startswith("model") and place.settings and takes({}):
        first = list(place.settings.model_fields.items())[:2]
        advice = f"; write {format_value({name: field.default for name, field in first})}"
    if any(details["type"] not in EXPECTED for details in errors):
        # What a component's own check says.
        own = errors[0]["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
        return f"{own[:1].lower()}{own[1:]}, given {shown}{advice}"
    *others, last = dict.fromkeys(map(_expected, errors))
    expected = " or ".join([", ".join(others), last] if others else [last])
    given, override = file.node.nearest_source(keys).label, f"--set {dotted(keys)}="
    if "text" in expected and not advice.startswith("; write ") and given.startswith(override):
        # A shell takes the quotes away that are its own.
        advice = as_text(keys, given.removeprefix(override), file) or advice
    return f"expected {expected}, given {shown}{advice}"


def _expected(details: ErrorDetails) -> str:
    """What pydantic would have taken."""
    about = details.get("ctx", {})
    form = about.get("pattern") or about.get("class_name")
    return FORMS.get(form or "", "") or EXPECTED[details["type"]].format(**about)


def _quoted_items(keys: Keys, value: Any, file: Document) -> str:
    """For an item of a list of numbers, true or false, which would be taken if all were in quotes."""
    items = file.node.find(keys[:-1])
    if not isinstance(value, bool | int | float) or items is None or not isinstance(items.value, list):
        return ""
    quoted = [format_value(each) if isinstance(each, bool | int | float) else each for each in items.plain()]
    return "; put it in quotes" if fits(keys[:-1], quoted, file) else ""


def _unknown_word(noun: str, value: Any, choices: list[str], hint: str = "", is_off: bool = False) -> str:
    """Where the word is one for nothing at all, none of the choices is near it."""
    listed = ", ".join(choices)
    if not isinstance(value, str):
        return f"expected one of {listed}, given {_shown(value)}"
    near = "" if is_off else hint or did_you_mean(value, choices)
    return f"unknown {noun} {_shown(value)}.{near} Choose from: {listed}"


def _unknown_key(keys: Keys, value: Any, file: Document, known: Known) -> str:
    key = str(keys[-1])
    if len(keys) == 1 and (why := _misplaced(key, file)):
        return why
    place = file.place_of(keys[:-1])
    here = [*(place.settings.model_fields if place.settings else ()), *place.others]
    types = _of_other_types(key, place)
    advice = (
        _written_nested(key, value, known, file)
        or (types and f" It is a key of type {', '.join(types)}.")
        or ("" if key in known and not synonym(key, here) else did_you_mean(key, here) or _cut_off(key, value))
        or _elsewhere(key, known, file)
    )
    return f"unknown key {_shown(key)}.{advice} Choose from: {', '.join(here)}"


def _misplaced(key: str, file: Document) -> str:
    """For what belongs elsewhere than at the top of this kind of file: where; empty if nothing is sure."""
    if file.root.settings is not Study:
        why = {"seed": "the seed is not part of a config; pass it with --seed"}
        return why.get(key) or ("a key of a study, which has a file of its own" if key in Study.model_fields else "")
    why = {
        "seed": "a study names all its seeds, such as `seeds: 5` or `seeds: {first: 5, count: 12}`",
        "extends": "a study extends no file; name the config that its variants change as base",
        "file": "a key of a variant; name the config of all variants as base",
    }
    if key in Claim.model_fields:
        return "a key of a claim; write it below claims"
    config = (*Experiment.model_fields, *ROOT.others)
    return why.get(key) or ("a key of a config; write it in a variant, or in the base" if key in config else "")


def _elsewhere(key: str, known: Known, file: Document) -> str:
    """Where a key stands that is wrong here, or one that is near or means the same: a place where it is taken."""
    close = (synonym(key, known), *difflib.get_close_matches(key, known, n=1, cutoff=0.8))
    paths = next((known[each] for each in close if each), ())
    for path in paths:
        settings = _around(path, file).settings
        if settings and path.split(".")[-1] in settings.model_fields:
            return f" Did you mean '{path}'?"
    types = [name for path in paths[:1] for name in _of_other_types(path.split(".")[-1], _around(path, file))]
    return f" '{paths[0]}' is a key of type {', '.join(types)}." if types else ""


def _around(path: str, file: Document) -> Place:
    return file.place_of(tuple(path.split(".")[:-1]))


def _cut_off(key: str, value: Any) -> str:
    """For `{learning_rate: 1,e-3}`, where YAML reads a key without a value after the comma."""
    is_rest = value is None and re.fullmatch(r"\d*(?:[eE][+-]?\d+)?", key)
    return " The comma before it ends a value; write a decimal point." if is_rest else ""


def _other_name(name: Any) -> str:
    """The nearest name that an experiment can have, for a config to say, whatever its file is called."""
    near = mended(name)
    return f"; write name: {near}" if near else ""


def _written_nested(key: str, value: Any, known: Known, file: Document) -> str:
    """For `optimizer.learning_rate: 1` in a file: dots are for `--set`."""
    *around, last = key.split(".")
    if not around or key not in known.get(last, ()):
        return ""
    nested: dict[str, Any] = {last: value}
    for outer in reversed(around):
        nested = {outer: nested}
    # In braces as YAML quotes it there, without the outermost ones.
    written = format_value(nested)[1:-1]
    if len(written) > SHOWN_LENGTH or not fits(tuple(key.split(".")), value, file):
        written = f"{': {'.join((*around, last))}: ...{len(around) * '}'}"
    return f" In a file, write {written}."


def _of_other_types(key: str, place: Place) -> dict[str, Place]:
    """The types of a component that have a key, with what each of them takes there."""
    others = place.one_of.choices.items() if place.one_of else ()
    return {name: Place.of_field(other, key) for name, other in others if key in other.model_fields}


def _shown(value: Any) -> str:
    """A given value in one short line; strings in quotes."""
    text = repr(value) if isinstance(value, str) else format_value(value)
    return text if len(text) <= SHOWN_LENGTH else f"{text[: SHOWN_LENGTH - 3]}..."
