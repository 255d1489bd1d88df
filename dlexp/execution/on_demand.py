"""Runs that are trained only as long as questions are open: which one is needed next."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from dlexp.execution.plan import Key, Plan, Planned
from dlexp.records.index import Run, read
from dlexp.statistics.paired import MIN_PAIRS

#: By the identity of each experiment its runs that have ended, on the first seeds in their order: none is missing.
Ended = Mapping[str, Sequence[Run]]


@dataclass(frozen=True)
class Question:
    """Something that experiments are trained for with one seed after the other, until it is settled."""

    experiments: tuple[str, ...]
    """Their own identities."""
    is_settled: Callable[[Ended], bool]
    """Asked after 3, 4, ... seeds, each number once and in this order; the first yes settles it."""
    seeds: Sequence[int] | None = None
    """Its own, in the order in which they are trained; None for those of all questions."""


class OnDemand:
    """The runs of a plan in the order in which questions need them.

    The question whose next look costs least comes first. Where all that it needs is under way, a free worker trains
    for the next one, and then ahead: such runs count only if the question is still open then.
    """

    def __init__(
        self,
        plan: Plan,
        seeds: Sequence[int],
        questions: Sequence[Question],
        seconds: Callable[[Planned], float | None] = lambda planned: None,
        *,
        waits: bool = False,
    ) -> None:
        """The plan has every experiment with every seed.

        Args:
            seeds: Those of questions that have none of their own.
            seconds: How long a run will take; None if that is not known.
            waits: Whether to wait for runs that other processes train; else nothing more is trained for a question that
                needs one.
        """
        self._plan = plan
        self._seconds = seconds
        self._waits = waits
        self._planned = {each.key: each for each in plan.runs}
        self._ended: dict[Key, Run] = {}
        self._lost: set[Key] = set()
        self._asked = [_Asked(each, each.seeds or seeds) for each in questions]

    def __iter__(self) -> Iterator[Planned | None]:
        """The run to be started next; None as long as that depends on those under way."""
        while True:
            self._note_ends()
            still_open = [each for each in self._asked if self._is_open(each)]
            if chosen := self._needed(still_open):
                yield chosen
            elif still_open and any(not self._has_ended(key) for each in still_open for key in self._keys(each)):
                yield None
            else:
                return

    def _note_ends(self) -> None:
        for key, planned in self._planned.items():
            if self._has_ended(key):
                continue
            state = self._state_of(planned)
            if isinstance(state, Run):
                self._ended[key] = state
            elif state == "lost":
                self._lost.add(key)

    def _state_of(self, planned: Planned) -> Run | Literal["lost", "under way", "to train"]:
        """What there is of a run; it is lost if it failed otherwise than by diverging, or is left to others."""
        run_dir = planned.recorded or self._plan.drawn.get(planned.key)
        if run_dir is None:
            is_others = planned.begun is not None and planned.begun.owner is not None
            if not is_others:
                return "to train"
            if not self._waits:
                return "lost"
            run_dir = planned.begun
            assert run_dir is not None
            if run_dir.status == "interrupted":  # Its process is gone.
                return "to train"
        run = read(run_dir)
        if run.status == "finished" or run.has_diverged:
            return run
        return "lost" if run.status in ("failed", "damaged") else "under way"

    def _has_ended(self, key: Key) -> bool:
        return key in self._ended or key in self._lost

    def _keys(self, asked: "_Asked") -> list[Key]:
        """The runs that its next look needs."""
        return [(own, seed) for seed in asked.seeds[: asked.next_look] for own in asked.question.experiments]

    def _is_open(self, asked: "_Asked") -> bool:
        """Whether a question is open after all looks that the ended runs allow."""
        while not asked.is_settled and asked.next_look <= len(asked.seeds):
            keys = self._keys(asked)
            if any(key in self._lost for key in keys):
                return False
            if not all(key in self._ended for key in keys):
                return True
            asked.look({own: [self._ended[key] for key in keys if key[0] == own] for own in asked.question.experiments})
        return False

    def _needed(self, still_open: "Sequence[_Asked]") -> Planned | None:
        """The run to be started next; None if all are."""
        for n_ahead in range(max((len(each.seeds) for each in still_open), default=0)):
            choices = []
            for asked in still_open:
                seeds = asked.seeds[: asked.next_look + n_ahead]
                keys = ((own, seed) for seed in seeds for own in asked.question.experiments)
                if waiting := [key for key in keys if self._is_to_be_trained(key)]:
                    choices.append((sum(self._seconds(self._planned[key]) or 0.0 for key in waiting), waiting[0]))
            if choices:
                return self._planned[min(choices, key=lambda pair: pair[0])[1]]
        return None

    def _is_to_be_trained(self, key: Key) -> bool:
        return not self._has_ended(key) and self._state_of(self._planned[key]) == "to train"


class _Asked:
    """A question, and how far it has been looked at."""

    def __init__(self, question: Question, seeds: Sequence[int]) -> None:
        self.question = question
        self.seeds = seeds
        self.is_settled = False
        self.next_look = MIN_PAIRS

    def look(self, ended: Ended) -> None:
        self.is_settled = self.question.is_settled(ended)
        self.next_look += 1


def settled_after(question: Question, runs: Mapping[Key, Run], seeds: Sequence[int]) -> int | None:
    """After how many seeds a question was settled, by runs on record; None if it is open.

    Args:
        question: Asked as it was when the runs were trained.
        runs: Those that finished or diverged, by experiment and seed; those beyond the first seed that is missing of
            an experiment do not count.
        seeds: In the order in which they are trained.
    """
    for n in range(MIN_PAIRS, len(seeds) + 1):
        keys = [(own, seed) for own in question.experiments for seed in seeds[:n]]
        if not all(key in runs for key in keys):
            return None
        if question.is_settled({own: [runs[key] for key in keys if key[0] == own] for own in question.experiments}):
            return n
    return None
