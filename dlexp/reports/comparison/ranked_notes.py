"""What a reader must know of the rows of a table of many experiments, by their ranks."""

from collections.abc import Iterable, Iterator

from dlexp.components.columns import Column
from dlexp.reports.comparison.notes import notes_on_looks
from dlexp.reports.comparison.ranked_table import ranks, verdict_of
from dlexp.reports.comparison.ranking import Ranked, Ranking
from dlexp.reports.comparison.verdicts import EQUAL
from dlexp.reports.numbers import known, of_deviations
from dlexp.statistics.paired import LEVEL, MIN_PAIRS

_EQUAL_DIFFERENCES = "equal differences on all seeds"


def notes(ranking: Ranking) -> Iterator[str]:
    """Why there is no verdict or no score; what collapsed, diverged, or was picked on the test split."""
    yield from _without_verdict(ranking)
    yield from _collapsed(ranking)
    if diverged := [row for row in ranking.rows if row.experiment.diverged]:
        yield f"Diverged on some seeds: {ranks(diverged)}."
    columns = (ranking.column, *ranking.others)
    picked = [row for row in ranking.rows if row.experiment.picked_on_test]
    if picked and any(
        each.split == "validation" or row.experiment.is_picked_on_test(each) for row in picked for each in columns
    ):
        yield f"Validation is the test split: {'all of these' if len(picked) == len(ranking.rows) else ranks(picked)}."
    for column in columns:
        yield from _missing(ranking, column)
    sealed: dict[str, list[Ranked]] = {}
    for row in ranking.rows:
        if (reason := row.experiment.seal) and not any(row.experiment.why_missing(each) == reason for each in columns):
            sealed.setdefault(reason, []).append(row)
    for reason, own in sealed.items():
        yield f"Test scores of {'all of these' if len(own) == len(ranking.rows) else ranks(own)}: {reason}."
    if several := [row for row in ranking.rows if len(row.experiment.names) > 1]:
        yield f"Run under other names too: {ranks(several)}."


def legend(found: Iterable[Ranking]) -> Iterator[str]:
    """What the signs of all tables mean."""
    several = list(found)
    if any(len(row.experiment.runs) > 1 for ranking in several for row in ranking.rows):
        yield f"{of_deviations(any(map(_has_equal_scores, several)))}."
    scores = [row.score for ranking in several for row in ranking.compared]
    levels = {score.difference.level for score in scores if score and score.difference and score.difference.level}
    if levels:
        together = "" if levels == {LEVEL} else ", at a level that all comparisons share"
        yield f"Verdicts: by the interval over paired seeds (Student's t){together}."
    yield from notes_on_looks(score.difference for score in scores if score)


def _has_equal_scores(ranking: Ranking) -> bool:
    """Whether several seeds of an experiment have one score."""
    columns = (ranking.column, *ranking.others)
    scores = (list(row.experiment.by_seed(column).values()) for row in ranking.rows for column in columns)
    return any(len(own) > 1 and len(set(own)) == 1 for own in scores)


def _collapsed(ranking: Ranking) -> Iterator[str]:
    always: list[Ranked] = []
    sometimes: list[Ranked] = []
    for row in ranking.rows:
        if row.score and row.score.collapsed:
            (always if row.score.collapsed == len(row.score.values) else sometimes).append(row)
    which = [f"{ranks(own)} on {seeds}" for own, seeds in ((always, "all seeds"), (sometimes, "some seeds")) if own]
    if which:
        yield f"No better than the best constant prediction: {'; '.join(which)}."


def _missing(ranking: Ranking, column: Column) -> Iterator[str]:
    """Why a number is missing, of which rows it is not on record of every seed, and what the best possible one is."""
    by_reason: dict[str, list[Ranked]] = {}
    for row in ranking.rows:
        if reason := row.experiment.why_missing(column):
            by_reason.setdefault(reason, []).append(row)
    for reason, own in by_reason.items():
        yield f"{column} of {ranks(own)}: {reason}."
    if some := [row for row in ranking.rows if 0 < len(row.experiment.by_seed(column)) < len(row.experiment.runs)]:
        yield f"{column} is not on record of every seed: {ranks(some)}."
    recorded = [row.experiment.recorded(lambda result: result.best_possible.get(str(column))) for row in ranking.rows]
    if possible := sorted({each for each in recorded if each is not None}):
        best = " to ".join(known(each) for each in dict.fromkeys([possible[0], possible[-1]]))
        yield f"Best possible {column}, by the data's true distribution: {best}."


def _without_verdict(ranking: Ranking) -> Iterator[str]:
    """Why rows have no verdict, unless it is one reason for all that is said above the table."""
    by_reason: dict[str, list[Ranked]] = {}
    for row in ranking.compared:
        if verdict_of(row, ranking) == "no verdict":
            by_reason.setdefault(_reason(row), []).append(row)
    n_without = sum(map(len, by_reason.values()))
    if n_without < len(ranking.compared) or len(by_reason) > 1 or _EQUAL_DIFFERENCES in by_reason:
        for reason, own in by_reason.items():
            yield f"No verdict, {reason}: {ranks(own)}."


def is_lopsided(row: Ranked) -> bool:
    """Whether it has no verdict since it or the baseline collapsed or diverged more often."""
    found = row.score.difference if row.score else None
    return bool(found and found.pairs >= MIN_PAIRS and found.reason not in (None, EQUAL))


def _reason(row: Ranked) -> str:
    found = row.score.difference if row.score else None
    if row.score is None:
        return "without the number"
    if found is None:
        return "no seed in common with the baseline"
    if found.pairs < MIN_PAIRS:
        return f"fewer than {MIN_PAIRS} paired seeds"
    if found.reason == EQUAL:
        return _EQUAL_DIFFERENCES
    return "since it or the baseline collapsed or diverged more often"
