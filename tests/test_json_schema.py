"""The JSON Schemas of configs and studies, checked by an independent validator."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dlexp import registry
from dlexp.config.json_schema import json_schema, study_schema
from dlexp.config.problems import Source
from dlexp.config.yaml_source import parse_value, read

CONFIGS = Path(__file__).parents[1] / "configs"
SHIPPED = sorted(CONFIGS.glob("*.yaml"))
STUDIES = sorted((CONFIGS / "studies").glob("*.yaml"))
VALIDATOR = Draft202012Validator(json_schema())
STUDY_VALIDATOR = Draft202012Validator(study_schema())


def config(text: str) -> Any:
    """A config as plain values, by the rules of our own reader."""
    return parse_value(text, Source("test")).plain()


def test_schema_is_valid_itself() -> None:
    """The draft that it names accepts it, and it names no other."""
    Draft202012Validator.check_schema(VALIDATOR.schema)

    assert VALIDATOR.schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


def test_shipped_schema_is_current() -> None:
    """`configs/schema.json` is what `dlexp schema` prints now."""
    shipped = (CONFIGS / "schema.json").read_text(encoding="utf-8")

    assert shipped == json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n", (
        "run: dlexp schema > configs/schema.json"
    )


def test_shipped_schema_of_studies_is_current() -> None:
    """`configs/studies/schema.json` is what `dlexp schema --study` prints now, and valid itself."""
    shipped = (CONFIGS / "studies" / "schema.json").read_text(encoding="utf-8")
    Draft202012Validator.check_schema(STUDY_VALIDATOR.schema)

    assert shipped == json.dumps(study_schema(), indent=2, ensure_ascii=False) + "\n", (
        "run: dlexp schema --study > configs/studies/schema.json"
    )


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_shipped_study_validates_and_names_the_schema(path: Path) -> None:
    """As it stands; its first line is what editors look for."""
    assert not list(STUDY_VALIDATOR.iter_errors(read(path).plain()))
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=schema.json\n")


@pytest.mark.parametrize(
    "text",
    [
        "{base: a.yaml, variants: {a: {}, b: {optimizer: adam, model.hidden: [4], file: b.yaml, loss: mse}}}",
        "{base: a.yaml, grid: {model.hidden: [[4], [5]]}, seeds: 3}",
        "{base: a.yaml, variants: {a: {}}, seeds: {first: 5, count: 12}}",
        "{base: a.yaml, variants: {a: {}}, until_sure: 12}",
        "{base: a.yaml, variants: {a: {}}, until_sure: {max_seeds: 12, first_seed: 5}}",
        "{claims: [{says: a, epochs_to: {val_loss: 0.3}, order: [a, b], expect: fails}], goal: loss}",
        "{must_not_worsen: {seconds: 10%, loss: 0.1, accuracy: 2 points}}",
        "{claims: [{says: a, metric: accuracy, difference: a - b, at_least: -0.5 points, at_most: null}]}",
        "{claims: [{says: a, metric: accuracy, order: [a, b], between: [0, 2 points]}]}",
        "{base: a.yaml, variants: {a: {head.metrics: [mae], heads.digit.loss: mse}}}",
    ],
)
def test_schema_of_studies_takes_what_the_reader_takes(text: str) -> None:
    """Variants as configs, with dotted keys."""
    assert not list(STUDY_VALIDATOR.iter_errors(config(text)))


@pytest.mark.parametrize(
    "text",
    [
        "{variants: {a: {optimizer: adma}}}",
        "{variants: {a: {optimzer: adam}}}",
        "{variants: {a: null}}",
        "{variants: {a: {optimiser.type: adam}}}",
        "{claims: [{says: a, metric: loss, variant: a}]}",
        "{claims: [{says: a, metric: loss, at_least: 1}]}",
        "{claims: [{says: a, variant: a, at_least: 1}]}",
        "{claims: [{says: a, metric: loss, variant: a, at_least: 1, at_most: 2}]}",
        "{claims: [{says: a, metric: loss, variant: a, order: [a, b], at_least: 1}]}",
        "{claims: [{says: a, metric: loss, epochs_to: {loss: 1}, variant: a, at_least: 1}]}",
        "{claims: [{says: a, metric: loss, order: [a, b], at_least: 1, at_most: 2}]}",
        "{claims: [{says: a, metric: loss, variant: a, at_least: 2 pints}]}",
        "{claims: [{metric: loss}]}",
        "{claims: [{says: a, metrc: loss}]}",
        "{seeds: 0}",
        "{seeds: {first: 5}}",
        "{until_sure: 25}",
        "{until_sure: {max_seeds: 2}}",
        "{grid: {a: 1}}",
        "{must_not_worsen: {seconds: much}}",
    ],
)
def test_schema_of_studies_refuses_what_the_reader_refuses(text: str) -> None:
    """Wrong words, types and ranges, as far as one key tells them."""
    assert list(STUDY_VALIDATOR.iter_errors(config(text)))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_config_validates_and_names_the_schema(path: Path) -> None:
    """As it stands, what it extends not included; its first line is what editors look for."""
    assert not list(VALIDATOR.iter_errors(read(path).plain()))
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=schema.json\n")


@pytest.mark.parametrize(
    "text",
    [
        "extends: other.yaml",
        "{dataset: imdb, optimizer: adam, validation: 10000}",
        "{dataset: imdb, validation: 0.2}",
        "{dataset: imdb, validation: test}",
        "{dataset: imdb, loss: mse, metrics: [accuracy, mae]}",
        "{dataset: {maxlen: 100}}",  # The type comes from what is extended.
        "{model: {hidden: [], kernel_regularizer: null}}",
        "{model: {activation: {type: leaky_relu, negative_slope: 1}, kernel_regularizer: l2}}",
        "{name: (a) b-c, head: {units: null}}",
    ],
)
def test_file_language_validates(text: str) -> None:
    """Short forms, parts of components, and nothing that a file has to say itself."""
    assert not list(VALIDATOR.iter_errors(config(text)))


@pytest.mark.parametrize(
    "text",
    [
        "{optimiser: adam}",
        "{seed: 1}",
        "{optimizer: adma}",
        "{optimizer: {type: adam, learning_rte: 1}}",
        "{optimizer: {type: adam, momentum: 0.9}}",
        "{optimizer: {learning_rate: '0.1'}}",
        "{optimizer: {learning_rate: 0}}",
        "{training: {epochs: 1.5}}",
        "{training: {epochs: 0}}",
        "{model: {hidden: 64}}",
        "{model: {hidden: [0]}}",
        "{model: {activation: {type: leaky_relu, slope: 1}}}",
        "{validation: true}",
        "{loss: cross_entropy}",
        "{metrics: accuracy}",
        "{extends: [a.yaml, b.yaml]}",
        "{name: ../up}",
        "[dataset, imdb]",
    ],
)
def test_typical_mistakes_do_not_validate(text: str) -> None:
    """Unknown keys and words, keys of another type, wrong types, values out of range."""
    assert list(VALIDATOR.iter_errors(config(text)))


@pytest.mark.parametrize("key", ["schedule", "early_stopping"])
def test_null_validates_where_it_switches_off(key: str) -> None:
    """As `load` takes it: a component, a plain value; not where nothing can be off."""
    text = {"training": {key: None}, "validation": None, "model": {"dropout": None, "kernel_regularizer": None}}

    assert VALIDATOR.is_valid(text)
    assert not VALIDATOR.is_valid({"training": {"epochs": None}})


def test_every_component_and_key_is_described() -> None:
    """An editor shows what a component is, in the words of `dlexp list`."""
    definitions = VALIDATOR.schema["$defs"]
    described = {each["description"] for each in definitions.values()}

    for kind in registry.KINDS:
        for component in registry.components(kind).values():
            assert any(text.startswith(" ".join(component.summary().split())) for text in described)
    assert all("description" in each for each in VALIDATOR.schema["properties"].values())
