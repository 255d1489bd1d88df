"""Which examples validate: taken from the training data, or the test split itself."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from dlexp.components import held_out
from dlexp.components.component import Component, Context, Misfit
from dlexp.components.data import Columns, Data, Info
from dlexp.components.held_out import HeldOut
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
    """Where the validation examples come from: a type, or a number.

    A number alone is `{type: split, size: NUMBER}` on the user's own data, which may be in any order, and
    `{type: front, size: NUMBER}` on all others, as on the course's slides.
    """

    kind: ClassVar[str] = "validations"
    off: ClassVar[str] = "none"

    @classmethod
    def expand(cls, value: object) -> object:
        """`10000` and `0.2` are a count and a fraction from the front, unless the data set wants them drawn.

        `test` is `{type: test}`, null is `none`.
        """
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

    def held_out(self, data: Data) -> HeldOut:
        """The training examples that validate instead.

        Raises:
            UserError: The examples do not allow it.
        """
        import numpy as np

        return HeldOut(np.arange(0), "")

    def scaled(self, n_full: int | None, n_small: int) -> "Validation":
        """The same for a stand-in of `n_small` examples: counts shrink in proportion."""
        return self

    @property
    def by(self) -> str | None:
        """The column of a table that it looks at, if it does."""
        return None

    def settled(self, info: Info, is_users_own: bool) -> Self:
        """The same with what a data set decides, as far as that is known without its data."""
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
        if context.info.n_train is not None and (why := self._too_many(context.info.n_train)):
            yield Misfit("size", why)

    def _too_many(self, n: int) -> str:
        count = self.count(n)
        return f"{count} examples held out of {n}; none would be left to train on" if count >= n else ""

    def held_out(self, data: Data) -> HeldOut:
        """As the type chooses them."""
        n = len(data.train)
        if why := self._too_many(n):
            raise UserError(f"validation.size: {why}")
        return self._chosen(data, self.count(n))

    def _chosen(self, data: Data, count: int) -> HeldOut:
        """So many examples of more."""
        raise NotImplementedError

    def scaled(self, n_full: int | None, n_small: int) -> Validation:
        """Counts shrink in proportion, fractions stay."""
        if not isinstance(self.size, int):
            return self
        share = 0.2 if n_full is None else self.size / n_full
        return self.model_copy(update={"size": max(1, min(n_small - 1, round(share * n_small)))})


class Front(_HeldOut):
    """The first examples of the training data, as on the course's slides."""

    type: Literal["front"] = "front"

    def _chosen(self, data: Data, count: int) -> HeldOut:
        import numpy as np

        return HeldOut(np.arange(count), "the first")


class RandomSplit(_HeldOut):
    """A random draw from the training data, the same for every run with this seed."""

    type: Literal["split"] = "split"
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the draw; not part of the run's own seed, so that all seeds validate on the same examples."""
    stratify: Literal["auto"] | bool = "auto"
    """Draw the same share of every class. `auto`: of the user's own data where every class fits on both sides, and not
    of others; of these the resolved config says false."""

    def settled(self, info: Info, is_users_own: bool) -> Self:
        """`auto` is off, unless there may be classes of the user's own."""
        if self.stratify == "auto" and not (is_users_own and info.task in ("binary", "multiclass", "ordinal")):
            return self.model_copy(update={"stratify": False})
        return self

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Nothing left to train on; no classes to stratify by, or more of them than examples on a side."""
        yield from super().problems(context)
        info = context.info
        count = 0 if info.n_train is None else self.count(info.n_train)
        if self.stratify is not True or (info.n_train is not None and count >= info.n_train):
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

    def _chosen(self, data: Data, count: int) -> HeldOut:
        y = data.train.y
        reason = held_out.why_not_by_class(y, count) if self.stratify else ""
        if self.stratify and not reason:
            return HeldOut(held_out.by_class(y, count, self.seed), "drawn by class")
        if self.stratify is True:
            raise UserError(f"validation.stratify: {reason}; auto draws by class where it can be done")
        return HeldOut(held_out.at_random(len(y), count, self.seed), held_out.at_random_since(reason))

    def scaled(self, n_full: int | None, n_small: int) -> Validation:
        """Half of a stand-in, where classes can be rare: two examples of a class are then one on each side."""
        if self.stratify is True:
            return self.model_copy(update={"size": n_small // 2})
        return super().scaled(n_full, n_small)


class RowSplit:
    """What those share that a table also has for its test split: they look at the order or the columns of the rows."""

    off: ClassVar[str] = ""
    column: str | None

    @property
    def by(self) -> str | None:
        """The column."""
        return self.column

    @classmethod
    def expand(cls, value: object) -> object:
        """`time` is `{type: time}`; a number names no type, and null is null."""
        return {"type": value} if isinstance(value, str) else value

    def of_rows(self, n: int, count: int, columns: Columns | None, key: str) -> HeldOut:
        """The `count` rows of `n` that are held out; `key` names this setting in messages.

        Raises:
            UserError: The rows cannot be split by the column.
            DataError: A row has no value in it.
        """
        raise NotImplementedError

    def _chosen(self, data: Data, count: int) -> HeldOut:
        return self.of_rows(len(data.train), count, data.columns, "validation")


class TimeSplit(RowSplit, _HeldOut):
    """The last examples, so that nothing later than these is learned."""

    type: Literal["time"] = "time"
    column: Annotated[str, Field(min_length=1)] | None = None
    """The column of dates, times or numbers that says what is later. Rows of one time stay together, so that their
    count can differ a little from the size. By default the order of the file says it, and its last rows are taken. The
    column stays a feature."""

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Nothing left to train on; a column where there are none."""
        yield from super().problems(context)
        if self.column is not None and not context.has_columns:
            why = f"{context.dataset} has no columns by name; leave this out for the order of its examples"
            yield Misfit("column", why)

    def of_rows(self, n: int, count: int, columns: Columns | None, key: str) -> HeldOut:
        """The last ones."""
        import numpy as np

        if self.column is None or columns is None:
            return HeldOut(np.arange(n - count, n), "the last in the order of the file")
        positions = held_out.last(columns.times(self.column, key)[:n], count)
        if positions is None:
            raise UserError(f"{key}.column: all rows have the same {self.column}")
        return HeldOut(positions, f"the last by {self.column}")


class GroupSplit(RowSplit, _HeldOut):
    """Whole groups, such as all rows of a patient, drawn at random: none is on both sides."""

    type: Literal["group"] = "group"
    column: Annotated[str, Field(min_length=1)]
    """The column that names the group of each row. Groups are drawn as long as they fit into the size. The column stays
    a feature, unless `dataset.features` or `dataset.id` say otherwise."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the draw; not part of the run's own seed, so that all seeds have the same groups."""

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Nothing left to train on; no columns."""
        yield from super().problems(context)
        if not context.has_columns:
            yield Misfit("column", f"{context.dataset} has no columns by name; groups need a table (csv, parquet)")

    def of_rows(self, n: int, count: int, columns: Columns | None, key: str) -> HeldOut:
        """Those that fit into the count."""
        groups = [] if columns is None else columns.groups(self.column, key)[:n].tolist()
        positions = held_out.whole_groups(groups, count, self.seed)
        if positions is None:
            raise UserError(f"{key}.column: all rows have the same {self.column}")
        return HeldOut(positions, f"in whole groups by {self.column}")

    def scaled(self, n_full: int | None, n_small: int) -> Validation:
        """Any rows of a stand-in, which may be all of one group."""
        return RandomSplit(size=self.size, seed=self.seed, stratify=False).scaled(n_full, n_small)


class ColumnSplit(Validation):
    """The rows that `dataset.split_column` calls `val`, or the texts of `dataset.val`; else a fifth as by `split`."""

    type: Literal["column"] = "column"

    def count(self, n_train: int) -> int:
        """What is drawn where no row is marked: how many are, only the data say."""
        return RandomSplit().count(n_train)

    def problems(self, context: Context) -> Iterator[Misfit]:
        """No such column or folder."""
        if not context.marks_validation:
            yield Misfit(
                "type", "column needs dataset.split_column, or of text_folder dataset.val, which say what validates"
            )

    def held_out(self, data: Data) -> HeldOut:
        """Those that are marked, if any are."""
        import numpy as np

        if len(data.marked):
            return HeldOut(np.asarray(data.marked), "as marked")
        drawn = RandomSplit().settled(data.info, is_users_own=True) if data.info else RandomSplit()
        return drawn.held_out(data)


class TestSplit(Validation):
    """The test split itself, as on the Reuters slide: the best score is then picked on the test data."""

    type: Literal["test"] = "test"


class NoValidation(Validation):
    """No validation: the training metrics alone."""

    type: Literal["none"] = "none"
