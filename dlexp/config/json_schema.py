"""The JSON Schemas of a config file and of a study file, for editors: draft 2020-12."""

import ast
import inspect
import itertools
import textwrap
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter

from dlexp import registry
from dlexp.config.claim import BOUNDS, MEASURES, SUBJECTS
from dlexp.config.experiment import Experiment
from dlexp.config.lint import ALLOWED
from dlexp.config.places import HEAD_SHORT_FORMS
from dlexp.config.study import Study
from dlexp.config.variants import FILE

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
#: Pydantic's own additions.
_OWN = ("title", "discriminator")


def json_schema() -> Schema:
    """The schema of what a config may say: with `extends`, short forms, and no key that another file cannot give.

    What has to fit together across keys is left to `dlexp check`.
    """
    # What is required a file may always leave to the one that it extends.
    config, definitions = _parts(Experiment, (*_OWN, "required"))
    extends = {
        "type": "string",
        "minLength": 1,
        "description": "A config file, seen from this one, that this one changes.",
    }
    meant = (
        "Rules of `dlexp check` and `dlexp data` that are broken on purpose, here and in files that extend this one."
    )
    allow = {"type": "array", "items": {"enum": list(ALLOWED)}, "description": meant}
    short_forms = {key: _short_form(key, definitions) for key in HEAD_SHORT_FORMS}
    properties = {"extends": extends, "allow": allow, **config.pop("properties"), **short_forms}
    return _document("dlexp config", {**config, "properties": properties}, definitions)


def study_schema() -> Schema:
    """The schema of a study, whose variants say what configs may say, dotted keys too."""
    study, definitions = _parts(Study, _OWN)
    config = json_schema()
    file = {"type": "string", "minLength": 1, "description": "A config file, seen from the study, instead of the base."}
    sections = [key for key in config["properties"] if key not in ("extends", "allow", "name")]
    changes = {
        "type": "object",
        "properties": {FILE: file, **{key: item for key, item in config["properties"].items() if key != "extends"}},
        "patternProperties": {
            rf"^({'|'.join(sections)})\..": {"description": "A key at any depth, as `--set` takes it."}
        },
        "additionalProperties": False,
    }
    study["properties"]["variants"]["additionalProperties"] = changes
    bounds = [*map(_given, BOUNDS), {**_given("order"), "not": {"anyOf": list(map(_given, BOUNDS))}}]
    one_each = [list(map(_given, MEASURES)), list(map(_given, SUBJECTS)), bounds]
    definitions["Claim"]["allOf"] = [{"oneOf": choices} for choices in one_each]
    return _document("dlexp study", study, {**definitions, **config["$defs"]})


def _given(key: str) -> Schema:
    """That a key is there, and is not null."""
    return {"required": [key], "properties": {key: {"not": {"type": "null"}}}}


def _parts(settings: type[BaseModel], left_out: Sequence[str]) -> tuple[Schema, dict[str, Schema]]:
    """The schema of a class with its descriptions, and those of the classes that it refers to."""
    generated = TypeAdapter(settings).json_schema()
    classes = {each.__name__: each for each in _below(BaseModel)}
    described = {name: _described(each, classes[name]) for name, each in generated.pop("$defs", {}).items()}
    definitions = {name: _for_files(each, left_out) for name, each in described.items()}
    return _for_files(_described(generated, settings), left_out), definitions


def _document(title: str, schema: Schema, definitions: dict[str, Schema]) -> Schema:
    return {"$schema": DRAFT, "title": title, **schema, "$defs": dict(sorted(definitions.items()))}


def _below(settings: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in settings.__subclasses__():
        yield each
        yield from _below(each)


def _described(schema: Schema, settings: type[BaseModel]) -> Schema:
    """A class's schema with what its source says below each field."""
    # Here and not by pydantic: that would read the source of every class in every command.
    texts: dict[str, str] = {}
    for owner in reversed(settings.__mro__):
        if issubclass(owner, BaseModel) and owner is not BaseModel:
            texts = {name: text for name, text in texts.items() if name not in owner.__annotations__}
            texts |= _field_docstrings(owner)
    properties = {
        name: dict(sorted({**field, "description": texts[name]}.items())) if name in texts else field
        for name, field in schema["properties"].items()
    }
    return {**schema, "properties": properties}


@cache  # The classes below one ask for its own again.
def _field_docstrings(settings: type[BaseModel]) -> dict[str, str]:
    """The strings that stand below the annotated names of a class's own body."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(settings))).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    return {
        field.target.id: below.value.value
        for field, below in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
    }


def _for_files(schema: Any, left_out: Sequence[str], of_properties: bool = False) -> Any:
    """One part of pydantic's schema, turned into that of a file.

    `oneOf` becomes `anyOf`: where the `type` is left to the extended file, several components may fit.
    """
    if isinstance(schema, list):
        return [_for_files(item, left_out) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if of_properties:
        return {name: _for_files(item, left_out) for name, item in schema.items()}
    found: Schema = {}
    for key, value in schema.items():
        if key == "default":
            found[key] = value
        elif key == "description":
            found[key] = " ".join(value.split())
        elif key not in left_out:
            found["anyOf" if key == "oneOf" else key] = _for_files(value, left_out, of_properties=key == "properties")
    return found


def _short_form(key: str, definitions: dict[str, Schema]) -> Schema:
    """`loss` and `metrics` at the top: what the head of one type or another takes."""
    heads = [definitions[head.__name__]["properties"] for head in registry.components("heads").values()]
    values: list[Schema] = []
    for field in (head[key] for head in heads if key in head):
        taken = {name: item for name, item in field.items() if name not in ("default", "description")}
        if taken not in values:
            values.append(taken)
    return {"anyOf": values, "description": f"Short for head.{key}."}
