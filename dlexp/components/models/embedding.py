"""Learned word vectors, pooled over the text."""

from typing import Annotated, Literal

from pydantic import Field

from dlexp.components.data import Info, Tensor
from dlexp.components.models.masks import averaged
from dlexp.components.models.model import Stack


class Embedding(Stack):
    """A learned vector for each word, pooled over the text, then fully connected hidden layers."""

    type: Literal["embedding"] = "embedding"
    takes = ("word_ids",)
    output_dim: Annotated[int, Field(ge=1)] = 16
    """Length of a word's vector; the name is Keras's."""
    pooling: Literal["average", "max"] = "average"
    """How the vectors of a text become one; the average leaves padding out, and of padding alone it is 0."""
    hidden: list[Annotated[int, Field(ge=1)]] = [16]
    """Units of each hidden layer behind the pooling."""

    def build(self, x: Tensor, info: Info) -> Tensor:
        """From word indices `(batch, maxlen)`, 0 for padding, to features `(batch, hidden[-1])`."""
        import keras

        average = self.pooling == "average"
        pooling = keras.layers.GlobalAveragePooling1D if average else keras.layers.GlobalMaxPooling1D
        # The maximum has no mask in Keras: padding has a vector of its own there, as any word.
        embedding = keras.layers.Embedding(info.vocabulary, self.output_dim, mask_zero=average, name="embedding")
        # (batch, maxlen, output_dim) -> (batch, output_dim)
        return self.stack(averaged(pooling(name="pooling"), embedding(x)))
