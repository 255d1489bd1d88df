"""The user's own functions, named in a config as `module:function`.

Only commands that train or predict call them, and others only where they are allowed to: a config or a record from
elsewhere may name any function. All other commands look for the source, and nothing of it runs.
"""

import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from dlexp.components import user_modules
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


def load(function: str) -> Callable[..., Any]:
    """The function itself, of its module as it is now; the module runs."""
    module, _, name = function.partition(":")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)  # Last: nothing there can hide another module.
    loaded: Callable[..., Any] = getattr(user_modules.imported(module), name)
    return loaded
