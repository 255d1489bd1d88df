"""The layers of models that nobody trains: for `run --dry-run`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dlexp.components.component import Misfit
from dlexp.config.checks import completed
from dlexp.config.experiment import Experiment
from dlexp.config.needed_memory import RunMemory
from dlexp.errors import DataError, UserError
from dlexp.records.ended import Layer
from dlexp.training.child import in_child


@dataclass(frozen=True)
class Outline:
    """A model that was built to be looked at."""

    layers: Sequence[Layer] = ()
    """As summary.json lists them; none if even a stand-in needs data that is absent."""
    misfits: Sequence[Misfit] = ()
    """Why it cannot be built."""
    memory: RunMemory = field(default_factory=RunMemory)
    """What a run of it needs."""


def outlines(
    experiments: Sequence[Experiment], data_dir: Path | None = None, allow_code: bool = False
) -> list[Outline | None]:
    """Each experiment's model; None if it calls functions of the user's own, unless that is allowed.

    The models are really built, by Keras and in a process of its own: nothing here knows what a component's layers
    are, and this process stays without TensorFlow.
    """
    built = [experiment for experiment in experiments if allow_code or not experiment.functions]
    found = iter(in_child(_outlines, built, data_dir) if built else [])
    return [next(found) if allow_code or not experiment.functions else None for experiment in experiments]


def _outlines(experiments: Sequence[Experiment], data_dir: Path | None) -> list[Outline]:
    return [outline(experiment, data_dir) for experiment in experiments]


def outline(experiment: Experiment, data_dir: Path | None = None) -> Outline:
    """One experiment's model."""
    from dlexp.training.threads import start

    start()
    from dlexp.training.input_remarks import info_of
    from dlexp.training.preflight import misfits_of, network_of
    from dlexp.training.run_memory import run_memory

    try:
        data = experiment.dataset.sample(data_dir)
    except DataError:
        return Outline()
    except UserError as error:
        return Outline(misfits=misfits_of(error))
    info = info_of(experiment, data)
    try:
        experiment = completed(experiment, info)
        network = network_of(experiment, info, data)
        return Outline(network.layers(), memory=run_memory(experiment, network, data, info))
    except UserError as error:
        return Outline(misfits=misfits_of(error))
