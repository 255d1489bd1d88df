"""`dlexp data`: what is in a data set."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlexp.cli.options import AllowCode, DataDir, Overrides, PageFormat

if TYPE_CHECKING:
    from dlexp.components.datasets.dataset import Dataset
    from dlexp.components.validations import Validation


def data(
    word: Annotated[
        str, typer.Argument(metavar="NAME_OR_CONFIG", help="A data set (see dlexp list datasets), or a config file.")
    ],
    overrides: Overrides = None,
    data_dir: DataDir = None,
    allow_code: AllowCode = False,
    output_format: PageFormat = "table",
) -> None:
    """Show what is in a data set: examples, classes and their balance, lengths or ranges, a few examples.

    With a config, also how many examples train, validate and test; the rest of it may be wrong.

    Example: dlexp data digits
    """
    from dlexp.components.user_code import require_allowed
    from dlexp.reports.data.facts import describe
    from dlexp.reports.data.page import render

    dataset, validation = _named(word, overrides or [], data_dir)
    require_allowed(dataset.functions, allow_code, f"{word}: loading its data")
    print(render(describe(dataset, validation, data_dir), output_format), end="")


def _named(word: str, overrides: list[str], data_dir: Path | None) -> "tuple[Dataset, Validation | None]":
    """The data set of a name, or a config's with its validation."""
    from dlexp.config.load import load_data, load_dataset, require_fitting
    from dlexp.config.names import CONFIG_SUFFIXES
    from dlexp.errors import UserError, did_you_mean
    from dlexp.registry import components

    if word.endswith(CONFIG_SUFFIXES) or Path(word).is_file():
        loaded = load_data(word, overrides)
        require_fitting([loaded], data_dir)
        return loaded.experiment.dataset, loaded.experiment.validation
    names = components("datasets")
    if word not in names:
        near = did_you_mean(word, names)
        raise UserError(f"unknown data set '{word}'.{near} Choose from: {', '.join(names)}; or name a config file")
    return load_dataset(word, overrides), None
