"""`dlexp schema`: what a config file may say, for editors."""


def schema() -> None:
    """Print the JSON Schema of a config file (draft 2020-12): completion and checks while you type.

    A first line `# yaml-language-server: $schema=schema.json` names it to editors that know the YAML language server.

    Example: dlexp schema > configs/schema.json
    """
    from dlexp.config.json_schema import json_schema
    from dlexp.format import to_json

    print(to_json(json_schema()), end="")
