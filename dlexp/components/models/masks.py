"""What a mask may leave of a sequence: nothing, of which Keras's average is 0 / 0."""

from typing import TYPE_CHECKING, cast

from dlexp.components.data import Tensor

if TYPE_CHECKING:
    import keras

#: Keras's poolings that leave out what a mask hides, and divide by the number of steps that it leaves.
AVERAGES = ("GlobalAveragePooling1D",)
#: Where Keras's layers keep the mask of what they give.
MASK = "_keras_mask"
#: Where an average keeps the layer that made it and the steps that it is of.
AVERAGED = "_dlexp_averaged"


def averaged(layer: "keras.layers.Layer", x: Tensor) -> Tensor:
    """What a layer of `AVERAGES`, or one distributed over steps, makes of `x`; an average over nothing is 0.

    All other examples get the same bytes as from the layer alone, and so do their gradients.
    """
    y = _averaged(layer, x)
    setattr(y, AVERAGED, (layer, x))
    return y


def _averaged(layer: "keras.layers.Layer", x: Tensor) -> Tensor:
    from keras import ops

    mask = getattr(x, MASK, None)  # (batch, steps)
    if mask is None:
        return layer(x)
    is_any = ops.any(mask, axis=-1, keepdims=True)
    # Of a row without a step all are averaged at first: the gradient of 0 / 0 is NaN, whatever takes its place later.
    average = layer(x, mask=ops.logical_or(mask, ops.logical_not(is_any)))
    while len(is_any.shape) < len(average.shape):  # It has kept the axis of the steps.
        is_any = ops.expand_dims(is_any, axis=-1)
    return cast(Tensor, ops.where(is_any, average, 0.0))


def keep(layer: "keras.layers.Layer", x: Tensor, y: Tensor) -> Tensor:
    """`y`, which a layer made of `x`, with the mask that a wrapper such as SpectralNormalization hands on unseen.

    Keras builds a model as if it did not, and yet the layer inside puts the mask on the numbers.
    """
    mask, inner = getattr(x, MASK, None), getattr(layer, "layer", None)
    if mask is not None and getattr(y, MASK, None) is None and not layer.supports_masking and inner is not None:
        setattr(y, MASK, inner.compute_mask(x, mask) if inner.supports_masking else None)
    return y
