"""One of several classes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from dlexp.components.datasets import Info
from dlexp.components.heads.head import Head, Output

if TYPE_CHECKING:
    import keras
    import numpy as np


class Multiclass(Head):
    """One of several classes: a softmax over one unit a class and categorical cross-entropy."""

    type: Literal["multiclass"] = "multiclass"
    activation: Literal["softmax"] = "softmax"
    """Activation of the output units: together they give the probability of each class."""
    loss: Literal["categorical_crossentropy", "mse"] = "categorical_crossentropy"
    """Cross-entropy from the logits, or the mean squared error of the probabilities."""
    metrics: list[Literal["accuracy"]] = ["accuracy"]
    """Metrics of the probabilities."""

    def units_for(self, info: Info) -> int:
        """One a class."""
        return info.n_classes or 1

    def problems(self, info: Info) -> Iterator[tuple[str, str]]:
        """Targets that are no classes, and classes that do not fit the units."""
        units = self.units or 0
        if info.n_classes is None:
            yield "type", f"a multiclass head needs classes; this data set is {info.described_task}"
        elif units == 1:
            yield "units", "a softmax over 1 unit is always 1; use the binary head for 1 unit"
        elif units < info.n_classes:
            yield "units", f"{info.n_classes} classes do not fit into {units} outputs"

    def build(self, features: "keras.KerasTensor", y: "np.ndarray[Any, Any]") -> Output:
        """One unit a class; the loss is computed from the logits."""
        import keras

        def losses(y: Any, logits: Any) -> Any:
            if self.loss == "mse":
                return keras.losses.mean_squared_error(keras.ops.one_hot(y, self.units), keras.ops.softmax(logits))
            # The classes are integers, so the sparse form of the same loss: J = log sum exp(z) - z[y].
            return keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True)

        logits = self.dense(features)
        return Output(logits, keras.layers.Activation("softmax", name="probabilities")(logits), losses)
