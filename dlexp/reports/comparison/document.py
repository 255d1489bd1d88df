"""A comparison as rows and as one JSON document."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from dlexp.components.columns import Column
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.facts import Comparison
from dlexp.reports.comparison.families import LargeFamily
from dlexp.reports.comparison.headlines import Headline
from dlexp.reports.comparison.ranking import rankings
from dlexp.reports.comparison.scores import Score
from dlexp.reports.comparison.stops import Stops
from dlexp.reports.comparison.verdicts import PairedDifference

#: The keys of the rows.
COLUMNS = (
    *("experiment", "identity", "metric", "mean", "sd", "n", "diverged", "collapsed", "best_epoch", "baseline"),
    *("difference", "low", "high", "level", "pairs", "verdict", "reason", "picked_on_test", "best_possible"),
    *("difference_sd", "effect", "correlation", "detectable", "new_low", "new_high"),
    *("only_baseline_right", "only_experiment_right", "mcnemar_p", "no_results"),
    *("stopped", "stopped_after"),
)


def rows(comparison: Comparison) -> Iterator[dict[str, Any]]:
    """A row for every metric of every experiment; what is not known is missing."""
    stops = {stop.experiment: stop for stop in comparison.stops.each} if comparison.stops else {}
    for metric in comparison.metrics:
        for group, experiment, score in comparison.scored(metric):
            row: dict[str, Any] = {
                "experiment": experiment.label,
                "identity": experiment.identity,
                "metric": metric.name,
                "diverged": len(experiment.diverged),
                "baseline": group.baseline.label,
                "picked_on_test": experiment.picked_on_test,
            }
            if stop := stops.get(experiment.label):
                row |= {"stopped": stop.why, "stopped_after": stop.n_seeds}
            if reason := _why_none(group.beside(experiment), experiment, metric.column):
                row["reason"] = reason
            if score:
                row |= {key: getattr(score, key) for key in ("mean", "sd", "collapsed", "best_epoch", "best_possible")}
                if score.obstacle:
                    row |= {"verdict": "not comparable", "reason": score.obstacle}
                row["n"] = len(score.values)
            if score and score.difference:
                row |= _of_difference(score.difference)
            yield row


def _of_difference(difference: PairedDifference) -> dict[str, Any]:
    same = ("level", "pairs", "verdict", "reason", "effect", "correlation", "detectable", "no_results")
    low, high = difference.interval or (None, None)
    new_low, new_high = difference.on_new_examples or (None, None)
    row = {"difference": difference.mean, "low": low, "high": high, "difference_sd": difference.sd}
    row |= {"new_low": new_low, "new_high": new_high} | {key: getattr(difference, key) for key in same}
    if models := difference.trained_models:
        only = {"only_baseline_right": models.only_baseline, "only_experiment_right": models.only_experiment}
        row |= only | {"mcnemar_p": models.p}
    return row


def _why_none(beside: Compared, experiment: Compared, column: Column) -> str:
    """Why a score is missing, or what it would be compared with; empty if that is not on record."""
    of_other = beside.why_missing(column)
    return experiment.why_missing(column) or (of_other and f"{beside.label}: {of_other}")


def document(comparison: Comparison) -> dict[str, Any]:
    """The experiments with the settings in which they differ, and every metric of each."""
    found = rankings(comparison)
    ranked = {id(row.experiment): (row, ranking) for ranking in found for row in ranking.rows}
    return {
        "baseline": comparison.groups[0].baseline.label if comparison.groups else None,
        "baseline_chosen": comparison.chosen,
        "experiments": [
            {
                "label": experiment.label,
                "names": experiment.names,
                "identity": experiment.identity,
                "settings": {
                    key: experiment.settings[key] for key in comparison.differing if key in experiment.settings
                },
                "baseline": group.baseline.label,
                "rank": ranked[id(experiment)][0].rank,
                "ranked_by": str(ranked[id(experiment)][1].order),
                "ranked_among": ranked[id(experiment)][1].n_ranked,
                "seeds": list(experiment.runs),
                "diverged_seeds": experiment.diverged,
                "picked_on_test": experiment.picked_on_test,
                "runs": [str(run.dir.path) for run in experiment.runs.values()],
            }
            for group, experiment in comparison.members
        ],
        "metrics": [
            {
                "name": metric.name,
                "higher_is_better": metric.column.higher_is_better,
                "scores": [score and _score(score) for score in metric.scores],
                "missing": [experiment.why_missing(metric.column) or None for experiment in comparison.experiments],
            }
            for metric in comparison.metrics
        ],
        "headlines": list(map(_headline, comparison.headlines)),
        "large_families": list(map(_family, comparison.large_families)),
        "until_sure": comparison.stops and _stops(comparison.stops),
    }


def _stops(stops: Stops) -> dict[str, Any]:
    same = ("max_seeds", "first_seed", "margin")
    return {
        **{key: getattr(stops.design, key) for key in same},
        "stops": list(map(asdict, stops.each)),
        "runs": stops.n_runs,
        "runs_at_most": stops.n_planned,
        "other_max_seeds": stops.other_max_seeds,
    }


def _score(score: Score) -> dict[str, Any]:
    own = {"n": len(score.values), "comparable": score.obstacle is None, "difference": _difference(score.difference)}
    return asdict(score) | own


def _difference(difference: PairedDifference | None) -> dict[str, Any] | None:
    return asdict(difference) | {"effect": difference.effect} if difference else None


def _headline(headline: Headline) -> dict[str, Any]:
    conflict = headline.conflict
    return {
        "experiment": headline.experiment.label,
        "baseline": headline.baseline.label,
        "metric": str(headline.column),
        "difference": _difference(headline.difference),
        "obstacle": headline.obstacle,
        "reason": headline.reason or None,
        "seeds_needed": headline.seeds_needed,
        "conflict": conflict
        and asdict(conflict) | {key: _difference(getattr(conflict, key)) for key in ("last", "best")},
    }


def _family(family: LargeFamily) -> dict[str, Any]:
    same = ("comparisons", "pairs", "detectable", "in_sds")
    return {
        "metric": str(family.column),
        "baseline": family.baseline.label,
        **{key: getattr(family, key) for key in same},
        "best": [experiment.label for experiment in family.best],
        "new_seeds": list(family.new_seeds),
    }
