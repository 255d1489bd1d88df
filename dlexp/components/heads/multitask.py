"""Several targets at once."""

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import ConfigDict

from dlexp.components.columns import Column
from dlexp.components.component import Component, Context, MakesLoss, Misfit, Off, OneOf
from dlexp.components.data import Array, Info, Tensor
from dlexp.components.heads.head import Head, Output, Part, Trunk
from dlexp.errors import MAX_EXPLAINED, did_you_mean

if TYPE_CHECKING:
    import keras

#: First words of recorded columns: a target of this name would take the columns of another score.
RESERVED = ("val", "test", "best")


class Multitask(Component):
    """Several targets at once, each with a head of its own: multi-task learning over one trunk, or apart."""

    # Its schema holds those of all other heads, which are defined after it.
    model_config = ConfigDict(defer_build=True)

    kind: ClassVar[str] = "heads"
    type: Literal["multitask"] = "multitask"
    heads: dict[str, Annotated[Head, OneOf(Head)]]
    """The head of each target, by its name; what the target's task needs, unless said."""
    sharing: Annotated[Literal["hard", "none"], Off("none")] = "hard"
    """Hard parameter sharing: one trunk of hidden layers for all heads (Caruana, 1997). `none`: a trunk for each head,
    as wide and as long trained, with the initial weights and batches of a run on that target alone."""
    weighting: Annotated[Literal["fixed", "learned"], MakesLoss(in_sum=True)] = "fixed"
    """The loss is the sum of each head's `weight` times its loss. `learned`: each term is also divided by a trained
    variance, and half its logarithm is added (homoscedastic uncertainty; Kendall et al., 2018)."""

    @property
    def scores(self) -> list[Column]:
        """The loss of each target, before any weight, and its metrics."""
        return [
            Column(quantity=quantity, target=name)
            for name, head in self.heads.items()
            for quantity in ("loss", *head.metrics)
        ]

    @property
    def weights(self) -> list[Column]:
        """The columns of history.csv with the weights, where they are learned."""
        return [Column(quantity="weight", target=name) for name in self.heads] if self.weighting == "learned" else []

    def by_target(self, info: Info) -> dict[str, tuple[Head, Info]]:
        """In the order of the targets' columns."""
        return {name: (self.heads[name], target) for name, target in info.targets.items()}

    def completed(self, info: Info) -> Self:
        """Each of the heads."""
        heads = {
            name: head.completed(info.targets[name]) if name in info.targets else head
            for name, head in self.heads.items()
        }
        return self.model_copy(update={"heads": heads})

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Heads without a target, targets without a head, and what is wrong with each."""
        info = context.info
        if misfit := list(unknown_targets(self.heads, info)):
            yield from misfit
            return
        # Not as sets, whose order is another in each process.
        for name in info.targets:
            if name not in self.heads:
                yield Misfit("heads", f"target {name!r} has no head; write {_key(name)}: {{}} for its default")
        for name in info.targets:
            if name in self.heads:
                yield from self._problems_of(name, context)

    def _problems_of(self, name: str, context: Context) -> Iterator[Misfit]:
        head, info = self.heads[name], context.info
        for misfit in head.problems(replace(context, info=info.targets[name])):
            yield misfit.below(f"heads.{name}")
        if name.split("_")[0] in RESERVED:
            yield Misfit(
                f"heads.{name}", f"a target whose name starts with {name.split('_')[0]} has columns of other scores"
            )
        if twins := [other for other in info.targets if other != name and _layer_name(other) == _layer_name(name)]:
            yield Misfit(
                f"heads.{name}", f"its layers cannot be told from those of {twins[0]!r}; rename one of the targets"
            )
        if self.weighting == "learned" and not head.loss_is_bounded:
            yield Misfit(
                "weighting",
                f"a learned weight grows without end where the loss falls below 0, as that of {name} ({head.type}) can",
            )

    def attach(self, trunk: Trunk, y: Array, info: Info) -> Output:
        """All heads on one trunk, or each on its own; logits and predictions side by side, `(batch, columns)`."""
        import keras

        shared = trunk("") if self.sharing == "hard" else None
        outputs, y_columns = {}, info.y_columns
        for name, (head, _) in self.by_target(info).items():
            features = trunk(_layer_name(name)) if shared is None else shared
            outputs[name] = head.build(features, info.y_of(name, y))
            prefix_layers(_layer_name(name), features, outputs[name].prediction)
        logits = _slices({name: output.logits.shape[1] for name, output in outputs.items()})
        predictions = _slices({name: output.prediction.shape[1] for name, output in outputs.items()})
        parts = {name: Part(logits[name], predictions[name]) for name in outputs}

        def losses(y: Any, logits: Any) -> Any:
            each = []
            for name, output in outputs.items():
                of_target = keras.ops.cast(y[:, y_columns[name]], info.targets[name].y_dtype)
                each.append(output.losses(of_target, logits[:, parts[name].logits]))
            return keras.ops.stack(each, axis=1)  # (batch, targets)

        log_variances = keras.Variable(keras.ops.zeros(len(outputs)), name="log_variances")
        is_learned = self.weighting == "learned"
        return Output(
            logits=keras.layers.Concatenate(name="logits_of_all")([each.logits for each in outputs.values()]),
            prediction=keras.layers.Concatenate(name="predictions_of_all")(
                [each.prediction for each in outputs.values()]
            ),
            losses=losses,
            total=self._total(info, log_variances if is_learned else None),
            named={name: output.prediction for name, output in outputs.items()},
            parts=parts,
            weights=(lambda: keras.ops.convert_to_numpy(self._weights(info) * keras.ops.exp(-log_variances)))
            if is_learned
            else None,
            variables=[log_variances] if is_learned else [],
        )

    def _weights(self, info: Info) -> Array:
        import numpy as np

        return np.array([head.weight for head, _ in self.by_target(info).values()], np.float32)

    def _total(self, info: Info, log_variances: "keras.Variable | None") -> Callable[[Any], Any]:
        from keras import ops

        weights = self._weights(info)
        if log_variances is None:
            return lambda losses: ops.sum(weights * losses, axis=1)
        # J = sum over the targets of w exp(-s) loss + s / 2, with s the logarithm of the variance.
        return lambda losses: ops.sum(weights * ops.exp(-log_variances) * losses + log_variances / 2, axis=1)


def unknown_targets(names: Iterable[str], info: Info) -> Iterator[Misfit]:
    """Heads that no target of the data set has."""
    if not info.targets:
        yield Misfit("type", f"a multitask head needs several targets; this data set is {info.described_task}")
        return
    for name in itertools.islice((name for name in names if name not in info.targets), MAX_EXPLAINED):
        hint, listed = did_you_mean(name, info.targets), ", ".join(info.targets)
        yield Misfit(f"heads.{name}", f"the data set has no target {name!r}.{hint} Choose from: {listed}")


def _key(name: str) -> str:
    """A name as a key in YAML: in quotes where it would be read as anything else."""
    return name if re.fullmatch(r"(?!(?i:null|true|false)$)[A-Za-z]\w*", name) else json.dumps(name, ensure_ascii=False)


def _slices(widths: Mapping[str, int]) -> dict[str, slice]:
    """Columns side by side."""
    slices, start = {}, 0
    for name, width in widths.items():
        slices[name] = slice(start, start + width)
        start += width
    return slices


def _layer_name(target: str) -> str:
    return re.sub(r"\W", "_", target)


def prefix_layers(name: str, start: Tensor, end: Tensor) -> None:
    """Put a name before those of the layers between two tensors."""
    import keras

    if start is end:  # No layers, of which Keras makes no model.
        return
    for layer in keras.Model(start, end).layers:
        if not isinstance(layer, keras.layers.InputLayer):
            layer.name = f"{name}_{layer.name}"
