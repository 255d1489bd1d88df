"""Judged studies as text of any width, JSON, CSV or Markdown."""

import re
from collections.abc import Iterable, Iterator, Sequence
from statistics import fmean, stdev

from dlexp.console import one_line
from dlexp.format import TableFormat, joined, paragraph, tabulated, to_csv, to_json
from dlexp.reports.comparison import table as comparison
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.next_steps import no_topping_up
from dlexp.reports.comparison.notes import OF_LOOKS, picked_on_test
from dlexp.reports.comparison.stops import other_max_seeds, topped_up, used_up_in_study
from dlexp.reports.numbers import counted, plus_minus
from dlexp.reports.study import budget, scoreboard, tuning, use_of_test
from dlexp.reports.study.claims import JudgedClaim
from dlexp.reports.study.decisions import Decision
from dlexp.reports.study.document import document
from dlexp.reports.study.facts import StudyFacts
from dlexp.reports.study.looks import is_settled
from dlexp.reports.study.measures import Measure, of_claim
from dlexp.reports.study.rows import COLUMNS, rows
from dlexp.reports.study.sentences import decided, heading, headline, measured
from dlexp.statistics.paired import MIN_PAIRS

#: Where a line can be broken: after the number, before what is claimed or allowed of it.
_BOUND = re.compile(r"(?<=;) (?=claimed: |allowed: )")
_ORDERED = (
    "Some of these seeds were trained only until they told something: the intervals hold if the number of seeds of "
    "this study was fixed before. If not, ask again on others."
)
_NOT_JUDGED = "No claim was judged: two epochs on a generated stand-in tell nothing of it."


def render(studies: Sequence[StudyFacts], output: TableFormat, width: int = 80) -> str:
    """The studies in a format, with a line end after the last line."""
    match output:
        case "table":
            return to_text(studies, width)
        case "json":
            came_out = all(each.came_out for each in studies)
            return to_json({"came_out": came_out, "studies": list(map(document, studies))})
        case "csv":
            return to_csv(COLUMNS, rows(studies))
        case "md":
            return to_markdown(studies)


def render_smoke(studies: Sequence[StudyFacts], output: TableFormat) -> str:
    """What trained for two epochs: a row for each study, none of whose claims is judged."""
    found = [
        {
            "study": str(facts.study.path),
            "variants": len(facts.study.variants),
            "runs": sum(len(each.runs) for each in facts.comparison.experiments),
            "training_sets": sum(each.resamples for each in facts.points.values()),
            "claims_not_judged": len(facts.claims),
        }
        for facts in studies
    ]
    header = ["study", "variants", "runs", "training sets", "claims"]
    cells = [
        [facts.study.path.stem, *map(str, list(row.values())[1:])] for facts, row in zip(studies, found, strict=True)
    ]
    table = tabulated(output, header, cells, list(found[0]), found)
    return f"{table}\n{_NOT_JUDGED}\n" if output in ("table", "md") else table


def to_markdown(studies: Sequence[StudyFacts]) -> str:
    """The scoreboard, why was decided what it says, and the comparison of each study that asks nothing."""
    asking = [facts for facts in studies if not facts.asks_nothing]
    sections = ["\n".join(scoreboard.to_markdown(asking))] if asking else []
    if decisions := [(facts, decision) for facts in asking for decision in facts.decisions]:
        lines = [
            f"- {facts.study.path.stem}: {'; '.join(list(decided(facts.study.study, decision))[:2])}"
            for facts, decision in decisions
        ]
        sections.append("\n".join(map(one_line, lines)))
    for facts in studies:
        if facts.asks_nothing:
            sections.append(f"{one_line(heading(facts.study))}\n\n{comparison.to_markdown(facts.comparison).rstrip()}")
    sections += filter(None, map(tuning.to_markdown, studies))
    return "\n\n".join(sections) + "\n"


def to_text(studies: Sequence[StudyFacts], width: int = 80) -> str:
    """Every study, then of several a scoreboard; no line is longer than `width`."""
    sections = ["\n".join(_study(each, width)) for each in studies]
    asking = [each for each in studies if not each.asks_nothing]
    if len(studies) > 1 and asking:
        sections.append("\n".join(scoreboard.to_text(asking, width)))
    return "\n\n\n".join(sections) + "\n"


def _study(facts: StudyFacts, width: int) -> Iterator[str]:
    study = facts.study.study
    yield from _wrapped(heading(facts.study), width)
    if facts.comparison.experiments and facts.asks_nothing:
        yield from ("", *comparison.to_text(facts.comparison, width, width).splitlines())
    elif facts.comparison.experiments:
        yield from ("", *comparison.scores(facts.comparison, width, _measured(facts)))
    elif study.n_seeds and not (facts.tuning and facts.tuning.missing):
        yield from ("", "No run has finished.")
    if about := [line for text in _about_training(facts) for line in _wrapped(text, width)]:
        yield from ("", *about)
    if facts.tuning and facts.tuning.missing:
        return
    untuned = facts.tuning.untuned if facts.tuning else None
    if facts.points:
        yield ""
        yield from (line for text in _over_training_sets(facts) for line in _wrapped(text, width))
    for i, judged in enumerate(facts.claims):
        yield ""
        yield from _wrapped(headline(judged), width)
        yield from _below((line for term in judged.terms for line in measured(judged, term)), width)
        if untuned:
            yield from _below(tuning.of_claim(untuned.claims[i], judged), width)
    for i, decision in enumerate(facts.decisions):
        first, *others = decided(study, decision)
        yield ""
        yield from _wrapped(first, width)
        yield from _below(others, width)
        yield from _below(
            tuning.of_decision(study.goal or "", untuned.decisions[i], decision) if untuned else (), width
        )
    if untuned and facts.asks_nothing and (said := list(tuning.of_comparison(untuned, facts))):
        yield from ("", *(line for text in said for line in _wrapped(text, width)))
    if notes := [line for note in _notes(facts) for line in _wrapped(note, width, "")]:
        yield from ("", *notes)


def _about_training(facts: StudyFacts) -> Iterator[str]:
    """What the training of each variant took, and what was tuned before."""
    if said := budget.sentence(facts):
        yield said
    if facts.tuning:
        yield from filter(None, [tuning.missing(facts.tuning)])
        yield from tuning.picked(facts.tuning, facts.study)
        yield from tuning.notes(facts.tuning, facts.study.study)


def _measured(facts: StudyFacts) -> Iterator[tuple[str, list[str]]]:
    """The numbers of each variant that claims are about, beside its scores."""
    claims = [judged.claim for judged in facts.claims if not judged.claim.needs_training_sets]
    scored = {metric.name for metric in facts.comparison.metrics}
    for name, measure in {found.name: found for found in map(of_claim, claims)}.items():
        if name not in scored:
            yield name, [_number(measure, each) for each in facts.comparison.experiments]


def _over_training_sets(facts: StudyFacts) -> Iterator[str]:
    """Of each variant what distinguishes it, and the parts of its error that claims are about."""
    parts = dict.fromkeys(judged.claim.metric or "" for judged in facts.claims if judged.claim.needs_training_sets)
    for name, each in facts.points.items():
        estimates = each.decomposition.estimates if each.decomposition else {}
        settings = [f"{key}={value}" for key, value in each.settings.items()]
        sets = counted(each.resamples, each.diverged, f"{each.resampling} training sets")
        known = ((part, estimates[part]) for part in parts if part in estimates)
        numbers = [f"{part} {plus_minus(found.value, found.se)}" for part, found in known]
        yield f"{name}: {', '.join([*settings, sets, *numbers])}"
    yield "±: standard error, over the training sets."


def _number(measure: Measure, variant: Compared) -> str:
    """`0.45 ±0.03`; of some of the runs, of how many."""
    own, n_runs = list(measure.by_seed(variant).values()), len(variant.runs)
    if not own:
        return next((variant.absence(column) for column in measure.columns), "-")
    number = plus_minus(fmean(own), stdev(own) if len(own) > 1 else None)
    return number if len(own) == n_runs else f"{number} ({len(own)} of {n_runs} seeds)"


def _below(lines: Iterable[str], width: int) -> Iterator[str]:
    """Indented; what does not fit into one line is broken before what is claimed or allowed."""
    for line in lines:
        parts = [line] if len(line) + 2 <= width else _BOUND.split(line, 1)
        for part in parts:
            yield from paragraph(part, width, "  ", "    ")


def _notes(facts: StudyFacts) -> Iterator[str]:
    """How sure the intervals are, and what not to do about a claim that is undecided."""
    study = facts.study.study
    if facts.tuning and not facts.is_complete:
        yield "Runs are missing, tuned or untuned ones: not all have ended. The same command trains them."
    measured_by = [of_claim(each.claim) for each in facts.claims if not each.claim.needs_training_sets]
    decides = [str(column) for found in measured_by for column in found.columns] + [study.goal or ""]
    if facts.tuning and any("val_" in name for name in decides):
        yield "Picked and judged on the same validation examples, with other seeds; a test score would be on others."
    terms = [term for judged in facts.claims for term in judged.terms]
    if any(term.interval for term in terms):
        together = f" for all {study.n_claims} numbers together" if study.n_claims > 1 else ""
        kinds = {"training sets" if judged.claim.needs_training_sets else "paired seeds" for judged in facts.claims}
        of_claims = " of claims" if facts.decisions else ""
        yield f"Intervals{of_claims}: 95 %{together}, over {joined(sorted(kinds))} (Student's t)."
    if any(each.goal.interval for each in facts.decisions):
        n = len(facts.decisions)
        shared = f" for all {n} of a column together" if n > 1 else ""
        yield f"Intervals of decisions: 95 %{shared}, over paired seeds (Student's t)."
    yield from _notes_on_looks(facts)
    over_seeds = [term for each in facts.claims if not each.claim.needs_training_sets for term in each.terms]
    undecided = [each for each in facts.decisions if each.result == "cannot_tell"]
    over_seeds += [term for each in undecided for _, term in each.numbers(study)]
    if any(term.result == "cannot_tell" and term.seeds_needed for term in over_seeds) and study.n_seeds >= MIN_PAIRS:
        yield no_topping_up([study.n_seeds], study.planned_seeds.stop)
    if not facts.asks_nothing:  # A comparison says it itself.
        columns = [metric.column for metric in facts.comparison.metrics]
        columns += [column for judged in facts.claims for column in of_claim(judged.claim).columns]
        yield from picked_on_test(facts.comparison.experiments, dict.fromkeys(columns))
    yield from use_of_test.lines(facts.use_of_test)


def _notes_on_looks(facts: StudyFacts) -> Iterator[str]:
    """What numbers are worth that were looked at after every seed, and what to do where that told nothing."""
    asked: list[JudgedClaim | Decision] = [*facts.claims, *facts.decisions]
    answers = [answer for answer in asked if any(term.look for term in answer.terms)]
    if not answers and any(each.until_sure for each in facts.comparison.experiments):
        yield _ORDERED
    if any(term.interval for answer in answers for term in answer.terms):
        yield OF_LOOKS
    if answers and (other := other_max_seeds(facts.comparison.experiments, facts.study.study.n_seeds)):
        yield topped_up(other)
    if any(answer.result == "cannot_tell" and is_settled(answer) for answer in answers):
        yield used_up_in_study(facts.study.study.planned_seeds)


def _wrapped(text: str, width: int, indent: str = "  ") -> list[str]:
    return paragraph(text, width, below=indent)
