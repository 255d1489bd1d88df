"""What a training process is doing at the moment: one shared byte, which its parent reads. Imports no TensorFlow."""

from multiprocessing.sharedctypes import RawValue
from typing import Literal, get_args

#: In their order. `compiling` ends as the first epoch begins to compute; `training` is that of the epochs; `drawing` is
#: making what else a finished run has beside its records.
Stage = Literal[
    "starting",
    "starting TensorFlow",
    "loading data",
    "building",
    "compiling",
    "training",
    "testing",
    "saving",
    "drawing",
]
STAGES: tuple[Stage, ...] = get_args(Stage)


class SharedStage:
    """The stage of one process, seen by the one that started it."""

    def __init__(self) -> None:
        self._byte = RawValue("b", 0)

    def set(self, stage: Stage) -> None:
        """Say what the process is doing from now on."""
        self._byte.value = STAGES.index(stage)

    @property
    def stage(self) -> Stage:
        """What it is doing."""
        return STAGES[int(self._byte.value)]


#: Of this process; None if its parent does not look.
_own: SharedStage | None = None


def share(stage: SharedStage) -> None:
    """Let the parent of this process see its stage."""
    global _own
    _own = stage


def enter(stage: Stage) -> None:
    """Say what this process is doing from now on; it takes a microsecond, and changes nothing else."""
    if _own:
        _own.set(stage)
