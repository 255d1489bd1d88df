"""The test examples that a run got most confidently wrong, as its records have them: no data is loaded."""

import base64
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice, zip_longest
from typing import Any

from dlexp.console import one_line
from dlexp.format import paragraph
from dlexp.records.evaluation import Evaluation
from dlexp.records.seal import is_sealed
from dlexp.reports.numbers import known
from dlexp.reports.run import pictures

#: Of one target, or of each of several by its name.
ClassNames = Sequence[str] | Mapping[str, Sequence[str]]
#: So many lines of a text.
_MAX_LINES = 2
#: A picture stands beside the next where each has so many columns at least.
_MIN_COLUMNS, _MAX_COLUMNS = 24, 32
_GAP = "  "


def lines(evaluation: Evaluation, class_names: ClassNames, number: int, width: int) -> Iterator[str]:
    """So many mistakes on each target: what was right, what was predicted, the example; no line beyond `width`."""
    problem = evaluation.get("examples_problem", "")
    if number and is_sealed(problem):
        yield from paragraph(f"mistakes on the test split: {problem}", width, below="  ")
    for target, records in groupby(evaluation["mistakes"], key=lambda record: record.get("target_name", "")):
        names = class_names.get(target, ()) if isinstance(class_names, Mapping) else class_names
        shown = list(islice(records, number))
        if not shown:
            continue
        what = "most confident mistakes" if "probability" in shown[0] else "largest errors"
        yield from paragraph(f"{what} on the test split{f', {target}' if target else ''}", width)
        if problem:
            yield from paragraph(f"The examples cannot be shown: {problem}", width, "  ", "  ")
            problem = ""
        if all("png" in record for record in shown):
            yield from _side_by_side(shown, names, width)
        else:
            for record in shown:
                yield f"  {_example(record)}: {_answer(record, names)}"
                if text := record.get("text"):
                    yield from textwrap.wrap(
                        f"{text} (PNG in evaluation.json)" if "png" in record else text,
                        width,
                        initial_indent="    ",
                        subsequent_indent="    ",
                        max_lines=_MAX_LINES,
                        placeholder=" ...",
                    )


def _side_by_side(records: Sequence[Mapping[str, Any]], names: Sequence[str], width: int) -> Iterator[str]:
    """Pictures with what was predicted above them, as many beside each other as there is room for."""
    room = width - len(_GAP)
    in_a_row = max(1, (room + len(_GAP)) // (_MIN_COLUMNS + len(_GAP)))
    columns = min(room, (room + len(_GAP)) // min(in_a_row, len(records)) - len(_GAP))
    columns = min(columns, _MAX_COLUMNS)
    for start in range(0, len(records), in_a_row):
        row = records[start : start + in_a_row]
        captions = [paragraph(f"{_example(each)}: {_short_answer(each, names)}", columns) for each in row]
        yield from _beside(captions, columns)
        yield from _beside([_picture(each, columns) for each in row], columns)


def _beside(blocks: Sequence[Sequence[str]], columns: int) -> Iterator[str]:
    for cells in zip_longest(*blocks, fillvalue=""):
        yield (_GAP + _GAP.join(f"{cell:<{columns}}" for cell in cells)).rstrip()


def _picture(record: Mapping[str, Any], columns: int) -> list[str]:
    try:
        pixels = pictures.read(base64.b64decode(record["png"]))
    except ValueError as error:
        return paragraph(f"{record.get('text', 'picture')} ({error})", columns)
    return pictures.drawn(pixels, columns)


def _example(record: Mapping[str, Any]) -> str:
    """What `dlexp predict` calls it; its number in the test split in the records of earlier versions."""
    called = record.get("example", str(record["position"] + 1))
    return one_line(f"{called} ({record['id']})" if "id" in record else called)


def _short_answer(record: Mapping[str, Any], names: Sequence[str]) -> str:
    """The same as below in few words: `4 (0.68), right 1`."""
    return _words(record, names, "{predicted}, right {right}", "{predicted} ({probability:.2f}), right {right}")


def _answer(record: Mapping[str, Any], names: Sequence[str]) -> str:
    """What was predicted, how sure that was, and what is right."""
    sure = "predicted {predicted} with probability {probability:.4f}; right is {right}"
    return _words(record, names, "predicted {predicted}; right is {right}", sure)


def _words(record: Mapping[str, Any], names: Sequence[str], of_number: str, of_class: str) -> str:
    target, predicted = record["target"], record["predicted"]
    if "probability" not in record:
        return of_number.format(predicted=known(predicted), right=known(target))
    if "label" in record:  # One of several labels, each given or not.
        said, right = ("yes" if each else "no" for each in (predicted, target))
        answer = of_class.format(predicted=said, probability=record["probability"], right=right)
        return f"{class_name(record['label'], names)}: {answer}"
    said, right = class_name(predicted, names), class_name(target, names)
    return of_class.format(predicted=said, probability=record["probability"], right=right)


def class_name(number: int, names: Sequence[str]) -> str:
    """A class by its name where it has one, else by its number."""
    return one_line(names[number]) if 0 <= number < len(names) else str(number)
