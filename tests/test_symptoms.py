"""What a history says is wrong with a run: planted pathologies are named, healthy runs are not."""

import json
import math
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from make_runs import changed, failed, finished

from dlexp.config.load import load
from dlexp.records.history import HistoryWriter
from dlexp.records.index import SMOKE, read, scan
from dlexp.records.run_dir import RunDir
from dlexp.reports.run import remedies
from dlexp.reports.run.symptom import Symptom
from dlexp.reports.run.symptoms import symptoms

RECORDED = Path(__file__).parent / "records" / "0.1.0" / "runs"
CONFIGS = Path(__file__).parent.parent / "configs"

SGD = {"type": "sgd", "learning_rate": 0.01, "clipnorm": None}
MLP = {"type": "mlp", "hidden": [32, 32], "activation": {"type": "relu"}, "dropout": 0.0, "normalization": "none"}
#: What the records of ten equal classes say.
TEN: dict[str, Any] = {
    "guessing": {"val_accuracy": 0.12, "test_accuracy": 0.1},
    "examples": {"train": 1000, "validation": 300, "test": 300},
    "class_names": list("0123456789"),
}
HEAD = {"type": "multiclass", "units": 10, "metrics": ["accuracy"], "loss": "categorical_crossentropy"}


def decay(start: float, end: float, n: int, pace: float = 4.0) -> list[float]:
    """A curve that falls to its end, most in the beginning; at pace 0 in a straight line."""
    shares = [1 - i / (n - 1) if pace == 0 else math.exp(-pace * i / n) for i in range(n)]
    return [end + (start - end) * share for share in shares]


def rows(**columns: Sequence[float]) -> list[dict[str, float]]:
    """A history of these columns, beside a learning rate."""
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def shown(path: Path, history: Sequence[Mapping[str, float]], rate: float = 0.01, **record: Any) -> list[Symptom]:
    """What is said of a finished run of ten classes, or of what `record` says otherwise."""
    parts: dict[str, Any] = record.pop("parts", {})
    config = changed(
        model=MLP | parts.get("model", {}),
        head=HEAD | parts.get("head", {}),
        optimizer=SGD | {"learning_rate": rate},
        training={"epochs": len(history), "early_stopping": None} | parts.get("training", {}),
    ) | {"validation": {"type": "split", "size": 0.2}}
    metrics = {name: value for name, value in history[-1].items() if not math.isnan(value)} or {"loss": 1.0}
    run_dir = finished(path, config=config, metrics=metrics, epochs=len(history), **(TEN | record))
    write(run_dir, [{"learning_rate": rate, **row} for row in history])
    return symptoms(read(run_dir))


def write(run_dir: RunDir, history: Sequence[Mapping[str, float]]) -> None:
    """These epochs as a run's history."""
    with HistoryWriter(run_dir.history_path, ["epoch", *history[0]]) as writer:
        for epoch, row in enumerate(history, start=1):
            writer.write({"epoch": epoch, **row})


def learning(n: int = 40) -> dict[str, list[float]]:
    """The curves of a run that learns well, and is done."""
    return {
        "loss": decay(2.2, 0.1, n, 12),
        "accuracy": decay(0.2, 0.97, n, 12),
        "val_loss": decay(2.1, 0.2, n, 12),
        "val_accuracy": decay(0.2, 0.95, n, 12),
    }


def lost(n: int = 20, loss: float = 2.303) -> dict[str, list[float]]:
    """The curves of a run that learns nothing."""
    return {"loss": [loss] * n, "accuracy": [0.1] * n, "val_loss": [loss] * n, "val_accuracy": [0.09] * n}


def test_a_healthy_run_is_silent(tmp_path: Path) -> None:
    """So is one with the weights of its best epoch, however it went on."""
    overfitted = learning(20)["val_loss"] + [0.2 + 0.05 * i for i in range(20)]

    assert shown(tmp_path / "done", rows(**learning())) == []
    assert shown(tmp_path / "restored", rows(**learning() | {"val_loss": overfitted}), restored_epoch=20) == []


def test_overfitting_is_named_with_its_epochs(tmp_path: Path) -> None:
    """The course's IMDB with Adam: the validation loss is four times its best."""
    curves = learning(20) | {"loss": decay(0.56, 0.00006, 20), "val_loss": [0.4, 0.3, 0.2778, *decay(0.28, 1.116, 17)]}

    (found,) = shown(tmp_path, rows(**curves))

    assert (found.kind, found.change) == ("overfits", "--set training.early_stopping.patience=5")
    assert found.what.startswith("overfits since epoch 3: val_loss rose from 0.2778 to 1.097 ")
    assert "while loss fell from 0.3" in found.what


def test_a_rate_above_the_usual_is_lowered_before_training_is_stopped_early(tmp_path: Path) -> None:
    """Its loss trembles by less than where the rate is usual, and that explains the validation loss."""
    loss = [value + 0.02 * (i % 2) for i, value in enumerate(decay(0.56, 0.00006, 20))]
    curves = learning(20) | {"loss": loss, "val_loss": [0.4, 0.3, 0.2778, *decay(0.28, 1.116, 17)]}

    kinds = {rate: shown(tmp_path / str(rate), rows(**curves), rate)[0].kind for rate in (0.1, 1.0)}

    assert kinds == {0.1: "overfits", 1.0: "oscillates"}


def test_a_validation_loss_that_only_trembles_does_not_overfit(tmp_path: Path) -> None:
    """By chance its lowest value is early."""
    trembling = [0.3 + 0.05 * (-1) ** i for i in range(40)]

    found = shown(tmp_path, rows(**learning() | {"val_loss": [2.1, 0.24, *trembling[2:]]}))

    assert [each.kind for each in found] == []


def test_the_last_epochs_of_a_restless_validation_are_no_overfitting(tmp_path: Path) -> None:
    """Three epochs after the best one are worse, and so were others before it."""
    restless = [0.6, 0.5, 0.9, 0.4, 0.8, 0.45, 0.9, 0.35, 0.8, 0.6, 0.85]

    assert shown(tmp_path, rows(**learning(11) | {"loss": decay(2.2, 0.1, 11, 12), "val_loss": restless})) == []


def test_overfitting_with_early_stopping_gets_the_best_epoch_back(tmp_path: Path) -> None:
    """Where it stops already, but keeps the last weights."""
    curves = learning(20) | {"val_loss": [1.0, 0.5, 0.3, *decay(0.3, 1.1, 17)]}
    stopping = {"monitor": "val_loss", "patience": 17, "restore_best": False, "min_delta": 0.0}

    (found,) = shown(tmp_path, rows(**curves), parts={"training": {"early_stopping": stopping}}, stopped_epoch=20)

    assert found.change == "--set training.early_stopping.restore_best=true"


def test_a_rate_far_too_small_is_named(tmp_path: Path) -> None:
    """`--set optimizer.learning_rate=1e-5` under SGD."""
    curves = lost(30) | {"loss": decay(2.61, 2.55, 30, 0), "val_loss": decay(2.62, 2.56, 30, 0)}

    (found,) = shown(tmp_path, rows(**curves), rate=1e-5)

    assert (found.kind, found.change) == ("slow", "--set optimizer.learning_rate=0.01")
    assert found.what == (
        "learns too slowly, at a learning rate of 1e-05: loss went from 2.610 to 2.550 in 30 epochs; "
        "val_accuracy 0.09000 is no better than guessing, 0.1200"
    )


def test_a_training_that_is_too_short_gets_more_epochs(tmp_path: Path) -> None:
    """Still falling at the end, as fast as ever: four times as many."""
    curves = learning(8) | {"loss": decay(2.2, 1.2, 8, 0), "val_loss": decay(2.1, 1.1, 8, 0)}

    (found,) = shown(tmp_path, rows(**curves))

    assert (found.kind, found.change) == ("unfinished", "--set training.epochs=32")
    assert found.what == "still improving at the end: val_loss fell from 1.386 in epoch 6 to 1.100 in epoch 8"


def test_units_that_learn_nothing_are_named(tmp_path: Path) -> None:
    """With what their settings suggest, and how to look at the layers."""
    biased = {"model": {"hidden_bias": -10.0}}
    sigmoids = {"model": {"activation": {"type": "sigmoid"}, "hidden": [16] * 6}}

    (found,) = shown(tmp_path / "biased", rows(**lost()), parts=biased)

    assert (found.kind, found.change, found.observe) == ("stuck", "--set model.hidden_bias=0", True)
    assert found.what == (
        "stuck: loss stays at 2.303 from epoch 2 on; val_accuracy 0.09000 is no better than guessing, 0.1200"
    )
    (found,) = shown(tmp_path / "sigmoids", rows(**lost()), parts=sigmoids)
    assert found.change == "--set model.activation=relu"
    (found,) = shown(tmp_path / "linear", rows(**lost()), parts={"model": {"hidden": []}})
    assert (found.change, found.observe) == ("--set 'model.hidden=[32, 32]'", False)


def test_usual_units_that_learn_nothing_are_not_blamed(tmp_path: Path) -> None:
    """Shuffled labels look like that: nothing points to the units, and other ones would not help."""
    curves = lost() | {"val_accuracy": [0.1 + 0.02 * (i % 3) for i in range(20)]}

    for units in ("relu", "tanh"):
        (found,) = shown(tmp_path / units, rows(**curves), parts={"model": {"activation": {"type": units}}})

        assert (found.change, found.observe, found.control) == ("", False, True)
        assert found.what.endswith(
            "; dlexp control tells labels that do not belong to the inputs from a model that cannot learn"
        )


def test_layers_that_were_observed_are_not_asked_for_again(tmp_path: Path) -> None:
    """Their own diagnosis stands beside it."""
    (found,) = shown(tmp_path, rows(**lost()))
    (run_dir,) = scan(tmp_path)
    run_dir.diagnostics_path.write_text("epoch,layer\n")

    (again,) = symptoms(read(run_dir))

    assert (found.observe, again.observe) == (True, False)


def test_labels_learned_by_heart_are_named(tmp_path: Path) -> None:
    """All of the training examples are right, and no more of the others than by guessing."""
    curves = lost(40) | {"loss": decay(2.3, 0.01, 40), "accuracy": decay(0.1, 1.0, 40), "val_loss": decay(2.3, 9, 40)}

    (found,) = shown(tmp_path, rows(**curves))

    assert (found.kind, found.change) == ("memorizes", "")
    assert found.control
    assert found.what.startswith("learns the training examples by heart: accuracy reached 0.9")
    assert "val_accuracy 0.09000 is no better than guessing, 0.1200" in found.what


def test_what_is_learned_of_training_examples_alone_is_not_always_by_heart(tmp_path: Path) -> None:
    """Two of three are right."""
    curves = lost(40) | {"accuracy": decay(0.1, 0.65, 40), "val_loss": decay(2.3, 3.0, 40)}

    (found,) = shown(tmp_path, rows(**curves))

    assert found.what.startswith("learns only its training examples: accuracy reached 0.6")


def test_one_class_for_all_is_named(tmp_path: Path) -> None:
    """Nineteen of twenty examples are of it."""
    curves = lost() | {"loss": decay(0.7, 0.2, 20, 12), "val_loss": decay(0.7, 0.2, 20, 12)}
    curves |= {"accuracy": [0.95] * 20, "val_accuracy": [0.95] * 20}
    confusion = {"target": [0, 1], "predicted": [0, 0], "count": [285, 15]}
    record: dict[str, Any] = {
        "parts": {"head": {"type": "binary", "units": 1, "loss": "binary_crossentropy", "class_weight": None}},
        "guessing": {"val_accuracy": 0.95},
        "class_names": ["no", "yes"],
    }
    path = tmp_path / "runs"
    shown(path, rows(**curves), **record)
    (run_dir,) = scan(path)
    evaluation = {"mistakes": [], "targets": {"": {"count": 300, "confusion": confusion}}}
    run_dir.evaluation_path.write_text(json.dumps(evaluation))

    (found,) = symptoms(read(run_dir))

    assert (found.kind, found.change) == ("one_class", "--set head.class_weight=balanced")
    assert found.what.startswith("predicts one class for all test examples, no: val_accuracy 0.9500 is its share")


def test_a_rare_class_that_accuracy_does_not_see_is_no_fault_of_the_units(tmp_path: Path) -> None:
    """Both classes are predicted, and always saying the frequent one scores as well."""
    curves = lost() | {"loss": decay(0.7, 0.1, 20, 12), "val_loss": decay(0.7, 0.12, 20, 12)}
    curves |= {"accuracy": [0.95] * 20, "val_accuracy": [0.955] * 20}
    record: dict[str, Any] = {
        "parts": {"head": {"type": "binary", "units": 1, "loss": "binary_crossentropy", "class_weight": None}},
        "guessing": {"val_accuracy": 0.95},
        "class_names": ["no", "yes"],
    }

    (found,) = shown(tmp_path, rows(**curves), **record)

    assert (found.kind, found.change) == ("guessing", "--set head.class_weight=balanced")
    assert found.what == (
        "val_accuracy 0.9550 is hardly better than guessing, 0.9500: "
        "most examples are of one class, and metrics such as auc or f1_macro would tell"
    )


def test_a_rate_far_too_large_is_named(tmp_path: Path) -> None:
    """A loss that flies away, one that goes up and down, and one that jumps; the rate is lowered."""
    flies = learning() | {"loss": [900.0, *learning()["loss"][1:]]}
    oscillates = learning() | {"loss": [1.0 + 0.5 * (-1) ** i for i in range(40)]}
    jumps = learning() | {"loss": [*learning(20)["loss"], *[1.9] * 20]}

    found = {
        name: shown(tmp_path / name, rows(**curves), rate=0.1) for name, curves in locals().items() if name in _BAD
    }

    assert {name: [each.kind for each in several] for name, several in found.items()} == {
        "flies": ["jumps"],
        "oscillates": ["oscillates"],
        "jumps": ["jumps"],
    }
    assert {each.change for several in found.values() for each in several} == {
        "--set optimizer.learning_rate=0.01",
        "--set optimizer.learning_rate=0.02",
    }


_BAD = ("flies", "oscillates", "jumps")


def test_what_was_forgotten_is_named(tmp_path: Path) -> None:
    """A network that learned, then fell back to guessing for good."""
    curves = {name: values[:20] + lost(20, 2.4)[name] for name, values in learning().items()}

    (found,) = shown(tmp_path, rows(**curves))

    assert found.kind == "collapsed"
    assert found.what.startswith("forgot in epoch 21 what it had learned: val_accuracy was 0.9")


def test_a_run_that_diverged_says_what_it_was_before(tmp_path: Path) -> None:
    """Its lowest loss and its last finite one, from the rows that it has."""
    config = changed(optimizer=SGD | {"learning_rate": 0.1}, model=MLP)
    run_dir = failed(tmp_path, config=config, epoch=3)
    write(run_dir, rows(loss=[0.5, 80.0, math.nan]))

    (found,) = symptoms(read(run_dir))

    assert found.change == "--set optimizer.learning_rate=0.01"
    assert found.what == (
        "diverged in epoch 3: its losses or weights are NaN or infinite, "
        "after a loss of 0.5000 in epoch 1 and 80 in epoch 2"
    )


def test_a_usual_rate_that_diverges_has_its_gradients_clipped(tmp_path: Path) -> None:
    """The default of the optimizer is not what is wrong."""
    (found,) = symptoms(read(failed(tmp_path, config=changed(optimizer=SGD))))

    assert found.change == "--set optimizer.clipnorm=1"


def test_early_stopping_that_comes_too_soon_is_named(tmp_path: Path) -> None:
    """An improvement that does not count, and none at all after the first epoch."""
    stopping = {"monitor": "val_loss", "patience": 2, "min_delta": 0.6, "restore_best": True}
    curves = {name: values[:3] for name, values in learning().items()}
    falling = rows(**curves | {"val_loss": [2.0, 1.8, 1.5]})
    rising = rows(**lost(3) | {"val_loss": [2.0, 2.1, 2.3]})
    record = {"stopped_epoch": 3, "restored_epoch": 1}

    (too_strict,) = shown(tmp_path / "falling", falling, parts={"training": {"early_stopping": stopping}}, **record)
    (never,) = shown(tmp_path / "rising", rising, parts={"training": {"early_stopping": stopping}}, **record)

    assert too_strict.change == "--set training.early_stopping.min_delta=0"
    assert too_strict.what == (
        "early stopping ended the training after epoch 3 although val_loss went from 2 in epoch 1 to 1.500: "
        "min_delta 0.6000 is too large"
    )
    assert never.what == "early stopping ended the training after epoch 3: val_loss was never better than in epoch 1, 2"


def test_validation_better_than_training_is_explained(tmp_path: Path) -> None:
    """By dropout, where there is some; else the examples are easier."""
    curves = learning() | {"loss": decay(2.2, 0.9, 40, 12)}

    (dropped,) = shown(tmp_path / "dropout", rows(**curves), parts={"model": {"dropout": 0.8}})
    (easier,) = shown(tmp_path / "none", rows(**curves))

    assert (dropped.kind, dropped.change) == ("validation_better", "--set model.dropout=0.4")
    assert dropped.what == "val_loss 0.2001 is better than loss 0.9001: dropout or noise is active in training only"
    assert easier.what.endswith("the 300 validation examples are easier, or are among the training examples")


def test_a_tiny_validation_split_is_named(tmp_path: Path) -> None:
    """One of ten examples is ten points."""
    (found,) = shown(tmp_path, rows(**learning()), examples={"train": 100, "validation": 10, "test": 300})

    assert (found.kind, found.change) == ("small_validation", "--set validation.size=0.3")
    assert found.what.startswith("one of its 10 validation examples is 10 points of val_accuracy")


def test_each_target_has_its_own(tmp_path: Path) -> None:
    """Of two heads the one that learns nothing; the other overfits."""
    heads = {"digit": HEAD, "parity": {"type": "binary", "metrics": ["accuracy"], "loss": "binary_crossentropy"}}
    digit, parity = lost(), learning(20) | {"val_loss": [0.5, 0.2, *decay(0.2, 0.9, 18)]}
    columns = {
        name: [sum(pair) for pair in zip(digit[name], parity[name], strict=True)] for name in ("loss", "val_loss")
    }
    columns |= {f"digit_{name}".replace("digit_val_", "val_digit_"): values for name, values in digit.items()}
    columns |= {f"parity_{name}".replace("parity_val_", "val_parity_"): values for name, values in parity.items()}
    record: dict[str, Any] = {
        "parts": {"head": {"type": "multitask", "heads": heads}},
        "guessing": {"val_digit_accuracy": 0.1, "val_parity_accuracy": 0.5},
    }

    found = shown(tmp_path, rows(**columns), **record)

    assert [each.kind for each in found] == ["stuck", "overfits"]
    assert "val_digit_accuracy 0.09000" in found[0].what
    assert "val_parity_loss rose from 0.2000" in found[1].what


def test_targets_that_show_the_same_are_one_line(tmp_path: Path) -> None:
    """One change is for both."""
    head = {"type": "regression", "metrics": ["mae"], "loss": "mse", "standardize_target": True}
    curve = decay(1.0, 0.5, 8, 0)
    names = ("loss", "a_loss", "b_loss", "val_loss", "val_a_loss", "val_b_loss")

    found = shown(
        tmp_path,
        rows(**dict.fromkeys(names, curve)),
        parts={"head": {"type": "multitask", "heads": {"a": head, "b": head}}},
    )

    assert [each.kind for each in found] == ["unfinished"]


@pytest.mark.parametrize(
    "history",
    [
        pytest.param([{"loss": 1.0, "val_loss": 1.0}], id="one epoch"),
        pytest.param([{"loss": 1.0}, {"loss": 0.2}, {"loss": 0.19}], id="no validation"),
        pytest.param([{"accuracy": 0.5}, {"accuracy": 0.6}], id="no loss"),
        pytest.param([{"loss": math.nan, "val_loss": 0.5}] * 3, id="no finite loss"),
        pytest.param([{"loss": 0.5, "val_loss": math.nan}] * 3, id="no finite validation"),
    ],
)
def test_little_on_record_shows_nothing(tmp_path: Path, history: list[dict[str, float]]) -> None:
    """A history of one epoch, or with missing columns and numbers."""
    assert shown(tmp_path, history, guessing={}) == []


def test_an_epoch_without_a_number_is_left_out(tmp_path: Path) -> None:
    """The others still show what they show."""
    curves = learning(20) | {"val_loss": [0.4, math.nan, 0.2, *decay(0.3, 1.1, 17)]}

    (found,) = shown(tmp_path, rows(**curves))

    assert found.kind == "overfits"


def test_runs_that_are_no_experiment_of_their_own_are_silent(tmp_path: Path) -> None:
    """Smoke runs of two epochs, and the many of bias and variance; a damaged history is left to those who name it."""
    resampled = changed(dataset={"resample": {"type": "bootstrap", "index": 0}})
    curves = rows(**lost())
    shown(tmp_path / "damaged", curves)
    (damaged,) = scan(tmp_path / "damaged")
    damaged.history_path.write_text("epoch,loss\n7,0.5\n")

    of_bias_variance = finished(tmp_path / "resampled", config=resampled)
    write(of_bias_variance, curves)

    assert symptoms(read(of_bias_variance)) == []
    assert shown(tmp_path / SMOKE, curves) == []
    assert symptoms(read(damaged)) == []


def test_records_of_0_1_0_are_judged() -> None:
    """They say neither what guessing scores nor what the model predicts."""
    found = {run_dir.name: [each.kind for each in symptoms(read(run_dir))] for run_dir in scan(RECORDED)}

    assert found["diverged"] == ["diverged"]
    assert found["resampled resamples"] == []
    assert found["finished"] == ["unfinished"]


def _changes(config: dict[str, Any]) -> set[str]:
    """Every change that may be recommended for a config."""
    early = config["training"]["early_stopping"]
    return {
        remedies.smaller_rate(config, 10),
        remedies.larger_rate(config),
        remedies.clipped(config),
        remedies.more_epochs(config, 4),
        remedies.less_dropout(config),
        remedies.larger_validation(config, 1000, 20),
        remedies.livelier_units(config),
        *(remedies.centred_output(config, target) for target in config["head"].get("heads", [""])),
        *(remedies.balanced(config, target) for target in config["head"].get("heads", [""])),
        *([remedies.every_gain(config)] if early else []),
        *([remedies.stopping(config)] if config["validation"]["type"] != "none" else []),
    } - {""}


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_change_fits_its_config(path: Path) -> None:
    """What is recommended is accepted by the very config, whatever its model, head, optimizer and schedule."""
    config = load(path).experiment.model_dump()

    for change in _changes(config):
        option, override = shlex.split(change)
        assert option == "--set"
        load(path, [override])
