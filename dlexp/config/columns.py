"""The columns of history.csv, known from the config alone."""

from dlexp.components.metrics import OTHER_COLUMNS, higher_is_better
from dlexp.config.experiment import Experiment


def columns(experiment: Experiment) -> list[str]:
    """The columns of history.csv."""
    scores = ["loss", *experiment.head.score_names]
    validation = [] if experiment.validation.type == "none" else [f"val_{name}" for name in scores]
    return [*OTHER_COLUMNS, *scores, *experiment.head.weight_names, *validation]


def judged_columns(experiment: Experiment) -> list[str]:
    """Those of which one way is better: what can be monitored."""
    return [column for column in columns(experiment) if higher_is_better(column) is not None]
