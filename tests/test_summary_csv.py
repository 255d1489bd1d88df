"""summary.csv: all finished runs as one table."""

import csv
import os
import shutil
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from make_runs import changed, failed, finished

from dlexp.errors import DlexpError
from dlexp.records.index import SMOKE, scan
from dlexp.records.lock import locked
from dlexp.records.summary_csv import CLOSING_SECONDS, rebuild, staleness


def rows_of(path: Path) -> list[dict[str, str]]:
    """The table as dictionaries."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_a_finished_run(tmp_path: Path) -> None:
    """Finished runs, in the index's order; not the failed ones, not the smoke runs."""
    finished(tmp_path, "b", 1)
    finished(tmp_path, "a", 0, accuracy=0.1 + 0.2)
    failed(tmp_path, "a", 1)
    finished(tmp_path / SMOKE, "c")

    rows = rows_of(rebuild(tmp_path))

    assert [(row["name"], row["seed"]) for row in rows] == [("a", "0"), ("b", "1")]
    assert rows[0]["run"].startswith("a/s0-")
    assert rows[0]["val_accuracy"] == "0.30000000000000004"
    assert rows[0]["model.hidden"] == "[64, 64]"
    assert (rows[0]["epochs"], rows[0]["seconds"]) == ("2", "1.25")


def test_resampled_runs_are_no_fits_to_list(tmp_path: Path) -> None:
    """The runs of bias-variance have a table of their own."""
    finished(tmp_path, "a")
    finished(tmp_path, "a resamples")

    assert [row["name"] for row in rows_of(rebuild(tmp_path))] == ["a"]


def test_columns_come_in_three_parts(tmp_path: Path) -> None:
    """Who and where, then settings, then numbers; a setting that a run does not have is an empty cell."""
    finished(tmp_path, "a")
    finished(tmp_path, "b", config=changed(optimizer={"type": "sgd", "momentum": 0.9}))

    rows = rows_of(rebuild(tmp_path))

    assert list(rows[0]) == [
        *("name", "seed", "identity", "attempt", "status", "run", "started", "ended"),
        *("data_digest", "training_version", "tensorflow", "picked_on_test"),
        *("dataset.type", "model.type", "model.hidden", "head.type", "head.metrics"),
        *("optimizer.type", "optimizer.learning_rate", "training.epochs", "training.batch_size"),
        "optimizer.momentum",
        *("epochs", "seconds", "parameters", "loss", "accuracy", "val_loss", "val_accuracy"),
        *("best_val_accuracy", "best_val_accuracy_epoch", "best_val_loss", "best_val_loss_epoch"),
        *("test_loss", "test_accuracy"),
    ]
    assert [row["optimizer.momentum"] for row in rows] == ["", "0.9"]


def test_it_is_rebuilt_from_the_runs_alone(tmp_path: Path) -> None:
    """It is never read: deleted, damaged or outdated, the next one is the same as the first."""
    finished(tmp_path, "a")
    whole = rebuild(tmp_path).read_bytes()

    (tmp_path / "summary.csv").write_bytes(b"\0nonsense")

    assert rebuild(tmp_path).read_bytes() == whole


def test_without_finished_runs_it_is_a_header(tmp_path: Path) -> None:
    """No runs, no rows."""
    assert rebuild(tmp_path).read_text() == "name\n"


def test_damaged_runs_stay_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The rows of the others, without a word: after every run of another experiment there would be one."""
    finished(tmp_path, "a").summary_path.write_text("{")
    finished(tmp_path, "b")

    rows = rows_of(rebuild(tmp_path))

    assert [row["name"] for row in rows] == ["b"]
    assert capsys.readouterr().err == ""


def test_writers_at_the_same_time_leave_one_whole_table(tmp_path: Path) -> None:
    """Whoever comes second waits, and leaves nothing beside the table but the lock."""
    for seed in range(20):
        finished(tmp_path, "a", seed)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: rebuild(tmp_path), range(16)))

    assert len(rows_of(tmp_path / "summary.csv")) == 20
    assert sorted(path.name for path in tmp_path.iterdir()) == [".summary.csv.lock", "a", "summary.csv"]


def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """No place for the table is no traceback."""
    with pytest.raises(DlexpError, match=r"summary\.csv: cannot be written: No such file or directory$"):
        rebuild(tmp_path / "missing")


def test_one_run_is_in_memory_at_a_time(tmp_path: Path) -> None:
    """Twenty times the runs take hardly more memory, whatever their records hold."""
    peaks, mistakes = [], [{"position": i, "target": 1, "predicted": 0} for i in range(300)]
    for n in (5, 100):
        for seed in range(n):
            finished(tmp_path / str(n), "a", seed, mistakes=mistakes)
        tracemalloc.start()
        rebuild(tmp_path / str(n))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < 1.5 * peaks[0]


def old(runs_dir: Path) -> None:
    """Have everything that is there been finished long ago."""
    for path in runs_dir.glob("*/*/summary.json"):
        os.utime(path, (time.time() - 2 * CLOSING_SECONDS,) * 2)


def test_a_table_that_runs_came_after_is_stale(tmp_path: Path) -> None:
    """What finished since is counted; what failed, is damaged or of bias-variance was never to be in it."""
    for name in ("line\nend", "\x1b", "\udcff"):  # Folders made by hand.
        finished(tmp_path, "a").path.parent.rename(tmp_path / name)
    rebuild(tmp_path)
    finished(tmp_path, "a", 1)
    failed(tmp_path, "a", 2)
    finished(tmp_path, "a", 3).summary_path.write_text("{")
    finished(tmp_path, "a resamples")
    old(tmp_path)

    stale = staleness(tmp_path, scan(tmp_path))
    rebuild(tmp_path)

    assert stale == f"{tmp_path}/summary.csv lacks 1 finished run; the next run, rm or clean rebuilds it"
    assert staleness(tmp_path, scan(tmp_path)) == ""


def test_a_table_of_runs_that_are_gone_is_stale(tmp_path: Path) -> None:
    """Removed by hand, a run or all of a name; `=` begins a name that is marked in the table."""
    for name in ("a", "b", "=c"):
        finished(tmp_path, name)
        finished(tmp_path, name, 1)
    rebuild(tmp_path)
    shutil.rmtree(tmp_path / "b")
    shutil.rmtree(next((tmp_path / "=c").glob("s1-*")))

    stale = staleness(tmp_path, scan(tmp_path))

    assert stale == f"{tmp_path}/summary.csv lists 3 runs that are gone; the next run, rm or clean rebuilds it"


def test_while_a_command_trains_no_table_is_stale(tmp_path: Path) -> None:
    """Neither while one of its runs is under way, nor in the moment after the last one finished."""
    rebuild(tmp_path)
    run_dir = finished(tmp_path, "a")

    just_finished = staleness(tmp_path, scan(tmp_path))
    old(tmp_path)
    with locked(run_dir.lock_path):
        under_way = staleness(tmp_path, scan(tmp_path))

    assert (just_finished, under_way) == ("", "")
    assert "lacks 1 finished run" in staleness(tmp_path, scan(tmp_path))


@pytest.mark.parametrize("content", [None, "", "x\n1\n", "\0nonsense", "\udcff"])
def test_no_table_of_runs_is_not_stale(content: str | None, tmp_path: Path) -> None:
    """Nobody asked for one, or it is another's: there is nothing to say of it."""
    finished(tmp_path, "a")
    old(tmp_path)
    if content is not None:
        (tmp_path / "summary.csv").write_text(content, encoding="utf-8", errors="surrogateescape")

    assert staleness(tmp_path, scan(tmp_path)) == ""
