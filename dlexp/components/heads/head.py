"""The base of all heads: output units, last activation, loss and metrics."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from dlexp.components.component import Component
from dlexp.components.datasets import Info
from dlexp.components.metrics import METRICS

if TYPE_CHECKING:
    import keras
    import numpy as np


@dataclass(frozen=True)
class Output:
    """A head that has been put on a trunk."""

    logits: "keras.KerasTensor"
    """What the output units compute before the last activation, `(batch, units)`."""
    prediction: "keras.KerasTensor"
    """The same on the natural scale, made of Keras's own layers: what the saved model gives."""
    losses: Callable[[Any, Any], Any]
    """`losses(y, logits)`: the loss of each example, `(batch,)`, from targets `(batch,)` and logits."""


class Head(Component):
    """Output units for one kind of target, and the likelihood that trains them."""

    kind: ClassVar[str] = "heads"
    units: Annotated[int, Field(ge=1)] | None = None
    """Output units; what the data set's classes need, unless said."""
    metrics: Sequence[str]
    """Metrics of the predictions, by name."""
    output_bias: float = 0.0
    """Start of the output units' bias: far from 0, the untrained model is confident, and wrong where it is."""

    def units_for(self, info: Info) -> int:
        """Output units that this data needs."""
        return 1

    def problems(self, info: Info) -> Iterator[tuple[str, str]]:
        """What cannot work with this data, as (field, what is wrong); `units` is filled in already."""
        raise NotImplementedError

    def build(self, features: "keras.KerasTensor", y: "np.ndarray[Any, Any]") -> Output:
        """Put the head on features `(batch, n)`; `y` are the training targets, for scales that are fitted."""
        raise NotImplementedError

    def dense(self, features: "keras.KerasTensor") -> "keras.KerasTensor":
        """The output units before their activation, `(batch, units)`."""
        import keras

        bias = keras.initializers.Constant(self.output_bias)
        return keras.layers.Dense(self.units, bias_initializer=bias, name="output")(features)

    def measure(self, metric: str, y: "np.ndarray[Any, Any]", prediction: "np.ndarray[Any, Any]") -> float:
        """A metric over a split, from targets `(n,)` and predictions `(n, units)` on the natural scale."""
        return METRICS[metric].compute(y, prediction)
