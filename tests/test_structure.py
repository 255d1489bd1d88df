"""The shape of the package that every change keeps; what is wrong is listed by `python tests/structure.py`."""

import structure

#: What classes of other libraries call, and what a later key will need.
CALLED_BY_OTHERS = (
    "find_class",
    "readinto",
    "path_stats",
    "get_data",
    "ignore_aliases",
    "Process",
    "AddedLater",
    "emit",
)


def test_no_import_comes_back() -> None:
    """As a type checker sees it: imports in functions and for annotations count too."""
    assert structure.circle(structure.imports()) == []


def test_nothing_is_unused() -> None:
    """Every class and function has a user."""
    assert structure.unused(CALLED_BY_OTHERS) == []
