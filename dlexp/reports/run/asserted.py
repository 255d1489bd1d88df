"""What `--assert` asks of every run: a number of its result within a bound."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dlexp.components.columns import Column
from dlexp.config.load import Loaded
from dlexp.config.measurable import in_result
from dlexp.errors import UserError
from dlexp.format import plural
from dlexp.near_words import did_you_mean
from dlexp.records.conditions import Condition, condition
from dlexp.reports.numbers import score
from dlexp.reports.run.outcome import RunOutcome

#: An assertion, for messages.
_EXAMPLE = "val_accuracy >= 0.9"


@dataclass(frozen=True, kw_only=True)
class Unmet:
    """A run that does not meet an assertion."""

    label: str
    seed: int
    run: str | None
    """As commands take it; None of one that was never started."""
    value: float | None
    why: str
    """The value under the name of its column, or why there is none."""


@dataclass(frozen=True, kw_only=True)
class Assertion:
    """An assertion and the runs that do not meet it."""

    asserted: str
    """As it was written."""
    runs: int
    """How many there are in all."""
    unmet: Sequence[Unmet]

    @property
    def lines(self) -> list[str]:
        """What it says of the runs that do not meet it; nothing where all do."""
        if not self.unmet:
            return []
        n = f"{len(self.unmet)} of {plural(self.runs, 'run')}" if self.runs > 1 else "the run"
        does = "do" if len(self.unmet) > 1 else "does"
        return [
            f"{n} {does} not meet --assert '{self.asserted}':",
            *(f"{each.label}, seed {each.seed}: {each.why}" for each in self.unmet),
        ]


def assertion(text: str) -> Condition:
    """Read an assertion, `val_accuracy >= 0.9`.

    Raises:
        UserError: It is none.
    """
    try:
        found = condition(text, _EXAMPLE)
    except UserError as error:
        raise UserError(f"--assert {error.lines[0]}") from None
    if isinstance(found.value, bool) or not isinstance(found.value, int | float) or found.operator.endswith("~"):
        raise UserError(f"--assert {found}: expected a number to compare with, as in '{_EXAMPLE}'")
    return found


def require_recorded(asserted: Sequence[Condition], loaded: Iterable[Loaded]) -> None:
    """Refuse assertions about what the runs of a config will not record.

    Raises:
        UserError: With a line for each.
    """
    lines = (line for each in loaded for line in _unknown(asserted, each))
    if found := list(dict.fromkeys(lines)):
        raise UserError(*found)


def _unknown(asserted: Sequence[Condition], loaded: Loaded) -> Iterator[str]:
    # A gap is worked out of two of them, and stands in no record.
    columns = [name for name in in_result(loaded.experiment) if Column.parse(name).split != "gap"]
    for each in asserted:
        if each.key not in columns:
            yield (
                f"--assert {each}: the runs of {loaded.path} record no {each.key!r}."
                f"{did_you_mean(each.key, columns)} Choose from: {', '.join(columns)}"
            )


def judged(
    asserted: Sequence[Condition], outcomes: Sequence[RunOutcome], not_started: Sequence[tuple[str, int]] = ()
) -> list[Assertion]:
    """Which runs do not meet the assertions; one without a result meets none.

    Args:
        asserted: The assertions.
        outcomes: What came of the runs that were done or started.
        not_started: The label and seed of each other run that was asked for.
    """
    missing = [
        Unmet(label=label, seed=seed, run=None, value=None, why="it has no result") for label, seed in not_started
    ]
    return [
        Assertion(
            asserted=str(each),
            runs=len(outcomes) + len(not_started),
            unmet=[*(_unmet(each, run) for run in outcomes if not _meets(each, run)), *missing],
        )
        for each in asserted
    ]


def _meets(asserted: Condition, run: RunOutcome) -> bool:
    return run.status == "finished" and asserted.key in run.numbers and asserted.holds(run.numbers[asserted.key])


def _unmet(asserted: Condition, run: RunOutcome) -> Unmet:
    value = run.numbers.get(asserted.key) if run.status == "finished" else None
    if run.status != "finished":
        why = f"{run.status}, so that it has no result"
    elif value is None:
        why = run.missing_scores.get(asserted.key) or f"its {asserted.key} is no number"
    else:
        why = score(asserted.key, value)
    return Unmet(label=run.label, seed=run.seed, run=run.run, value=value, why=why)
