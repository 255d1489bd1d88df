"""How many axes Keras's layers take and give, the batch included: whether a stack fits together, without Keras."""

from collections.abc import Iterator, Sequence

from dlexp.components.component import Misfit
from dlexp.components.models.keras_layers import Item, normal

#: The axes that a layer's inputs have by the end of its name.
AXES = {"1D": 3, "2D": 4, "3D": 5}
RECURRENT = ("LSTM", "GRU", "SimpleRNN", "RNN")
#: Layers with an axis of steps beside those by the end of their name.
RECURRENT_CONVOLUTION = "ConvLSTM"
#: Layers of images, beside those that begin with Random: of three axes they make one image, of all examples.
IMAGE_LAYERS = (
    *("AugMix", "AutoContrast", "CenterCrop", "ContrastLimitedAdaptiveHistogramEqualization"),
    *("RandAugment", "Resizing", "Solarization"),
)
#: The axes of the inputs of others.
FIXED_AXES = {
    **dict.fromkeys((*RECURRENT, "GroupQueryAttention", "STFTSpectrogram"), 3),
    **dict.fromkeys(IMAGE_LAYERS, 4),
    **dict.fromkeys(("RepeatVector", "MelSpectrogram"), 2),
}
#: Layers that need an axis of steps, and take more of them; of two axes, attention takes the examples for the steps,
#: and Masking skips examples, which no layer behind it notices.
LEAST_AXES = dict.fromkeys(("MultiHeadAttention", "Attention", "AdditiveAttention", "TimeDistributed", "Masking"), 3)
#: Layers whose outputs have axes that only Keras works out.
FREE_AXES = ("EinsumDense", "MelSpectrogram", "STFTSpectrogram")
#: What to put in front of a layer that takes other axes than there are.
SHAPES = {
    3: "[steps, features]",
    4: "[height, width, channels]",
    5: "[depth, height, width, channels]",
    6: "[steps, depth, height, width, channels]",
}


def problems(items: Sequence[Item]) -> Iterator[Misfit]:
    """The first layer whose inputs have other axes than it takes, as seen from the model; or the last one's outputs."""
    n = 2  # The batch, and features or words.
    narrowed: list[tuple[int, int]] = []  # Layers that gave fewer axes than they took, and how many they took.
    for i, item in enumerate(items):
        ((name, arguments),) = item.items()
        exact, least = axes(item), LEAST_AXES.get(name, 0)
        if exact not in (None, n) or n < least:
            yield _misfit(items, i, n, exact or least, narrowed, "" if exact else "at least ")
            return
        if why := _axis_problem(arguments.get("axis"), n):
            yield Misfit(f"layers.{i}.{name}.axis", why)
            return
        behind = axes_behind(item, n)
        if behind is None:
            return
        narrowed += [(i, n)] if behind < n else []
        n = behind
    if n != 2:
        end = "Flatten" if n > 4 else f"Flatten or GlobalAveragePooling{n - 2}D"
        yield Misfit(
            f"layers.{len(items) - 1}", f"leaves {n} axes with the batch, and the head takes 2; end with {end}"
        )


def _misfit(items: Sequence[Item], i: int, n: int, taken: int, narrowed: list[tuple[int, int]], least: str) -> Misfit:
    """What is wrong with layer `i`, given `n` axes: or with the one before it that gave the last of all steps alone."""
    (name,) = items[i]
    shape = _shaping(taken)
    if name == "Masking" and "Reshape" in (items[i + 1 : i + 2] or [{}])[0]:  # Behind which the mask is lost.
        shape = f"model.layers.{i + 1}.Reshape"
    behind, before = "", f"put {shape} before it"
    if narrowed and n < taken:
        k, had = narrowed[-1]
        path = _recurrent_path(f"layers.{k}", items[k])
        if path and had >= taken:
            why = f"gives the last step alone, and model.layers.{i}.{name} takes all of them"
            return Misfit(f"{path}.return_sequences", f"{why}; set model.{path}.return_sequences=true")
        (narrow,) = items[k]
        behind = f" behind model.layers.{k}.{narrow}"
    return Misfit(f"layers.{i}.{name}", f"takes {least}{taken} axes with the batch, given {n}{behind}; {before}")


def _shaping(n: int) -> str:
    return f"Reshape: {{target_shape: {SHAPES[n]}}}" if n in SHAPES else "Flatten"


def _recurrent_path(path: str, item: Item) -> str:
    """Where the recurrent layer stands, alone or in a wrapper; empty if there is none."""
    ((name, arguments),) = item.items()
    inner = normal(arguments.get("layer"))
    if inner:
        return _recurrent_path(f"{path}.{name}.layer", inner)
    return f"{path}.{name}" if is_recurrent(name) else ""


def _axis_problem(axis: object, n: int) -> str:
    """What is wrong with an axis, or a list of them, of inputs with `n`; empty if nothing is known to be."""
    listed = [each for each in (axis if isinstance(axis, list) else [axis]) if type(each) is int]
    if outside := [each for each in listed if not -n <= each < n]:
        return f"there is no axis {outside[0]}: with the batch, which is 0, its inputs have {n}"
    if any(each % n == 0 for each in listed):
        return "axis 0 is that of the examples, which a layer must not mix"
    return ""


def is_recurrent(name: str) -> bool:
    """Whether a layer goes through steps and may give the last one alone."""
    return name in RECURRENT or name.startswith(RECURRENT_CONVOLUTION)


def axes(item: Item) -> int | None:
    """The axes that the layer's inputs must have; None if any number will do."""
    ((name, arguments),) = item.items()
    inner = normal(arguments.get("layer"))
    if inner:
        shared = 1 if name == "TimeDistributed" else 0  # The axis of the steps.
        within = axes(inner)
        return None if within is None else within + shared
    if fixed := 4 if name.startswith("Random") else FIXED_AXES.get(name):
        return fixed
    by_ending = next((n for ending, n in AXES.items() if name.removesuffix("Transpose").endswith(ending)), None)
    return by_ending + 1 if by_ending and name.startswith(RECURRENT_CONVOLUTION) else by_ending


def axes_behind(item: Item, n: int) -> int | None:
    """The axes of the layer's outputs, if its inputs have `n`; None if only Keras knows."""
    ((name, arguments),) = item.items()
    inner = normal(arguments.get("layer"))
    if inner:
        shared = 1 if name == "TimeDistributed" else 0  # The axis of the steps.
        behind = axes_behind(inner, n - shared)
        return None if behind is None else behind + shared
    if name in FREE_AXES or arguments.get("output_shape") is not None:
        return None
    if name == "Flatten":
        return 2
    if name.startswith("Global"):
        return n if arguments.get("keepdims") else 2
    if name == "Reshape":
        shape = arguments.get("target_shape")
        return 1 + len(shape) if isinstance(shape, list) else n
    if name in ("Embedding", "ReversibleEmbedding", "RepeatVector"):
        return n + 1
    if is_recurrent(name):
        return n if arguments.get("return_sequences") else n - 1
    return n
