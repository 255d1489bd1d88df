"""Learning-rate schedules against Keras's own and by hand."""

import math
from pathlib import Path
from typing import Any

import pytest
from experiments import IMDB, experiment
from jobs import run_of
from keras.optimizers import schedules

from dlexp.components.schedules import Schedule
from dlexp.config.load import load
from dlexp.config.problems import ConfigError
from dlexp.registry import components
from dlexp.training.loop import Trainer, order_of
from dlexp.training.network import build

RATE, EPOCHS, STEPS = 0.1, 6, 10


def schedule(**settings: Any) -> Any:
    """A schedule from its settings."""
    return components("schedules")[settings["type"]].model_validate(settings)


def rates(settings: dict[str, Any]) -> list[float]:
    """The learning rate of each step of a training, and of some behind it."""
    built = schedule(**settings).build(RATE, EPOCHS, STEPS)
    assert built is not None
    return [float(built(step)) for step in range((EPOCHS + 2) * STEPS)]


@pytest.mark.parametrize(
    ("settings", "keras_schedule"),
    [
        (
            {"type": "exponential", "decay_rate": 0.5, "decay_epochs": 2},
            schedules.ExponentialDecay(RATE, 2 * STEPS, 0.5),
        ),
        (
            {"type": "exponential", "decay_rate": 0.5, "every": "epoch"},
            schedules.ExponentialDecay(RATE, STEPS, 0.5, staircase=True),
        ),
        ({"type": "cosine", "alpha": 0.01}, schedules.CosineDecay(RATE, EPOCHS * STEPS, 0.01)),
        ({"type": "cosine", "decay_epochs": 3}, schedules.CosineDecay(RATE, 3 * STEPS)),
        (
            {"type": "cosine", "warmup_epochs": 2},
            schedules.CosineDecay(0.0, 4 * STEPS, warmup_target=RATE, warmup_steps=2 * STEPS),
        ),
        (
            {"type": "step", "boundaries": [2, 4]},
            schedules.PiecewiseConstantDecay([2 * STEPS - 1, 4 * STEPS - 1], [RATE, RATE * 0.1, RATE * 0.01]),
        ),
    ],
    ids=["exponential", "exponential-every-epoch", "cosine", "cosine-shorter", "cosine-warmup", "step"],
)
def test_rates_are_keras_own(settings: dict[str, Any], keras_schedule: Any) -> None:
    """At every step, and behind the last one, the rate is that of Keras's schedule counted in steps."""
    expected = [float(keras_schedule(step)) for step in range((EPOCHS + 2) * STEPS)]

    assert rates(settings) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    "settings",
    [
        {"type": "constant"},
        {"type": "step", "boundaries": [2, 4]},
        {"type": "exponential", "decay_rate": 0.5, "every": "epoch"},
        {"type": "cosine"},
        {"type": "cosine", "warmup_epochs": 2},
        {"type": "cosine", "warmup_epochs": 1, "decay_epochs": 3},
    ],
    ids=str,
)
def test_a_schedule_says_whether_its_rates_depend_on_the_number_of_epochs(settings: dict[str, Any]) -> None:
    """Those of the epochs that a shorter training has, too; every schedule that there is stands above."""
    built = [schedule(**settings).build(RATE, epochs, STEPS) for epochs in (EPOCHS, 2 * EPOCHS)]
    shorter, longer = ([float(each(step)) if each else RATE for step in range(EPOCHS * STEPS)] for each in built)

    assert schedule(**settings).depends_on_epochs == (shorter != longer)


def test_every_schedule_says_so_itself() -> None:
    """A new one counts as depending on the number of epochs: no run of it is continued by mistake."""
    assert Schedule(type="new").depends_on_epochs
    assert {*components("schedules")} == {"constant", "step", "exponential", "cosine"}


def test_step_falls_with_the_first_step_behind_a_boundary() -> None:
    """`boundaries: [2]` trains exactly two epochs at the full rate."""
    found = rates({"type": "step", "boundaries": [2, 3], "factor": 0.5})

    assert found[:20] == pytest.approx([0.1] * 20)
    assert found[20:30] == pytest.approx([0.05] * 10)
    assert found[30:] == pytest.approx([0.025] * 50)


def test_cosine_of_each_epoch_is_that_of_its_first_step() -> None:
    """`every: epoch` holds the rate for an epoch: rate * (1 + cos(pi epoch / epochs)) / 2."""
    found = rates({"type": "cosine", "every": "epoch"})

    expected = [RATE * (1 + math.cos(math.pi * min(epoch, EPOCHS) / EPOCHS)) / 2 for epoch in range(EPOCHS + 2)]
    assert found == pytest.approx([rate for rate in expected for _ in range(STEPS)], abs=1e-8)


def test_warmup_rises_linearly_to_the_optimizers_rate() -> None:
    """From 0 in the first step, to the full rate in the first one behind the warm-up."""
    found = rates({"type": "cosine", "warmup_epochs": 1})

    assert found[: STEPS + 1] == pytest.approx([RATE * step / STEPS for step in range(STEPS + 1)])


def test_smoke_may_train_fewer_epochs_than_the_warmup_takes() -> None:
    """Two epochs of a warm-up of five: the rate rises, and nothing is divided by 0."""
    built = schedule(type="cosine", warmup_epochs=5).build(RATE, 2, STEPS)

    assert built is not None
    assert float(built(STEPS)) == pytest.approx(RATE / 5)


@pytest.mark.training
def test_epoch_is_compiled_once_whatever_the_schedule() -> None:
    """A rate that changes with every step is read inside the compiled epoch: no retracing, on sparse text too."""
    config = experiment(IMDB)
    data = config.dataset.stand_in()
    network = build(config, config.dataset.info(), data.train, seed=0)
    optimizer = config.optimizer.build(schedule(type="cosine").build(RATE, 3, -(-len(data.train) // 32)))
    trainer = Trainer(network, optimizer, data.train, 32)

    for epoch in (1, 2, 3):
        trainer.train_epoch(order_of(0, epoch, len(data.train)))

    assert trainer._compiled_epoch.n_compiled == 1
    assert float(optimizer.learning_rate) == pytest.approx(0, abs=1e-8)


@pytest.mark.training
def test_history_has_the_rate_at_each_epochs_start(tmp_path: Path) -> None:
    """The column `learning_rate` is the first step's, written as the config would say it."""
    run_dir = run_of(
        tmp_path,
        "dataset: iris\noptimizer: {type: sgd, learning_rate: 0.1}\n"
        "training: {epochs: 4, schedule: {type: step, boundaries: [1, 3], factor: 0.5}}\n",
    )

    assert [row["learning_rate"] for row in run_dir.history()] == [0.1, 0.05, 0.05, 0.025]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            "cosin",
            "type: unknown schedule 'cosin'. Did you mean 'cosine'? Choose from: constant, step, exponential, cosine",
        ),
        ("step", "boundaries: missing"),
        ("{type: step, boundaries: []}", "boundaries: expected at least 1 of them, given []"),
        ("{type: step, boundaries: [4, 2]}", "boundaries: expected epochs in rising order, given [4, 2]"),
        ("{type: step, boundaries: [0]}", "boundaries.0: expected at least 1, given 0"),
        ("{type: exponential, decay_rate: 0}", "decay_rate: expected more than 0, given 0"),
        ("{type: cosine, alpha: 2}", "alpha: expected at most 1, given 2"),
        (
            "{type: cosine, warmup_epochs: 20}",
            "warmup_epochs: 20 of 20 epochs; none would be left for the cosine",
        ),
        (
            "{type: cosine, warmup_epochs: 2, every: epoch}",
            "every: a warm-up from 0 would leave the first epoch without learning; use every: step",
        ),
    ],
)
def test_schedule_that_cannot_work_is_refused(tmp_path: Path, settings: str, message: str) -> None:
    """The message is exact."""
    path = tmp_path / "c.yaml"
    path.write_text(f"dataset: iris\ntraining: {{schedule: {settings}}}\n")

    with pytest.raises(ConfigError) as caught:
        load(path)

    assert [f"{problem.path}: {problem.message}" for problem in caught.value.problems] == [
        f"training.schedule.{message}"
    ]
