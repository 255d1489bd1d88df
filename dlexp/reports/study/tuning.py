"""What variants were tuned to, and what is otherwise without: in sentences, and for programs."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from dlexp.config.flat import format_value
from dlexp.config.labels import short_keys
from dlexp.config.load_study import LoadedStudy
from dlexp.config.study import Study
from dlexp.console import one_line
from dlexp.format import aligned, joined, listed, plural
from dlexp.reports.comparison.headlines import Headline
from dlexp.reports.comparison.sentences import sentence
from dlexp.reports.comparison.verdicts import has_verdict
from dlexp.reports.numbers import plus_minus
from dlexp.reports.study import duels
from dlexp.reports.study.claims import JudgedClaim
from dlexp.reports.study.decisions import Decision
from dlexp.reports.study.facts import StudyFacts, Tuning
from dlexp.reports.study.picks import Pick, PointScores
from dlexp.reports.study.units import unit_of
from dlexp.statistics.paired import MIN_PAIRS

#: Of more pairs of variants, those alone are named whose verdict is another without tuning.
_MAX_PAIRS = 8


def missing(tuning: Tuning) -> str:
    """Why nothing is judged yet; empty if all tuning runs have ended."""
    if not tuning.missing:
        return ""
    lacking = joined([f"{n} of {name}" for name, n in tuning.missing.items()])
    return f"Not tuned yet, and so not judged: runs without a result, {lacking}. The same command trains them."


def picked(tuning: Tuning, study: LoadedStudy) -> Iterator[str]:
    """By what the variants were tuned, then a row for each with its point and its score."""
    picks = list(tuning.picks.values())
    if not picks:
        return
    seeds, n = _seeds(study.study.tuning_seeds), len(picks[0].points)
    yield f"Tuned by {study.tune_by}: the best mean of {n} points each, over {seeds}, which judge nothing:"
    short = short_keys(study.study.tune)
    yield from aligned([f"  {each.variant}", _point(each.best, short), _score(each)] for each in picks)


def notes(tuning: Tuning, study: Study) -> Iterator[str]:
    """What to make of the picks: lists to be extended, points that diverged or cannot be told apart."""
    short = short_keys(study.tune)
    ends: dict[tuple[str, str], list[str]] = {}
    for each in tuning.picks.values():
        for key, value, which in each.ends:
            ends.setdefault((f"{short[key]}={format_value(value)}", which), []).append(each.variant)
    for (what, which), names in ends.items():
        yield f"{what} of {joined(names)} is the {which} of its list; extend it, a better one may lie beyond."
    for each in tuning.picks.values():
        if without := sum(bool(point.without) for point in each.points):
            yield f"{each.variant}: {without} of {len(each.points)} points lack the score of a seed: never better."
    if study.tune_seeds < MIN_PAIRS and tuning.picks:
        yield f"{plural(study.tune_seeds, 'tuning seed')} cannot tell points apart; the best mean is taken anyway."
        return
    for each in tuning.picks.values():
        if alike := each.as_good:
            points = listed([_point(other, short) for other in alike])
            yield f"{each.variant}: {study.tune_seeds} tuning seeds cannot tell its best from {points}."


def of_claim(untuned: JudgedClaim, tuned: JudgedClaim) -> Iterator[str]:
    """How a claim comes out without tuning, its numbers, and where the winner flips; nothing while that is sealed."""
    if untuned.is_sealed:
        return
    also = untuned.result == tuned.result
    words = {"holds": ("holds", " too"), "fails": ("fails", " too"), "cannot_tell": ("cannot be told", " either")}
    result, too = words[untuned.result]
    numbers = []
    for before, after in zip(untuned.terms, tuned.terms, strict=True):
        about = f"{before.label} " if len(untuned.terms) > 1 else ""
        of = f", {plural(before.n, 'seed')}" if before.n != after.n else ""  # Seeds on demand are.
        numbers.append(f"{about}{unit_of(untuned.claim, before.kind).amount(before)}{of}")
    yield f"Untuned it {result}{too if also else ''}: {'; '.join(numbers)}."
    yield from map(str, duels.of_claims(untuned, tuned))


def of_decision(goal: str, untuned: Decision, tuned: Decision) -> Iterator[str]:
    """What is decided without tuning, and where the winner flips."""
    result = untuned.result.replace("_", " ")
    yield f"Untuned: {result}{' too' if untuned.result == tuned.result else ''}; {untuned.reason}."
    yield from map(str, duels.of_decisions(goal, untuned, tuned))


def of_comparison(untuned: StudyFacts, tuned: StudyFacts) -> Iterator[str]:
    """What the comparison says without tuning, and where the winner flips."""
    before, after = _headlines(untuned), _headlines(tuned)
    changed = {key: each for key, each in before.items() if _verdict(each) != _verdict(after.get(key))}
    said = before if len(before) <= _MAX_PAIRS else changed
    yield from (f"Untuned: {sentence(each)}" for each in said.values())
    if len(said) < len(before):
        yield f"Untuned, {len(before) - len(said)} other verdicts are the same."
    yield from map(str, duels.of_comparisons(untuned.comparison, tuned.comparison))


def to_markdown(facts: StudyFacts) -> str:
    """All of it as a list; empty of a study that tunes nothing."""
    study, untuned = facts.study.study, facts.tuning.untuned if facts.tuning else None
    if not facts.tuning:
        return ""
    said = [*filter(None, [missing(facts.tuning)]), *picked(facts.tuning, facts.study), *notes(facts.tuning, study)]
    if untuned and facts.asks_nothing:
        said += of_comparison(untuned, facts)
    elif untuned:
        for before, after in zip(untuned.claims, facts.claims, strict=True):
            said += [f"{after.claim.says} {line}" for line in of_claim(before, after)]
        for decided, again in zip(untuned.decisions, facts.decisions, strict=True):
            said += [f"{again.question}: {line}" for line in of_decision(study.goal or "", decided, again)]
    return "\n".join(f"- {facts.study.path.stem}: {one_line(' '.join(line.split()))}" for line in said)


def document(facts: StudyFacts, untuned: Mapping[str, Any] | None) -> dict[str, Any]:
    """All that was tuned, for programs; `untuned` is the document of the variants as they are written."""
    tuning, study = facts.tuning, facts.study.study
    assert tuning
    return {
        "by": facts.study.tune_by,
        "seeds": list(study.tuning_seeds),
        "missing": tuning.missing,
        "picks": {name: _pick(each) for name, each in tuning.picks.items()},
        "flips": [asdict(each) for each in duels.flips(tuning.untuned, facts)] if tuning.untuned else [],
        "untuned": untuned,
    }


def _pick(pick: Pick) -> dict[str, Any]:
    points = [asdict(each) | {"mean": each.mean, "sd": each.sd} for each in pick.points]
    return {
        "values": pick.best.values,
        "mean": pick.best.mean,
        "at_end_of_list": {key: which for key, _, which in pick.ends},
        "not_told_from": [each.values for each in pick.as_good],
        "points": points,
    }


def _headlines(facts: StudyFacts) -> dict[tuple[str, str, str], Headline]:
    judged = (each for each in facts.comparison.headlines if has_verdict(each.column))
    return {(each.experiment.label, each.baseline.label, str(each.column)): each for each in judged}


def _verdict(headline: Headline | None) -> str | None:
    return headline.difference.verdict if headline and headline.difference else None


def _score(pick: Pick) -> str:
    if pick.best.mean is None:
        return "no point finished on all seeds: the first one"
    return plus_minus(pick.best.mean, pick.best.sd)


def _point(point: PointScores, short: Mapping[str, str]) -> str:
    return " ".join(f"{short[key]}={format_value(value)}" for key, value in point.values.items())


def _seeds(seeds: range) -> str:
    return f"seeds {seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f"seed {seeds[0]}"
