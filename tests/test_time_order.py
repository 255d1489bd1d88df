"""Which tables stand in the order of time."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dlexp.components.datasets.user import time_order
from dlexp.components.datasets.user.cell_keys import CellKeys
from dlexp.components.datasets.user.kinds import CellRules
from dlexp.components.datasets.user.rows import Rows

N = 60
DAYS = pd.date_range("2023-12-20", periods=N)
HOURS = pd.date_range("2023-12-31 20:00", periods=N, freq="h")


def found(columns: Mapping[str, Sequence[object]], **keys: object) -> tuple[str, bool] | None:
    """The columns and whether they ascend; all cells are texts, as in a CSV file, unless they are dates."""
    frame = pd.DataFrame(columns)
    frame = frame.apply(lambda cells: cells if cells.dtype.kind == "M" else cells.astype(str))
    rules = CellRules.of(CellKeys.model_validate(keys), [], [], [])
    order = time_order.found(Rows(Path("t.csv"), frame), list(frame.columns), rules)
    return (" ".join(order.columns), order.ascends) if order else None


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%b %d, %Y", "%Y%m%d"])
def test_dates_in_order(form: str) -> None:
    """However they are written, up or down, whatever the other columns are."""
    days = DAYS.strftime(form).tolist()

    assert found({"x": list(range(N)), "date": days}) == ("date", True)
    assert found({"date": days[::-1], "x": list(range(N))}) == ("date", False)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("when", HOURS.strftime("%Y-%m-%d %H:%M").tolist()),
        ("when", HOURS.tolist()),
        ("when", [day for day in DAYS.strftime("%Y-%m-%d")[:20] for _ in range(3)]),
        ("when", [*DAYS.strftime("%Y-%m-%d")[:-1], "unknown"]),
        ("timestamp", [1_700_000_000 + 60 * (i // 2) for i in range(N)]),
        ("created_at", [1_700_000_000_000 + 997 * i for i in range(N)]),
        ("Time", [i / 100 for i in range(N)]),
        ("unixTime", [1.5e9 + i for i in range(N)]),
        ("day", list(range(1, N + 1))),
        ("year", list(range(1950, 1950 + N))),
    ],
)
def test_times_in_order(name: str, cells: Sequence[object]) -> None:
    """Dates with ties and a cell that is none, moments as numbers, and numbers that are called times."""
    assert found({name: cells, "x": [i % 7 for i in range(N)]}) == (name, True)


def test_a_moment_in_several_columns() -> None:
    """The year, the month and so on; out of order they are none."""
    parts = {"hour": HOURS.hour.tolist(), "Month": HOURS.month.tolist(), "year": HOURS.year.tolist()}
    days = {"day": HOURS.day.tolist()}

    assert found(parts | days) == ("year Month day hour", True)
    assert found({name: [cells[i * 7 % N] for i in range(N)] for name, cells in (parts | days).items()}) is None


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("id", list(range(1, N + 1))),
        ("Unnamed: 0", list(range(N))),
        ("order_no", [20240000 + i for i in range(N)]),
        ("model_year", [70 + i // 5 for i in range(N)]),
        ("time", [4 + 3 * (i // 2) for i in range(N)]),
        ("day", [i % 7 for i in range(N)]),
        ("age", list(range(N))),
        ("price", [0.5 * i for i in range(N)]),
        ("date", DAYS[np.random.default_rng(0).permutation(N)].strftime("%Y-%m-%d").tolist()),
        ("date", ["2024-01-01"] * N),
        ("version", [f"1.{i}" for i in range(N)]),
    ],
)
def test_what_is_no_order_in_time(name: str, cells: Sequence[object]) -> None:
    """Numbers of rows and ids, years of models, follow-up times with ties, sorted features, dates in no order."""
    assert found({name: cells, "x": [i % 7 for i in range(N)]}) is None


def test_a_format_that_the_config_says_is_the_only_one() -> None:
    """Days and months exchanged are out of order."""
    days = {"day": DAYS.strftime("%d/%m/%Y").tolist()[15:40]}

    assert found(days) == found(days, date_format={"day": "%d/%m/%Y"}) == ("day", True)


def test_few_rows_are_in_order_by_chance() -> None:
    """Nine are not looked at."""
    assert found({"day": DAYS.strftime("%Y-%m-%d").tolist()[:9]}) is None
