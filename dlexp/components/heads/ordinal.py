"""One of several classes in an order."""

from typing import Annotated, Any, Literal, cast

from dlexp.components.component import Word
from dlexp.components.data import Array, Info, Tensor
from dlexp.components.heads import classes, links
from dlexp.components.heads.head import Learnable, Output
from dlexp.components.metrics import fitting


class Ordinal(classes.ClassHead):
    """Classes in an order, such as stars: one number against learned thresholds, the cumulative logit model."""

    # McCullagh (1980), Regression models for ordinal data, J. R. Stat. Soc. B 42(2).
    type: Literal["ordinal"] = "ordinal"
    learns = Learnable(("ordinal", "multiclass"), "classes in an order")
    activation: Literal["cumulative_logit"] = "cumulative_logit"
    """P(y <= k) is the sigmoid of threshold k minus the number; the thresholds are the same for all examples."""
    loss: Literal["nll"] = "nll"
    """The negative log-likelihood."""
    metrics: list[Annotated[str, Word(fitting("ordinal"))]] = ["accuracy"]
    """Metrics of the probabilities; `class_mae` is how many classes the most probable one is off."""

    def units_for(self, info: Info) -> int:
        """One a threshold."""
        return (info.n_classes or 2) - 1

    def build(self, features: Tensor, y: Array) -> Output:
        """One location, and a threshold between each two classes."""
        from keras import layers, ops

        n_thresholds = self.units or 1
        n_classes = n_thresholds + 1
        f = self.dense(features, units=1)  # (batch, 1)
        # Weights on the constant 1 are parameters that no feature touches.
        thresholds = layers.Dense(n_thresholds, use_bias=False, kernel_initializer="zeros", name="thresholds")
        logits = layers.Concatenate(name="location_and_steps")([f, thresholds(ops.ones_like(f))])  # (batch, classes)

        def losses(y: Any, logits: Any) -> Any:
            logs = _log_probabilities(logits)
            return -ops.sum(ops.one_hot(ops.cast(y, "int32"), n_classes, dtype=logs.dtype) * logs, axis=-1)

        prediction = ops.exp(_log_probabilities(logits))
        balancing = self.balancing(y, n_classes)
        weighted = self.weighted(losses, balancing)
        return Output(logits=logits, prediction=prediction, losses=weighted, fitted=balancing)

    def nll(self, logits: Array, y: Array) -> Array:
        """Of the right class, in float64."""
        import numpy as np

        return cast(Array, -np.asarray(_log_probabilities(logits))[np.arange(len(logits)), y])


def _log_probabilities(logits: Any) -> Any:
    """Of each class, `(batch, classes)`, from the location and the thresholds' steps, `(batch, classes)`."""
    from keras import ops

    n_thresholds = logits.shape[-1] - 1
    f, first, gaps = logits[:, :1], logits[:, 1:2], links.scale(logits[:, 2:])
    # The first threshold, and the gap from each to the next; all gaps are 1 and their middle is 0 to start with.
    first = first - (n_thresholds - 1) / 2
    thresholds = first + ops.concatenate([ops.zeros_like(first), ops.cumsum(gaps, axis=-1)], axis=-1)
    z = thresholds - f  # P(y <= k) = s(z[k])
    below, above = z[:, :-1], z[:, 1:]
    # log(s(b) - s(a)) = log s(b) + log s(-a) + log(1 - exp(a - b)), of which no term cancels.
    between = -ops.softplus(-above) - ops.softplus(below) + ops.log(-ops.expm1(-gaps))
    return ops.concatenate([-ops.softplus(-z[:, :1]), between, -ops.softplus(z[:, -1:])], axis=-1)
