"""What to do after a `run`: what the histories show, with the change that usually helps, and the next commands."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dlexp.config.load import Loaded
from dlexp.console import broken_at_spaces
from dlexp.format import plural
from dlexp.records.index import entries
from dlexp.records.run_dir import FolderName, RunDir
from dlexp.reports.comparison.next_steps import continued
from dlexp.reports.plan.commands import Asked
from dlexp.reports.run.outcome import RunOutcome
from dlexp.reports.run.results_page import N_IN_ORDER
from dlexp.reports.run.symptom import Symptom
from dlexp.statistics.paired import MIN_PAIRS

#: A command with more names is longer than it is worth.
MAX_NAMED = 8
#: Of many experiments so many kinds of symptoms are said, the most frequent first.
MAX_KINDS = 3
#: How many seeds the next command proposes.
MORE_SEEDS = 5
#: A line that ends with a command: `next: dlexp show digits`.
_COMMAND = re.compile(r"(?P<before>(?: *[a-z ]+: | +))(?P<words>dlexp .*)")


def advice(outcomes: Sequence[RunOutcome], configs: Mapping[str, Loaded], asked: Asked) -> list[str]:
    """The lines that follow the results; `configs` has that of each experiment by its label."""
    return [*_symptoms(outcomes, configs, asked), *_next(outcomes, asked)]


def _symptoms(outcomes: Sequence[RunOutcome], configs: Mapping[str, Loaded], asked: Asked) -> Iterator[str]:
    """What the histories show, kind by kind; the sentence and the change are those of the first run that shows it."""
    of_kind: dict[str, list[tuple[RunOutcome, Symptom]]] = {}
    for run in outcomes:
        for symptom in run.symptoms:
            of_kind.setdefault(symptom.kind, []).append((run, symptom))
    for showing in sorted(of_kind.values(), key=len, reverse=True)[:MAX_KINDS]:
        run, symptom = showing[0]
        n = len({other.run for other, _ in showing})
        others = f"; {n - 1} more of {plural(len(outcomes), 'run')} likewise" if n > 1 else ""
        # Why is the last thing that the command says.
        yield f"{run.title}: {'diverged' if symptom.kind == 'diverged' else symptom.what}{others}"
        if symptom.change and run.label in configs:
            yield f"  what usually helps: {asked.one_again(configs[run.label], symptom.change)}"
        if symptom.control and run.label in configs:
            yield f"  what tells why: {asked.control(configs[run.label])}"
        if symptom.observe and run.label in configs:
            yield f"  what its layers tell: {asked.one_again(configs[run.label], '--observe diagnostics')}"


def _next(outcomes: Sequence[RunOutcome], asked: Asked) -> list[str]:
    """The commands that show or compare what finished, and the one that trains more seeds."""
    finished = [run for run in outcomes if run.status == "finished"]
    seeds: dict[str, set[int]] = {}
    for run in finished:
        seeds.setdefault(run.label, set()).add(run.seed)
    if not seeds:
        return []
    commands = [_look(finished, outcomes, len(seeds), asked)]
    if len(seeds) <= N_IN_ORDER and min(map(len, seeds.values())) < MIN_PAIRS:
        commands.append(asked.again("--seeds", str(MORE_SEEDS)))
    return [f"{'next:' if i == 0 else '     '} {command}" for i, command in enumerate(filter(None, commands))]


def _look(finished: Sequence[RunOutcome], outcomes: Sequence[RunOutcome], n_experiments: int, asked: Asked) -> str:
    words = _words(finished, outcomes, asked.runs_dir)
    if len(finished) == 1:
        return shlex.join(["dlexp", "show", finished[0].run, *asked.elsewhere])
    if len(words) > MAX_NAMED or len({run.data_digest for run in finished}) > 1:
        return ""
    metrics = {run.metric for run in finished}
    metric = metrics.pop() if len(metrics) == 1 else None
    sort = ["--sort", metric] if n_experiments > N_IN_ORDER and metric else []
    return shlex.join(["dlexp", "compare", *words, *sort, *asked.elsewhere])


def _words(finished: Sequence[RunOutcome], outcomes: Sequence[RunOutcome], runs_dir: Path) -> list[str]:
    """What means the experiments of the finished runs: their names, or ids where a name has others than the command's.

    A name alone where there would be too many ids.
    """
    by_name: dict[str, list[RunDir]] = {}
    for run in finished:
        by_name.setdefault(run.run.partition("/")[0], []).append(RunDir(Path(run.directory)))
    of_command = {RunDir(Path(run.directory)).folder.prefix for run in outcomes}
    words = []
    for name, run_dirs in by_name.items():
        own = dict.fromkeys(run_dir.folder.prefix for run_dir in run_dirs)
        there = (FolderName.parse(entry.name) for entry in entries(runs_dir / name))
        has_others = any(folder and folder.prefix not in of_command for folder in there)
        words += [f"{name}/{prefix}" for prefix in own] if has_others and len(own) <= MAX_NAMED else [name]
    return words


def wrapped(lines: Sequence[str], width: int | None) -> list[str]:
    """Lines no wider than a terminal; commands are broken as a shell reads them."""
    if width is None:
        return list(lines)
    return [part for line in lines for part in _wrapped(line, width)]


def _wrapped(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line]
    if command := _COMMAND.fullmatch(line):
        indent = line[: len(line) - len(line.lstrip())]
        return list(continued(command["before"], shlex.split(command["words"]), f"{indent}      ", width))
    return broken_at_spaces(line, width)
