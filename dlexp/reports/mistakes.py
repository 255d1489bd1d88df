"""The test examples that a run got most confidently wrong, decoded through its data set."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

from dlexp.console import one_line
from dlexp.errors import DlexpError
from dlexp.reports.numbers import significant
from dlexp.runs.index import Run

#: How many lines of an example are shown.
_MAX_LINES = 3


@dataclass(frozen=True)
class Mistakes:
    """The first of a run's mistakes, and what is known of them."""

    records: Sequence[Mapping[str, Any]]
    """Position, target, predicted; for classes the probability; of several targets, which one it is."""
    texts: Sequence[str] = ()
    """The examples for the eye; none where the data cannot be had."""
    class_names: Sequence[str] | Mapping[str, Sequence[str]] = ()
    """Of several targets, those of each."""
    problem: str = ""
    """Why there are no texts."""


def gather(run: Run, number: int, data_dir: Path | None) -> Mistakes:
    """So many of a run's mistakes, on each target; loads its data set, unless there is nothing to show."""
    of_target = groupby(run.record.get("mistakes", []), key=lambda record: record.get("target_name"))
    records = [record for _, of_one in of_target for record in list(of_one)[:number]]
    if not records:
        return Mistakes(())

    from pydantic import TypeAdapter, ValidationError

    from dlexp.components.component import OneOf
    from dlexp.components.datasets import Dataset

    kind: TypeAdapter[Dataset] = TypeAdapter(Annotated[Dataset, OneOf(Dataset)])
    try:
        dataset = kind.validate_python(run.config["dataset"])
    except ValidationError:
        return Mistakes(records, problem="another version of dlexp wrote the settings of the data set")
    names = run.record.get("class_names") or dataset.class_names
    try:
        if run.record.get("data_digest") not in dataset.digests(data_dir):
            return Mistakes(records, (), names, "the data are not those of the run: other files")
        texts = dataset.examples(data_dir, "test", [record["position"] for record in records])
    except DlexpError as error:
        return Mistakes(records, (), names, error.lines[0])
    return Mistakes(records, texts, names)


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
            text = f"  The examples cannot be shown: {mistakes.problem}"
            yield from textwrap.wrap(text, width, subsequent_indent="  ")
        names = mistakes.class_names
        yield f"  {record['position']}: {_answer(record, names[name] if isinstance(names, Mapping) else names)}"
        if mistakes.texts:
            yield from textwrap.wrap(
                mistakes.texts[position],
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
        return f"predicted {significant(predicted)}; right is {significant(target)}"
    sure = f"with probability {record['probability']:.4f}"
    if "label" in record:  # One of several labels, each given or not.
        given = ("no", "yes")
        return f"{_name(record['label'], names)}: predicted {given[predicted]} {sure}; right is {given[target]}"
    return f"predicted {_name(predicted, names)} {sure}; right is {_name(target, names)}"


def _name(number: int, names: Sequence[str]) -> str:
    """A class by its name where it has one, else by its number."""
    return one_line(names[number]) if number < len(names) else str(number)
