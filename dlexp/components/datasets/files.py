"""Data files: where they are looked for, how they are downloaded, what identifies them."""

import hashlib
import io
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from dlexp.console import say
from dlexp.errors import DataError, UserError

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
#: Keras's own digests (keras/src/datasets): what a download must be. A file already there may be another.
DOWNLOADS = {
    "imdb.npz": "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
    "imdb_word_index.json": "bfafd718b763782e994055a2d397834f",
    "reuters.npz": "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916",
    "reuters_word_index.json": "4d44cc38712099c9e383dc6e5f11a921",
}
TIMEOUT_SECONDS = 20
KERAS_CACHE = "Keras's cache"
OFFLINE_EXAMPLE = "dlexp run configs/digits_adam.yaml"


def find(file_name: str, data_dir: Path | None) -> Path:
    """Where a data file is: in `data_dir`, `DLEXP_DATA` or Keras's cache; else downloaded into that.

    A file found is used as it is, whatever its digest.

    Raises:
        UserError: `data_dir` or `DLEXP_DATA` is no directory.
        DataError: The file is in none of them and cannot be downloaded.
    """
    try:
        places = _places(data_dir)
        found = [path for place in places.values() if (path := place / file_name).exists()]
    except OSError as error:  # a folder that may not be searched
        raise DataError(f"{error.filename}: {error.strerror}") from error
    return found[0] if found else _downloaded(file_name, places)


def digest(*paths: Path) -> str:
    """SHA-256 (hex) of the bytes of one file, or of several one after the other.

    Raises:
        DataError: A file cannot be read.
    """
    sha256 = hashlib.sha256()
    for path in paths:
        try:
            sha256.update(path.read_bytes())
        except OSError as error:
            raise DataError(f"{path}: {error.strerror}") from error
    return sha256.hexdigest()


def _places(data_dir: Path | None) -> dict[str, Path]:
    """The folders to look in, in this order, by what named them."""
    named = {"--data-dir": data_dir, "DLEXP_DATA": os.environ.get("DLEXP_DATA")}
    places = {name: Path(folder).expanduser() for name, folder in named.items() if folder}
    for name, place in places.items():
        if not place.is_dir():
            raise UserError(f"{name}: {place} is not a directory")
    return {**places, KERAS_CACHE: Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "datasets"}


def _downloaded(file_name: str, places: dict[str, Path]) -> Path:
    url = ORIGIN + file_name
    say(f"downloading {url}")
    try:
        return _download(file_name, url, DOWNLOADS[file_name])
    # Keras raises bare Exceptions; whatever it was, the file is not there.
    except Exception as error:
        reason = " ".join(str(error).split()).removeprefix(f"URL fetch failure on {url}: None -- ")
        raise DataError(
            f"{file_name}: not found, and it cannot be downloaded",
            f"  looked in: {', '.join(f'{place} ({name})' for name, place in places.items())}",
            f"  tried: {url}: {reason or type(error).__name__}",
            f"Download it elsewhere and put it into {places[KERAS_CACHE]},",
            "or into any folder and name that by --data-dir or DLEXP_DATA.",
            f"Without any download: {OFFLINE_EXAMPLE}",
        ) from error


def _download(file_name: str, url: str, file_hash: str) -> Path:
    with _quiet_descriptors():
        import keras
    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT_SECONDS)
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            return Path(keras.utils.get_file(file_name, origin=url, file_hash=file_hash))
    finally:
        socket.setdefaulttimeout(timeout)


@contextmanager
def _quiet_descriptors() -> Iterator[None]:
    """Nothing on stdout and stderr from C++, which writes to the descriptors themselves.

    `sys.stderr` stays what it is: loggers that are made meanwhile keep it.
    """
    saved = {descriptor: os.dup(descriptor) for descriptor in (1, 2)}
    try:
        with Path(os.devnull).open("w") as nowhere:
            for descriptor in saved:
                os.dup2(nowhere.fileno(), descriptor)
            yield
    finally:
        for descriptor, copy in saved.items():
            os.dup2(copy, descriptor)
            os.close(copy)
