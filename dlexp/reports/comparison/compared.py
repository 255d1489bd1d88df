"""One experiment in a comparison: its runs by seed, and what they recorded by column."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from dlexp.components.metrics import GAP, higher_is_better, metric_of, quantity_of
from dlexp.records.index import Run

Role = Literal["train", "validation", "test"]

#: Settings that choose no example of the validation and test splits: how the inputs are encoded, which examples train,
#: and the path of files that a digest stands for.
OTHER_THAN_EXAMPLES = frozenset(
    f"dataset.{key}"
    for key in (
        *("path", "num_words", "skip_top", "encoding", "maxlen", "standardize", "features", "categorical", "text"),
        *("form", "vocabulary", "train_fraction", "train_fraction_seed"),
    )
)

#: Numbers of a run that stand beside its metrics.
OF_THE_RUN = ("epochs", "seconds", "parameters")

#: No data set has so many examples or labels; a damaged record may.
_MAX_COUNT = 2**53

#: What the columns of a split start with.
PREFIXES: Mapping[Role, str] = {"train": "", "validation": "val_", "test": "test_"}


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One experiment with the latest finished run of every seed."""

    label: str
    """Its name, and where other experiments have the name too, the settings that differ from theirs."""
    names: tuple[str, ...]
    """All names it was run under."""
    identity: str
    settings: dict[str, Any]
    """The config by dotted key, and what else its numbers depend on: data, training code, TensorFlow."""
    data_digest: str
    """Empty where it is not on record."""
    runs: dict[int, Run]
    """By seed, in the order of the seeds."""
    diverged: tuple[int, ...]
    """The seeds that diverged and never finished."""

    @property
    def picked_on_test(self) -> bool:
        """Whether the best epoch was picked on the test data."""
        return any(run.record.get("picked_on_test") for run in self.runs.values())

    @cached_property
    def recorded_examples(self) -> Mapping[str, Mapping[str, str]] | None:
        """What tells the examples of each role from others, by target, as the runs recorded it.

        None if none did, as those of 0.1.0. Data that differ by seed share nothing with any other experiment.
        """
        found = [run.split_digests for run in self.runs.values() if run.split_digests]
        if not found:
            return None
        if all(each == found[0] for each in found):
            return found[0]
        return {role: {"": f"{role} of {self.identity}"} for role in PREFIXES}

    @cached_property
    def examples_by_settings(self) -> Mapping[str, Mapping[str, str]]:
        """The same as far as data and settings tell it, for runs that did not record it."""
        deciding = {
            key: value
            for key, value in self.settings.items()
            if key not in OTHER_THAN_EXAMPLES and not key.startswith("dataset.resample")
        }

        def chosen_by(*prefixes: str) -> dict[str, str]:
            settings = sorted((key, repr(value)) for key, value in deciding.items() if key.startswith(prefixes))
            # Without a digest nothing is known of the data: the examples are this experiment's own.
            return {"": repr((self.data_digest or self.identity, settings))}

        return {"test": chosen_by("dataset."), "validation": chosen_by("dataset.", "validation.")}

    @property
    def n_seeds(self) -> int:
        """Those that finished or diverged."""
        return len(self.runs) + len(self.diverged)

    @property
    def targets(self) -> list[str]:
        """The names of several targets; empty where there is one."""
        return next((run.targets for run in self.runs.values()), [])

    def target_of(self, column: str) -> str:
        """The one of several targets that a column is about; empty where there is one target, or it is about all."""
        about = [name for name in self.targets if quantity_of(column).startswith(f"{name}_")]
        return max(about, key=len, default="")

    def by_seed(self, column: str) -> dict[int, float]:
        """A number of each run; a seed whose run lacks it is missing."""
        values = ((seed, value_of(run, column)) for seed, run in self.runs.items())
        return {seed: value for seed, value in values if value is not None}

    def step_of(self, column: str) -> float | None:
        """The distance between two neighbouring values of a column; None if it may take any, or is not known.

        A gap has that of a single number with the rounding errors of both its scores.
        """
        metric, role = metric_of(column), role_of(column)
        if metric is None or metric.step is None:
            return None
        counts = [self._n_examples(each) for each in (("train", "test") if column.startswith(GAP) else (role,))]
        steps = [metric.step(n, self._n_labels(column)) if n else None for n in counts]
        known = [step for step in steps if step is not None]
        return sum(step**2 for step in known) ** 0.5 if len(known) == len(steps) else None

    def _n_examples(self, role: str) -> int | None:
        counts = (run.record.get("examples", {}).get(role) for run in self.runs.values())
        return next((n for n in counts if isinstance(n, int) and 0 < n < _MAX_COUNT), None)

    def _n_labels(self, column: str) -> int | None:
        """How many labels an example of multilabel data has; None of other data, 1 where it is not known."""
        target = self.target_of(column)
        head = f"head.heads.{target}" if target else "head"
        if self.settings.get(f"{head}.type") != "multilabel":
            return None
        names = next((run.record.get("class_names") for run in self.runs.values()), None)
        names = names.get(target) if isinstance(names, dict) else names
        n_labels = self.settings.get(f"{head}.units") or (len(names) if isinstance(names, list) else 0)
        return n_labels if isinstance(n_labels, int) and 0 < n_labels < _MAX_COUNT else 1


def role_of(column: str) -> Role:
    """The split that a column scores; a gap counts as the test split's, since training scores need no same examples."""
    quantity = column.removeprefix("best_")
    if quantity.startswith((GAP, "test_")):
        return "test"
    return "validation" if quantity.startswith("val_") else "train"


def is_of_training(column: str) -> bool:
    """Whether a column is a score on the training data."""
    return role_of(column) == "train" and higher_is_better(column) is not None


def value_of(run: Run, column: str) -> float | None:
    """A number of a run by its column, `gap_` columns and those beside the metrics too; None if there is none."""
    if column.startswith(GAP):
        return _gap(run, column.removeprefix(GAP))
    value = run.record.get(column) if column in OF_THE_RUN else run.metrics.get(column)
    return None if value is None or value != value else float(value)  # NaN alone differs from itself.


def _gap(run: Run, metric: str) -> float | None:
    """How much worse the test split scores than the training data did in the epoch whose weights the model has."""
    higher, trained, tested = higher_is_better(metric), value_of(run, metric), value_of(run, f"test_{metric}")
    if higher is None or trained is None or tested is None:
        return None
    return trained - tested if higher else tested - trained
