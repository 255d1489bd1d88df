"""Any number of several classes at once."""

from typing import Annotated, Any, Literal, cast

from dlexp.components.component import Word
from dlexp.components.data import Array, Info, Tensor
from dlexp.components.heads import classes
from dlexp.components.heads.head import Head, Learnable, Output, PredictedColumns, PredictiveDistribution, Training
from dlexp.components.metrics import fitting


class Multilabel(Head):
    """Any of several classes at once: a sigmoid unit per class, binary cross-entropy, no class tied to another."""

    type: Literal["multilabel"] = "multilabel"
    learns = Learnable(("multilabel",), "examples with any number of classes")
    has_unit_per_class = True
    activation: Literal["sigmoid"] = "sigmoid"
    """Activation of the output units: each gives the probability that its class is there."""
    loss: Literal["binary_crossentropy"] = "binary_crossentropy"
    """The mean over the classes, as Keras's; `nll` is the sum, the likelihood of all of an example's labels."""
    metrics: list[Annotated[str, Word(fitting("multilabel"))]] = ["f1_micro"]
    """Metrics of the probabilities, a class counted as there from above one half; `accuracy` counts single labels,
    `exact_match` whole examples, `auc` is the mean over the classes."""
    label_smoothing: classes.LabelSmoothing = 0.0
    """Share of a label that is spread over both answers: s turns 0 and 1 into s/2 and 1 - s/2."""

    def build(self, features: Tensor, y: Array) -> Output:
        """One unit a class; the loss is computed from the logits."""
        import keras

        def losses(y: Any, logits: Any) -> Any:
            y = keras.ops.cast(y, logits.dtype)  # (batch, classes)
            # J = mean over the classes of -y log s(z) - (1 - y) log(1 - s(z)).
            return keras.losses.binary_crossentropy(y, logits, from_logits=True, label_smoothing=self.label_smoothing)

        logits = self.dense(features)
        prediction = keras.layers.Activation("sigmoid", name="probabilities")(logits)
        return Output(logits=logits, prediction=prediction, losses=losses, fitted=())

    def distribution(self, prediction: Array, train: Training) -> PredictiveDistribution:
        """The probability of each label."""
        return LabelDistribution(prediction, _nll)


class LabelDistribution(classes.ClassDistribution):
    """The probability of each of several labels, independent of the others: `(n, labels)`."""

    def columns(self, info: Info) -> PredictedColumns:
        """The classes that are there, with a semicolon between them, and the probability of each class."""
        names = classes.class_names(info, self.prediction.shape[1])
        decided = [";".join(names[k] for k in row.nonzero()[0]) for row in self.prediction > 0.5]
        return {"predicted": decided} | {f"probability_{name}": self.prediction[:, k] for k, name in enumerate(names)}


def _nll(logits: Array, y: Array) -> Array:
    """Of all labels of an example."""
    import numpy as np

    return cast(Array, np.logaddexp(0, np.where(y == 1, -logits, logits)).sum(axis=1))
