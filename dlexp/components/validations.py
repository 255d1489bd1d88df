"""Which examples validate: taken from the training data, or the test split itself."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from dlexp.components.component import Component

if TYPE_CHECKING:
    import numpy as np


def _count_or_fraction(value: object) -> int | float:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    if isinstance(value, float) and 0 < value < 1:
        return value
    raise PydanticCustomError(
        "size",
        "expected a count of examples (at least 1) or a fraction of the training data (between 0 and 1)",
    )


Size = Annotated[
    int | float,
    PlainValidator(_count_or_fraction),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0}),
]


class Validation(Component):
    """Where the validation examples come from. A number alone is `{type: front, size: NUMBER}`."""

    kind: ClassVar[str] = "validations"

    @classmethod
    def expand(cls, value: object) -> object:
        """`10000` and `0.2` are counts and fractions from the front, `test` is `{type: test}`."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return {"type": "front", "size": value}
        return super().expand(value)

    @classmethod
    def short_json_schema(cls, types: list[str]) -> list[dict[str, Any]]:
        """A type, or a number."""
        return [*super().short_json_schema(types), {"type": "number", "exclusiveMinimum": 0}]

    def count(self, n_train: int) -> int:
        """How many of `n_train` training examples are held out."""
        return 0

    def held_out(self, y: "np.ndarray") -> "np.ndarray":
        """Positions of the training examples that validate instead, `(count,)`; `y` are all training targets."""
        import numpy as np

        return np.arange(self.count(len(y)))

    def scaled(self, n_full: int | None, n_small: int) -> "Validation":
        """The same for a stand-in of `n_small` examples: counts shrink in proportion."""
        return self


class _HeldOut(Validation):
    """Shared by those that take examples from the training data."""

    size: Size = 0.2
    """A count of examples, or a fraction of the training data."""

    def count(self, n_train: int) -> int:
        """The count itself, or the fraction rounded to whole examples."""
        return self.size if isinstance(self.size, int) else max(1, round(self.size * n_train))

    def scaled(self, n_full: int | None, n_small: int) -> Validation:
        """Counts shrink in proportion, fractions stay."""
        if not isinstance(self.size, int):
            return self
        share = 0.2 if n_full is None else self.size / n_full
        return self.model_copy(update={"size": max(1, min(n_small - 1, round(share * n_small)))})


class Front(_HeldOut):
    """The first examples of the training data, as on the course's slides."""

    type: Literal["front"] = "front"


class RandomSplit(_HeldOut):
    """A random draw from the training data, the same for every run with this seed."""

    type: Literal["split"] = "split"
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the draw; no part of the run's own seed, so that all seeds validate on the same examples."""

    def held_out(self, y: "np.ndarray") -> "np.ndarray":
        """Sorted positions drawn without replacement."""
        import numpy as np

        return np.sort(np.random.default_rng(self.seed).permutation(len(y))[: self.count(len(y))])


class TestSplit(Validation):
    """The test split itself, as on the Reuters slide: the best score is then picked on the test data."""

    type: Literal["test"] = "test"


class NoValidation(Validation):
    """No validation: the training metrics alone."""

    type: Literal["none"] = "none"
