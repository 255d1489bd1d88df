"""The present incumbent of a campaign, as a config that can be run."""

from pathlib import Path

import yaml

from dlexp.config.dump import Dumper
from dlexp.config.load import Loaded, checked
from dlexp.config.node import Node
from dlexp.config.problems import Source
from dlexp.format import plural
from dlexp.reports.ratchet.campaign import Campaign


def incumbent_of(campaign: Campaign, first: Loaded, path: Path) -> Loaded:
    """The present incumbent: the first one, or what the last change that was kept made of it.

    Args:
        campaign: What the ledger says.
        first: The first incumbent.
        path: Where it is written, which problems of it name.

    Raises:
        ConfigError: This version takes it for wrong.
    """
    if not campaign.kept:
        return first
    return checked(path, Node.of(dict(campaign.kept[-1].config), Source(str(path))))


def as_config(incumbent: Loaded, campaign: Campaign) -> str:
    """The present incumbent as YAML, without defaults."""
    n = len(campaign.kept)
    made = f" with {plural(n, 'change')} that dlexp try kept" if n else ", as long as dlexp try has kept no change"
    comment = f"# {campaign.path}{made}, which writes this file again.\n"
    return comment + yaml.dump(said_of(incumbent), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=10**6)


def said_of(loaded: Loaded) -> dict[str, object]:
    """All that is said of an experiment without defaults, its name first."""
    assert loaded.said
    return {"name": loaded.experiment.name, **{k: v for k, v in loaded.said.plain().items() if k != "name"}}


def written_at(ledger: Path) -> Path:
    """Where the present incumbent of a ledger is written as a config: beside it."""
    return ledger.with_suffix(".yaml")
