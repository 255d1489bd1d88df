"""The shape of the package that every change keeps; what is wrong is listed by `python tests/structure.py`."""

import structure


def test_no_import_comes_back() -> None:
    """As a type checker sees it: imports in functions and for annotations count too."""
    assert structure.circle(structure.imports()) == []


def test_inheritance_is_at_most_four_deep() -> None:
    """Counted over classes of our own."""
    assert {name: depth for name, depth in structure.depths().items() if depth > 4} == {}


def test_dataclasses_of_five_fields_are_keyword_only() -> None:
    """Nobody has to count which value is the fourth."""
    assert structure.positional_dataclasses() == []


def test_no_two_classes_have_one_name() -> None:
    """One word, one thing."""
    assert structure.repeated(place.node.name for place in structure.classes()) == []


def test_library_code_does_not_print() -> None:
    """It returns, raises or logs, so that a notebook can show or catch what is said."""
    assert structure.prints() == []


def test_nothing_is_unused() -> None:
    """Every class and function has a user."""
    assert structure.unused() == []
