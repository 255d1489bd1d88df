"""Memory is compared with what is left before it is taken."""

import gzip
import os
import re
import resource
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import Invoke
from engines import Here

from dlexp import control_groups
from dlexp.components import memory
from dlexp.components.datasets import Npz, Parquet, Reviews, TextFolder
from dlexp.components.datasets.keras import idx
from dlexp.components.datasets.reading import csv_file
from dlexp.components.datasets.words import sequences
from dlexp.config.experiment import Experiment
from dlexp.config.load import load
from dlexp.config.needed_memory import peak_bytes
from dlexp.errors import DataError, UserError
from dlexp.execution.plan import Request
from dlexp.execution.planning import plan, require_memory
from dlexp.reports.plan.progress import Progress
from dlexp.workflows.runner import Runner

STAT = "anon 5\n{prefix}inactive_file {inactive}\n{prefix}active_file 50\n"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with 8 GB left, no groups and no limit of the process; gives the folder with what it says."""
    (tmp_path / "meminfo").write_text("MemTotal:       16000000 kB\nMemAvailable:    8000000 kB\n")
    (tmp_path / "statm").write_text("1000 500 100 1 0 600 0\n")
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "_OWN_SIZES", tmp_path / "statm")
    monkeypatch.setattr(control_groups, "_OWN_GROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(control_groups, "_GROUPS", tmp_path / "fs")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return tmp_path


def test_the_machine_says_what_is_left(machine: Path) -> None:
    """What can be had without swapping."""
    assert memory.available() == 8_000_000 * 1024


def test_another_system_says_how_much_there_is(machine: Path) -> None:
    """Without Linux's files all memory is the bound."""
    (machine / "meminfo").unlink()

    assert memory.available() == resource.getpagesize() * os.sysconf("SC_PHYS_PAGES")


def test_a_container_leaves_less(machine: Path) -> None:
    """Version 2: the least that any group up to the root leaves, files in its cache left out."""
    for group, limit, used, inactive in (("a", "3000", "1000", 200), ("a/b", "max", "900", 0)):
        folder = machine / "fs" / group
        folder.mkdir(parents=True)
        (folder / "memory.max").write_text(limit)
        (folder / "memory.current").write_text(used)
        (folder / "memory.stat").write_text(STAT.format(prefix="", inactive=inactive))
    (machine / "cgroup").write_text("0::/a/b\n")

    assert memory.available() == 2250


@pytest.mark.parametrize("own", ["/docker/123", "/"])
def test_a_container_of_version_1(machine: Path, own: str) -> None:
    """The memory controller has a tree of its own; inside the container its root is the container's group."""
    (machine / "fs" / "memory").mkdir(parents=True)
    for file, text in (
        ("limit_in_bytes", "5000"),
        ("usage_in_bytes", "4000"),
        ("stat", STAT.format(prefix="total_", inactive=300)),
    ):
        (machine / "fs" / "memory" / f"memory.{file}").write_text(text)
    (machine / "cgroup").write_text(f"5:cpu,cpuacct:{own}\n4:memory:{own}\n")

    assert memory.available() == 1350


def test_a_limit_leaves_less(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`ulimit -v`, less what the process has; never less than nothing."""
    page = resource.getpagesize()
    for limit, left in ((1500, 500), (900, 0)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limit=limit: (limit * page, limit * page))

        assert memory.available() == left * page


def test_this_machine_says_something() -> None:
    """Some number between a megabyte and a petabyte."""
    left = memory.available()

    assert left is not None
    assert 10**6 < left < 10**15


@pytest.mark.parametrize(
    ("n", "text"), [(999, "999 bytes"), (13_000_000, "13 MB"), (3.2e9, "3.2 GB"), (1e30, "1e+12 EB")]
)
def test_sizes_for_the_eye(n: float, text: str) -> None:
    """Three digits are enough."""
    assert memory.size(int(n)) == text


def test_a_number_in_a_config_is_the_users_mistake(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trillion examples: one line that names key, need and what is there; exit code 2, in every command."""
    monkeypatch.chdir(tmp_path)
    Path("huge.yaml").write_text("dataset: {type: counts, n_train: 1000000000000}\n")
    said = r"dataset\.n_train: 1,000,000,000,000 examples: needs about 192 TB of memory, and [\d.]+ GB are available"

    code, out, err = invoke("data", "huge.yaml")

    assert (code, out, len(err.splitlines())) == (2, "", 1)
    with pytest.raises(UserError, match=f"^{said}$"):
        plan(Request(wanted=[(load("huge.yaml").experiment, [0])], runs_dir=Path("runs")))
    with pytest.raises(UserError, match=r"^dataset\.n_test: 1,000,000,000 examples: needs about 4\.8 TB"):
        Reviews(n_test=10**9).load(None)
    assert plan(Request(wanted=[(load("huge.yaml").experiment, [0])], runs_dir=Path("runs"), smoke=True)).to_train


def test_texts_padded_to_any_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """The length is a number in the config, too."""
    texts = sequences.numbered([[1, 2], [3]], 10)

    with pytest.raises(UserError, match=r"^dataset\.maxlen: 2 texts of 9,000,000,000,000: needs about 72 TB of memory"):
        sequences.padded(texts, 9 * 10**12)


def test_a_list_that_stands_in_many_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pickle may name the same list again and again: a few bytes that stand for many words."""
    same = list(range(1000))
    monkeypatch.setattr(memory, "available", lambda: 10**7)

    with pytest.raises(DataError, match=r"^1,000,000 words: needs about 12 MB of memory, and 10 MB are available"):
        sequences.numbered([same] * 1000, 10)


@pytest.mark.parametrize(("lengths", "said"), [((2**31, 2**31), "needs about 4.61 EB"), ((2, 3), "or a cut one")])
def test_an_idx_file_is_unpacked_no_further_than_its_header_says(
    tmp_path: Path, lengths: tuple[int, int], said: str
) -> None:
    """Neither a header that claims too much nor bytes behind the end take memory."""
    path = tmp_path / "x.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(bytes([0, 0, 8, 2]) + np.array(lengths, ">u4").tobytes() + bytes(50_000_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(DataError, match=said):
        idx.read(path)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # In kB.


def test_a_table_that_packs_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parquet holds a million equal rows in a few kB."""
    path = tmp_path / "a.parquet"
    pd.DataFrame({"x": np.zeros(10**6), "y": np.zeros(10**6, np.int64)}).to_parquet(path)
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(memory, "available", lambda: 10**6)

    with pytest.raises(DataError, match=r"a\.parquet: needs about 16 MB of memory, and 1 MB are available"):
        Parquet(path=str(path), target="y", task="binary").load(None)


def test_arrays_that_grow_when_they_become_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes become numbers of four bytes each."""
    x, y = np.zeros((1000, 1000), np.uint8), np.arange(1000) % 2
    path = tmp_path / "a.npz"
    np.savez_compressed(path, x_train=x, y_train=y, x_test=x, y_test=y)
    monkeypatch.setattr(memory, "available", lambda: 3 * 10**6)

    with pytest.raises(
        DataError, match=r"a\.npz \(train\): the inputs as numbers: needs about 4 MB of memory, and 3 MB"
    ):
        Npz(path=str(path), task="binary").load(None)


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".csv.bz2", ".csv.xz", ".zip", ".tar.gz"])
def test_a_table_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    """Only zip archives say how much they hold; of others no more is unpacked than what fits."""
    frame = pd.DataFrame({"x": np.arange(300_000) % 7, "y": 1})
    path = tmp_path / f"a{suffix}"
    frame.to_csv(path, index=False)
    assert len(csv_file.read(path).frame) == 300_000
    assert suffix == ".csv" or path.stat().st_size < 100_000
    monkeypatch.setattr(memory, "available", lambda: 10**6)

    with pytest.raises(DataError, match=rf"a{suffix}: (needs about 2\.4 MB of|unpacks to .* and more; 1 MB of) memory"):
        csv_file.read(path)
    assert list(csv_file.read(path, rows=False).frame.columns) == ["x", "y"]


def test_a_folder_of_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the size of its files, before one is read."""
    for part in ("train", "test"):
        for name in ("neg", "pos"):
            (tmp_path / part / name).mkdir(parents=True)
            (tmp_path / part / name / "a.txt").write_text("word " * 1000)
    monkeypatch.setattr(memory, "available", lambda: 30_000)

    with pytest.raises(DataError, match=rf"^{tmp_path}: needs about 40 kB of memory, and 30 kB are available"):
        TextFolder(path=str(tmp_path), task="binary").load(None)


def experiments(tmp_path: Path, *texts: str) -> list[Experiment]:
    """Those of configs a, b, ..."""
    for name, text in zip("abc", texts, strict=False):
        (tmp_path / f"{name}.yaml").write_text(text)
    return [load(tmp_path / f"{name}.yaml").experiment for name, _ in zip("abc", texts, strict=False)]


def test_what_a_run_needs_at_its_peak(tmp_path: Path) -> None:
    """Three times four bytes for each weight with its gradient, and for each number that the optimizer keeps."""
    of_sgd, of_adam = experiments(
        tmp_path,
        "dataset: iris\nmodel: {hidden: [100]}\noptimizer: sgd\n",
        "dataset: iris\nmodel: {hidden: [100]}\n",
    )

    assert peak_bytes(of_sgd, of_sgd.dataset.info())["model.hidden"] == (4 * 100 + 100 * 3) * 4 * 3
    assert peak_bytes(of_adam, of_adam.dataset.info())["model.hidden"] == (4 * 100 + 100 * 3) * 4 * 9


def test_a_model_that_does_not_fit_is_not_begun(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each in a line with the key that makes it large: no directory, no process that the system kills."""
    monkeypatch.chdir(tmp_path)
    Path("wide.yaml").write_text("dataset: iris\nmodel: {hidden: [1000000, 1000000]}\n")
    Path("plain.yaml").write_text("dataset: iris\n")
    said = (
        r"wide: model\.hidden: a run needs about 36 TB of memory, 36 TB of it by this, and [\d.]+ GB are available; "
        r"set model\.hidden=\[\d+, \d+\] \(allow: \[memory\] to try it\)\n"
    )

    code, out, err = invoke("run", "wide.yaml", "plain.yaml", "--dry-run")

    assert (code, out) == (2, "")
    assert re.fullmatch(said, err.splitlines(keepends=True)[-1])
    wide = load("wide.yaml").experiment
    runner = Runner(engine=lambda _: Here(), progress=Progress)
    with pytest.raises(UserError, match=said.strip("\\n")):
        runner.carry_out(plan(Request(wanted=[(wide, [0])], runs_dir=Path("runs"))))
    assert not Path("runs").exists()


def test_a_smoke_run_of_much_data_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its data are few; the model is as large as ever."""
    few, wide = experiments(
        tmp_path, "dataset: {type: counts, n_train: 1000000000000}\n", "dataset: iris\nmodel: {hidden: [900000000]}\n"
    )
    monkeypatch.setattr(memory, "available", lambda: 10**9)

    require_memory([few], {}, smoke=True)
    with pytest.raises(UserError, match=r"^a: dataset\.n_train: a run needs about 20 TB of memory, .* and 1 GB"):
        require_memory([few], {})
    with pytest.raises(UserError, match=r"^b: training\.batch_size: a run needs about .* and 1 GB"):
        require_memory([wide], {}, smoke=True)


def test_what_is_allowed_to_need_too_much_memory_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a stack of layers; without it the refusal has the warning's estimate and a change that fits."""
    (wide,) = experiments(tmp_path, "dataset: iris\nmodel: {hidden: [100000, 100000]}\n")
    monkeypatch.setattr(memory, "available", lambda: 24 * 10**9)

    with pytest.raises(UserError) as caught:
        require_memory([wide], {})

    assert caught.value.lines == [
        "a: model.hidden: a run needs about 360 GB of memory, 360 GB of it by this, and 24 GB are available; "
        "set model.hidden=[2048, 2048] (allow: [memory] to try it)",
    ]
    assert "a run needs about 360 GB of memory" in load(tmp_path / "a.yaml").warnings[0].message
    require_memory([wide], {"a": ["memory"]})
