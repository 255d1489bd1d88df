"""What a comparison found, in words: a sentence for each pair, or a line for each answer where there are many."""

import shlex
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean

from dlexp.console import one_line
from dlexp.format import N_LISTED, joined, plural
from dlexp.reports.comparison import commands
from dlexp.reports.comparison.commands import Command
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.differences import is_possible, size, unit_of, written
from dlexp.reports.comparison.facts import Comparison
from dlexp.reports.comparison.families import LargeFamily
from dlexp.reports.comparison.headlines import Headline
from dlexp.reports.comparison.sentences import sentence, together
from dlexp.reports.comparison.verdicts import OPEN, has_verdict
from dlexp.reports.numbers import about, significant
from dlexp.statistics.paired import MIN_PAIRS

#: More pairs than that are grouped by their answer.
_MAX_SENTENCES = 8
#: Of more experiments than that, no command is written out.
_MAX_CONFIGS = 8
#: So many seeds are advised where there are too few for a verdict.
_ADVISED_SEEDS = 5
_INDENT, _BELOW = "    ", "        "


@dataclass(frozen=True)
class Sentence:
    """A text, and the commands that it ends with."""

    text: str
    commands: tuple[Command, ...] = ()
    is_item: bool = False
    """Whether it is one of several below the sentence before."""

    def lines(self, width: int) -> list[str]:
        """The text in lines of a width, each command indented below; a shell reads one of several lines, too."""
        indents = ("  ", _INDENT) if self.is_item else ("", "")
        # A name or an option is not cut in two.
        wrapper = textwrap.TextWrapper(width, *indents, break_on_hyphens=False)
        texts = wrapper.wrap(one_line(self.text))
        return [*texts, *(line for command in self.commands for line in _continued(command, width))]

    @property
    def markdown(self) -> str:
        """The same as one paragraph."""
        return " ".join([one_line(self.text), *(f"`{one_line(shlex.join(command))}`" for command in self.commands)])


def answers(comparison: Comparison) -> list[Sentence]:
    """The answers, in the order of the experiments; then what to do where there is none. None without a pair."""
    headlines = [each for each in comparison.headlines if has_verdict(each.column)]
    short = [each for each in headlines if _is_short(each)]
    decisive = {each.column for each in headlines}
    families = [each for each in comparison.large_families if each.column in decisive]
    confirmed = {(each.baseline.label, each.column) for each in families}
    if len(headlines) > _MAX_SENTENCES:
        found = list(_grouped(headlines))
    else:
        found = [Sentence(sentence(each, (each.baseline.label, each.column) in confirmed)) for each in headlines]
    if short:
        advice = _enough_seeds(short)
        if len(headlines) == 1:  # Its own sentence ends with the command.
            found = [replace(advice, text=f"{found[0].text.removesuffix('.')}; {advice.text}")]
        else:
            found.append(advice)
    found += map(_confirming, families)
    alone = [each for each in headlines if (each.baseline.label, each.column) not in confirmed]
    if open_pairs := {each.difference.pairs for each in alone if each.difference and _asks_for_more(each)}:
        seen = [seed for each in comparison.experiments for seed in (*each.runs, *each.diverged)]
        runs_dir = commands.new_runs_dir(commands.runs_dir_of(next(iter(alone[0].baseline.runs.values()))))
        found.append(Sentence(no_topping_up(sorted(open_pairs), max(seen) + 1, runs_dir)))
    return found


def _is_short(headline: Headline) -> bool:
    """Whether more seeds would lead to a verdict, since there are fewer than any takes."""
    if found := headline.difference:
        return found.interval is None and found.pairs < MIN_PAIRS
    both = (headline.experiment, headline.baseline)
    return headline.obstacle is None and all(each.by_seed(headline.column) for each in both)


def _asks_for_more(headline: Headline) -> bool:
    return bool(headline.difference and headline.difference.verdict == OPEN)


def _enough_seeds(short: Sequence[Headline]) -> Sentence:
    """`5 seeds can have a verdict, in about 20 s: dlexp run A B --seeds 5`."""
    experiments = {each.label: each for pair in short for each in (pair.baseline, pair.experiment)}.values()
    options = ("--seeds", str(_ADVISED_SEEDS))
    text = f"{_ADVISED_SEEDS} seeds can have a verdict{_in_time(experiments, range(_ADVISED_SEEDS))}"
    if len(experiments) > _MAX_CONFIGS:
        these = f"with the configs of these {len(experiments)} experiments"
        return Sentence(f"{text}: dlexp run CONFIG... {' '.join(options)}, {these}.")
    return Sentence(f"{text}:", (commands.training(list(experiments), options),))


def _in_time(experiments: Iterable[Compared], seeds: Sequence[int]) -> str:
    """`, in about 20 s`: what is missing of these seeds; empty if that is not on record."""
    seconds = [each.seconds_for(seeds) for each in experiments]
    known = [each for each in seconds if each is not None]
    return f", in {about(sum(known))}" if len(known) == len(seconds) else ""


def _confirming(family: LargeFamily) -> Sentence:
    """How large a difference so many comparisons could have shown, and how to confirm the best ones."""
    best, column = family.best, family.column
    confirmed_in = commands.new_runs_dir(commands.runs_dir_of(next(iter(best[0].runs.values()))))
    seeds = [word for seed in family.new_seeds for word in ("--seed", str(seed))]
    names = dict.fromkeys(each.names[0] for each in best)
    if is_possible(family.detectable, column):
        found = (
            f"{plural(family.comparisons, 'comparison')} are many for {family.pairs} seeds: they could have shown "
            f"{size(family.detectable, column)} of {column} ({significant(family.in_sds, 2)} sd)."
        )
    else:
        found = (
            f"{family.pairs} seeds for {plural(family.comparisons, 'comparison')} can show no difference of {column} "
            f"that is possible ({significant(family.in_sds, 2)} sd)."
        )
    named = [f"{each.label} ({significant(fmean(each.by_seed(column).values()))})" for each in best]
    return Sentence(
        f"{found} Confirm the best {len(best)}, {joined(named)}, on new seeds: {len(best) - 1} comparisons"
        f"{_in_time(best, family.new_seeds)}:",
        (
            commands.training(best, seeds, confirmed_in),
            ("dlexp", "compare", *names, *commands.in_runs_dir(confirmed_in)),
        ),
    )


def no_topping_up(pairs: Sequence[int], unseen: int, runs_dir: Path | None = None) -> str:
    """What not to do about an answer that is left open, and what to do.

    Args:
        pairs: On how many seeds the answers are.
        unseen: The first of the seeds on which none is.
        runs_dir: Where runs on these can lie apart; a study counts its own seeds alone.
    """
    planned = joined([str(n) for n in pairs])
    seeds = f"seeds: {{first: {unseen}, count: {2 * max(pairs)}}}"
    again = f"start a new study on seeds that no answer has seen, such as {seeds}"
    if runs_dir:
        options = f"--seed {unseen} --seed {unseen + 1} ... --runs-dir {shlex.quote(str(runs_dir))}"
        again = f"ask again on seeds that no answer has seen: dlexp run CONFIG... {options}, or a study with {seeds}"
    return (
        f"Planned for n = {planned}: adding seeds because of an answer makes it wrong in 8 to 11 % of cases; {again}."
    )


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


def _continued(command: Command, width: int) -> Iterator[str]:
    """A command in lines of a width: each but the last one ends as the shell wants it, an option beside its value."""
    first, *words = command
    line, room = _INDENT + first, width - len(" \\")
    for word, value in pairwise([*words, ""]):
        quoted = shlex.quote(word)
        own = f"{quoted} {shlex.quote(value)}" if word.startswith("--") else quoted
        if len(f"{line} {own}") <= room:
            line += f" {quoted}"
            continue
        yield f"{line} \\"
        *starts, end = _pieces(word, room - len(_BELOW))
        for i, start in enumerate(starts):
            # Without an indent the shell takes the next line for the same word.
            yield f"{'' if i else _BELOW}{start}\\"
        line = f"{'' if starts else _BELOW}{end}"
    yield line


def _pieces(word: str, room: int) -> list[str]:
    """A word that is longer than a line in quoted parts."""
    if len(shlex.quote(word)) <= room:
        return [shlex.quote(word)]
    n = max(1, room - len("''") - 4 * word.count("'"))  # A quote in quotes takes five characters.
    return [shlex.quote(word[i : i + n]) for i in range(0, len(word), n)]
