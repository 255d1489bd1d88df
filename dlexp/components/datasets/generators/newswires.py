"""Generated newswires."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from dlexp.components.data import Task
from dlexp.components.datasets.generators.texts import GeneratedTexts

if TYPE_CHECKING:
    import numpy as np

N_TOPICS = 46


class Newswires(GeneratedTexts):
    """Generated newswires in 46 topics, as those of reuters are encoded: the best possible score is known."""

    type: Literal["newswires"] = "newswires"
    task: ClassVar[Task] = "multiclass"
    strength: ClassVar[float] = 1.5
    n_train: Annotated[int, Field(ge=1)] = 8000
    """Training examples, those that validate included."""

    def shares(self) -> "np.ndarray[Any, Any]":
        """Topic k is as frequent as 1 / (k + 1): from 23 % to 0.5 %."""
        import numpy as np

        frequency = 1 / np.arange(1, N_TOPICS + 1)
        shares: np.ndarray[Any, Any] = frequency / frequency.sum()
        return shares
