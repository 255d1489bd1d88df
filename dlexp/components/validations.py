"""Which examples validate: taken from the training data, or the test split itself."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from dlexp.components import held_out
from dlexp.components.component import Component, Context, Misfit
from dlexp.components.data import Array
from dlexp.errors import UserError


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
    off: ClassVar[str] = "none"

    @classmethod
    def expand(cls, value: object) -> object:
        """`10000` and `0.2` are counts and fractions from the front, `test` is `{type: test}`, null is `none`."""
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

    def held_out(self, y: Array) -> Array:
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

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Nothing left to train on."""
        n = context.info.n_train
        if n is not None and (count := self.count(n)) >= n:
            yield Misfit("size", f"{count} examples held out of {n}; none would be left to train on")

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
    """Seed of the draw; not part of the run's own seed, so that all seeds validate on the same examples."""
    stratify: bool = False
    """Draw the same share of every class."""

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Nothing left to train on; no classes to stratify by, or more of them than examples on a side."""
        yield from super().problems(context)
        info = context.info
        count = 0 if info.n_train is None else self.count(info.n_train)
        if not self.stratify or (info.n_train is not None and count >= info.n_train):
            return
        if info.task == "multilabel" or (info.is_counted and info.n_classes is None):
            yield Misfit(
                "stratify", f"only classes can be drawn in equal shares; this data set is {info.described_task}"
            )
        elif info.n_train and info.n_classes and min(count, info.n_train - count) < info.n_classes:
            yield Misfit(
                "size",
                f"a stratified split needs an example of each of {info.n_classes} classes on both sides; "
                f"{self.size} of {info.n_train} gives {count} to validate on and {info.n_train - count} to train on",
            )

    def held_out(self, y: Array) -> Array:
        """Sorted positions drawn without replacement."""
        import numpy as np

        n = len(y)
        if not self.stratify:
            return held_out.at_random(n, self.count(n), self.seed)
        from sklearn.model_selection import train_test_split

        try:
            kept, drawn = train_test_split(np.arange(n), test_size=self.count(n), stratify=y, random_state=self.seed)
        except ValueError as error:  # A class of one example, or fewer examples than classes.
            raise UserError(f"validation.stratify: {error}") from error
        one_sided = [str(label) for label in np.unique(y) if label not in y[kept] or label not in y[drawn]]
        if one_sided:
            raise UserError(
                f"validation.size: {self.size} of {n} examples leaves classes on one side of the stratified split "
                f"only: {', '.join(one_sided)}"
            )
        return np.sort(drawn)

    def scaled(self, n_full: int | None, n_small: int) -> Validation:
        """Half of a stand-in, where classes can be rare: two examples of a class are then one on each side."""
        if self.stratify:
            return self.model_copy(update={"size": n_small // 2})
        return super().scaled(n_full, n_small)


class TestSplit(Validation):
    """The test split itself, as on the Reuters slide: the best score is then picked on the test data."""

    type: Literal["test"] = "test"


class NoValidation(Validation):
    """No validation: the training metrics alone."""

    type: Literal["none"] = "none"
