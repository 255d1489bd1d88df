"""Flat configs: round trips, differences in their order, and values as one would write them."""

from typing import Any

import pytest
from experiments import unflatten
from hypothesis import given
from hypothesis import strategies as st

from dlexp.config.flat import MISSING, differences, flatten, format_value, short

keys = st.text("abc_", min_size=1, max_size=3)
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
configs = st.dictionaries(
    keys,
    st.recursive(
        scalars | st.lists(scalars, max_size=3),
        lambda values: (
            st.dictionaries(keys, values, max_size=3)
            | st.lists(st.dictionaries(keys, values, max_size=3), min_size=1, max_size=3)
        ),
    ),
)


def test_leaves_have_dotted_keys() -> None:
    """Lists of plain values are leaves; mappings in lists have their index as key."""
    config = {"model": {"hidden": [64, 4], "activation": {"type": "relu"}}, "heads": [{"units": 1}, {}]}

    assert flatten(config) == {
        "model.hidden": [64, 4],
        "model.activation.type": "relu",
        "heads.0.units": 1,
        "heads.1": {},
    }


@given(configs)
def test_unflatten_undoes_flatten(config: dict[str, Any]) -> None:
    """No config is changed by being made flat and nested again."""
    assert unflatten(flatten(config)) == config


def test_differences_keep_the_order_of_the_configs() -> None:
    """A key that only the second config has stands beside its siblings, not at the end."""
    a = {"dataset.type": "imdb", "optimizer.type": "sgd", "optimizer.momentum": 0.9, "training.epochs": 1}
    b = {"dataset.type": "imdb", "optimizer.type": "adam", "optimizer.epsilon": 1e-7, "training.epochs": 2}

    assert differences(a, b) == [
        ("optimizer.type", "sgd", "adam"),
        ("optimizer.momentum", 0.9, MISSING),
        ("optimizer.epsilon", MISSING, 1e-7),
        ("training.epochs", 1, 2),
    ]


def test_null_is_not_missing() -> None:
    """A key that says null differs from no key."""
    assert differences({"a": None}, {}) == [("a", None, MISSING)]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([64, 4], "[64, 4]"),
        ([], "[]"),
        (1e-07, "1e-07"),
        (0.001, "0.001"),
        (1.0, "1.0"),
        (float("-inf"), "-.inf"),
        (10_000, "10000"),
        (True, "true"),
        (None, "null"),
        ("adam", "adam"),
        ("a  b", "a  b"),
        ("a\nb", '"a\\nb"'),
        ("a # b", "'a # b'"),
        ("1e-3", "'1e-3'"),
        ("true", "'true'"),
        ({"type": "l2", "l2": 0.01}, "{l2: 0.01, type: l2}"),
        (MISSING, "-"),
    ],
)
def test_values_are_shown_as_one_would_write_them(value: Any, text: str) -> None:
    """YAML's flow style, with short floats, and quotes only where a string would be read as another value."""
    assert format_value(value) == text


@pytest.mark.parametrize("digest", ["0123456789abcdef" * 4, "1" * 64, "1e" + "5" * 62])
def test_a_digest_is_short(digest: str) -> None:
    """Its first ten characters, also where YAML would take it for a number; everything else as it is written."""
    assert short(digest) == digest[:10]
    assert short(digest[:63]) == format_value(digest[:63])
    assert short([64, 4]) == "[64, 4]"


def test_values_that_python_takes_for_equal_keep_their_texts() -> None:
    """Texts are remembered by value and kind."""
    assert [format_value(value) for value in (1, True, 1.0, "1", 0.0, -0.0)] == [
        "1",
        "true",
        "1.0",
        "'1'",
        "0.0",
        "-0.0",
    ]
    assert [format_value(value) for value in ([1], [True], [1.0], ["1"])] == ["[1]", "[true]", "[1.0]", "['1']"]
