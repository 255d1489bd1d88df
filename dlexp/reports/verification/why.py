"""Why two experiments are one or not: the ingredients of their identities, side by side."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dlexp.config.flat import differences, flatten
from dlexp.config.identity import Ingredients, compared
from dlexp.config.load import load
from dlexp.errors import DlexpError, UserError
from dlexp.records.index import Run
from dlexp.records.record_files import DamagedRecord
from dlexp.records.run_dir import RunDir
from dlexp.reports.verification import places
from dlexp.training.environment import here

#: What the ingredients beside the settings are called.
LABELS = {
    "data_digest": "the data (digest)",
    "training_version": "the training code (version)",
    "code_digest": "your own code (digest)",
}

#: An ingredient with its value on both sides.
Difference = tuple[str, Any, Any]


@dataclass(frozen=True)
class Subject:
    """An experiment, from a config as it is now or from a record."""

    label: str
    ingredients: Ingredients
    name: str
    seed: int | None = None
    """None, of a config."""
    earlier_digests: tuple[str, ...] = ()
    """What earlier versions took of the data, of a config."""
    run_dir: RunDir | None = None
    """None, of a config."""

    @property
    def identity(self) -> str:
        """Of its ingredients."""
        return self.ingredients.identity

    @property
    def place(self) -> dict[str, Any]:
        """Where the run took place; of a config, what is known of this machine without TensorFlow."""
        if self.run_dir is None:
            return here()
        try:
            return self.run_dir.environment() or {}
        except DamagedRecord:
            return {}

    def beside(self, other: "Subject") -> "Subject":
        """The same with the digest of its data as an earlier version took it, where the other was recorded by that."""
        digest = other.ingredients.data_digest
        return replace(self, ingredients=replace(self.ingredients, data_digest=digest)) if self.has(digest) else self

    def has(self, data_digest: str) -> bool:
        """Whether its data have this digest, as this or an earlier version takes it."""
        return data_digest in (self.ingredients.data_digest, *self.earlier_digests)


def of_config(path: Path, data_dir: Path | None, label: str = "") -> Subject:
    """The experiment that a config file is now; reads the data's digest."""
    experiment = load(path).experiment
    digest, *earlier = experiment.dataset.digests(data_dir)
    ingredients = Ingredients.of(experiment, digest)
    return Subject(label or str(path), ingredients, experiment.name, earlier_digests=tuple(earlier))


def of_run(run: Run) -> Subject:
    """The experiment that a run recorded.

    Raises:
        UserError: It was interrupted before it recorded enough, or is damaged.
    """
    label = f"{run.name}/{run.dir.path.name}"
    record = run.record or _begun(run.dir)
    try:
        ingredients = Ingredients.of_record(record)
    except KeyError as error:
        raise UserError(f"{run.dir.path}: {run.status}; {error} is not on record") from error
    return Subject(label, ingredients, run.name, run.seed, run_dir=run.dir)


def _begun(run_dir: RunDir) -> dict[str, Any]:
    """What a run without a result has recorded."""
    try:
        environment = run_dir.environment() or {}
        return {**environment, "config": load(run_dir.config_path).experiment.model_dump(mode="json")}
    except DlexpError as error:
        raise UserError(f"{run_dir.path}: {error}") from error


def differing(a: Ingredients, b: Ingredients) -> list[Difference]:
    """The ingredients in which two identities differ: settings by dotted key, then data and code."""
    if a.identity == b.identity:
        return []
    found = differences(flatten(compared(a.experiment)), flatten(compared(b.experiment)))
    return [*found, *_beside_settings(a, b)]


def _beside_settings(a: Ingredients, b: Ingredients) -> Iterator[Difference]:
    for field, label in LABELS.items():
        if (in_a := getattr(a, field)) != (in_b := getattr(b, field)):
            yield label, in_a, in_b


def differing_places(a: Subject, b: Subject) -> list[Difference]:
    """What beside the experiments can change their numbers, where it differs: versions, processor, flags."""
    return places.differing(a.place, b.place, without=(*places.IRRELEVANT, *LABELS))


def nearest(subject: Subject, runs: Iterable[Run]) -> Subject | None:
    """The recorded experiment with the fewest differences; the latest of several."""
    others = {run.identity: run for run in sorted(runs, key=lambda run: run.ended) if run.identity}
    subjects = [of_run(run) for run in reversed(others.values())]
    return min(subjects, key=lambda other: len(differing(subject.ingredients, other.ingredients)), default=None)
