"""A campaign of changes to an incumbent, as its ledger tells it: what was tried, and what became of it.

An entry of the kind `try` says at which `step` it was written: `started` with the first incumbent, `screened` or
`refused` when a change was, `confirming` before the new runs of a confirmation are trained, `confirmed` after them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from dlexp.records.record_files import damaged

#: The kind of entries that are of a campaign: a study of its name has others in the same ledger.
_KIND = "try"

#: refused: its config cannot be used, or not be compared. promising: to be confirmed.
Outcome = Literal["refused", "worse", "cannot tell", "promising", "not confirmed", "kept"]


@dataclass(frozen=True, kw_only=True)
class PairedFinding:
    """What paired seeds of a change and its incumbent say of one column: the change minus its incumbent."""

    differences: tuple[float, ...]
    """One per seed, as far as they were looked at."""
    mean: float | None
    low: float | None
    """The interval; None if there is none, as the `reason` says."""
    high: float | None
    level: float | None
    reason: str = ""
    """Why there is no interval; empty if there is one."""

    @property
    def n(self) -> int:
        """How many paired seeds there are."""
        return len(self.differences)


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """A second comparison, on seeds that neither side was trained with before."""

    j: int
    """Which one of its ledger, from 1."""
    seeds: tuple[int, ...]
    level: float
    found: PairedFinding | None = None
    """None until it has ended."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A change that was tried over an incumbent, and what became of it."""

    change: str
    """As the user wrote it."""
    overrides: Sequence[str]
    """What it lays over the incumbent, `KEY=VALUE` each; empty where it is a config that stands for itself."""
    name: str
    """Of its experiment, and the folder of its runs."""
    identity: str
    incumbent: str
    """The identity of what it was laid over."""
    settings: Mapping[str, Sequence[str]]
    """What it changes, by dotted key: the incumbent's value and its own."""
    config: Mapping[str, Any]
    """All that is said of its experiment, without defaults."""
    by: str
    """The column that decided."""
    consults_test: bool
    """Whether that scores the test split."""
    max_seeds: int
    outcome: Outcome
    reason: str = ""
    """Why it was refused; empty if it was not."""
    screening: PairedFinding | None = None
    confirmation: Confirmation | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What is tried once: an experiment over an incumbent by a column."""
        return self.incumbent, self.identity, self.by


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """The changes that were tried since an incumbent was first given."""

    path: str
    """The config of the first incumbent."""
    name: str
    identity: str
    proposals: tuple[Proposal, ...] = ()
    """In the order in which they were tried."""

    @property
    def kept(self) -> list[Proposal]:
        """Those that became the incumbent, the last one is it now."""
        return [each for each in self.proposals if each.outcome == "kept"]

    @property
    def incumbents(self) -> list[str]:
        """The identities of all incumbents, the present one last."""
        return [self.identity, *(each.identity for each in self.kept)]

    def tried(self, incumbents: Iterable[str], identities: Iterable[str], by: str) -> Proposal | None:
        """What became of an experiment over an incumbent, each known by several identities; None if it is new."""
        of_proposal, of_incumbent = set(identities), set(incumbents)
        found = (each for each in self.proposals if each.incumbent in of_incumbent and each.identity in of_proposal)
        return next((each for each in found if each.by == by), None)


def campaigns_of(entries: Sequence[Mapping[str, Any]], path: Path) -> list[Campaign]:
    """The campaigns of a ledger, the present one last.

    Raises:
        DamagedRecord: An entry lacks what every one of its step has.
    """
    found: list[Campaign] = []
    for number, entry in enumerate(entries, 1):
        if entry.get("kind") != _KIND:
            continue
        try:
            if entry["step"] == "started":
                found.append(Campaign(path=entry["config_file"], name=entry["name"], identity=entry["identity"]))
            else:
                found[-1] = _with_step(found[-1], entry)
        except (KeyError, IndexError, TypeError, StopIteration) as error:
            raise damaged(path, f"no step of a campaign ({type(error).__name__}: {error})", number) from error
    return found


def n_confirmations(entries: Iterable[Mapping[str, Any]]) -> int:
    """How many confirmations a ledger has begun, in all its campaigns."""
    return sum(_is_confirming(entry) for entry in entries)


def seeds_confirmed_with(entries: Iterable[Mapping[str, Any]]) -> Iterator[int]:
    """The seeds of the confirmations that a ledger has begun."""
    for entry in entries:
        if _is_confirming(entry):
            yield from entry["seeds"]


def started(campaign: Campaign, config: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of a campaign's first incumbent."""
    about = {"config_file": campaign.path, "name": campaign.name, "identity": campaign.identity}
    return _entry("started", **about, config=config)


def screened(proposal: Proposal, runs: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The entry of a proposal that was screened or refused, with the runs of both sides that were looked at."""
    step = "refused" if proposal.outcome == "refused" else "screened"
    said = asdict(proposal)
    del said["confirmation"]
    return _entry(step, **said, runs=runs)


def confirming(proposal: Proposal) -> dict[str, Any]:
    """The entry of a confirmation that begins."""
    assert proposal.confirmation
    said = asdict(proposal.confirmation)
    del said["found"]
    return _entry("confirming", **_named(proposal), **said)


def confirmed(proposal: Proposal, runs: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The entry of a confirmation that has ended."""
    assert proposal.confirmation
    return _entry("confirmed", **_named(proposal), outcome=proposal.outcome, **asdict(proposal.confirmation), runs=runs)


def _entry(step: str, **said: Any) -> dict[str, Any]:
    return {"kind": _KIND, "step": step, **said}


def _named(proposal: Proposal) -> dict[str, Any]:
    keys = ("change", "name", "incumbent", "identity", "by", "consults_test")
    return {key: getattr(proposal, key) for key in keys}


def _is_confirming(entry: Mapping[str, Any]) -> bool:
    return entry.get("kind") == _KIND and entry.get("step") == "confirming"


def _with_step(campaign: Campaign, entry: Mapping[str, Any]) -> Campaign:
    """The campaign after one more step."""
    if entry["step"] in ("screened", "refused"):
        own = {key: entry[key] for key in Proposal.__dataclass_fields__ if key not in ("screening", "confirmation")}
        proposal = Proposal(**own, screening=_finding(entry["screening"]))
        return replace(campaign, proposals=(*campaign.proposals, proposal))
    key = entry["incumbent"], entry["identity"], entry["by"]
    place = next(i for i, each in enumerate(campaign.proposals) if each.key == key)
    before = campaign.proposals[place]
    numbers = {name: entry[name] for name in ("j", "level")}
    found = Confirmation(**numbers, seeds=tuple(entry["seeds"]), found=_finding(entry.get("found")))
    outcome = entry["outcome"] if entry["step"] == "confirmed" else before.outcome
    after = replace(before, outcome=outcome, confirmation=found)
    return replace(campaign, proposals=(*campaign.proposals[:place], after, *campaign.proposals[place + 1 :]))


def _finding(said: Mapping[str, Any] | None) -> PairedFinding | None:
    if said is None:
        return None
    own = {key: said[key] for key in ("mean", "low", "high", "level", "reason")}
    return PairedFinding(**own, differences=tuple(said["differences"]))
