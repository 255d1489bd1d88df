"""A disk on which the n-th operation fails: opening, writing, syncing, renaming, linking, removing, making a folder."""

import builtins
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass
class Disk:
    """Counts the operations below a folder, and lets one of them fail, or all from one on."""

    root: Path
    at: int = 0
    """Which one fails; 0 for none."""
    number: int = 0
    """The system's number of the error."""
    lasting: bool = False
    """Whether all later ones fail too."""
    count: int = 0
    last: str = ""
    """The operation that failed."""

    def has(self, path: Path) -> bool:
        """Whether it lies in the folder."""
        return path.absolute().is_relative_to(self.root)

    def step(self, name: str, path: Path) -> None:
        """An operation is about to be done."""
        if not self.has(path):
            return
        self.count += 1
        if self.count == self.at or (self.lasting and 0 < self.at < self.count):
            self.last = self.last or f"{self.count}, {name} {path}"
            raise OSError(self.number, os.strerror(self.number), str(path))


class _File(io.FileIO):
    """A file whose every writing is an operation of the disk."""

    disk: Disk

    def write(self, content: Any, /) -> int:
        self.disk.step("write", _path_of(self.fileno()))
        return super().write(content)


def failing(disk: Disk, patch: pytest.MonkeyPatch) -> None:
    """Have the functions of the operating system count, and fail, until the patch is undone."""
    for name, which in {"mkdir": 0, "rmdir": 0, "unlink": 0, "remove": 0, "rename": 1, "replace": 1, "link": 1}.items():
        patch.setattr(os, name, _counted(disk, name, getattr(os, name), which))
    patch.setattr(os, "open", _counted(disk, "open", os.open, 0))
    fsync = os.fsync

    def synced(descriptor: int) -> None:
        disk.step("fsync", _path_of(descriptor))
        fsync(descriptor)

    patch.setattr(os, "fsync", synced)
    opened = _opened(disk, io.open)
    patch.setattr(io, "open", opened)
    patch.setattr(builtins, "open", opened)


def _counted(disk: Disk, name: str, really: Callable[..., Any], which: int) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        disk.step(name, Path(arguments[which]))
        return really(*arguments, **options)

    return call


def _opened(disk: Disk, really: Callable[..., Any]) -> Callable[..., Any]:
    def call(file: Any, mode: str = "r", buffering: int = -1, *arguments: Any, **options: Any) -> Any:
        is_log = file in (1, 2)  # What a worker says goes there.
        if not is_log and not (isinstance(file, str | os.PathLike) and disk.has(Path(file))):
            return really(file, mode, buffering, *arguments, **options)
        if not is_log:
            disk.step("open", Path(file))
        if not set(mode) & set("wax"):
            return really(file, mode, buffering, *arguments, **options)
        raw = _File(file, mode.replace("b", "").replace("t", ""), closefd=options.pop("closefd", True))
        raw.disk = disk
        buffer = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        if "b" in mode:
            return buffer
        return io.TextIOWrapper(buffer, *arguments, **{"line_buffering": buffering == 1, **options})

    return call


def _path_of(descriptor: int) -> Path:
    return Path(f"/proc/self/fd/{descriptor}").readlink()
