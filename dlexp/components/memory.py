"""How much memory is left, and a refusal in one line before more than that is taken."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from dlexp.errors import DataError, DlexpError

#: Where Linux says what is left, what this process has, and which groups of processes it belongs to.
_MEMINFO, _OWN_SIZES, _OWN_GROUPS = Path("/proc/meminfo"), Path("/proc/self/statm"), Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")


def available() -> int | None:
    """Bytes that the machine, groups (containers) and limits leave this process; None if the system does not say."""
    left = [*_left_by_the_machine(), *_left_by_groups(), *_left_by_the_limit()]
    return max(0, min(left)) if left else None


def require(n_bytes: int, what: str, error: type[DlexpError] = DataError) -> None:
    """Refuse what does not fit by DataError, of a number in a config by UserError; `what` needs the memory."""
    left = available()
    if left is not None and n_bytes > left:
        raise error(f"{what}: needs about {size(n_bytes)} of memory, and {size(left)} are available")


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
    """What the memory limits of control groups leave: of version 2 (one tree) and of version 1 (a tree of its own)."""
    with contextlib.suppress(OSError):
        for line in _OWN_GROUPS.read_text().splitlines():
            _, controllers, own = line.split(":", 2)
            if not controllers:
                yield from _left_in_tree(_GROUPS, own, "memory.max", "memory.current", "")
            elif "memory" in controllers.split(","):
                names = "memory.limit_in_bytes", "memory.usage_in_bytes"
                yield from _left_in_tree(_GROUPS / "memory", own, *names, "total_")


def _left_in_tree(root: Path, own: str, limit: str, usage: str, prefix: str) -> Iterator[int]:
    """What each group from one's own up to the root leaves; inside a container its own group is the root.

    The usage includes files in the cache, which the system drops where memory is needed: those read once (inactive)
    and those read again (active). `prefix` is that of their names in memory.stat.
    """
    group = root / own.lstrip("/")
    for folder in (group, *group.parents):
        # A group without a limit says `max`, a root has no such files.
        with contextlib.suppress(OSError, ValueError):
            left = int((folder / limit).read_text()) - int((folder / usage).read_text())
            cached = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            yield left + sum(int(cached.get(f"{prefix}{kind}_file", 0)) for kind in ("inactive", "active"))
        if folder == root:
            return


def _left_by_the_limit() -> Iterator[int]:
    """What `ulimit -v` leaves of the address space."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_AS)
        if soft != resource.RLIM_INFINITY:
            yield soft - int(_OWN_SIZES.read_text().split()[0]) * resource.getpagesize()
