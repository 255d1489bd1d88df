"""Folders of texts: which of their files are read, which are not, and what is said of these."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from dlexp.components import snapshot
from dlexp.components.remarks import Remark
from dlexp.errors import DataError

SUFFIX = ".txt"
#: What file managers and archives leave beside the user's own files, in lower case.
SYSTEM_NAMES = {
    "__macosx",
    "__pycache__",
    "@eadir",
    "$recycle.bin",
    "desktop.ini",
    "ehthumbs.db",
    "lost+found",
    "system volume information",
    "thumbs.db",
}
#: Up to this share of the texts, texts beside the folders are not spoken of: the Large Movie Review Dataset has lists.
BESIDE_SHARE = 0.01
MAX_NAMED = 5


def is_text(path: Path) -> bool:
    """Whether a file is read: also `A.TXT`, no hidden one."""
    return _ends_as_text(path) and not is_hidden(path)


def is_hidden(path: Path) -> bool:
    """Whether another program made it for itself: `.ipynb_checkpoints`, `._0.txt`, `__MACOSX`, `Thumbs.db`."""
    return path.name.startswith((".", "~$")) or path.name.lower() in SYSTEM_NAMES


def is_system_file(path: Path) -> bool:
    """Whether a file manager keeps it for itself, and it is no text: `.DS_Store`, `Thumbs.db`."""
    return is_hidden(path) and not _ends_as_text(path)


def entries(folder: Path) -> list[tuple[Path, bool]]:
    """What is in a folder, by name, and whether it is a folder itself.

    Raises:
        DataError: The folder is not there, or may not be read.
    """
    try:
        return snapshot.entries(folder)
    except OSError as error:
        raise DataError(f"{error.filename}: {error.strerror}") from error


def names(folder: Path) -> list[str]:
    """The folders in a folder, except hidden ones; raises as `entries`."""
    return [path.name for path, is_folder in entries(folder) if is_folder and not is_hidden(path)]


def texts_below(folder: Path) -> Iterator[Path]:
    """All texts in a folder and in the folders below it, except hidden and linked ones; raises as `entries`."""
    for path, is_folder in entries(folder):
        if is_folder and not is_hidden(path) and not path.is_symlink():  # A link may lead back to a folder above.
            yield from texts_below(path)
        elif not is_folder and is_text(path):
            yield path


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What lies in the folders of one split."""

    folders: Sequence[Path]
    """Those whose texts are read."""
    texts: Sequence[Path]
    """By folder and name."""
    hidden: Sequence[Path]
    """Hidden files that would be texts, and hidden folders that have some."""
    others: Sequence[Path]
    """Files that are no texts by their names."""
    deeper: Sequence[Path]
    """Texts below folders that lie in the folders."""
    beside: Sequence[Path]
    """Texts that lie beside the folders."""


def listing(root: Path, named: Sequence[str] | None, but: Sequence[str] = ()) -> Listing:
    """What lies in those folders in `root` that are named, or in all `but` some; without any folder, in `root` itself.

    Raises:
        DataError: There is no text, or as `entries`.
    """
    at_root = entries(root)
    found = [name for name in names(root) if name not in but] if named is None else named
    folders = [root / name for name in found] or [root]
    inside = [entry for folder in folders for entry in entries(folder)]
    files, inner = ([path for path, is_folder in inside if is_folder == wanted] for wanted in (False, True))
    # Where folders are named, or there are none, others are not looked at.
    ignored = [path for path, is_folder in at_root if is_folder and is_hidden(path)] if named is None else []
    texts = list(filter(is_text, files))
    beside = [path for path, is_folder in at_root if found and not is_folder and is_text(path)]
    listed = Listing(
        folders=folders,
        texts=texts,
        hidden=[
            *(path for path in [*ignored, *(inner if found else [])] if is_hidden(path) and _has_texts(path)),
            *(path for path in files if is_hidden(path) and _ends_as_text(path)),
        ],
        others=[path for path in files if not _ends_as_text(path) and not is_hidden(path)],
        deeper=[text for path in inner if found and not is_hidden(path) for text in texts_below(path)],
        beside=beside if len(beside) > BESIDE_SHARE * len(texts) else [],
    )
    if not texts:
        there = "".join(f"; {each.found}" for each in _unread(root, [listed]))
        raise DataError(f"{root}: no .txt file in {', '.join(found[:MAX_NAMED]) or 'it'}{there}")
    return listed


def remarks(root: Path, listings: Sequence[Listing]) -> Iterator[Remark]:
    """What is not read of all splits, each with a count and the first, and folders without a text."""
    yield from _unread(root, listings)
    with_text = {path.parent for each in listings for path in each.texts}
    empty = [folder for each in listings for folder in each.folders if folder not in with_text]
    if empty:
        shown = [str(folder.relative_to(root)) for folder in empty[:MAX_NAMED]]
        found = f"no .txt file in {', '.join(shown)}{', ...' * (len(empty) > MAX_NAMED)}, so no example of that class"
        yield Remark(rule="empty_folders", place=str(root), found=found)


def _unread(root: Path, listings: Sequence[Listing]) -> Iterator[Remark]:
    for rule, kind, what, several in (
        ("hidden_files", "hidden", "hidden file or folder", "hidden files or folders"),
        ("unread_files", "others", "file that is no .txt file", "files that are no .txt files"),
        ("unread_files", "deeper", ".txt file in deeper folders", ".txt files in deeper folders"),
        ("unread_files", "beside", ".txt file beside the folders", ".txt files beside the folders"),
    ):
        paths = list(chain.from_iterable(getattr(each, kind) for each in listings))
        if paths:
            suffixes = f" ({_suffixes(paths)})" if kind == "others" else ""
            counted = f"{len(paths):,} {what if len(paths) == 1 else several}{suffixes}"
            found = f"not read: {counted}, the first {paths[0].relative_to(root)}"
            yield Remark(rule=rule, place=str(root), found=found)


def _ends_as_text(path: Path) -> bool:
    return path.suffix.lower() == SUFFIX


def _has_texts(folder: Path) -> bool:
    """Whether a hidden folder has texts, in it or deeper, which may be hidden too; True if it may not be read."""
    if not os.access(folder, os.R_OK | os.X_OK):
        return True
    inside = entries(folder)
    return any(
        _has_texts(path) if is_folder and not path.is_symlink() else _ends_as_text(path) for path, is_folder in inside
    )


def _suffixes(paths: Sequence[Path]) -> str:
    """`10 .md, 2 .html`."""
    counts = Counter(path.suffix.lower() or "without suffix" for path in paths).most_common(MAX_NAMED)
    return ", ".join(f"{n} {suffix}" for suffix, n in counts)
