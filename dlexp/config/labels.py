"""The settings in which experiments differ, and what experiments are called by them."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from dlexp import registry
from dlexp.config.flat import MISSING, changed, flatten, format_value, ordered
from dlexp.config.names import PREFIX_LENGTH


def differing(settings: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The keys that some lack or have otherwise than the first, in the order of the configs."""
    return tuple(ordered({path for other in settings[1:] for path in changed(settings[0], other)}, *settings))


def telling(settings: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The differing keys except the defaults that come with another type: beside `optimizer.type`, no `.beta_1`.

    A section that some lack is one key, as `setting` has it: beside `training.early_stopping`, no `.patience`.
    """
    keys = differing(settings)
    leaves = (key for key in keys if not any(isinstance(own.get(key), list) for own in settings))
    sections = tuple(f"{key}." for key in leaves if f"{key}.type" not in keys)
    told = (key for key in keys if not key.startswith(sections))
    return tuple(key for key in told if not _comes_with_a_type(key, settings, keys))


def setting(settings: Mapping[str, Any], key: str) -> Any:
    """The value under a dotted key: of a component its type, of a section what is given in it that is no default."""
    for place in (key, f"{key}.type"):
        if place in settings:
            return settings[place]
    own = {place: value for place, value in settings.items() if place.startswith(f"{key}.")}
    defaults = _section_defaults(key)
    given = {place.removeprefix(f"{key}."): own[place] for place in own if own[place] != defaults.get(place, MISSING)}
    return given if own else MISSING


@cache
def _section_defaults(path: str) -> dict[str, Any]:
    """The defaults of a section at this path of a config, by dotted key; nothing where it has none."""
    from dlexp.config.places import ROOT  # All that a config can hold: not for every command.

    place = ROOT
    for key in path.split("."):
        place = place.child(key, {})
    return flatten({path: place.settings().model_dump()}) if place.settings else {}


def _comes_with_a_type(key: str, settings: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> bool:
    having = [own for own in settings if key in own]
    if len(having) == len(settings):
        return False
    if f"{key}.type" in keys:
        return all(own[key] is None for own in having)  # `null` where others chose a type: the type says so.
    # `model.activation.type` may come with the type of `model`; `model.activation.alpha` with that of either.
    parts = key.split(".")
    around = (".".join(parts[:n]) for n in range(1, len(parts)))
    return any(
        all(_defaults(path, str(own.get(f"{path}.type"))).get(key, MISSING) == own[key] for own in having)
        for path in around
        if f"{path}.type" in keys and f"{path}.type" != key
    )


@cache
def _defaults(path: str, type_name: str) -> dict[str, Any]:
    """The defaults of a component at this path of a config, by dotted key; nothing where it is unknown."""
    # model.kernel_regularizer: regularizers; head.heads.digit, one of several: heads
    around, _, last = path.rpartition(".")
    kind = "heads" if around == "head.heads" else last.rpartition("_")[2] + "s"
    component = registry.components(kind).get(type_name) if kind in registry.KINDS else None
    return flatten({path: component.model_construct(type=type_name).model_dump()}) if component else {}


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """An experiment that is to be called by what sets it apart."""

    name: str
    settings: Mapping[str, Any]
    """By dotted key."""
    identity: str
    changed: Sequence[str] = ()
    """The keys in which it is not as its config file says: they tell it where no other experiment has its name."""


def labels(experiments: Sequence[Labelled]) -> list[str]:
    """What experiments are called beside each other: `grid hidden=[64, 64] learning_rate=0.01`.

    That is the name alone, unless several have it; then with the settings that set them apart, each by the shortest end
    of its dotted key that is no other key's. It is for people, and neither a path nor what a command takes.
    """
    keys, short = _telling_by_name(experiments)
    found = [label(each.name, each.settings, keys[each.name], short) for each in experiments]
    counts = Counter(found)
    return [
        f"{text} {each.identity[:PREFIX_LENGTH]}" if counts[text] > 1 else text
        for text, each in zip(found, experiments, strict=True)
    ]


def setting_columns(experiments: Sequence[Labelled]) -> dict[str, list[str]]:
    """The same settings as columns of a table: by short key the value of each experiment, a dash where it has none."""
    keys, short = _telling_by_name(experiments)
    several = ordered({key for own in keys.values() for key in own}, *(each.settings for each in experiments))
    return {short[key]: [format_value(setting(each.settings, key)) for each in experiments] for key in several}


def _telling_by_name(experiments: Sequence[Labelled]) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """By name the keys that set the experiments with that name apart, and the short form of each."""
    namesakes: dict[str, list[Labelled]] = {}
    for each in experiments:
        namesakes.setdefault(each.name, []).append(each)
    keys = {
        name: telling([each.settings for each in own]) if len(own) > 1 else tuple(own[0].changed)
        for name, own in namesakes.items()
    }
    among = {key for each in experiments for key in each.settings}
    return keys, short_keys({key for own in keys.values() for key in own}, among)


def label(name: str, settings: Mapping[str, Any], keys: Iterable[str], short: Mapping[str, str]) -> str:
    """A name with those of the keys that the settings have, each under its short form."""
    own = ((short[key], setting(settings, key)) for key in keys)
    return " ".join([name, *(f"{key}={format_value(value)}" for key, value in own if value is not MISSING)])


def short_keys(keys: Iterable[str], among: Collection[str] = ()) -> dict[str, str]:
    """For each dotted key its shortest end that none of the others has: `learning_rate` of `optimizer.learning_rate`.

    Of the key of a type it is that of what has the type: `optimizer` of `optimizer.type`. None begins with a number.

    Args:
        keys: Those to be shortened.
        among: All others that there are.
    """
    wanted = list(dict.fromkeys(keys))
    counts = Counter(end for key in {*wanted, *among} for end in ends(key))
    return {key: next((end for end in ends(key) if counts[end] == 1), key) for key in wanted}


def ends(key: str) -> list[str]:
    """The ends of a dotted key that it may be called by, the shortest first."""
    parts = key.removesuffix(".type").split(".")
    ends = (parts[i:] for i in reversed(range(len(parts))))
    return [".".join(end) for end in ends if not end[0].isdecimal()]
