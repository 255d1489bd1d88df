"""`dlexp data`: what is in a data set."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from dlexp.cli.options import AllowCode, DataDir, Overrides, PageFormat, Strict


def data(
    word: Annotated[
        str, typer.Argument(metavar="NAME_OR_CONFIG", help="A data set (see dlexp list datasets), or a config file.")
    ],
    overrides: Overrides = None,
    data_dir: DataDir = None,
    allow_code: AllowCode = False,
    output_format: PageFormat = "table",
    strict: Strict = False,
    audit: Annotated[
        bool,
        typer.Option("--audit", help="Look for near duplicates and wrong labels, too: up to a few minutes."),
    ] = False,
) -> None:
    """Show what is in a data set: examples, classes and their balance, lengths or ranges, a few examples.

    With a config, also how many examples train, validate and test; the rest of it may be wrong.

    Example: dlexp data digits
    """
    from dlexp.components.remarks import require_settled
    from dlexp.components.user_code import require_allowed
    from dlexp.config import files
    from dlexp.config.fitting import require_fitting
    from dlexp.config.load import load_data, load_dataset
    from dlexp.config.names import CONFIG_SUFFIXES
    from dlexp.console import err, width
    from dlexp.errors import UserError
    from dlexp.near_words import did_you_mean
    from dlexp.registry import components
    from dlexp.reports.data.facts import describe
    from dlexp.reports.data.page import render

    names = components("datasets")
    is_file = word.endswith(CONFIG_SUFFIXES) or Path(word).is_file()
    if is_file or (word not in names and files.by_stem(word, files.HERE, files.CONFIGS)):
        loaded = load_data(files.named(word, files.HERE, files.CONFIGS), overrides or [])
        require_fitting([loaded], data_dir)
        dataset, validation = loaded.experiment.dataset, loaded.experiment.validation
        allowed: Sequence[str] = loaded.allowed
    elif word in names:
        dataset, validation = load_dataset(word, overrides or []), None
        allowed = ()
    else:
        near = did_you_mean(word, names)
        raise UserError(f"unknown data set '{word}'.{near} Choose from: {', '.join(names)}; or name a config file")
    require_allowed(dataset.functions, allow_code, f"{word}: loading its data")
    with err().status("reading") as status:  # Shown on a terminal alone.
        description = describe(dataset, validation, data_dir, allowed, status.update if audit else None)
    if strict:
        require_settled(description.remarks)
    print(render(description, output_format, width()), end="")
