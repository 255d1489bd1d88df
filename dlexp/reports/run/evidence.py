"""What a finished run's records say of its training: the curves of each target, and what guessing scores."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlexp.components.columns import Column
from dlexp.records.ended import Finished

#: So many standard errors of a share are still chance.
CHANCE_ERRORS = 2.0
#: Of other scores, guessing is beaten by more than this share of it.
CHANCE_SHARE = 0.05
#: A loss that lost at most this share of its start, as fast in the end as in the beginning, is too slow.
SLOW_SHARE, SLOW_PACE = 0.3, 0.5


@dataclass(frozen=True, kw_only=True)
class Guessed:
    """A score beside what the best constant prediction scores on the same examples."""

    column: str
    value: float
    guess: float
    margin: float
    """How much better a model that knows nothing may score by chance."""
    higher_is_better: bool

    @property
    def is_beaten(self) -> bool:
        """Whether the score is better than guessing by more than chance."""
        gain = self.value - self.guess
        return (gain if self.higher_is_better else -gain) > self.margin


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is learned of one target: its curves up to the last epoch that has all of them."""

    loss_column: str
    validated_column: str
    loss: Sequence[float]
    """Of the training examples, a mean over the epoch."""
    validated: Sequence[float]
    """The validation loss; empty without validation."""
    start: float
    """The loss before anything was learned."""
    guessed: Guessed | None
    """None if what guessing scores is not on record."""

    @property
    def best_epoch(self) -> int:
        """The epoch with the lowest validation loss; 0 without validation."""
        return min(range(len(self.validated)), key=self.validated.__getitem__, default=-1) + 1

    @property
    def is_slow(self) -> bool:
        """Whether the training loss fell little, and as fast in the end as in the beginning."""
        first, middle, last = self.loss[0], self.loss[len(self.loss) // 2], self.loss[-1]
        fell_first, fell_last = first - middle, middle - last
        return fell_last > SLOW_PACE * fell_first > 0 and first - last < SLOW_SHARE * abs(first)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is on record of a training."""

    config: Mapping[str, Any]
    targets: Sequence[Target]
    stopped_epoch: int | None
    restored_epoch: int | None

    @classmethod
    def of(cls, result: Finished, history: Sequence[Mapping[str, float]]) -> "Evidence":
        """Gather it; a target without finite losses is left out."""
        names = list(result.heads) or [""]
        return cls(
            config=result.config,
            targets=[target for name in names for target in _targets(name, result, history)],
            stopped_epoch=result.stopped_epoch,
            restored_epoch=result.restored_epoch,
        )


def _targets(name: str, result: Finished, history: Sequence[Mapping[str, float]]) -> Iterator[Target]:
    trained = Column(quantity="loss", target=name)
    validated = trained.on("validation")
    columns = [column for column in map(str, (trained, validated)) if any(column in row for row in history)]
    rows = [[row.get(column, math.nan) for column in columns] for row in history]
    curves = list(zip(*(row for row in rows if all(map(math.isfinite, row))), strict=True))
    if curves and columns[0] == str(trained):
        yield Target(
            loss_column=str(trained),
            validated_column=str(validated),
            loss=curves[0],
            validated=curves[1] if len(curves) > 1 else (),
            start=max(curve[0] for curve in curves),
            guessed=_guessed(name, result),
        )


def _guessed(target: str, result: Finished) -> Guessed | None:
    """The main metric on the validation examples, or on the test examples where there are none."""
    for main in result.main_metrics:
        for split in ("validation", "test") if main.target == target else ():
            column = main.on(split)
            guess, value = result.guessing.get(str(column)), result.metrics.get(str(column), math.nan)
            if guess is None or math.isnan(value):
                continue
            n = result.examples.get(split, 0)
            is_share = main.metric is not None and main.metric.in_points and n
            margin = CHANCE_ERRORS * math.sqrt(guess * (1 - guess) / n) if is_share else CHANCE_SHARE * abs(guess)
            return Guessed(
                column=str(column),
                value=value,
                guess=guess,
                margin=margin,
                higher_is_better=bool(column.higher_is_better),
            )
    return None
