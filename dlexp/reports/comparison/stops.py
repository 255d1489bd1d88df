"""Seeds that are trained until they tell: how many at most, and after how many each experiment was told, or why not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from dlexp.components.columns import Column
from dlexp.format import joined, plural
from dlexp.reports.comparison.commands import Command
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.differences import size
from dlexp.reports.comparison.headlines import Headline
from dlexp.reports.comparison.next_steps import Sentence
from dlexp.reports.comparison.verdicts import OPEN
from dlexp.statistics.looks import MAX_SEEDS, Looks

#: told: better or worse; within the margin: the interval is; given up: from half of the seeds on the mean is within
#: its standard error of 0, and of the margin; untellable: from half of them on there is no interval; all seeds: the
#: last one told nothing; unfinished: a run is missing.
Why = Literal["told", "within the margin", "given up", "untellable", "all seeds", "unfinished"]


@dataclass(frozen=True)
class Design:
    """What is decided before the first seed is trained."""

    max_seeds: int
    first_seed: int = 0
    margin: float | None = None
    """A difference within it, in the unit of the column, is none that counts: then nothing more is trained, either."""
    margin_in_points: bool = False
    """Whether it was written so: 0.02 as `2 points`."""

    @property
    def written_margin(self) -> str:
        """As it was written: `2 points`."""
        size = self.margin or 0.0
        return f"{100 * size:g} points" if self.margin_in_points else f"{size:g}"

    @property
    def seeds(self) -> range:
        """In the order in which they are trained."""
        return range(self.first_seed, self.first_seed + self.max_seeds)

    def why_settled(self, headline: Headline, looks: Looks, n_seeds: int) -> Why | None:
        """Why an experiment needs no more seeds after the first so many; None if it does."""
        found = headline.difference
        if headline.obstacle:
            return "untellable"
        if found is None or found.interval is None:
            return "untellable" if looks.is_late(n_seeds) else None
        low, high = found.interval
        if found.verdict != OPEN:
            return "told"
        if self.margin is not None and -self.margin < low and high < self.margin:
            return "within the margin"
        return "given up" if looks.gives_up(found.pairs, self.distance(found.mean), found.sd or 0.0) else None

    def distance(self, mean: float) -> float:
        """How far a mean is from all that it would have to differ from: 0, and of a margin, its nearer end too.

        A mean near 0 alone is no reason to give up where the margin is to be shown: more seeds may do so.
        """
        return abs(mean) if self.margin is None else max(abs(mean), abs(self.margin - abs(mean)))


@dataclass(frozen=True, kw_only=True)
class Stop:
    """After how many seeds an experiment needed no more, and why."""

    experiment: str
    """Its label."""
    column: str
    """What decides; empty where no run has finished."""
    n_seeds: int
    why: Why


@dataclass(frozen=True, kw_only=True)
class Stops:
    """The stops of all experiments that are compared with the first one."""

    design: Design
    each: Sequence[Stop]
    n_runs: int
    """How many runs the answers are from."""
    n_planned: int
    """How many runs there are at most."""
    again: Command | None
    """The command without the numbers of the seeds; None of a study."""
    other_max_seeds: int | None = None
    """The most seeds of another question for which seeds were trained that answer this one; None without any."""


def other_max_seeds(experiments: Sequence[Compared], max_seeds: int) -> int | None:
    """The most seeds of another question that may have been this one: of two experiments it has trained seeds."""
    of_each = [{run.result.until_sure or max_seeds for run in each.runs.values()} for each in experiments]
    others = [max(own) for each in of_each if (own := each - {max_seeds})]
    return max(others) if len(others) > 1 else None


def topped_up(other_max_seeds: int) -> str:
    """What it means if that was this question: 7 % with at most 24 seeds after 12, 8 % with 12 after 5 (simulated)."""
    return (
        f"Some of these seeds were trained until sure with at most {other_max_seeds}: if that was this question, and "
        "left open, this answer is wrong in 7 to 8 % of cases, not 5; ask on others."
    )


def said(stops: Stops) -> Iterator[Sentence]:
    """After how many seeds each experiment was told, and what to do about those that were not."""
    by_end: dict[str, list[str]] = {}
    for stop in stops.each:
        by_end.setdefault(_end(stop, stops.design), []).append(stop.experiment)
    for end, labels in by_end.items():
        names = "" if len(stops.each) == 1 else f": {joined(labels)}"
        yield Sentence(f"{end}{names}.")
    yield Sentence(f"The answer is from {stops.n_runs} runs of at most {stops.n_planned}.")
    if stops.other_max_seeds is not None:
        yield Sentence(topped_up(stops.other_max_seeds))
    if any(stop.why in ("given up", "all seeds") for stop in stops.each):
        design = stops.design
        if stops.again is None:
            yield Sentence(used_up_in_study(design.seeds))
            return
        n, first = min(2 * design.max_seeds, MAX_SEEDS), design.seeds.stop
        seeds = ("--until-sure", str(n), "--first-seed", str(first))
        text = f"These seeds are used up; with at most {n} others, which no answer has seen, ask again:"
        yield Sentence(text, ((*stops.again, *seeds),))


def used_up_in_study(seeds: range) -> str:
    """What to do where the seeds of a study did not tell: a new one on others."""
    n = min(2 * len(seeds), MAX_SEEDS)
    again = f"until_sure: {{max_seeds: {n}, first_seed: {seeds.stop}}}"
    return f"These seeds are used up; ask again in a new study, on seeds that no answer has seen, such as {again}."


def _end(stop: Stop, design: Design) -> str:
    seeds = f"after {stop.n_seeds} of at most {plural(design.max_seeds, 'seed')}"
    match stop.why:
        case "told":
            return f"Sure {seeds}"
        case "within the margin":
            assert design.margin is not None
            return f"No difference beyond {size(design.margin, Column.parse(stop.column))}, {seeds}"
        case "given up":
            both = "0" if design.margin is None else "both 0 and the margin"
            return f"Given up {seeds}, since the mean is within its standard error of {both}"
        case "untellable":
            return f"Given up {seeds}, since no number of them would tell"
        case "all seeds":
            return f"Not told by all {plural(design.max_seeds, 'seed')}"
        case "unfinished":
            return f"Not told yet {seeds}, since runs are missing"
