"""What a finished run's records say of its training: the curves of each target, and what guessing scores."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlexp import registry
from dlexp.components.columns import Column, Role
from dlexp.records.ended import Finished
from dlexp.records.index import Run
from dlexp.reports.numbers import known
from dlexp.reports.run import trends

#: So many standard errors from guessing may be chance: of the scores of 20 runs that learned nothing, one has more.
CHANCE_ERRORS = 2.0
#: Errors of numbers: guessing is beaten by more than a twentieth, the standard error of a mean over some 100 of them.
CHANCE_SHARE = 0.05

History = Sequence[Mapping[str, float]]


@dataclass(frozen=True, kw_only=True)
class GuessableScore:
    """The main metric of a target on a split, beside what the best constant prediction scores there."""

    column: Column
    values: Sequence[float]
    """By epoch; on the test split, one."""
    kept: float
    """That of the model which was kept."""
    typical: float
    """The same; where no epoch was chosen, the mean of the last quarter of the epochs."""
    guess: float
    margin: float
    """How much better a model that knows nothing may score by chance."""
    n: int
    """The examples of the split."""

    @property
    def beside_guessing(self) -> str:
        """`val_accuracy 0.08 is no better than guessing, 0.15`."""
        by_chance = "hardly" if self.gain(self.kept) > 0 else "no"
        return f"{self.column} {known(self.kept)} is {by_chance} better than guessing, {known(self.guess)}"

    def gain(self, value: float) -> float:
        """By how much a value is better than guessing."""
        return value - self.guess if self.column.higher_is_better else self.guess - value


@dataclass(frozen=True, kw_only=True)
class TargetEvidence:
    """What is learned of one target; the curves have the epochs in which both losses are finite."""

    name: str
    """Empty where there is one target."""
    loss_column: str
    validated_column: str
    loss: Sequence[float]
    """Of the training examples, a mean over the epoch."""
    validated: Sequence[float]
    """The validation loss; empty without validation."""
    chance: float | None
    """The loss of a prediction that knows nothing, at most; None if the data alone say it."""
    is_density: bool
    """Whether the loss is that of a density: it may be below 0, and one example may cost much."""
    scores: Sequence[GuessableScore]
    """On validation and on the test split, as far as it is known what guessing scores."""
    trained: Sequence[float]
    """The main metric of the training examples by epoch; empty where it is not on record."""

    @property
    def start(self) -> float:
        """The loss before anything was learned."""
        first = max(curve[0] for curve in (self.loss, self.validated) if curve)
        return first if self.chance is None else min(first, self.chance)

    @property
    def scale(self) -> float:
        """What is a large loss: that of knowing nothing; of a density, which has no zero, a nat or what was gained."""
        if self.chance:
            return self.chance
        return max(1.0, self.start - min(self.loss)) if self.is_density else abs(self.start) or 1.0

    @property
    def curve(self) -> Sequence[float]:
        """The loss that says how far the learning is: the validation loss where there is one."""
        return self.validated or self.loss

    @property
    def column(self) -> str:
        """The column of `curve`."""
        return self.validated_column if self.validated else self.loss_column

    @property
    def best_epoch(self) -> int:
        """The epoch with the lowest validation loss; 0 without validation."""
        return min(range(len(self.validated)), key=self.validated.__getitem__, default=-1) + 1

    @property
    def is_constant(self) -> bool:
        """Whether the score does not move in the second half of the epochs: what is predicted does not, either."""
        later = self.scores[0].values[len(self.loss) // 2 :] if self.scores else ()
        return len(later) > 4 and min(later) == max(later)  # Of few, some are equal by chance.

    @property
    def is_lost(self) -> bool:
        """Whether the model that was kept is no better than guessing, on validation and test examples together."""
        gain = sum(score.n * score.gain(score.typical) for score in self.scores)
        return bool(self.scores) and gain <= math.hypot(*(score.n * score.margin for score in self.scores))


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is on record of a training."""

    run: Run
    result: Finished
    history: History
    targets: Sequence[TargetEvidence]

    @classmethod
    def of(cls, run: Run, history: History) -> "Evidence":
        """Gather it from a finished run; a target without finite losses is left out."""
        names = list(run.result.heads) or [""]
        targets = [target for name in names for target in _targets(name, run.result, history)]
        return cls(run=run, result=run.result, history=history, targets=targets)

    @property
    def config(self) -> Mapping[str, Any]:
        """The resolved config."""
        return self.result.config

    @property
    def n_epochs(self) -> int:
        """The epochs that were trained."""
        return len(self.history)

    @property
    def rate(self) -> float:
        """The largest learning rate of any epoch."""
        return max((row.get("learning_rate", 0.0) for row in self.history), default=0.0)

    @property
    def is_noisy(self) -> bool:
        """Whether training differs at random from validation: by dropout, noise or changed pictures."""
        return _is_noisy(self.config.get("model", {}))

    @property
    def monitor(self) -> str:
        """The column that early stopping watches; empty where it watches none."""
        stopping = self.config.get("training", {}).get("early_stopping")
        return str(stopping.get("monitor", "")) if isinstance(stopping, Mapping) else ""

    @property
    def watched(self) -> list[float]:
        """What early stopping watches, by epoch."""
        return [row[self.monitor] for row in self.history if self.monitor in row]

    def n_classes(self, target: str) -> int:
        """How many classes a target has; 0 where it has none."""
        return _n_classes(target, self.result)

    def only_class(self, target: str) -> str | None:
        """The class that is predicted for all test examples; None if several are, or if it is not on record."""
        evaluation = self.run.dir.evaluation()
        evaluated = evaluation.get("targets", {}).get(target) if evaluation else None
        predicted = set(evaluated["confusion"]["predicted"]) if evaluated and "confusion" in evaluated else set()
        if len(predicted) != 1:
            return None
        names = self.result.class_names
        own = names.get(target, ()) if isinstance(names, Mapping) else names
        position = predicted.pop()
        return own[position] if position < len(own) else str(position)


def _targets(name: str, result: Finished, history: History) -> Iterator[TargetEvidence]:
    trained = Column(quantity="loss", target=name)
    columns = [str(column) for column in (trained, trained.on("validation")) if str(column) in (history or [{}])[0]]
    rows = [row for row in history if all(math.isfinite(row.get(column, math.nan)) for column in columns)]
    if not rows or columns[:1] != [str(trained)]:
        return
    main = next((column for column in result.main_metrics if column.target == name), None)
    head = result.heads.get(name) or result.config.get("head", {})
    yield TargetEvidence(
        name=name,
        loss_column=str(trained),
        validated_column=str(trained.on("validation")),
        loss=[row[columns[0]] for row in rows],
        validated=[row[columns[1]] for row in rows] if len(columns) > 1 else (),
        chance=_chance(head, result.config, _n_classes(name, result)),
        is_density=not getattr(registry.components("heads").get(str(head.get("type"))), "loss_is_bounded", True),
        scores=[score for split in ("validation", "test") for score in _scores(main, split, result, rows)]
        if main
        else [],
        trained=[row[str(main)] for row in rows if str(main) in row],
    )


def _scores(main: Column, split: Role, result: Finished, rows: History) -> Iterator[GuessableScore]:
    column = main.on(split)
    name = str(column)
    guess, n = result.guessing.get(name), result.examples.get(split, 0)
    values = [row[name] for row in rows if math.isfinite(row.get(name, math.nan))]
    if split == "test" and math.isfinite(result.metrics.get(name, math.nan)):
        values = [result.metrics[name]]
    if guess is None or not values:
        return
    restored = result.restored_epoch
    is_restored = restored is not None and split == "validation" and restored <= len(values)
    yield GuessableScore(
        column=column,
        values=values,
        kept=values[restored - 1] if restored and is_restored else values[-1],
        typical=values[restored - 1] if restored and is_restored else trends.end(values),
        guess=guess,
        margin=_margin(column, guess, n),
        n=max(n, 1),
    )


def _margin(column: Column, guess: float, n: int) -> float:
    """What a model that knows nothing may score better than guessing, on n examples."""
    if column.metric is None or column.metric.limits != (0.0, 1.0) or not n:
        return CHANCE_SHARE * max(abs(guess), 1.0 if column.quantity == "r2" else 0.0)
    # The standard error of a share; that of an AUC of two equal classes is sqrt((1 / n1 + 1 / n2) / 12).
    variance = 1 / (3 * n) if column.quantity == "auc" else guess * (1 - guess) / n
    return CHANCE_ERRORS * math.sqrt(variance)


def _n_classes(name: str, result: Finished) -> int:
    names = result.class_names
    return len(names.get(name, ()) if isinstance(names, Mapping) else names)


#: The loss of equal probabilities, or of the mean, by that loss and the number of classes.
_CHANCE: Mapping[tuple[str, str], Callable[[int], float]] = {
    ("binary", "binary_crossentropy"): lambda n: math.log(2),
    ("binary", "mse"): lambda n: 0.25,
    ("multilabel", "binary_crossentropy"): lambda n: math.log(2),
    ("proportion", "binary_crossentropy"): lambda n: math.log(2),
    ("multiclass", "categorical_crossentropy"): math.log,
    ("multiclass", "mse"): lambda n: (1 - 1 / n) / n,
    ("ordinal", "nll"): math.log,
    ("regression", "mse"): lambda n: 1.0,
    ("regression", "mae"): lambda n: 1.0,
}


def _chance(head: Mapping[str, Any], config: Mapping[str, Any], n_classes: int) -> float | None:
    loss = _CHANCE.get((str(head.get("type")), str(head.get("loss"))))
    n = head.get("units") or n_classes
    in_other_units = head.get("standardize_target") is False or head.get("class_weight") is not None
    if loss is None or in_other_units or _has_penalty(config) or (loss is math.log and n < 2):
        return None
    return loss(max(n, 2))


def _has_penalty(settings: Any) -> bool:
    """Whether some weights are penalized: the losses hold that too."""
    return _any_setting(settings, lambda key, value: "regularizer" in key and bool(value))


def _is_noisy(settings: Any) -> bool:
    """Whether some layer is random in training: `dropout`, `input_noise`, Keras's `GaussianNoise` and `RandomFlip`."""
    words = ("dropout", "noise", "random", "augment")
    return _any_setting(settings, lambda key, value: any(word in key.lower() for word in words) and bool(value))


def _any_setting(settings: Any, holds: Callable[[str, Any], bool]) -> bool:
    """Whether something holds of some key and its value, at any depth."""
    if isinstance(settings, Mapping):
        return any(holds(key, value) or _any_setting(value, holds) for key, value in settings.items())
    return isinstance(settings, list) and any(_any_setting(each, holds) for each in settings)
