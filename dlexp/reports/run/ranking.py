"""In which order a list has its runs, and which of them are the best."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from dlexp.components.columns import COSTS, Column
from dlexp.config.flat import MISSING
from dlexp.errors import UserError
from dlexp.format import listed
from dlexp.records.conditions import as_recorded
from dlexp.records.index import Run
from dlexp.records.keys import Keys
from dlexp.records.query import last_active
from dlexp.reports.run.list import main_metric


def by_time(runs: Iterable[Run]) -> list[Run]:
    """Runs as they ended, or were last written to: the newest comes last."""
    return sorted(runs, key=last_active)


def by_value(runs: Sequence[Run], key: str) -> list[Run]:
    """Runs by what they have under a key: the best scores come first, or the smallest values; those without come last.

    Raises:
        UserError: The key means nothing.
    """
    having, without = _valued(runs, key)
    return having + without


def best(runs: Sequence[Run], n: int, key: str) -> list[Run]:
    """The best runs by a column of the records; the best one comes first.

    Raises:
        UserError: No value of the column is better than another.
    """
    if key not in COSTS and not Column.parse(key).is_judged:
        raise UserError(f"--best: no value of {key} is better than another. Try: --sort val_loss")
    return _valued(runs, key)[0][:n]


def main_key(runs: Iterable[Run]) -> str | None:
    """The main metric of runs; None of runs without any.

    Raises:
        UserError: They have different ones.
    """
    main = list(dict.fromkeys(str(main_metric(run.metrics)) for run in runs if run.metrics))
    if len(main) > 1:
        raise UserError(f"--best: the runs have different main metrics ({listed(main)}). Try: --sort {main[0]}")
    return main[0] if main else None


def _valued(runs: Sequence[Run], key: str) -> tuple[list[Run], list[Run]]:
    """Those that have a value, in order, and those that have none."""
    if not runs:
        return [], []
    value_of = Keys(runs).reader(key, f"--sort {key}")
    sign = -1 if Column.parse(key).higher_is_better else 1
    having, without = [], []
    for run in by_time(runs):
        if (value := as_recorded(key, value_of(run))) is MISSING:
            without.append(run)
        else:
            having.append((_order(value, sign), run))
    return [run for _, run in sorted(having, key=lambda pair: pair[0])], without


def _order(value: Any, sign: int) -> tuple[bool, float, str]:
    """Numbers and times before texts."""
    number = value.timestamp() if isinstance(value, datetime) else value
    is_number = isinstance(number, int | float)
    return (not is_number, sign * number if is_number else 0.0, "" if is_number else str(value))
