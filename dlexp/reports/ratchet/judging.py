"""What runs of a change and of its incumbent say: how the screening and the confirmation of the change end."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dlexp.components.columns import Column
from dlexp.config.load import Loaded
from dlexp.config.measurable import in_result, validation_scores
from dlexp.errors import UserError
from dlexp.execution.standing import IdentifiedExperiment
from dlexp.format import plural
from dlexp.near_words import did_you_mean
from dlexp.records.index import Run
from dlexp.reports.comparison import comparability
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.groups import untrained, variants_of
from dlexp.reports.comparison.verdicts import difference, has_verdict, least_sd, lopsided
from dlexp.reports.ratchet.campaign import Outcome, PairedFinding
from dlexp.statistics import ratchet
from dlexp.statistics.looks import Looks
from dlexp.statistics.paired import Interval

#: Behind so many decimal places a mean of differences is the rounding of its sum.
_PLACES = 12


@dataclass(frozen=True, kw_only=True)
class BothSides:
    """A column of the runs of a change and of its incumbent, over the same seeds."""

    differences: tuple[float, ...]
    """The change minus its incumbent, for each seed of which both have the number."""
    reasons: Mapping[int, str]
    """Why so many of the differences allow no verdict, where they do not."""
    least_sd: float
    """What rounding alone brings to a difference."""
    hopeless: Outcome | None
    """What is told by this: they cannot be compared at all, or a side diverges on every seed; else None."""
    why: str
    """Why so; empty else."""


def deciding_column(first: Loaded, by: str | None) -> Column:
    """The column that decides.

    Raises:
        UserError: There is no such column, or it cannot decide.
    """
    columns = [each for each in in_result(first.experiment) if has_verdict(Column.parse(each))]
    if by is None:
        scores = validation_scores(first.experiment)
        if not scores:
            raise UserError(f"{first.path}: has no validation split to decide by; choose a column with --by")
        return scores[0]
    if not by.strip():
        raise UserError(f"--by: expected a column, given {by!r}. Choose from: {', '.join(columns)}")
    if by not in columns:
        raise UserError(
            f"--by {by}: no column of {first.path} by which one of two experiments can be better."
            f"{did_you_mean(by, columns)} Choose from: {', '.join(columns)}"
        )
    return Column.parse(by)


def both_sides(incumbent: Sequence[Run], change: Sequence[Run], column: Column) -> BothSides:
    """What there is of a column, of runs that finished or diverged, each side with the same seeds in the same order."""
    sides = variants_of({"the incumbent": incumbent, "the change": change})
    a, b = sides["the incumbent"], sides["the change"]
    reasons: dict[int, str] = {}
    pairs: list[float] = []
    seeds = [run.seed for run in change]
    for n in range(1, len(seeds) + 1):
        first, other = a.on(seeds[:n]), b.on(seeds[:n])
        found = difference(
            first.by_seed(column),
            other.by_seed(column),
            column,
            least_sd=least_sd(a, b, column),
            lopsided=lopsided(first, other, column, beside="the incumbent"),
        )
        if found and found.reason:
            reasons.setdefault(found.pairs, found.reason)
        if found and found.pairs > len(pairs):
            pairs.append(other.by_seed(column)[seeds[n - 1]] - first.by_seed(column)[seeds[n - 1]])
    outcome, why = _hopeless(a, b, column)
    return BothSides(
        differences=tuple(pairs), reasons=reasons, least_sd=least_sd(a, b, column), hopeless=outcome, why=why
    )


def _hopeless(incumbent: Compared, change: Compared, column: Column) -> tuple[Outcome | None, str]:
    for side in (incumbent, change):
        if not side.runs:
            outcome: Outcome = "worse" if side is change and incumbent.runs else "cannot tell"
            return outcome, f"{side.label} diverged on each of {len(side.diverged)} seeds"
        if not side.by_seed(column):
            return "cannot tell", side.why_missing(column) or f"no run of {side.label} recorded {column}"
    obstacle = comparability.obstacle(incumbent, change, column)
    return ("cannot tell", f"they cannot be compared: {obstacle}") if obstacle else (None, "")


def why_incomparable(incumbent: IdentifiedExperiment, change: IdentifiedExperiment, column: Column) -> str:
    """Why a column of two experiments cannot be compared, as far as their settings and data tell; empty if it can."""
    a, b = (untrained(each, each.experiment.name) for each in (incumbent, change))
    found = comparability.obstacle(a, b, column)
    if found == "other examples":
        split = "dataset" if column.split == "test" else f"dataset and {column.split}"
        return f"{column} would be on other examples than the incumbent's: leave {split} as they are"
    return f"{column} would be {found} than the incumbent's: choose another column with --by" if found else ""


def screened(sides: BothSides, n_seeds: int, column: Column, looks: Looks) -> tuple[Outcome, PairedFinding] | None:
    """How a screening ends; None if it needs more seeds than the first `n_seeds`."""
    if sides.hopeless:
        return sides.hopeless, without_interval(sides.differences, sides.why)
    sign = sign_of(column)
    found = ratchet.tried(
        [sign * each for each in sides.differences],
        (),
        1,
        looks,
        least_sd=sides.least_sd,
        in_doubt=sides.reasons,
    )
    if found.standing == "open" and n_seeds < looks.max_seeds:
        return None
    n = found.screening.n if found.screening else len(sides.differences)
    outcome: Outcome = "promising" if found.standing == "promising" else "worse"
    if found.standing in ("open", "cannot tell"):
        outcome = "cannot tell"
    return outcome, _finding(sides, n, found.screening, sign)


def confirmed(sides: BothSides, j: int, column: Column) -> tuple[Outcome, PairedFinding]:
    """How the j-th confirmation of a ledger ends."""
    sign = sign_of(column)
    found = ratchet.confirmation_of([sign * each for each in sides.differences], j, least_sd=sides.least_sd)
    finding = _finding(sides, len(sides.differences), found, sign)
    return "kept" if ratchet.is_better(found) and not finding.reason else "not confirmed", finding


def sign_of(column: Column) -> int:
    """1 if a higher value is the better one, else -1."""
    return 1 if column.higher_is_better else -1


def _finding(sides: BothSides, n: int, interval: Interval | None, sign: int) -> PairedFinding:
    differences = sides.differences[:n]
    reason = sides.why or sides.reasons.get(n, "")
    if interval is None or reason:
        return without_interval(differences, reason or plural(n, "paired seed"))
    low, high = sorted(sign * bound for bound in interval.bounds)
    return PairedFinding(differences=differences, mean=sign * interval.mean, low=low, high=high, level=interval.level)


def without_interval(differences: Sequence[float], reason: str) -> PairedFinding:
    """What differences say that allow no verdict."""
    mean = round(statistics.fmean(differences), _PLACES) if differences else None
    return PairedFinding(differences=tuple(differences), mean=mean, low=None, high=None, level=None, reason=reason)
