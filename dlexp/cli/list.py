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

    from dlexp.errors import UserError
    from dlexp.format import aligned, paragraph
    from dlexp.near_words import did_you_mean
    from dlexp.registry import components

    choices = (*KINDS, LAYERS)
    if kind is not None and kind not in choices:
        raise UserError(f"unknown kind '{kind}'.{did_you_mean(kind, choices)} Choose from: {', '.join(choices)}")
    if kind == LAYERS:
        from dlexp.components.models import keras_layers

        layers = keras_layers.table()["layers"]
        summaries = {LAYERS: {name: layer["summary"] for name, layer in layers.items()}}
    else:
        wanted = [kind] if kind else KINDS
        summaries = {each: {name: one.summary() for name, one in components(each).items()} for each in wanted}
    sections = []
    for each, rows in summaries.items():
        lines = aligned((f"  {name}", summary) for name, summary in rows.items())
        if sys.stdout.isatty():  # Wrapped for eyes, under their own column; one line a component for grep.
            indent = 4 + max(map(len, rows))
            width = max(shutil.get_terminal_size().columns, indent + 20)
            lines = [part for line in lines for part in paragraph(line, width, below=" " * indent)]
        sections.append("\n".join([each, *lines]))
    print("\n\n".join(sections))
