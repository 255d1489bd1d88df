"""The test examples that a run got most confidently wrong, as its records have them: no data is loaded."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Any

from dlexp.console import one_line
from dlexp.records.evaluation import Evaluation
from dlexp.reports.numbers import known

#: Of one target, or of each of several by its name.
ClassNames = Sequence[str] | Mapping[str, Sequence[str]]


def lines(evaluation: Evaluation, class_names: ClassNames, number: int, width: int) -> Iterator[str]:
    """So many mistakes on each target: what was right, what was predicted, the example; no line beyond `width`."""
    problem = evaluation.get("examples_problem", "")
    for target, records in groupby(evaluation["mistakes"], key=lambda record: record.get("target_name", "")):
        names = class_names.get(target, ()) if isinstance(class_names, Mapping) else class_names
        for position, record in enumerate(islice(records, number)):
            if position == 0:
                what = "most confident mistakes" if "probability" in record else "largest errors"
                yield f"{what} on the test split{f', {target}' if target else ''}"
                if problem:
                    yield from textwrap.wrap(
                        f"  The examples cannot be shown: {problem}", width, subsequent_indent="  "
                    )
                    problem = ""
            yield f"  {_example(record)}: {_answer(record, names)}"
            if text := record.get("text"):
                yield from textwrap.wrap(
                    f"{text} (PNG in evaluation.json)" if "png" in record else text,
                    width,
                    initial_indent="    ",
                    subsequent_indent="    ",
                    max_lines=3,
                    placeholder=" ...",
                )


def _example(record: Mapping[str, Any]) -> str:
    """What `dlexp predict` calls it; its number in the test split in the records of earlier versions."""
    called = record.get("example", str(record["position"] + 1))
    return one_line(f"{called} ({record['id']})" if "id" in record else called)


def _answer(record: Mapping[str, Any], names: Sequence[str]) -> str:
    """What was predicted, how sure that was, and what is right."""
    target, predicted = record["target"], record["predicted"]
    if "probability" not in record:
        return f"predicted {known(predicted)}; right is {known(target)}"
    sure = f"with probability {record['probability']:.4f}"
    if "label" in record:  # One of several labels, each given or not.
        said, right = ("yes" if each else "no" for each in (predicted, target))
        return f"{class_name(record['label'], names)}: predicted {said} {sure}; right is {right}"
    return f"predicted {class_name(predicted, names)} {sure}; right is {class_name(target, names)}"


def class_name(number: int, names: Sequence[str]) -> str:
    """A class by its name where it has one, else by its number."""
    return one_line(names[number]) if 0 <= number < len(names) else str(number)
