"""What a reader must know of a comparison: what is compared with what, how sure that is, and what the signs mean."""

from collections.abc import Iterable, Iterator, Sequence

from dlexp.components.columns import Column
from dlexp.format import joined, listed
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.facts import Comparison
from dlexp.reports.comparison.groups import Group
from dlexp.reports.comparison.scores import n_sharing
from dlexp.reports.comparison.verdicts import PairedDifference
from dlexp.reports.numbers import of_deviations
from dlexp.statistics.paired import LEVEL, MIN_PAIRS

#: What an interval is worth that was looked at after every seed. The figures: `python -m benchmarks verdicts`.
OF_LOOKS = (
    "Trained until sure: the intervals after 3, 4, ... seeds hold at once with 95 %, wherever one stops. The middle "
    "of one at which training stopped overstates the difference: if that is 1 standard deviation of the paired "
    "differences, 1.16 times on average with at most 12 seeds (1.39 with 5, 1.09 with 20)."
)
#: The same where that was asked before, and maybe of other experiments.
OF_RECORDED_LOOKS = (
    "Some of these seeds were trained until they told something: the intervals are as wide as it takes for those after "
    "3, 4, ... seeds to hold at once."
)


def notes_on_looks(differences: Iterable[PairedDifference | None]) -> Iterator[str]:
    """What intervals are worth that were looked at after every seed."""
    kinds = {each.looks.is_recorded for each in differences if each and each.looks}
    yield from [OF_LOOKS] * (False in kinds) + [OF_RECORDED_LOOKS] * (True in kinds)


def header(comparison: Comparison) -> Iterator[str]:
    """What the experiments are compared with, and how sure all differences are together."""
    if len(comparison.experiments) < 2:
        return
    first, *others = comparison.groups
    yield f"Baseline: {_baseline(comparison, first)}"
    for group in others:
        labels = ", ".join(experiment.label for experiment in group.experiments)
        baseline = f"; baseline: {_baseline(comparison, group)}" if len(group.experiments) > 1 else "."
        yield f"On other examples: {labels}{baseline}"


def _baseline(comparison: Comparison, group: Group) -> str:
    """The baseline, how it came to be it, and how many intervals hold at once with 95 %, where there are several."""
    baseline = chosen(comparison, group)
    is_picked, n_intervals = bool(comparison.sorted_by), set()
    for metric in comparison.metrics:
        differences = [score.difference for own, _, score in comparison.scored(metric) if score and own is group]
        n_intervals.add(n_sharing(sum(bool(found and found.interval) for found in differences), is_picked))
    m = max(n_intervals, default=0)
    if m < 2 or not group.baseline.runs:
        return baseline
    how_many = f"all {m}" if n_intervals <= {0, m} else f"all (up to {m})"
    each = "; each pair counts, since any could have been the best" if is_picked else ""
    return f"{baseline} Intervals and verdicts: 95 % for {how_many} comparisons of a metric together{each}."


def chosen(comparison: Comparison, group: Group) -> str:
    """A baseline, and how it came to be it."""
    name = group.baseline.label
    if not group.baseline.runs:
        return f"none, since every seed diverged ({name})."
    is_first = group.baseline is comparison.groups[0].baseline
    unfinished = comparison.unfinished if is_first else ()
    if passed_over := [*unfinished, *(experiment.label for experiment in group.passed_over)]:
        what = "no seed finished" if unfinished else "every seed diverged"
        how = f"next after {', '.join(passed_over)}, of which {what}"
    elif comparison.sorted_by:
        how = f"the best {comparison.sorted_by}"
    else:
        how = f"{comparison.chosen} first"
        how += f" of {comparison.started_of}" if comparison.started_of and is_first else ""
    return f"{name} ({how})."


def notes(comparison: Comparison) -> Iterator[str]:
    """What a reader must know to read the numbers right."""
    columns = [metric.column for metric in comparison.metrics]
    scored = [(metric.column, score) for metric in comparison.metrics for score in metric.scores if score]
    scores = [score for _, score in scored]
    differences = [score.difference for score in scores if score.difference]
    if any(score.sd is not None for score in scores):
        yield f"{of_deviations(any(score.sd == 0 for score in scores))}."
    if levels := {difference.level for difference in differences if difference.level}:
        level = "the 95 % interval" if levels == {LEVEL} else "an interval"
        in_training = any(is_of_training(column) and score.difference for column, score in scored)
        without = "; scores in training have no verdict" * in_training
        yield f"Differences: with {level} over paired seeds (Student's t){without}."
    yield from notes_on_looks(differences)
    if any(n < MIN_PAIRS for n in comparison.pair_counts):
        # The rows say how many there are only where some have more.
        here = f", here {max(comparison.pair_counts)}," if len(comparison.pair_counts) == 1 else ""
        yield f"Fewer than {MIN_PAIRS} paired seeds{here} allow no verdict."
    if any(score.collapsed for score in scores):
        yield "Collapsed: no better than the best constant prediction."
    if any(score.best_possible is not None for score in scores):
        yield "Best possible: what the data's true distribution scores on the same examples; beaten only by chance."
    if gaps := [str(column) for column in columns if column.split == "gap"]:
        yield (
            f"{' and '.join(gaps)}: how much worse the test split scores than the training data, "
            "which are scored while the epoch goes, with dropout and noise."
        )
    yield from picked_on_test(comparison.experiments, columns)
    if (key := comparison.sorted_by) and Column.parse(key).split in ("test", "gap"):
        best = comparison.groups[0].baseline.label
        yield f"{best} was picked by its {key}, so that it is optimistic: no split is left that tells how good it is."
    yield from _missing(comparison)
    differences = [found for headline in comparison.headlines if (found := headline.difference)]
    if unknown := list(dict.fromkeys(each.no_results for each in differences if each.no_results)):
        yield f"Nothing is known of new examples. {listed(unknown)}."
    for experiment in comparison.experiments:
        if len(experiment.names) > 1:
            yield f"{experiment.label}: the same experiment was run as {', '.join(experiment.names[1:])} too."


def picked_on_test(experiments: Sequence[Compared], columns: Iterable[Column]) -> Iterator[str]:
    """Which of these scores are of epochs that were picked on the test data."""
    own = {column: [each for each in experiments if each.is_picked_on_test(column)] for column in columns}
    names = [str(column) for column, picked in own.items() if picked]
    labels = dict.fromkeys(each.label for picked in own.values() for each in picked)
    if names:
        of = f"{joined(names)} of {', '.join(labels)}"
        yield f"{of}: picked on the test data, since validation is the test split there."


def _missing(comparison: Comparison) -> Iterator[str]:
    """Why scores are missing: a line for each reason, with the scores and the experiments."""
    by_reason: dict[str, tuple[list[str], list[str]]] = {}
    for metric in comparison.metrics:
        for experiment in comparison.experiments:
            if reason := experiment.why_missing(metric.column):
                names, labels = by_reason.setdefault(reason, ([], []))
                names.append(metric.name)
                labels.append(experiment.label)
    for reason, (names, labels) in by_reason.items():
        yield f"{joined(list(dict.fromkeys(names)))} of {joined(list(dict.fromkeys(labels)))}: {reason}."
    sealed: dict[str, list[str]] = {}
    for experiment in comparison.experiments:
        if (reason := experiment.seal) and reason not in by_reason:
            sealed.setdefault(reason, []).append(experiment.label)
    for reason, labels in sealed.items():
        yield f"Test scores of {joined(labels)}: {reason}."


def is_of_training(column: Column) -> bool:
    """Whether it is a score on the training split, which has no verdict."""
    return column.is_judged and column.split == "train"
