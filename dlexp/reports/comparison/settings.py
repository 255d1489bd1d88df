"""The settings in which experiments differ, and labels that tell experiments of one name apart."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from dlexp import registry
from dlexp.config.flat import MISSING, differences, flatten, format_value, ordered
from dlexp.config.names import PREFIX_LENGTH
from dlexp.records.index import Run


def differing(settings: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The keys that some lack or have otherwise than the first, in the order of the configs."""
    changed = {path for other in settings[1:] for path, _, _ in differences(settings[0], other)}
    return tuple(ordered(changed, *settings))


def telling(settings: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The differing keys except the defaults that come with another type: beside `optimizer.type`, no `.beta_1`."""
    keys = differing(settings)
    return tuple(key for key in keys if not _comes_with_a_type(key, settings, keys))


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


def labels(runs: Sequence[Run], settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of experiments, given a run of each; where several have one name, with what sets them apart."""
    namesakes: dict[str, list[Mapping[str, Any]]] = {}
    for run, own in zip(runs, settings, strict=True):
        namesakes.setdefault(run.name, []).append(own)
    apart = {name: telling(of_name) for name, of_name in namesakes.items()}
    found = []
    for run, own in zip(runs, settings, strict=True):
        pairs = ", ".join(f"{key}={format_value(own[key])}" for key in apart[run.name] if key in own)
        found.append(f"{run.name} ({pairs})" if pairs else run.name)
    counts = Counter(found)
    return [
        f"{label} {run.identity[:PREFIX_LENGTH]}" if counts[label] > 1 else label
        for label, run in zip(found, runs, strict=True)
    ]
