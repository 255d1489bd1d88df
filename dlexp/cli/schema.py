"""`dlexp schema`: what a config file or a study file may say, for editors."""

from typing import Annotated

import typer


def schema(
    study: Annotated[bool, typer.Option("--study", help="Print that of a study file instead.")] = False,
) -> None:
    """Print the JSON Schema of a config file (draft 2020-12): completion and checks while you type.

    A first line `# yaml-language-server: $schema=schema.json` names it to editors that know the YAML language server.

    Example: dlexp schema > configs/schema.json
    """
    from dlexp.config.json_schema import json_schema, study_schema
    from dlexp.format import to_json

    print(to_json(study_schema() if study else json_schema()), end="")
