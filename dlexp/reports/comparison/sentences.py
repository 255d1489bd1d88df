"""One pair of experiments in words: which of them is better, by how much, or why nobody can tell."""

from dlexp.components.columns import Column
from dlexp.format import joined
from dlexp.reports.comparison.differences import interval, is_possible, size, unit_of, written
from dlexp.reports.comparison.headlines import EpochConflict, Headline
from dlexp.reports.comparison.verdicts import EQUAL, OPEN, PairedDifference, TrainedModels
from dlexp.reports.numbers import how_many, significant
from dlexp.statistics.paired import LEVEL, MIN_PAIRS


def sentence(headline: Headline) -> str:
    """`digits_adam is better than digits_sgd: +4.8 points test_accuracy [2.2, 7.4], 5 paired seeds.`"""
    found, column = headline.difference, headline.column
    name, baseline = headline.experiment.label, headline.baseline.label
    if headline.obstacle == "other examples":
        return f"{name} cannot be compared with {baseline}: it is scored on other examples."
    if headline.obstacle:
        return f"{name} cannot be compared with {baseline} by {column}: {headline.obstacle}."
    if found is None:
        return f"No verdict on {name} against {baseline}: {headline.reason}."
    if found.interval is None:
        return _without_interval(headline, found)
    parts, conflict = written(found, column), headline.conflict
    # One clause says both, where the number is that of the last epoch.
    is_of_last = conflict is not None and found.verdict == conflict.last.verdict and not _is_restored(headline)
    after = f" after {_after(conflict)}" if conflict and is_of_last else ""
    is_asked = found.looks is not None and not found.looks.is_recorded
    n = f"{found.pairs} of at most {found.looks.max_seeds} paired seeds" if found.looks and is_asked else parts.pairs
    evidence = f"{parts.mean} {column} {parts.interval}, {n}{together(found)}"
    if found.verdict == OPEN:
        answer = f"Cannot tell whether {name} is better or worse than {baseline}{after}: {evidence}"
        answer += _shown(found, column)
        answer += _takes(headline, found)
    else:
        answer = f"{name} is{after} {found.verdict} than {baseline}: {evidence}{_on_new_examples(found, column)}"
    if conflict is None:
        return f"{answer}."
    if is_of_last:
        return f"{answer}; {_at_best(headline, conflict)}."
    last = _in_brackets(conflict.last, column.on("validation"))
    return f"{answer}. In validation it is after {_after(conflict)} {last}, {_at_best(headline, conflict)}."


def _without_interval(headline: Headline, found: PairedDifference) -> str:
    """What there is instead of a verdict, and why there is none."""
    name, baseline, parts = headline.experiment.label, headline.baseline.label, written(found, headline.column)
    evidence = f"{parts.mean} {headline.column}"
    if found.pairs < MIN_PAIRS:
        models = _trained_models(headline, found.trained_models) if found.trained_models else ""
        return (
            f"{parts.pairs} cannot tell whether {name} is better or worse than {baseline}: "
            f"{evidence}{_takes(headline, found)}{models}."
        )
    if found.reason == EQUAL:
        return f"No verdict on {name} against {baseline}: {evidence} in each of {parts.pairs}, without any spread."
    return (
        f"No verdict on {name} against {baseline}: {found.reason}; "
        f"the difference of the means, {evidence}, would compare luck."
    )


def together(found: PairedDifference) -> str:
    """How many intervals share the level, where it is not that of one alone."""
    assert found.level is not None
    m = found.looks.comparisons if found.looks else round(LEVEL / found.level)
    return f" (95 % for all {m} together)" if m > 1 else ""


def _on_new_examples(found: PairedDifference, column: Column) -> str:
    if found.on_new_examples is None:
        return ""
    low, high = found.on_new_examples
    is_open = ", which leaves it open" if low <= 0 <= high else ""
    text = interval((low, high), column)
    is_no_wider = text == written(found, column).interval
    return f"; on new examples of the same kind {'no wider' if is_no_wider else text}{is_open}"


def _shown(found: PairedDifference, column: Column) -> str:
    """How large a difference would have shown."""
    if not found.detectable:
        return ""
    possible = size(found.detectable, column) if is_possible(found.detectable, column) else ""
    return f"; these seeds could have shown {possible or 'no difference that is possible'}"


def _takes(headline: Headline, found: PairedDifference) -> str:
    """How many seeds a difference of this size takes; empty if nothing tells, and of one that is written as 0."""
    is_zero = float(written(found, headline.column).mean.removesuffix(unit_of(headline.column))) == 0
    needed = None if is_zero else headline.seeds_needed
    return f"; a difference of this size takes {how_many(needed, 'seed')}" if needed else ""


def _trained_models(headline: Headline, found: TrainedModels) -> str:
    """McNemar's test, labelled as what it is."""
    name, baseline = headline.experiment.label, headline.baseline.label
    return (
        f"; these two trained models, whatever other seeds give: {name} alone is right on {found.only_experiment:,} of "
        f"{found.examples:,} test examples, {baseline} alone on {found.only_baseline:,} "
        f"(McNemar's p = {significant(found.p, 2)})"
    )


def _is_restored(headline: Headline) -> bool:
    """Whether a model has not the weights of its last epoch."""
    both = (headline.experiment, headline.baseline)
    return any(each.recorded(lambda result: result.restored_epoch) is not None for each in both)


def _after(conflict: EpochConflict) -> str:
    return "the last epoch" if conflict.epochs is None else f"{significant(conflict.epochs, 2)} epochs"


def _at_best(headline: Headline, conflict: EpochConflict) -> str:
    """`at its best epoch (3) better (...): early stopping would help imdb_adam`."""
    best = _in_brackets(conflict.best, headline.column.on("validation").best_value)
    if OPEN in (conflict.last.verdict, conflict.best.verdict):
        return f"{_epochs(conflict.best_epoch)} {best}"
    if conflict.best.verdict == "better":
        return f"{_epochs(conflict.best_epoch)} {best}: early stopping would help {headline.experiment.label}"
    at = _epochs(conflict.best_epoch, conflict.baseline_best_epoch)
    return f"{at} {best}: early stopping would help {headline.baseline.label}"


def _epochs(*best: float | None) -> str:
    """`at its best epoch (3)`, `at their best epochs (94 and 3.3)`."""
    which = "at its best epoch" if len(best) == 1 else "at their best epochs"
    known = [significant(epoch, 2) for epoch in best if epoch is not None]
    return f"{which} ({joined(known)})" if len(known) == len(best) else which


def _in_brackets(found: PairedDifference, column: Column) -> str:
    parts = written(found, column)
    verdict = "not clearly different" if found.verdict == OPEN else found.verdict
    return f"{verdict} ({parts.mean} {column} {parts.interval})"
