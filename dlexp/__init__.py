"""Deep-learning experiments as YAML files: run them, compare them, trust the answer."""

import sys

# `python -m dlexp` is the same as `dlexp`: there, too, nothing that lies in the working directory is imported. Python
# itself would look there first, even for modules of its own. Where this package lies there, it has to be found again.
if ["-m", "dlexp"] in map(list, zip(sys.orig_argv, sys.orig_argv[1:], strict=False)) and not sys.flags.safe_path:
    _here = sys.path.pop(0)
    if __file__.startswith(_here):
        sys.path.append(_here)

from dlexp.api.comparing import compare, compare_until_sure, explain
from dlexp.api.records import runs, tag
from dlexp.api.training import bias_variance, load, run, study, try_changes
from dlexp.version import VERSION

__version__ = VERSION

__all__ = [
    "bias_variance",
    "compare",
    "compare_until_sure",
    "explain",
    "load",
    "run",
    "runs",
    "study",
    "tag",
    "try_changes",
]
