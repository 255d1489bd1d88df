"""The directory of one run: the only place that knows its file names and what they hold."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from dlexp.config.identity import canonical_digest
from dlexp.config.names import FOLDER, OBSERVED, PREFIX_LENGTH
from dlexp.format import to_json
from dlexp.records import lock
from dlexp.records.ended import ENVIRONMENT, Ended, Failed, Finished, Interruption
from dlexp.records.evaluation import Evaluation
from dlexp.records.history import EPOCH, lines_up_to, read_history, read_layers
from dlexp.records.record_files import DamagedRecord, damaged, read, read_json, sha256
from dlexp.records.seal import Seal
from dlexp.records.shapes import of_type
from dlexp.whole_files import Fence, copy, current, sync, sync_all, together, write_text

#: finished: summary.json is there; failed: failure.json is; running and interrupted: neither, with a process that holds
#: the lock or without; damaged: not to be read.
Status = Literal["finished", "failed", "running", "interrupted", "damaged"]
#: Those that may be resumed.
UNFINISHED: tuple[Status, ...] = ("running", "interrupted")

_Ended = TypeVar("_Ended", bound=Ended)

#: Of summary.json and failure.json, as their `format`; records of 0.1.0 have none, and are of format 1.
RECORD_FORMAT = 2
#: The layout of manifest.json.
MANIFEST_FORMAT = 1


@dataclass(frozen=True)
class _File:
    """A file of a run: on a `RunDir` its path."""

    name: str
    in_manifest: bool = False

    def __get__(self, run_dir: "RunDir", owner: type | None = None) -> Path:
        return run_dir.path / self.name


@dataclass(frozen=True, order=True)
class FolderName:
    """What the name of a run's folder says: `s0-3fa9c1d2e0`, and `s0-3fa9c1d2e0-2` for the second attempt."""

    seed: int
    prefix: str
    attempt: int = 1

    @classmethod
    def parse(cls, name: str) -> "FolderName | None":
        """Read a folder's name; None if it is no run's."""
        match = FOLDER.fullmatch(name)
        return match and cls(int(match["seed"]), match["prefix"], int(match["attempt"] or 1))

    def __str__(self) -> str:
        return f"s{self.seed}-{self.prefix}" + (f"-{self.attempt}" if self.attempt > 1 else "")


@dataclass(frozen=True)
class RunDir:
    """`runs/<name>/s<seed>-<start of the identity>/`: plain files that outlive the program.

    The identity's first ten digits choose the directory; forced repeats end in `-2`, `-3`, ... What gives a record
    raises `DamagedRecord` where that cannot be read, was edited into nonsense, or is another run's.
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

    @cached_property
    def folder(self) -> FolderName:
        """What the folder's own name says: the seed, the start of the experiment's identity, and the attempt."""
        folder = FolderName.parse(self.path.name)
        if folder is None:
            raise ValueError(f"{self.path} is no run directory")
        return folder

    @property
    def seed(self) -> int:
        """The run's seed."""
        return self.folder.seed

    @property
    def repetition(self) -> "RunDir":
        """Where its repetition lies that was observed, if there is one."""
        return RunDir(self.path.with_name(self.path.name + OBSERVED))

    # Results, and what they were made of, in the order of the manifest; the others may come later.
    config_path = _File("config.yaml", in_manifest=True)  # Resolved.
    history_path = _File("history.csv", in_manifest=True)  # One row per epoch.
    environment_path = _File("environment.json", in_manifest=True)  # Versions, machine and command.
    model_path = _File("model.keras", in_manifest=True)
    evaluation_path = _File("evaluation.json", in_manifest=True)  # Of the test split, beside its scores.
    predictions_path = _File("predictions.npz", in_manifest=True)  # A result per test example.
    diagnostics_path = _File("diagnostics.csv", in_manifest=True)  # One row per epoch and hidden layer.
    manifest_path = _File("manifest.json")  # The digests of the records above.
    summary_path = _File("summary.json")  # Written last: its presence means finished.
    failure_path = _File("failure.json")  # Instead of the summary when the run failed.
    interruption_path = _File("interruption.json")  # Instead of either, until it is resumed.
    edited_history_path = _File("history-edited.csv")  # By someone else; the training began again.
    curves_path = _File("curves.png")  # The learning curves.
    sealed_path = _File("sealed.json")  # Which study keeps its test scores from readers.
    opened_path = _File("opened.json")  # The same, once that study was opened.
    tags_path = _File("tags.txt")  # The user's words for it, one a line.
    note_path = _File("note.txt")  # The user's own text.
    log_path = _File("log.txt")  # Everything that was said.
    checkpoint_path = _File("checkpoint.npz")  # Gone when the training has ended.
    previous_checkpoint_path = _File("checkpoint-previous.npz")  # The one before, should the newest be torn.
    state_path = _File("state.npz")  # Of its training at the end, where it is kept: a longer one continues it.
    lock_path = _File("lock")  # The process that trains it, while it does.

    @property
    def owner(self) -> lock.Owner | None:
        """The process that trains it now."""
        return lock.owner(self.lock_path)

    def standing(self) -> tuple[Status, Finished | Failed | None, str]:
        """How the run stands, by its files; its record, if it has ended; and what went wrong, in a line."""
        try:
            if result := self.summary():
                return "finished", result, ""
            if failure := self.failure():
                return "failed", failure, failure.what
            if self.owner is not None:
                return "running", None, ""
            if self.history_path.exists() and not self.config_path.exists():
                raise DamagedRecord(f"{self.path}: {self.config_path.name} is missing")
            interruption = self.interruption()
            return "interrupted", None, interruption["what"] if interruption else ""
        except DamagedRecord as error:
            return "damaged", None, error.lines[0]

    @property
    def status(self) -> Status:
        """How the run stands, by its files."""
        return self.standing()[0]

    def require_own(self) -> None:
        """Raise what `fence` raises, where there is one."""
        if self.fence:
            self.fence()

    def write_config(self, text: str) -> None:
        """Write the resolved config, as YAML; the first file of a run."""
        with together(self.path.parent, self.path.parent.parent):  # Or a power cut takes the whole run.
            write_text(self.config_path, text, self.fence)

    def write_json(self, path: Path, record: Mapping[str, Any], *, flat_lists: bool = False) -> None:
        """Write a record of the run; `flat_lists` as for `to_json`."""
        write_text(path, to_json(record, flat_lists=flat_lists), self.fence)

    def seal(self) -> Seal | None:
        """Who keeps its test scores from readers; None if they are open."""
        return Seal.read(self.sealed_path)

    def put_seal(self, seal: Seal) -> None:
        """Have its test scores kept from readers, unless they are already, or were opened."""
        if not (self.sealed_path.exists() or self.opened_path.exists()):
            self.write_json(self.sealed_path, seal.record)

    def open_seal(self) -> None:
        """Let readers see its test scores from now on."""
        self.sealed_path.replace(self.opened_path)
        sync(self.path)

    def write_summary(self, record: Mapping[str, Any]) -> None:
        """Write the digests of the other records and of the result, then the result; the last file of a run.

        The manifest holds the summary's digest and the summary the manifest's: neither can be edited alone.
        """
        summary = json.loads(to_json({"format": RECORD_FORMAT, **record}))  # As it will be read.
        written = {name: path for name in RECORDS if (path := current(self.path / name)).exists()}
        digests = {name: sha256(path) for name, path in written.items()}
        manifest = to_json({"format": MANIFEST_FORMAT, "sha256": digests, "summary": summary_digest(summary)})
        own_digest = hashlib.sha256(manifest.encode()).hexdigest()
        with together(*self._rows(), last=self.summary_path):
            write_text(self.manifest_path, manifest, self.fence)
            self.write_json(self.summary_path, {**summary, "manifest": own_digest})

    def write_failure(self, record: Mapping[str, Any]) -> None:
        """Write why there is no result."""
        self.sync_rows()
        self.write_json(self.failure_path, {"format": RECORD_FORMAT, **record})

    def remove_interruption(self) -> None:
        """Remove the note of what interrupted the run, which is being resumed."""
        self.require_own()
        self.interruption_path.unlink(missing_ok=True)

    def sync_rows(self) -> None:
        """Have the rows written so far survive a power cut: what is said to be recorded then is."""
        sync_all(self._rows())

    @property
    def has_checkpoint(self) -> bool:
        """Whether there is a checkpoint to resume from."""
        return self.checkpoint_path.exists() or self.previous_checkpoint_path.exists()

    def rows_digests(self, epoch: int) -> dict[str, str]:
        """The SHA-256 of the rows of the epochs up to this one, of history and diagnostics, by file."""
        return {path.name: hashlib.sha256(b"".join(lines_up_to(path, epoch))).hexdigest() for path in self._rows()}

    def _rows(self) -> list[Path]:
        return [path for path in (self.history_path, self.diagnostics_path) if path.exists()]

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

    def take_state(self, other: "RunDir", *, diagnostics: bool) -> None:
        """Copy what a finished run of fewer epochs can be continued from, as the checkpoint of this one."""
        # In this order: the state stands for all that it continues.
        for path in (self.history_path, *[self.diagnostics_path] * diagnostics):
            copy(other.path / path.name, path, self.fence)
        copy(other.state_path, self.checkpoint_path, self.fence)

    def remove_checkpoints(self) -> None:
        """Remove what a run that has ended is no longer resumed from."""
        self.require_own()
        for path in (self.checkpoint_path, self.previous_checkpoint_path):
            path.unlink(missing_ok=True)

    def summary(self) -> Finished | None:
        """The result; None while there is none."""
        return self._read_own(self.summary_path, Finished)

    def failure(self) -> Failed | None:
        """Why the run failed; None if it did not."""
        return self._read_own(self.failure_path, Failed)

    def interruption(self) -> Interruption | None:
        """What went wrong around an interrupted run; None if nothing did, or its record cannot be read."""
        with suppress(DamagedRecord):
            return cast(Interruption | None, read_json(self.interruption_path, of_type(Interruption)))
        return None

    def environment(self) -> dict[str, Any] | None:
        """What the run ran on; None if it was not recorded."""
        return read_json(self.environment_path, ENVIRONMENT)

    def evaluation(self) -> Evaluation | None:
        """What the model makes of the test split; None for runs of before that was kept, and where it is sealed."""
        if self.seal():
            return None
        return cast(Evaluation | None, read_json(self.evaluation_path, of_type(Evaluation)))

    def tags(self) -> tuple[str, ...]:
        """The user's words for the run, each once, in the order in which they were given."""
        return tuple(dict.fromkeys(self._text(self.tags_path).split()))

    def note(self) -> str:
        """The user's text about the run, without line ends around it; empty where there is none."""
        return self._text(self.note_path).strip()

    def _text(self, path: Path) -> str:
        return (read(path) or b"").decode("utf-8", errors="replace")

    def history(self) -> list[dict[str, float]]:
        """The epochs so far, `epoch` a whole number; a last line that was cut short is left out."""
        return read_history(self.history_path)

    def diagnostics(self) -> list[dict[str, float]]:
        """A row for each epoch and hidden layer so far, as in the history; empty where none was recorded.

        Those of a repetition that was observed come first: it has all epochs.
        """
        repetition = self.repetition
        if not repetition.diagnostics_path.exists():
            return read_layers(self.diagnostics_path)
        if repetition._trained_numbers() != self._trained_numbers():
            raise DamagedRecord(f"{repetition.path}: the repetition of another run than {self.path.name}; remove it")
        return read_layers(repetition.diagnostics_path)

    @property
    def has_diagnostics(self) -> bool:
        """Whether there are any, its own or those of a repetition."""
        return self.diagnostics_path.exists() or self.repetition.diagnostics_path.exists()

    @property
    def lacks_first_diagnostics(self) -> bool:
        """Whether the diagnostics begin after the first epoch: only then were they asked for, or they were lost."""
        with suppress(DamagedRecord):
            return any(row[EPOCH] > 1 for row in self.diagnostics()[:1])
        return False

    def _trained_numbers(self) -> list[dict[str, str]]:
        """The history without the seconds; as text, in which NaN equals itself."""
        return [{key: repr(value) for key, value in row.items() if key != "seconds"} for row in self.history()]

    def _read_own(self, path: Path, kind: type[_Ended]) -> _Ended | None:
        """A record of this very run: not one that a hand moved in from another."""
        record = read_json(path)
        if record is None:
            return None
        version = record.get("format", 1)
        if isinstance(version, int) and version > RECORD_FORMAT:  # Its keys may mean other things.
            raise DamagedRecord(f"{path}: of record format {version}, and this dlexp reads up to {RECORD_FORMAT}")
        if wrong := of_type(cast(Any, kind))(record, ""):
            raise damaged(path, wrong)
        ended = kind.of(record)
        if (ended.seed, ended.identity[:PREFIX_LENGTH]) != (self.seed, self.folder.prefix):
            raise damaged(path, "the record of another run")
        return ended


_FILES = [file for file in vars(RunDir).values() if isinstance(file, _File)]
#: Every file that a run may hold.
OWN_FILES = tuple(file.name for file in _FILES)
#: Those whose digests the manifest of a finished run holds, beside the summary's.
RECORDS = tuple(file.name for file in _FILES if file.in_manifest)


def summary_digest(summary: Mapping[str, Any]) -> str:
    """The SHA-256 (hex) of what a summary says, as canonical JSON, without the digest of the manifest in it."""
    return canonical_digest({key: value for key, value in summary.items() if key != "manifest"})
