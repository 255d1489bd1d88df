"""What became of changes, as records: for CSV, JSON and Python."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from dlexp.reports.ratchet.campaign import PairedFinding
from dlexp.reports.ratchet.facts import CampaignFacts, TriedChange

_NUMBERS = ("mean", "low", "high", "level")
#: One row per change.
COLUMNS = (
    *("change", "outcome", "reason", "by", "consults_test", "max_seeds"),
    *("screening_seeds", *(f"screening_{name}" for name in _NUMBERS)),
    *("confirmation", "confirmation_seeds", *(f"confirmation_{name}" for name in _NUMBERS)),
    *("name", "identity", "incumbent"),
)


def rows(facts: CampaignFacts) -> Iterator[dict[str, Any]]:
    """One row per change; of one that was not tried, its text and why alone."""
    for each in facts.changes:
        row: dict[str, Any] = dict.fromkeys(COLUMNS)
        row |= {"change": each.change, "outcome": outcome(each), "reason": reason(each)}
        if found := each.proposal:
            row |= {key: getattr(found, key) for key in ("by", "consults_test", "max_seeds")}
            row |= {key: getattr(found, key) for key in ("name", "identity", "incumbent")}
            row |= _numbers("screening", found.screening)
            if again := found.confirmation:
                row |= {"confirmation": again.j, "confirmation_level": again.level}
                row |= _numbers("confirmation", again.found)
        yield row


def document(facts: CampaignFacts) -> dict[str, Any]:
    """All that is known, as one document."""
    campaign, kept = facts.campaign, facts.campaign.kept
    return {
        "config_file": campaign.path,
        "ledger": str(facts.ledger),
        "earlier_campaigns": facts.n_before,
        "incumbent": {
            "name": kept[-1].name if kept else campaign.name,
            "identity": campaign.incumbents[-1],
            "config_file": str(facts.incumbent),
            "overrides": facts.overrides,
            "kept": [each.change for each in kept],
        },
        "changes": [_change(each) for each in facts.changes],
    }


def outcome(change: TriedChange) -> str | None:
    """What became of a change; None if it was not tried."""
    return change.proposal.outcome if change.proposal else None


def reason(change: TriedChange) -> str:
    """Why a change was not tried, is not decided, or has no interval; empty else."""
    found = change.proposal
    finding = found and ((found.confirmation and found.confirmation.found) or found.screening)
    return change.remark or (found.reason if found else "") or (finding.reason if finding else "")


def _change(each: TriedChange) -> dict[str, Any]:
    known = asdict(each.proposal) if each.proposal else {}
    return {"change": each.change, "outcome": outcome(each), "remark": each.remark} | known


def _numbers(part: str, found: PairedFinding | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {f"{part}_seeds": found.n} | {
        f"{part}_{name}": value for name in _NUMBERS if (value := getattr(found, name)) is not None
    }
