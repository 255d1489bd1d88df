"""What `dlexp run` prints where, once its runs have ended: on a terminal, in a pipe, as a document."""

import json
import sys
from pathlib import Path

import pytest
import typer
from make_runs import failed, finished

from dlexp.cli.run_ending import end_run
from dlexp.config.load import load
from dlexp.execution.plan import Request
from dlexp.execution.planning import plan
from dlexp.records.run_dir import RunDir
from dlexp.reports.plan.commands import Asked
from dlexp.reports.run.asserted import assertion
from dlexp.workflows.runner import Trained

ASKED = Asked(configs=[Path("iris.yaml")], overrides=[], grids=[], runs_dir=Path("runs"), data_dir=None)


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trained:
    """Two seeds of an experiment, one of which was done before, and one that diverged."""
    monkeypatch.chdir(tmp_path)
    Path("iris.yaml").write_text("dataset: iris\n")
    config = load("iris.yaml")
    own = plan(Request(wanted=[(config.experiment, [0])], runs_dir=Path("runs"))).runs[0].identity
    finished(Path("runs"), "iris", 0, identity=own)
    planned = plan(Request(wanted=[(config.experiment, range(3))], runs_dir=Path("runs")))
    started = [finished(Path("runs"), "iris", 1, 0.875, identity=own)]
    wild = RunDir(Path("runs/iris") / f"s2-{own[:10]}")
    failed(Path("runs"), "other", 2).path.rename(wild.path)
    record = json.loads(wild.failure_path.read_text())
    wild.failure_path.write_text(json.dumps(record | {"identity": own}))
    return Trained(plan=planned, results=[*planned.done, *started, wild], configs={own: config})


def test_a_pipe_gets_a_line_for_each_run(trained: Trained, capsys: pytest.CaptureFixture[str]) -> None:
    """As it always did; what else there is to say is said on stderr, and the code is that of the failed run."""
    with pytest.raises(typer.Exit) as ended:
        end_run(trained, [], ASKED, None, gives_advice=True)

    out, err = capsys.readouterr()
    assert [line.partition(": ")[0] for line in out.splitlines()] == [str(run.path) for run in trained.results[:2]]
    assert "\nnext: dlexp compare iris\n" in f"\n{err}"
    assert "\n1 failed:\niris, seed 2: diverged: loss is nan in epoch 3 (more in " in err
    assert ended.value.exit_code == 1


@pytest.mark.parametrize("width", [80, 200])
def test_a_terminal_gets_a_page(
    width: int, trained: Trained, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No wider than it is."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")

    with pytest.raises(typer.Exit):
        end_run(trained, [], ASKED, None, gives_advice=False)

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "iris, 2 seeds: 2 epochs in 1.2 s each"
    assert max(map(len, lines)) <= width


def test_a_document_is_all_that_stdout_gets(trained: Trained, capsys: pytest.CaptureFixture[str]) -> None:
    """Every run, the ones done before marked, and the exit code."""
    with pytest.raises(typer.Exit):
        end_run(trained, [assertion("val_accuracy >= 0.9")], ASKED, "json", gives_advice=True)

    found = json.loads(capsys.readouterr().out)
    assert [run["done_before"] for run in found["runs"]] == [True, False, False]
    assert [each["seed"] for each in found["assertions"][0]["unmet"]] == [1, 2]
    assert found["exit_code"] == 1


def test_what_is_not_met_is_said_at_last(trained: Trained, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each run, done before or not; events were printed as they happened."""
    with pytest.raises(typer.Exit):
        end_run(trained, [assertion("val_accuracy >= 0.9")], ASKED, "jsonl", gives_advice=False)

    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith(
        """
2 of 3 runs do not meet --assert 'val_accuracy >= 0.9':
iris, seed 1: val_accuracy 0.8750
iris, seed 2: diverged, so that it has no result
"""
    )
