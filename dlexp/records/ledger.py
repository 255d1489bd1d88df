"""Ledgers: plain files beside the runs, one JSON document per line, to which lines are added and never changed."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dlexp import regular_files
from dlexp.config.names import LEDGERS
from dlexp.errors import DlexpError
from dlexp.format import to_json_line
from dlexp.records import record_files
from dlexp.records.lock import in_turn
from dlexp.version import VERSION
from dlexp.whole_files import make_folder, sync

#: Hidden beside the ledgers: of two commands that add to them, one waits for the other.
_LOCK = ".lock"


def ledger_path(runs_dir: Path, name: str) -> Path:
    """Where the ledger of a study, or of another series of decisions, lies."""
    return runs_dir / LEDGERS / f"{name}.jsonl"


class Ledger:
    """What was decided and when, in the order in which it was written down; it outlives the runs it speaks of.

    A last line that a kill cut short says nothing: it is not read, and the next entry takes its place.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, entry: Mapping[str, Any]) -> None:
        """Add an entry, with the time and the version of dlexp; it is on the disk when this returns.

        Raises:
            DlexpError: It cannot be written.
        """
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        line = to_json_line({"time": moment, "dlexp": VERSION, **entry})
        try:
            make_folder(self.path.parent)
            with in_turn(self.path.parent / _LOCK):
                is_new = not self.path.exists()
                with regular_files.appended(self.path) as file:
                    os.ftruncate(file.fileno(), len(self._whole_lines()))
                    file.write(f"{line}\n".encode())
                    file.flush()
                    os.fsync(file.fileno())
                if is_new:
                    sync(self.path.parent)
        except OSError as error:
            raise DlexpError(f"{self.path}: cannot be written: {error.strerror}") from error

    def entries(self) -> list[dict[str, Any]]:
        """All entries, the oldest first; none if there is no ledger yet.

        Raises:
            DamagedRecord: A line is no JSON document of an entry.
        """
        lines = self._whole_lines().splitlines()
        return [record_files.parsed(line, self.path, line=number) for number, line in enumerate(lines, 1)]

    def _whole_lines(self) -> bytes:
        content = record_files.read(self.path) or b""
        return content[: content.rfind(b"\n") + 1]
