"""How many cores of the machine this process may use."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from dlexp import control_groups


def usable() -> int:
    """The cores that the system, groups (containers) and a job of SLURM leave this process; at least 1."""
    return max(1, min([_of_the_system(), *_of_groups(), *_of_the_job(os.environ)]))


def _of_the_system() -> int:
    """Those on which it may run (`taskset`, cpusets); on systems other than Linux all that there are."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _of_groups() -> Iterator[int]:
    """What the quotas of control groups come to."""
    for folder, version in control_groups.folders("cpu"):
        # A root has no such files.
        with contextlib.suppress(OSError, ValueError):
            yield from _within_quota(folder, version)


def _within_quota(folder: Path, version: int) -> Iterator[int]:
    """The whole cores of a group's time, of which it says `max` or -1 without a quota; 1 of less than one core."""
    if version == 2:
        quota, period = (folder / "cpu.max").read_text().split()
    else:
        quota, period = ((folder / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
    if quota != "max" and int(quota) > 0 and int(period) > 0:
        yield max(1, int(quota) // int(period))


def _of_the_job(environment: Mapping[str, str]) -> Iterator[int]:
    """What SLURM was asked for, which not every cluster enforces."""
    given = environment.get("SLURM_CPUS_PER_TASK", "")
    with contextlib.suppress(ValueError):  # More digits than Python reads.
        if given.isascii() and given.isdigit():
            yield int(given)
