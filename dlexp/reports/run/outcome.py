"""What came of one run: its state, its scores, its time, and what its history tells of it."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from dlexp.components.columns import COSTS, Column
from dlexp.records.ended import Finished
from dlexp.records.index import Run
from dlexp.records.keys import epochs_of, status_of
from dlexp.reports.run.list import main_metric
from dlexp.reports.run.symptom import Symptom
from dlexp.reports.run.symptoms import symptoms


@dataclass(frozen=True, kw_only=True)
class MainScore:
    """The main metric of a run, or of one of its targets; None if it is no number."""

    target: str
    """The one of several targets that it is of; empty where there is one."""
    metric: str
    """Its column."""
    test_metric: str
    """Its column on the test split."""
    last: float | None
    """The last epoch's."""
    best: float | None
    best_epoch: int | None
    test: float | None
    """The same on the test split."""


_NO_SCORE = MainScore(target="", metric="", test_metric="", last=None, best=None, best_epoch=None, test=None)


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
    """The column of its main metric; None of a run that has no result. The next four are as in `MainScore`."""
    last: float | None
    best: float | None
    best_epoch: int | None
    test: float | None
    scores: tuple[MainScore, ...]
    """The main metric; of several targets that of each."""
    epochs: int | None
    """How many were trained so far."""
    seconds: float | None
    """As recorded: from loading the data to the model that was saved."""
    parameters: int | None
    directory: str
    curves: str | None
    """The picture of its learning curves; None as long as it is not drawn, which follows the end of the run."""
    what: str
    """What went wrong, in a line; empty where nothing did, or it is not known."""
    symptoms: tuple[Symptom, ...]
    metrics: Mapping[str, float]
    """All scores by column, NaN for what is no number; none of a run that has no result."""
    missing_scores: Mapping[str, str]
    """By column, why a score is missing."""
    picked_on_test: bool
    """Whether the best epoch was picked on the test data."""
    data_digest: str

    @property
    def title(self) -> str:
        """Its experiment and its seed, for people."""
        return f"{self.label}, seed {self.seed}"

    @property
    def numbers(self) -> dict[str, float]:
        """What is known of it as a number, by column."""
        known = {name: value for name, value in self.metrics.items() if not math.isnan(value)}
        return known | {name: value for name in COSTS if (value := getattr(self, name)) is not None}


def outcome(run: Run, label: str) -> RunOutcome:
    """What came of a run whose experiment is called so."""
    result = run.record if isinstance(run.record, Finished) else None
    main = _main_score(main_metric(run.metrics), run.metrics) if run.metrics else _NO_SCORE
    return RunOutcome(
        label=label,
        seed=run.seed,
        run=run.dir.label,
        identity=run.identity,
        status=status_of(run),
        metric=main.metric or None,
        last=main.last,
        best=main.best,
        best_epoch=main.best_epoch,
        test=main.test,
        scores=(tuple(_of_targets(result)) or (main,)) if result and result.metrics else (),
        epochs=epochs_of(run),
        seconds=run.record.seconds,
        parameters=result.parameters if result else None,
        directory=str(run.dir.path),
        curves=str(run.dir.curves_path) if run.dir.curves_path.exists() else None,
        what=run.what,
        symptoms=tuple(symptoms(run)),
        metrics=run.metrics,
        missing_scores=result.missing_scores if result else {},
        picked_on_test=result is not None and result.picked_on_test,
        data_digest=run.record.data_digest,
    )


def document(found: RunOutcome) -> dict[str, Any]:
    """The same for JSON."""
    return asdict(found)


def _main_score(column: Column, metrics: Mapping[str, float]) -> MainScore:
    numbers = {name: value for name, value in metrics.items() if not math.isnan(value)}
    epoch = numbers.get(str(column.best_epoch))
    return MainScore(
        target=column.target,
        metric=str(column),
        test_metric=str(column.on("test")),
        last=numbers.get(str(column)),
        best=numbers.get(str(column.best_value)),
        best_epoch=None if epoch is None else int(epoch),
        test=numbers.get(str(column.on("test"))),
    )


def _of_targets(result: Finished) -> Iterator[MainScore]:
    """The main score of each of several targets; none if there is one target."""
    for target, head in result.heads.items():
        is_validated = str(Column(quantity="loss", target=target, split="validation")) in result.metrics
        column = replace(main_metric(["loss", *head["metrics"]]), target=target)
        yield _main_score(column.on("validation" if is_validated else "train"), result.metrics)
