"""What a `run` command gave, one line per run."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dlexp.components.columns import Column
from dlexp.errors import InputsChanged
from dlexp.records.ended import Finished
from dlexp.records.lock import Owner
from dlexp.records.run_dir import RunDir
from dlexp.reports.numbers import duration, score
from dlexp.reports.run.facts import main_metric


def result_lines(run_dirs: Sequence[RunDir]) -> list[str]:
    """The scores of the finished ones, where their records are, and where the best was picked on test data."""
    finished = {run_dir: summary for run_dir in run_dirs if (summary := run_dir.summary()) is not None}
    lines = [f"{run_dir.path}: {scores(summary)}" for run_dir, summary in finished.items()]
    picked = sorted({run_dir.name for run_dir, summary in finished.items() if summary.picked_on_test})
    if picked:
        lines.append(
            f"Validation is the test split in {', '.join(picked)}: the best score was picked on the test data."
        )
    return lines


def scores(result: Finished) -> str:
    """The main metric, last and best, the same on the test split, and the seconds; of several heads each one's."""
    if result.heads:
        parts = [_score_of_head(name, head["metrics"], result.metrics) for name, head in result.heads.items()]
    else:
        parts = _main_score(result.metrics) if result.metrics else []
    return ", ".join([*parts, *([] if result.seconds is None else [duration(result.seconds)])])


def _main_score(metrics: Mapping[str, float]) -> list[str]:
    column = main_metric(metrics)
    last, best, test = str(column), str(column.best_value), str(column.on("test"))
    said = score(last, metrics[last])
    if best in metrics:
        said += f" ({score('best', metrics[best])} in epoch {metrics.get(str(column.best_epoch))})"
    return [said, *([score(test, metrics[test])] if test in metrics else [])]


def _score_of_head(target: str, head_metrics: Sequence[str], metrics: Mapping[str, float]) -> str:
    """The main metric of one of several heads, and the same on the test split."""
    is_validated = str(Column(quantity="loss", target=target, split="validation")) in metrics
    column = replace(main_metric(["loss", *head_metrics]), target=target)
    last, test = str(column.on("validation" if is_validated else "train")), str(column.on("test"))
    return f"{score(last, metrics.get(last))} ({score('test', metrics.get(test))})"


def without_result(run_dirs: Sequence[RunDir]) -> tuple[list[str], list[str], list[str]]:
    """A line for each run that has none: those that failed, were interrupted, and that another command trains."""
    failed: list[str] = []
    interrupted: list[str] = []
    left: list[str] = []
    for run_dir in run_dirs:
        owner, status = run_dir.owner, run_dir.status  # In this order: it may finish in between.
        if status == "finished":
            continue
        if owner:
            left.append(under_way(run_dir, owner))
        else:
            (interrupted if status == "interrupted" else failed).append(f"{run_dir.path}: {_failure(run_dir)}")
    return failed, interrupted, left


def under_way(run_dir: RunDir, owner: Owner) -> str:
    """A line for a run that another process trains."""
    return f"{run_dir.path}: under way in {owner.described}; left to it"


def _failure(run_dir: RunDir) -> str:
    """Why a run has no result, and where to read more."""
    failure = run_dir.failure()
    if run_dir.status == "interrupted":
        interruption = run_dir.interruption()
        why = interruption["what"] if interruption else ""
        if interruption and interruption.get("kind") == InputsChanged.__name__:  # Of another experiment by now.
            return f"interrupted: {why}; the same command trains on what is there now"
        reason = f": {why} (more in {run_dir.log_path.name})" if why else ""
        return f"interrupted{reason}; the same command {'resumes' if run_dir.has_checkpoint else 'restarts'} it"
    if failure is None:
        return f"{run_dir.status}: no result was recorded"
    return f"{failure.kind}: {failure.what or 'unknown'} (more in {run_dir.log_path.name})"
