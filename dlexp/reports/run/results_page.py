"""What a `run` command gave, for people: the scores of one experiment, or a table with one row per experiment."""

import re
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, stdev

from dlexp.components.columns import Column
from dlexp.config.labels import Labelled
from dlexp.format import paragraph, plural
from dlexp.reports.experiment_columns import experiment_columns
from dlexp.reports.fitted import FittedColumn, fitted
from dlexp.reports.numbers import duration, fixed, of_deviations, plus_minus, scored
from dlexp.reports.run.outcome import MainScore, RunOutcome
from dlexp.reports.run.results import remarks

#: So many experiments stay in the order of the command; of more the best comes first.
N_IN_ORDER = 3
#: Of more experiments the best are shown.
MAX_ROWS = 30


def page(outcomes: Sequence[RunOutcome], labelled: Mapping[str, Labelled], width: int | None) -> list[str]:
    """The lines of a page for a terminal; none if no run finished. `labelled` has each experiment by its label."""
    finished = [each for each in outcomes if each.status == "finished" and each.scores]
    experiments: dict[str, list[RunOutcome]] = {}
    for each in finished:
        experiments.setdefault(each.label, []).append(each)
    if not experiments:
        return []
    several = list(experiments.values())
    lines = _of_one(several[0], width) if len(several) == 1 else _of_several(several, labelled, width)
    is_spread = any(len(runs) > 1 for runs in several)
    said = [part for remark in remarks(finished) for part in paragraph(remark, width)]
    is_zero = any(re.search(r"±0(?= |$)", line) for line in lines)
    return [*lines, *([of_deviations(is_zero)] if is_spread else []), *said]


def _of_one(runs: Sequence[RunOutcome], width: int | None) -> list[str]:
    """The scores of one experiment, and where its curves are."""
    title = runs[0].title if len(runs) == 1 else f"{runs[0].label}, {len(runs)} seeds"
    by_target = list(zip(*(run.scores for run in runs), strict=True))
    metrics = [scores[0].metric for scores in by_target]
    columns = [FittedColumn(header="", cells=metrics), *_scores(by_target)]
    table = fitted(columns, width and width - 2)
    return [f"{title}: {_trained(runs)}", *(f"  {line}" for line in table.lines), *_curves(runs)]


def _trained(runs: Sequence[RunOutcome]) -> str:
    """`30 epochs in 2.4 s`; of several seeds the mean time."""
    epochs = [run.epochs for run in runs if run.epochs is not None]
    seconds = [run.seconds for run in runs if run.seconds is not None]
    n = _range(epochs) if len(set(epochs)) > 1 else str(epochs[0]) if epochs else "-"
    took = f" in {duration(fmean(seconds))}{' each' if len(runs) > 1 else ''}" if seconds else ""
    return f"{n} {'epoch' if n == '1' else 'epochs'}{took}"


def _curves(runs: Sequence[RunOutcome]) -> list[str]:
    """The picture of one run, or the pattern that names those of several."""
    drawn = [run.curves for run in runs if run.curves]
    if len(drawn) < 2:
        return [f"  curves: {path}" for path in drawn]
    head, _, tail = drawn[0].rpartition(f"s{runs[0].seed}-")
    pattern = f"{head}s*-{tail}"
    is_one = all(path == f"{head}s{run.seed}-{tail}" for run, path in zip(runs, drawn, strict=False))
    return [f"  curves: {pattern}"] if is_one else []


def _of_several(
    several: Sequence[Sequence[RunOutcome]], labelled: Mapping[str, Labelled], width: int | None
) -> list[str]:
    """One row per experiment; from four on the best come first, where all have one metric."""
    main = {_main(runs[0]).metric for runs in several}
    metric = main.pop() if len(main) == 1 else ""
    heading = f"{metric or 'scores'} of {_named(several, labelled)}"
    if len(several) > N_IN_ORDER and metric and Column.parse(metric).is_judged:
        several = _best_first(several, metric)
        heading += ", the best of the last epoch first"
    shown = several[:MAX_ROWS]
    scores = [[_main(run) for run in runs] for runs in shown]
    columns = experiment_columns(labelled, [runs[0].label for runs in shown])
    if any(len(runs) > 1 for runs in several):
        columns.append(FittedColumn(header="seeds", cells=[str(len(runs)) for runs in shown], is_number=True, rank=1))
    if not metric:
        columns.append(FittedColumn(header="metric", cells=[_main(runs[0]).metric for runs in shown]))
    columns += _scores(scores)
    seconds = [[run.seconds for run in runs] for runs in shown]
    cells = [_mean(each, lambda value: fixed(value, 1)) for each in seconds]
    columns.append(FittedColumn(header="seconds", cells=cells, is_number=True, rank=3))
    left = len(several) - len(shown)
    more = [f"and {plural(left, 'more experiment')}"] if left else []
    return [heading, *fitted(columns, width).lines, *more]


def _named(several: Sequence[Sequence[RunOutcome]], labelled: Mapping[str, Labelled]) -> str:
    names = {labelled[runs[0].label].name for runs in several}
    return f"{len(several)} experiments{f' of {names.pop()}' if len(names) == 1 else ''}"


def _main(run: RunOutcome) -> MainScore:
    return next((each for each in run.scores if each.metric == run.metric), run.scores[0])


def _best_first(several: Sequence[Sequence[RunOutcome]], metric: str) -> list[Sequence[RunOutcome]]:
    sign = -1 if Column.parse(metric).higher_is_better else 1

    def rank(runs: Sequence[RunOutcome]) -> tuple[bool, float]:
        values = [run.last for run in runs if run.last is not None]
        return not values, sign * fmean(values) if values else 0.0

    return sorted(several, key=rank)


def _scores(rows: Sequence[Sequence[MainScore]]) -> list[FittedColumn]:
    """The columns of scores, of each row over its runs; without those that no row has."""
    columns: list[tuple[str, int, list[str]]] = [
        ("last epoch", 0, [_spread([each.last for each in row]) for row in rows]),
        ("best", 1, [_spread([each.best for each in row]) for row in rows]),
        ("in epoch", 2, [_range([each.best_epoch for each in row if each.best_epoch is not None]) for row in rows]),
        ("test", 1, [_spread([each.test for each in row]) for row in rows]),
    ]
    return [
        FittedColumn(header=header, cells=cells, is_number=True, rank=rank)
        for header, rank, cells in columns
        if not rank or any(cell != "-" for cell in cells)
    ]


def _spread(values: Sequence[float | None]) -> str:
    """The score of one run, or the mean over several with the standard deviation."""
    known = [value for value in values if value is not None]
    if len(values) == 1 or not known:
        return scored(known[0] if known else None)
    return plus_minus(fmean(known), stdev(known) if len(known) > 1 else None)


def _mean(values: Sequence[float | None], written: Callable[[float], str]) -> str:
    known = [value for value in values if value is not None]
    return written(fmean(known)) if known else "-"


def _range(values: Sequence[int]) -> str:
    """`17`, `12-20`; a dash of none."""
    if not values:
        return "-"
    low, high = min(values), max(values)
    return str(low) if low == high else f"{low}-{high}"
