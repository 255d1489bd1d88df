"""What the runs of a study say of its claims: each holds, fails, or cannot be told from them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dlexp.components.columns import Column
from dlexp.config.claim import Claim
from dlexp.config.load_study import LoadedStudy
from dlexp.config.study import Study
from dlexp.format import joined
from dlexp.records.index import Run
from dlexp.records.seal import Seal
from dlexp.reports.bias_variance.facts import Point
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.facts import Comparison, compare_experiments
from dlexp.reports.comparison.groups import variants_of
from dlexp.reports.comparison.stops import Design
from dlexp.reports.comparison.until_sure import UntilSure
from dlexp.reports.study import measures
from dlexp.reports.study.claims import AskedClaim, JudgedClaim, kind_of
from dlexp.reports.study.decisions import AskedDecision, Decision
from dlexp.reports.study.looks import A, AskedOfSeeds, is_settled, judged_until_sure
from dlexp.reports.study.parts import bounded_part
from dlexp.reports.study.picks import Pick
from dlexp.reports.study.terms import Bound, Term
from dlexp.reports.study.use_of_test import UseOfTest
from dlexp.statistics.looks import Looks
from dlexp.statistics.paired import LEVEL


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
        return self.study.study.asks_nothing

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
        replace(judged, terms=tuple(_with_reasons(judged, without_data or {}, seal)))
        for judged in (_judged_claim(claim, study.study, variants, points) for claim in study.study.claims)
    )
    decisions = tuple(_judged(asked, study.study, variants) for asked in decisions_of(study.study, list(variants)))
    answers: list[JudgedClaim | Decision] = [
        *(each for each in claims if not each.claim.needs_training_sets),
        *decisions,
    ]
    comparison = _compared(study.study, runs, variants, answers)
    if study.study.until_sure is not None:
        is_complete = is_complete and all(map(is_settled, answers)) and not _lacks_runs(comparison)
    return StudyFacts(
        study=study,
        comparison=comparison,
        claims=claims,
        decisions=decisions,
        points=points,
        is_complete=is_complete,
    )


def claims_of(study: Study) -> Iterator[AskedClaim]:
    """Those that are judged over seeds."""
    return (AskedClaim(claim, study) for claim in study.claims if not claim.needs_training_sets)


def decisions_of(study: Study, names: Sequence[str]) -> Iterator[AskedDecision]:
    """A decision on each variant but the first, the incumbent; none without a goal."""
    for name in names[1:] if study.goal else ():
        yield AskedDecision(variant=name, incumbent=names[0], study=study, level=study.levels(len(names) - 1))


def until_sure_of(study: Study, names: Sequence[str]) -> UntilSure:
    """What a study without claims and goal asks of seeds on demand: each variant against the first one."""
    seeds = study.planned_seeds
    return UntilSure(design=Design(len(seeds), seeds.start), labels=names, metrics=())


def _judged(asked: AskedOfSeeds[A], study: Study, variants: Mapping[str, Compared]) -> A:
    """A claim or a decision by the seeds of its variants."""
    if study.until_sure is not None:
        return judged_until_sure(asked, variants, study.planned_seeds)
    return asked.answer(asked.numbers(variants, study.n_seeds), variants)


def _compared(
    study: Study,
    runs: Mapping[str, Sequence[Run]],
    variants: Mapping[str, Compared],
    answers: Sequence[JudgedClaim | Decision],
) -> Comparison:
    """The variants in the numbers that the study is about; of seeds on demand, those that its answers are from."""
    if study.until_sure is not None and study.asks_nothing:
        return until_sure_of(study, list(variants)).comparison({name: runs.get(name, ()) for name in variants})
    used, looks = list(variants.values()), None
    if study.until_sure is not None:
        used = [own.on(study.planned_seeds[: _n_looked_at(name, answers)]) for name, own in variants.items()]
        looks = Looks(study.n_seeds, max(1, len(variants) - 1))
    trained = [each for each in used if each.runs or each.diverged]
    return compare_experiments(trained, _columns(study, trained), looks=looks)


def _n_looked_at(name: str, answers: Iterable[JudgedClaim | Decision]) -> int:
    """On how many seeds a variant was looked at last; 0 if nothing is asked of it."""
    terms = (term for answer in answers if name in answer.variants for term in answer.terms)
    return max((term.look.n_seeds for term in terms if term.look), default=0)


def _lacks_runs(comparison: Comparison) -> bool:
    """Whether a variant could not be told from the first one since a run is missing."""
    return comparison.stops is not None and any(stop.why == "unfinished" for stop in comparison.stops.each)


def _untrained(name: str) -> Compared:
    return Compared(name=name, label=name, names=(), identity="", settings={}, data_digest="", runs={}, diverged=())


def _judged_claim(
    claim: Claim, study: Study, variants: Mapping[str, Compared], points: Mapping[str, Point]
) -> JudgedClaim:
    if not claim.needs_training_sets:
        return _judged(AskedClaim(claim, study), study, variants)
    part, kind, bound = claim.metric or "", kind_of(claim), Bound.of_claim(claim)
    level, n_sets = LEVEL / study.n_claims, study.resamples or 0
    sides = [[name for name in pair if name] for pair in claim.sides]
    return JudgedClaim(
        claim,
        tuple(
            bounded_part(part, names, list(map(points.get, names)), kind, bound, level=level, n_sets=n_sets)
            for names in sides
        ),
    )


def _with_reasons(judged: JudgedClaim, without_data: Mapping[str, str], seal: Seal | None) -> Iterator[Term]:
    """The numbers of a claim; where there is none since data cannot be had or are sealed, with that as the reason."""
    if seal and judged.claim.needs_training_sets:
        yield from (replace(term, reason=f"the test split is {seal.said}", remarks=()) for term in judged.terms)
        return
    for term, pair in zip(judged.terms, judged.claim.sides, strict=True):
        lacking = [name for name in pair if name in without_data]
        whys = "; ".join(dict.fromkeys(without_data[name] for name in lacking))
        reason = f"the data of {joined(lacking)} cannot be had ({whys})"
        yield replace(term, reason=reason, remarks=()) if lacking else term


def _columns(study: Study, variants: Iterable[Compared]) -> list[str]:
    """The columns that a study is about, as far as any run has them; none if it names none."""
    of_claims = (measures.of_claim(claim).columns for claim in study.claims if not claim.needs_training_sets)
    named = [name for name in (study.goal, *study.must_not_worsen) if name]
    columns = [*map(Column.parse, named), *(column for columns in of_claims for column in columns)]
    return [str(each) for each in dict.fromkeys(columns) if any(own.by_seed(each) for own in variants)]
