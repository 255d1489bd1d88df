"""One run to be trained: everything a worker needs, small enough to send. Imports no TensorFlow."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlexp.components import snapshot
from dlexp.config.experiment import Experiment
from dlexp.records.run_dir import RunDir
from dlexp.training.after import After
from dlexp.whole_files import Fence


@dataclass(frozen=True, kw_only=True)
class Job:
    """A run: one experiment with one seed, and where its records go."""

    experiment: Experiment
    seed: int
    identity: str
    data_digest: str
    path: Path
    """The run directory; it exists already."""
    data_dir: Path | None
    stand_in: bool
    """Train on the generated stand-in, for `--smoke`."""
    provenance: dict[str, Any]
    """What the command knows of itself: its words, the git commit."""
    after: Sequence[After] = ()
    """What is made of the records of the finished run."""
    code_digest: str | None = None
    """Of the user's code that makes the model, as the command found it; None if there is none."""
    large_digests: snapshot.Digests = field(default_factory=dict)
    """Of data files that are too large to be read once more."""
    fence: Fence | None = None
    """In the worker: raises where the run is another process's by now; asked before anything is recorded."""
    earlier: Path | None = None
    """An attempt that failed and left a checkpoint: this one begins with a copy of it."""
    allowed: Sequence[str] = ()
    """The rules of remarks on the data that the config allows."""
    strict: bool = False
    """Whether data are refused of which it is not certain how they were to be read."""
    earlier_digests: tuple[str, ...] = ()
    """What earlier versions took as the digest of the same data."""

    @property
    def run_dir(self) -> RunDir:
        """Where its records are written."""
        return RunDir(self.path, self.fence)

    @property
    def label(self) -> str:
        """Name and seed, for people."""
        return f"{self.experiment.name}, seed {self.seed}"
