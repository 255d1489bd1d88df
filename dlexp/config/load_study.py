"""From a study file to checked experiments and claims about them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from dlexp.components.component import Misfit
from dlexp.config import bound_rules, claim_rules, tuning_rules
from dlexp.config.budget import Imposed, NTrained
from dlexp.config.claim import Claim
from dlexp.config.lint import Finding
from dlexp.config.load import Loaded
from dlexp.config.measurable import DIAGNOSTICS
from dlexp.config.messages import problems_of
from dlexp.config.node import Node
from dlexp.config.places import Document, Place
from dlexp.config.problems import ConfigError, Problem, Source, refused
from dlexp.config.study import Study, is_study
from dlexp.config.tuning import TuningPoint, points_of
from dlexp.config.variants import load_variants, observed, same_experiments, variants_of
from dlexp.config.yaml_source import STUDY, read

#: The place of a whole study.
ROOT = Place(settings=Study)

#: The keys that say which experiments there are.
WHO = {"base", "variants", "grid"}

P = TypeVar("P", bound=Problem)


@dataclass(frozen=True, kw_only=True)
class LoadedStudy:
    """A study that passed every check."""

    path: Path
    study: Study
    variants: Mapping[str, Loaded]
    """The experiments by the names of the variants, in their order in the file, each at every point of the grid. Those
    whose diagnostics a claim is about record them. One that is another experiment than its config has a name of its
    own, `STUDY-VARIANT`."""
    points: Mapping[str, Sequence[TuningPoint]] = field(default_factory=dict)
    """By variant what it is tuned over; empty of a study that tunes nothing."""
    tune_by: str = ""
    """The column by which points are picked; empty of a study that tunes nothing."""
    warnings: Sequence[Finding] = ()
    """What works in the variants and is unwise, each thing once."""


def is_study_file(path: Path) -> bool:
    """Whether a file is a study, and no config.

    Raises:
        ConfigError: It cannot be read.
    """
    return is_study(read(path).entries)


def load_study(path: Path | str, n_trained: NTrained | None = None) -> LoadedStudy:
    """Read a study, the configs that it names, and what its variants and its grid lay over them.

    Args:
        path: The file.
        n_trained: How many examples an experiment trains on, by which steps are imposed. Without it experiments keep
            their epochs whose settings do not tell.

    Raises:
        ConfigError: With every problem of the file, of its variants and of what is claimed of them.
    """
    path = Path(path)
    file = read(path, kind=STUDY)
    if not is_study(file.entries):
        raise refused(f"a config, not a study; train it with: dlexp run {path}", Source(str(path)))
    study, claims, problems = _validated(file)
    refused_keys = _refused_in_claims(problems)
    wrong = {_top(each) for each in problems}
    said, misnamed = variants_of(file, max(1, study.n_seeds))
    imposed = _imposed(study, file, n_trained)
    configs, unloaded = load_variants(said, path, imposed)
    loaded = {each.name: own for each, own in zip(said, configs, strict=True) if own}
    points, untuned = points_of(file, study, [each for each in said if each.name in loaded], path, imposed)
    names = [each.name for each in said]
    problems += [*misnamed, *_with_names(unloaded, names, path), *same_experiments(said, configs)]
    problems += _with_variants(untuned, names)
    if not wrong:  # What follows from a key that is wrong is not said as well.
        problems += _located(study.problems(), file)
    # Of a file whose variants are not all known, nothing is said about their names in claims.
    are_known = names and not misnamed and not wrong & WHO
    is_resampled = file.child("resamples") is not None
    known = names if are_known else []
    problems += _located(_misclaimed(study, claims, refused_keys, known, loaded, is_resampled), file)
    problems += _located(bound_rules.margins(study), file)
    if problems:
        raise ConfigError(sorted(dict.fromkeys(problems), key=lambda each: _position(each, path)))
    for name, source in _observed(claims, file):
        loaded[name] = observed(loaded[name], source)
    warnings = _with_names({name: each.warnings for name, each in loaded.items()}, names, path)
    tune_by = study.tune_by or tuning_rules.default_column(next(iter(loaded.values())).experiment) if points else ""
    return LoadedStudy(path=path, study=study, variants=loaded, points=points, tune_by=tune_by, warnings=warnings)


def _imposed(study: Study, file: Node, n_trained: NTrained | None) -> Imposed | None:
    """What a study imposes on its variants; None if that is nothing, or what it says is wrong."""
    budget = study.budget
    if budget is None or (budget.epochs is None) == (budget.steps is None):
        return None
    key = "epochs" if budget.epochs else "steps"
    return Imposed(budget=budget, source=file.nearest_source(["budget", key]), n_trained=n_trained)


def _validated(file: Node) -> tuple[Study, dict[int, Claim], list[Problem]]:
    """What the schema takes of a study, all else left out; what it takes of each claim, by number; what it refuses."""
    try:
        Study.model_validate(file.plain())
        problems = []
    except ValidationError as error:
        problems = problems_of(error, Document(file, ROOT))
    wrong = {_top(each) for each in problems}
    unsound = _refused_in_claims(problems)
    given = file.child("claims")
    listed = enumerate(given.value if given and isinstance(given.value, list) else [])
    claims = {i: _part_of_claim(node, unsound.get(i, ())) for i, node in listed if node.is_mapping}
    keys = Study.model_fields.keys() - wrong - {"claims"}
    sound = {key: node.plain() for key, node in file.entries.items() if key in keys}
    whole = [claim for i, claim in claims.items() if i not in unsound]
    return Study.model_validate(sound).model_copy(update={"claims": whole}), claims, problems


def _refused_in_claims(problems: Iterable[Problem]) -> dict[int, set[str]]:
    """The keys that the schema refuses, by the number of the claim; an empty one for what is no claim at all."""
    keys: dict[int, set[str]] = {}
    for each in problems:
        top, number, *below = [*each.path.split("."), ""][:3]
        if top == "claims" and number.isdecimal():
            keys.setdefault(int(number), set()).add(".".join(below))
    return keys


def _part_of_claim(node: Node, refused: Collection[str]) -> Claim:
    """A claim without the keys that the schema refuses."""
    keys = Claim.model_fields.keys() - set(refused)
    return Claim.model_validate(
        {"says": "?"} | {key: each.plain() for key, each in node.entries.items() if key in keys}
    )


def _misclaimed(
    study: Study,
    claims: Mapping[int, Claim],
    refused_keys: Mapping[int, Collection[str]],
    names: Sequence[str],
    loaded: Mapping[str, Loaded],
    is_resampled: bool,
) -> Iterator[Misfit]:
    """What is wrong between the keys of a claim, and what cannot be claimed of the variants, or decided on.

    Args:
        refused_keys: The keys that are left out of a claim since the schema refuses them.
        names: The variants; none if they are not known.
        loaded: Those that could be loaded.
        is_resampled: Whether the study draws training sets.
    """
    experiments = {name: each.experiment for name, each in loaded.items()}
    for i, claim in claims.items():
        misfits = [*claim.problems(refused_keys.get(i, ())), *bound_rules.bounds(claim)]
        if names:
            misfits += claim_rules.names(claim, names)
            misfits += _unmeasured(claim, names, experiments, is_resampled)
        yield from (misfit.below(f"claims.{i}") for misfit in misfits)
    yield from study.not_until_sure_of(len(names))
    if names and len(experiments) == len(names):
        yield from claim_rules.decisions(study, experiments)
        yield from claim_rules.sealed(study, experiments)
        yield from claim_rules.on_demand(study, claims, experiments)
        yield from tuning_rules.tuning(study, experiments)
        yield from claim_rules.training_sets(study, experiments)


def _unmeasured(
    claim: Claim, names: Sequence[str], experiments: claim_rules.Experiments, is_resampled: bool
) -> list[Misfit]:
    """Numbers that are not recorded of the variants that a claim is about; of any, where it names none of them."""
    if any(name in names for name in claim.variants):
        about = {name: experiments[name] for name in claim.variants if name in experiments}
        return list(claim_rules.numbers(claim, about, is_resampled))
    each = ({name: experiment} for name, experiment in experiments.items())
    nowhere = all(any(claim_rules.numbers(claim, one, is_resampled)) for one in each)
    return list(claim_rules.numbers(claim, experiments, is_resampled)) if nowhere else []


def _observed(claims: Mapping[int, Claim], file: Node) -> Iterator[tuple[str, Source]]:
    """The variants whose diagnostics a claim is about, and where it says so."""
    for i, claim in claims.items():
        if claim.metric is not None and claim.metric.startswith(DIAGNOSTICS):
            yield from ((name, file.nearest_source(["claims", i, "metric"])) for name in claim.variants)


def _with_names(found: Mapping[str, Sequence[P]], names: Sequence[str], path: Path) -> list[P]:
    """What was found in variants, each thing once; what lies in their configs, with the variants that alone have it."""
    having = _owners(found)
    in_study = {problem: len(names) * [""] for problem in having if problem.source.label == str(path)}
    return _with_owners(having | in_study, names)


def _with_variants(found: Mapping[str, Sequence[P]], names: Sequence[str]) -> list[P]:
    """What was found where the study tunes its variants, each thing once, with the variants that alone have it."""
    return _with_owners(_owners(found), names)


def _owners(found: Mapping[str, Sequence[P]]) -> dict[P, list[str]]:
    """What was found, and in which variants."""
    having: dict[P, dict[str, None]] = {}
    for name, problems in found.items():
        for problem in problems:
            having.setdefault(problem, {})[name] = None
    return {problem: list(owners) for problem, owners in having.items()}


def _with_owners(having: Mapping[P, Sequence[str]], names: Sequence[str]) -> list[P]:
    return [
        problem
        if len(owners) == len(names)
        else replace(problem, message=f"{problem.message} (in {claim_rules.listed(owners)})")
        for problem, owners in having.items()
    ]


def _located(misfits: Iterable[Misfit], file: Node) -> list[Problem]:
    return [Problem(path, message, file.nearest_source(path.split("."))) for path, message in misfits]


def _top(problem: Problem) -> str:
    return problem.path.split(".")[0]


def _position(problem: Problem, path: Path) -> tuple[bool, str, int]:
    """Where it stands: in the study before all other files, from the top."""
    source = problem.source
    return source.label != str(path), source.label, source.line or 0
