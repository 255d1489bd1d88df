"""The control groups (containers) of this process, in which Linux says what it may use."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

#: Where Linux says which groups a process belongs to, and shows them.
_OWN_GROUPS, _GROUPS = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def folders(controller: str) -> Iterator[tuple[Path, int]]:
    """The folder of each group that a controller limits, from one's own up to the root, and its version.

    Version 2 has one tree, version 1 a tree for each controller; inside a container its own group is the root.
    """
    with contextlib.suppress(OSError):
        # A name may have any bytes.
        for line in _OWN_GROUPS.read_text(errors="surrogateescape").split("\n"):
            _, is_group, rest = line.partition(":")
            controllers, _, own = rest.partition(":")
            if not is_group:
                continue
            if not controllers:
                yield from _up_to_the_root(_GROUPS, own, 2)
            elif controller in controllers.split(","):
                yield from _up_to_the_root(_GROUPS / controller, own, 1)


def _up_to_the_root(root: Path, own: str, version: int) -> Iterator[tuple[Path, int]]:
    group = root / own.lstrip("/")
    for folder in (group, *group.parents):
        yield folder, version
        if folder == root:
            return
