"""Why two experiments are one or not: the ingredients of their identities, side by side."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dlexp.config.flat import MISSING, Difference, differences, flatten, short
from dlexp.config.identity import Ingredients, compared
from dlexp.config.load import load_unchecked
from dlexp.console import one_line
from dlexp.errors import DlexpError, UserError
from dlexp.format import PageFormat, to_json
from dlexp.records.index import Run, finished, latest_finished, read
from dlexp.records.record_files import DamagedRecord
from dlexp.records.run_dir import RunDir
from dlexp.records.selection import find
from dlexp.reports.verification.diff import IRRELEVANT, between_places, of_place, side_by_side
from dlexp.training.environment import here

#: What the ingredients beside the settings are called.
LABELS = {
    "data_digest": "the data (digest)",
    "training_version": "the training code (version)",
    "code_digest": "your own code (digest)",
}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """An experiment, from a config as it is now or from a record."""

    label: str
    ingredients: Ingredients
    name: str
    seed: int | None = None
    """None for a config."""
    earlier_digests: tuple[str, ...] = ()
    """What earlier versions take as the digest of the data; empty for a run."""
    run_dir: RunDir | None = None
    """None for a config."""

    @property
    def identity(self) -> str:
        """The identity of its ingredients."""
        return self.ingredients.identity

    @property
    def place(self) -> dict[str, Any]:
        """Where the run took place; for a config, what is known of this machine without TensorFlow."""
        if self.run_dir is None:
            return here()
        try:
            return self.run_dir.environment() or {}
        except DamagedRecord:
            return {}

    def beside(self, other: "Subject") -> "Subject":
        """The same with the digest of its data as an earlier version took it, where the other was recorded by that."""
        digest = other.ingredients.data_digest
        if digest not in (self.ingredients.data_digest, *self.earlier_digests):
            return self
        return replace(self, ingredients=replace(self.ingredients, data_digest=digest))


def explain(a: str, b: str | None, runs_dir: Path, data_dir: Path | None, output: PageFormat) -> str:
    """Compare two experiments, each a config file as it is now or a run: as lines or as one JSON document.

    A config alone is compared with the nearest run on record, a run alone with its config as it is now.
    """
    first = _named(a, runs_dir, data_dir)
    second = _named(b, runs_dir, data_dir) if b else _counterpart(first, runs_dir, data_dir)
    ingredients, places = [], []
    if second is not None:
        first, second = first.beside(second), second.beside(first)
        ingredients = _differing(first.ingredients, second.ingredients)
        places = between_places(first.place, second.place, without=(*IRRELEVANT, *LABELS))
    if output == "json":
        return to_json(_document(first, second, ingredients, places))
    if second is None:
        return f"{first.label}: identity {first.identity[:10]}, and nothing is on record in {runs_dir}\n"
    return "\n".join(_lines(first, second, ingredients, places)) + "\n"


def _document(
    a: Subject, b: Subject | None, ingredients: Iterable[Difference], places: Iterable[Difference]
) -> dict[str, Any]:
    keys = ("label", "name", "seed", "identity")
    sides = {side: each and {key: getattr(each, key) for key in keys} for side, each in (("a", a), ("b", b))}
    plain = [[None if value is MISSING else value for value in each] for each in ingredients]
    return sides | {
        "same": b is not None and a.identity == b.identity,
        "differences": [{"ingredient": name, "a": in_a, "b": in_b} for name, in_a, in_b in plain],
        "places": [{"what": name, "a": in_a, "b": in_b} for name, in_a, in_b in places],
    }


def _lines(a: Subject, b: Subject, ingredients: Sequence[Difference], places: Sequence[Difference]) -> Iterator[str]:
    sides = " and ".join(f"{one_line(each.label)} ({each.identity[:10]})" for each in (a, b))
    if ingredients:
        yield f"{sides} are two experiments: they differ in"
        yield from side_by_side(a.label, b.label, ingredients, short)
    else:
        beside = [f"name {a.name} and {b.name}"] if a.name != b.name else []
        if None not in (a.seed, b.seed) and a.seed != b.seed:
            beside.append(f"seed {a.seed} and {b.seed}")
        yield f"{sides} are the same experiment" + (f"; not part of it: {', '.join(beside)}" if beside else "")
    if places:
        yield "beside the experiment, what can change numbers:"
        yield from side_by_side(a.label, b.label, places, of_place)


def _differing(a: Ingredients, b: Ingredients) -> list[Difference]:
    """The ingredients in which two identities differ: settings by dotted key, then data and code."""
    if a.identity == b.identity:
        return []
    beside_settings = [(label, getattr(a, field), getattr(b, field)) for field, label in LABELS.items()]
    found = differences(flatten(compared(a.experiment)), flatten(compared(b.experiment)))
    return [*found, *(each for each in beside_settings if each[1] != each[2])]


def _named(word: str, runs_dir: Path, data_dir: Path | None) -> Subject:
    found = find(runs_dir, word)
    return _of_config(found, data_dir) if isinstance(found, Path) else _of_run(latest_finished(list(map(read, found))))


def _counterpart(subject: Subject, runs_dir: Path, data_dir: Path | None) -> Subject | None:
    """The config of a run as it is now; for a config the latest of the recorded experiments that differ least."""
    if subject.run_dir is not None:
        return _of_config(subject.run_dir.config_path, data_dir, label="its config as it is now")
    runs = sorted(finished(runs_dir), key=lambda run: run.record.ended)
    others = [_of_run(run) for run in reversed({run.identity: run for run in runs if run.identity}.values())]
    return min(others, key=lambda other: len(_differing(subject.ingredients, other.ingredients)), default=None)


def _of_config(path: Path, data_dir: Path | None, label: str = "") -> Subject:
    """The experiment that a config file is now; reads the data's digest."""
    experiment = load_unchecked(path)
    digest, *earlier = experiment.dataset.digests(data_dir)
    return Subject(
        label=label or str(path),
        ingredients=Ingredients.of(experiment, digest),
        name=experiment.name,
        earlier_digests=tuple(earlier),
    )


def _of_run(run: Run) -> Subject:
    """The experiment that a run recorded, if it was not interrupted before it recorded enough."""
    try:
        record = run.record.raw or {
            **(run.dir.environment() or {}),
            "config": load_unchecked(run.dir.config_path).model_dump(mode="json"),
        }
        ingredients = Ingredients.of_record(record)
    except KeyError as error:
        raise UserError(f"{run.dir.path}: {run.status}; {error} is not on record") from error
    except DlexpError as error:
        raise UserError(f"{run.dir.path}: {error}") from error
    return Subject(label=run.dir.label, ingredients=ingredients, name=run.name, seed=run.seed, run_dir=run.dir)
