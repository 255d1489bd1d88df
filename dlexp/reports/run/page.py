"""One run in full: how it stands, what it was, what it reached."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dlexp.components.columns import OTHER_COLUMNS, Column
from dlexp.config.flat import flatten, format_value
from dlexp.console import one_line
from dlexp.format import PageFormat, aligned, to_json
from dlexp.records.ended import Failed, Finished, Layer
from dlexp.records.run_dir import UNFINISHED
from dlexp.reports.numbers import fixed, known
from dlexp.reports.run import mistakes, text_curves
from dlexp.reports.run.facts import Page, main_metric
from dlexp.reports.run.list import local_time


def render(page: Page, output: PageFormat, width: int = 80) -> str:
    """A section each: how it stands, settings, layers, scores, curves, mistakes, log; or one JSON document."""
    if output == "json":
        return to_json(_document(page))
    run = page.run
    sections = [
        [*_about(page), *page.notes],
        _titled("settings", aligned((key, format_value(value)) for key, value in flatten(page.config).items())),
        *([_layers(run.record.layers), _metrics(run.record)] if isinstance(run.record, Finished) else []),
        _curves(page.history, width),
        _titled("diagnosis", page.diagnosis),
        mistakes.lines(page.mistakes, width),
        _titled("the end of its log", page.log),
    ]
    return "\n\n".join("\n".join(section) for section in map(list, sections) if section) + "\n"


def _document(page: Page) -> dict[str, Any]:
    """Where it lies and how it stands, then all of its record."""
    run = page.run
    return {
        "directory": str(run.dir.path),
        "attempt": run.dir.folder.attempt,
        "config": page.config,
        **run.record.raw,
        "name": run.name,
        "seed": run.seed,
        "identity": run.identity or None,
        "status": run.status,
        "epochs": page.standing.epochs,
        "diagnosis": page.diagnosis,
        "evaluation": page.evaluation,
        "damage": run.damage or None,
    }


def _about(page: Page) -> Iterator[str]:
    run, standing = page.run, page.standing
    planned = page.config.get("training", {}).get("epochs")
    # Of an unfinished run, how far it got.
    so_far = f"{len(page.history)} of {planned}" if run.status in UNFINISHED and planned else standing.epochs
    pairs = {
        "run": standing.run,
        "status": standing.status,
        "what": run.what,
        "where": run.record.where if isinstance(run.record, Failed) else None,
        # A failure names the epoch it happened in.
        "epoch" if run.status == "failed" else "epochs": so_far,
        "seconds": None if run.record.seconds is None else fixed(run.record.seconds, 1),
        "ended": local_time(run.record.ended),
        "parameters": run.record.parameters if isinstance(run.record, Finished) else None,
        "identity": run.identity,
        "data digest": run.record.data_digest,
        "directory": run.dir.path,
        "log": run.dir.log_path.name if run.status != "finished" and run.dir.log_path.exists() else None,
    }
    for key, value in pairs.items():
        if value not in (None, ""):
            yield f"{key:<12} {value if key == 'what' else one_line(str(value))}"


def _layers(layers: Sequence[Layer]) -> list[str]:
    """The model from the input to the prediction."""
    rows = [["layers", "type", "output", "parameters"]]
    for layer in layers:
        shape = ", ".join(map(str, layer["output_shape"]))
        rows.append([f"  {layer['name']}", layer["type"], f"({shape})", str(layer["parameters"])])
    return aligned(rows) if layers else []


def _curves(history: Sequence[dict[str, float]], width: int) -> Iterator[str]:
    """The main metric and the loss over the epochs; nothing to see in a single one."""
    columns = [column for row in history[:1] for column in row if column not in OTHER_COLUMNS]
    if len(history) < 2 or not columns:
        return
    yield f"learning curves: {text_curves.legend(history)}"
    main = main_metric(columns)
    quantities = dict.fromkeys([main.on("train") if main.split == "validation" else main, Column(quantity="loss")])
    yield from text_curves.plots(history, list(quantities), width)


def _metrics(result: Finished) -> Iterator[str]:
    """The last value of every metric, beside the best over the epochs and where that was, and the best possible."""
    metrics, best_possible = result.metrics, result.best_possible
    if not metrics:
        return
    rows = [["metrics", "last", "best", "best possible"]]
    for name, value in metrics.items():
        if not (column := Column.parse(name)).best:
            possible = known(best_possible[name]) if name in best_possible else ""
            rows.append([f"  {name}", known(value), _best(metrics, column), possible])
    yield from aligned(row if best_possible else row[:-1] for row in rows)
    if best_possible:
        yield "Best possible: what the data's true distribution scores on the same examples; beaten only by chance."
    if result.picked_on_test:
        yield "The best values were picked on the test data: validation is the test split here."


def _best(metrics: Mapping[str, float], column: Column) -> str:
    best, epoch = metrics.get(str(column.best_value)), metrics.get(str(column.best_epoch))
    if best is None:
        return ""
    return known(best) + ("" if epoch is None else f" (epoch {epoch:.0f})")


def _titled(title: str, lines: Iterable[str]) -> list[str]:
    """Lines below a title; nothing where there are none."""
    below = [f"  {line}".rstrip() for line in lines]
    return [title, *below] if below else []
