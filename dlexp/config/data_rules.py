"""Rules of the lint for the data: the scales of the inputs, and which examples are scored."""

from collections.abc import Iterator
from itertools import permutations

from dlexp.components.data import Info
from dlexp.components.datasets.user.tables import Table
from dlexp.components.models import Layers
from dlexp.components.models.model import STANDARDIZE
from dlexp.components.validations import Front, GroupSplit, RandomSplit, TimeSplit
from dlexp.config import input_needs
from dlexp.config.advice import Advice
from dlexp.config.experiment import Experiment


def unscaled_inputs(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """Features on scales of their own make one learning rate too large and too small at once (LeCun et al., 1998)."""
    # Shipped data sets that have the key have features on other scales than 0 to 1; images and generators have no such
    # key. The scales of the user's own features are known when they are read.
    dataset = experiment.dataset
    model = experiment.model
    is_unscaled = getattr(dataset, "standardize", None) is False and not model.scales_inputs
    # A layer that takes a range needs what it is given now.
    is_unscaled = is_unscaled and model.scaling_key == STANDARDIZE
    if info.inputs == "numeric" and is_unscaled and not dataset.is_users_own:
        why = "features on scales of their own: one learning rate is too large for some and too small for others"
        yield Advice("dataset.standardize", why, True)


def input_range(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """Layers for images that clip what is outside their range in training alone, and inputs that are scaled twice."""
    model = experiment.model
    if not isinstance(model, Layers):
        return
    for need in model.unmet(info):
        if not need.is_certain:
            without_it = ("model.layers", input_needs.without(need, model))
            path, value = next(iter(input_needs.changes(need, experiment)), without_it)
            yield Advice(need.path, need.why, value, change_path=path)


def test_validation(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """The best score is then picked on the test data, and says too much (Goodfellow, 5.3)."""
    if experiment.validation.type == "test":
        why = "the best epoch is picked on the test data, so its score promises too much"
        yield Advice("validation.type", why, "split", change_path="validation")


def split_groups(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """Where rows of one group are on two sides, a score does not say what new groups would have."""
    sides = {"validation": experiment.validation, "dataset.test_split": experiment.dataset.chooses_test}
    for (path, split), (other_path, other) in permutations(sides.items()):
        if isinstance(other, GroupSplit) and isinstance(split, RandomSplit | Front | TimeSplit):
            why = f"parts the rows of a {other.column}, which {other_path} keeps together"
            yield Advice(path, why, {"type": other.type, "column": other.column, "size": split.size})


def group_feature(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """Groups that are scored are not those that are trained on: which one a row is of tells nothing there."""
    dataset = experiment.dataset
    splits = (experiment.validation, dataset.chooses_test)
    for column in dict.fromkeys(split.column for split in splits if isinstance(split, GroupSplit)):
        if isinstance(dataset, Table) and column in (features := dataset.roles.features_of([column])):
            why = f"column {column!r} names the groups, and is learned from: scored groups are others"
            others = [each for each in features if each != column]
            yield Advice("dataset.features", why, others) if others else Advice("dataset.id", why, column)


#: Rules of the data set and of the choice of its examples.
DATA_RULES = (
    unscaled_inputs,
    input_range,
    test_validation,
    split_groups,
    group_feature,
)
