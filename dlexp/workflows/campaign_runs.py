"""The runs of a campaign: those of incumbents, and of changes laid over them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import count

from dlexp.config.load import Loaded
from dlexp.config.names import PREFIX_LENGTH
from dlexp.execution.plan import Key, Plan, Planned, Request
from dlexp.execution.standing import IdentifiedExperiment
from dlexp.records.index import Attempts, Run, scan
from dlexp.workflows.runner import Runner, Trained
from dlexp.workflows.train import carry_out, plan_again


@dataclass(frozen=True)
class Side:
    """An incumbent, or a change laid over it."""

    loaded: Loaded
    subject: IdentifiedExperiment

    @property
    def identity(self) -> str:
        """Its own one, of this version."""
        return self.subject.identities.own


class CampaignRuns:
    """Plans and trains both sides of a comparison, and remembers what was trained."""

    def __init__(self, request: Request) -> None:
        """Nothing has been trained.

        Args:
            request: The folders.
        """
        self._request = request
        self._trained: list[Trained] = []

    @property
    def trained(self) -> Trained | None:
        """All that was trained, as of one plan; None if nothing was to be."""
        return reduce(Trained.followed_by, self._trained) if self._trained else None

    def sides(self, configs: Sequence[Loaded]) -> list[Side]:
        """Configs with what their records are known by; nothing of them is trained yet."""
        plan = self.plan(configs, [0])
        subjects = {run.subject.identities.own: run.subject for run in plan.runs}
        return [Side(each, subjects[own]) for each, own in zip(configs, plan.identities, strict=True)]

    def plan(self, configs: Sequence[Loaded], seeds: Sequence[int], until_sure: int | None = None) -> Plan:
        """A plan of configs that all have their data.

        Raises:
            DataError: The data of one cannot be had.
        """
        plan = plan_again([(each, seeds) for each in configs], replace(self._request, until_sure=until_sure))
        if plan.without_data:
            raise plan.without_data[0][1]
        # Their names tell what the changes set.
        return replace(plan, request=replace(plan.request, changed={}))

    def train(
        self, plan: Plan, sides: Sequence[Side], runner: Runner, order: Iterable[Planned | None] | None = None
    ) -> dict[Key, Run]:
        """What is on record of a plan once it is carried out: the runs that finished or diverged."""
        configs = {side.identity: side.loaded for side in sides}
        self._trained.append(carry_out(plan, configs, runner, counts_done=True, order=order))
        on_record = Attempts(scan(plan.runs_dir))
        return {each.key: run for each in plan.runs if (run := each.record(on_record))}

    def seal_of(self, sides: Sequence[Side]) -> str:
        """Why the test scores of a run of these are sealed; empty if all that are on record are open.

        Raises:
            DamagedRecord: A seal cannot be read.
        """
        prefixes = {identity[:PREFIX_LENGTH] for side in sides for identity in side.subject.identities}
        near = (each for each in scan(self._request.runs_dir) if each.folder.prefix in prefixes)
        return next((seal.said for each in near if (seal := each.seal())), "")

    def unseen_seeds(self, sides: Sequence[Side], first: int) -> Iterator[int]:
        """The seeds from the first one on that no side was ever trained with."""
        on_record = Attempts(scan(self._request.runs_dir))
        identities = [each.subject.identities for each in sides]
        return (seed for seed in count(first) if not any(on_record.of(side, seed) for side in identities))
