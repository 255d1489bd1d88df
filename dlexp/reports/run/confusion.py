"""Which classes a run takes for which on the test split, as its records have it."""

from collections.abc import Iterator, Mapping, Sequence

from dlexp.console import one_line
from dlexp.format import aligned, filled, paragraph
from dlexp.records.evaluation import ClassScores, Confusion, LabelCounts, TargetEvaluation
from dlexp.reports.numbers import fixed
from dlexp.reports.run.mistakes import ClassNames, class_name

#: A table has so many classes or labels at most.
MAX_CLASSES = 25
#: In place of a table so many of the most frequent mistakes are named: each in a line, or all that fit into one line.
N_NAMED = 10


def sections(
    targets: Mapping[str, TargetEvaluation], class_names: ClassNames, width: int, max_classes: int = 0
) -> Iterator[list[str]]:
    """The lines for each target that is classes or labels: a table of up to `max_classes`; none is beyond `width`."""
    for target, found in targets.items():
        names = class_names.get(target, ()) if isinstance(class_names, Mapping) else class_names
        where = f"on the test split{f', {one_line(target)}' if target else ''}"
        scores = found.get("classes")
        if "confusion" in found:
            table = _of_classes(found["confusion"], scores, names, where, width, max_classes)
            yield table or _named_classes(found["confusion"], scores, names, where, width, max_classes)
        if "labels" in found:
            table = _of_labels(found["labels"], scores, names, where, width, max_classes)
            yield table or _named_labels(found["labels"], names, where, width, max_classes)


def _of_classes(
    confusion: Confusion,
    scores: ClassScores | None,
    names: Sequence[str],
    where: str,
    width: int,
    max_classes: int,
) -> list[str]:
    """How often each class is predicted as each."""
    pairs = zip(confusion["target"], confusion["predicted"], confusion["count"], strict=True)
    counts = {(target, predicted): str(count) for target, predicted, count in pairs}
    classes = sorted({each for pair in counts for each in pair})
    if len(classes) > max_classes:
        return []
    header = ["", *(class_name(each, names) for each in classes)]
    rows = {row: [class_name(row, names), *(counts.get((row, each), "·") for each in classes)] for row in classes}
    return _table(f"confusion {where} (row: right, column: predicted)", header, rows, scores, width)


def _named_classes(
    confusion: Confusion, scores: ClassScores | None, names: Sequence[str], where: str, width: int, max_classes: int
) -> list[str]:
    """The most frequent confusions."""
    given = dict(zip(scores["target"], scores["count"], strict=True)) if scores else {}
    wrong = [
        (count, f"{class_name(target, names)} as {class_name(predicted, names)}", given.get(target))
        for target, predicted, count in zip(*(confusion[key] for key in ("target", "predicted", "count")), strict=True)
        if target != predicted
    ]
    return _most_frequent(
        f"most frequent confusions {where} (right as predicted)", wrong, width, in_a_line=not max_classes
    )


def _of_labels(
    labels: LabelCounts, scores: ClassScores | None, names: Sequence[str], where: str, width: int, max_classes: int
) -> list[str]:
    """How often each label is found, missed and predicted where it is not."""
    columns = (labels[key] for key in ("label", "true_positive", "false_negative", "false_positive"))
    rows = {label: [class_name(label, names), *map(str, counts)] for label, *counts in zip(*columns, strict=True)}
    if len(rows) > max_classes:
        return []
    return _table(f"labels {where}", ["", "found", "missed", "wrongly predicted"], rows, scores, width)


def _named_labels(labels: LabelCounts, names: Sequence[str], where: str, width: int, max_classes: int) -> list[str]:
    """The labels that are most often missed, or predicted where they are not."""
    columns = (labels[key] for key in ("label", "true_positive", "false_negative", "false_positive", "true_negative"))
    wrong = []
    for label, found, missed, predicted, absent in zip(*columns, strict=True):
        wrong.append((missed, f"{class_name(label, names)} missed", found + missed))
        wrong.append((predicted, f"{class_name(label, names)} wrongly predicted", predicted + absent))
    return _most_frequent(f"most frequent mistakes {where}", wrong, width, in_a_line=not max_classes)


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
            return [*paragraph(title, width), *lines]
    return []


def _share(x: float | None) -> str:
    return "-" if x is None else fixed(x, 2)


def _most_frequent(
    title: str, mistakes: Sequence[tuple[int, str, int | None]], width: int, *, in_a_line: bool
) -> list[str]:
    """Those that are made most often, each as how often, what, and of how many; nothing if none is."""
    ranked = sorted((each for each in mistakes if each[0]), key=lambda each: -each[0])
    named = [f"{what}: {n}{'' if of is None else f' of {of}'}" for n, what, of in ranked[:N_NAMED]]
    if not named:
        return []
    lines = [line for each in named for line in filled([each], width - 2)]
    if in_a_line:  # The first one may need several.
        lines = filled(named, width - 2, gap="   ")[: len(filled(named[:1], width - 2))]
    return [*paragraph(title, width), *(f"  {line}" for line in lines)]
