"""What a process keeps of its runs: later ones build and compile nothing again."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from jobs import job_of, records

from dlexp.components.data import Info, Split
from dlexp.config.experiment import Experiment
from dlexp.execution.execute import execute
from dlexp.records.run_dir import RunDir
from dlexp.training import checkpoint
from dlexp.training.kept_networks import MOST, KeptNetworks
from dlexp.training.loop import Trainer
from dlexp.training.network import Network, build
from dlexp.training.variables import Beginnings, initializers_noted, share

#: A layer that draws numbers, batch statistics, and a schedule.
TEXT = """
dataset: iris
model: {hidden: [8], dropout: 0.3, normalization: batch}
training: {epochs: 4, batch_size: 16, schedule: cosine}
"""


def test_shared_variables_are_the_same_memory() -> None:
    """What either of two gets, both have, and so has whatever was compiled with one of them."""
    kept, variable = (keras.Variable([value, value]) for value in (1.0, 2.0))
    share([variable], [kept])

    assert kept.numpy().tolist() == [2.0, 2.0]
    variable.assign([3.0, 3.0])
    assert kept.numpy().tolist() == [3.0, 3.0]
    kept.assign([4.0, 4.0])
    assert variable.numpy().tolist() == [4.0, 4.0]


def test_what_variables_begin_with_is_known_for_any_seed() -> None:
    """As if the layers were built again: initializers, generators of random numbers, and values that are always so."""

    def built(seed: int) -> list[keras.Variable]:
        keras.utils.set_random_seed(seed)
        layers = [keras.layers.LSTM(3, dropout=0.5), keras.layers.Dense(2, bias_initializer="ones")]
        model = keras.Sequential([keras.Input((4, 2)), *layers, keras.layers.Dropout(0.5)])
        return [*model.variables, keras.Variable(7.0)]

    with initializers_noted() as noted:
        beginnings = Beginnings(built(0), noted, seed=0)

    for value, variable in zip(beginnings.values(5), built(5), strict=True):
        np.testing.assert_array_equal(value, variable.numpy())


def test_few_networks_are_kept() -> None:
    """The last ones: a process that trains many different experiments does not grow."""
    networks = KeptNetworks()
    kept = [_of_size(10) for _ in range(MOST + 2)]
    for i, each in enumerate(kept):
        networks.keep((i,), each)

    assert [networks.take((i,)) for i in range(MOST + 2)] == [None, None, *kept[2:]]


def test_large_ones_make_room() -> None:
    """For a run of another form, whose weights take memory too."""
    networks = KeptNetworks()
    networks.keep((0,), _of_size(10))
    networks.keep((1,), _of_size(10**9))
    networks.make_room()

    assert networks.take((1,)) is None


def _of_size(n: int) -> Any:
    """One with so many weights, which take no memory."""
    return SimpleNamespace(variables=[np.broadcast_to(0.0, n)], release=lambda: None)


@pytest.mark.training
def test_later_seeds_build_and_compile_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second is built to see whether it is what is expected; a resumed one has the state of its checkpoint."""
    built, compiled = [], []
    initialize = Trainer.__init__

    def build_noted(experiment: Experiment, info: Info, train: Split, seed: int) -> Network:
        built.append(seed)
        return build(experiment, info, train, seed)

    def initialize_noted(trainer: Trainer, *given: Any) -> None:
        compiled.append(trainer)
        initialize(trainer, *given)

    def train(*seeds: int) -> None:
        for seed in seeds:
            execute(job_of(tmp_path, TEXT, seed))

    monkeypatch.setattr("dlexp.training.preparation.build", build_noted)
    monkeypatch.setattr(Trainer, "__init__", initialize_noted)
    whole, stopped = job_of(tmp_path, TEXT, seed=3), job_of(tmp_path, TEXT, seed=3)
    train(0, 1, 2)
    execute(whole)

    assert (built, len(compiled)) == ([0, 1], 1)
    with monkeypatch.context() as patch:
        asked = iter([False, False, True])
        patch.setattr(checkpoint, "is_asked_to_stop", lambda: next(asked))
        execute(stopped)
    train(4, 5, 6)
    execute(stopped)
    assert (built, len(compiled)) == ([0, 1, 4, 5], 2)  # Nothing is kept of one that is stopped.
    assert "resumed after epoch 2" in RunDir(stopped.path).log_path.read_text(encoding="utf-8")
    (rows, _, weights, scores), (resumed_rows, _, resumed_weights, resumed_scores) = (
        records(RunDir(job.path)) for job in (whole, stopped)
    )
    assert (rows, scores) == (resumed_rows, resumed_scores)
    assert all(map(np.array_equal, weights, resumed_weights))
