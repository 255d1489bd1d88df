"""A reader of CSV files, packed or not: every cell as it stands there."""

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from dlexp.components import memory, snapshot
from dlexp.components.data import Frame
from dlexp.errors import DataError, UserError, in_one_line

#: What packs a table or a tar archive, by the end of its name.
_PACKED: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
#: Archives that pandas opens, by the ends of their names, and what it calls them.
_ARCHIVES: dict[str, Any] = {".tar": "tar", **{f".tar{end}": "tar" for end in _PACKED}, ".zip": "zip", ".zst": "zstd"}
#: How much is unpacked at a time, in bytes.
_CHUNK = 1 << 20
#: What a byte of a table takes in memory at least: as it is read, and as a cell.
CHARACTER_BYTES = 2


def read(path: Path, delimiter: str = ",", n_rows: int | None = None) -> Frame:
    """A table with a header, all of it text, or its first `n_rows`; UserError if what unpacks it is not installed.

    The columns have the names that stand there, of which several may be the same.
    """
    import pandas as pd

    archive = next((how for end, how in _ARCHIVES.items() if path.name.lower().endswith(end)), None)
    is_packed_tar = archive == "tar" and path.suffix.lower() in _PACKED
    try:
        if n_rows is None:
            memory.require(CHARACTER_BYTES * _size(path), str(path))
            if is_packed_tar:  # Its reader checks the checksum at its end; pandas reads the table alone.
                with _opened(path) as file:
                    while file.read(_CHUNK):
                        pass

        def cells(header: int | None, n_rows: int | None) -> Frame:
            with _opened(path, unpack=not is_packed_tar) as file:
                return pd.read_csv(
                    file,
                    sep=delimiter,
                    header=header,
                    dtype=str,
                    keep_default_na=False,
                    encoding="utf-8-sig",
                    nrows=n_rows,
                    compression=archive,
                )

        # As they stand there: of a header, pandas makes names that are all different.
        names = cells(header=None, n_rows=1).iloc[0]
        frame = cells(header=0, n_rows=n_rows)
    except (DataError, MemoryError):
        raise
    except ImportError as error:
        raise UserError(f"{path}: needs zstandard; install it by: pip install zstandard") from error
    # Each kind of archive has errors of its own, and a damaged one raises nearly any.
    except Exception as error:
        raise DataError(f"{path}: not a readable CSV file ({in_one_line(error)})") from error
    return _named(path, frame, names.fillna("").to_list())


def _named(path: Path, frame: Frame, names: list[str]) -> Frame:
    """A table under the names of its header: one without a name is called by its place, as pandas does."""
    import pandas as pd

    # Where every row has one more, pandas takes the first as the row's name and shifts the others.
    if not isinstance(frame.index, pd.RangeIndex):
        if frame.index.nlevels > 1 or (frame.iloc[:, -1] != "").any():
            raise DataError(f"{path}: the rows have more fields than the header")
        # With a comma at its end, which is one more field without anything in it.
        frame, names = frame.reset_index(), [*names, ""]
    frame.columns = pd.Index([name if name.strip() else f"Unnamed: {k}" for k, name in enumerate(names)])
    return frame


def _size(path: Path) -> int:
    """Bytes of the file; of a zip archive those that it says to hold, since no more are ever unpacked."""
    with suppress(OSError, zipfile.BadZipFile):  # Said when it is read.
        if path.suffix.lower() != ".zip":
            return snapshot.size(path)
        with snapshot.opened(path) as file, zipfile.ZipFile(file) as archive:
            return max((each.file_size for each in archive.infolist()), default=0)
    return 0


@contextmanager
def _opened(path: Path, unpack: bool = True) -> Iterator[IO[bytes]]:
    """The file itself, or what a packed one unpacks to, counted as it comes."""
    unpacked = _PACKED.get(path.suffix.lower()) if unpack else None
    with snapshot.opened(path) as whole:
        if unpacked is None:
            yield whole
            return
        with unpacked(whole) as packed, io.BufferedReader(_Counted(path, packed), _CHUNK) as file:
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
