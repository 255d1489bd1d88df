"""What a table is packed with, by its content before its name, and what it unpacks to."""

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from dlexp.components import memory, snapshot
from dlexp.components.remarks import Remark
from dlexp.errors import DataError, UserError

#: What a byte of a table takes in memory at least: as it is read, and as a cell.
CHARACTER_BYTES = 2
#: How much is unpacked at a time, in bytes.
_CHUNK = 1 << 17
#: How much of a file is looked at, in bytes: a tar archive says what it is within its first block.
_BEGINNING = 512

#: The ends of names that say how a file is packed, and what that is called.
_BY_NAME = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".zip": "zip", ".zst": "zstd", ".tar": "tar"}
#: How packed files begin.
_BY_CONTENT = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bz2",
    b"\xfd7zXZ\0": "xz",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x28\xb5\x2f\xfd": "zstd",
}
#: How files begin that are no table of text, in lower case; what they are, and what to do.
_FOREIGN = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an Excel workbook; save it as CSV",
    b"par1\x15": "a Parquet file; say dataset.type: parquet",
    b"\x93numpy": "an array of numpy; see dataset.type: npz",
    b"\x89hdf\r\n": "an HDF5 file; save it as CSV",
    b"sqlite format 3\0": "an SQLite database; export its table as CSV",
    b"%pdf-": "a PDF document",
    b"<!doctype html": "a web page; download the file itself",
    b"<html": "a web page; download the file itself",
    b"version https://git-lfs": "a pointer of Git LFS; fetch the file itself by: git lfs pull",
}
#: What other systems put beside the files of an archive.
_BESIDE = ("__MACOSX/", "._", ".DS_Store")


#: The bytes of a table, in which one cannot go back.
Unpacked = IO[bytes]


@contextmanager
def opened(path: Path, whole: bool = True) -> Iterator[tuple[Unpacked, list[Remark]]]:
    """What a file unpacks to, counted as it comes, and what is to be said of its packing.

    Unless it is read as a `whole`, the end of a tar archive is not looked at.

    Raises:
        DataError: It is no text, an archive of several files, or unpacks to more than the memory that is left.
        UserError: What unpacks it is not installed.
    """
    with ExitStack() as closing:
        file: Any = closing.enter_context(snapshot.opened(path))
        beginning = file.read(_BEGINNING)
        file.seek(0)
        how, remarks = _packing(path, beginning), []
        named = _BY_NAME.get(path.suffix.lower(), "")
        if how != named:
            found = f"not packed with {named}, as its name says" if named else f"packed with {how}, unlike its name"
            remarks = [Remark(rule="packing", place=str(path), found=f"{found}; it is read as its content is")]
        if how == "zip":
            file = closing.enter_context(_zipped(path, file))
        elif how not in ("", "tar"):
            file = closing.enter_context(_UNPACK[how](path, file))
        if how:
            file = closing.enter_context(io.BufferedReader(_Counted(path, file), _CHUNK))
        if how == "tar" or (how and _is_tar(file.peek(_BEGINNING))):
            file = closing.enter_context(_in_tar(path, file, whole))
        yield file, remarks


def unpacked_size(path: Path) -> int:
    """Bytes of the file; of a zip archive those that it says to hold, since no more are ever unpacked."""
    with suppress(OSError, zipfile.BadZipFile):  # Said when it is read.
        if path.suffix.lower() != ".zip":
            return snapshot.size(path)
        with snapshot.opened(path) as file, zipfile.ZipFile(file) as archive:
            return max((each.file_size for each in archive.infolist()), default=0)
    return 0


def is_packed(path: Path) -> bool:
    """Whether a file has to be unpacked."""
    with snapshot.opened(path) as file:
        return bool(_packing(path, file.read(_BEGINNING)))


def _packing(path: Path, beginning: bytes) -> str:
    """What a file is packed with; nothing if it is text."""
    if _is_tar(beginning):
        return "tar"
    for start, what in _FOREIGN.items():
        if beginning.lstrip().lower().startswith(start):
            raise DataError(f"{path}: not a CSV file but {what}")
    if beginning.startswith(b"PK\x03\x04") and beginning[30:49] == b"[Content_Types].xml":
        raise DataError(f"{path}: not a CSV file but an Excel workbook; save it as CSV")
    found = next((how for start, how in _BY_CONTENT.items() if beginning.startswith(start)), "")
    named = _BY_NAME.get(path.suffix.lower(), "")
    if not found and named and not _is_text(beginning):
        return named  # Damaged: what unpacks it says so.
    return found


def _is_text(beginning: bytes) -> bool:
    """Whether a file begins as a table of text does: with a line, without control characters."""
    return b"\n" in beginning and not any(byte < 9 or 13 < byte < 32 for byte in beginning)


def _is_tar(beginning: bytes) -> bool:
    return beginning[257:262] == b"ustar"


def _zst(path: Path, file: IO[bytes]) -> Any:
    try:
        import zstandard
    except ImportError as error:
        raise UserError(f"{path}: needs zstandard; install it by: pip install zstandard") from error
    return zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)


_UNPACK: dict[str, Callable[[Path, IO[bytes]], Any]] = {
    "gzip": lambda _, file: gzip.GzipFile(fileobj=file),
    "bz2": lambda _, file: bz2.BZ2File(file),
    "xz": lambda _, file: lzma.LZMAFile(file),  # noqa: SIM115  # Its caller closes it.
    "zstd": _zst,
}


@contextmanager
def _zipped(path: Path, file: IO[bytes]) -> Iterator[IO[bytes]]:
    """The only file of a zip archive."""
    with zipfile.ZipFile(file) as archive:
        names = [each for each in archive.namelist() if not each.endswith("/") and not _is_beside(each)]
        with archive.open(_only(path, names)) as unpacked:
            yield unpacked


@contextmanager
def _in_tar(path: Path, file: IO[bytes], whole: bool) -> Iterator[IO[bytes]]:
    """The only file of a tar archive, which is read from its beginning to its end, where its checksum is."""
    import tarfile

    with tarfile.open(fileobj=file, mode="r|") as archive:
        members = (each for each in archive if each.isfile() and not _is_beside(each.name))
        first = next(members, None)
        unpacked = archive.extractfile(first) if first else None
        if first is None or unpacked is None:
            raise DataError(f"{path}: no file in this archive")
        yield unpacked
        if whole:
            _only(path, [first.name, *(each.name for each in members)])
    while whole and file.read(_CHUNK):
        pass


def _only(path: Path, names: list[str]) -> str:
    if len(names) != 1:
        listed = f": {', '.join(names[:5])}{', ...' * (len(names) > 5)}" if names else ""
        raise DataError(f"{path}: {len(names) or 'no'} files in this archive, where one is expected{listed}")
    return names[0]


def _is_beside(name: str) -> bool:
    return name.startswith(_BESIDE[0]) or name.rpartition("/")[2].startswith(_BESIDE[1:])


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
