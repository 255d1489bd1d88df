"""One run to be trained: everything a worker needs, small enough to send. Imports no TensorFlow."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlexp.components import snapshot
from dlexp.components.component import Misfit
from dlexp.components.remarks import Remark
from dlexp.config.experiment import Experiment
from dlexp.records.run_dir import RunDir
from dlexp.records.seal import Seal
from dlexp.training.after import After
from dlexp.whole_files import Fence


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A run that may be trained: what is read and built for it, wherever it is recorded."""

    experiment: Experiment
    seed: int
    data_digest: str
    data_dir: Path | None
    stand_in: bool
    """Train on the generated stand-in, for `--smoke`."""
    code_digest: str | None = None
    """Of the user's code that makes the model, as the command found it; None if there is none."""
    large_digests: snapshot.Digests = field(default_factory=dict)
    """Of data files that are too large to be read once more."""
    allowed: Sequence[str] = ()
    """The rules of remarks on the data that the config allows."""
    strict: bool = False
    """Whether data are refused of which it is not certain how they were to be read."""
    repeats: bool = False
    """Whether it is on record: settings that worked then are not refused."""

    @property
    def key(self) -> tuple[object, ...]:
        """What two runs have in common that read and build the same, in the same way."""
        experiment = self.experiment.model_copy(update={"name": ""})
        inputs = self.data_digest, self.data_dir, self.stand_in, self.code_digest
        return experiment.model_dump_json(), self.seed, *inputs, tuple(self.allowed), self.strict, self.repeats

    @property
    def key_of_seeds(self) -> tuple[object, ...]:
        """What two runs have in common that read and build the same, except for what depends on the seed."""
        experiment, _, *others = self.key
        return experiment, *others

    @property
    def inputs_key(self) -> tuple[object, ...]:
        """What two runs have in common whose examples have the same shape: a redrawn or smaller share has it too."""
        dataset = self.experiment.dataset.model_copy(update={"resample": None, "train_fraction": 1.0})
        return dataset.model_dump_json(), self.data_dir, self.stand_in


@dataclass(frozen=True)
class Refusal:
    """Why a candidate cannot be trained: found before anything is."""

    candidate: Candidate
    misfits: Sequence[Misfit]
    """What is wrong, by dotted path; an empty path if no setting is to blame."""
    remarks: Sequence[Remark] = ()
    """How its data were read, which may explain it."""


@dataclass(frozen=True, kw_only=True)
class Job(Candidate):
    """A run: one experiment with one seed, and where its records go."""

    identity: str
    path: Path
    """The run directory; it exists already."""
    provenance: dict[str, Any]
    """What the command knows of itself: its words, the git commit."""
    experiment_label: str
    """What its experiment is called beside the others of the command."""
    after: Sequence[After] = ()
    """What is made of the records of the finished run."""
    fence: Fence | None = None
    """In the worker: raises where the run is another process's by now; asked before anything is recorded."""
    earlier: Path | None = None
    """An attempt that failed and left a checkpoint: this one begins with a copy of it."""
    shorter: Sequence[Path] = ()
    """Runs of the same experiment with fewer epochs: it begins with the final state of the first that has kept one."""
    earlier_digests: tuple[str, ...] = ()
    """What earlier versions took as the digest of the same data."""
    seal: Seal | None = None
    """Who keeps its test scores from readers; None if they are open."""

    @property
    def run_dir(self) -> RunDir:
        """Where its records are written."""
        return RunDir(self.path, self.fence)

    @property
    def label(self) -> str:
        """Its experiment and its seed, for people."""
        return f"{self.experiment_label}, seed {self.seed}"
