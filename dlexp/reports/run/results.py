"""What a `run` command gave, a line a run."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dlexp.components.metrics import higher_is_better, quantity_of
from dlexp.errors import InputsChanged
from dlexp.records.lock import Owner
from dlexp.records.run_dir import RunDir


def result_lines(run_dirs: Sequence[RunDir]) -> list[str]:
    """The scores of the finished ones, where their records are, and where the best was picked on test data."""
    finished = {run_dir: summary for run_dir in run_dirs if (summary := run_dir.summary()) is not None}
    lines = [f"{run_dir.path}: {scores(summary)}" for run_dir, summary in finished.items()]
    picked = sorted({run_dir.name for run_dir, summary in finished.items() if summary.get("picked_on_test")})
    if picked:
        lines.append(
            f"Validation is the test split in {', '.join(picked)}: the best score was picked on the test data."
        )
    return lines


def scores(summary: dict[str, Any]) -> str:
    """The main metric, last and best, the same on the test split, and the seconds; of several heads each one's."""
    metrics, heads = summary["metrics"], summary["config"].get("head", {}).get("heads")
    if heads:
        parts = [_score_of_head(name, head["metrics"], metrics) for name, head in heads.items()]
    else:
        parts = _main_score(metrics) if metrics else []
    seconds = summary.get("seconds")
    return ", ".join([*parts, *([] if seconds is None else [f"{seconds:.1f} s"])])


def _main_score(metrics: Mapping[str, float | None]) -> list[str]:
    column = main_metric(metrics)
    last, test = f"{column} {_number(metrics[column])}", f"test_{quantity_of(column)}"
    if f"best_{column}" in metrics:
        last += f" (best {_number(metrics[f'best_{column}'])} in epoch {metrics.get(f'best_{column}_epoch')})"
    return [last, *([f"{test} {_number(metrics[test])}"] if test in metrics else [])]


def _score_of_head(target: str, head_metrics: Sequence[str], metrics: Mapping[str, float | None]) -> str:
    """The main metric of one of several heads, and the same on the test split."""
    split = "val_" if f"val_{target}_loss" in metrics else ""
    score = f"{target}_{main_metric(['loss', *head_metrics])}"
    return f"{split}{score} {_number(metrics.get(split + score))} (test {_number(metrics.get(f'test_{score}'))})"


def _number(value: float | None) -> str:
    """A score; one that is not a number is null in the records."""
    return "nan" if value is None else f"{value:.4f}"


def without_result(run_dirs: Sequence[RunDir]) -> tuple[list[str], list[str], list[str]]:
    """A line for each run that has none: those that failed, were interrupted, and that another command trains."""
    failed: list[str] = []
    interrupted: list[str] = []
    left: list[str] = []
    for run_dir in run_dirs:
        owner, status = run_dir.owner, run_dir.status  # Asked for in this order: it may finish in between.
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


def without_picture(run_dirs: Sequence[RunDir]) -> list[str]:
    """A line for each finished run whose curves could not be drawn."""
    return [
        f"{run_dir.curves_path}: could not be drawn (more in {run_dir.log_path.name}); the run is complete without it"
        for run_dir in run_dirs
        if run_dir.status == "finished" and not run_dir.curves_path.exists()
    ]


def _failure(run_dir: RunDir) -> str:
    """Why a run has no result, and where to read more."""
    failure = run_dir.failure()
    if run_dir.status == "interrupted":
        interruption = run_dir.interruption() or {}
        why = interruption.get("what")
        if interruption.get("kind") == InputsChanged.__name__:  # Of another experiment by now.
            return f"interrupted: {why}; the same command trains on what is there now"
        reason = f": {why} (more in {run_dir.log_path.name})" if why else ""
        return f"interrupted{reason}; the same command {'resumes' if run_dir.has_checkpoint else 'restarts'} it"
    if failure is None:
        return f"{run_dir.status}: no result was recorded"
    return f"{failure.get('kind', 'error')}: {failure.get('what', 'unknown')} (more in {run_dir.log_path.name})"


def main_metric(metrics: Iterable[str]) -> str:
    """The column that says most in one number: validation accuracy where there is one, else the last metric."""
    last = [name for name in metrics if not name.startswith(("best_", "test_"))]
    candidates = [name for name in last if name.startswith("val_")] or last
    return next((name for name in candidates if higher_is_better(name)), candidates[-1])
