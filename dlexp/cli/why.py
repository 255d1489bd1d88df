"""`dlexp why`: why two experiments are one or not."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlexp.cli.options import RUNS_DIR, DataDir, PageFormat, RunsDir

if TYPE_CHECKING:
    from dlexp.reports.verification.why import Subject


def why(
    a: Annotated[str, typer.Argument(metavar="A", help="A config file, a run directory, or a run as NAME/sSEED-ID.")],
    b: Annotated[str | None, typer.Argument(metavar="[B]", help="The same, to hold it against.")] = None,
    runs_dir: RunsDir = RUNS_DIR,
    data_dir: DataDir = None,
    output_format: PageFormat = "table",
) -> None:
    """Say why two experiments are the same or not: settings, data, training code, own code.

    What can change the numbers of the same experiment is named too: versions, processor, flags of TensorFlow. A config
    alone is compared with the nearest run on record, a run alone against its config and data as they are now.

    Example: dlexp why configs/digits_sgd.yaml configs/digits_adam.yaml
    """
    from dlexp.format import to_json
    from dlexp.reports.verification.why import differing, differing_places

    first = _subject(a, runs_dir, data_dir)
    second = _subject(b, runs_dir, data_dir) if b else _counterpart(first, a, runs_dir, data_dir)
    if second:
        first, second = first.beside(second), second.beside(first)
    found = differing(first.ingredients, second.ingredients) if second else []
    places = differing_places(first, second) if second else []
    if output_format == "json":
        sides = [None if side is None else _json(side) for side in (first, second)]
        rows = [{"ingredient": name, "a": _plain(in_a), "b": _plain(in_b)} for name, in_a, in_b in found]
        beside = [{"what": name, "a": in_a, "b": in_b} for name, in_a, in_b in places]
        is_same = second is not None and first.identity == second.identity
        document = {"a": sides[0], "b": sides[1], "same": is_same, "differences": rows, "places": beside}
        print(to_json(document), end="")
    elif second is None:
        print(f"{first.label}: identity {first.identity[:10]}, and nothing is on record in {runs_dir}")
    else:
        print(_text(first, second, found))
        if places:
            shown = [(what, _set(in_a), _set(in_b)) for what, in_a, in_b in places]
            print("beside the experiment, what can change numbers:", *_table(first, second, shown), sep="\n")


def _subject(word: str, runs_dir: Path, data_dir: Path | None) -> "Subject":
    from dlexp.errors import UserError
    from dlexp.records.index import CONFIG_SUFFIXES, latest, select
    from dlexp.reports.verification.why import of_config, of_run

    path = Path(word)
    if path.is_file() or (word.endswith(CONFIG_SUFFIXES) and not path.is_dir()):
        return of_config(path, data_dir)
    runs = select(runs_dir, [word])
    asked = latest(run for run in runs if run.status == "finished") or latest(runs)
    if asked is None:
        raise UserError(f"{word}: no run of this name")
    return of_run(asked)


def _counterpart(subject: "Subject", word: str, runs_dir: Path, data_dir: Path | None) -> "Subject | None":
    """What a config or a run alone is compared with."""
    from dlexp.records.index import finished, select
    from dlexp.reports.verification.why import nearest, of_config

    if subject.seed is None:
        return nearest(subject, finished(runs_dir))
    (run, *_) = (run for run in select(runs_dir, [word]) if f"{run.name}/{run.dir.path.name}" == subject.label)
    return of_config(run.dir.config_path, data_dir, label="its config as it is now")


def _text(a: "Subject", b: "Subject", found: list[tuple[str, Any, Any]]) -> str:
    from dlexp.console import one_line

    sides = f"{one_line(a.label)} ({a.identity[:10]}) and {one_line(b.label)} ({b.identity[:10]})"
    if not found:
        beside = [f"name {a.name} and {b.name}"] if a.name != b.name else []
        if None not in (a.seed, b.seed) and a.seed != b.seed:
            beside.append(f"seed {a.seed} and {b.seed}")
        end = f"; not part of it: {', '.join(beside)}" if beside else ""
        return f"{sides} are the same experiment{end}"
    return "\n".join([f"{sides} are two experiments: they differ in", *_table(a, b, found)])


def _table(a: "Subject", b: "Subject", found: list[tuple[str, Any, Any]]) -> list[str]:
    from dlexp.config.flat import short
    from dlexp.format import aligned

    return aligned([("", a.label, b.label), *((name, short(in_a), short(in_b)) for name, in_a, in_b in found)])


def _set(value: Any) -> Any:
    return "not set" if value is None else value


def _plain(value: Any) -> Any:
    from dlexp.config.flat import MISSING

    return None if value is MISSING else value


def _json(subject: "Subject") -> dict[str, Any]:
    return {"label": subject.label, "name": subject.name, "seed": subject.seed, "identity": subject.identity}
