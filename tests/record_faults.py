"""What can happen to a recorded file: every fault by name, as a function that does it to the file at a path."""

import csv
import io
import json
import os
import random
import socket
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

#: Does one fault to the file at a path.
Fault = Callable[[Path], None]

#: What stands in for a value: JSON as text, some of which no JSON writer gives.
VALUES = {
    "null": "null",
    "true": "true",
    "text": '"text"',
    "list": "[]",
    "mapping": "{}",
    "negative": "-1",
    "fraction": "0.5",
    "large": "1e308",
    "beyond floats": "1e400",
    "400 digits": "9" * 400,
    "not a number": "NaN",
    "nested": "[" * 100_000 + "]" * 100_000,
    "nested within limits": "[" * 400 + "]" * 400,
    "NUL": '"a\\u0000b"',
    "half a character": '"\\ud800"',
}
CELLS = ("", "nan", "inf", "-1", "0.5", "text", "1e308", "1e400", "9" * 400, '"', "\0", "\udcff", "1_0", " 2")
_HERE = "\x01here\x01"
_SPARSE_BYTES = 1 << 40


def faults(path: Path) -> Iterator[tuple[str, Fault]]:
    """Every fault that suits a file: of its place, its bytes and, by its suffix, of what it holds."""
    yield from _of_place()
    yield from _of_bytes(path)
    match path.suffix:
        case ".json":
            yield from _of_values(json.loads(path.read_text()), "")
        case ".yaml":
            yield from _of_values(yaml.safe_load(path.read_text()), "")
        case ".csv":
            yield from _of_cells(path.read_text())
        case ".npz" | ".keras":
            yield from _of_members(path)


def _of_place() -> Iterator[tuple[str, Fault]]:
    """Something else of its name."""
    yield "gone", Path.unlink
    yield "directory", _folder
    yield "link to itself", _link(lambda path: path.name)
    yield "link to nothing", _link(lambda path: "nowhere")
    yield "pipe", _pipe
    yield "socket", _socket
    yield "endless device", _link(lambda path: "/dev/zero")
    yield "empty device", _link(lambda path: os.devnull)
    # As where the disk is broken: it can be opened, and reading it fails.
    yield "unreadable", _link(lambda path: "/proc/self/mem")
    yield "huge", lambda path: os.truncate(path, _SPARSE_BYTES)


def _link(target: Callable[[Path], str]) -> Fault:
    def fault(path: Path) -> None:
        path.unlink()
        path.symlink_to(target(path))

    return fault


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _socket(path: Path) -> None:
    path.unlink()
    here = Path.cwd()
    os.chdir(path.parent)  # The path of a socket may be no longer than some 100 bytes.
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path.name)
    finally:
        os.chdir(here)


def _of_bytes(path: Path) -> Iterator[tuple[str, Fault]]:
    content = path.read_bytes()
    for label, damaged in {
        "empty": b"",
        "half": content[: len(content) // 2],
        "without its last byte": content[:-1],
        "zeros": bytes(len(content)),
        "all bytes": bytes(range(256)) * 20,
        "twice": content * 2,
        "UTF-16": "\ufeff{}".encode("utf-16-le"),
        "a list": b"[1, 2]",
        "a number": b"7",
        "a text": b'"text"',
        "nothing in braces": b"{}",
        "deep": b"[" * 100_000,
        "deep mappings": b'{"a":' * 100_000,
    }.items():
        yield label, _written(damaged)
    generator = random.Random(0)
    for _ in range(10):
        at, bit = generator.randrange(max(1, len(content))), generator.randrange(8)
        flipped = bytearray(content)
        if flipped:
            flipped[at] ^= 1 << bit
        yield f"bit {bit} of byte {at} flipped", _written(bytes(flipped))


def _of_values(document: Any, suffix: str) -> Iterator[tuple[str, Fault]]:
    """Each value at each depth left out, or replaced; a key more."""
    for keys in _paths(document):
        name = ".".join(map(str, keys)) or "all"
        for label, text in {"missing": "", **VALUES}.items():
            yield f"{name}: {label}", _written(_replaced(document, keys, text).encode("utf-8", "surrogatepass"))
    yield "unknown key", _written(json.dumps({**document, "from a later version": [{"a": None}]}).encode())


def _paths(value: Any, keys: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield keys
    # Of a list the first two items stand for all.
    children = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, child in children:
        yield from _paths(child, (*keys, key))


def _replaced(document: Any, keys: tuple[str | int, ...], text: str) -> str:
    """The document as JSON with the value at a path replaced by a text, or without it."""
    if not keys:
        return text
    copy = json.loads(json.dumps(document))
    around = copy
    for key in keys[:-1]:
        around = around[key]
    if text:
        around[keys[-1]] = _HERE
    else:
        del around[keys[-1]]
    return json.dumps(copy, indent=2).replace(json.dumps(_HERE), text)


def _of_cells(text: str) -> Iterator[tuple[str, Fault]]:
    rows = list(csv.reader(io.StringIO(text)))
    header, body = rows[0], rows[1:]
    for i in sorted({0, 1, len(rows) - 1} & set(range(len(rows)))):
        for k, column in enumerate(header):
            for cell in CELLS:
                changed = [list(row) for row in rows]
                changed[i][k] = cell
                yield f"line {i + 1}, {column}: {cell:.9}", _written(_lines(changed))
    for k, column in enumerate(header):
        yield f"without {column}", _written(_lines([row[:k] + row[k + 1 :] for row in rows]))
        yield f"{column} twice", _written(_lines([[*row, row[k]] for row in rows]))
        yield f"{column} renamed", _written(_lines([[*header[:k], "other", *header[k + 1 :]], *body]))
    yield "header alone", _written(_lines([header]))
    yield "no header", _written(_lines(body))
    yield "backwards", _written(_lines([header, *reversed(body)]))
    yield "first row twice", _written(_lines([header, *body[:1], *body]))
    yield "last row twice", _written(_lines([*rows, rows[-1]]))
    yield "first row missing", _written(_lines([header, *body[1:]]))
    yield "last row missing", _written(_lines(rows[:-1]))
    yield "all rows twice", _written(_lines([*rows, *body]))
    yield "a cell more", _written(_lines([header, [*rows[1], "1"], *body[1:]]))
    yield "a blank line", _written(_lines([header, [], *body]))
    yield "CRLF", _written(_lines(rows).replace(b"\n", b"\r\n"))
    yield "a long line", _written(_lines([header, ["1" * 10_000_000]]))


def _lines(rows: list[list[str]]) -> bytes:
    return "".join(",".join(row) + "\n" for row in rows).encode("utf-8", "surrogateescape")


def _of_members(path: Path) -> Iterator[tuple[str, Fault]]:
    """Each member of an archive left out, emptied, cut, swapped with the next, or another array."""
    import numpy as np

    try:
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except zipfile.BadZipFile:  # A checkpoint, which has a digest in front.
        return
    names = list(members)
    yield "no member", _archive({})
    for i, name in enumerate(names):
        yield f"{name} missing", _archive({other: members[other] for other in names if other != name})
        yield f"{name} empty", _archive({**members, name: b""})
        yield f"{name} cut", _archive({**members, name: members[name][:-9]})
        yield f"{name} as the next", _archive({**members, name: members[names[(i + 1) % len(names)]]})
        if path.suffix != ".npz":
            continue
        for label, array in {
            "a number": np.float64(1),
            "no rows": np.zeros((0, 2)),
            "a row": np.zeros((1, 2)),
            "three axes": np.zeros((20, 2, 2)),
            "text": np.array(["text"] * 20),
            "NaN": np.full((20, 1), np.nan),
            "negative": np.full(20, -1),
            "2^60": np.full(20, 2**60),
            "dates": np.zeros(20, "datetime64[s]"),
            "fields": np.zeros(20, [("a", int)]),
            "complex": np.zeros(20, complex),
        }.items():
            yield f"{name}: {label}", _archive({**members, name: _npy(array)})
        yield f"{name}: objects", _archive({**members, name: _npy(np.array([{}] * 20, object))})
        shape = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({2**50},), }}".ljust(117) + "\n"
        header = b"\x93NUMPY\x01\x00" + len(shape).to_bytes(2, "little") + shape.encode()
        yield f"{name}: huge", _archive({**members, name: header})
    yield "a member more", _archive({**members, "other.npy": b"other"})


def _npy(array: Any) -> bytes:
    import numpy as np

    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def _archive(members: dict[str, bytes]) -> Fault:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return _written(buffer.getvalue())


def _written(content: bytes) -> Fault:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write
