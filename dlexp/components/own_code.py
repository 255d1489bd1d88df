"""The user's own functions, named in a config as `module:function`."""

import sys
from collections.abc import Callable
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
    import importlib.util

    module = function.partition(":")[0]
    _with_working_directory()
    try:
        spec = importlib.util.find_spec(module)
    except ImportError as error:
        raise DataError(f"{function}: {error}") from error
    if spec is None or not spec.has_location or spec.origin is None:
        raise DataError(f"{function}: no module {module} that Python knows or the working directory has")
    return Path(spec.origin)


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
