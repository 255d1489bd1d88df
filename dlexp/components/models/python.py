"""The user's own function as a model."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from dlexp.components import user_code
from dlexp.components.component import Misfit, Unfit
from dlexp.components.data import Info, Tensor
from dlexp.components.models.features import require_features
from dlexp.components.models.model import Model
from dlexp.components.user_code import FunctionName
from dlexp.errors import Changed


class PythonModel(Model):
    """Your own function, from a Keras tensor of inputs to one of features; its file may need your code to open."""

    type: Literal["python"] = "python"
    takes = ("numeric", "word_ids")
    layers_key = "function"
    function: FunctionName
    """`module:function`, called with the inputs `(batch, ...)` and the arguments; it gives features `(batch, units)`,
    to which the head is put. The module is found as Python finds it, then in the working directory."""
    arguments: dict[str, Any] = {}
    """Keyword arguments of the function."""

    @property
    def functions(self) -> list[str]:
        """The function that makes the layers."""
        return [self.function]

    def load_code(self) -> None:
        """Import the module, which may set a seed, though none that the weights begin with.

        Raises:
            Unfit: It raises, or has no such function.
        """
        with self._refused(), user_code.contained():
            user_code.load(self.function)

    def build(self, x: Tensor, info: Info) -> Tensor:
        """What the function makes of the inputs.

        Raises:
            Unfit: It raises, or gives no features.
        """
        with self._refused(), user_code.contained(), user_code.seeds_kept():
            features = user_code.load(self.function)(x, **self.arguments)
        require_features(features, x, self.function)
        return features

    @contextmanager
    def _refused(self) -> Iterator[None]:
        """Another's code raises anything; its traceback is in the log as the cause."""
        try:
            yield
        except Changed:  # The function is not to blame.
            raise
        except Exception as error:
            raise Unfit(Misfit("model.function", user_code.explained(self.function, error))) from error
