"""The user's own function as a model."""

from typing import Any, Literal

from dlexp.components.component import Misfit, Unfit
from dlexp.components.data import Info, Tensor
from dlexp.components.models.model import Model
from dlexp.components.user_code import FunctionName, exits_raised, load


class PythonModel(Model):
    """Your own function, from a Keras tensor of inputs to one of features; its file may need your code to open."""

    type: Literal["python"] = "python"
    takes = ("numeric", "word_ids")
    function: FunctionName
    """`module:function`, called with the inputs `(batch, ...)` and the arguments; it gives features `(batch, units)`,
    to which the head is put. The module is found as Python finds it, then in the working directory."""
    arguments: dict[str, Any] = {}
    """Keyword arguments of the function."""

    @property
    def functions(self) -> list[str]:
        """The function that makes the layers."""
        return [self.function]

    def build(self, x: Tensor, info: Info) -> Tensor:
        """What the function makes of the inputs.

        Raises:
            Unfit: It raises, or gives no features.
        """
        import keras

        try:
            with exits_raised():
                features = load(self.function)(x, **self.arguments)
        # Another's code raises anything; its traceback is in the log as the cause.
        except Exception as error:
            raise Unfit(Misfit("model.function", f"{self.function}: {type(error).__name__}: {error}")) from error
        if not isinstance(features, keras.KerasTensor) or len(features.shape) != 2:
            found = tuple(features.shape) if isinstance(features, keras.KerasTensor) else type(features).__name__
            why = f"{self.function}: expected features of shape (batch, units), got {found}"
            raise Unfit(Misfit("model.function", why))
        return features
