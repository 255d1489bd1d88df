"""A resolved experiment as YAML."""

from typing import TYPE_CHECKING, Any

import yaml

from dlexp.config.yaml_source import CORE_SCALARS

if TYPE_CHECKING:
    from dlexp.config.experiment import Experiment


class Dumper(yaml.SafeDumper):
    """Writes what both our strict reader and any YAML 1.1 reader understand; lists in one line."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write every value out."""
        return True

    def represent_list(self, data: Any) -> yaml.SequenceNode:
        """`[64, 64]`."""
        return self.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)


# In addition to YAML 1.1's, so that a string such as "1e-3" gets quotes.
for _tag, _form, _first in CORE_SCALARS:
    Dumper.add_implicit_resolver(_tag, _form, _first)
Dumper.add_representer(list, Dumper.represent_list)


def dump(experiment: "Experiment") -> str:
    """Write an experiment with its name and every default filled in; `load` reads an equal one back."""
    return yaml.dump(experiment.model_dump(), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=10**6)
