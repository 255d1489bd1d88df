"""A run under way: its stage, its epochs so far, and how long it will still take."""

import time
from statistics import median

from dlexp.components.columns import OTHER_COLUMNS
from dlexp.records.growing import GrowingHistory
from dlexp.training.job import Job
from dlexp.training.stages import STAGES, Stage

#: The pace of a run is the median of so many epochs.
EPOCHS_OF_PACE = 15
#: In a first epoch of so many seconds, what it compiles makes no great difference; the pace of a shorter one is none.
LONG_EPOCH = 10.0
#: The seconds that a run records do not include these.
STARTING: tuple[Stage, ...] = ("starting", "starting TensorFlow")


class Running:
    """What is known of a run under way, by its records and its process."""

    def __init__(self, job: Job, *, is_first_of_process: bool = False) -> None:
        self.job = job
        self.is_first_of_process = is_first_of_process
        """Whether its process imports what its later runs have; known from its first stages on, at the latest."""
        self.epochs = job.experiment.training.epochs
        self.stage: Stage = "starting"
        self.submitted = self.began = self.advanced = time.monotonic()
        """When its worker was given it, when it left the stages of the start, and when its last epoch was seen."""
        self.epochs_seconds = 0.0
        """What the epochs took that were seen to end."""
        self._history = GrowingHistory(job.run_dir.history_path)
        self._history.new_rows()
        self.resumed_after = self._history.epoch
        """The last epoch on record as it began: it may be resumed from before that."""

    @property
    def epoch(self) -> int:
        """The last epoch that has ended."""
        return self._history.epoch

    @property
    def scores(self) -> dict[str, float]:
        """Those of that epoch."""
        rows = self._history.last
        return {name: value for name, value in rows[-1].items() if name not in OTHER_COLUMNS} if rows else {}

    @property
    def is_training(self) -> bool:
        """Whether its epochs are trained; of one whose process does not say so, whether one has ended."""
        is_untold = self.stage == "starting" and self.epoch > self.resumed_after
        return self.stage == "training" or is_untold

    @property
    def place(self) -> str:
        """How far it is: `7/30`, the epochs that have ended, or its stage."""
        return f"{self.epoch}/{self.epochs}" if self.is_training else self.stage

    def new_rows(self) -> list[dict[str, float]]:
        """The epochs that have ended since."""
        if rows := self._history.new_rows():
            self.advanced = time.monotonic()
            self.epochs_seconds += sum(row.get("seconds", 0.0) for row in rows)
        return rows

    def enter(self, stage: Stage) -> None:
        """Its process is at another stage."""
        if self.stage in STARTING and stage not in STARTING:
            self.began = time.monotonic()
        self.is_first_of_process |= stage == "starting TensorFlow"
        self.stage = stage

    @property
    def pace(self) -> float | None:
        """The seconds of an epoch; None as long as only a first one is known that was compiled."""
        rows = [row for row in self._history.last if row["epoch"] > 1 or row.get("seconds", 0.0) >= LONG_EPOCH]
        return median(row.get("seconds", 0.0) for row in rows[-EPOCHS_OF_PACE:]) if rows else None

    def seconds_left(self, expected: float | None, after_epochs: float = 0.0) -> float | None:
        """By its own epochs and by finished runs, which count the less the more epochs it has; None if neither tell.

        Args:
            expected: The seconds that finished runs say it takes in all, as recorded; None if they do not.
            after_epochs: What comes after the last epoch took in other runs.
        """
        now = time.monotonic()
        if STAGES.index(self.stage) > STAGES.index("training"):
            return max(after_epochs - (now - self.advanced), 0.0)
        passed = 0.0 if self.stage in STARTING else now - self.began
        recorded = None if expected is None else max(expected - passed, 0.0)
        if self.pace is None:
            return recorded
        of_this_epoch = min(now - self.advanced, self.pace)
        of_epochs = max(self.pace * (self.epochs - self.epoch) - of_this_epoch, 0.0) + after_epochs
        if recorded is None:
            return of_epochs
        share = self.epoch / self.epochs
        return share * of_epochs + (1 - share) * recorded
