"""Which runs of a command have no result, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from dlexp.errors import DataError, InputsChanged, Unsettled
from dlexp.format import plural
from dlexp.records.lock import Owner
from dlexp.records.run_dir import RunDir


@dataclass(frozen=True, kw_only=True)
class WithoutResult:
    """A line for each run that has no result, by why."""

    failed: list[str] = field(default_factory=list)
    diverged: list[str] = field(default_factory=list)
    """Those of the failed ones whose loss became NaN or infinite."""
    unfit: list[str] = field(default_factory=list)
    """Whose settings do not fit its data."""
    interrupted: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Whose data `--strict` refused."""
    left: list[str] = field(default_factory=list)
    """To another command, which trains it."""


def without_result(run_dirs: Sequence[RunDir], titles: Mapping[Path, str] = MappingProxyType({})) -> WithoutResult:
    """Which runs have none, and why; each is called by its title, by default by its directory."""
    found = WithoutResult()
    for run_dir in run_dirs:
        owner, status = run_dir.owner, run_dir.status  # In this order: it may finish in between.
        title, log = titles.get(run_dir.path, str(run_dir.path)), str(run_dir.log_path)
        if run_dir.path not in titles:
            log = run_dir.log_path.name
        if owner and status != "finished":
            found.left.append(under_way(run_dir, owner))
        elif status == "interrupted":
            interruption = run_dir.interruption()
            if interruption and interruption.get("kind") == Unsettled.__name__:
                found.refused.append(f"{title}: {interruption['what'].splitlines()[0]}")
            else:
                found.interrupted.append(f"{title}: interrupted{_what_interrupted(run_dir, log)}")
        elif status != "finished":
            failure = run_dir.failure()
            if failure and failure.kind == "unfit":
                found.unfit.append(f"{title}: {'; '.join(failure.what.splitlines())}")
                continue
            why = f"{failure.kind}: {failure.what or 'unknown'} (more in {log})" if failure else ""
            found.failed.append(f"{title}: {why or f'{status}: no result was recorded'}")
            if failure and failure.kind == "diverged":
                found.diverged.append(found.failed[-1])
    return found


def under_way(run_dir: RunDir, owner: Owner) -> str:
    """A line for a run that another process trains."""
    return f"{run_dir.path}: under way in {owner.described}; left to it"


def _what_interrupted(run_dir: RunDir, log: str) -> str:
    """Where it is known, and what becomes of the run."""
    interruption = run_dir.interruption()
    why = interruption["what"] if interruption else ""
    if interruption and interruption.get("kind") == InputsChanged.__name__:  # Of another experiment by now.
        return f": {why}; the same command trains on what is there now"
    if interruption and interruption.get("kind") == DataError.__name__:  # The same data are refused again.
        first, *others = why.splitlines()
        more = f" (and {plural(len(others), 'line')} more in {log})" if others else ""
        return f": {first}{more}; once that is mended, the same command trains it"
    reason = f": {why} (more in {log})" if why else ""
    return f"{reason}; the same command {'resumes' if run_dir.has_checkpoint else 'restarts'} it"
