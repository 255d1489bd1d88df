"""Check recorded runs, train them again beside their records, and grade how well they repeat."""

import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path

from dlexp.config.identity import Identities
from dlexp.errors import UserError
from dlexp.execution.repeats import again
from dlexp.records.index import Run, as_recorded, scan, with_identity
from dlexp.records.selection import select
from dlexp.reports.verification import facts
from dlexp.reports.verification.facts import Verification
from dlexp.reports.verification.integrity import Integrity, check
from dlexp.workflows.runner import Runner

log = logging.getLogger(__name__)


def verify(
    words: Sequence[str], runs_dir: Path, data_dir: Path | None, runner: Runner | None
) -> list[Integrity] | list[Verification]:
    """Check the files of the finished runs that words name; with a `runner` train the runs again and grade them.

    A run is trained again if its files are whole, and its data and code those that it was trained with.

    Raises:
        UserError: No finished run is named.
    """
    named = select(runs_dir, words, data_dir)
    runs = [run for run in named if run.status in ("finished", "damaged")]
    if not runs:
        raise UserError(f"{', '.join(words)}: no finished run to verify")
    if len(runs) < len(named):
        log.info(f"left out: {len(named) - len(runs)} that have not finished")
    files = [check(run) for run in runs]
    if runner is None:
        return files
    whole = [run for run, each in zip(runs, files, strict=True) if each.holds]
    with tempfile.TemporaryDirectory(prefix="dlexp-verify-") as scratch:
        planned, left_out = again(whole, Path(scratch), data_dir)
        repeatable = [run.dir.path for run in whole if run.dir.path not in left_out]
        repeated = dict(zip(repeatable, runner.carry_out(planned, after=()), strict=True))
        on_record = scan(runs_dir)

        def graded(run: Run, files: Integrity) -> Verification:
            if files.damage:
                return Verification(run=files.run, grade=None, detail=files.detail, damage=files.damage)
            if why := left_out.get(run.dir.path):
                return Verification(run=files.run, grade=None, detail=f"not verified: {why}")
            same = with_identity(on_record, Identities.of_record(run.record.raw))
            others = [as_recorded(each.dir) for each in same if each.status == "finished"]
            return facts.verify(run, repeated[run.dir.path], others)

        return [graded(run, each) for run, each in zip(runs, files, strict=True)]
