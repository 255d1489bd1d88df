"""The scores of a finished run: the main ones on each split, beside what can be expected; or all of them."""

import math
from collections.abc import Iterator, Mapping

from dlexp.components.columns import Column, quantities
from dlexp.format import aligned, joined, paragraph
from dlexp.records.ended import Finished
from dlexp.reports.numbers import known
from dlexp.reports.run.list import main_metric

_HEADER = ("training", "validation", "best", "test", "guessing", "best possible")


def table(result: Finished, width: int) -> Iterator[str]:
    """The last scores of the training, a row for each quantity; below, what was measured on the test split alone."""
    if not result.metrics:
        return
    of_epochs = [name for name in result.metrics if not Column.parse(name).best and Column.parse(name).split != "test"]
    main = main_metric(of_epochs).on("train")
    measured = sorted(quantities(of_epochs), key=lambda quantity: quantity != main)
    rows = [("scores", *_HEADER), *((f"  {quantity}", *_row(result, quantity)) for quantity in measured)]
    # What is known of no quantity has no column.
    known_of = [i for i, cells in enumerate(zip(*rows, strict=True)) if any(cells[1:])]
    yield from aligned([row[i] for i in known_of] for row in rows)
    others = [Column.parse(name).on("train") for name in result.metrics if Column.parse(name).split == "test"]
    alone = [f"{each} {known(result.metrics[str(each.on('test'))])}" for each in others if each not in measured]
    if alone:
        yield from _sentence(f"on the test split alone: {', '.join(alone)}", width)
    yield from _remarks(result, width)


def _row(result: Finished, quantity: Column) -> Iterator[str]:
    metrics, validation, test = result.metrics, quantity.on("validation"), quantity.on("test")
    validated = validation if str(validation) in metrics else quantity
    best, epoch = metrics.get(str(validated.best_value)), metrics.get(str(validated.best_epoch))
    yield _cell(metrics, quantity)
    yield _cell(metrics, validation)
    yield "" if best is None else known(best) + ("" if epoch is None or math.isnan(best) else f" (epoch {epoch:.0f})")
    yield _cell(metrics, test)
    for expected in (result.guessing, result.best_possible):
        yield next((_cell(expected, each) for each in (test, validation) if str(each) in expected), "")


def _cell(numbers: Mapping[str, float], column: Column) -> str:
    return known(numbers[str(column)]) if str(column) in numbers else ""


def all_of_them(result: Finished, width: int) -> Iterator[str]:
    """The last value of every metric, beside the best over the epochs and where that was, and what can be expected."""
    metrics = result.metrics
    rows = [["metrics", "last", "best", "guessing", "best possible"]]
    for name, value in metrics.items():
        if (column := Column.parse(name)).best:
            continue
        best, epoch = metrics.get(str(column.best_value)), metrics.get(str(column.best_epoch))
        of_epoch = "" if best is None or epoch is None or math.isnan(best) else f" (epoch {epoch:.0f})"
        expected = (_cell(numbers, column) for numbers in (result.guessing, result.best_possible))
        rows.append([f"  {name}", known(value), "" if best is None else known(best) + of_epoch, *expected])
    known_of = [i for i, cells in enumerate(zip(*rows, strict=True)) if any(cells[1:])]
    yield from aligned([row[i] for i in known_of] for row in rows) if metrics else ()


def _remarks(result: Finished, width: int) -> Iterator[str]:
    if any(Column.parse(name).split == "test" for name in result.guessing):
        yield from _sentence("Guessing: what the best constant prediction scores on the test split.", width)
    if result.best_possible:
        yield from _sentence("Best possible: what the true distribution scores; beaten only by chance.", width)
    if result.picked_on_test:
        yield from _sentence("The best values were picked on the test data: validation is the test split here.", width)
    by_reason: dict[str, list[str]] = {}
    for name, reason in result.missing_scores.items():
        by_reason.setdefault(reason, []).append(name)
    for reason, names in by_reason.items():
        yield from _sentence(f"{joined(names)}: {reason}.", width)


def _sentence(text: str, width: int) -> list[str]:
    return paragraph(text, width, "  ", "  ")
