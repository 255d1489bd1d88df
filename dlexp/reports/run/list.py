"""How runs stand, one row each."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Literal

from dlexp.components.columns import COSTS, Column
from dlexp.config.flat import format_value
from dlexp.format import to_csv, to_json
from dlexp.records.index import Run
from dlexp.records.keys import facts, numbers, settings

#: What is known of a run beside how it stands.
_MORE = (
    "started",
    "what",
    "parameters",
    "data_digest",
    "training_version",
    "tensorflow",
    "picked_on_test",
    "tags",
    "note",
)


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


def to_text(runs: Sequence[Run], output: Literal["json", "csv"]) -> str:
    """All of these runs with all that is on record of each: in JSON settings and metrics have mappings of their own."""
    if output == "json":
        return to_json([_document(run) | {"settings": settings(run), "metrics": _metrics(run)} for run in runs])
    parts = [(_csv_facts(run), _csv_settings(run), _metrics(run)) for run in runs]
    columns = dict.fromkeys(name for i in range(3) for part in parts for name in part[i])
    rows = ({**about, **own, **metrics} for about, own, metrics in parts)
    return to_csv(list(columns) or [field.name for field in fields(Standing)], rows)


def _csv_facts(run: Run) -> dict[str, Any]:
    document = {key: format_value(x) if isinstance(x, bool) else x for key, x in _document(run).items()}
    return document | {"tags": " ".join(document["tags"])}


def _csv_settings(run: Run) -> dict[str, str]:
    return {key: format_value(value) for key, value in settings(run).items()}


def _document(run: Run) -> dict[str, Any]:
    """What is said beside settings and metrics."""
    return asdict(standing(run)) | facts(run, _MORE)


def _metrics(run: Run) -> dict[str, float | None]:
    return {key: value for key, value in numbers(run).items() if key not in COSTS}


def standing(run: Run) -> Standing:
    """How a run stands; of one that does not say how far it got, its history does."""
    metric = main_metric(run.metrics) if run.metrics else None
    scores = numbers(run)
    return Standing(
        **facts(run, ("run", "name", "seed", "attempt", "identity", "status", "epochs", "seconds", "ended")),
        metric=str(metric) if metric else None,
        best=scores.get(str(metric.best_value)) if metric else None,
        last=scores.get(str(metric)),
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
