"""Claims about numbers of the runs: what is measured for them over the seeds, and how each comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from dlexp.config.claim import Claim
from dlexp.config.study import Study
from dlexp.records.seal import is_sealed
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.study.measures import Measure, of_claim, remembering
from dlexp.reports.study.seeds import bounded_measure
from dlexp.reports.study.terms import Bound, Kind, Result, Term
from dlexp.statistics.looks import Looks


@dataclass(frozen=True)
class JudgedClaim:
    """A claim, and what the runs say of it."""

    claim: Claim
    terms: tuple[Term, ...]
    """The numbers that it bounds: of an order every neighbouring difference, of other claims one."""

    @property
    def result(self) -> Result:
        """Holds if all of its numbers hold, fails if one fails."""
        results = {term.result for term in self.terms}
        return "fails" if "fails" in results else "cannot_tell" if "cannot_tell" in results else "holds"

    @property
    def variants(self) -> tuple[str, ...]:
        """Those that it is about."""
        return self.claim.variants

    @property
    def is_sealed(self) -> bool:
        """Whether it is not judged before the test split is opened."""
        return any(is_sealed(term.reason) for term in self.terms)

    @property
    def is_expected(self) -> bool | None:
        """Whether it came out as its `expect` says; None while that is sealed."""
        return None if self.is_sealed else self.result == self.claim.expect


@dataclass(frozen=True)
class AskedClaim:
    """A claim that is judged over seeds."""

    claim: Claim
    study: Study

    @property
    def variants(self) -> tuple[str, ...]:
        """Those that it is about."""
        return self.claim.variants

    @property
    def level(self) -> float | Looks:
        """What each of its numbers is judged at."""
        return self.study.levels(self.study.n_claims)

    @cached_property
    def _measure(self) -> Measure:
        return remembering(of_claim(self.claim))

    def numbers(self, variants: Mapping[str, Compared], n_seeds: int) -> tuple[Term, ...]:
        """The numbers that it bounds, by variants that are to have so many seeds."""
        kind, bound = kind_of(self.claim), Bound.of_claim(self.claim)
        return tuple(
            bounded_measure(
                self._measure,
                [variants[name] for name in names if name],
                kind,
                bound,
                level=self.level,
                n_seeds=n_seeds,
            )
            for names in self.claim.sides
        )

    def answer(self, terms: Sequence[Term], variants: Mapping[str, Compared]) -> JudgedClaim:
        """What the numbers say of it."""
        return JudgedClaim(self.claim, tuple(terms))


def kind_of(claim: Claim) -> Kind:
    """What it bounds."""
    return "ratio" if claim.ratio else "value" if claim.variant else "difference"
