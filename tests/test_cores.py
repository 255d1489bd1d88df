"""The cores that a process may use."""

import os
from pathlib import Path

import pytest

from dlexp import control_groups, cores


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of 16 cores without groups, and outside any job; gives the folder of its groups."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    monkeypatch.setattr(control_groups, "_OWN_GROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(control_groups, "_GROUPS", tmp_path / "fs")
    monkeypatch.delenv("SLURM_CPUS_PER_TASK", raising=False)
    return tmp_path


def test_the_system_says_on_which_it_may_run(machine: Path) -> None:
    """Those of `taskset` or a cpuset, not all that the machine has."""
    assert cores.usable() == 16


def test_another_system_says_how_many_there_are(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no process can be kept to some."""
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 10)

    assert cores.usable() == 10


@pytest.mark.parametrize(
    ("own", "outer", "n"),
    [
        ("400000 100000", "max 100000", 4),
        ("max 100000", "250000 100000", 2),
        ("400000 100000", "300000 100000", 3),
        ("50000 100000", "max 100000", 1),
        ("max 100000", "max 100000", 16),
        ("3200000 100000", "max 100000", 16),
    ],
)
def test_a_container_has_a_quota(machine: Path, own: str, outer: str, n: int) -> None:
    """Version 2: the least of all groups up to the root, in whole cores, of which one is left in any case."""
    (machine / "fs/a/b").mkdir(parents=True)
    (machine / "fs/a/cpu.max").write_text(f"{outer}\n")
    (machine / "fs/a/b/cpu.max").write_text(f"{own}\n")
    (machine / "cgroup").write_text("0::/a/b\n")

    assert cores.usable() == n


@pytest.mark.parametrize("line", [b"", b"nothing", b"0:", b"0::/\xff", b"5:cpu"])
def test_a_line_of_another_form_tells_nothing(machine: Path, line: bytes) -> None:
    """The names of groups may have any bytes; what else is listed counts all the same."""
    (machine / "fs/a").mkdir(parents=True)
    (machine / "fs/a/cpu.max").write_text("400000 100000\n")
    (machine / "cgroup").write_bytes(line + b"\n0::/a\n")

    assert cores.usable() == 4


@pytest.mark.parametrize("quota", ["", "100000", "100000 0", "all 100000", "9" * 5000 + " 1"])
def test_a_quota_of_another_form_tells_nothing(machine: Path, quota: str) -> None:
    """As of a group without one."""
    (machine / "fs").mkdir()
    (machine / "fs/cpu.max").write_text(quota)
    (machine / "cgroup").write_text("0::/\n")

    assert cores.usable() == 16


@pytest.mark.parametrize(("own", "quota", "n"), [("/docker/123", "600000", 6), ("/", "150000", 1), ("/", "-1", 16)])
def test_a_container_of_version_1(machine: Path, own: str, quota: str, n: int) -> None:
    """The controller has a tree of its own; inside the container its root is the container's group."""
    (machine / "fs/cpu").mkdir(parents=True)
    (machine / "fs/cpu/cpu.cfs_quota_us").write_text(f"{quota}\n")
    (machine / "fs/cpu/cpu.cfs_period_us").write_text("100000\n")
    (machine / "cgroup").write_text(f"5:cpu,cpuacct:{own}\n4:memory:{own}\n")

    assert cores.usable() == n


@pytest.mark.parametrize(
    ("asked", "n"), [("4", 4), ("64", 16), ("", 16), ("all", 16), ("0", 1), ("4(x2)", 16), ("9" * 5000, 16)]
)
def test_a_job_of_slurm_has_what_it_asked_for(
    machine: Path, monkeypatch: pytest.MonkeyPatch, asked: str, n: int
) -> None:
    """Also on a cluster that would let it use more; what is no number says nothing."""
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", asked)

    assert cores.usable() == n


def test_this_machine_says_something() -> None:
    """At least the core that runs this."""
    assert 1 <= cores.usable() <= (os.cpu_count() or 1)
