"""The questions of a study with the numbers that answer them: what it claims, and what it decides."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dlexp.components.columns import Column
from dlexp.config.claim import MINUS, Expected
from dlexp.reports.study.decisions import Outcome
from dlexp.reports.study.facts import StudyFacts
from dlexp.reports.study.measures import of_claim
from dlexp.reports.study.terms import Result, Term
from dlexp.reports.study.units import Unit, unit_of, unit_of_column


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A number, and the claim or the decision that it belongs to."""

    question: str
    """What the claim says; `adam in place of sgd` of a decision."""
    role: Literal["claim", "goal", "guardrail"]
    measure: str
    """What is measured of each run."""
    unit: Unit
    term: Term
    outcome: Result | Outcome
    """Of the whole claim or decision."""
    reason: str = ""
    """Why that was decided; empty of a claim."""
    expect: Expected | None = None
    """How the claim was expected to come out; None of a decision."""
    is_over_training_sets: bool = False
    """Whether it is over resampled training sets, not over seeds."""
    has_several: bool = False
    """Whether the claim bounds other numbers too."""
    is_sealed: bool = False
    """Whether the claim is not judged before the test split is opened."""

    @property
    def is_expected(self) -> bool | None:
        """Whether the claim came out as expected; None of a decision, and while that is sealed."""
        return None if self.expect is None or self.is_sealed else self.outcome == self.expect

    @property
    def is_of_test(self) -> bool:
        """Whether it is measured on the test split."""
        splits = {Column.parse(name.strip()).split for name in self.measure.split(MINUS)}
        return self.is_over_training_sets or not splits.isdisjoint(("test", "gap"))


def answered(facts: StudyFacts) -> Iterator[Answered]:
    """All numbers that claims bound, then those of the decisions, the goal of each before its guardrails."""
    for judged in facts.claims:
        for term in judged.terms:
            yield Answered(
                question=judged.claim.says,
                role="claim",
                measure=of_claim(judged.claim).name,
                unit=unit_of(judged.claim, term.kind),
                term=term,
                outcome=judged.result,
                expect=judged.claim.expect,
                is_over_training_sets=judged.claim.needs_training_sets,
                has_several=len(judged.terms) > 1,
                is_sealed=judged.is_sealed,
            )
    study = facts.study.study
    for decision in facts.decisions:
        for name, term in decision.numbers(study):
            yield Answered(
                question=decision.question,
                role="goal" if term is decision.goal else "guardrail",
                measure=name,
                unit=unit_of_column(name, term.kind),
                term=term,
                outcome=decision.result,
                reason=decision.reason,
            )
