"""A reader of CSV files, packed or not: every cell as it stands there."""

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from dlexp.components import memory, snapshot
from dlexp.errors import DataError, UserError, in_one_line

if TYPE_CHECKING:
    import pandas as pd

#: Archives that pandas opens, by the ends of their names, and what it calls them.
_ARCHIVES: dict[str, Any] = {
    ".tar": "tar",
    ".tar.gz": "tar",
    ".tar.xz": "tar",
    ".tar.bz2": "tar",
    ".zip": "zip",
    ".zst": "zstd",
}
#: Archives of which pandas reads the table alone, and not the checksum at their end.
_PACKED_TAR: dict[str, Any] = {".tar.gz": gzip.open, ".tar.bz2": bz2.open, ".tar.xz": lzma.open}
#: How much of one is unpacked at a time, in bytes.
_CHUNK = 1 << 20
#: Compressed files of a table alone, by the end of their names.
_PACKED: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
#: What a byte of a table takes in memory at least: as it is read, and as a cell.
CHARACTER_BYTES = 2


def read(path: Path, delimiter: str = ",", n_rows: int | None = None) -> "pd.DataFrame":
    """A table with a header, all of it text; no more than its first `n_rows`, if that is said.

    Raises:
        DataError: The file cannot be read, or its rows have more fields than the header.
        UserError: It is packed by what is not installed.
    """
    import pandas as pd

    archive = next((how for end, how in _ARCHIVES.items() if path.name.lower().endswith(end)), None)
    try:
        if n_rows is None:
            memory.require(CHARACTER_BYTES * _size(path), str(path))
            _read_to_the_end(path)
        with _opened(path) as file:
            frame = pd.read_csv(
                file,
                sep=delimiter,
                dtype=str,
                keep_default_na=False,
                encoding="utf-8-sig",
                nrows=n_rows,
                compression=archive,
            )
    except (DataError, MemoryError):
        raise
    except ImportError as error:
        raise UserError(f"{path}: needs zstandard; install it by: pip install zstandard") from error
    # Each kind of archive has errors of its own, and a damaged one raises nearly any.
    except Exception as error:
        raise DataError(f"{path}: not a readable CSV file ({in_one_line(error)})") from error
    # Where every row has one more, pandas takes the first as the row's name and shifts the others.
    if not isinstance(frame.index, pd.RangeIndex):
        raise DataError(f"{path}: the rows have more fields than the header")
    return frame


def _size(path: Path) -> int:
    """Bytes of the file; of a zip archive those that it says to hold, since no more are ever unpacked."""
    with suppress(OSError, zipfile.BadZipFile):  # Said when it is read.
        if path.suffix.lower() != ".zip":
            return snapshot.size(path)
        with snapshot.opened(path) as file, zipfile.ZipFile(file) as archive:
            return max((each.file_size for each in archive.infolist()), default=0)
    return 0


def _read_to_the_end(path: Path) -> None:
    """Have a packed tar archive checked: its reader raises where the checksum is another."""
    for suffix, unpack in _PACKED_TAR.items():
        if path.name.lower().endswith(suffix):
            with snapshot.opened(path) as whole, _unpacked(path, unpack(whole)) as file:
                while file.read(_CHUNK):
                    pass


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """What pandas is to read: the file itself, or what a packed one unpacks to, counted as it comes."""
    is_tar = path.name.lower().endswith(tuple(_PACKED_TAR))
    unpack = None if is_tar else _PACKED.get(path.suffix.lower())
    with snapshot.opened(path) as whole:
        if unpack is None:
            yield whole
        else:
            with _unpacked(path, unpack(whole)) as file:
                yield file


@contextmanager
def _unpacked(path: Path, packed: IO[bytes]) -> Iterator[IO[bytes]]:
    with packed, io.BufferedReader(_Counted(path, packed), _CHUNK) as file:
        yield file


class _Counted(io.RawIOBase):
    """What a packed file unpacks to, which no header says: counted, and refused where it does not fit."""

    def __init__(self, path: Path, packed: IO[bytes]) -> None:
        self._path, self._packed, self._n = path, packed, 0
        self._left = memory.available()

    def readable(self) -> bool:
        """True: the file can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Unpack into a buffer; returns how many bytes, 0 at the end."""
        content = self._packed.read(len(buffer))
        buffer[: len(content)] = content
        self._n += len(content)
        if self._left is not None and CHARACTER_BYTES * self._n > self._left:
            left = memory.size(self._left)
            raise DataError(f"{self._path}: unpacks to {memory.size(self._n)} and more; {left} of memory are available")
        return len(content)
