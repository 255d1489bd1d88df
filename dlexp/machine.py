"""This machine and its processes, as locks and temporary files name them."""

import os
import re
import socket
import time
from pathlib import Path


def host() -> str:
    """The name of this machine, fit for a file's name."""
    return re.sub(r"[^\w.-]", "_", socket.gethostname(), flags=re.ASCII) or "unnamed"


def is_here(name: str, known_life: str, touched: float) -> bool:
    """Whether a process that touched a file at this time is, or was, one of this machine; no name is its own.

    Two machines may go by one name: then its `life` tells them apart, unless it was touched before this one started.
    """
    boot, own_boot = (each.partition(" ")[0] for each in (known_life, life(os.getpid())))
    return name in ("", host()) and (boot in ("", own_boot) or touched < booted())


def booted() -> float:
    """When this machine was started, by its own clock."""
    return time.time() - seconds()


def seconds() -> float:
    """A clock that goes on while the machine is suspended."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def life(pid: int) -> str:
    """What tells a process of this machine from all others that ever have its number; empty where it cannot be told."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        # Containers number their processes each for itself.
        namespace = Path("/proc/self/ns/pid").readlink()
        # After the name of the program, which may hold anything: the state, and as the 20th the time of the start.
        state, *others = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if state in "ZX" else f"{boot} {namespace} {others[18]}"
    except (OSError, IndexError):
        return ""


def is_alive(pid: int, known_life: str) -> bool | None:
    """Whether the process of this `life` still runs; None if that cannot be told from here."""
    here = life(os.getpid()).rpartition(" ")[0]
    if not here or known_life.rpartition(" ")[0] != here:
        return None
    if found := life(pid):
        return found == known_life
    try:
        os.kill(pid, 0)
    except PermissionError:  # Another user's, and hidden from this one.
        return None
    except ProcessLookupError:
        pass
    return False  # Gone, or ended and not yet noted by its parent.
