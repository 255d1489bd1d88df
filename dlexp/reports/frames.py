"""Runs as a pandas DataFrame."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from dlexp.components.columns import COSTS
from dlexp.config.flat import flatten, format_value
from dlexp.records.index import Run

_ABOUT = ("name", "seed", "identity", "status", "what", "directory")


def of_runs(runs: Sequence[Run]) -> pd.DataFrame:
    """One row per run: what it is, its config by dotted key, its numbers. A list is its YAML text, fit for grouping."""
    about = [(run.name, run.seed, run.identity, run.status, run.what or None, str(run.dir.path)) for run in runs]
    rest = [pd.DataFrame([facts(run) for run in runs]) for facts in (_settings, _numbers)]
    return pd.concat([pd.DataFrame(about, columns=_ABOUT), *rest], axis=1)


def _settings(run: Run) -> dict[str, Any]:
    flat = flatten(run.config)
    return {key: format_value(value) if isinstance(value, list | dict) else value for key, value in flat.items()}


def _numbers(run: Run) -> dict[str, Any]:
    own = {key: getattr(run.record, key, None) for key in COSTS}
    return {key: value for key, value in own.items() if value is not None} | run.metrics
