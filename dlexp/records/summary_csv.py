"""`summary.csv`: one row per finished run except those of bias-variance; derived, and no source of any result."""

import csv
import json
import logging
import os
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from dlexp import regular_files
from dlexp.config.flat import format_value
from dlexp.config.names import SUMMARY_CSV
from dlexp.console import safe
from dlexp.errors import DlexpError
from dlexp.format import joined, plural, write_csv
from dlexp.records import index
from dlexp.records.index import Run
from dlexp.records.keys import facts, numbers, settings
from dlexp.records.lock import in_turn
from dlexp.records.run_dir import RunDir
from dlexp.whole_files import replacing

log = logging.getLogger(__name__)

#: Hidden, and so not part of the index.
_LOCK = ".summary.csv.lock"
#: Facts of the first columns.
_ABOUT = (
    *("name", "seed", "identity", "attempt", "status", "run", "started", "ended"),
    *("data_digest", "training_version", "tensorflow", "picked_on_test"),
)
#: What finished so lately may be of a command that is about to rebuild the table.
CLOSING_SECONDS = 60.0


def rebuild(runs_dir: Path) -> Path:
    """Write the table again from the runs: who and where, the config's dotted columns, the result's numbers.

    Damaged runs are not in it; `ls` and `clean` name them. However many runs there are, one is in memory at a time.

    Raises:
        DlexpError: It cannot be written.
    """
    path = runs_dir / SUMMARY_CSV
    try:
        with in_turn(runs_dir / _LOCK), replacing(path) as beside, tempfile.TemporaryFile("w+", dir=runs_dir) as rows:
            columns = _write_rows(_finished(runs_dir), rows)
            rows.seek(0)
            # A folder's name may be no UTF-8.
            with beside.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
                # All columns of the first part, then of the second, then of the third; each in the order of appearance.
                header = [name for part in range(3) for name, own in columns.items() if own == part]
                cells = (dict(zip(columns, json.loads(row), strict=False)) for row in rows)
                write_csv(file, header or ["name"], cells)
    except OSError as error:
        raise DlexpError(f"{path}: cannot be written: {error.strerror}") from error
    return path


def refresh(runs_dir: Path) -> None:
    """Rebuild the table where there is one, after runs were removed; that it cannot be is logged."""
    if (runs_dir / SUMMARY_CSV).exists():
        try:
            rebuild(runs_dir)
        except DlexpError as error:  # It hides no result: the table is derived from the records.
            log.warning(str(error))


def staleness(runs_dir: Path, run_dirs: Collection[RunDir]) -> str:
    """In a line what the table lacks of these runs, which are all that there are, and which of its runs are gone.

    Empty where it is up to date, where there is no table, and while a run is under way: its command will rebuild it.
    """
    try:
        listed = _listed(runs_dir / SUMMARY_CSV)
    except (OSError, ValueError, csv.Error):
        return ""  # None, or another's: the next command that trains writes it again.
    lacking = [
        run_dir
        for run_dir in run_dirs
        if _cell(run_dir) not in listed and _is_settled(run_dir) and index.read(run_dir).status == "finished"
    ]
    n_gone = sum(not (runs_dir / label).exists() for label in listed - set(map(_cell, run_dirs)))
    if not (lacking or n_gone) or any(map(_is_under_way, run_dirs)):
        return ""
    lacks = [f"lacks {plural(len(lacking), 'finished run')}"] * bool(lacking)
    has = [f"lists {plural(n_gone, 'run')} that {'is' if n_gone == 1 else 'are'} gone"] * bool(n_gone)
    return f"{runs_dir / SUMMARY_CSV} {joined([*lacks, *has])}; the next run, rm or clean rebuilds it"


def _finished(runs_dir: Path) -> Iterator[Run]:
    usual = (run_dir for run_dir in index.scan(runs_dir) if not index.is_of_bias_variance(run_dir))
    return (run for run in map(index.read, usual) if run.status == "finished")


def _write_rows(runs: Iterable[Run], file: IO[str]) -> dict[str, int]:
    """Write the cells of each run as a line of JSON, in the order in which the columns appear.

    Returns:
        The columns, each with the number of its part; the first lines lack those that only later runs have.
    """
    columns: dict[str, int] = {}
    for run in runs:
        row: dict[str, str] = {}
        for part, cells in enumerate(_row(run)):
            row |= cells
            for name in cells:
                columns.setdefault(name, part)
        file.write(json.dumps([row.get(name, "") for name in columns]) + "\n")
    return columns


def _row(run: Run) -> tuple[Mapping[str, str], Mapping[str, str], Mapping[str, str]]:
    """Who and where, settings, numbers."""
    return (
        {key: _fact(value) for key, value in facts(run, _ABOUT).items()},
        {key: format_value(value) for key, value in settings(run).items()},
        # Every digit; an empty cell where there is no number.
        {key: "" if value is None else repr(value) for key, value in numbers(run).items()},
    )


def _fact(value: Any) -> str:
    if isinstance(value, bool):
        return format_value(value)
    return "" if value is None else str(value)


def _listed(path: Path) -> set[str]:
    """The runs of which there is a row.

    Raises:
        OSError, ValueError: It is no such table.
    """
    with regular_files.opened(path) as file, open(file.fileno(), encoding="utf-8", newline="", closefd=False) as text:
        rows = csv.reader(text)
        header = next(rows, [])
        if header == ["name"]:
            return set()
        place = header.index("run")
        return {row[place].removeprefix("'") for row in rows if len(row) > place}


def _cell(run_dir: RunDir) -> str:
    """A run as its row calls it: a folder made by hand may have any name."""
    return safe(run_dir.label).encode(errors="backslashreplace").decode()


def _is_settled(run_dir: RunDir) -> bool:
    """Whether it has a result that is not of the last moment, and is no run of bias-variance."""
    try:
        age = time.time() - run_dir.summary_path.stat().st_mtime
    except OSError:
        return False
    return age > CLOSING_SECONDS and not index.is_of_bias_variance(run_dir)


def _is_under_way(run_dir: RunDir) -> bool:
    return os.path.lexists(run_dir.lock_path) and run_dir.owner is not None
