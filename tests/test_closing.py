"""How a command that trains ends."""

from pathlib import Path

import pytest
import typer
from experiments import IMDB, experiment
from make_runs import failed, finished
from outcomes import outcomes_of

from dlexp.cli.trainings import close
from dlexp.components.remarks import Remark
from dlexp.errors import MAX_LINES, DataError
from dlexp.execution.plan import Plan, Request
from dlexp.records.numbering import Numbering
from dlexp.reports.run.asserted import assertion, judged
from dlexp.reports.run.closing import closing
from dlexp.reports.run.without_result import WithoutResult, without_result
from dlexp.workflows.runner import Trained


def test_interrupted_runs_are_not_called_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each kind is counted; both are exit code 1."""
    plan = Plan(Request(runs_dir=tmp_path), [], [])
    diverged, cut = failed(tmp_path, "wild"), Numbering(tmp_path).create("cut", 0, "0123456789abcdef")

    for started, first in (([cut], "1 interrupted:"), ([cut, diverged], "1 failed, 1 interrupted:")):
        with pytest.raises(typer.Exit) as ended:
            close(Trained(plan=plan, results=started))

        assert (ended.value.exit_code, capsys.readouterr().err.splitlines()[1]) == (1, first)


def test_settings_that_do_not_fit_the_data_are_the_users_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2 and what is wrong, unless another run failed."""
    plan = Plan(Request(runs_dir=tmp_path), [], [])
    what = "training.early_stopping.monitor: val_auc is not defined on 20 validation examples, all of class no"
    unfit, diverged = failed(tmp_path, "unfit", kind="unfit", what=what), failed(tmp_path, "wild")

    for started, code in (([unfit], 2), ([unfit, diverged], 1)):
        with pytest.raises(typer.Exit) as ended:
            close(Trained(plan=plan, results=started))

        assert (ended.value.exit_code, f"{unfit.path}: {what}" in capsys.readouterr().err) == (code, True)


def test_what_training_found_is_refused_beside_failures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With `--strict` alone it is exit code 2; a run that failed is told all the same, and is 1."""
    plan = Plan(Request(runs_dir=tmp_path), [], [])
    diverged = failed(tmp_path, "wild")
    unsettled = [Remark(rule="missing_predictions", place="d.npz", found="no finite prediction for 1 of 9 examples")]

    for started, code, first in (
        ([], 2, "1 refused by --strict:"),
        ([diverged], 1, "1 failed, 1 refused by --strict:"),
    ):
        with pytest.raises(typer.Exit) as ended:
            close(Trained(plan=plan, results=started, unsettled=unsettled))

        said = capsys.readouterr().err.splitlines()
        assert (ended.value.exit_code, said[1], said[-1]) == (code, first, str(unsettled[0]))


def test_many_failures_are_counted(tmp_path: Path) -> None:
    """At most ten lines of each kind, and the command that lists all; the exit code is of them all."""
    run_dirs = [failed(tmp_path, "wild", seed) for seed in range(12)]
    titles = {run_dir.path: f"wild rate=10, seed {run_dir.seed}" for run_dir in run_dirs}

    found = closing(without_result(run_dirs, titles), [], n_runs=12)

    assert found.lines[:3] == [
        "",
        "12 failed:",
        f"wild rate=10, seed 0: diverged: loss is nan in epoch 3 (more in {run_dirs[0].log_path})",
    ]
    assert len(found.lines) == 2 + MAX_LINES
    assert found.lines[-1] == "and 3 more; all of them: dlexp ls --status failed --status diverged"
    assert closing(without_result(run_dirs), [], n_runs=12, divergence_fails=False).exit_code == 0


def test_data_that_several_experiments_lack_are_said_once() -> None:
    """Each line by itself."""
    error = DataError("imdb.npz: not found, and it cannot be downloaded", "  looked in: here")
    lacking = [(experiment(IMDB, {"name": name}), error) for name in ("sgd", "adam", "sgd")]

    found = closing(WithoutResult(), lacking, n_runs=0)

    assert found.lines == [
        "",
        "3 failed:",
        "sgd, adam: imdb.npz: not found, and it cannot be downloaded",
        "  looked in: here",
    ]
    assert found.exit_code == 1


def test_an_assertion_that_is_not_met_is_exit_code_1(tmp_path: Path) -> None:
    """Unless other processes have all the runs, or the user's mistake is why there is no result."""
    run_dir = finished(tmp_path)
    unmet = judged([assertion("val_accuracy > 0.95")], outcomes_of(run_dir))

    assert closing(WithoutResult(), [], assertions=unmet, n_runs=1).exit_code == 1
    assert closing(WithoutResult(left=["elsewhere"]), [], assertions=unmet, n_runs=1).exit_code == 3
    assert closing(WithoutResult(unfit=["wrong"]), [], assertions=unmet, n_runs=1).exit_code == 2
