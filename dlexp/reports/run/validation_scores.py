"""Symptoms of the validation split: scores better than in training, or of too few examples."""

import math

from dlexp.reports.numbers import known
from dlexp.reports.run import remedies, trends
from dlexp.reports.run.evidence import Evidence, TargetEvidence
from dlexp.reports.run.symptom import Symptom

#: By how much of the loss of knowing nothing validation is better than training.
BETTER_SHARE = 0.05
#: With fewer validation examples than that, one of them is more than 5 points of accuracy.
FEW_EXAMPLES = 20


def validation_better(evidence: Evidence, target: TargetEvidence) -> Symptom | None:
    """Validation that scores better than training, and why that may be."""
    n = evidence.result.examples.get("validation", 0)
    if not target.validated or not n:
        return None
    loss, validated = trends.end(target.loss), trends.end(target.validated)
    # The standard error of a mean squared error is sqrt(2 / n) of it, and that of other losses is near to that.
    if loss - validated < max(BETTER_SHARE * target.scale, 2 * math.sqrt(2 / n) * abs(validated)):
        return None
    what = f"{target.validated_column} {known(validated)} is better than {target.loss_column} {known(loss)}: "
    if evidence.is_noisy:
        why, change = "dropout or noise is active in training only", remedies.less_dropout(evidence.config)
    elif (found := trends.descent(target.loss)) and found.fell > (loss - validated) / 2:
        why, change = "training scores are means over an epoch in which it learned much", ""
    else:
        why, change = f"the {n:,} validation examples are easier, or are among the training examples", ""
    return Symptom(kind="validation_better", what=what + why, change=change)


def small_validation(evidence: Evidence, target: TargetEvidence) -> Symptom | None:
    """A validation split whose scores hardly tell two epochs apart."""
    examples = evidence.result.examples
    n, score = examples.get("validation", 0), next(iter(target.scores), None)
    if not 0 < n < FEW_EXAMPLES or score is None or not score.column.metric or not score.column.metric.in_points:
        return None
    points = f"{100 / n:.2g} points of {score.column}"
    what = f"one of its {n} validation examples is {points}: that hardly tells two epochs apart"
    change = remedies.larger_validation(evidence.config, n + examples.get("train", 0), FEW_EXAMPLES)
    return Symptom(kind="small_validation", what=what, change=change)
