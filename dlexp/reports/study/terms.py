"""One number that a claim or a decision bounds, and what its interval says about the bound."""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from dlexp.config.claim import MINUS, OVER, Claim
from dlexp.format import joined, plural
from dlexp.reports.comparison.verdicts import EQUAL, PairedDifference
from dlexp.statistics.looks import Looks
from dlexp.statistics.paired import MIN_PAIRS
from dlexp.statistics.power import seeds_range

Result = Literal["holds", "fails", "cannot_tell"]
#: `A - B`, `A / B` or the value of A itself.
Kind = Literal["difference", "ratio", "value"]
#: told: it holds or fails; given up: from half of the seeds on, the mean is nearer to its bound than its standard
#: error; untellable: from half of the seeds on there is no interval, or there never will be one; all seeds: the last
#: one told nothing; open: a run is missing, or the claim or the decision is settled without it.
WhyLast = Literal["told", "given up", "untellable", "all seeds", "open"]


class Bound(NamedTuple):
    """Between what the true number is claimed to lie, both ends included; None if there is no end."""

    low: float | None
    high: float | None

    @classmethod
    def of_claim(cls, claim: Claim) -> "Bound":
        """What a claim says; an order without a bound says `at_least: 0`."""
        key, numbers = next(iter(claim.bounds.items()), ("at_least", (0.0,)))
        first, last = numbers[0], numbers[-1]
        if key == "no_difference_beyond":
            return cls(1 / (1 + last), 1 + last) if claim.ratio else cls(-last, last)
        return cls(None if key == "at_most" else first, None if key == "at_least" else last)

    def result(self, interval: tuple[float, float]) -> Result:
        """Holds where each number of the interval is within, fails where none is.

        So an interval that ends at the bound itself holds where it lies within, and does not fail where it lies
        beyond: the bound is within.
        """
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if low <= interval[0] and interval[1] <= high:
            return "holds"
        return "fails" if interval[1] < low or high < interval[0] else "cannot_tell"

    def distance(self, value: float) -> float:
        """How far a number is from the nearer end."""
        return min(abs(value - end) for end in self if end is not None)

    def in_logs(self) -> "Bound":
        """The same of logarithms; no ratio of numbers above 0 lies below 0."""
        low, high = (None if end is None else math.log(end) if end > 0 else -math.inf for end in self)
        return Bound(low, high)


@dataclass(frozen=True)
class LastLook:
    """After how many seeds a number was looked at last, where these are trained until they tell."""

    n_seeds: int
    max_seeds: int
    why: WhyLast


@dataclass(frozen=True, kw_only=True)
class Term:
    """A number with its interval, and what that says about the bound."""

    label: str
    kind: Kind
    mean: float | None
    """Of a ratio the geometric mean; None if there is no such number."""
    interval: tuple[float, float] | None
    """Student's, over the seeds; of a ratio on logarithms. Of a number that is the same for every seed by construction
    both ends are the number."""
    level: float | None
    """The share of such intervals that miss the true mean; None without an interval, and where nothing is uncertain."""
    n: int
    """The seeds that it is from, or the training sets."""
    bound: Bound
    result: Result
    reason: str
    """Why the bound is not judged by an interval; empty if it is."""
    sd: float | None
    """The standard deviation over the seeds, of a ratio that of its logarithm; None if there are fewer than two."""
    detectable: float | None
    """How far from the bound a true number had to be, for so many seeds to tell it from the bound in 80 % of cases, if
    the true standard deviation is at its upper limit; of a ratio as a share of the bound."""
    seeds_needed: tuple[int | None, int | None] | None
    """Where more seeds would tell: how many, by the lower and the upper limit of the standard deviation, if the mean
    found is the true one; None for over 1,000. Between two ends the nearer one counts: halfway, it is rather more."""
    remarks: tuple[str, ...] = ()
    """Which seeds are missing, and what else is to be known of them."""
    look: LastLook | None = None
    """After how many seeds it is judged; None if their number was fixed, and of training sets."""

    @property
    def distance(self) -> float:
        """How far the mean is from the nearer end of its bound, in the unit of `sd`."""
        assert self.mean is not None
        if self.kind == "ratio":
            return self.bound.in_logs().distance(math.log(self.mean))
        return self.bound.distance(self.mean)


def joined_by(kind: Kind, names: Sequence[str]) -> str:
    """`A - B`, `A / B` or `A`."""
    return {"difference": MINUS, "ratio": OVER, "value": ""}[kind].join(names)


def judged(
    label: str,
    kind: Kind,
    found: PairedDifference,
    bound: Bound,
    *,
    level: float | Looks,
    remarks: tuple[str, ...] = (),
    in_logs: bool = False,
) -> Term:
    """What a mean with its interval says of a bound.

    Args:
        found: The mean, or why it has no interval.
        level: That of the interval, or the one that it would have with more seeds; or the looks that it is one of,
            of which it is not said how many seeds it takes.
        in_logs: Whether what was found is the logarithm of a ratio.
    """
    own, scale, size = (bound.in_logs(), _exp, as_share) if in_logs else (bound, float, float)
    result = own.result(found.interval) if found.interval else "cannot_tell"
    # Where seeds collapsed, or all differ by the same, more of them would not tell.
    would_help = result == "cannot_tell" and (found.interval or found.pairs < MIN_PAIRS)
    needed = None
    if found.sd and would_help and not isinstance(level, Looks):
        needed = seeds_range(own.distance(found.mean), found.sd, found.pairs, level)
    return Term(
        label=label,
        kind=kind,
        mean=scale(found.mean),
        interval=found.interval and (scale(found.interval[0]), scale(found.interval[1])),
        level=found.level,
        n=found.pairs,
        bound=bound,
        result=result,
        reason=_why_no_interval(found, kind),
        sd=found.sd,
        detectable=None if found.detectable is None else size(found.detectable),
        seeds_needed=needed,
        remarks=remarks,
    )


def as_share(logarithm: float) -> float:
    """How far the ratio with this logarithm is from 1."""
    return _exp(logarithm) - 1


def _exp(x: float) -> float:
    """Of what a float cannot be, the nearest it can: an interval over many powers of ten has ends all the same."""
    largest = math.log(sys.float_info.max)
    return math.exp(max(-largest, min(x, largest)))


def waiting(term: Term, what: str, early: Sequence[str]) -> Term:
    """The same, not judged as long as the variants in `early` lack `what`: some of their seeds or training sets.

    A look at some of them and another one at all would be wrong more often than the level says.
    """
    if not early or not (term.interval or term.n < MIN_PAIRS):
        return term
    reason = f"it is judged once {what} of {joined(early)} have finished"
    return replace(term, result="cannot_tell", reason=reason, seeds_needed=None)


def _why_no_interval(found: PairedDifference, kind: Kind) -> str:
    if not found.reason:
        return ""
    if found.pairs < MIN_PAIRS:
        seeds = plural(found.pairs, "seed" if kind == "value" else "paired seed")
        return f"{seeds}: at least {MIN_PAIRS} are needed"
    return f"all {found.pairs} {kind}s are the same" if found.reason == EQUAL else found.reason


def nothing(label: str, kind: Kind, bound: Bound, reason: str, *, n: int, remarks: tuple[str, ...] = ()) -> Term:
    """What there is to say where there is no number."""
    return Term(
        label=label,
        kind=kind,
        mean=None,
        interval=None,
        level=None,
        n=n,
        bound=bound,
        result="cannot_tell",
        reason=reason,
        sd=None,
        detectable=None,
        seeds_needed=None,
        remarks=remarks,
    )
