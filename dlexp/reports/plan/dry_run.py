"""What a `run` command would do: settings and where they come from, layers, sizes, identity, what is done already."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from dlexp.config.experiment import Experiment
from dlexp.config.flat import flatten, format_value
from dlexp.config.load import Loaded
from dlexp.execution.plan import Plan, Planned
from dlexp.format import aligned

#: None: not built, since that calls functions of the user's own.
Layers = Sequence[dict[str, Any]] | None


def render(loaded: Sequence[Loaded], plan: Plan, layers: Sequence[Layers]) -> str:
    """A page an experiment, then the count of runs; with a line end after the last line.

    Args:
        loaded: The configs.
        plan: What is done of them and what is not.
        layers: The layers of each, as a summary.json lists them.
    """
    pages = [
        _page(each, plan, identity, of_it)
        for each, identity, of_it in zip(loaded, plan.identities, layers, strict=True)
    ]
    return "\n\n".join([*("\n".join(page) for page in pages), _total(plan)]) + "\n"


def _page(loaded: Loaded, plan: Plan, identity: str, layers: Layers) -> Iterator[str]:
    experiment = loaded.experiment
    yield f"{experiment.name} ({loaded.path})"
    yield from _section("settings", _settings(loaded))
    if layers is None:
        yield f"  layers: not built, the config calls {' and '.join(experiment.functions)} (--allow-code)"
    else:
        yield from _section("layers", _layers(layers))
    yield from _section("examples", _examples(experiment))
    yield from _section("runs", _runs(experiment, plan, identity))


def _section(title: str, rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A title and its rows, in columns."""
    yield f"  {title}"
    yield from (f"    {line}" for line in aligned(rows))


def _settings(loaded: Loaded) -> Iterator[tuple[str, str, str]]:
    for key, value in flatten(loaded.experiment.model_dump()).items():
        yield key, format_value(value), str(loaded.sources[key])


def _layers(layers: Sequence[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    if not layers:
        yield ("known only with the data",)
        return
    for layer in layers:
        yield layer["name"], layer["type"], str(tuple(layer["output_shape"])), f"{layer['parameters']:,}"
    yield "in all", "", "", f"{sum(layer['parameters'] for layer in layers):,} parameters"


def _examples(experiment: Experiment) -> Iterator[tuple[str, str]]:
    info, validation = experiment.dataset.info(), experiment.validation
    if info.n_train is None:
        yield "known only with the data", ""
        return
    held_out = validation.count(info.n_train)
    yield "training", f"{experiment.dataset.reduced_count(info.n_train - held_out):,}"
    yield "validation", {"none": "none", "test": "the test examples"}.get(validation.type, f"{held_out:,}")
    yield "test", f"{info.n_test:,}"


def _runs(experiment: Experiment, plan: Plan, identity: str) -> Iterator[tuple[str, str]]:
    experiment = plan.request.as_trained(experiment)
    for without_data, error in plan.without_data:
        if without_data == experiment:
            yield "identity", f"not known without the data: {error.lines[0]}"
            return
    yield "identity", identity
    # What two names share is trained once, under the first of them.
    for planned in (planned for planned in plan.runs if planned.identities.own == identity):
        yield f"seed {planned.seed}", _fate(planned, experiment)


def _fate(planned: Planned, experiment: Experiment) -> str:
    if planned.recorded is not None:
        return f"{planned.recorded.status} before, in {planned.recorded.path}"
    if planned.experiment.name != experiment.name:
        return f"would be trained as {planned.experiment.name}: the same experiment"
    if planned.begun is not None:
        return f"{planned.begun.status}, in {planned.begun.path}; would go on there"
    return f"would be trained again: {planned.lost}" if planned.lost else "would be trained"


def _total(plan: Plan) -> str:
    parts = [f"{len(plan.to_train)} to train", f"{len(plan.done)} done before"]
    wanted = zip(plan.request.wanted, plan.identities, strict=True)
    n_without = sum(len(seeds) for (_, seeds), identity in wanted if not identity)
    return ", ".join([*parts, *([f"{n_without} without data"] if n_without else [])])
