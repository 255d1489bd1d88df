"""What stands out on each page: headings bold, how runs stand and what was decided in colour."""

import re
from collections.abc import Iterable, Mapping

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


#: `dlexp check`.
FILES_PAGE = (Highlight("green", r": (ok)$"), Highlight("dim", r"^  (note):(?= )"))

#: `dlexp why`: the answer.
ANSWER_PAGE = (Highlight("bold", r"\A.*$"),)

#: `dlexp run` on a terminal: what was trained, or the header of the table.
RESULTS_PAGE = (Highlight("bold", r"\A.*$"), Highlight("dim", r"^±: .*$"))

#: What `dlexp run` and its like say last.
CLOSING = (Highlight("red", r"\A\d+ failed\b.*:$"),)

_GRADES: Mapping[str, Style] = {
    "as recorded": "green",
    "identical to the byte": "green",
    "equal to the last digits": "green",
    "within the spread of the seeds": "magenta",
    "different": "red",
    "not verified": "red",
    "damaged": "red",
}
#: `dlexp verify`: a grade behind the run, whose folder's name no other text has.
GRADES_PAGE = tuple(
    Highlight(style, rf"^.*/s\d+-[0-9a-f]{{10}}(?:-\d+)?: ({grade})(?=:|$)") for grade, style in _GRADES.items()
)

#: `dlexp study`: results in capitals are not expected.
STUDY_PAGE = (
    Highlight("bold", r"\A.*$"),
    Highlight("red", r"^[A-Z ]+(?= \(expected: )"),
    Highlight("green", r"^(?:holds|adopt)(?=: )"),
    Highlight("green", r"^(?:holds|fails|cannot tell)(?= \(as expected\): )"),
    Highlight("red", r"^(?:reject|unhealthy)(?=: )"),
    Highlight("magenta", r"^cannot tell(?=: )"),
)

_VERDICTS: Mapping[str, Style] = {
    "better": "green",
    "worse": "red",
    "cannot tell": "magenta",
    "no clear difference": "magenta",
    "no verdict": "dim",
}


def comparison(text: str, names: Iterable[str]) -> list[Highlight]:
    """`dlexp compare`: verdicts, in its sentences behind the names of experiments."""
    named = "|".join(map(re.escape, names))
    return [
        *(Highlight(style, rf"paired seeds: ({verdict})$") for verdict, style in _VERDICTS.items()),
        *(Highlight(_VERDICTS[word], rf"^(?:{named}) is ({word})(?= than )") for word in ("better", "worse")),
        Highlight("magenta", r"^(?:\d+ paired seeds (cannot tell)|Cannot tell)(?= whether )"),
        Highlight("bold", r"^(?:what differs|rank) .*$"),
        *in_column(text, "verdict", _VERDICTS),
        Highlight("dim", r"^±: .*$"),
    ]


def in_column(text: str, header: str, words: Mapping[str, Style]) -> list[Highlight]:
    """Words in a column of an aligned table, found by its header: a name in another column may be such a word.

    The header stands in the first line, or in the first one that begins with `rank` or `key`.
    """
    below = re.search(r"^(?:rank|key) .*$", text, re.MULTILINE)
    found = re.search(rf"(?<![^ ]){re.escape(header)}(?![^ ])", below[0] if below else text.partition("\n")[0])
    if found is None:
        return []
    table = r"^(?:rank|key) .*\n(?:.+\n)+" if below else ""
    return [Highlight(style, rf"^.{{{found.start()}}}({word})(?=  |$)", table) for word, style in words.items()]


def shares(text: str) -> list[Highlight]:
    """`dlexp compare --explain`: the answer, and the verdict on each share."""
    words: Mapping[str, Style] = {**_VERDICTS, "interaction": "magenta"}
    return [
        Highlight("bold", r"\A(?:.+\n)*?.+(?=\n\n)"),
        Highlight("bold", r"^key .*$"),
        *in_column(text, "verdict", words),
    ]


_OUTCOMES: Mapping[str, Style] = {
    "kept": "green",
    "worse": "red",
    "cannot tell": "magenta",
    "not confirmed": "magenta",
    "promising": "magenta",
    "refused": "red",
    "not tried": "dim",
}


def campaign(text: str) -> list[Highlight]:
    """`dlexp try`: what became of each change."""
    return [Highlight("bold", r"\A.*$"), *in_column(text, "result", _OUTCOMES)]
