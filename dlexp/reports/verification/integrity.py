"""Whether a finished run's files agree with each other and with what they were when it ended. Nothing is trained."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from dlexp.components.columns import Column
from dlexp.config.flat import differences, flatten
from dlexp.config.identity import Identities, Ingredients, compared
from dlexp.config.load import load_unchecked
from dlexp.errors import DlexpError
from dlexp.records import manifest
from dlexp.records.ended import Finished
from dlexp.records.index import Run, as_recorded
from dlexp.records.record_files import read_json
from dlexp.records.run_dir import RunDir
from dlexp.records.shapes import of_type


@dataclass(frozen=True)
class Integrity:
    """What a look at a run's files found."""

    run: str
    """`NAME/s0-3fa9c1d2e0`."""
    has_manifest: bool
    """Whether the run was recorded with the digests of its files."""
    damage: list[str]
    """A line for each file that is not what it was, or does not agree with the others."""

    @property
    def holds(self) -> bool:
        """Whether nothing is damaged."""
        return not self.damage

    @property
    def detail(self) -> str:
        """What was found, in a line."""
        if self.damage:
            return "damaged"
        return "as recorded" if self.has_manifest else "recorded before manifests; its files agree with each other"


def check(run: Run) -> Integrity:
    """Compare a finished run's files with its manifest, its identity with its settings, its scores with its history."""
    damage = [run.what] if run.status == "damaged" else list(_damage(as_recorded(run.dir)))
    return Integrity(run.dir.label, isinstance(run.record, Finished) and run.record.manifest is not None, damage)


def _damage(run: Run) -> Iterator[str]:
    """Files that are not what they were; what the others say is compared with each other."""
    changed = manifest.damage(run.dir, run.result)
    yield from changed.values()
    if run.dir.summary_path in changed:
        return
    yield from _of_identity(run)
    if run.result.manifest is None:  # Else the manifest knows its bytes.
        yield from of_config(run)
    if run.dir.history_path not in changed:
        yield from _of_metrics(run)
    if run.dir.repetition.path.is_dir():
        yield from _of_repetition(run.dir)


def _of_repetition(run_dir: RunDir) -> Iterator[str]:
    """What became of the files of the repetition that was observed, and whether it is of this run."""
    repetition = run_dir.repetition
    try:
        run_dir.diagnostics()
        record = read_json(repetition.summary_path, of_type(Finished))
    except DlexpError as error:
        yield error.lines[0]
        return
    if record is None:
        yield f"{repetition.summary_path}: missing"
    else:
        yield from manifest.damage(repetition, Finished.of(record)).values()


def _of_identity(run: Run) -> Iterator[str]:
    try:
        identities = Identities.of(Ingredients.of_record(run.record.raw))
    except KeyError:  # Of a record that does not say all that it is made of.
        return
    except (AttributeError, TypeError, ValueError) as error:
        yield f"{run.dir.summary_path}: damaged: its settings are none: {error}"
        return
    if run.identity not in identities:
        yield (
            f"{run.dir.summary_path}: its identity is {run.identity}, and its settings, data and code give "
            f"{identities.own}"
        )


def of_config(run: Run) -> Iterator[str]:
    """What config.yaml says otherwise than the summary: of a run recorded before manifests, which know its bytes."""
    try:
        config = load_unchecked(run.dir.config_path).model_dump(mode="json", exclude={"name"})
    except DlexpError as error:
        yield error.lines[0]
        return
    recorded = flatten(run.config)
    # A key that this version added, with the value under which earlier ones trained, is not in their records.
    known = recorded.keys() | flatten(compared(config)).keys()
    if keys := [key for key, _, _ in differences(recorded, flatten(config)) if key in known]:
        yield f"{run.dir.config_path}: differs from {run.dir.summary_path.name} in {', '.join(keys)}"


def _of_metrics(run: Run) -> Iterator[str]:
    """Last and best scores, computed from the history again."""
    from dlexp.training.epochs import summarize

    path = run.dir.history_path
    try:
        history = run.dir.history()
    except DlexpError as error:
        yield error.lines[0]
        return
    if [row["epoch"] for row in history] != list(range(1, (run.epochs or 0) + 1)):
        yield f"{path}: damaged: {len(history)} of {run.epochs} epochs"
        return
    restored = run.result.restored_epoch
    if restored is not None and restored not in range(1, len(history) + 1):
        yield f"{run.dir.summary_path}: damaged: restored_epoch is {restored!r:.60}"
        return
    for column, value in summarize(history, restored).items():
        found = run.metrics.get(column)
        last = Column.parse(column).last
        values = [row.get(str(last), 0.0) for row in history]
        has_gap = not all(map(math.isfinite, values))
        # Version 0.1.0 took a NaN that came first as the best value.
        is_first = column == str(last.best_epoch) and math.isnan(values[0]) and found == 1
        if found is None or not (found == value or (math.isnan(found) and has_gap) or is_first):
            yield f"{run.dir.summary_path}: {column} is {found}, and {path.name} gives {value}"
