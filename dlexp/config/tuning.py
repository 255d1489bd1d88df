"""The points of a study's tuning: each variant with each combination of values, of which it gets its own best."""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dlexp.config.budget import Imposed
from dlexp.config.limits import MAX_RUNS
from dlexp.config.load import Loaded
from dlexp.config.node import Node, dotted
from dlexp.config.problems import Problem
from dlexp.config.study import Study
from dlexp.config.variants import Value, Variant, axes, load_variants, same_experiments


@dataclass(frozen=True)
class TuningPoint:
    """A variant with one combination of the values that are tuned."""

    values: Mapping[str, Any]
    """By dotted key."""
    config: Loaded


def points_of(
    file: Node, study: Study, variants: Sequence[Variant], path: Path, imposed: Imposed | None
) -> tuple[dict[str, list[TuningPoint]], dict[str, list[Problem]]]:
    """By variant its points, the last key running fastest; and by variant what is wrong with them.

    Args:
        file: The study as it is written.
        study: What the schema takes of it.
        variants: Those that are sound as they are written.
        path: That of the study.
        imposed: What it imposes on the variants.
    """
    tune = file.child("tune") if study.tune else None
    if not tune or any(study.mistuned()):  # What follows from a key that is wrong is not said as well.
        return {}, {}
    lists, problems = axes(tune, "tune", are_named=False)
    problems += _in_grid(lists, study)
    n = math.prod(map(len, lists)) * len(variants) * study.tune_seeds
    if n > MAX_RUNS:
        problems.append(Problem("tune", f"{MAX_RUNS:,} runs at most in one command, asked for {n:,}", tune.source))
    if problems:
        return {}, {each.name: problems for each in variants}
    points = list(itertools.product(*lists))
    found: dict[str, list[TuningPoint]] = {}
    refused: dict[str, list[Problem]] = {}
    at_point: list[list[Loaded | None]] = []
    for each in variants:
        at_each = [replace(each, tuned=point) for point in points]
        loaded, wrong = load_variants(at_each, path, imposed)
        named = [replace(each, name=_text(point), source=point[0][1].source) for point in points]
        refused[each.name] = [*wrong.get(each.name, ()), *same_experiments(named, loaded)]
        pairs = zip(points, loaded, strict=True)
        found[each.name] = [TuningPoint(_values(point), own) for point, own in pairs if own]
        at_point.append(loaded)
    for own in zip(*at_point, strict=True):
        for problem in same_experiments(variants, own):
            why = f"{problem.message} once both are tuned: they differ in what tune sets"
            for of_variant in refused.values():
                of_variant.append(replace(problem, message=why))
    return found, refused


def _in_grid(lists: Iterable[Sequence[Value]], study: Study) -> Iterator[Problem]:
    """Keys that the grid of the study has too."""
    for values in lists:
        keys, first = values[0]
        if dotted(keys) in study.grid:
            yield Problem(dotted(keys), "the grid of the study has its values; leave out one of them", first.source)


def _values(point: Sequence[Value]) -> dict[str, Any]:
    return {dotted(keys): value.plain() for keys, value in point}


def _text(point: Sequence[Value]) -> str:
    return ", ".join(f"{key}={value}" for key, value in _values(point).items())
