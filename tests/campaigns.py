"""Changes tried over an incumbent by an engine that trains nothing: what it records is known by a formula."""

import random
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

from engines import Here, Silent

from dlexp.config.experiment import Experiment
from dlexp.config.identity import TRAINING_VERSION
from dlexp.execution.engine import Engine, Outcome
from dlexp.execution.failures import record_failure
from dlexp.execution.plan import Request
from dlexp.records.lock import locked
from dlexp.reports.ratchet.campaign import Confirmation, PairedFinding, Proposal
from dlexp.reports.ratchet.facts import CampaignFacts
from dlexp.reports.run.curves import CURVES
from dlexp.training.job import Job
from dlexp.workflows.campaigning import Tries
from dlexp.workflows.ratchet import try_changes
from dlexp.workflows.runner import Runner, Trained

CONFIG = """\
dataset: iris
model: {hidden: [8]}
optimizer: {type: sgd, learning_rate: 0.01}
training: {epochs: 2}
"""
#: Given an experiment and a seed, the validation accuracy; NaN if it diverges.
Score = Callable[[Experiment, int], float]


def noisy(experiment: Experiment, seed: int) -> float:
    """0.8 with some noise; 10 points better with momentum, 5 with batches of 16, 10 worse with Adam."""
    effects = {
        0.1: getattr(experiment.optimizer, "momentum", 0.0) == 0.9,
        0.05: experiment.training.batch_size == 16,
        -0.1: experiment.optimizer.type == "adam",
    }
    settings = experiment.model_dump_json(exclude={"name"})
    return (
        0.8 + sum(size for size, holds in effects.items() if holds) + random.Random(f"{settings} {seed}").gauss(0, 1e-3)
    )


class Recording(Here):
    """Records what a formula says of each run, and what it trained; from some run on it is interrupted, or all fail."""

    def __init__(self, score: Score, interrupted_after: int | None = None, failing: Sequence[int] = ()) -> None:
        super().__init__()
        self.names: list[tuple[str, int]] = []
        self._score, self._interrupted_after, self._failing = score, interrupted_after, failing

    def submit(self, job: Job) -> None:
        """End the run at once."""
        if len(self.names) == self._interrupted_after:
            raise KeyboardInterrupt
        self.names.append((job.experiment.name, job.seed))
        with locked(job.run_dir.lock_path):
            if job.seed in self._failing:
                record_failure(job, KeyError("planted"))
            else:
                _record(job, self._score(job.experiment, job.seed))
        self._ended.append(Outcome(job, "failed" if job.seed in self._failing else "finished"))


def _record(job: Job, value: float) -> None:
    told = {
        "name": job.experiment.name,
        "seed": job.seed,
        "identity": job.identity,
        "config": job.experiment.model_dump(mode="json"),
        "data_digest": job.data_digest,
        "training_version": TRAINING_VERSION,
        "versions": {"dlexp": "0.2.0", "tensorflow": "2.20.0"},
    }
    if value != value:
        said = {"kind": "diverged", "what": "loss is nan in epoch 2", "epoch": 2, "where": "run.py:12 in fit"}
        job.run_dir.write_failure({**told, **said, "status": "failed"})
        return
    (job.path / CURVES.file).touch()
    metrics = {"val_accuracy": value, "test_accuracy": value - 0.01, "val_loss": 1 - value, "loss": 0.5}
    examples = {"train": 96, "validation": 1000, "test": 30}
    about = {"metrics": metrics, "examples": examples, "epochs": job.experiment.training.epochs, "seconds": 1.0}
    job.run_dir.write_summary({**told, **about, "status": "finished"})


def tried(
    folder: Path, *changes: str, engine: Engine | None = None, by: str | None = None, max_seeds: int = 12
) -> tuple[CampaignFacts, Trained | None]:
    """What becomes of changes over `it.yaml` in a folder, which is made if it is not there."""
    config = folder / "it.yaml"
    if not config.exists():
        config.write_text(CONFIG)
    trains = engine or Recording(noisy)
    tries = Tries(changes=changes, over=config, by=by, max_seeds=max_seeds, request=Request(runs_dir=folder / "runs"))
    return try_changes(tries, Runner(engine=lambda _: trains, progress=lambda *_: nullcontext(Silent())))


def last(facts: CampaignFacts) -> tuple[Proposal, PairedFinding, Confirmation]:
    """The last change that was confirmed, how its screening ended, and its confirmation."""
    found = next(each for each in reversed(facts.campaign.proposals) if each.confirmation)
    assert found.screening
    assert found.confirmation
    return found, found.screening, found.confirmation


def outcomes(facts: CampaignFacts) -> list[str]:
    """What became of each change; why it was not tried, of others."""
    return [each.remark or (each.proposal.outcome if each.proposal else "") for each in facts.changes]
