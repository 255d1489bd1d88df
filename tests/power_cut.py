"""What a power cut leaves of a folder, at every step of what a process does there.

The functions of the operating system that make, rename, remove and sync files are recorded. What a library writes
(numpy, h5py, matplotlib) is known from the file itself, as it stands when it is synced.
"""

import builtins
import io
import os
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

#: A folder: each path in it, in order, with a file's bytes; None for a folder.
Tree = tuple[tuple[str, bytes | None], ...]
#: What the disk did with what was not synced.
Loss = Literal["all is lost", "the names are kept", "the names and half of the bytes are kept"]


@dataclass
class Disk:
    """A folder as it is, and as much of it as the disk has promised to keep."""

    root: Path
    graves: Path
    """Where removed files are kept, so that no number of theirs (inode) comes back as another file's."""
    link: Callable[..., None] = os.link
    contents: dict[int, bytes] = field(default_factory=dict)
    """Of each file, by its number, the bytes that were synced."""
    names: dict[int, dict[str, int]] = field(default_factory=dict)
    """Of each folder, by its number, the names that were synced, with the numbers behind them."""
    cuts: dict[Tree, str] = field(default_factory=dict)
    """Every different tree that a power cut could leave, and after what."""

    def synced(self, descriptor: int) -> None:
        """The disk keeps a file's bytes, or a folder's names."""
        link, status = Path(f"/proc/self/fd/{descriptor}"), os.fstat(descriptor)
        if not self.has(link):
            return
        if stat.S_ISDIR(status.st_mode):
            self.names[status.st_ino] = {entry.name: entry.stat().st_ino for entry in os.scandir(link)}
        else:
            self.contents[status.st_ino] = link.read_bytes()

    def has(self, path: Path) -> bool:
        """Whether it lies in the folder, or is the folder."""
        return path.resolve().is_relative_to(self.root)

    def bury(self, path: Path) -> None:
        """Keep the number of a file that is about to lose its name."""
        if path.is_file() and self.has(path):
            self.link(path, self.graves / str(len(list(self.graves.iterdir()))))

    def note(self, step: str) -> None:
        """Add what a power cut would leave now."""
        losses: tuple[Loss, ...] = (
            "all is lost",
            "the names are kept",
            "the names and half of the bytes are kept",
        )
        for loss in losses:
            tree: dict[str, bytes | None] = {}
            if loss == "all is lost":
                self._promised(self.root.stat().st_ino, "", tree)
            else:
                self._kept(tree, half=loss != "the names are kept")
            self.cuts.setdefault(tuple(sorted(tree.items())), f"{step}: {loss}")

    def _promised(self, folder: int, prefix: str, tree: dict[str, bytes | None]) -> None:
        for name, number in self.names.get(folder, {}).items():
            is_folder = number in self.names or number in self._folders()
            tree[prefix + name] = None if is_folder else self.contents.get(number, b"")
            if is_folder:
                self._promised(number, f"{prefix}{name}/", tree)

    def _folders(self) -> set[int]:
        return {path.stat().st_ino for path in self.root.rglob("*") if path.is_dir()}

    def _kept(self, tree: dict[str, bytes | None], half: bool) -> None:
        for path in self.root.rglob("*"):
            name = str(path.relative_to(self.root))
            if path.is_dir():
                tree[name] = None
                continue
            kept = self.contents.get(path.stat().st_ino, b"")
            now = path.read_bytes()
            if half and now.startswith(kept):
                kept = now[: (len(kept) + len(now)) // 2]
            tree[name] = kept


def recording(root: Path, graves: Path, patch: pytest.MonkeyPatch) -> Disk:
    """Record what this process does below a folder, until the patch is undone."""
    disk = Disk(root.resolve(), graves)
    graves.mkdir()
    steps, one_at_a_time = 0, threading.RLock()

    def recorded(name: str, really: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal steps
            with one_at_a_time:
                if name in ("unlink", "remove"):
                    disk.bury(Path(arguments[0]))
                elif name in ("rename", "replace"):
                    disk.bury(Path(arguments[1]))
                result = really(*arguments, **options)
                if name == "fsync":
                    disk.synced(arguments[0])
                steps += 1
                disk.note(f"step {steps}, {name} {arguments[0]}")
                return result

        return call

    for name in ("mkdir", "rmdir", "unlink", "remove", "rename", "replace", "link", "fsync"):
        patch.setattr(os, name, recorded(name, getattr(os, name)))
    open_really = io.open

    def opened(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        result = open_really(file, mode, *arguments, **options)
        if isinstance(file, str | os.PathLike) and set(mode) & set("wax") and disk.has(Path(file)):
            disk.note(f"open {file}")
        return result

    patch.setattr(io, "open", opened)
    patch.setattr(builtins, "open", opened)
    disk.note("the start")
    return disk


def lay_out(tree: Tree, folder: Path) -> None:
    """Make the folder that a power cut left."""
    folder.mkdir()
    for name, content in tree:
        if content is None:
            (folder / name).mkdir()
        else:
            (folder / name).write_bytes(content)
