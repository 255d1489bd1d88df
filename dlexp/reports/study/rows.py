"""Judged studies as rows, one for every number that a claim bounds."""

from collections.abc import Iterable, Iterator
from typing import Any

from dlexp.reports.study.facts import StudyFacts
from dlexp.reports.study.measures import of_claim
from dlexp.reports.study.terms import Term

_OF_TERM = ("kind", "mean", "level", "n", "result", "reason", "detectable")
#: The keys of the rows.
COLUMNS = (
    *("study", "says", "measure", "label", "at_least", "at_most", "low", "high", *_OF_TERM),
    *("seeds_needed_low", "seeds_needed_high", "claim_result", "expect", "is_expected"),
)


def rows(studies: Iterable[StudyFacts]) -> Iterator[dict[str, Any]]:
    """A row for every number that a claim bounds; what is not known is missing."""
    for facts in studies:
        for judged in facts.claims:
            claim = judged.claim
            about = {"study": str(facts.study.path), "says": claim.says, "measure": of_claim(claim).name}
            outcome = {"claim_result": judged.result, "expect": claim.expect, "is_expected": judged.is_expected}
            for term in judged.terms:
                yield {key: value for key, value in (about | _row(term) | outcome).items() if value is not None}


def _row(term: Term) -> dict[str, Any]:
    low, high = term.interval or (None, None)
    fewest, most = term.seeds_needed or (None, None)
    return {
        **{"label": term.label, "at_least": term.bound.low, "at_most": term.bound.high, "low": low, "high": high},
        **{key: getattr(term, key) for key in _OF_TERM},
        "reason": term.reason or None,
        **{"seeds_needed_low": fewest, "seeds_needed_high": most},
    }
