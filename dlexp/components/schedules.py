"""Learning-rate schedules: how the optimizer's `learning_rate` changes with the steps, and with nothing else."""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from dlexp.components.component import Component, Context, Futile, Misfit, Off

if TYPE_CHECKING:
    from keras.optimizers.schedules import LearningRateSchedule

Epochs = Annotated[int, Field(ge=1)]
#: A rate that changes by a smaller share than this in a whole training stays the same.
NO_CHANGE = 0.01
#: Steps at a rate of a smaller share than this of its start are lost in the rounding of float32.
SPENT = 1e-6


class Schedule(Component):
    """The learning rate as a function of the step: Keras's own, counted in epochs."""

    kind = "schedules"
    off = "constant"

    def build(self, learning_rate: float, epochs: int, steps_per_epoch: int) -> "LearningRateSchedule | None":
        """Keras's schedule from the optimizer's learning rate, over a training of so many epochs; None if it stays."""
        return None

    @property
    def depends_on_epochs(self) -> bool:
        """Whether the rate at some step depends on how many epochs the training has, and not on its settings alone."""
        return True

    def late(self, epochs: int) -> Iterator[Futile]:
        """Changes of the rate that a training of so many epochs does not live to see."""
        yield from ()

    def spent(self, epochs: int) -> Iterator[Futile]:
        """A rate that is nearly 0 before a training of so many epochs is at its end."""
        yield from ()


class Constant(Schedule):
    """The optimizer's learning rate, all the time."""

    type: Literal["constant"] = "constant"

    @property
    def depends_on_epochs(self) -> bool:
        """No."""
        return False


class Step(Schedule):
    """The learning rate falls by a factor after stated epochs."""

    type: Literal["step"] = "step"
    boundaries: Annotated[list[Epochs], Field(min_length=1)]
    """Epochs after which it falls, in rising order."""
    factor: Annotated[float, Field(gt=0)] = 0.1
    """What each fall multiplies it by."""

    @property
    def depends_on_epochs(self) -> bool:
        """No: epochs that are not trained only leave falls out."""
        return False

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Epochs that do not rise."""
        if any(later <= earlier for earlier, later in pairwise(self.boundaries)):
            yield Misfit("boundaries", f"expected epochs in rising order, given {self.boundaries}")

    def late(self, epochs: int) -> Iterator[Futile]:
        """Boundaries that have no epoch behind them."""
        seen = [epoch for epoch in self.boundaries if epoch < epochs]
        if len(seen) < len(self.boundaries):
            unseen = ", ".join(map(str, self.boundaries[len(seen) :]))
            why = f"the training ends after epoch {epochs}: the learning rate never falls after {unseen}"
            is_short = epochs == 1  # No boundary is in time.
            yield Futile("", why, self.off) if is_short else Futile("boundaries", why, seen or [epochs // 2])

    def build(self, learning_rate: float, epochs: int, steps_per_epoch: int) -> "LearningRateSchedule":
        """Keras's PiecewiseConstantDecay."""
        from keras.optimizers.schedules import PiecewiseConstantDecay

        # Keras keeps the old rate in the step of the boundary itself; ours is the last one of an epoch.
        last_steps = [epoch * steps_per_epoch - 1 for epoch in self.boundaries]
        return PiecewiseConstantDecay(last_steps, [learning_rate * self.factor**k for k in range(len(last_steps) + 1)])


class _Smooth(Schedule):
    """Shared by those that change all the time."""

    every: Literal["step", "epoch"] = "step"
    """How often the rate follows its curve: with each step, or at the start of each epoch."""

    def _followed(self, schedule: "LearningRateSchedule", steps_per_epoch: int) -> "LearningRateSchedule":
        from dlexp.layers.schedules import AtEpochStart

        return schedule if self.every == "step" else AtEpochStart(schedule, steps_per_epoch)


class Exponential(_Smooth):
    """The learning rate falls by the same factor every so many epochs."""

    type: Literal["exponential"] = "exponential"
    decay_rate: Annotated[float, Field(gt=0)] = 0.9
    """What `decay_epochs` multiply it by."""
    decay_epochs: Epochs = 1

    @property
    def depends_on_epochs(self) -> bool:
        """No."""
        return False

    def late(self, epochs: int) -> Iterator[Futile]:
        """Steps given as epochs: the rate hardly moves."""
        if self.decay_epochs > epochs and abs(1 - self.decay_rate ** (epochs / self.decay_epochs)) < NO_CHANGE:
            why = f"counted in epochs: over the training's {epochs} the learning rate changes by less than 1 %"
            yield Futile("decay_epochs", why, 1)

    def spent(self, epochs: int) -> Iterator[Futile]:
        """A rate that is lost in the rounding for half of the training."""
        if self.decay_rate < 1 and self.decay_epochs <= epochs:
            # decay_rate ** (epoch / decay_epochs) = SPENT
            n_useful = self.decay_epochs * math.log(SPENT) / math.log(self.decay_rate)
            if 2 * n_useful <= epochs:
                when = f"from epoch {math.ceil(n_useful) + 1} of {epochs} on"
                why = f"{when} the learning rate is less than a millionth of its start"
                yield Futile("decay_rate", why, round(0.01 ** (self.decay_epochs / epochs), 3))

    def build(self, learning_rate: float, epochs: int, steps_per_epoch: int) -> "LearningRateSchedule":
        """Keras's ExponentialDecay: rate * decay_rate ** (step / decay_steps)."""
        from keras.optimizers.schedules import ExponentialDecay

        decay = ExponentialDecay(learning_rate, self.decay_epochs * steps_per_epoch, self.decay_rate)
        return self._followed(decay, steps_per_epoch)


class Cosine(_Smooth):
    """Half a cosine down to the end of the training, behind a linear warm-up if asked for (Loshchilov and Hutter)."""

    type: Literal["cosine"] = "cosine"
    warmup_epochs: Annotated[int, Field(ge=0), Off(0)] = 0
    """Epochs in which the learning rate first rises from 0 (Goyal et al., 2017)."""
    decay_epochs: Epochs | None = None
    """Epochs in which it falls; by default all behind the warm-up."""
    alpha: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Where it ends, as a share of the optimizer's; the name is Keras's."""

    @property
    def depends_on_epochs(self) -> bool:
        """Whether it falls until the training ends."""
        return self.decay_epochs is None

    def problems(self, context: Context) -> Iterator[Misfit]:
        """A warm-up that leaves no epoch to fall in, or a first epoch with a learning rate of 0."""
        if self.decay_epochs is None and self.warmup_epochs >= context.epochs:
            why = f"{self.warmup_epochs} of {context.epochs} epochs; none would be left for the cosine"
            yield Misfit("warmup_epochs", why)
        if self.warmup_epochs and self.every == "epoch":
            yield Misfit("every", "a warm-up from 0 would leave the first epoch without learning; use every: step")

    def late(self, epochs: int) -> Iterator[Futile]:
        """A warm-up that takes the whole training, or steps given as epochs."""
        left = epochs - self.warmup_epochs
        if left <= 0 and self.decay_epochs:  # Without them it is a problem.
            why = f"counted in epochs: over all of the training's {epochs} the learning rate only rises"
            yield Futile("warmup_epochs", why, epochs // 10)
        # (1 - cos(pi q)) / 2 is how far it falls in a share q of its epochs.
        elif left < (n := self.decay_epochs or 0) and (1 - math.cos(math.pi * (left / n))) / 2 < NO_CHANGE:
            why = f"counted in epochs: over the {left} behind the warm-up the learning rate falls by less than 1 %"
            yield Futile("decay_epochs", why, None)

    def spent(self, epochs: int) -> Iterator[Futile]:
        """A fall to 0 with epochs behind it."""
        end = self.warmup_epochs + (self.decay_epochs or epochs)
        if end < epochs and not self.alpha:
            yield Futile("decay_epochs", f"from epoch {end + 1} of {epochs} on the learning rate is 0", None)

    def build(self, learning_rate: float, epochs: int, steps_per_epoch: int) -> "LearningRateSchedule":
        """Keras's CosineDecay."""
        from keras.optimizers.schedules import CosineDecay

        # At least one epoch: `--smoke` trains fewer than the config says.
        decay_steps = (self.decay_epochs or max(1, epochs - self.warmup_epochs)) * steps_per_epoch
        if not self.warmup_epochs:
            return self._followed(CosineDecay(learning_rate, decay_steps, self.alpha), steps_per_epoch)
        warmup_steps = self.warmup_epochs * steps_per_epoch
        return CosineDecay(0.0, decay_steps, self.alpha, warmup_target=learning_rate, warmup_steps=warmup_steps)
