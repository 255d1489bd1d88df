"""Generated newswires."""

from typing import Annotated, Literal

from pydantic import Field

from dlexp.components.datasets.generators.texts import GeneratedTexts, WordDistribution


class Newswires(GeneratedTexts):
    """Generated newswires in 46 topics, as those of reuters are encoded: the best possible score is known."""

    type: Literal["newswires"] = "newswires"
    task = "multiclass"
    #: Topic k is as frequent as 1 / (k + 1): from 23 % to 0.5 %.
    distribution = WordDistribution(tuple(1 / k for k in range(1, 47)), strength=1.5)
    n_train: Annotated[int, Field(ge=1)] = 8000
    """Training examples, those that validate included."""
