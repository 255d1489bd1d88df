"""What the diagnostics of a run say, in plain sentences; nothing where all is well."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dlexp import registry

Row = Mapping[str, float]

#: Half of a layer without a gradient; in healthy runs on the shipped configs it is a quarter at most.
DEAD_SHARE = 0.5

#: Half of all outputs of a unit that is flat on both sides.
SATURATED_SHARE = 0.5

#: Nearly all outputs of a unit that is flat on one side on purpose; in healthy runs it is 0.7 at most.
FLAT_SHARE = 0.95

#: The first layer's gradient over the last one's: 0.2 and more in healthy runs, 0.07 behind four sigmoids that do not
#: learn and 0.006 behind six.
VANISHED_RATIO = 0.1

#: A kernel that moves by more than its own length in an epoch; in the first epoch that is usual.
LARGE_STEP = 1.0


def diagnose(rows: Sequence[Row], config: Mapping[str, Any]) -> list[str]:
    """What the rows of diagnostics.csv say of the last epoch, given the run's resolved config."""
    by_layer: dict[int, list[Row]] = {}
    for row in rows:
        by_layer.setdefault(int(row["layer"]), []).append(row)
    diverged = [
        f"in epoch {row['epoch']:.0f} the weights are no finite numbers any more; "
        "a smaller learning rate or optimizer.clipnorm usually helps"
        for row in rows
        if not math.isfinite(row["update_ratio"])
    ][:1]
    flat = [sentence for i, layer in by_layer.items() for sentence in _flat(i, layer, _unit(config, i))]
    # Nothing flows through dead or saturated units, so that says why there is no gradient.
    vanished = [] if flat else list(_vanished(list(by_layer.values())))
    large = [] if diverged else [sentence for i, layer in by_layer.items() for sentence in _large_steps(i, layer)]
    return [*diverged, *flat, *vanished, *large]


def _flat(layer: int, rows: Sequence[Row], unit: str) -> Iterator[str]:
    """One sentence at most: why hardly anything flows through a layer."""
    activation = registry.components("activations").get(unit)
    if activation is None:  # Of another version, which may be flat anywhere.
        return
    if activation.saturates:
        remedy = "relu, smaller initial weights or model.normalization: batch"
        signs = [("saturated_share", SATURATED_SHARE, f"{unit} outputs are saturated", remedy)]
    else:
        remedy = "leaky_relu or a smaller learning rate"
        dead = "ReLUs never fire" if unit == "relu" else "units have no gradient on any example"
        signs = [
            ("dead_share", DEAD_SHARE, dead, remedy),
            ("saturated_share", FLAT_SHARE, f"{unit} outputs are where it is flat", remedy),
        ]
    for column, limit, found, remedy in signs:
        if since := _since((row["epoch"], row[column] >= limit) for row in rows):
            share = _percent(rows[-1][column])
            yield f"layer {layer}: {share} of its {found} since epoch {since}; {remedy} usually helps"
            return


def _vanished(layers: Sequence[Sequence[Row]]) -> Iterator[str]:
    if len(layers) < 2:
        return
    ratios = [
        (first["epoch"], first["gradient_norm"] / last["gradient_norm"])
        for first, last in zip(layers[0], layers[-1], strict=False)
        if last["gradient_norm"] > 0
    ]
    if since := _since((epoch, ratio < VANISHED_RATIO) for epoch, ratio in ratios):
        yield (
            f"layer 1: since epoch {since} its gradient vanishes, 1/{1 / max(ratios[-1][1], 1e-9):.0f} of that "
            f"of layer {len(layers)}; relu, fewer layers or model.normalization: batch usually helps"
        )


def _large_steps(layer: int, rows: Sequence[Row]) -> Iterator[str]:
    row = max(rows[1:], key=lambda row: row["update_ratio"], default=None)
    if row and row["update_ratio"] > LARGE_STEP:
        yield (
            f"layer {layer}: in epoch {row['epoch']:.0f} its weights moved by {_percent(row['update_ratio'])} of their "
            "size; a smaller learning rate or optimizer.clipnorm usually helps"
        )


def _since(epochs: Iterable[tuple[float, bool]]) -> int | None:
    """The epoch from which on something holds to the last one; None if it does not hold there."""
    since = None
    for epoch, holds in epochs:
        since = (since or int(epoch)) if holds else None
    return since


def _unit(config: Mapping[str, Any], layer: int) -> str:
    """The type of a layer's activation; empty if the config has none for it."""
    activation = config.get("model", {}).get("activation", {})
    if isinstance(activation, list):
        activation = activation[layer - 1] if layer <= len(activation) else {}
    return str(activation.get("type", ""))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if math.isfinite(share) else "too much"
