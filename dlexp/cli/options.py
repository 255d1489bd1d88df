"""Arguments and options that several commands share, so that each means the same everywhere."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from dlexp import format as formats


def _quiet(context: typer.Context, given: bool) -> bool:
    """From before the words are read to the end of the command, of what is logged only warnings are said."""
    from dlexp.console import quieted

    if not context.resilient_parsing:
        context.with_resource(quieted(given))
    return given


def _runs_dir(given: str | Path) -> Path:
    return _folder(given, "--runs-dir")


def _data_dir(given: str | Path) -> Path:
    return _folder(given, "--data-dir")


def config_file(given: str | Path) -> Path:
    """The config that a word means: a file, or that of this stem."""
    from dlexp.config import files

    return files.named(given, files.HERE, files.CONFIGS)


def _study(given: str | Path) -> Path:
    from dlexp.config import files

    return files.named(given, files.HERE, files.STUDIES)


def _config_or_study(given: str | Path) -> Path:
    from dlexp.config import files

    return files.named(given, files.HERE, files.CONFIGS, files.STUDIES)


def _workers(given: str) -> int | Literal["auto"]:
    from dlexp.execution import arguments

    try:
        return arguments.workers(int(given), "--workers")
    except ValueError:
        return arguments.workers(given, "--workers")


def _folder(given: str | Path, name: str) -> Path:
    from dlexp.execution import arguments

    return arguments.folder(given, name)


Configs = Annotated[
    list[Path],
    typer.Argument(
        parser=config_file,
        metavar="CONFIG...",
        help="Config files, one experiment each; imdb_sgd is configs/imdb_sgd.yaml.",
    ),
]
Studies = Annotated[
    list[Path],
    typer.Argument(
        parser=_study,
        metavar="STUDY...",
        help="Study files, one question each; optimizer is configs/studies/optimizer.yaml.",
    ),
]
ConfigsOrStudies = Annotated[
    list[Path], typer.Argument(parser=_config_or_study, metavar="FILE...", help="Config files and studies.")
]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a key: optimizer.learning_rate=1e-2.")
]
Grids = Annotated[
    list[str] | None,
    typer.Option("--grid", metavar="KEY=[A, B]", help="An experiment for each value; several: each combination."),
]
Workers = Annotated[
    Any,  # What `_workers` returns: typer takes no union.
    typer.Option(
        parser=_workers,
        metavar="N",
        help="Runs trained at the same time; auto: as many as this machine has cores (for training.threads of each) "
        "and memory for. No number depends on it.",
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Refuse what is warned of, and data that may be meant to be read otherwise.")
]
Wait = Annotated[
    bool, typer.Option("--wait", help="Wait for runs that other processes train; take over those whose process ends.")
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        is_eager=True,
        callback=_quiet,
        help="Print only results, warnings and what failed: no progress, no advice.",
    ),
]
RunsDir = Annotated[Path, typer.Option(parser=_runs_dir, metavar="DIR", help="Where the runs and their records lie.")]
DataDir = Annotated[
    Path | None,
    typer.Option(
        parser=_data_dir, metavar="DIR", help="Where data files lie.  [default: $DLEXP_DATA, else Keras's cache]"
    ),
]

AllowCode = Annotated[
    bool, typer.Option("--allow-code", help="Call the functions of your own that the config names, as training does.")
]

_FORMAT = typer.Option("--format", help="How to print the result; json: all of it, as one document.")
PageFormat = Annotated[formats.PageFormat, _FORMAT]
TableFormat = Annotated[formats.TableFormat, _FORMAT]

Selection = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SELECTION",
        help="Names, globs of names, runs as NAME/sSEED-ID, run directories or configs; or filters alone.",
        show_default=False,
    ),
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        metavar="'KEY OP VALUE'",
        help="Only runs of which this holds: 'learning_rate < 0.1', a setting, a column of the records or name, "
        "seed, epochs (that were trained; the setting is training.epochs), seconds, started, ended, tags, note; "
        "OP: < <= > >= == != ~ (contains). Several: all must hold.",
    ),
]
StatusIs = Annotated[
    list[str] | None,
    typer.Option(
        "--status",
        metavar="STATUS",
        help="Only runs that are finished, failed, diverged, interrupted, running or damaged; several: any of them.",
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="Only runs that ended since: 7d, 12h, yesterday, 2026-11-01, '2026-11-01 12:00'."
    ),
]
Tagged = Annotated[
    list[str] | None, typer.Option("--tag", metavar="WORD", help="Only runs with this tag; several: with all of them.")
]

RUNS_DIR = Path("runs")
