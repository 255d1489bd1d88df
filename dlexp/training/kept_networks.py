"""Networks that a process keeps from one run to the next, with what has been compiled of them.

A run of the same form takes over what is compiled, and has the bytes of a run in a fresh process all the same: its
network is built as there, and only then stands for the memory of the kept variables; the optimizer begins again, and
examples are arguments of what is compiled.
"""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import keras
import numpy as np

from dlexp.components.data import Info, Split
from dlexp.config.experiment import Experiment
from dlexp.training.loop import TRAINER
from dlexp.training.network import Network
from dlexp.training.variables import share

#: The last networks are kept, at most so many; and at most so many bytes of them while another one is built.
MOST, MOST_BYTES = 8, 50e6

#: Whatever is part of the graphs that are compiled of a network, apart from its variables.
Form = tuple[object, ...]


def form_of(experiment: Experiment, info: Info, train: Split, network: Network) -> Form:
    """What two networks have in common if the same graphs are compiled from both."""
    parts = experiment.model, experiment.head, experiment.optimizer, experiment.training
    settings = tuple(part.model_dump_json() for part in parts)
    fitted = network.output.fitted
    taken_from_targets = hashlib.sha256(train.y.tobytes()).hexdigest() if fitted is None else tuple(fitted)
    shapes = len(train), str(train.x.dtype), str(train.y.dtype), train.y.shape[1:]
    return settings, repr(info), shapes, taken_from_targets


@dataclass
class KeptNetwork:
    """A network that is kept, and whether it is known what its variables begin with for any seed."""

    network: Network
    has_known_beginnings: bool = False

    @property
    def variables(self) -> list[keras.Variable]:
        """Those of the network and its optimizer."""
        return [*self.network.variables, *self.network.compiled[TRAINER].optimizer.variables]

    @property
    def is_closed(self) -> bool:
        """Whether what is compiled reads and changes no variables except those that begin again with each run."""
        known = {id(variable.value.handle) for variable in self.variables}
        parts = self.network.compiled.values()
        return all(id(each) in known for part in parts for each in part.resources) and not any(p.draws for p in parts)

    def renewed(self, build: Callable[[], Network], seed: int) -> Network:
        """A network as `build` makes it for a seed, sharing what is kept.

        What building gives is compared once with what is expected of it. After that the kept network itself is taken:
        if it were built again, the values of its variables are all that would be new.
        """
        kept = self.network
        if self.has_known_beginnings:  # `values` draws by itself: `set_random_seed` would forget what is compiled.
            for variable, value in zip(kept.variables, kept.beginnings.values(seed), strict=True):
                variable.assign(value)
            return kept
        built = build()
        self.has_known_beginnings = _is_expected(built, kept, seed)
        return replace(self.shared_with(built), evaluators=kept.evaluators)

    def release(self) -> None:
        """Hold no examples any more."""
        self.network.evaluators.clear()
        self.network.compiled[TRAINER].release()

    def shared_with(self, network: Network) -> Network:
        """A network of the same form with its own values in the kept variables, and with what is compiled of these."""
        share(network.variables, self.network.variables)
        return replace(network, compiled=self.network.compiled)


def _is_expected(built: Network, kept: Network, seed: int) -> bool:
    """Whether a network is the kept one with the values that its variables are expected to begin with."""
    if seed == kept.beginnings.seed:  # Nothing is to be seen then.
        return False
    pairs = zip(built.variables, kept.beginnings.values(seed), strict=True)
    are_equal = all(np.array_equal(variable.numpy(), value) for variable, value in pairs)
    return are_equal and bool(built.model.to_json() == kept.model.to_json())


class KeptNetworks:
    """The last networks by their form."""

    def __init__(self) -> None:
        self._kept: dict[Form, KeptNetwork] = {}

    def take(self, form: Form) -> KeptNetwork | None:
        """The network of a form, which is then no longer kept: a run that ends halfway may leave it in any state."""
        return self._kept.pop(form, None)

    def keep(self, form: Form, kept: KeptNetwork) -> None:
        """Keep a network whose run has ended; the oldest is dropped if there are too many."""
        self._drop(MOST - 1, MOST_BYTES)
        self._kept[form] = kept

    def make_room(self) -> None:
        """Leave the memory to a run of another experiment: no examples are held, nor networks that take much of it."""
        self._drop(MOST, MOST_BYTES)
        for kept in self._kept.values():
            kept.release()

    def _drop(self, most: int, most_bytes: float) -> None:
        while len(self._kept) > most or sum(map(_size, self._kept.values())) > most_bytes:
            del self._kept[next(iter(self._kept))]


def _size(kept: KeptNetwork) -> float:
    return float(sum(4 * math.prod(variable.shape) for variable in kept.variables))
