"""Runs as a pandas DataFrame."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from dlexp.components.columns import COSTS
from dlexp.config.flat import format_value
from dlexp.records.index import Run
from dlexp.records.keys import facts, numbers, settings

_ABOUT = ("name", "seed", "identity", "status", "what", "directory")
_MORE = (
    *("run", "attempt", "started", "ended", "data_digest", "training_version", "tensorflow"),
    "picked_on_test",
    "tags",
    "note",
)


def of_runs(runs: Sequence[Run]) -> pd.DataFrame:
    """One row per run: what it is, its config by dotted key, its numbers. A list is its YAML text, fit for grouping."""
    about = pd.DataFrame(map(_about, runs), columns=[*_ABOUT, *_MORE])
    rest = [pd.DataFrame([part(run) for run in runs]) for part in (_settings, _numbers)]
    return pd.concat([about, *rest], axis=1)


def _about(run: Run) -> dict[str, Any]:
    # A run that diverged is a failed one here, and `what` says how.
    own = {"status": run.status, "what": run.what or None, "directory": str(run.dir.path)}
    return facts(run, ("name", "seed", "identity", *_MORE)) | own | {"tags": " ".join(run.dir.tags())}


def _settings(run: Run) -> dict[str, Any]:
    flat = settings(run)
    return {key: format_value(value) if isinstance(value, list | dict) else value for key, value in flat.items()}


def _numbers(run: Run) -> dict[str, Any]:
    own = {key: math.nan if value is None else value for key, value in numbers(run).items()}
    return {key: value for key, value in own.items() if key not in COSTS or not math.isnan(value)}
