"""Directories of new attempts, numbered in the order in which they are made."""

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from dlexp.config.names import PREFIX_LENGTH
from dlexp.errors import UserError
from dlexp.records.run_dir import FolderName, RunDir
from dlexp.whole_files import make_folder

#: The seed and the start of the identity that a folder's name says.
_Key = tuple[int, str]


@dataclass(frozen=True)
class Numbering:
    """The attempts below a runs directory, as one command numbers its own: the folder of a name is listed once.

    What other processes make after that is looked up by its number, and `mkdir` decides who makes the next one.
    """

    runs_dir: Path
    _numbers: dict[str, dict[_Key, int]] = field(default_factory=dict)
    """The last number of each seed and experiment, by name."""

    def latest(self, name: str, seed: int, identity: str) -> RunDir | None:
        """The last attempt of a name at an experiment with a seed, however it ended; None if there is none yet."""
        key = seed, identity[:PREFIX_LENGTH]
        number = self._last(name, key)
        return RunDir(self._path(name, key, number)) if number else None

    def create(self, name: str, seed: int, identity: str, attempt: int | None = None) -> RunDir:
        """Make the directory of a new attempt, which no other process has; that of a given number, it may share.

        Raises:
            UserError: It cannot be made there.
        """
        key = seed, identity[:PREFIX_LENGTH]
        try:
            make_folder(self.runs_dir / name)
            if attempt is not None:
                path = self._path(name, key, attempt)
                path.mkdir(exist_ok=True)
                return RunDir(path)
            while True:
                # After the last one, not into a gap: the highest number is always the latest attempt.
                path = self._path(name, key, self._last(name, key) + 1)
                with suppress(FileExistsError):
                    path.mkdir()
                    return RunDir(path)
        except OSError as error:
            where = self.runs_dir / name
            raise UserError(f"{where}: cannot make a run directory here: {error.strerror}") from error

    def _last(self, name: str, key: _Key) -> int:
        """The last number; 0 if there is none."""
        if name not in self._numbers:
            folder = self.runs_dir / name
            listed = [FolderName.parse(each.name) for each in os.scandir(folder)] if folder.is_dir() else []
            # Of each seed and experiment the highest number comes last.
            self._numbers[name] = {(each.seed, each.prefix): each.attempt for each in sorted(filter(None, listed))}
        number = self._numbers[name].get(key, 0)
        while os.path.lexists(self._path(name, key, number + 1)):
            number += 1
        self._numbers[name][key] = number
        return number

    def _path(self, name: str, key: _Key, number: int) -> Path:
        return self.runs_dir / name / str(FolderName(*key, number))
