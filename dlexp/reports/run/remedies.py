"""Changes that usually help, as options of `dlexp run` that the very config takes; empty where it takes none."""

import math
import shlex
from collections.abc import Mapping
from typing import Any

from dlexp import registry

Config = Mapping[str, Any]

#: Beside the default of the optimizer, a smaller rate is a slow one.
SLOW_RATE = 1 / 3
#: From so many layers on, what a stack needs to learn at all depends on its start.
DEEP = 4


def setting(key: str, value: object) -> str:
    """`--set optimizer.learning_rate=0.001`, as a shell takes it."""
    return shlex.join(["--set", f"{key}={f'{value:g}' if isinstance(value, float) else value}"])


def at(config: Config, key: str) -> Any:
    """The value at a dotted key; None if there is none."""
    value: Any = config
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def number(config: Config, key: str) -> float:
    """The number at a dotted key; 0 if there is none. Of these, records are not checked."""
    value = at(config, key)
    return value if isinstance(value, int | float) and math.isfinite(value) else 0.0


def usual_rate(config: Config) -> float | None:
    """The default learning rate of the optimizer; None of one that is unknown."""
    optimizer = registry.components("optimizers").get(str(at(config, "optimizer.type")))
    return float(optimizer.model_fields["learning_rate"].default) if optimizer else None


def is_slow(config: Config, rate: float) -> bool:
    """Whether a learning rate is far below what the optimizer usually takes."""
    usual = usual_rate(config)
    return usual is not None and 0 < rate < SLOW_RATE * usual


def is_wild(config: Config) -> bool:
    """Whether the learning rate is far above what the optimizer usually takes."""
    optimizer = registry.components("optimizers").get(str(at(config, "optimizer.type")))
    return optimizer is not None and number(config, "optimizer.learning_rate") > optimizer.usual_learning_rates[1]


def smaller_rate(config: Config, factor: float) -> str:
    """A learning rate that is smaller by a factor; the default in place of one that the optimizer never takes."""
    rate = number(config, "optimizer.learning_rate")
    if grows := _growing_schedule(config):
        return grows
    if not rate:
        return ""
    return setting("optimizer.learning_rate", usual_rate(config) if is_wild(config) else float(f"{rate / factor:.1g}"))


def larger_rate(config: Config) -> str:
    """The optimizer's default, or ten times a rate that is larger than that."""
    rate, usual = number(config, "optimizer.learning_rate"), usual_rate(config)
    if not rate:
        return ""
    return setting("optimizer.learning_rate", usual if usual and rate < usual else float(f"{rate * 10:.1g}"))


def _growing_schedule(config: Config) -> str:
    """A rate that stays, instead of one that grows by a schedule; empty if it does not grow."""
    factors = (number(config, f"training.schedule.{key}") for key in ("factor", "decay_rate"))
    return setting("training.schedule", "constant") if max(factors) > 1 else ""


def clipped(config: Config) -> str:
    """A limit of the gradients, where there is none."""
    limits = ("clipnorm", "clipvalue", "global_clipnorm")
    optimizer = at(config, "optimizer") or {}
    if "clipnorm" not in optimizer or any(optimizer.get(limit) is not None for limit in limits):
        return ""
    return setting("optimizer.clipnorm", 1.0)


def stopping(config: Config) -> str:
    """Early stopping with the weights of the best epoch."""
    if at(config, "training.early_stopping") is not None:
        return setting("training.early_stopping.restore_best", "true")
    return setting("training.early_stopping.patience", 5)


def every_gain(config: Config) -> str:
    """That any improvement counts."""
    return setting("training.early_stopping.min_delta", 0)


def more_epochs(config: Config, factor: int) -> str:
    """So many times the epochs."""
    epochs = int(number(config, "training.epochs"))
    return setting("training.epochs", epochs * factor) if epochs else ""


def less_dropout(config: Config) -> str:
    """Half the dropout of a stack that has much."""
    dropout = number(config, "model.dropout")
    return setting("model.dropout", float(f"{dropout / 2:.2g}")) if dropout >= 0.5 else ""


def balanced(config: Config, target: str) -> str:
    """Classes that count alike."""
    head = at(config, _head(target)) or {}
    is_open = "class_weight" in head and head["class_weight"] is None
    return setting(f"{_head(target)}.class_weight", "balanced") if is_open else ""


def larger_validation(config: Config, n_in_all: int, enough: int) -> str:
    """A larger share of the examples for validation, where that is enough of them."""
    is_sized = at(config, "validation.type") in ("split", "front")
    return setting("validation.size", 0.3) if is_sized and 0.3 * n_in_all >= enough else ""


def livelier_units(config: Config) -> str:
    """Other units or another start of a stack that does not learn, by what it has."""
    model = at(config, "model") or {}
    hidden, activation = model.get("hidden"), model.get("activation")
    kinds = {str(each.get("type")) for each in (activation if isinstance(activation, list) else [activation or {}])}
    if not isinstance(hidden, list):
        return ""
    if not hidden:
        return setting("model.hidden", "[32, 32]")
    if abs(number(config, "model.hidden_bias")) > 1:
        return setting("model.hidden_bias", 0.0)
    if kinds & {"sigmoid", "tanh", "softsign", "hard_sigmoid"}:
        return setting("model.activation", "relu")
    if len(hidden) >= DEEP and model.get("normalization") == "none":
        return setting("model.normalization", "batch")
    return setting("model.activation", "leaky_relu") if kinds == {"relu"} else ""


def has_unlikely_units(config: Config) -> bool:
    """Whether the stack is one that often learns nothing: none, deep and not normalized, or far off in the start."""
    hidden = at(config, "model.hidden")
    is_deep = isinstance(hidden, list) and len(hidden) >= DEEP and at(config, "model.normalization") == "none"
    return hidden == [] or is_deep or abs(number(config, "model.hidden_bias")) > 1


def starts_off_centre(config: Config, target: str) -> bool:
    """Whether the first loss is large because biases are."""
    return any(abs(number(config, key)) > 1 for key in (f"{_head(target)}.output_bias", "model.hidden_bias"))


def centred_output(config: Config, target: str) -> str:
    """Output units that start at 0."""
    key = f"{_head(target)}.output_bias"
    return setting(key, 0.0) if abs(number(config, key)) > 1 else ""


def _head(target: str) -> str:
    return f"head.heads.{target}" if target else "head"


def can_observe(config: Config) -> bool:
    """Whether the hidden layers can be looked at: a stack of them, and one."""
    return bool(at(config, "model.hidden")) and at(config, "head.sharing") != "none"
