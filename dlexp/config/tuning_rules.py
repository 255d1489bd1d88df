"""By which column the variants of a study are tuned, and over which keys: on the same validation examples."""

from collections.abc import Iterator, Sequence

from dlexp.components.columns import Column
from dlexp.components.component import Misfit
from dlexp.config.claim_rules import Experiments, listed, missing
from dlexp.config.experiment import Experiment
from dlexp.config.measurable import CHOOSES_NO_EXAMPLES, in_result, is_decidable, validation_scores
from dlexp.config.study import Study


def default_column(experiment: Experiment) -> str:
    """The last epoch's validation score by which one picks: the head's first metric that has a better way."""
    return str(next(iter(validation_scores(experiment)), Column(quantity="loss", split="validation")))


def tuning(study: Study, experiments: Experiments) -> Iterator[Misfit]:
    """A column by which none can be picked, and keys with which it would be another."""
    if not study.tune:
        return
    path, name = ("tune_by", study.tune_by) if study.tune_by else ("tune", default_column(_first(experiments)))
    column = Column.parse(name)
    on_test = [variant for variant, each in experiments.items() if each.validation.type == "test"]
    if on_test:
        where = f" in {listed(on_test)}" if len(on_test) < len(experiments) else ""
        why = f"validation is the test split itself{where}, by which nothing may be picked"
        yield Misfit(path, f"{why}; set validation to a part of the training data, such as 0.2")
    elif name in set(in_result(_first(experiments))) - set(choices := _picking(_first(experiments))):
        on = {"validation": "is no score of the validation data", "train": "is measured in training"}
        why = on.get(column.split, "is measured on test data")
        yield Misfit(path, f"{name!r} {why}; validation scores pick. Choose from: {', '.join(choices)}")
    else:
        yield from (Misfit(path, why) for why in missing(name, experiments, _picking))
    for key in study.tune:
        if why := _why_not(key, column):
            yield Misfit(f"tune.{key}", why)


def _why_not(key: str, column: Column) -> str:
    """Why points that differ in a key cannot be compared by a column; empty if they can."""
    section = key.split(".")[0]
    if section == "validation" or (section == "dataset" and not CHOOSES_NO_EXAMPLES.match(key)):
        return "chooses the examples that validate, so that its values cannot be compared; make them variants"
    if column.is_loss and (section in ("head", "loss", "metrics") or "regularizer" in key):
        return f"makes {column} another function, so that its values cannot be compared; name a metric as tune_by"
    return ""


def _picking(experiment: Experiment) -> Sequence[str]:
    """The columns by which one may pick: validation scores of which one way is better."""
    columns = ((name, Column.parse(name)) for name in in_result(experiment) if is_decidable(name))
    return [name for name, column in columns if column.split == "validation" and column.best != "epoch"]


def _first(experiments: Experiments) -> Experiment:
    return next(iter(experiments.values()))
