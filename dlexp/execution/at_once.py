"""How many runs are trained at the same time: by default as many as there are cores and memory for."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dlexp import cores
from dlexp.components import memory
from dlexp.config.experiment import Experiment
from dlexp.config.needed_memory import BYTES, COPIES, peak_bytes
from dlexp.execution.arguments import Auto
from dlexp.execution.plan import Planned

#: Bytes that a process has of its own, Python and TensorFlow included: measured with the smallest runs.
PROCESS_BYTES = 320e6


@dataclass(frozen=True)
class AtOnce:
    """How many runs are trained at the same time."""

    n: int = 1
    is_chosen: bool = False
    """Whether dlexp has chosen it, and may choose fewer where a run turns out to need more memory."""


#: Where nothing else is said.
ONE = AtOnce()


def at_once(workers: int | Auto, to_train: Sequence[Planned], smoke: bool = False) -> AtOnce:
    """The number that the user gave; else what cores and memory allow, and never more than there are runs.

    Each thread of each run has a core of its own, and a graphics card trains one run at a time. The number decides how
    long a command takes, and of what a run records only its seconds.
    """
    if workers != "auto":
        return AtOnce(workers)
    experiments: Mapping[str, Experiment] = {each.subject.identities.own: each.subject.experiment for each in to_train}
    if any(each.training.device == "gpu" for each in experiments.values()):
        return AtOnce(1, is_chosen=True)  # How much memory the card has only TensorFlow would tell.
    threads = max((each.training.threads for each in experiments.values()), default=1)
    n = min(cores.usable() // threads, len(to_train))
    if n > 1 and (left := memory.available()) is not None:
        n = min(n, int(left / max(_needed(each, smoke) for each in experiments.values())))
    return AtOnce(max(1, n), is_chosen=True)


def _needed(experiment: Experiment, smoke: bool) -> float:
    """Bytes that a run of this experiment and its process need, as far as the config tells."""
    info = experiment.dataset.info()
    parts = peak_bytes(experiment, info)
    model = sum(n for path, n in parts.items() if not path.startswith("dataset.n_train"))
    # Texts are mostly sparse, and how long they are only the data tell.
    is_known = info.inputs != "sparse" and not smoke
    data = COPIES * BYTES * math.prod(info.shape) * ((info.n_train or 0) + (info.n_test or 0)) if is_known else 0
    return PROCESS_BYTES + model + data
