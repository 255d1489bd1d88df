"""Checkpoints: all that a training is made of at the end of an epoch, so that it is resumed to the same bytes.

A file holds the state of every variable (weights, batch statistics, optimizer slots, random generators) and of early
stopping. What the order of the examples depends on, seed and epoch, needs no state. That of the last epoch may be kept:
the same experiment with more epochs begins with a copy of it, as if it were resumed there.
"""

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from dlexp.errors import DlexpError
from dlexp.format import plural
from dlexp.records.ended import Continued
from dlexp.records.run_dir import RunDir
from dlexp.training import checkpoint_file
from dlexp.training.checkpoint_file import Unusable
from dlexp.training.child import is_asked_to_stop
from dlexp.training.early_stopping import Best
from dlexp.training.epochs import Epochs, Stopped
from dlexp.training.network import Network
from dlexp.whole_files import replacing

#: A checkpoint is saved at the end of the first epoch that is so many seconds after the last one: together with epochs
#: of up to 5 s, no more than 10 s of training are lost.
SECONDS_BETWEEN = 5.0
#: How fast saving is taken to be before the first time, in bytes per second: a slow disk.
BYTES_PER_SECOND = 100e6
#: Saving takes at most this share of the time: large states are saved less often.
LARGEST_SHARE = 0.02
STATE = "state"
#: What of a stamp has to be the same for a training to be resumed, and for one with more epochs to begin there. The
#: latter is stricter: whoever resumes a run elsewhere means to, and who asks for more epochs is promised the bytes.
RESUMED, CONTINUED = ("identity", "seed", "versions"), ("apart_from_epochs", "seed", "versions", "place")


class RowsChanged(Unusable):
    """A checkpoint whose rows are no longer those that it continues."""


class Checkpoints:
    """The two newest checkpoints of one run."""

    def __init__(
        self, run_dir: RunDir, stamp: Mapping[str, Any], network: Network, optimizer: keras.Optimizer, best: Best | None
    ) -> None:
        """`stamp` has what must be the same for a training to be resumed from a checkpoint, or continued."""
        self._run_dir = run_dir
        self._stamp = dict(stamp)
        self._variables: list[keras.Variable] = [*network.variables, *optimizer.variables]
        self._best = best
        self.before_saving: Callable[[], None] = lambda: None
        """Called before each; raises where the rows that it would continue are not those of the training."""
        self._saved = time.perf_counter()
        n_bytes = sum(math.prod(each.shape) * np.dtype(each.dtype).itemsize for each in self._variables)
        self._cost = n_bytes / BYTES_PER_SECOND

    def restore(self, epochs: Epochs) -> None:
        """Go back to the newest checkpoint that can be used, if there is one; what is passed over is printed.

        Raises:
            OSError: None can be used, and one of them could not be read: it may be whole.
        """
        unread = None
        for path in (self._run_dir.checkpoint_path, self._run_dir.previous_checkpoint_path):
            if path.exists():
                try:
                    self._restore(path, epochs)
                except Unusable as error:
                    print(f"checkpoint not used: {error}")
                    if isinstance(error, RowsChanged):
                        self._run_dir.keep_edited_history()
                except OSError as error:
                    print(f"checkpoint not read: {error}")
                    unread = error
                else:
                    print(f"resumed after epoch {epochs.epoch}")
                    return
        if unread is not None:
            raise unread

    def save_if_due(self, epochs: Epochs) -> None:
        """Save at the end of an epoch if the last time is long enough ago; that decides no number."""
        since = time.perf_counter() - self._saved
        if since >= max(SECONDS_BETWEEN, self._cost / LARGEST_SHARE):
            self.save(epochs)

    def save(self, epochs: Epochs) -> None:
        """Write a checkpoint whole; one that cannot be written is reported, and the ones before stay as they are.

        Before the first epoch there is nothing to save, and after early stopping nothing to resume.

        Raises:
            Changed: The rows of the run were edited meanwhile.
        """
        if not epochs.epoch or epochs.stopped_epoch:
            return
        started = time.perf_counter()
        try:
            self._write(epochs)
            self._cost = time.perf_counter() - started
        except OSError as error:  # The disk is full: the training needs no checkpoint, and tries again when one is due.
            print(f"checkpoint not saved: {error}")
        self._saved = time.perf_counter()

    def keep(self, epochs: Epochs) -> None:
        """Write the state at the end of the training as a file that stays; none after early stopping, which is final.

        Raises:
            Changed: The rows of the run were edited meanwhile.
        """
        if not epochs.stopped_epoch:
            self._run_dir.sync_rows()
            with replacing(self._run_dir.state_path, self._run_dir.fence) as path:
                checkpoint_file.write(path, self._content(epochs))

    def stop_if_asked(self, epochs: Epochs) -> None:
        """Save, and end a training that is asked to stop, unless it is done."""
        if is_asked_to_stop() and not epochs.are_done:
            self.save(epochs)
            raise Stopped(f"stopped after {plural(epochs.epoch, 'epoch')}")

    def _write(self, epochs: Epochs) -> None:
        """With its digest, and the one before beside it."""
        content = self._content(epochs)
        # A power cut must not leave a checkpoint whose epochs the history lacks.
        self._run_dir.sync_rows()
        newest = self._run_dir.checkpoint_path
        with replacing(newest, self._run_dir.fence) as path:
            checkpoint_file.write(path, content)
            self._run_dir.require_own()
            if newest.exists():
                newest.replace(self._run_dir.previous_checkpoint_path)

    def _content(self, epochs: Epochs) -> memoryview:
        self.before_saving()
        best = self._best
        arrays: dict[str, Any] = {f"variable_{i}": variable.numpy() for i, variable in enumerate(self._variables)}
        arrays |= {f"best_{i}": weight for i, weight in enumerate((best and best.weights) or ())}
        state = {
            "run": self._run_dir.label,
            "stamp": self._stamp,
            "progress": {
                "epoch": epochs.epoch,
                "seconds": epochs.seconds,
                "resumed_after": epochs.resumed_after,
                "continues": epochs.continues,
                "unpredicted": {role: positions.tolist() for role, positions in epochs.unpredicted.items()},
            },
            "rows": self._run_dir.rows_digests(epochs.epoch),
            "best": best and {"epoch": best.epoch, "value": best.value, "weights": best.weights is not None},
        }
        arrays[STATE] = np.frombuffer(json.dumps(state).encode(), np.uint8)
        return checkpoint_file.encoded(arrays)

    def _restore(self, path: Path, epochs: Epochs) -> None:
        arrays = checkpoint_file.read(path)
        state = json.loads(arrays.pop(STATE).tobytes())
        continued = self._continued(state)
        self._require_same(path, state["stamp"], CONTINUED if continued else RESUMED)
        progress, best = state["progress"], state["best"]
        epoch = progress["epoch"]
        if not epoch:
            raise Unusable(f"{path}: of no epoch")
        history = self._history(path, epoch)
        self._require_same_rows(path, state.get("rows", {}), epoch)
        for i, variable in enumerate(self._variables):
            variable.assign(arrays[f"variable_{i}"])
        if self._best is not None and best["epoch"]:
            self._best.epoch, self._best.value = best["epoch"], best["value"]
            if best["weights"]:
                self._best.weights = [array for name, array in arrays.items() if name.startswith("best_")]
        epochs.history, epochs.seconds_before = history, progress["seconds"]
        epochs.continues = continued or progress.get("continues")
        unpredicted = progress.get("unpredicted", {}).items()
        epochs.unpredicted = {role: np.array(positions, np.int64) for role, positions in unpredicted}
        # 0.1.0 noted no epoch, too.
        epochs.resumed_after = [each for each in progress["resumed_after"] if each] + [epoch]

    def _continued(self, state: Mapping[str, Any]) -> Continued | None:
        """The run whose final state it is; None if it is this one's."""
        was, own = state["stamp"], self._stamp
        apart = was.get("apart_from_epochs")
        if was.get("identity") == own.get("identity") or apart is None or apart != own.get("apart_from_epochs"):
            return None
        progress = state["progress"]
        return {
            "run": state["run"],
            "identity": was["identity"],
            "epoch": progress["epoch"],
            "seconds": progress["seconds"],
        }

    def _require_same(self, path: Path, stamp: Mapping[str, Any], keys: Sequence[str]) -> None:
        was, own = _what_computes(stamp), _what_computes(self._stamp)
        if changed := [key for key in keys if was.get(key) != own.get(key)]:
            raise Unusable(f"{path}: of another {' and '.join(changed)}")

    def _require_same_rows(self, path: Path, recorded: Mapping[str, str], epoch: int) -> None:
        """Diagnostics that are gone only observed; 0.1.0 recorded no digest of the rows."""
        try:
            found = self._run_dir.rows_digests(epoch)
        except DlexpError as error:
            raise Unusable(f"{path}: {error}") from error
        for name, digest in recorded.items():
            if found.get(name, digest) != digest:
                raise RowsChanged(f"{path}: {name} was changed since")

    def _history(self, path: Path, epoch: int) -> list[dict[str, float]]:
        """The rows of the epochs up to this one."""
        try:
            history = self._run_dir.history()[:epoch]
        except DlexpError:
            history = []
        if [row["epoch"] for row in history] != list(range(1, epoch + 1)):
            raise Unusable(f"{path}: {self._run_dir.history_path.name} lacks epochs that it has")
        return history


def _what_computes(stamp: Mapping[str, Any]) -> dict[str, Any]:
    """A stamp without the version of dlexp itself: its training code has one of its own, in the identity."""
    versions = {name: version for name, version in stamp.get("versions", {}).items() if name != "dlexp"}
    return {**stamp, "versions": versions}
