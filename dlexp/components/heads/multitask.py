"""Several targets at once."""

import itertools
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict

from dlexp.components.columns import Column
from dlexp.components.component import Component, Context, MakesLoss, Misfit, Off, OneOf
from dlexp.components.data import Array, Info, Tensor
from dlexp.components.heads.head import Head, Output, Part, Trunk
from dlexp.errors import MAX_EXPLAINED
from dlexp.near_words import did_you_mean

#: First words of recorded columns, and of which: a target of this name would take the columns of another score.
RESERVED = {"val": "on the validation split", "test": "on the test split", "best": "of the best epoch"}


class Multitask(Component):
    """Several targets at once, each with a head of its own: multi-task learning over one trunk, or apart."""

    # Its schema holds those of all other heads, which are defined after it.
    model_config = ConfigDict(defer_build=True)

    kind = "heads"
    type: Literal["multitask"] = "multitask"
    heads: dict[str, Annotated[Head, OneOf(Head)]]
    """The head of each target, by its name; by default what the target's task needs."""
    sharing: Annotated[Literal["hard", "none"], Off("none")] = "hard"
    """Hard parameter sharing: one trunk of hidden layers for all heads (Caruana, 1997). `none`: a trunk for each head,
    as wide and as long trained, with the initial weights and batches of a run on that target alone."""
    weighting: Annotated[Literal["fixed", "learned"], MakesLoss(in_sum=True)] = "fixed"
    """The loss is the sum of each head's `weight` times its loss. `learned`: each term is also divided by a trained
    variance, and half its logarithm is added (homoscedastic uncertainty; Kendall et al., 2018)."""

    @property
    def scores(self) -> list[Column]:
        """The loss of each target, before any weight, and its metrics."""
        scores = ((score, name) for name, head in self.heads.items() for score in ("loss", *head.metrics))
        return [Column(quantity=score, target=name) for score, name in scores]

    @property
    def weights(self) -> list[Column]:
        """The columns of history.csv with the weights, where they are learned."""
        return [Column(quantity="weight", target=name) for name in self.heads] if self.weighting == "learned" else []

    def by_target(self, info: Info) -> dict[str, tuple[Head, Info]]:
        """In the order of the targets' columns."""
        return {name: (self.heads[name], target) for name, target in info.targets.items()}

    def completed(self, info: Info) -> Self:
        """Each of the heads."""
        known = {name: head.completed(info.targets[name]) for name, head in self.heads.items() if name in info.targets}
        return self.model_copy(update={"heads": {**self.heads, **known}})

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
        head, targets, path, start = self.heads[name], context.info.targets, f"heads.{name}", name.split("_")[0]
        yield from (misfit.below(path) for misfit in head.problems(replace(context, info=targets[name])))
        if start in RESERVED:
            yield Misfit(
                path,
                f"the column {name}_loss would be a score {RESERVED[start]}; rename the target in the file, or the "
                "column of a CSV file by dataset.names, so that it does not start with that word",
            )
        if twins := [other for other in targets if other != name and _layer_name(other) == _layer_name(name)]:
            yield Misfit(path, f"its layers cannot be told from those of {twins[0]!r}; rename one of the targets")
        if self.weighting == "learned" and not head.loss_is_bounded:
            why = "a learned weight grows without end where the loss falls below 0, as that of"
            yield Misfit("weighting", f"{why} {name} ({head.type}) can")

    def attach(self, trunk: Trunk, y: Array, info: Info) -> Output:
        """All heads on one trunk, or each on its own; logits and predictions side by side, `(batch, columns)`."""
        import keras
        import numpy as np
        from keras import ops

        shared = trunk("") if self.sharing == "hard" else None
        outputs, y_columns = {}, info.y_columns
        for name, (head, _) in self.by_target(info).items():
            features = trunk(_layer_name(name)) if shared is None else shared
            outputs[name] = head.build(features, info.y_of(name, y))
            prefix_layers(_layer_name(name), features, outputs[name].prediction)
        all_logits = [output.logits for output in outputs.values()]
        predictions = {name: output.prediction for name, output in outputs.items()}
        slices = map(Part, _side_by_side(all_logits), _side_by_side(predictions.values()))
        parts = dict(zip(outputs, slices, strict=True))
        weights = np.array([self.heads[name].weight for name in outputs], np.float32)

        def losses(y: Any, logits: Any) -> Any:
            each = []
            for name, output in outputs.items():
                of_target = ops.cast(y[:, y_columns[name]], info.targets[name].y_dtype)
                each.append(output.losses(of_target, logits[:, parts[name].logits]))
            return ops.stack(each, axis=1)  # (batch, targets)

        # In float64 if one of them is.
        widest = max(each.dtype for each in predictions.values())
        output = Output(
            logits=keras.layers.Concatenate(name="logits_of_all")(all_logits),
            prediction=keras.layers.Concatenate(name="predictions_of_all", dtype=widest)(list(predictions.values())),
            losses=losses,
            total=lambda losses: ops.sum(weights * losses, axis=1),
            named=predictions,
            parts=parts,
            fitted=_all_fitted(outputs.values()),
        )
        if self.weighting == "fixed":
            return output
        s = keras.Variable("zeros", shape=(len(outputs),), dtype="float32", name="log_variances")
        return replace(
            output,
            # J = sum over the targets of w exp(-s) loss + s / 2, with s the logarithm of the variance.
            total=lambda losses: ops.sum(weights * ops.exp(-s) * losses + s / 2, axis=1),
            weights=lambda: ops.convert_to_numpy(weights * ops.exp(-s)),
            variables=[s],
        )


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


def _side_by_side(tensors: Iterable[Tensor]) -> Iterator[slice]:
    """The columns of each where they are joined."""
    start = 0
    for tensor in tensors:
        yield slice(start, start + tensor.shape[1])
        start += tensor.shape[1]


def _all_fitted(outputs: Iterable[Output]) -> list[float] | None:
    """What all of them have from the training targets; None if one does not say it."""
    fitted: list[float] = []
    for output in outputs:
        if output.fitted is None:
            return None
        fitted += output.fitted
    return fitted


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
