"""The user's own functions, named in a config as `module:function`.

Only commands that train or predict call them, and others only where they are allowed to: a config or a record from
elsewhere may name any function. All other commands look for the source, and nothing of it runs. Its modules are
imported from the very source of which the digest was taken.
"""

import hashlib
import importlib
import os
import random
import signal
import sys
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from traceback import walk_tb
from types import ModuleType
from typing import Annotated, Any

from pydantic import Field

from dlexp.components import keras_settings, snapshot
from dlexp.components.keras_messages import in_words
from dlexp.errors import DataError, UserError

FunctionName = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]


def source(function: str) -> Path:
    """The file of the function's module; what that imports is not seen. Nothing of it runs."""
    module = function.partition(":")[0]
    spec = _spec(module)
    if spec is None or not spec.has_location or spec.origin is None:
        raise DataError(f"{function}: no module {module} that Python knows or the working directory has")
    return Path(spec.origin)


def _spec(module: str) -> ModuleSpec | None:
    """Where a module is; unlike importlib's `find_spec`, without importing the packages that it is in.

    The path stays as it is: what is imported later for another reason is not found in the working directory.
    """
    package, *parts = module.split(".")
    found = (finder.find_spec(package, None) for finder in sys.meta_path)
    spec = next((each for each in found if each is not None), None) or PathFinder.find_spec(package, [str(Path.cwd())])
    for part in parts:
        if spec is None or spec.submodule_search_locations is None:
            return None
        # By its last name alone: for a folder without __init__.py, Python looks for the module around it by the others.
        spec = PathFinder.find_spec(part, list(spec.submodule_search_locations))
    return spec


def require_allowed(functions: Sequence[str], is_allowed: bool, what: str) -> None:
    """Refuse to call functions that a file names, unless the user allows it."""
    if functions and not is_allowed:
        raise UserError(f"{what} calls {' and '.join(functions)}, code that the config names; to let it: --allow-code")


class Exited(Exception):
    """Code of the user's that was called to return a value, and ended the process instead."""


class Meddling(ValueError):
    """Code of the user's that changed for all what its own part alone should have."""


@contextmanager
def exits_raised() -> Iterator[None]:
    """Within, code that leaves by `sys.exit` or as if by Ctrl-C raises an error like any other.

    Raises:
        Exited: It left so.
    """
    try:
        yield
    except SystemExit as left:
        raise Exited(f"it calls sys.exit({'' if left.code is None else repr(left.code)})") from left
    except KeyboardInterrupt as left:
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            raise  # It may be the user's own.
        raise Exited("it raises KeyboardInterrupt") from left


@contextmanager
def contained() -> Iterator[None]:
    """Within, code of the user's is called: what it does to the whole process is an error, or is undone.

    What it prints goes to stderr, since stdout has the results of commands.

    Raises:
        Exited: It left.
        Meddling: It changed Keras's settings, which all layers follow.
    """
    folder, has_keras = Path.cwd(), "keras" in sys.modules
    try:
        with exits_raised(), redirect_stdout(sys.stderr):
            yield
    finally:
        os.chdir(folder)  # Records and data files may have relative paths.
        # All that trains has imported Keras before; what the user imports here has the user's own settings.
        changed = keras_settings.changed() if has_keras else ""
        if changed:
            keras_settings.reset()
    if changed:
        raise Meddling(f"it sets Keras's {changed} for everything; leave that out, or set it for single layers")


@contextmanager
def seeds_kept() -> Iterator[None]:
    """Within, setting Python's seed raises `Meddling`: all seeds of an experiment would begin with the same weights."""

    def refuse(*_: Any, **__: Any) -> None:
        raise Meddling("it sets the random seed, so that every seed would begin with the same weights; leave it out")

    seed, random.seed = random.seed, refuse
    try:
        yield
    finally:
        random.seed = seed


def explained(function: str, error: Exception) -> str:
    """What calling a function of the user's raised, in one line, with the last line of its module that ran."""
    module = function.partition(":")[0]
    walked = (walk_tb(each.__traceback__) for each in (error, error.__cause__) if each)
    lines = [
        f" ({Path(frame.f_code.co_filename).name}, line {line})"
        for each in walked
        for frame, line in each
        if frame.f_globals.get("__name__") == module
    ]
    where = lines[-1] if lines else ""
    return f"{function}: {in_words(error)}{where}"


def load(function: str) -> Callable[..., Any]:
    """The function itself, of its module as it is now; the module runs."""
    module, _, name = function.partition(":")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)  # Last: nothing there can hide another module.
    loaded: Callable[..., Any] = getattr(imported(module), name)
    return loaded


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
        self.digest = hashlib.sha256(content).hexdigest()
        return content


def _is_current(module: ModuleType) -> bool:
    """Whether a module that was imported before is its source as it is now; a library is taken to be."""
    spec = module.__spec__
    if spec is None or spec.origin is None or not isinstance(spec.loader, SourceFileLoader):
        return True
    if isinstance(spec.loader, _FromSource):
        return spec.loader.digest == hashlib.sha256(snapshot.read_bytes(Path(spec.origin))).hexdigest()
    # The user's script imported it, which every worker reads again: nobody knows from which bytes.
    libraries = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return any(folder in Path(spec.origin).parents for folder in libraries)
