"""The parts in which two configs differ, and the configs in between."""

from pathlib import Path

import pytest

from dlexp.config.flat import MISSING, flatten
from dlexp.config.load import Loaded, load
from dlexp.config.parts import Change
from dlexp.statistics.attribution import corners_of, first_and_last

BASE = "dataset: digits\nmodel: {hidden: [32, 32]}\noptimizer: sgd\n"


def change(folder: Path, a: str, b: str) -> Change:
    """From one config to another, both given as YAML."""
    return Change.between(_loaded(folder / "a.yaml", a), _loaded(folder / "b.yaml", b))


def _loaded(path: Path, text: str) -> Loaded:
    path.write_text(text)
    return load(path)


def keys(found: Change) -> list[tuple[str, ...]]:
    """Of each part."""
    return [part.keys for part in found.parts]


def settled(found: Change) -> Change:
    """With parts joined that the first and the last of them cannot do without."""
    return found.settled(lambda k: corners_of(first_and_last(k)))


def settings(loaded: Loaded) -> dict[str, object]:
    """By dotted key, without the name."""
    return flatten(loaded.experiment.model_dump(mode="json", exclude={"name"}))


def test_parts_are_the_keys_that_differ_in_the_order_of_a_config(tmp_path: Path) -> None:
    """Whatever the order in the files."""
    found = change(
        tmp_path,
        BASE,
        "training: {batch_size: 64}\nmodel: {activation: tanh, hidden: [64]}\n" + BASE[:16] + "optimizer: sgd\n",
    )

    assert keys(found) == [("model.hidden",), ("model.activation.type",), ("training.batch_size",)]
    assert found.values("model.hidden") == ([32, 32], [64])


def test_config_in_between_has_some_parts_of_each(tmp_path: Path) -> None:
    """And everything else that both have."""
    found = change(tmp_path, BASE, BASE.replace("[32, 32]", "[64]") + "training: {batch_size: 64, epochs: 3}\n")

    assert keys(found) == [("model.hidden",), ("training.epochs",), ("training.batch_size",)]
    assert settings(found.config(0b101)) == settings(found.a) | {"model.hidden": [64], "training.batch_size": 64}
    assert settings(found.config(0b110)) == settings(found.b) | {"model.hidden": [32, 32]}
    assert found.config(0) is found.a
    assert found.config(0b111) is found.b


def test_names_say_what_is_in_between(tmp_path: Path) -> None:
    """What is changed of the first config, or the one key that is not."""
    found = change(tmp_path, BASE, BASE.replace("[32, 32]", "[64]") + "training: {batch_size: 64, epochs: 3}\n")

    assert [found.name(corner) for corner in (0, 1, 6, 7)] == ["a", "a-to-b+hidden", "a-to-b-except-hidden", "b"]
    assert found.config(1).experiment.name == "a-to-b+hidden"


def test_long_names_are_cut(tmp_path: Path) -> None:
    """So that they stay names of folders, and each says which one it is."""
    a, b = (f"name: {letter * 90}\n" for letter in "ab")
    found = change(tmp_path, a + BASE, b + BASE.replace("[32, 32]", "[64]") + "training: {batch_size: 64, epochs: 3}\n")

    assert found.name(1) == f"{'a' * 30}-to-{'b' * 30}+hidden"
    assert all(len(found.config(corner).experiment.name) <= 90 for corner in range(1, 7))


def test_what_comes_with_a_type_is_one_part_with_it(tmp_path: Path) -> None:
    """Defaults silently, what was chosen by name; a key that both types have is a part of its own."""
    found = change(tmp_path, BASE, BASE.replace("sgd", "{type: adam, beta_1: 0.8}"))

    assert keys(found) == [("optimizer.type", "optimizer.beta_1"), ("optimizer.learning_rate",)]
    assert found.title(found.parts[0]) == "optimizer"
    assert found.values("optimizer.beta_1") == (MISSING, 0.8)
    assert settings(found.config(1)) == settings(found.b) | {"optimizer.learning_rate": 0.01}


def test_a_section_that_one_config_lacks_is_one_part(tmp_path: Path) -> None:
    """With all that stands in it."""
    found = change(tmp_path, BASE, BASE + "training: {early_stopping: {patience: 3}, epochs: 5}\n")

    assert keys(found) == [("training.epochs",), ("training.early_stopping",)]
    assert found.values("training.early_stopping") == (None, {"patience": 3})
    assert settings(found.config(2)) == settings(found.b) | {"training.epochs": 20}


LAYERS = "dataset: digits\nmodel: {layers: [{Dense: {units: 8}}, {Dropout: {rate: 0.1}}, {Dense: {units: 4}}]}\n"


@pytest.mark.parametrize(
    ("layers", "parts"),
    [
        (LAYERS.replace("0.1", "0.2").replace("4", "5"), ["layers.1.Dropout.rate", "layers.2.Dense.units"]),
        (LAYERS.replace(", {Dense: {units: 4}}", "").replace("8", "9"), ["layers"]),
        (LAYERS.replace("{Dropout: {rate: 0.1}}", "Flatten").replace("8", "9"), ["layers.0.Dense.units", "layers.1"]),
    ],
)
def test_lists_of_layers(tmp_path: Path, layers: str, parts: list[str]) -> None:
    """Layer by layer where there are as many; a layer of another kind is one part, and so is a list of other length."""
    found = change(tmp_path, LAYERS, layers)

    assert keys(found) == [(f"model.{part}",) for part in parts]
    for corner in range(found.last + 1):
        n_layers = {len(each.experiment.model.model_dump()["layers"]) for each in (found.a, found.b)}
        assert len(found.config(corner).experiment.model.model_dump()["layers"]) in n_layers


def test_kinds_of_layers_tell_a_list(tmp_path: Path) -> None:
    """Of another length; and the kind tells a layer."""
    found = change(tmp_path, LAYERS, LAYERS.replace("{Dropout: {rate: 0.1}}, ", ""))
    other = change(tmp_path, LAYERS, LAYERS.replace("{Dropout: {rate: 0.1}}", "Flatten"))

    assert found.values("model.layers") == (["Dense", "Dropout", "Dense"], ["Dense", "Dense"])
    assert other.values("model.layers.1") == ("Dropout", "Flatten")


def test_keys_that_are_refused_apart_are_joined(tmp_path: Path) -> None:
    """With the reason of the checks."""
    texts = "dataset: {type: imdb, num_words: 500}\n"
    padded = (
        "dataset: {type: imdb, num_words: 500, encoding: padded, maxlen: 40}\nmodel: embedding\ntraining: {epochs: 3}\n"
    )
    found = change(tmp_path, texts, padded)

    assert len(found.parts) > 2
    joined = settled(found)
    assert [part.keys[0] for part in joined.parts] == ["dataset.encoding", "model.hidden", "training.epochs"]
    assert {"dataset.encoding", "dataset.maxlen", "model.type"} <= set(joined.parts[0].keys)
    assert joined.title(joined.parts[0]) == "encoding with maxlen and model"
    assert joined.parts[0].why == "model.type: mlp cannot take word indices"
    assert [part.why for part in joined.parts[1:]] == ["", ""]
    assert settings(joined.config(0b011)) == settings(joined.b) | {"training.epochs": 20}


def test_a_key_that_needs_another_is_joined_with_that_alone(tmp_path: Path) -> None:
    """Others stay parts of their own, though some of their configs were refused."""
    stopping = "training: {early_stopping: {}, batch_size: 16}\n"
    found = settled(change(tmp_path, BASE + "validation: none\n", BASE.replace("[32, 32]", "[8]") + stopping))

    assert keys(found) == [
        ("validation.type", "validation.stratify", "training.early_stopping"),
        ("model.hidden",),
        ("training.batch_size",),
    ]


def test_names_and_what_only_observes_are_no_parts(tmp_path: Path) -> None:
    """Configs in between observe what both do."""
    found = change(tmp_path, BASE, f"name: other\n{BASE}training: {{diagnostics: true, keep_state: true, epochs: 3}}\n")

    assert keys(found) == [("training.epochs",)]
    assert not change(tmp_path, BASE, f"name: other\n{BASE}").parts


def test_what_both_allow_is_allowed_in_between(tmp_path: Path) -> None:
    """And nothing is warned of that nobody chose."""
    found = change(tmp_path, BASE + "allow: [memory]\n", BASE.replace("sgd", "adam"))

    assert list(found.config(1).allowed) == ["memory"]
    assert not found.config(1).warnings
