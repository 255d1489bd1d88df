"""What a `run` command gave, for programs: a line for each run, or all of it as one JSON document."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from dlexp.records.keys import STATUSES
from dlexp.reports.numbers import duration, score
from dlexp.reports.run import outcome
from dlexp.reports.run.closing import Closing
from dlexp.reports.run.outcome import RunOutcome


def result_lines(outcomes: Sequence[RunOutcome]) -> list[str]:
    """The scores of the finished ones, where their records are, and where the best was picked on test data."""
    finished = [each for each in outcomes if each.status == "finished"]
    lines = [f"{each.directory}: {', '.join(_parts(each))}" for each in finished]
    return [*lines, *remarks(finished)]


def remarks(outcomes: Sequence[RunOutcome]) -> list[str]:
    """What has to be known of scores: whose best one was picked on the test data."""
    picked = sorted({each.run.partition("/")[0] for each in outcomes if each.picked_on_test})
    if not picked:
        return []
    return [f"Validation is the test split in {', '.join(picked)}: the best score was picked on the test data."]


def document(
    outcomes: Sequence[RunOutcome],
    ending: Closing,
    done_before: Collection[str],
    not_started: Sequence[tuple[str, int]],
) -> dict[str, Any]:
    """All that came of a command, for JSON.

    Args:
        outcomes: What came of each run that was done or started.
        ending: How the command ends.
        done_before: The directories of the runs that were done.
        not_started: The label and the seed of each other run.
    """
    counts = Counter(each.status for each in outcomes)
    runs = [outcome.document(each) | {"done_before": each.directory in done_before} for each in outcomes]
    return {
        "runs": [*runs, *({"label": label, "seed": seed, "status": "not started"} for label, seed in not_started)],
        "counts": {
            "runs": len(outcomes) + len(not_started),
            "done_before": sum(run["done_before"] for run in runs),
            **{status: counts[status] for status in STATUSES},
            "not_started": len(not_started),
        },
        "assertions": [asdict(each) for each in ending.assertions],
        "without_result": ending.without_result,
        "exit_code": ending.exit_code,
    }


def _parts(found: RunOutcome) -> Iterator[str]:
    """The main metric, last and best, the same on the test split, and the seconds; of several targets each one's."""
    for each in found.scores:
        if each.target:
            yield f"{_score(found, each.metric, each.last)} ({_score(found, each.test_metric, each.test, 'test')})"
            continue
        of_best = "" if each.best is None else f" ({score('best', each.best)} in epoch {each.best_epoch})"
        yield _score(found, each.metric, each.last) + of_best
        if each.test_metric in found.metrics:
            yield _score(found, each.test_metric, each.test)
    if found.seconds is not None:
        yield duration(found.seconds)


def _score(found: RunOutcome, column: str, value: float | None, name: str = "") -> str:
    """A score by the name of its column, or by another."""
    return f"{name or column} missing" if column in found.missing_scores else score(name or column, value)
