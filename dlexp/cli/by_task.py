"""`dlexp --help`: the commands below the tasks that they are for, each with a whole sentence."""

from typing import Any

from typer.core import TyperGroup


class ByTask(TyperGroup):
    """Commands whose `rich_help_panel` names their task."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write a section for each task; the sentences of all sections begin in one column."""
        width = max(map(len, self.commands))
        tasks: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            # As long as it is: Typer itself cuts sentences to fit a line.
            sentence = command.get_short_help_str(limit=len(command.help or ""))
            tasks.setdefault(getattr(command, "rich_help_panel", ""), []).append((f"{name:<{width}}", sentence))
        for task, rows in tasks.items():
            with formatter.section(task):
                formatter.write_dl(rows)
