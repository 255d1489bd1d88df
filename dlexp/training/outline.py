"""The layers of models that nobody trains: for `run --dry-run`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dlexp.config.checks import completed
from dlexp.config.experiment import Experiment
from dlexp.errors import DataError
from dlexp.training.child import in_child


def outlines(experiments: Sequence[Experiment], data_dir: Path | None = None) -> list[list[dict[str, Any]]]:
    """Each experiment's layers as its summary.json would list them; none where even a stand-in needs absent data.

    The models are really built, by Keras and in a process of its own: nothing here knows what a component's layers
    are, and this process stays without TensorFlow.
    """
    return in_child(_outlines, experiments, data_dir)


def _outlines(experiments: Sequence[Experiment], data_dir: Path | None) -> list[list[dict[str, Any]]]:
    return [outline(experiment, data_dir) for experiment in experiments]


def outline(experiment: Experiment, data_dir: Path | None = None) -> list[dict[str, Any]]:
    """One experiment's layers; imports TensorFlow."""
    from dlexp.training.threads import start

    start()
    from dlexp.training.network import build
    from dlexp.training.summary import layers

    try:
        data = experiment.dataset.sample(data_dir)
    except DataError:
        return []
    if data.info:
        experiment = completed(experiment, data.info)
    return layers(build(experiment, data.info or experiment.dataset.info(), data.train, seed=0))
