"""Finished and failed runs as the trainer records them, without training."""

import hashlib
import json
from pathlib import Path
from typing import Any

from dlexp.records.history import HistoryWriter
from dlexp.records.numbering import Numbering
from dlexp.records.run_dir import RunDir

CONFIG: dict[str, Any] = {
    "dataset": {"type": "digits"},
    "model": {"type": "mlp", "hidden": [64, 64]},
    "head": {"type": "multiclass", "metrics": ["accuracy"]},
    "optimizer": {"type": "adam", "learning_rate": 0.001},
    "training": {"epochs": 2, "batch_size": 32},
}


def identity_of(config: dict[str, Any], data_digest: str = "d" * 64) -> str:
    """A stand-in for the identity: different for different settings and data."""
    return hashlib.sha256(json.dumps([config, data_digest], sort_keys=True).encode()).hexdigest()


def changed(**sections: dict[str, Any]) -> dict[str, Any]:
    """The config with some keys of some sections replaced."""
    return CONFIG | {section: CONFIG[section] | keys for section, keys in sections.items()}


def finished(
    runs_dir: Path,
    name: str = "digits",
    seed: int = 0,
    accuracy: float = 0.9,
    config: dict[str, Any] = CONFIG,
    **record: Any,
) -> RunDir:
    """A finished run of two epochs; its validation accuracy was best, by 0.01, in epoch 1."""
    identity = record.pop("identity", None) or identity_of(config, record.get("data_digest", "d" * 64))
    run_dir = Numbering(runs_dir).create(name, seed, identity)
    run_dir.write_config("name: it\n")
    rows = [
        {"epoch": 1, "seconds": 0.5, "loss": 0.7, "accuracy": 0.8, "val_loss": 0.6, "val_accuracy": accuracy + 0.01},
        {"epoch": 2, "seconds": 0.5, "loss": 0.3, "accuracy": 0.9, "val_loss": 0.5, "val_accuracy": accuracy},
    ]
    with HistoryWriter(run_dir.history_path, list(rows[0])) as writer:
        for row in rows:
            writer.write(row)
    metrics = {key: value for key, value in rows[-1].items() if key not in ("epoch", "seconds")} | {
        "best_val_accuracy": accuracy + 0.01,
        "best_val_accuracy_epoch": 1,
        "best_val_loss": 0.5,
        "best_val_loss_epoch": 2,
        "test_loss": 0.55,
        "test_accuracy": accuracy - 0.02,
    }
    run_dir.write_summary(
        {
            "name": name,
            "seed": seed,
            "identity": identity,
            "status": "finished",
            "config": {"name": name, **config},
            "metrics": metrics,
            "epochs": 2,
            "seconds": 1.25,
            "parameters": 4810,
            "picked_on_test": False,
            "data_digest": "d" * 64,
            "training_version": 1,
            "versions": {"dlexp": "0.1.0", "tensorflow": "2.20.0"},
            "started": "2024-05-01T10:00:00+00:00",
            "ended": "2024-05-01T10:00:01+00:00",
        }
        | record
    )
    return run_dir


def failed(
    runs_dir: Path, name: str = "digits", seed: int = 0, config: dict[str, Any] = CONFIG, **record: Any
) -> RunDir:
    """A run that diverged in epoch 3."""
    run_dir = Numbering(runs_dir).create(name, seed, record.get("identity") or identity_of(config))
    run_dir.write_config("name: it\n")
    run_dir.write_failure(
        {
            "name": name,
            "seed": seed,
            "identity": identity_of(config),
            "status": "failed",
            "kind": "diverged",
            "what": "loss is nan in epoch 3",
            "epoch": 3,
            "where": "run.py:12 in fit",
            "config": {"name": name, **config},
            "data_digest": "d" * 64,
            "training_version": 1,
            "versions": {"tensorflow": "2.20.0"},
        }
        | record
    )
    return run_dir
