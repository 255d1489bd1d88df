"""The layers of models that nobody trains: for `run --dry-run`."""

from collections.abc import Sequence
from pathlib import Path

from dlexp.config.checks import completed
from dlexp.config.experiment import Experiment
from dlexp.errors import DataError, UserError
from dlexp.records.ended import Layer
from dlexp.training.child import in_child


def outlines(
    experiments: Sequence[Experiment], data_dir: Path | None = None, allow_code: bool = False
) -> list[list[Layer] | None]:
    """Each experiment's layers; None for one that calls functions of the user's own, unless that is allowed.

    The models are really built, by Keras and in a process of its own: nothing here knows what a component's layers
    are, and this process stays without TensorFlow.

    Raises:
        UserError: With everything that Keras refuses, or the user's own functions.
    """
    built = [experiment for experiment in experiments if allow_code or not experiment.functions]
    layers = iter(in_child(_outlines, built, data_dir) if built else [])
    return [next(layers) if allow_code or not experiment.functions else None for experiment in experiments]


def _outlines(experiments: Sequence[Experiment], data_dir: Path | None) -> list[list[Layer]]:
    found, refused = [], []
    for experiment in experiments:
        try:
            found.append(outline(experiment, data_dir))
        except UserError as error:
            refused += [f"{experiment.name}: {line}" for line in error.lines]
    if refused:
        raise UserError(*refused)
    return found


def outline(experiment: Experiment, data_dir: Path | None = None) -> list[Layer]:
    """One experiment's layers, as summary.json lists them; none if even a stand-in needs data that is absent."""
    from dlexp.training.threads import start

    start()
    from dlexp.training.network import build

    try:
        data = experiment.dataset.sample(data_dir)
    except DataError:
        return []
    info = data.info or experiment.dataset.info()
    return build(completed(experiment, info), info, data.train, seed=0).layers()
