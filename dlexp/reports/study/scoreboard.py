"""The claims and decisions of several studies, a row for every number that answers one."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dlexp.console import one_line
from dlexp.format import aligned, markdown_table, paragraph, plural
from dlexp.reports.comparison.notes import OF_LOOKS
from dlexp.reports.study.answered import Answered, answered
from dlexp.reports.study.facts import StudyFacts
from dlexp.reports.study.sentences import WORDS, allowed
from dlexp.reports.study.terms import Term

_HEADER = ("study", "result", "expected", "measured", "interval", "n")
#: So many columns are enough for a statement beside its result.
_ROOM = 40


@dataclass(frozen=True)
class _Entry:
    """One number of a claim or a decision."""

    says: str
    cells: tuple[str, ...]
    """Under the header."""


def to_text(studies: Sequence[StudyFacts], width: int = 80) -> Iterator[str]:
    """Lines no longer than `width`: the statement of a claim stands at the end of its row, or below it."""
    entries = _entries(studies)
    header, *lines = aligned([_HEADER, *(each.cells for each in entries)])
    column = max(map(len, [header, *lines])) + 2
    is_beside, fits = width - column >= _ROOM, column - 2 <= width
    indent = " " * (column if is_beside else 4)
    if fits:
        yield f"{header.ljust(column)}statement" if is_beside else header
    for line, each in zip(lines, entries, strict=True):
        statement = paragraph(each.says, width, indent, indent)
        if is_beside:
            statement[0] = line.ljust(column) + statement[0].lstrip()
        elif fits:
            yield line
        else:
            titled = (f"{title}: {cell}" for title, cell in zip(_HEADER, each.cells, strict=True))
            yield from paragraph(", ".join(titled), width, below="  ")
        yield from statement
    yield ""
    yield from paragraph(counted(studies), width)


def to_markdown(studies: Sequence[StudyFacts]) -> list[str]:
    """The lines of a table for a page."""
    first, *others = _HEADER
    cells = [[study, each.says, *rest] for each in _entries(studies) for study, *rest in [each.cells]]
    return [*markdown_table([first, "statement", *others], cells), "", counted(studies)]


def counted(studies: Sequence[StudyFacts]) -> str:
    """How many claims came out as expected, what was decided, and how sure that is."""
    claims = [judged for facts in studies for judged in facts.claims]
    decisions = Counter(decision.result for facts in studies for decision in facts.decisions)
    sentences = []
    if claims:
        counts = Counter(judged.is_expected for judged in claims)
        others = [f"{counts[which]} {word}" for which, word in ((False, "not"), (None, "sealed")) if counts[which]]
        sentences.append(f"{plural(len(claims), 'claim')}: {', '.join([f'{counts[True]} as expected', *others])}.")
    if decisions:
        results = ", ".join(f"{n} {WORDS[result]}" for result, n in decisions.items())
        sentences.append(f"{plural(decisions.total(), 'decision')}: {results}.")
    of_roles = {number.role for facts in studies for number in answered(facts) if number.term.interval}
    kinds = {"claim": "claims of a study", "goal": "decisions of a study by one column"}
    if together := " and for ".join(f"all {kind} together" for role, kind in kinds.items() if role in of_roles):
        sentences.append(f"Intervals: 95 % for {together}.")
    if any(number.term.look for facts in studies for number in answered(facts)):
        sentences.append(OF_LOOKS)
    return " ".join(sentences)


def _entries(studies: Sequence[StudyFacts]) -> list[_Entry]:
    return [
        _entry(facts, number)
        for facts in studies
        for number in answered(facts)
        # A claim is decided by those of its numbers that have its result.
        if number.role != "claim" or number.term.result == number.outcome
    ]


def _entry(facts: StudyFacts, number: Answered) -> _Entry:
    term, says = number.term, number.question
    if number.role != "claim":
        says += f"; {number.measure}, {'the goal' if number.role == 'goal' else allowed(number.unit, term)}"
    elif number.has_several:
        says += f" ({term.label})"
    result = WORDS[term.result if number.role == "guardrail" else number.outcome]
    if number.is_sealed:
        result = "sealed"
    expected = WORDS[number.expect] if number.expect else "-"
    found = (number.unit.mean(term), number.unit.interval(term) or "-", _n_of(term))
    cells = (facts.study.path.stem, result.upper() if number.is_expected is False else result, expected, *found)
    return _Entry(one_line(says), tuple(map(one_line, cells)))


def _n_of(term: Term) -> str:
    """`5`; of seeds that were trained until they told, `5 of 12`."""
    return f"{term.look.n_seeds} of {term.look.max_seeds}" if term.look else str(term.n)
