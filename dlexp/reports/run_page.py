"""One run in full: how it stands, what it was, what it reached."""

import json
from collections.abc import Iterator
from typing import Any, Literal

from dlexp.config.flat import flatten, format_value
from dlexp.reports.numbers import significant
from dlexp.reports.runs_table import line_of, local_time
from dlexp.runs.index import Run

Format = Literal["table", "json"]


def render(run: Run, output: Format) -> str:
    """One run in a format, with a line end after the last line."""
    if output == "json":
        return json.dumps(_document(run), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    sections = [_about(run), _settings(run), _metrics(run)]
    return "\n\n".join("\n".join(section) for section in map(list, sections) if section) + "\n"


def _document(run: Run) -> dict[str, Any]:
    """Where it lies and how it stands, then all of its record."""
    line = line_of(run)
    return {
        "directory": str(run.dir.path),
        "attempt": run.attempt,
        **run.record,
        "name": run.name,
        "seed": run.seed,
        "identity": run.identity or None,
        "status": run.status,
        "epochs": line.epochs,
        "damage": run.damage or None,
    }


def _about(run: Run) -> Iterator[str]:
    line = line_of(run)
    pairs = {
        "run": line.run,
        "status": line.status,
        "what": run.record.get("what") or run.damage,
        "where": run.record.get("where"),
        # A failure names the epoch it happened in.
        "epoch" if run.status == "failed" else "epochs": line.epochs,
        "seconds": None if line.seconds is None else f"{line.seconds:.1f}",
        "ended": local_time(run.ended),
        "parameters": run.record.get("parameters"),
        "identity": run.identity,
        "data digest": run.record.get("data_digest"),
        "directory": run.dir.path,
        "log": run.dir.log_path.name if run.status != "finished" and run.dir.log_path.exists() else None,
    }
    for key, value in pairs.items():
        if value not in (None, ""):
            yield f"{key:<12} {value}"


def _settings(run: Run) -> Iterator[str]:
    settings = flatten(run.config)
    if settings:
        yield "settings"
    width = max(map(len, settings), default=0)
    for key, value in settings.items():
        yield f"  {key.ljust(width)}  {format_value(value)}"


def _metrics(run: Run) -> Iterator[str]:
    """The last value of every metric, beside the best over the epochs and where that was."""
    metrics = run.metrics
    if not metrics:
        return
    rows = [["metrics", "last", "best"]]
    for name, value in metrics.items():
        if not name.startswith("best_"):
            rows.append([f"  {name}", _number(value), _best(metrics, name)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(n) for cell, n in zip(row, widths, strict=True)).rstrip()
    if run.record.get("picked_on_test"):
        yield "The best values were picked on the test data: validation is the test split here."


def _best(metrics: dict[str, float], name: str) -> str:
    best, epoch = metrics.get(f"best_{name}"), metrics.get(f"best_{name}_epoch")
    if best is None:
        return ""
    return _number(best) + ("" if epoch is None else f" (epoch {epoch:.0f})")


def _number(value: float) -> str:
    return "-" if value != value else significant(value)  # NaN alone differs from itself.
