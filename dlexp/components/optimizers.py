"""Optimizers: names, fields and defaults are Keras's own."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from dlexp.components.component import Component, Context, Misfit, Off

if TYPE_CHECKING:
    import keras

LearningRate = Annotated[float, Field(gt=0)]
Decay = Annotated[float, Field(ge=0, lt=1)]
FirstMoment = Annotated[float, Field(ge=0, lt=1, description="Decay of the first moment.")]
SecondMoment = Annotated[float, Field(ge=0, lt=1, description="Decay of the second moment.")]
AMSGrad = Annotated[bool, Field(description="Keep the largest second moment (Reddi et al., 2018).")]
Epsilon = Annotated[float, Field(gt=0)]
Clip = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
SumStart = Annotated[float, Field(ge=0, description="Start of the sum of squares.")]
#: What may be switched off.
Strength = Annotated[float, Field(ge=0), Off(0.0)]
Momentum = Annotated[float, Field(ge=0, lt=1, description="Share of the last step that is kept."), Off(0.0)]
#: The fields that limit gradients, each in its own way.
CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")


class Optimizer(Component):
    """A rule that turns gradients into steps. A class has the name of the Keras class that it builds."""

    kind = "optimizers"
    usual_learning_rates: ClassVar[tuple[float, float]] = (1e-6, 0.03)
    """Lowest and highest: Adam's, unless a class says others. Outside of them is far from what it usually takes."""
    n_moments: ClassVar[int] = 2
    """Numbers that it keeps for each weight in any case."""
    learning_rate: LearningRate
    """Size of a step; where `training.schedule` changes it, its start."""
    clipnorm: Clip | None = None
    """Largest norm of one weight's gradient; longer ones are scaled down."""
    clipvalue: Clip | None = None
    """Largest absolute entry of a gradient; larger ones are cut."""
    global_clipnorm: Clip | None = None
    """Largest norm of all gradients together."""
    weight_decay: NotNegative | None = None
    """Share of every weight, biases too, taken off a step, times the learning rate."""

    @property
    def has_large_rate(self) -> bool:
        """Whether the learning rate is far above what it usually takes."""
        return self.learning_rate > self.usual_learning_rates[1]

    @property
    def slots(self) -> int:
        """How many numbers it keeps for each weight: momentum, centering and AMSGrad keep one more."""
        return self.n_moments + sum(bool(getattr(self, name, False)) for name in ("momentum", "centered", "amsgrad"))

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Two limits of the gradients."""
        given = [name for name in CLIPS if getattr(self, name) is not None]
        for name in given[1:]:
            yield Misfit(name, f"only one of {', '.join(CLIPS)} can be set, and {given[0]} is")

    def build(self, schedule: "keras.optimizers.schedules.LearningRateSchedule | None" = None) -> "keras.Optimizer":
        """The Keras optimizer with exactly these settings, except a learning rate that follows a schedule."""
        import keras

        from dlexp.layers.optimizers import FusedAdam, FusedAdamW, FusedRMSprop, FusedSGD

        settings = self.model_dump(exclude={"type"}) | ({} if schedule is None else {"learning_rate": schedule})
        name = type(self).__name__
        ours = {"SGD": FusedSGD, "RMSprop": FusedRMSprop, "Adam": FusedAdam, "AdamW": FusedAdamW}
        rule = ours.get(name) or getattr(keras.optimizers, name)
        return rule(**settings)


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if asked for."""

    type: Literal["sgd"] = "sgd"
    usual_learning_rates = (1e-5, 0.5)
    n_moments = 0
    learning_rate: LearningRate = 0.01
    momentum: Momentum = 0.0
    nesterov: bool = False
    """Take the gradient after the momentum step (Sutskever et al., 2013)."""


class RMSprop(Optimizer):
    """Gradient divided by a running root mean square (Hinton, 2012)."""

    type: Literal["rmsprop"] = "rmsprop"
    n_moments = 1
    learning_rate: LearningRate = 0.001
    rho: Decay = 0.9
    """Decay of the running mean square."""
    momentum: Momentum = 0.0
    epsilon: Epsilon = 1e-7
    centered: bool = False
    """Divide by the standard deviation of the gradient instead."""


class Adagrad(Optimizer):
    """Steps shrink with the sum of squared gradients (Duchi et al., 2011)."""

    type: Literal["adagrad"] = "adagrad"
    usual_learning_rates = (1e-5, 1.0)
    n_moments = 1
    learning_rate: LearningRate = 0.001
    initial_accumulator_value: SumStart = 0.1
    epsilon: Epsilon = 1e-7


class Adadelta(Optimizer):
    """Adagrad over a window, without a scale of its own (Zeiler, 2012)."""

    type: Literal["adadelta"] = "adadelta"
    usual_learning_rates = (1e-5, 10.0)
    learning_rate: LearningRate = 0.001
    rho: Decay = 0.95
    """Decay of the running averages."""
    epsilon: Epsilon = 1e-7


class Adam(Optimizer):
    """Adaptive moment estimation (Kingma and Ba, 2015): the course's second optimizer."""

    type: Literal["adam"] = "adam"
    learning_rate: LearningRate = 0.001
    beta_1: FirstMoment = 0.9
    beta_2: SecondMoment = 0.999
    epsilon: Epsilon = 1e-7
    amsgrad: AMSGrad = False


class AdamW(Optimizer):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019)."""

    type: Literal["adamw"] = "adamw"
    learning_rate: LearningRate = 0.001
    weight_decay: Strength = 0.004
    """Share of every weight, biases too, taken off a step, times the learning rate."""
    beta_1: FirstMoment = 0.9
    beta_2: SecondMoment = 0.999
    epsilon: Epsilon = 1e-7
    amsgrad: AMSGrad = False


class Adamax(Optimizer):
    """Adam with the infinity norm (Kingma and Ba, 2015, section 7)."""

    type: Literal["adamax"] = "adamax"
    usual_learning_rates = (1e-6, 0.06)
    learning_rate: LearningRate = 0.001
    beta_1: FirstMoment = 0.9
    beta_2: Decay = 0.999
    """Decay of the infinity norm."""
    epsilon: Epsilon = 1e-7


class Nadam(Optimizer):
    """Adam with Nesterov momentum (Dozat, 2016)."""

    type: Literal["nadam"] = "nadam"
    learning_rate: LearningRate = 0.001
    beta_1: FirstMoment = 0.9
    beta_2: SecondMoment = 0.999
    epsilon: Epsilon = 1e-7


class Lion(Optimizer):
    """The sign of the momentum (Chen et al., 2023): wants a smaller learning rate than Adam."""

    type: Literal["lion"] = "lion"
    usual_learning_rates = (1e-7, 0.01)
    n_moments = 1
    learning_rate: LearningRate = 0.001
    beta_1: Annotated[float, Field(gt=0, lt=1)] = 0.9
    """Weight of the momentum in the step."""
    beta_2: Decay = 0.99
    """Decay of the momentum."""


class Ftrl(Optimizer):
    """Follow the regularized leader (McMahan et al., 2013)."""

    type: Literal["ftrl"] = "ftrl"
    usual_learning_rates = (1e-5, 1.0)
    learning_rate: LearningRate = 0.001
    learning_rate_power: Annotated[float, Field(le=0)] = -0.5
    """How the learning rate falls; 0 keeps it."""
    initial_accumulator_value: SumStart = 0.1
    l1_regularization_strength: Strength = 0.0
    l2_regularization_strength: Strength = 0.0
    l2_shrinkage_regularization_strength: Strength = 0.0
    beta: NotNegative = 0.0
