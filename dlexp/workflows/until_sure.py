"""Compare experiments on as many seeds as that takes: train them one after the other until they tell."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlexp.components.columns import Column
from dlexp.components.heads import Multitask
from dlexp.config.load import Loaded
from dlexp.errors import UserError
from dlexp.execution.on_demand import Ended, OnDemand, Question
from dlexp.execution.plan import Plan, Request
from dlexp.format import joined
from dlexp.records.index import Attempts, Run, finished, scan
from dlexp.reports.comparison import commands
from dlexp.reports.comparison.facts import Comparison
from dlexp.reports.comparison.stops import Design
from dlexp.reports.comparison.until_sure import UntilSure
from dlexp.reports.comparison.verdicts import has_verdict
from dlexp.reports.plan.pace import Pace, total_time
from dlexp.reports.plan.until_sure_page import UntilSureForecast
from dlexp.statistics.looks import why_not
from dlexp.statistics.paired import MIN_PAIRS
from dlexp.workflows.named import configs_of
from dlexp.workflows.runner import Runner, Trained
from dlexp.workflows.train import carry_out, plan_configs


@dataclass(frozen=True, kw_only=True)
class AskedUntilSure:
    """What is asked until it is told."""

    words: Sequence[str]
    """Configs, or experiments on record; each is compared with the first one."""
    design: Design
    metrics: Sequence[str] = ()
    runs_dir: Path
    data_dir: Path | None = None


def compare_until_sure(asked: AskedUntilSure, runner: Runner) -> tuple[Comparison, Trained]:
    """Train experiments with one seed after the other until each is told from the first one, or given up.

    Raises:
        UserError: As `dlexp.workflows.train.train`; fewer than two experiments, or no such looks.
        DataError: As `Runner.carry_out`.
    """
    plan, configs, comparison = _planned(asked)
    order = OnDemand(
        plan,
        asked.design.seeds,
        [_question(own, plan, comparison) for own in plan.identities[1:]],
        Pace(finished(asked.runs_dir)).seconds,
        waits=True,
    )
    trained = carry_out(plan, configs, runner, counts_done=True, order=order)
    return comparison.comparison(_on_record(plan), _again(asked)), trained


def preview(asked: AskedUntilSure, workers: int) -> UntilSureForecast:
    """How many runs that takes, and how long.

    Raises:
        UserError: As `compare_until_sure`.
    """
    plan, _, comparison = _planned(asked)
    first = set(asked.design.seeds[:MIN_PAIRS])
    pace = Pace(finished(asked.runs_dir))
    return UntilSureForecast(
        experiments=comparison.labels,
        seeds=asked.design.seeds,
        at_least=len(comparison.labels) * MIN_PAIRS,
        at_most=len(plan.runs),
        done=len(plan.done),
        time_at_least=total_time([each for each in plan.to_train if each.seed in first], pace, workers),
        time_at_most=total_time(plan.to_train, pace, workers),
        workers=workers,
    )


def _planned(asked: AskedUntilSure) -> tuple[Plan, dict[str, Loaded], UntilSure]:
    """All runs that there may be, the configs by identity, and what is asked of them."""
    loaded = configs_of(asked.words, asked.runs_dir)
    if len(loaded) < 2:
        raise UserError(f"--until-sure compares two experiments or more, and {len(loaded)} is named")
    if why := why_not(asked.design.max_seeds, len(loaded) - 1):
        raise UserError(f"--until-sure: {why}")
    if asked.metrics and not any(has_verdict(Column.parse(name)) for name in asked.metrics):
        named = joined(list(asked.metrics))
        raise UserError(f"--until-sure: neither way is better of {named}, or it is of the training data; name another")
    targets = next((list(head.heads) for each in loaded if isinstance(head := each.experiment.head, Multitask)), [])
    if len(targets) > 1 and not asked.metrics:
        raise UserError(
            f"--until-sure asks by one number, and {joined(targets)} have one each; name a column of one with --metric"
        )
    request = Request(runs_dir=asked.runs_dir, data_dir=asked.data_dir, until_sure=asked.design.max_seeds)
    plan = plan_configs([(each, asked.design.seeds) for each in loaded], request)
    if plan.without_data:
        raise plan.without_data[0][1]
    if twice := [own for own, n in Counter(plan.identities).items() if n > 1]:
        same = [str(each.path) for each, own in zip(loaded, plan.identities, strict=True) if own in twice]
        raise UserError(f"{joined(same)} are the same experiment: there is nothing to compare")
    configs = dict(zip(plan.identities, loaded, strict=True))
    labels = [plan.labels[own] for own in plan.identities]
    return plan, configs, UntilSure(design=asked.design, labels=labels, metrics=asked.metrics)


def _question(own: str, plan: Plan, comparison: UntilSure) -> Question:
    """Whether an experiment, by its identity, can be told from the first one."""

    def is_settled(ended: Ended) -> bool:
        return comparison.is_settled(plan.labels[own], {plan.labels[each]: runs for each, runs in ended.items()})

    return Question((plan.identities[0], own), is_settled)


def _on_record(plan: Plan) -> Mapping[str, list[Run]]:
    """By label the runs of each experiment that finished or diverged.

    Raises:
        UserError: Those of different versions of TensorFlow, which are never taken together.
    """
    found = plan.ended(Attempts(scan(plan.runs_dir)))
    runs = {plan.labels[own]: of_it for own, of_it in found.items()}
    versions = sorted({run.record.tensorflow for own in runs.values() for run in own if run.status == "finished"})
    if len(versions) > 1:
        raise UserError(
            f"--until-sure: the runs on record are of TensorFlow {joined(versions)}, which are never pooled; "
            "ask with other seeds (--first-seed) or in another folder (--runs-dir)"
        )
    return runs


def _again(asked: AskedUntilSure) -> commands.Command:
    """The command that asks this, without the numbers of the seeds."""
    metrics = (word for name in asked.metrics for word in ("--metric", name))
    data = ("--data-dir", str(asked.data_dir)) if asked.data_dir else ()
    return ("dlexp", "compare", *asked.words, *metrics, *commands.in_runs_dir(asked.runs_dir), *data)
