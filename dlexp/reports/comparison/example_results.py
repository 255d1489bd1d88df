"""What results on test examples add to a difference: an interval on new examples, or a word on two trained models."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from dlexp.components.columns import Column
from dlexp.errors import DlexpError
from dlexp.records.index import Run
from dlexp.records.record_files import damaged
from dlexp.reports.comparison.compared import Compared, value_of
from dlexp.reports.comparison.verdicts import PairedDifference, TrainedModels, least_sd
from dlexp.statistics.examples import half_on_new_examples, mcnemar

if TYPE_CHECKING:
    from dlexp.records.predictions import Array

    _Scored = tuple[Array, Array] | None

#: Metrics that are means over examples, as far as their results tell them.
MEANS = ("accuracy", "exact_match", "mae", "mse")
#: The mean of the scores of all examples is the recorded number, up to the order in which they were added.
_ROUNDING = 1e-9


class _NoResultsError(DlexpError):
    """There is nothing to align: no record, or no example in common."""


class ExampleResults:
    """What single test examples say of differences from one baseline, whose own results are read once."""

    def __init__(self, baseline: Compared, column: Column) -> None:
        self._baseline = baseline
        self._column = column
        self._of_baseline: dict[int, _Scored] = {}

    def added_to(self, found: PairedDifference, experiment: Compared) -> PairedDifference:
        """A difference with what single test examples say, where the number is a mean over them.

        They are read for a single pair and beside an interval alone. Both experiments have the same test examples.
        """
        column = self._column
        if column.split != "test" or column.quantity not in MEANS or not (found.interval or found.pairs == 1):
            return found
        seeds = sorted(self._baseline.by_seed(column).keys() & experiment.by_seed(column).keys())
        try:
            aligned = _aligned(self._scored(experiment, seeds), column)
        except DlexpError as error:  # As of a record that is missing or damaged.
            return replace(found, no_results=error.lines[0])
        if aligned is None:
            return found
        of_baseline, of_experiment = aligned[: len(seeds)], aligned[len(seeds) :]
        if found.interval is None:
            return replace(found, trained_models=_trained_models(column, of_baseline[0], of_experiment[0]))
        assert found.level is not None
        grid = least_sd(self._baseline, experiment, column)
        # Of a sample the examples' part is that of so many as are kept: no surer than all of them.
        half = half_on_new_examples(of_experiment - of_baseline, found.level, grid)
        low, high = found.interval
        half = max(half, (high - low) / 2)
        return replace(found, on_new_examples=(found.mean - half, found.mean + half))

    def _scored(self, experiment: Compared, seeds: Sequence[int]) -> "Iterator[_Scored]":
        """The results of the baseline by seed, then those of the experiment."""
        for seed in seeds:
            if seed not in self._of_baseline:
                self._of_baseline[seed] = _scored(self._baseline.runs[seed], self._column)
            yield self._of_baseline[seed]
        for seed in seeds:
            yield _scored(experiment.runs[seed], self._column)


def _aligned(several: "Iterable[_Scored]", column: Column) -> "Array | None":
    """The scores of several runs on the examples whose results all of them have, `(runs, examples)`.

    None if the number is no mean over examples.
    """
    import numpy as np

    positions, scores = [], []
    for scored in several:
        if scored is None:
            return None
        positions.append(scored[0])
        scores.append(scored[1])
    common = reduce(lambda a, b: np.intersect1d(a, b, assume_unique=True), positions)
    if len(common) < 2:
        raise _NoResultsError(f"{column}: results on no two test examples are on record of all runs")
    return np.stack([own[np.isin(position, common)] for position, own in zip(positions, scores, strict=True)])


def _scored(run: Run, column: Column) -> "_Scored":
    """The positions of a run's test examples and their scores; None if the number is no mean over examples."""
    import numpy as np

    from dlexp.records.predictions import Predictions, scores

    path = run.dir.predictions_path
    if not path.exists():
        missing = "no results on single test examples are on record (--force trains it again with them)"
        raise _NoResultsError(f"{run.dir.label}: {missing}")
    results = Predictions.read(path).results.get(column.target)
    if results is None:
        raise damaged(path, f"no results of target {column.target!r}")
    with np.errstate(over="ignore"):
        scored = scores(results, column.quantity)
    if scored is None:
        return None
    if not np.isfinite(scored).all():
        raise damaged(path, "errors whose squares are infinite")
    recorded = value_of(run.result, column)
    is_of_all = len(scored) == run.result.examples.get("test")
    if is_of_all and recorded is not None and not math.isclose(scored.mean(), recorded, rel_tol=_ROUNDING):
        raise damaged(path, f"the mean of its results is {scored.mean():.6g}, and {column} is {recorded:.6g}")
    return results.position, scored


def _trained_models(column: Column, of_baseline: "Array", of_experiment: "Array") -> TrainedModels | None:
    """None unless each example is either right or wrong."""
    import numpy as np

    if not column.higher_is_better or not np.isin([of_baseline, of_experiment], (0, 1)).all():
        return None
    only_baseline = int((of_baseline > of_experiment).sum())
    only_experiment = int((of_experiment > of_baseline).sum())
    return TrainedModels(only_baseline, only_experiment, len(of_baseline), mcnemar(only_baseline, only_experiment))
