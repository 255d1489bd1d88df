"""What a run's history says is wrong with it, each with the change that usually helps; nothing of a healthy run."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from dlexp.records.ended import Failed, Finished
from dlexp.records.index import SMOKE, Run
from dlexp.records.record_files import DamagedRecord
from dlexp.reports.numbers import known
from dlexp.reports.run import remedies
from dlexp.reports.run.evidence import Evidence, Target

#: More than that nobody reads.
MOST_SAID = 3

#: A tenth of what validation had gained is lost again.
LOST_SHARE = 0.1
#: A twentieth of what was gained in all came in the last quarter of the epochs.
LATE_SHARE = 0.05

Kind = Literal["diverged", "guessing", "slow", "overfits", "unfinished"]


@dataclass(frozen=True, kw_only=True)
class Symptom:
    """Something that a run's history shows, and what to try."""

    kind: Kind
    what: str
    """One sentence, with the numbers and the epochs."""
    change: str = ""
    """Options of `dlexp run` that usually help; empty if there are none."""
    observe: bool = False
    """Whether the hidden layers could tell more: `--observe diagnostics`."""


def symptoms(run: Run) -> list[Symptom]:
    """What a finished or diverged run shows, the most important first; a record that cannot be read shows nothing."""
    is_resampled = bool(run.config.get("dataset", {}).get("resample"))
    if is_resampled or SMOKE in run.dir.path.parts:  # Trained to be measured together, or for two epochs.
        return []
    with suppress(DamagedRecord):
        if isinstance(run.record, Finished):
            evidence = Evidence.of(run.record, run.dir.history())
            return list(islice(_shown(evidence), MOST_SAID))
        if isinstance(run.record, Failed) and run.has_diverged:
            return [_diverged(run.record)]
    return []


def _diverged(failed: Failed) -> Symptom:
    what = f"diverged: {failed.what.partition(';')[0]}"
    return Symptom(kind="diverged", what=what, change=remedies.smaller_rate(failed.config, 10))


def _shown(evidence: Evidence) -> Iterator[Symptom]:
    for target in evidence.targets:
        for look in _LOOKS:
            if found := look(evidence, target):
                yield found
                break


def _guessing(evidence: Evidence, target: Target) -> Symptom | None:
    guessed = target.guessed
    if guessed is None or guessed.is_beaten:
        return None
    what = f"{guessed.column} {known(guessed.value)} is no better than guessing ({known(guessed.guess)})"
    if target.is_slow:
        what = f"learns too slowly: loss fell only from {known(target.loss[0])} to {known(target.loss[-1])}, and {what}"
        return Symptom(kind="slow", what=what, change=remedies.larger_rate(evidence.config, 100))
    return Symptom(kind="guessing", what=what, observe=True)


def _overfits(evidence: Evidence, target: Target) -> Symptom | None:
    validated, best = target.validated, target.best_epoch
    if evidence.restored_epoch or len(validated) < best + 3:
        return None
    rise = validated[-1] - validated[best - 1]
    if rise < LOST_SHARE * (target.start - validated[best - 1]) or target.loss[-1] >= target.loss[best - 1]:
        return None
    what = (
        f"overfits since epoch {best}: {target.validated_column} rose from {known(validated[best - 1])} to "
        f"{known(validated[-1])} while {target.loss_column} fell from {known(target.loss[best - 1])} to "
        f"{known(target.loss[-1])}"
    )
    return Symptom(kind="overfits", what=what, change=remedies.stop_early(evidence.config))


def _unfinished(evidence: Evidence, target: Target) -> Symptom | None:
    curve = target.validated or target.loss
    n = len(curve)
    if evidence.stopped_epoch or n < 4:
        return None
    before = curve[-1 - n // 4]
    gained = before - min(curve[-1 - n // 4 :])
    if gained < LATE_SHARE * (target.start - min(curve)) or curve[-1] > before - gained / 2:
        return None
    column = target.validated_column if target.validated else target.loss_column
    what = f"still improving at the end: {column} fell from {known(before)} to {known(curve[-1])} in the last epochs"
    return Symptom(kind="unfinished", what=what, change=remedies.more_epochs(evidence.config, 2))


_LOOKS: tuple[Callable[[Evidence, Target], Symptom | None], ...] = (_guessing, _overfits, _unfinished)
