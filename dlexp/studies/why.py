"""Why two experiments are one or not: the ingredients of their identities, side by side."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlexp.config.flat import differences, flatten
from dlexp.config.identity import Ingredients
from dlexp.config.load import load
from dlexp.errors import DlexpError, UserError
from dlexp.runs.index import Run
from dlexp.runs.run_dir import RunDir

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

    @property
    def identity(self) -> str:
        """Of its ingredients."""
        return self.ingredients.identity


def of_config(path: Path, data_dir: Path | None, label: str = "") -> Subject:
    """The experiment that a config file is now; reads the data's digest."""
    experiment = load(path).experiment
    digest = experiment.dataset.digest(data_dir)
    return Subject(label or str(path), Ingredients.of(experiment, digest), experiment.name)


def of_run(run: Run) -> Subject:
    """The experiment that a run recorded.

    Raises:
        UserError: It was interrupted before it recorded enough, or is damaged.
    """
    label = f"{run.name}/{run.dir.path.name}"
    record = run.record or _begun(run.dir)
    try:
        config = {key: value for key, value in record["config"].items() if key != "name"}
        ingredients = Ingredients(
            config, record["data_digest"], record["training_version"], record.get("code_digest") or None
        )
    except KeyError as error:
        raise UserError(f"{run.dir.path}: {run.status}; {error} is not on record") from error
    return Subject(label, ingredients, run.name, run.seed)


def _begun(run_dir: RunDir) -> dict[str, Any]:
    """What a run without a result has recorded."""
    try:
        environment = run_dir.environment() or {}
        return {**environment, "config": load(run_dir.config_path).experiment.model_dump(mode="json")}
    except DlexpError as error:
        raise UserError(f"{run_dir.path}: {error}") from error


def differing(a: Ingredients, b: Ingredients) -> list[Difference]:
    """The ingredients in which two identities differ: settings by dotted key, then data and code."""
    found = differences(flatten(a.experiment), flatten(b.experiment))
    return [*found, *_beside_settings(a, b)]


def _beside_settings(a: Ingredients, b: Ingredients) -> Iterator[Difference]:
    for field, label in LABELS.items():
        if (in_a := getattr(a, field)) != (in_b := getattr(b, field)):
            yield label, in_a, in_b


def nearest(subject: Subject, runs: Iterable[Run]) -> Subject | None:
    """The recorded experiment with the fewest differences; the latest of several."""
    others = {run.identity: run for run in sorted(runs, key=lambda run: run.ended) if run.identity}
    subjects = [of_run(run) for run in reversed(others.values())]
    return min(subjects, key=lambda other: len(differing(subject.ingredients, other.ingredients)), default=None)
