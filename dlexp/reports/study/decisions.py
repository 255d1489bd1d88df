"""Whether a variant should take the incumbent's place: by a goal, and guardrails that it must not break."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dlexp.components.columns import Column
from dlexp.config.study import Margin, Study
from dlexp.format import joined, plural
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.verdicts import OPEN, collapses, revealing
from dlexp.reports.study import measures
from dlexp.reports.study.seeds import bounded_measure
from dlexp.reports.study.terms import Bound, Kind, Term
from dlexp.reports.study.units import unit_of_column
from dlexp.statistics.looks import Looks

#: adopt: better, and all guardrails hold; reject: worse, or a guardrail fails; unhealthy: a side diverged or collapsed.
Outcome = Literal["adopt", "reject", "cannot_tell", "unhealthy"]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Whether a variant should take the incumbent's place."""

    variant: str
    incumbent: str
    result: Outcome
    goal: Term
    """Variant minus incumbent: holds where the variant is better, fails where it is worse."""
    guardrails: tuple[Term, ...]
    """Each holds where the variant is not worse by more than the margin, and fails where it is."""
    reason: str
    """Why, in a sentence without a full stop."""

    @property
    def question(self) -> str:
        """`adam in place of sgd`."""
        return f"{self.variant} in place of {self.incumbent}"

    @property
    def variants(self) -> tuple[str, ...]:
        """Both that it is about."""
        return self.variant, self.incumbent

    @property
    def terms(self) -> tuple[Term, ...]:
        """The goal, then each guardrail."""
        return self.goal, *self.guardrails

    def numbers(self, study: Study) -> Iterator[tuple[str, Term]]:
        """The same, by the column that each is about."""
        return zip((study.goal or "", *study.must_not_worsen), self.terms, strict=True)


@dataclass(frozen=True, kw_only=True)
class AskedDecision:
    """Whether a variant is to take the incumbent's place.

    The level is shared out over the comparisons of one column: over the number of other variants. A variant is adopted
    only where all of its numbers agree, which needs no smaller level for more guardrails.
    """

    variant: str
    incumbent: str
    study: Study
    level: float | Looks
    """What each of its numbers is judged at."""

    @property
    def variants(self) -> tuple[str, ...]:
        """Both that it is about."""
        return self.variant, self.incumbent

    def numbers(self, variants: Mapping[str, Compared], n_seeds: int) -> tuple[Term, ...]:
        """The goal, then the guardrails, by variants that are to have so many seeds."""
        sides = [variants[name] for name in self.variants]
        goal = self._better(sides, n_seeds)
        guardrails = (self._within(name, margin, sides, n_seeds) for name, margin in self.study.margins.items())
        return goal, *guardrails

    def answer(self, terms: Sequence[Term], variants: Mapping[str, Compared]) -> Decision:
        """What the numbers say, and the variants that they are of."""
        goal, *guardrails = terms
        result, reason = _decision(self.study, (variants[self.variant], variants[self.incumbent]), goal, guardrails)
        return Decision(
            variant=self.variant,
            incumbent=self.incumbent,
            result=result,
            goal=goal,
            guardrails=tuple(guardrails),
            reason=reason,
        )

    def _better(self, sides: Sequence[Compared], n_seeds: int) -> Term:
        """Whether the variant has a better goal than the incumbent: one that is exactly as good has not."""
        name = self.study.goal or ""
        bound = Bound(None, 0.0) if _more_is_worse(name) else Bound(0.0, None)
        measure = measures.of_columns(name)
        term = bounded_measure(measure, sides, "difference", bound, level=self.level, n_seeds=n_seeds)
        return replace(term, result="cannot_tell") if term.interval and 0.0 in term.interval else term

    def _within(self, name: str, margin: Margin, sides: Sequence[Compared], n_seeds: int) -> Term:
        """Whether the variant is worse than the incumbent by no more than a margin.

        In percent of the incumbent's mean, by the interval of the ratio on logarithms: seconds vary by factors, and the
        incumbent's own uncertainty counts, as it would not if its mean were taken as known.
        """
        if margin.is_share:
            bound = Bound(None, 1 + margin.value) if _more_is_worse(name) else Bound(1 - margin.value, None)
        else:
            bound = Bound(None, margin.value) if _more_is_worse(name) else Bound(0.0 - margin.value, None)
        kind: Kind = "ratio" if margin.is_share else "difference"
        return bounded_measure(measures.of_columns(name), sides, kind, bound, level=self.level, n_seeds=n_seeds)


def _more_is_worse(name: str) -> bool:
    """Which way is worse; more seconds, epochs and parameters are, since they cost."""
    return Column.parse(name).higher_is_better is not True


def _decision(
    study: Study, sides: tuple[Compared, Compared], goal: Term, guardrails: Sequence[Term]
) -> tuple[Outcome, str]:
    """The decision, and why."""
    by_name = [
        (name, _said(name, margin), term)
        for (name, margin), term in zip(study.margins.items(), guardrails, strict=True)
    ]
    amount = unit_of_column(study.goal or "", goal.kind).size(goal)
    if ill := list(_ill(study, sides)):
        return "unhealthy", joined(ill)
    worse = [f"{name} is worse by more than {margin}" for name, margin, term in by_name if term.result == "fails"]
    if goal.result == "fails":
        worse.insert(0, f"{study.goal} is worse by {amount}")
    if worse:
        return "reject", joined(worse)
    if unknown := list(_unknown(study.goal or "", goal, by_name)):
        return "cannot_tell", "; ".join(unknown)
    others = f", and {joined(list(study.margins))} within the margin" if guardrails else ""
    return "adopt", f"{study.goal} is better by {amount}{others}"


def _unknown(goal_name: str, goal: Term, guardrails: Sequence[tuple[str, str, Term]]) -> Iterator[str]:
    """What cannot be told; the reason that several have is said once."""
    reasons: dict[str, list[str]] = {}
    if goal.result == "cannot_tell":
        reasons[goal.reason or OPEN] = [goal_name]
    for name, _, term in guardrails:
        if term.reason:
            reasons.setdefault(term.reason, []).append(name)
    yield from (f"{joined(names)}: {reason}" for reason, names in reasons.items())
    for name, margin, term in guardrails:
        if term.result == "cannot_tell" and not term.reason:
            yield f"{name} may be worse by more than {margin}"


def _ill(study: Study, sides: tuple[Compared, Compared]) -> Iterator[str]:
    """Which side diverged or collapsed on some of its seeds: what is left of it says nothing of the others."""
    named = [Column.parse(name) for name in (study.goal or "", *study.margins)]
    for side, other in (sides, sides[::-1]):
        n = len(side.runs) + len(side.diverged)
        if side.diverged:
            yield f"{side.label} diverged on {len(side.diverged)} of {plural(n, 'seed')}"
        # Where costs alone are named, all that it learns tells: what learned nothing may well be faster.
        learned = side.recorded(lambda result: result.head_metrics) or ()
        collapsed = _collapsed(side, other, named) or _collapsed(side, other, learned)
        if any(collapsed):
            yield f"{side.label} collapsed on {sum(collapsed)} of {plural(len(collapsed), 'seed')}"


def _collapsed(side: Compared, other: Compared, columns: Sequence[Column]) -> list[bool]:
    """Whether each seed collapsed, by the column that says so of the most; empty if none can tell."""
    found = (collapses(side, each, other) for column in columns for each in revealing(column))
    return max(filter(None, found), key=sum, default=[])


def _said(name: str, margin: Margin) -> str:
    return f"{100 * margin.value:g} %" if margin.is_share else unit_of_column(name, "difference").number(margin.value)
