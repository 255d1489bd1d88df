"""The claims of several studies, a row each."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dlexp.console import one_line
from dlexp.format import aligned, markdown_table, plural
from dlexp.reports.study.facts import JudgedClaim, StudyFacts
from dlexp.reports.study.sentences import WORDS
from dlexp.reports.study.units import unit_of

_HEADER = ("study", "result", "expected", "measured", "interval", "n")
#: So many columns are enough for a statement beside its result.
_ROOM = 40


@dataclass(frozen=True)
class _Entry:
    """One claim."""

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
        statement = textwrap.wrap(each.says, width, initial_indent=indent, subsequent_indent=indent)
        if is_beside:
            statement[0] = line.ljust(column) + statement[0].lstrip()
        elif fits:
            yield line
        else:
            titled = (f"{title}: {cell}" for title, cell in zip(_HEADER, each.cells, strict=True))
            yield from textwrap.wrap(", ".join(titled), width, subsequent_indent="  ")
        yield from statement
    yield ""
    yield from textwrap.wrap(counted(studies), width)


def to_markdown(studies: Sequence[StudyFacts]) -> list[str]:
    """The lines of a table for a page."""
    first, *others = _HEADER
    cells = [[study, each.says, *rest] for each in _entries(studies) for study, *rest in [each.cells]]
    return [*markdown_table([first, "statement", *others], cells), "", counted(studies)]


def counted(studies: Sequence[StudyFacts]) -> str:
    """How many claims came out as expected, and how sure that is."""
    claims = [judged for facts in studies for judged in facts.claims]
    n = sum(judged.is_expected for judged in claims)
    others = f", {len(claims) - n} not" if n < len(claims) else ""
    return f"{plural(len(claims), 'claim')}: {n} as expected{others}. Intervals: 95 % for all of a study together."


def _entries(studies: Sequence[StudyFacts]) -> list[_Entry]:
    return [_entry(facts, judged) for facts in studies for judged in facts.claims]


def _entry(facts: StudyFacts, judged: JudgedClaim) -> _Entry:
    """By the number that decides the claim: the first one with its result."""
    term = next(each for each in judged.terms if each.result == judged.result)
    unit = unit_of(judged.claim, term.kind)
    result, expected = WORDS[judged.result], WORDS[judged.claim.expect]
    found = (unit.mean(term), unit.interval(term) or "-", str(term.n))
    cells = (facts.study.path.stem, result if judged.is_expected else result.upper(), expected, *found)
    return _Entry(one_line(judged.claim.says), tuple(map(one_line, cells)))
