"""One run in full: how it stands, what it was, what it reached."""

import math
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from dlexp import regular_files
from dlexp.components.columns import OTHER_COLUMNS, Column
from dlexp.components.remarks import Remark, said
from dlexp.config.flat import flatten, format_value
from dlexp.console import one_line
from dlexp.errors import UserError
from dlexp.format import PageFormat, aligned, to_json
from dlexp.records.ended import Failed, Finished, Layer
from dlexp.records.evaluation import Evaluation
from dlexp.records.index import Run
from dlexp.records.record_files import DamagedRecord
from dlexp.records.run_dir import UNFINISHED, RunDir
from dlexp.reports.numbers import fixed, known
from dlexp.reports.run import confusion, mistakes, text_curves
from dlexp.reports.run.diagnosis import diagnose
from dlexp.reports.run.list import local_time, main_metric, standing

#: How much of a failed run's log is shown.
_LOG_LINES = 10
_LOG_BYTES = 100_000
#: What is said of diagnostics that say nothing.
_HEALTHY = "nothing unusual in the hidden layers; draw them with --plot FILE.png"


def render(run: Run, output: PageFormat, n_mistakes: int = 0, width: int = 80) -> str:
    """A section each: how it stands, settings, layers, scores, confusions, curves, mistakes, log; or one JSON document.

    What cannot be read is noted. Of the worst mistakes, so many are shown on each target.
    """
    notes: list[str] = []

    def read(what: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return what()
        except (DamagedRecord, UserError) as error:
            notes.append(error.lines[0])
            return otherwise

    record = run.record if isinstance(run.record, Finished) else None
    history = read(run.dir.history, [])
    config = run.config
    if run.status in UNFINISHED and run.dir.config_path.exists():
        config = read(lambda: _begun_config(run.dir), config)
    diagnostics = read(run.dir.diagnostics, []) if config else []
    diagnosis = diagnose(diagnostics, config)
    n_notes = len(notes)
    evaluation = read(run.dir.evaluation, None)
    if output == "json":
        return to_json(_document(run, config, diagnosis, evaluation))
    is_damaged = len(notes) > n_notes
    why_none = f"{run.dir.evaluation_path.name} is damaged" if is_damaged else "recorded before they were kept"
    worst = evaluation or Evaluation(mistakes=record.mistakes if record else [], examples_problem=why_none)
    names = record.class_names if record else ()
    sections = [
        [*_about(run, config, len(history)), *notes],
        _titled("how the data were read", map(one_line, _remarks(record.remarks) if record else [])),
        _titled("settings", aligned((key, format_value(value)) for key, value in flatten(config).items())),
        *([_layers(record.layers), _metrics(record)] if record else []),
        *confusion.sections(worst.get("targets", {}), names, width),
        _curves(history, width),
        _titled("diagnosis", _wrapped(diagnosis or [_HEALTHY] * bool(diagnostics), width)),
        mistakes.lines(worst, names, n_mistakes, width),
        _titled("the end of its log", _end_of_log(run.dir) if run.status == "failed" else []),
    ]
    return "\n\n".join("\n".join(section) for section in map(list, sections) if section) + "\n"


def _begun_config(run_dir: RunDir) -> dict[str, Any]:
    """The settings in a run's config.yaml, all that a run has recorded of itself until it ends."""
    from dlexp.config.load import load_unchecked

    return load_unchecked(run_dir.config_path).model_dump(exclude={"name"})


def _document(
    run: Run, config: Mapping[str, Any], diagnosis: Sequence[str], evaluation: Evaluation | None
) -> dict[str, Any]:
    """Where it lies and how it stands, then all of its record."""
    return {
        "directory": str(run.dir.path),
        "attempt": run.dir.folder.attempt,
        "config": config,
        **run.record.raw,
        "name": run.name,
        "seed": run.seed,
        "identity": run.identity or None,
        "status": run.status,
        "epochs": standing(run).epochs,
        "diagnosis": diagnosis,
        "evaluation": evaluation,
        "damage": run.what if run.status == "damaged" else None,
    }


def _about(run: Run, config: Mapping[str, Any], n_epochs: int) -> Iterator[str]:
    stands, record = standing(run), run.record
    planned = config.get("training", {}).get("epochs")
    # Of an unfinished run, how far it got.
    so_far = f"{n_epochs} of {planned}" if run.status in UNFINISHED and planned else stands.epochs
    pairs = {
        "run": run.dir.label,
        "status": stands.status,
        "what": run.what,
        "where": record.where if isinstance(record, Failed) else None,
        # A failure names the epoch it happened in.
        "epoch" if run.status == "failed" else "epochs": so_far,
        "seconds": None if record.seconds is None else fixed(record.seconds, 1),
        "ended": local_time(record.ended),
        "parameters": record.parameters if isinstance(record, Finished) else None,
        "identity": run.identity,
        "data digest": record.data_digest,
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
    main = main_metric(columns)
    quantities = dict.fromkeys([main.on("train") if main.split == "validation" else main, Column(quantity="loss")])
    if drawn := [quantity for quantity in quantities if text_curves.has_values(history, quantity)]:
        yield f"learning curves: {text_curves.legend(history)}"
        yield from text_curves.plots(history, drawn, width)


def _metrics(result: Finished) -> Iterator[str]:
    """The last value of every metric, beside the best over the epochs and where that was, and the best possible."""
    metrics, best_possible = result.metrics, result.best_possible
    if not metrics:
        return
    rows = [["metrics", "last", "best", "best possible"]]
    for name, value in metrics.items():
        if (column := Column.parse(name)).best:
            continue
        best, epoch = metrics.get(str(column.best_value)), metrics.get(str(column.best_epoch))
        of_epoch = "" if best is None or epoch is None or math.isnan(best) else f" (epoch {epoch:.0f})"
        possible = known(best_possible[name]) if name in best_possible else ""
        rows.append([f"  {name}", known(value), "" if best is None else known(best) + of_epoch, possible])
    yield from aligned(row if best_possible else row[:-1] for row in rows)
    if best_possible:
        yield "Best possible: what the data's true distribution scores on the same examples; beaten only by chance."
    if result.picked_on_test:
        yield "The best values were picked on the test data: validation is the test split here."
    yield from (f"{name}: {reason}." for name, reason in result.missing_scores.items())


def _remarks(recorded: Iterable[Mapping[str, Any]]) -> list[str]:
    """What was said of the data; that the config allowed some is not on record."""
    return list(map(str, said(map(Remark.of, recorded), ())))


def _titled(title: str, lines: Iterable[str]) -> list[str]:
    """Lines below a title; nothing where there are none."""
    below = [f"  {line}".rstrip() for line in lines]
    return [title, *below] if below else []


def _wrapped(sentences: Iterable[str], width: int) -> Iterator[str]:
    """Lines of a width below a title."""
    for each in sentences:
        yield from textwrap.wrap(each, width - 2, subsequent_indent="  ")


def _end_of_log(run_dir: RunDir) -> list[str]:
    """The last lines of a log, however long it is."""
    try:
        end = regular_files.read_end(run_dir.log_path, _LOG_BYTES)
    except FileNotFoundError:
        return []
    except OSError as error:
        return [f"{run_dir.log_path.name}: cannot be read: {error.strerror}"]
    return end.decode("utf-8", errors="replace").splitlines()[-_LOG_LINES:]
