"""One run in full: how it stands, what it was, what it reached."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlexp import regular_files
from dlexp.components.metrics import OTHER_COLUMNS
from dlexp.config.flat import flatten, format_value
from dlexp.console import one_line
from dlexp.errors import UserError
from dlexp.format import PageFormat, aligned, to_json
from dlexp.records.index import Run
from dlexp.records.record_files import DamagedRecord
from dlexp.records.run_dir import UNFINISHED
from dlexp.reports.numbers import significant
from dlexp.reports.run import mistakes, text_curves
from dlexp.reports.run.diagnosis import diagnose
from dlexp.reports.run.list import line_of, local_time
from dlexp.reports.run.mistakes import Mistakes
from dlexp.reports.run.results import main_metric

#: How much of a failed run's log is shown.
_LOG_LINES = 10
_LOG_BYTES = 100_000


@dataclass(frozen=True)
class Page:
    """All that is shown of a run, gathered from its files."""

    run: Run
    config: dict[str, Any]
    """The resolved config; of an unfinished run from its config.yaml."""
    history: Sequence[dict[str, float]]
    """The epochs so far."""
    log: Sequence[str]
    """The last lines of what a failed run said."""
    diagnosis: Sequence[str]
    """What is wrong with its hidden layers, by its diagnostics."""
    evaluation: dict[str, Any] | None
    """What its model makes of the test split."""
    mistakes: Mistakes
    notes: Sequence[str]
    """What of it could not be read."""


def gather(run: Run, n_mistakes: int = 0) -> Page:
    """Read what there is of a run, with so many of its mistakes on each target."""
    config, history, notes = run.config, list[dict[str, float]](), []
    try:
        history = run.dir.history()
    except DamagedRecord as error:
        notes.append(error.lines[0])
    if run.status in UNFINISHED and run.dir.config_path.exists():
        try:
            config = _config_of(run.dir.config_path)
        except UserError as error:
            notes.append(error.lines[0])
    diagnosis = list[str]()
    try:
        diagnosis = diagnose(run.dir.diagnostics(), config) if config else []
    except DamagedRecord as error:
        notes.append(error.lines[0])
    evaluation, without = None, "recorded before they were kept"
    try:
        evaluation = run.dir.evaluation()
    except DamagedRecord as error:
        notes.append(error.lines[0])
        without = f"{run.dir.evaluation_path.name} is damaged"
    worst = evaluation or {"mistakes": run.record.get("mistakes", []), "examples_problem": without}
    shown = mistakes.gather(run, worst, n_mistakes)
    log = _last_lines(run.dir.log_path) if run.status == "failed" else []
    return Page(run, config, history, log, diagnosis, evaluation, shown, notes)


def _config_of(path: Path) -> dict[str, Any]:
    """The settings in a run's config.yaml, all that a run has recorded of itself until it ends."""
    from dlexp.config.load import load

    return load(path).experiment.model_dump(exclude={"name"})


def _last_lines(path: Path) -> list[str]:
    """Of a log, however long."""
    try:
        end = regular_files.read_end(path, _LOG_BYTES)
    except FileNotFoundError:
        return []
    except OSError as error:
        return [f"{path.name}: cannot be read: {error.strerror}"]
    return end.decode("utf-8", errors="replace").splitlines()[-_LOG_LINES:]


def render(page: Page, output: PageFormat, width: int = 80) -> str:
    """A section each: how it stands, settings, layers, scores, curves, mistakes, log; or one JSON document."""
    if output == "json":
        return to_json(_document(page))
    run = page.run
    sections = [
        [*_about(page), *page.notes],
        _settings(page.config),
        _layers(run.record.get("layers", [])),
        _metrics(run),
        _curves(page.history, width),
        ["diagnosis", *(f"  {sentence}" for sentence in page.diagnosis)] if page.diagnosis else [],
        mistakes.lines(page.mistakes, width),
        _log(page.log),
    ]
    return "\n\n".join("\n".join(section) for section in map(list, sections) if section) + "\n"


def _document(page: Page) -> dict[str, Any]:
    """Where it lies and how it stands, then all of its record."""
    run = page.run
    line = line_of(run)
    return {
        "directory": str(run.dir.path),
        "attempt": run.attempt,
        "config": page.config,
        **run.record,
        "name": run.name,
        "seed": run.seed,
        "identity": run.identity or None,
        "status": run.status,
        "epochs": line.epochs,
        "diagnosis": page.diagnosis,
        "evaluation": page.evaluation,
        "damage": run.damage or None,
    }


def _about(page: Page) -> Iterator[str]:
    run = page.run
    line = line_of(run)
    planned = page.config.get("training", {}).get("epochs")
    # Of an unfinished run, how far it got.
    so_far = f"{len(page.history)} of {planned}" if run.status in UNFINISHED and planned else line.epochs
    pairs = {
        "run": line.run,
        "status": line.status,
        "what": run.what,
        "where": run.record.get("where"),
        # A failure names the epoch it happened in.
        "epoch" if run.status == "failed" else "epochs": so_far,
        "seconds": None if line.seconds is None else f"{line.seconds:.1f}",
        "ended": local_time(run.ended),
        "parameters": run.record.get("parameters"),
        "identity": run.identity,
        "data digest": run.record.get("data_digest"),
        "directory": run.dir.path,
        "log": run.dir.log_path.name if run.status != "finished" and run.dir.log_path.exists() else None,
    }
    for key, value in pairs.items():
        if value not in (None, ""):
            yield f"{key:<12} {value if key == 'what' else one_line(str(value))}"


def _settings(config: dict[str, Any]) -> Iterator[str]:
    settings = [[f"  {key}", format_value(value)] for key, value in flatten(config).items()]
    if settings:
        yield "settings"
        yield from aligned(settings)


def _layers(layers: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The model from the input to the prediction."""
    if not layers:
        return
    rows = [["layers", "type", "output", "parameters"]]
    for layer in layers:
        shape = ", ".join(map(str, layer["output_shape"]))
        rows.append([f"  {layer['name']}", layer["type"], f"({shape})", str(layer["parameters"])])
    yield from aligned(rows)


def _curves(history: Sequence[dict[str, float]], width: int) -> Iterator[str]:
    """The main metric and the loss over the epochs; nothing to see in a single one."""
    columns = [column for row in history[:1] for column in row if column not in OTHER_COLUMNS]
    if len(history) < 2 or not columns:
        return
    yield f"learning curves: {text_curves.legend(history)}"
    quantities = dict.fromkeys([main_metric(columns).removeprefix("val_"), "loss"])
    yield from text_curves.plots(history, list(quantities), width)


def _log(lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield "the end of its log"
    for line in lines:
        yield f"  {line}".rstrip()


def _metrics(run: Run) -> Iterator[str]:
    """The last value of every metric, beside the best over the epochs and where that was, and the best possible."""
    metrics = run.metrics
    if not metrics:
        return
    best_possible = run.record.get("best_possible") or {}
    rows = [["metrics", "last", "best", *(["best possible"] if best_possible else [])]]
    for name, value in metrics.items():
        if not name.startswith("best_"):
            best = best_possible.get(name)
            known = ["" if best is None else _number(best)] if best_possible else []
            rows.append([f"  {name}", _number(value), _best(metrics, name), *known])
    yield from aligned(rows)
    if best_possible:
        yield "Best possible: what the data's true distribution scores on the same examples; beaten only by chance."
    if run.record.get("picked_on_test"):
        yield "The best values were picked on the test data: validation is the test split here."


def _best(metrics: dict[str, float], name: str) -> str:
    best, epoch = metrics.get(f"best_{name}"), metrics.get(f"best_{name}_epoch")
    if best is None:
        return ""
    return _number(best) + ("" if epoch is None else f" (epoch {epoch:.0f})")


def _number(value: float) -> str:
    return "-" if value != value else significant(value)  # NaN alone differs from itself.
