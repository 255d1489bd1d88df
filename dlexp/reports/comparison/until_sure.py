"""Experiments whose seeds are trained until they tell: whether a pair needs more, and the comparison in the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dlexp.errors import UserError
from dlexp.format import joined
from dlexp.records.index import Run
from dlexp.reports.comparison import comparability
from dlexp.reports.comparison.commands import Command
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.facts import MANY, Comparison, compare_experiments
from dlexp.reports.comparison.groups import variants_of
from dlexp.reports.comparison.headlines import Headline
from dlexp.reports.comparison.ranking import ranking_columns
from dlexp.reports.comparison.stops import Design, Stop, Stops, Why, other_max_seeds
from dlexp.statistics.looks import Looks
from dlexp.statistics.paired import MIN_PAIRS

#: By label the runs of each experiment that finished or diverged, on the seeds of the design.
Runs = Mapping[str, Sequence[Run]]


@dataclass(frozen=True, kw_only=True)
class UntilSure:
    """Several experiments, each against the first one, by labels that are in the order of the user's words."""

    design: Design
    labels: Sequence[str]
    metrics: Sequence[str]
    """What is compared, as `compare` takes it; the first one by which one can be better decides."""
    ranked_by: str = ""
    """What decides where they are so many that they are ranked, since the best of them may be picked; by default what
    is comparable of each pair."""

    @property
    def looks(self) -> Looks:
        """The levels that all comparisons share."""
        return Looks(self.design.max_seeds, len(self.labels) - 1)

    def is_settled(self, label: str, runs: Runs) -> bool:
        """Whether an experiment needs no more seeds, by all its runs and those of the first one on the first seeds.

        Raises:
            UserError: Several numbers decide, of several targets.
        """
        return self._end(label, runs) is not None

    def _end(self, label: str, runs: Runs) -> Stop | None:
        """The stop at the last of these seeds; None if there is none."""
        n_seeds, experiments = len(runs[label]), variants_of(runs)
        baseline, other = experiments.get(self.labels[0]), experiments.get(label)
        if not (baseline and baseline.runs and other and other.runs):  # All of them diverged.
            is_late = self.looks.is_late(n_seeds)
            return Stop(experiment=label, column="", n_seeds=n_seeds, why="untellable") if is_late else None
        metrics = self.metrics
        if not metrics and len(self.labels) >= MANY:
            metrics = [self.ranked_by or _ranked_by(baseline, other)]
        headline = _deciding(compare_experiments([baseline, other], metrics, looks=self.looks))
        why = self.design.why_settled(headline, self.looks, n_seeds)
        return Stop(experiment=label, column=str(headline.column), n_seeds=n_seeds, why=why) if why else None

    def stop(self, label: str, runs: Runs) -> Stop:
        """After how many seeds an experiment needed no more, and why."""
        seeds, pair = self.design.seeds, {key: runs[key] for key in (self.labels[0], label)}
        by_seed = {key: {run.seed: run for run in own} for key, own in pair.items()}
        n_ended = next((i for i, seed in enumerate(seeds) if not all(seed in own for own in by_seed.values())), None)
        n_ended = len(seeds) if n_ended is None else n_ended
        for n in range(MIN_PAIRS, n_ended + 1):
            if stop := self._end(label, {key: [own[seed] for seed in seeds[:n]] for key, own in by_seed.items()}):
                return stop
        why: Why = "all seeds" if n_ended == len(seeds) else "unfinished"
        return Stop(experiment=label, column="", n_seeds=n_ended, why=why)

    def comparison(self, runs: Runs, again: Command | None = None) -> Comparison:
        """The experiments on the seeds up to their stops, the first one on those of the last stop.

        Args:
            runs: All that are on record.
            again: The command that asks for this, without the numbers of the seeds; None of a study.
        """
        stops = [self.stop(label, runs) for label in self.labels[1:]]
        seeds = self.design.seeds
        n_of = {stop.experiment: stop.n_seeds for stop in stops}
        n_of[self.labels[0]] = max(n_of.values())
        used = {label: [run for run in runs[label] if run.seed in seeds[:n]] for label, n in n_of.items()}
        experiments = variants_of({label: used[label] for label in self.labels})
        found = compare_experiments(list(experiments.values()), self.metrics, looks=self.looks)
        n_runs, n_planned = sum(map(len, used.values())), len(self.labels) * len(seeds)
        return replace(
            found,
            stops=Stops(
                design=self.design,
                each=stops,
                n_runs=n_runs,
                n_planned=n_planned,
                again=again,
                other_max_seeds=other_max_seeds(found.experiments, len(seeds)),
            ),
        )


def _ranked_by(baseline: Compared, other: Compared) -> str:
    """The first number by which experiments are ranked that can be compared."""
    columns = ranking_columns(baseline)
    alike = (each for each in columns if other.by_seed(each) and not comparability.obstacle(baseline, other, each))
    return str(next(alike, columns[0]))


def _deciding(comparison: Comparison) -> Headline:
    """The number that decides between two experiments."""
    found = comparison.headlines
    if len(found) > 1:
        names = [str(each.column) for each in found]
        raise UserError(f"--until-sure asks by one number, and {joined(names)} decide here; name one with --metric")
    return found[0]
