"""Symptoms of a training that is too long or too short."""

from statistics import median

from dlexp.components.columns import Column
from dlexp.reports.numbers import known
from dlexp.reports.run import remedies, trends
from dlexp.reports.run.evidence import Evidence, TargetEvidence
from dlexp.reports.run.symptom import Symptom

#: So much of what validation had gained is lost again.
LOST_SHARE = 0.1
#: As many epochs again would gain so much of what was gained so far, and so much of the loss of knowing nothing.
AHEAD_SHARE, AHEAD_LEAST = 0.05, 0.01
#: What knows nothing yet would gain so much of that loss.
AHEAD_OF_LOST = 0.05


def overfits(evidence: Evidence, target: TargetEvidence) -> Symptom | None:
    """A validation loss that rises while that of training falls; not where the best epoch's weights are back."""
    validated, loss, best = target.validated, target.loss, target.best_epoch
    if evidence.result.restored_epoch or len(validated) < best + 3:
        return None
    n_last = max(3, (len(validated) - best) // trends.PART)
    lowest, last = validated[best - 1], median(validated[-n_last:])  # One epoch alone may be by chance.
    noise = trends.noise(validated[min(best, len(validated) // 2) :])
    is_large = last - lowest > max(LOST_SHARE * (target.start - lowest), 3 * noise)
    if not is_large or trends.end(loss[best:]) >= loss[best - 1]:
        return None
    what = (
        f"overfits since epoch {best}: {target.validated_column} rose from {known(lowest)} to {known(validated[-1])} "
        f"while {target.loss_column} fell from {known(loss[best - 1])} to {known(loss[-1])}"
    )
    return Symptom(kind="overfits", what=what, change=remedies.stopping(evidence.config))


def unfinished(evidence: Evidence, target: TargetEvidence) -> Symptom | None:
    """A loss that would go on falling."""
    curve = target.curve
    found = trends.descent(curve)
    is_of_biases = target.is_lost and target.is_constant  # They alone still learn: more epochs are of no use.
    if found is None or evidence.result.stopped_epoch or not found.is_clear or is_of_biases:
        return None
    gained = max(target.start, curve[0]) - curve[-1]
    before = len(curve) - found.epochs
    is_lower = curve[-1] < curve[before - 1] - found.fell / 2
    least = (AHEAD_OF_LOST if target.is_lost else AHEAD_LEAST) * target.scale
    if not is_lower or found.ahead < max(AHEAD_SHARE * gained, least):
        return None
    what = (
        f"still improving at the end: {target.column} fell from {known(curve[before - 1])} in epoch {before} to "
        f"{known(curve[-1])} in epoch {len(curve)}"
    )
    factor = 4 if found.pace > 0.8 else 2
    return Symptom(kind="unfinished", what=what, change=remedies.more_epochs(evidence.config, factor))


def stopped_at_once(evidence: Evidence) -> Symptom | None:
    """Early stopping that ends a training which has hardly begun, or one that still improves."""
    stopped, config, watched = evidence.result.stopped_epoch, evidence.config, evidence.watched
    patience = int(remedies.number(config, "training.early_stopping.patience"))
    best = evidence.result.restored_epoch or max(1, (stopped or 0) - patience)
    if not stopped or len(watched) < max(stopped, best):
        return None
    sign = 1 if Column.parse(evidence.monitor).higher_is_better else -1
    ended = f"early stopping ended the training after epoch {stopped}"
    kept, last = watched[best - 1], watched[stopped - 1]
    gained = max(sign * (value - kept) for value in watched[best - 1 :])
    if gained > (0.0 if best == 1 else AHEAD_SHARE * abs(kept)):
        least = known(remedies.number(config, "training.early_stopping.min_delta"))
        went = f"{evidence.monitor} went from {known(kept)} in epoch {best} to {known(last)}"
        what = f"{ended} although {went}: min_delta {least} is too large"
        return Symptom(kind="stopped_at_once", what=what, change=remedies.every_gain(config))
    if best > 1 or not any(target.is_lost for target in evidence.targets):
        return None
    what = f"{ended}: {evidence.monitor} was never better than in epoch 1, {known(kept)}"
    return Symptom(kind="stopped_at_once", what=what, change=remedies.smaller_rate(config, 10))
