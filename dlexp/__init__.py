"""Deep-learning experiments as YAML files: run them, compare them, trust the answer."""

__version__ = "0.1.0"
