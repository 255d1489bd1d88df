"""Why a run is no better than guessing."""

from dataclasses import replace

from dlexp.reports.numbers import known
from dlexp.reports.run import remedies, trends
from dlexp.reports.run.evidence import Evidence, GuessableScore, TargetEvidence
from dlexp.reports.run.learning_rates import can_observe, collapsed, slow, thrown
from dlexp.reports.run.symptom import Symptom
from dlexp.reports.run.training_length import unfinished

#: A loss that stays within that from the second epoch on does not move.
STUCK_SHARE = 0.01
#: How much better the training examples score than guessing, of what is possible, when something is learned of them.
LEARNED_SHARE = 0.25
#: The same when they are known by heart.
BY_HEART_SHARE = 0.9
#: A class that so many examples have is what a model may predict for all of them.
LARGE_CLASS, TIMES_EQUAL_SHARE = 0.5, 1.5

_OF_NO_USE = "too few examples, or labels that do not belong to the inputs: dlexp control tells which"
_CONTROL = "; dlexp control tells labels that do not belong to the inputs from a model that cannot learn"


def why_lost(evidence: Evidence, target: TargetEvidence) -> Symptom:
    """Why a target is predicted no better than by guessing."""
    no_better = target.scores[0].beside_guessing
    for look in (_memorizes, collapsed, slow, _one_class, thrown, unfinished):
        if found := look(evidence, target):
            what = found.what if found.kind in ("memorizes", "one_class") else f"{found.what}; {no_better}"
            return replace(found, what=what)
    config, later = evidence.config, target.loss[1:]
    is_stuck = len(later) > 2 and max(later) - min(later) < STUCK_SHARE * target.scale
    if not is_stuck and _of_large_class(evidence, target):  # A model that tells the rare ones may score no better.
        what = f"{no_better}: most examples are of one class, and metrics such as auc or f1_macro would tell"
        return Symptom(kind="guessing", what=what, change=remedies.balanced(config, target.name))
    stays = f"stuck: {target.loss_column} stays at {known(target.loss[-1])} from epoch 2 on; " if is_stuck else ""
    change = remedies.centred_output(config, target.name)
    if target.is_constant or remedies.has_unlikely_units(config):
        change = change or remedies.livelier_units(config)
    return Symptom(
        kind="stuck" if is_stuck else "guessing",
        what=f"{stays}{no_better}" + ("" if change else _CONTROL),
        change=change,
        observe=bool(change) and can_observe(evidence.run),
        control=not change,
    )


def _memorizes(evidence: Evidence, target: TargetEvidence) -> Symptom | None:
    """Training examples are learned, and that is of no use for others."""
    score = target.scores[0]
    if target.trained:
        trained, name = trends.end(target.trained), str(score.column.on("train"))
        possible = abs((1.0 if score.column.higher_is_better else 0.0) - score.guess)
        is_learned = score.gain(trained) > LEARNED_SHARE * possible and score.gain(trained) > score.margin
        is_by_heart = score.gain(trained) > BY_HEART_SHARE * possible
    else:
        trained, name = target.loss[-1], target.loss_column
        is_learned = trained < (1 - LEARNED_SHARE) * target.start
        is_by_heart = trained < (1 - BY_HEART_SHARE) * target.start
    if not is_learned:
        return None
    learns = "learns the training examples by heart" if is_by_heart else "learns only its training examples"
    what = f"{learns}: {name} reached {known(trained)}, and {score.beside_guessing}; {_OF_NO_USE}"
    return Symptom(kind="memorizes", what=what, control=True)


def _of_large_class(evidence: Evidence, target: TargetEvidence) -> GuessableScore | None:
    """The accuracy beside that of always saying the same class, where this is high."""
    n_classes = max(2, evidence.n_classes(target.name))
    high = max(LARGE_CLASS, TIMES_EQUAL_SHARE / n_classes)
    accuracies = (score for score in target.scores if score.column.quantity == "accuracy")
    return next((score for score in accuracies if score.guess >= high), None)


def _one_class(evidence: Evidence, target: TargetEvidence) -> Symptom | None:
    """The most frequent class is predicted for all."""
    score = _of_large_class(evidence, target)
    only = evidence.only_class(target.name) if score else None
    if score is None or only is None:
        return None
    what = (
        f"predicts one class for all test examples, {only}: {score.column} {known(score.kept)} is its share, "
        f"{known(score.guess)}; metrics such as auc or f1_macro would tell"
    )
    return Symptom(kind="one_class", what=what, change=remedies.balanced(evidence.config, target.name))
