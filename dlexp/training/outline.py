"""The layers of models that nobody trains: for `run --dry-run`."""

from collections.abc import Sequence
from pathlib import Path

from dlexp.config.checks import completed
from dlexp.config.experiment import Experiment
from dlexp.errors import DataError, UserError
from dlexp.records.ended import Layer
from dlexp.training.child import in_child

#: The layers of a model as a summary.json lists them; empty if even a stand-in needs data that is absent.
Outline = list[Layer]


def outlines(
    experiments: Sequence[Experiment], data_dir: Path | None = None, allow_code: bool = False
) -> list[Outline | None]:
    """Each experiment's layers; None for one that calls functions of the user's own, unless that is allowed.

    The models are really built, by Keras and in a process of its own: nothing here knows what a component's layers
    are, and this process stays without TensorFlow.

    Raises:
        UserError: With everything that Keras refuses, or the user's own functions.
    """
    built = [experiment for experiment in experiments if allow_code or not experiment.functions]
    layers = iter(in_child(_outlines, built, data_dir) if built else [])
    return [next(layers) if allow_code or not experiment.functions else None for experiment in experiments]


def _outlines(experiments: Sequence[Experiment], data_dir: Path | None) -> list[Outline]:
    found: list[Outline] = []
    refused: list[str] = []
    for experiment in experiments:
        try:
            found.append(outline(experiment, data_dir))
        except UserError as error:
            refused += [f"{experiment.name}: {line}" for line in error.lines]
    if refused:
        raise UserError(*refused)
    return found


def outline(experiment: Experiment, data_dir: Path | None = None) -> Outline:
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
