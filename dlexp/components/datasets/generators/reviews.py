"""Generated reviews."""

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from dlexp.components.data import Task
from dlexp.components.datasets.generators.texts import GeneratedTexts

if TYPE_CHECKING:
    import numpy as np


class Reviews(GeneratedTexts):
    """Generated reviews, positive or negative, as imdb's are encoded: the best possible score is known."""

    type: Literal["reviews"] = "reviews"
    class_names: ClassVar[tuple[str, ...]] = ("negative", "positive")
    task: ClassVar[Task] = "binary"
    strength: ClassVar[float] = 1.0

    def shares(self) -> "np.ndarray[Any, Any]":
        """One half each."""
        import numpy as np

        return np.full(2, 0.5)
