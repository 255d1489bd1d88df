"""Layers that do not fit the size of their inputs, in numbers, where Keras's own message gives none."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

#: Arguments for the size of the window that a layer moves over its inputs.
WINDOWS = ("kernel_size", "pool_size")
#: How many axes it moves over, by the end of the layer's name; a transposed convolution makes them larger.
MOVED_OVER = {"1D": 1, "2D": 2, "3D": 3}


def misfit(name: str, arguments: Mapping[str, Any], shape: Sequence[int | None]) -> str:
    """Why a layer cannot take inputs of this shape, whose first axis is the batch; empty if it is not one of sizes."""
    sizes = [n for n in shape[1:] if n is not None]
    if len(sizes) < len(shape) - 1:
        return ""
    if name == "Reshape":
        return _reshaped(arguments.get("target_shape"), math.prod(sizes))
    n_moved_over = next((n for ending, n in MOVED_OVER.items() if name.endswith(ending)), None)
    is_recurrent = name.startswith("ConvLSTM")  # Its steps are an axis more.
    return next(_windows(arguments, sizes), "") if n_moved_over == len(sizes) - 1 and not is_recurrent else ""


def _reshaped(target: object, n: int) -> str:
    if not isinstance(target, list) or not all(type(size) is int for size in target):
        return ""
    known = math.prod(size for size in target if size > 0)
    if -1 not in target:
        return f"{target} holds {known} numbers, and an example has {n}" if known != n else ""
    return f"{target} holds a multiple of {known} numbers, and an example has {n}" if n % known else ""


def _windows(arguments: Mapping[str, Any], sizes: Sequence[int]) -> Iterator[str]:
    """What is larger than the inputs that it moves over, where nothing is put around these."""
    if arguments.get("padding", "valid") != "valid":
        return
    moved_over = sizes[1:] if arguments.get("data_format") == "channels_first" else sizes[:-1]
    for key in WINDOWS:
        if not (window := _per_axis(arguments.get(key), len(moved_over))):
            continue
        spread = _per_axis(arguments.get("dilation_rate", 1), len(moved_over)) or [1] * len(window)
        spans = [(n - 1) * step + 1 for n, step in zip(window, spread, strict=True)]
        if any(span > n for span, n in zip(spans, moved_over, strict=True)):
            dilated = f" with a dilation_rate of {arguments['dilation_rate']}" if spans != window else ""
            given = " x ".join(map(str, moved_over))
            what = f"{key} {arguments[key]}{dilated} is larger than the {given} that it is given"
            yield f"{what}; write a smaller one, or padding: same"


def _per_axis(value: object, n: int) -> list[int]:
    """A size for each of `n` axes; empty if it is none."""
    sizes = [value] * n if type(value) is int else list(value) if isinstance(value, list | tuple) else []
    return sizes if len(sizes) == n and all(type(size) is int for size in sizes) else []
