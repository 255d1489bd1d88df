"""Many experiments as a table: a row each, with what sets it apart, its score and the verdict on it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean, stdev
from typing import Any

from dlexp.components.columns import Column
from dlexp.config.flat import format_value
from dlexp.config.labels import setting, short_keys
from dlexp.config.names import PREFIX_LENGTH
from dlexp.format import plural
from dlexp.reports.comparison.differences import unit_of, written
from dlexp.reports.comparison.ranking import Ranked, Ranking
from dlexp.reports.comparison.verdicts import OPEN, has_verdict
from dlexp.reports.fitted import FittedColumn, fitted
from dlexp.reports.numbers import alike, counted, plus_minus, significant

#: So many rows are shown by default.
MAX_ROWS = 40
#: What stands before the rank of the baseline.
MARK = "*"
#: Of settings without room, so many are told by rank, if they have no more values than that.
_N_TOLD, _N_VALUES = 3, 4
#: What texts and headers have at least: others are left out first.
_NAME, _SETTING, _NUMBER = 24, 9, 13
#: Of more ranges of ranks, the first ones are named.
_N_RANGES = 10
#: The order in which columns are left out, the last one first: seeds, settings, the interval, other numbers.
_SEEDS, _SETTINGS, _INTERVAL, _OTHERS = 1, 2, 1000, 2000
_INTERVAL_HEADER = "interval"


@dataclass(frozen=True)
class RankedTable:
    """The columns of a table, of the rows that are shown."""

    ranking: Ranking
    rows: list[Ranked]
    columns: list[FittedColumn]
    settings: list[FittedColumn]
    """Those of the columns that are settings."""

    def fitted(self, width: int | None) -> tuple[list[str], list[str]]:
        """The table in a width, and what it has no room for, in words."""
        found = fitted(self.columns, width)
        return found.lines, list(self._without_room(found.folded))

    def rows_left(self) -> list[str]:
        """How many rows are not shown; empty where all are."""
        left = len(self.ranking.rows) - len(self.rows)
        return [f"{plural(left, 'more row')}: --all shows {'it' if left == 1 else 'them'}."] if left else []

    def _without_room(self, folded: Sequence[FittedColumn]) -> Iterator[str]:
        """The settings that are left out by rank, where they have few values; the names of all else."""
        of_settings = {id(each) for each in self.settings}
        settings = sorted((each for each in folded if id(each) in of_settings), key=lambda each: each.rank)
        told = [each for each in settings if len(set(each.cells)) <= _N_VALUES][:_N_TOLD]
        for column in told:
            by_value: dict[str, list[Ranked]] = {}
            for row, cell in zip(self.rows, column.cells, strict=True):
                by_value.setdefault(cell, []).append(row)
            values = [f"{value} at {ranks(own)}" for value, own in by_value.items()]
            yield f"{column.header}: {'; '.join(values) if len(values) > 1 else f'{values[0]} in all of these'}."
        others = [each.header for each in folded if all(each is not other for other in told)]
        if others:
            them = "it" if len(others) == 1 else "them"
            yield f"No room for {', '.join(others)}: a wider terminal or --format json shows {them}."


def table_of(ranking: Ranking, top: int | None = MAX_ROWS) -> RankedTable:
    """The first rows of a ranking and its baseline; all of them without a number."""
    rows = ranking.best(top) if top is not None else list(ranking.rows)
    settings = list(_settings(ranking, rows))
    columns = [
        FittedColumn(header="rank", cells=[rank_of(row, ranking) for row in rows], is_number=True),
        *_names(rows, settings),
        *settings,
        _seeds(rows),
        _number(ranking.column, rows, 0),
        *_differences(ranking, rows),
        *(_number(column, rows, _OTHERS + i) for i, column in enumerate(ranking.others)),
    ]
    return RankedTable(ranking, rows, columns, settings)


def rank_of(row: Ranked, ranking: Ranking) -> str:
    """`3`, `=3` beside an equal one, `*3` of the baseline; a dash without a rank."""
    mark = MARK if row.experiment is ranking.baseline else ""
    return f"{mark}{'=' if row.is_tied else ''}{row.rank or '-'}"


def ranks(rows: Iterable[Ranked]) -> str:
    """`rank 3`, `ranks 1-3, 7`, `653 rows, ranks 1-33, 35-70, ...`; those without a rank by their labels."""
    several = list(rows)
    known = sorted({row.rank for row in several if row.rank is not None})
    # Neighbours have the same distance from their position.
    runs = [[rank for _, rank in own] for _, own in groupby(enumerate(known), lambda pair: pair[1] - pair[0])]
    texts = [f"{own[0]}-{own[-1]}" if len(own) > 1 else str(own[0]) for own in runs]
    shown = texts if len(texts) <= _N_RANGES else [*texts[:_N_RANGES], "..."]
    parts = [f"rank{'s' if len(known) > 1 else ''} {', '.join(shown)}"] if known else []
    parts += [row.experiment.label for row in several if row.rank is None]
    return ", ".join([*([plural(len(several), "row")] if shown is not texts else []), *parts])


def verdict_of(row: Ranked, ranking: Ranking) -> str:
    """`better`, `worse`, `cannot tell`, `no verdict`; empty of the baseline, and where nothing is judged."""
    if row.experiment is ranking.baseline or ranking.baseline is None or not has_verdict(ranking.column):
        return ""
    found = row.score.difference if row.score else None
    if found is None or found.verdict is None:
        return "no verdict"
    return "cannot tell" if found.verdict == OPEN else found.verdict


def _names(rows: Sequence[Ranked], settings: Sequence[FittedColumn]) -> Iterator[FittedColumn]:
    """The names, where there are several; the identities, where nothing else tells two rows apart."""
    names = [row.experiment.name for row in rows]
    if len(set(names)) > 1 or not settings:
        # Where names alone tell rows apart they stay whole; else the settings need the room.
        yield FittedColumn(header="name", cells=names, min_width=_NAME if len(set(names)) == len(names) else _NUMBER)
    if len(set(zip(names, *(column.cells for column in settings), strict=True))) < len(rows):
        identities = [row.experiment.identity[:PREFIX_LENGTH] for row in rows]
        yield FittedColumn(header="identity", cells=identities, min_width=PREFIX_LENGTH)


def _settings(ranking: Ranking, rows: Sequence[Ranked]) -> Iterator[FittedColumn]:
    """The settings that differ, each under the shortest end of its key; the more they tell, the longer they stay."""
    telling = ranking.by_telling()
    short = short_keys(ranking.keys, {key for row in ranking.rows for key in row.experiment.settings})
    for key in ranking.keys:
        values = [setting(row.experiment.settings, key) for row in rows]
        yield FittedColumn(
            header=short[key],
            cells=list(map(format_value, values)),
            is_number=all(map(_is_number, values)),
            rank=_SETTINGS + telling.index(key),
            min_width=_SETTING,
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _seeds(rows: Sequence[Ranked]) -> FittedColumn:
    """`5`; `4 of 5, 1 diverged`."""
    cells = [counted(len(row.experiment.runs), len(row.experiment.diverged)) for row in rows]
    return FittedColumn(header="seeds", cells=cells, is_number=all(map(str.isdecimal, cells)), rank=_SEEDS)


def _number(column: Column, rows: Sequence[Ranked], rank: int) -> FittedColumn:
    """Mean and standard deviation over the seeds; means alone end at the same decimal place, where that does."""
    values = [list(row.experiment.by_seed(column).values()) for row in rows]
    if any(len(own) > 1 for own in values):
        texts = [plus_minus(fmean(own), stdev(own) if len(own) > 1 else None) if own else "" for own in values]
    else:
        texts = alike([own[0] if own else None for own in values], significant)
    cells = [text or row.experiment.absence(column) for text, row in zip(texts, rows, strict=True)]
    return FittedColumn(header=str(column), cells=cells, is_number=True, rank=rank, min_width=_NUMBER)


def _differences(ranking: Ranking, rows: Sequence[Ranked]) -> Iterator[FittedColumn]:
    """The differences from the baseline, their intervals and verdicts, where there are any."""
    column = ranking.column
    found = [row.score.difference if row.score else None for row in rows]
    texts = [each and written(each, column) for each in found]
    if any(texts):
        unit = unit_of(column)
        means = [text.mean.removesuffix(unit) if text else "" for text in texts]
        yield FittedColumn(header=unit.strip() or "difference", cells=means, is_number=True)
    if any(text and text.interval for text in texts):
        intervals = [text.interval if text else "" for text in texts]
        yield FittedColumn(header=_INTERVAL_HEADER, cells=intervals, is_number=True, rank=_INTERVAL)
        verdicts = [verdict_of(row, ranking) for row in rows]
        if any(verdicts):
            yield FittedColumn(header="verdict", cells=verdicts, min_width=len("cannot tell"))
