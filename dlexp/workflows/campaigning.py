"""A campaign under way: each step is trained, judged, and written down before the next one begins."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from dlexp.components.validations import TestSplit
from dlexp.config.changes import ProposedChange, changed_seeds, changed_settings
from dlexp.config.flat import format_value
from dlexp.config.load import Loaded, load
from dlexp.config.measurable import in_result
from dlexp.config.names import PREFIX_LENGTH
from dlexp.config.problems import ConfigError
from dlexp.errors import UserError
from dlexp.execution.arguments import Auto
from dlexp.execution.at_once import at_once
from dlexp.execution.on_demand import Ended, OnDemand, Question, settled_after
from dlexp.execution.plan import Request
from dlexp.format import joined
from dlexp.records.ledger import Ledger, ledger_path
from dlexp.records.test_uses import Judgement, note_consultation
from dlexp.reports.comparison.compared import value_of
from dlexp.reports.ratchet import campaign as steps
from dlexp.reports.ratchet import judging
from dlexp.reports.ratchet.campaign import Campaign, Confirmation, Outcome, PairedFinding, Proposal, campaigns_of
from dlexp.reports.ratchet.facts import CampaignFacts, TriedChange, gather
from dlexp.reports.ratchet.forecast import TriesForecast, forecast
from dlexp.reports.ratchet.incumbent import as_config, incumbent_of, said_of, written_at
from dlexp.statistics import looks
from dlexp.statistics.looks import Looks
from dlexp.statistics.ratchet import FRESH_SEEDS, level_of
from dlexp.whole_files import write_text
from dlexp.workflows.campaign_runs import CampaignRuns, Side
from dlexp.workflows.runner import Runner, Trained, say_warnings

log = logging.getLogger(__name__)

#: The first seed of the first confirmation of a ledger. Screenings have the first ones of all, from 0.
FIRST_FRESH = 1000
_UNDECIDED = "not decided: a run failed, or another process has it; the same command resumes it"


@dataclass(frozen=True, kw_only=True)
class Tries:
    """What is to be tried, and over what."""

    changes: Sequence[str]
    """`KEY=VALUE`, several with spaces between them, or a config."""
    over: Path
    """The config of the incumbent."""
    by: str | None
    """The column that decides; by default the first metric on the validation split, in the last epoch."""
    max_seeds: int
    request: Request
    """The folders."""


class Campaigning:
    """A campaign while changes are tried: after each step, all that is known of it stands in the ledger."""

    def __init__(self, tries: Tries) -> None:
        """Read the incumbent and the ledger.

        Raises:
            UserError: Something is wrong with the config, the column or the number of seeds.
            DataError: The data of the incumbent cannot be had.
        """
        if why := looks.why_not(tries.max_seeds):
            raise UserError(f"--max-seeds: {why}")
        self._first = load(tries.over)
        self._column = judging.deciding_column(self._first, tries.by)
        self._looks = Looks(tries.max_seeds)
        self._ledger = Ledger(ledger_path(tries.request.runs_dir, self._first.experiment.name))
        self._incumbent_path = written_at(self._ledger.path)
        if tries.over.resolve().parent == self._ledger.path.resolve().parent:
            raise UserError(f"{tries.over}: written by dlexp try; name the config that its campaign began with")
        self._runs = CampaignRuns(tries.request)
        self._before = campaigns_of(self._ledger.entries(), self._ledger.path)
        subject = self._runs.sides([self._first])[0].subject
        begun = self._before.pop() if self._before else None
        self._is_new = begun is None or not any(each in subject.identities for each in begun.incumbents)
        if begun and self._is_new:
            self._before.append(begun)
        own = Campaign(path=str(tries.over), name=self._first.experiment.name, identity=subject.identities.own)
        self._campaign = own if begun is None or self._is_new else begun

    @property
    def trained(self) -> Trained | None:
        """All that was trained, as of one plan; None if nothing was to be."""
        return self._runs.trained

    def facts(self, changes: Sequence[TriedChange]) -> CampaignFacts:
        """What became of the changes of a command."""
        campaigns = [*self._before, self._campaign]
        return gather(campaigns, self._first, changes, self._ledger.path, is_ledger=False)

    def require_sound(self, proposed: Sequence[ProposedChange]) -> None:
        """Refuse changes that cannot be tried over the present incumbent, before anything is trained.

        Raises:
            UserError: With everything that is wrong.
        """
        incumbent, loaded, lines = self._incumbent, list[Loaded](), list[str]()
        for change in proposed:
            try:
                loaded.append(change.over(incumbent, self._name))
            except ConfigError as error:
                lines += error.lines
        if not lines:
            say_warnings([incumbent, *loaded])
            own, *others = self._runs.sides([incumbent, *loaded])
            reasons = (self._why_not(own, each) for each in others)
            lines = [f"{change.text}: {why}" for change, why in zip(proposed, reasons, strict=True) if why]
        if lines:
            raise UserError(*dict.fromkeys(lines))

    def require_trainable(self, proposed: Sequence[ProposedChange], runner: Runner) -> None:
        """Refuse changes whose models cannot be built, or need too much memory, before anything is trained.

        Raises:
            UserError: With everything that is wrong.
        """
        own, *others = self._sides_of(proposed)
        if new := [each for each in others if self._known(own, each) == ("", None)]:
            plan = self._runs.plan([each.loaded for each in (own, *new)], [0])
            runner.require_trainable(plan, {each.identity: each.loaded for each in (own, *new)})

    def forecast(self, proposed: Sequence[ProposedChange], workers: int | Auto) -> TriesForecast:
        """What the screening of changes would train at most."""
        own, *others = self._sides_of(proposed)
        known = [self._known(own, each) for each in others]
        remarks = ["", *(remark or (found and "better; to be confirmed") or "" for remark, found in known)]
        texts = ["", *(each.text for each in proposed)]
        new = [each.loaded for each, remark in zip([own, *others], remarks, strict=True) if not remark]
        plan = self._runs.plan(new if len(new) > 1 else [], range(self._looks.max_seeds), self._looks.max_seeds)
        changes = list(zip([each.identity for each in (own, *others)], texts, remarks, strict=True))
        name, by = own.loaded.experiment.name, str(self._column)
        return forecast(name, by, self._looks.max_seeds, changes, plan, at_once(workers, plan.to_train).n)

    def begin(self) -> None:
        """Write down the first incumbent, unless the ledger has it."""
        if not self._is_new:
            return
        if self._before:
            log.info(
                f"{self._campaign.path} is no incumbent that {self._ledger.path} knows: it was edited, or its data or "
                "dlexp's training code are others. Another campaign begins there"
            )
        self._note(steps.started(self._campaign, said_of(self._first)))

    def tried(self, change: ProposedChange, place: str, runner: Runner) -> TriedChange:
        """What becomes of a change."""
        try:
            loaded = change.over(self._incumbent, self._name)
        except ConfigError as error:  # It could be laid over what was the incumbent when the command began.
            return self._refused(change, "; ".join(error.lines))
        incumbent, own = self._runs.sides([self._incumbent, loaded])
        remark, found = self._known(incumbent, own)
        if remark:
            return TriedChange(change=change.text, proposal=found, remark=remark)
        if sealed := self._sealed(incumbent, own):  # Not written down: once it is open, the change can be tried.
            return TriedChange(change=change.text, proposal=None, remark=sealed)
        if why := self._why_not(incumbent, own):
            return self._refused(change, why, own)
        if not found:
            log.info(f"change {place}, {change.text}: screened against {incumbent.loaded.experiment.name}")
            try:
                found = self._screened(change, incumbent, own, runner)
            except UserError as error:  # Over the first incumbent of the command it could be built.
                return self._refused(change, "; ".join(error.lines), own)
        if found and found.outcome == "promising":
            log.info(f"change {place}, {change.text}: better; to be confirmed on new seeds")
            found = self._confirmed(found, incumbent, own, runner)
        is_decided = found is not None and found.outcome != "promising"
        return TriedChange(change=change.text, proposal=found, remark="" if is_decided else _UNDECIDED)

    def _known(self, incumbent: Side, own: Side) -> tuple[str, Proposal | None]:
        """Why a change is not to be screened, empty if it is or only waits for its confirmation; and what is known."""
        if own.identity == incumbent.identity:
            return "the same experiment as the incumbent", None
        found = self._campaign.tried(incumbent.subject.identities, own.subject.identities, str(self._column))
        return ("tried before over this incumbent" if found and found.outcome != "promising" else "", found)

    def _screened(self, change: ProposedChange, incumbent: Side, own: Side, runner: Runner) -> Proposal | None:
        """A change after its screening; None if runs are missing."""
        seeds, sides = range(self._looks.max_seeds), (incumbent.identity, own.identity)

        def ending(ended: Ended, n: int) -> tuple[Outcome, PairedFinding] | None:
            of_both = judging.both_sides(ended[sides[0]], ended[sides[1]], self._column)
            return judging.screened(of_both, n, self._column, self._looks)

        question = Question(sides, lambda ended: ending(ended, len(ended[own.identity])) is not None)
        plan = self._runs.plan([incumbent.loaded, own.loaded], seeds, len(seeds))
        runs = self._runs.train(plan, [incumbent, own], runner, OnDemand(plan, seeds, [question], waits=runner.wait))
        if (n := settled_after(question, runs, seeds)) is None:
            return None
        ended = {side: [runs[side, seed] for seed in seeds[:n]] for side in sides}
        found = ending(ended, n)
        assert found  # It is settled.
        proposal = self._proposal(change, found[0], incumbent, own, screening=found[1])
        self._note_test("screening", proposal, ended)
        self._note(steps.screened(proposal, _names(ended, incumbent, own)))
        return proposal

    def _confirmed(self, proposal: Proposal, incumbent: Side, own: Side, runner: Runner) -> Proposal:
        """A promising change after its confirmation; as it was if runs are missing."""
        if proposal.confirmation is None:
            proposal = replace(proposal, confirmation=self._new_confirmation(incumbent, own))
            self._note(steps.confirming(proposal))
        assert proposal.confirmation
        seeds, j = proposal.confirmation.seeds, proposal.confirmation.j
        plan = self._runs.plan([incumbent.loaded, own.loaded], seeds)
        runs = self._runs.train(plan, [incumbent, own], runner)
        keys = {side.identity: [(side.identity, seed) for seed in seeds] for side in (incumbent, own)}
        if any(key not in runs for of_side in keys.values() for key in of_side):
            return proposal
        ended = {side: [runs[key] for key in of_side] for side, of_side in keys.items()}
        of_both = judging.both_sides(ended[incumbent.identity], ended[own.identity], self._column)
        outcome, found = judging.confirmed(of_both, j, self._column)
        proposal = replace(proposal, outcome=outcome, confirmation=replace(proposal.confirmation, found=found))
        self._note_test("confirmation", proposal, ended)
        self._note(steps.confirmed(proposal, _names(ended, incumbent, own)))
        return proposal

    def _new_confirmation(self, incumbent: Side, own: Side) -> Confirmation:
        """The next one of the ledger, with seeds after those of all earlier ones that no side was trained with."""
        entries = self._ledger.entries()
        first = max([FIRST_FRESH - 1, *steps.seeds_confirmed_with(entries)]) + 1
        unseen = self._runs.unseen_seeds([incumbent, own], first)
        j = steps.n_confirmations(entries) + 1
        return Confirmation(j=j, seeds=tuple(islice(unseen, FRESH_SEEDS)), level=level_of(j))

    def _refused(self, change: ProposedChange, why: str, own: Side | None = None) -> TriedChange:
        """A change that cannot be tried over what changes before it have made of the incumbent."""
        (incumbent,) = self._runs.sides([self._incumbent])
        proposal = self._proposal(change, "refused", incumbent, own, reason=why)
        self._note(steps.screened(proposal, {}))
        return TriedChange(change=change.text, proposal=proposal)

    def _proposal(
        self,
        change: ProposedChange,
        outcome: Outcome,
        incumbent: Side,
        own: Side | None,
        *,
        reason: str = "",
        screening: PairedFinding | None = None,
    ) -> Proposal:
        settings = changed_settings(incumbent.loaded, own.loaded) if own else {}
        return Proposal(
            change=change.text,
            overrides=change.overrides,
            name=own.loaded.experiment.name if own else "",
            identity=own.identity if own else "",
            incumbent=incumbent.identity,
            settings={key: tuple(map(format_value, values)) for key, values in settings.items()},
            config=said_of(own.loaded) if own else {},
            by=str(self._column),
            consults_test=self._column.split == "test" or isinstance(self._first.experiment.validation, TestSplit),
            max_seeds=self._looks.max_seeds,
            outcome=outcome,
            reason=reason,
            screening=screening,
        )

    def _sides_of(self, proposed: Sequence[ProposedChange]) -> list[Side]:
        """The incumbent, then each change laid over it."""
        incumbent = self._incumbent
        return self._runs.sides([incumbent, *(each.over(incumbent, self._name) for each in proposed)])

    @property
    def _name(self) -> str:
        return self._campaign.name

    @property
    def _incumbent(self) -> Loaded:
        return incumbent_of(self._campaign, self._first, self._incumbent_path)

    def _why_not(self, incumbent: Side, own: Side) -> str:
        """Why a change cannot be compared with the incumbent; empty if it can."""
        if seeds := changed_seeds(incumbent.loaded, own.loaded):
            return f"{joined(seeds)}: another seed is another draw, and what is better by it is so by luck"
        if str(self._column) not in in_result(own.loaded.experiment):
            return f"its runs record no {self._column}"
        return judging.why_incomparable(incumbent.subject, own.subject, self._column) or self._sealed(incumbent, own)

    def _sealed(self, *sides: Side) -> str:
        """Why the deciding scores of a run of these are not to be read yet; empty if they are."""
        of_test = self._column.split in ("test", "gap")
        return f"{self._column}: {seal}" if of_test and (seal := self._runs.seal_of(sides)) else ""

    def _note_test(self, role: str, proposal: Proposal, ended: Ended) -> None:
        """Write down that a step consulted the test split, as studies do; nothing if it did not."""
        every = [run for of_side in ended.values() for run in of_side if run.status == "finished"]
        runs = [run for run in every if value_of(run.result, self._column) is not None]
        if proposal.consults_test and runs:
            says = f"{proposal.change} is better than the incumbent"
            about, between = f"{proposal.name} - {proposal.incumbent[:PREFIX_LENGTH]}", (0.0, None)
            judgement = Judgement(
                says=says, role=role, measure=proposal.by, about=about, between=between, result=proposal.outcome
            )
            note_consultation(self._ledger, Path(self._campaign.path), runs, [judgement])

    def _note(self, entry: Mapping[str, Any]) -> None:
        """Write a step down, and the incumbent that it leaves."""
        self._ledger.append(entry)
        self._campaign = campaigns_of(self._ledger.entries(), self._ledger.path)[-1]
        write_text(self._incumbent_path, as_config(self._incumbent, self._campaign))


def _names(ended: Ended, incumbent: Side, own: Side) -> dict[str, list[str]]:
    """The runs of both sides, as `dlexp show` takes them."""
    sides = {"incumbent": incumbent, "change": own}
    return {what: [run.dir.label for run in ended[side.identity]] for what, side in sides.items()}
