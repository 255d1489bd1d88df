"""Modules of the user's own functions, imported from the very source of which the digest was taken."""

import hashlib
import importlib
import sys
import sysconfig
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from dlexp.components import snapshot


def imported(name: str) -> ModuleType:
    """A module as its source is now, or within a snapshot as it was at first; it runs unless it did already."""
    _UserModules.names.add(name)
    if not any(isinstance(finder, _UserModules) for finder in sys.meta_path):
        sys.meta_path.insert(0, _UserModules())
    known = sys.modules.get(name)
    if known is not None and not _is_current(known):
        del sys.modules[name]
    return importlib.import_module(name)


class _UserModules(MetaPathFinder):
    """Finds own modules where Python does, and has them compiled from their source."""

    names: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """That of a module which was asked for, or which belongs to the snapshot: one may import another."""
        finders = [finder for finder in sys.meta_path if finder is not self]
        spec = next((spec for finder in finders if (spec := finder.find_spec(fullname, path))), None)
        if spec is None or spec.origin is None or type(spec.loader) is not SourceFileLoader:
            return None
        if fullname not in self.names and Path(spec.origin) not in snapshot.paths():
            return None
        spec.loader = _FromSource(fullname, spec.origin)
        return spec


class _FromSource(SourceFileLoader):
    """Compiles the source itself: a file of bytecode may be that of another source of the same size and time."""

    digest: str | None = None
    """Of the source that was compiled."""

    def path_stats(self, path: Any) -> Any:
        """None, without which bytecode is neither read nor written."""
        raise OSError

    def get_data(self, path: Any) -> bytes:
        """The source, as a snapshot has it."""
        content = snapshot.read_bytes(Path(path))
        self.digest = _digest(content)
        return content


def _is_current(module: ModuleType) -> bool:
    """Whether a module that was imported before is its source as it is now; a library is taken to be."""
    spec = module.__spec__
    if spec is None or spec.origin is None or not isinstance(spec.loader, SourceFileLoader):
        return True
    if isinstance(spec.loader, _FromSource):
        return spec.loader.digest == _digest(snapshot.read_bytes(Path(spec.origin)))
    # The user's script imported it, which every worker reads again: nobody knows from which bytes.
    libraries = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return any(folder in Path(spec.origin).parents for folder in libraries)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
