"""Many runs, a line each."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from dlexp.format import TableFormat, aligned, markdown_table, to_csv, to_json
from dlexp.records.index import Run
from dlexp.records.record_files import DamagedRecord
from dlexp.reports.numbers import significant
from dlexp.reports.run.results import main_metric


@dataclass(frozen=True)
class Line:
    """What one line says of a run."""

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


def line_of(run: Run) -> Line:
    """Gather what one line says of a run."""
    metric = main_metric(run.metrics) if run.metrics else None
    return Line(
        run=f"{run.name}/{run.dir.path.name}",
        name=run.name,
        seed=run.seed,
        attempt=run.attempt,
        identity=run.identity,
        status="diverged" if run.has_diverged else run.status,
        epochs=_epochs(run) if run.epochs is None else run.epochs,
        metric=metric,
        best=run.record["metrics"].get(f"best_{metric}") if metric else None,
        last=run.record["metrics"][metric] if metric else None,
        seconds=run.seconds,
        ended=run.ended,
    )


def render(runs: Sequence[Run], output: TableFormat) -> str:
    """These runs in a format, with a line end after the last line."""
    lines = [line_of(run) for run in runs]
    match output:
        case "table":
            return "\n".join(aligned(_table(lines))) + "\n"
        case "json":
            return to_json([asdict(line) for line in lines])
        case "csv":
            return to_csv([field.name for field in fields(Line)], map(asdict, lines))
        case "md":
            header, *rows = _table(lines)
            return "\n".join(markdown_table(header, rows)) + "\n"


def local_time(iso: str) -> str:
    """A time in ISO format by the clock on the wall, to the minute; as it is where it is no time."""
    try:
        return f"{datetime.fromisoformat(iso).astimezone():%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError):  # The first and the last year lie outside in some time zones.
        return iso


def _table(lines: Sequence[Line]) -> list[list[str]]:
    """A header and a row for each run."""
    rows = [["run", "status", "epochs", "metric", "best", "last", "seconds", "ended"]]
    for line in lines:
        rows.append(
            [
                line.run,
                line.status,
                "-" if line.epochs is None else str(line.epochs),
                line.metric or "-",
                _number(line.best),
                _number(line.last),
                "-" if line.seconds is None else f"{line.seconds:.1f}",
                local_time(line.ended) or "-",
            ]
        )
    return rows


def _number(value: float | None) -> str:
    return "-" if value is None else significant(value)


def _epochs(run: Run) -> int | None:
    """How far a run got that has not said so itself."""
    try:
        return len(run.dir.history())
    except DamagedRecord:
        return None
