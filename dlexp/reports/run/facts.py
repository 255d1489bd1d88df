"""What the reports of a run show, gathered from its files."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from dlexp import regular_files
from dlexp.components.columns import Column
from dlexp.errors import UserError
from dlexp.records.ended import Evaluation, Finished
from dlexp.records.index import Run
from dlexp.records.record_files import DamagedRecord
from dlexp.records.run_dir import UNFINISHED
from dlexp.reports.run import mistakes
from dlexp.reports.run.diagnosis import diagnose
from dlexp.reports.run.mistakes import Mistakes

#: How much of a failed run's log is shown.
_LOG_LINES = 10
_LOG_BYTES = 100_000

T = TypeVar("T")


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


def standing(run: Run) -> Standing:
    """How a run stands; of one that does not say how far it got, its history does."""
    metric = main_metric(run.metrics) if run.metrics else None
    numbers = {name: value for name, value in run.metrics.items() if not math.isnan(value)}
    return Standing(
        run=run.label,
        name=run.name,
        seed=run.seed,
        attempt=run.dir.folder.attempt,
        identity=run.identity,
        status="diverged" if run.has_diverged else run.status,
        epochs=_epochs(run) if run.epochs is None else run.epochs,
        metric=str(metric) if metric else None,
        best=numbers.get(str(metric.best_value)) if metric else None,
        last=numbers.get(str(metric)),
        seconds=run.record.seconds,
        ended=run.record.ended,
    )


def _epochs(run: Run) -> int | None:
    try:
        return len(run.dir.history())
    except DamagedRecord:
        return None


def main_metric(names: Iterable[str]) -> Column:
    """The column that says most in one number: validation accuracy where there is one, else the last metric."""
    last = [column for column in map(Column.parse, names) if not column.best and column.split != "test"]
    candidates = [column for column in last if column.split == "validation"] or last
    return next((column for column in candidates if column.higher_is_better), candidates[-1])


@dataclass(frozen=True, kw_only=True)
class Page:
    """All that is shown of a run."""

    run: Run
    standing: Standing
    config: dict[str, Any]
    """The resolved config; of an unfinished run from its config.yaml."""
    history: Sequence[dict[str, float]]
    """The epochs so far."""
    log: Sequence[str]
    """The last lines of a failed run's log."""
    diagnosis: Sequence[str]
    """What its diagnostics find wrong with the hidden layers."""
    evaluation: Evaluation | None
    """What its model makes of the test split; None if that is not on record."""
    mistakes: Mistakes
    notes: Sequence[str]
    """What could not be read."""


def gather(run: Run, n_mistakes: int = 0) -> Page:
    """Read what there is of a run, with so many of its mistakes on each target."""
    notes: list[str] = []

    def read(what: Callable[[], T], otherwise: T) -> T:
        try:
            return what()
        except (DamagedRecord, UserError) as error:
            notes.append(error.lines[0])
            return otherwise

    history: list[dict[str, float]] = read(run.dir.history, [])
    has_config_alone = run.status in UNFINISHED and run.dir.config_path.exists()
    config = read(lambda: _config_of(run.dir.config_path), run.config) if has_config_alone else run.config
    diagnosis: list[str] = read(lambda: diagnose(run.dir.diagnostics(), config), []) if config else []
    n_notes = len(notes)
    evaluation = read(run.dir.evaluation, None)
    is_damaged = len(notes) > n_notes
    why_none = f"{run.dir.evaluation_path.name} is damaged" if is_damaged else "recorded before they were kept"
    own = run.record if isinstance(run.record, Finished) else None
    worst = evaluation or Evaluation(mistakes=own.mistakes if own else [], examples_problem=why_none)
    return Page(
        run=run,
        standing=standing(run),
        config=config,
        history=history,
        log=_last_lines(run.dir.log_path) if run.status == "failed" else [],
        diagnosis=diagnosis,
        evaluation=evaluation,
        mistakes=mistakes.gather(worst, own.class_names if own else (), n_mistakes),
        notes=notes,
    )


def _config_of(path: Path) -> dict[str, Any]:
    """The settings in a run's config.yaml, all that a run has recorded of itself until it ends."""
    from dlexp.config.load import load

    return load(path).experiment.model_dump(exclude={"name"})


def _last_lines(path: Path) -> list[str]:
    """The last lines of a log, however long it is."""
    try:
        end = regular_files.read_end(path, _LOG_BYTES)
    except FileNotFoundError:
        return []
    except OSError as error:
        return [f"{path.name}: cannot be read: {error.strerror}"]
    return end.decode("utf-8", errors="replace").splitlines()[-_LOG_LINES:]
