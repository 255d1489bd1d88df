"""The training loop: whole epochs compiled once, from a stated order of the examples.

One loop serves every model, head, optimizer and kind of data. Losses are means over examples; penalties on weights
are added as Keras adds them, so that a history equals Keras's own on the same weights and batches.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from dlexp.components.columns import Role
from dlexp.components.data import Split
from dlexp.training.compiled import Compiled, draws
from dlexp.training.feeds import Inputs, evaluation_rows, feed
from dlexp.training.network import Network
from dlexp.training.stages import enter
from dlexp.training.variables import Beginnings, initializers_noted

#: The keys of a network's compiled trainer and scoring.
TRAINER, SCORING = "trainer", "scoring"


@dataclass(frozen=True)
class Scores:
    """What one pass over a split gave: the mean loss and the prediction of every example, `(n, columns)`."""

    loss: float
    predictions: np.ndarray
    logits: np.ndarray = field(default_factory=lambda: np.empty((0, 0), np.float32))
    """Of every example, `(n, logits)`; of an evaluation alone."""
    task_losses: np.ndarray = field(default_factory=lambda: np.empty(0))
    """Of several targets, the mean of each one's loss before any weight or penalty, `(targets,)`."""

    @property
    def unpredicted(self) -> np.ndarray:
        """The positions of the examples whose predictions are NaN or infinite."""
        return np.flatnonzero(~np.isfinite(self.predictions).all(axis=1))

    @property
    def are_finite(self) -> bool:
        """Whether the loss and every prediction are."""
        return math.isfinite(self.loss) and bool(np.isfinite(self.predictions).all())


def order_of(seed: int, epoch: int, n: int) -> np.ndarray:
    """The order of `n` examples in an epoch: it depends on the seed and the epoch alone."""
    return np.random.default_rng([seed, epoch]).permutation(n)


class Trainer:
    """Trains a network on one split, an epoch at a time."""

    def __init__(
        self,
        network: Network,
        optimizer: keras.Optimizer,
        split: Split,
        batch_size: int,
        compiler: Literal["xla"] | None = None,
    ) -> None:
        self.optimizer = optimizer
        self.batch_size = batch_size
        with initializers_noted() as noted:
            optimizer.build(network.trainable_variables)
        self._beginnings = Beginnings(optimizer.variables, noted)
        self._feed = feed(network, split)
        self._take(network, split)
        self._compiler = compiler
        self._compiled_epoch = Compiled(self._epoch, network.body, compiler=compiler)

    @property
    def resources(self) -> list[tf.Tensor]:
        """The variables' memory, and whatever else an epoch reads or changes beside its arguments."""
        return _resources(self._concrete_epoch)

    @cached_property
    def draws(self) -> bool:
        """Whether an epoch draws random numbers from a state that is no variable."""
        return draws(self._concrete_epoch)

    @property
    def _concrete_epoch(self) -> Any:
        order = tf.TensorSpec((len(self.split),), tf.int64)
        return self._compiled_epoch.get_concrete_function(self._feed.arrays, self._y, order)

    def begin_again(self, network: Network, split: Split) -> None:
        """Train as a new one would, without compiling it again.

        The network shares the variables of the one before, and the split has as many examples of the same shape. The
        same split is not encoded again.
        """
        for variable, value in zip(self.optimizer.variables, self._beginnings.values(), strict=True):
            variable.assign(value)
        if split is not self.split:
            self._feed.hold(network, split.x)
        self._take(network, split)

    def _take(self, network: Network, split: Split) -> None:
        self.network = network
        self.split = split
        self._y = tf.constant(split.y)
        #: What an epoch has to leave finite, batch statistics included.
        self._weights = [*filter(_is_of_floats, [*network.model.weights, *network.output.variables])]
        self._is_finite = True

    def release(self) -> None:
        """Hold no examples until it begins again."""
        self._feed.release()
        self.split = self.split.first(0)
        self._y = tf.constant(self.split.y)

    def train_epoch(self, order: np.ndarray) -> Scores:
        """One pass in the given order, `(n,)`: losses and predictions are those of each batch before its step."""
        self._feed.start_epoch(order, self.batch_size)
        given = self._feed.arrays, self._y, tf.constant(order)
        is_finite, predictions, *losses = (part.numpy() for part in self._compiled_epoch(*given))
        self._is_finite = bool(is_finite)
        in_own_order = np.empty_like(predictions)
        in_own_order[order] = predictions
        counts = np.diff(np.append(np.arange(0, len(order), self.batch_size), len(order)))
        # Of examples, not of batches.
        loss, *task_losses = (np.average(each.astype(np.float64), axis=0, weights=counts) for each in losses)
        return Scores(float(loss), in_own_order, task_losses=task_losses[0] if task_losses else np.empty(0))

    @property
    def lost(self) -> list[keras.Variable]:
        """The weights that the last epoch left NaN or infinite somewhere."""
        return [] if self._is_finite else _not_finite(self._weights)  # A sum of finite numbers may be infinite, too.

    @property
    def is_stuck(self) -> bool:
        """Whether the state of the optimizer is NaN or infinite: Adagrad divides by it, and never moves again."""
        return bool(_not_finite(filter(_is_of_floats, self.optimizer.variables)))

    def _epoch(self, arrays: Sequence[tf.Tensor], y: tf.Tensor, order: tf.Tensor) -> tuple[tf.Tensor, ...]:
        """An epoch over the feed's `arrays` and the targets `y`: what is particular to the examples is an argument.

        Returns:
            Whether the weights are finite in the end; the predictions `(n, columns)` in this order; the loss of each
            batch `(batches,)`; and of several targets the loss of each `(batches, targets)`.
        """
        n, is_xla = order.shape[0], self._compiler == "xla"
        size = min(self.batch_size, n)
        # XLA knows all shapes beforehand. There the examples left over are a step of their own, compiled once more.
        n_steps = n // size if is_xla else -(-n // size)

        def step(i: tf.Tensor, positions: tf.Tensor) -> list[tf.Tensor]:
            return self._step(partial(self._feed.batch, arrays, i, positions), tf.gather(y, positions))

        def nth(i: tf.Tensor, *parts: tf.TensorArray) -> tuple[tf.Tensor, ...]:
            start = i * size
            positions = tf.slice(order, [start], [size]) if is_xla else order[start : start + size]
            return i + 1, *(part.write(i, value) for part, value in zip(parts, step(i, positions), strict=True))

        prediction, n_targets = self.network.output.prediction, len(self.network.output.parts)
        shapes = [(size if is_xla else None, *prediction.shape[1:]), (1,), *([(1, n_targets)] if n_targets else [])]
        dtypes = prediction.dtype, "float32", "float32"
        arrays_of_parts = [
            tf.TensorArray(dtype, n_steps, infer_shape=False, element_shape=shape)
            for dtype, shape in zip(dtypes, shapes, strict=False)
        ]
        _, *written = tf.while_loop(lambda i, *_: i < n_steps, nth, (tf.constant(0), *arrays_of_parts))
        parts = [part.concat() for part in written]
        if n_steps * size < n:
            last = step(tf.constant(n_steps), order[n_steps * size :])
            parts = [tf.concat(pair, axis=0) for pair in zip(parts, last, strict=True)]
        # Within the epoch, and one operation for each: a call of its own would take longer than a small model's step.
        sums = [tf.cast(tf.reduce_sum(each.value), tf.float32) for each in self._weights]
        is_finite = tf.math.is_finite(tf.add_n(sums))
        enter("training")  # Python comes here as it compiles the epoch, and never again.
        return is_finite, *parts

    def _step(self, batch: Callable[[], Inputs], y: tf.Tensor) -> list[tf.Tensor]:
        """One step; what it returns was computed before it: the predictions, the loss, and that of each target."""
        variables, output = self.network.trainable_variables, self.network.output
        with tf.GradientTape() as tape:
            logits, prediction = self.network.body(batch(), training=True)
            losses = output.losses(y, logits)
            penalties = [*self.network.batch_penalties(), *self.network.weight_penalties()]
            loss = tf.add_n([tf.reduce_mean(output.total(losses)), *penalties])
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        self.optimizer.apply(gradients, variables)
        task_losses = [tf.reduce_mean(losses, axis=0, keepdims=True)] if output.parts else []
        return [prediction, loss[tf.newaxis], *task_losses]


class Evaluator:
    """Scores a split with the network as it is; nothing is learned."""

    def __init__(self, network: Network, split: Split) -> None:
        self.network = network
        self.split = split
        self._feed = feed(network, split)
        if SCORING not in network.compiled:  # Of all splits, validation, test and others, the same.
            network.compiled[SCORING] = Scoring(network, split.y)
        self._scoring: Scoring = network.compiled[SCORING]
        depends_on_batch = self._scoring.depends_on_batch
        self._n_rows = network.batch_size if depends_on_batch else evaluation_rows(network, len(split))

    def evaluate(self) -> Scores:
        """The mean loss, penalties included, and every prediction and logit."""
        parts: list[list[np.ndarray]] = []
        for i, x in enumerate(self._feed.chunks(self._n_rows)):
            y = self.split.y[i * self._n_rows : (i + 1) * self._n_rows]
            parts.append([part.numpy() for part in self._scoring.score(x, tf.constant(y))])
        totals, losses, predictions, logits = (np.concatenate(part) for part in zip(*parts, strict=True))
        penalty = sum(float(loss) for loss in self.network.weight_penalties())
        task_losses = losses.mean(axis=0, dtype=np.float64) if self.network.output.parts else np.empty(0)
        return Scores(float(totals.mean(dtype=np.float64)) + penalty, predictions, logits, task_losses)


def evaluator(network: Network, role: Role, split: Split) -> Evaluator:
    """What scores the split of a role, which is encoded once for all runs of an experiment."""
    if role not in network.evaluators:
        network.evaluators[role] = Evaluator(network, split)
    found: Evaluator = network.evaluators[role]
    return found


class Scoring:
    """What a network makes of examples, compiled for any number of them."""

    def __init__(self, network: Network, y: np.ndarray) -> None:
        """`y`: the targets of some examples, `(n, ...)`."""
        self._network = network
        inputs = [tf.TensorSpec(each.shape, each.dtype) for each in network.body.inputs]
        targets = tf.TensorSpec((None, *y.shape[1:]), y.dtype)
        signature = [inputs if len(inputs) > 1 else inputs[0], targets]
        self._has_batch_penalties = False
        self.score = Compiled(self._score, network.body, input_signature=signature)
        """`score(x, y)`: each example's loss and its losses of several targets, its prediction and its logits."""
        compiled = self.score.get_concrete_function()
        self.resources = _resources(compiled)
        """The variables' memory, and whatever else it reads or changes beside its arguments."""
        self.draws = draws(compiled)
        """Whether it draws random numbers from a state that is no variable."""
        self.depends_on_batch = self._has_batch_penalties or any(map(_changes_state, compiled.graph.get_operations()))
        """Whether the numbers depend on the batch: it is then that of training, as in Keras's `fit`."""

    def _score(self, x: Inputs, y: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
        logits, prediction = self._network.body(x, training=False)
        losses = self._network.output.losses(y, logits)
        totals = self._network.output.total(losses)
        if of_batch := self._network.batch_penalties():
            self._has_batch_penalties = True
            totals += tf.cast(tf.add_n(of_batch), totals.dtype)  # Of each example: their mean is that of the batches.
        return totals, losses, prediction, logits


def _resources(compiled: Any) -> list[tf.Tensor]:
    return [each for each in compiled.captured_inputs if each.dtype == tf.resource]


def _is_of_floats(variable: keras.Variable) -> bool:
    return "float" in str(variable.dtype)


def _not_finite(variables: Iterable[keras.Variable]) -> list[keras.Variable]:
    return [each for each in variables if not np.isfinite(each.numpy()).all()]


def _changes_state(operation: tf.Operation) -> bool:
    """Whether it assigns to a variable: a layer counts its calls, or draws random numbers though it is not trained."""
    return str(operation.type).startswith("Assign")
