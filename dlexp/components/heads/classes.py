"""What heads that choose one class share: class weights, smoothed labels, and the distribution that they predict."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from dlexp.components.component import MakesLoss, Misfit, Off
from dlexp.components.data import Array, Info
from dlexp.components.heads.head import Predicted, PredictedColumns
from dlexp.components.metrics import METRICS, class_probabilities

LabelSmoothing = Annotated[float, Field(ge=0, lt=1), Off(0.0), MakesLoss()]
ClassWeight = Annotated[
    Literal["balanced"] | list[Annotated[float, Field(ge=0)]] | None,
    Field(
        description="Factor of each class's losses, one a class; `balanced` gives all classes of the training split "
        "the same sum of weights. The loss stays a mean over examples, as Keras's, and val_loss and test_loss are "
        "weighted too."
    ),
    MakesLoss(),
]


def wrong_weights(weights: ClassWeight, n_classes: int | None) -> Iterator[Misfit]:
    """Other than one weight per class."""
    if isinstance(weights, list) and n_classes and len(weights) != n_classes:
        yield Misfit("class_weight", f"expected one weight a class, {n_classes}, given {len(weights)}")


def wrong_smoothing(label_smoothing: float, loss: str) -> Iterator[Misfit]:
    """Smoothed labels without cross-entropy."""
    if label_smoothing and loss == "mse":
        why = "labels are smoothed for cross-entropy alone; leave it out with loss: mse"
        yield Misfit("label_smoothing", why)


def weighted(
    losses: Callable[[Any, Any], Any], weights: ClassWeight, y: Array, n_classes: int
) -> Callable[[Any, Any], Any]:
    """The losses, each times its class's weight; `y` are the training targets."""
    if weights is None:
        return losses
    import keras

    of_classes = keras.ops.convert_to_tensor(_balanced(y, n_classes) if weights == "balanced" else weights, "float32")

    def weighted(y: Any, logits: Any) -> Any:
        return keras.ops.take(of_classes, keras.ops.cast(y, "int32")) * losses(y, logits)

    return weighted


def _balanced(y: Array, n_classes: int) -> Array:
    import numpy as np
    from sklearn.utils.class_weight import compute_class_weight

    weights = np.ones(n_classes)  # A class that is never seen keeps 1.
    present = np.unique(y)
    weights[present] = compute_class_weight("balanced", classes=present, y=y)  # n / (classes * count)
    return weights


@dataclass(frozen=True)
class ClassDistribution:
    """The probability of each class."""

    prediction: Array
    """`(n, classes)`; `(n, 1)` is the probability of class 1."""
    nll: "Callable[[Array, Array], Array]"
    """`nll(logits, y)`: the negative log-likelihood of each example, `(n,)`, from logits in float64."""

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
