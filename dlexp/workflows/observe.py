"""Train finished runs again to observe them: to the same bytes, into a directory beside each."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from dlexp.execution.repeats import again
from dlexp.records.index import Run
from dlexp.records.observed import discard, keep, observing
from dlexp.records.run_dir import RunDir
from dlexp.reports.run.without_result import without_result
from dlexp.reports.verification.facts import verify
from dlexp.training.environment import versions
from dlexp.workflows.runner import Runner

log = logging.getLogger(__name__)


def observe(runs: Sequence[Run], runs_dir: Path, data_dir: Path | None, runner: Runner) -> list[str]:
    """Train finished runs again with diagnostics; what gives the same history, scores and weights is kept.

    Each is trained in a place of its own and moved to `RunDir.repetition` once it has finished, which is no attempt
    at the run: that stays as it is. What was interrupted is resumed.

    Returns:
        A line for each run that was not observed, and why.

    Raises:
        UserError: As `Runner.carry_out`; a repetition cannot be moved beside its run.
    """
    refused = {run.dir.path: why for run in runs if (why := _why_other_bytes(run))}
    planned, left_out = again([run for run in runs if run.dir.path not in refused], observing(runs_dir), data_dir, True)
    refused |= left_out
    started = iter(runner.carry_out(planned, after=()))
    # Those that had finished, and only were to be moved, are in the plan too.
    repetitions = [each.recorded or next(started, None) for each in planned.runs]
    repeated = zip([run for run in runs if run.dir.path not in refused], repetitions, strict=True)
    not_observed = [f"{path}: not observed: {why}" for path, why in refused.items()]
    return not_observed + [line for run, each in repeated if each for line in _settled(run, each)]


def _why_other_bytes(run: Run) -> str:
    """Why a repetition cannot be expected to give the same bytes here; empty if it can."""
    then, now = run.record.tensorflow, versions()["tensorflow"]
    return f"trained with TensorFlow {then}, and this is {now}" if then not in ("unknown", now) else ""


def _settled(run: Run, repetition: RunDir) -> Iterator[str]:
    """Keep a repetition or discard it; a line for one that is not kept."""
    found = verify(run, repetition, ())
    if found.grade == "identical to the byte":
        keep(repetition, run.dir)
        log.info(f"{run.dir.repetition.path}: trained again to the same bytes, with diagnostics")
        return
    missing = without_result([repetition])
    for line in missing.left:
        log.info(line)
    if lines := [*missing.failed, *missing.interrupted, *missing.unfit]:
        yield from (f"{run.dir.path}: not observed: {line}" for line in lines)
    elif not missing.left:
        discard(repetition)
        yield (
            f"{run.dir.path}: not observed: trained again it does not give the same bytes ({found.detail}); to grade "
            f"that: dlexp verify {run.dir.label}"
        )
