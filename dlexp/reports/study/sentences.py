"""How a claim came out, and what was decided, in words; what is not expected stands in capitals."""

from collections.abc import Iterator

from dlexp.config.load_study import LoadedStudy
from dlexp.config.study import Claim, Study
from dlexp.format import joined, plural
from dlexp.reports.numbers import how_many
from dlexp.reports.study.decisions import Decision
from dlexp.reports.study.facts import JudgedClaim
from dlexp.reports.study.measures import of_claim
from dlexp.reports.study.terms import Term
from dlexp.reports.study.units import Unit, unit_of, unit_of_column

#: The results of claims and of decisions in words.
WORDS = {result: result.replace("_", " ") for result in ("holds", "fails", "cannot_tell")}
WORDS |= {result: result.replace("_", " ") for result in ("adopt", "reject", "unhealthy")}


def heading(study: LoadedStudy) -> str:
    """Its file, how many variants it has, and how often each is trained."""
    needs_sets = any(claim.needs_training_sets for claim in study.study.claims)
    seeds = plural(study.study.n_seeds, "seed") if study.study.n_seeds else ""
    sets = plural(study.study.n_training_sets, "training set") if needs_sets else ""
    each = joined([how_often for how_often in (seeds, sets) if how_often])
    return f"{study.path}: {plural(len(study.variants), 'variant')}, {each} each"


def headline(judged: JudgedClaim) -> str:
    """`holds: Adam is better.`; `FAILS (expected: holds): SGD is better.`"""
    return f"{_outcome(judged)}: {judged.claim.says}"


def _outcome(judged: JudgedClaim) -> str:
    result, expected = WORDS[judged.result], judged.claim.expect
    if not judged.is_expected:
        return f"{result.upper()} (expected: {WORDS[expected]})"
    return result if expected == "holds" else f"{result} (as expected)"


def measured(claim: Claim, term: Term) -> Iterator[str]:
    """What was measured and what is claimed of it; then why that cannot be told, and what could have been told."""
    unit = unit_of(claim, term.kind)
    found = " ".join(filter(None, [unit.mean(term), unit.interval(term)]))
    yield f"{of_claim(claim).name}, {term.label}: {found}, {_n(claim, term)}; claimed: {unit.bound(term.bound)}"
    yield from (f"{remark}." for remark in term.remarks)
    if term.result == "cannot_tell":
        yield from _undecided(claim, term, unit)


def _undecided(claim: Claim, term: Term, unit: Unit) -> Iterator[str]:
    if term.reason:
        yield f"{'Not judged' if term.interval else 'No interval'}: {term.reason}."
    elif term.detectable is not None:
        yield f"{_n(claim, term)} show a distance from the bound of {unit.distance(term.detectable)} in 80 % of cases."
    if term.seeds_needed:
        yield f"If the true number is the one measured, {how_many(term.seeds_needed, _counted(claim))} would show it."


def _n(claim: Claim, term: Term) -> str:
    return plural(term.n, _counted(claim))


def _counted(claim: Claim) -> str:
    """What its number is from several of."""
    return "training set" if claim.needs_training_sets else "seed"


def decided(study: Study, decision: Decision) -> Iterator[str]:
    """Whether a variant is adopted, why, and the numbers behind that."""
    yield f"{WORDS[decision.result]}: {decision.variant} in place of {decision.incumbent}"
    yield f"{decision.reason}."
    for name, term in zip(
        (study.goal or "", *study.must_not_worsen), (decision.goal, *decision.guardrails), strict=True
    ):
        unit = unit_of_column(name, term.kind)
        found = " ".join(filter(None, [unit.mean(term), unit.interval(term)]))
        wanted = "the goal" if term is decision.goal else f"allowed: {unit.bound(term.bound)}"
        yield f"{name}, {term.label}: {found}, {plural(term.n, 'seed')}; {wanted}"
