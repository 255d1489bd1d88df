"""What a run reads and builds before its first epoch, whether or not it has a place for its records yet."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

from dlexp.components import memory, snapshot
from dlexp.components.component import Unfit
from dlexp.components.data import Data, Info
from dlexp.components.remarks import Remark, require_settled, said
from dlexp.config import input_needs
from dlexp.config.checks import completed, completed_as_trained, with_class_names
from dlexp.config.experiment import Experiment
from dlexp.config.needed_memory import MEMORY_LIMIT, RULE
from dlexp.training.built_remarks import built_remarks
from dlexp.training.input_remarks import doubts, info_of
from dlexp.training.inputs import require_code, require_data
from dlexp.training.job import Candidate
from dlexp.training.kept_networks import Form, KeptNetwork, KeptNetworks, form_of
from dlexp.training.network import Network, build
from dlexp.training.run_memory import run_memory
from dlexp.training.setting_remarks import setting_remarks
from dlexp.training.splits import Splits, split
from dlexp.training.stages import enter
from dlexp.training.undefined_scores import UndefinedScores

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Built:
    """What is trained, on which examples."""

    experiment: Experiment
    """Completed with what only the data tell."""
    splits: Splits
    undefined: Mapping[str, str]
    """By column, why the splits leave a score undefined."""
    network: Network
    kept: KeptNetwork
    """The network as later runs may share it."""
    form: Form
    """What the networks of those runs have in common with it."""
    remarks: Sequence[Remark]
    """How the examples were split, and what is said of the settings and the layers."""
    read: snapshot.Snapshot
    """The files that were read, as they were."""


class Preparation:
    """Reads the data of a run and builds its network, once each: asked again, a step gives or raises what it did."""

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        self.started, self.clock = datetime.now(UTC), time.perf_counter()
        self.said = ""
        """What was said meanwhile, if it is in no log yet."""
        self.remarks: list[Remark] = []
        """How the data were read and split, as far as they were."""
        self._steps: dict[str, Any] = {}
        self._earlier: tuple[Data, Built] | None = None
        """The data and what was built for another seed."""

    @cached_property
    def experiment(self) -> Experiment:
        """As it is recorded: its validation scaled down for a stand-in, of which the data are read first."""
        experiment = self.candidate.experiment
        if not self.candidate.stand_in:
            return experiment
        scaled = experiment.validation.scaled(experiment.dataset.info().n_train, len(self.data().train))
        return experiment.model_copy(update={"validation": scaled})

    def data(self) -> Data:
        """The data, which are those that the command found.

        Raises:
            DataError: They cannot be had, or they or the user's own code have changed since the command started.
        """
        return self._once("data", self._read)[0]

    def built(self) -> Built:
        """The examples by their role, and the network.

        Raises:
            UserError: The settings do not fit the data.
            Unsettled: How the data were read is not certain, and the run is strict.
        """
        with self.read_once():
            return self._once("built", self._build)

    def read_once(self) -> AbstractContextManager[object]:
        """Within, the data and the user's code are what they were at first, unless the data were read before it."""
        return nullcontext() if "data" in self._steps else snapshot.taken()

    def _once(self, step: str, take: Callable[[], T]) -> T:
        if step not in self._steps:
            try:
                self._steps[step] = take()
            except Exception as error:
                self._steps[step] = error
        result = self._steps[step]
        if isinstance(result, Exception):
            raise result
        found: T = result
        return found

    def _read(self) -> tuple[Data, snapshot.Snapshot]:
        enter("loading data")
        candidate, dataset = self.candidate, self.candidate.experiment.dataset
        self._earlier = _kept_of(candidate)
        snapshot.large_digests.update(candidate.large_digests)
        with snapshot.taken() as read:
            require_data(dataset, candidate.data_dir, candidate.data_digest, candidate.stand_in)
            require_code(candidate.experiment, candidate.code_digest)
            load = dataset.sample if candidate.stand_in else dataset.load
            data = self._earlier[0] if self._earlier else load(candidate.data_dir)
        self.remarks += data.remarks
        return data, read

    def _build(self) -> Built:
        enter("building")
        candidate, data, (_, read) = self.candidate, self.data(), self._steps["data"]
        if self._earlier:
            return self._of_another_seed(self._earlier[1], read)
        n_remarks = len(self.remarks)
        info = info_of(candidate.experiment, data, is_real=not candidate.stand_in)
        with snapshot.taken(after=read) as read_on:
            complete = completed_as_trained if candidate.repeats else completed
            experiment = complete(self.experiment, info)
            splits = split(experiment, data)
            print(*splits.described, sep="\n")
            undefined = UndefinedScores(
                experiment,
                with_class_names(candidate.experiment.dataset, info),
                {role: part.y for role, part in splits.by_role.items()},
            )
            if not candidate.stand_in:  # How one is split is no choice of the user's.
                self.remarks += [*splits.remarks, *undefined.remarks()]
                self.remarks += setting_remarks(candidate.experiment, experiment, info, len(splits.train))
                undefined.require_watched()
            network = build(experiment, info, splits.train, candidate.seed)
            form = form_of(experiment, info, splits.train, network)
            if shared := NETWORKS.take(form):
                network = shared.shared_with(network)
            if not candidate.repeats:
                input_needs.require_met(network.needs, experiment)
            if not candidate.stand_in:
                self.remarks += built_remarks(experiment, network, len(splits.train))
            self.remarks += doubts(experiment, info, network.needs)
            self._weigh(experiment, network, data, info)
            if candidate.strict:
                require_settled(said(self.remarks, candidate.allowed))
        return Built(
            experiment=experiment,
            splits=splits,
            undefined=undefined.reasons,
            network=network,
            kept=KeptNetwork(network),
            form=form,
            remarks=self.remarks[n_remarks:],
            read=read_on,
        )

    def _of_another_seed(self, built: Built, read: snapshot.Snapshot) -> Built:
        """What was built for another seed of the same experiment, with the network that this seed makes."""
        print(*built.splits.described, sep="\n")
        self.remarks += built.remarks
        experiment, train, seed = built.experiment, built.splits.train, self.candidate.seed
        kept = NETWORKS.take(built.form) or built.kept
        network = kept.renewed(lambda: build(experiment, built.network.info, train, seed), seed)
        return replace(built, network=network, kept=kept, read=read)

    def _weigh(self, experiment: Experiment, network: Network, data: Data, info: Info) -> None:
        """Refuse a network that needs more memory than there is; if it needs much, say so."""
        needed = run_memory(experiment, network, data, info, self.candidate.stand_in)
        if misfits := needed.too_much(experiment, self.candidate.allowed):
            raise Unfit(*misfits)
        if experiment.model.layers_key and needed.total > MEMORY_LIMIT:  # The others the lint has warned of.
            found = f"{needed}; more than {memory.size(int(MEMORY_LIMIT))}"
            place = needed.path(experiment)
            self.remarks.append(Remark(rule=RULE, place=place, found=found, key="training.batch_size"))


#: Of the runs of this process.
NETWORKS = KeptNetworks()
_last: list[tuple[Candidate, Data, Built]] = []
_handed_over: list[Preparation] = []


def keep(candidate: Candidate, data: Data, built: Built) -> None:
    """Leave what a run at its end has read, built and compiled to the next ones of this process.

    Not what is made with code of the user's, which may do anything.
    """
    if not candidate.experiment.functions and built.kept.is_closed:
        NETWORKS.keep(built.form, built.kept)
        _last[:] = [(candidate, data, built)]


def _kept_of(candidate: Candidate) -> tuple[Data, Built] | None:
    """The data, and what was built, for another seed of the same; else room is made for others."""
    found = [(data, built) for last, data, built in _last if last.key_of_seeds == candidate.key_of_seeds]
    _last.clear()
    if not found:
        NETWORKS.make_room()
    return found[0] if found else None


def hand_over(preparation: Preparation) -> None:
    """Leave a preparation to the next training of this process, if it is that of the same run."""
    _handed_over[:] = [preparation]


def handed_over(candidate: Candidate) -> Preparation | None:
    """What was left for a run; nothing is left after that."""
    found = [each for each in _handed_over if each.candidate.key == candidate.key]
    _handed_over.clear()
    return found[0] if found else None
