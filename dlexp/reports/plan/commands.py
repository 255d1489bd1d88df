"""Commands that train the experiments of a command again, with other options, as the user can type them."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dlexp.config.load import Loaded
from dlexp.reports.comparison.commands import in_runs_dir


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a command was asked to train, and where its records and data lie."""

    configs: Sequence[Path]
    overrides: Sequence[str]
    """`KEY=VALUE` each."""
    grids: Sequence[str]
    """`KEY=[A, B]` each."""
    runs_dir: Path
    data_dir: Path | None

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """The options that name the folder of the records where it is not the usual one."""
        return in_runs_dir(self.runs_dir)

    def again(self, *options: str) -> str:
        """The command that trains all of it again, with more options."""
        changes = [word for each in self.overrides for word in ("--set", each)]
        changes += [word for each in self.grids for word in ("--grid", each)]
        return self._run([*map(str, self.configs), *changes, *options])

    def one_again(self, loaded: Loaded, options: str) -> str:
        """The command that trains one of the experiments with options that may set other values."""
        added = shlex.split(options)
        return self._run([str(loaded.path), *_set(loaded, [word.partition("=")[0] for word in added]), *added])

    def control(self, loaded: Loaded) -> str:
        """The command that asks whether one of the experiments can be trusted."""
        return shlex.join(["dlexp", "control", str(loaded.path), *_set(loaded), *self._data])

    @property
    def _data(self) -> tuple[str, ...]:
        return () if self.data_dir is None else ("--data-dir", str(self.data_dir))

    def _run(self, words: Sequence[str]) -> str:
        return shlex.join(["dlexp", "run", *words, *self.elsewhere, *self._data])


def _set(loaded: Loaded, but: Sequence[str] = ()) -> list[str]:
    """The options that set what is not as in the config file, except these keys."""
    labels = dict.fromkeys(loaded.sources[path].label.partition(" ")[2] for path in loaded.overridden)
    return [word for each in labels if each.partition("=")[0] not in but for word in ("--set", each)]
