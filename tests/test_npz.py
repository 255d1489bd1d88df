"""The reader of npz archives."""

import gc
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from archives import archive, object_member, ragged
from scipy import sparse

from dlexp.components.datasets.reading import npz
from dlexp.errors import DataError

TEXTS = [[1, 2, 300], [], [70_000]]


class Call:
    """Pickles as a call of a function."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[object, ...]:
        return self.call


def test_reads_what_numpy_writes(tmp_path: Path) -> None:
    """Plain and ragged arrays come out as numpy.savez took them; only those asked for are read."""
    np.savez(tmp_path / "data.npz", x=ragged(TEXTS), y=np.array([0, 1, 0]), z=np.zeros(3))

    arrays = npz.read(tmp_path / "data.npz", ("x", "y"))

    assert list(arrays) == ["x", "y"]
    assert arrays["x"].dtype == object
    assert arrays["x"].tolist() == TEXTS
    np.testing.assert_array_equal(arrays["y"], [0, 1, 0])


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("core", [b"numpy.core", b"numpy._core"])
def test_reads_every_pickle_protocol(tmp_path: Path, protocol: int, core: bytes) -> None:
    """Ragged arrays in every protocol, written by numpy 1 (numpy.core) or numpy 2 (numpy._core)."""
    pickled = pickle.dumps(ragged(TEXTS), protocol=protocol)
    for module in (b"numpy._core.multiarray", b"numpy.core.multiarray"):
        # From protocol 4 on, a string has its length in front of it; so has the frame, which goes below.
        short = bytes([len(module)]) + module if protocol >= 4 else module
        wanted = core + b".multiarray"
        pickled = pickled.replace(short, bytes([len(wanted)]) + wanted if protocol >= 4 else wanted)
    if protocol >= 4:
        pickled = pickled[:2] + pickled[11:]

    arrays = npz.read(archive(tmp_path / "data.npz", x=object_member(pickled)), ("x",))

    assert core in pickled
    assert arrays["x"].tolist() == TEXTS


@pytest.mark.parametrize("protocol", range(6))
def test_refuses_calls(tmp_path: Path, protocol: int) -> None:
    """A pickle that would run a command is refused by the name of what it calls, and runs nothing."""
    witness = tmp_path / "witness"
    pickled = pickle.dumps(Call(os.system, f"touch {witness}"), protocol=protocol)
    path = archive(tmp_path / "data.npz", x=object_member(pickled))

    with pytest.raises(DataError, match=r"data\.npz: refused: array x would call posix\.system"):
        npz.read(path, ("x",))

    assert not witness.exists()


@pytest.mark.parametrize("function", [eval, print, getattr, np.load, np.fromfile])
def test_refuses_what_builtins_and_numpy_could_do(tmp_path: Path, function: object) -> None:
    """Neither builtins nor the rest of numpy is admitted."""
    path = archive(tmp_path / "data.npz", x=object_member(pickle.dumps(Call(function, "1"))))

    with pytest.raises(DataError, match="refused: array x would call"):
        npz.read(path, ("x",))


def test_names_missing_arrays(tmp_path: Path) -> None:
    """Another archive than the expected one."""
    np.savez(tmp_path / "data.npz", x=np.zeros(2))

    with pytest.raises(DataError, match=r"data\.npz: no array y, z in this file$"):
        npz.read(tmp_path / "data.npz", ("x", "y", "z"))


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"PK\x03\x04"])
def test_says_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    """An empty file, an error page saved as data, a cut archive: one line."""
    path = tmp_path / "data.npz"
    path.write_bytes(content)

    with pytest.raises(DataError, match=r"data\.npz: not a readable npz archive, or a damaged one") as error:
        npz.read(path, ("x",))

    assert len(error.value.lines) == 1


def test_says_where_a_file_cannot_be_read(tmp_path: Path) -> None:
    """A folder in the place of the file."""
    with pytest.raises(DataError, match="not a readable npz archive"):
        npz.read(tmp_path, ("x",))


def test_survives_damage_anywhere(tmp_path: Path) -> None:
    """A file cut or changed at any byte is a DataError or gives the same arrays: never another exception."""
    np.savez_compressed(tmp_path / "whole.npz", x=ragged(TEXTS), y=np.array([0, 1, 0]))
    whole = (tmp_path / "whole.npz").read_bytes()
    cut = [whole[:end] for end in range(0, len(whole), 5)]
    changed = [whole[:i] + bytes([whole[i] ^ 0xFF]) + whole[i + 1 :] for i in range(len(whole))]

    path = tmp_path / "data.npz"
    for content in cut + changed:
        path.write_bytes(content)
        try:
            arrays = npz.read(path, ("x", "y"))
        except DataError:
            continue
        assert arrays["x"].tolist() == TEXTS


@pytest.mark.parametrize("end", [0, 5, 20, 60])
def test_survives_a_cut_pickle(tmp_path: Path, end: int) -> None:
    """A pickle that ends too early inside an intact archive is damage."""
    pickled = pickle.dumps(ragged(TEXTS))[:end]

    with pytest.raises(DataError, match="array x is damaged"):
        npz.read(archive(tmp_path / "data.npz", x=object_member(pickled)), ("x",))


def test_refuses_pickles_of_no_array(tmp_path: Path) -> None:
    """A list where an array should be."""
    path = archive(tmp_path / "data.npz", x=object_member(pickle.dumps([1, 2, 3])))

    with pytest.raises(DataError, match="array x is a list, not an array"):
        npz.read(path, ("x",))


@pytest.mark.parametrize(
    "kind", [sparse.csr_array, sparse.csc_array, sparse.bsr_array, sparse.coo_array, sparse.dia_array]
)
def test_sparse_matrices_in_every_format(tmp_path: Path, kind: type) -> None:
    """As scipy writes them, they come out as rows."""
    matrix = sparse.random_array((6, 4), density=0.5, rng=0)
    sparse.save_npz(tmp_path / "x.npz", kind(matrix))

    found = npz.read_sparse(tmp_path / "x.npz")

    assert found.format == "csr"
    np.testing.assert_array_equal(found.toarray(), matrix.toarray())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"indices": np.array([0, 1, 2**30])}, "ind(ices|ex values) must be < 4"),
        ({"indices": np.array([0, 1, -5])}, "ind(ices|ex values) must be >= 0"),
        ({"indptr": np.array([0, 10**6, 2, 3])}, r"not a readable sparse matrix \("),
        ({"shape": np.array([10**15, 4])}, r"not a readable sparse matrix \(|needs about 8 PB of memory"),
        ({"format": np.array(b"lil")}, "format lil"),
        ({"format": np.array([b"csr"] * 2)}, r"not a readable sparse matrix \("),
        ({"shape": np.array([[1], [2]], object)}, r"not a readable sparse matrix \("),
    ],
)
def test_sparse_matrices_that_lie(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    """scipy's own code reads wherever the indices say: they are looked at first."""
    arrays: dict[str, Any] = {"format": np.array(b"csr"), "shape": np.array([3, 4]), "data": np.ones(3)}
    arrays |= {"indices": np.array([0, 1, 2]), "indptr": np.arange(4)}
    np.savez(tmp_path / "x.npz", **arrays)
    assert npz.read_sparse(tmp_path / "x.npz").sum() == 3
    np.savez(tmp_path / "x.npz", **arrays | changes)

    with pytest.raises(DataError, match=rf"x\.npz: .*{said}"):
        npz.read_sparse(tmp_path / "x.npz")


def test_leaves_the_garbage_collector_on(tmp_path: Path) -> None:
    """It rests while a pickle is read, and runs again even after a refusal."""
    path = archive(tmp_path / "data.npz", x=object_member(pickle.dumps(Call(eval, "1"))))

    with pytest.raises(DataError):
        npz.read(path, ("x",))

    assert gc.isenabled()
