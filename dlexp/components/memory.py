"""How much memory is left, and a refusal in one line before more than that is taken."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from dlexp import control_groups
from dlexp.errors import DataError, DlexpError

#: Where Linux says what is left, and what this process has.
_MEMINFO, _OWN_SIZES = Path("/proc/meminfo"), Path("/proc/self/statm")

#: By the version of control groups the files of limit and usage, and the prefix of names in memory.stat.
_FILES_OF_GROUPS = {
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_"),
    2: ("memory.max", "memory.current", ""),
}


def available() -> int | None:
    """Bytes that the machine, groups (containers) and limits leave this process; None if the system does not say."""
    left = [*_left_by_the_machine(), *_left_by_groups(), *_left_by_the_limit()]
    return max(0, min(left)) if left else None


def require(n_bytes: int, what: str, error: type[DlexpError] = DataError) -> None:
    """Refuse what does not fit by DataError, of a number in a config by UserError; `what` needs the memory."""
    left = available()
    if left is not None and n_bytes > left:
        raise error(f"{what}: needs about {size(n_bytes)} of memory, and {size(left)} are available")


def taken_by(pid: int) -> int | None:
    """Bytes that a process had at its peak, without files that others share; None if the system does not say."""
    with contextlib.suppress(OSError, KeyError):
        lines = Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines()
        numbers = dict(line.split(":", 1) for line in lines)
        peak, shared = (int(numbers[key].split()[0]) * 1024 for key in ("VmHWM", "RssFile"))
        return max(0, peak - shared)
    return None


def size(n_bytes: int) -> str:
    """A number of bytes for the eye: `3.2 GB`."""
    value, units = float(n_bytes), ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"]
    while value >= 1000 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{value:.3g} {units[0]}"


def _left_by_the_machine() -> Iterator[int]:
    """What can be had without swapping; on systems other than Linux all memory that there is."""
    with contextlib.suppress(OSError, ValueError):
        numbers = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines())
        yield int(numbers["MemAvailable"].split()[0]) * 1024
        return
    with contextlib.suppress(AttributeError, OSError, ValueError):
        yield os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _left_by_groups() -> Iterator[int]:
    """What the memory limits of control groups leave.

    The usage includes files in the cache, which the system drops where memory is needed: those read once (inactive)
    and those read again (active).
    """
    for folder, version in control_groups.folders("memory"):
        limit, usage, prefix = _FILES_OF_GROUPS[version]
        # A group without a limit says `max`, a root has no such files.
        with contextlib.suppress(OSError, ValueError):
            left = int((folder / limit).read_text()) - int((folder / usage).read_text())
            cached = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            yield left + sum(int(cached.get(f"{prefix}{kind}_file", 0)) for kind in ("inactive", "active"))


def _left_by_the_limit() -> Iterator[int]:
    """What `ulimit -v` leaves of the address space."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_AS)
        if soft != resource.RLIM_INFINITY:
            yield soft - int(_OWN_SIZES.read_text().split()[0]) * resource.getpagesize()
