"""Any stack of Keras's layers."""

import itertools
import math
import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from dlexp.components import memory
from dlexp.components.component import Context, Misfit, Unfit
from dlexp.components.data import Info, Tensor
from dlexp.components.keras_messages import in_words
from dlexp.components.models import given_numbers, keras_layers, layer_axes, layer_problems, layer_sizes, layer_trial
from dlexp.components.models.given_numbers import Need, Placed
from dlexp.components.models.masks import AVERAGES, MASK, averaged, keep
from dlexp.components.models.model import STANDARDIZE, Model
from dlexp.components.models.padding import PADDED, Padding
from dlexp.errors import MAX_EXPLAINED, DlexpError, UserError

if TYPE_CHECKING:
    import keras

#: Layers that are called with their inputs as query and value: each position attends to all others.
ATTENTION = ("MultiHeadAttention", "GroupQueryAttention")
LISTED_ATTENTION = ("Attention", "AdditiveAttention")
#: Layers that bring their inputs to a scale of their own.
SCALING = ("Rescaling", "BatchNormalization", "LayerNormalization", "UnitNormalization")
#: Those that divide by the root of a variance and `epsilon`, and Keras's own value of that.
ADDING_EPSILON, EPSILON = ("BatchNormalization", "LayerNormalization"), 1e-3
#: What batch normalization keeps of its statistics in a step, by Keras's own value.
MOMENTUM = 0.99
#: Layers that hand on the mask of their inputs, beside recurrent ones.
HANDING_ON = ("Dense", "Dropout", "SpatialDropout1D", "GaussianNoise", "LayerNormalization")
#: Arguments of Dense for what comes behind its sums.
BEHIND_SUMS = ("activation", "activity_regularizer")
#: The activation that takes two features for each that it gives.
GATED = "glu"


def _normal(value: object) -> object:
    if item := keras_layers.normal(value):
        return item
    raise PydanticCustomError("layer", "expected a layer's name, or one name with its arguments")


Layer = Annotated[dict[str, dict[str, Any]], BeforeValidator(_normal), WithJsonSchema(keras_layers.json_schema())]


class Layers(Model):
    """Any stack of Keras's own layers, by name with their arguments: convolutions, recurrent layers, attention."""

    type: Literal["layers"] = "layers"
    takes = ("numeric", "sparse", "word_ids")
    layers_key = "layers"
    layers: Annotated[list[Layer], Field(min_length=1)]
    """From the input to the head: a name, or a name with its arguments, `Conv2D: {filters: 16, kernel_size: 3}`; a
    wrapper's `layer` likewise. An Embedding has the data set's words unless `input_dim` says more."""

    @property
    def scales_inputs(self) -> bool:
        """Whether inputs reach a layer that scales, skips or looks them up before one that makes others of them."""
        reached = [name for _, name, _ in given_numbers.reached(self._placed())]
        return not {*reached}.isdisjoint((*SCALING, "Masking", *given_numbers.LOOKUPS))

    @property
    def unmasked(self) -> str:
        """As far as only layers that would hand the mask on stand between."""
        (_, name, arguments), *others = self._placed()
        if name != "Embedding" or arguments.get("mask_zero"):
            return ""
        for path, name, arguments in others:
            is_last = name in layer_axes.RECURRENT and not arguments.get("return_sequences")
            if name in AVERAGES or (is_last and not arguments.get("go_backwards")):
                return path
            if is_last or name not in (*HANDING_ON, *layer_axes.RECURRENT):
                return ""
        return ""

    @property
    def scaling_key(self) -> str:
        """A Rescaling behind the layers that take a range, if inputs reach any; else the key of the data set."""
        reached = given_numbers.reached(self._placed())
        ranged = [name for _, name, arguments in reached if given_numbers.limits(name, arguments)]
        return f"model.layers: a Rescaling behind {ranged[-1]}" if ranged else STANDARDIZE

    @property
    def depends_on_span(self) -> bool:
        """Whether the inputs reach a layer that takes certain numbers, or rescales them, as they are."""
        return any(given_numbers.matters(name) for _, name, _ in given_numbers.reached(self._placed()))

    def padding(self, info: Info) -> Padding | None:
        """That of the first Masking, if at most a Reshape stands before it and the model standardizes its inputs."""
        if not info.is_standardized:
            return None
        n_features = math.prod(info.shape)
        for item in self.layers:
            ((name, arguments),) = item.items()
            shape, value = arguments.get("target_shape"), arguments.get("mask_value", 0.0)
            if name == "Masking" and isinstance(value, int | float):
                return Padding(float(value), n_features)
            if name != "Reshape" or not isinstance(shape, list) or not all(type(n) is int and n for n in shape):
                return None
            n_features = shape[-1] if shape[-1] > 0 else max(1, math.prod(info.shape) // math.prod(shape[:-1]))
        return None

    def unmet(self, info: Info) -> Iterator[Need]:
        """What the layers need that inputs reach as they are; padding that a Masking knows is left for it."""
        skips = self.padding(info) is not None
        found = given_numbers.unmet(self._placed(info), given_numbers.given(info))
        return (need for need in found if not (skips and need.kind == "padding"))

    def _placed(self, info: Info | None = None) -> list[Placed]:
        """Path, name and arguments of each layer, an Embedding with the words of the data set."""
        items = [with_vocabulary(item, info) if info else item for item in self.layers]
        return [
            (f"model.layers.{i}.{name}", name, arguments)
            for i, item in enumerate(items)
            for name, arguments in item.items()
        ]

    @property
    def least_deviation(self) -> float:
        """The root of what a first normalization adds to the variance of each feature."""
        ((name, arguments),) = self.layers[0].items()
        return float(arguments.get("epsilon", EPSILON)) ** 0.5 if name in ADDING_EPSILON else 0.0

    @property
    def inertia(self) -> float:
        """The momentum of a first BatchNormalization."""
        ((name, arguments),) = self.layers[0].items()
        return float(arguments.get("momentum", MOMENTUM)) if name == "BatchNormalization" else 0.0

    def path_of(self, layer: str) -> str:
        """The item of the stack: `model.layers.1.Dense`."""
        for i, item in enumerate(self.layers):
            for name in item:
                if re.search(rf"{name.lower()}_{i + 1}(?!\d)", layer):
                    return f"model.layers.{i}.{name}"
        return super().path_of(layer)

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Layers and arguments that Keras does not have, and numbers of axes that do not fit."""
        items = [with_vocabulary(item, context.info) for item in self.layers]
        found = (
            misfit.below(f"layers.{i}") for i, item in enumerate(items) for misfit in layer_problems.problems(item)
        )
        misfit = list(itertools.islice(found, MAX_EXPLAINED))
        yield from misfit or self._axes_problems(items, context.info)

    def _axes_problems(self, items: list[dict[str, dict[str, Any]]], info: Info) -> Iterator[Misfit]:
        first = next(iter(items[0]))
        if info.inputs == "sparse" and first != "Dense":
            mended = "; set dataset.encoding=padded" if first == "Embedding" and info.vocabulary else ""
            yield Misfit("layers.0", f"sparse vectors need a Dense layer first, given {first}{mended}")
        elif info.inputs == "word_ids" and first != "Embedding":
            yield Misfit("layers.0", f"word indices need an Embedding layer first, given {first}")
        elif info.inputs == "word_ids" and (words := items[0]["Embedding"]["input_dim"]) < (info.vocabulary or 0):
            why = f"{words} is fewer than the data set's {info.vocabulary} word indices"
            yield Misfit("layers.0.Embedding.input_dim", why)
        elif info.inputs == "sparse" and items[0]["Dense"].get("lora_rank") is not None:
            why = "training multiplies the kernel of the first layer on sparse vectors, which may have no second one"
            yield Misfit("layers.0.Dense.lora_rank", f"{why}; leave it out")
        yield from layer_axes.problems(items)

    def build(self, x: Tensor, info: Info) -> Tensor:
        """From inputs `(batch, *info.shape)` to features `(batch, units)`.

        Raises:
            Unfit: Keras refuses a layer, or its inputs.
            UserError: A kernel is larger than the memory.
        """
        path, is_padded = "model.layers", self.padding(info) is not None
        for i, item in enumerate(self.layers):
            ((name, arguments),) = with_vocabulary(item, info).items()
            path = f"model.layers.{i}.{name}"
            if name == "Masking" and is_padded:  # The first one; others find no padding of their own any more.
                arguments, is_padded = {**arguments, "mask_value": PADDED}, False
            if name == "Dense":  # The one whose kernel grows with all that is before it; float32.
                memory.require(4 * (x.shape[-1] or 0) * arguments["units"], f"{path}.units", UserError)
            try:
                x = put_behind(x, name, arguments, i, apart=i == 0 and info.inputs == "sparse")
            except DlexpError:
                raise
            except Exception as error:  # Keras raises anything: its traceback is in the log as the cause.
                why = layer_sizes.misfit(name, arguments, x.shape) or in_words(error)
                refused = Misfit(path, f"Keras refuses it after {layer_trial.shown(x.shape)}: {why}")
                raise Unfit(refused) from error
        if len(x.shape) != 2:
            raise Unfit(
                Misfit(path, f"gives {layer_trial.shown(x.shape)}, and the head takes 2 axes; end with Flatten")
            )
        if x.shape[-1] is None:
            raise Unfit(Misfit(path, "how many features it gives is not known: a shape before it leaves an axis open"))
        return x


def put_behind(x: Tensor, name: str, arguments: dict[str, Any], i: int, apart: bool) -> Tensor:
    """Layer `i` behind `x`; `apart` from what follows its sums, where training computes these outside of Keras.

    Raises:
        Unfit: What it gives is no tensor that a layer or a head can take.
        Exception: Whatever Keras raises.
    """
    import keras

    layer_name, path = f"{name.lower()}_{i + 1}", f"model.layers.{i}.{name}"
    # Keras's layers forget that it halves their width.
    is_gated = arguments.get("activation") == GATED and _may_be_apart(name)
    if is_gated and not hasattr(keras.ops, GATED):
        raise ValueError(_newer(f"activation {GATED}"))
    behind = {}
    if apart or is_gated:
        behind = {key: arguments[key] for key in BEHIND_SUMS if arguments.get(key) is not None}
    made = {**arguments, **dict.fromkeys(behind)}
    layer = _layer(name, made, name=layer_name)
    call = partial(_called, layer, name)
    y = averaged(layer, x) if keras_layers.innermost({name: arguments}) in AVERAGES else keep(layer, x, call(x))
    if why := layer_trial.flaw(x, y) or layer_trial.try_out(layer, call, x, y, {name: made}):
        raise Unfit(Misfit(path, why))
    layer_trial.try_regularizers(layer)
    if is_gated:
        return _gated(y, layer_name, path, behind.get("activity_regularizer"))
    if behind:
        activation = keras.layers.Activation(**{"activation": "linear", **behind}, name=f"{layer_name}_activation")
        sums, y = y, activation(y)
        layer_trial.try_out(activation, activation, sums, y, {"Activation": behind})
    return y


def _called(layer: "keras.layers.Layer", name: str, x: Any, **how: Any) -> Any:
    if name in ATTENTION:
        return layer(x, x, **how)
    return layer([x, x] if name in LISTED_ATTENTION else x, **how)


def _may_be_apart(name: str) -> bool:
    """Whether a layer's activation may as well stand behind it: not one that takes part in a recurrence."""
    arguments = keras_layers.table()["layers"][name]["arguments"]
    return "activation" in arguments and "recurrent_initializer" not in arguments


def _gated(x: Tensor, layer_name: str, path: str, activity_regularizer: Any) -> Tensor:
    """The first half of the features times the sigmoid of the second (Dauphin et al., 2017)."""
    import keras

    if getattr(x, MASK, None) is not None:
        raise Unfit(
            Misfit(f"{path}.activation", "glu forgets which steps are padding; put it behind a layer that sums them up")
        )
    gated = keras.layers.Identity(activity_regularizer=activity_regularizer, name=f"{layer_name}_gated")
    return gated(keras.ops.glu(x))


def with_vocabulary(item: dict[str, dict[str, Any]], info: Info) -> dict[str, dict[str, Any]]:
    """A layer; an Embedding with the data set's words, unless it says others."""
    ((name, arguments),) = item.items()
    if name == "Embedding" and info.vocabulary:
        return {name: {"input_dim": info.vocabulary, **arguments}}
    return item


def _layer(keras_name: str, arguments: dict[str, Any], name: str | None = None) -> "keras.layers.Layer":
    import keras

    made = {
        argument: [_inner(each) for each in value] if isinstance(value, list) else _inner(value)
        for argument, value in arguments.items()
        if argument in layer_problems.LAYER_ARGUMENTS and value is not None
    }
    if (layer := getattr(keras.layers, keras_name, None)) is None:
        raise ValueError(_newer(f"layer {keras_name}"))
    return layer(**{**arguments, **made}, name=name)


def _newer(what: str) -> str:
    """That the installed Keras is older than the one whose layers `check` knows."""
    import keras

    known = keras_layers.table()["keras"]
    return f"Keras {keras.version()} has no {what}; install a newer one (keras {known} has it)"


def _inner(value: Any) -> "keras.layers.Layer":
    ((name, arguments),) = (keras_layers.normal(value) or {}).items()
    return _layer(name, arguments)
