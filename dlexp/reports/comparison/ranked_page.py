"""Many experiments on a page: what is said of them, and a table for each number that they are compared by."""

from collections.abc import Iterable

from dlexp.console import one_line
from dlexp.format import markdown_table, paragraph
from dlexp.reports.comparison import ranked_notes, ranked_sentences
from dlexp.reports.comparison.facts import Comparison
from dlexp.reports.comparison.next_steps import Sentence
from dlexp.reports.comparison.ranked_table import MAX_ROWS, table_of
from dlexp.reports.comparison.ranking import rankings


def to_text(comparison: Comparison, width: int, table_width: int | None, top: int | None = MAX_ROWS) -> str:
    """What is said in lines of a width, and the tables; `top` rows of each, with the baseline."""
    sections: list[list[str]] = []
    found = rankings(comparison)
    for ranking in found:
        table = table_of(ranking, top)
        lines, folded = table.fitted(table_width)
        sections.append(_lines(ranked_sentences.above(comparison, ranking), width))
        sections.append(lines)
        sections.append(_wrapped([*table.rows_left(), *folded], width))
        sections.append(_lines(ranked_sentences.below(comparison, ranking), width))
        sections.append(_wrapped(ranked_notes.notes(ranking), width))
    sections[-1] += _wrapped(ranked_notes.legend(found), width)
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def to_markdown(comparison: Comparison, top: int | None = MAX_ROWS) -> str:
    """The same with tables that have every column."""
    parts: list[str] = []
    found = rankings(comparison)
    for ranking in found:
        table = table_of(ranking, top)
        header = [column.header for column in table.columns]
        rows = (map(one_line, row) for row in zip(*(column.cells for column in table.columns), strict=True))
        parts += [each.markdown for each in ranked_sentences.above(comparison, ranking)]
        parts.append("\n".join(markdown_table(header, rows)))
        parts += [*table.rows_left(), *(each.markdown for each in ranked_sentences.below(comparison, ranking))]
        parts += map(one_line, ranked_notes.notes(ranking))
    return "\n\n".join([*parts, *ranked_notes.legend(found)]) + "\n"


def _lines(sentences: Iterable[Sentence], width: int) -> list[str]:
    return [line for sentence in sentences for line in sentence.lines(width)]


def _wrapped(texts: Iterable[str], width: int) -> list[str]:
    return [line for text in texts for line in paragraph(text, width)]
