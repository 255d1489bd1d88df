"""Several targets at once: one trunk or several, fixed and learned weights, data sets with several targets."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from commands import Invoke
from plain_keras import keras_optimizer

from dlexp.components.component import Context
from dlexp.components.data import Info, Split
from dlexp.components.datasets import Digits, Linnerud, TextFolder
from dlexp.components.heads import Binary, Multitask
from dlexp.config.checks import completed
from dlexp.config.experiment import Experiment
from dlexp.config.load import load
from dlexp.config.problems import ConfigError
from dlexp.training.loop import Evaluator, Trainer, order_of
from dlexp.training.network import Network, build
from dlexp.training.scores import learned_weights, scored
from dlexp.training.threads import set_threads

set_threads(1)

BOTH = "dataset: {type: digits, target: [digit, parity]}\n"
ALL = "dataset: {type: digits, target: [digit, parity, ink]}\n"


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are written to and read from a folder of the test's own."""
    monkeypatch.chdir(tmp_path)


def experiment(text: str, *overrides: str) -> Experiment:
    """The experiment that a file with this text describes."""
    Path("own.yaml").write_text(text)
    return load("own.yaml", overrides).experiment


def heads_of(text: str) -> dict[str, Any]:
    """The heads by target, of an experiment with several."""
    head: Any = experiment(text).head
    return dict(head.heads)


def refused(text: str) -> str:
    """Why a file with this text is refused."""
    with pytest.raises(ConfigError) as error:
        experiment(text)
    return str(error.value)


def trained(config: Experiment, seed: int = 3, epochs: int = 3) -> tuple[list[dict[str, float]], Network]:
    """The history on the data set itself, validated on its test split, and the network."""
    data = config.dataset.load(None)
    info = data.info or config.dataset.info()
    network = build(config, info, data.train, seed)
    trainer = Trainer(network, config.optimizer.build(), data.train, config.training.batch_size)
    evaluator = Evaluator(network, data.test)
    history = []
    for epoch in range(1, epochs + 1):
        scores = trainer.train_epoch(order_of(seed, epoch, len(data.train)))
        row = scored("train", scores, data.train, network) | learned_weights(network)
        history.append(row | scored("validation", evaluator.evaluate(), data.test, network))
    return history, network


def test_each_target_has_the_head_of_its_task() -> None:
    """Without `heads` every target has its task's head; with them what is said, and its output units."""
    heads = heads_of(ALL)

    assert {name: (head.type, head.units) for name, head in heads.items()} == {
        "digit": ("multiclass", 10),
        "parity": ("binary", 1),
        "ink": ("proportion", 1),
    }

    said = heads_of(ALL + "heads: {digit: {}, parity: {metrics: [auc], weight: 0.5}, ink: regression}\n")

    assert (said["ink"].type, said["parity"].weight, said["parity"].metrics) == ("regression", 0.5, ["auc"])


def test_columns_name_their_target() -> None:
    """history.csv has the loss of each target and its metrics under its name; all of them can be monitored."""
    config = experiment(BOTH + "weighting: learned\nheads: {digit: {}, parity: {metrics: [accuracy, auc]}}\n")

    scores = ["loss", "digit_loss", "digit_accuracy", "parity_loss", "parity_accuracy", "parity_auc"]
    weights = ["digit_weight", "parity_weight"]
    assert config.history_columns[3:] == [*scores, *weights, *(f"val_{name}" for name in scores)]
    assert set(config.history_columns[3:]) - set(config.judged_columns) == set(weights)


@pytest.mark.training
@pytest.mark.parametrize("target", ["digit", "parity"])
def test_apart_equals_each_task_alone(target: str) -> None:
    """With `sharing: none` a target's scores are those of a run on that target alone, to the rounding of a sum."""
    together, _ = trained(experiment(BOTH + "sharing: none\n"))
    # The split is drawn by the first target's classes: that of the run alone has to be the same one.
    alone = experiment(f"dataset: {{type: digits, target: {target}}}\n")
    data = experiment(BOTH).dataset.load(None)
    info = alone.dataset.info()
    of_target = experiment(BOTH).dataset.info().y_of
    train, test = (Split(part.x, of_target(target, part.y)) for part in (data.train, data.test))
    single = build(alone, info, train, seed=3)
    trainer = Trainer(single, alone.optimizer.build(), train, alone.training.batch_size)
    evaluator = Evaluator(single, test)
    for epoch, row in enumerate(together, start=1):
        scores = scored("train", trainer.train_epoch(order_of(3, epoch, len(train))), train, single)
        scores |= scored("validation", evaluator.evaluate(), test, single)

        assert row[f"{target}_loss"] == pytest.approx(scores["loss"], rel=1e-6)
        assert row[f"{target}_accuracy"] == scores["accuracy"]
        assert row[f"val_{target}_loss"] == pytest.approx(scores["val_loss"], rel=1e-5)
        assert row[f"val_{target}_accuracy"] == scores["val_accuracy"]


@pytest.mark.training
def test_one_trunk_equals_keras_with_several_outputs() -> None:
    """Weighted losses over a shared trunk give the history and weights of Keras's own fit with `loss_weights`."""
    config = experiment(
        BOTH + "heads: {digit: {weight: 2.0}, parity: {weight: 0.5}}\noptimizer: {type: sgd, momentum: 0.9}\n"
    )
    history, network = trained(config)
    data, seed = config.dataset.load(None), 3
    fresh = build(config, config.dataset.info(), data.train, seed)
    model = fresh.model
    model.compile(
        optimizer=keras_optimizer(config),
        loss={"digit": "sparse_categorical_crossentropy", "parity": "binary_crossentropy"},
        loss_weights={"digit": 2.0, "parity": 0.5},
    )
    x, y = data.train.x, {"digit": data.train.y[:, 0], "parity": data.train.y[:, 1:]}
    for epoch, row in enumerate(history, start=1):
        order = order_of(seed, epoch, len(x))
        shuffled = {name: each[order] for name, each in y.items()}
        found = model.fit(x[order], shuffled, batch_size=32, shuffle=False, verbose=0).history

        # Of the single losses Keras records the mean of batch means, which is no mean over examples.
        assert row["loss"] == pytest.approx(found["loss"][0], rel=1e-4)
    for ours, theirs in zip(network.model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-5)


@pytest.mark.training
def test_the_loss_is_the_weighted_sum() -> None:
    """The recorded loss of a split is the sum of weight times each target's own recorded loss."""
    history, _ = trained(experiment(BOTH + "heads: {digit: {weight: 2.0}, parity: {weight: 0.5}}\n"), epochs=1)

    row = history[0]
    assert row["loss"] == pytest.approx(2 * row["digit_loss"] + 0.5 * row["parity_loss"], rel=1e-6)
    assert row["val_loss"] == pytest.approx(2 * row["val_digit_loss"] + 0.5 * row["val_parity_loss"], rel=1e-6)


@pytest.mark.training
def test_learned_weights_follow_the_gradient_by_hand() -> None:
    """One step of gradient descent on J = sum w exp(-s) L + s / 2 from s = 0 gives s = rate * (w L - 1/2)."""
    config = experiment(
        BOTH + "weighting: learned\nheads: {digit: {}, parity: {weight: 0.5}}\n"
        "optimizer: {type: sgd, learning_rate: 0.1}\ntraining: {batch_size: 2000}\n"
    )
    history, _ = trained(config, epochs=1)

    row = history[0]  # One batch: the losses are those before the step, the weights those after it.
    assert row["digit_weight"] == pytest.approx(np.exp(-0.1 * (row["digit_loss"] - 0.5)), rel=1e-5)
    assert row["parity_weight"] == pytest.approx(0.5 * np.exp(-0.1 * (0.5 * row["parity_loss"] - 0.5)), rel=1e-5)
    assert row["loss"] == pytest.approx(row["digit_loss"] + 0.5 * row["parity_loss"], rel=1e-6)


@pytest.mark.training
def test_learned_weights_approach_their_optimum() -> None:
    """With frozen losses the best s is log(2 w L): a task of small loss is given more weight than one of large loss."""
    history, _ = trained(experiment(BOTH + "weighting: learned\n", "optimizer.learning_rate=0.01"), epochs=8)

    last = history[-1]
    assert last["parity_loss"] < last["digit_loss"] < 0.5
    assert last["parity_weight"] > last["digit_weight"] > 1


@pytest.mark.parametrize("head", ["gaussian", "laplace", "mixture", "beta"])
def test_a_density_has_no_learned_weight(head: str) -> None:
    """The likelihood of a density can fall below 0, where a learned weight would grow without end."""
    said = refused(ALL + f"weighting: learned\nheads: {{digit: {{}}, parity: {{}}, ink: {head}}}\n")

    assert f"a learned weight grows without end where the loss falls below 0, as that of ink ({head}) can" in said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOTH + "heads: {digit: {}, partiy: {}}\n", "no target 'partiy'. Did you mean 'parity'?"),
        (BOTH + "heads: {digit: {}}\n", "target 'parity' has no head; write parity: {} for its default"),
        (BOTH + "heads: {digit: binary, parity: {}}\n", "head.heads.digit.type: a binary head needs"),
        (BOTH + "heads: {digit: {units: 4}, parity: {}}\n", "head.heads.digit.units: 10 classes do not fit into 4"),
        (BOTH + "head: multiclass\n", "this data set is several targets: digit (multiclass with 10 classes), parity"),
        (BOTH + "sharing: soft\n", "head.sharing: unknown sharing 'soft'"),
        (BOTH + "sharing: none\ntraining: {diagnostics: true}\n", "diagnostics look at one trunk"),
        (
            BOTH + "sharing: none\noptimizer: {type: adam, global_clipnorm: 1}\n",
            "optimizer.global_clipnorm: one norm over all trunks would tie the tasks together; use clipnorm",
        ),
        (BOTH + "validation: {type: split, stratify: true}\n", "only classes can be drawn in equal shares"),
        ("dataset: digits\nheads: {digit: {}}\n", "needs several targets; this data set is multiclass with 10"),
        ("dataset: digits\nhead: {weight: 2.0}\n", "head.weight: the only head has no other"),
        ("dataset: {type: digits, target: [digit]}\n", "expected at least 2 of them, given [digit]"),
        ("dataset: {type: digits, target: [digit, digit]}\n", "a target is named twice"),
        ("dataset: {type: digits, target: [digit, lines]}\n", "Choose from: digit, parity, traits, ink"),
        ("dataset: {type: csv, path: a.csv, target: {a: binary}}\n", "a mapping names two or more targets"),
        ("dataset: {type: csv, path: a.csv, target: a}\n", "dataset.task: missing. Choose from: binary, "),
        (
            "dataset: {type: csv, path: a.csv, target: {val_a: binary, b: count}}\n",
            "column val_a_loss would be",
        ),
        ("dataset: {type: csv, path: a.csv, target: {a b: binary, a_b: count}}\n", "cannot be told from those of"),
        (
            "dataset: {type: csv, path: a.csv, task: binary, target: {a: binary, b: count}}\n",
            "dataset.task: of several targets each says its task",
        ),
    ],
)
def test_refuses_what_cannot_work(text: str, message: str) -> None:
    """Each mistake is named with its path before any data is read."""
    assert message in refused(text)


def test_mistakes_come_in_the_order_of_the_targets() -> None:
    """Not in that of a set, which is another in each process."""
    names = [f"t{i}" for i in range(12)]
    info = Info(
        task="several",
        n_train=1,
        n_test=1,
        inputs="numeric",
        shape=(2,),
        targets={name: Info(task="count", n_train=1, n_test=1, inputs="numeric", shape=(2,)) for name in names},
    )
    some = Multitask(heads={name: Binary() for name in reversed(names[6:])})

    said = list(some.problems(Context(info=info)))

    assert [message.split("'")[1] for field, message in said if field == "heads"] == names[:6]
    assert list(dict.fromkeys(field.split(".")[1] for field, _ in said if field != "heads")) == names[6:]


@pytest.mark.training
def test_a_density_may_have_a_fixed_weight() -> None:
    """What learned weights exclude works with fixed ones."""
    history, _ = trained(experiment(ALL + "heads: {digit: {}, parity: {}, ink: {type: beta, weight: 0.1}}\n"), epochs=1)

    assert np.isfinite(list(history[0].values())).all()


@pytest.mark.training
def test_sparse_inputs_apart_and_together() -> None:
    """Multi-hot text with a class and a star rating: a trunk each multiplies the same sparse rows as one trunk does."""
    for split in ("train", "test"):
        for folder, ratings in (("neg", (1, 2, 3)), ("pos", (8, 9, 10))):
            Path("reviews", split, folder).mkdir(parents=True)
            for i in range(30):
                stars = ratings[i % 3]
                words = ("awful dull bad" if folder == "neg" else "fine great good") + f" film number{stars}"
                Path("reviews", split, folder, f"{i}_{stars}.txt").write_text(words)
    text = "dataset: {type: text_folder, path: reviews, num_words: 50, target: {folder: binary, rating: ordinal}}\n"
    text += "optimizer: {type: adam, learning_rate: 0.01}\n"
    for sharing in ("hard", "none"):
        config = experiment(text + f"sharing: {sharing}\n")
        data = config.dataset.load(None)
        assert data.info is not None
        assert data.info.targets["rating"].class_names == ("1", "2", "3", "8", "9", "10")
        history, network = trained(completed(config, data.info), epochs=30)

        assert len(network.first) == (1 if sharing == "hard" else 2)
        assert history[-1]["val_folder_accuracy"] == 1.0
        assert history[-1]["val_rating_loss"] < history[0]["val_rating_loss"]


def test_multilabel_beside_a_number() -> None:
    """A csv with a column of labels and a number: the labels are several columns of the targets."""
    rows = "".join(f"{i},{'a;b' if i % 2 else ''},{2 * i}\n" for i in range(40))
    Path("own.csv").write_text("x,labels,y\n" + rows)
    config = experiment("dataset: {type: csv, path: own.csv, target: {labels: multilabel, y: regression}}\n")
    data = config.dataset.load(None)
    info: Info = data.info  # type: ignore[assignment]

    assert info.y_columns == {"labels": slice(0, 2), "y": 2}
    assert info.targets["labels"].class_names == ("a", "b")
    np.testing.assert_array_equal(info.y_of("labels", data.train.y)[:, 0], data.train.x[:, 0] % 2)
    np.testing.assert_array_equal(info.y_of("y", data.train.y), 2 * data.train.x[:, 0])


@pytest.mark.training
def test_own_table_with_a_target_of_every_task(invoke: Invoke) -> None:
    """Six columns of one csv, each with the head of its task; predictions name each column's."""
    rows = [f"{i % 7},{i % 5},{i},{i % 2},{'abc'[i % 3]},{i % 4},{1 + i % 5},{(i % 10) / 10}" for i in range(60)]
    Path("own.csv").write_text("\n".join(["a,b,price,sold,kind,visits,stars,share", *rows]))
    targets = "price: regression, sold: binary, kind: multiclass, visits: count, stars: ordinal, share: proportion"
    Path("own.yaml").write_text(
        f"dataset: {{type: csv, path: own.csv, target: {{{targets}}}}}\ntraining: {{epochs: 1}}\n"
    )

    assert invoke("run", "own.yaml")[0] == 0
    code, out, _ = invoke("predict", "own", "test")
    columns = out.splitlines()[0].split(",")

    assert code == 0
    assert {"price_low_90", "sold_probability_1", "kind_probability_c", "visits_predicted", "share_high_90"} <= {
        *columns
    }
    assert [column for column in columns if column.startswith("stars_")] == [
        *("stars_target", "stars_predicted"),
        *(f"stars_probability_{k}" for k in range(1, 6)),
    ]
    (path,) = Path("runs/own").iterdir()
    metrics = json.loads((path / "summary.json").read_text())["metrics"]
    assert all(np.isfinite(metrics[f"test_{name.split(':')[0]}_nll"]) for name in targets.split(", "))


@pytest.mark.training
@pytest.mark.parametrize("sharing", ["hard", "none"])
def test_no_hidden_layer_is_a_trunk_too(sharing: str) -> None:
    """Heads straight on the inputs; together or apart they are the same models."""
    text = "dataset: {type: digits, target: [digit, traits]}\nmodel: {hidden: []}\n"
    config = experiment(text + f"sharing: {sharing}\noptimizer: {{type: adam, learning_rate: 0.01}}\n")

    history, network = trained(config, epochs=2)

    assert network.model.count_params() == 65 * (10 + 4)
    assert history[-1]["digit_accuracy"] > 0.8


def test_bundled_targets_equal_those_alone() -> None:
    """Several targets of digits and of linnerud are the columns that each has alone, for the same examples."""
    several = Digits(target=["digit", "ink"]).load(None)
    alone = Digits(target="digit").load(None)

    np.testing.assert_array_equal(several.train.x, alone.train.x)
    np.testing.assert_array_equal(several.train.y[:, 0], alone.train.y)
    np.testing.assert_allclose(several.train.y[:, 1], several.train.x.mean(axis=1) / 16, rtol=1e-6)

    gym, waist = Linnerud(target=["weight", "waist"]).load(None), Linnerud(target="waist").load(None)

    np.testing.assert_array_equal(gym.test.y[:, 1], waist.test.y)


def test_text_folder_of_one_target_is_as_before() -> None:
    """The mapping is for several; one target is still a word and a task."""
    assert TextFolder(path="x", task="binary").learned.several == {}


@pytest.mark.training
def test_records_and_reports(invoke: Invoke) -> None:
    """A run with three targets leaves their scores, mistakes and a model that names its outputs; reports show them."""
    Path("three.yaml").write_text(ALL + "training: {epochs: 2}\n")
    Path("apart.yaml").write_text("extends: three.yaml\nsharing: none\n")

    assert invoke("run", "three.yaml", "apart.yaml")[0] == 0
    (path,) = Path("runs/three").iterdir()
    summary: dict[str, Any] = json.loads((path / "summary.json").read_text())
    assert {"test_digit_nll", "test_parity_calibration_error", "test_ink_coverage_90"} <= summary["metrics"].keys()
    assert {each["target_name"] for each in summary["mistakes"]} == {"digit", "parity", "ink"}
    assert summary["class_names"]["parity"] == ["even", "odd"]

    model = keras.models.load_model(path / "model.keras")
    predicted = model.predict(np.zeros((2, 64), np.float32), verbose=0)
    assert {name: each.shape for name, each in predicted.items()} == {"digit": (2, 10), "parity": (2, 1), "ink": (2, 1)}

    shown = invoke("show", "three")[1]
    assert "most confident mistakes on the test split, parity" in shown
    assert "largest errors on the test split, ink" in shown
    compared = invoke("compare", "three", "apart")[1]
    assert "head.sharing" in compared
    assert "val_parity_accuracy" in compared
    described = invoke("data", "three.yaml")[1]
    in_one_line = " ".join(described.split())  # The page has 80 columns.
    assert "several targets: digit (multiclass with 10 classes), parity (binary), ink (proportion)" in in_one_line
    assert "ink train" in described
