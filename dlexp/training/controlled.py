"""What the controls of a set-up have measured. Imports no TensorFlow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

#: So many standard deviations better than chance are no chance: 3 in 100,000.
SURE = 4.0
#: A batch is learned by heart if it is so much of the way from guessing to perfect.
LEARNED = 0.1


@dataclass(frozen=True, kw_only=True)
class Association:
    """How far what a network says of examples goes with their targets."""

    target: str
    """Its name; empty of the only one."""
    metric: str
    value: float
    guess: float | None
    """What the best constant prediction scores; None if that is not known."""
    gain: float | None
    """How much of the way from the guess to a perfect score the value is; below 0 if it is worse than the guess."""
    z: float
    """By how many standard deviations it is better than with the targets in another order; few, where it is no better
    than with each of these."""
    n: int
    """Examples."""

    @property
    def is_sure(self) -> bool:
        """Whether it is surely better than chance, and better than guessing."""
        return self.z > SURE and (self.gain is None or self.gain > 0)

    @property
    def is_learned(self) -> bool:
        """Whether examples that were trained on are told from a constant prediction; equal targets are one."""
        return self.z > SURE or self.value == self.guess if self.gain is None else self.gain > LEARNED


@dataclass(frozen=True, kw_only=True)
class FirstLoss:
    """The mean loss before the first step, without penalties on weights."""

    loss: float
    expected: float
    """That of output units which give their start, the bias, whatever the features are."""
    reference: float | None
    """Cross-entropy of equal probabilities, without weights of classes: the logarithm of their number; None of another
    loss, and where the config starts elsewhere."""
    target_size: float | None
    """The root mean square of the numbers that are learned, in the units of the loss; None of classes."""
    is_bounded: bool
    """Whether the loss is never below 0."""


@dataclass(frozen=True, kw_only=True)
class OneBatch:
    """Steps on one batch again and again."""

    n: int
    steps: int
    learned: Sequence[Association]
    """What the network makes of that batch then."""
    rescued: Sequence[Association] = ()
    """The same after steps of Adam at a usual rate; measured only where the config's own optimizer has failed."""
    frozen: Sequence[str] = ()
    """Layers with weights that are not to be trained."""
    unmoved: Sequence[str] = ()
    """Layers all of whose weights are to be trained and are as they were."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A short training, and what it makes of the examples held out."""

    epochs: int
    planned: int
    """Epochs that it would have had, if there had been time."""
    held_out: Sequence[Association]


@dataclass(frozen=True, kw_only=True)
class TellingInput:
    """An input that nearly tells a target by itself."""

    name: str
    target: str
    gain: float
    """How much of the way from guessing to perfect it goes alone."""


@dataclass(frozen=True, kw_only=True)
class Controlled:
    """All that the controls of one experiment have measured."""

    first_loss: FirstLoss
    one_batch: OneBatch
    trained: Trial
    """With the labels as they are."""
    shuffled: Trial
    """With labels that have nothing to do with the inputs."""
    n_trained: int
    n_held_out: int
    n_repeated: int
    """Examples held out whose inputs are those of a training example."""
    shifted: Mapping[int, Sequence[Association]] = field(default_factory=dict)
    """By how many rows the labels were moved, what a training with them makes of the examples held out; measured only
    where the labels as they are tell nothing."""
    neighbours: Sequence[Association] = ()
    """What the nearest neighbours among the training examples make of those held out; measured there too."""
    telling: Sequence[TellingInput] = ()
