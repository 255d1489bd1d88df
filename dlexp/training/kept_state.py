"""Runs that begin with the final state of another: the same experiment, with the same seed and fewer epochs.

Whether they can is known without TensorFlow. It ends in the bytes of a run from the first epoch only on the same
machine, so what could explain other numbers has to be the same.
"""

from functools import cache
from typing import Any

from dlexp.config.experiment import Experiment
from dlexp.config.identity import TRAINING_VERSION, Ingredients
from dlexp.errors import DlexpError
from dlexp.format import plural
from dlexp.records import manifest
from dlexp.records.ended import Finished
from dlexp.records.index import Run, read
from dlexp.records.record_files import DamagedRecord
from dlexp.records.run_dir import RunDir
from dlexp.training import checkpoint_file
from dlexp.training.environment import here
from dlexp.training.job import Job

#: What of a place is known without TensorFlow and changes numbers, beside the versions.
PLACE = ("processor", "instructions", "flags")


def apart_from_epochs(experiment: Experiment, data_digest: str, code_digest: str | None) -> str | None:
    """What trainings have in common of which the longer one begins as the shorter one does; None if none does."""
    if experiment.training.schedule.depends_on_epochs:
        return None
    settings = experiment.model_dump(mode="json", exclude={"name"})
    return Ingredients(settings, data_digest, TRAINING_VERSION, code_digest).apart_from_epochs


def why_not_continued(run: Run, experiment: Experiment) -> str:
    """Why an experiment does not begin with the final state of a run of fewer epochs; empty if it does."""
    if run.status != "finished":
        return f"{run.dir.path} has not finished"
    found = f"{run.dir.path} ({plural(run.epochs or 0, 'epoch')})"
    schedule, result = experiment.training.schedule, run.result
    if schedule.depends_on_epochs:
        return f"the {schedule.type} schedule depends on the number of epochs, so that {found} is another training"
    if result.training_version != TRAINING_VERSION:
        return f"{found} was trained by training code {result.training_version}"
    if stopped := result.stopped_epoch:
        return f"early stopping ended {run.dir.path} after epoch {stopped}, and will end this run there too"
    if not run.dir.state_path.exists():
        if (run.config.get("training") or {}).get("keep_state") is True:
            return f"{found} has no {run.dir.state_path.name} any more"
        return f"{found} kept no state; training.keep_state: true keeps it"
    if experiment.training.diagnostics and (not run.dir.diagnostics_path.exists() or run.dir.lacks_first_diagnostics):
        return f"{found} has no diagnostics of its own, which this run is to have"
    return _other_place(run, result) or _damage(run, result, experiment.training.diagnostics)


def _other_place(run: Run, result: Finished) -> str:
    """What differs from here; empty where nothing does."""
    try:
        then, now = run.dir.environment() or {}, _here()
    except DamagedRecord as error:
        return error.lines[0]
    changed = [key for key in PLACE if then.get(key) != now[key]]
    changed += [
        name for name, version in now["versions"].items() if name != "dlexp" and result.versions.get(name) != version
    ]
    return f"{run.dir.path} was trained with another {changed[0]}" if changed else ""


@cache
def _here() -> dict[str, Any]:
    # Reading the versions takes a hundredth of a second, and there may be thousands of runs.
    return here()


def _damage(run: Run, result: Finished, with_diagnostics: bool) -> str:
    """What became of the files that are taken, in a line; empty where they are as they were."""
    try:
        for path in (run.dir.history_path, *[run.dir.diagnostics_path] * with_diagnostics):
            manifest.require(run.dir, result, path)
        checkpoint_file.require_whole(run.dir.state_path)
    except OSError as error:
        return f"{run.dir.state_path}: cannot be read: {error.strerror}"
    except DlexpError as error:
        return error.lines[0]
    return ""


def take_kept_state(job: Job) -> None:
    """Begin with a copy of the final state of the first of the shorter runs that has one; what is not used is printed.

    Nothing is taken where there is something to resume from already.
    """
    if job.run_dir.has_checkpoint:
        return
    for path in job.shorter:
        if why := why_not_continued(read(RunDir(path)), job.experiment):
            print(f"not continued: {why}")
        else:
            print(f"continues {path}")
            job.run_dir.take_state(RunDir(path), diagnostics=job.experiment.training.diagnostics)
            return
