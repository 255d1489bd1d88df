"""A number from 0 to 1 with an uncertainty of its own."""

from typing import Any, Literal

from dlexp.components.data import Array, Tensor
from dlexp.components.heads import links, numbers
from dlexp.components.heads.head import Output, PredictiveDistribution, Training

#: Targets are kept this far from 0 and 1, where the density of a beta distribution is 0 or infinite.
MARGIN = 1e-6


class Beta(numbers.NumberHead):
    """A number from 0 to 1 with its uncertainty: both parameters of a beta distribution."""

    type: Literal["beta"] = "beta"
    n_units = 2
    learns = numbers.PROPORTION
    loss_is_bounded = False
    loss: Literal["nll"] = "nll"
    """The negative log-likelihood; a target of 0 or 1 counts as 1e-6 away from it."""

    def build(self, features: Tensor, y: Array) -> Output:
        """Two units, the logarithms of alpha and beta; both 1 is the uniform distribution."""
        import tensorflow as tf
        from keras import layers, ops

        def losses(y: Any, logits: Any) -> Any:
            y = ops.clip(ops.cast(y, logits.dtype), MARGIN, 1 - MARGIN)
            alpha, beta = links.scale(logits[:, 0]), links.scale(logits[:, 1])
            # -log p(y) = log B(alpha, beta) - (alpha - 1) log y - (beta - 1) log(1 - y)
            log_gamma = tf.math.lgamma  # keras.ops has none.
            log_beta = log_gamma(alpha) + log_gamma(beta) - log_gamma(alpha + beta)
            return log_beta - (alpha - 1) * ops.log(y) - (beta - 1) * ops.log1p(-y)

        logits = self.dense(features)
        alpha, beta = links.scale(logits[:, :1]), links.scale(logits[:, 1:])
        mean = alpha / (alpha + beta)
        prediction = layers.Concatenate(name="mean_alpha_beta")([mean, alpha, beta])
        return Output(logits=logits, prediction=prediction, losses=losses, fitted=())

    def distribution(self, prediction: Array, train: Training) -> PredictiveDistribution:
        """The beta distribution itself; targets lie inside the open interval, as in the loss."""
        from scipy import stats

        density = stats.beta(*prediction.astype("float64").T[1:])
        names = ("mean", "alpha", "beta")
        return numbers.NumberDistribution(prediction=prediction, density=density, names=names, margin=MARGIN)
