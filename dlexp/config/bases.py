"""A config file laid over all that it extends, in its long form."""

from pathlib import Path

from dlexp.components.heads import Multitask
from dlexp.config.flat import format_value
from dlexp.config.node import Node
from dlexp.config.places import HEAD_SHORT_FORMS, ROOT, merged
from dlexp.config.problems import DEFAULT, ConfigError, Problem, Source, refused
from dlexp.config.study import is_study
from dlexp.config.yaml_source import NamedBy, read

MULTITASK: str = Multitask.model_fields["type"].default
#: Components whose type a key of theirs tells: (component, key, type).
TELLING_KEYS = (("head", "heads", MULTITASK), ("model", "layers", "layers"))


def read_with_bases(path: Path, named_by: NamedBy | None = None) -> Node:
    """A file laid over what it extends; the name is the file's own."""
    chain, files = [path], [_config(path, named_by)]
    while extends := files[-1].child("extends"):
        base = _base_path(extends, chain)
        files.append(_config(base, NamedBy(extends.source, "extends", extends.value)))
        chain.append(base)
    config = Node({}, files[-1].source)
    for file in reversed(files):
        own = {key: node for key, node in file.entries.items() if key not in ("extends", "name", "allow")}
        config = merged(config, _head_short_forms_moved(Node(own, file.source)))
    own = {key: node for key, node in files[0].entries.items() if key == "name"}
    # What one file allows, those that extend it allow too. What is no list is refused later.
    allow = [node for file in files if (node := file.child("allow")) and node.value is not None]
    if allow:
        other = next((node for node in allow if not isinstance(node.value, list)), None)
        own["allow"] = other or Node([item for node in allow for item in node.value], allow[0].source)
    return Node(config.entries | own, files[0].source)


def _config(path: Path, named_by: NamedBy | None) -> Node:
    """A file, which is no study."""
    file = read(path, named_by)
    if is_study(file.entries):
        if named_by:
            raise refused(f"{path} is a study; name a config", named_by.source, named_by.path)
        raise refused(f"a study, not a config; train and judge it with: dlexp study {path}", Source(str(path)))
    return file


def _base_path(extends: Node, chain: list[Path]) -> Path:
    if not isinstance(extends.value, str) or not extends.value:
        given = format_value(extends.plain())
        raise refused(f"expected the name of one file, given {given}", extends.source, "extends")
    base = chain[-1].parent / extends.value
    if any(_is_same_file(base, other) for other in chain):
        circle = " -> ".join(str(link) for link in (*chain, base))
        raise refused(f"a cycle: {circle}", extends.source, "extends")
    return base


def _is_same_file(a: Path, b: Path) -> bool:
    try:
        return a.samefile(b)
    except (OSError, ValueError):  # What cannot be read is said when it is read.
        return False


def _head_short_forms_moved(config: Node) -> Node:
    """`loss: mse` as `head: {loss: mse}`; where there are `heads`, with the type that has them."""
    short = {key: config.entries[key] for key in HEAD_SHORT_FORMS if key in config.entries}
    if not short:
        return typed_by_keys(config)
    rest = {key: node for key, node in config.entries.items() if key not in short}
    head = ROOT.child("head", rest).expanded(rest.get("head", Node({}, next(iter(short.values())).source)))
    if not head.is_mapping:
        return Node(rest, config.source)  # The head itself is refused later.
    if twice := [key for key in short if key in head.entries]:
        raise ConfigError(
            Problem(key, f"given twice, the other time as head.{key} in {head.entries[key].source}", short[key].source)
            for key in twice
        )
    return typed_by_keys(Node({**rest, "head": Node({**head.entries, **short}, head.source)}, config.source))


def typed_by_keys(config: Node) -> Node:
    """With the types that a key of the component tells: without them, short forms below it would not be known."""
    typed = dict(config.entries)
    for key, tells, type_name in TELLING_KEYS:
        component = typed.get(key)
        if component and tells in component.entries and "type" not in component.entries:
            typed[key] = Node({"type": Node(type_name, DEFAULT), **component.entries}, component.source)
    return Node(typed, config.source) if config.is_mapping else config
