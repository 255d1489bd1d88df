"""How a command that trains ends."""

from pathlib import Path

import pytest
import typer
from make_runs import failed

from dlexp.cli.trainings import close
from dlexp.components.remarks import Remark
from dlexp.execution.plan import Plan, Request
from dlexp.records.numbering import Numbering
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
