"""The user's own functions: what they may return and do, and what is said where they do otherwise."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlexp.components import user_code
from dlexp.components.component import Unfit
from dlexp.components.data import Info
from dlexp.components.datasets.user.pairs import pairs
from dlexp.components.models.python import PythonModel
from dlexp.errors import DataError
from dlexp.training.threads import set_threads

set_threads(1)

NUMBERS = Info(task="binary", n_train=None, n_test=None, inputs="numeric", shape=(6,), n_classes=2)
HEAD = "import functools, os, random\nimport keras, numpy as np, tensorflow as tf\nfrom keras import layers, ops\n"


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Why a function with this body is no model; empty if it is one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])

    def why(body: str, module: str = "", times: int = 1) -> str:
        sys.modules.pop("own_body", None)
        (tmp_path / "own_body.py").write_text(f"{HEAD}{module}\ndef f(x):\n    {body}\n")
        model = PythonModel(function="own_body:f")
        try:
            for _ in range(times):
                model.load_code()
                model.build(keras.Input((6,)), NUMBERS)
        except Unfit as unfit:
            (line,) = unfit.lines
            return line.removeprefix("model.function: own_body:f: ")
        return ""

    return why


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("layers.Dense(3)(x)", "found nothing (None); end the function with: return x"),
        ("return keras.Sequential([layers.Dense(3)])", "found a whole model (Sequential); return its call, model(x),"),
        ("return keras.Model(x, layers.Dense(3)(x))", "found a whole model (Functional); return its call, model(x),"),
        ("return layers.Dense(3, name='d')", "found the layer d itself; return its call: layer(x)"),
        ("return [x, x]", "found a list of 2; join them: keras.layers.Concatenate()([a, b])"),
        ("return {'a': x}", "found a dict of 1"),
        ("return tf.zeros((4, 3))", "found numbers of shape (4, 3); make it of the function's first argument"),
        ("return 'x'", "expected a tensor of features (batch, units), found str"),
        ("return layers.Reshape((2, 3))(x)", "found (None, 2, 3); end with keras.layers.Flatten()(x) or keras.layers."),
        ("return ops.sum(x, axis=1)", "expected features of shape (batch, units), found (None,)"),
        ("return ops.cast(x, 'int32')", "expected features that are fractions (float32), found int32"),
        (
            "return layers.Dense(3, name='d')(layers.Dense(3, name='d')(x))",
            'The name "d" is used 2 times in the model.',
        ),
        ("return layers.Dense(3)(keras.Input((6,)))", "the features are not made from the inputs"),
        (
            "return layers.Dense(-1)(x)",
            "Received an invalid value for `units`, expected a positive integer",
        ),
        ("return layers.Dense(-1)(x)", "(own_body.py, line 6)"),
    ],
)
def test_what_is_no_tensor_of_features_is_named(refused: Callable[..., str], body: str, message: str) -> None:
    """In one line, with what to return."""
    assert message in refused(body)


@pytest.mark.parametrize(
    "body",
    [
        "return x",
        "return layers.Dense(3)(x)",
        "return keras.Sequential([layers.Dense(3)])(x)",
        "return layers.Lambda(lambda t: t * 2)(x)",
        "os.chdir('/'); return layers.Dense(3)(x)",
        "keras.backend.clear_session(); return layers.Dense(3)(x)",
    ],
)
def test_tensors_of_features_are_taken(refused: Callable[..., str], body: str) -> None:
    """Whatever made them, as often as it is asked; the working directory stays."""
    before = Path.cwd()

    assert refused(body, times=2) == ""
    assert Path.cwd() == before


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("keras.utils.set_random_seed(7); return layers.Dense(3)(x)", "it sets the random seed, so that every seed"),
        ("random.seed(7); return layers.Dense(3)(x)", "it sets the random seed, so that every seed"),
        ("keras.config.set_floatx('float64'); return layers.Dense(3)(x)", "it sets Keras's floatx float64 for every"),
        (
            "keras.mixed_precision.set_global_policy('mixed_float16'); return layers.Dense(3)(x)",
            "it sets Keras's dtype policy mixed_float16 for everything",
        ),
        ("tf.config.run_functions_eagerly(True); return layers.Dense(3)(x)", "it sets Keras's run_functions_eagerly"),
    ],
)
def test_what_would_change_every_run_is_refused(refused: Callable[..., str], body: str, message: str) -> None:
    """Seeds and settings of the whole process; they are afterwards as they were."""
    assert message in refused(body)
    assert refused("return layers.Dense(3)(x)") == ""
    assert (keras.config.floatx(), keras.config.dtype_policy().name) == ("float32", "float32")
    assert not tf.config.functions_run_eagerly()


def test_a_module_may_set_a_seed(refused: Callable[..., str]) -> None:
    """When it is imported, which is before the seed of the run is set."""
    assert refused("return layers.Dense(3)(x)", module="keras.utils.set_random_seed(7)") == ""


def test_weights_that_runs_would_share_are_refused(refused: Callable[..., str]) -> None:
    """Those of a layer of the module at once; those of one that is kept elsewhere with the second model."""
    assert "so that runs share its weights" in refused("return kept(x)", module="kept = layers.Dense(3)")
    cached = "@functools.cache\ndef kept():\n    return layers.Dense(3)\n"
    assert "so that runs share its weights" in refused("return kept()(x)", module=cached, times=2)


def test_layers_that_cannot_be_saved_and_metrics_of_layers_are_refused(refused: Callable[..., str]) -> None:
    """Before the training, which would end without a model."""
    layer = "class Own(layers.Layer):\n    def __init__(self, f):\n        super().__init__()\n        self.f = f\n"
    assert "the layer own (Own) cannot be saved; give it a get_config that works" in refused(
        "return Own(lambda t: t)(x)", module=f"{layer}    def call(self, x):\n        return self.f(x)\n"
    )
    metric = "class Own(layers.Layer):\n    def build(self, shape):\n        self.m = keras.metrics.Mean(name='mine')\n"
    assert "a layer has a metric of its own (mine), which dlexp does not record" in refused(
        "return Own()(x)", module=f"{metric}    def call(self, x):\n        self.m.update_state(x)\n        return x\n"
    )


X, Y = np.zeros((8, 2)), np.zeros(8)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "found nothing (None); end it with: return (x_train, y_train), (x_test, y_test)"),
        ((X, Y, X, Y), "found 4 values (ndarray of shape (8, 2), "),
        ((X, Y, X, Y), "; put parentheses around each pair: return (x_train, y_train), (x_test, y_test)"),
        (((X, Y), (X, Y), (X, Y)), "; join training and validation data, of which dlexp takes its own share"),
        ((X, Y), "; without a test split there is nothing to test on: return (x_train, y_train), (x_test, y_test)"),
        (((X, X), (Y, Y)), "found (x_train, x_test), (y_train, y_test)"),
        ({"x": X}, "found a dict of x; end it with: return"),
        (X, "found ndarray of shape (8, 2)"),
        (((X, Y, Y), (X, Y)), "found 2 values (tuple of 3, tuple of 2)"),
    ],
)
def test_data_in_another_form_are_told_the_expected_one(given: Any, message: str) -> None:
    """In one line, with what there is."""
    with pytest.raises(DataError) as error:
        pairs(given, "own:load")

    assert message in str(error.value)
    assert len(error.value.lines) == 1


def test_pairs_may_be_lists() -> None:
    """Of anything that is an array later."""
    assert pairs([[X, Y], [X, Y]], "own:load") == ([X, Y], [X, Y])


def test_what_own_code_prints_is_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    """`dlexp data --format json` prints one document, and nothing else, on stdout."""
    with user_code.contained():
        print("talk")
    print("result")

    assert capsys.readouterr() == ("result\n", "talk\n")


def test_settings_of_a_process_without_keras_are_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Own code that is the first to import Keras finds the user's settings, and is not to blame for them."""
    keras.config.set_floatx("float64")
    monkeypatch.delitem(sys.modules, "keras")
    try:
        with user_code.contained():
            pass
    finally:
        keras.config.set_floatx("float32")
