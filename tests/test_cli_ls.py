"""`dlexp ls`: a line a run."""

import csv
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from commands import Invoke
from make_runs import CONFIG, changed, failed, finished, identity_of

from dlexp.api.records import runs as runs_frame
from dlexp.config.flat import flatten, format_value
from dlexp.records.index import read, scan
from dlexp.records.numbering import Numbering
from dlexp.records.summary_csv import rebuild

ID = identity_of(CONFIG)[:10]

TABLE = f"""\
run              status       val_accuracy  ended       best_val_accuracy  epochs  seconds
a/s0-{ID}  finished           0.5000  2024-05-01             0.5100       2      1.2
a/s1-{ID}  diverged                -  2024-05-02                  -       3        -
b/s0-0123456789  interrupted             -  2024-05-03                  -       1        -
b/s0-{ID}  damaged                 -  2024-05-04                  -       2        -
"""


def test_the_version(invoke: Invoke) -> None:
    """The package's own."""
    import dlexp

    assert invoke("--version") == (0, f"dlexp {dlexp.__version__}\n", "")


def test_an_output_without_the_letters(tmp_path: Path) -> None:
    """A file or a terminal in ASCII: a question mark for each, no traceback."""
    finished(tmp_path, "größer")
    command = [sys.executable, "-m", "dlexp", "ls", "--runs-dir", str(tmp_path)]

    ended = subprocess.run(command, capture_output=True, check=False, env=os.environ | {"PYTHONIOENCODING": "ascii"})

    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"gr??er/s0-" in ended.stdout


@pytest.fixture
def dlexp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> Iterator[Invoke]:
    """Run a command in an empty directory two hours east; gives its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "UTC-2")
    time.tzset()
    yield invoke
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def runs(dlexp: Invoke) -> None:
    """A run of each status, and a foreign file."""
    runs_dir = Path("runs")
    finished(runs_dir, "a", 0, 0.5)
    failed(runs_dir, "a", 1)
    begun = Numbering(runs_dir).create("b", 0, "0123456789")
    begun.write_config("a: 1\n")
    begun.history_path.write_text("epoch,loss\n1,0.5\n2,0.")
    finished(runs_dir, "b", 0).summary_path.write_text("")
    for day, run_dir in enumerate(scan(runs_dir), 1):
        for path in (run_dir.history_path, run_dir.path):
            if path.exists():
                os.utime(path, (datetime(2024, 5, day, 12).timestamp(),) * 2)
    (runs_dir / "notes.txt").touch()


def test_every_run_is_a_line(dlexp: Invoke, runs: None) -> None:
    """How each stands on stdout; what is damaged or no run in a line each on stderr."""
    code, out, err = dlexp("ls")

    assert (code, out) == (0, TABLE)
    damaged, foreign = err.splitlines()
    assert damaged.startswith(f"runs/b/s0-{ID}/summary.json: damaged: ")
    assert foreign == "runs/notes.txt: no run, passed over"


def test_resampled_runs_are_counted_in_one_line(dlexp: Invoke) -> None:
    """They are listed where they are named; as any runs are."""
    finished(Path("runs"), "a resamples", 0)

    assert dlexp("ls") == (0, "", "1 run of bias-variance left out. To list them: dlexp ls 'a resamples'\n")
    finished(Path("runs"), "a", 0)
    assert [line.split("  ")[0] for line in dlexp("ls")[1].splitlines()] == ["run", f"a/s0-{ID}"]
    assert [line.split("  ")[0] for line in dlexp("ls", "a resamples")[1].splitlines()] == [
        "run",
        f"'a resamples/s0-{ID}'",  # As a shell takes it.
    ]
    assert dlexp("ls", "b")[0] == 2


def test_json_is_a_list(dlexp: Invoke, runs: None) -> None:
    """One document, with all digits; what is not known is null."""
    code, out, _ = dlexp("ls", "--format", "json")
    first, second, third, fourth = json.loads(out)

    assert code == 0
    assert first == {
        "run": f"a/s0-{ID}",
        "name": "a",
        "seed": 0,
        "attempt": 1,
        "identity": identity_of(CONFIG),
        "status": "finished",
        "epochs": 2,
        "metric": "val_accuracy",
        "best": 0.51,
        "last": 0.5,
        "seconds": 1.25,
        "ended": "2024-05-01T10:00:01+00:00",
        "started": "2024-05-01T10:00:00+00:00",
        "what": "",
        "parameters": 4810,
        "data_digest": "d" * 64,
        "training_version": 1,
        "tensorflow": "2.20.0",
        "picked_on_test": False,
        "tags": [],
        "note": "",
        "settings": flatten(CONFIG),
        "metrics": dict(read(scan(Path("runs"))[0]).metrics),
    }
    assert [run["status"] for run in (second, third, fourth)] == ["diverged", "interrupted", "damaged"]
    assert (third["best"], third["epochs"]) == (None, 1)


def test_csv_has_a_header(dlexp: Invoke, runs: None) -> None:
    """The same fields as columns."""
    _, out, _ = dlexp("ls", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))

    assert [row["status"] for row in rows] == ["finished", "diverged", "interrupted", "damaged"]
    assert (rows[0]["best"], rows[1]["best"]) == ("0.51", "")
    assert (rows[0]["model.hidden"], rows[0]["val_accuracy"], rows[1]["val_accuracy"]) == ("[64, 64]", "0.5", "")


def test_a_null_in_the_metrics(dlexp: Invoke) -> None:
    """A score that was no number is no number here."""
    run_dir = finished(Path("runs"))
    record = dict(read(run_dir).record.raw)
    record["metrics"]["val_accuracy"] = None
    run_dir.write_summary(record)

    assert json.loads(dlexp("ls", "--format", "json")[1])[0]["last"] is None
    assert dlexp("ls")[0] == 0


def test_metrics_of_another_hand(dlexp: Invoke) -> None:
    """A summary without any metric is listed without one."""
    run_dir = finished(Path("runs"))
    run_dir.write_summary(dict(read(run_dir).record.raw) | {"metrics": {}})

    assert json.loads(dlexp("ls", "--format", "json")[1])[0]["metric"] is None


def test_no_runs_yet(dlexp: Invoke) -> None:
    """Nothing on stdout but an empty document where one is asked for; how to get a run on stderr."""
    said = "no runs in runs yet. Try: dlexp run configs/digits_sgd.yaml\n"

    assert dlexp("ls") == (0, "", said)
    assert dlexp("ls", "--format", "json") == (0, "[]\n", said)


def test_a_folder_that_is_not_there(dlexp: Invoke) -> None:
    """One that is named is a mistake, with the nearest one beside it."""
    finished(Path("own/runs-2"))

    assert dlexp("ls", "--runs-dir", "own/runs2") == (
        2,
        "",
        "--runs-dir own/runs2: there is no such folder. Did you mean 'runs-2'?\n",
    )
    assert dlexp("ls", "--runs-dir", "no/nope") == (2, "", "--runs-dir no/nope: there is no such folder.\n")


def test_a_file_as_runs_directory(dlexp: Invoke) -> None:
    """The user's mistake, in one line."""
    Path("runs").touch()

    assert dlexp("ls") == (2, "", "runs: cannot be read: Not a directory\n")


@pytest.mark.parametrize("command", [["ls"], ["ls", "a"], ["compare"], ["compare", "a"]])
def test_a_stale_table_is_said_and_left_as_it_is(command: list[str], dlexp: Invoke) -> None:
    """Once no run is under way: the next command that changes runs brings it up to date."""
    finished(Path("runs"), "a", 0)
    before = rebuild(Path("runs")).read_bytes()
    late = finished(Path("runs"), "a", 1)
    os.utime(late.summary_path, (0, 0))

    code, out, err = dlexp(*command)

    assert (code, bool(out)) == (0, True)
    assert "runs/summary.csv lacks 1 finished run; the next run, rm or clean rebuilds it\n" in err
    assert Path("runs/summary.csv").read_bytes() == before


def test_many_damaged_runs_are_ten_lines(dlexp: Invoke) -> None:
    """The first nine, and how many more."""
    for seed in range(12):
        finished(Path("runs"), "a", seed).summary_path.write_text("{")

    _, out, err = dlexp("ls")

    assert (out.count("damaged"), err.count(": damaged: "), err.splitlines()[-1]) == (12, 9, "and 3 more")


def test_lists_tables_and_frames_say_the_same_of_a_run(dlexp: Invoke) -> None:
    """`ls` as JSON and CSV, `summary.csv` and `dlexp.runs`: settings, metrics, times and what else they share."""
    finished(Path("runs"), "a", 3, config=changed(optimizer={"learning_rate": 1e-7, "clipnorm": None}))

    (listed,) = json.loads(dlexp("ls", "--format", "json")[1])
    (as_csv,) = csv.DictReader(io.StringIO(dlexp("ls", "--format", "csv")[1]))
    (summary,) = csv.DictReader(io.StringIO(rebuild(Path("runs")).read_text()))
    frame = dict(runs_frame("runs").iloc[0])

    flat = {key: value for key, value in listed.items() if key not in ("settings", "metrics")}
    flat |= listed["settings"] | listed["metrics"]
    texts = {key: value if isinstance(value, str) else format_value(value) for key, value in flat.items()}
    assert {key: texts[key] for key in summary} == summary
    assert {key: as_csv[key] for key in summary} == summary
    for key in summary:
        own = flat[key] if not isinstance(flat[key], list) else texts[key]
        assert frame[key] == own or (own is None and frame[key] is None), key
