"""`dlexp --help` at 80 columns."""

import pytest
from commands import Invoke

from dlexp.cli.app import COMMANDS, app


def test_commands_stand_below_their_task(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command is listed once, below its task, with a whole sentence that begins in one column."""
    monkeypatch.setenv("COLUMNS", "80")
    tasks = invoke("--help")[1].split("\n\n")[-len(COMMANDS) :]

    assert [task.splitlines()[0] for task in tasks] == [f"{task}:" for task in COMMANDS]
    lines = [line for task in tasks for line in task.splitlines()[1:]]
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if line.endswith("...")]
    assert {len(line) - len(line.lstrip()) for line in lines} == {2, 17}
    named = [line.split()[0] for line in lines if line[2] != " "]
    assert len(named) == len(set(named)) == sum(map(len, COMMANDS.values())) == len(app.registered_commands)


@pytest.mark.parametrize("command", [command.name or command.callback.__name__ for command in app.registered_commands])  # type: ignore[union-attr]
def test_the_help_of_a_command_is_whole(invoke: Invoke, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """No line is beyond 80 columns, and none is cut."""
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = invoke(command.replace("_", "-"), "--help")

    assert code == 0
    assert [line for line in out.splitlines()[1:] if len(line) > 80 or line.endswith("...")] == []
