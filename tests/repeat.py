"""A command and its repetition in this process: the same records, whatever happened in between."""

from pathlib import Path

from dlexp.config.load import load
from dlexp.execution.execute import execute
from dlexp.execution.plan import Request
from dlexp.execution.planning import plan
from dlexp.records.index import finished, read
from dlexp.records.run_dir import RunDir
from dlexp.reports.run.curves import CURVES
from dlexp.reports.verification.facts import weights

#: Small, with every file that a run can leave but predictions.
CONFIG = "dataset: iris\nmodel: {hidden: [8]}\ntraining: {epochs: 3, diagnostics: true, keep_state: true}\n"
#: The same with fewer epochs, which it continues.
SHORTER = CONFIG.replace("epochs: 3", "epochs: 1")


def command(folder: Path, text: str = CONFIG) -> None:
    """`dlexp run` in a folder, of a config beside it, without the processes around it."""
    config = folder.with_name("test.yaml")
    config.write_text(text)
    for job in plan(Request(wanted=[(load(config).experiment, [0])], runs_dir=folder / "runs")).jobs([CURVES]):
        execute(job)


def the_finished(folder: Path) -> RunDir:
    """The one run of three epochs that finished there, which has a row for each of them."""
    (run,) = (run for run in finished(folder / "runs") if run.epochs != 1)
    assert len(run.dir.history()) == run.epochs
    return run.dir


def rows(path: Path) -> list[list[str]]:
    """The rows of a history without the seconds."""
    lines = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    return [[line[0], *line[2:]] for line in lines]


def assert_same(found: RunDir, expected: RunDir) -> None:
    """History without the seconds, diagnostics, scores and weights, to the byte."""
    assert rows(found.history_path) == rows(expected.history_path)
    assert found.diagnostics_path.read_bytes() == expected.diagnostics_path.read_bytes()
    assert weights(found.model_path) == weights(expected.model_path)
    assert read(found).result.metrics == read(expected).result.metrics
