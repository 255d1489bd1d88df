"""The base of all heads: output units, last activation, loss and metrics."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple, Protocol, Self

from pydantic import Field

from dlexp.components.columns import Column
from dlexp.components.component import Component, Context, MakesLoss, Misfit, OneOf
from dlexp.components.data import Array, Info, Task, Tensor
from dlexp.components.metrics import METRICS
from dlexp.components.regularizers import Regularizer
from dlexp.format import plural

if TYPE_CHECKING:
    import keras

#: What is predicted, by the name of a column: a sequence or an array `(n,)` each.
PredictedColumns = Mapping[str, Any]
#: `losses(y, logits)`: the loss of each example.
Losses = Callable[[Any, Any], Any]
#: Gives the training split, for heads whose spread is that of their training residuals.
Training = Callable[[], "Predicted"]
#: Gives the features that a head is put on, `(batch, n)`; for a name, those of layers that bear it and no other has.
Trunk = Callable[[str], Tensor]


class Learnable(NamedTuple):
    """The targets that a head can learn."""

    tasks: tuple[Task, ...]
    needs: str
    """The same in words, for messages."""
    better: Mapping[str, str] = {}
    """Of tasks whose range the outputs leave, a type of head whose outputs do not."""


@dataclass(frozen=True)
class Part:
    """The columns of one of several targets."""

    logits: slice
    prediction: slice


@dataclass(frozen=True, kw_only=True)
class Output:
    """A head that has been put on a trunk."""

    logits: Tensor
    """What the output units compute before the last activation, `(batch, n)`."""
    prediction: Tensor
    """The same on the natural scale, made of Keras's own layers, `(batch, columns)`: what the saved model gives."""
    losses: Losses
    """`losses(y, logits)`: the loss of each example, `(batch,)`, from targets `(batch,)`, or `(batch, classes)` of
    multilabel data, and logits; of several targets `(batch, targets)`. What is trained and recorded is the mean of
    `total` of them over the examples, weighted ones too."""
    total: Callable[[Any], Any] = lambda losses: losses
    """Of several targets, the sum of their weighted losses: from `(batch, targets)` to `(batch,)`."""
    named: Mapping[str, Tensor] = field(default_factory=dict)
    """Of several targets, the prediction of each: what the saved model gives, in place of all columns in one."""
    parts: Mapping[str, Part] = field(default_factory=dict)
    """Of several targets, the columns of each."""
    weights: Callable[[], Array] | None = None
    """The weights of the targets' losses as they are now, `(targets,)`, where they are learned."""
    variables: "Sequence[keras.Variable]" = ()
    """What is trained beside the layers."""
    fitted: Sequence[float] | None = None
    """All that losses and prediction have from the training targets: equal ones are compiled once. None if that is not
    known."""


@dataclass(frozen=True)
class Predicted:
    """A split as a trained head sees it."""

    y: Array
    """Targets, `(n,)`, or `(n, classes)` of multilabel data."""
    logits: Array
    prediction: Array
    """`(n, columns)` on the natural scale."""

    def take(self, positions: Array) -> "Predicted":
        """The examples at these positions, in their order."""
        return Predicted(self.y[positions], self.logits[positions], self.prediction[positions])


class PredictiveDistribution(Protocol):
    """What is predicted for each example of a split: a distribution of its target, on the natural scale."""

    def columns(self, info: Info) -> PredictedColumns:
        """Its parameters and what follows from them, for people and other programs; `info` names the classes."""

    def calibration(self, test: Predicted) -> dict[str, float]:
        """How well the stated probabilities fit the test targets, the same for all heads of a kind of target.

        Returns:
            `nll`: the mean negative log-likelihood, in nats and in the target's own units, without class weights,
            label smoothing and penalties. For classes `calibration_error`, for numbers `coverage_90`: the share of
            targets in the central 90 % interval.
        """


class Head(Component):
    """Output units for one kind of target, and the likelihood that trains them."""

    kind = "heads"
    learns: ClassVar[Learnable]
    """The targets that it is made for."""
    n_units: ClassVar[int] = 1
    """Output units, of a head that has as many for all data."""
    has_unit_per_class: ClassVar[bool] = False
    """Whether each output unit is a class: a narrower layer in front of them loses what it cannot carry."""
    loss_is_bounded: ClassVar[bool] = True
    """Whether its loss is never below 0; that of a density can be."""
    weak_losses: ClassVar[tuple[str, ...]] = ()
    """Losses with hardly a gradient where the answer is most wrong."""
    n_judged: ClassVar[int | None] = None
    """How many of the prediction's first columns metrics are computed from; None for all."""
    units: Annotated[int, Field(ge=1)] | None = None
    """Output units; by default what the data set's classes need. Where only the user's own data says how many classes
    there are, they stay unsaid in the recorded config too: its identity must be known without reading the data."""
    metrics: Sequence[str]
    """Metrics of the predictions, by name."""
    output_bias: float = 0.0
    """Start of the output units' bias: far from 0, the untrained model is confident, and wrong where it is."""
    kernel_regularizer: Annotated[Regularizer, OneOf(Regularizer)] | None = None
    """Penalty on the output units' kernel."""
    weight: Annotated[float, Field(gt=0), MakesLoss(in_sum=True)] = 1.0
    """Factor of its loss where there are several heads."""

    @property
    def scores(self) -> list[Column]:
        """The columns of history.csv that each split has beside its loss, as those of the training split."""
        return [Column(quantity=name) for name in self.metrics]

    @property
    def weights(self) -> list[Column]:
        """The columns of history.csv with the weights of several losses: none of one."""
        return []

    def by_target(self, info: Info) -> "dict[str, tuple[Head, Info]]":
        """Itself, and what it learns; the only target has no name."""
        return {"": (self, info)}

    def completed(self, info: Info) -> Self:
        """With the units that this data needs; unchanged if only the data says how many there are."""
        if self.units is not None or not info.is_counted:
            return self
        return self.model_copy(update={"units": self.units_for(info)})

    def units_for(self, info: Info) -> int:
        """Output units that this data needs."""
        return (info.n_classes or 1) if self.has_unit_per_class else self.n_units

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Another kind of target, or other units than it needs; the head is `completed`."""
        info, head = context.info, f"{'an' if self.type[0] in 'aeiou' else 'a'} {self.type} head"
        if info.task not in self.learns.tasks:
            yield Misfit("type", f"{head} needs {self.learns.needs}; this data set is {info.described_task}")
        elif info.is_counted and self.units != (needed := self.units_for(info)):
            yield Misfit("units", f"{head} has {plural(needed, 'output unit')}, given {self.units}")

    def attach(self, trunk: Trunk, y: Array, info: Info) -> Output:
        """Put the head on a trunk; `y` are the training targets, for scales that are fitted."""
        return self.build(trunk(""), y)

    def build(self, features: Tensor, y: Array) -> Output:
        """Put the head on features `(batch, n)`; `y` are the training targets, for scales that are fitted."""
        raise NotImplementedError

    def dense(self, features: Tensor, units: int | None = None) -> Tensor:
        """The output units before their activation, `(batch, units)`."""
        import keras

        return keras.layers.Dense(
            units or self.units,
            bias_initializer=keras.initializers.Constant(self.output_bias),
            kernel_regularizer=self.kernel_regularizer and self.kernel_regularizer.build(),
            name="output",
        )(features)

    def measure(self, metric: str, y: Array, prediction: Array) -> float:
        """A metric over a split, from its targets and its predictions `(n, columns)` on the natural scale.

        NaN where the targets leave it undefined.
        """
        return METRICS[metric].measure(y, self.judged(prediction))

    @property
    def predicts_median(self) -> bool:
        """Whether the number that is predicted is a median; else it is a mean."""
        return False

    def judged(self, prediction: Array) -> Array:
        """What metrics are computed from: the probabilities, or the one number that is predicted, `(n, 1)`."""
        return prediction[:, : self.n_judged]

    def distribution(self, prediction: Array, train: Training) -> PredictiveDistribution:
        """What is predicted for each example, from the saved model's prediction `(n, columns)`."""
        raise NotImplementedError


def default_head(task: Task | Literal["several"]) -> str:
    """The type of the head that a task gets by default."""
    return {"count": "poisson", "several": "multitask"}.get(task, task)
