"""The present incumbent of a campaign, as a config that can be run."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from dlexp.config.dump import Dumper
from dlexp.config.load import Loaded, checked
from dlexp.config.node import Node
from dlexp.config.places import merged
from dlexp.config.problems import DEFAULT, Source
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
    return _read(campaign.kept[-1].config, path)


def as_config(incumbent: Loaded, campaign: Campaign) -> str:
    """The present incumbent as YAML, without defaults."""
    n = len(campaign.kept)
    made = f" with {plural(n, 'change')} that dlexp try kept" if n else ", as long as dlexp try has kept no change"
    comment = f"# {campaign.path}{made}, which writes this file again.\n"
    return comment + yaml.dump(said_of(incumbent), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=10**6)


def said_of(loaded: Loaded) -> dict[str, object]:
    """All that is said of an experiment without defaults, its name first; it loads as the same experiment."""
    assert loaded.said
    settings = {key: node.plain() for key, node in loaded.said.entries.items() if key != "name"}
    validation = loaded.said.child("validation")
    implied = validation and validation.child("type")
    if validation and implied and implied.source == DEFAULT:
        # The type only follows from a number. Said, it would be the user's, and win over what their data imply.
        settings["validation"] = _with_number(settings["validation"], loaded.experiment.validation.type)
    said = {"name": loaded.experiment.name, **settings}
    assert _read(said, loaded.path).experiment == loaded.experiment, f"{loaded.path}: written, it is another experiment"
    return said


def _with_number(validation: dict[str, object], settled_type: str) -> object:
    """`0.2` where the number is all that is said, else with the type that it was taken for."""
    return validation["size"] if set(validation) == {"type", "size"} else {**validation, "type": settled_type}


def _read(said: Mapping[str, object], path: Path) -> Loaded:
    """What is said of an experiment as it is loaded from the record.

    Raises:
        ConfigError: This version takes it for wrong.
    """
    source = Source(str(path))
    return checked(path, merged(None, Node.of(dict(said), source)))


def written_at(ledger: Path) -> Path:
    """Where the present incumbent of a ledger is written as a config: beside it."""
    return ledger.with_suffix(".yaml")
