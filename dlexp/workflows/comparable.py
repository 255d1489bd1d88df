"""Whether experiments that are to be trained for a comparison can be compared: asked before anything is trained."""

from collections.abc import Sequence

from dlexp.components.columns import Column
from dlexp.config.measurable import in_result
from dlexp.errors import UserError
from dlexp.execution.standing import IdentifiedExperiment
from dlexp.near_words import did_you_mean
from dlexp.records.index import Run
from dlexp.reports.comparison import comparability
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.groups import untrained, variants_of


def known_of(
    labels: Sequence[str], subjects: Sequence[IdentifiedExperiment], on_record: Sequence[Sequence[Run]]
) -> list[Compared]:
    """What is known of experiments, by labels: their runs on record, else what their settings tell."""
    recorded = variants_of(dict(zip(labels, on_record, strict=True)))
    return [
        recorded[label] if label in recorded and recorded[label].runs else untrained(subject, label)
        for label, subject in zip(labels, subjects, strict=True)
    ]


def require_comparable(experiments: Sequence[Compared]) -> None:
    """Refuse experiments that share no examples with the first one.

    Raises:
        UserError: With each of them.
    """
    first, *others = experiments
    pairs = [f"{first.label} and {each.label}" for each in others if not comparability.shares_examples(first, each)]
    if pairs:
        raise UserError(*(f"{pair} cannot be compared: they are scored on other examples" for pair in pairs))


def require_metric(name: str, subjects: Sequence[IdentifiedExperiment], experiments: Sequence[Compared]) -> None:
    """Refuse a number that not all have, or that is not the same in all.

    Raises:
        UserError: With what they have, or which of them has not this one.
    """
    columns, column = [in_result(each.experiment) for each in subjects], Column.parse(name)
    known = [each for each in columns[0] if all(each in own for own in columns[1:])]
    if name not in known:
        near, which = did_you_mean(name, known), "both" if len(columns) == 2 else "all of them"
        raise UserError(f"--metric {name}: not recorded by {which}.{near} Choose from: {', '.join(known)}")
    if missing := next((each for each in experiments if each.runs and not each.by_seed(column)), None):
        raise UserError(f"--metric {name}: {missing.why_missing(column) or f'no run of {missing.label} has it'}")
    first, *others = experiments
    for other in others:
        if obstacle := comparability.obstacle(first, other, column):
            raise UserError(f"{first.label} and {other.label} cannot be compared by {name}: {obstacle}")
