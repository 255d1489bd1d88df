"""How a claim came out, and what was decided, in words; what is not expected stands in capitals."""

from collections.abc import Iterator

from dlexp.config.load_study import LoadedStudy
from dlexp.config.study import Study
from dlexp.format import joined, plural
from dlexp.reports.numbers import how_many
from dlexp.reports.study.claims import JudgedClaim
from dlexp.reports.study.decisions import Decision
from dlexp.reports.study.measures import of_claim
from dlexp.reports.study.terms import Bound, LastLook, Term
from dlexp.reports.study.units import Unit, unit_of, unit_of_column
from dlexp.statistics.paired import MIN_PAIRS

#: The results of claims and of decisions in words.
WORDS = {result: result.replace("_", " ") for result in ("holds", "fails", "cannot_tell")}
WORDS |= {result: result.replace("_", " ") for result in ("adopt", "reject", "unhealthy")}


def heading(study: LoadedStudy) -> str:
    """Its file, how many variants it has, and how often each is trained."""
    needs_sets = any(claim.needs_training_sets for claim in study.study.claims)
    at_most = "at most " if study.study.until_sure is not None else ""
    seeds = at_most + _seeds(study.study.planned_seeds) if study.study.n_seeds else ""
    sets = plural(study.study.n_training_sets, "training set") if needs_sets else ""
    each = joined([how_often for how_often in (seeds, sets) if how_often])
    points = max(map(len, study.points.values()), default=0)
    tuned = f"; tuned first, {points} points on {plural(study.study.tune_seeds, 'seed')} each" if points else ""
    return f"{study.path}: {plural(len(study.variants), 'variant')}, {each} each{tuned}"


def _seeds(planned: range) -> str:
    """`5 seeds`; of others than the first ones `12 seeds (5 to 16)`."""
    which = f" ({planned.start} to {planned[-1]})" if planned.start else ""
    return plural(len(planned), "seed") + which


def headline(judged: JudgedClaim) -> str:
    """`holds: Adam is better.`; `FAILS (expected: holds): SGD is better.`"""
    return f"{_outcome(judged)}: {judged.claim.says}"


def _outcome(judged: JudgedClaim) -> str:
    result, expected = WORDS[judged.result], judged.claim.expect
    if judged.is_sealed:
        return "sealed"
    if not judged.is_expected:
        return f"{result.upper()} (expected: {WORDS[expected]})"
    return result if expected == "holds" else f"{result} (as expected)"


def measured(judged: JudgedClaim, term: Term) -> Iterator[str]:
    """What was measured and what is claimed of it; then why that cannot be told, and what could have been told."""
    claim = judged.claim
    unit, counted = unit_of(claim, term.kind), "training set" if claim.needs_training_sets else "seed"
    yield f"{_found(of_claim(claim).name, term, unit, counted)}; claimed: {unit.bound(term.bound)}"
    yield from (f"{remark}." for remark in term.remarks)
    if term.result == "cannot_tell":
        yield from _undecided(term, unit, counted, is_settled=judged.result != "cannot_tell")


def _found(name: str, term: Term, unit: Unit, counted: str) -> str:
    """`test_accuracy, adam - sgd: +4.9 points [2.7, 7.1], 5 seeds`; `5 of at most 12 seeds`."""
    n = plural(term.n, counted)
    if term.look:
        n = f"{term.look.n_seeds} of at most {plural(term.look.max_seeds, counted)}"
    return f"{name}, {term.label}: {unit.amount(term)}, {n}"


def _undecided(
    term: Term, unit: Unit, counted: str, *, is_settled: bool = False, says_why: bool = True
) -> Iterator[str]:
    """Why a number cannot be told from its bound, what could have been, and how many seeds that takes.

    Args:
        term: The number.
        unit: Its unit.
        counted: What it is over.
        is_settled: Whether the claim is settled without it.
        says_why: Whether the reason for no interval stands nowhere else.
    """
    if term.reason and says_why:
        yield f"{'Not judged' if term.interval else 'No interval'}: {term.reason}."
    elif term.detectable is not None and not term.reason:
        yield f"{_could_tell(plural(term.n, counted), unit, term.bound, term.detectable)}."
    if term.look:
        yield f"{_why_last(term.look, term.interval is not None, is_settled)}."
    yield from _more(term, counted)


def _why_last(look: LastLook, has_interval: bool, is_settled: bool) -> str:
    """Why a number that is not told from its bound is looked at no more, or after how many seeds it is."""
    match look.why:
        case "given up":
            return "Given up, since half of the seeds or more leave the mean within its standard error of the bound"
        case "untellable" if has_interval:
            return "Given up, since it is the same for every seed"
        case "untellable":
            return "Given up, since more seeds are unlikely to change that"
        case "all seeds":
            return f"Not told by all {look.max_seeds} seeds"
        case _ if is_settled:
            return "Not looked at again, since the claim is settled without it"
        case _:
            return f"Looked at next after {max(MIN_PAIRS, look.n_seeds + 1)} seeds, of which some are missing"


def _more(term: Term, counted: str) -> Iterator[str]:
    """How many seeds or training sets would tell."""
    if term.seeds_needed:
        yield f"If the true number is the one measured, {how_many(term.seeds_needed, counted)} would show it."


def _could_tell(few: str, unit: Unit, bound: Bound, distance: float) -> str:
    """`With 3 seeds only a number at least 8.7 points from its bound would have been told`, or that none would."""
    needed = f"only a number {unit.away(distance, bound)} would have been told"
    if unit.can_be_away(bound, distance):
        return f"With {few} {needed}"
    return f"{few} can tell nothing here: {needed}, and none can be so far"


def decided(study: Study, decision: Decision) -> Iterator[str]:
    """Whether a variant is adopted, why, and the numbers behind that, with what would tell those that are undecided."""
    yield f"{WORDS[decision.result]}: {decision.question}"
    yield f"{decision.reason}."
    for name, term in decision.numbers(study):
        unit = unit_of_column(name, term.kind)
        role = "the goal" if term is decision.goal else allowed(unit, term)
        yield f"{_found(name, term, unit, 'seed')}; {role}"
        # More seeds change nothing about a decision that is taken; and a reason stands above.
        if term.result == "cannot_tell" and decision.result == "cannot_tell":
            yield from _undecided(term, unit, "seed", says_why=False)


def allowed(unit: Unit, term: Term) -> str:
    """`allowed: at most 0.02`."""
    return f"allowed: {unit.bound(term.bound)}"
