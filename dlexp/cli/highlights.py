"""What stands out on each page: headings bold, how runs stand and what was decided in colour."""

import re
from collections.abc import Mapping

from dlexp.colours import Highlight, Style

#: How a run stands, as tables and pages say it.
STATUS: Mapping[str, Style] = {
    "finished": "green",
    "failed": "red",
    "diverged": "red",
    "damaged": "red",
    "interrupted": "magenta",
    "running": "blue",
}
_HEADINGS = (
    r"^(?:scores|metrics|layers) .*$",
    r"^(?:diagnosis|record|environment|how the data were read|the end of its log)$",
    r"^learning curves:",
    r"^(?:most frequent|most confident|largest errors|confusion on|labels on) .*$",
    r"^settings(?= that are|$)",
)
_CURVES = r"^learning curves: .*\n(?:.+\n)+"

#: `dlexp show`.
RUN_PAGE = (
    *(Highlight(style, rf"^status  ({word})(?=[:, ]|$)") for word, style in STATUS.items()),
    Highlight("bold", r"^run     (.*)$"),
    Highlight("red", r"^why(?= )"),
    Highlight("bold", r"^try     (.*(?:\n {8}.*)*)$"),
    *(Highlight("bold", pattern) for pattern in _HEADINGS),
    Highlight("bold", r"(?<=  )[-+.\de]+ \(epoch \d+\)(?=  |$)", within=r"^scores .*\n(?:  .*\n)+"),
    Highlight("green", "[●▲]+", within=_CURVES),
    Highlight("blue", "·+", within=_CURVES),
    Highlight("bold", r"(?<=; )try --.*$", within=r"^diagnosis\n(?:  .*\n)+"),
    Highlight("dim", r"^settings that .* (\(--all shows the others\))$"),
)


def in_column(text: str, header: str, words: Mapping[str, Style]) -> list[Highlight]:
    """Words in a column of an aligned table, found by its header in the first line: a name may be such a word."""
    found = re.search(rf"(?<![^ ]){re.escape(header)}(?![^ ])", text.partition("\n")[0])
    if found is None:
        return []
    return [Highlight(style, rf"^.{{{found.start()}}}({re.escape(word)})(?=  |$)") for word, style in words.items()]
