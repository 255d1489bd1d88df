"""What layers of Keras need of the numbers that they are given, and whether they are given it.

Measured with Keras 3.15: every layer with a `value_range` clips or shifts by it in training. Those in `ABSOLUTE` make
something else of numbers from another range; the others are right on a smaller one, and only clip what lies outside.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from dlexp.components.data import Info, Span
from dlexp.components.models import keras_layers

#: Layers that look up a row or a place for each whole number, and the argument that says for how many.
LOOKUPS = {
    "Embedding": "input_dim",
    "ReversibleEmbedding": "input_dim",
    "CategoryEncoding": "num_tokens",
    **dict.fromkeys(("IntegerLookup", "Hashing", "HashedCrossing", "StringLookup"), ""),
}
#: Layers with a `value_range` that add, fill, invert or count by it.
ABSOLUTE = (
    *("AugMix", "RandAugment", "RandomBrightness", "RandomColorJitter", "RandomErasing", "RandomInvert"),
    *("RandomPosterization", "Solarization", "AutoContrast"),
    "ContrastLimitedAdaptiveHistogramEqualization",
)
#: How the names of layers begin whose outputs are inputs, moved, cut, repeated or beside zeros.
KEEPING = (
    *("Reshape", "Flatten", "Permute", "RepeatVector", "Identity", "Masking", "Cropping", "ZeroPadding", "UpSampling"),
    *("CenterCrop", "Resizing", "Random", *ABSOLUTE),
)
#: The `value_range` of a layer that says none.
BYTES = (0.0, 255.0)
#: A layer that takes ten times the range that it is given was meant for another.
TINY = 0.1
#: What a standardized number is known to exceed on both sides.
STANDARDIZED = Span(-1.0, 1.0)


@dataclass(frozen=True)
class GivenNumbers:
    """The numbers that a layer is given."""

    span: Span
    is_standardized: bool = False
    """Whether the model has standardized them."""

    def __str__(self) -> str:
        return "standardized numbers" if self.is_standardized else str(self.span)


@dataclass(frozen=True, kw_only=True)
class Need:
    """What a layer needs and is not given."""

    path: str
    """The layer's dotted path: `model.layers.0.Embedding`."""
    why: str
    kind: Literal["whole", "range", "padding", "scale"]
    given: GivenNumbers | None = None
    is_certain: bool = True
    """Whether the model is surely not what is meant."""
    n: int = 0
    """How many whole numbers it takes, from 0 on; 0 if it takes any, or others."""
    argument: str = ""
    """The layer's argument that says how many."""


#: A layer by its path and name with its arguments.
Placed = tuple[str, str, Mapping[str, Any]]


def given(info: Info) -> GivenNumbers | None:
    """What is known of the numbers behind the standardization, if there is one; None if nothing is."""
    if info.inputs == "sparse":
        return None
    if info.is_standardized:
        return GivenNumbers(STANDARDIZED, is_standardized=True)
    if info.span:
        return GivenNumbers(info.span)
    return GivenNumbers(Span(0, info.vocabulary - 1, are_whole=True)) if info.vocabulary else None


def reached(layers: Iterable[Placed]) -> Iterator[Placed]:
    """The layers of a stack that its inputs reach as they are, or only rescaled."""
    for path, name, arguments in layers:
        inner = keras_layers.normal(arguments.get("layer")) if name == "TimeDistributed" else None
        if inner:
            ((name, arguments),) = inner.items()
            path = f"{path}.layer.{name}"
        yield path, name, arguments
        if not name.startswith((*KEEPING, "Rescaling")):
            return


def unmet(layers: Iterable[Placed], numbers: GivenNumbers | None) -> Iterator[Need]:
    """What layers of a stack need of its inputs and are not given."""
    for path, name, arguments in reached(layers):
        if numbers is None:
            return
        yield from needs(path, name, arguments, numbers)
        numbers = behind(name, arguments, numbers)


def matters(name: str) -> bool:
    """Whether what a layer is given may be wrong for it, or becomes other numbers that are known."""
    known = keras_layers.table()["layers"].get(name, {}).get("arguments", ())
    return name in (*LOOKUPS, "Masking", "Rescaling", "Discretization") or "value_range" in known


def behind(name: str, arguments: Mapping[str, Any], numbers: GivenNumbers) -> GivenNumbers | None:
    """What a layer makes of numbers; None if that is not known."""
    if name == "Rescaling":
        scale, offset = arguments.get("scale"), arguments.get("offset") or 0.0
        if not isinstance(scale, int | float) or not isinstance(offset, int | float):
            return None
        low, high = sorted(scale * each + offset for each in (numbers.span.low, numbers.span.high))
        return replace(numbers, span=Span(low, high))
    return numbers if name.startswith(KEEPING) else None


def needs(path: str, name: str, arguments: Mapping[str, Any], numbers: GivenNumbers) -> Iterator[Need]:
    """What one layer needs and is not given."""
    span = numbers.span
    if name in LOOKUPS:
        n = arguments.get(argument := LOOKUPS[name]) or 0
        takes = f"takes whole numbers{f' from 0 to {n - 1}' if n else ''}"
        if not span.are_whole or (n and not 0 <= span.low <= span.high < n):
            rounded = "" if span.are_whole or numbers.is_standardized else ", not all of them whole"
            why = f"{takes}, given {numbers}{rounded}"
            yield Need(path=path, why=why, kind="whole", given=numbers, n=n, argument=argument)
    elif name == "Masking" and numbers.is_standardized:
        why = f"skips steps of {arguments.get('mask_value', 0)}, given {numbers}: padding is no longer what it was"
        yield Need(path=path, why=why, kind="padding", given=numbers)
    elif name == "Rescaling":
        scaled = behind(name, arguments, numbers)
        if scaled and scaled.span.high - scaled.span.low < TINY:
            why = f"makes {scaled.span} of {numbers}: they are scaled already"
            yield Need(path=path, why=why, kind="scale", given=numbers, is_certain=False)
    elif name == "Discretization":
        bounds = arguments.get("bin_boundaries") or ()
        widest = 5 if numbers.is_standardized else 1
        if bounds and not any(widest * span.low < each <= widest * span.high for each in bounds):
            why = f"parts numbers at {bounds[0]:g} to {bounds[-1]:g}, given {numbers}: all are alike behind it"
            yield Need(path=path, why=why, kind="scale", given=numbers)
    elif (ends := limits(name, arguments)) is not None:
        yield from _outside(path, name, ends, numbers)


def limits(name: str, arguments: Mapping[str, Any]) -> tuple[float, float] | None:
    """The least and largest number that a layer takes, if it has a range."""
    known = keras_layers.table()["layers"].get(name, {}).get("arguments", ())
    if "value_range" not in known or (name == "RandomErasing" and arguments.get("fill_value") is not None):
        return None
    said = arguments.get("value_range") or BYTES
    is_range = isinstance(said, list | tuple) and len(said) == 2 and all(isinstance(each, int | float) for each in said)
    return (float(said[0]), float(said[1])) if is_range else None


def _outside(path: str, name: str, ends: tuple[float, float], numbers: GivenNumbers) -> Iterator[Need]:
    (low, high), span = ends, numbers.span
    tolerance = 0.01 * (span.high - span.low)
    is_below, is_above = span.low < low - tolerance, span.high > high + tolerance
    is_tiny = span.high - span.low < TINY * (high - low)
    is_absolute = name in ABSOLUTE
    if is_below or is_above or (is_tiny and is_absolute):
        why = f"takes {Span(low, high)} (value_range), given {numbers}"
        is_certain = is_above or is_absolute
        yield Need(path=path, why=why, kind="range", given=numbers, is_certain=is_certain)
