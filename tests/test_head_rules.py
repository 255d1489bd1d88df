"""What `check` says of heads: weights of 0, scores that are always 1, a second output in front."""

from pathlib import Path

import pytest

from dlexp.config.load import load


def warnings(folder: Path, text: str) -> list[str]:
    """The warnings of a config, without file and line, and how they are allowed."""
    path = folder / "c.yaml"
    path.write_text(text)
    return [f"{each.path}: {each.message}".partition(" (allow: ")[0] for each in load(path).warnings]


CSV = "{type: csv, path: t.csv, target: y, task: binary}"


@pytest.mark.parametrize(
    ("text", "where", "change"),
    [
        ("iris\nhead: {class_weight: [1, 0, 2]}", "head.class_weight: versicolor", "[1.0, 1.0, 2.0]"),
        (
            "iris\nhead: {class_weight: {setosa: 0, versicolor: 0, virginica: 1}}",
            "head.class_weight: setosa, versicolor",
            "[1.0, 1.0, 1.0]",
        ),
        (f"{CSV}\nhead: {{class_weight: [0, 3]}}", "head.class_weight: 0", "[1.0, 3.0]"),
        (f"{CSV}\nhead: {{class_weight: {{n: 0, p: 3}}}}", "head.class_weight: n", "{n: 1.0, p: 3.0}"),
        (
            "{type: digits, target: [digit, parity]}\nheads: {digit: {}, parity: {class_weight: [1, 0]}}",
            "head.heads.parity.class_weight: odd",
            "[1.0, 1.0]",
        ),
    ],
)
def test_a_class_without_weight_is_never_learned(tmp_path: Path, text: str, where: str, change: str) -> None:
    """Named as the data set names it, of each head."""
    path, _, classes = where.partition(": ")

    assert warnings(tmp_path, f"dataset: {text}") == [
        f"{path}: warning: examples of class {classes} have a weight of 0 and are never learned; set {path}={change}"
    ]


@pytest.mark.parametrize("weights", ["balanced", "[1, 0.001, 1]", "null", "{setosa: 1, versicolor: 2, virginica: 3}"])
def test_other_weights_are_quiet(tmp_path: Path, weights: str) -> None:
    """However small."""
    assert warnings(tmp_path, f"dataset: iris\nhead: {{class_weight: {weights}}}") == []


def test_a_score_that_is_always_1(tmp_path: Path) -> None:
    """The right class among all classes; with more output units it may be missing."""
    stars = "dataset: {type: csv, path: t.csv, target: y, task: multiclass}\n"
    always = (
        "head.metrics: warning: of 3 classes top_3_accuracy is 1 whatever is predicted; set head.metrics=[accuracy]"
    )

    assert warnings(tmp_path, "dataset: iris\nhead: {metrics: [top_3_accuracy]}") == [always]
    assert warnings(tmp_path, f"{stars}head: {{units: 3, metrics: [top_3_accuracy]}}") == [always]
    assert warnings(tmp_path, f"{stars}head: {{units: 4, metrics: [top_3_accuracy]}}") == []
    assert warnings(tmp_path, f"{stars}head: {{metrics: [top_3_accuracy]}}") == []
    assert warnings(tmp_path, "dataset: digits\nhead: {metrics: [top_3_accuracy, top_5_accuracy]}") == []


DENSE = "{Dense: {units: 16, activation: relu}}"


@pytest.mark.parametrize(
    ("text", "change"),
    [
        (
            f"moons\nmodel: {{layers: [{DENSE}, {{Dense: {{units: 1, activation: sigmoid}}}}]}}",
            "model.layers=[{Dense: {activation: relu, units: 16}}]",
        ),
        (
            f"iris\nmodel: {{layers: [{DENSE}, {{Dense: {{units: 3, activation: sigmoid}}}}]}}",
            "model.layers=[{Dense: {activation: relu, units: 16}}]",
        ),
        (
            "moons\nmodel: {layers: [{Dense: {units: 1}}, {Activation: {activation: hard_sigmoid}}]}",
            "model.layers.1.Activation.activation=linear",
        ),
        (
            f"iris\nmodel: {{layers: [{DENSE}, {{Dense: {{units: 5, activation: softmax}}}}]}}",
            "model.layers.1.Dense.activation=relu",
        ),
        (
            "moons\nmodel: {hidden: [16, 1], activation: [relu, sigmoid]}",
            "model={activation: [relu], hidden: [16], type: mlp}",
        ),
        (
            "iris\nmodel: {hidden: [16, 3], activation: [{type: elu, alpha: 0.5}, sigmoid]}",
            "model={activation: [{alpha: 0.5, type: elu}], hidden: [16], type: mlp}",
        ),
        ("moons\nmodel: {hidden: [16, 1], activation: sigmoid}", "model.hidden=[16]"),
    ],
)
def test_an_output_in_front_of_the_head(tmp_path: Path, text: str, change: str) -> None:
    """A softmax, or as many sigmoids as there are outputs, or a single one: a layer that is not needed is left out."""
    (found,) = warnings(tmp_path, f"dataset: {text}")

    assert "the head brings the output units and their activation; behind a " in found
    assert found.endswith(f"; set {change}")


@pytest.mark.parametrize(
    "text",
    [
        f"moons\nmodel: {{layers: [{DENSE}, {{Dense: {{units: 8, activation: sigmoid}}}}]}}",
        f"moons\nmodel: {{layers: [{{Dense: {{units: 1, activation: sigmoid}}}}, {DENSE}]}}",
        f"moons\nmodel: {{layers: [{DENSE}, {{Dense: {{units: 1, activation: tanh}}}}]}}",
        "moons\nmodel: {hidden: [16, 16], activation: [relu, sigmoid]}",
        "moons\nmodel: {hidden: [1], activation: sigmoid}",
        "iris\nmodel: {hidden: [16, 3], activation: sigmoid}",
        "iris\nmodel: {hidden: [16, 3], activation: [relu, tanh]}",
    ],
)
def test_sigmoid_hidden_units_are_quiet(tmp_path: Path, text: str) -> None:
    """They are a subject of the course."""
    assert warnings(tmp_path, f"dataset: {text}") == []
