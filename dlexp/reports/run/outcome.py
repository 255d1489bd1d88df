"""What came of one run: its state, its main score, its time, and what its history tells of it."""

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from dlexp.records.index import Run
from dlexp.records.record_files import DamagedRecord
from dlexp.reports.run.list import main_metric
from dlexp.reports.run.symptoms import Symptom, symptoms


@dataclass(frozen=True, kw_only=True)
class RunOutcome:
    """What came of one run, as everything that `dlexp run` prints of it says it."""

    label: str
    """What its experiment is called beside the others of the command."""
    seed: int
    run: str
    """`NAME/s0-3fa9c1d2e0`, as commands take it."""
    identity: str
    status: str
    """That of the run; of a failed one that diverged `diverged`."""
    metric: str | None
    """The column of its main metric; None of a run that has no result."""
    last: float | None
    """The last epoch's; None where it is no number, as below."""
    best: float | None
    best_epoch: int | None
    epochs: int | None
    """How many were trained so far."""
    test: float | None
    """The same metric on the test split."""
    seconds: float | None
    """As recorded: from the first step of the training to the last."""
    directory: str
    curves: str | None
    """The picture of its learning curves."""
    what: str
    """What went wrong, in a line; empty where nothing did, or it is not known."""
    symptoms: tuple[Symptom, ...]
    metrics: Mapping[str, float]
    """All scores by column, NaN for what is no number; none of a run that has no result."""

    @property
    def title(self) -> str:
        """Its experiment and its seed, for people."""
        return f"{self.label}, seed {self.seed}"


def outcome(run: Run, label: str) -> RunOutcome:
    """What came of a run whose experiment is called so."""
    metric = main_metric(run.metrics) if run.metrics else None
    numbers = {name: value for name, value in run.metrics.items() if not math.isnan(value)}
    best_epoch = numbers.get(str(metric.best_epoch)) if metric else None
    return RunOutcome(
        label=label,
        seed=run.seed,
        run=run.dir.label,
        identity=run.identity,
        status="diverged" if run.has_diverged else run.status,
        metric=str(metric) if metric else None,
        last=numbers.get(str(metric)),
        best=numbers.get(str(metric.best_value)) if metric else None,
        best_epoch=None if best_epoch is None else int(best_epoch),
        epochs=_epochs(run),
        test=numbers.get(str(metric.on("test"))) if metric else None,
        seconds=run.record.seconds,
        directory=str(run.dir.path),
        curves=str(run.dir.curves_path) if run.dir.curves_path.exists() else None,
        what=run.what,
        symptoms=tuple(symptoms(run)),
        metrics=run.metrics,
    )


def document(found: RunOutcome) -> dict[str, Any]:
    """The same for JSON."""
    return asdict(found)


def _epochs(run: Run) -> int | None:
    """As its record says; of a run that does not say how far it got, its history does."""
    if run.epochs is not None:
        return run.epochs
    with suppress(DamagedRecord):
        return len(run.dir.history())
    return None
