"""What is said of many experiments: how many are better, which are best, how far to trust that, what to type."""

from collections import Counter
from collections.abc import Iterator

from dlexp.format import joined, plural
from dlexp.records.index import in_order
from dlexp.reports.comparison import commands, comparability, stops
from dlexp.reports.comparison.differences import is_possible, size, unit_of
from dlexp.reports.comparison.facts import Comparison
from dlexp.reports.comparison.families import N_BEST, N_NEW_SEEDS, large_family
from dlexp.reports.comparison.next_steps import Sentence, each_of, enough_seeds, in_time, present, without_older
from dlexp.reports.comparison.notes import chosen
from dlexp.reports.comparison.ranked_notes import is_lopsided
from dlexp.reports.comparison.ranked_table import MARK, ranks, verdict_of
from dlexp.reports.comparison.ranking import Ranked, Ranking, mean_of, rankings
from dlexp.reports.comparison.sentences import together
from dlexp.reports.comparison.verdicts import has_verdict
from dlexp.reports.numbers import known, significant
from dlexp.statistics.paired import MIN_PAIRS

_VERDICTS = ("better", "worse", "cannot tell", "no verdict")


def said(comparison: Comparison, ranking: Ranking) -> list[Sentence]:
    """All of it, without the table."""
    return [*above(comparison, ranking), *below(comparison, ranking)]


def above(comparison: Comparison, ranking: Ranking) -> list[Sentence]:
    """How many are better or worse than the baseline, the best three by name, and which one is the baseline."""
    picked = []
    if comparison.whole:
        picked.append(
            f"Shown are the best of {ranking.n_ranked}, with the baseline; verdicts share their level with all that "
            "these were picked from."
        )
    found = [Sentence(each) for each in (*picked, *_verdicts(ranking), *_best(ranking))]
    return [*found, Sentence(_baseline(comparison, ranking))]


def below(comparison: Comparison, ranking: Ranking) -> list[Sentence]:
    """How far the best one's score can be trusted, how to confirm the best ones, and what more seeds would tell."""
    found = [Sentence(each) for each in _optimism(ranking)]
    if comparison.stops:
        return [*found, *stops.said(comparison.stops)]
    if ranking.order.is_judged and ranking.n_ranked > N_BEST:
        found += _confirming(comparison, ranking)
    found += _other_baseline(comparison, ranking)
    pairs = [_pairs(row) for row in ranking.compared]
    if has_verdict(ranking.column) and ranking.baseline and 0 < max(pairs, default=0) < MIN_PAIRS:
        sides = present([row.experiment for row in ranking.rows if row.experiment.runs], comparison.experiments)
        if len(sides) > 1:
            found.append(enough_seeds(sides))
    return [*found, *without_older([row.experiment for row in ranking.rows])]


def _verdicts(ranking: Ranking) -> Iterator[str]:
    """How many are better and worse; how few seeds there are, where that is why nobody can tell."""
    if not ranking.compared or not has_verdict(ranking.column):
        return
    counts = Counter(verdict_of(row, ranking) for row in ranking.compared)
    pairs = sorted({_pairs(row) for row in ranking.compared if _pairs(row)})
    if set(counts) == {"no verdict"} and pairs and pairs[-1] < MIN_PAIRS:
        seeds = plural(pairs[0], "paired seed") if len(pairs) == 1 else f"{pairs[0]} or {pairs[-1]} paired seeds"
        yield (
            f"{seeds} cannot tell which of {plural(len(ranking.compared), 'experiment')} "
            f"{'is' if len(ranking.compared) == 1 else 'are'} better than the baseline."
        )
        return
    parts = [f"{counts[each]} {each}" for each in _VERDICTS if counts[each]]
    differences = [row.score.difference for row in ranking.compared if row.score and row.score.difference]
    shared = next((together(found) for found in differences if found.interval), "")
    yield f"Compared with the baseline by {ranking.column}: {', '.join(parts)}{shared}."


def _best(ranking: Ranking) -> Iterator[str]:
    """The first three by name, where one way is better and there are more."""
    best = ranking.winners
    if ranking.n_ranked > N_BEST and best:
        named = [f"{row.experiment.label} ({known(mean_of(row.experiment, ranking.order))})" for row in best]
        yield f"{'Best' if ranking.order.is_judged else 'Lowest'} {ranking.order}: {joined(named)}."


def _baseline(comparison: Comparison, ranking: Ranking) -> str:
    """The baseline by name, or why these are apart."""
    is_first = ranking.group.baseline is comparison.groups[0].baseline
    where = "" if is_first else "On other examples. "
    if ranking.baseline or not ranking.group.baseline.runs:
        mark = f" ({MARK})" if ranking.baseline else ""
        points = unit_of(ranking.column).strip()
        unit = f" Differences in {points}." if points and len(ranking.compared) else ""
        return f"{where}Baseline{mark}: {chosen(comparison, ranking.group)}{unit}"
    other, one = ranking.group.baseline, ranking.rows[0].experiment
    why = comparability.obstacle(other, one, ranking.column) or f"it has no {ranking.column}"
    return f"Not comparable with {other.label}: {why}."


def _optimism(ranking: Ranking) -> Iterator[str]:
    """That the best of many is lucky, too, and what the split says that it was not picked on."""
    if not ranking.order.is_judged or ranking.n_ranked <= N_BEST:
        return
    best, order, n = ranking.ranked[0].experiment, ranking.order, ranking.n_ranked
    if order.split == "test" or (order.split == "validation" and best.picked_on_test):
        yield (
            f"The best of {n} was picked on the test split itself: none of its scores tells how good it is on new "
            "examples."
        )
    elif order.split == "validation":
        on_test = order.last.on("test")
        score, mean = mean_of(best, on_test), mean_of(best, order)
        beside = f"; on the test split it has {known(score)}" if score is not None else ""
        yield f"The best of {n} was picked by its {order}, so that {known(mean)} is optimistic{beside}."


def _confirming(comparison: Comparison, ranking: Ranking) -> Iterator[Sentence]:
    """The commands that train the best ones on seeds that no answer has seen, and compare them.

    None for what is no better than guessing on every seed, nor for runs that confirm others already.
    """
    best = [
        row.experiment for row in ranking.winners if not (row.score and row.score.collapsed == len(row.score.values))
    ]
    if not best or commands.is_of_confirmation(commands.runs_dir_of(next(iter(best[0].runs.values())))):
        return
    whole = comparison.whole or comparison
    best = present(best, whole.experiments)
    last = max(seed for each in whole.experiments for seed in (*each.runs, *each.diverged))
    new = range(last + 1, last + 1 + N_NEW_SEEDS)
    runs_dir = commands.new_runs_dir(commands.runs_dir_of(next(iter(best[0].runs.values()))))
    names = dict.fromkeys(each.names[0] for each in best)
    why = f"{_power(comparison, ranking)}{_topping_up(ranking)}"
    which = "best" if len(best) == 1 else f"best {len(best)}"
    yield Sentence(
        f"{why}Confirm the {which} on new seeds{in_time(best, new)}:",
        (
            commands.training(best, each_of(new), runs_dir),
            ("dlexp", "compare", *names, *commands.in_runs_dir(runs_dir)),
        ),
    )


def _other_baseline(comparison: Comparison, ranking: Ranking) -> Iterator[Sentence]:
    """The command that compares with another, where the baseline works on some seeds only: no verdicts.

    That is the first one that works on all, whatever its score: one that is picked by its score is lucky.
    """
    if comparison.whole:  # Those that are shown were picked by their scores.
        ranking = next(each for each in rankings(comparison.whole) if each.baseline is ranking.baseline)
    without = [row for row in ranking.compared if is_lopsided(row)]
    sound = [row for row in ranking.ranked if row.score and not row.score.collapsed and not row.experiment.diverged]
    names = dict.fromkeys(row.experiment.names[0] for row in ranking.rows)
    own = next((row for row in ranking.rows if row.experiment is ranking.baseline), None)
    is_unsound = own and (own.experiment.diverged or (own.score and own.score.collapsed))
    if is_unsound and sound and 2 * len(without) > len(ranking.compared) and len(names) <= N_BEST:
        rows = {run.dir.path: row for row in sound for run in row.experiment.runs.values()}
        run = in_order(run for row in sound for run in row.experiment.runs.values())[0]
        options = commands.in_runs_dir(commands.runs_dir_of(run))
        yield Sentence(
            "The baseline collapsed or diverged on some of its seeds, which leaves few verdicts. To compare with the "
            f"first experiment that did so on none, at {ranks([rows[run.dir.path]])}, name it first, by its id:",
            (("dlexp", "compare", f"{run.name}/{run.dir.folder.prefix}", *names, *options),),
        )


def _power(comparison: Comparison, ranking: Ranking) -> str:
    """What so many comparisons could have shown, where that is little, and that more seeds are no way out."""
    column, group = ranking.column, ranking.group
    scores = [comparison.score(str(column), each, on_examples=False) for each in group.experiments]
    family = large_family(group, column, scores)
    if not family:
        return ""
    if is_possible(family.detectable, ranking.column):
        shown = f"could have shown {size(family.detectable, ranking.column)}"
    else:
        shown = "can show no difference that is possible"
    return (
        f"{plural(family.comparisons, 'comparison')} are many for {family.pairs} seeds: they {shown} "
        f"({significant(family.in_sds, 2)} sd). "
    )


def _topping_up(ranking: Ranking) -> str:
    """Why more seeds of all of these are no way out of an answer that is left open."""
    is_open = any(verdict_of(row, ranking) == "cannot tell" for row in ranking.compared)
    return "Adding seeds because of an answer makes it wrong in 8 to 11 % of cases. " if is_open else ""


def _pairs(row: Ranked) -> int:
    return row.score.difference.pairs if row.score and row.score.difference else 0
