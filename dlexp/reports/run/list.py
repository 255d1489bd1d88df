"""How runs stand, one row each."""

import math
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from dlexp.components.columns import Column
from dlexp.format import TableFormat, tabulated
from dlexp.records.index import Run
from dlexp.records.record_files import DamagedRecord
from dlexp.reports.numbers import fixed, known


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a run stands, as one row of a table."""

    run: str
    """`NAME/s0-3fa9c1d2e0`, as `show` and `compare` take it."""
    name: str
    seed: int
    attempt: int
    identity: str
    """Empty where no record says it."""
    status: str
    """The status; a failed run that diverged is `diverged`."""
    epochs: int | None
    metric: str | None
    """The main validation metric."""
    best: float | None
    last: float | None
    seconds: float | None
    ended: str
    """In ISO format."""


def render(runs: Sequence[Run], output: TableFormat) -> str:
    """These runs in a format, with a line end after the last line."""
    found = list(map(standing, runs))
    columns = [field.name for field in fields(Standing)]
    header = ["run", "status", "epochs", "metric", "best", "last", "seconds", "ended"]
    return tabulated(output, header, map(_cells, found), columns, map(asdict, found))


def _cells(run: Standing) -> list[str]:
    epochs = "-" if run.epochs is None else str(run.epochs)
    seconds = "-" if run.seconds is None else fixed(run.seconds, 1)
    scores = [run.metric or "-", known(run.best), known(run.last)]
    return [run.run, run.status, epochs, *scores, seconds, local_time(run.ended) or "-"]


def standing(run: Run) -> Standing:
    """How a run stands; of one that does not say how far it got, its history does."""
    metric = main_metric(run.metrics) if run.metrics else None
    numbers = {name: value for name, value in run.metrics.items() if not math.isnan(value)}
    epochs = run.epochs
    if epochs is None:
        with suppress(DamagedRecord):
            epochs = len(run.dir.history())
    return Standing(
        run=run.dir.label,
        name=run.name,
        seed=run.seed,
        attempt=run.dir.folder.attempt,
        identity=run.identity,
        status="diverged" if run.has_diverged else run.status,
        epochs=epochs,
        metric=str(metric) if metric else None,
        best=numbers.get(str(metric.best_value)) if metric else None,
        last=numbers.get(str(metric)),
        seconds=run.record.seconds,
        ended=run.record.ended,
    )


def main_metric(names: Iterable[str]) -> Column:
    """The column that says most in one number: validation accuracy where there is one, else the last metric."""
    last = [column for column in map(Column.parse, names) if not column.best and column.split != "test"]
    candidates = [column for column in last if column.split == "validation"] or last
    return next((column for column in candidates if column.higher_is_better), candidates[-1])


def local_time(iso: str) -> str:
    """A time in ISO format by the clock on the wall, to the minute; as it is where it is no time."""
    try:
        return f"{datetime.fromisoformat(iso).astimezone():%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError):  # The first and the last year lie outside in some time zones.
        return iso
