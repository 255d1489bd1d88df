"""Experiments whose seeds are trained until they tell: whether a pair needs more, and the comparison in the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dlexp.errors import UserError
from dlexp.format import joined
from dlexp.records.index import Run
from dlexp.reports.comparison.commands import Command
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.facts import Comparison, compare_experiments
from dlexp.reports.comparison.groups import variants_of
from dlexp.reports.comparison.headlines import Headline
from dlexp.reports.comparison.stops import Design, Stop, Stops, Why
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

    @property
    def looks(self) -> Looks:
        """The levels that all comparisons share."""
        return Looks(self.design.max_seeds, len(self.labels) - 1)

    def is_settled(self, label: str, runs: Runs) -> bool:
        """Whether an experiment needs no more seeds, by all its runs and those of the first one on the first seeds.

        Raises:
            UserError: Several numbers decide, of several targets.
        """
        return self._why(label, variants_of(runs), len(next(iter(runs.values())))) is not None

    def _why(self, label: str, experiments: Mapping[str, Compared], n_seeds: int) -> Why | None:
        baseline, other = experiments.get(self.labels[0]), experiments.get(label)
        if not (baseline and baseline.runs and other and other.runs):  # All of them diverged.
            return "untellable" if self.looks.is_late(n_seeds) else None
        compared = compare_experiments([baseline, other], self.metrics, looks=self.looks)
        return self.design.why_settled(_deciding(compared), self.looks, n_seeds)

    def stop(self, label: str, runs: Runs) -> Stop:
        """After how many seeds an experiment needed no more, and why."""
        seeds, pair = self.design.seeds, {key: runs[key] for key in (self.labels[0], label)}
        by_seed = {key: {run.seed: run for run in own} for key, own in pair.items()}
        n_ended = next((i for i, seed in enumerate(seeds) if not all(seed in own for own in by_seed.values())), None)
        n_ended = len(seeds) if n_ended is None else n_ended
        for n in range(MIN_PAIRS, n_ended + 1):
            first = {key: [own[seed] for seed in seeds[:n]] for key, own in by_seed.items()}
            if why := self._why(label, variants_of(first), n):
                return Stop(experiment=label, n_seeds=n, why=why)
        return Stop(experiment=label, n_seeds=n_ended, why="all seeds" if n_ended == len(seeds) else "unfinished")

    def comparison(self, runs: Runs, again: Command) -> Comparison:
        """The experiments on the seeds up to their stops, the first one on those of the last stop.

        Args:
            runs: All that are on record.
            again: The command that asks for this, without the numbers of the seeds.
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
            stops=Stops(design=self.design, each=stops, n_runs=n_runs, n_planned=n_planned, again=again),
        )


def _deciding(comparison: Comparison) -> Headline:
    """The number that decides between two experiments."""
    found = comparison.headlines
    if len(found) > 1:
        names = [str(each.column) for each in found]
        raise UserError(f"--until-sure asks by one number, and {joined(names)} decide here; name one with --metric")
    return found[0]
