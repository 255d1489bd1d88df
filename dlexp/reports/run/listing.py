"""In which columns a table has runs: what tells them apart comes before what all of them have."""

import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from rich.cells import cell_len

from dlexp.components.columns import COSTS, Column
from dlexp.config.flat import MISSING, format_value
from dlexp.config.labels import ends, setting, short_keys, telling
from dlexp.config.names import PREFIX_LENGTH
from dlexp.console import one_line
from dlexp.format import TableFormat, markdown_table, plural
from dlexp.records.conditions import TIMES
from dlexp.records.index import Run
from dlexp.records.keys import FACTS, Keys, settings
from dlexp.records.moments import recorded_moment
from dlexp.records.query import last_active
from dlexp.reports.fitted import FittedColumn, fitted
from dlexp.reports.numbers import fixed, known
from dlexp.reports.run.list import main_metric, to_text
from dlexp.reports.run.ranking import best, by_time, by_value, main_key

#: A table has so many rows, unless all are asked for.
MAX_ROWS = 40
#: So many settings in which only runs of different names differ have columns.
_MAX_BETWEEN_NAMES = 6
#: What stands beside the run takes so many columns of the terminal at least.
_BESIDE_RUN = 30
#: The rank of a setting that differs under one name, and that of any other column that has the same in all rows.
_SETTING, _OF_THE_SAME = 3, 9
#: Before a column of a higher rank no key is cut.
_TELLING = 4
#: To so many columns of the terminal a text is cut, and so wide is the widest list of numbers that is not.
_LEAST, _MOST_WHOLE = 8, 16
#: A shell takes a name with other signs for several words, or for its own.
_PLAIN = re.compile(r"[\w.,+=/-]+")


@dataclass(frozen=True)
class _ListColumn:
    """A column that a list may have."""

    key: str
    """What it shows; of a setting its dotted key."""
    rank: int
    """The column of the highest rank is the first to be left out."""
    short: str = ""
    """What it is called where that is not the key; `--columns`, `--sort` and `--where` take it too."""

    @property
    def header(self) -> str:
        """What it is called."""
        return self.short or self.key


@dataclass(frozen=True)
class RunList:
    """A list of runs as it is printed."""

    text: str
    said: list[str]
    """What is to be said of it in lines of their own."""


def listing(
    runs: Sequence[Run],
    output: TableFormat,
    width: int | None,
    *,
    chosen: Sequence[str] = (),
    sort: str | None = None,
    n_best: int | None = None,
    show_all: bool = False,
) -> RunList:
    """Runs in a format; a table has no more than `MAX_ROWS` of them unless it is to `show_all`.

    Raises:
        UserError: A key means nothing, or not what it is given for.
    """
    key = main_key(runs) if n_best and sort is None else sort
    ordered = by_value(runs, key) if key else by_time(runs)
    if n_best:
        ordered = best(ordered, n_best, key) if key else []
    said = [*_of_several_data(ordered, key), *_by_test(key)] if n_best and key else []
    if output == "json" or output == "csv":
        return RunList(to_text(ordered, output), said)
    rows, left_out = list(ordered), len(ordered) - MAX_ROWS
    if left_out > 0 and output == "table" and not show_all:
        rows = rows[:MAX_ROWS] if key else rows[left_out:]
        which = f"first {MAX_ROWS} by {key}" if key else f"newest {MAX_ROWS}"
        said.append(f"the {which} of {len(ordered):,} runs; --all lists all, --where and --since choose")
    if not rows:
        return RunList("", said)
    shown = columns(rows, runs, None if output == "md" else width, chosen, key or "")
    said += _picked_on_test(rows, [column.header for column in shown])
    if output == "md":
        cells = zip(*(map(one_line, column.cells) for column in shown), strict=True)
        return RunList("\n".join(markdown_table([column.header for column in shown], cells)) + "\n", said)
    table = fitted([_with_whole_header(column) for column in shown], width)
    if any(column.rank <= _TELLING for column in table.folded):
        table = fitted(shown, width)
    return RunList("\n".join(table.lines) + "\n", [*_left_out(table.folded, width or 0, bool(chosen)), *said])


def _with_whole_header(column: FittedColumn) -> FittedColumn:
    """It can be typed after `--sort`."""
    return replace(column, min_width=max(column.min_width, cell_len(column.header)))


def _of_several_data(runs: Iterable[Run], key: str) -> list[str]:
    n_data = len({run.record.data_digest for run in runs})
    if n_data == 1 or key in COSTS:
        return []
    return [f"these runs are on {n_data} different data sets: their {key} does not say which is better"]


def _by_test(key: str) -> list[str]:
    is_of_test = Column.parse(key).split in ("test", "gap")
    return [f"the best are picked by their {key}, so that this is optimistic"] if is_of_test else []


def _picked_on_test(runs: Sequence[Run], headers: Iterable[str]) -> list[str]:
    """Which of the scores that are shown are of epochs that were picked on the test data."""
    results = [run.result for run in runs if run.status == "finished"]
    columns = {header: sum(each.is_picked_on_test(Column.parse(header)) for each in results) for header in headers}
    return [
        f"{header} of {plural(n, 'run')}: picked on the test data, since validation is the test split there"
        for header, n in columns.items()
        if n and any(header in each.metrics for each in results)
    ]


def _left_out(folded: Sequence[FittedColumn], width: int, are_chosen: bool) -> list[str]:
    """The columns for which there was no room: of those that nobody chose, each with its value if all rows have it."""
    begin, end = (f"not shown at {width} columns", "") if are_chosen else ("not shown", "; see --columns")
    names = []
    for column in sorted(folded, key=lambda column: column.rank):
        first, *others = dict.fromkeys(column.cells)
        names.append(column.header if are_chosen or others or first == "-" else f"{column.header} ({first})")
    line = ""
    for n in range(len(names), 0, -1):
        more = f" and {len(names) - n} more" if n < len(names) else ""
        line = f"{begin}: {', '.join(names[:n])}{more}{end}"
        if cell_len(line) <= width:
            break
    return [line] if line else []


def columns(
    runs: Sequence[Run], among: Sequence[Run], width: int | None, chosen: Sequence[str] = (), sort: str = ""
) -> list[FittedColumn]:
    """The columns of a table of these runs, for a terminal of this width: the run, then the chosen ones or the usual.

    What the runs are sorted by is among them. Settings count as differing where they do so `among` more runs: what the
    best of them have in common is told too.

    Raises:
        UserError: A chosen key means nothing.
    """
    keys = Keys(among)  # What differs among them may be nothing that one of the runs has.
    if chosen:  # None gives way to another: where there is no room, the last ones go.
        is_there = any(sort in ends(key) or key in ends(sort) for key in chosen)
        shown = [_ListColumn(key, 0) for key in dict.fromkeys([*([] if is_there else [sort]), *chosen])]
    else:
        usual = (column for column in _usual(runs, among, keys) if sort not in (column.key, column.header))
        shown = [_ListColumn(sort, 1), *usual]
    shown = [column for column in shown if column.key not in ("", "run")]
    own = [_column(column, keys.reader(column.key, f"--columns {column.key}"), runs) for column in shown]
    return [*_run_columns(runs, width), *own]


def _run_columns(runs: Sequence[Run], width: int | None) -> list[FittedColumn]:
    """The run as it is typed; where its name is too long for the terminal, its folder, with the names beside it."""
    labels = [shown_run(run) for run in runs]
    is_long = [width is not None and cell_len(label) + _BESIDE_RUN > width for label in labels]
    cells = [run.dir.path.name if long else label for run, label, long in zip(runs, labels, is_long, strict=True)]
    column = FittedColumn(header="run", cells=cells, min_width=max(map(cell_len, cells)))
    if not any(is_long):
        return [column]
    names = [run.name if long else "" for run, long in zip(runs, is_long, strict=True)]
    return [column, FittedColumn(header="name", cells=names, rank=3, min_width=_LEAST)]


def shown_run(run: Run) -> str:
    """`NAME/s0-3fa9c1d2e0`, in quotes where a shell needs them."""
    label = run.dir.label
    return label if _PLAIN.fullmatch(label) else shlex.quote(label)


def _usual(runs: Sequence[Run], among: Sequence[Run], keys: Keys) -> Iterator[_ListColumn]:
    yield _ListColumn("status", 2)
    yield from _differing(runs, among, keys)
    main = Counter(str(main_metric(run.metrics)) for run in runs if run.metrics)
    for i, (metric, _) in enumerate(main.most_common()):
        yield _ListColumn(metric, 4 if i else 1)
    yield _ListColumn("ended", 5)
    if any(run.dir.tags() for run in runs):
        yield _ListColumn("tags", 4)
    if any(run.dir.note() for run in runs):
        yield _ListColumn("note", 6)
    recorded = {name for run in runs for name in run.metrics}
    for best_value in (f"best_{metric}" for metric in main):
        if best_value in recorded:
            yield _ListColumn(best_value, 8)
    yield _ListColumn("epochs", 8)
    yield _ListColumn("seconds", 8)


def _differing(runs: Sequence[Run], among: Sequence[Run], keys: Keys) -> Iterator[_ListColumn]:
    """The settings that differ under one name, then some of those that only do so between names."""
    names = {run.name for run in runs}
    experiments = {(run.name, run.identity): run for run in among if run.name in names}
    of_name: dict[str, list[dict[str, Any]]] = {}
    for (name, _), run in experiments.items():
        if own := settings(run):
            of_name.setdefault(name, []).append(own)
    within = dict.fromkeys(key for own in of_name.values() for key in telling(own))
    everything = telling([own for run in runs if (own := keys.settings[run.dir])])
    between = [key for key in everything if key not in within][:_MAX_BETWEEN_NAMES]
    # `loss` and `seed` are what is on record of the run: the settings are head.loss and validation.seed.
    for key, short in short_keys([*within, *between], keys.names()).items():
        # What only the others have differs among no rows.
        if any(setting(keys.settings[run.dir], key) is not MISSING for run in runs):
            yield _ListColumn(key, _SETTING if key in within else 7, short)


def _column(column: _ListColumn, value_of: Callable[[Run], Any], runs: Sequence[Run]) -> FittedColumn:
    values = [value_of(run) for run in runs]
    cells = [_cell(column.key, value, run) for value, run in zip(values, runs, strict=True)]
    there = [value for value in values if value is not MISSING and value is not None]
    is_text = any(isinstance(value, str | dict) for value in there) and column.key not in TIMES
    is_the_same = len(runs) > 1 and len(set(cells)) == 1 and column.rank not in (0, 1, _SETTING)
    # Texts and the keys of settings may be cut; numbers, lists, times and the columns of scores are whole or not there.
    is_score = any(column.key in run.metrics for run in runs)
    least = [cell_len(column.header) if is_score else min(cell_len(column.header), _LEAST)]
    if not is_text or column.key == "status":
        least.append(min(max(map(cell_len, cells)), _MOST_WHOLE))
    return FittedColumn(
        header=column.header,
        cells=cells,
        is_number=bool(there) and all(type(value) in (int, float) for value in there),
        rank=_OF_THE_SAME if is_the_same else column.rank,
        min_width=max(least),
    )


def _cell(key: str, value: Any, run: Run) -> str:
    if key in TIMES:
        moment = recorded_moment(value) if isinstance(value, str) else None
        if key == "ended" and moment is None and run.status != "running":
            moment = last_active(run)
        return short_time(moment, datetime.now().astimezone()) if moment else "-"
    if key == "identity" and value is not MISSING:
        return str(value)[:PREFIX_LENGTH]
    if key == "tags":
        return " ".join(value) or "-"
    if key == "note":
        return " ".join(str(value).split()) or "-"
    if key == "seconds" and value is not MISSING:
        return fixed(value, 1)
    if key in run.metrics or key.startswith("best_"):
        return known(None if value is MISSING else value)
    if key in FACTS:
        return "-" if value in (MISSING, None, "") else str(value)
    return format_value(value)


def short_time(moment: datetime, now: datetime) -> str:
    """`today 12:30`, `Nov 24 12:30` of this year, `2024-05-01`; by the clock on the wall."""
    if moment.date() == now.date():
        return f"today {moment:%H:%M}"
    return f"{moment:%b} {moment.day} {moment:%H:%M}" if moment.year == now.year else f"{moment:%Y-%m-%d}"
