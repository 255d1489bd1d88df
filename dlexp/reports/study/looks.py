"""Claims and decisions whose seeds are trained until they tell: they are looked at after 3, 4, ... seeds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from dlexp.reports.comparison.compared import Compared
from dlexp.reports.study.claims import JudgedClaim
from dlexp.reports.study.decisions import Decision
from dlexp.reports.study.terms import LastLook, Term, WhyLast
from dlexp.statistics.looks import Looks
from dlexp.statistics.paired import MIN_PAIRS

A = TypeVar("A", bound=JudgedClaim | Decision)
A_co = TypeVar("A_co", bound=JudgedClaim | Decision, covariant=True)


class AskedOfSeeds(Protocol[A_co]):
    """A claim that is judged over seeds, or a decision."""

    @property
    def variants(self) -> tuple[str, ...]:
        """Those that it is about."""

    @property
    def level(self) -> float | Looks:
        """What each of its numbers is judged at."""

    def numbers(self, variants: Mapping[str, Compared], n_seeds: int) -> tuple[Term, ...]:
        """What it is judged by, of variants that are to have so many seeds."""

    def answer(self, terms: Sequence[Term], variants: Mapping[str, Compared]) -> A_co:
        """What the numbers say, and the variants that they are of."""


class Looking(Generic[A]):
    """A claim or a decision, and what the seeds so far say of it.

    Each of its numbers is that of the first look which tells, or after which it is given up: what later seeds bring
    does not count. So the levels of all looks are shared, and an answer does not depend on what was trained ahead.
    """

    answer: A
    """By the looks so far, of which there has to be one."""

    def __init__(self, asked: AskedOfSeeds[A]) -> None:
        """Nothing has been looked at."""
        self._asked = asked
        self._terms: tuple[Term, ...] = ()

    def look(self, variants: Mapping[str, Compared], n_seeds: int) -> bool:
        """Whether it is settled by variants on their first so many seeds, all of which have ended.

        Asked after 3, 4, ... seeds, each number once and in this order, and no more once it is settled.
        """
        looks = self._asked.level
        assert isinstance(looks, Looks)
        have_runs = all(variants[name].runs for name in self._asked.variants)
        found = [_looked_at(term, looks, n_seeds, have_runs) for term in self._asked.numbers(variants, n_seeds)]
        self._terms = tuple(
            old if has_stopped(old) else new for old, new in zip(self._terms or found, found, strict=True)
        )
        self.answer = self._asked.answer(self._terms, variants)
        return is_settled(self.answer)


def judged_until_sure(asked: AskedOfSeeds[A], variants: Mapping[str, Compared], seeds: Sequence[int]) -> A:
    """A claim or a decision by the seeds up to the one that settles it, or up to the first one that is missing."""
    of_it = {name: variants[name] for name in asked.variants}
    n_ended = n_complete(of_it.values(), seeds)
    if n_ended < MIN_PAIRS:
        return _too_early(asked, of_it, seeds, n_ended)
    looking = Looking(asked)
    for n in range(MIN_PAIRS, n_ended + 1):
        if looking.look({name: each.on(seeds[:n]) for name, each in of_it.items()}, n):
            break
    return looking.answer


def _too_early(asked: AskedOfSeeds[A], variants: Mapping[str, Compared], seeds: Sequence[int], n_ended: int) -> A:
    """What there is to say before the first look."""
    first = {name: each.on(seeds[:MIN_PAIRS]) for name, each in variants.items()}
    terms = asked.numbers(first, MIN_PAIRS)
    return asked.answer([replace(term, look=LastLook(n_ended, len(seeds), "open")) for term in terms], first)


def n_complete(variants: Iterable[Compared], seeds: Sequence[int]) -> int:
    """On how many first seeds each of these has finished or diverged."""
    ended = [each.runs.keys() | set(each.diverged) for each in variants]
    return next((n for n, seed in enumerate(seeds) if not all(seed in own for own in ended)), len(seeds))


def is_settled(answer: JudgedClaim | Decision) -> bool:
    """Whether more seeds change nothing: it is decided, or all that is open is given up."""
    return answer.result != "cannot_tell" or all(map(has_stopped, answer.terms))


def has_stopped(term: Term) -> bool:
    """Whether a number is looked at no more."""
    return term.look is not None and term.look.why != "open"


def _looked_at(term: Term, looks: Looks, n_seeds: int, have_runs: bool) -> Term:
    """A number with what one look says of it."""
    return replace(term, look=LastLook(n_seeds, looks.max_seeds, _why(term, looks, n_seeds, have_runs)))


def _why(term: Term, looks: Looks, n_seeds: int, have_runs: bool) -> WhyLast:
    if term.result != "cannot_tell":
        return "told"
    if n_seeds == looks.max_seeds:
        return "all seeds"
    if term.interval is None:
        # Without a number although there are runs, as of losses that cannot be compared, there never will be one.
        is_hopeless = looks.is_late(n_seeds) or (term.mean is None and have_runs)
        return "untellable" if is_hopeless else "open"
    if term.level is None:  # It is the same for every seed.
        return "untellable"
    assert term.sd is not None
    return "given up" if looks.gives_up(term.n, term.distance, term.sd) else "open"
