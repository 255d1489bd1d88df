"""What is on record of a run by key: facts about it, its settings by dotted key, its numbers by column.

Wherever runs are rows (`ls`, `summary.csv`, `dlexp.runs`, conditions), keys and values are these.
"""

import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from dlexp.components.columns import COSTS
from dlexp.config.flat import MISSING, flatten
from dlexp.config.labels import ends, setting
from dlexp.errors import UserError
from dlexp.format import listed
from dlexp.near_words import did_you_mean
from dlexp.records.ended import Finished
from dlexp.records.index import Run
from dlexp.records.record_files import DamagedRecord
from dlexp.records.run_dir import UNFINISHED, RunDir
from dlexp.records.seal import is_sealed

log = logging.getLogger(__name__)

#: How a run stands, as it is listed: a failed one whose loss became NaN or infinite has `diverged`.
STATUSES = ("finished", "failed", "diverged", "interrupted", "running", "damaged")


def status_of(run: Run) -> str:
    """How a run stands, as one of `STATUSES`."""
    return "diverged" if run.has_diverged else run.status


def epochs_of(run: Run) -> int | None:
    """How many were trained so far: of a run that does not say it, its history does; None if that is damaged."""
    if run.epochs is None:
        with suppress(DamagedRecord):
            return len(run.dir.history())
    return run.epochs


#: What is known of a run beside settings and metrics; None or empty for what is not on record.
FACTS: Mapping[str, Callable[[Run], Any]] = {
    "run": lambda run: run.dir.label,
    "name": lambda run: run.name,
    "seed": lambda run: run.seed,
    "attempt": lambda run: run.dir.folder.attempt,
    "identity": lambda run: run.identity,
    "status": status_of,
    "what": lambda run: run.what,
    "started": lambda run: run.record.started,
    "ended": lambda run: run.record.ended,
    "data_digest": lambda run: run.record.data_digest,
    "training_version": lambda run: run.record.training_version,
    "tensorflow": lambda run: run.record.tensorflow,
    "picked_on_test": lambda run: getattr(run.record, "picked_on_test", None),
    "tags": lambda run: list(run.dir.tags()),
    "note": lambda run: run.dir.note(),
    "epochs": epochs_of,
    "seconds": lambda run: run.record.seconds,
    "parameters": lambda run: getattr(run.record, "parameters", None),
}


def facts(run: Run, names: Iterable[str]) -> dict[str, Any]:
    """These of the facts about a run."""
    return {name: FACTS[name](run) for name in names}


def settings(run: Run) -> dict[str, Any]:
    """The resolved config by dotted key, without the name; of a run that has not ended, as its config.yaml has it."""
    if run.status in UNFINISHED:
        from dlexp.config.load import load_unchecked

        with suppress(UserError):  # One that was begun a moment ago has none yet; nobody can resume a damaged one.
            return flatten(load_unchecked(run.dir.config_path).model_dump(mode="json", exclude={"name"}))
    return flatten(run.config)


def numbers(run: Run) -> dict[str, float | None]:
    """Epochs, seconds and parameters, then the metrics by column; None for what is no number."""
    metrics = {name: None if math.isnan(value) else value for name, value in run.metrics.items()}
    return facts(run, COSTS) | metrics


class Keys:
    """What keys mean among some runs: a fact, a column of the records, or a setting by its dotted key or its end."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.settings: dict[RunDir, dict[str, Any]] = {run.dir: settings(run) for run in runs}
        self._columns = dict.fromkeys(column for run in runs for column in run.metrics)
        self._sealed = _sealed(runs)
        # A component is called without `.type`, which it lacks where it is null.
        self._settings = dict.fromkeys(key.removesuffix(".type") for flat in self.settings.values() for key in flat)

    def reader(self, key: str, said: object) -> Callable[[Run], Any]:
        """What gives a run's value under a key, `MISSING` where it has none.

        Raises:
            UserError: The key, which `said` names, means nothing among these runs, or several things.
        """
        if fact := FACTS.get(key):
            # No note is a text like any other: conditions on it hold or do not.
            return fact if key == "note" else lambda run: _known(fact(run))
        if key.removesuffix(".type") not in self._settings and key in self._columns:
            if key in self._sealed:
                log.warning(f"{said}: of some runs {key} is {self._sealed[key]}")
            return lambda run: _known(run.metrics.get(key))
        place = self._setting(key, said)
        return lambda run: setting(self.settings[run.dir], place)

    def names(self) -> set[str]:
        """All that a key may be: a setting called by its end is to be none of the others."""
        keys = {key for flat in self.settings.values() for key in flat}
        return {*FACTS, *self._columns, *(key for key in keys if f"{key}.type" not in keys)}

    def is_metric(self, key: str) -> bool:
        """Whether it is a column of the records."""
        return key in self._columns

    def ending(self, key: str) -> list[str]:
        """The settings that a key is an end of."""
        return [setting for setting in self._settings if key.removesuffix(".type") in ends(setting)]

    def _setting(self, key: str, said: object) -> str:
        if (place := key.removesuffix(".type")) in self._settings:
            return place
        meant = self.ending(key)
        if len(meant) > 1:
            raise UserError(f"{said}: {key} may be {' or '.join(meant)}; write one of these")
        if not meant:
            raise self._unknown(key, said)
        return meant[0]

    def _unknown(self, key: str, said: object) -> UserError:
        words = [*FACTS, *self._columns, *(end for setting in self._settings for end in ends(setting))]
        if key in self._sealed:
            return UserError(f"{said}: {key} is {self._sealed[key]}")
        n_runs = len(self.settings)
        runs = "the run has no" if n_runs == 1 else f"none of {n_runs:,} runs has"
        columns = listed(list(self._columns)) or "of finished runs"
        return UserError(
            f"{said}: {runs} {key!r}.{did_you_mean(key, words)} Choose from: settings such as "
            f"optimizer.learning_rate (or learning_rate), columns ({columns}), {', '.join(FACTS)}"
        )


def _sealed(runs: Iterable[Run]) -> dict[str, str]:
    """By column why it is missing, of those that are sealed in some run."""
    reasons = (run.record.missing_scores for run in runs if isinstance(run.record, Finished))
    return {column: why for of_run in reasons for column, why in of_run.items() if is_sealed(why)}


def _known(value: Any) -> Any:
    """What is on record, where None, NaN and no text are nothing."""
    is_nan = isinstance(value, float) and math.isnan(value)
    return MISSING if value is None or value == "" or is_nan else value
