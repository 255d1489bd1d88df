"""Models of Keras's own layers, and of the user's function: what `check` knows, and what training gives."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from commands import Invoke
from plain_keras import keras_optimizer
from snapshots import dense

from dlexp.components.models import Layers, keras_layers, layer_axes
from dlexp.components.models.layers import put_behind
from dlexp.config.experiment import Experiment
from dlexp.config.identity import Ingredients
from dlexp.config.load import load
from dlexp.config.problems import ConfigError
from dlexp.records.run_dir import RunDir
from dlexp.training.loop import Evaluator, Trainer, order_of
from dlexp.training.network import Network, build
from dlexp.training.threads import set_threads

set_threads(1)

IMAGE = "{Reshape: {target_shape: [8, 8, 1]}}"
STEPS = "{Reshape: {target_shape: [8, 8]}}"
WORDS = "dataset: {type: imdb, encoding: padded, num_words: 200, maxlen: 12}\n"


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Configs, own code and runs lie in the working directory."""
    monkeypatch.chdir(tmp_path)


def experiment(text: str, *overrides: str) -> Experiment:
    """The experiment of a config with this text; on digits where it names no data set."""
    Path("config.yaml").write_text(text if "dataset:" in text else f"dataset: digits\n{text}", encoding="utf-8")
    return load(Path("config.yaml"), overrides).experiment


def stack(*layers: str) -> str:
    """A config's model of these layers."""
    return "model:\n  layers:\n" + "".join(f"    - {layer}\n" for layer in layers)


def refusals(text: str) -> list[str]:
    """What the config is refused with: path and message."""
    with pytest.raises(ConfigError) as refused:
        experiment(text)
    return [f"{problem.path}: {problem.message}" for problem in refused.value.problems]


def trained(config: Experiment, epochs: int = 2, seed: int = 1) -> tuple[list[float], Network]:
    """The losses of training and validation, and the network, on the stand-in."""
    data = config.dataset.stand_in()
    network = build(config, config.dataset.info(), data.train, seed)
    trainer = Trainer(network, config.optimizer.build(), data.train, config.training.batch_size)
    evaluator = Evaluator(network, data.test)
    losses = []
    for epoch in range(1, epochs + 1):
        losses += [trainer.train_epoch(order_of(seed, epoch, len(data.train))).loss, evaluator.evaluate().loss]
    return losses, network


def installed() -> dict[str, Any]:
    """The table as the installed Keras has it."""
    path = Path(__file__).parents[1] / "tools" / "keras_layers.py"
    spec = importlib.util.spec_from_file_location("tools_keras_layers", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    table: dict[str, Any] = module.table()
    return table


def test_table_is_that_of_the_installed_keras() -> None:
    """Another version may have more; what the table names is there, with these arguments."""
    table, found = keras_layers.table(), installed()

    if table["keras"] == found["keras"]:
        assert table == found
    for name, layer in table["layers"].items():
        assert set(layer["arguments"]) <= set(found["layers"][name]["arguments"]), name
    assert set(table["flags"]) <= set(found["flags"])
    for kind, words in table["words"].items():
        assert set(words) <= set(found["words"][kind]), kind


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (["Lstm"], "model.layers.0.Lstm: unknown layer 'Lstm'. Did you mean 'LSTM'?"),
        (
            ["Conv2d: {filters: 2, kernel_size: 3}"],
            "model.layers.0.Conv2d: unknown layer 'Conv2d'. Did you mean 'Conv2D'?",
        ),
        (["Lambda: {function: f}"], "unknown layer 'Lambda'. Code has its place in model: {type: python}."),
        (["Dense"], "model.layers.0.Dense.units: missing"),
        (["Dense: {units: 0}"], "model.layers.0.Dense.units: expected a whole number, at least 1"),
        (["Dense: {units: true}"], "model.layers.0.Dense.units: expected a whole number, at least 1"),
        (["Dense: {units: 8, activaton: relu}"], "unknown argument 'activaton'. Did you mean 'activation'?"),
        (["Dense: {units: 8, activation: rellu}"], "unknown activation 'rellu'. Did you mean 'relu'?"),
        (["Dense: {units: 8, kernel_initializer: he}"], "unknown initializer 'he'."),
        (["Dropout: {rate: 1.5}"], "model.layers.0.Dropout.rate: expected a number from 0 to below 1, given 1.5"),
        ([STEPS, "LSTM: {units: 8, dropout: 2}"], "model.layers.1.LSTM.dropout: expected a number from 0 to below 1"),
        (
            ["Dense: {units: 8, use_bias: maybe}"],
            "model.layers.0.Dense.use_bias: expected true or false, given 'maybe'",
        ),
        (
            [IMAGE, "Conv2D: {filters: 2, kernel_size: 3, padding: sam}", "Flatten"],
            "model.layers.1.Conv2D.padding: unknown padding 'sam'. Did you mean 'same'?",
        ),
        (["{Dense: {units: 8}, Dropout: {rate: 0.5}}"], "expected a layer's name, or one name with its arguments"),
        (["Bidirectional: {layer: {LSTM: {unit: 8}}}"], "Bidirectional.layer.LSTM.unit: unknown argument 'unit'."),
        (["Bidirectional: {layer: 3}"], "expected a layer, such as {LSTM: {units: 32}}, given 3"),
        (["Conv2D: {filters: 8, kernel_size: 3}"], "takes 4 axes with the batch, given 2; put Reshape: {target_shape:"),
        ([IMAGE, "Conv2D: {filters: 8, kernel_size: 3}"], "leaves 4 axes with the batch, and the head takes 2"),
        ([STEPS, "LSTM: {units: 8, return_sequences: true}"], "end with Flatten or GlobalAveragePooling1D"),
        (
            ["Masking", STEPS, "LSTM: {units: 8}"],
            "Masking: takes at least 3 axes with the batch, given 2; put model.layers.1.Reshape before it",
        ),
        (
            ["Masking", "LSTM: {units: 8}"],
            "Masking: takes at least 3 axes with the batch, given 2; put Reshape: {target_shape: [steps, features]}",
        ),
    ],
)
def test_wrong_layers_are_named_before_keras_is_loaded(layers: list[str], message: str) -> None:
    """With the place, what was expected, and the nearest right word."""
    (found,) = [text for text in refusals(stack(*layers)) if message in text]

    assert found.startswith("model.layers")


@pytest.mark.parametrize(
    ("dataset", "layer", "message"),
    [
        ("dataset: imdb\n", "BatchNormalization", "sparse vectors need a Dense layer first, given BatchNormalization"),
        ("dataset: imdb\n", "Embedding: {output_dim: 4}", "first, given Embedding; set dataset.encoding=padded"),
        (WORDS, "Dense: {units: 8}", "word indices need an Embedding layer first, given Dense"),
        (WORDS, "Embedding: {output_dim: 4, input_dim: [300]}", "expected a whole number, at least 1, given [300]"),
        (WORDS, "Embedding: {output_dim: 4, input_dim: 10}", "10 is fewer than the data set's 200 word indices"),
    ],
)
def test_first_layer_fits_the_inputs(dataset: str, layer: str, message: str) -> None:
    """Sparse vectors and word indices have one kind of layer each that takes them."""
    assert any(message in text for text in refusals(dataset + stack(layer, "Flatten")))


CLIP = "{Reshape: {target_shape: [4, 4, 4, 1]}}"
SIGNAL = "{Reshape: {target_shape: [16, 4, 1]}}"


@pytest.mark.parametrize(
    "layers",
    [
        (CLIP, "TimeDistributed: {layer: {Conv2D: {filters: 2, kernel_size: 2}}}",
         "TimeDistributed: {layer: {GlobalAveragePooling2D: {}}}", "LSTM: {units: 4}"),
        (CLIP, "TimeDistributed: {layer: Flatten}", "GRU: {units: 4, return_sequences: true}", "Flatten"),
        (CLIP, "TimeDistributed: {layer: {EinsumDense: {equation: 'abcd,de->ae', output_shape: [3]}}}", "Flatten"),
        (CLIP, "ConvLSTM2D: {filters: 2, kernel_size: 2, return_sequences: true}",
         "ConvLSTM2D: {filters: 2, kernel_size: 2}", "GlobalAveragePooling2D"),
        (CLIP, "Bidirectional: {layer: {ConvLSTM2D: {filters: 2, kernel_size: 2}}}", "Flatten"),
        (SIGNAL, "ConvLSTM1D: {filters: 2, kernel_size: 2}", "GlobalMaxPooling1D"),
        ("{Reshape: {target_shape: [4, 4, 2, 2, 1]}}", "ConvLSTM3D: {filters: 2, kernel_size: 2}", "Flatten"),
        (STEPS, "GlobalAveragePooling1D: {keepdims: true}", "LSTM: {units: 4}"),
        (IMAGE, "GlobalMaxPooling2D: {keepdims: true}", "Conv2D: {filters: 2, kernel_size: 1}", "Flatten"),
        (STEPS, "EinsumDense: {equation: 'abc,cd->ad', output_shape: [4]}"),
        ("{Reshape: {target_shape: [64, 1]}}", "STFTSpectrogram: {frame_length: 16, frame_step: 8, fft_length: 16}",
         "LSTM: {units: 4}"),
        ("MelSpectrogram: {fft_length: 16, sequence_stride: 8, num_mel_bins: 4, sampling_rate: 64, max_freq: 32}",
         "LSTM: {units: 4}"),
        (STEPS, "MultiHeadAttention: {num_heads: 2, key_dim: 2, output_shape: [2, 2]}", "GlobalAveragePooling2D"),
        (STEPS, "SpectralNormalization: {layer: {Conv1D: {filters: 2, kernel_size: 2}}}", "Flatten"),
    ],
)  # fmt: skip
def test_axes_behind_a_layer_are_those_that_keras_gives(layers: tuple[str, ...]) -> None:
    """Such a stack passes the check; where only Keras knows the axes, it is left to it."""
    config = experiment(stack(*layers))
    info = config.dataset.info()
    assert isinstance(config.model, Layers)
    x = keras.Input(info.shape)
    for item in config.model.layers:
        known = layer_axes.axes_behind(item, x.ndim)
        ((name, arguments),) = item.items()
        x = put_behind(x, name, arguments, 0, apart=False)

        assert known in (None, x.ndim), item
    assert x.ndim == 2


@pytest.mark.training
def test_what_only_keras_knows_is_said_in_one_line(invoke: Invoke) -> None:
    """A kernel larger than the image: the config, the layer's place, the shape before it, Keras's own words."""
    for name, size in (("nine", 9), ("ten", 10)):
        text = stack(IMAGE, f"Conv2D: {{filters: 8, kernel_size: {size}}}", "Flatten")
        Path(f"{name}.yaml").write_text(f"dataset: digits\n{text}training: {{epochs: 1}}", encoding="utf-8")

    code, _, err = invoke("run", "nine.yaml", "ten.yaml", "--dry-run")

    assert code == 2
    for name in ("nine", "ten"):
        assert f"{name}.yaml:5: model.layers.1.Conv2D: Keras refuses it after (None, 8, 8, 1)" in err
    assert len(err.splitlines()) <= 10


@pytest.mark.training
def test_a_kernel_that_does_not_fit_is_refused_before_it_is_made(invoke: Invoke) -> None:
    """Behind layers whose outputs only Keras knows: its place, what it needs and what there is."""
    text = stack(IMAGE, "Conv2D: {filters: 1000, kernel_size: 1}", "Flatten", "Dense: {units: 900000000}")
    Path("config.yaml").write_text(f"dataset: digits\n{text}", encoding="utf-8")

    code, _, err = invoke("run", "config.yaml", "--dry-run")

    assert code == 2
    assert "model.layers.3.Dense.units: needs about 230 TB of memory, and " in err


STACKS = {
    "convolution": (IMAGE, "Conv2D: {filters: 4, kernel_size: 3}", "BatchNormalization", "GlobalMaxPooling2D"),
    "augmentation": (IMAGE, "RandomTranslation: {height_factor: 0.2, width_factor: 0.2}", "Flatten"),
    "noise": ("GaussianNoise: {stddev: 0.1}", "Dense: {units: 8, activation: selu}", "AlphaDropout: {rate: 0.1}"),
    "lstm": (STEPS, "LSTM: {units: 4, dropout: 0.2, recurrent_dropout: 0.2}"),
    "gru": (STEPS, "Bidirectional: {layer: {GRU: {units: 4}}}"),
    "attention": (STEPS, "MultiHeadAttention: {num_heads: 2, key_dim: 4, dropout: 0.2}", "GlobalAveragePooling1D"),
    "listed attention": (STEPS, "Attention", "LayerNormalization", "Flatten"),
    "distributed": (STEPS, "TimeDistributed: {layer: {Dense: {units: 4}}}", "Flatten"),
}


@pytest.mark.training
@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
def test_same_seed_gives_the_same_bytes(layers: tuple[str, ...]) -> None:
    """Layers with generators of their own included: losses and every weight, in a warm process."""
    config = experiment(stack(*layers))

    first_losses, first = trained(config)
    losses, network = trained(config)

    assert losses == first_losses
    for weight, expected in zip(network.model.get_weights(), first.model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)


@pytest.mark.training
@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
def test_saved_model_opens_with_keras_alone(layers: tuple[str, ...], tmp_path: Path) -> None:
    """And predicts what the network does."""
    config = experiment(stack(*layers))
    data = config.dataset.stand_in()
    _, network = trained(config, epochs=1)
    network.model.save(tmp_path / "model.keras")

    loaded = keras.models.load_model(tmp_path / "model.keras")

    expected = Evaluator(network, data.test).evaluate().predictions
    np.testing.assert_allclose(loaded.predict(data.test.x, verbose=0), expected, atol=1e-5)


@pytest.mark.training
@pytest.mark.parametrize(
    "layer",
    [
        "RandomTranslation: {height_factor: 0.2, width_factor: 0.2}",
        "RandomRotation: {factor: 0.1}",
        "RandomFlip: {mode: horizontal}",
    ],
)
def test_augmentation_acts_in_training_alone(layer: str, tmp_path: Path) -> None:
    """Training sees other images each time; evaluation and the saved model those that are there, as without it."""
    augmented, plain = (experiment(stack(IMAGE, *between, "Flatten")) for between in ([layer], []))
    data = augmented.dataset.stand_in()
    x = data.test.x
    network, without = (build(each, each.dataset.info(), data.train, seed=1) for each in (augmented, plain))
    for weight, other in zip(without.model.trainable_weights, network.model.trainable_weights, strict=True):
        weight.assign(other)

    first, second = (np.asarray(network.body(x, training=True)[0]) for _ in range(2))
    evaluated = Evaluator(network, data.test).evaluate()
    network.model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")

    as_without = Evaluator(without, data.test).evaluate()
    np.testing.assert_array_equal(evaluated.logits, as_without.logits)
    assert evaluated.loss == as_without.loss
    np.testing.assert_allclose(loaded.predict(x, verbose=0), as_without.predictions, atol=1e-6)
    changed = (np.abs(first - as_without.logits) > 1e-4).any(axis=1)
    assert changed.mean() > 0.3
    assert not np.allclose(first, second)


def test_a_flip_in_training_is_that_of_each_image_by_itself() -> None:
    """About half of the images of a batch are mirrored, the others left as they are."""
    config = experiment(stack(IMAGE, "RandomFlip: {mode: horizontal}", "Flatten"))
    data = config.dataset.stand_in()
    network = build(config, config.dataset.info(), data.train, seed=1)
    x = data.train.x
    mirrored = x.reshape(-1, 8, 8)[:, :, ::-1].reshape(-1, 64)

    seen = np.asarray(network.body(x, training=True)[0])

    as_it_is, flipped = (np.asarray(network.body(images, training=False)[0]) for images in (x, mirrored))
    is_flipped = np.isclose(seen, flipped, atol=1e-4).all(axis=1)
    assert (is_flipped | np.isclose(seen, as_it_is, atol=1e-4).all(axis=1)).all()
    assert 0.35 < is_flipped.mean() < 0.65


@pytest.mark.training
def test_a_stack_of_dense_layers_is_the_mlp() -> None:
    """The same layers by another name train to the same bytes."""
    mlp = experiment("model: {hidden: [16, 8], activation: relu}\n")
    layers = experiment(stack("Dense: {units: 16, activation: relu}", "Dense: {units: 8, activation: relu}"))

    assert trained(layers)[0] == trained(mlp)[0]


@pytest.mark.training
@pytest.mark.parametrize("arguments", ["activation: relu", "use_bias: false"])
def test_first_layer_of_sparse_inputs_equals_keras_on_dense_vectors(arguments: str) -> None:
    """The layer's own activation comes after the sparse product, and a layer without bias gets none."""
    dataset = "dataset: {type: imdb, num_words: 300}\n"
    config = experiment(dataset + stack(f"Dense: {{units: 8, {arguments}}}", "Dense: {units: 4, activation: tanh}"))
    losses, network = trained(config, epochs=3)
    data = config.dataset.stand_in()

    start = build(config, config.dataset.info(), data.train, seed=1)
    model = keras.Model(start.model.inputs, start.output.logits)
    model.compile(optimizer=keras_optimizer(config), loss=keras.losses.BinaryCrossentropy(from_logits=True))
    expected = []
    for epoch in range(1, 4):
        order = order_of(1, epoch, len(data.train))
        fitted = model.fit(
            data.train.x[order].toarray(),
            data.train.y[order].astype(np.float32),
            batch_size=config.training.batch_size,
            shuffle=False,
            verbose=0,
            validation_data=(dense(data.test.x), data.test.y.astype(np.float32)),
        )
        expected += [fitted.history["loss"][0], fitted.history["val_loss"][0]]

    assert losses == pytest.approx(expected, rel=1e-4)
    for weight, other in zip(network.model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(weight, other, rtol=1e-3, atol=1e-5)


@pytest.mark.training
def test_embedding_has_the_words_of_the_data_set() -> None:
    """Unless `input_dim` says more."""
    layers = ("Embedding: {output_dim: 4}", "GRU: {units: 4}")
    _, network = trained(experiment(WORDS + stack(*layers)), epochs=1)

    assert network.model.layers[1].input_dim == 200


def test_one_layers_argument_by_set() -> None:
    """The place in the list is part of the dotted path."""
    text = stack("Dense: {units: 16, activation: relu}", "Dropout: {rate: 0.5}")

    layers = experiment(text, "model.layers.0.Dense.units=32", "model.layers.1.Dropout.rate=0.1").model.model_dump()

    assert layers["layers"] == [{"Dense": {"units": 32, "activation": "relu"}}, {"Dropout": {"rate": 0.1}}]


def test_layers_are_listed(invoke: Invoke) -> None:
    """By name, with Keras's own first sentence."""
    code, out, _ = invoke("list", "layers")

    assert code == 0
    assert "Conv2D" in out
    assert "2D convolution layer." in out


@pytest.mark.parametrize(
    ("layers", "rules"),
    [
        ((IMAGE, "Rescaling: {scale: 0.0625}", "Flatten"), []),
        ((IMAGE, "Conv2D: {filters: 4, kernel_size: 3}", "BatchNormalization", "Flatten"), ["unscaled_inputs"]),
    ],
)
def test_a_stack_may_scale_its_inputs_itself(layers: tuple[str, ...], rules: list[str]) -> None:
    """Before the first weights; behind them it is too late."""
    Path("config.yaml").write_text("dataset: {type: digits, standardize: false}\n" + stack(*layers), encoding="utf-8")

    assert [finding.rule for finding in load(Path("config.yaml")).warnings] == rules


OWN = """import keras

def trunk(x, units=8):
    return keras.layers.Dense(units, activation="relu")(x)

def nothing(x):
    return None

def wide(x):
    return keras.layers.Reshape((8, 8))(x)
"""


@pytest.fixture
def own_module(tmp_path: Path) -> str:
    """A module in the working directory, of a name that no other test has imported."""
    name = f"own_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(OWN, encoding="utf-8")
    return name


@pytest.mark.training
def test_own_function_is_a_model(own_module: str, invoke: Invoke) -> None:
    """Its arguments come from the config; `check` says that a run calls it; the records are those of any run."""
    text = f"dataset: digits\nmodel: {{type: python, function: '{own_module}:trunk', arguments: {{units: 16}}}}\n"
    Path("config.yaml").write_text(text + "training: {epochs: 2}\n", encoding="utf-8")

    code, out, _ = invoke("check", "config.yaml")
    assert code == 0
    assert f"a run calls {own_module}:trunk" in out

    code, out, err = invoke("run", "config.yaml")
    assert code == 0, err
    (run,) = Path("runs/config").iterdir()
    summary = json.loads(RunDir(run).summary_path.read_text(encoding="utf-8"))
    assert [layer["parameters"] for layer in summary["layers"] if layer["parameters"]] == [64 * 16 + 16, 16 * 10 + 10]


@pytest.mark.training
@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            "nothing",
            "expected a tensor of features (batch, units), found nothing (None); end the function with: return x",
        ),
        ("wide", "expected features of shape (batch, units), found (None, 8, 8); end with keras.layers.Flatten()(x)"),
        ("missing", "AttributeError: module"),
    ],
)
def test_own_function_that_gives_no_features_is_refused(
    own_module: str, function: str, message: str, invoke: Invoke
) -> None:
    """By name, with what it gave."""
    text = f"dataset: digits\nmodel: {{type: python, function: '{own_module}:{function}'}}\n"
    Path("config.yaml").write_text(text, encoding="utf-8")

    code, _, err = invoke("run", "config.yaml", "--dry-run", "--allow-code")

    assert code == 2
    assert f"model.function: {own_module}:{function}: {message}" in err


def test_source_of_the_own_function_is_part_of_the_identity(own_module: str, tmp_path: Path) -> None:
    """Another byte of it is another experiment; nothing of it runs for that."""
    config = experiment(f"model: {{type: python, function: '{own_module}:trunk'}}\n")
    before = Ingredients.of(config, "digest").identity
    (tmp_path / f"{own_module}.py").write_text(OWN.replace("units=8", "units=9") + "raise SystemExit\n")

    assert Ingredients.of(config, "digest").identity != before
