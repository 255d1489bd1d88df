"""A comparison as text of any width, JSON, CSV or Markdown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from dlexp.components.columns import Column
from dlexp.config.flat import MISSING, format_value
from dlexp.config.labels import setting
from dlexp.console import one_line
from dlexp.format import TableFormat, aligned, markdown_table, paragraph, to_csv, to_json
from dlexp.reports.comparison import ranked_page
from dlexp.reports.comparison.answers import answers
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.differences import written
from dlexp.reports.comparison.document import COLUMNS, document, rows
from dlexp.reports.comparison.facts import Comparison
from dlexp.reports.comparison.notes import header, is_of_training, notes
from dlexp.reports.comparison.ranked_table import MAX_ROWS
from dlexp.reports.comparison.scores import ComparedMetric, Score
from dlexp.reports.comparison.verdicts import EQUAL, has_verdict
from dlexp.reports.numbers import counted, known, plus_minus, significant
from dlexp.statistics.paired import MIN_PAIRS

_BETWEEN = "   "
_BEST_POSSIBLE = "best possible"
#: So many columns are enough for texts of several lines.
_ROOM = 45
#: How far what stands below an experiment's label is indented.
_INDENT = 6


def render(
    comparison: Comparison,
    output: TableFormat,
    width: int = 80,
    table_width: int | None = None,
    top: int | None = MAX_ROWS,
) -> str:
    """The comparison in a format, with a line end after its last line.

    Args:
        width: Of lines of text.
        table_width: Of a table with a row for each of many experiments; by default it is as wide as it needs.
        top: How many rows it shows; None for all.
    """
    match output:
        case "table":
            return to_text(comparison, width, table_width, top)
        case "json":
            return to_json(document(comparison))
        case "csv":
            return to_csv(COLUMNS, rows(comparison))
        case "md":
            return to_markdown(comparison, top)


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


def to_text(comparison: Comparison, width: int = 80, table_width: int | None = None, top: int | None = MAX_ROWS) -> str:
    """The answers, then a table: columns for up to two experiments that fit into the width, else blocks of rows.

    Of many experiments, a row for each.
    """
    if comparison.is_of_many:
        return ranked_page.to_text(comparison, width, table_width, top)
    labels, table = _labels(comparison), _rows(comparison)
    lines = _columns(labels, table, width) if len(labels) <= 2 else None
    if lines is None:
        lines = [line for row in table for line in _block(labels, row, width)]
    above = [line for sentence in header(comparison) for line in paragraph(sentence, width)]
    below = [line for note in notes(comparison) for line in paragraph(note, width)]
    said = [line for sentence in answers(comparison) for line in sentence.lines(width)]
    return "\n\n".join("\n".join(section) for section in (said, above, lines, below) if section) + "\n"


def scores(comparison: Comparison, width: int = 80, others: Iterable[tuple[str, Sequence[str]]] = ()) -> list[str]:
    """The settings that differ and the scores, without differences and verdicts, as lines no longer than `width`.

    `others` are further numbers, each with its title and a cell for each experiment.
    """
    labels, rows = _labels(comparison), [replace(row, differences=()) for row in _rows(comparison)]
    rows += [_Row(one_line(title), cells) for title, cells in others]
    if len(labels) <= 2 and (lines := _columns(labels, rows, width)):
        return lines
    if max(map(len, lines := _across(labels, rows))) <= width:
        return lines
    if tables := _tables(labels, rows[len(comparison.telling) :], width):  # The settings take too much room.
        below = [line for each in comparison.experiments for line in _distinguished(each, comparison.telling, width)]
        return [*tables, *([""] if below else []), *below]
    return [line for row in rows for line in _block(labels, row, width)]


def _across(labels: Sequence[str], rows: Sequence[_Row]) -> list[str]:
    """A line per experiment."""
    columns = [["", *labels], *([row.title, *row.cells] for row in rows)]
    return aligned(zip(*columns, strict=True), _BETWEEN)


def _tables(labels: Sequence[str], rows: Sequence[_Row], width: int) -> list[str]:
    """The same in as many tables as fit into the width; nothing where one number alone takes too much room."""
    lines: list[str] = []
    shown: list[_Row] = []
    for row in rows:
        if max(map(len, _across(labels, [row]))) > width:
            return []
        if max(map(len, _across(labels, [*shown, row]))) > width:
            lines += [*_across(labels, shown), ""]
            shown = []
        shown.append(row)
    return [*lines, *_across(labels, shown)]


def _distinguished(experiment: Compared, keys: Sequence[str], width: int) -> list[str]:
    """`small_steps: optimizer.learning_rate=0.1`: what distinguishes an experiment, of the keys that it has."""
    own = ((key, setting(experiment.settings, key)) for key in keys)
    pairs = ", ".join(f"{key}={format_value(value)}" for key, value in own if value is not MISSING)
    return paragraph(f"{experiment.label}: {pairs}", width, below="  ") if pairs else []


def to_markdown(comparison: Comparison, top: int | None = MAX_ROWS) -> str:
    """The answers, then one table: a row for each key that differs and each metric, a column for each experiment.

    Of many experiments, a row for each.
    """
    if comparison.is_of_many:
        return ranked_page.to_markdown(comparison, top)
    cells = []
    for row in _rows(comparison):
        entries = zip_longest(row.cells, row.differences, fillvalue="")
        cells.append([row.title, *("<br>".join(filter(None, entry)) for entry in entries)])
        if row.best_possible:
            cells.append([f"{row.title}, {_BEST_POSSIBLE}", *row.best_possible])
    table = "\n".join(markdown_table(["", *_labels(comparison)], cells))
    said = [sentence.markdown for sentence in answers(comparison)]
    return "\n\n".join([*said, *map(one_line, header(comparison)), table, *map(one_line, notes(comparison))]) + "\n"


def _labels(comparison: Comparison) -> list[str]:
    return [one_line(experiment.label) for experiment in comparison.experiments]


def _rows(comparison: Comparison) -> list[_Row]:
    experiments = comparison.experiments
    settings = [
        _Row(one_line(key), [format_value(setting(each.settings, key)) for each in experiments])
        for key in comparison.telling
    ]
    seeds = _Row("seeds", [counted(len(each.runs), len(each.diverged)) for each in experiments])
    return [*settings, seeds, *(_metric_row(comparison, metric) for metric in comparison.metrics)]


def _metric_row(comparison: Comparison, metric: ComparedMetric) -> _Row:
    column, scored = metric.column, comparison.scored(metric)
    having = {experiment.label for _, experiment, score in scored if score}
    with_pairs = len(comparison.pair_counts) > 1
    cells, differences = [], []
    for group, experiment, score in scored:
        is_compared = group.beside(experiment).label in having
        cells.append(_cell(experiment, score, column))
        told = score if is_compared else None
        differences.append(_difference(column, told, experiment is group.baseline, with_pairs) if told else "")
    title = one_line(f"{metric.name} (training)" if is_of_training(column) else metric.name)
    best = [score.best_possible if score else None for score in metric.scores]
    return _Row(title, cells, differences, list(map(known, best)) if any(best) else ())


def _cell(experiment: Compared, score: Score | None, column: Column) -> str:
    if score is None:
        return experiment.absence(column)
    parts = [plus_minus(score.mean, score.sd)]
    if score.best_epoch is not None:
        parts.append(f"(epoch {significant(score.best_epoch, 2)})")
    if len(score.values) < len(experiment.runs):
        parts.append(f"({len(score.values)} of {len(experiment.runs)} seeds)")
    if score.collapsed:
        parts.append(f"({score.collapsed} of {len(score.values)} collapsed)")
    return " ".join(parts)


def _difference(column: Column, score: Score, is_baseline: bool, with_pairs: bool) -> str:
    """`-10.6 points [-13.9, -7.3], 5 paired seeds: worse`; of too few `with_pairs`, if these are not always as many."""
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
            return f"{parts.mean}, {parts.pairs}" if with_pairs else parts.mean
        if difference.reason == EQUAL:
            return f"{parts.mean} in each of {parts.pairs}{': no verdict' * has_verdict(column)}"
        return f"{parts.mean}, {parts.pairs}: no verdict, {difference.reason}"
    verdict = f": {difference.verdict}" if difference.verdict else ""
    return f"{parts.mean} {parts.interval}, {parts.pairs}{verdict}"


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
    return paragraph(text, width, indent, indent)
