"""Data files: where they are looked for, what is downloaded for them, what identifies them."""

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path, PurePosixPath

from dlexp.components import keras_settings, snapshot
from dlexp.components.datasets.reading.download import Download, download, unpack
from dlexp.components.home import expanded
from dlexp.errors import DataError, UserError, in_one_line

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
CIFAR = "https://www.cs.toronto.edu/~kriz/"


_FILES = {
    "imdb.npz": "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
    "imdb_word_index.json": "bfafd718b763782e994055a2d397834f",
    "reuters.npz": "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916",
    "reuters_word_index.json": "4d44cc38712099c9e383dc6e5f11a921",
    "mnist.npz": "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    "california_housing.npz": "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f",
    # Keras has no digests of these; they are those of the files that Zalando publishes.
    "fashion-mnist/train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "fashion-mnist/train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "fashion-mnist/t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "fashion-mnist/t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
_CIFAR_10 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
_CIFAR_100 = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"
#: By the path below Keras's cache.
DOWNLOADS = {
    **{name: Download(ORIGIN + PurePosixPath(name).name, digest) for name, digest in _FILES.items()},
    "cifar-10-batches-py": Download(CIFAR + "cifar-10-python.tar.gz", _CIFAR_10),
    "cifar-100-python": Download(CIFAR + "cifar-100-python.tar.gz", _CIFAR_100),
}
KERAS_CACHE = "Keras's cache"
OFFLINE_EXAMPLE = "dlexp run configs/digits_adam.yaml"


def find(name: str, data_dir: Path | None, *, may_download: bool = True) -> Path:
    """Where a data file or folder is: in `data_dir`, `DLEXP_DATA` or Keras's cache; else downloaded into that.

    What is found is used as it is, whatever its digest. Where it may not be downloaded, its absence is a DataError.
    """

    def look() -> Path:
        places = _places(data_dir)
        wanted = [name, f"{name}-target/{name}"] if DOWNLOADS[name].is_archive else [name]
        if found := _first(place / each for place in places.values() for each in wanted):
            return found
        if not may_download:
            raise DataError(f"{name}: not found in {_listed(places)}")
        return _downloaded(name, places)

    return snapshot.once(("find", name, data_dir), look)


def find_users(path: str, data_dir: Path | None) -> Path:
    """Where a file or folder of the user's own is: below the working directory, or where data files are looked for."""

    def look() -> Path:
        places, wanted = {"the working directory": Path(), **_places(data_dir)}, expanded(path)
        if found := _first(place / wanted for place in places.values()):
            return found
        if wanted.is_absolute():
            raise DataError(f"{path}: no such file")
        said = _not_expanded(path, places)
        absolute = {origin: place.absolute() for origin, place in places.items()}
        raise DataError(f"{path}: not found; looked in: {_listed(absolute)}{said}")

    return snapshot.once(("user's", path, data_dir), look)


def _not_expanded(path: str, places: Mapping[str, Path]) -> str:
    """Why a path leads nowhere: a variable of the shell's in it, or the slashes of Windows."""
    if "$" in path or re.search(r"%\w+%", path):
        return "; variables are not expanded in a config: write the folder, ~ for the home folder, or set DLEXP_DATA"
    slashed = path.replace("\\", "/")
    if slashed != path and _first(place / slashed for place in places.values()):
        return f"; write it as {slashed}"
    return ""


def _first(paths: Iterable[Path]) -> Path | None:
    try:
        return next((path for path in paths if path.exists()), None)
    except OSError as error:  # A folder that may not be searched.
        raise DataError(f"{error.filename}: {error.strerror}") from error


def _listed(places: Mapping[str, Path]) -> str:
    return ", ".join(f"{place} ({origin})" for origin, place in places.items())


def digest(*paths: Path) -> str:
    """SHA-256 (hex) of the bytes of one file; of several each with its length, so that no byte can change files."""
    return digests(*paths)[0]


def digests(*paths: Path) -> tuple[str, ...]:
    """The digest, then of several files that of version 0.1.0, which took their bytes one after the other."""
    try:
        return snapshot.digests(paths, partial(_digests, paths))
    except OSError as error:
        raise DataError(f"{error.filename}: {error.strerror}") from error


def _digests(paths: tuple[Path, ...]) -> tuple[str, ...]:
    framed, joined = hashlib.sha256(), hashlib.sha256()
    for path in paths:
        framed.update(snapshot.note(path).size.to_bytes(8, "big"))
        for chunk in snapshot.chunks(path):
            joined.update(chunk)
            if len(paths) > 1:
                framed.update(chunk)
    return (framed.hexdigest(), joined.hexdigest()) if len(paths) > 1 else (joined.hexdigest(),)


def _places(data_dir: Path | None) -> dict[str, Path]:
    """The folders to look in, in this order, by what named them."""
    named = {"--data-dir": data_dir, "DLEXP_DATA": os.environ.get("DLEXP_DATA")}
    places = {name: expanded(folder, name) for name, folder in named.items() if folder}
    try:
        wrong = [f"{name}: {place} is not a directory" for name, place in places.items() if not place.is_dir()]
    except OSError as error:  # Below a folder that may not be searched.
        raise DataError(f"{error.filename}: {error.strerror}") from error
    if wrong:
        raise UserError(wrong[0])
    keras = keras_settings.home()
    places[KERAS_CACHE] = keras / "datasets"
    if keras.exists() and not os.access(keras, os.W_OK):  # As Keras does.
        places["where Keras downloads to, since it cannot write to its cache"] = Path("/tmp/.keras/datasets")
    return places


def _downloaded(name: str, places: dict[str, Path]) -> Path:
    """What is downloaded to where Keras keeps it: either finds what the other has downloaded."""
    from http.client import HTTPException
    from tarfile import TarError

    wanted, path = DOWNLOADS[name], PurePosixPath(name)
    cache = list(places.values())[-1]
    try:
        if not wanted.is_archive:
            download(wanted, cache / name)
            return cache / name
        folder = cache / f"{name}-target"
        download(wanted, cache / f"{name}-target_archive")
        unpack(cache / f"{name}-target_archive", folder)
        return folder / name
    except (OSError, DataError, HTTPException, TarError) as error:
        unpacked = ", unpack it" if wanted.is_archive else ""
        any_folder = f"a folder {path.parent} of any folder" if path.parent.name else "any folder"
        raise DataError(
            f"{name}: not found, and it cannot be downloaded",
            f"  looked in: {_listed(places)}",
            f"  tried: {wanted.url}: {in_one_line(error).removeprefix('<urlopen error ').removesuffix('>')}",
            f"Download it elsewhere{unpacked} and put it into {cache / path.parent},",
            f"or into {any_folder} and name that by --data-dir or DLEXP_DATA.",
            f"Without any download: {OFFLINE_EXAMPLE}",
        ) from error
