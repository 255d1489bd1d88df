"""How a command that trains ends: which runs have no result, which do not meet what is asserted, the exit code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dlexp.config.experiment import Experiment
from dlexp.errors import DataError, DlexpError, Elsewhere, UserError, shown
from dlexp.format import listed
from dlexp.reports.run.asserted import Assertion
from dlexp.reports.run.without_result import WithoutResult

FAILED = "failed"
#: The command that lists what is left out here.
ALL_FAILED = "dlexp ls --status failed --status diverged"


@dataclass(frozen=True, kw_only=True)
class Closing:
    """How a command that trains ends."""

    without_result: Mapping[str, Sequence[str]]
    """By what became of them a text for each run, or for all experiments that lack the same data; no empty kinds."""
    counts: Mapping[str, int]
    """By what became of them the number of runs, and of experiments without data."""
    left: Sequence[str]
    """Those that other processes train."""
    assertions: Sequence[Assertion]
    exit_code: int

    @property
    def lines(self) -> list[str]:
        """What is said of it at last: at most ten lines of each kind."""
        counts = ", ".join(f"{n} {what}" for what, n in self.counts.items())
        found = ["", f"{counts}:"] if counts else []
        for what, texts in self.without_result.items():
            few = shown(list(texts), ALL_FAILED if what == FAILED else "")
            found += [line for text in few for line in text.splitlines()]
        for each in self.assertions:
            if each.lines:
                found += ["", each.lines[0], *shown(each.lines[1:])]
        return found


def closing(
    found: WithoutResult,
    without_data: Sequence[tuple[Experiment, DataError]],
    *,
    unsettled: Sequence[str] = (),
    not_observed: Sequence[str] = (),
    assertions: Sequence[Assertion] = (),
    n_runs: int,
    divergence_fails: bool = True,
) -> Closing:
    """Gather how a command ends.

    Args:
        found: The runs without a result.
        without_data: The experiments whose data cannot be had.
        unsettled: What `--strict` refuses of what trainings have found.
        not_observed: A line for each finished run that could not be observed.
        assertions: What the runs were to meet.
        n_runs: How many were done or started.
        divergence_fails: Whether the command fails where a run diverged, which tells something of its experiment.
    """
    kinds: dict[str, Sequence[str]] = {
        FAILED: [*found.failed, *_without_data(without_data)],
        "interrupted": found.interrupted,
        "refused, as the settings do not fit the data": found.unfit,
        "refused by --strict": [*found.refused, *unsettled],
        "not observed": not_observed,
    }
    fatal = [line for line in kinds[FAILED] if divergence_fails or line not in found.diverged]
    is_unmet = any(each.unmet for each in assertions)
    counts = {what: len(lines) for what, lines in kinds.items()} | {FAILED: len(found.failed) + len(without_data)}
    code = 0
    if found.left and len(found.left) == n_runs:
        code = Elsewhere.exit_code
    if found.unfit or kinds["refused by --strict"]:
        code = UserError.exit_code
    if fatal or found.interrupted or not_observed or (is_unmet and not code):
        code = DlexpError.exit_code
    return Closing(
        without_result={what: lines for what, lines in kinds.items() if lines},
        counts={what: n for what, n in counts.items() if n},
        left=found.left,
        assertions=assertions,
        exit_code=code,
    )


def _without_data(lacking: Sequence[tuple[Experiment, DataError]]) -> list[str]:
    """The experiments that lack the same data together, and all that is known of why."""
    names: dict[tuple[str, ...], list[str]] = {}
    for experiment, error in lacking:
        names.setdefault(tuple(error.lines), []).append(experiment.name)  # Variants of a study have one name.
    return [f"{listed(list(dict.fromkeys(own)))}: " + "\n".join(lines) for lines, own in names.items()]
