"""Which of two variants is ahead, as they are written and tuned: where tuning turns that around, the winner flips."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dlexp.components.columns import COSTS, Column
from dlexp.config.claim import Claim
from dlexp.reports.comparison.differences import written
from dlexp.reports.comparison.facts import Comparison
from dlexp.reports.comparison.verdicts import PairedDifference
from dlexp.reports.study.claims import JudgedClaim
from dlexp.reports.study.decisions import Decision
from dlexp.reports.study.facts import StudyFacts
from dlexp.reports.study.measures import of_claim
from dlexp.reports.study.terms import Term, joined_by
from dlexp.reports.study.units import Unit, unit_of, unit_of_column


@dataclass(frozen=True)
class Won:
    """Two variants of which one is ahead by more than chance."""

    winner: str
    loser: str
    by: str
    """The size of the difference with its interval, or a ratio in parentheses."""
    verb: str
    """`beats`; `is above` where neither way is better."""

    def __str__(self) -> str:
        return f"{self.winner} {self.verb} {self.loser} {self.by}"


@dataclass(frozen=True)
class Flip:
    """Two variants that change places in a number once they are tuned."""

    measure: str
    untuned: Won
    tuned: Won

    def __str__(self) -> str:
        return f"The winner flips in {self.measure}: untuned, {self.untuned}; tuned, {self.tuned}."


def of_claims(untuned: JudgedClaim, tuned: JudgedClaim) -> Iterator[Flip]:
    """The flips in the numbers of a claim."""
    pairs = zip(tuned.claim.sides, untuned.terms, tuned.terms, strict=True)
    for sides, before, after in pairs:
        unit = unit_of(tuned.claim, after.kind)
        is_higher_better = _is_higher_better(tuned.claim)
        name = of_claim(tuned.claim).name if not tuned.claim.needs_training_sets else tuned.claim.metric or ""
        yield from _flip(name, *(_won(sides, term, unit, is_higher_better) for term in (before, after)))


def of_decisions(goal: str, untuned: Decision, tuned: Decision) -> Iterator[Flip]:
    """The flip in the goal."""
    sides = (tuned.variant, tuned.incumbent)
    unit, is_higher_better = unit_of_column(goal, tuned.goal.kind), Column.parse(goal).higher_is_better is True
    yield from _flip(goal, *(_won(sides, each.goal, unit, is_higher_better) for each in (untuned, tuned)))


def of_comparisons(untuned: Comparison, tuned: Comparison) -> Iterator[Flip]:
    """The flips in what is compared of each variant and its baseline, of the numbers that have a verdict."""
    before = dict(_compared(untuned))
    for key, after in _compared(tuned):
        yield from _flip(key[0], before.get(key), after)


def flips(untuned: StudyFacts, tuned: StudyFacts) -> list[Flip]:
    """All flips of a study."""
    if tuned.asks_nothing:
        return list(of_comparisons(untuned.comparison, tuned.comparison))
    claims = zip(untuned.claims, tuned.claims, strict=True)
    decisions = zip(untuned.decisions, tuned.decisions, strict=True)
    goal = tuned.study.study.goal or ""
    return [
        *(flip for pair in claims for flip in of_claims(*pair)),
        *(flip for pair in decisions for flip in of_decisions(goal, *pair)),
    ]


def _flip(measure: str, untuned: Won | None, tuned: Won | None) -> Iterator[Flip]:
    if untuned and tuned and untuned.winner != tuned.winner:
        yield Flip(measure, untuned, tuned)


def _won(sides: tuple[str, str], term: Term, unit: Unit, is_higher_better: bool | None) -> Won | None:
    """Who is ahead by a term, if its interval lies on one side of no difference; none of one variant."""
    even = 1.0 if term.kind == "ratio" else 0.0
    if term.kind == "value" or term.interval is None or term.interval[0] <= even <= term.interval[1]:
        return None
    first_is_higher = term.interval[0] > even
    winner, loser = sides if first_is_higher == (is_higher_better is not False) else sides[::-1]
    by = f"({joined_by(term.kind, sides)}: {unit.amount(term)})" if term.kind == "ratio" else f"by {unit.size(term)}"
    return Won(winner, loser, by, "is above" if is_higher_better is None else "beats")


def _is_higher_better(claim: Claim) -> bool | None:
    """Which way is better of what a claim measures; None if neither is, or it is a difference of columns."""
    if claim.epochs_to or claim.needs_training_sets or claim.metric in COSTS:
        return False
    columns = of_claim(claim).columns
    return columns[0].higher_is_better if len(columns) == 1 and columns[0].best != "epoch" else None


def _compared(comparison: Comparison) -> Iterator[tuple[tuple[str, str, str], Won | None]]:
    """By number, variant and baseline who is ahead."""
    for metric in comparison.metrics:
        for group, experiment, score in comparison.scored(metric):
            found = score.difference if score else None
            if found and found.verdict:
                names = experiment.label, group.baseline.label
                yield (metric.name, *names), _ahead(names, found, metric.column)


def _ahead(names: tuple[str, str], found: PairedDifference, column: Column) -> Won | None:
    if found.verdict not in ("better", "worse"):
        return None
    winner, loser = names if found.verdict == "better" else names[::-1]
    low, high = found.interval or (0.0, 0.0)
    size = found if found.mean > 0 else replace(found, mean=-found.mean, interval=(-high, -low))
    text = written(size, column)
    return Won(winner, loser, f"by {text.mean.removeprefix('+')} {text.interval}", "beats")
