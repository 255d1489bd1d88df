"""What a command tried of a campaign, or what the whole ledger of the campaign says."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dlexp.config.load import Loaded, load
from dlexp.config.overrides import keys_of
from dlexp.config.problems import ConfigError
from dlexp.reports.ratchet.campaign import Campaign, Proposal
from dlexp.reports.ratchet.incumbent import incumbent_of, written_at


@dataclass(frozen=True, kw_only=True)
class TriedChange:
    """What became of a change that a command was given."""

    change: str
    proposal: Proposal | None
    """As the ledger has it; None if it was not tried."""
    remark: str = ""
    """Why it was not tried now, or is not decided yet; empty if it is decided now."""


@dataclass(frozen=True, kw_only=True)
class CampaignFacts:
    """A campaign, and what of it is to be shown."""

    campaign: Campaign
    changes: tuple[TriedChange, ...]
    is_ledger: bool
    """Whether these are all of the campaign, and not those of one command."""
    n_before: int
    """How many campaigns of other incumbents the ledger has before this one."""
    ledger: Path
    incumbent: Path
    """The present incumbent as a config, beside the ledger."""
    overrides: Sequence[str] | None
    """What makes it of the campaign's config, as `--set` takes it; None if that alone does not."""

    @property
    def n_kept(self) -> int:
        """How many of the shown changes became the incumbent."""
        return sum(bool(each.proposal and each.proposal.outcome == "kept" and not each.remark) for each in self.changes)

    @property
    def runs_dir(self) -> Path:
        """Where the runs lie, and beside them the folder of the ledgers."""
        return self.ledger.parent.parent


def gather(
    campaigns: Sequence[Campaign], first: Loaded, changes: Sequence[TriedChange], ledger: Path, *, is_ledger: bool
) -> CampaignFacts:
    """What is to be shown of the last of several campaigns.

    Args:
        campaigns: All of a ledger, at least one.
        first: The config of the last one.
        changes: What is to be shown.
        ledger: Where it lies.
        is_ledger: Whether these are all changes of the campaign.
    """
    return CampaignFacts(
        campaign=campaigns[-1],
        changes=tuple(changes),
        is_ledger=is_ledger,
        n_before=len(campaigns) - 1,
        ledger=ledger,
        incumbent=written_at(ledger),
        overrides=_overrides(campaigns[-1], first),
    )


def _overrides(campaign: Campaign, first: Loaded) -> list[str] | None:
    """What makes the present incumbent of the first one; None if that takes more than settings of their own."""
    if any(not each.overrides for each in campaign.kept):
        return None
    by_key = {tuple(keys_of(override)): override for each in campaign.kept for override in each.overrides}
    overrides = list(by_key.values())
    try:
        made = load(first, overrides).experiment
    except ConfigError:  # A type that was changed after its keys were: laid over at once, they do not fit.
        return None
    present = incumbent_of(campaign, first, first.path).experiment
    return overrides if made.model_copy(update={"name": present.name}) == present else None
