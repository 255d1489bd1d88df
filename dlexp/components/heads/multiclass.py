"""One of several classes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from dlexp.components.component import Context, Misfit, Word
from dlexp.components.data import Info, Task
from dlexp.components.heads.classes import Classes, LabelSmoothing
from dlexp.components.heads.head import Output, Predicted
from dlexp.components.metrics import fitting

if TYPE_CHECKING:
    import keras
    import numpy as np


class Multiclass(Classes):
    """One of several classes: a softmax over one unit a class and categorical cross-entropy."""

    type: Literal["multiclass"] = "multiclass"
    tasks: ClassVar[tuple[Task, ...]] = ("multiclass", "ordinal", "binary")
    activation: Literal["softmax"] = "softmax"
    """Activation of the output units: together they give the probability of each class."""
    loss: Literal["categorical_crossentropy", "mse"] = "categorical_crossentropy"
    """Cross-entropy from the logits, or the mean squared error of the probabilities."""
    metrics: list[Annotated[str, Word(fitting("multiclass"))]] = ["accuracy"]
    """Metrics of the probabilities; `auc` is the mean of each class against the rest."""
    label_smoothing: LabelSmoothing = 0.0
    """Share of a target that is spread over all classes: s gives the right one 1 - s + s / classes."""

    def units_for(self, info: Info) -> int:
        """One a class."""
        return info.n_classes or 1

    def columns(self, info: Info) -> list[str]:
        """A probability each unit."""
        return [f"probability_{k}" for k in range(self.units or self.units_for(info))]

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Targets that are no classes, and classes that do not fit the units."""
        info, units = context.info, self.units or 0
        if info.task not in self.tasks:
            yield Misfit("type", f"a multiclass head needs classes; this data set is {info.described_task}")
        elif units == 1:
            yield Misfit("units", "a softmax over 1 unit is always 1; use the binary head for 1 unit")
        elif info.n_classes and units < info.n_classes:
            yield Misfit("units", f"{info.n_classes} classes do not fit into {units} outputs")
        elif isinstance(self.class_weight, list) and units and len(self.class_weight) != units:
            yield Misfit("class_weight", f"expected one weight a class, {units}, given {len(self.class_weight)}")
        yield from self.smoothing_problems(self.label_smoothing, self.loss)

    def build(self, features: "keras.KerasTensor", y: "np.ndarray[Any, Any]") -> Output:
        """One unit a class; the loss is computed from the logits."""
        import keras

        def losses(y: Any, logits: Any) -> Any:
            if self.loss == "mse":
                return keras.losses.mean_squared_error(keras.ops.one_hot(y, self.units), keras.ops.softmax(logits))
            if self.label_smoothing:
                target = keras.ops.one_hot(y, self.units)
                return keras.losses.categorical_crossentropy(
                    target, logits, from_logits=True, label_smoothing=self.label_smoothing
                )
            # The classes are integers, so the sparse form of the same loss: J = log sum exp(z) - z[y].
            return keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True)

        logits = self.dense(features)
        prediction = keras.layers.Activation("softmax", name="probabilities")(logits)
        return Output(logits, prediction, self.weighted(losses, y, self.units or 1))

    def nll(self, test: Predicted) -> "np.ndarray[Any, Any]":
        """Of the categorical law: log sum exp(z) - z[y]."""
        import numpy as np
        from scipy.special import logsumexp

        z = test.logits.astype(np.float64)
        nll: np.ndarray[Any, Any] = logsumexp(z, axis=1) - z[np.arange(len(z)), test.y]
        return nll
