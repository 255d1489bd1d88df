"""The layers that training computes outside of the body, by sparse products."""

from collections.abc import Iterator
from dataclasses import dataclass

import keras

from dlexp.components.data import Info
from dlexp.components.models.masks import AVERAGED


@dataclass(frozen=True)
class FirstLayer:
    """A Dense layer on sparse rows; or an Embedding, of which the body takes the average over the words of a text."""

    layer: keras.layers.Dense | keras.layers.Embedding
    output: keras.KerasTensor
    """Where the body starts."""

    @property
    def kernel(self) -> keras.Variable:
        """What the rows, or the counts of the words, are multiplied by."""
        return self.layer.embeddings if isinstance(self.layer, keras.layers.Embedding) else self.layer.kernel


def first_layers(info: Info, x: keras.KerasTensor, model: keras.Model, averages: bool) -> list[FirstLayer]:
    """One per trunk if the inputs `x` are sparse rows, or word indices whose vectors are averaged at once; else none.

    A graphics card computes the `averages` itself.
    """
    if info.inputs == "sparse":  # A Dense layer takes them, of each trunk.
        dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense) and layer.input is x]
        return [FirstLayer(layer, layer.output) for layer in dense]
    return list(_averaged(x, model)) if averages and info.inputs == "word_ids" else []


def _averaged(x: keras.KerasTensor, model: keras.Model) -> Iterator[FirstLayer]:
    embeddings = {id(layer.output): layer for layer in model.layers if _is_table(layer) and layer.input is x}
    for operation in model.operations:
        pooling, steps = getattr(operation.output, AVERAGED, (None, None))
        if id(steps) in embeddings and _is_average(pooling):
            yield FirstLayer(embeddings[id(steps)], operation.output)


def _is_table(layer: keras.layers.Layer) -> bool:
    """Whether it looks up rows of its weights in float32, and does nothing else."""
    return (
        type(layer) is keras.layers.Embedding
        and isinstance(layer.embeddings, keras.Variable)  # With a low-rank adaptation, it is their sum.
        and layer.embeddings.dtype == layer.compute_dtype == "float32"
        and layer.activity_regularizer is None
    )


def _is_average(layer: keras.layers.Layer) -> bool:
    """Whether it makes one vector of the steps of a text, and does nothing else."""
    return (
        type(layer) is keras.layers.GlobalAveragePooling1D
        and (layer.data_format, layer.keepdims, layer.compute_dtype) == ("channels_last", False, "float32")
        and layer.activity_regularizer is None
    )
