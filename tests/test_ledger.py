"""Ledgers: lines that are added and never changed."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from commands import Invoke
from make_runs import finished

from dlexp.config.names import why_not
from dlexp.errors import DlexpError
from dlexp.records.index import walk
from dlexp.records.ledger import Ledger, ledger_path
from dlexp.records.record_files import DamagedRecord
from dlexp.version import VERSION


def test_entries_are_read_in_the_order_in_which_they_were_written(tmp_path: Path) -> None:
    """Each is a line of JSON with its time and the version of dlexp; without a ledger there are none."""
    ledger = Ledger(ledger_path(tmp_path, "optimizer"))
    assert ledger.entries() == []

    ledger.append({"kind": "first", "mean": 0.5})
    ledger.append({"kind": "second", "name": "größer"})

    lines = (tmp_path / "ledgers" / "optimizer.jsonl").read_text(encoding="utf-8").splitlines()
    assert list(map(json.loads, lines)) == ledger.entries()
    assert [entry["kind"] for entry in ledger.entries()] == ["first", "second"]
    assert {entry["dlexp"] for entry in ledger.entries()} == {VERSION}
    assert all(entry["time"].endswith("+00:00") for entry in ledger.entries())


def test_a_last_line_that_was_cut_short_is_replaced(tmp_path: Path) -> None:
    """A kill while it was written leaves the entries before it, and the next one follows them."""
    ledger = Ledger(tmp_path / "torn.jsonl")
    ledger.append({"n": 1})
    with ledger.path.open("a") as file:
        file.write('{"n": 2, "na')
    assert [entry["n"] for entry in ledger.entries()] == [1]

    ledger.append({"n": 3})

    assert [entry["n"] for entry in ledger.entries()] == [1, 3]


@pytest.mark.parametrize("line", ["{", "[1]", '{"n": 1} {"n": 2}'])
def test_a_damaged_line_is_named(tmp_path: Path, line: str) -> None:
    """Nothing is decided on half of what was written down."""
    ledger = Ledger(tmp_path / "edited.jsonl")
    ledger.append({"n": 1})
    with ledger.path.open("a") as file:
        file.write(line + "\n")

    with pytest.raises(DamagedRecord, match=r"edited\.jsonl:2: damaged: "):
        ledger.entries()


def test_processes_add_in_turn(tmp_path: Path) -> None:
    """No entry is lost, and none is torn by another."""
    ledger = Ledger(ledger_path(tmp_path, "busy"))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: ledger.append({"n": n, "text": "x" * 5000}), range(64)))

    assert sorted(entry["n"] for entry in ledger.entries()) == list(range(64))


def test_a_ledger_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Its path and the system's own words."""
    (tmp_path / "ledgers").write_text("a file")

    with pytest.raises(DlexpError, match=r"study\.jsonl: cannot be written: "):
        Ledger(ledger_path(tmp_path, "study")).append({})


def test_ledgers_are_no_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    """No experiment has their name, and neither the index nor clean takes them for something else's files."""
    monkeypatch.chdir(tmp_path)
    finished(Path("runs"))
    Ledger(ledger_path(Path("runs"), "study")).append({})

    assert "the folder of the ledgers" in why_not("Ledgers", Path("a.yaml"), is_resampled=False)
    found, foreign = walk(Path("runs"))
    assert ([run_dir.name for run_dir in found], foreign) == (["digits"], [])
    assert invoke("ls")[2] == ""
    assert invoke("clean", "--smoke", "--failed")[1:] == ("", "removed 0 runs, 0.0 kB\n")
    assert Ledger(ledger_path(Path("runs"), "study")).entries()
