"""What a claim measures: one number of each run, from its result, its history or its diagnostics."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from dlexp.components.columns import Column
from dlexp.config.claim import MINUS, Claim
from dlexp.records.ended import Finished
from dlexp.records.history import EPOCH, PROBE_ROWS
from dlexp.records.index import Run
from dlexp.reports.comparison.compared import Compared, value_of

T = TypeVar("T")

#: What the units of a hidden layer give, among the layers on record.
_UNITS = re.compile(r"hidden_[0-9]+_activation")
#: Every loss is computed in float32: so far apart, relative to their size, are its neighbouring values.
_FLOAT32 = 2.0**-23


def _runs_to_the_end(variant: Compared) -> bool:
    return not any(key.startswith("training.early_stopping") and x is not None for key, x in variant.settings.items())


#: Of which variants a number is the same for every seed, by the name of the number.
_EXACT: Mapping[str, Callable[[Compared], bool]] = {"parameters": lambda variant: True, "epochs": _runs_to_the_end}


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A number of each run."""

    name: str
    """As a sentence has it: `val_accuracy in epoch 3`."""
    of_run: Callable[[Run], float | None]
    """The number of a finished run; None if it has none."""
    step: Callable[[Compared], float | None]
    """The distance between two neighbouring values; None if any value is possible, or the distance is not known."""
    columns: tuple[Column, ...] = ()
    """The scores that it is made of, which must be comparable; none of what observes the training."""
    is_exact: Callable[[Compared], bool] = lambda variant: False
    """Whether it follows from the settings alone, the same for every seed: it needs no interval."""
    aim: str = ""
    """What a run may never reach, so that it has no number: `val_accuracy 0.85`, `epoch 3`; empty of other numbers."""
    is_unreached: Callable[[Run], bool] = lambda run: False
    """Whether a run has no number because it never got there: a result, and no gap in the records."""

    def by_seed(self, variant: Compared) -> dict[int, float]:
        """The number of each run; a seed whose run lacks it is missing."""
        values = ((seed, self.of_run(run)) for seed, run in variant.runs.items())
        return {seed: value for seed, value in values if value is not None and math.isfinite(value)}


def of_claim(claim: Claim) -> Measure:
    """What a claim measures of each run."""
    if claim.epochs_to:
        ((name, target),) = claim.epochs_to.items()
        return _epochs_to(name, target)
    name = claim.metric or ""
    if name.startswith("diagnostics."):
        return _of_layers(name, claim.epoch)
    return of_columns(name, claim.epoch)


def remembering(measure: Measure) -> Measure:
    """The same, which reads the records of each run once, however often it is looked at."""
    return replace(measure, of_run=_once(measure.of_run), is_unreached=_once(measure.is_unreached))


def _once(of_run: Callable[[Run], T]) -> Callable[[Run], T]:
    known: dict[Path, T] = {}

    def remembered(run: Run) -> T:
        if run.dir.path not in known:
            known[run.dir.path] = of_run(run)
        return known[run.dir.path]

    return remembered


def of_columns(name: str, epoch: int | None = None) -> Measure:
    """A column of the records, or the difference of two of the same run: `val_loss - best_val_loss`.

    Args:
        name: As the study has it.
        epoch: The epoch whose value of the history counts; None for what stands in the result.
    """
    columns = tuple(Column.parse(each) for each in name.split(MINUS))

    def of_run(run: Run) -> float | None:
        if epoch is None:
            values = [value_of(run.result, column) for column in columns]
        else:
            row = next((row for row in run.dir.history() if row[EPOCH] == epoch), {})
            values = [row.get(str(column)) for column in columns]
        first, *others = (math.nan if value is None else value for value in values)
        return first - sum(others)

    def step(variant: Compared) -> float | None:
        # The rounding errors of both add up.
        steps = [step for column in columns if (step := _step_of(column, variant))]
        return math.hypot(*steps) if steps else None

    is_exact = _EXACT.get(name, lambda variant: False)
    measure = Measure(name=name, of_run=of_run, step=step, columns=columns, is_exact=is_exact)
    return _in_epoch(measure, epoch)


def _in_epoch(measure: Measure, epoch: int | None) -> Measure:
    """The same, said to be of an epoch that runs which stop early may not reach."""
    if epoch is None:
        return measure
    return replace(
        measure,
        name=f"{measure.name} in epoch {epoch}",
        aim=f"epoch {epoch}",
        is_unreached=lambda run: run.epochs is not None and run.epochs < epoch,
    )


def _step_of(column: Column, variant: Compared) -> float | None:
    """The grid that a column lies on: of its metric, of whole epochs, or of float32."""
    if column.quantity == "epochs" or column.best == "epoch":
        return 1.0
    if column.is_loss:
        return max(map(abs, variant.by_seed(column).values()), default=0.0) * _FLOAT32
    return variant.step_of(column)


def _epochs_to(name: str, target: float) -> Measure:
    """The first epoch in which a column of the history reaches a value: at least it, of a loss or an error at most."""
    column = Column.parse(name)

    def of_run(run: Run) -> float | None:
        values = ((row[EPOCH], row.get(name, math.nan)) for row in run.dir.history())
        reached = (epoch for epoch, x in values if (x >= target if column.higher_is_better else x <= target))
        return next(reached, None)

    return Measure(
        name=f"epochs to {name} {target:g}",
        aim=f"{name} {target:g}",
        is_unreached=lambda run: of_run(run) is None and any(name in row for row in run.dir.history()),
        of_run=of_run,
        step=lambda variant: 1.0,
        columns=(column,),
    )


def _of_layers(name: str, epoch: int | None) -> Measure:
    """A column of the diagnostics, of one hidden layer or the mean over all, in the last epoch by default."""
    layer, _, column = name.removeprefix("diagnostics.").rpartition(".")

    def rows(run: Run) -> list[Mapping[str, float]]:
        found = run.dir.diagnostics()
        wanted = epoch or (found[-1][EPOCH] if found else 0)
        return [row for row in found if row[EPOCH] == wanted and (not layer or row["layer"] == int(layer))]

    def of_run(run: Run) -> float | None:
        values = [row.get(column, math.nan) for row in rows(run)]
        return sum(values) / len(values) if values else None

    def step(variant: Compared) -> float | None:
        units = variant.recorded(_units) or []
        own = units[int(layer) - 1 : int(layer)] if layer else units
        examples = min(PROBE_ROWS, variant.recorded(lambda result: result.examples.get("train")) or 1)
        parts = {"dead_share": 1, "saturated_share": examples}.get(column)
        # The mean over the layers rounds each by itself.
        return math.hypot(*(1 / (n * parts) for n in own)) / len(own) if own and parts else None

    return _in_epoch(Measure(name=name, of_run=of_run, step=step), epoch)


def _units(result: Finished) -> list[int] | None:
    """How many units each hidden layer of a model has; None if its layers are not on record."""
    return [layer["output_shape"][-1] or 1 for layer in result.layers if _UNITS.fullmatch(layer["name"])] or None
