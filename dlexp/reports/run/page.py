"""One run in full: how it stands, what it reached, what it got wrong, then what it was."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from dlexp import regular_files
from dlexp.components.columns import OTHER_COLUMNS, Column
from dlexp.components.remarks import Remark, said
from dlexp.config.flat import flatten, format_value, short
from dlexp.console import one_line
from dlexp.format import PageFormat, aligned, filled, paragraph, plural, to_json
from dlexp.records.ended import Finished, Layer
from dlexp.records.index import Run
from dlexp.records.run_dir import RunDir
from dlexp.reports.run import confusion, mistakes, scores, state, text_curves
from dlexp.reports.run.facts import RunFacts, facts_of
from dlexp.reports.run.list import main_metric, standing
from dlexp.reports.run.symptom import Symptom

#: How much of a failed run's log is shown.
_LOG_LINES = 10
_LOG_BYTES = 100_000
#: So many remarks on the data are shown, unless all is.
_MAX_REMARKS = 3
#: Stands for a space until lines are broken.
_NO_BREAK = "\N{NO-BREAK SPACE}"
#: What is said of diagnostics that say nothing.
_HEALTHY = "nothing unusual in the hidden layers; draw them with --plot FILE.png"


def render(run: Run, output: PageFormat, n_mistakes: int = 0, width: int = 80, *, in_full: bool = False) -> str:
    """A section each, what it came to before what it was; or one JSON document.

    What cannot be read is noted.

    Args:
        run: Which one.
        output: As a page, or as JSON, which always has everything.
        n_mistakes: So many of the worst mistakes are shown on each target.
        width: How wide a line may be.
        in_full: Whether defaults, layers, all metrics, confusions as a table and the environment are shown too.
    """
    found = facts_of(run)
    if output == "json":
        return to_json(_document(found))
    sections = _sections(found, n_mistakes, width, in_full=in_full)
    return "\n\n".join("\n".join(section) for section in map(list, sections) if section) + "\n"


def _sections(found: RunFacts, n_mistakes: int, width: int, *, in_full: bool) -> Iterator[Iterable[str]]:
    run, result, names = found.run, found.result, found.result.class_names if found.result else ()
    yield [*state.lines(run, found.config, len(found.history), found.symptoms, found.environment, width), *found.damage]
    if result:
        yield scores.all_of_them(result, width) if in_full else scores.table(result, width)
    yield _curves(found.history, width)
    # That of a run that diverged stands above.
    of_history = _symptoms([] if run.has_diverged else found.symptoms, width)
    of_layers = found.diagnosis or [_HEALTHY] * found.is_observed
    yield _titled("diagnosis", [*of_history, *_wrapped(of_layers, width)])
    of_test = [
        *confusion.sections(found.on_test.get("targets", {}), names, width, confusion.MAX_CLASSES if in_full else 0),
        list(mistakes.lines(found.on_test, names, n_mistakes, width)),
    ]
    yield from of_test if in_full else [[line for section in of_test for line in section]]
    if run.status == "failed" and not run.has_diverged:
        yield _titled("the end of its log", _end_of_log(run.dir))
    yield _settings(found.config, width, in_full=in_full)
    if result:
        yield _remarks(result, width, in_full=in_full)
    if in_full:
        yield _layers(result.layers) if result else []
        yield _titled("record", _record(run))
        yield _environment(found.environment, width)


def _document(found: RunFacts) -> dict[str, Any]:
    """Where it lies and how it stands, then all of its record."""
    run = found.run
    return {
        "directory": str(run.dir.path),
        "attempt": run.dir.folder.attempt,
        "config": found.config,
        **run.record.raw,
        "name": run.name,
        "seed": run.seed,
        "identity": run.identity or None,
        "status": run.status,
        "epochs": standing(run).epochs,
        "diagnosis": found.diagnosis,
        "symptoms": list(map(asdict, found.symptoms)),
        "tags": run.dir.tags(),
        "note": run.dir.note(),
        "evaluation": found.evaluation,
        "damage": run.what if run.status == "damaged" else None,
    }


def _settings(config: Mapping[str, Any], width: int, *, in_full: bool) -> list[str]:
    """All settings, or those that somebody chose, as `--set` takes them."""
    from dlexp.config.chosen import chosen

    if in_full:
        return _titled("settings", aligned((key, format_value(value)) for key, value in flatten(config).items()))
    options = [f"{key}={format_value(value)}" for key, value in chosen(config).items()]
    return _titled("settings that are no defaults (--all shows the others)", filled(options, width - 2))


def _record(run: Run) -> list[str]:
    """What tells it from other runs."""
    record = run.record
    parameters = record.parameters if isinstance(record, Finished) else None
    pairs = {
        "run": run.dir.label,
        "identity": run.identity,
        "data digest": record.data_digest,
        "parameters": "" if parameters is None else str(parameters),
        "started": record.started,
        "ended": record.ended,
    }
    return aligned((key, value) for key, value in pairs.items() if value)


def _environment(environment: Mapping[str, Any], width: int) -> list[str]:
    """What it ran on, except what stands elsewhere."""
    shown = {key: value for key, value in environment.items() if key not in ("remarks", "data_digest", "seconds")}
    lines = (f"{key}: {short(value)}" for key, value in flatten(shown).items() if value not in (None, {}, []))
    return _titled("environment", _wrapped(map(one_line, lines), width))


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


def _symptoms(found: Iterable[Symptom], width: int) -> Iterator[str]:
    """What the history shows, and what to try; an option stays in one line."""
    for each in found:
        options = filter(None, (each.change, "--observe diagnostics" if each.observe else ""))
        tries = " or ".join(option.replace(" ", _NO_BREAK) for option in options)
        yield from (
            line.replace(_NO_BREAK, " ") for line in _wrapped([f"{each.what}{tries and f'; try {tries}'}"], width)
        )


def _remarks(result: Finished, width: int, *, in_full: bool) -> list[str]:
    """What was said of the data; that the config allowed some is not on record."""
    remarks = list(map(str, said(map(Remark.of, result.remarks), ())))
    left_out = 0 if in_full else len(remarks) - _MAX_REMARKS
    more = [f"and {plural(left_out, 'more remark')}: --all"] if left_out > 0 else []
    shown = remarks[: len(remarks) - max(0, left_out)]
    return _titled("how the data were read", [*_wrapped(map(one_line, shown), width), *more])


def _titled(title: str, lines: Iterable[str]) -> list[str]:
    """Lines below a title; nothing where there are none."""
    below = [f"  {line}".rstrip() for line in lines]
    return [title, *below] if below else []


def _wrapped(sentences: Iterable[str], width: int) -> Iterator[str]:
    """Lines of a width below a title."""
    for each in sentences:
        yield from paragraph(each, width - 2, below="  ")


def _end_of_log(run_dir: RunDir) -> list[str]:
    """The last lines of a log, however long it is."""
    try:
        end = regular_files.read_end(run_dir.log_path, _LOG_BYTES)
    except FileNotFoundError:
        return []
    except OSError as error:
        return [f"{run_dir.log_path.name}: cannot be read: {error.strerror}"]
    return end.decode("utf-8", errors="replace").splitlines()[-_LOG_LINES:]
