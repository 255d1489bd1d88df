"""Changes of a config that usually help, as options of `dlexp run` that the very config takes; empty if none does."""

from collections.abc import Mapping
from typing import Any

Config = Mapping[str, Any]


def set_option(key: str, value: object) -> str:
    """`--set optimizer.learning_rate=0.001`."""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f"--set {key}={text}"


def smaller_rate(config: Config, factor: float) -> str:
    """A learning rate that is smaller by a factor."""
    return _rate(config, 1 / factor)


def larger_rate(config: Config, factor: float) -> str:
    """A learning rate that is larger by a factor."""
    return _rate(config, factor)


def _rate(config: Config, factor: float) -> str:
    rate = config.get("optimizer", {}).get("learning_rate")
    return set_option("optimizer.learning_rate", float(f"{rate * factor:.1g}")) if rate else ""


def stop_early(config: Config) -> str:
    """Early stopping with its default patience, which gives back the best epoch's weights."""
    return set_option("training.early_stopping.patience", 5)


def more_epochs(config: Config, factor: int) -> str:
    """So many times the epochs."""
    epochs = config.get("training", {}).get("epochs")
    return set_option("training.epochs", epochs * factor) if epochs else ""
