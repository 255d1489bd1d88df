"""What heads that choose one class share: class weights, smoothed labels, and the distribution that they predict."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field

from dlexp.components.component import Context, MakesLoss, Misfit, Off
from dlexp.components.data import Array, Info
from dlexp.components.heads.head import Head, Losses, Predicted, PredictedColumns, PredictiveDistribution, Training
from dlexp.components.metrics import METRICS, class_probabilities
from dlexp.near_words import did_you_mean

LabelSmoothing = Annotated[float, Field(ge=0, lt=1), Off(0.0), MakesLoss()]
Weight = Annotated[float, Field(ge=0)]
ClassWeight = Annotated[
    Literal["balanced"] | list[Weight] | dict[str, Weight] | None,
    Field(
        description="Factor of each class's losses: one per class in their order, or a mapping from each class's name "
        "or number, as Keras's `{0: 1.0, 1: 10.0}`; `balanced` gives all classes of the training split the same sum of "
        "weights. The loss stays a mean over examples, as Keras's, and val_loss and test_loss are weighted too."
    ),
    MakesLoss(),
]


class ClassHead(Head):
    """A head that chooses one class."""

    class_weight: ClassWeight = None

    def completed(self, info: Info) -> Self:
        """Also with a list of class weights for a mapping, as soon as it is known which class is which."""
        head = super().completed(info)
        if not isinstance(self.class_weight, dict):
            return head
        weights = _in_order(self.class_weight, info)
        return head.model_copy(update={"class_weight": weights}) if weights else head

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Also other than one weight per class."""
        yield from super().problems(context)
        yield from self.wrong_weights(context.info, context.info.n_classes)

    def wrong_weights(self, info: Info, n_classes: int | None) -> Iterator[Misfit]:
        """Other than one weight per class, or none above 0; the head is `completed`."""
        weights = self.class_weight
        if not isinstance(weights, list | dict):
            return
        if isinstance(weights, dict) and info.class_names:
            yield from _unfitting(weights, info.class_names)
        elif n_classes and len(weights) != n_classes:
            yield Misfit("class_weight", f"expected one weight per class, {n_classes}, given {len(weights)}")
        elif not any(weights.values() if isinstance(weights, dict) else weights):
            yield Misfit("class_weight", "every weight is 0, so that nothing would be learned")

    def weighted(self, losses: Losses, balancing: Sequence[float]) -> Losses:
        """The losses, each times its class's weight; `balancing` are those that the training targets give."""
        if self.class_weight is None:
            return losses
        from keras import ops

        if isinstance(self.class_weight, dict):
            raise ValueError("the weights are not in the order of the classes: the head is not completed")
        weights = balancing or self.class_weight
        of_classes = ops.convert_to_tensor(weights, "float32")
        return lambda y, logits: ops.take(of_classes, ops.cast(y, "int32")) * losses(y, logits)

    def balancing(self, y: Array, n_classes: int) -> list[float]:
        """The class weights that the training targets give; empty if the settings ask for others, or for none."""
        return _balanced(y, n_classes).tolist() if self.class_weight == "balanced" else []

    def distribution(self, prediction: Array, train: Training) -> PredictiveDistribution:
        """The probability of each class."""
        return ClassDistribution(prediction, self.nll)

    def nll(self, logits: Array, y: Array) -> Array:
        """The negative log-likelihood of each example, `(n,)`, from logits in float64."""
        raise NotImplementedError


def _in_order(weights: Mapping[str, float], info: Info) -> list[float] | None:
    """The weights of all classes in their order; None if the keys are not all of their names or all numbers.

    Without names, numbers are the only ones that say their order: classes that are numbers are in that order too.
    """
    numbers = [str(k) for k in range(len(weights))]
    for keys in (list(info.class_names), numbers):
        if keys and set(keys) == set(weights) and len(keys) == (info.n_classes or len(keys)):
            return [weights[key] for key in keys]
    return None


def named_weights(weights: Sequence[float], info: Info) -> dict[str, float]:
    """The weights of classes in their order, by name."""
    return dict(zip(class_names(info, len(weights)), weights, strict=True))


def _unfitting(weights: Mapping[str, float], names: Sequence[str]) -> Iterator[Misfit]:
    """Keys that are no class, and classes without a weight."""
    if unknown := [key for key in weights if key not in names]:
        hint, listed = did_you_mean(unknown[0], names), ", ".join(names)
        yield Misfit("class_weight", f"there is no class {unknown[0]!r}.{hint} Choose from: {listed}")
    elif missing := [name for name in names if name not in weights]:
        yield Misfit("class_weight", f"expected a weight for each class, and there is none for {', '.join(missing)}")


def wrong_smoothing(label_smoothing: float, loss: str) -> Iterator[Misfit]:
    """Smoothed labels without cross-entropy."""
    if label_smoothing and loss == "mse":
        yield Misfit("label_smoothing", "labels are smoothed for cross-entropy alone; leave it out with loss: mse")


def _balanced(y: Array, n_classes: int) -> Array:
    import numpy as np

    weights = np.ones(n_classes)  # A class that is never seen keeps 1.
    present, counts = np.unique(y, return_counts=True)
    weights[present] = len(y) / (len(present) * counts)
    return weights


@dataclass(frozen=True)
class ClassDistribution:
    """The probability of each class."""

    prediction: Array
    """`(n, classes)`; `(n, 1)` is the probability of class 1."""
    nll: Callable[[Array, Array], Array]
    """`nll(logits, y)`: as that of a head."""

    def columns(self, info: Info) -> PredictedColumns:
        """The most probable class, and the probability of each."""
        p = class_probabilities(self.prediction)
        names = class_names(info, p.shape[1])
        predicted = [names[k] for k in p.argmax(axis=1)]
        return {"predicted": predicted} | {f"probability_{name}": p[:, k] for k, name in enumerate(names)}

    def calibration(self, test: Predicted) -> dict[str, float]:
        """The likelihood of the right classes, and how far accuracy and stated probability lie apart."""
        import numpy as np

        nll = self.nll(test.logits.astype(np.float64), test.y)
        error = METRICS["calibration_error"].compute(test.y, test.prediction)
        return {"nll": float(nll.mean()), "calibration_error": error}


def class_names(info: Info, n: int) -> list[str]:
    """The names of a head's `n` classes; a number for one that has none."""
    return [*info.class_names[:n], *(str(k) for k in range(len(info.class_names), n))]
