"""Which controls of a set-up passed, and what a failed one says of it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dlexp.config.controls import CONTROLS
from dlexp.format import listed, plural
from dlexp.reports.numbers import significant
from dlexp.training.controlled import SURE, Association, Controlled, FirstLoss, OneBatch, TellingInput

#: passed; failed; allowed: failed, as the config says that it may; cannot tell: between chance and surely better.
Result = Literal["passed", "failed", "allowed", "cannot tell"]

#: A first loss so many times what theory says is on another scale; one that may be below 0, so far above.
TIMES, ABOVE = 4.0, 4.0
#: Numbers with this size, or its reciprocal, are learned at another pace than all else.
LARGE_TARGET = 30.0
#: So few examples held out show only the plainest.
FEW = 20
#: So are so few of another class than the most frequent one.
FEW_OTHERS = 5
#: With shuffled labels, of several targets one may be better than chance by chance.
CERTAIN = 5.0


@dataclass(frozen=True)
class Judged:
    """A control, and what came of it."""

    name: str
    result: Result
    found: str
    """What was measured, beside what it is compared with."""
    advice: str = ""
    """What it means, or what to change; empty where all is well."""

    @property
    def asks(self) -> str:
        """What would pass."""
        return CONTROLS[self.name]


def judge(controlled: Controlled, allowed: Collection[str] = ()) -> list[Judged]:
    """Every control in its order; one that failed and is `allowed` to fail says so."""
    found = [
        _first_loss(controlled.first_loss),
        _one_batch(controlled.one_batch),
        _beats_guessing(controlled),
        _shuffled_labels(controlled),
        _single_inputs(controlled.telling),
    ]
    is_meant = (each.result == "failed" and each.name in allowed for each in found)
    return [replace(each, result="allowed") if meant else each for each, meant in zip(found, is_meant, strict=True)]


def _first_loss(first: FirstLoss) -> Judged:
    found, advice = f"{significant(first.loss)}, and theory says {significant(first.expected)}", ""
    if first.reference and not 1 / TIMES < first.expected / first.reference < TIMES:
        found += f"; without weights of classes {significant(first.reference)}"
        advice = "these weights scale the loss, and with it every step: head.class_weight with a mean of about 1"
    elif first.target_size and not 1 / LARGE_TARGET < first.target_size < LARGE_TARGET:
        found += f", for numbers of the size {significant(first.target_size, 2)}"
        advice = "set head.standardize_target=true: the size of the target decides what a learning rate means"
    elif first.loss > TIMES * first.expected if first.is_bounded else first.loss > first.expected + ABOVE:
        advice = "the first outputs are far too large: inputs without a common scale, or large initial weights"
    return Judged("first_loss", "failed" if advice else "passed", found, advice)


def _one_batch(batch: OneBatch) -> Judged:
    found = f"{_scores(batch.learned)} on {plural(batch.n, 'example')} after {plural(batch.steps, 'step')}"
    unmoved, advice = [name for name in batch.unmoved if name not in batch.frozen], []
    if batch.frozen:
        advice.append(f"frozen, and never trained: {listed(batch.frozen)}")
    if unmoved:
        advice.append(f"no gradient reaches {listed(unmoved)}")
    if not all(each.is_learned for each in batch.learned):
        can = bool(batch.rescued) and all(each.is_learned for each in batch.rescued)
        learns = "learns it, so the optimizer or its learning_rate does not fit" if can else "does not learn it either"
        advice.append(f"Adam at a rate of 0.01 {learns}")
    return Judged("one_batch", "failed" if advice else "passed", found, "; ".join(advice))


def _beats_guessing(controlled: Controlled) -> Judged:
    trained, neighbours = controlled.trained, controlled.neighbours
    found = _scores(trained.held_out)
    if trained.epochs < trained.planned:
        found += f" after {trained.epochs} of {plural(trained.planned, 'epoch')}"
    if _are_sure(trained.held_out):
        return Judged("beats_guessing", "passed", found)
    for by, moved in controlled.shifted.items():
        if _are_sure(moved):
            row = "before" if by > 0 else "after"
            # Other examples are held out then, and guessing scores otherwise on these.
            scores = _scores(replace(each, guess=None) for each in moved)
            advice = f"the labels are misaligned: with that of the row {row} it is {scores}"
            return Judged("beats_guessing", "failed", found, advice)
    unsure = [each for each in trained.held_out if not each.is_sure]
    if any(each.z > SURE for each in unsure):
        return Judged(
            "beats_guessing", "cannot tell", found, "better than chance, and no better than one answer for all"
        )
    if neighbours and _are_sure(neighbours):
        advice = (
            f"the labels belong to the inputs, of which the nearest neighbours tell {_scores(neighbours)}; "
            "the model or its training does not learn them"
        )
        return Judged("beats_guessing", "failed", found, advice)
    if controlled.n_held_out < FEW:
        n = controlled.n_held_out
        advice = f"{plural(n, 'example')} held out {'is' if n == 1 else 'are'} too few"
        return Judged("beats_guessing", "cannot tell", found, advice)
    if rare := next((each for each in unsure if _n_others(each) < FEW_OTHERS), None):
        n = _n_others(rare)
        advice = f"only {plural(n, 'example')} held out {'is' if n == 1 else 'are'} not of the most frequent class"
        return Judged("beats_guessing", "cannot tell", found, advice)
    if any(each.z > SURE / 2 for each in unsure):
        return Judged("beats_guessing", "cannot tell", found, "perhaps better than chance")
    if trained.epochs < trained.planned:
        return Judged("beats_guessing", "cannot tell", found, "the short training ran out of time")
    advice = "the labels may not belong to the inputs, or the inputs may say nothing of the labels"
    return Judged("beats_guessing", "failed", found, advice)


def _n_others(found: Association) -> int:
    """How many examples are of another class than the most frequent one; of numbers all."""
    return round((1 - found.guess) * found.n) if found.metric == "accuracy" and found.guess is not None else found.n


def _shuffled_labels(controlled: Controlled) -> Judged:
    shuffled = controlled.shuffled
    found = _scores(shuffled.held_out)
    if not any(each.z > CERTAIN for each in shuffled.held_out):
        return Judged("shuffled_labels", "passed", found)
    if not controlled.n_repeated:
        advice = "no example held out is a training example, so that this may be chance: try another --seed"
        return Judged("shuffled_labels", "cannot tell", found, advice)
    repeated = f"{controlled.n_repeated:,} of {controlled.n_held_out:,} examples held out are training examples too"
    return Judged("shuffled_labels", "failed", found, f"what is held out is known from training: {repeated}")


def _single_inputs(telling: Sequence[TellingInput]) -> Judged:
    if not telling:
        return Judged("single_inputs", "passed", "no input alone tells a target")
    told = [f"{each.name} tells {each.target or 'the target'} ({each.gain:.1%} of the way)" for each in telling]
    advice = "leave out what is not known yet when a prediction is made"
    return Judged("single_inputs", "failed", listed(told), advice)


def _are_sure(found: Iterable[Association]) -> bool:
    return all(each.is_sure for each in found)


def _scores(found: Iterable[Association]) -> str:
    """`accuracy 0.9130 (guessing 0.1250)`, of several targets each."""
    return ", ".join(map(_score, found))


def _score(found: Association) -> str:
    name = f"{found.target} {found.metric}" if found.target else found.metric
    guess = "" if found.guess is None else f" (guessing {significant(found.guess)})"
    return f"{name} {significant(found.value)}{guess}"
