"""How a run stands: what a page on it begins with; of one without a result, why, and what to do."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dlexp.config.identity import TRAINING_VERSION
from dlexp.console import one_line
from dlexp.format import paragraph, plural
from dlexp.records.ended import Failed, Finished
from dlexp.records.index import Run
from dlexp.records.run_dir import UNFINISHED
from dlexp.reports.numbers import duration
from dlexp.reports.run.list import local_time, standing
from dlexp.reports.run.symptom import Symptom

#: Where the text of each line begins.
INDENT = 8


def lines(
    run: Run,
    config: Mapping[str, Any],
    n_epochs: int,
    found: Sequence[Symptom],
    environment: Mapping[str, Any],
    width: int,
) -> Iterator[str]:
    """Its directory, its status, why it has no result and what to do, the user's words for it; none is beyond `width`.

    Args:
        run: Which one.
        config: Its resolved config.
        n_epochs: How many epochs its history has.
        found: What its history shows.
        environment: What is on record of the command that trained it.
        width: How wide a line may be.
    """
    record = run.record
    has_log = run.status != "finished" and run.dir.log_path.exists()
    pairs = [
        ("run", str(run.dir.path)),
        ("status", _status(run, config, n_epochs)),
        ("why", one_line(run.what)),
        ("try", _remedy(run, found, environment)),
        ("where", record.where or "" if isinstance(record, Failed) else ""),
        ("log", run.dir.log_path.name if has_log else ""),
        ("tags", ", ".join(run.dir.tags())),
        ("note", " ".join(run.dir.note().split())),
    ]
    for key, text in pairs:
        # One text per line: a name may hold spaces, and a path is broken nowhere else.
        line = f"{key:<{INDENT}}{one_line(text)}"
        yield from paragraph(line, width, below=" " * INDENT) if text else ()


def _status(run: Run, config: Mapping[str, Any], n_epochs: int) -> str:
    """`finished: 6 epochs in 2.7 s, 2026-05-01 10:00`."""
    record, status = run.record, standing(run).status
    parts = [status]
    if isinstance(record, Finished):
        spent = "" if record.seconds is None else f" in {duration(record.seconds)}"
        parts = [status if record.epochs is None else f"{status}: {plural(record.epochs, 'epoch')}{spent}"]
        if continued := record.continues:
            parts.append(f"the first {continued['epoch']} trained as {continued['run']}")
        if record.stopped_epoch:
            parts.append("stopped early")
        if record.restored_epoch:
            parts.append(f"with the weights of epoch {record.restored_epoch}")
    elif isinstance(record, Failed):
        parts = [status if record.epoch is None else f"{status} in epoch {record.epoch}"]
    elif run.status in UNFINISHED and (planned := config.get("training", {}).get("epochs")):
        parts.append(f"{n_epochs} of {plural(planned, 'epoch')}")
    if run.status == "running" and (owner := run.dir.owner):
        parts.append(f"in {owner.described}")
    return ", ".join([*parts, *([local_time(record.ended)] if record.ended else [])])


def _remedy(run: Run, found: Sequence[Symptom], environment: Mapping[str, Any]) -> str:
    """What may bring a result; empty where there is one, or nothing is known."""
    command = environment.get("command")
    same = f"the same command{f': {command}' if command else ''}"
    if run.has_diverged:
        return next((each.change for each in found if each.change), "")
    if run.status == "interrupted":
        return f"{same}, which {_what_again(run, environment.get('training_version') or TRAINING_VERSION)}"
    return f"once that is mended, {same}" if run.status == "failed" else ""


def _what_again(run: Run, version: int) -> str:
    """What its command does with a run that was interrupted, and was trained by this version of the training code."""
    if version != TRAINING_VERSION:
        return (
            f"trains it from the start: its training code was of version {version}, and is of version "
            f"{TRAINING_VERSION}"
        )
    return "resumes it" if run.dir.has_checkpoint else "restarts it"
