"""Importing TensorFlow without what no run uses: public names that nobody asks for, and plots of Keras's."""

import importlib
import importlib.metadata
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import InspectLoader, Loader
from importlib.machinery import ModuleSpec, PathFinder
from threading import RLock
from types import ModuleType
from typing import Any

#: Keras imports these if they are there, for plots, wrappers and tables that no run uses; TensorFlow needs none.
UNUSED = ("matplotlib", "pandas", "sklearn")
#: Modules that give TensorFlow's functions their public names, those of its first version and of mobile phones too; and
#: numpy's interface to Fortran, which scipy imports along with all of numpy.
LATE = ("tensorflow._api.v2.", "numpy.f2py")
#: The versions of TensorFlow with which all of this was tried: it reads what TensorFlow promises to nobody.
TRIED = ("2.21.",)
#: How the code of the former gives a name.
_NAME = re.compile(r"^from (\w[\w.]*) import (\w+)(?: as (\w+))?(?: *#.*)?$", re.MULTILINE)


def import_tensorflow() -> None:
    """Import TensorFlow and Keras: faster than by itself, and all is there as soon as it is asked for.

    A version that was not tried is imported as usual.
    """
    if _tensorflow_version().startswith(TRIED):
        sys.meta_path.insert(0, LateFinder)  # It stays: such modules import one another.
    with hidden(UNUSED):
        import tensorflow  # noqa: F401


def _tensorflow_version() -> str:
    """The installed one; empty where it goes by another name, as builds for some processors do."""
    try:
        return importlib.metadata.version("tensorflow")
    except importlib.metadata.PackageNotFoundError:
        return ""


class LateModule(ModuleType):
    """A module each of whose names is imported when it is asked for.

    Python's own LazyLoader runs all code of a module at once, even for `__file__`, which whoever looks for a source
    asks of every module.
    """

    def __getattr__(self, name: str) -> Any:
        with self.__dict__["__late_lock__"], _names_kept(sys.modules[self.__name__.partition(".")[0]]):
            if name in self.__dict__:  # Another thread was faster.
                return self.__dict__[name]
            if place := self._places().get(name):
                self.__dict__[name] = self._imported(*place)
            elif loader := self.__dict__.pop("__late_loader__", None):
                loader.exec_module(self)
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}", name=name, obj=self) from None

    def __dir__(self) -> Iterable[str]:
        return {*super().__dir__(), *self._places()}

    def _places(self) -> dict[str, tuple[str, str]]:
        """Where the names come from: module and name there."""
        if "__late_places__" not in self.__dict__:
            loader = self.__dict__["__late_loader__"]
            source = (isinstance(loader, InspectLoader) and loader.get_source(self.__name__)) or ""
            found = {as_name or name: (module, name) for module, name, as_name in _NAME.findall(source)}
            # What other code mentions may be something else in the end.
            mentioned = found.keys() & set(re.findall(r"\w+", _NAME.sub("", source)))
            self.__dict__["__late_places__"] = {name: found[name] for name in found.keys() - mentioned}
        places: dict[str, tuple[str, str]] = self.__dict__["__late_places__"]
        return places

    def _imported(self, module: str, name: str) -> Any:
        if module != self.__name__:
            found = importlib.import_module(module)
            if hasattr(found, name):
                return getattr(found, name)
        return importlib.import_module(f"{module}.{name}")


@contextmanager
def _names_kept(package: ModuleType) -> Iterator[None]:
    """Within, what is imported takes no name from a late module: TensorFlow has folders `lite` and `distribute` too."""
    late = {name: module for name, module in vars(package).items() if isinstance(module, LateModule)}
    try:
        yield
    finally:
        vars(package).update(late)


class LateLoader(Loader):
    """Leaves the code of a module to its own loader, later."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def exec_module(self, module: ModuleType) -> None:
        """Note what would run its code."""
        module.__dict__.update(__late_lock__=RLock(), __late_loader__=self._loader)
        module.__class__ = LateModule


class LateFinder:
    """Finds the modules that are `LATE`."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """What Python asks of whatever finds modules."""
        spec = PathFinder.find_spec(name, path, target) if name.startswith(LATE) else None
        if spec and spec.loader:
            spec.loader = LateLoader(spec.loader)
        return spec


@contextmanager
def hidden(names: Iterable[str]) -> Iterator[None]:
    """Importing these raises ImportError, as if they were not installed; what was imported before stays."""
    absent: dict[str, Any] = {name: None for name in names if name not in sys.modules}
    sys.modules.update(absent)
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
