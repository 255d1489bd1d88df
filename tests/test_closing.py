"""How a command that trains ends."""

from pathlib import Path

import pytest
import typer
from make_runs import failed

from dlexp.cli.trainings import close
from dlexp.execution.plan import Plan, Request
from dlexp.records.numbering import Numbering
from dlexp.workflows.runner import Trained


def test_interrupted_runs_are_not_called_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each kind is counted; both are exit code 1."""
    plan = Plan(Request(runs_dir=tmp_path), [], [])
    diverged, cut = failed(tmp_path, "wild"), Numbering(tmp_path).create("cut", 0, "0123456789abcdef")

    for started, first in (([cut], "1 interrupted:"), ([cut, diverged], "1 failed, 1 interrupted:")):
        with pytest.raises(typer.Exit) as ended:
            close(Trained(plan, started))

        assert (ended.value.exit_code, capsys.readouterr().err.splitlines()[1]) == (1, first)
