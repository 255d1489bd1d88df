"""What the training of each variant took: epochs, steps, parameters and seconds of a run, and which are equal."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dlexp.config.budget import steps_per_epoch
from dlexp.format import joined
from dlexp.records.ended import Finished
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.numbers import significant
from dlexp.reports.study.facts import StudyFacts

#: Of more variants than these, the least and the most are named.
_MAX_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Took:
    """What a run of a variant took, on average over its seeds; None if that is not on record."""

    epochs: float | None
    steps: float | None
    """Updates of the optimizer."""
    parameters: float | None
    seconds: float | None


def took(facts: StudyFacts) -> dict[str, Took]:
    """What the runs of each variant took."""
    return {each.label: _took(each) for each in facts.comparison.experiments if each.runs}


def equal(costs: Mapping[str, Took]) -> list[str]:
    """What is the same for all variants."""
    found = [asdict(each) for each in costs.values()]
    return [key for key in Took.__annotations__ if found and _is_same([each[key] for each in found])]


def sentence(facts: StudyFacts) -> str:
    """What is equal, and what is not, of whom; empty of fewer than two variants."""
    costs = took(facts)
    if len(costs) < 2:
        return ""
    same = set(equal(costs))
    own = [asdict(each) for each in costs.values()]
    known = [key for key in Took.__annotations__ if all(each[key] is not None for each in own)]
    for_all = [_with_unit(own[0][key], key) for key in known if key in same]
    parts = [f"{joined(for_all)} for all"] if for_all else []
    parts += [_each(key, {name: asdict(each)[key] for name, each in costs.items()}) for key in known if key not in same]
    return f"Budget of a run{_imposed(facts)}: {'; '.join(parts)}." if parts else ""


def document(facts: StudyFacts) -> dict[str, Any]:
    """The same for programs."""
    costs, imposed = took(facts), facts.study.study.budget
    return {
        "imposed": imposed.model_dump(exclude_none=True) if imposed else None,
        "variants": {name: asdict(each) for name, each in costs.items()},
        "equal": equal(costs),
    }


def _imposed(facts: StudyFacts) -> str:
    budget = facts.study.study.budget
    given = budget.model_dump(exclude_none=True) if budget else {}
    return "".join(f" ({_with_unit(n, key)} imposed)" for key, n in given.items())


def _took(variant: Compared) -> Took:
    batch_size = variant.settings.get("training.batch_size")
    results = [run.result for run in variant.runs.values()]
    return Took(
        epochs=_mean([each.epochs for each in results]),
        steps=_mean([_steps(each, batch_size) for each in results]),
        parameters=_mean([each.parameters for each in results]),
        seconds=_mean([each.seconds for each in results]),
    )


def _steps(result: Finished, batch_size: object) -> int | None:
    n = result.examples.get("train")
    if not n or not isinstance(batch_size, int) or result.epochs is None:
        return None
    return result.epochs * steps_per_epoch(n, batch_size)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known and len(known) == len(values) else None


def _is_same(values: Sequence[float | None]) -> bool:
    return values[0] is not None and len(set(values)) == 1


def _each(key: str, values: Mapping[str, float]) -> str:
    """`seconds 1.2 (sgd), 1.4 (adam)`; of many the least and the most."""
    if len(values) <= _MAX_NAMED:
        return f"{key} {', '.join(f'{_number(value)} ({name})' for name, value in values.items())}"
    low, high = min(values, key=lambda name: values[name]), max(values, key=lambda name: values[name])
    return f"{key} {_number(values[low])} ({low}) to {_number(values[high])} ({high})"


def _with_unit(value: float, key: str) -> str:
    return f"{_number(value)} {key.removesuffix('s') if value == 1 else key}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) or value >= 1000 else significant(value, 2)
