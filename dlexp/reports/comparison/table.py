"""A comparison as text of any width, JSON, CSV or Markdown."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from dlexp.components import metrics as scores
from dlexp.components.metrics import higher_is_better
from dlexp.config.flat import MISSING, format_value
from dlexp.console import one_line
from dlexp.format import TableFormat, aligned, markdown_table, to_csv, to_json
from dlexp.reports.comparison.compared import Compared, is_of_training
from dlexp.reports.comparison.facts import ComparedMetric, Comparison, Group, Score
from dlexp.reports.comparison.verdicts import EQUAL, LEVEL, MIN_PAIRS
from dlexp.reports.numbers import fixed, places_of, plus_minus, signed, significant

GAP = "   "
BEST_POSSIBLE = "best possible"

#: An interval this narrow is printed as it is.
MAX_PLACES = 12

#: So many columns are enough for texts of several lines.
_ROOM = 45
#: How far what stands below an experiment's label is indented.
_INDENT = 6


def render(comparison: Comparison, output: TableFormat, width: int = 80) -> str:
    """The comparison in a format, with a line end after its last line."""
    match output:
        case "table":
            return to_text(comparison, width)
        case "json":
            return to_json(document(comparison))
        case "csv":
            return to_csv(RECORD_COLUMNS, records(comparison))
        case "md":
            return to_markdown(comparison)


@dataclass(frozen=True)
class _Row:
    """One line of the table: a cell for every experiment, and below or beside it the difference."""

    title: str
    cells: list[str]
    differences: list[str]
    """For every experiment; empty for the first one, and in rows that are no metric."""
    best_possible: list[str] = field(default_factory=list)
    """For every experiment what the true distribution of its data scores; empty if that is known for none."""


def to_text(comparison: Comparison, width: int = 80) -> str:
    """A table of lines no longer than `width`: columns for up to two experiments that fit, else blocks of rows."""
    rows = _rows(comparison)
    labels = _labels(comparison)
    lines = _columns(labels, rows, width) if len(labels) <= 2 else None
    if lines is None:
        lines = [line for row in rows for line in _block(labels, row, width)]
    header = [line for sentence in _header(comparison) for line in textwrap.wrap(one_line(sentence), width)]
    notes = [line for note in _notes(comparison) for line in textwrap.wrap(note, width)]
    return "\n".join([*header, *([""] if header else []), *lines, *([""] if notes else []), *notes]) + "\n"


def to_markdown(comparison: Comparison) -> str:
    """One table: a row for each key that differs and each metric, a column for each experiment."""
    labels = _labels(comparison)
    header = [line for sentence in _header(comparison) for line in (one_line(sentence), "")]
    rows = []
    for row in _rows(comparison):
        cells = zip(row.cells, row.differences, strict=True)
        rows.append([row.title, *("<br>".join(filter(None, cell)) for cell in cells)])
        if row.best_possible:
            rows.append([f"{row.title}, {BEST_POSSIBLE}", *row.best_possible])
    notes = [line for note in _notes(comparison) for line in ("", one_line(note))]
    return "\n".join([*header, *markdown_table(["", *labels], rows), *notes]) + "\n"


def document(comparison: Comparison) -> dict[str, Any]:
    """The experiments with the settings in which they differ, and every metric of each."""
    first = comparison.groups[0].baseline if comparison.groups else None
    return {
        "baseline": first and first.label,
        "baseline_chosen": comparison.chosen,
        "experiments": [
            {
                "label": experiment.label,
                "names": experiment.names,
                "identity": experiment.identity,
                "settings": {
                    key: experiment.settings[key] for key in comparison.differing if key in experiment.settings
                },
                "baseline": baseline.label,
                "seeds": list(experiment.runs),
                "diverged_seeds": experiment.diverged,
                "picked_on_test": experiment.picked_on_test,
                "runs": [str(run.dir.path) for run in experiment.runs.values()],
            }
            for experiment, baseline in zip(comparison.experiments, comparison.baselines, strict=True)
        ],
        "metrics": [
            {
                "name": metric.name,
                "higher_is_better": higher_is_better(metric.name),
                "scores": [
                    score and asdict(score) | {"n": len(score.values), "comparable": score.comparable}
                    for score in metric.scores
                ],
            }
            for metric in comparison.metrics
        ],
    }


RECORD_COLUMNS = (
    "experiment",
    "identity",
    "metric",
    "mean",
    "sd",
    "n",
    "diverged",
    "collapsed",
    "best_epoch",
    "baseline",
    "difference",
    "low",
    "high",
    "level",
    "pairs",
    "verdict",
    "reason",
    "picked_on_test",
    "best_possible",
)


def records(comparison: Comparison) -> Iterator[dict[str, Any]]:
    """A record for every metric of every experiment; what is not known is missing."""
    baselines = {
        experiment.label: baseline.label
        for experiment, baseline in zip(comparison.experiments, comparison.baselines, strict=True)
    }
    for metric, experiment, score in _scored(comparison):
        row: dict[str, Any] = {
            "experiment": experiment.label,
            "identity": experiment.identity,
            "metric": metric.name,
            "diverged": len(experiment.diverged),
            "baseline": baselines[experiment.label],
            "picked_on_test": experiment.picked_on_test,
        }
        if score:
            row |= {
                "mean": score.mean,
                "sd": score.sd,
                "n": len(score.values),
                "collapsed": score.collapsed,
                "best_epoch": score.best_epoch,
                "verdict": "not comparable" if score.obstacle else None,
                "reason": score.obstacle,
                "best_possible": score.best_possible,
            }
        if score and (difference := score.difference):
            low, high = difference.interval or (None, None)
            row |= {
                "difference": difference.mean,
                "low": low,
                "high": high,
                "level": difference.level,
                "pairs": difference.pairs,
                "verdict": difference.verdict,
                "reason": difference.reason,
            }
        yield row


def _scored(
    comparison: Comparison, metrics: Sequence[ComparedMetric] | None = None
) -> Iterator[tuple[ComparedMetric, Compared, Score | None]]:
    """Every metric of every experiment, or some of the metrics."""
    for metric in comparison.metrics if metrics is None else metrics:
        for experiment, score in zip(comparison.experiments, metric.scores, strict=True):
            yield metric, experiment, score


def _rows(comparison: Comparison) -> list[_Row]:
    experiments = comparison.experiments
    settings = [
        _plain_row(one_line(key), (format_value(experiment.settings.get(key, MISSING)) for experiment in experiments))
        for key in comparison.telling
    ]
    seeds = _plain_row("seeds", map(_seeds, experiments))
    return [*settings, seeds, *(_metric_row(comparison, metric) for metric in comparison.metrics)]


def _labels(comparison: Comparison) -> list[str]:
    return [one_line(experiment.label) for experiment in comparison.experiments]


def _plain_row(title: str, cells: Iterable[str]) -> _Row:
    cells = list(cells)
    return _Row(title, cells, [""] * len(cells))


def _metric_row(comparison: Comparison, metric: ComparedMetric) -> _Row:
    cells, differences = [], []
    scores_of = {experiment.label: score for _, experiment, score in _scored(comparison, [metric])}
    for experiment, baseline in zip(comparison.experiments, comparison.baselines, strict=True):
        score = scores_of[experiment.label]
        cells.append(_cell(experiment, score))
        is_baseline = experiment is baseline
        # The baseline of a later group stands beside the first one.
        beside = scores_of[(comparison.baselines[0] if is_baseline else baseline).label]
        differences.append(_difference(metric.name, score, is_baseline) if score and beside else "")
    known = [None if score is None else score.best_possible for score in metric.scores]
    best_possible = ["-" if value is None else significant(value) for value in known] if any(known) else []
    return _Row(_title(metric.name), cells, differences, best_possible)


def _title(metric: str) -> str:
    """The column's name; a score in training says so."""
    return one_line(f"{metric} (training)" if is_of_training(metric) else metric)


def _seeds(experiment: Compared) -> str:
    """How many seeds stand behind the numbers: `5`, or `4 of 5, 1 diverged`."""
    finished, diverged = len(experiment.runs), len(experiment.diverged)
    return f"{finished} of {finished + diverged}, {diverged} diverged" if diverged else str(finished)


def _cell(experiment: Compared, score: Score | None) -> str:
    if score is None:
        return "-"
    parts = [plus_minus(score.mean, score.sd)]
    if score.best_epoch is not None:
        parts.append(f"(epoch {significant(score.best_epoch, 2)})")
    if len(score.values) < len(experiment.runs):
        parts.append(f"({len(score.values)} of {len(experiment.runs)} seeds)")
    if score.collapsed:
        parts.append(f"({score.collapsed} of {len(score.values)} collapsed)")
    return " ".join(parts)


def _difference(metric: str, score: Score, is_baseline: bool) -> str:
    """`-10.6 points [-13.9, -7.3], 5 paired seeds: worse`."""
    if score.obstacle:
        return f"{score.obstacle}: not comparable"
    if is_baseline:
        return ""
    difference = score.difference
    if difference is None:
        return "no seed in common: no difference"
    # Accuracies in percentage points, everything else in its own unit.
    scale, unit = (100.0, " points") if metric.endswith("accuracy") else (1.0, "")
    mean, pairs = difference.mean * scale, f"{difference.pairs} paired seed{'s' * (difference.pairs > 1)}"
    if difference.interval is None:
        is_judged = higher_is_better(metric) is not None and not is_of_training(metric)
        if difference.pairs < MIN_PAIRS:
            return f"{_own_digits(mean)}{unit}, {pairs}"
        if difference.reason == EQUAL:
            return f"{_own_digits(mean)}{unit} in each of {pairs}{': no verdict' * is_judged}"
        return f"{_own_digits(mean)}{unit}, {pairs}: no verdict, {difference.reason}"
    low, high = (bound * scale for bound in difference.interval)
    places = _places(low, high)
    verdict = f": {difference.verdict}" if difference.verdict else ""
    return f"{signed(mean, places)}{unit} [{fixed(low, places)}, {fixed(high, places)}], {pairs}{verdict}"


def _places(low: float, high: float) -> int:
    """Two digits of half an interval's width; more where a bound would look like 0 and is not."""
    places = places_of((high - low) / 2, 2)
    while any(bound and float(fixed(bound, places)) == 0 for bound in (low, high)) and places < MAX_PLACES:
        places += 1
    return places


def _own_digits(value: float) -> str:
    """With its sign and three digits, where no interval says how many it is worth."""
    return signed(value, max(places_of(value, 3), 0)) if value else "0"


def _header(comparison: Comparison) -> Iterator[str]:
    """What the experiments are compared with, and how sure all differences are together."""
    if len(comparison.experiments) < 2:
        return
    first, *others = comparison.groups
    yield f"Baseline: {_baseline(comparison, first)}"
    for group in others:
        labels = ", ".join(experiment.label for experiment in group.experiments)
        baseline = f"; baseline: {_baseline(comparison, group)}" if len(group.experiments) > 1 else "."
        yield f"On other examples: {labels}{baseline}"


def _baseline(comparison: Comparison, group: Group) -> str:
    """The baseline, how it came to be it, and how many intervals hold at once."""
    name, diverged = group.baseline.label, [experiment.label for experiment in group.passed_over]
    unfinished = [*comparison.unfinished] if group is comparison.groups[0] else []
    if not group.baseline.runs:
        return f"none, since every seed diverged ({name})."
    if unfinished or diverged:
        what = "no seed finished" if unfinished else "every seed diverged"
        how = f"next after {', '.join([*unfinished, *diverged])}, of which {what}"
    else:
        how = {"named": "named first", "started": "started first"}.get(
            comparison.chosen, f"the best {comparison.sorted_by}"
        )
    return " ".join([f"{name} ({how}).", *_together(comparison, group)])


def _together(comparison: Comparison, group: Group) -> Iterator[str]:
    """How many intervals hold at once with 95 %, where there are several."""
    members = {experiment.label for experiment in group.experiments}
    n_intervals = Counter(
        metric.name
        for metric, experiment, score in _scored(comparison)
        if experiment.label in members and score and score.difference and score.difference.interval
    )
    if (m := max(n_intervals.values(), default=0)) > 1:
        how_many = f"all {m}" if len(set(n_intervals.values())) == 1 else f"all (up to {m})"
        picked = ", whichever of them were the best" if comparison.chosen == "sorted" else ""
        yield f"Intervals and verdicts: 95 % for {how_many} comparisons of a metric together{picked}."


def _notes(comparison: Comparison) -> Iterator[str]:
    """What a reader must know to read the numbers right."""
    experiments = comparison.experiments
    having = [(metric, score.difference) for metric, _, score in _scored(comparison) if score and score.difference]
    differences = [difference for _, difference in having]
    if any(score.sd is not None for _, _, score in _scored(comparison) if score):
        yield "±: standard deviation over the seeds."
    if levels := {difference.level for difference in differences if difference.level}:
        level = "the 95 % interval" if levels == {LEVEL} else "an interval"
        in_training = any(is_of_training(metric.name) for metric, _ in having)
        without = "; scores in training have no verdict" * in_training
        yield f"Differences: with {level} over paired seeds (Student's t){without}."
    if any(difference.pairs < MIN_PAIRS for difference in differences):
        yield f"Fewer than {MIN_PAIRS} paired seeds allow no verdict; {MIN_PAIRS} seeds can tell: --seeds {MIN_PAIRS}."
    if any(score.collapsed for _, _, score in _scored(comparison) if score):
        yield "Collapsed: no better than the best constant prediction."
    if any(score.best_possible is not None for _, _, score in _scored(comparison) if score):
        yield "Best possible: what the data's true distribution scores on the same examples; beaten only by chance."
    if gaps := [metric.name for metric in comparison.metrics if metric.name.startswith(scores.GAP)]:
        yield (
            f"{' and '.join(gaps)}: how much worse the test split scores than the training data, "
            "which are scored while the epoch goes, with dropout and noise."
        )
    best = [metric.name for metric in comparison.metrics if metric.name.startswith("best_val_")]
    picked = [experiment.label for experiment in experiments if experiment.picked_on_test]
    if best and picked:
        yield (
            f"{' and '.join(best)} of {', '.join(picked)}: picked on the test data, "
            "since validation is the test split there."
        )
    for experiment in experiments:
        if len(experiment.names) > 1:
            yield f"{experiment.label}: the same experiment was run as {', '.join(experiment.names[1:])} too."


def _columns(labels: Sequence[str], rows: Sequence[_Row], width: int) -> list[str] | None:
    """Experiments as columns; None if that does not fit into the width."""
    header = _Row("what differs" if len(labels) > 1 else "", list(labels), [""] * len(labels))
    table = [header, *(line for row in rows for line in _with_best_possible(row))]
    without_differences = aligned(([row.title, *row.cells] for row in table), GAP)
    if max(map(len, without_differences)) > width:
        return None
    lines = aligned(([row.title, *row.cells, row.differences[-1]] for row in table), GAP)
    if max(map(len, lines)) <= width:
        return lines
    differences = [row.differences[-1] for row in table]
    below = _below(max(len(row.title) for row in table) + len(GAP), differences, width)
    return [
        line
        for cells, difference in zip(without_differences, differences, strict=True)
        for line in (cells, *_wrapped(difference, below, width))
    ]


def _with_best_possible(row: _Row) -> Iterator[_Row]:
    yield row
    if row.best_possible:
        yield _plain_row(f"  {BEST_POSSIBLE}", row.best_possible)


def _block(labels: Sequence[str], row: _Row, width: int) -> list[str]:
    """One key or metric: its title, and a line or more for every experiment."""
    best_possible = _best_possible_lines(labels, row)
    row = replace(
        row,
        cells=[*row.cells, *best_possible.values()],
        differences=[*row.differences, *([""] * len(best_possible))],
    )
    labels = [*labels, *best_possible]
    cell_width = max(map(len, row.cells))
    column = 2 + max(map(len, labels)) + len(GAP)
    if is_below := column + cell_width > width:
        column = _INDENT  # Below the label instead of beside it.
    room = width - column - cell_width - len(GAP)
    beside = all(len(difference) <= room for difference in row.differences)
    below = _below(column, row.differences, width)
    lines = [row.title]
    for label, cell, difference in zip(labels, row.cells, row.differences, strict=True):
        text = f"{cell.ljust(cell_width)}{GAP}{difference}" if beside else cell
        first, *rest = _wrapped(text, " " * column, width)
        if is_below:
            lines += [*_wrapped(label, "  ", width), first]
        else:
            lines.append(f"  {label}".ljust(column) + first[column:])
        lines += [*rest, *([] if beside else _wrapped(difference, below, width))]
    return lines


def _best_possible_lines(labels: Sequence[str], row: _Row) -> dict[str, str]:
    """What ends a block: one line where it is the same for all experiments, else one for each."""
    if len(set(row.best_possible)) == 1:
        return {BEST_POSSIBLE: row.best_possible[0]}
    # Rows that are no metric have none.
    known = zip(labels, row.best_possible, strict=False)
    return {f"{BEST_POSSIBLE}, {label}": cell for label, cell in known if cell != "-"}


def _below(column: int, texts: Iterable[str], width: int) -> str:
    """The indent of texts below a cell: the cell's own, or less where they would not fit there, or only broken up."""
    room = width - column
    return " " * (column if max(map(len, texts)) <= room or room >= _ROOM else _INDENT)


def _wrapped(text: str, indent: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent)
