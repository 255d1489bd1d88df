"""Trains runs in this process, one after the other: `python -m tests.exact_runs FOLDER WORD...`.

A word is a config's file stem and a seed, as `adam:1`. Runs lie in `FOLDER/runs`, the configs beside it.
"""

import sys
from pathlib import Path

from dlexp.config.identity import Ingredients
from dlexp.config.load import load
from dlexp.execution.execute import execute
from dlexp.records.numbering import Numbering
from dlexp.training.job import Job


def main(folder: Path, words: list[str]) -> None:
    """Train each."""
    for word in words:
        stem, _, seed = word.partition(":")
        experiment = load(folder.parent / f"{stem}.yaml").experiment
        digest = experiment.dataset.digest(None)
        identity = Ingredients.of(experiment, digest).identity
        job = Job(
            experiment=experiment,
            seed=int(seed),
            identity=identity,
            data_digest=digest,
            path=Numbering(folder).create(experiment.name, int(seed), identity).path,
            experiment_label=stem,
            data_dir=None,
            stand_in=False,
            provenance={},
        )
        execute(job)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
