"""A history that grows while it is read: of a file that was read before, only the new rows are read."""

import os
import zlib
from collections import deque
from pathlib import Path

from dlexp import regular_files
from dlexp.records.history import EPOCH, columns_of, row_of
from dlexp.records.record_files import DamagedRecord, damaged

#: So many of the last rows are kept.
KEPT = 16


class GrowingHistory:
    """The history of a run under way, as far as it is whole: a torn last line is read once it is complete.

    A run that is resumed begins its history again, with the rows up to where it continues. Those are not new, unless
    they say something else than before. A damaged history has no rows: the run begins it again.
    """

    def __init__(self, path: Path) -> None:
        self.last: deque[dict[str, float]] = deque(maxlen=KEPT)
        """The last rows."""
        self._path = path
        self._attributes: tuple[int, ...] = ()
        self._file: tuple[int, int] | None = None
        self._offset = 0
        self._columns: list[str] = []
        self._n_read = 0
        self._checksums: list[int] = []  # One per row that was given.

    @property
    def epoch(self) -> int:
        """The last epoch; 0 before the first one."""
        return len(self._checksums)

    def new_rows(self) -> list[dict[str, float]]:
        """The rows that were not there, or said something else, the last time."""
        try:
            found = self._path.stat()
        except OSError:
            return []
        attributes = found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
        if attributes == self._attributes:
            return []
        if attributes[:2] != self._file or found.st_size < self._offset:
            self._begin()
        self._attributes = attributes
        try:
            return self._read()
        except DamagedRecord:
            self._begin()
            self._checksums.clear()
            return []

    def _begin(self) -> None:
        """Read the file from its start the next time."""
        self._file, self._offset, self._columns, self._n_read = None, 0, [], 0
        self.last.clear()

    def _read(self) -> list[dict[str, float]]:
        """The new ones among the rows behind those that were read."""
        is_from_start = self._file is None
        try:
            with regular_files.opened(self._path) as file:
                opened = os.fstat(file.fileno())
                if is_from_start:
                    self._file = opened.st_dev, opened.st_ino
                elif self._file != (opened.st_dev, opened.st_ino):  # Replaced since: the next time.
                    return []
                file.seek(self._offset)
                content = file.read()
        except OSError as error:
            raise damaged(self._path, error) from error
        whole = content[: content.rfind(b"\n") + 1]
        self._offset += len(whole)
        try:
            lines = whole.decode("utf-8").split("\n")[:-1]
        except UnicodeDecodeError as error:
            raise damaged(self._path, error) from error
        if lines and not self._columns:
            self._columns = columns_of(lines.pop(0), self._path)
        new = [row for line in lines if (row := self._next(line))]
        if is_from_start:
            del self._checksums[self._n_read :]
        return new

    def _next(self, line: str) -> dict[str, float] | None:
        """The row of the next line; None if it was given before."""
        row = row_of(self._columns, line, self._path, self._n_read + 2)
        if row[EPOCH] != self._n_read + 1:
            raise damaged(self._path, f"epoch {row[EPOCH]:.0f} is not the next", line=self._n_read + 2)
        self.last.append(row)
        checksum = zlib.crc32(line.encode())
        known = self._checksums[self._n_read : self._n_read + 1]
        self._n_read += 1
        if known == [checksum]:
            return None
        self._checksums[self._n_read - 1 :] = [checksum]
        return row
