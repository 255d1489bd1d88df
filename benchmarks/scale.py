"""What a user waits for with a folder of 10,000 runs, the memory that takes, and what watching 100 trainings costs.

The records are those of one real training of each config, copied under other settings, seeds and scores: 20 names, in
each a grid of 100 points with 5 seeds; one run in a hundred diverged. The runs that are watched have 1,000 epochs, of
which 500 have ended; 25 more end between two looks, of which there are four in a second.
"""

import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dlexp.config.identity import Ingredients
from dlexp.config.load import load
from dlexp.config.names import PREFIX_LENGTH
from dlexp.execution.plan import Plan, Request
from dlexp.execution.planning import plan
from dlexp.execution.schedule import TICK
from dlexp.records.ended import Failed
from dlexp.records.history import HistoryWriter
from dlexp.records.index import scan
from dlexp.records.run_dir import RECORD_FORMAT, FolderName, RunDir
from dlexp.reports.plan.progress import Progress

RUNS, SEEDS = 10_000, 5
#: Each is trained once, for two epochs; its records stand for those of a fourth of the names.
CONFIGS = ("digits_sgd", "digits_adam", "moons_mlp", "diabetes_regression")
NAMES_EACH = 5
#: The points that each name has runs of.
GRID: Mapping[str, Sequence[Any]] = {
    "optimizer.learning_rate": (0.0003, 0.001, 0.003, 0.01, 0.03),
    "model.hidden": ([16], [32], [64], [64, 64], [128, 64]),
    "training.batch_size": (16, 32, 64, 128),
}
DIVERGED_EVERY = 100
FIRST_END = datetime(2025, 3, 1, 9, tzinfo=UTC)
SECONDS_BETWEEN = 240
#: Runs that are watched, their epochs, and how often they are looked at.
WATCHED, EPOCHS, LOOKS = 100, 1_000, 40
#: Jobs of one command, which are drawn.
JOBS = 100
#: What is measured as a process of its own, and the most seconds that it may take.
COMMANDS: Mapping[str, tuple[Sequence[str], float]] = {
    "ls": (("-m", "dlexp", "ls", "--runs-dir"), 4.0),
    "ls --where": (("-m", "dlexp", "ls", "--where", "learning_rate < 0.01", "--runs-dir"), 4.0),
    "ls --format csv": (("-m", "dlexp", "ls", "--format", "csv", "--runs-dir"), 8.0),
    "compare --top 20": (("-m", "dlexp", "compare", "--top", "20", "--runs-dir"), 8.0),
    "dlexp.runs()": (("-c", "import dlexp, sys; dlexp.runs(sys.argv[1])"), 8.0),
    "rebuild summary.csv": (
        ("-c", "import dlexp.records.summary_csv as table, pathlib, sys; table.rebuild(pathlib.Path(sys.argv[1]))"),
        8.0,
    ),
}
AT_MOST_A_JOB, AT_MOST_OF_A_CORE = 0.05, 0.1


def measure(rounds: int) -> list[dict[str, Any]]:
    """Medians of the seconds of the processor and the peak memory of a process, seconds a job, shares of a core."""
    with tempfile.TemporaryDirectory() as folder:
        trained, runs_dir = Path(folder, "trained"), Path(folder, "runs")
        train = [sys.executable, "-m", "dlexp", "run", *(f"configs/{name}.yaml" for name in CONFIGS)]
        subprocess.run([*train, "--set", "training.epochs=2", "--runs-dir", str(trained)], check=True)
        generate(runs_dir, trained, RUNS)
        rows = []
        for what, (words, at_most) in COMMANDS.items():
            # The first one finds files that are not in memory.
            found = [of_process([sys.executable, *words, str(runs_dir)]) for _ in range(rounds + 1)][1:]
            seconds, megabytes = (statistics.median(each) for each in zip(*found, strict=True))
            rows.append(_row(what, seconds, "s", at_most, megabytes))
        drawn = [_seconds_a_job(Path(folder), runs_dir) for _ in range(rounds)]
        rows.append(_row(f"draw each of {JOBS} jobs", statistics.median(drawn), "s", AT_MOST_A_JOB))
        for where in ("terminal", "file"):
            shares = [_share(where) for _ in range(rounds)]
            rows.append(
                _row(f"watch {WATCHED} runs, {where}", statistics.median(shares), "of a core", AT_MOST_OF_A_CORE)
            )
    return rows


def _row(what: str, measured: float, unit: str, at_most: float, megabytes: float | str = "") -> dict[str, Any]:
    return {"what": what, "measured": measured, "unit": unit, "at_most": at_most, "megabytes": megabytes}


def of_process(command: Sequence[str]) -> tuple[float, float]:
    """Seconds of the processor, so that other processes count for nothing, and peak memory of a process, in MB."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e3


def _planned(folder: Path, runs_dir: Path, jobs: int, epochs: int) -> Plan:
    config = folder / "iris.yaml"
    config.write_text(f"dataset: iris\ntraining: {{epochs: {epochs}}}\n")
    return plan(Request(wanted=[(load(config).experiment, range(jobs))], runs_dir=runs_dir))


def _seconds_a_job(folder: Path, runs_dir: Path) -> float:
    """From the request to the last folder that is made, the one listing of all runs included."""
    clock = time.process_time()
    jobs = list(_planned(folder, runs_dir, JOBS, epochs=2).jobs())
    seconds = time.process_time() - clock
    for job in jobs:
        job.path.rmdir()
    return seconds / JOBS


def _share(where: str) -> float:
    """Of a core, what a process uses that does nothing but watch, and shows it on a terminal or writes it to a file."""
    master, slave = os.openpty()
    shown = threading.Thread(target=_discard, args=(master,), daemon=True)
    shown.start()
    stderr = slave if where == "terminal" else subprocess.DEVNULL
    command = [sys.executable, "-c", "from benchmarks.scale import watch; print(watch())"]
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "50"}
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=stderr, env=environment, check=True)
    os.close(slave)
    return float(done.stdout)


def _discard(descriptor: int) -> None:
    """Read what a terminal is sent, until it is closed."""
    try:
        while os.read(descriptor, 65536):
            pass
    except OSError:
        os.close(descriptor)


def watch() -> float:
    """The share of a core that this process uses while it watches; without what it writes in place of the trainings."""
    with tempfile.TemporaryDirectory() as folder:
        planned = _planned(Path(folder), Path(folder, "runs"), WATCHED, EPOCHS)
        jobs = list(planned.jobs())
        names = ("epoch", "seconds", "learning_rate", "loss", "accuracy", "val_loss", "val_accuracy")
        writers = [HistoryWriter(RunDir(job.path).history_path, names) for job in jobs]
        for writer, epoch in itertools.product(writers, range(1, EPOCHS // 2 + 1)):
            writer.write(_epoch(epoch))
        with Progress(planned, WATCHED) as watcher:
            for job in jobs:
                watcher.started(job)
                watcher.entered(job, "training")
            watcher.tick()
            began, writing = (time.perf_counter(), time.process_time()), 0.0
            for look in range(LOOKS):
                clock = time.thread_time()
                for i in range(look % 4, WATCHED, 4):
                    writers[i].write(_epoch(EPOCHS // 2 + 1 + look // 4))
                writing += time.thread_time() - clock
                watcher.tick()
                time.sleep(TICK)
            wall, used = time.perf_counter() - began[0], time.process_time() - began[1] - writing
    return used / wall


def _epoch(epoch: int) -> dict[str, float]:
    loss = 1 / epoch
    scores = {"loss": loss, "accuracy": 1 - loss, "val_loss": 1.1 * loss, "val_accuracy": 1 - 1.1 * loss}
    return {"epoch": epoch, "seconds": 1.0123, "learning_rate": 0.001, **scores}


def generate(runs_dir: Path, trained: Path, n: int) -> None:
    """Write so many runs below a folder; `trained` has the runs whose records they are copies of."""
    patterns = [run_dir for run_dir in scan(trained) if run_dir.summary()]
    for i, (pattern, name, changes, seed) in enumerate(itertools.islice(_points(patterns), n)):
        _copy(pattern, runs_dir / name, changes, seed, i)


def _points(patterns: Sequence[RunDir]) -> Iterator[tuple[RunDir, str, dict[str, Any], int]]:
    """Whose record a run is a copy of, its name, the settings that it has otherwise, and its seed."""
    for k, pattern in itertools.product(range(NAMES_EACH), patterns):
        for values in itertools.product(*GRID.values()):
            for seed in range(SEEDS):
                yield pattern, f"{pattern.name}_{k}", dict(zip(GRID, values, strict=True)), seed


def _copy(pattern: RunDir, folder: Path, changes: Mapping[str, Any], seed: int, i: int) -> None:
    record = json.loads(pattern.summary_path.read_bytes())
    for path, value in changes.items():
        section, _, key = path.partition(".")
        record["config"][section][key] = value
    record["config"]["name"] = record["name"] = folder.name
    record["config"]["dataset"]["split_seed"] = int(folder.name.rpartition("_")[2])  # Each name is another experiment.
    record["seed"] = seed
    record["identity"] = Ingredients.of_record(record).identity
    factor = 1 + (i * 7919 % 1000) / 10_000
    record["metrics"] = {key: x if key.endswith("_epoch") else x / factor for key, x in record["metrics"].items()}
    end = FIRST_END + timedelta(seconds=SECONDS_BETWEEN * i)
    record |= {"ended": end.isoformat(), "started": (end - timedelta(seconds=record["seconds"])).isoformat()}
    run_dir = RunDir(folder / str(FolderName(seed, record["identity"][:PREFIX_LENGTH])))
    run_dir.path.mkdir(parents=True)
    for path in pattern.path.iterdir():
        if path != pattern.summary_path:
            os.link(path, run_dir.path / path.name)
    if i % DIVERGED_EVERY:
        text, path = record, run_dir.summary_path
    else:
        kept = {key: record[key] for key in Failed.KEYS if key in record}
        text = {
            "format": RECORD_FORMAT,
            **kept,
            "status": "failed",
            "kind": "diverged",
            "what": "loss is nan in epoch 2",
            "epoch": 2,
        }
        path = run_dir.failure_path
    path.write_text(json.dumps(text, indent=2))
