"""What holds for every config: round trips, `--set`, and what makes two configs one experiment."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from experiments import unflatten
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, BeforeValidator, PlainValidator

from dlexp import registry
from dlexp.components.component import Component, OneOf
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.datasets.user.keys import TargetKeys
from dlexp.components.heads.head import default_head
from dlexp.config.dump import dump
from dlexp.config.experiment import Experiment, Training
from dlexp.config.flat import flatten
from dlexp.config.identity import Ingredients
from dlexp.config.load import load
from dlexp.config.problems import ConfigError

#: Large enough for anything, small enough to be an int32 everywhere.
LARGEST = 10**6
#: For models of type layers.
LAYERS = (
    *("BatchNormalization", {"Dropout": {"rate": 0.5}}, {"Dense": {"units": 8, "activation": "relu"}}),
    *({"Embedding": {"output_dim": 4}}, "GlobalAveragePooling1D"),
)


def values(annotation: Any, metadata: tuple[Any, ...] = ()) -> st.SearchStrategy[Any]:
    """Plain values of a field: what a file may say there."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if any(isinstance(item, PlainValidator) for item in metadata):  # A validation's size.
        return st.integers(1, 20) | st.floats(0.1, 0.5)
    if any(isinstance(item, BeforeValidator) for item in metadata):  # A layer of Keras's.
        return st.sampled_from(LAYERS)
    if origin is Annotated:
        fields = tuple(inner for item in arguments[1:] for inner in getattr(item, "metadata", [item]))
        return values(arguments[0], (*metadata, *fields))
    if one_of := next((item for item in metadata if isinstance(item, OneOf)), None):
        return st.sampled_from(list(one_of.choices.values())).flatmap(component)
    if origin in (Union, UnionType):
        return st.one_of([values(member) for member in arguments])
    if origin is Literal:
        return st.sampled_from(arguments)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return mapping(annotation)
    if annotation is NoneType:
        return st.none()
    if annotation is bool:
        return st.booleans()
    limits = {type(item): next(iter(vars_of(item))) for item in metadata if isinstance(item, Ge | Gt | Le | Lt)}
    lengths = {type(item): next(iter(vars_of(item))) for item in metadata if isinstance(item, MinLen | MaxLen)}
    if origin is dict:  # Heads by target: the ones that the data set has are filled in.
        return st.just({})
    if origin is list:
        return st.lists(values(arguments[0]), min_size=lengths.get(MinLen, 0), max_size=lengths.get(MaxLen, 3))
    if annotation is int:
        low, high = limits.get(Ge, limits.get(Gt, 0) + (Gt in limits)), limits.get(Le, limits.get(Lt, LARGEST) - 1)
        return st.integers(low, min(high, LARGEST))
    if annotation is float:
        low, high = limits.get(Ge, limits.get(Gt)), limits.get(Le, limits.get(Lt))
        return st.floats(
            low, high, exclude_min=Gt in limits, exclude_max=Lt in limits, allow_nan=False, allow_infinity=False
        )
    if annotation is str:
        return st.text(st.characters(categories=["L", "N", "Zs"]), min_size=1, max_size=10)
    raise NotImplementedError(f"no strategy for {annotation}: add one")


def vars_of(constraint: Any) -> tuple[Any, ...]:
    """The one number of a constraint such as `Ge(1)`."""
    return tuple(getattr(constraint, name) for name in constraint.__dataclass_fields__)


def mapping(chosen: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with any of its keys."""
    optional = {
        name: values(field.annotation, tuple(field.metadata))
        for name, field in chosen.model_fields.items()
        if name != "type" and not field.is_required()
    }
    required = {
        name: values(field.annotation, tuple(field.metadata))
        for name, field in chosen.model_fields.items()
        if field.is_required()
    }
    return st.fixed_dictionaries(required, optional=optional)


def component(chosen: type[Component]) -> st.SearchStrategy[dict[str, Any]]:
    """A component's mapping with its type."""
    return mapping(chosen).map({"type": chosen.model_fields["type"].default}.__or__)


def kind(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Any component of a kind, but the ones of the user's own code."""
    known = [chosen for type_name, chosen in registry.components(name).items() if type_name != "python"]
    return st.sampled_from(known).flatmap(component)


@st.composite
def configs(draw: st.DrawFn) -> dict[str, Any]:
    """Any config that passes every check: the head is the one that the data set's task needs."""
    known = [chosen for chosen in registry.components("datasets").values() if not issubclass(chosen, TargetKeys)]
    config: dict[str, Any] = {"dataset": draw(st.sampled_from(known).flatmap(component))}
    for name, section in (
        ("validation", kind("validations")),
        ("model", kind("models")),
        ("optimizer", kind("optimizers")),
        ("training", mapping(Training)),
        ("name", st.text("ab_ ,+", min_size=1, max_size=9).map("n".__add__)),
    ):
        if draw(st.booleans()):
            config[name] = draw(section)
    if draw(st.booleans()):
        with TemporaryDirectory() as folder:
            dataset: Dataset = loaded({"dataset": config["dataset"]}, Path(folder)).dataset
        head = draw(component(registry.components("heads")[default_head(dataset.info().task)]))
        config["head"] = {key: value for key, value in head.items() if key != "units"}
    return config


def loaded(config: dict[str, Any], folder: Path, overrides: tuple[str, ...] = ()) -> Experiment:
    """The experiment of a config written as a file; what cannot work together is not tried further."""
    path = folder / "config.yaml"
    path.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML.
    try:
        return load(path, overrides).experiment
    except ConfigError:
        assume(False)
        raise


@given(configs())
@settings(max_examples=100)
def test_resolved_config_loads_as_itself(config: dict[str, Any]) -> None:
    """A run's config.yaml is the experiment that was run."""
    with TemporaryDirectory() as folder:
        experiment = loaded(config, Path(folder))
        path = Path(folder) / "again.yaml"
        path.write_text(dump(experiment), encoding="utf-8")

        assert load(path).experiment == experiment


@given(configs())
@settings(max_examples=100)
def test_flat_config_unflattens_to_itself(config: dict[str, Any]) -> None:
    """No two values share a dotted key."""
    with TemporaryDirectory() as folder:
        resolved = loaded(config, Path(folder)).model_dump()

    assert unflatten(flatten(resolved)) == resolved


@given(configs(), st.data())
@settings(max_examples=100)
def test_key_in_the_file_is_the_same_key_by_set(config: dict[str, Any], data: st.DataObject) -> None:
    """Every resolved value may as well be said by `--set`, on top of the rest of the file."""
    with TemporaryDirectory() as folder:
        experiment = loaded(config, Path(folder))
        flat = flatten(experiment.model_dump())
        # Without a layer's only key the list has a layer less.
        keys = [key for key in flat if not key.endswith("type") and not key.startswith("model.layers.")]
        key = data.draw(st.sampled_from(keys))
        in_file = unflatten(flat)

        without = unflatten({other: value for other, value in flat.items() if other != key})
        assert loaded(in_file, Path(folder)) == experiment
        path = Path(folder) / "without.yaml"
        path.write_text(json.dumps(without), encoding="utf-8")
        assert load(path, [f"{key}={json.dumps(flat[key])}"]).experiment == experiment


@given(configs(), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_key_order_and_name_are_no_part_of_the_identity(config: dict[str, Any], random: Any) -> None:
    """Two files that say the same in another order hold one experiment."""
    with TemporaryDirectory() as folder:
        experiment = loaded(config, Path(folder))
        other = loaded({**shuffled(config, random), "name": "other"}, Path(folder))

    assert Ingredients.of(experiment, "digest").identity == Ingredients.of(other, "digest").identity


def shuffled(value: Any, random: Any) -> Any:
    """The same mapping with its keys in another order, at every depth."""
    if not isinstance(value, dict):
        return value
    keys = list(value)
    random.shuffle(keys)
    return {key: shuffled(value[key], random) for key in keys}
