"""What a command that trains is given: configs, what is laid over them, and where data and records are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlexp.config.load import Loaded, load_all, replaced
from dlexp.execution import arguments


@dataclass(frozen=True, kw_only=True)
class Given:
    """Configs with overrides and grids, and the folders."""

    configs: Sequence[Path | Loaded]
    overrides: Sequence[str]
    """`KEY=VALUE` each."""
    grids: Sequence[str]
    """`KEY=[A, B]` each."""
    runs_dir: Path
    data_dir: Path | None
    smoke: bool
    warn: Callable[[str], None]
    """Told of every override that a grid replaces."""

    def load(self, runs_each: int) -> list[Loaded]:
        """Every config at every point of the grids.

        Raises:
            ConfigError: With everything that is wrong in them.
            UserError: That many runs of each are too many in one command.
        """
        arguments.require_few_runs(runs_each, len(self.configs), self.grids)
        loaded = load_all(self.configs, self.overrides, self.grids)
        for line in replaced(loaded, self.overrides, self.grids):
            self.warn(line)
        return loaded
