"""Which config file or study a word means, and where one may lie that is not found."""

import logging
import os
from collections.abc import Iterable
from pathlib import Path

from dlexp.config.names import CONFIG_SUFFIXES
from dlexp.errors import UserError
from dlexp.near_words import nearest

log = logging.getLogger(__name__)

#: Where files are looked for that are called by their stem alone, and whose names are suggested.
HERE, CONFIGS, STUDIES = Path(), Path("configs"), Path("configs/studies")


def named(word: str | Path, *folders: Path) -> Path:
    """The file that a word means: itself, or that of this stem in one of the folders, which is logged.

    In another folder where files are looked for, if there is none; the word itself, if it is nowhere.

    Raises:
        UserError: Several files have this stem.
    """
    found = by_stem(word, *folders)
    if found and found != Path(word):
        log.info(f"{word}: {found}")
    return found or Path(word)


def by_stem(word: str | Path, *folders: Path) -> Path | None:
    """As `named`, without a word about it; None if there is no such file.

    Raises:
        UserError: Several files have this stem.
    """
    if _is_file(Path(word)):
        return Path(word)
    if Path(word).name != str(word) or str(word).endswith(CONFIG_SUFFIXES):
        return None
    for where in (folders, (HERE, CONFIGS, STUDIES)):
        files = [folder / f"{word}{suffix}" for folder in where for suffix in CONFIG_SUFFIXES]
        found = list(filter(_is_file, files))
        if len(found) > 1:
            raise UserError(f"{word}: several files are called so; name one of them: {', '.join(map(str, found))}")
        if found:
            return found[0]
    return None


def near(path: Path, seen_from: Path | None = None) -> str:
    """The file whose name is nearest to that of one which is missing; empty where none is near.

    Args:
        path: The file that is missing.
        seen_from: The folder of the file that names it, as seen from which the other one is written: one that lies
            beside the missing one.
    """
    folders = [path.parent] if seen_from is not None else [path.parent, HERE, CONFIGS, STUDIES]
    files: dict[str, Path] = {}
    for file in _files(dict.fromkeys(folders)):
        files.setdefault(file.stem, file)
    found = files.get(nearest(path.stem if path.suffix in CONFIG_SUFFIXES else path.name, files))
    return "" if found is None else os.path.relpath(found, seen_from) if seen_from is not None else str(found)


def _files(folders: Iterable[Path]) -> list[Path]:
    """The configs and studies in these folders."""
    found = (file for folder in folders for suffix in CONFIG_SUFFIXES for file in sorted(folder.glob(f"*{suffix}")))
    return list(found)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # What no file can be called.
        return False
