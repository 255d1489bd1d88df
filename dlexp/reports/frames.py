"""Runs and comparisons as pandas DataFrames."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from dlexp.config.flat import flatten, format_value
from dlexp.records.index import Run
from dlexp.reports.bias_variance import table as bias_variance_table
from dlexp.reports.bias_variance.facts import Point
from dlexp.reports.comparison.facts import Comparison
from dlexp.reports.comparison.rows import COLUMNS, rows

_ABOUT = ("name", "seed", "identity", "status", "what", "directory")


def of_runs(runs: Sequence[Run]) -> pd.DataFrame:
    """A row a run: what it is, its config by dotted key, its numbers. A list is its YAML text, fit for grouping."""
    parts = [(_about(run), _settings(run), _numbers(run)) for run in runs]
    # All columns of the first part, then of the second, then of the third.
    columns = dict.fromkeys(
        [*_ABOUT, *(column for kind in zip(*parts, strict=True) for part in kind for column in part)]
    )
    return pd.DataFrame([about | settings | numbers for about, settings, numbers in parts], columns=list(columns))


def of_comparison(comparison: Comparison) -> pd.DataFrame:
    """A row for every metric of every experiment."""
    return pd.DataFrame(list(rows(comparison)), columns=list(COLUMNS))


def of_points(points: Sequence[Point]) -> pd.DataFrame:
    """A row for every part of every point's error."""
    return pd.DataFrame(list(bias_variance_table.records(points)))


def _about(run: Run) -> dict[str, Any]:
    return dict(
        zip(_ABOUT, (run.name, run.seed, run.identity, run.status, run.what or None, str(run.dir.path)), strict=True)
    )


def _settings(run: Run) -> dict[str, Any]:
    flat = flatten(run.config)
    return {key: format_value(value) if isinstance(value, list | dict) else value for key, value in flat.items()}


def _numbers(run: Run) -> dict[str, Any]:
    own = {key: run.record[key] for key in ("epochs", "seconds", "parameters") if key in run.record}
    return own | run.metrics
