"""Symptoms of a learning rate that is too large, or far too small."""

import math
from statistics import median

from dlexp.records.ended import Failed
from dlexp.records.index import Run
from dlexp.reports.numbers import known
from dlexp.reports.run import remedies, trends
from dlexp.reports.run.evidence import Evidence, History, TargetEvidence
from dlexp.reports.run.symptom import Kind, Symptom

# Losses are measured by that of knowing nothing where it is known, else by the first one. The shares lie between what
# `python -m benchmarks symptoms` finds in healthy runs and in planted pathologies; docs/symptoms.md has its figures.
#: A loss that lost less than that of its start, at a pace that hardly slows down, or nothing at all.
SLOW_SHARE, SLOW_PACE, SLOW_LEAST = 0.3, 0.5, 0.02
#: What was learned that is lost again in one epoch and not back in the next ones.
JUMP_SHARE, JUMP_EPOCHS = 0.5, 3
#: A loss so many times that of knowing nothing; the shipped configs that begin far off have 5 times that.
JUMP_TIMES = 10.0
#: How much the training loss rises per epoch; healthy runs 0.01 at most, with dropout or densities 0.03.
TREMBLE_SHARE, TREMBLE_SHARE_OF_NOISY = 0.02, 0.05
#: At a rate above the usual ones, so much of that: a loss that falls steadily does not rise at all.
WILD_SHARE = 0.05
#: How much better the training examples score than guessing, of what is possible, when labels are learned by heart.
LEARNED_SHARE = 0.25


def diverged(run: Run, failed: Failed, history: History) -> Symptom:
    """A loss that became NaN or infinite, and what it was before."""
    finite = {int(row["epoch"]): row["loss"] for row in history if math.isfinite(row.get("loss", math.nan))}
    told = dict.fromkeys([min(finite, key=finite.__getitem__), max(finite)] if finite else [])
    losses_before = " and ".join(f"{known(finite[each])} in epoch {each}" for each in told)
    before = f", after a loss of {losses_before}" if told else ""
    usual, rate = remedies.usual_rate(run.config), remedies.number(run.config, "optimizer.learning_rate")
    is_large = usual is None or rate > usual
    return Symptom(
        kind="diverged",
        what=f"diverged in epoch {failed.epoch or len(history)}: its losses or weights are NaN or infinite{before}",
        change=(is_large and remedies.smaller_rate(run.config, 10)) or remedies.clipped(run.config),
        observe=can_observe(run) and bool(finite),
    )


def slow(evidence: Evidence, target: TargetEvidence) -> Symptom | None:
    """A learning rate that is far too small."""
    if not remedies.is_slow(evidence.config, evidence.rate) or len(target.loss) < 2:
        return None
    found, fell = trends.descent(target.loss), target.loss[0] - target.loss[-1]
    scale = max(target.scale, abs(target.loss[0]))
    is_steady = found is not None and found.pace >= SLOW_PACE
    if fell > SLOW_SHARE * scale or not (is_steady or fell < SLOW_LEAST * scale):
        return None
    what = (
        f"learns too slowly, at a learning rate of {evidence.rate:g}: {target.loss_column} went from "
        f"{known(target.loss[0])} to {known(target.loss[-1])} in {len(target.loss)} epochs"
    )
    return Symptom(kind="slow", what=what, change=remedies.larger_rate(evidence.config))


def collapsed(evidence: Evidence, target: TargetEvidence) -> Symptom | None:
    """What was learned is lost again, and for good."""
    score = target.scores[0]
    gains = [score.gain(value) for value in score.values]
    best = max(range(len(gains)), key=gains.__getitem__)
    lost = next((k for k in range(best + 1, len(gains)) if max(gains[k:]) <= score.margin), None)
    if gains[best] < max(2 * score.margin, LEARNED_SHARE * abs(1 - score.guess)) or lost is None:
        return None
    was = f"{score.column} was {known(score.values[best])} in epoch {best + 1}"
    what = f"forgot in epoch {lost + 1} what it had learned: {was}"
    return _of_the_rate("collapsed", what, evidence, 10)


def thrown(evidence: Evidence, target: TargetEvidence) -> Symptom | None:
    """A loss that a large rate throws about, by the clearest sign of it."""
    return _flies_away(evidence, target) or _oscillates(evidence, target) or _jumps(evidence, target)


def _flies_away(evidence: Evidence, target: TargetEvidence) -> Symptom | None:
    """A loss that is far above that of knowing nothing, unless the training began there."""
    loss, config = target.loss, evidence.config
    highest = max(range(len(loss)), key=loss.__getitem__)
    # Where it is not known what knowing nothing loses, a model that learned nothing tells it in most epochs.
    usual = target.chance or (JUMP_TIMES * abs(median(loss)) if target.is_lost else math.inf)
    if loss[highest] <= JUMP_TIMES * usual or (highest == 0 and remedies.starts_off_centre(config, target.name)):
        return None
    beside = (
        f"a model that knows nothing has {known(target.chance)}" if target.chance else "hardly anything was learned"
    )
    what = f"the learning rate is too large: {target.loss_column} was {known(loss[highest])} in epoch {highest + 1}"
    return _of_the_rate("jumps", f"{what}, and {beside}", evidence, 10)


def _jumps(evidence: Evidence, target: TargetEvidence) -> Symptom | None:
    """A loss that loses in one epoch much of what it had learned, and does not get it back in the next ones."""
    loss, k = target.loss, trends.largest_rise(target.loss)
    if not k or min(loss[k : k + 1 + JUMP_EPOCHS]) <= loss[k - 1]:
        return None
    learned = max(target.start - min(loss[:k]), target.scale / 4)
    if loss[k] - loss[k - 1] < JUMP_SHARE * learned * (2 if _is_restless(evidence, target) else 1):
        return None
    jump = f"from {known(loss[k - 1])} in epoch {k} to {known(loss[k])} in epoch {k + 1}"
    return _of_the_rate("jumps", f"the learning rate is too large: {target.loss_column} jumped {jump}", evidence, 10)


def oscillates_rather(evidence: Evidence, target: TargetEvidence) -> Symptom | None:
    """What is to be mended before anything else at a rate that the optimizer never takes: its slightest trembling."""
    return _oscillates(evidence, target, WILD_SHARE) if remedies.is_wild(evidence.config) else None


def _oscillates(evidence: Evidence, target: TargetEvidence, share: float = 1.0) -> Symptom | None:
    """A loss that keeps going up and down; or the score of a model that learned nothing, by more than chance.

    Args:
        evidence: What is on record.
        target: Whose loss.
        share: Of the rise that is too much otherwise.
    """
    limit = share * (TREMBLE_SHARE_OF_NOISY if _is_restless(evidence, target) else TREMBLE_SHARE)
    restless = (score for score in target.scores if trends.restlessness(score.values) > score.margin)
    if trends.tremble(target.loss) >= limit * target.scale:
        column, values = target.loss_column, target.loss
    elif target.is_lost and (score := next(restless, None)):
        column, values = str(score.column), score.values
    else:
        return None
    half = values[len(values) // 2 :]
    between = f"between {known(min(half))} and {known(max(half))}"
    what = f"oscillates: in the last {len(half)} epochs {column} went up and down {between}"
    return _of_the_rate("oscillates", what, evidence, 5)


def _is_restless(evidence: Evidence, target: TargetEvidence) -> bool:
    """Whether the training loss goes up and down in healthy runs too."""
    return evidence.is_noisy or target.is_density


def _of_the_rate(kind: Kind, what: str, evidence: Evidence, factor: float) -> Symptom:
    change = remedies.smaller_rate(evidence.config, factor)
    return Symptom(kind=kind, what=what, change=change, observe=can_observe(evidence.run))


def can_observe(run: Run) -> bool:
    """Whether the hidden layers could tell more, and have not been looked at yet."""
    return remedies.can_observe(run.config) and not run.dir.has_diagnostics
