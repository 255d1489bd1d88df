"""What happens while a command trains, as it happens: each event is a JSON object, for scripts and assistants.

`dlexp run --format jsonl` prints one line per event. The keys of each kind are those of its type here; all times are in
ISO format, in UTC.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, TypedDict, get_args

from dlexp.execution.plan import Plan, Planned
from dlexp.records.index import read
from dlexp.reports.plan.running import Running
from dlexp.reports.run.outcome import RunOutcome, document, outcome
from dlexp.training.job import Job
from dlexp.training.stages import Stage


class OfRun(TypedDict):
    """What every event of a run says."""

    event: str
    time: str
    name: str
    label: str
    """What its experiment is called beside the others of the command."""
    seed: int
    identity: str


class Queued(OfRun):
    """A run is to be trained: the first events, in the order of training. `event` is `queued`."""

    epochs: int
    """How many are planned at most."""


class OfStarted(OfRun):
    """What every event of a run says that has a directory."""

    run: str
    """`NAME/s0-3fa9c1d2e0`, as commands take it."""


class Started(OfStarted):
    """A run was given to a training process. `event` is `started`."""

    directory: str
    epochs: int
    resumed_after: int
    """The last epoch on record of a run that was interrupted, and is resumed from there or a little before; else 0."""
    expected_seconds: float | None
    """What finished runs say it takes."""


class StageEntered(OfStarted):
    """What a run does now; one that takes less than a quarter of a second may be left out. `event` is `stage`."""

    stage: Stage


class EpochEnded(OfStarted):
    """An epoch has ended. One that is trained again after an interruption comes again. `event` is `epoch`."""

    epoch: int
    epochs: int
    row: Mapping[str, float | None]
    """Its row of history.csv, by column; null for what is no number."""


#: `finished`; `failed`, of one that diverged too; `interrupted`; `left`, to another process that trains it;
#: `done-before`, of one that was on record.
Ending = Literal["finished", "failed", "interrupted", "left", "done-before"]


class RunEnded(OfStarted):
    """How a run ended, or was done before. `event` is an `Ending`."""

    outcome: Mapping[str, Any]
    """What came of it, as in the document of `--format json`: the keys are the fields of `RunOutcome`."""


class End(TypedDict):
    """The last event of a command, however it ends."""

    event: Literal["end"]
    time: str
    counts: Mapping[str, int]
    """Runs by how they ended, and `not-started`."""


Event = Queued | Started | StageEntered | EpochEnded | RunEnded | End
Listener = Callable[[Event], None]


class Events:
    """Makes the events of a command that trains, and hands them to a listener."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._endings: dict[tuple[str, int], str] = {}  # One that was left may be tried again: the last one counts.

    def planned(self, plan: Plan) -> None:
        """What is done before, and what is to be trained."""
        for each in plan.runs:
            label = plan.labels[each.subject.identities.own]
            self._endings[each.identity, each.seed] = "done-before" if each.recorded else "not-started"
            if each.recorded:
                of_it, found = _of_planned("done-before", each, label), outcome(read(each.recorded), label)
                self._listener({**of_it, "run": each.recorded.label, "outcome": document(found)})
            else:
                of_it, training = _of_planned("queued", each, label), each.subject.experiment.training
                self._listener({**of_it, "epochs": training.epochs})

    def started(self, running: Running, expected_seconds: float | None) -> None:
        """A run was given to a worker."""
        self._listener(
            {
                **_of_job("started", running.job),
                "directory": str(running.job.path),
                "epochs": running.epochs,
                "resumed_after": running.resumed_after,
                "expected_seconds": expected_seconds,
            }
        )

    def entered(self, job: Job, stage: Stage) -> None:
        """A run is at another stage."""
        self._listener({**_of_job("stage", job), "stage": stage})

    def epoch(self, running: Running, row: Mapping[str, float]) -> None:
        """An epoch has ended."""
        of_it = _of_job("epoch", running.job)
        self._listener({**of_it, "epoch": int(row["epoch"]), "epochs": running.epochs, "row": row})

    def ended(self, job: Job, found: RunOutcome) -> None:
        """A run has ended, or was left."""
        endings: dict[str, Ending] = {"finished": "finished", "running": "left", "interrupted": "interrupted"}
        event = endings.get(found.status, "failed")
        self._endings[job.identity, job.seed] = event
        self._listener({**_of_job(event, job), "outcome": document(found)})

    def end(self) -> None:
        """Nothing happens any more."""
        counts = dict.fromkeys((*get_args(Ending), "not-started"), 0) | Counter(self._endings.values())
        self._listener({"event": "end", "time": _now(), "counts": counts})


def _of_planned(event: str, planned: Planned, label: str) -> OfRun:
    experiment, identity = planned.subject.experiment, planned.identity
    return OfRun(event=event, time=_now(), name=experiment.name, label=label, seed=planned.seed, identity=identity)


def _of_job(event: str, job: Job) -> OfStarted:
    return OfStarted(
        event=event,
        time=_now(),
        name=job.run_dir.name,
        label=job.experiment_label,
        seed=job.seed,
        identity=job.identity,
        run=job.run_dir.label,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
