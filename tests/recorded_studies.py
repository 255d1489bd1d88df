"""Studies of irises in files, and finished runs of their variants as the trainer records them, without training."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from make_runs import failed, finished

from dlexp.config.experiment import Experiment
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
    variants = load_study(path).variants
    pairs = ((variants[name].experiment, values) for name, values in accuracy.items())
    return [run for experiment, values in pairs for run in recorded(experiment, runs_dir, enumerate(values), **extra)]


def record_points(path: Path, runs_dir: Path, accuracy: Mapping[str, Sequence[Sequence[float]]]) -> None:
    """Finished runs of the points of a study's tuning, by variant the validation accuracy of each point and seed."""
    found = load_study(path)
    for name, of_points in accuracy.items():
        for point, values in zip(found.points[name], of_points, strict=True):
            recorded(point.config.experiment, runs_dir, zip(found.study.tuning_seeds, values, strict=True))


def recorded(
    experiment: Experiment, runs_dir: Path, accuracy: Iterable[tuple[int, float]], **extra: Any
) -> list[RunDir]:
    """Finished runs of an experiment, of each seed with its validation accuracy; NaN is one that diverged."""
    run_dirs = []
    digest = experiment.dataset.digest(None)
    config = experiment.model_dump(mode="json", exclude={"name"})
    about: dict[str, Any] = {"identity": identities_of(experiment, (digest,)).own, "data_digest": digest}
    about["training_version"] = TRAINING_VERSION
    for seed, value in accuracy:
        if math.isnan(value):
            failed(runs_dir, experiment.name, seed, config, **about)
            continue
        run_dir = finished(runs_dir, experiment.name, seed, value, config, **about, **extra)
        run_dir.environment_path.write_text(json.dumps({"host": host()}))
        (run_dir.path / CURVES.file).touch()
        run_dirs.append(run_dir)
    return run_dirs
