"""All commands: one file each, which parses, makes one call and prints. Starts without TensorFlow."""

from collections.abc import Callable
from typing import Annotated

import typer

from dlexp.cli.bias_variance import bias_variance
from dlexp.cli.by_task import ByTask
from dlexp.cli.check import check
from dlexp.cli.clean import clean
from dlexp.cli.compare import compare
from dlexp.cli.control import control
from dlexp.cli.data import data
from dlexp.cli.diff import diff
from dlexp.cli.list import list_components
from dlexp.cli.ls import ls
from dlexp.cli.once import Once
from dlexp.cli.predict import predict
from dlexp.cli.rm import rm
from dlexp.cli.run import run
from dlexp.cli.schema import schema
from dlexp.cli.show import show
from dlexp.cli.study import study
from dlexp.cli.tag import tag
from dlexp.cli.try_changes import try_changes
from dlexp.cli.verify import verify
from dlexp.cli.why import why
from dlexp.version import VERSION

#: The commands by the task that they are for, as `dlexp --help` lists them.
COMMANDS: dict[str, tuple[Callable[..., None], ...]] = {
    "Run": (run, study, try_changes, bias_variance),
    "Compare and judge": (compare, diff, why, verify),
    "Look": (ls, show, predict, data),
    "Keep order": (tag, rm, clean),
    "Write configs": (check, control, list_components, schema),
}
app = typer.Typer(
    name="dlexp",
    cls=ByTask,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        print(f"dlexp {VERSION}")
        raise typer.Exit


@app.callback()
def dlexp(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Deep-learning experiments as YAML files: run them, compare them, trust the answer."""


for _task, _commands in COMMANDS.items():
    for _command in _commands:
        _name = "list" if _command is list_components else "try" if _command is try_changes else None
        app.command(_name, cls=Once, rich_help_panel=_task)(_command)
