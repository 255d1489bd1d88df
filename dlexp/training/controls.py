"""Short trainings that show whether a set-up can be trusted: on labels as they are, shuffled, and moved by a row."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import keras
import numpy as np

from dlexp.components.data import Array, Data, Info, Inputs, Split, SplitName
from dlexp.config.experiment import Experiment
from dlexp.errors import UserError
from dlexp.training.associations import of_head, of_neighbours
from dlexp.training.controlled import Association, Controlled, FirstLoss, OneBatch, Trial
from dlexp.training.job import Candidate
from dlexp.training.loop import Evaluator, Trainer, order_of
from dlexp.training.neighbours import neighbours_say
from dlexp.training.network import AttachedHead, Network, build
from dlexp.training.preparation import Preparation
from dlexp.training.scores import seen_by_heads
from dlexp.training.splits import Origin, Splits
from dlexp.training.telling_inputs import telling_inputs

#: More examples are not needed to see whether anything is learned.
MAX_TRAINED, MAX_HELD_OUT = 10_000, 2_000
#: The share of the training examples that is held out where the config validates on none.
HELD_OUT_SHARE = 0.2
#: The batch that is learned by heart, for how many steps at most, and after how many it is looked at.
BATCH_SIZE, MAX_STEPS, STEPS_PER_LOOK = 32, 1000, 50
#: A batch that is so much of the way from guessing to perfect need be learned no further.
HALFWAY = 0.5
#: What learns nearly any batch that can be learned.
RESCUE_RATE = 0.01
#: A short training has at least so many epochs, if need be more than the config, and ends after so many seconds.
MIN_EPOCHS, SECONDS = 10, 20.0


@dataclass(frozen=True, kw_only=True)
class SetUp:
    """What is controlled: an experiment, completed with what its data tell, and some of its examples."""

    experiment: Experiment
    info: Info
    seed: int
    train: Split
    held_out: Split

    @cached_property
    def keys(self) -> list[bytes]:
        """What examples with equal inputs have in common: of those that train, then of those held out."""
        return _row_keys(self.train.x) + _row_keys(self.held_out.x)

    @property
    def n_repeated(self) -> int:
        """Examples held out whose inputs are those of a training example."""
        seen = set(self.keys[: len(self.train)])
        return sum(key in seen for key in self.keys[len(self.train) :])

    def network(self) -> Network:
        """A new one, as a run builds it."""
        return build(self.experiment, self.info, self.train, self.seed)

    def optimizer(self, epochs: int, steps_per_epoch: int) -> keras.Optimizer:
        """The config's own, with its schedule."""
        optimizer, training = self.experiment.optimizer, self.experiment.training
        return optimizer.build(training.schedule.build(optimizer.learning_rate, epochs, steps_per_epoch))

    def with_labels(self, train: Array, held_out: Array) -> "SetUp":
        """The same examples with other targets."""
        return replace(self, train=Split(self.train.x, train), held_out=Split(self.held_out.x, held_out))


def measure(candidate: Candidate) -> Controlled:
    """Measure everything of one experiment with one seed.

    Raises:
        UserError: The settings do not fit the data, or there is nothing to learn from these.
        DataError: The data cannot be had.
    """
    preparation = Preparation(candidate)
    built, data = preparation.built(), preparation.data()
    experiment, info = built.experiment, built.network.info
    chosen = _chosen(built.splits, candidate.seed)
    train, held_out = (origin.take(data) for origin in chosen)
    set_up = SetUp(experiment=experiment, info=info, seed=candidate.seed, train=train, held_out=held_out)
    _require_differences(set_up)
    trained = trial(set_up)
    tells_nothing = not all(each.is_sure for each in trained.held_out)
    return Controlled(
        first_loss=first_loss(set_up),
        one_batch=one_batch(set_up),
        trained=trained,
        shuffled=trial(with_shuffled_labels(set_up), at_least=max(2 * trained.epochs, experiment.training.epochs)),
        n_trained=len(train),
        n_held_out=len(held_out),
        n_repeated=set_up.n_repeated,
        shifted=shifted(set_up, data, chosen) if tells_nothing else {},
        neighbours=of_neighbours(neighbours_say(train, held_out, info), info, held_out.y) if tells_nothing else (),
        telling=telling_inputs(train, held_out, info, info.feature_names or experiment.dataset.feature_names),
    )


def _require_differences(set_up: SetUp) -> None:
    """Refuse examples that are all the same, or that all have the same target: every control would pass or fail."""
    n = len(set_up.train)
    for what, different in (("inputs", set(set_up.keys[:n])), ("target", np.unique(set_up.train.y, axis=0))):
        if len(different) == 1:
            examples = f"all {n:,} training examples have the same {what}"
            source = set_up.experiment.dataset.source
            raise UserError(f"{source}: {examples}: there is nothing to learn, and nothing to control")


def _chosen(splits: Splits, seed: int) -> tuple[Origin, Origin]:
    """Some of the examples that train, and of those that validate; of the former, if none do."""
    rng = np.random.default_rng([seed, 0])
    train, held_out = splits.origins["train"], splits.origins.get("validation")
    if held_out is None:
        mixed = rng.permutation(train.positions)
        n_held_out = max(1, round(HELD_OUT_SHARE * len(mixed)))
        train, held_out = (replace(train, positions=np.sort(part)) for part in (mixed[n_held_out:], mixed[:n_held_out]))
    return _some(train, MAX_TRAINED, rng), _some(held_out, MAX_HELD_OUT, rng)


def _some(origin: Origin, n: int, rng: np.random.Generator) -> Origin:
    if len(origin.positions) <= n:
        return origin
    return replace(origin, positions=np.sort(rng.choice(origin.positions, n, replace=False)))


def first_loss(set_up: SetUp) -> FirstLoss:
    """The loss of the untrained network, and that of output units which no feature moves."""
    network = set_up.network()
    loss = _loss(network, set_up.train)
    for layer in _output_units(network):
        layer.kernel.assign(np.zeros(layer.kernel.shape))
    return FirstLoss(
        loss=loss,
        expected=_loss(network, set_up.train),
        reference=_cross_entropy(network.heads),
        target_size=_target_size(network.heads, set_up),
        is_bounded=all(each.head.loss_is_bounded for each in network.heads),
    )


def _loss(network: Network, split: Split) -> float:
    return Evaluator(network, split).evaluate().loss - sum(map(float, network.weight_penalties()))


def _output_units(network: Network) -> Iterator[keras.layers.Dense]:
    for layer in network.model.layers:
        if isinstance(layer, keras.layers.Dense) and layer.name.rpartition("_")[2] == "output":
            yield layer


def _cross_entropy(heads: Sequence[AttachedHead]) -> float | None:
    """That of equal probabilities, if it is what the only head learns by and begins at."""
    head = heads[0].head
    if len(heads) > 1 or head.output_bias or "crossentropy" not in str(getattr(head, "loss", "")):
        return None
    return math.log(head.units or 2) if head.has_unit_per_class and head.type == "multiclass" else math.log(2)


def _target_size(heads: Sequence[AttachedHead], set_up: SetUp) -> float | None:
    """The largest of all targets that are numbers and learned in their own units."""
    sizes = [
        float(np.sqrt((y.astype(np.float64) ** 2).mean()))
        for each in heads
        if getattr(each.head, "standardize_target", None) is False
        for y in [set_up.info.y_of(each.name, set_up.train.y)]
    ]
    return max(sizes, default=None)


def one_batch(set_up: SetUp) -> OneBatch:
    """Let the config's own optimizer learn one batch by heart; where it does not, Adam."""
    network, batch = set_up.network(), set_up.train.take(varied(set_up))
    before = [each.numpy() for each in network.trainable_variables]
    learned, steps = _learned(network, batch, set_up.optimizer(MAX_STEPS // STEPS_PER_LOOK, STEPS_PER_LOOK))
    moving: dict[bool, list[keras.Variable]] = {True: [], False: []}
    for each, was in zip(network.trainable_variables, before, strict=True):
        moving[bool(np.any(each.numpy() != was))].append(each)
    moved = network.layers_of(moving[True])
    rescued: Sequence[Association] = ()
    if not all(each.is_learned for each in learned):
        rescued, _ = _learned(set_up.network(), batch, keras.optimizers.Adam(RESCUE_RATE))
    return OneBatch(
        n=len(batch),
        steps=steps,
        learned=learned,
        rescued=rescued,
        frozen=[layer.name for layer in _frozen(network)],
        unmoved=[name for name in network.layers_of(moving[False]) if name not in moved],
    )


def varied(set_up: SetUp) -> Array:
    """The positions of a batch in which the values of each target take turns: the rare ones are in it too."""
    order = order_of(set_up.seed, 0, len(set_up.train))
    columns = set_up.train.y[order].reshape(len(order), -1).T
    by_target = [order[np.argsort(_turns(values), kind="stable")][:BATCH_SIZE] for values in columns]
    return np.array(list(dict.fromkeys(np.stack(by_target, axis=1).ravel().tolist())))[:BATCH_SIZE]


def _turns(values: Array) -> Array:
    """How many of the values before each one are equal to it."""
    _, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    turns = np.empty(len(values), np.int64)
    turns[np.argsort(codes, kind="stable")] = np.concatenate([np.arange(n) for n in counts])
    return turns


def _learned(network: Network, batch: Split, optimizer: keras.Optimizer) -> tuple[list[Association], int]:
    """What a network makes of a batch after learning it, and after how many steps."""
    repeated = batch.take(np.tile(np.arange(len(batch)), STEPS_PER_LOOK))
    trainer, evaluator = Trainer(network, optimizer, repeated, len(batch)), Evaluator(network, batch)
    steps, found = 0, list[Association]()
    while steps < MAX_STEPS and not (found and all((each.gain or 0.0) > HALFWAY for each in found)):
        trainer.train_epoch(np.arange(len(repeated)))
        steps += STEPS_PER_LOOK
        found = _associations(network, batch, evaluator)
    return found, steps


def _frozen(network: Network) -> list[keras.layers.Layer]:
    own = [layer for layer in network.model.layers if layer not in network.standardize]
    return [layer for layer in own if layer.weights and not layer.trainable]


def trial(set_up: SetUp, at_least: int = 0) -> Trial:
    """A training as the config says, until guessing is surely beaten; with `at_least` so many epochs, to their end."""
    network = set_up.network()
    batch_size = set_up.experiment.training.batch_size
    epochs = at_least or max(set_up.experiment.training.epochs, MIN_EPOCHS)
    optimizer = set_up.optimizer(epochs, -(-len(set_up.train) // batch_size))
    trainer, evaluator = Trainer(network, optimizer, set_up.train, batch_size), Evaluator(network, set_up.held_out)
    started, found = time.monotonic(), []
    for epoch in range(1, epochs + 1):
        trainer.train_epoch(order_of(set_up.seed, epoch, len(set_up.train)))
        is_last = epoch == epochs or time.monotonic() - started > SECONDS
        if is_last or not at_least:
            found = _associations(network, set_up.held_out, evaluator)
        if is_last or (found and all(each.is_sure for each in found)):
            break
    return Trial(epochs=epoch, planned=epochs, held_out=found)


def with_shuffled_labels(set_up: SetUp) -> SetUp:
    """The same targets with other examples; those of equal inputs stay equal, unless most inputs are.

    So an example that both trains and is held out, in two rows or files, is known by its label there.
    """
    rng, n_train = np.random.default_rng([set_up.seed, 1]), len(set_up.train)
    y = np.concatenate([set_up.train.y, set_up.held_out.y])
    keys = set_up.keys
    firsts: dict[bytes, int] = {}
    of_key = np.array([firsts.setdefault(key, i) for i, key in enumerate(keys)])
    if 2 * len(firsts) < len(keys):
        shuffled = y[rng.permutation(len(y))]
    else:
        distinct = np.array(list(firsts.values()))
        other = np.empty(len(y), np.int64)
        other[distinct] = rng.permutation(distinct)
        shuffled = y[other[of_key]]
    return set_up.with_labels(shuffled[:n_train], shuffled[n_train:])


def _row_keys(x: Inputs) -> list[bytes]:
    """What two examples with equal inputs have in common."""
    if isinstance(x, np.ndarray):
        return [row.tobytes() for row in x]
    bounds = zip(x.indptr[:-1], x.indptr[1:], strict=True)
    return [x.indices[a:b].tobytes() + x.data[a:b].tobytes() for a, b in bounds]


def shifted(set_up: SetUp, data: Data, chosen: Sequence[Origin]) -> dict[int, Sequence[Association]]:
    """What trainings make of labels that were moved by a row of the source, forwards or backwards."""
    return {
        by: trial(set_up.with_labels(*(_moved_labels(data, origin, by) for origin in chosen))).held_out
        for by in (1, -1)
    }


def _moved_labels(data: Data, origin: Origin, by: int) -> Array:
    """For each example the label of the row so many before its own; its own where there is no such row."""
    part: Split = getattr(data, origin.part)
    y: Array = part.y
    if origin.part not in data.rows:
        return np.roll(y, by, axis=0).take(origin.positions, axis=0)
    in_source = {int(row): label for part in data.rows for row, label in _labelled_rows(data, part)}
    rows = data.rows[origin.part][origin.positions]
    own = y[origin.positions]
    moved = (in_source.get(int(row) - by, label) for row, label in zip(rows, own, strict=True))
    return np.array(list(moved), y.dtype)


def _labelled_rows(data: Data, part: SplitName) -> Iterator[tuple[int, Any]]:
    return zip(data.rows[part], getattr(data, part).y, strict=True)


def _associations(network: Network, split: Split, evaluator: Evaluator) -> list[Association]:
    """For each target, how far the network's predictions go with it."""
    seen_by = seen_by_heads(network, split, evaluator.evaluate())
    return [of_head(attached.name, attached.head, seen.y, seen.prediction) for attached, seen in seen_by]
