"""Explain a difference: train the configs in between two, and split the difference over the keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dlexp.components import snapshot
from dlexp.config.identity import settings_of
from dlexp.config.labels import Labelled, labels
from dlexp.config.limits import MAX_RUNS
from dlexp.config.load import Loaded
from dlexp.config.parts import Change
from dlexp.errors import UserError
from dlexp.execution.arguments import Auto
from dlexp.execution.at_once import at_once
from dlexp.execution.plan import Plan, Request
from dlexp.execution.planning import identified
from dlexp.execution.standing import IdentifiedExperiment
from dlexp.format import listed
from dlexp.records.index import Attempts, Run, scan, with_identity
from dlexp.reports.attribution.facts import AskedAttribution, Explanation, gather
from dlexp.reports.attribution.forecast import AttributionForecast, forecast
from dlexp.reports.comparison import commands
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.groups import counts, variants_of
from dlexp.reports.plan.pace import recorded_pace
from dlexp.statistics.attribution import corners_of, first_and_last, shapley
from dlexp.statistics.paired import MIN_PAIRS
from dlexp.workflows.comparable import known_of, require_comparable, require_metric
from dlexp.workflows.named import configs_of
from dlexp.workflows.runner import Runner, Trained
from dlexp.workflows.train import carry_out, plan_configs

#: Up to so many parts all 2^k configs are trained.
MAX_PARTS_OF_ALL = 4
#: So many seeds, where both experiments have fewer than `MIN_PAIRS` in common.
SEEDS = range(5)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Two experiments whose difference is to be explained."""

    words: Sequence[str]
    """Two configs, or experiments on record."""
    metric: str | None = None
    """A column of the records; by default the one that decides between both."""
    seeds: Sequence[int] | None = None
    """By default those that both have on record, if these are at least 3, else 0 to 4."""
    is_full: bool = False
    """Whether all 2^k configs are trained, however many parts there are."""
    runs_dir: Path
    data_dir: Path | None = None


def explain(asked: Difference, runner: Runner) -> tuple[Explanation, Trained]:
    """Train what is missing of two experiments and of those in between, and split their difference over the parts.

    Raises:
        UserError: As `dlexp.workflows.train.train`; not two experiments, or such as cannot be compared.
        DataError: As `Runner.carry_out`.
    """
    found, plan, configs = _planned(asked)
    by_identity = dict(zip(plan.identities, configs, strict=True))
    trained = carry_out(plan, by_identity, runner, counts_done=True)
    return gather(found, _experiments(found, plan)), trained


def preview(asked: Difference, workers: int | Auto) -> AttributionForecast:
    """What `explain` would train, and how long that would take.

    Raises:
        UserError: As `explain`.
    """
    found, plan, _ = _planned(asked)
    return forecast(found, plan, plan.identities, recorded_pace(plan), at_once(workers, plan.to_train).n)


def _planned(asked: Difference) -> tuple[AskedAttribution, Plan, list[Loaded]]:
    """What is asked, with the plan of all runs that it takes, and the configs at its corners."""
    a, b = _ends(asked)
    change = Change.between(a, b)
    if not change.parts:
        raise UserError(f"{' and '.join(asked.words)} are the same experiment: there is nothing to explain")
    request = Request(runs_dir=asked.runs_dir, data_dir=asked.data_dir)
    with snapshot.taken(held_bytes=0):  # Both, and all in between, may have the same data.
        subjects = [identified(each.experiment, request) for each in (a, b)]
        on_record = [_on_record(each, asked.runs_dir) for each in subjects]
        known = known_of(asked.words, subjects, on_record)
        require_comparable(known)
        if asked.metric is not None:
            require_metric(asked.metric, subjects, known)
        seeds = asked.seeds or _common(on_record)
        question = _question(change, asked, seeds)
        configs = [question.change.config(corner) for corner in question.corners]
        plan = plan_configs([(each, seeds) for each in configs], request)
    if plan.without_data:
        raise plan.without_data[0][1]
    own = dict(zip(question.corners, plan.identities, strict=True))
    named = {corner: plan.labels[identity] for corner, identity in own.items()}
    return replace(question, labels=named), plan, configs


def _ends(asked: Difference) -> tuple[Loaded, Loaded]:
    """The configs of both experiments."""
    if len(asked.words) != 2:
        raise UserError(f"--explain takes two experiments, given {len(asked.words)}")
    first, other = (_config_of(word, asked.runs_dir) for word in asked.words)
    return first, other


def _config_of(word: str, runs_dir: Path) -> Loaded:
    found = configs_of([word], runs_dir)
    if len(found) > 1:
        named = [
            Labelled(name=each.experiment.name, settings=settings_of(each.experiment), identity="") for each in found
        ]
        runs = [
            f"{each.path.parent.parent.name}/{each.path.parent.name} ({label})"
            for each, label in zip(found, labels(named), strict=True)
        ]
        raise UserError(f"{word}: {len(found)} experiments; name one of them by a run: {listed(runs)}")
    return found[0]


def _on_record(subject: IdentifiedExperiment, runs_dir: Path) -> list[Run]:
    """The runs of an experiment that finished or diverged."""
    return list(filter(counts, with_identity(scan(runs_dir), subject.identities)))


def _common(on_record: Sequence[Sequence[Run]]) -> Sequence[int]:
    """The seeds that both have, if there are enough."""
    first, other = ({run.seed for run in own} for own in on_record)
    common = sorted(first & other)
    return common if len(common) >= MIN_PAIRS else SEEDS


def _question(change: Change, asked: Difference, seeds: Sequence[int]) -> AskedAttribution:
    """Which configs it takes, and what a share is made of."""
    change = change.settled(lambda k: corners_of(first_and_last(k)))
    k = len(change.parts)
    takes_all = asked.is_full or k <= MAX_PARTS_OF_ALL
    n_runs = (2**k if takes_all else 2 * k + 2) * len(seeds)
    if n_runs > MAX_RUNS:
        without = f"; without --full {2 * k + 2} configs are enough" if asked.is_full and k > MAX_PARTS_OF_ALL else ""
        raise UserError(f"{MAX_RUNS:,} runs at most in one command: {k} keys take {n_runs:,}{without}")
    if takes_all:
        change = change.settled(lambda k: range(2**k))
    k = len(change.parts)
    return AskedAttribution(
        change=change,
        method="shapley" if takes_all else "first and last",
        weights=shapley(k) if takes_all else first_and_last(k),
        labels={},
        seeds=seeds,
        metric=asked.metric,
        again=_again(asked),
    )


def _again(asked: Difference) -> commands.Command:
    """The command that asks this."""
    metric = ("--metric", asked.metric) if asked.metric else ()
    are_first = asked.seeds is not None and list(asked.seeds) == list(range(len(asked.seeds)))
    seeds = ("--seeds", str(len(asked.seeds))) if asked.seeds and are_first else ()
    data = ("--data-dir", str(asked.data_dir)) if asked.data_dir else ()
    elsewhere = commands.in_runs_dir(asked.runs_dir)
    return ("dlexp", "compare", *asked.words, "--explain", *metric, *seeds, *elsewhere, *data)


def _experiments(asked: AskedAttribution, plan: Plan) -> Mapping[int, Compared]:
    """By corner the runs on record, except where none finished or diverged."""
    runs = plan.ended(Attempts(scan(plan.runs_dir)))
    corners = dict(zip(plan.identities, asked.corners, strict=True))
    by_label = {asked.labels[corner]: runs[identity] for identity, corner in corners.items()}
    found_by_label = variants_of(by_label)
    return {corner: found_by_label[label] for corner, label in asked.labels.items() if label in found_by_label}
