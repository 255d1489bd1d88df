"""Strict YAML: plain values that know their file and line, or one clear line about what is wrong.

Scalars are those of YAML 1.2's core schema: `1e-3` is a number, `on` and `12:30` are strings. What a
config has no use for (tags, merge keys, several documents, bombs of aliases) is refused.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import ComposerError
from yaml.reader import Reader

from dlexp import regular_files
from dlexp.config import files
from dlexp.config.node import Keys, Node, dotted
from dlexp.config.problems import Source, refused

#: What is larger than any config is refused before it costs a second: PyYAML reads some 30,000 values in one.
MAX_BYTES = 250_000
#: Longer values are not repeated in messages.
MAX_SHOWN = 60
MAX_DEPTH = 50
MAX_NODES = 10_000
MAX_INTEGER = 2**63 - 1

NULL, BOOL, INT, FLOAT, STR = (f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str"))

_FINITE = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
#: Plain scalars of the core schema (YAML 1.2.2, section 10.3.2): tag, form, first characters.
CORE_SCALARS = (
    (NULL, re.compile(r"(?:~|null|Null|NULL|)\Z"), ["~", "n", "N", ""]),
    (BOOL, re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF")),
    (INT, re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z"), list("-+0123456789")),
    (FLOAT, re.compile(rf"(?:{_FINITE}|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"), list("-+.0123456789")),
)


@dataclass(frozen=True)
class NamedBy:
    """What names a file that is read, where it is said that the file is missing."""

    source: Source
    path: str
    """The dotted path of the key: `extends`."""
    name: str
    """The file as it is written there."""

    @property
    def folder(self) -> Path:
        """That of the file which names it."""
        return Path(self.source.label).parent

    def elsewhere(self) -> str:
        """For a name that is right as seen from where the command runs: how it is written in this file."""
        try:
            if not Path(self.name).is_file():
                return ""
        except OSError:  # What cannot be looked at is nothing to name.
            return ""
        folder = self.folder
        return f" as seen from {folder}, the folder of this file; write {os.path.relpath(self.name, folder)}"


@dataclass(frozen=True)
class Kind:
    """What a file is to be, for messages."""

    noun: str
    least: str
    """What each such file has, with the line that says it."""
    line: str


CONFIG = Kind("config", "a dataset", "dataset: digits")
STUDY = Kind("study", "its variants", "variants: {adam: {optimizer: adam}}")


def read(path: Path, named_by: NamedBy | None = None, kind: Kind = CONFIG) -> Node:
    """Read a file of keys and values: a mapping.

    Args:
        path: The file; problems name it as it is given here.
        named_by: What names the file, if a file does.
        kind: What the file is to be.

    Raises:
        ConfigError: The file cannot be read or is no mapping in strict YAML.
    """
    try:
        data = _read_bytes(path, kind)
    except _Refused as error:
        message = f"{error.message}{_where(path, named_by)}" if isinstance(error, _Missing) else error.message
        if named_by:
            raise refused(f"{path}: {message}", named_by.source, named_by.path) from None
        raise refused(message, Source(str(path))) from None
    try:
        root = _root(_decoded(data), _Composer)
        if root is None:
            raise _Refused(f"the file is empty; a {kind.noun} names at least {kind.least}, such as `{kind.line}`")
        config = _Construction(str(path)).node(root, ())
        if not config.is_mapping:
            given = "a list" if isinstance(config.value, list) else "a single value"
            raise _Refused(f"expected keys and values, such as `{kind.line}`, given {given}", config.source.line)
    except _Refused as error:
        raise refused(error.message, Source(str(path), error.line), error.path) from None
    return Node(config.value, Source(str(path)))


def _where(path: Path, named_by: NamedBy | None) -> str:
    """For a file that is missing: where it may be meant to be; empty where nothing is near."""
    if named_by and (elsewhere := named_by.elsewhere()):
        return elsewhere
    found = files.near(path, named_by.folder if named_by else None)
    return f". Did you mean '{found}'?" if found else ""


def parse_value(text: str, source: Source) -> Node:
    """Read the value of a `--set` by the same rules; nothing at all is null.

    Nothing of it is dropped: a `#` begins no comment, but is a part of a text that has no quotes, and what else YAML
    would take for more than a value (anchors, blocks of text, the bounds of a document) is refused.

    Raises:
        ConfigError: It is not strict YAML, or not a value alone.
    """
    try:
        root = _root(text, _ValueComposer)
        start, end = (root.start_mark.index, root.end_mark.index) if root else (0, 0)
        if more := (text[:start] + text[end:]).strip():
            raise _Refused(f"{more!r:.60} stands beside the value, and YAML has no such value")
        return Node.of(_Construction("").node(root, ()).plain() if root else None, source)
    except _Comment as comment:
        if _is_plain(text[: comment.start]):
            return Node(text.strip(), source)
        raise refused(comment.message, source) from None
    except _Refused as error:
        raise refused(error.message, source, error.path) from None


def reads_as_number(text: str) -> bool:
    """Whether a text would be a number if it stood in a file without quotes."""
    return any(tag in (INT, FLOAT) and form.match(text) for tag, form, _ in CORE_SCALARS)


class _Refused(Exception):
    """Why a text is refused, in which line and at which path."""

    def __init__(self, message: str, line: int | None = None, path: str = "") -> None:
        self.message = message
        self.line = line
        self.path = path


class _Missing(_Refused):
    """There is no such file."""


class _Comment(_Refused):
    """A comment where there can be none."""

    def __init__(self, start: int) -> None:
        super().__init__("# begins a comment in YAML, and none is read here; leave it out, or put the text in quotes")
        self.start = start


def _read_bytes(path: Path, kind: Kind) -> bytes:
    try:
        with regular_files.opened(path) as file:
            data = file.read(MAX_BYTES + 1)
    except regular_files.NotRegular as error:
        raise _Refused(f"{error.strerror}") from None
    except FileNotFoundError:
        raise _Missing("no such file") from None
    except IsADirectoryError:
        raise _Refused(f"a directory; expected a {kind.noun} file") from None
    except OSError as error:
        raise _Refused(f"cannot be read: {error.strerror}") from None
    except ValueError:  # A NUL or half a character in the name, which no file can have.
        raise _Refused("no file can have this name") from None
    if len(data) > MAX_BYTES:
        raise _Refused(f"larger than {MAX_BYTES // 1000} KB; expected a {kind.noun} file")
    return data


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _Refused(f"not UTF-8 text: byte 0x{data[error.start]:02x}", line) from None


def _is_plain(text: str) -> bool:
    """Whether a text is one line without quotes, brackets or other signs of YAML's; nothing at all is."""
    try:
        root = _root(text, _ValueComposer)
    except _Refused:
        return False
    return "\n" not in text and (root is None or (isinstance(root, yaml.ScalarNode) and root.style is None))


def _root(text: str, composer: "type[_Composer]") -> yaml.Node | None:
    _require_printable(text)
    try:
        return composer(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error) from None
    except (ValueError, OverflowError):  # PyYAML computes escapes such as "\UFFFFFFFF" unchecked.
        raise _Refused("not valid YAML: an escape or a version that is out of range") from None


def _syntax_error(error: yaml.MarkedYAMLError) -> _Refused:
    mark = error.problem_mark
    line = mark.line + 1 if mark else None
    if mark and mark.buffer and mark.buffer[mark.pointer : mark.pointer + 1] == "\t":
        return _Refused("a tab where only spaces may stand; indent with spaces", line)
    if isinstance(error, ComposerError) and "single document" in (error.context or ""):
        return _Refused("a second document begins here; expected one config a file", line)
    said = f"{error.context or ''} {error.problem}"
    if mark and mark.buffer and (error.problem or "").startswith("mapping values are not allowed"):
        start = mark.buffer.rfind("\n", 0, mark.pointer) + 1
        said = _second_colon(mark.buffer[start:].partition("\n")[0].rstrip("\0"), mark.pointer - start)
    elif (error.problem or "").endswith("but got ':'"):
        said = "a colon within a value, or no comma before a key; put a text with a colon in quotes"
    return _Refused(" ".join(f"not valid YAML: {said}".split()), line)


def _second_colon(line: str, at: int) -> str:
    """What to do about the colon at a place of a line, where no key can stand."""
    _, sign, value = line.lstrip(" -").partition(": ")
    if ": " not in f"{line[:at]} ".lstrip(" -"):
        return "this line is indented below a value; begin it below the key above it"
    value = value.strip()
    if not sign or len(value) > MAX_SHOWN or set(value) & set("'\"{}#"):
        return "a colon within a value; put a text in quotes, and keys in braces, such as {type: adam}"
    return f"a colon within a value; write '{value}' if it is a text, {{{value}}} if these are keys"


def _require_printable(text: str, line: int | None = None, path: str = "") -> None:
    if found := Reader.NON_PRINTABLE.search(text):
        name = "a NUL byte" if found[0] == "\0" else "an unprintable character"
        line = line or text.count("\n", 0, found.start()) + 1
        raise _Refused(f"{name} (U+{ord(found[0]):04X})", line, path)


class _Composer(yaml.SafeLoader):
    """PyYAML's parser with the core schema's scalars, which stops at what may not be in a config."""

    yaml_implicit_resolvers: dict[str, Any] = {}
    _depth = 0
    _n_nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1
        if tag := getattr(event, "tag", None):
            raise _Refused(f"the tag {tag!r:.60} is not supported; values are plain YAML", line)
        self._depth += 1
        self._n_nodes += 1
        _limit(self._depth, self._n_nodes, line)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


class _ValueComposer(_Composer):
    """The same for a value alone, from which YAML would drop comments, anchors and the bounds of blocks in silence."""

    def scan_to_next_token(self) -> None:
        start = self.index
        super().scan_to_next_token()
        if "#" in (skipped := self.buffer[start : self.index]):
            raise _Comment(start + skipped.index("#"))

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            sign, name = ("*", "an alias") if isinstance(event, yaml.AliasEvent) else ("&", "an anchor")
            raise _Refused(f"{sign} begins {name} in YAML, and there is none in a single value")
        if isinstance(event, yaml.ScalarEvent) and event.style in ("|", ">"):
            raise _Refused(f"{event.style} begins a block of text in YAML, and there is none in a single value")
        return super().compose_node(parent, index)


for _tag, _form, _first in CORE_SCALARS:
    _Composer.add_implicit_resolver(_tag, _form, _first)


class _Construction:
    """Turns PyYAML's nodes into ours, with aliases written out."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._n_nodes = 0

    def node(self, node: yaml.Node, keys: Keys, line: int | None = None) -> Node:
        """The value at a path; its line is its own, or that of its key."""
        own_line = node.start_mark.line + 1
        self._n_nodes += 1
        _limit(len(keys) + 1, self._n_nodes, own_line)
        source = Source(self._label, line or own_line)
        if isinstance(node, yaml.SequenceNode):
            return Node([self.node(item, (*keys, i)) for i, item in enumerate(node.value)], source)
        if not isinstance(node, yaml.MappingNode):
            return Node(_scalar(node, keys), source)
        entries: dict[str, Node] = {}
        for key_node, value_node in node.value:
            key, line = _key(key_node, keys), key_node.start_mark.line + 1
            if key in entries:
                raise _Refused(f"given twice, first in line {entries[key].source.line}", line, dotted((*keys, key)))
            entries[key] = self.node(value_node, (*keys, key), line)
        return Node(entries, source)


def _key(node: yaml.Node, keys: Keys) -> str:
    # A column, a class or a unit may be called by a number: as it stands there.
    if isinstance(node, yaml.ScalarNode) and node.tag in (STR, INT, FLOAT):
        if node.tag != STR:
            return str(node.value)
        if node.value != "<<" or node.style is not None:
            return str(_scalar(node, keys))
        why = "merge keys (<<) are not supported; use extends, or an alias alone"
    else:
        given = (node.value or "nothing") if isinstance(node, yaml.ScalarNode) else "a list or mapping"
        why = f"expected a word as key, given {given}"
    raise _Refused(why, node.start_mark.line + 1, dotted(keys))


def _scalar(node: yaml.Node, keys: Keys) -> bool | int | float | str | None:
    text: str = node.value
    if node.tag == NULL:
        return None
    if node.tag == BOOL:
        return text.lower() == "true"
    if node.tag == FLOAT:
        return float(re.sub(r"\.(?=inf|nan)", "", text.lower()))
    if node.tag == INT:
        base = {"0x": 16, "0o": 8}.get(text[:2], 10)
        # The length first: Python refuses to read very long numbers.
        if len(text) > 30 or abs(number := int(text, base)) > MAX_INTEGER:
            raise _Refused(f"the whole number {text:.30} is too large", node.start_mark.line + 1, dotted(keys))
        return number
    _require_printable(text, node.start_mark.line + 1, dotted(keys))
    return text


def _limit(depth: int, n_nodes: int, line: int) -> None:
    if depth > MAX_DEPTH:
        raise _Refused(f"nested more than {MAX_DEPTH} deep", line)
    if n_nodes > MAX_NODES:
        raise _Refused(f"more than {MAX_NODES:,} values, aliases written out", line)
