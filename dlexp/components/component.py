"""The base of all components, and the field that holds one chosen by its `type`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from dlexp import registry
from dlexp.components.data import Info
from dlexp.errors import UserError

#: How a message ends that says what to set instead, and what follows if one override is not enough.
_CHANGE, _SECOND_CHANGE = re.compile(r"; set ([\w.]+=.+)$"), re.compile(r" and [\w.]+=")


class Misfit(NamedTuple):
    """A setting that cannot work."""

    field: str
    """The key of the setting, or its dotted path, as seen from where it is reported."""
    message: str

    def below(self, path: str) -> "Misfit":
        """The same as seen from further out."""
        return Misfit(f"{path}.{self.field}".rstrip("."), self.message)

    @property
    def change(self) -> str:
        """The one override, KEY=VALUE, that the message ends with; empty where it names none, or several."""
        found = _CHANGE.search(self.message)
        return found[1] if found and not _SECOND_CHANGE.search(found[1]) else ""


class Futile(NamedTuple):
    """A setting that works and does not do what it is for."""

    field: str
    """Its key, as seen from its component; empty if it is the component itself."""
    message: str
    value: object
    """A value that does it."""


class Unfit(UserError):
    """Settings that cannot work, by their dotted paths; whoever knows the config's lines can name these."""

    def __init__(self, *misfits: Misfit) -> None:
        super().__init__(*(f"{path}: {message}" for path, message in misfits))
        self.misfits = misfits

    def __reduce__(self) -> tuple[type["Unfit"], tuple[Misfit, ...]]:
        return type(self), self.misfits


@dataclass(frozen=True, kw_only=True)
class Context:
    """What stands around a component in its experiment, as far as other components have to fit it."""

    info: Info
    """What the data looks like; of the head of one of several targets, that target."""
    dataset: str = ""
    """Type of the data set."""
    has_known_distribution: bool = False
    """Whether the data set can draw any number of further examples."""
    has_columns: bool = False
    """Whether the examples are rows of a table, whose columns have names."""
    marks_validation: bool = False
    """Whether a column or folder says which examples validate."""
    n_trained: int | None = None
    """Training examples that validation and `dataset.train_fraction` leave; None if only the data says."""
    epochs: int = 1
    """Length of the training."""


#: Nothing around it is known: so a data set is asked, since what it is comes before all else.
ALONE = Context(info=Info(task="several", n_train=None, n_test=None, inputs="numeric", shape=()))


class Settings(BaseModel):
    """A mapping of a config: unknown keys, numbers in quotes, booleans as numbers and NaN are refused."""

    # Validators are built when one is first asked for: of a hundred classes a command needs those below one.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, defer_build=True)


@dataclass(frozen=True)
class Off:
    """Marks a plain value that null switches off: `Annotated[float, Field(ge=0), Off(0.0)]`.

    Loading writes the value for null, so that neither identities nor records know which of them was written.
    """

    value: bool | int | float | str

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [handler(schema), {"type": "null"}]}


@dataclass(frozen=True)
class MakesLoss:
    """Marks a key of a head that its loss depends on beside `type` and `loss`: where it differs, losses do not compare.

    Of several heads' keys, those with `in_sum` tell in the sum of their losses alone.
    """

    in_sum: bool = False


class Component(BaseModel):
    """A mapping of a config whose `type` chooses its class.

    A subclass of a kind's base class that has a `type: Literal["name"] = "name"` is registered under that name.
    """

    # As of Settings, written out: mypy reads it in the class alone.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, defer_build=True)
    kind: ClassVar[str]
    #: The type that does nothing, for which null stands; empty in a kind that has none.
    off: ClassVar[str] = ""
    type: str

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if isinstance(type_name := cls.model_fields["type"].default, str):
            registry.add(cls.kind, type_name, cls)

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Settings that cannot work together, or not with what stands around the component."""
        yield from ()

    @classmethod
    def summary(cls) -> str:
        """The first line of the class's docstring: what `dlexp list` prints."""
        return (cls.__doc__ or "").strip().splitlines()[0]

    @classmethod
    def expand(cls, value: object) -> object:
        """Turn the short form of this kind into a mapping: `adam` is `{type: adam}`; null is what does nothing."""
        if value is None and cls.off:
            return {"type": cls.off}
        return {"type": value} if isinstance(value, str) else value

    @classmethod
    def short_json_schema(cls, types: list[str]) -> list[JsonSchemaValue]:
        """The JSON Schema of the short forms that `expand` takes."""
        return [{"enum": [*types, None] if cls.off else types}]


@dataclass(frozen=True)
class Word:
    """Annotates a text that is one of some words, as a Literal of them: `Annotated[str, Word(words)]`."""

    choices: tuple[str, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.literal_schema(list(self.choices))


class OneOf:
    """Annotates a field that holds one component of a kind: `Annotated[Optimizer, OneOf(Optimizer)]`."""

    def __init__(self, base: type[Component], *others: type[Component]) -> None:
        self.base, self._bases = base, (base, *others)

    @property
    def choices(self) -> dict[str, type[Component]]:
        """The components to choose from, by type."""
        components = registry.components(self.base.kind)
        return {name: component for name, component in components.items() if issubclass(component, self._bases)}

    def of_type(self, name: str) -> type[Component] | None:
        """The component of a type; None if there is none to choose."""
        component = registry.components(self.base.kind).get(name)
        return component if component and issubclass(component, self._bases) else None

    def parsed(self, value: Any) -> Any:
        """The component that a mapping describes; None if it describes none."""
        chosen = self.of_type(str(value.get("type"))) if isinstance(value, dict) else None
        try:
            return chosen.model_validate(value) if chosen else None
        except ValidationError:
            return None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        # A function, not the component's schema: only the one that is chosen has its validator built.
        choices: dict[Any, CoreSchema] = {
            name: core_schema.no_info_plain_validator_function(component.model_validate)
            for name, component in self.choices.items()
        }
        return core_schema.tagged_union_schema(choices, discriminator="type")

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        components = self.choices.values()
        for component in components:
            component.model_rebuild()
        whole = core_schema.union_schema([component.__pydantic_core_schema__ for component in components])
        return {"anyOf": [*self.base.short_json_schema(list(self.choices)), handler(whole)]}
