"""What a comparison found, in words: a sentence for each pair, or a line for each answer where there are many."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from dlexp.format import N_LISTED, joined, plural
from dlexp.reports.comparison import commands, ranked_sentences, stops
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.differences import is_possible, size, unit_of, written
from dlexp.reports.comparison.facts import Comparison
from dlexp.reports.comparison.headlines import Headline
from dlexp.reports.comparison.next_steps import Sentence, asking_again, enough_seeds, present, without_older
from dlexp.reports.comparison.ranking import rankings
from dlexp.reports.comparison.sentences import sentence, together
from dlexp.reports.comparison.verdicts import OPEN, has_verdict
from dlexp.statistics.paired import MIN_PAIRS

#: More pairs than that are grouped by their answer.
_MAX_SENTENCES = 8


def answers(comparison: Comparison) -> list[Sentence]:
    """The answers, in the order of the experiments; then what to do where there is none. None without a pair.

    Of many experiments, how many are better and worse, the best ones, and what to make of them.
    """
    if comparison.is_of_many:
        return [each for ranking in rankings(comparison) for each in ranked_sentences.said(comparison, ranking)]
    headlines = [each for each in comparison.headlines if has_verdict(each.column)]
    found = list(_grouped(headlines)) if len(headlines) > _MAX_SENTENCES else [Sentence(sentence(x)) for x in headlines]
    if comparison.stops:
        return [*found, *stops.said(comparison.stops)]
    experiments = comparison.experiments
    short = [each for each in headlines if _is_short(each)]
    if len(sides := present(_sides(short), experiments)) > 1:
        column = _asked_of_all(comparison, short)
        told = column is not None and commands.can_be_told(sides)
        advice = enough_seeds(sides, commands.until_sure(sides, column or "") if told else None)
        if len(headlines) == 1:  # Its own sentence ends with the command.
            found = [replace(advice, text=f"{found[0].text.removesuffix('.')}; {advice.text}")]
        else:
            found.append(advice)
    left_open = [each for each in headlines if (d := each.difference) and d.verdict == OPEN and not d.looks]
    if len(sides := present(_sides(left_open), experiments)) > 1:
        pairs = {each.difference.pairs for each in left_open if each.difference}
        seen = [seed for each in experiments for seed in (*each.runs, *each.diverged)]
        column = _asked_of_all(comparison, left_open)
        found.append(asking_again(sides, sorted(pairs), max(seen) + 1, column))
    return [*found, *without_older(experiments)]


def _asked_of_all(comparison: Comparison, headlines: Sequence[Headline]) -> str | None:
    """The column by which the user asked for all of these pairs, empty by default.

    None unless one number decides between each of them and one baseline.
    """
    if len({(each.baseline.label, str(each.column)) for each in headlines}) > 1:
        return None
    return str(headlines[0].column) if comparison.asked else ""


def _sides(headlines: Iterable[Headline]) -> list[Compared]:
    """The experiments of these pairs, each once."""
    both = (each for headline in headlines for each in (headline.baseline, headline.experiment))
    return list({id(each): each for each in both}.values())


def _is_short(headline: Headline) -> bool:
    """Whether more seeds would lead to a verdict, since there are fewer than any takes."""
    if found := headline.difference:
        return found.interval is None and found.pairs < MIN_PAIRS
    both = (headline.experiment, headline.baseline)
    return headline.obstacle is None and all(each.by_seed(headline.column) for each in both)


def _grouped(headlines: Sequence[Headline]) -> Iterator[Sentence]:
    """A line for each answer, with the experiments that have it, those on one baseline and number together."""
    of_pair: dict[tuple[str, str], list[Headline]] = {}
    for each in headlines:
        of_pair.setdefault((each.baseline.label, str(each.column)), []).append(each)
    for (baseline, column), own in of_pair.items():
        by_answer: dict[str, list[Headline]] = {}
        for each in own:
            by_answer.setdefault(_answer(each), []).append(each)
        levels = {together(each.difference) for each in own if each.difference and each.difference.interval}
        yield Sentence(f"Compared with {baseline} by {column}{levels.pop() if len(levels) == 1 else ''}:")
        for answer in dict.fromkeys(("better", "worse", OPEN, *by_answer)):
            if answer in by_answer:
                yield Sentence(_line(answer, by_answer[answer], len(own)), is_item=True)


def _answer(headline: Headline) -> str:
    """What those that have it share: a verdict, or why there is none."""
    found = headline.difference
    if headline.obstacle:
        return f"not comparable, {headline.obstacle}"
    if found is None:
        return headline.reason
    if found.interval is None and found.pairs < MIN_PAIRS:
        return f"{plural(found.pairs, 'paired seed')} cannot tell"
    return found.verdict or f"no verdict, {found.reason}"


def _line(answer: str, own: Sequence[Headline], n: int) -> str:
    """`better: a, b, c`, the largest difference first; `cannot tell: 14 others (...)`, of n in all."""
    largest_first = sorted(own, key=_size, reverse=True)
    if answer != OPEN:
        return f"{answer}: {', '.join(map(_with_mean, largest_first))}"
    names = [each.experiment.label for each in largest_first]
    named = joined(names) if len(names) <= N_LISTED else f"{len(names)} others" if len(names) < n else f"all {n}"
    return f"cannot tell: {named}; their seeds could have shown {_sizes(own)}"


def _sizes(own: Sequence[Headline]) -> str:
    """What their seeds could have shown: `0.5 to 1.2 points`."""
    column = own[0].column
    sizes = sorted(each.difference.detectable for each in own if each.difference and each.difference.detectable)
    possible = [each for each in sizes if is_possible(each, column)]
    if not possible:
        return "no difference that is possible"
    if len(possible) < len(sizes):
        return f"{size(possible[0], column)} at best"
    ends = list(dict.fromkeys(size(each, column) for each in sizes[:1] + sizes[-1:]))
    return " to ".join([*(end.removesuffix(unit_of(column)) for end in ends[:-1]), *ends[-1:]])


def _with_mean(headline: Headline) -> str:
    mean = f" ({written(headline.difference, headline.column).mean})" if headline.difference else ""
    return f"{headline.experiment.label}{mean}"


def _size(headline: Headline) -> float:
    return abs(headline.difference.mean) if headline.difference else 0.0
