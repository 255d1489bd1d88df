"""Hidden units: against their formulas in numpy, automatic differentiation, and plain Keras."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from commands import Invoke
from figures import saved_figures
from pydantic import TypeAdapter
from scipy.special import ndtr

from dlexp import registry
from dlexp.components.activations import OneOrEach
from dlexp.components.models import MLP
from dlexp.config.load import load
from dlexp.config.problems import ConfigError
from dlexp.reports.activations.plot import draw
from dlexp.training import child
from dlexp.training.unit_curves import sampled

#: No kink of any unit is among them.
Z = np.linspace(-7.05, 7.05, 142)


def sigmoid(z: np.ndarray) -> np.ndarray:
    """In float64."""
    return np.asarray(1 / (1 + np.exp(-z)))


def density(z: np.ndarray) -> np.ndarray:
    """The standard normal's."""
    return np.asarray(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi))


def inside(z: np.ndarray, bound: float) -> np.ndarray:
    """1 where |z| is below the bound, else 0."""
    return np.asarray(np.abs(z) < bound, dtype=float)


ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805  # Klambauer et al., 2017.

#: Each unit by hand: g(z) and g'(z). Maxout's two pieces are z and -z / 2.
FORMULAS: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "relu": ({}, lambda z: np.maximum(z, 0), lambda z: z > 0),
    "abs": ({}, np.abs, np.sign),
    "leaky_relu": ({}, lambda z: np.where(z > 0, z, 0.3 * z), lambda z: np.where(z > 0, 1, 0.3)),
    "prelu": ({"initial_slope": 0.1}, lambda z: np.where(z > 0, z, 0.1 * z), lambda z: np.where(z > 0, 1, 0.1)),
    "maxout": ({}, lambda z: np.maximum(z, -z / 2), lambda z: np.where(z > 0, 1, -0.5)),
    "elu": ({"alpha": 2.0}, lambda z: np.where(z > 0, z, 2 * np.expm1(z)), lambda z: np.where(z > 0, 1, 2 * np.exp(z))),
    "selu": (
        {},
        lambda z: SCALE * np.where(z > 0, z, ALPHA * np.expm1(z)),
        lambda z: SCALE * np.where(z > 0, 1, ALPHA * np.exp(z)),
    ),
    "gelu": ({}, lambda z: z * ndtr(z), lambda z: ndtr(z) + z * density(z)),
    "silu": ({}, lambda z: z * sigmoid(z), lambda z: sigmoid(z) * (1 + z * sigmoid(-z))),
    "softplus": ({}, lambda z: np.logaddexp(0, z), sigmoid),
    "softsign": ({}, lambda z: z / (1 + np.abs(z)), lambda z: 1 / (1 + np.abs(z)) ** 2),
    "sigmoid": ({}, sigmoid, lambda z: sigmoid(z) * sigmoid(-z)),
    "tanh": ({}, np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "hard_sigmoid": ({}, lambda z: np.clip(z / 6 + 0.5, 0, 1), lambda z: inside(z, 3) / 6),
    "hard_tanh": ({}, lambda z: np.clip(z, -1, 1), lambda z: inside(z, 1)),
    "hard_silu": (
        {},
        lambda z: z * np.clip(z / 6 + 0.5, 0, 1),
        lambda z: np.where(z > 3, 1, inside(z, 3) * (z / 3 + 0.5)),
    ),
    "relu6": ({}, lambda z: np.clip(z, 0, 6), lambda z: inside(z - 3, 3)),
    "linear": ({}, lambda z: z, np.ones_like),
}


def unit(name: str, **settings: Any) -> Any:
    """A unit as a config names it."""
    return TypeAdapter(OneOrEach).validate_python({"type": name, **settings})


def test_every_unit_has_a_formula_here() -> None:
    """What `dlexp list activations` names is what is tested."""
    assert FORMULAS.keys() == registry.components("activations").keys()


@pytest.mark.parametrize("name", FORMULAS)
def test_unit_and_its_derivative_equal_the_formula(name: str) -> None:
    """The built layers, in float32, against numpy in float64."""
    settings, formula, derivative = FORMULAS[name]

    outputs, slopes = sampled(unit(name, **settings), Z)

    np.testing.assert_allclose(outputs, formula(Z), rtol=2e-6, atol=1e-6)
    np.testing.assert_allclose(slopes, derivative(Z), rtol=2e-5, atol=1e-6)


def test_tanh_is_a_stretched_sigmoid() -> None:
    """tanh(z) = 2 sigmoid(2 z) - 1, with the built layers."""
    tanh, _ = sampled(unit("tanh"), Z)
    sigmoid_of_twice, _ = sampled(unit("sigmoid"), 2 * Z)

    np.testing.assert_allclose(tanh, 2 * sigmoid_of_twice - 1, atol=3e-7)


@pytest.mark.training
def test_saved_models_open_without_dlexp(tmp_path: Path) -> None:
    """One model a unit, saved here and opened where dlexp is not imported: the same bits on the same inputs."""
    x = np.random.default_rng(0).normal(size=(7, 5)).astype("float32")
    np.save(tmp_path / "x.npy", x)
    for name in FORMULAS:
        inputs = keras.Input((5,))
        model = keras.Model(inputs, MLP(hidden=[4, 3], activation=unit(name), dropout=0.1).stack(inputs))
        model.save(tmp_path / f"{name}.keras")
        np.save(tmp_path / f"{name}.npy", model(x))
    script = (
        "import pathlib, sys, keras, numpy as np\n"
        "for path in sorted(pathlib.Path(sys.argv[1]).glob('*.keras')):\n"
        "    x, expected = np.load(path.parent / 'x.npy'), np.load(path.with_suffix('.npy'))\n"
        "    assert (np.asarray(keras.models.load_model(path)(x)) == expected).all(), path\n"
        "    print(path.stem)\n"
        "assert not any(name.startswith('dlexp') for name in sys.modules)\n"
    )

    opened = subprocess.run([sys.executable, "-c", script, tmp_path], check=True, capture_output=True, text=True).stdout

    assert opened.split() == sorted(FORMULAS)


def test_maxout_takes_the_largest_piece_of_each_unit() -> None:
    """Three pieces a unit: the layer in front gives three sums a unit, and the unit their maximum."""
    inputs = keras.Input((4,))
    model = keras.Model(inputs, MLP(hidden=[5], activation=unit("maxout", pieces=3)).stack(inputs))
    x = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")

    kernel, _ = model.get_layer("hidden_1").get_weights()
    outputs = model(x).numpy()

    assert kernel.shape == (4, 15)
    np.testing.assert_allclose(outputs, (x @ kernel).reshape(6, 3, 5).max(axis=1), rtol=1e-5)


@pytest.mark.parametrize(("shared", "n_slopes"), [(False, 8), (True, 1)])
def test_prelu_learns_a_slope_a_unit_or_one_a_layer(shared: bool, n_slopes: int) -> None:
    """`shared: true` ties the slopes of a layer; they are trained, and start at 0.25."""
    inputs = keras.Input((4,))
    model = keras.Model(inputs, MLP(hidden=[8], activation=unit("prelu", shared=shared)).stack(inputs))

    (slopes,) = model.get_layer("hidden_1_activation").trainable_weights

    assert slopes.shape == (n_slopes,)
    assert (slopes.numpy() == 0.25).all()


def test_selu_comes_with_its_initializer_and_alpha_dropout() -> None:
    """LeCun's normal start and alpha dropout keep 20 layers of unit variance; another start can be named."""
    inputs = keras.Input((256,))
    selu = MLP(hidden=[256] * 20, activation=unit("selu"), dropout=0.1)
    keras.utils.set_random_seed(0)
    model = keras.Model(inputs, selu.stack(inputs))
    outputs = model(np.random.default_rng(0).normal(size=(500, 256)), training=True).numpy()

    assert outputs.mean() == pytest.approx(0, abs=0.1)
    assert outputs.std() == pytest.approx(1, abs=0.15)
    assert isinstance(model.get_layer("hidden_1_dropout"), keras.layers.AlphaDropout)
    chosen = MLP(hidden=[2], activation=unit("selu"), kernel_initializer="zeros")
    assert not keras.Model(inputs, chosen.stack(inputs)).get_layer("hidden_1").get_weights()[0].any()


@pytest.mark.parametrize(("layer", "kind", "start"), [(1, "Activation", "LecunNormal"), (2, "ELU", "GlorotUniform")])
def test_each_layer_can_have_its_own_unit(tmp_path: Path, layer: int, kind: str, start: str) -> None:
    """`activation: [selu, {type: elu}]` is one a hidden layer, each with the initializer that fits it."""
    config = tmp_path / "each.yaml"
    config.write_text("dataset: iris\nmodel: {hidden: [4, 3], activation: [selu, {type: elu, alpha: 0.5}]}\n")
    inputs = keras.Input((4,))

    own: Any = load(config).experiment.model
    model = keras.Model(inputs, own.stack(inputs))

    assert type(model.get_layer(f"hidden_{layer}_activation")).__name__ == kind
    assert type(model.get_layer(f"hidden_{layer}").kernel_initializer).__name__ == start


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        ("[relu]", "model.activation: a list of 1 for 2 hidden layers; give one a layer"),
        ("[relu, tahn]", "model.activation.1.type: unknown activation 'tahn'. Did you mean 'tanh'? Choose from: "),
        ("relo", "model.activation.type: unknown activation 'relo'. Did you mean 'relu'? Choose from: "),
        (
            "[relu, {type: maxout, pieces: 1}]",
            "model.activation.1.pieces: expected at least 2, given 1",
        ),
    ],
)
def test_a_mistake_in_a_list_is_named_with_its_layer(tmp_path: Path, activation: str, message: str) -> None:
    """One line a mistake, with the list's index in the path."""
    config = tmp_path / "c.yaml"
    config.write_text(f"dataset: iris\nmodel: {{hidden: [4, 3], activation: {activation}}}\n")

    with pytest.raises(ConfigError) as refused:
        load(config)

    (line,) = refused.value.lines
    assert line.startswith(f"{config}:2: {message}")


def test_overrides_reach_one_layers_unit(tmp_path: Path) -> None:
    """`--set model.activation.1=elu` changes the second of a list; a single word replaces the list."""
    config = tmp_path / "c.yaml"
    config.write_text("dataset: iris\nmodel: {hidden: [4, 3], activation: [relu, tanh]}\n")

    second = load(config, ["model.activation.1=elu"]).experiment.model.model_dump()["activation"]
    single = load(config, ["model.activation=elu"]).experiment.model.model_dump()["activation"]

    assert [each["type"] for each in second] == ["relu", "elu"]
    assert single["type"] == "elu"


def test_hidden_bias_is_where_the_units_start() -> None:
    """At a bias of -10 no ReLU fires on ordinary inputs."""
    inputs = keras.Input((4,))
    model = keras.Model(inputs, MLP(hidden=[8], hidden_bias=-10.0).stack(inputs))

    assert (model.get_layer("hidden_1").bias.numpy() == -10).all()
    assert not model(np.ones((3, 4))).numpy().any()


@pytest.mark.training
def test_the_page_shows_every_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A panel a unit, with the function and its derivative, saved as a PNG."""
    figures = saved_figures(monkeypatch)
    monkeypatch.setattr(child, "in_child", lambda function, z: function(z))  # In this process, where TensorFlow is.
    draw(tmp_path / "units.png")

    shown = [axes for axes in figures[0].axes if axes.get_visible()]
    assert [axes.get_title().split(",")[0] for axes in shown] == list(registry.components("activations"))
    assert all([line.get_label() for line in axes.lines] == ["g(z)", "g'(z)"] for axes in shown)
    assert (tmp_path / "units.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.training
def test_show_activations_draws_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    """`dlexp show activations --plot FILE.png`, without any run; without a file it asks for one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(child, "in_child", lambda function, z: function(z))  # In this process, where TensorFlow is.

    assert invoke("show", "activations") == (
        2,
        "",
        "activations: all hidden units are drawn to a file; say --plot units.png\n",
    )
    assert invoke("show", "activations", "--plot", "units.png") == (0, "", "")
    assert Path("units.png").read_bytes().startswith(b"\x89PNG")
