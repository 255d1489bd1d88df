"""The runs behind bias and variance: every experiment on many training sets."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from dlexp.components import snapshot
from dlexp.components.resamples import Bootstrap, Fresh, Resample, Subset
from dlexp.config.checks import check
from dlexp.config.experiment import Experiment
from dlexp.errors import UserError
from dlexp.execution import arguments
from dlexp.execution.plan import Plan, Planned, Request, plan
from dlexp.records.index import RESAMPLES, Attempts, Run, read, recorded, scan
from dlexp.records.run_dir import RunDir

Kind = Literal["fresh", "bootstrap", "subset"]

#: Fewer training sets leave no standard error. A smoke run draws no more.
MIN_RESAMPLES = 3


@dataclass(frozen=True)
class Resamples:
    """The experiments of a request, each on many training sets."""

    plan: Plan
    """All runs, each once."""
    groups: list[list[Planned]]
    """For each experiment its runs; none where its data cannot be had."""

    def recorded(self) -> list[list[RunDir]]:
        """For each experiment the records of its runs, finished or diverged."""
        on_record = Attempts(scan(self.plan.runs_dir))

        def record(planned: Planned) -> Run | None:
            runs = map(read, on_record.of(planned.identities, planned.seed))  # The plan has said what is damaged.
            return recorded(runs, planned.identities, planned.experiment.name)

        return [[run.dir for planned in group if (run := record(planned))] for group in self.groups]


def plan_resamples(request: Request, n: int, kind: Kind | None = None) -> Resamples:
    """Plan `n` training sets for each experiment: fresh ones where the law is known, else bootstrap, unless said.

    Training set i is trained with seed i: what varies is the draw of the data and what training itself draws, initial
    weights and the order of the examples (the joint variance of Neal et al., 2018, A modern take on the bias-variance
    tradeoff in neural networks). The request's own seeds play no part.

    Raises:
        UserError: There are too few, or the data of an experiment cannot be resampled like that.
    """
    n = arguments.whole(n, "resamples")
    if kind is not None:
        arguments.choice(kind, "resampling", get_args(Kind))
    if n < MIN_RESAMPLES:
        raise UserError(f"resamples: expected at least {MIN_RESAMPLES} training sets, given {n}")
    n = MIN_RESAMPLES if request.smoke else n
    groups, without_data = [], []
    with snapshot.taken(held_bytes=0):  # All on the same data.
        for experiment in request.experiments:
            plans = [
                plan(replace(request, experiments=[resampled], seeds=[seed]))
                for seed, resampled in enumerate(_resampled(experiment, n, kind))
            ]
            groups.append([planned for each in plans for planned in each.runs])
            without_data += plans[0].without_data
    once = {(planned.identity, planned.seed): planned for group in groups for planned in group}
    return Resamples(Plan(request, list(once.values()), without_data), groups)


def _resampled(experiment: Experiment, n: int, kind: Kind | None) -> list[Experiment]:
    kind = kind or ("fresh" if experiment.dataset.has_known_law else "bootstrap")
    experiments = [_on(experiment, _resample(kind, index, n)) for index in range(n)]
    if problems := check(experiments[0]):
        raise UserError(*(f"{experiment.name}: {path}: {message}" for path, message in problems))
    return experiments


def _resample(kind: Kind, index: int, n: int) -> Resample:
    match kind:
        case "fresh":
            return Fresh(index=index)
        case "bootstrap":
            return Bootstrap(index=index)
        case "subset":
            return Subset(index=index, parts=n)


def _on(experiment: Experiment, resample: Resample) -> Experiment:
    dataset = experiment.dataset.model_copy(update={"resample": resample})
    return experiment.model_copy(update={"name": experiment.name + RESAMPLES, "dataset": dataset})
