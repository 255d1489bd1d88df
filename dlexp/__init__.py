"""Deep-learning experiments as YAML files: run them, compare them, trust the answer."""

# The package `dlexp.runs` first: its first import binds the name, which then becomes the function's for good.
import dlexp.runs  # noqa: F401
from dlexp.api import bias_variance, compare, load, run, runs

__version__ = "0.2.0"

__all__ = ["bias_variance", "compare", "load", "run", "runs"]
