"""From a config file and overrides to a checked experiment, every value of which knows where it came from."""

import itertools
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dlexp.components.component import Misfit, OneOf
from dlexp.components.data import Info
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.heads.head import default_head
from dlexp.components.heads.multitask import unknown_targets
from dlexp.components.validations import ColumnSplit, Front, RandomSplit
from dlexp.config.advice import has_override
from dlexp.config.bases import MULTITASK, read_with_bases
from dlexp.config.checks import change, check, check_data, check_dataset, with_class_names
from dlexp.config.experiment import Experiment
from dlexp.config.flat import flatten
from dlexp.config.grid import expand, key_of, source_of
from dlexp.config.lint import Finding, lint, unknown_rules
from dlexp.config.messages import problems_of
from dlexp.config.names import why_not
from dlexp.config.node import Node
from dlexp.config.overrides import keys_of, overridden
from dlexp.config.places import ROOT, Document, merged, with_default_types
from dlexp.config.problems import DEFAULT, ConfigError, Problem, Source, refused

DRAWN: str = RandomSplit.model_fields["type"].default
#: Sections of a config that decide which model is built.
MAKING_MODEL = ("dataset", "model", "head")
MARKED: str = ColumnSplit.model_fields["type"].default


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A config that passed every check."""

    path: Path
    experiment: Experiment
    """Every default filled in."""
    sources: Mapping[str, Source]
    """Where each leaf came from, by dotted path: a line of a file, a `--set` or `--grid`, or the default."""
    warnings: Sequence[Finding] = ()
    """What works and is unwise, except what the config allows."""
    allowed: Sequence[str] = ()
    """The rules that it allows to be broken, those of the data too."""
    said: Node | None = None
    """What the file, all it extends and the overrides say, without a default: what further overrides are laid over."""

    @property
    def overridden(self) -> list[str]:
        """The dotted paths of what a `--set` or a `--grid` gave."""
        return [path for path, source in self.sources.items() if source.label.startswith(("--set ", "--grid "))]

    @property
    def tuned(self) -> list[str]:
        """The dotted paths of what the tuning of a study gave."""
        return [path for path, source in self.sources.items() if source.within == "tune"]

    @property
    def before_draws(self) -> Experiment | None:
        """What version 0.1.0 took it for, if it has a number for a validation that is drawn now; else None."""
        implied, validation = self.said and self.said.find(("validation", "type")), self.experiment.validation
        if implied is None or implied.source != DEFAULT or not isinstance(validation, RandomSplit):
            return None
        return self.experiment.model_copy(update={"validation": Front(size=validation.size)})

    def problem(self, misfit: Misfit) -> Problem:
        """What turned out to be wrong with a setting, with its place, and the point of a grid that it is at."""
        around = Source(str(self.path))
        source = self.said.nearest_source(misfit.field.split(".")) if self.said and misfit.field else around
        others = dict.fromkeys(each for each in self.sources.values() if each != source)
        point = [str(each).removeprefix("--grid ") for each in others if key_of(each).split(".")[0] in MAKING_MODEL]
        at = f" (with {', '.join(point)})" if point else ""
        return _problem(misfit, around if source == DEFAULT else source, at)


def load(config: Path | str | Loaded, overrides: Sequence[str] = ()) -> Loaded:
    """Read a config file, all it extends, and the overrides on top.

    Args:
        config: The file; or what was loaded before, which is not read again: overrides change it as a file changes
            what it extends.
        overrides: `KEY=VALUE` each, as given to `--set`, no key with two values, or one value of a `--grid`,
            which wins.

    Raises:
        ConfigError: With every problem of the fields; if there are none, with every problem between fields.
    """
    if not isinstance(config, Loaded):
        return checked(Path(config), overridden(read_with_bases(Path(config)), overrides))
    if not overrides:
        return config
    if config.said is None or checked(config.path, config.said).experiment != config.experiment:
        message = "its experiment is no longer what was loaded, so that overrides and grids cannot be laid over it"
        raise refused(message, Source(str(config.path)))
    return checked(config.path, overridden(config.said, overrides))


def load_unchecked(config: Path | str) -> Experiment:
    """Read what a run was trained with, or may have been: of no setting is it asked whether it works.

    The version that trained the run has asked that. What later ones refuse protects new trainings, and hides no record.

    Raises:
        ConfigError: With every unknown key, and every value of another type or out of range.
    """
    path = Path(config)
    return _validated(_settings(path, read_with_bases(path)))[0]


def resolved(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Plain settings with every default filled in, unchecked as above; without a name, which they need not have.

    Raises:
        ConfigError: As `load_unchecked`.
    """
    said = Node.of({"name": "experiment", **settings}, Source("settings"))
    return _validated(said)[0].model_dump(exclude={"name"})


def checked(path: Path, said: Node) -> Loaded:
    """The experiment of all that is said, if it passes every check.

    Raises:
        ConfigError: As `load`.
    """
    allow = _allowed(said)
    experiment, config = _validated(_settings(path, said))
    misnamed = why_not(experiment.name, path, is_resampled=experiment.dataset.resample is not None)
    found = [*([Misfit("name", misnamed)] if misnamed else []), *check(experiment)]
    if problems := [*_located(found, config, experiment), *unknown_rules(allow)]:
        raise ConfigError(problems)
    return Loaded(
        path=path,
        experiment=experiment,
        sources=_sources(experiment, config),
        warnings=lint(experiment, config, allow.plain()),
        allowed=allow.plain(),
        said=said,
    )


def _settings(path: Path, said: Node) -> Node:
    """What is said of the experiment, and the name of the file, unless another is said."""
    # About the file, not the experiment: `allow` is not part of the schema, the identity or the records.
    settings = {key: node for key, node in said.entries.items() if key != "allow"}
    return Node({"name": Node(path.stem, DEFAULT), **settings}, Source(str(path)))


def _allowed(said: Node) -> Node:
    """The rules that a config allows to be broken: an empty list where it names none."""
    allow = said.child("allow")
    return allow if allow and allow.value is not None else Node([], DEFAULT)


def load_data(path: Path | str, overrides: Sequence[str] = ()) -> Loaded:
    """As `load`, for the data set and the validation alone: what else a config says may be wrong, and is left out.

    Raises:
        ConfigError: With every problem of these two, and of keys at the top that are none.
    """
    path = Path(path)
    config = overridden(read_with_bases(path), overrides)
    allow = _allowed(config)
    allowed = [] if unknown_rules(allow) else allow.plain()
    others = {"allow", *Experiment.model_fields} - {"dataset", "validation"}
    settings = {key: node for key, node in config.entries.items() if key not in others}
    experiment, config = _data_alone(Node({"name": Node("data", DEFAULT), **settings}, Source(str(path))))
    sources = _sources(experiment, config)
    return Loaded(path=path, experiment=experiment, sources=sources, allowed=allowed)


def load_dataset(name: str, overrides: Sequence[str] = ()) -> Dataset:
    """A data set by its type alone, with overrides as for a file: `dataset.num_words=1000`.

    Raises:
        ConfigError: With every problem; of the rest of an experiment no more than its fields is checked.
    """
    source = Source(name)
    dataset = Node({"type": Node(name, source)}, source)
    config = Node({"name": Node(name, DEFAULT), "dataset": dataset}, source)
    return _data_alone(overridden(config, overrides))[0].dataset


def load_all(
    configs: Iterable[Path | str | Loaded], overrides: Sequence[str] = (), grids: Sequence[str] = ()
) -> list[Loaded]:
    """Load several configs, files or loaded ones, each at every point of the grids, whose values win over overrides.

    Raises:
        ConfigError: With the problems of all of them, and every value of a grid that another grid replaces.
    """
    loaded, problems = [], []
    for config, point in itertools.product(configs, expand(grids)):
        try:
            found = load(config, [*overrides, *point])
            if lost := list(_replaced_values(found, point)):
                raise ConfigError(lost)
            loaded.append(found)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(_once(problems))
    return loaded


def _once(problems: Iterable[Problem]) -> list[Problem]:
    """A shared base has its problems once, and so has a key of a grid that none of its values can have."""
    found: dict[Hashable, Problem] = {}
    for each in problems:
        key = key_of(each.source)
        found.setdefault((key, each.path, each.message) if key else each, each)
    return list(found.values())


def replaced(loaded: Sequence[Loaded], overrides: Sequence[str], grids: Sequence[str]) -> list[str]:
    """The overrides that hold in none of these configs, since a grid has their keys: one line per override.

    Without configs, which may all be refused: those at or below the key of a grid.
    """
    lines = []
    for override in overrides:
        by = [f"--grid {grid}" for grid in grids if _overlap(override, grid)]
        within = [grid for grid in grids if _lies_in(override, grid)]
        if by and (not any(_has(each, override) for each in loaded) if loaded else within):
            lines.append(f"{source_of(override)}: replaced by {' and '.join(by)}")
    return lines


def _replaced_values(loaded: Loaded, point: Sequence[str]) -> Iterator[Problem]:
    """The values of one grid that those of another replace, so that several points would be the same."""
    for override in point:
        by = [other for other in point if other is not override and _overlap(override, other)]
        if by and not _has(loaded, override):
            message = f"replaced by {' and '.join(str(source_of(other)) for other in by)}; make one grid of both"
            yield Problem("", message, source_of(override))


def _overlap(a: str, b: str) -> bool:
    """Whether the key of one override is that of the other, or lies in it; a type holds no other key."""
    outer, inner = sorted((keys_of(a), keys_of(b)), key=len)
    return outer == inner[: len(outer)]


def _lies_in(override: str, grid: str) -> bool:
    """Whether the key of an override is that of a grid, or below it."""
    keys, around = keys_of(override), keys_of(grid)
    return keys[: len(around)] == around


def _has(loaded: Loaded, override: str) -> bool:
    """Whether a value of a loaded config is that of an override."""
    return source_of(override) in loaded.sources.values()


def _validated(config: Node) -> tuple[Experiment, Node]:
    """The experiment, with the heads that the data set's tasks need unless others are said."""
    config = with_default_types(_with_split_of_data(config))
    head = config.child("head") or Node({}, DEFAULT)
    chosen = head.child("type")
    # The data set decides on the head, or on one of several.
    is_task_head = head.is_mapping and (chosen is None or chosen.value == MULTITASK)
    said = config.child("dataset") if is_task_head else None
    dataset: Dataset | None = OneOf(Dataset).parsed(said.plain()) if said else None
    between = check_dataset(dataset) if dataset else []
    if dataset and not between:
        # Only now that its type is known, short forms below it are known too.
        head = merged(None, _with_head_types(head, dataset.info()), ROOT.child("head", config.entries))
        config = Node({**config.entries, "head": head}, config.source)
        is_task_head = False
    try:
        experiment = Experiment.model_validate(config.plain())
    except ValidationError as error:
        problems = problems_of(error, Document(config))
        if is_task_head:  # Without a sound data set nothing is known about the head.
            problems = [problem for problem in problems if problem.path.split(".")[0] != "head"]
        raise ConfigError(problems or _located(between, config)) from None
    if check_dataset(experiment.dataset):  # `check` says them; until then there is no Info.
        return experiment, config
    info = experiment.dataset.info()
    validation = experiment.validation.settled(info, experiment.dataset.is_users_own)
    head_known = experiment.head.completed(with_class_names(experiment.dataset, info))
    return experiment.model_copy(update={"head": head_known, "validation": validation}), config


def _with_split_of_data(config: Node) -> Node:
    """With the validation that the user's own data imply.

    A number alone draws, since they may be sorted; a column or folder that marks what validates decides it.
    """
    dataset, validation = config.child("dataset"), config.child("validation")
    chosen = ROOT.child("dataset", config.entries).settings_for(dataset.entries) if dataset else None
    if dataset is None or chosen is None or not (issubclass(chosen, Dataset) and chosen.is_users_own):
        return config
    if validation is None:
        marking = dataset.child(chosen.marking_key) if chosen.marking_key else None
        implied = {"type": Node(MARKED, DEFAULT)} if marking and marking.value is not None else {}
        source = DEFAULT
    else:
        chosen_type = validation.child("type")
        is_number = chosen_type is not None and chosen_type.source == DEFAULT
        implied = {**validation.entries, "type": Node(DRAWN, DEFAULT)} if is_number else {}
        source = validation.source
    return Node({**config.entries, "validation": Node(implied, source)}, config.source) if implied else config


def _data_alone(config: Node) -> tuple[Experiment, Node]:
    """An experiment of which nothing but the data set and the validation is said, and they can be used."""
    experiment, config = _validated(config)
    if misfits := check_dataset(experiment.dataset) or check_data(experiment, experiment.dataset.info()):
        raise ConfigError(_located(misfits, config))
    return experiment, config


def _sources(experiment: Experiment, config: Node) -> dict[str, Source]:
    """Where each leaf of an experiment came from."""
    nodes = {leaf: config.find(leaf.split(".")) for leaf in flatten(experiment.model_dump())}
    return {leaf: node.source if node else DEFAULT for leaf, node in nodes.items()}


def _with_head_types(head: Node, info: Info) -> Node:
    """A head with the type that fits the data; of several targets, with a head for each."""
    entries = {"type": Node(default_head(info.task), DEFAULT), **head.entries}
    given = entries.get("heads", Node({}, DEFAULT))
    if entries["type"].value == MULTITASK and given.is_mapping:
        if misfits := [misfit.below("head") for misfit in unknown_targets(given.entries, info)]:
            raise ConfigError(_located(misfits, Node({"head": head}, head.source)))
        defaults = dict.fromkeys(info.targets, Node({}, DEFAULT)) if "heads" not in head.entries else {}
        heads = {
            name: _with_head_types(node, info.targets[name]) if node.is_mapping else node
            for name, node in {**defaults, **given.entries}.items()
        }
        entries["heads"] = Node(heads, given.source)
    return Node(entries, head.source)


def _located(misfits: Iterable[Misfit], config: Node, experiment: Experiment | None = None) -> list[Problem]:
    """Problems with their places; of a whole experiment, with the changes that mend them."""
    problems = []
    for misfit in misfits:
        path = misfit.field
        mended = change(path, experiment) if experiment and has_override(path, config) else ""
        source = config.nearest_source(path.split("."))
        problems.append(_problem(misfit, source).mended_by(mended))
    return problems


def _problem(misfit: Misfit, source: Source, around: str = "") -> Problem:
    """A misfit with its place, and what else is `around` it.

    What the value of a grid would replace if it were set is to be written in that value.
    """
    path, message, mended, grid = misfit.field, misfit.message, misfit.change, key_of(source)
    key, _, value = mended.partition("=")
    if grid and mended and key != grid and _lies_in(mended, grid):
        message, mended = (
            f"{message.removesuffix(f'; set {mended}')}; write {key.split('.')[-1]}: {value} in that value",
            "",
        )
    return Problem(path, f"{message}{around}", source, mended)
