"""A comparison as text of any width, JSON, CSV or Markdown."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from dlexp.components.columns import Column
from dlexp.config.flat import MISSING, format_value
from dlexp.console import one_line
from dlexp.format import TableFormat, aligned, joined, listed, markdown_table, to_csv, to_json
from dlexp.reports.comparison.answers import answers
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.differences import written
from dlexp.reports.comparison.document import COLUMNS, document, rows
from dlexp.reports.comparison.facts import Comparison
from dlexp.reports.comparison.groups import Group
from dlexp.reports.comparison.scores import ComparedMetric, Score
from dlexp.reports.comparison.verdicts import EQUAL, has_verdict
from dlexp.reports.numbers import counted, known, plus_minus, significant
from dlexp.statistics.paired import LEVEL, MIN_PAIRS

_BETWEEN = "   "
_BEST_POSSIBLE = "best possible"
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
            return to_csv(COLUMNS, rows(comparison))
        case "md":
            return to_markdown(comparison)


@dataclass(frozen=True)
class _Row:
    """A key or a metric."""

    title: str
    cells: Sequence[str]
    """For every experiment."""
    differences: Sequence[str] = ()
    """For every experiment what stands below or beside its cell; empty in a row without differences."""
    best_possible: Sequence[str] = ()
    """For every experiment what the true distribution of its data scores; empty if that is known for none."""


def to_text(comparison: Comparison, width: int = 80) -> str:
    """The answers, then a table: columns for up to two experiments that fit into the width, else blocks of rows."""
    labels, table = _labels(comparison), _rows(comparison)
    lines = _columns(labels, table, width) if len(labels) <= 2 else None
    if lines is None:
        lines = [line for row in table for line in _block(labels, row, width)]
    header = [line for sentence in _header(comparison) for line in textwrap.wrap(one_line(sentence), width)]
    notes = [line for note in _notes(comparison) for line in textwrap.wrap(note, width)]
    said = [line for sentence in answers(comparison) for line in sentence.lines(width)]
    return "\n\n".join("\n".join(section) for section in (said, header, lines, notes) if section) + "\n"


def scores(comparison: Comparison, width: int = 80) -> list[str]:
    """The settings that differ and the scores, without differences and verdicts, as lines no longer than `width`."""
    labels, table = _labels(comparison), [replace(row, differences=()) for row in _rows(comparison)]
    if len(labels) <= 2 and (lines := _columns(labels, table, width)):
        return lines
    # A row per experiment, without the settings where these take too much room.
    for shown in (table, table[len(comparison.telling) :]):
        columns = [["", *labels], *([row.title, *row.cells] for row in shown)]
        lines = aligned(zip(*columns, strict=True), _BETWEEN)
        if max(map(len, lines)) <= width:
            return lines
    return [line for row in table for line in _block(labels, row, width)]


def to_markdown(comparison: Comparison) -> str:
    """The answers, then one table: a row for each key that differs and each metric, a column for each experiment."""
    cells = []
    for row in _rows(comparison):
        entries = zip_longest(row.cells, row.differences, fillvalue="")
        cells.append([row.title, *("<br>".join(filter(None, entry)) for entry in entries)])
        if row.best_possible:
            cells.append([f"{row.title}, {_BEST_POSSIBLE}", *row.best_possible])
    table = "\n".join(markdown_table(["", *_labels(comparison)], cells))
    said = [sentence.markdown for sentence in answers(comparison)]
    return "\n\n".join([*said, *map(one_line, _header(comparison)), table, *map(one_line, _notes(comparison))]) + "\n"


def _labels(comparison: Comparison) -> list[str]:
    return [one_line(experiment.label) for experiment in comparison.experiments]


def _rows(comparison: Comparison) -> list[_Row]:
    experiments = comparison.experiments
    settings = [
        _Row(one_line(key), [format_value(each.settings.get(key, MISSING)) for each in experiments])
        for key in comparison.telling
    ]
    seeds = _Row("seeds", [counted(len(each.runs), len(each.diverged)) for each in experiments])
    return [*settings, seeds, *(_metric_row(comparison, metric) for metric in comparison.metrics)]


def _metric_row(comparison: Comparison, metric: ComparedMetric) -> _Row:
    column, scored = metric.column, comparison.scored(metric)
    having = {experiment.label for _, experiment, score in scored if score}
    cells, differences = [], []
    for group, experiment, score in scored:
        is_compared = group.beside(experiment).label in having
        cells.append(_cell(experiment, score, column))
        differences.append(_difference(column, score, experiment is group.baseline) if score and is_compared else "")
    title = one_line(f"{metric.name} (training)" if _is_of_training(column) else metric.name)
    best = [score.best_possible if score else None for score in metric.scores]
    return _Row(title, cells, differences, list(map(known, best)) if any(best) else ())


def _is_of_training(column: Column) -> bool:
    return column.is_judged and column.split == "train"


def _cell(experiment: Compared, score: Score | None, column: Column) -> str:
    if score is None:
        return "missing" if experiment.why_missing(column) else "-"
    parts = [plus_minus(score.mean, score.sd)]
    if score.best_epoch is not None:
        parts.append(f"(epoch {significant(score.best_epoch, 2)})")
    if len(score.values) < len(experiment.runs):
        parts.append(f"({len(score.values)} of {len(experiment.runs)} seeds)")
    if score.collapsed:
        parts.append(f"({score.collapsed} of {len(score.values)} collapsed)")
    return " ".join(parts)


def _difference(column: Column, score: Score, is_baseline: bool) -> str:
    """`-10.6 points [-13.9, -7.3], 5 paired seeds: worse`."""
    if score.obstacle:
        return f"{score.obstacle}: not comparable"
    if is_baseline:
        return ""
    difference = score.difference
    if difference is None:
        return "no seed in common: no difference"
    parts = written(difference, column)
    if difference.interval is None:
        if difference.pairs < MIN_PAIRS:
            return f"{parts.mean}, {parts.pairs}"
        if difference.reason == EQUAL:
            return f"{parts.mean} in each of {parts.pairs}{': no verdict' * has_verdict(column)}"
        return f"{parts.mean}, {parts.pairs}: no verdict, {difference.reason}"
    verdict = f": {difference.verdict}" if difference.verdict else ""
    return f"{parts.mean} {parts.interval}, {parts.pairs}{verdict}"


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
    """The baseline, how it came to be it, and how many intervals hold at once with 95 %, where there are several."""
    name = group.baseline.label
    if not group.baseline.runs:
        return f"none, since every seed diverged ({name})."
    unfinished = comparison.unfinished if group is comparison.groups[0] else ()
    if passed_over := [*unfinished, *(experiment.label for experiment in group.passed_over)]:
        what = "no seed finished" if unfinished else "every seed diverged"
        how = f"next after {', '.join(passed_over)}, of which {what}"
    elif comparison.sorted_by:
        how = f"the best {comparison.sorted_by}"
    else:
        how = f"{comparison.chosen} first"
    baseline = f"{name} ({how})."
    n_intervals = set()
    for metric in comparison.metrics:
        differences = [score.difference for own, _, score in comparison.scored(metric) if score and own is group]
        n_intervals.add(sum(bool(found and found.interval) for found in differences))
    m = max(n_intervals, default=0)
    if m < 2:
        return baseline
    how_many = f"all {m}" if n_intervals <= {0, m} else f"all (up to {m})"
    picked = ", whichever of them were the best" if comparison.sorted_by else ""
    return f"{baseline} Intervals and verdicts: 95 % for {how_many} comparisons of a metric together{picked}."


def _notes(comparison: Comparison) -> Iterator[str]:
    """What a reader must know to read the numbers right."""
    columns = [metric.column for metric in comparison.metrics]
    scored = [(metric.column, score) for metric in comparison.metrics for score in metric.scores if score]
    scores = [score for _, score in scored]
    differences = [score.difference for score in scores if score.difference]
    if any(score.sd is not None for score in scores):
        yield "±: standard deviation over the seeds."
    if levels := {difference.level for difference in differences if difference.level}:
        level = "the 95 % interval" if levels == {LEVEL} else "an interval"
        in_training = any(_is_of_training(column) and score.difference for column, score in scored)
        without = "; scores in training have no verdict" * in_training
        yield f"Differences: with {level} over paired seeds (Student's t){without}."
    if any(difference.pairs < MIN_PAIRS for difference in differences):
        yield f"Fewer than {MIN_PAIRS} paired seeds allow no verdict."
    if any(score.collapsed for score in scores):
        yield "Collapsed: no better than the best constant prediction."
    if any(score.best_possible is not None for score in scores):
        yield "Best possible: what the data's true distribution scores on the same examples; beaten only by chance."
    if gaps := [str(column) for column in columns if column.split == "gap"]:
        yield (
            f"{' and '.join(gaps)}: how much worse the test split scores than the training data, "
            "which are scored while the epoch goes, with dropout and noise."
        )
    best = [str(column) for column in columns if column.best and column.split == "validation"]
    picked = [experiment.label for experiment in comparison.experiments if experiment.picked_on_test]
    if best and picked:
        yield (
            f"{' and '.join(best)} of {', '.join(picked)}: picked on the test data, "
            "since validation is the test split there."
        )
    yield from _missing(comparison)
    differences = [found for headline in comparison.headlines if (found := headline.difference)]
    if unknown := list(dict.fromkeys(each.no_results for each in differences if each.no_results)):
        yield f"Nothing is known of new examples. {listed(unknown)}."
    for experiment in comparison.experiments:
        if len(experiment.names) > 1:
            yield f"{experiment.label}: the same experiment was run as {', '.join(experiment.names[1:])} too."


def _missing(comparison: Comparison) -> Iterator[str]:
    """Why scores are missing: a line for each reason, with the scores and the experiments."""
    by_reason: dict[str, tuple[list[str], list[str]]] = {}
    for metric in comparison.metrics:
        for experiment in comparison.experiments:
            if reason := experiment.why_missing(metric.column):
                names, labels = by_reason.setdefault(reason, ([], []))
                names.append(metric.name)
                labels.append(experiment.label)
    for reason, (names, labels) in by_reason.items():
        yield f"{joined(list(dict.fromkeys(names)))} of {joined(list(dict.fromkeys(labels)))}: {reason}."


def _columns(labels: Sequence[str], rows: Sequence[_Row], width: int) -> list[str] | None:
    """Experiments as columns; None if that does not fit into the width."""
    cells, differences = [["what differs" if len(labels) > 1 else "", *labels]], [""]
    for row in rows:
        cells.append([row.title, *row.cells])
        differences.append(row.differences[-1] if row.differences else "")
        if row.best_possible:
            cells.append([f"  {_BEST_POSSIBLE}", *row.best_possible])
            differences.append("")
    lines = aligned(cells, _BETWEEN)
    if max(map(len, lines)) > width:
        return None
    wide = aligned(([*row, difference] for row, difference in zip(cells, differences, strict=True)), _BETWEEN)
    if max(map(len, wide)) <= width:
        return wide
    below = _below(max(len(title) for title, *_ in cells) + len(_BETWEEN), differences, width)
    pairs = zip(lines, differences, strict=True)
    return [line for text, difference in pairs for line in (text, *_wrapped(difference, below, width))]


def _block(labels: Sequence[str], row: _Row, width: int) -> list[str]:
    """One key or metric: its title, and a line or more for every experiment."""
    entries = list(zip_longest(labels, row.cells, row.differences, fillvalue=""))
    if len(set(row.best_possible)) == 1:
        entries.append((_BEST_POSSIBLE, row.best_possible[0], ""))
    elif row.best_possible:
        each = zip(labels, row.best_possible, strict=True)
        entries += [(f"{_BEST_POSSIBLE}, {label}", cell, "") for label, cell in each if cell != "-"]
    differences = [difference for _, _, difference in entries]
    cell_width = max(len(cell) for _, cell, _ in entries)
    column = 2 + max(len(label) for label, _, _ in entries) + len(_BETWEEN)
    if is_below := column + cell_width > width:
        column = _INDENT  # Below the label instead of beside it.
    room = width - column - cell_width - len(_BETWEEN)
    is_beside = all(len(difference) <= room for difference in differences)
    below = _below(column, differences, width)
    lines = [row.title]
    for label, cell, difference in entries:
        text = f"{cell.ljust(cell_width)}{_BETWEEN}{difference}" if is_beside else cell
        first, *rest = _wrapped(text, " " * column, width)
        if is_below:
            lines += [*_wrapped(label, "  ", width), first]
        else:
            lines.append(f"  {label}".ljust(column) + first[column:])
        lines += [*rest, *([] if is_beside else _wrapped(difference, below, width))]
    return lines


def _below(column: int, texts: Iterable[str], width: int) -> str:
    """The indent of texts below a cell: the cell's own, or less where they would not fit there, or only broken up."""
    room = width - column
    return " " * (column if max(map(len, texts)) <= room or room >= _ROOM else _INDENT)


def _wrapped(text: str, indent: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent)
