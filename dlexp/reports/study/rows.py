"""Judged studies as rows, one for every number of a claim or a decision."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dlexp.reports.comparison.facts import Comparison
from dlexp.reports.study.answered import Answered, answered
from dlexp.reports.study.facts import StudyFacts
from dlexp.reports.study.terms import joined_by

_OF_TERM = ("kind", "mean", "level", "n", "result", "reason", "detectable")
#: The keys of the rows.
COLUMNS = (
    *("study", "row", "says", "role", "measure", "label", "at_least", "at_most", "low", "high", *_OF_TERM),
    *("max_seeds", "last_look", "seeds_needed_low", "seeds_needed_high", "outcome", "why", "expect", "is_expected"),
    "variants",
)


def rows(studies: Iterable[StudyFacts]) -> Iterator[dict[str, Any]]:
    """A row for every number of a claim or a decision; of a study that asks nothing, of its comparison.

    What is not known is missing. Of a study that tunes, the rows of its tuned and of its untuned variants.
    """
    for facts in studies:
        about = {"study": str(facts.study.path), **({"variants": "tuned"} if facts.tuning else {})}
        yield from ({**about, **row} for row in _known(facts))
        if facts.tuning and facts.tuning.untuned:
            yield from ({**about, **row, "variants": "untuned"} for row in _known(facts.tuning.untuned))


def _known(facts: StudyFacts) -> Iterator[dict[str, Any]]:
    found = _compared(facts.comparison) if facts.asks_nothing else map(_row, answered(facts))
    yield from ({key: value for key, value in row.items() if value is not None} for row in found)


def _row(number: Answered) -> Mapping[str, Any]:
    term = number.term
    low, high = term.interval or (None, None)
    fewest, most = term.seeds_needed or (None, None)
    return {
        **{"row": "claim" if number.role == "claim" else "decision", "says": number.question, "role": number.role},
        **{"measure": number.measure, "label": term.label, "at_least": term.bound.low, "at_most": term.bound.high},
        **{"low": low, "high": high, **{key: getattr(term, key) for key in _OF_TERM}, "reason": term.reason or None},
        **({"max_seeds": term.look.max_seeds, "last_look": term.look.why} if term.look else {}),
        **{"seeds_needed_low": fewest, "seeds_needed_high": most},
        **{"outcome": number.outcome, "why": number.reason or None},
        **{"expect": number.expect, "is_expected": number.is_expected},
    }


def _compared(comparison: Comparison) -> Iterator[Mapping[str, Any]]:
    """The mean of each number of each variant, and its difference from that of its baseline."""
    for metric in comparison.metrics:
        for group, experiment, score in comparison.scored(metric):
            if score is None:
                continue
            about = {"row": "comparison", "measure": metric.name}
            yield about | {"label": experiment.label, "kind": "value", "mean": score.mean, "n": len(score.values)}
            if found := score.difference:
                low, high = found.interval or (None, None)
                yield about | {
                    "label": joined_by("difference", [experiment.label, group.baseline.label]),
                    **{"kind": "difference", "mean": found.mean, "low": low, "high": high, "n": found.pairs},
                    **{key: getattr(found, key) for key in ("level", "reason", "detectable")},
                    "max_seeds": found.looks and found.looks.max_seeds,
                    "outcome": found.verdict,
                }
