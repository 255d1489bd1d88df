"""What a `run` command gave, one line per run."""

import math
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dlexp.components.columns import Column
from dlexp.errors import DataError, InputsChanged, Unsettled
from dlexp.format import plural
from dlexp.records.ended import Finished
from dlexp.records.lock import Owner
from dlexp.records.run_dir import RunDir
from dlexp.reports.numbers import duration, score
from dlexp.reports.run.list import main_metric

#: A command with more names is longer than it is worth.
_MAX_NAMED = 8


def result_lines(run_dirs: Sequence[RunDir]) -> list[str]:
    """The scores of the finished ones, where their records are, and where the best was picked on test data."""
    finished = {run_dir: summary for run_dir in run_dirs if (summary := run_dir.summary()) is not None}
    lines = [f"{run_dir.path}: {', '.join(_scores(summary))}" for run_dir, summary in finished.items()]
    if picked := sorted({run_dir.name for run_dir, summary in finished.items() if summary.picked_on_test}):
        named = ", ".join(picked)
        lines.append(f"Validation is the test split in {named}: the best score was picked on the test data.")
    return lines


def comparing(run_dirs: Sequence[RunDir], runs_dir: Path) -> str:
    """`compare them: dlexp compare A B`; empty unless several experiments on the same data finished, of few names."""
    finished = {run_dir: summary for run_dir in run_dirs if (summary := run_dir.summary()) is not None}
    names = list(dict.fromkeys(run_dir.name for run_dir in finished))
    experiments = {run_dir.folder.prefix for run_dir in finished}
    digests = {summary.data_digest for summary in finished.values()}
    if len(experiments) < 2 or len(digests) > 1 or len(names) > _MAX_NAMED:
        return ""
    where = () if runs_dir == Path("runs") else ("--runs-dir", str(runs_dir))
    return f"compare them: {shlex.join(('dlexp', 'compare', *names, *where))}"


def _scores(result: Finished) -> Iterator[str]:
    """The main metric, last and best, the same on the test split, and the seconds; of several heads each one's."""
    metrics = result.metrics
    for target, head in result.heads.items():
        is_validated = str(Column(quantity="loss", target=target, split="validation")) in metrics
        column = replace(main_metric(["loss", *head["metrics"]]), target=target)
        last, test = str(column.on("validation" if is_validated else "train")), str(column.on("test"))
        yield f"{_score(last, result)} ({_score(test, result, 'test')})"
    if metrics and not result.heads:
        column = main_metric(metrics)
        last, best, test = str(column), str(column.best_value), str(column.on("test"))
        epoch = metrics.get(str(column.best_epoch))
        is_scored = best in metrics and not math.isnan(metrics[best])
        of_best = f" ({score('best', metrics[best])} in epoch {epoch})" if is_scored else ""
        yield _score(last, result) + of_best
        if test in metrics:
            yield _score(test, result)
    if result.seconds is not None:
        yield duration(result.seconds)


def _score(column: str, result: Finished, name: str = "") -> str:
    """A score by the name of its column, or by another."""
    name = name or column
    return f"{name} missing" if column in result.missing_scores else score(name, result.metrics.get(column))


@dataclass(frozen=True, kw_only=True)
class WithoutResult:
    """A line for each run that has no result, by why."""

    failed: list[str] = field(default_factory=list)
    diverged: list[str] = field(default_factory=list)
    """Those of the failed ones whose loss became NaN or infinite."""
    unfit: list[str] = field(default_factory=list)
    """Whose settings do not fit its data."""
    interrupted: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Whose data `--strict` refused."""
    left: list[str] = field(default_factory=list)
    """To another command, which trains it."""


def without_result(run_dirs: Sequence[RunDir]) -> WithoutResult:
    """Which runs have none, and why."""
    found = WithoutResult()
    for run_dir in run_dirs:
        owner, status = run_dir.owner, run_dir.status  # In this order: it may finish in between.
        if owner and status != "finished":
            found.left.append(under_way(run_dir, owner))
        elif status == "interrupted":
            interruption = run_dir.interruption()
            if interruption and interruption.get("kind") == Unsettled.__name__:
                found.refused.append(f"{run_dir.path}: {interruption['what'].splitlines()[0]}")
            else:
                found.interrupted.append(f"{run_dir.path}: interrupted{_what_interrupted(run_dir)}")
        elif status != "finished":
            failure = run_dir.failure()
            if failure and failure.kind == "unfit":
                found.unfit.append(f"{run_dir.path}: {'; '.join(failure.what.splitlines())}")
                continue
            why = f"{failure.kind}: {failure.what or 'unknown'} (more in {run_dir.log_path.name})" if failure else ""
            found.failed.append(f"{run_dir.path}: {why or f'{status}: no result was recorded'}")
            if failure and failure.kind == "diverged":
                found.diverged.append(found.failed[-1])
    return found


def under_way(run_dir: RunDir, owner: Owner) -> str:
    """A line for a run that another process trains."""
    return f"{run_dir.path}: under way in {owner.described}; left to it"


def _what_interrupted(run_dir: RunDir) -> str:
    """Where it is known, and what becomes of the run."""
    interruption = run_dir.interruption()
    why = interruption["what"] if interruption else ""
    if interruption and interruption.get("kind") == InputsChanged.__name__:  # Of another experiment by now.
        return f": {why}; the same command trains on what is there now"
    if interruption and interruption.get("kind") == DataError.__name__:  # The same data are refused again.
        first, *others = why.splitlines()
        more = f" (and {plural(len(others), 'line')} more in {run_dir.log_path.name})" if others else ""
        return f": {first}{more}; once that is mended, the same command trains it"
    reason = f": {why} (more in {run_dir.log_path.name})" if why else ""
    return f"{reason}; the same command {'resumes' if run_dir.has_checkpoint else 'restarts'} it"
