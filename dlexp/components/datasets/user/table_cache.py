"""Encoded tables, kept in the user's cache folder beside encoded texts, and mapped into memory from there.

One file for each data file and its settings: what is said of the table as JSON, then its arrays as they lie in memory.
All processes that read it share its pages.
"""

import hashlib
import json
import mmap
import struct
import sys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from dlexp import components, regular_files
from dlexp.components.data import Array, Data, Ids, Info, TimeOrder
from dlexp.components.datasets import encoded_files
from dlexp.components.datasets.encoded_files import arrays_of, path_of, split_of
from dlexp.components.datasets.user.shown_rows import Lines
from dlexp.components.remarks import Remark
from dlexp.version import VERSION
from dlexp.whole_files import replacing

#: How a file begins: this, then the length and the checksum of what is said of the table.
_MAGIC = b"dlexp table 1\n\0\0"
_HEAD = struct.Struct("<16sQI")
_ALIGNED = 64
#: The packages of which another version may read a table otherwise.
_READERS = ("numpy", "pandas", "pyarrow", "scikit-learn", "scipy")


@dataclass(frozen=True, kw_only=True)
class _Beside:
    """What is known of a table beside its arrays."""

    info: Info
    uses: dict[str, list[str]]
    test_ids: Ids | None
    first: list[str]
    test_choice: str
    time_order: TimeOrder | None
    subject: str
    remarks: list[Remark]
    path: str
    delimiter: str
    names: list[str]
    """Of the columns that are shown, and how they are parted."""
    columns: list[str]
    texts: list[str]


def cached(key: Sequence[Any], read: Callable[[], Data], columns: Any) -> Data:
    """The table that `read` gives, mapped from the cache if it is there; `columns` as `Data.columns`.

    On the `key` all depends: the digests and names of the files, the settings. The code that reads them is added to it.
    """
    path = path_of("table", [_code(), *key], "table")
    return encoded_files.cached(path, partial(_read, columns=columns), read, _write)


@cache
def _code() -> list[str]:
    """What reads a table: the code of all components and of what they import, and the packages below it."""
    sha256 = hashlib.sha256(VERSION.encode())
    for folder in components.__path__:
        for path in (*sorted(Path(folder).parent.glob("*.py")), *sorted(Path(folder).rglob("*.py"))):
            sha256.update(path.read_bytes())
    installed = {each: _version(each) for each in _READERS}
    return [sha256.hexdigest(), sys.byteorder, *(f"{name} {version}" for name, version in installed.items())]


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _write(path: Path, data: Data) -> None:
    """Keep a table; not one whose rows are no lines of text, which cannot be shown from a file."""
    decode: Any = data.decode
    lines, args = getattr(decode.func, "__self__", None), decode.args
    if not isinstance(lines, Lines) or data.info is None:
        return
    said = _Beside(
        info=data.info,
        uses={use: list(columns) for use, columns in data.uses.items()},
        test_ids=data.test_ids,
        first=list(data.first),
        test_choice=data.test_choice,
        time_order=data.time_order,
        subject=data.subject,
        remarks=list(data.remarks),
        path=str(lines.path),
        delimiter=lines.delimiter,
        names=list(lines.names),
        columns=list(args[0]),
        texts=list(args[1]),
    )
    arrays = {
        **arrays_of(data.train, "train"),
        **arrays_of(data.test, "test"),
        "rows_train": data.rows["train"],
        "rows_test": data.rows["test"],
        "marked": np.asarray(data.marked, np.int64),
        "shown_text": lines.text,
        "shown_ends": lines.ends,
    }
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    with replacing(path) as new, new.open("wb") as file:
        listed = {name: [array.dtype.str, list(array.shape), zlib.crc32(array.data)] for name, array in arrays.items()}
        head = json.dumps([TypeAdapter(_Beside).dump_python(said, mode="json"), listed]).encode()
        file.write(_HEAD.pack(_MAGIC, len(head), zlib.crc32(head)) + head)
        for array in arrays.values():
            file.write(bytes(-file.tell() % _ALIGNED))
            file.write(array.data)


def _read(path: Path, columns: Any) -> Data:
    with regular_files.opened(path) as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    return _data(content, columns)


def _data(content: mmap.mmap, columns: Any) -> Data:
    magic, length, checksum = _HEAD.unpack_from(content)
    head = content[_HEAD.size : _HEAD.size + length]
    if magic != _MAGIC or zlib.crc32(head) != checksum:
        raise ValueError("the beginning of the file is not what was written")
    facts, listed = json.loads(head)
    said = TypeAdapter(_Beside).validate_python(facts, strict=False)
    arrays, position = {}, _HEAD.size + length
    for name, (dtype, shape, wanted) in listed.items():
        position += -position % _ALIGNED
        array: Array = np.frombuffer(content, np.dtype(dtype), int(np.prod(shape)), position).reshape(shape)
        if zlib.crc32(array.data) != wanted:
            raise ValueError(f"{name} is not what was written")
        arrays[name], position = array, position + array.nbytes
    lines = Lines(
        path=Path(said.path),
        text=arrays["shown_text"],
        ends=arrays["shown_ends"],
        delimiter=said.delimiter,
        names=said.names,
    )
    rows: Any = {"train": arrays["rows_train"], "test": arrays["rows_test"]}
    return Data(
        split_of(arrays, "train"),
        split_of(arrays, "test"),
        info=said.info,
        rows=rows,
        names=rows,
        uses=said.uses,
        test_ids=said.test_ids,
        first=said.first,
        decode=partial(lines.shown, said.columns, said.texts),
        test_choice=said.test_choice,
        marked=arrays["marked"],
        columns=columns,
        time_order=said.time_order,
        subject=said.subject,
        remarks=said.remarks,
    )
