"""Which classes a run takes for which on the test split, as its records have it."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from dlexp.console import one_line
from dlexp.format import aligned
from dlexp.records.evaluation import ClassScores, Confusion, LabelCounts, TargetEvaluation
from dlexp.reports.numbers import fixed
from dlexp.reports.run.mistakes import ClassNames, class_name

#: Of more classes or labels, the most frequent mistakes are named in place of a table, and so many of them.
MAX_CLASSES = 25
N_NAMED = 10


def sections(targets: Mapping[str, TargetEvaluation], class_names: ClassNames, width: int) -> Iterator[list[str]]:
    """The lines for each target that is classes or labels; none is beyond `width`."""
    for target, found in targets.items():
        names = class_names.get(target, ()) if isinstance(class_names, Mapping) else class_names
        where = f"on the test split{f', {one_line(target)}' if target else ''}"
        if "confusion" in found:
            yield _of_classes(found["confusion"], found.get("classes"), names, where, width)
        if "labels" in found:
            yield _of_labels(found["labels"], found.get("classes"), names, where, width)


def _of_classes(
    confusion: Confusion, scores: ClassScores | None, names: Sequence[str], where: str, width: int
) -> list[str]:
    """How often each class is predicted as each, or the most frequent confusions."""
    pairs = list(zip(confusion["target"], confusion["predicted"], confusion["count"], strict=True))
    classes = sorted({each for target, predicted, _ in pairs for each in (target, predicted)})
    if len(classes) <= MAX_CLASSES:
        counts = {(target, predicted): str(count) for target, predicted, count in pairs}
        header = ["", *(class_name(each, names) for each in classes)]
        rows = {row: [class_name(row, names), *(counts.get((row, each), "·") for each in classes)] for row in classes}
        if table := _table(f"confusion {where} (row: right, column: predicted)", header, rows, scores, width):
            return table
    given = dict(zip(scores["target"], scores["count"], strict=True)) if scores else {}
    wrong = [
        (count, f"{class_name(target, names)} as {class_name(predicted, names)}", given.get(target))
        for target, predicted, count in pairs
        if target != predicted
    ]
    return _most_frequent(f"most frequent confusions {where} (right as predicted)", wrong, width)


def _of_labels(
    labels: LabelCounts, scores: ClassScores | None, names: Sequence[str], where: str, width: int
) -> list[str]:
    """How often each label is found, missed and predicted where it is not, or the most frequent of these mistakes."""
    columns = (labels[key] for key in ("label", "true_positive", "false_negative", "false_positive", "true_negative"))
    counts = {label: rest for label, *rest in zip(*columns, strict=True)}
    if len(counts) <= MAX_CLASSES:
        header = ["", "found", "missed", "wrongly predicted"]
        rows = {label: [class_name(label, names), *map(str, rest[:3])] for label, rest in counts.items()}
        if table := _table(f"labels {where}", header, rows, scores, width):
            return table
    wrong = []
    for label, (found, missed, predicted, absent) in counts.items():
        wrong.append((missed, f"{class_name(label, names)} missed", found + missed))
        wrong.append((predicted, f"{class_name(label, names)} wrongly predicted", predicted + absent))
    return _most_frequent(f"most frequent mistakes {where}", wrong, width)


def _table(
    title: str, header: list[str], rows: Mapping[int, list[str]], scores: ClassScores | None, width: int
) -> list[str]:
    """With recall and precision of each row's class if there is room, else without; empty if it is too wide still."""
    tables = [[header, *rows.values()]]
    if scores:
        recall, precision = (dict(zip(scores["target"], scores[key], strict=True)) for key in ("recall", "precision"))
        scored = ([*row, _share(recall.get(each)), _share(precision.get(each))] for each, row in rows.items())
        tables.insert(0, [[*header, "recall", "precision"], *scored])
    for table in tables:
        lines = [f"  {line}" for line in aligned(table, numbers=True)]
        if max(map(len, lines)) <= width:
            return [*textwrap.wrap(title, width), *lines]
    return []


def _share(x: float | None) -> str:
    return "-" if x is None else fixed(x, 2)


def _most_frequent(title: str, mistakes: Sequence[tuple[int, str, int | None]], width: int) -> list[str]:
    """Those that are made most often, each as how often, what, and of how many; nothing if none is."""
    ranked = sorted((each for each in mistakes if each[0]), key=lambda each: -each[0])
    lines = [f"  {what}: {n}{'' if of is None else f' of {of}'}" for n, what, of in ranked[:N_NAMED]]
    wrapped = (textwrap.wrap(line, width, subsequent_indent="    ") for line in [title, *lines])
    return [line for lines in wrapped for line in lines] if ranked else []
