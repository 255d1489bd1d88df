"""`dlexp try`: what became of changes, and the whole ledger."""

import csv
import io
import json
from pathlib import Path

import pytest
from campaigns import CONFIG, Recording, noisy
from commands import Invoke

import dlexp

CHANGES = ("model.hidden=[9]", "optimizer.momentum=0.9", "optimizer=adam", "training.batch_size=16 training.epochs=3")


@pytest.fixture(autouse=True)
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recording:
    """An empty folder with a config, and an engine that trains nothing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "it.yaml").write_text(CONFIG)
    recording = Recording(noisy)
    monkeypatch.setattr("dlexp.execution.pool.Pool", lambda slots: recording)
    return recording
