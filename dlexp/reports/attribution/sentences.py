"""What accounts for a difference, in words: the answer first, then what a reader has to know of it."""

from collections.abc import Iterator, Sequence

from dlexp.config.limits import MAX_RUNS
from dlexp.format import N_LISTED, joined, listed, plural
from dlexp.reports.attribution.facts import ExplainedPart, Explanation, versions
from dlexp.reports.comparison.differences import is_possible, size, unit_of, written
from dlexp.reports.comparison.next_steps import Sentence
from dlexp.reports.comparison.notes import notes_on_looks
from dlexp.reports.comparison.sentences import together
from dlexp.reports.comparison.verdicts import EQUAL, PairedDifference
from dlexp.statistics.paired import MIN_PAIRS

#: So many seeds are advised where there are too few for an interval.
_ADVISED_SEEDS = 5


def is_told(found: PairedDifference | None) -> bool:
    """Whether it has an interval, which excludes 0."""
    return bool(found and found.interval and not found.interval[0] <= 0 <= found.interval[1])


def answer(found: Explanation) -> str:
    """`Of +4.8 points test_accuracy from A to B, hidden accounts for +3.1 [2.0, 4.2], 5 paired seeds.`"""
    (a, b), total, names = found.ends, found.total.difference, [each.title for each in found.parts]
    if total is None:
        n = f"all {len(found.asked.corners)} configs" if len(names) > 1 else "both"
        return f"Cannot tell what accounts for the difference between {a} and {b}: on no seed {n} have a result."
    whole = written(total, found.column)
    is_open = bool(total.interval) and not is_told(total)
    of = f"{whole.mean} {found.column}{f' {whole.interval}' if is_open else ''} from {a} to {b}"
    if len(names) == 1:
        interval = "" if is_open or not whole.interval else f" {whole.interval}"
        return f"All of {of}{interval} is due to {names[0]}, in which alone they differ, {whole.pairs}."
    if total.pairs < MIN_PAIRS:
        return f"{whole.pairs} cannot tell how much of {of} each of {_some(names)} accounts for."
    with_interval = [share for each in found.parts if (share := each.share.difference) and share.interval]
    evidence = f"{whole.pairs}{together(with_interval[0]) if with_interval else ''}"
    told = [each for each in found.parts if is_told(each.share.difference)]
    if not told:
        return f"Cannot tell which of {_some(names)} accounts for {of}, {evidence}."
    return f"Of {of}, {_told(told, found)}, {evidence}{_open(found)}."


def _told(parts: Sequence[ExplainedPart], found: Explanation) -> str:
    """`hidden accounts for +3.1 [2.0, 4.2] and activation for +1.2 [0.4, 2.0]`; of many the largest shares."""
    largest = sorted(parts, key=lambda each: -abs(each.share.difference.mean if each.share.difference else 0))
    shown = [each for each in parts if each in largest[: N_LISTED + 1]]
    clauses: list[str] = []
    for each in shown:
        assert each.share.difference
        text = written(each.share.difference, found.column)
        verb = "" if clauses else " accounts"
        clauses.append(f"{each.title}{verb} for {text.mean.removesuffix(unit_of(found.column))} {text.interval}")
    more = [f"{plural(len(parts) - len(shown), 'other')} for less"] if len(parts) > len(shown) else []
    return joined([*clauses, *more])


def _open(found: Explanation) -> str:
    """`; batch_size: cannot tell`."""
    others = [each for each in found.parts if not is_told(each.share.difference)]
    without = [each.title for each in others if (share := each.share.difference) and share.reason]
    rest = [each.title for each in others if each.title not in without]
    found_open = f"; {_some(rest)}: cannot tell" if rest else ""
    return f"{found_open}{f'; {_some(without)}: no verdict' if without else ''}"


def _some(names: Sequence[str]) -> str:
    return joined(list(names)) if len(names) <= 2 * N_LISTED else f"{len(names)} keys"


def further(found: Explanation) -> Iterator[Sentence]:
    """What follows from the answer, with the command to type."""
    asked, total = found.asked, found.total.difference
    k = len(found.parts)
    if total and total.pairs < MIN_PAIRS and not found.left_out:
        yield Sentence(
            f"An interval takes {MIN_PAIRS} paired seeds:",
            ((*_without_seeds(asked.again), "--seeds", str(_ADVISED_SEEDS)),),
        )
    if found.has_interaction and found.rest and found.rest.difference:
        text = written(found.rest.difference, found.column)
        betrayed = f"The shares leave a rest of {text.mean} {text.interval}: three keys or more interact."
        n_more = (2**k - len(asked.corners)) * len(asked.seeds)
        if 2**k * len(asked.seeds) > MAX_RUNS:
            yield Sentence(f"{betrayed} All {2**k:,} configs, {n_more:,} more runs, are too many for one command.")
        else:
            split = f"All {2**k} configs, {n_more:,} more runs, split it over the keys:"
            yield Sentence(f"{betrayed} {split}", ((*asked.again, "--full"),))


def _without_seeds(command: Sequence[str]) -> tuple[str, ...]:
    words = list(command)
    if "--seeds" in words:
        i = words.index("--seeds")
        del words[i : i + 2]
    return tuple(words)


def notes(found: Explanation) -> Iterator[str]:
    """What a reader must know to read the shares right."""
    yield _method(found)
    yield from _intervals(found)
    for each in found.parts:
        if each.part.why:
            names = [found.asked.change.short[key] for key in each.part.main_keys]
            yield f"{joined(names)} can only change together: {each.part.why}."
    for label, seeds in found.left_out.items():
        what = "seed" if len(seeds) == 1 else "seeds"
        yield f"Left out: {what} {listed(list(map(str, seeds)))}, since {label} {_became(found, label, seeds)}."
    if len(several := versions(found)) > 1:
        yield f"The runs are of TensorFlow {joined(several)}, so a share may hold what differs between these."
    yield from notes_on_looks([found.total.difference])


def _method(found: Explanation) -> str:
    k, n = len(found.parts), len(found.asked.corners)
    if k == 1:
        return "One key differs: no config in between is needed."
    if found.asked.method == "shapley":
        return (
            f"Shares: Shapley values over {n} configs, what each key changes on average over all orders of change; "
            "for every seed they add up to the total."
        )
    return (
        f"Shares: what each key changes as the first one and as the last one, averaged, over {n} configs. "
        "For every seed they and the rest add up to the total; without an interaction of three keys the rest is 0."
    )


def _intervals(found: Explanation) -> Iterator[str]:
    """How sure the intervals are, what they could have shown, and why there are none."""
    k = len(found.parts)
    shares = [(each.title, each.share.difference) for each in found.parts]
    shares += [(what, each.difference) for what, each in (("total", found.total), ("rest", found.rest)) if each]
    with_interval = [share for _, share in shares if share and share.interval]
    if with_interval:
        several = f"for all {k} shares together, " if k > 1 else ""
        yield f"Intervals: 95 % {several}over {with_interval[0].pairs} paired seeds (Student's t)."
    yield from _shown([(name, share) for name, share in shares[:k] if share and not is_told(share)], found)
    reasons: dict[str, list[str]] = {}
    for name, share in shares:
        if share and share.reason and share.pairs >= MIN_PAIRS:
            reasons.setdefault("the same on every seed" if share.reason == EQUAL else share.reason, []).append(name)
    for reason, names in reasons.items():
        yield f"No interval for {_some(names)}: {reason}."


def _shown(open_shares: Sequence[tuple[str, PairedDifference]], found: Explanation) -> Iterator[str]:
    """How large the shares that are left open would have had to be."""
    column = found.column
    sizes = {
        name: share.detectable
        for name, share in open_shares
        if share.detectable and is_possible(share.detectable, column)
    }
    if len(sizes) > N_LISTED:
        low, high = (size(end, column) for end in (min(sizes.values()), max(sizes.values())))
        yield f"Of keys that are left open these seeds could have shown {low.removesuffix(unit_of(column))} to {high}."
    elif sizes:
        texts = [f"{size(own, column)} of {name}" for name, own in sizes.items()]
        yield f"These seeds could have shown {joined(texts)}."


def _became(found: Explanation, label: str, seeds: Sequence[int]) -> str:
    corner = next(corner for corner, own in found.asked.labels.items() if own == label)
    experiment = found.experiments.get(corner)
    diverged = [seed for seed in seeds if experiment and seed in experiment.diverged]
    if len(diverged) == len(seeds):
        return "diverged"
    return "has no result" if not experiment or not set(seeds) & experiment.runs.keys() else f"has no {found.column}"
