"""Generated reviews."""

from typing import ClassVar, Literal

from dlexp.components.data import Task
from dlexp.components.datasets.generators.texts import GeneratedTexts, WordDistribution


class Reviews(GeneratedTexts):
    """Generated reviews, positive or negative, as imdb's are encoded: the best possible score is known."""

    type: Literal["reviews"] = "reviews"
    class_names: ClassVar[tuple[str, ...]] = ("negative", "positive")
    task: ClassVar[Task] = "binary"
    distribution: ClassVar[WordDistribution] = WordDistribution((1, 1), strength=1.0)
