"""`dlexp list`: what a config can name."""

from typing import Annotated

import typer

#: In the order in which they are listed. All other kinds have a number or a mapping for their usual form.
KINDS = ("datasets", "models", "heads", "activations", "optimizers", "regularizers")
#: Keras's own, of models of type layers; listed only by `dlexp list layers`.
LAYERS = "layers"


def list_components(
    kind: Annotated[str | None, typer.Argument(metavar="KIND", help=f"One of {', '.join((*KINDS, LAYERS))}.")] = None,
) -> None:
    """List what a config can name: data sets, models, heads, activations, optimizers, regularizers; or Keras's layers.

    Example: dlexp list optimizers
    """
    import shutil
    import sys

    from dlexp.errors import UserError, did_you_mean
    from dlexp.registry import components

    choices = (*KINDS, LAYERS)
    if kind is not None and kind not in choices:
        raise UserError(f"unknown kind '{kind}'.{did_you_mean(kind, choices)} Choose from: {', '.join(choices)}")
    if kind == LAYERS:
        from dlexp.components.models import keras_layers

        summaries = {LAYERS: keras_layers.summaries()}
    else:
        wanted = [kind] if kind else KINDS
        summaries = {each: {name: one.summary() for name, one in components(each).items()} for each in wanted}
    # Wrapped for eyes, one line a component for grep.
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    print("\n\n".join(_section(each, rows, width) for each, rows in summaries.items()))


def _section(kind: str, rows: dict[str, str], width: int | None) -> str:
    """A heading and one row per component; summaries wrap at words, under their own column."""
    import textwrap

    from dlexp.format import aligned

    lines = aligned((f"  {name}", summary) for name, summary in rows.items())
    if width:
        indent = 4 + max(map(len, rows))
        wrapper = textwrap.TextWrapper(max(width, indent + 20), subsequent_indent=" " * indent)
        lines = [part for line in lines for part in wrapper.wrap(line)]
    return "\n".join([kind, *lines])
