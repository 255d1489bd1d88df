"""The experiments over whose training sets bias and variance are measured."""

from collections.abc import Iterator

from dlexp.components.training_sets import Bootstrap, Fresh, Resampling, Subset
from dlexp.config.experiment import Experiment
from dlexp.config.names import BIAS_VARIANCE

_DRAWN = {"fresh": Fresh, "bootstrap": Bootstrap}


def resampled(experiment: Experiment, n: int, how: Resampling | None) -> Iterator[Experiment]:
    """An experiment on `n` training sets: by default fresh ones if the distribution is known, else bootstrap."""
    how = how or ("fresh" if experiment.dataset.has_known_distribution else "bootstrap")
    for index in range(n):
        resample = Subset(index=index, parts=n) if how == "subset" else _DRAWN[how](index=index)
        dataset = experiment.dataset.model_copy(update={"resample": resample})
        yield experiment.model_copy(update={"name": experiment.name + BIAS_VARIANCE, "dataset": dataset})
