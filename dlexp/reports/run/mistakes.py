"""The test examples that a run got most confidently wrong, as its records have them: no data is loaded."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from dlexp.console import one_line
from dlexp.records.ended import Evaluation
from dlexp.reports.numbers import known

#: Of one target, or of each of several by its name.
ClassNames = Sequence[str] | Mapping[str, Sequence[str]]

#: How many lines of an example are shown.
_MAX_LINES = 3


@dataclass(frozen=True)
class Mistakes:
    """The first of a run's mistakes, and what is known of them."""

    records: Sequence[Mapping[str, Any]]
    """Position, target, predicted; for classes the probability; of several targets, which one it is; the example."""
    class_names: ClassNames = ()
    """Of several targets, those of each."""
    problem: str = ""
    """Why there are no examples."""


def gather(evaluation: Evaluation, class_names: ClassNames, number: int) -> Mistakes:
    """So many mistakes on each target, as the evaluation of a run has them."""
    of_target = groupby(evaluation["mistakes"], key=lambda record: record.get("target_name"))
    records = [record for _, of_one in of_target for record in list(of_one)[:number]]
    return Mistakes(records, class_names, evaluation.get("examples_problem", ""))


def lines(mistakes: Mistakes, width: int) -> Iterator[str]:
    """What was to be predicted, what was, and the example, in lines of at most `width`."""
    target = None
    for position, record in enumerate(mistakes.records):
        name = record.get("target_name", "")
        if name != target:
            target = name
            what = "most confident mistakes" if "probability" in record else "largest errors"
            yield f"{what} on the test split{f', {name}' if name else ''}"
        if position == 0 and mistakes.problem:
            why = f"  The examples cannot be shown: {mistakes.problem}"
            yield from textwrap.wrap(why, width, subsequent_indent="  ")
        names = mistakes.class_names
        of_target = names.get(name, ()) if isinstance(names, Mapping) else names
        yield f"  {record['position']}: {_answer(record, of_target)}"
        if text := record.get("text"):
            yield from textwrap.wrap(
                f"{text} (PNG in evaluation.json)" if "png" in record else text,
                width,
                initial_indent="    ",
                subsequent_indent="    ",
                max_lines=_MAX_LINES,
                placeholder=" ...",
            )


def _answer(record: Mapping[str, Any], names: Sequence[str]) -> str:
    """What was predicted, how sure that was, and what is right."""
    target, predicted = record["target"], record["predicted"]
    if "probability" not in record:
        return f"predicted {known(predicted)}; right is {known(target)}"
    sure = f"with probability {record['probability']:.4f}"
    if "label" in record:  # One of several labels, each given or not.
        said, right = ("yes" if each else "no" for each in (predicted, target))
        return f"{_name(record['label'], names)}: predicted {said} {sure}; right is {right}"
    return f"predicted {_name(predicted, names)} {sure}; right is {_name(target, names)}"


def _name(number: int, names: Sequence[str]) -> str:
    """A class by its name where it has one, else by its number."""
    return one_line(names[number]) if 0 <= number < len(names) else str(number)
