"""Experiments as files: load, extend, override, check, flatten, compare."""
