"""The shares of a difference as text of any width, JSON, CSV or Markdown."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from dlexp.config.flat import MISSING, format_value
from dlexp.format import TableFormat, markdown_table, paragraph, to_csv, to_json
from dlexp.reports.attribution.facts import Explanation, Share
from dlexp.reports.attribution.sentences import answer, further, is_told, notes
from dlexp.reports.comparison.differences import unit_of, written
from dlexp.reports.comparison.verdicts import EQUAL
from dlexp.reports.fitted import FittedColumn, fitted
from dlexp.statistics.paired import MIN_PAIRS

#: The keys of the rows, before those of the seeds.
COLUMNS = (
    *("row", "key", "from", "to", "metric", "share", "low", "high", "level", "pairs", "verdict", "reason"),
    *("sd", "detectable"),
)
_HEADER = ("key", "from", "to", "share", "interval", "verdict")


def render(found: Explanation, output: TableFormat, width: int = 80) -> str:
    """The shares in a format, with a line end after the last line."""
    match output:
        case "table":
            return to_text(found, width)
        case "json":
            return to_json(document(found))
        case "csv":
            return to_csv(columns(found), rows(found))
        case "md":
            return to_markdown(found)


def to_text(found: Explanation, width: int) -> str:
    """The answer, then a table with a row for each part, then notes."""
    said = [*paragraph(answer(found), width), *(line for each in further(found) for line in each.lines(width))]
    below = [line for note in notes(found) for line in paragraph(note, width)]
    return "\n\n".join("\n".join(section) for section in (said, _table(found, width), below)) + "\n"


def to_markdown(found: Explanation) -> str:
    """The same in Markdown."""
    said = [answer(found), *(each.markdown for each in further(found))]
    table = "\n".join(markdown_table(_header(found), _cells(found)))
    return "\n\n".join([*said, table, *notes(found)]) + "\n"


def _table(found: Explanation, width: int) -> list[str]:
    key, first, other, share, interval, verdict = zip(*_cells(found), strict=True)
    header = _header(found)
    return fitted(
        [
            FittedColumn(header=header[0], cells=key, min_width=24),
            FittedColumn(header=header[1], cells=first, rank=2),
            FittedColumn(header=header[2], cells=other, rank=1),
            FittedColumn(header=header[3], cells=share, is_number=True),
            FittedColumn(header=header[4], cells=interval, is_number=True),
            FittedColumn(header=header[5], cells=verdict, min_width=12),
        ],
        width,
    ).lines


def _header(found: Explanation) -> tuple[str, ...]:
    unit = unit_of(found.column).strip()
    return tuple(unit or title if title == "share" else title for title in _HEADER)


def _cells(found: Explanation) -> Iterator[tuple[str, ...]]:
    """A row for each part, below it one for each further key that changes with it; then the total and the rest."""
    for each in found.parts:
        values = [tuple(map(format_value, pair)) for pair in each.values]
        yield (each.names[0], *values[0], *_written(each.share, found))
        for name, pair in zip(each.names[1:], values[1:], strict=True):
            yield (f"  with {name}", *pair, "", "", "")
    yield ("total", "", "", *_written(found.total, found))
    if found.rest:
        share, interval, _ = _written(found.rest, found)
        yield ("rest", "", "", share, interval, "interaction" if found.has_interaction else "")


def _written(share: Share, found: Explanation) -> tuple[str, str, str]:
    """A share, its interval and the verdict as text."""
    if (difference := share.difference) is None:
        return "-", "", "cannot tell"
    text = written(difference, found.column)
    mean = text.mean.removesuffix(unit_of(found.column))
    if difference.interval is None:
        is_alike = difference.reason == EQUAL and difference.pairs >= MIN_PAIRS
        return mean, "", "the same on every seed" if is_alike else "no verdict"
    if not is_told(difference):
        return mean, text.interval, "cannot tell"
    return mean, text.interval, difference.verdict or ("more" if difference.mean > 0 else "less")


def columns(found: Explanation) -> list[str]:
    """The keys of the rows: `COLUMNS`, then one for the share of each seed."""
    return [*COLUMNS, *map(_of_seed, found.seeds)]


def _of_seed(seed: int) -> str:
    return f"seed_{seed}"


def rows(found: Explanation) -> Iterator[dict[str, Any]]:
    """A row for each part, then the total and the rest; what is not known is missing."""
    for each in found.parts:
        (first, other), keys = each.values[0], ", ".join(each.part.keys)
        values = {"from": _plain(first), "to": _plain(other)}
        yield {"row": "key", "key": keys, **values, **_row(each.share, found)}
    yield {"row": "total", **_row(found.total, found)}
    if found.rest:
        yield {"row": "rest", **_row(found.rest, found)}


def _plain(value: Any) -> str | None:
    return None if value is MISSING else format_value(value)


def _row(share: Share, found: Explanation) -> dict[str, Any]:
    row: dict[str, Any] = {"metric": str(found.column)}
    if difference := share.difference:
        low, high = difference.interval or (None, None)
        row |= {"share": difference.mean, "low": low, "high": high}
        row |= {key: getattr(difference, key) for key in ("level", "pairs", "verdict", "reason", "sd", "detectable")}
    return row | {_of_seed(seed): value for seed, value in share.by_seed.items()}


def document(found: Explanation) -> dict[str, Any]:
    """All that is known."""
    asked, change = found.asked, found.asked.change
    return {
        "answer": answer(found),
        "from": found.ends[0],
        "to": found.ends[1],
        "metric": str(found.column),
        "higher_is_better": found.column.higher_is_better,
        "method": asked.method,
        "seeds": found.seeds,
        "left_out": {label: list(seeds) for label, seeds in found.left_out.items()},
        "parts": [
            {
                "keys": {
                    key: {"from": _plain(first), "to": _plain(other)}
                    for key, (first, other) in zip(each.part.keys, each.values, strict=True)
                },
                "why_together": each.part.why or None,
                **_share(each.share),
            }
            for each in found.parts
        ],
        "total": _share(found.total),
        "rest": _share(found.rest) if found.rest else None,
        "interaction_of_three": found.has_interaction,
        "configs": [
            {
                "label": asked.labels[corner],
                "changed": [change.parts[i].keys[0] for i in range(len(change.parts)) if corner >> i & 1],
                "identity": (experiment := found.experiments.get(corner)) and experiment.identity,
                "scores": experiment and {str(s): value for s, value in experiment.by_seed(found.column).items()},
            }
            for corner in asked.corners
        ],
        "notes": list(notes(found)),
    }


def _share(share: Share) -> dict[str, Any]:
    by_seed = {str(seed): value for seed, value in share.by_seed.items()}
    return {"share": share.difference and asdict(share.difference), "by_seed": by_seed}
