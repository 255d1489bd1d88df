"""Finished runs, to be trained again as their records say."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dlexp.components import snapshot
from dlexp.config.load import load_unchecked
from dlexp.config.names import PREFIX_LENGTH
from dlexp.errors import DataError, DlexpError
from dlexp.execution.plan import Plan, Planned, Request
from dlexp.execution.planning import identified, planned_run
from dlexp.records.index import Attempts, Run, scan


def again(
    runs: Sequence[Run], runs_dir: Path, data_dir: Path | None, observe: bool = False
) -> tuple[Plan, dict[Path, str]]:
    """Finished runs, to be trained again as their records say, each into a directory of its own in another place.

    To `observe`, they are trained with diagnostics, and what was begun or has finished there stands.

    Returns:
        The plan, with the runs in their order; and of those that it leaves out, by their directory, why: their data or
        code cannot be had, or are not those that they were trained with.

    Raises:
        Changed: Data were replaced while their digest was taken.
    """
    found = Plan(Request(runs_dir=runs_dir, data_dir=data_dir, repeats=True, observe=observe), [], [])
    left_out: dict[Path, str] = {}
    on_record = Attempts(scan(runs_dir)) if observe else Attempts()
    with snapshot.taken(held_bytes=0):
        for run in runs:
            try:
                found.runs.append(_repeated(run, found.request, on_record))
            except DlexpError as error:
                left_out[run.dir.path] = error.lines[0]
    return found, left_out


def _repeated(run: Run, request: Request, on_record: Attempts) -> Planned:
    experiment = load_unchecked(run.dir.config_path).model_copy(update={"name": run.name})
    # The state of a repetition continues nothing.
    observing = {"keep_state": False, **({"diagnostics": True} if request.observe else {})}
    training = experiment.training.model_copy(update=observing)
    experiment = experiment.model_copy(update={"training": training})
    subject = identified(experiment, request)
    for then, now, what in (
        (run.record.data_digest, subject.digests, "the data are not those that it was trained on"),
        (run.record.code_digest, [subject.code_digest or "-"], "your own code is not that which it was trained with"),
    ):
        if then and then not in now:
            raise DataError(f"{what} (digest {then[:PREFIX_LENGTH]} then, {now[0][:PREFIX_LENGTH]} now)")
    return replace(planned_run(subject, run.seed, on_record), seal=run.dir.seal())
