"""What the runs of a study say of its claims: each holds, fails, or cannot be told from them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dlexp.components.columns import Column
from dlexp.config.load_study import LoadedStudy
from dlexp.config.study import Claim, Study
from dlexp.format import joined
from dlexp.records.index import Run
from dlexp.records.seal import Seal, is_sealed
from dlexp.reports.bias_variance.facts import Point
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.facts import Comparison, compare_experiments
from dlexp.reports.comparison.groups import variants_of
from dlexp.reports.study import measures
from dlexp.reports.study.decisions import Decision, decide
from dlexp.reports.study.parts import bounded_part
from dlexp.reports.study.picks import Pick
from dlexp.reports.study.seeds import bounded_measure
from dlexp.reports.study.terms import Bound, Kind, Result, Term
from dlexp.reports.study.use_of_test import UseOfTest
from dlexp.statistics.paired import LEVEL


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
    def is_sealed(self) -> bool:
        """Whether it is not judged before the test split is opened."""
        return any(is_sealed(term.reason) for term in self.terms)

    @property
    def is_expected(self) -> bool | None:
        """Whether it came out as its `expect` says; None while that is sealed."""
        return None if self.is_sealed else self.result == self.claim.expect


@dataclass(frozen=True, kw_only=True)
class StudyFacts:
    """What is known of a study."""

    study: LoadedStudy
    comparison: Comparison
    """Of its variants, in the numbers that the study is about."""
    claims: tuple[JudgedClaim, ...]
    decisions: tuple[Decision, ...]
    """One on each variant but the incumbent, where the study has a goal."""
    points: Mapping[str, Point]
    """By variant, the error over many training sets."""
    use_of_test: UseOfTest = field(default_factory=UseOfTest)
    """Whether its test scores are sealed or were opened, and how often they were consulted."""
    is_complete: bool
    """Whether every run has finished or diverged: else a claim may be undecided for the lack of it alone."""
    tuning: "Tuning | None" = None
    """None of a study that tunes nothing."""

    @property
    def asks_nothing(self) -> bool:
        """Whether it has neither claims nor a goal: it trains and compares."""
        return not self.study.study.claims and self.study.study.goal is None

    @property
    def came_out(self) -> bool:
        """Whether every claim that is not sealed came out as expected, by all the runs that were planned for it."""
        return self.is_complete and not any(judged.is_expected is False for judged in self.claims)


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """What the variants of a study were tuned to, before they were judged."""

    picks: Mapping[str, Pick]
    """By variant; none as long as tuning runs are missing, and of a variant whose data cannot be had."""
    missing: Mapping[str, int]
    """By variant how many of its tuning runs have no result, where some have none."""
    untuned: StudyFacts | None
    """The same of the variants as they are written, on the same seeds; None if nothing could be picked."""


def judge(
    study: LoadedStudy,
    runs: Mapping[str, Sequence[Run]],
    points: Mapping[str, Point] | None = None,
    without_data: Mapping[str, str] | None = None,
    is_complete: bool = True,
    seal: Seal | None = None,
) -> StudyFacts:
    """Judge the claims of a study, and decide by its goal.

    The level is shared out over all numbers that the claims bound. Decisions share it out over the variants that are
    compared with the incumbent.

    Args:
        runs: By variant; those that neither finished nor diverged are left out.
        points: By variant, the error over many training sets, for the claims that need it.
        without_data: By variant, why its data cannot be had.
        is_complete: Whether every run that was planned has finished or diverged.
        seal: That of a study which keeps its test scores from readers; the runs are without them then.
    """
    points = points or {}
    trained = variants_of(runs)
    # One of which nothing finished has no numbers, and is no gap in the records either.
    variants = {name: trained.get(name) or _untrained(name) for name in study.variants}
    claims = tuple(
        JudgedClaim(
            claim, tuple(_with_reasons(claim, _terms(claim, study.study, variants, points), without_data or {}, seal))
        )
        for claim in study.study.claims
    )
    return StudyFacts(
        study=study,
        comparison=compare_experiments(list(trained.values()), _columns(study.study, trained)),
        claims=claims,
        decisions=tuple(decide(study.study, list(variants.values()))),
        points=points,
        is_complete=is_complete,
    )


def _untrained(name: str) -> Compared:
    return Compared(name=name, label=name, names=(), identity="", settings={}, data_digest="", runs={}, diverged=())


def _terms(
    claim: Claim, study: Study, variants: Mapping[str, Compared], points: Mapping[str, Point]
) -> tuple[Term, ...]:
    kind: Kind = "ratio" if claim.ratio else "value" if claim.variant else "difference"
    bound, level, n_seeds = Bound.of_claim(claim), LEVEL / study.n_claims, study.n_seeds
    sides = [[name for name in pair if name] for pair in claim.sides]
    if claim.needs_training_sets:
        part = claim.metric or ""
        return tuple(
            bounded_part(
                part, names, list(map(points.get, names)), kind, bound, level=level, n_sets=study.resamples or 0
            )
            for names in sides
        )
    measure = measures.of_claim(claim)
    return tuple(
        bounded_measure(measure, [variants[name] for name in names], kind, bound, level=level, n_seeds=n_seeds)
        for names in sides
    )


def _with_reasons(
    claim: Claim, terms: Sequence[Term], without_data: Mapping[str, str], seal: Seal | None
) -> Iterator[Term]:
    """The numbers of a claim; where there is none since data cannot be had or are sealed, with that as the reason."""
    if seal and claim.needs_training_sets:
        yield from (replace(term, reason=f"the test split is {seal.said}", remarks=()) for term in terms)
        return
    for term, pair in zip(terms, claim.sides, strict=True):
        lacking = [name for name in pair if name in without_data]
        whys = "; ".join(dict.fromkeys(without_data[name] for name in lacking))
        reason = f"the data of {joined(lacking)} cannot be had ({whys})"
        yield replace(term, reason=reason, remarks=()) if lacking else term


def _columns(study: Study, variants: Mapping[str, Compared]) -> list[str]:
    """The columns that a study is about, as far as any run has them; none if it names none."""
    of_claims = (measures.of_claim(claim).columns for claim in study.claims if not claim.needs_training_sets)
    named = [name for name in (study.goal, *study.must_not_worsen) if name]
    columns = [*map(Column.parse, named), *(column for columns in of_claims for column in columns)]
    return [str(each) for each in dict.fromkeys(columns) if any(own.by_seed(each) for own in variants.values())]
