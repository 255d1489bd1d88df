"""What a `run` command would do: settings and where they come from, layers, sizes, identity, what is done already."""

from collections.abc import Iterator, Sequence

from dlexp.components import memory
from dlexp.config.experiment import Experiment
from dlexp.config.flat import flatten, format_value
from dlexp.config.load import Loaded
from dlexp.config.needed_memory import MEMORY_LIMIT
from dlexp.execution.plan import Plan, Planned
from dlexp.format import aligned
from dlexp.training.outline import Outline

#: Rows of cells.
Rows = list[tuple[str, ...]]


def render(loaded: Sequence[Loaded], plan: Plan, outlines: Sequence[Outline | None]) -> str:
    """A page for each experiment, then the count of runs; with a line end after the last line.

    `outlines` has the model of each; None if it was not built, since that calls functions of the user's own.
    """
    pages = []
    for each, identity, of_it in zip(loaded, plan.identities, outlines, strict=True):
        lines = [f"{each.experiment.name} ({each.path})"]
        for title, rows in _sections(each, plan, identity, of_it).items():
            lines += [f"  {title}", *(f"    {line}" for line in aligned(rows))]
        pages.append("\n".join(lines))
    total = [f"{len(plan.to_train)} to train", f"{len(plan.done)} done before"]
    if plan.to_observe:
        total.append(f"{len(plan.to_observe)} of these to be trained again with diagnostics")
    wanted = zip(plan.request.wanted, plan.identities, strict=True)
    if n_without := sum(len(seeds) for (_, seeds), identity in wanted if not identity):
        total.append(f"{n_without} without data")
    return "\n\n".join([*pages, ", ".join(total)]) + "\n"


def _sections(loaded: Loaded, plan: Plan, identity: str, outline: Outline | None) -> dict[str, Rows]:
    """What is known of an experiment, by title."""
    experiment = loaded.experiment
    settings = flatten(experiment.model_dump()).items()
    if outline is None:
        title, built = f"layers: not built, the config calls {' and '.join(experiment.functions)} (--allow-code)", []
    else:
        title, built = "layers", list(_layers(outline))
    return {
        "settings": [(key, format_value(value), str(loaded.sources[key])) for key, value in settings],
        title: built,
        "examples": _examples(experiment),
        "runs": list(_runs(experiment, plan, identity)),
    }


def _layers(outline: Outline) -> Iterator[tuple[str, ...]]:
    layers = outline.layers
    if not layers:
        yield ("known only with the data",)
        return
    for layer in layers:
        yield layer["name"], layer["type"], str(tuple(layer["output_shape"])), f"{layer['parameters']:,}"
    n_parameters = sum(layer["parameters"] for layer in layers)
    yield "in all", "", "", f"{n_parameters:,} parameters"
    if (needed := outline.memory).total > MEMORY_LIMIT:
        yield "memory", "", "", f"{needed}; more than {memory.size(int(MEMORY_LIMIT))}"


def _examples(experiment: Experiment) -> Rows:
    info, validation = experiment.dataset.info(), experiment.validation
    if info.n_train is None:
        return [("known only with the data",)]
    held_out = {"none": "none", "test": "the test examples"}.get(validation.type)
    return [
        ("training", f"{experiment.n_trained(info):,}"),
        ("validation", held_out or f"{validation.count(info.n_train):,}"),
        ("test", f"{info.n_test:,}"),
    ]


def _runs(experiment: Experiment, plan: Plan, identity: str) -> Iterator[tuple[str, ...]]:
    experiment = plan.request.as_trained(experiment)
    for without_data, error in plan.without_data:
        if without_data == experiment:
            yield "identity", f"not known without the data: {error.lines[0]}"
            return
    yield "identity", identity
    # What two names share is trained once, under the first of them.
    for planned in (planned for planned in plan.runs if planned.subject.identities.own == identity):
        yield f"seed {planned.seed}", _fate(planned, experiment)


def _fate(planned: Planned, experiment: Experiment) -> str:
    if planned.recorded is not None:
        return f"{planned.recorded.status} before, in {planned.recorded.path}"
    if (name := planned.subject.experiment.name) != experiment.name:
        return f"would be trained as {name}: the same experiment"
    if planned.begun is not None:
        return f"{planned.begun.status}, in {planned.begun.path}; would go on there"
    return f"would be trained again: {planned.lost}" if planned.lost else "would be trained"
