"""The schema of a claim: a statement about numbers of the runs of a study."""

from collections.abc import Collection, Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field

from dlexp.components.component import Misfit, Settings
from dlexp.config.points import Points, SizeInPoints, in_unit

#: What stands between the two variants of a difference and of a ratio, so that no name can have it.
MINUS, OVER = " - ", " / "

Expected = Literal["holds", "fails", "cannot_tell"]
#: The parts of the error over many training sets, of squared and of 0-1 loss, as `dlexp bias-variance` names them.
ERROR_PARTS = (
    *("bias_squared", "bias_squared_and_noise", "variance", "noise"),
    *("bias", "net_variance", "unbiased_variance", "biased_variance", "error"),
)
#: Of the keys of a claim, those of which it has exactly one: what is measured, of which variants, and the bound.
MEASURES = ("metric", "epochs_to")
SUBJECTS = ("difference", "ratio", "variant", "order")
BOUNDS = ("at_least", "at_most", "between", "no_difference_beyond")
#: A text that says something: the name of a variant or of a column, a file, a statement.
Name = Annotated[str, Field(min_length=1)]


class Claim(Settings):
    """A statement about one number of the runs, or about an order of variants, that can turn out to be false."""

    says: Name
    """The statement in words, as the scoreboard prints it."""
    metric: Name | None = None
    """What is measured: a column of the records (`test_accuracy`; `val_accuracy` in the last epoch, `best_val_accuracy`
    in the best one; `gap_accuracy`, `seconds`, `epochs`, `parameters`), the difference of two columns of the same run
    (`val_loss - best_val_loss`), `diagnostics.LAYER.COLUMN` or `diagnostics.COLUMN` (the mean over the layers), or a
    part of the error over resampled training sets (`bias_squared`, `bias`, `variance`, `noise`)."""
    epochs_to: Annotated[dict[Name, float], Field(min_length=1, max_length=1)] | None = None
    """Instead of `metric`: the epochs until a column of the history reaches a value, such as `val_accuracy: 0.85`."""
    epoch: Annotated[int, Field(ge=1)] | None = None
    """The epoch whose value of `metric` counts, of the history or the diagnostics; by default the last."""
    difference: Name | None = None
    """What is bounded: `A - B`, the paired difference of two variants."""
    ratio: Name | None = None
    """What is bounded: `A / B`, the ratio of two variants, by an interval on logarithms."""
    variant: Name | None = None
    """What is bounded: the value of one variant."""
    order: Annotated[list[Name], Field(min_length=2)] | None = None
    """What is bounded: each neighbouring difference of these variants, the one with the largest value first."""
    at_least: float | Points | None = None
    """The interval lies at or above this number, of an accuracy 0.02 or `2 points`; 0 by default with `order`."""
    at_most: float | Points | None = None
    """The interval lies at or below this number."""
    between: Annotated[list[float | Points], Field(min_length=2, max_length=2)] | None = None
    """The interval lies between these two numbers, the smaller one first."""
    no_difference_beyond: Annotated[float, Field(gt=0)] | SizeInPoints | None = None
    """The interval lies within this distance of 0; of a ratio, between 1/(1 + x) and 1 + x."""
    expect: Expected = "holds"
    """How the claim is expected to come out: a statement that is known not to hold here stays, with `fails`."""

    @property
    def needs_training_sets(self) -> bool:
        """Whether it is about a part of the error over many training sets, not about a number of each run."""
        return self.metric in ERROR_PARTS

    @property
    def sides(self) -> tuple[tuple[str, str], ...]:
        """The variants of each number that is bounded, the first minus or over the second; ("A", "") of one variant."""
        if self.order:
            return tuple(zip(self.order, self.order[1:], strict=False))
        if self.variant:
            return ((self.variant, ""),)
        a, _, b = (self.difference or self.ratio or "").partition(OVER if self.ratio else MINUS)
        return ((a.strip(), b.strip()),)

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants that it is about, each once."""
        return tuple(dict.fromkeys(name for pair in self.sides for name in pair if name))

    @property
    def bounds(self) -> dict[str, tuple[float, ...]]:
        """The numbers of the bounds that it has, by key, in the unit of the records: 0.02 for `2 points`."""
        return {key: tuple(map(in_unit, given)) for key, given in self.written_bounds.items()}

    @property
    def written_bounds(self) -> dict[str, list[float | str]]:
        """The same as the study has them."""
        given = {key: value for key in BOUNDS if (value := getattr(self, key)) is not None}
        return {key: value if isinstance(value, list) else [value] for key, value in given.items()}

    def problems(self, refused: Collection[str] = ()) -> Iterator[Misfit]:
        """Keys that cannot stand together, or do not say what is claimed.

        Args:
            refused: Keys that are given and left out here, since they or their values are wrong.
        """
        yield from self._not_one(MEASURES, refused)
        yield from self._not_one(SUBJECTS, refused)
        bounds = self.bounds
        if bounds or not (self.order or "order" in refused):
            yield from self._not_one(BOUNDS, refused)
        low, high = bounds.get("between", (0.0, 0.0))
        if low > high and self.between:
            written = ", ".join(each if isinstance(each, str) else f"{each:.12g}" for each in self.between[::-1])
            yield Misfit("between", f"expected the smaller number first; write [{written}]")
        for key, values in bounds.items() if self.ratio else ():
            if (least := min(values)) <= 0:
                yield Misfit(key, f"a ratio is more than 0, and 1 where both are equal; given {least:g}")
        if self.epochs_to and self.epoch is not None:
            yield Misfit("epoch", "epochs_to counts epochs, and has no value in one of them; leave out epoch")

    def _not_one(self, keys: Sequence[str], refused: Collection[str]) -> Iterator[Misfit]:
        """What to say of keys of which a claim has exactly one, if it has none or several."""
        given = [key for key in keys if getattr(self, key) is not None or key in refused]
        # Of a key with another name it is not known which one it was to be.
        if not given and Claim.model_fields.keys() >= set(refused):
            yield Misfit("", f"expected one of {', '.join(keys)}")
        elif len(given) > 1:
            yield Misfit(given[1], f"given beside {given[0]}; a claim has one of {', '.join(keys)}")
