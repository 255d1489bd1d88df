"""The user's own functions, named in a config as `module:function`."""

import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from dlexp.errors import DataError

FunctionName = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]


def source(function: str) -> Path:
    """The file of the function's module; what that imports is not seen. Nothing of it runs.

    Raises:
        DataError: There is no such module.
    """
    module = function.partition(":")[0]
    _with_working_directory()
    spec = _spec(module)
    if spec is None or not spec.has_location or spec.origin is None:
        raise DataError(f"{function}: no module {module} that Python knows or the working directory has")
    return Path(spec.origin)


def _spec(module: str) -> ModuleSpec | None:
    """Where a module is; unlike importlib's `find_spec`, without importing the packages that it is in."""
    spec, path, name = None, None, ""
    for part in module.split("."):
        name = f"{name}.{part}".lstrip(".")
        if spec is not None:
            path = spec.submodule_search_locations
            if path is None:
                return None
        found = (finder.find_spec(name, path) for finder in sys.meta_path)
        spec = next((each for each in found if each is not None), None)
        if spec is None:
            return None
    return spec


def load(function: str) -> Callable[..., Any]:
    """The function itself; its module runs."""
    import importlib

    module, _, name = function.partition(":")
    _with_working_directory()
    loaded: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return loaded


def _with_working_directory() -> None:
    """Let Python look for modules in the working directory too, last: nothing there can hide another module."""
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)
