"""A reader of pickled arrays, lists and plain values that runs no code from the file.

A pickle is a program: it may call what it names, and set the state of what it made. numpy takes such a state as it is,
so that a file decides which memory is read. Therefore every operation of the pickle is looked at before any is carried
out, nothing that it names is numpy's own, and a state is checked before an array is made of it.
"""

import gc
import io
import math
import pickle
import re
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from dlexp.components import memory

#: What an array's type may be: true or false, numbers, text of a fixed length, times, objects. Never fields.
PLAIN_TYPE = re.compile(
    r"[<>|=]?(?:b1|[iu][1248]|f(?:2|4|8|16)|c(?:8|16|32)|[SU]\d{1,9}|[mM]8(?:\[\d*\w{1,2}\])?|O[48]?)"
)

#: Operations without operands, or with operands of a fixed length or up to a line's end; the frequent ones first.
#: Of the numbers of memorized objects, which make room for as many, only small ones.
_SIMPLE = re.compile(
    rb"(?s:K.|M..|[\x94\](e]|J....|q.|r..[\x00-\x0f]\x00|h.|j....|G.{8}|\x95.{8}|\x80.|[aNlRb\x88\x89\x93]"
    rb"|[ILFSVg][^\n]*\n|p[0-9]{1,6}\n)*+"
)
#: Operations whose operand follows its own length: of so many bytes.
_COUNTED = {b"C": 1, b"U": 1, b"\x8a": 1, b"\x8c": 1, b"B": 4, b"T": 4, b"X": 4, b"\x8d": 8, b"\x8e": 8}
_STOP, _GLOBAL, _PUT, _LONG_PUT = b".", b"c", b"p", b"r"
_TUPLES, _DICTS = (b")", b"t", b"\x85", b"\x86", b"\x87"), (b"}", b"d", b"s", b"u")
#: What an object takes beside its content.
_OBJECT_BYTES = 56
#: A key of a dictionary is hashed, and tuples in tuples in tuples overflow the stack then.
_MAX_TUPLES_BESIDE_DICTS = 1000


class Refused(pickle.UnpicklingError):
    """A pickle names something that no data needs."""


def load(content: bytes, encoding: str = "ASCII") -> Any:
    """The pickle at the start of some bytes; `encoding` is that of Python 2's strings, "bytes" to keep them.

    Refused if it would call anything but what rebuilds arrays, DataError if it needs more memory than there is; nearly
    any exception if it is damaged.
    """
    n_verbatim = _look_through(content)
    # A number of one byte becomes a reference of eight; two bytes, an object of about thirty. Long text and the values
    # of an array, nearly all of a file of pictures, take at most four bytes for one.
    n_others = len(content) - n_verbatim
    memory.require(4 * n_verbatim + 16 * n_others + _OBJECT_BYTES * content.count(b"]"), "the pickled values")
    collects = gc.isenabled()
    gc.disable()  # Searching the growing lists for cycles again and again takes as long as reading them.
    try:
        return _plain(_DataUnpickler(io.BytesIO(content), encoding=encoding).load())
    finally:
        if collects:
            gc.enable()


def plain_type(text: str) -> "np.dtype[Any]":
    """The type that a simple string names; ValueError for any but a plain one."""
    if not PLAIN_TYPE.fullmatch(text):
        raise ValueError(f"a type of values that no data needs: {text:.60}")
    return np.dtype(text)


def require_characters(values: bytes, type_: "np.dtype[Any]") -> None:
    """Raise ValueError for text with a number that is no character's: numpy takes it, and Python fails on it later."""
    if type_.kind == "U" and np.frombuffer(values, f"{type_.byteorder}u4").max(initial=0) > sys.maxunicode:
        raise ValueError("text of numbers that are no characters")


def _look_through(content: bytes) -> int:
    """Follow the operations to the end of the pickle, and admit those that numbers, text, lists and arrays need.

    Not those that would make Python itself take all memory or crash. Returns how many bytes of the pickle are text or
    values of arrays, except the first few of each.
    """
    position, n_verbatim, n_tuples, has_dicts = 0, 0, 0, False
    while position < len(content):
        position = _SIMPLE.match(content, position).end()  # type: ignore[union-attr]  # It matches nothing at all, too.
        operation = content[position : position + 1]
        position += 1
        if operation == _STOP:
            if has_dicts and n_tuples > _MAX_TUPLES_BESIDE_DICTS:
                raise pickle.UnpicklingError(f"{n_tuples} tuples beside dictionaries")
            return n_verbatim
        if n := _COUNTED.get(operation):
            length = int.from_bytes(content[position : position + n], "little")
            position += n + length
            n_verbatim += max(0, length - _OBJECT_BYTES)
        elif operation == _GLOBAL:
            position = content.index(b"\n", content.index(b"\n", position) + 1) + 1
        elif operation in _TUPLES:
            n_tuples += 1
        elif operation in _DICTS:
            has_dicts = True
        elif operation in (_PUT, _LONG_PUT):
            end = content.index(b"\n", position) + 1 if operation == _PUT else position + 4
            operand = content[position:end]
            number = int(operand) if operation == _PUT else int.from_bytes(operand, "little")
            if not 0 <= number <= position:
                raise pickle.UnpicklingError(f"object number {number} after {position} bytes")
            position = end
        elif operation:
            raise pickle.UnpicklingError(f"an operation that no data needs: {operation!r}")
    raise pickle.UnpicklingError("cut short")


class _Named:
    """A function that a pickle names: it can be called, and nothing can be set on it that would stay in the process."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)

    def __setstate__(self, state: Any) -> NoReturn:
        raise pickle.UnpicklingError("a state of a function")


class _Type:
    """The type of an array's values, from a simple string and the order of its bytes."""

    __slots__ = ("_name", "type")

    def __init__(self, name: Any, *_: Any) -> None:
        name = name.decode("ascii") if isinstance(name, bytes) else name
        if not isinstance(name, str):
            raise pickle.UnpicklingError("a type without a name")
        self._name = name.lstrip("<>|=")
        self.type = plain_type(self._name)

    def __setstate__(self, state: Any) -> None:
        """Version 3: order of the bytes; then subarray, names and fields, which plain types lack; sizes and flags.

        Of these the name says all but the order.
        """
        version, order, *inner = state[:5] if isinstance(state, tuple) and len(state) == 8 else (None, None)
        order = order.decode("ascii") if isinstance(order, bytes) else order
        if version != 3 or order not in ("<", ">", "|", "=") or inner != [None, None, None]:
            raise pickle.UnpicklingError("a type with fields, or no type")
        self.type = plain_type(self._name if self.type.hasobject else order + self._name)


class _Array(np.ndarray[Any, Any]):
    """An array that a pickle makes: empty first, then with the shape, type and values that its state says."""

    def __repr__(self) -> str:
        """As numpy's own."""
        return repr(self.view(np.ndarray))

    def __setstate__(self, state: Any) -> None:
        """Only where exactly as many values are given as the shape has places."""
        version, shape, kind, is_fortran, values = (
            state if isinstance(state, tuple) and len(state) == 5 else (None,) * 5
        )
        if version != 1 or type(shape) is not tuple or type(kind) is not _Type or is_fortran not in (False, True):
            raise pickle.UnpicklingError("not the state of an array")
        if not all(type(length) is int and length >= 0 for length in shape):
            raise pickle.UnpicklingError(f"an array of shape {shape!r:.60}")
        n, type_ = math.prod(shape), kind.type
        if type_.hasobject:
            if type(values) is not list or len(values) != n:
                raise pickle.UnpicklingError(f"an array of {n} objects, without as many")
            if any(each is self or (isinstance(each, np.ndarray) and each.dtype.hasobject) for each in values):
                raise pickle.UnpicklingError("an array of objects in another")
        elif type(values) is not bytes or len(values) != n * type_.itemsize:
            raise pickle.UnpicklingError(f"an array of {n} values, without as many")
        else:
            require_characters(values, type_)
        super().__setstate__((1, shape, type_, bool(is_fortran), values))  # type: ignore[arg-type]  # Python's bool.

    def __setitem__(self, *_: Any) -> NoReturn:
        raise pickle.UnpicklingError("values put into an array one by one")


def _reconstruct(kind: Any, shape: Any, type_: Any) -> _Array:
    """numpy's way to begin an array: empty, until its state is set."""
    if kind is not _NDARRAY or shape != (0,) or type_ not in (b"b", "b"):
        raise pickle.UnpicklingError("not the beginning of an array")
    return np.ndarray.__new__(_Array, (0,), np.int8)


def _scalar(kind: Any, values: Any) -> Any:
    """One number of numpy's, as Python's own."""
    if type(kind) is not _Type or type(values) is not bytes or len(values) != kind.type.itemsize:
        raise pickle.UnpicklingError("not one number")
    if kind.type.kind not in "biuf":
        raise Refused(f"numpy's constructor of one {kind.type}")
    return np.frombuffer(values, kind.type)[0].item()


def _encode(text: Any, encoding: Any) -> bytes:
    """How bytes are written up to protocol 2."""
    if not isinstance(text, str) or encoding != "latin1":
        raise pickle.UnpicklingError("not the beginning of bytes")
    return text.encode("latin-1")


def _no_bytes(*arguments: Any) -> bytes:
    """How no bytes at all are written up to protocol 2."""
    if arguments:
        raise pickle.UnpicklingError("not the beginning of bytes")
    return b""


_NDARRAY = _Named(_reconstruct)  # It is named, and never called.
_RECONSTRUCT, _SCALAR = _Named(_reconstruct), _Named(_scalar)
#: What pickles of arrays name, in every protocol and before and after numpy 2, and what is done instead.
_ADMITTED = {
    ("numpy", "ndarray"): _NDARRAY,
    ("numpy", "dtype"): _Named(_Type),
    ("numpy.core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy.core.multiarray", "scalar"): _SCALAR,
    ("numpy._core.multiarray", "scalar"): _SCALAR,
    ("_codecs", "encode"): _Named(_encode),
    ("__builtin__", "bytes"): _Named(_no_bytes),
}


class _DataUnpickler(pickle.Unpickler):
    """Rebuilds arrays, numbers and Python's own containers and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ADMITTED:
            raise Refused(f"{module}.{name}")
        return _ADMITTED[module, name]


def _plain(value: Any) -> Any:
    """numpy's own array, or a dictionary of them."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value.view(np.ndarray) if isinstance(value, _Array) else value
