"""Studies of irises in files, and finished runs of their variants as the trainer records them, without training."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from make_runs import finished

from dlexp.config.identity import TRAINING_VERSION, identities_of
from dlexp.config.load_study import load_study
from dlexp.machine import host
from dlexp.records.run_dir import RunDir
from dlexp.reports.run.curves import CURVES

BASE = "dataset: iris\ntraining: {epochs: 2}\n"
SGD, ADAM = [0.85, 0.86, 0.84, 0.87, 0.85], [0.90, 0.91, 0.905, 0.90, 0.90]


def study(path: Path, *claims: str, variants: str = "{sgd: {optimizer: sgd}, adam: {}}", **keys: object) -> Path:
    """A study of a config `iris.yaml` beside it, with claims in YAML's flow style."""
    (path.parent / "iris.yaml").write_text(BASE)
    lines = ["base: iris.yaml", f"variants: {variants}", *(f"{key}: {value}" for key, value in keys.items())]
    path.write_text("\n".join([*lines, "claims:", *(f"  - {{{claim}}}" for claim in claims)]) + "\n")
    return path


def record(path: Path, runs_dir: Path, accuracy: Mapping[str, Sequence[float]], **extra: Any) -> list[RunDir]:
    """Finished runs of the variants of a study, by name the validation accuracy of each seed."""
    loaded = load_study(path)
    run_dirs = []
    for name, values in accuracy.items():
        experiment = loaded.variants[name].experiment
        digest = experiment.dataset.digest(None)
        for seed, value in enumerate(values):
            run_dir = finished(
                runs_dir,
                experiment.name,
                seed,
                value,
                experiment.model_dump(mode="json", exclude={"name"}),
                identity=identities_of(experiment, (digest,)).own,
                data_digest=digest,
                training_version=TRAINING_VERSION,
                **extra,
            )
            run_dir.environment_path.write_text(json.dumps({"host": host()}))
            (run_dir.path / CURVES.file).touch()
            run_dirs.append(run_dir)
    return run_dirs
