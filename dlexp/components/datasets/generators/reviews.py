"""Generated reviews."""

from typing import Literal

from dlexp.components.datasets.generators.texts import GeneratedTexts, WordDistribution


class Reviews(GeneratedTexts):
    """Generated reviews, positive or negative, as imdb's are encoded: the best possible score is known."""

    type: Literal["reviews"] = "reviews"
    class_names = ("negative", "positive")
    task = "binary"
    distribution = WordDistribution((1, 1), strength=1.0)
