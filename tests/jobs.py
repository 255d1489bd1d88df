"""Jobs of configs given as text, and what their runs recorded."""

from pathlib import Path
from typing import Any

import numpy as np

from dlexp.config.identity import Ingredients, code_digest
from dlexp.config.load import load
from dlexp.execution.execute import execute
from dlexp.records.numbering import Numbering
from dlexp.records.run_dir import RunDir
from dlexp.reports.run.curves import CURVES
from dlexp.training.job import Job

SUBMITTED = "2024-05-01T10:00:00.000001+00:00"
IRIS = "dataset: iris\nmodel: {hidden: [8]}\ntraining: {epochs: 5}\n"


def job_of(tmp_path: Path, text: str, seed: int = 0, stand_in: bool = False) -> Job:
    """A job for a config given as text."""
    config = tmp_path / "test.yaml"
    config.write_text(text)
    experiment = load(config).experiment
    digest = "stand-in" if stand_in else experiment.dataset.digest(None)
    ident = Ingredients.of(experiment, digest).identity
    run_dir = Numbering(tmp_path / "runs").create(experiment.name, seed, ident)
    code = code_digest(experiment)
    return Job(
        experiment=experiment,
        seed=seed,
        identity=ident,
        data_digest=digest,
        path=run_dir.path,
        experiment_label=experiment.name,
        data_dir=None,
        stand_in=stand_in,
        provenance={"command": "test", "submitted": SUBMITTED},
        after=[CURVES],
        code_digest=code,
    )


def run_of(tmp_path: Path, text: str) -> RunDir:
    """The finished run of a config given as text."""
    job = job_of(tmp_path, text)
    execute(job)
    run_dir = RunDir(job.path)
    assert run_dir.status == "finished", run_dir.failure()
    return run_dir


def records(run_dir: RunDir) -> tuple[list[str], list[dict[str, float]], list[np.ndarray], dict[str, Any]]:
    """The history without its seconds, the diagnostics, the weights and the scores."""
    import keras

    summary = run_dir.summary()
    assert summary is not None
    lines = run_dir.history_path.read_text(encoding="utf-8").splitlines()
    return (
        [",".join(cell for i, cell in enumerate(line.split(",")) if i != 1) for line in lines],
        run_dir.diagnostics(),
        keras.models.load_model(run_dir.model_path).get_weights(),
        dict(summary.metrics),
    )
