"""A history that is read while it grows: torn lines, truncation, and runs that are resumed."""

import os
from collections.abc import Sequence
from io import BufferedReader
from pathlib import Path

import pytest

from dlexp import regular_files
from dlexp.records.growing import GrowingHistory
from dlexp.records.history import HistoryWriter

HEADER = "epoch,seconds,loss\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the history will be."""
    return tmp_path / "history.csv"


def epochs(rows: Sequence[dict[str, float]]) -> list[float]:
    """Those of some rows."""
    return [row["epoch"] for row in rows]


def test_each_row_is_given_once(path: Path) -> None:
    """As numbers by column; before there is a file there is none."""
    history = GrowingHistory(path)
    before = history.new_rows()
    with HistoryWriter(path, ["epoch", "seconds", "loss"]) as writer:
        of_header = history.new_rows()
        writer.write({"epoch": 1, "seconds": 0.5, "loss": 2.0})
        first = history.new_rows()
        writer.write({"epoch": 2, "seconds": 0.5, "loss": 1.0})
        writer.write({"epoch": 3, "seconds": 0.5, "loss": 0.5})

        assert (before, of_header) == ([], [])
        assert first == [{"epoch": 1, "seconds": 0.5, "loss": 2.0}]
        assert epochs(history.new_rows()) == [2, 3]
        assert history.new_rows() == []
        assert history.epoch == 3


def test_a_torn_line_is_read_once_it_is_whole(path: Path) -> None:
    """Neither a number cut short nor the header."""
    history = GrowingHistory(path)
    found = []
    for part in ("epoch,sec", "onds,loss\n1,0.5,0.2", "5\n2,0.5", ",1.0\n"):
        with path.open("a", encoding="utf-8") as file:
            file.write(part)
        found.append(history.new_rows())

    assert found == [[], [], [{"epoch": 1, "seconds": 0.5, "loss": 0.25}], [{"epoch": 2, "seconds": 0.5, "loss": 1.0}]]


def test_of_a_resumed_run_only_what_is_trained_again_is_new(path: Path) -> None:
    """Its file is another one, with the rows up to the checkpoint as they were, and is caught before or after more."""
    for n_caught in (3, 4, 5):
        path.write_text(HEADER + "".join(f"{n},0.{n},1.0\n" for n in range(1, 6)))
        history = GrowingHistory(path)
        history.new_rows()
        path.with_suffix(".new").write_text(HEADER + "".join(f"{n},0.{n},1.0\n" for n in range(1, 4)))
        path.with_suffix(".new").replace(path)
        with path.open("a", encoding="utf-8") as file:
            file.write("".join(f"{n},0.9{n},1.0\n" for n in range(4, n_caught + 1)))
        caught = history.new_rows()
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{n_caught + 1},0.95,1.0\n")

        assert epochs(caught) == list(range(4, n_caught + 1))
        assert epochs(history.new_rows()) == [n_caught + 1]
        assert epochs(history.last) == list(range(1, n_caught + 2))


def test_a_file_that_was_cut_is_read_from_its_start(path: Path) -> None:
    """The same file, shorter: what it still says is not new."""
    path.write_text(HEADER + "1,0.5,1.0\n2,0.5,1.0\n3,0.5,1.0\n")
    history = GrowingHistory(path)
    history.new_rows()
    os.truncate(path, len(HEADER + "1,0.5,1.0\n2,0"))
    cut, epoch = history.new_rows(), history.epoch
    with path.open("a", encoding="utf-8") as file:
        file.write(".7,1.0\n")

    assert (cut, epoch) == ([], 1)
    assert history.new_rows() == [{"epoch": 2, "seconds": 0.7, "loss": 1.0}]


@pytest.mark.parametrize("damage", ["x,0.5,1.0\n", "4,0.5,1.0\n", "2,0.5\n", "2,0.5,\xff\n", "2.5,1,1\n"])
def test_a_damaged_history_has_no_rows(damage: str, path: Path) -> None:
    """It stops nobody, and the run begins it again."""
    path.write_text(HEADER + "1,0.5,1.0\n")
    history = GrowingHistory(path)
    history.new_rows()
    with path.open("a", encoding="latin-1") as file:
        file.write(damage)
    found, epoch = history.new_rows(), history.epoch
    path.with_suffix(".new").write_text(HEADER + "1,0.5,1.0\n")
    path.with_suffix(".new").replace(path)

    assert (found, epoch, epochs(history.last)) == ([], 0, [])
    assert epochs(history.new_rows()) == [1]


def test_a_file_that_has_not_changed_is_not_opened(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked at four times a second."""
    path.write_text(HEADER + "1,0.5,1.0\n")
    history = GrowingHistory(path)
    history.new_rows()
    opened: list[Path] = []
    open_file = regular_files.opened

    def noted(path: Path) -> BufferedReader:
        opened.append(path)
        return open_file(path)

    monkeypatch.setattr(regular_files, "opened", noted)
    history.new_rows()
    with path.open("a", encoding="utf-8") as file:
        file.write("2,0.5,1.0\n")
    history.new_rows()

    assert opened == [path]
