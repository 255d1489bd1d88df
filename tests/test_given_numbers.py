"""Layers that need what the default takes away: whole numbers, a range, padding."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from dlexp.components.component import Unfit
from dlexp.components.data import Data, Info, Span, Split
from dlexp.components.models import keras_layers
from dlexp.components.models.given_numbers import ABSOLUTE, limits
from dlexp.components.models.padding import PADDED
from dlexp.config.checks import completed
from dlexp.config.experiment import Experiment
from dlexp.config.load import Loaded, load
from dlexp.config.problems import ConfigError
from dlexp.training.input_remarks import doubts, info_of
from dlexp.training.network import Network, build
from dlexp.training.preflight import network_of
from dlexp.training.splits import split

IMAGE = "{Reshape: {target_shape: [8, 8, 1]}}"
LARGE_IMAGE = "{Reshape: {target_shape: [28, 28, 1]}}"
OWN = "type: npz, path: own.npz, task: binary"
#: What layers need to be made, of those that take a range.
NEEDED: dict[str, dict[str, Any]] = {
    "RandomColorJitter": {f"{each}_factor": 0.5 for each in ("brightness", "contrast", "saturation", "hue")},
    "RandomErasing": {"factor": 1.0},
    "RandomInvert": {"factor": 1.0},
    "RandomPosterization": {"factor": 4},
    "Solarization": {"addition_factor": 0.3, "threshold_factor": 0.3},
}


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Loaded]:
    """Load a config of a data set and layers."""
    monkeypatch.chdir(tmp_path)

    def loaded(dataset: str, *layers: str) -> Loaded:
        stack = (
            f"layers: [{', '.join(layers)}]" if layers[0][0] != "=" else f"type: python, function: own:{layers[0][1:]}"
        )
        Path("c.yaml").write_text(f"dataset: {{{dataset}}}\nmodel: {{{stack}}}\n")
        return load("c.yaml")

    return loaded


def refusal(write: Callable[..., Loaded], dataset: str, *layers: str) -> str:
    """What a config is refused with; empty if it is not."""
    try:
        write(dataset, *layers)
    except ConfigError as error:
        (line,) = error.lines
        return line
    return ""


@pytest.mark.parametrize(
    ("dataset", "layers", "line"),
    [
        (
            OWN,
            ("{Embedding: {input_dim: 50, output_dim: 8}}", "GlobalAveragePooling1D"),
            "model.layers.0.Embedding: takes whole numbers from 0 to 49, given standardized numbers; "
            "set dataset.form=word_ids and dataset.vocabulary=50",
        ),
        (
            "type: csv, path: t.csv, target: y, task: binary",
            ("{Reshape: {target_shape: [4]}}", "{Embedding: {input_dim: 50, output_dim: 8}}", "Flatten"),
            "model.layers.1.Embedding: takes whole numbers from 0 to 49, given standardized numbers; "
            "set dataset.standardize=false",
        ),
        (
            "type: mnist",
            ("{Embedding: {input_dim: 256, output_dim: 8}}", "Flatten"),
            "model.layers.0.Embedding: takes whole numbers from 0 to 255, given numbers from 0 to 1, not all of them "
            "whole",
        ),
        (
            OWN,
            (IMAGE, "{RandomBrightness: {factor: 0.1}}", "Flatten"),
            "model.layers.1.RandomBrightness: takes numbers from 0 to 255 (value_range), given standardized numbers; "
            "set dataset.standardize=false",
        ),
        (
            "type: fashion_mnist",
            (LARGE_IMAGE, "{RandomFlip: {mode: horizontal}}", "AutoContrast", "Flatten"),
            "model.layers.2.AutoContrast: takes numbers from 0 to 255 (value_range), given numbers from 0 to 1; "
            "set model.layers.2.AutoContrast.value_range=[0, 1]",
        ),
        (
            "type: digits",
            (IMAGE, "{RandomInvert: {factor: 0.5}}", "Flatten"),
            "model.layers.1.RandomInvert: takes numbers from 0 to 255 (value_range), given standardized numbers; "
            "set dataset.standardize=false and model.layers.1.RandomInvert.value_range=[0, 16]",
        ),
        (
            "type: digits, standardize: false",
            (IMAGE, "{RandomContrast: {factor: 0.5, value_range: [0, 1]}}", "Flatten"),
            "model.layers.1.RandomContrast: takes numbers from 0 to 1 (value_range), given whole numbers from 0 to 16; "
            "set model.layers.1.RandomContrast.value_range=[0, 16]",
        ),
        (
            OWN,
            (
                "{Reshape: {target_shape: [4, 2]}}",
                "{TimeDistributed: {layer: {Embedding: {input_dim: 9, output_dim: 2}}}}",
                "{Reshape: {target_shape: [16]}}",
            ),
            "model.layers.1.TimeDistributed.layer.Embedding: takes whole numbers from 0 to 8, given standardized "
            "numbers; set dataset.form=word_ids and dataset.vocabulary=9",
        ),
        (
            OWN,
            ("{Reshape: {target_shape: [4, 2]}}", "{Permute: {dims: [2, 1]}}", "Masking", "{LSTM: {units: 4}}"),
            "model.layers.2.Masking: skips steps of 0, given standardized numbers: padding is no longer what it was; "
            "set dataset.standardize=false",
        ),
    ],
)  # fmt: skip
def test_layers_that_cannot_work_with_what_they_are_given(
    write: Callable[..., Loaded], dataset: str, layers: tuple[str, ...], line: str
) -> None:
    """Refused from the config alone, with what is there and what to set."""
    assert refusal(write, dataset, *layers) == f"c.yaml:2: {line}"


@pytest.mark.parametrize(
    ("dataset", "layers", "line"),
    [
        (
            OWN,
            (IMAGE, "{RandomContrast: {factor: 0.1}}", "Flatten"),
            "model.layers.1.RandomContrast: warning: takes numbers from 0 to 255 (value_range), given standardized "
            "numbers; set dataset.standardize=false",
        ),
        (
            OWN,
            (IMAGE, "{Rescaling: {scale: 0.00392}}", "Flatten"),
            "model.layers.1.Rescaling: warning: makes numbers from -0.00392 to 0.00392 of standardized numbers: they "
            "are scaled already; set dataset.standardize=false",
        ),
        (
            "type: mnist",
            ("{Rescaling: {scale: 0.00392}}", "{Dense: {units: 16}}"),
            "model.layers.0.Rescaling: warning: makes numbers from 0 to 0.00392 of numbers from 0 to 1: they are "
            "scaled already; set model.layers=[{Dense: {units: 16}}]",
        ),
    ],
)  # fmt: skip
def test_layers_that_are_probably_given_what_they_are_not_meant_for(
    write: Callable[..., Loaded], dataset: str, layers: tuple[str, ...], line: str
) -> None:
    """A warning, which names the key and can be allowed."""
    assert list(map(str, write(dataset, *layers).warnings)) == [
        f"c.yaml:2: {line} (allow: [input_range] if it is meant)"
    ]


@pytest.mark.parametrize(
    ("dataset", "layers"),
    [
        (OWN, (IMAGE, "{RandomFlip: {mode: horizontal}}", "{RandomRotation: {factor: 0.1}}", "Flatten")),
        (OWN, (IMAGE, "{RandomBrightness: {factor: 0.1, value_range: [-3, 3]}}", "Flatten")),
        (OWN, (IMAGE, "{Rescaling: {scale: 85, offset: 127.5}}", "{RandomBrightness: {factor: 0.1}}", "Flatten")),
        (OWN, (IMAGE, "BatchNormalization", "{RandomContrast: {factor: 0.1}}", "Flatten")),
        (f"{OWN}, standardize: false", (IMAGE, "{RandomBrightness: {factor: 0.1}}", "Flatten")),
        (f"{OWN}, standardize: false", ("{Embedding: {input_dim: 50, output_dim: 8}}", "Flatten")),
        (f"{OWN}, form: word_ids, vocabulary: 50", ("{Embedding: {output_dim: 8}}", "Flatten")),
        (OWN, ("{Reshape: {target_shape: [-1, 2]}}", "Masking", "{LSTM: {units: 4}}")),
        ("type: digits, standardize: false", (IMAGE, "{Rescaling: {scale: 0.0625}}", "Flatten")),
        ("type: digits, standardize: false", (IMAGE, "{RandomInvert: {factor: 0.1, value_range: [0, 16]}}", "Flatten")),
        ("type: mnist", (LARGE_IMAGE, "{RandomContrast: {factor: 0.1}}", "Flatten")),
        ("type: mnist", (LARGE_IMAGE, "{RandomErasing: {factor: 0.1, fill_value: 0}}", "Flatten")),
    ],
)  # fmt: skip
def test_layers_that_get_what_they_need(write: Callable[..., Loaded], dataset: str, layers: tuple[str, ...]) -> None:
    """Nothing is said."""
    assert list(map(str, write(dataset, *layers).warnings)) == []


def test_which_layers_depend_on_the_range_of_their_inputs() -> None:
    """Of each layer of Keras with a `value_range`: whether numbers from 0 to 1 become others than bytes become.

    Those in `ABSOLUTE` do, by more than 1 %; the others clip alone. No other layer that changes images does.
    """
    pixels = np.random.default_rng(0).integers(0, 256, (32, 8, 8, 3)).astype(np.float32)
    pixels[:, :4] /= 4  # Contrast, for layers that look at it.
    depending = []
    for name, layer in keras_layers.table()["layers"].items():
        is_random = name.startswith("Random") and name != "RandAugment"
        if not is_random and "value_range" not in layer["arguments"]:
            continue
        kind = getattr(keras.layers, name)
        needed = NEEDED.get(name) or {each: 0.3 for each, is_needed in layer["arguments"].items() if is_needed}
        if name == "RandomFlip":
            needed = {}
        seed = {"seed": 3} if "seed" in inspect.signature(kind).parameters else {}
        bytes_, unit = (np.asarray(kind(**needed, **seed)(x, training=True)) for x in (pixels, pixels / 255))
        if np.abs(255 * unit - bytes_).mean() > 0.01 * 255:
            depending.append(name)

    assert sorted(depending) == sorted(ABSOLUTE)
    assert all(limits(name, {}) == (0, 255) for name in ABSOLUTE)


def networks(experiment: Experiment, x: np.ndarray, y: np.ndarray) -> Network:
    """The network of arrays that are one's own, of which a half trains."""
    data = Data(Split(x, y), Split(x, y))
    info = Info(
        task="binary", n_train=len(x), n_test=len(x), inputs="numeric", shape=x.shape[1:], n_classes=2, standardize=True
    )
    return build(completed(experiment, info), info, data.train, seed=0)


@pytest.mark.parametrize(("dtype", "padding"), [(np.float32, 0.0), (np.float64, -1.0)])
def test_masking_finds_its_padding_behind_the_standardization(
    write: Callable[..., Loaded], tmp_path: Path, dtype: type[np.floating[Any]], padding: float
) -> None:
    """Steps are standardized by all steps that are no padding; padded ones are skipped, also by the saved model."""
    rng = np.random.default_rng(0)
    x = rng.normal(5, 3, (64, 6, 2)).astype(dtype)
    x[:32, 4:] = padding
    x[1, 0, 0] = padding  # One feature of a step is not all of it.
    masking = f"{{Masking: {{mask_value: {padding}}}}}"
    loaded = write(OWN, "{Reshape: {target_shape: [6, 2]}}", masking, "{LSTM: {units: 4}}")
    network = networks(loaded.experiment, x.reshape(64, 12), np.arange(64) % 2)
    steps = np.concatenate([x[:32, :4].reshape(-1, 2), x[32:].reshape(-1, 2)]).astype(np.float64)
    network.model.save(tmp_path / "model.keras")
    saved = keras.models.load_model(tmp_path / "model.keras", compile=False)

    outputs: Any = x.reshape(64, 12)
    for layer in network.standardize:
        outputs = layer(outputs)
    standardized = np.asarray(outputs).reshape(64, 6, 2)
    expected = (x - steps.mean(axis=0)) / steps.std(axis=0)
    np.testing.assert_allclose(standardized[32:], expected[32:], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(standardized[:32, :4], expected[:32, :4], rtol=1e-4, atol=1e-5)
    assert (standardized[:32, 4:] == np.float32(PADDED)).all()

    def logit(values: np.ndarray) -> np.ndarray:
        lstm, dense = (
            next(each for each in saved.layers if type(each) is kind)
            for kind in (keras.layers.LSTM, keras.layers.Dense)
        )
        return np.asarray(dense(lstm(values.astype(np.float32))))

    shares = np.asarray(saved(x.reshape(64, 12)))
    np.testing.assert_allclose(np.log(shares / (1 - shares))[:32], logit(expected[:32, :4]), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(np.log(shares / (1 - shares))[32:], logit(expected[32:]), rtol=1e-3, atol=1e-4)


def test_data_of_padding_alone(write: Callable[..., Loaded]) -> None:
    """Nothing is left to standardize, nor to learn from."""
    loaded = write(OWN, "{Reshape: {target_shape: [6, 2]}}", "Masking", "{LSTM: {units: 4}}")

    with pytest.raises(Unfit, match=r"^model\.layers: the Masking skips steps of 0, and every step of the training"):
        networks(loaded.experiment, np.zeros((8, 12), np.float32), np.arange(8) % 2)


OWN_MODELS = """
import keras
import numpy as np

L = keras.layers


def words(x, n=50):
    return L.GlobalAveragePooling1D()(L.Embedding(n, 4)(keras.ops.cast(x, "int32")))


def some_words(x):
    return words(x[:, :2])


class Mine(L.Embedding):
    pass


def own_class(x):
    return L.Flatten()(Mine(50, 4)(x))


def masked(x):
    return L.LSTM(4)(L.Masking()(L.Reshape((4, 1))(x)))


def brighter(x):
    augmented = keras.Sequential([L.RandomFlip("horizontal"), L.RandomBrightness(0.1)])
    return L.Flatten()(augmented(L.Reshape((2, 2, 1))(x)))


def graph(x):
    image = keras.Input((2, 2, 1))
    return L.Flatten()(keras.Model(image, L.RandomPosterization(4)(image))(L.Reshape((2, 2, 1))(x)))


def contrast(x):
    return L.Flatten()(L.RandomContrast(0.1)(L.Reshape((2, 2, 1))(x)))


def unadapted(x):
    return L.Dense(4)(L.Normalization()(x))


def adapted(x):
    normalization = L.Normalization()
    normalization.adapt(np.arange(8.0).reshape(2, 4))
    return L.Dense(4)(normalization(x))


def bins(x):
    return L.Dense(4)(L.Flatten()(L.Embedding(3, 2)(L.Discretization([10.0, 20.0])(x))))


def hashed(x):
    return L.Flatten()(L.Embedding(9, 2)(L.Hashing(9)(keras.ops.cast(x, "int32"))))


def dense(x):
    return L.Dense(4)(x)
"""
STANDARDIZED = "given standardized numbers"
BRIGHT = "RandomBrightness 'random_brightness' takes numbers from 0 to 255 (value_range)"
UNSET = "set dataset.standardize=false"
WORDS = "takes whole numbers from 0 to 49"
AS_WORDS = "set dataset.form=word_ids and dataset.vocabulary=50"


@pytest.fixture
def own(write: Callable[..., Loaded]) -> Callable[..., tuple[list[str], list[str]]]:
    """What is refused of a model of one's own on an array of one's own, and what is doubted."""
    Path("own.py").write_text(OWN_MODELS)

    def said(function: str, x: np.ndarray, keys: str = "") -> tuple[list[str], list[str]]:
        y = np.arange(len(x)) % 2
        np.savez("own.npz", x_train=x, y_train=y, x_test=x, y_test=y)
        experiment = write(f"{OWN}{keys}", f"={function}" if function[0] != "{" else function).experiment
        data = experiment.dataset.load(None)
        info = info_of(experiment, data)
        try:
            network = network_of(completed(experiment, info), info, data)
        except Unfit as error:
            return error.lines, []
        return [], list(map(str, doubts(experiment, info, network.needs)))

    return said


@pytest.mark.parametrize(
    ("function", "line"),
    [
        ("words", f"Embedding 'embedding' {WORDS}, {STANDARDIZED}; {AS_WORDS}"),
        ("some_words", f"Embedding 'embedding' {WORDS}, {STANDARDIZED}; {AS_WORDS}"),
        ("own_class", f"Embedding 'mine' {WORDS}, {STANDARDIZED}; {AS_WORDS}"),
        ("masked", f"Masking 'masking' skips steps of 0.0, {STANDARDIZED}: padding is no longer what it was; {UNSET}"),
        ("brighter", f"{BRIGHT}, {STANDARDIZED}; {UNSET}"),
        (
            "graph",
            "RandomPosterization 'random_posterization' takes numbers from 0 to 255 (value_range), "
            f"{STANDARDIZED}; {UNSET}",
        ),
        ("unadapted", "Normalization 'normalization' has no mean and variance, and leaves numbers as they are"),
        (
            "bins",
            f"Discretization 'discretization' parts numbers at 10 to 20, {STANDARDIZED}: all are alike behind it; "
            f"{UNSET}",
        ),
        ("hashed", f"Hashing 'hashing' takes whole numbers, {STANDARDIZED}; {UNSET}"),
    ],
)
def test_layers_of_a_function_that_cannot_work_with_standardized_numbers(
    own: Callable[..., tuple[list[str], list[str]]], function: str, line: str
) -> None:
    """Whatever is around them: a cast, a part of the inputs, a class of one's own, a model within the model."""
    x = np.random.default_rng(0).integers(0, 50, (40, 4))

    assert own(function, x) == ([f"model.function: {line}"], [])


@pytest.mark.parametrize(
    "function", ["words", "some_words", "own_class", "masked", "hashed", "bins", "dense", "adapted"]
)
def test_the_same_layers_with_the_numbers_themselves(
    own: Callable[..., tuple[list[str], list[str]]], function: str
) -> None:
    """Nothing is said."""
    x = np.random.default_rng(0).integers(0, 50, (40, 4))

    assert own(function, x, ", standardize: false") == ([], [])


def test_numbers_that_only_the_data_tell(own: Callable[..., tuple[list[str], list[str]]]) -> None:
    """Of arrays as they are, their own range counts, for layers in a config and in a function."""
    rng, raw = np.random.default_rng(0), ", standardize: false"
    pixels, words = rng.integers(0, 256, (40, 4)), rng.integers(0, 60, (40, 4))
    words[0, 0] = 59
    unit, halves = np.round(pixels / 255, 2), words / 2
    embedding = "{Embedding: {input_dim: 50, output_dim: 2}}, Flatten"
    of_layers = "{Reshape: {target_shape: [2, 2, 1]}}, {RandomBrightness: {factor: 0.1}}, Flatten"
    takes = "takes whole numbers from 0 to 49, given"

    assert own("brighter", pixels, raw) == ([], [])
    assert own("brighter", unit, raw) == ([f"model.function: {BRIGHT}, given numbers from 0 to 1"], [])
    assert own(of_layers, pixels, raw) == ([], [])
    assert own(of_layers, unit, raw) == (
        [
            "model.layers.1.RandomBrightness: takes numbers from 0 to 255 (value_range), given numbers from 0 to 1; "
            "set model.layers.1.RandomBrightness.value_range=[0, 1]"
        ],
        [],
    )
    assert own(embedding, words, raw) == (
        [f"model.layers.0.Embedding: {takes} whole numbers from 0 to 59; set model.layers.0.Embedding.input_dim=60"],
        [],
    )
    assert own(embedding, halves, raw) == (
        [f"model.layers.0.Embedding: {takes} numbers from 0 to 29.5, not all of them whole"],
        [],
    )
    assert own("words", words, ", form: word_ids, vocabulary: 100") == (
        [f"model.function: Embedding 'embedding' {takes} whole numbers from 0 to 59"],
        [],
    )
    assert own("words", words % 50, ", form: word_ids, vocabulary: 100") == ([], [])


def test_a_doubt_of_a_function_is_a_remark(own: Callable[..., tuple[list[str], list[str]]]) -> None:
    """It says the key, and can be allowed."""
    x = np.random.default_rng(0).integers(0, 256, (40, 4))

    assert own("contrast", x) == (
        [],
        [
            "model.function: RandomContrast 'random_contrast' takes numbers from 0 to 255 (value_range), given "
            "standardized numbers; set dataset.standardize=false (allow: [input_range] if it is meant)"
        ],
    )
    assert own("contrast", x, ", standardize: false") == ([], [])


@pytest.mark.parametrize(
    ("layers", "key"),
    [
        ("{Reshape: {target_shape: [4, 1]}}, Masking, {LSTM: {units: 4}}", None),
        ("{Embedding: {input_dim: 256, output_dim: 2}}, Flatten", None),
        (
            "{Reshape: {target_shape: [2, 2, 1]}}, {RandomBrightness: {factor: 0.1}}, Flatten",
            "a Rescaling behind RandomBrightness",
        ),
        ("{Dense: {units: 4}}", "dataset.standardize: true"),
    ],
)
def test_numbers_that_layers_need_as_they_are_are_not_called_unscaled(
    own: Callable[..., tuple[list[str], list[str]]], write: Callable[..., Loaded], layers: str, key: str | None
) -> None:
    """Padding and words are not to be standardized; behind a layer with a range it is a Rescaling that scales."""
    x = np.random.default_rng(0).integers(0, 256, (40, 4))
    own(layers, x, ", standardize: false")
    experiment = load("c.yaml").experiment
    remarks = split(experiment, experiment.dataset.load(None)).remarks
    keys = [each.key for each in remarks if each.rule == "unscaled_inputs"]

    assert keys == [] if key is None else [key in each for each in keys] == [True]


@pytest.mark.parametrize(
    ("span", "usual"),
    [(Span(0, 0.98), [0, 1]), (Span(0, 200), [0, 255]), (Span(0, 16), [0, 16]), (Span(-1, 1), [-1, 1])],
)
def test_the_range_that_is_advised(span: Span, usual: list[float]) -> None:
    """The usual one if numbers fill it, else theirs."""
    assert span.usual == usual
