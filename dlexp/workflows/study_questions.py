"""What the seeds of a study are trained for until they tell: its claims, its decisions, or its comparison."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from dlexp.config.load_study import LoadedStudy
from dlexp.execution.on_demand import Ended, Question, settled_after
from dlexp.execution.plan import Key, Planned
from dlexp.records.index import Run, without_test
from dlexp.records.seal import Seal
from dlexp.reports.comparison.groups import variants_of
from dlexp.reports.study.facts import claims_of, decisions_of, until_sure_of
from dlexp.reports.study.looks import A, Looking
from dlexp.statistics.paired import MIN_PAIRS

#: Asked of the runs of variants on their first seeds, by name.
_IsSettled = Callable[[Mapping[str, Sequence[Run]]], bool]


def variants_asked_of(study: LoadedStudy) -> set[str]:
    """The variants whose seeds tell something that the study asks."""
    return {name for names, _ in _asked(study) for name in names}


def questions(
    study: LoadedStudy, runs: Mapping[str, Sequence[Planned]], seal: Seal | None = None
) -> Iterator[Question]:
    """What is asked of the seeds of a study, except of variants whose data cannot be had.

    Args:
        study: One whose seeds are trained until they tell.
        runs: By variant all that there may be.
        seal: What keeps the test scores of the study from readers, so that they settle nothing.
    """
    own = {name: of_it[0].subject.identities.own for name, of_it in runs.items() if of_it}
    for names, is_settled in _asked(study):
        if own.keys() >= set(names):
            experiments = {name: own[name] for name in names}
            of_ended = partial(_by_name, experiments, is_settled, seal)
            yield Question(tuple(dict.fromkeys(experiments.values())), of_ended, study.study.planned_seeds)


def _by_name(experiments: Mapping[str, str], is_settled: _IsSettled, seal: Seal | None, ended: Ended) -> bool:
    runs = {name: ended[own] for name, own in experiments.items()}
    if seal:
        runs = {name: [without_test(run, seal) for run in own] for name, own in runs.items()}
    return is_settled(runs)


def _asked(study: LoadedStudy) -> Iterator[tuple[Sequence[str], _IsSettled]]:
    """The variants of each question, and what settles it."""
    names = list(study.variants)
    if study.study.asks_nothing:
        comparison = until_sure_of(study.study, names)
        for name in names[1:]:
            yield (names[0], name), partial(comparison.is_settled, name)
    for claim in claims_of(study.study):
        yield claim.variants, partial(_look, Looking(claim))
    for decision in decisions_of(study.study, names):
        yield decision.variants, partial(_look, Looking(decision))


def _look(looking: Looking[A], runs: Mapping[str, Sequence[Run]]) -> bool:
    return looking.look(variants_of(runs), len(next(iter(runs.values()))))


def missing_of(question: Question, runs: Mapping[Key, Run]) -> tuple[set[Key], set[Key]]:
    """The runs that a question needs at least, and at most, beside those on record; none if these settle it."""
    seeds = question.seeds or ()
    if settled_after(question, runs, seeds) is not None:
        return set(), set()
    at_most = {(own, seed) for seed in seeds for own in question.experiments} - runs.keys()
    n_ended = next(
        (n for n, seed in enumerate(seeds) if any((own, seed) in at_most for own in question.experiments)), 0
    )
    next_look = seeds[: max(MIN_PAIRS, n_ended + 1)]
    return {key for key in at_most if key[1] in next_look}, at_most
