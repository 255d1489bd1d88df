"""The directory of one run: the only place that knows its file names and what they hold."""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from numbers import Integral
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TextIO, TypeVar, cast

from dlexp import regular_files
from dlexp.config.identity import canonical_digest
from dlexp.config.names import FOLDER, PREFIX_LENGTH
from dlexp.errors import Changed
from dlexp.format import to_json, write_exact_csv
from dlexp.records import lock
from dlexp.records.ended import ENVIRONMENT, Ended, Evaluation, Failed, Finished, Interruption
from dlexp.records.record_files import DamagedRecord, damaged, read_history, read_json, read_layers, require
from dlexp.records.shapes import of_type
from dlexp.whole_files import Fence, copy, replacing, sync, write_text

#: finished: summary.json is there; failed: failure.json is; running and interrupted: neither, with a process that holds
#: the lock or without; damaged: not to be read.
Status = Literal["finished", "failed", "running", "interrupted", "damaged"]
#: Those that nothing is added to.
ENDED: tuple[Status, ...] = ("finished", "failed")
#: Those that go on.
UNFINISHED: tuple[Status, ...] = ("running", "interrupted")

_Ended = TypeVar("_Ended", bound=Ended)

#: Of summary.json and failure.json, as their `format`; records of 0.1.0 have none, and are of format 1.
RECORD_FORMAT = 2

#: The columns of diagnostics.csv.
DIAGNOSTICS_COLUMNS = (
    "epoch",
    "layer",
    "dead_share",
    "saturated_share",
    "gradient_norm",
    "weight_norm",
    "update_ratio",
)

#: Every file that a run may hold, as the properties of `RunDir` name them.
OWN_FILES = (
    "config.yaml",
    "history.csv",
    "history-edited.csv",
    "diagnostics.csv",
    "summary.json",
    "failure.json",
    "interruption.json",
    "environment.json",
    "model.keras",
    "curves.png",
    "predictions.npz",
    "evaluation.json",
    "manifest.json",
    "log.txt",
    "checkpoint.npz",
    "checkpoint-previous.npz",
    "lock",
)


#: The files whose digests the manifest of a finished run holds beside the summary's: its results, and what they were
#: made of. Log, pictures, lock and checkpoints are not among them.
RECORDS = (
    "config.yaml",
    "history.csv",
    "environment.json",
    "model.keras",
    "evaluation.json",
    "predictions.npz",
    "diagnostics.csv",
)
#: The layout of manifest.json.
MANIFEST_FORMAT = 1


@dataclass(frozen=True, order=True)
class FolderName:
    """What the name of a run's folder says: `s0-3fa9c1d2e0`, and `s0-3fa9c1d2e0-2` for the second attempt."""

    seed: int
    prefix: str
    attempt: int = 1

    @classmethod
    def parse(cls, name: str) -> "FolderName | None":
        """Read a folder's name; none where it is no run's."""
        match = FOLDER.fullmatch(name)
        return match and cls(int(match["seed"]), match["prefix"], int(match["attempt"] or 1))

    def __str__(self) -> str:
        return f"s{self.seed}-{self.prefix}" + (f"-{self.attempt}" if self.attempt > 1 else "")


@dataclass(frozen=True)
class RunDir:
    """`runs/<name>/s<seed>-<start of the identity>/`: plain files that outlive the program.

    The identity's first ten digits choose the directory; forced repeats end in `-2`, `-3`, ...
    """

    path: Path
    fence: Fence | None = field(default=None, compare=False, repr=False)
    """Asked before every writing: raises where the run is another process's by now."""

    @property
    def name(self) -> str:
        """The name under which the run lies."""
        return self.path.parent.name

    @property
    def label(self) -> str:
        """`NAME/s0-3fa9c1d2e0`, as commands take it."""
        return f"{self.name}/{self.path.name}"

    @property
    def folder(self) -> FolderName:
        """What the folder's own name says."""
        folder = FolderName.parse(self.path.name)
        if folder is None:
            raise ValueError(f"{self.path} is no run directory")
        return folder

    @property
    def seed(self) -> int:
        """The run's seed."""
        return self.folder.seed

    @property
    def identity_prefix(self) -> str:
        """The first ten hex digits of the experiment's identity."""
        return self.folder.prefix

    @property
    def attempt(self) -> int:
        """1, or the number of a forced repeat."""
        return self.folder.attempt

    @property
    def config_path(self) -> Path:
        """The resolved config."""
        return self.path / "config.yaml"

    @property
    def history_path(self) -> Path:
        """One row an epoch."""
        return self.path / "history.csv"

    @property
    def edited_history_path(self) -> Path:
        """A history that was changed while the run was interrupted, kept when the training began again."""
        return self.path / "history-edited.csv"

    @property
    def diagnostics_path(self) -> Path:
        """One row an epoch and hidden layer, where the config asks for it."""
        return self.path / "diagnostics.csv"

    @property
    def summary_path(self) -> Path:
        """Written last: its presence means finished."""
        return self.path / "summary.json"

    @property
    def failure_path(self) -> Path:
        """Instead of the summary when the run failed."""
        return self.path / "failure.json"

    @property
    def interruption_path(self) -> Path:
        """Instead of either, what went wrong around the run, until it is resumed."""
        return self.path / "interruption.json"

    @property
    def environment_path(self) -> Path:
        """Versions, machine and command."""
        return self.path / "environment.json"

    @property
    def model_path(self) -> Path:
        """The trained model."""
        return self.path / "model.keras"

    @property
    def curves_path(self) -> Path:
        """The learning curves."""
        return self.path / "curves.png"

    @property
    def predictions_path(self) -> Path:
        """The test predictions, of a run on a resampled training set alone."""
        return self.path / "predictions.npz"

    @property
    def evaluation_path(self) -> Path:
        """What the model makes of the test split, beside its scores."""
        return self.path / "evaluation.json"

    @property
    def manifest_path(self) -> Path:
        """The digests of the run's records, written just before the summary."""
        return self.path / "manifest.json"

    @property
    def log_path(self) -> Path:
        """Everything that was said."""
        return self.path / "log.txt"

    @property
    def checkpoint_path(self) -> Path:
        """What an interrupted training goes on from; gone when it has ended."""
        return self.path / "checkpoint.npz"

    @property
    def previous_checkpoint_path(self) -> Path:
        """The one before, should the newest be torn."""
        return self.path / "checkpoint-previous.npz"

    @property
    def lock_path(self) -> Path:
        """The process that trains it, while it does."""
        return self.path / "lock"

    @property
    def owner(self) -> lock.Owner | None:
        """The process that trains it now."""
        return lock.owner(self.lock_path)

    @property
    def status(self) -> Status:
        """How the run stands, by its files."""
        try:
            if self.summary() is not None:
                return "finished"
            if self.failure() is not None:
                return "failed"
            return self.unfinished_status()
        except DamagedRecord:
            return "damaged"

    @property
    def has_diverged(self) -> bool:
        """Whether its loss became NaN or infinite."""
        return self.status == "failed" and (failure := self.failure()) is not None and failure.has_diverged

    def unfinished_status(self) -> Status:
        """Running or interrupted, of a run with neither summary nor failure.

        Raises:
            DamagedRecord: There is a history, and the config it belongs to has been deleted.
        """
        if self.owner is not None:
            return "running"
        if self.history_path.exists() and not self.config_path.exists():
            raise DamagedRecord(f"{self.path}: {self.config_path.name} is missing")
        return "interrupted"

    def require_own(self) -> None:
        """Raise what `fence` raises, where there is one."""
        if self.fence:
            self.fence()

    def replacing(self, path: Path) -> AbstractContextManager[Path]:
        """Write a file of the run whole, or not at all, as `whole_files.replacing` does."""
        return replacing(path, self.fence)

    @property
    def has_own_training_set(self) -> bool:
        """Whether its config says that it trained on all training examples as they are, without a resample."""
        try:
            return "\n  resample: null\n" in regular_files.read_text(self.config_path)
        except (OSError, UnicodeDecodeError):
            return False

    def write_config(self, text: str) -> None:
        """Write the resolved config, as YAML; the first file of a run."""
        write_text(self.config_path, text, self.fence)
        for folder in (self.path.parent, self.path.parent.parent):  # Or a power cut takes the whole run.
            sync(folder)

    def write_environment(self, record: Mapping[str, Any]) -> None:
        """Write what the run ran on."""
        write_text(self.environment_path, to_json(record), self.fence)

    def write_evaluation(self, record: Mapping[str, Any]) -> None:
        """Write what the model makes of the test split."""
        write_text(self.evaluation_path, to_json(record), self.fence)

    def write_summary(self, record: Mapping[str, Any]) -> None:
        """Write the digests of the other records and of the result, then the result; the last file of a run.

        The manifest holds the summary's digest and the summary the manifest's: neither can be edited alone.
        """
        self.sync_rows()
        summary = json.loads(to_json({"format": RECORD_FORMAT, **record}))  # As it will be read.
        digests = {name: sha256(self.path / name) for name in RECORDS if (self.path / name).exists()}
        manifest = to_json({"format": MANIFEST_FORMAT, "sha256": digests, "summary": summary_digest(summary)})
        write_text(self.manifest_path, manifest, self.fence)
        own_digest = hashlib.sha256(manifest.encode()).hexdigest()
        write_text(self.summary_path, to_json({**summary, "manifest": own_digest}), self.fence)

    def write_failure(self, record: Mapping[str, Any]) -> None:
        """Write why there is no result."""
        self.sync_rows()
        write_text(self.failure_path, to_json({"format": RECORD_FORMAT, **record}), self.fence)

    def write_interruption(self, record: Mapping[str, Any]) -> None:
        """Write what went wrong around the run, which may be resumed."""
        write_text(self.interruption_path, to_json(record), self.fence)

    def remove_interruption(self) -> None:
        """The run is being resumed."""
        self.require_own()
        self.interruption_path.unlink(missing_ok=True)

    def history_writer(self, columns: Sequence[str], after: int = 0) -> "HistoryWriter":
        """Go on with the history of these columns after an epoch, without what it has of later ones."""
        return HistoryWriter(self.history_path, columns, after, self.fence)

    def diagnostics_writer(self, columns: Sequence[str], after: int = 0) -> "HistoryWriter":
        """Go on with the diagnostics after an epoch."""
        return HistoryWriter(self.diagnostics_path, columns, after, self.fence)

    def sync_rows(self) -> None:
        """Have the rows written so far survive a power cut: what is said to be recorded then is."""
        for path in (self.history_path, self.diagnostics_path):
            if path.exists():
                sync(path)

    @property
    def has_checkpoint(self) -> bool:
        """Whether there is something to go on from."""
        return self.checkpoint_path.exists() or self.previous_checkpoint_path.exists()

    def rows_digests(self, epoch: int) -> dict[str, str]:
        """The SHA-256 of what history and diagnostics hold of the epochs up to this one, by file; of those there are.

        Raises:
            DamagedRecord: A row has no epoch.
        """
        paths = [path for path in (self.history_path, self.diagnostics_path) if path.exists()]
        return {path.name: hashlib.sha256(b"".join(_lines_up_to(path, epoch))).hexdigest() for path in paths}

    def keep_edited_history(self) -> None:
        """Copy a history that is not believed, before another takes its place; the first one is kept."""
        if not self.edited_history_path.exists():
            copy(self.history_path, self.edited_history_path, self.fence)

    def take_progress(self, other: "RunDir") -> None:
        """Copy what another attempt at the same run can be resumed from."""
        # In this order: without its config a history is damaged, and a checkpoint stands for all that it continues.
        first = (self.config_path, self.history_path, self.diagnostics_path)
        for path in (*first, self.checkpoint_path, self.previous_checkpoint_path):
            if (theirs := other.path / path.name).exists():
                copy(theirs, path, self.fence)

    def remove_checkpoints(self) -> None:
        """What is only there to go on from; for a run that has ended."""
        self.require_own()
        for path in (self.checkpoint_path, self.previous_checkpoint_path):
            path.unlink(missing_ok=True)

    def summary(self) -> Finished | None:
        """The result; None while there is none.

        Raises:
            DamagedRecord: It cannot be read, or is another run's.
        """
        return self._read_own(self.summary_path, Finished)

    def failure(self) -> Failed | None:
        """Why the run failed; None if it did not.

        Raises:
            DamagedRecord: It cannot be read, or is another run's.
        """
        return self._read_own(self.failure_path, Failed)

    def interruption(self) -> Interruption | None:
        """What went wrong around an interrupted run; None if nothing did, or its record cannot be read."""
        with suppress(DamagedRecord):
            return cast(Interruption | None, read_json(self.interruption_path, of_type(Interruption)))
        return None

    def environment(self) -> dict[str, Any] | None:
        """What the run ran on; None if it was not recorded.

        Raises:
            DamagedRecord: It cannot be read.
        """
        return read_json(self.environment_path, ENVIRONMENT)

    def evaluation(self) -> Evaluation | None:
        """What the model makes of the test split; None for runs recorded before that was kept.

        Raises:
            DamagedRecord: It cannot be read.
        """
        return cast(Evaluation | None, read_json(self.evaluation_path, of_type(Evaluation)))

    def history(self) -> list[dict[str, float]]:
        """The epochs so far, `epoch` a whole number; a last line that was cut short is left out.

        Raises:
            DamagedRecord: A whole line cannot be read, or is not the next epoch's.
        """
        return read_history(self.history_path)

    def diagnostics(self) -> list[dict[str, float]]:
        """A row for each epoch and hidden layer so far, as in the history; empty where none was recorded.

        Raises:
            DamagedRecord: A whole line cannot be read, or rows are missing, twice or out of order.
        """
        return read_layers(self.diagnostics_path, DIAGNOSTICS_COLUMNS)

    def _read_own(self, path: Path, kind: type[_Ended]) -> _Ended | None:
        """A record of this very run: not one that a hand moved in from another."""
        record = read_json(path)
        if record is None:
            return None
        version = record.get("format", 1)
        if isinstance(version, int) and version > RECORD_FORMAT:  # Its keys may mean other things.
            raise DamagedRecord(f"{path}: of record format {version}, and this dlexp reads up to {RECORD_FORMAT}")
        require(record, of_type(kind), path)
        ended = kind.of(record)
        if (ended.seed, ended.identity[:PREFIX_LENGTH]) != (self.seed, self.identity_prefix):
            raise damaged(path, "the record of another run")
        return ended


class HistoryWriter:
    """A CSV file of numbers that grows a row an epoch and can be read at any moment."""

    def __init__(self, path: Path, columns: Sequence[str], after: int = 0, fence: Fence | None = None) -> None:
        """Begin with the rows of the epochs up to `after` that the file has, as they stand there.

        They are copied into a new file: a row that an earlier owner of the run still adds gets lost in the old one.
        `fence` is asked before anything is written.
        """
        self._columns = tuple(columns)
        self._fence = fence
        header = io.StringIO()
        write_exact_csv(header, self._columns, ())
        kept = _lines_up_to(path, after)[1:] if after and path.exists() else []
        content = header.getvalue() + b"".join(kept).decode()
        write_text(path, content, fence)
        self._path = path
        self._written = hashlib.sha256(content.encode())
        self._file: TextIO = path.open("a", encoding="utf-8", newline="\n")

    def write(self, row: Mapping[str, float]) -> None:
        """Add a row of exactly the columns; floats are written so that they read back to the bit."""
        if row.keys() != set(self._columns):
            raise ValueError(f"a row of {sorted(row)} into columns {sorted(self._columns)}")
        if self._fence:
            self._fence()
        # In one piece: a reader, or the next start after a kill, sees whole rows and at most one torn one.
        line = ",".join(_number(row[column]) for column in self._columns) + "\n"
        self._file.write(line)
        self._file.flush()
        self._written.update(line.encode())

    def require_unchanged(self) -> None:
        """Make sure that the file holds what was written: an editor that saves it replaces it, and loses later rows.

        Raises:
            Changed: It holds something else, or is gone.
        """
        try:
            found = sha256(self._path)
        except FileNotFoundError:
            found = ""
        if found != self._written.hexdigest():
            raise Changed(f"{self._path}: changed while the run was trained")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()


def _lines_up_to(path: Path, epoch: int) -> list[bytes]:
    """The header of a CSV file, and its whole lines whose first column, the epoch, is at most this one."""
    header, *lines = regular_files.read_bytes(path).splitlines(keepends=True) or [b""]
    try:
        return [header, *(line for line in lines if line.endswith(b"\n") and int(line.partition(b",")[0]) <= epoch)]
    except ValueError as error:
        raise damaged(path, "a row without an epoch") from error


def sha256(path: Path) -> str:
    """The SHA-256 of a file (hex), of whatever size."""
    with regular_files.opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def summary_digest(summary: Mapping[str, Any]) -> str:
    """The SHA-256 (hex) of what a summary says, as canonical JSON, without the digest of the manifest in it."""
    return canonical_digest({key: value for key, value in summary.items() if key != "manifest"})


def _number(value: float) -> str:
    """The shortest text that reads back to the same value; numpy's scalars too."""
    return str(int(value)) if isinstance(value, Integral) else repr(float(value))
