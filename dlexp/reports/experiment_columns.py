"""The columns that tell experiments apart in a table with one row per experiment."""

from collections.abc import Mapping, Sequence

from dlexp.config.labels import Labelled, setting_columns
from dlexp.reports.fitted import FittedColumn

#: A name or setting this long is not abbreviated to make room for what tells less.
MIN_WIDTH = 24


def experiment_columns(experiments: Mapping[str, Labelled], shown: Sequence[str]) -> list[FittedColumn]:
    """Their names, where these differ, and the settings in which namesakes differ; else their labels.

    Args:
        experiments: All that there are, each by its label.
        shown: The labels of those that have a row.
    """
    several = list(experiments.values())
    columns = {"experiment": names} if len(set(names := [each.name for each in several])) > 1 else {}
    columns |= setting_columns(several)
    if len(set(zip(*columns.values(), strict=True))) < len(several):
        columns = {"experiment": list(experiments)}
    places = {label: i for i, label in enumerate(experiments)}
    rows = {header: [cells[places[label]] for label in shown] for header, cells in columns.items()}
    return [
        FittedColumn(header=key, cells=cells, is_number=_are_numbers(cells), min_width=min(_longest(cells), MIN_WIDTH))
        for key, cells in rows.items()
    ]


def _longest(cells: Sequence[str]) -> int:
    return max(map(len, cells), default=0)


def _are_numbers(cells: Sequence[str]) -> bool:
    return all(cell == "-" or cell.replace(".", "", 1).replace("e-", "", 1).isdecimal() for cell in cells)
