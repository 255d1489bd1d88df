"""Compare experiments on as many seeds as that takes: train them one after the other until they tell."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlexp.components.columns import Column
from dlexp.components.heads import Multitask
from dlexp.config.load import Loaded
from dlexp.config.measurable import in_result
from dlexp.errors import UserError
from dlexp.execution.arguments import Auto
from dlexp.execution.at_once import at_once
from dlexp.execution.on_demand import Ended, OnDemand, Question
from dlexp.execution.plan import Plan, Request
from dlexp.execution.standing import IdentifiedExperiment
from dlexp.format import joined
from dlexp.records.index import Attempts, Run, scan
from dlexp.reports.comparison import commands, comparability
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.differences import is_possible, unit_of
from dlexp.reports.comparison.facts import MANY, Comparison
from dlexp.reports.comparison.stops import Design
from dlexp.reports.comparison.until_sure import UntilSure
from dlexp.reports.comparison.verdicts import SCORED, has_verdict
from dlexp.reports.plan.pace import recorded_pace, total_time
from dlexp.reports.plan.until_sure_page import UntilSureForecast
from dlexp.statistics.looks import why_not
from dlexp.statistics.paired import MIN_PAIRS
from dlexp.workflows.comparable import known_of, require_comparable, require_metric
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
        recorded_pace(plan).seconds,
        waits=True,
    )
    trained = carry_out(plan, configs, runner, counts_done=True, order=order)
    return comparison.comparison(_on_record(plan), _again(asked)), trained


def preview(asked: AskedUntilSure, workers: int | Auto) -> UntilSureForecast:
    """How many runs that takes, and how long.

    Raises:
        UserError: As `compare_until_sure`.
    """
    plan, _, comparison = _planned(asked)
    first = set(asked.design.seeds[:MIN_PAIRS])
    pace, n = recorded_pace(plan), at_once(workers, plan.to_train).n
    return UntilSureForecast(
        experiments=comparison.labels,
        seeds=asked.design.seeds,
        at_least=len(comparison.labels) * MIN_PAIRS,
        at_most=len(plan.runs),
        done=len(plan.done),
        time_at_least=total_time([each for each in plan.to_train if each.seed in first], pace, n),
        time_at_most=total_time(plan.to_train, pace, n),
        workers=n,
    )


def _planned(asked: AskedUntilSure) -> tuple[Plan, dict[str, Loaded], UntilSure]:
    """All runs that there may be, the configs by identity, and what is asked of them."""
    loaded = configs_of(asked.words, asked.runs_dir)
    if len(loaded) < 2:
        raise UserError(f"--until-sure compares two experiments or more, and {len(loaded)} is named")
    if why := why_not(asked.design.max_seeds, len(loaded) - 1):
        raise UserError(f"--until-sure: {why}")
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
    runs = _on_record(plan)
    labels = [plan.labels[own] for own in plan.identities]
    subjects = list({each.subject.identities.own: each.subject for each in plan.runs}.values())
    known = known_of(labels, subjects, [runs[label] for label in labels])
    deciding = _deciding(asked.metrics, subjects, known)
    _require_margin(asked.design, deciding)
    by = str(deciding) if len(labels) >= MANY else ""
    return plan, configs, UntilSure(design=asked.design, labels=labels, metrics=asked.metrics, ranked_by=by)


def _deciding(
    metrics: Sequence[str], subjects: Sequence[IdentifiedExperiment], experiments: Sequence[Compared]
) -> Column:
    """What decides; of many experiments the number by which they are ranked, since the best of them may be picked.

    Raises:
        UserError: There is none by which all can be compared.
    """
    require_comparable(experiments)
    for name in metrics:
        require_metric(name, subjects, experiments)
    if metrics:
        judged = next(filter(has_verdict, map(Column.parse, metrics)), None)
        if judged is None:
            named = joined(list(metrics))
            raise UserError(f"--until-sure: neither way is better of {named}, or it is of the training data")
        return judged
    scores = map(Column.parse, in_result(subjects[0].experiment))
    judged_scores = (each for each in scores if has_verdict(each) and each.split in SCORED and not each.best)
    main = next(iter(sorted(judged_scores, key=lambda each: each.is_loss)), Column(quantity="loss"))
    columns = [main.on(split) for split in (SCORED[::-1] if len(experiments) >= MANY else SCORED)]
    first, *others = experiments
    alike = (each for each in columns if not any(comparability.obstacle(first, other, each) for other in others))
    return next(alike, columns[0])


def _require_margin(design: Design, column: Column) -> None:
    """Refuse a margin that no difference can be beyond, and points of what has none.

    Raises:
        UserError: With what was meant.
    """
    if design.margin is None:
        return
    if not is_possible(design.margin, column):
        points = f"; write {design.margin / 100:g} or '{design.margin:g} points'" if unit_of(column) else ""
        raise UserError(f"--margin {design.margin:g}: no difference of {column} is so large{points}")
    if design.margin_in_points and not unit_of(column):
        raise UserError(f"--margin: {column} has no points; write a size in its own unit")


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
    margin = ("--margin", asked.design.written_margin) if asked.design.margin else ()
    data = ("--data-dir", str(asked.data_dir)) if asked.data_dir else ()
    return ("dlexp", "compare", *asked.words, *metrics, *margin, *commands.in_runs_dir(asked.runs_dir), *data)
