"""What a `run` command would do: how many runs in what time, and of each experiment what it is and what is done."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dlexp.components import memory
from dlexp.config.experiment import Experiment
from dlexp.config.flat import flatten, format_value
from dlexp.config.load import Loaded
from dlexp.config.needed_memory import MEMORY_LIMIT
from dlexp.execution.arguments import Auto
from dlexp.execution.at_once import at_once
from dlexp.execution.plan import Plan, Planned
from dlexp.format import PageFormat, aligned, paragraph, plural, to_json
from dlexp.reports.experiment_columns import experiment_columns
from dlexp.reports.fitted import FittedColumn, fitted
from dlexp.reports.plan.commands import Asked
from dlexp.reports.plan.pace import Pace, TotalTime, expected_time, ground, total_time
from dlexp.training.outline import Outline

#: Of so many experiments the settings and layers are shown; of more each is a row.
MAX_PAGES = 2

#: Rows of cells.
Rows = list[tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class PreviewedExperiment:
    """What would become of one experiment."""

    loaded: Loaded
    label: str
    identity: str
    """Empty where its data cannot be had."""
    outline: Outline | None
    """Its model; None if it was not built, since that calls functions of the user's own."""
    to_train: Sequence[Planned]
    done: Sequence[Planned]
    time: TotalTime
    """Of one worker."""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a command would do."""

    plan: Plan
    experiments: Sequence[PreviewedExperiment]
    workers: int
    time: TotalTime


def preview(
    loaded: Sequence[Loaded],
    plan: Plan,
    outlines: Sequence[Outline | None],
    pace: Pace,
    workers: int | Auto = "auto",
) -> Preview:
    """Gather what a plan of these configs would do, each with its outline."""
    again = {run.dir.path for run in plan.to_observe}
    to_train = [*plan.to_train, *(run for run in plan.runs if run.recorded and run.recorded.path in again)]
    n = at_once(workers, to_train, plan.request.smoke).n
    return Preview(
        plan=plan,
        experiments=[
            _previewed(each, plan, identity, of_it, pace)
            for each, identity, of_it in zip(loaded, plan.identities, outlines, strict=True)
        ],
        workers=n,
        time=total_time(to_train, pace, n),
    )


def _previewed(loaded: Loaded, plan: Plan, identity: str, outline: Outline | None, pace: Pace) -> PreviewedExperiment:
    # What two names share is trained once, under the first of them.
    own = [run for run in plan.runs if run.subject.identities.own == identity]
    to_train = [run for run in own if run.recorded is None]
    return PreviewedExperiment(
        loaded=loaded,
        label=plan.labels.get(identity, loaded.experiment.name),
        identity=identity,
        outline=outline,
        to_train=to_train,
        done=[run for run in own if run.recorded is not None],
        time=total_time(to_train, pace),
    )


def render(found: Preview, asked: Asked, output: PageFormat = "table", width: int | None = None) -> str:
    """The totals, then a page for each of few experiments or a row for each of many; with a line end at the end."""
    if output == "json":
        return to_json(_document(found))
    total = "\n".join(line for text in [_total(found), *_outdated(found.plan)] for line in paragraph(text, width))
    if len(found.experiments) <= MAX_PAGES:
        return "\n\n".join([total, *(_page(each, found.plan) for each in found.experiments)]) + "\n"
    first = asked.one_again(found.experiments[0].loaded, "--dry-run")
    see = f"settings, layers and sizes of one: {first}"
    return "\n".join([total, "", *_rows(found.experiments, found.plan, width), "", see]) + "\n"


def _total(found: Preview) -> str:
    """`81 to train, 0 done before; time with 1 worker: about 3 min (...)`."""
    plan, without = found.plan, _n_without_data(found.plan)
    total = [f"{len(plan.to_train)} to train", f"{len(plan.done)} done before"]
    if plan.to_observe:
        total.append(f"{len(plan.to_observe)} of these to be trained again with diagnostics")
    if without:
        total.append(f"{without} without data")
    time = expected_time(found.time)
    took = f"; time with {plural(found.workers, 'worker')}: {time}{ground(found.time)}" if time else ""
    return f"{', '.join(total)}{took}"


def _outdated(plan: Plan) -> Iterator[str]:
    """`3 of 5 runs recorded by training code 2; would be trained again`: why what was done is not done any more."""
    counts = Counter(f"{found}; would be trained {found.trained}" for run in plan.to_train if (found := run.outdated))
    for what, n in counts.items():
        yield f"{n} of {plural(len(plan.runs), 'run')} {what}"


def _n_without_data(plan: Plan) -> int:
    wanted = zip(plan.request.wanted, plan.identities, strict=True)
    return sum(len(seeds) for (_, seeds), identity in wanted if not identity)


def _rows(experiments: Sequence[PreviewedExperiment], plan: Plan, width: int | None) -> list[str]:
    """One row per experiment."""
    columns = [
        *_names(experiments, plan),
        FittedColumn(header="to train", cells=[str(len(each.to_train)) for each in experiments], is_number=True),
        FittedColumn(header="done", cells=[str(len(each.done)) for each in experiments], is_number=True, rank=1),
        FittedColumn(header="time", cells=list(map(_time, experiments)), rank=2),
    ]
    return fitted(columns, width).lines


def _names(experiments: Sequence[PreviewedExperiment], plan: Plan) -> list[FittedColumn]:
    """What tells them apart; their names where some have no data, or are the same experiment under two names."""
    labels = [each.label for each in experiments]
    if set(labels) == plan.labelled.keys() and len(labels) == len(plan.labelled):
        return experiment_columns(plan.labelled, labels)
    names = [each.loaded.experiment.name for each in experiments]
    cells = [
        label if label in plan.labelled and plan.labelled[label].name == name else name
        for label, name in zip(labels, names, strict=True)
    ]
    return [FittedColumn(header="experiment", cells=cells, min_width=12)]


def _time(found: PreviewedExperiment) -> str:
    return expected_time(found.time) if found.identity else "without data"


def _document(found: Preview) -> dict[str, Any]:
    plan = found.plan
    return {
        "to_train": len(plan.to_train),
        "done": len(plan.done),
        "to_observe": len(plan.to_observe),
        "without_data": _n_without_data(plan),
        "workers": found.workers,
        "time": asdict(found.time),
        "experiments": [_experiment(each, plan) for each in found.experiments],
    }


def _experiment(found: PreviewedExperiment, plan: Plan) -> dict[str, Any]:
    experiment = found.loaded.experiment
    return {
        "label": found.label,
        "name": experiment.name,
        "config": str(found.loaded.path),
        "identity": found.identity or None,
        "settings": flatten(experiment.model_dump(mode="json")),
        "layers": found.outline and found.outline.layers,
        "without_data": _why_no_data(experiment, plan) or None,
        "runs": [
            {"seed": run.seed, "fate": _fate(run, experiment), "directory": str(where.path) if where else None}
            for run in (*found.done, *found.to_train)
            for where in [run.recorded or run.begun]
        ],
    }


def _page(found: PreviewedExperiment, plan: Plan) -> str:
    lines = [f"{found.loaded.experiment.name} ({found.loaded.path})"]
    for title, rows in _sections(found.loaded, plan, found.identity, found.outline).items():
        lines += [f"  {title}", *(f"    {line}" for line in aligned(rows))]
    return "\n".join(lines)


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
    if why := _why_no_data(experiment, plan):
        yield "identity", f"not known without the data: {why}"
        return
    yield "identity", identity
    for planned in (planned for planned in plan.runs if planned.subject.identities.own == identity):
        yield f"seed {planned.seed}", _fate(planned, experiment)


def _why_no_data(experiment: Experiment, plan: Plan) -> str:
    trained = plan.request.as_trained(experiment)
    return next((error.lines[0] for without, error in plan.without_data if without == trained), "")


def _fate(planned: Planned, experiment: Experiment) -> str:
    if planned.recorded is not None:
        return f"{planned.recorded.status} before, in {planned.recorded.path}"
    if (name := planned.subject.experiment.name) != experiment.name:
        return f"would be trained as {name}: the same experiment"
    if planned.begun is not None:
        again = "resumed" if planned.begun.has_checkpoint else "restarted"
        return f"{planned.begun.status}, in {planned.begun.path}; would be {again} there"
    if run := planned.continues:
        return f"would continue {run.dir.path} from epoch {run.epochs}"
    if found := planned.outdated:
        return f"{found}, in {found.dir.path}; would be trained {found.trained}"
    if planned.lost:
        return f"would be trained again: {planned.lost}"
    return f"would be trained from the start: {planned.from_start}" if planned.from_start else "would be trained"
