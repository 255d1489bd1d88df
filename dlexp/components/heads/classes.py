"""The base of heads that choose one class: class weights, likelihood, calibration."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from dlexp.components.component import Context, Misfit, Off
from dlexp.components.data import Info
from dlexp.components.heads.head import Predicted, Table, TargetHead
from dlexp.components.metrics import METRICS

if TYPE_CHECKING:
    import numpy as np

LabelSmoothing = Annotated[float, Field(ge=0, lt=1), Off(0.0)]


class Classes(TargetHead):
    """A head that gives each example one class."""

    class_weight: Literal["balanced"] | list[Annotated[float, Field(ge=0)]] | None = None
    """Factor of each class's losses, one a class; `balanced` gives all classes of the training split the same sum of
    weights. The loss stays a mean over examples, as Keras's, and val_loss and test_loss are weighted too."""

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Weights that are not one a class."""
        yield from super().problems(context)
        info, weights = context.info, self.class_weight
        if isinstance(weights, list) and info.n_classes and len(weights) != info.n_classes:
            yield Misfit("class_weight", f"expected one weight a class, {info.n_classes}, given {len(weights)}")

    def smoothing_problems(self, label_smoothing: float, loss: str) -> Iterator[Misfit]:
        """Smoothed labels without cross-entropy."""
        if label_smoothing and loss == "mse":
            yield Misfit("label_smoothing", "labels are smoothed for cross-entropy alone; leave it out with loss: mse")

    def weighted(
        self, losses: Callable[[Any, Any], Any], y: "np.ndarray[Any, Any]", n_classes: int
    ) -> Callable[[Any, Any], Any]:
        """The losses, each times its class's weight; `y` are the training targets."""
        if self.class_weight is None:
            return losses
        import keras

        weights = keras.ops.convert_to_tensor(self._weights(y, n_classes), "float32")

        def weighted(y: Any, logits: Any) -> Any:
            return keras.ops.take(weights, keras.ops.cast(y, "int32")) * losses(y, logits)

        return weighted

    def _weights(self, y: "np.ndarray[Any, Any]", n_classes: int) -> "np.ndarray[Any, Any]":
        import numpy as np

        if self.class_weight != "balanced":
            return np.array(self.class_weight)
        from sklearn.utils.class_weight import compute_class_weight

        weights = np.ones(n_classes)  # A class that is never seen keeps 1.
        present = np.unique(y)
        weights[present] = compute_class_weight("balanced", classes=present, y=y)  # n / (classes * count)
        return weights

    def nll(self, test: Predicted) -> "np.ndarray[Any, Any]":
        """The negative log-likelihood of each example, `(n,)`, in float64."""
        raise NotImplementedError

    def table(self, prediction: "np.ndarray[Any, Any]", info: Info, train: Callable[[], Predicted]) -> Table:
        """The most probable class, and the probability of each."""
        import numpy as np

        if prediction.shape[1] == 1:  # The probability of class 1.
            prediction = np.hstack([1 - prediction, prediction])
        names = named(info, prediction.shape[1])
        predicted = [names[k] for k in prediction.argmax(axis=1)]
        return {"predicted": predicted} | {f"probability_{name}": prediction[:, k] for k, name in enumerate(names)}

    def calibration(self, test: Predicted, train: Callable[[], Predicted]) -> dict[str, float]:
        """The likelihood of the right classes, and how far accuracy and stated probability lie apart."""
        error = METRICS["calibration_error"].compute(test.y, test.prediction)
        return {"nll": float(self.nll(test).mean()), "calibration_error": error}


def named(info: Info, n: int) -> list[str]:
    """The names of a head's `n` classes; a number for one that has none."""
    return [*info.class_names[:n], *(str(k) for k in range(len(info.class_names), n))]
