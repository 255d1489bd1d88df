"""What is said of the layers that a user's own function makes."""

import zlib
from pathlib import Path

import pytest

from dlexp.components.component import Unfit
from dlexp.config.checks import completed
from dlexp.config.load import load
from dlexp.training.built_remarks import built_remarks
from dlexp.training.network import build
from dlexp.training.splits import split

TWICE = "the head brings the output units and their activation; behind a {} they squash twice"


def said(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str, rest: str = "") -> list[str]:
    """The remarks on a model of iris whose function has this body."""
    monkeypatch.chdir(folder)
    module = f"mine_{zlib.crc32(body.encode())}"
    lines = "\n    ".join(body.split("; "))
    Path(f"{module}.py").write_text(f"import keras\nfrom keras import layers\n\ndef made(x):\n    {lines}\n")
    Path("c.yaml").write_text(f'dataset: iris\nmodel: {{type: python, function: "{module}:made"}}\n{rest}')
    experiment = load("c.yaml").experiment
    data, info = experiment.dataset.load(None), experiment.dataset.info()
    experiment = completed(experiment, info)
    train = split(experiment, data).train
    network = build(experiment, info, train, seed=0)
    return [
        str(each).partition(" (allow: ")[0].replace(module, "mine")
        for each in built_remarks(experiment, network, len(train))
    ]


@pytest.mark.parametrize(
    ("body", "activation"),
    [
        ("return layers.Dense(3, activation='softmax')(x)", "softmax"),
        ("return layers.Softmax()(layers.Dense(8)(x))", "softmax"),
        ("return keras.ops.softmax(layers.Dense(3)(x))", "softmax"),
        ("return layers.Activation('log_softmax')(layers.Dense(3)(x))", "log_softmax"),
        ("return layers.Dense(3, activation='sigmoid')(x)", "sigmoid"),
        ("return layers.Dense(1, activation='sigmoid')(x)", "sigmoid"),
        ("return keras.Sequential([layers.Dense(8), layers.Dense(3, activation='softmax')])(x)", "softmax"),
    ],
)
def test_an_output_in_front_of_the_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, activation: str
) -> None:
    """As Keras's own models end: in a layer, an operation or a model."""
    found = f"model.function: mine:made: {TWICE.format(activation)}"

    assert said(tmp_path, monkeypatch, body) == [found]


@pytest.mark.parametrize(
    "body",
    [
        "return x",
        "return layers.Dense(8, activation='relu')(x)",
        "return layers.Dense(8, activation='sigmoid')(x)",
        "return layers.Dense(3, activation='tanh')(x)",
        "return layers.Dense(8)(layers.Dense(3, activation='softmax')(x))",
        "h = layers.Dense(8)(x); return h * keras.ops.sigmoid(h)",
        "return layers.BatchNormalization()(layers.Dense(8)(x))",
    ],
)
def test_hidden_units_are_quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Sigmoids and gates among them."""
    assert said(tmp_path, monkeypatch, body) == []


@pytest.mark.parametrize(
    ("body", "layers"),
    [
        ("return keras.ops.stop_gradient(layers.Dense(3, name='a')(x))", "a"),
        ("return layers.Dense(3)(keras.ops.round(layers.Dense(3, name='a')(x)) > 0)", "a"),
        ("return keras.ops.one_hot(keras.ops.argmax(layers.Dense(3, name='a')(x), -1), 3)", "a"),
    ],
)
def test_weights_without_a_gradient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, layers: str) -> None:
    """As Keras's `fit` warns of: what stands behind them cuts the gradient off."""
    found = f"model.function: mine:made: no gradient reaches weights of {layers}, which stay as they begin"

    assert said(tmp_path, monkeypatch, body) == [found]


def test_frozen_layers_are_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user has said that they do not learn."""
    assert said(tmp_path, monkeypatch, "return layers.Dense(3, trainable=False)(x)") == []


def test_examples_that_become_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The axis of the batch is no axis to reshape over."""
    with pytest.raises(Unfit, match="makes 10 rows of features of 5 examples; keep the axis of the examples"):
        said(tmp_path, monkeypatch, "return layers.Dense(3)(keras.ops.reshape(x, (-1, 2)))")


@pytest.mark.parametrize(
    ("body", "size", "found"),
    [
        (
            "return layers.BatchNormalization(name='norm')(layers.Dense(8)(x))",
            1,
            "training.batch_size: over a batch of 1 example, layer norm gives its bias alone: nothing in front of it "
            "is learned; see training.batch_size: 32",
        ),
        (
            "return keras.Sequential([layers.Dense(8), layers.BatchNormalization(name='norm')])(x)",
            19,
            "training.batch_size: the last of 6 steps has 1 of 96 examples, over which layer norm gives its bias "
            "alone; see training.batch_size: 20",
        ),
        ("h = layers.Reshape((2, 2))(x); return layers.Flatten()(layers.BatchNormalization()(h))", 1, ""),
        ("return layers.LayerNormalization()(x)", 1, ""),
    ],
)
def test_batch_normalization_over_one_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, size: int, found: str
) -> None:
    """Also in a model within the model; not if it is over steps as well."""
    assert said(tmp_path, monkeypatch, body, f"training: {{batch_size: {size}}}") == ([found] if found else [])
