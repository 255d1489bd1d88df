"""Plans whose runs are recorded by hand, and a clock that is set, for what watches them."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dlexp.config.dump import dump
from dlexp.config.load import load
from dlexp.execution.plan import Plan, Request
from dlexp.execution.planning import plan
from dlexp.machine import host
from dlexp.records.history import HistoryWriter
from dlexp.records.run_dir import RunDir
from dlexp.training.job import Job

IRIS = "dataset: iris\nmodel: {hidden: [8]}\ntraining: {epochs: 20}\n"


class Clock:
    """`time.monotonic`, as far as it was moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def pass_(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.now += seconds


def planned(tmp_path: Path, seeds: Sequence[int], **texts: str) -> Plan:
    """A plan of configs given as texts, by their names."""
    wanted = []
    for name, text in texts.items():
        (tmp_path / f"{name}.yaml").write_text(text)
        wanted.append((load(tmp_path / f"{name}.yaml").experiment, seeds))
    return plan(Request(wanted=wanted, runs_dir=tmp_path / "runs"))


def trained(job: Job, seconds: Sequence[float]) -> None:
    """Its history has so many epochs, which took so long."""
    job.run_dir.write_config(dump(job.experiment))
    with HistoryWriter(job.run_dir.history_path, ["epoch", "seconds", "loss"]) as writer:
        for epoch, each in enumerate(seconds, start=1):
            writer.write({"epoch": epoch, "seconds": each, "loss": 0.5})


def finish(job: Job, seconds: float, accuracy: float = 0.9) -> RunDir:
    """Its result is recorded, by this machine."""
    job.run_dir.write_json(job.run_dir.environment_path, {"host": host()})
    record: dict[str, Any] = {
        "name": job.experiment.name,
        "seed": job.seed,
        "identity": job.identity,
        "status": "finished",
        "config": job.experiment.model_dump(mode="json"),
        "metrics": {"loss": 0.5, "val_accuracy": accuracy},
        "epochs": job.experiment.training.epochs,
        "seconds": seconds,
        "ended": "2024-05-01T10:00:01+00:00",
    }
    job.run_dir.write_summary(record)
    return job.run_dir
