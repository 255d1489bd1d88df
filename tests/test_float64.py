"""Numbers that float32 would lose: from every reader through standardization, heads and the saved model to scores."""

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from commands import Invoke
from experiments import experiment

from dlexp.components.data import Data, Info, Split
from dlexp.components.datasets import Csv, Npz, Parquet, Python
from dlexp.components.datasets.user import new_examples
from dlexp.components.heads import Gaussian, Laplace, Mixture, Quantiles, Regression
from dlexp.components.heads.head import Output
from dlexp.errors import DataError
from dlexp.training.feeds import DenseFeed
from dlexp.training.network import Network, build
from dlexp.training.splits import Splits, digests, origins

N = 60
START = 1.7e9
SECONDS = np.arange(N)
IS_LATE = (SECONDS >= N // 2).astype(int)
HEADS = [Regression, Gaussian, Laplace, Mixture, Quantiles]
FLOAT64_SAID = (
    "float32 tells 1 of 60 different values apart, so model.keras takes float64; give it tensors or a tf.data.Dataset, "
    "since Keras's predict makes float32 of arrays"
)


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files and modules are seen from the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "own_module", raising=False)


def frame() -> pd.DataFrame:
    """The seconds of a minute, twice: one split each."""
    times = pd.DataFrame({"time": START + SECONDS, "late": IS_LATE, "small": SECONDS / 7})
    return pd.concat([times.assign(split="train"), times.assign(split="test")])


def table(kind: str, **settings: Any) -> Csv | Parquet:
    """The minute as a file."""
    columns: dict[str, Any] = {"target": "late", "task": "binary", "split_column": "split"}
    columns |= {"features": ["time", "small"]} | settings
    if kind == "csv":
        frame().to_csv("own.csv", index=False, float_format="%.17g")
        return Csv(path="own.csv", **columns)
    frame().to_parquet("own.parquet", index=False)
    return Parquet(path="own.parquet", **columns)


def arrays(kind: str, x: Any, y: Any, **settings: Any) -> Npz | Python:
    """The same as arrays of both splits."""
    np.savez("own.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    if kind == "npz":
        return Npz(**({"path": "own.npz", "task": "binary"} | settings))
    Path("own_module.py").write_text(
        "import numpy as np\n\ndef load():\n    a = np.load('own.npz')\n"
        "    return (a['x_train'], a['y_train']), (a['x_test'], a['y_test'])\n"
    )
    return Python(**({"function": "own_module:load", "task": "binary"} | settings))


def said(data: Data) -> list[str]:
    """The remarks on lost numbers."""
    return [str(each) for each in data.remarks if each.rule in ("float64_inputs", "lost_digits")]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_tables_keep_a_feature_that_float32_loses(kind: str) -> None:
    """As float64, said with its column; without such a feature they are float32 and nothing is said."""
    data = table(kind).load(None)

    assert [split.x.dtype for split in (data.train, data.test)] == [np.float64, np.float64]
    assert np.array_equal(data.test.x, np.column_stack([START + SECONDS, SECONDS / 7]))
    assert said(data) == [f"own.{kind}: column time: {FLOAT64_SAID}"]
    plain = table(kind, features=["small"]).load(None)
    assert (plain.train.x.dtype, said(plain)) == (np.float32, [])


@pytest.mark.parametrize("kind", ["npz", "python"])
@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.uint32])
def test_arrays_keep_a_feature_that_float32_loses(kind: str, dtype: Any) -> None:
    """Of any type of numbers."""
    x = np.column_stack([SECONDS, START + SECONDS]).astype(dtype)
    data = arrays(kind, x, IS_LATE).load(None)

    origin = "own.npz" if kind == "npz" else "own_module:load"
    assert (data.train.x.dtype, data.test.x.tolist()) == (np.float64, x.tolist())
    assert said(data) == [f"{origin} (train): number 1: {FLOAT64_SAID}"]
    plain = arrays(kind, x[:, :1], IS_LATE).load(None)
    assert (plain.train.x.dtype, said(plain)) == (np.float32, [])


def test_numbers_beside_a_text_are_standardized_before() -> None:
    """Then the model takes float32, and nothing is lost."""
    frame().assign(text="word").to_csv("own.csv", index=False)
    settings: dict[str, Any] = {
        "target": "late",
        "task": "binary",
        "split_column": "split",
        "features": ["time"],
        "text": "text",
    }
    data = Csv(path="own.csv", num_words=10, **settings).load(None)

    x: Any = data.test.x
    times = x.toarray()[:, -1]
    assert times == pytest.approx((SECONDS - 29.5) / SECONDS.std(), rel=1e-6)
    assert said(data) == []


def test_numbers_that_are_not_standardized_are_lost_and_said() -> None:
    """The key that keeps them is named, in tables, arrays and beside a text."""
    expected = (
        "the model can tell 1 of 60 different values apart, since they are not standardized; see dataset.standardize: "
        "true (allow: [lost_digits] if it is meant)"
    )
    data = table("csv", standardize=False).load(None)

    assert (data.train.x.dtype, said(data)) == (np.float32, [f"own.csv: column time: {expected}"])
    array = arrays("npz", (START + SECONDS)[:, None], IS_LATE, standardize=False).load(None)
    assert (array.train.x.dtype, said(array)) == (np.float32, [f"own.npz (train): number 0: {expected}"])


def test_numbers_far_from_all_others_leave_no_room() -> None:
    """A time of 0 among others makes the others one, also after they were standardized."""
    x = np.append(START + np.arange(300) / 10, np.zeros(60))
    data = arrays("npz", x[:, None], np.arange(360) % 2).load(None)

    (line,) = said(data)
    assert line.startswith("own.npz (train): number 0: the model can tell ")
    assert line.endswith(
        " of 301 different values apart, since some are too far from the others (allow: [lost_digits] if it is meant)"
    )


def test_sparse_numbers_are_lost_and_said() -> None:
    """They are not standardized, which would make them dense; numbers of a form of their own are."""
    source = (
        "import numpy as np\nfrom scipy.sparse import csr_array\n\ndef load():\n"
        "    x = csr_array(np.column_stack([np.arange(60) % 3 / 7, 1.7e9 + np.arange(60)]))\n"
        "    return (x, np.arange(60) % 2), (x, np.arange(60) % 2)\n"
    )
    Path("own_module.py").write_text(source)
    data = Python(function="own_module:load", task="binary", form="sparse").load(None)

    assert data.train.x.dtype == np.float32
    assert said(data) == [
        "own_module:load (train): number 1: the model can tell 1 of 60 different values apart, since they are not "
        "standardized; see dataset.form: numeric (allow: [lost_digits] if it is meant)"
    ]


@pytest.mark.parametrize("kind", ["csv", "npz"])
def test_whole_numbers_beyond_float64_are_said(kind: str) -> None:
    """With the first that is taken as another one."""
    ids = 10**18 + np.arange(N)
    if kind == "csv":
        pd.DataFrame({"x": np.arange(2 * N) % 7, "id": np.tile(ids, 2)}).assign(
            late=np.tile(IS_LATE, 2), split=["train"] * N + ["test"] * N
        ).to_csv("own.csv", index=False)
        settings: dict[str, Any] = {"target": "late", "split_column": "split", "features": ["x", "id"]}
        data = Csv(path="own.csv", task="binary", **settings).load(None)
        found, place, key = said(data), "own.csv: row 2, column id", "; see dataset.features without id"
    else:
        data, key = arrays("npz", ids[:, None], IS_LATE).load(None), ""
        found, place = said(data), "own.npz (train): example 1, number 0"

    assert found == [
        f"{place}: 1000000000000000001 is taken as 1000000000000000000: float64 tells 1 of 60 different values apart"
        f"{key} (allow: [lost_digits] if it is meant)"
    ]


@pytest.mark.parametrize("kind", ["csv", "parquet", "npz"])
def test_targets_are_float64(kind: str) -> None:
    """To the last digit."""
    y = START + SECONDS + 0.1
    if kind == "npz":
        data = arrays("npz", SECONDS[:, None], y, task="regression").load(None)
    else:
        both = frame().assign(late=np.tile(y, 2))
        both.to_csv("own.csv", index=False, float_format="%.17g")
        both.to_parquet("own.parquet", index=False)
        dataset = Csv if kind == "csv" else Parquet
        settings: dict[str, Any] = {
            "target": "late",
            "task": "regression",
            "split_column": "split",
            "features": ["small"],
        }
        data = dataset(path=f"own.{kind}", **settings).load(None)

    assert (data.train.y.dtype, data.train.y.tolist(), data.test.y.tolist()) == (np.float64, y.tolist(), y.tolist())


def test_times_within_one_float32_are_no_copies_of_one_another() -> None:
    """A feature that gives the target away is one in float64."""
    times = frame().assign(other=START + np.tile(np.random.default_rng(0).permutation(N), 2))
    times.to_csv("own.csv", index=False, float_format="%.17g")
    settings: dict[str, Any] = {"target": "other", "split_column": "split", "features": ["time"]}

    data = Csv(path="own.csv", task="regression", **settings).load(None)

    assert [each.rule for each in data.remarks if "leak" in each.rule] == []


def test_targets_beyond_float64_or_float32_are_refused() -> None:
    """A perfect score on targets that became one number would be false."""
    x = SECONDS[:, None]
    with pytest.raises(DataError, match=r"\(train\): target 1: 1000000000000000001 is taken as 10{18}: float64 tells "):
        arrays("npz", x, 10**18 + SECONDS, task="regression").load(None)
    with pytest.raises(DataError, match=r"\(train\): target 3: 1e\+39 is larger than 3.4e\+38, the largest number of"):
        arrays("npz", x, np.where(SECONDS == 3, 1e39, 1.0), task="regression").load(None)
    with pytest.raises(DataError, match=r"own.npz \(train\): inputs: example 2, number 0 is 1e\+39, larger than 3.4e"):
        arrays("npz", np.where(x == 2, 1e39, 1.0), IS_LATE).load(None)
    np.save("new.npy", np.array([[1.0], [-1e39]]))
    with pytest.raises(DataError, match=r"new.npy: row 2: -1e\+39 is larger than 3.4e\+38"):
        new_examples.numbers(Path("new.npy"), 1)


def network(x: np.ndarray, y: np.ndarray | None = None, head: str = "binary", **more: Any) -> Network:
    """A network without a hidden layer on numbers."""
    task: Any = "binary" if head == "binary" else "regression"
    config = experiment(
        {
            "dataset": {"type": "iris"},
            "model": {"type": "mlp", "hidden": []},
            "head": {"type": head, "units": more.pop("units", 1)},
        }
    )
    info = Info(
        task=task,
        n_train=len(x),
        n_test=0,
        inputs="numeric",
        shape=x.shape[1:],
        standardize=True,
        n_classes=2 if head == "binary" else None,
    )
    return build(config, info, Split(x, IS_LATE if y is None else y), seed=0)


X = np.random.default_rng(0).normal(size=(N, 3))


@pytest.mark.parametrize(
    ("scale", "offset", "dtype"),
    [
        (1.0, 0.0, np.float32),
        (1.0, 1.7e9, np.float64),
        (1e-3, 5.8e6, np.float64),
        (1e-30, 0.0, np.float32),
        (1e-12, 0.0, np.float32),
        (1e-40, 0.0, np.float64),
        (1e20, 0.0, np.float32),
        (1e30, 0.0, np.float32),
        (128.0, 2.0**31, np.float32),
    ],
)
def test_inputs_are_standardized_in_float64(scale: float, offset: float, dtype: Any) -> None:
    """As numpy does, to the last digit of float32; the model that is loaded again gives the same, also for tf.data."""
    x = (np.round(X) if scale == 128 else X) * scale + offset
    x = x.astype(dtype)
    found = network(x)
    standardized = (x - x.mean(axis=0, dtype=np.float64)) / x.std(axis=0, dtype=np.float64)

    np.testing.assert_allclose(DenseFeed(found, x).x.numpy(), standardized, rtol=2e-6, atol=1e-6)
    assert found.body.inputs[0].dtype == "float32"
    predicted = found.model(x).numpy()
    (kernel, bias) = found.model.get_weights()
    np.testing.assert_allclose(predicted, 1 / (1 + np.exp(-standardized @ kernel - bias)), rtol=1e-5)
    found.model.save("model.keras")
    again = keras.models.load_model("model.keras", compile=False, safe_mode=True)
    assert again.input.dtype == np.dtype(dtype).name
    assert np.array_equal(again(x), predicted)
    batches = tf.data.Dataset.from_tensor_slices(x).batch(N)
    assert np.array_equal(np.concatenate([again(each) for each in batches]), predicted)
    np.testing.assert_allclose(again.predict(batches, verbose=0), predicted, rtol=1e-5)


def test_what_keras_makes_of_an_array_is_why_float64_is_said() -> None:
    """Its `predict` casts arrays to float32 before the model sees them: of 60 values one is left."""
    x = (START + SECONDS)[:, None]
    model = network(x).model

    assert len(np.unique(model(x))) == N
    # One number, except the last digit: TensorFlow's sigmoid of the last few of an array is another routine's.
    assert np.ptp(model.predict(x, verbose=0)) < 1e-6 < np.ptp(model(x))


def test_a_feature_that_never_varies_is_only_centred() -> None:
    """However large it is, and whatever rounding makes of its mean."""
    x = np.column_stack([np.full(N, 1e30), START + SECONDS, np.full(N, 0.1)])

    standardized = DenseFeed(network(x), x).x.numpy()

    assert (standardized[:, [0, 2]] == 0).all()
    assert np.std(standardized[:, 1]) == pytest.approx(1)


def output(head: Any, y: np.ndarray) -> tuple[Output, np.ndarray, np.ndarray]:
    """A head on logits, with some of these and what it predicts from them."""
    n_units = 9 if head is Mixture else 3 if head is Quantiles else head.n_units
    made = head(units=n_units)
    features = keras.Input((4,))
    result = made.build(features, y)
    model = keras.Model(features, [result.logits, result.prediction])
    logits, prediction = model(np.random.default_rng(1).normal(size=(N, 4)).astype(np.float32))
    return result, np.asarray(logits), np.asarray(prediction)


Y = np.random.default_rng(2).normal(size=N)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(("scale", "offset"), [(1.0, 1.7e9), (1e-25, 0.0), (1e18, 0.0), (1e-3, 6e6), (1e32, 0.0)])
def test_targets_are_standardized_in_float64(head: Any, scale: float, offset: float) -> None:
    """Losses and predictions are those of the plain targets, in the units that are asked for."""
    y = Y * scale + offset
    keras.utils.set_random_seed(0)
    plain, logits, prediction = output(head, Y)
    keras.utils.set_random_seed(0)
    moved, same_logits, moved_prediction = output(head, y)

    assert np.array_equal(logits, same_logits)
    in_nats = head in (Gaussian, Laplace, Mixture)
    # Beside an offset float64 has fewer digits left of a target.
    expected = np.asarray(plain.losses((y - offset) / scale, logits)) + (np.log(scale) if in_nats else 0)
    np.testing.assert_allclose(moved.losses(y, logits), expected, rtol=1e-5, atol=2e-6 * max(1, abs(np.log(scale))))
    assert moved_prediction.dtype == (np.float64 if offset or scale > 1e29 else np.float32)
    weights = slice(1, 4) if head is Mixture else slice(0, 0)
    where = {Gaussian: [0], Laplace: [0], Mixture: [0, 4, 5, 6]}.get(head, [*range(prediction.shape[1])])
    own = moved_prediction.astype(np.float64)
    own[:, where] -= offset
    own[:, weights] *= scale
    np.testing.assert_allclose(own / scale, prediction, rtol=1e-5, atol=2e-6)


def test_predictions_are_float32_where_that_rounds_no_digit_that_counts() -> None:
    """A mean of ten standard deviations is none."""
    assert output(Regression, Y + 10)[2].dtype == np.float32
    assert output(Regression, Y + 100)[2].dtype == np.float64


def test_targets_in_their_own_units_that_float32_loses_are_refused() -> None:
    """Nothing could learn them; the key that could is named."""
    with pytest.raises(DataError, match="float32 keeps 1 of the 60 different training targets apart; say head"):
        Regression(units=1, standardize_target=False).build(keras.Input((1,)), START + SECONDS)


def test_digests_of_examples_are_those_of_earlier_versions() -> None:
    """Of targets that float32 keeps, so that `compare` knows the same examples; of others they differ."""
    y = np.random.default_rng(0).normal(size=20)
    info = Info(task="regression", n_train=20, n_test=20, inputs="numeric", shape=(1,))
    config = experiment({"dataset": {"type": "diabetes"}, "head": {"type": "regression", "units": 1}})

    def digest(y: np.ndarray) -> str:
        data = Data(Split(y[:, None], y), Split(y[:, None], y))
        splits = Splits(train=data.train, validation=None, test=data.test, origins=origins(data, config.dataset, None))
        return digests(splits, data, info, "d" * 64)["test"][""]

    assert digest(y) == digest(y.astype(np.float32))
    assert digest(START + SECONDS) != digest((START + SECONDS).astype(np.float32))
    assert digest(START + SECONDS) != digest(START + 2 * SECONDS)


CONFIG = """\
dataset: {{type: csv, path: own.csv, target: {target}, task: {task}, split_column: split, features: [{feature}]}}
model: {{hidden: [8]}}
optimizer: {{type: adam, learning_rate: 0.05}}
training: {{epochs: 40}}
"""


@pytest.mark.slow
@pytest.mark.training
def test_a_run_on_unix_times(invoke: Invoke) -> None:
    """A target of 60 seconds is learned with an honest error; a feature of them tells early from late."""
    table("csv")
    Path("y.yaml").write_text(CONFIG.format(target="time", task="regression", feature="small"))
    Path("x.yaml").write_text(CONFIG.format(target="late", task="binary", feature="time"))
    pd.DataFrame({"time": START + SECONDS}).to_csv("new.csv", index=False, float_format="%.17g")

    code, out, err = invoke("run", "x.yaml", "y.yaml")

    assert (code, out.count("finished")) == (0, out.count("finished"))
    assert f"own.csv: column time: {FLOAT64_SAID}" in err
    metrics = {
        name: json.loads(next(Path("runs", name).iterdir()).joinpath("summary.json").read_text())["metrics"]
        for name in ("x", "y")
    }
    assert metrics["x"]["test_accuracy"] > 0.95
    assert 0 < metrics["y"]["test_mae"] < 5
    predicted = list(csv.DictReader(io.StringIO(invoke("predict", "y", "test")[1])))
    errors = [abs(float(row["predicted"]) - float(row["target"])) for row in predicted]
    assert [float(row["target"]) for row in predicted] == (START + SECONDS).tolist()
    assert np.mean(errors) == pytest.approx(metrics["y"]["test_mae"], rel=1e-6)
    new = list(csv.DictReader(io.StringIO(invoke("predict", "x", "new.csv")[1])))
    assert np.mean([int(row["predicted"]) == late for row, late in zip(new, IS_LATE, strict=True)]) > 0.95
