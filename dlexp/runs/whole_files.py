"""Files that appear whole or not at all: written beside, synced, renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path beside `path`, of the same suffix, to write to; rename it to `path` when all went well."""
    beside = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        yield beside
        sync(beside)
        beside.replace(path)
        sync(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` in UTF-8 with its line ends as they are."""
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8", newline="")


def sync(path: Path) -> None:
    """Have what is written survive a power cut: a file's bytes, or a directory's names."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
