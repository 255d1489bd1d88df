"""The reader of pickles: what numpy writes comes out whole, and no crafted file makes Python read, run or take more."""

import io
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from archives import archive, object_member, ragged
from numpy.lib import format as npy

from dlexp.components import memory
from dlexp.components.datasets.reading import npz, pickles
from dlexp.errors import DataError

#: The beginning of an array, and of a type, as numpy pickles them in protocol 2; what follows is their state.
ARRAY = b"\x80\x02cnumpy._core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"
BUILT = b"b."


def op(value: object) -> bytes:
    """The operations that put a plain value on the stack."""
    return pickle.dumps(value, 2)[2:-1]


def kind(name: object = "O8", state: object = (3, "|", None, None, None, -1, -1, 63)) -> bytes:
    """The operations that make a type: `numpy.dtype(name, False, True)`, then its state."""
    return b"cnumpy\ndtype\n" + op((name, False, True)) + b"R" + op(state) + b"b"


BYTES = kind("u1", (3, "|", None, None, None, -1, -1, 0))
OBJECTS = kind()


def array(shape: object, of: bytes, values: bytes, version: object = 1, is_fortran: object = False) -> bytes:
    """The pickle of an array with this state."""
    return ARRAY + b"(" + op(version) + op(shape) + of + op(is_fortran) + values + b"t" + BUILT


def deep(operation: bytes, n: int) -> bytes:
    """Something in itself so many times: tuples in tuples, lists in lists."""
    return operation * n


#: Each is a pickle that no numpy writes. With numpy's own functions several of them read foreign memory or end the
#: process; all have to end in one line.
ATTACKS: dict[str, bytes] = {
    "fewer objects than places": array((1000,), OBJECTS, op([1])),
    "more objects than places": array((1,), OBJECTS, op([1] * 1000)),
    "no list of objects": array((3,), OBJECTS, op((1, 2, 3))),
    "bytes as objects": array((1,), OBJECTS, op(b"\x41" * 8)),
    "fewer bytes than places": array((1_000_000,), BYTES, op(b"abc")),
    "more bytes than places": array((1,), BYTES, op(b"a" * 1000)),
    "text as bytes": array((3,), BYTES, op("abc")),
    "a list of bytes": array((3,), BYTES, op([97, 98, 99])),
    "a negative shape": array((-1,), BYTES, op(b"")),
    "two negative lengths": array((-2, -3), BYTES, op(b"abcdef")),
    "a huge shape": array((2**62, 4), BYTES, op(b"")),
    "a shape beyond 64 bits": array((2**70,), BYTES, op(b"a")),
    "a shape of a hundred axes": array((1,) * 100, BYTES, op(b"a")),
    "a shape of floats": array((3.0,), BYTES, op(b"abc")),
    "a shape that is a number": array(3, BYTES, op(b"abc")),
    "another version of the state": array((3,), BYTES, op(b"abc"), version=0),
    "a version that is text": array((3,), BYTES, op(b"abc"), version="1"),
    "an order that is a number": array((1, 3), BYTES, op(b"abc"), is_fortran=7),
    "a state that is too short": ARRAY + b"(" + op(1) + op((3,)) + b"t" + BUILT,
    "a state that is no tuple": ARRAY + op({"shape": (3,)}) + BUILT,
    "no type": array((3,), op("u1"), op(b"abc")),
    "a type with fields": array((1,), kind([("a", "O8")]), op([1])),
    "a type with fields by name": array((1,), kind("O8,i8"), op(b"\x41" * 16)),
    "a type with a subarray": array((1,), kind("(2,)O8"), op([1])),
    "a type that is an object in its own bytes": array(
        (1,), kind("V8", (3, "|", None, ("a",), {"a": ("O8", 0)}, 8, 1, 0)), op(b"\x41" * 8)
    ),
    "fields in the state of a type": array(
        (1,), kind("u8", (3, "<", None, ("a",), {"a": ("O8", 0)}, 8, 8, 0)), op(b"\x41" * 8)
    ),
    "a subarray in the state of a type": array((1,), kind("u8", (3, "<", ("O8", (1,)), None, None, 8, 8, 0)), op(b"a")),
    "a state of four": array((1,), kind("u8", (3, "<", None, None)), op(b"\x41" * 8)),
    "metadata in the state of a type": array(
        (1,), kind("M8", (4, "<", None, None, None, -1, -1, 0, (None, ("s", 1, 1, 1)))), op(b"\x41" * 8)
    ),
    "an order of bytes that is none": array((1,), kind("u8", (3, "?", None, None, None, -1, -1, 0)), op(b"\x41" * 8)),
    "an order of bytes that makes another type": array(
        (1,), kind("u8", (3, "O8,", None, None, None, -1, -1, 0)), op(b"\x41" * 8)
    ),
    "text that is none": array((1,), kind("U1", (3, "<", None, None, None, 4, 4, 8)), op(b"\xff" * 4)),
    "a type that does not exist": array((1,), kind("u3"), op(b"abc")),
    "text of a negative length": array((1,), kind("S-1"), op(b"")),
    "text of a huge length": array((2,), kind("S999999999"), op(b"a")),
    "a type named by bytes that are no text": array((1,), kind(b"\xff\xfe"), op(b"a")),
    "a number of an object's bytes": b"\x80\x02cnumpy._core.multiarray\nscalar\n" + OBJECTS + op(b"a" * 8) + b"\x86R.",
    "a number of fewer bytes": b"\x80\x02cnumpy._core.multiarray\nscalar\n" + BYTES + op(b"") + b"\x86R.",
    "a number without a type": b"\x80\x02cnumpy._core.multiarray\nscalar\n" + op(("u1", b"a")) + b"R.",
    "another beginning": ARRAY.replace(b"K\x00\x85", b"K\x09\x85") + BUILT,
    "a beginning of another type": ARRAY.replace(b"C\x01b", b"C\x02O8") + BUILT,
    "a beginning of another class": ARRAY.replace(b"cnumpy\nndarray\n", b"cnumpy\ndtype\n") + BUILT,
    "values put in one by one": ARRAY + op(0) + op(1) + b"s.",
    "values appended": ARRAY + op(1) + b"a.",
    "an array of objects in itself": ARRAY + b"q\x63(" + op(1) + op((1,)) + OBJECTS + op(False) + b"](h\x63et" + BUILT,
    "a state set on a function": b"\x80\x02cnumpy\ndtype\n" + op({"__call__": 1}) + BUILT,
    "attributes set on a function": b"\x80\x02cnumpy\ndtype\nN" + op({"_function": 1}) + b"\x86" + BUILT,
    "an encoding of its own": b"\x80\x02c_codecs\nencode\n" + op(("a", "zlib_codec")) + b"R.",
    "an object made by its class": b"\x80\x02cnumpy\nndarray\n)\x81.",
    "an object made by its class with names": b"\x80\x04cnumpy\nndarray\n)}\x92.",
    "an old instance": b"\x80\x02(inumpy\nndarray\n.",
    "something kept elsewhere": b"\x80\x02Vx\nQ.",
    "a registered extension": b"\x80\x02\x82\x01.",
    "a set": b"\x80\x04\x8f(K\x01\x90.",
    "tuples in tuples as a key": b"\x80\x02})" + deep(b"\x85", 300_000) + b"K\x01s.",
    "tuples in tuples as a key, written otherwise": b"\x80\x02" + b"(" * 300_000 + b")" + b"t" * 300_000 + b"}s.",
    "room for a billion objects": b"\x80\x02]r" + (2**30).to_bytes(4, "little") + b".",
    "room for a billion objects, in text": b"]p1000000000\n.",
    "a string longer than the file": b"\x80\x04\x8d" + (2**40).to_bytes(8, "little") + b"abc.",
    "an integer of a billion digits": b"\x80\x02\x8b" + (2**30).to_bytes(4, "little") + b"\x01.",
    "a negative length": b"\x80\x02T\xff\xff\xff\xffabc.",
    "no end": b"\x80\x02]",
    "nothing": b"",
}

#: Reads every file in a folder, and prints what came of it.
READ_ALL = """
import pathlib, sys
from dlexp.components.datasets.reading import npz
from dlexp.errors import DataError
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    print(path.stem, end=": ", flush=True)
    try:
        npz.read(path, ("x",))
    except DataError as error:
        print(len(error.lines), "line" if "array x" in error.lines[0] and len(error.lines[0]) < 1000 else error)
    else:
        print("read")
"""


def test_crafted_pickles_are_refused_in_one_line(tmp_path: Path) -> None:
    """None of them ends the process, takes gigabytes or gives an array."""
    for name, content in ATTACKS.items():
        archive(tmp_path / f"{name}.npz", x=object_member(content))

    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30, 4 * 2**30))\n"
    ended = subprocess.run(
        [sys.executable, "-c", limit + READ_ALL, tmp_path], capture_output=True, text=True, check=False, timeout=120
    )

    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    assert dict(line.split(": ") for line in ended.stdout.splitlines()) == dict.fromkeys(ATTACKS, "1 line")


@pytest.mark.parametrize("protocol", range(5))
@pytest.mark.parametrize(
    "value",
    [
        np.arange(6, dtype=np.int64).reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
        np.arange(3, dtype=">i4"),
        np.array([True, False]),
        np.array(["one", "zwei"]),
        np.array([b"a", b"bcd"]),
        np.zeros((0, 4), np.float16),
        np.array(["a", None, 2.5, 2**80, "é", [1, (2, 3)], True], object),
        {"data": np.arange(3), "labels": [1, 2]},
    ],
    ids=str,
)
def test_what_numpy_writes_comes_out_whole(value: Any, protocol: int) -> None:
    """Arrays of every plain type, in both orders, as numpy's own classes, in every protocol that numpy uses."""
    found = pickles.load(pickle.dumps(value, protocol))

    pairs = [(found, value)] if isinstance(value, np.ndarray) else [(found[key], value[key]) for key in value]
    for ours, theirs in pairs:
        assert type(ours) is type(theirs)
        np.testing.assert_array_equal(ours, theirs)
        if isinstance(theirs, np.ndarray):
            assert (ours.dtype.kind, ours.dtype.itemsize) == (theirs.dtype.kind, theirs.dtype.itemsize)


def test_arrays_in_an_array(tmp_path: Path) -> None:
    """Ragged data may be arrays instead of lists."""
    np.savez(tmp_path / "data.npz", x=ragged([np.arange(3), np.arange(2)]))

    found = npz.read(tmp_path / "data.npz", ("x",))["x"]

    assert [each.tolist() for each in found] == [[0, 1, 2], [0, 1]]


@pytest.mark.parametrize("protocol", range(5))
def test_numbers_of_numpys_come_out_as_pythons(protocol: int) -> None:
    """Lists of `np.int64` are as good as lists of int; of one text or date there is no need."""
    numbers = [np.int64(2**40), np.float32(0.5), np.bool_(True), np.uint8(7)]

    found = pickles.load(pickle.dumps([numbers], protocol))

    assert found == [numbers]
    assert [type(each) for each in found[0][:4]] == [int, float, bool, int]
    with pytest.raises(pickles.Refused, match="numpy's constructor of one <U1"):
        pickles.load(pickle.dumps([np.str_("a")], protocol))


def test_many_memorized_objects(tmp_path: Path) -> None:
    """More lists than a small number counts: numbers of objects are bounded by what stands before them."""
    texts = [[i] for i in range(70_000)]

    assert pickles.load(pickle.dumps(texts, 2)) == texts
    assert pickles.load(pickle.dumps(texts[:3000], 0)) == texts[:3000]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"descr": "O8,i8", "fortran_order": False, "shape": (3,)}, "a type of values that no data needs: O8,i8"),
        ({"descr": "|V8", "fortran_order": False, "shape": (3,)}, r"a type of values that no data needs: \|V8"),
        ({"descr": "<f4", "fortran_order": False, "shape": (10**15,)}, r"12 bytes for float32 of shape \(1000000"),
        ({"descr": "<f4", "fortran_order": False, "shape": (-3,)}, r"a shape of \(-3,\)"),
        ({"descr": ">U3", "fortran_order": False, "shape": (1,)}, "text of numbers that are no characters"),
        ({"descr": "<f4", "fortran_order": False, "shape": (2,)}, r"12 bytes for float32 of shape \(2,\)"),
    ],
    ids=lambda value: value["descr"] if isinstance(value, dict) else "",
)
def test_headers_that_no_data_has(tmp_path: Path, header: dict[str, object], said: str) -> None:
    """Fields, and shapes that the file does not hold: one line, and no memory is taken for them."""
    file = io.BytesIO()
    npy.write_array_header_1_0(file, header)
    content = file.getvalue() + b"\1" * 12
    (tmp_path / "x.npy").write_bytes(content)

    with pytest.raises(DataError, match=rf"data\.npz: array x is damaged \(\w+: {said}"):
        npz.read(archive(tmp_path / "data.npz", x=content), ("x",))
    with pytest.raises(DataError, match=rf"x\.npy: its array is damaged \(\w+: {said}"):
        npz.read_npy(tmp_path / "x.npy")


def test_an_array_of_records_is_named_as_such(tmp_path: Path) -> None:
    """It is not damaged; its columns would have to be written one by one."""
    file = io.BytesIO()
    npy.write_array_header_1_0(file, {"descr": [("a", "O")], "fortran_order": False, "shape": (3,)})

    with pytest.raises(DataError, match=r"data\.npz: array x: records of several fields \(a\), not numbers"):
        npz.read(archive(tmp_path / "data.npz", x=file.getvalue() + b"\1" * 12), ("x",))


def test_a_header_of_python_2(tmp_path: Path) -> None:
    """Old files have an L behind long integers."""
    file = io.BytesIO()
    npy.write_array_header_1_0(file, {"descr": "<i8", "fortran_order": False, "shape": (3,)})
    content = file.getvalue().replace(b"(3,), ", b"(3L,),") + np.arange(3).tobytes()

    found = npz.read(archive(tmp_path / "data.npz", x=content), ("x",))["x"]

    assert b"3L" in content
    np.testing.assert_array_equal(found, [0, 1, 2])


def test_what_does_not_fit_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small archive may unpack to more than there is; so may a pickle."""
    np.savez_compressed(tmp_path / "data.npz", x=np.zeros(10**7), y=ragged([[1]] * 1000))
    assert (tmp_path / "data.npz").stat().st_size < 100_000
    monkeypatch.setattr(memory, "available", lambda: 20_000)

    with pytest.raises(DataError, match=r"data\.npz: needs about 80 MB of memory, and 20 kB are available$"):
        npz.read(tmp_path / "data.npz", ("x",))
    with pytest.raises(
        DataError, match=r"data\.npz: array y: the pickled values: needs about 34.6 kB of memory, and 20 kB"
    ):
        npz.read(tmp_path / "data.npz", ("y",))


def test_pictures_that_fit_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes of a batch of CIFAR stay bytes: they need no sixteen times as much."""
    content = pickle.dumps({b"data": bytes(10**6), b"labels": [1] * 100}, protocol=2)
    monkeypatch.setattr(memory, "available", lambda: 5 * 10**6)

    assert len(pickles.load(content, "bytes")[b"data"]) == 10**6

    monkeypatch.setattr(memory, "available", lambda: 3 * 10**6)
    with pytest.raises(DataError, match=r"^the pickled values: needs about 4\.\d+ MB of memory, and 3 MB"):
        pickles.load(content, "bytes")


@pytest.mark.parametrize("number", [3000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_mutated_pickles_end_no_process(number: int) -> None:
    """Each is read or refused; what is read can be looked at."""
    script = Path(__file__).with_name("mutated_pickles.py")

    ended = subprocess.run(
        [sys.executable, script, str(number), "0"], capture_output=True, text=True, check=False, timeout=600
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    refused, read = (int(word) for word in ended.stdout.split() if word.isdigit())
    assert refused + read == number
    assert refused > read > 0
