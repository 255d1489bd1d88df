"""One of several classes."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, cast

from dlexp.components.component import Context, Misfit, Word
from dlexp.components.data import Array, Tensor
from dlexp.components.heads import classes
from dlexp.components.heads.head import Learnable, Output
from dlexp.components.metrics import fitting


class Multiclass(classes.ClassHead):
    """One of several classes: a softmax over one unit a class and categorical cross-entropy."""

    type: Literal["multiclass"] = "multiclass"
    learns = Learnable(("multiclass", "ordinal", "binary"), "classes")
    has_unit_per_class = True
    weak_losses = ("mse",)
    activation: Literal["softmax"] = "softmax"
    """Activation of the output units: together they give the probability of each class."""
    loss: Literal["categorical_crossentropy", "mse"] = "categorical_crossentropy"
    """Cross-entropy from the logits, or the mean squared error of the probabilities."""
    metrics: list[Annotated[str, Word(fitting("multiclass"))]] = ["accuracy"]
    """Metrics of the probabilities; `auc` is the mean of each class against the rest."""
    label_smoothing: classes.LabelSmoothing = 0.0
    """Share of a target that is spread over all classes: s gives the right one 1 - s + s / classes."""

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Targets that are no classes, and classes that do not fit the units."""
        info, units = context.info, self.units or 0
        if info.task not in self.learns.tasks:
            yield Misfit("type", f"a multiclass head needs {self.learns.needs}; this data set is {info.described_task}")
        elif units == 1:
            yield Misfit("units", "a softmax over 1 unit is always 1; use the binary head for 1 unit")
        elif info.n_classes and units < info.n_classes:
            yield Misfit("units", f"{info.n_classes} classes do not fit into {units} outputs")
        else:
            yield from self.wrong_weights(info, units)
        yield from classes.wrong_smoothing(self.label_smoothing, self.loss)

    def build(self, features: Tensor, y: Array) -> Output:
        """One unit a class; the loss is computed from the logits."""
        import keras

        def losses(y: Any, logits: Any) -> Any:
            if self.loss == "mse":
                return keras.losses.mean_squared_error(keras.ops.one_hot(y, self.units), keras.ops.softmax(logits))
            if self.label_smoothing:
                y, smoothing = keras.ops.one_hot(y, self.units), self.label_smoothing
                return keras.losses.categorical_crossentropy(y, logits, from_logits=True, label_smoothing=smoothing)
            # The classes are integers, so the sparse form of the same loss: J = log sum exp(z) - z[y].
            return keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True)

        logits = self.dense(features)
        prediction = keras.layers.Activation("softmax", name="probabilities")(logits)
        balancing = self.balancing(y, self.units or 1)
        weighted = self.weighted(losses, balancing)
        return Output(logits=logits, prediction=prediction, losses=weighted, fitted=balancing)

    def nll(self, logits: Array, y: Array) -> Array:
        """Of the categorical distribution: log sum exp(z) - z[y]."""
        import numpy as np
        from scipy.special import logsumexp

        return cast(Array, logsumexp(logits, axis=1) - logits[np.arange(len(logits)), y])
