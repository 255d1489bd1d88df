"""What experiments are called beside each other: by what sets them apart, in few words."""

from typing import Any

from dlexp.config.flat import MISSING
from dlexp.config.labels import Labelled, labels, setting, setting_columns, short_keys


def of(name: str, identity: str = "0123456789abcdef", changed: tuple[str, ...] = (), **settings: object) -> Labelled:
    """An experiment with settings whose dots are written `__`."""
    by_key = {key.replace("__", "."): value for key, value in settings.items()}
    return Labelled(name=name, settings=by_key, identity=identity, changed=changed)


def test_points_of_a_grid_are_told_apart_by_their_settings() -> None:
    """Each by the keys that differ within the name alone, as they stand in a config."""
    points = [
        of("grid", model__hidden=[64, 64], optimizer__learning_rate=0.01, training__epochs=2),
        of("grid", model__hidden=[64, 4], optimizer__learning_rate=0.1, training__epochs=2),
        of("other", model__hidden=[8], optimizer__learning_rate=0.5, training__epochs=2),
    ]

    assert labels(points) == [
        "grid hidden=[64, 64] learning_rate=0.01",
        "grid hidden=[64, 4] learning_rate=0.1",
        "other",
    ]


def test_one_experiment_is_told_by_what_a_command_set() -> None:
    """Where no other one has its name."""
    assert labels([of("a", changed=("optimizer.learning_rate",), optimizer__learning_rate=1e-05)]) == [
        "a learning_rate=1e-05"
    ]


def test_what_no_setting_tells_apart_has_its_identity() -> None:
    """Two of one name and the same settings, whose own code differs."""
    assert labels([of("a", "aaaaaaaaaaaaa", x=1), of("a", "bbbbbbbbbbbbb", x=1)]) == ["a aaaaaaaaaa", "a bbbbbbbbbb"]


def test_keys_are_as_short_as_they_can_be() -> None:
    """No end of another key, none that begins with a number, and of a type what has it."""
    keys = ["optimizer.type", "optimizer.learning_rate", "head.heads.a.weight", "model.layers.0.units"]
    among = ["head.heads.b.weight", "model.layers.1.units", "model.type"]

    assert short_keys(keys, among) == {
        "optimizer.type": "optimizer",
        "optimizer.learning_rate": "learning_rate",
        "head.heads.a.weight": "a.weight",
        "model.layers.0.units": "layers.0.units",
    }


def test_a_section_that_some_lack_is_one_key() -> None:
    """As a whole, with what is given in it that is no default; where all have it, each of its keys by itself."""
    defaults: dict[str, Any] = {"monitor": "val_loss", "min_delta": 0.0, "restore_best": True}
    off = of("a", training__early_stopping=None)
    on, other = (
        of("a", **{f"training__early_stopping__{key}": value for key, value in (defaults | {"patience": n}).items()})
        for n in (5, 9)
    )

    assert labels([off, on, other]) == [
        "a early_stopping=null",
        "a early_stopping={}",
        "a early_stopping={patience: 9}",
    ]
    assert labels([on, other]) == ["a patience=5", "a patience=9"]
    assert setting_columns([off, other]) == {"early_stopping": ["null", "{patience: 9}"]}


def test_the_value_of_a_key() -> None:
    """Of a component its type, of a section what is in it, of an unknown one all, of no key nothing."""
    settings = {"optimizer.type": "adam", "own.a": 1, "own.b.c": [2], "x": None}

    keys = ["optimizer", "x", "own.a", "own", "y"]
    assert [setting(settings, key) for key in keys] == ["adam", None, 1, {"a": 1, "b.c": [2]}, MISSING]
