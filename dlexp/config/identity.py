"""What makes two experiments the same: their settings, their data and the training code's version.

Records last: a later version finds what an earlier one recorded. So the identity leaves out what only observes the
training, and each key added after 0.1.0 while it has the value under which earlier versions trained
(`dlexp.components.identity_rules`). Identities that 0.1.0 took otherwise are known as `Ingredients.earlier`.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dlexp.components.identity_rules import LEFT_OUT, DataPath, IdentityRule, from_here
from dlexp.config.flat import flatten

if TYPE_CHECKING:
    from pydantic import BaseModel

    from dlexp.config.experiment import Experiment
    from dlexp.config.places import Place

#: Raised whenever the training code gives other numbers for the same experiment, data and seed.
TRAINING_VERSION = 4

Settings = dict[str, Any]

#: Stands for the number of epochs while the settings around it are written.
_ANY_NUMBER = "\0epochs"

#: How the path of a data file may have been written in a config of 0.1.0.
_SPELLINGS = (from_here, lambda path: f"./{from_here(path)}", lambda path: str(Path.cwd() / from_here(path)))


@dataclass(frozen=True)
class Ingredients:
    """All that an identity is made of."""

    experiment: Settings
    """The resolved config without its name, as it stands."""
    data_digest: str
    training_version: int = TRAINING_VERSION
    code_digest: str | None = None
    """Of the user's code that makes the model; None if no such code does."""

    @classmethod
    def of(cls, experiment: "Experiment", data_digest: str) -> "Ingredients":
        """Those of an experiment on data with this digest, trained now.

        Raises:
            DataError: The model is made by code that cannot be found.
        """
        settings = experiment.model_dump(mode="json", exclude={"name"})
        return cls(settings, data_digest, TRAINING_VERSION, code_digest(experiment))

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> "Ingredients":
        """Those of a run on record.

        Raises:
            KeyError: The record does not say all of them.
        """
        settings = {key: value for key, value in record["config"].items() if key != "name"}
        return cls(settings, record["data_digest"], record["training_version"], record.get("code_digest") or None)

    @property
    def identity(self) -> str:
        """Their SHA-256 (hex)."""
        return self._digest(identified(self.experiment))

    @property
    def earlier(self) -> tuple[str, ...]:
        """The identities under which 0.1.0 recorded the same experiment, where that is another one.

        It took `training.diagnostics` and the paths of data files as they stood.
        """
        kept = compared(self.experiment, paths=False)
        found = dict.fromkeys(
            self._digest({**spelled, "training": {**kept.get("training", {}), "diagnostics": is_on}})
            for is_on in (False, True)
            for spelled in _spelled(kept)
        )
        return tuple(digest for digest in found if digest != self.identity)

    @property
    def apart_from_epochs(self) -> str:
        """What experiments have in common that differ in their number of epochs alone: a SHA-256 (hex)."""
        return self._digest(_of_epochs(identified(self.experiment), None))

    def with_epochs(self, numbers: Iterable[int]) -> Iterator[str]:
        """The identities of the same experiment with other numbers of epochs, in their order."""
        # There may be thousands: all around the number is written once.
        content = self._content(_of_epochs(identified(self.experiment), _ANY_NUMBER))
        before, after = _canonical(content).split(_canonical(_ANY_NUMBER))
        begun = hashlib.sha256(before.encode())
        for number in numbers:
            digest = begun.copy()
            digest.update(f"{number}{after}".encode())
            yield digest.hexdigest()

    def _digest(self, settings: Settings) -> str:
        return canonical_digest(self._content(settings))

    def _content(self, settings: Settings) -> dict[str, Any]:
        of_data = {"data_digest": self.data_digest, "training_version": self.training_version}
        of_code = {"code": self.code_digest} if self.code_digest else {}
        return {"experiment": settings, **of_data, **of_code}


@dataclass(frozen=True)
class Identities:
    """All identities that stand for one experiment on record."""

    own: str
    """What this version records."""
    earlier: tuple[str, ...] = ()
    """What earlier versions recorded."""

    @classmethod
    def of(cls, ingredients: Ingredients, earlier_digests: Sequence[str] = ()) -> "Identities":
        """Those of an experiment; `earlier_digests` are what earlier versions took of the same data."""
        before = [replace(ingredients, data_digest=digest) for digest in earlier_digests]
        of_before = (identity for each in before for identity in (each.identity, *each.earlier))
        return cls(ingredients.identity, tuple(dict.fromkeys((*ingredients.earlier, *of_before))))

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> "Identities":
        """Those of a recorded experiment; the recorded one alone where the record does not say what it is made of."""
        recorded = record.get("identity", "")
        try:
            found = cls.of(Ingredients.of_record(record))
        except KeyError:
            return cls(recorded)
        return found if recorded in found else cls(recorded)

    @staticmethod
    def own_of_record(record: Mapping[str, Any]) -> str:
        """The first of those of a record, in a third of the time where this version would record the same."""
        recorded: str = record.get("identity", "")
        try:
            found = Ingredients.of_record(record)
        except KeyError:
            return recorded
        own = found.identity
        return own if recorded == own or recorded in found.earlier else recorded

    def __contains__(self, identity: object) -> bool:
        return identity == self.own or identity in self.earlier

    def __iter__(self) -> Iterator[str]:
        return iter((self.own, *self.earlier))


def identities_of(
    experiment: "Experiment", data_digests: Sequence[str], training_version: int | None = None
) -> Identities:
    """All identities of an experiment on data with the first of these digests; earlier versions took the others.

    Raises:
        DataError: The model is made by code that cannot be found.
    """
    ingredients = Ingredients.of(experiment, data_digests[0])
    if training_version is not None:
        ingredients = replace(ingredients, training_version=training_version)
    return Identities.of(ingredients, data_digests[1:])


def canonical_digest(content: Mapping[str, Any]) -> str:
    """The SHA-256 (hex) of a mapping as canonical JSON: whatever the order of its keys."""
    return hashlib.sha256(_canonical(content).encode()).hexdigest()


def _canonical(content: Any) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _of_epochs(settings: Settings, epochs: object) -> Settings:
    return {**settings, "training": {**settings["training"], "epochs": epochs}}


def code_digest(experiment: "Experiment") -> str | None:
    """The digest of the user's code that makes the model; None if no such code does.

    Raises:
        DataError: It cannot be found.
    """
    from dlexp.components.datasets.reading import files

    code = experiment.model.code()
    return files.digest(*code) if code else None


def identified(settings: Settings) -> Settings:
    """The settings as the identity has them."""
    return _ruled(settings, "identified")


def compared(settings: Settings, paths: bool = True) -> Settings:
    """The settings as `diff`, `compare` and `why` have them; with `paths` as seen from the working directory."""
    return _ruled(settings, "compared", paths)


def settings_of(experiment: "Experiment") -> Settings:
    """What tells an experiment from others, by dotted key: settings as they are `compared`, without its name."""
    return flatten(compared(experiment.model_dump(mode="json", exclude={"name"})))


def _ruled(settings: Settings, how: Literal["identified", "compared"], paths: bool = True) -> Settings:
    """The settings with the rules of their fields, at every depth; keys of other versions stay as they are."""
    from dlexp.config.places import ROOT

    def ruled(value: Any, place: "Place") -> Any:
        if isinstance(value, list):
            return [ruled(item, place.element) for item in value] if place.element else value
        if not isinstance(value, dict):
            return value
        named = value.get("type")  # Of a record that was edited: anything.
        chosen = place.one_of.of_type(named if isinstance(named, str) else "") if place.one_of else place.settings
        kept = {}
        for key, item in value.items():
            rule, below = _field(chosen, key) if chosen else (None, place.element)
            if rule is not None and (paths or not isinstance(rule, DataPath)):
                item = getattr(rule, how)(item)
            elif below is not None:
                item = ruled(item, below)
            if item is not LEFT_OUT:
                kept[key] = item
        return kept

    kept: Settings = ruled(settings, ROOT)
    return kept


@cache
def _field(settings: "type[BaseModel]", key: str) -> "tuple[IdentityRule | None, Place | None]":
    """The rule of a key, and what the schema says of the value below it; neither, of a key of another version."""
    from dlexp.config.places import Place

    field = settings.model_fields.get(key)
    if field is None:
        return None, None
    rule = next((each for each in field.metadata if isinstance(each, IdentityRule)), None)
    return rule, Place.of_field(settings, key)


def _spelled(settings: Settings) -> Iterator[Settings]:
    """The settings with the paths of data files as they stand, then as 0.1.0 may have been given them."""
    yield settings
    dataset = settings.get("dataset", {})
    paths = {key: path for key in ("path", "test_path") if isinstance(path := dataset.get(key), str)}
    for spelling in _SPELLINGS if paths else ():
        yield {**settings, "dataset": dataset | {key: spelling(path) for key, path in paths.items()}}
