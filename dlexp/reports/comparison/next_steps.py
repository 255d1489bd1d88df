"""What to do where nothing can be told: a text, and the commands that it ends with."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dlexp.console import one_line
from dlexp.format import N_LISTED, joined, paragraph
from dlexp.reports.comparison import commands
from dlexp.reports.comparison.commands import Command, Glob
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.numbers import about

#: So many seeds are advised where there are too few for a verdict.
_ADVISED_SEEDS = 5
#: No more than that are written out.
_MOST_SEEDS = 10
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
        texts = paragraph(self.text, width, *indents)
        return [*texts, *(line for command in self.commands for line in continued(_INDENT, command, _BELOW, width))]

    @property
    def markdown(self) -> str:
        """The same as one paragraph."""
        said = (" ".join(map(commands.quoted, command)) for command in self.commands)
        return " ".join([one_line(self.text), *(f"`{one_line(command)}`" for command in said)])


def enough_seeds(experiments: Sequence[Compared], until_sure: Command | None = None) -> Sentence:
    """`5 seeds can have a verdict, in about 20 s: dlexp run A B --seeds 5`, and what trains until it can."""
    options = ("--seeds", str(_ADVISED_SEEDS))
    text = f"{_ADVISED_SEEDS} seeds can have a verdict{in_time(experiments, range(_ADVISED_SEEDS))}"
    others = ", or as many as it takes" if until_sure else ""
    return Sentence(f"{text}{others}:", (commands.training(experiments, options), *filter(None, [until_sure])))


def present(experiments: Iterable[Compared], among: Sequence[Compared]) -> list[Compared]:
    """Each once, and in place of one by an older training code the same one by the newest that is among these."""
    newest = {each.untrained: each for each in sorted(among, key=lambda each: each.training_version)}
    found = []
    for each in experiments:
        newer = newest.get(each.untrained, each)
        found.append(newer if newer.training_version > each.training_version > 0 else each)
    return list({id(each): each for each in found}.values())


def without_older(experiments: Sequence[Compared]) -> list[Sentence]:
    """Which of these are another one by an older training code, and the command that leaves them out; none if none is.

    No seed can be added to what is older.
    """
    newest = present(experiments, experiments)
    shown = set(map(id, newest))
    older = [each.label for each in experiments if id(each) not in shown]
    if not older:
        return []
    named = joined(older) if len(older) <= N_LISTED else f"{len(older)} of these"
    which = "the same experiment" if len(older) == 1 else "the same experiments"
    text = f"{named}: {which}, trained by an older training code"
    if len(newest) > commands.MAX_CONFIGS:
        return [Sentence(f"{text}; name configs to compare the new ones alone.")]
    return [Sentence(f"{text}; this takes the new ones alone:", (commands.comparing(newest),))]


def in_time(experiments: Iterable[Compared], seeds: Sequence[int]) -> str:
    """`, in about 20 s`: what is missing of these seeds; empty if that is not on record."""
    seconds = [each.seconds_for(seeds) for each in experiments]
    known = [each for each in seconds if each is not None]
    return f", in {about(sum(known))}" if len(known) == len(seconds) else ""


def no_topping_up(pairs: Sequence[int], unseen: int) -> str:
    """What not to do about an answer of a study that is left open, and what to do.

    Args:
        pairs: On how many seeds the answers are.
        unseen: The first of the seeds on which none is.
    """
    return f"{_planned(pairs)}; start a new study on seeds that no answer has seen, such as {_of_study(pairs, unseen)}."


def asking_again(
    experiments: Sequence[Compared], pairs: Sequence[int], unseen: int, column: str | None = None
) -> Sentence:
    """The same of experiments outside a study: their records on other seeds lie apart.

    `column` is what the user asked for, empty if nothing; None if they are compared by several, or with several.
    """
    runs_dir = commands.new_runs_dir(commands.runs_dir_of(next(iter(experiments[0].runs.values()))))
    again = f"ask again on seeds that no answer has seen, also as a study with {_of_study(pairs, unseen)}"
    if column is not None and commands.can_be_told(experiments):
        command = commands.until_sure(experiments, column, unseen, runs_dir)
    else:
        seeds = range(unseen, unseen + min(2 * max(pairs), _MOST_SEEDS))
        command = commands.training(experiments, each_of(seeds), runs_dir)
    return Sentence(f"{_planned(pairs)}; {again}:", (command,))


def each_of(seeds: Iterable[int]) -> list[str]:
    """The options that name these seeds."""
    return [word for seed in seeds for word in ("--seed", str(seed))]


def _planned(pairs: Sequence[int]) -> str:
    planned = joined([str(n) for n in pairs])
    return f"Planned for n = {planned}: adding seeds because of an answer makes it wrong in 8 to 11 % of cases"


def _of_study(pairs: Sequence[int], unseen: int) -> str:
    return f"seeds: {{first: {unseen}, count: {2 * max(pairs)}}}"


def continued(before: str, command: Sequence[str], below: str, width: int) -> Iterator[str]:
    """A command in lines of a width: each but the last one ends as the shell wants it, an option beside its value.

    The first one begins with `before`, the others with `below`.
    """
    first, *words = command
    line, room = before + first, width - len(" \\")
    for word, value in pairwise([*words, ""]):
        quoted = commands.quoted(word)
        own = f"{quoted} {commands.quoted(value)}" if word.startswith("--") else quoted
        if len(f"{line} {own}") <= room:
            line += f" {quoted}"
            continue
        yield f"{line} \\"
        *starts, end = _pieces(word, room - len(below))
        for i, start in enumerate(starts):
            # Without an indent the shell takes the next line for the same word.
            yield f"{'' if i else below}{start}\\"
        line = f"{'' if starts else below}{end}"
    yield line


def _pieces(word: str, room: int) -> list[str]:
    """A word that is longer than a line in quoted parts."""
    if len(commands.quoted(word)) <= room:
        return [commands.quoted(word)]
    if isinstance(word, Glob):
        folder, run, file = word.rsplit("/", 2)
        return [*_pieces(folder, room), f"/{run}/{file}"]
    n = max(1, room - len("''") - 4 * word.count("'"))  # A quote in quotes takes five characters.
    return [shlex.quote(word[i : i + n]) for i in range(0, len(word), n)]
