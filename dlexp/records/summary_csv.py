"""`summary.csv`: one row per finished run except those of bias-variance; derived, and never read back."""

import math
from pathlib import Path
from typing import Any

from dlexp.config.flat import flatten, format_value
from dlexp.config.names import SUMMARY_CSV
from dlexp.errors import DlexpError
from dlexp.format import write_csv
from dlexp.records import index
from dlexp.records.index import Run
from dlexp.records.lock import in_turn
from dlexp.whole_files import replacing

#: Hidden, and so not part of the index.
_LOCK = ".summary.csv.lock"


def rebuild(runs_dir: Path) -> Path:
    """Write the table again from the runs: who and where, the config's dotted columns, the result's numbers.

    Damaged runs are not in it; `ls` and `clean` name them.

    Raises:
        DlexpError: It cannot be written.
    """
    path = runs_dir / SUMMARY_CSV
    try:
        with in_turn(runs_dir / _LOCK), replacing(path) as beside:
            texts = _Texts()
            usual = (run_dir for run_dir in index.scan(runs_dir) if not index.is_of_bias_variance(run_dir))
            rows = [_row(run, runs_dir, texts) for run in map(index.read, usual) if run.status == "finished"]
            # A folder's name may be no UTF-8.
            with beside.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
                # All columns of the first part, then of the second, then of the third; each in the order of appearance.
                columns = dict.fromkeys(column for part in range(3) for row in rows for column in row[part])
                write_csv(file, list(columns) or ["name"], ({**a, **b, **c} for a, b, c in rows))
    except OSError as error:
        raise DlexpError(f"{path}: cannot be written: {error.strerror}") from error
    return path


class _Texts(dict[str, str]):
    """Values as text by their `repr`: thousands of runs share a few settings, and YAML is slow."""

    def of(self, value: Any) -> str:
        key = repr(value)
        if key not in self:
            self[key] = format_value(value)
        return self[key]


def _row(run: Run, runs_dir: Path, texts: _Texts) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Who and where, settings, numbers: kept apart until all columns are known."""
    about = {
        "name": run.name,
        "seed": str(run.seed),
        "identity": run.identity,
        "attempt": str(run.dir.folder.attempt),
        "status": run.status,
        "run": run.dir.path.relative_to(runs_dir).as_posix(),
        "started": run.record.started,
        "ended": run.record.ended,
        "data_digest": run.record.data_digest,
        "training_version": "" if run.record.training_version is None else str(run.record.training_version),
        "tensorflow": run.record.tensorflow,
    }
    numbers: dict[str, Any] = {key: getattr(run.result, key) for key in ("epochs", "seconds", "parameters")}
    return (
        about,
        {key: texts.of(value) for key, value in flatten(run.config).items()},
        {key: _number(value) for key, value in (numbers | run.metrics).items()},
    )


def _number(value: float | None) -> str:
    """Every digit; an empty cell where there is no number."""
    return "" if value is None or math.isnan(value) else repr(value)
