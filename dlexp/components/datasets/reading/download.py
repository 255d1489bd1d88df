"""Downloads: a file that appears whole or not at all, and only with the digest that it should have."""

import hashlib
import logging
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from dlexp.errors import DataError
from dlexp.whole_files import make_folder, replacing

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 20
CHUNK_BYTES = 1 << 16
#: How far a download is, is said again after so many seconds.
SECONDS_BETWEEN_LINES = 3.0


@dataclass(frozen=True)
class Download:
    """What is downloaded for a file, or for a folder that comes as an archive."""

    url: str
    file_hash: str
    """Keras's own digest (keras/src/datasets), SHA-256 or MD5: what a download must be. A file already there may be
    another."""

    @property
    def is_archive(self) -> bool:
        """Whether it is unpacked: the archive of a folder NAME into another one around it, NAME-target."""
        return self.url.endswith(".tar.gz")


def download(wanted: Download, path: Path) -> None:
    """Download a file, and say how large it is, where it goes, and every few seconds how far it is.

    Raises:
        OSError: There is no connection, or the file cannot be written.
        DataError: What was sent is not the file.
    """
    import urllib.request

    log.warning(f"downloading {wanted.url} into {path.parent}")
    make_folder(path.parent)
    digest = hashlib.sha256() if len(wanted.file_hash) == 64 else hashlib.md5(usedforsecurity=False)
    # One of a fixed list; an opener of its own, since urllib's keeps the proxies of the first time.
    request = urllib.request.build_opener().open(wanted.url, timeout=TIMEOUT_SECONDS)
    with request as source, replacing(path) as new, new.open("wb") as file:
        length = source.headers.get("Content-Length", "")
        whole = _size(int(length)) if length.isdecimal() else "unknown size"
        log.warning(f"{path.name}: {whole}")
        said = time.monotonic()
        while chunk := source.read(CHUNK_BYTES):
            file.write(chunk)
            digest.update(chunk)
            if time.monotonic() - said >= SECONDS_BETWEEN_LINES:
                said = time.monotonic()
                log.warning(f"{path.name}: {_size(file.tell())} of {whole}")
        if digest.hexdigest() != wanted.file_hash:
            raise DataError(f"{file.tell():,} bytes were sent whose digest is not that of the file")


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.1f} MB"


def unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive into a folder that appears whole or not at all."""
    import tarfile

    with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=folder.parent) as scratch, tarfile.open(archive) as file:
        whole = Path(scratch, folder.name)
        file.extractall(whole, filter="data")
        try:
            whole.replace(folder)
        except OSError:  # Another process may have unpacked it meanwhile.
            if not all((folder / each.name).exists() for each in whole.iterdir()):
                raise
