"""What the runs of an experiment record: the numbers that a claim can be about, known from its settings alone."""

import re
from collections.abc import Iterator

from dlexp.components.columns import COSTS, DIAGNOSED, OTHER_COLUMNS, Column
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.heads import Multitask
from dlexp.components.heads.head import Head
from dlexp.components.models.model import Stack
from dlexp.config.experiment import Experiment

#: What the name of a column of the diagnostics begins with, before the number of a layer or the column itself.
DIAGNOSTICS = "diagnostics."
#: Settings that choose no example of the validation and test splits: how the inputs are encoded, which examples train,
#: and the path of files that a digest stands for.
CHOOSES_NO_EXAMPLES = re.compile(
    r"dataset\.(?:resample.*|(?:path|num_words|skip_top|encoding|maxlen|standardize|features|categorical|text|form"
    r"|vocabulary|train_fraction|train_fraction_seed)$)"
)
#: The targets of heads whose prediction is a number; of all others it is a class.
NUMBERS = {"regression", "proportion", "count"}


def in_each_epoch(experiment: Experiment) -> list[str]:
    """The columns that have a value in every epoch."""
    return [name for name in experiment.history_columns if name != "epoch"]


def in_result(experiment: Experiment) -> list[str]:
    """The columns that have one value in a run: of the last and the best epoch, of the test split, and what it took."""
    history = [Column.parse(name) for name in experiment.history_columns if name not in OTHER_COLUMNS]
    judged = [column for column in history if column.is_judged]
    best = [column for column in judged if column.split == "validation"]
    trained = [column for column in history if column.split == "train" and column.quantity != "weight"]
    columns = [
        *history,
        *(each for column in best for each in (column.best_value, column.best_epoch)),
        *(column.on("test") for column in [*trained, *_calibration(experiment)]),
        *(column.on("gap") for column in judged if column.split == "train"),
    ]
    return [*dict.fromkeys(map(str, columns)), *COSTS]


def validation_scores(experiment: Experiment) -> list[Column]:
    """The scores of the last epoch on the validation split by which one can be better: metrics first, then losses."""
    columns = map(Column.parse, in_result(experiment))
    scores = (each for each in columns if each.split == "validation" and each.is_judged and not each.best)
    return sorted(scores, key=lambda each: each.is_loss)


def in_diagnostics(experiment: Experiment) -> list[str]:
    """The columns of the diagnostics, of each hidden layer and over all of them; none if there is nothing to see."""
    if why_no_diagnostics(experiment) or not isinstance(experiment.model, Stack) or not experiment.model.hidden:
        return []
    layers = range(1, len(experiment.model.hidden) + 1)
    return [f"{DIAGNOSTICS}{part}{name}" for part in ("", *(f"{i}." for i in layers)) for name in DIAGNOSED]


def why_no_diagnostics(experiment: Experiment) -> str:
    """Why its hidden layers cannot be looked at; empty if they can."""
    if isinstance(experiment.head, Multitask) and experiment.head.sharing == "none":
        return "diagnostics look at one trunk; head.sharing: none has several"
    if not isinstance(experiment.model, Stack):
        return f"diagnostics look at hidden layers by number; {experiment.model.type} has none"
    return ""


def error_parts(experiment: Experiment) -> list[str]:
    """The parts of the error over many training sets, as they are measured for its head and its data."""
    head, dataset = experiment.head, experiment.dataset
    if isinstance(head, Head) and not _predicts_numbers(head):
        return ["bias", "net_variance", "unbiased_variance", "biased_variance", "variance", "error"]
    if type(dataset).expected is Dataset.expected:  # The true mean is not known.
        return ["bias_squared_and_noise", "variance", "error"]
    return ["bias_squared", "variance", "noise", "error"]


def is_decidable(name: str) -> bool:
    """Whether one way of a column is better, so that it can be a goal, or must not worsen."""
    return name in COSTS or Column.parse(name).is_judged


def _predicts_numbers(head: Head) -> bool:
    return not NUMBERS.isdisjoint(head.learns.tasks)


def _calibration(experiment: Experiment) -> Iterator[Column]:
    """What heads say of the likelihood of the test split, as columns of the training split."""
    for target, (head, _) in experiment.head.by_target(experiment.dataset.info()).items():
        for quantity in ("nll", "coverage_90" if _predicts_numbers(head) else "calibration_error"):
            yield Column(quantity=quantity, target=target)
