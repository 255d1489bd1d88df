"""What is recorded of the user's repository: right, and without running a line of what lies in it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from dlexp.execution import repository

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@pytest.fixture(autouse=True)
def no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the machine's nor the user's own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


def git(folder: Path, *words: str) -> str:
    """What git answers; every commit has the same author and date."""
    who = {f"GIT_{role}_{what}": "a@b.c" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    dates = {f"GIT_{role}_DATE": "2024-05-01T10:00:00Z" for role in ("AUTHOR", "COMMITTER")}
    environment = os.environ | who | dates
    done = subprocess.run(["git", *words], cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with one commit of one file."""
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "a.txt").write_text("a\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def test_the_commit_and_whether_anything_changed(repo: Path) -> None:
    """From a folder inside it too; a new file is a change."""
    (repo / "inside").mkdir()
    head = git(repo, "rev-parse", "HEAD")

    assert repository.state(repo / "inside") == {"commit": head, "dirty": False}
    (repo / "inside" / "new.txt").touch()
    assert repository.state(repo) == {"commit": head, "dirty": True}


def test_no_repository(tmp_path: Path) -> None:
    """Nothing is recorded."""
    assert repository.state(tmp_path) is None
    assert repository.state(tmp_path / "gone") is None


def test_every_way_in_which_git_names_a_commit(repo: Path, tmp_path: Path) -> None:
    """A loose and a packed branch, one with a slash, a detached HEAD, a worktree, a submodule."""
    head = git(repo, "rev-parse", "HEAD")

    git(repo, "pack-refs", "--all")
    assert not (repo / ".git/refs/heads/main").exists()
    assert repository.state(repo) == {"commit": head, "dirty": False}
    git(repo, "checkout", "-q", "-b", "topic/one")
    assert repository.state(repo) == {"commit": head, "dirty": False}
    git(repo, "checkout", "-q", "--detach")
    assert repository.state(repo) == {"commit": head, "dirty": False}
    git(repo, "worktree", "add", "-q", "-b", "beside", str(tmp_path / "beside"))
    git(tmp_path / "beside", "commit", "-q", "--allow-empty", "-m", "second")
    second = git(tmp_path / "beside", "rev-parse", "HEAD")
    assert second != head
    assert repository.state(tmp_path / "beside") == {"commit": second, "dirty": False}
    git(repo, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(repo), "below")
    assert repository.state(repo / "below") == {"commit": head, "dirty": False}


def test_before_the_first_commit(tmp_path: Path) -> None:
    """There is none to name."""
    git(tmp_path, "init", "-q")

    assert repository.state(tmp_path) == {"commit": None, "dirty": False}


@pytest.mark.parametrize(
    "head", [b"", b"ref: refs/heads/.invalid\n", b"ref: ../../secret\n", b"ref: HEAD\n", b"\xff\xfe", b"ref: a\0b\n"]
)
def test_a_head_that_cannot_be_read(head: bytes, repo: Path) -> None:
    """Nothing, the placeholder of reftables, a path to elsewhere, a loop, no text: the commit is not known."""
    (repo / ".git/HEAD").write_bytes(head)

    state = repository.state(repo)

    assert state is not None
    assert state["commit"] is None


def test_pipes_in_place_of_files(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits for them for ever."""
    monkeypatch.setattr(repository, "TIMEOUT_SECONDS", 0.5)
    (repo / ".git/HEAD").unlink()
    os.mkfifo(repo / ".git/HEAD")

    assert repository.state(repo) == {"commit": None, "dirty": None}


def test_without_git(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commit is known all the same."""
    head = git(repo, "rev-parse", "HEAD")
    monkeypatch.setenv("PATH", str(tmp_path))

    assert repository.state(repo) == {"commit": head, "dirty": None}


def test_names_that_are_no_text(repo: Path) -> None:
    """A file in Latin-1 ended in a traceback."""
    (repo / os.fsdecode(b"gr\xfc\xdfe\n.txt")).touch()

    state = repository.state(repo)

    assert state is not None
    assert state["dirty"] is True


def trap(repo: Path, name: str) -> str:
    """A program that leaves a mark when it is run."""
    path = repo.parent / f"{name}.sh"
    path.write_text(f"#!/bin/sh\ntouch '{repo.parent}/ran-{name}'\nexec cat\n")
    path.chmod(0o755)
    return str(path)


def ran(repo: Path) -> list[str]:
    """The traps that were run."""
    return sorted(path.name for path in repo.parent.glob("ran-*"))


def set_traps(repo: Path) -> None:
    """All that `git status` would run, named in the settings of the repository itself."""
    git(repo, "config", "core.fsmonitor", trap(repo, "fsmonitor"))
    for hook in ("post-index-change", "fsmonitor-watchman"):
        trapped = repo / ".git/hooks" / hook
        trapped.parent.mkdir(exist_ok=True)
        shutil.copy(trap(repo, hook), trapped)
    for key in ("clean", "smudge", "process"):
        git(repo, "config", f"filter.of {key}.x.{key}", trap(repo, f"filter-{key}"))
    git(repo, "config", "diff.external", trap(repo, "diff"))
    git(repo, "config", "diff.text.textconv", trap(repo, "textconv"))
    git(repo, "config", "core.pager", trap(repo, "pager"))
    git(repo, "config", "core.sshCommand", trap(repo, "ssh"))
    git(repo, "config", "status.submoduleSummary", "true")
    (repo / ".gitattributes").write_text("a.txt filter=one\n* diff=text\n")
    git(repo, "config", "filter.one.clean", trap(repo, "filter-one"))
    git(repo, "config", "filter.one.required", "true")
    (repo / "a.txt").write_text("b\n")  # Of the same size and another time: its content decides.


def test_nothing_of_a_foreign_repository_is_run(repo: Path) -> None:
    """A monitor, hooks, filters and a pager that leave marks; plain git does run some of them."""
    set_traps(repo)

    state = repository.state(repo)

    assert ran(repo) == []
    assert state is not None
    assert state["dirty"] is True  # .gitattributes is new.
    git(repo, "status")
    assert {"ran-filter-one", "ran-fsmonitor", "ran-post-index-change"} <= set(ran(repo))


def test_nothing_of_a_submodule_is_run(repo: Path) -> None:
    """Its own settings hold inside it, whatever was said outside."""
    git(repo, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(repo), "below")
    git(repo, "commit", "-q", "-m", "with a submodule")
    git(repo / "below", "config", "core.fsmonitor", trap(repo, "fsmonitor"))
    clean = repository.state(repo)
    (repo / "below/a.txt").write_text("changed\n")

    state = repository.state(repo)

    assert ran(repo) == []
    assert clean is not None
    assert clean["dirty"] is False
    assert state is not None
    assert state["dirty"] is True
    git(repo, "status")
    assert ran(repo) == ["ran-fsmonitor"]


def test_a_missing_object_is_not_fetched(repo: Path) -> None:
    """By the program that a partial clone's settings name."""
    head = git(repo, "rev-parse", "HEAD")
    git(repo, "config", "core.repositoryFormatVersion", "1")
    git(repo, "config", "extensions.partialClone", "origin")
    git(repo, "config", "remote.origin.promisor", "true")
    git(repo, "config", "remote.origin.url", f"ext::{trap(repo, 'fetch')}")
    git(repo, "config", "protocol.ext.allow", "always")
    shutil.rmtree(repo / ".git/objects")
    (repo / ".git/objects").mkdir()

    assert repository.state(repo) == {"commit": head, "dirty": None}
    assert ran(repo) == []


def test_a_change_that_only_a_filter_could_tell(repo: Path) -> None:
    """Without its program there is no answer; beside a change that needs none, there is."""
    (repo / ".gitattributes").write_text("*.big filter=big\n")
    git(repo, "config", "filter.big.clean", "echo pointer")
    (repo / "x.big").write_text("content\n")
    os.utime(repo / "x.big", (1, 1))  # What is as new as git's index is looked into each time.
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "filtered")
    head = git(repo, "rev-parse", "HEAD")

    assert repository.state(repo) == {"commit": head, "dirty": False}
    os.utime(repo / "x.big", (0, 0))
    assert repository.state(repo) == {"commit": head, "dirty": None}
    (repo / "a.txt").write_text("other\n")
    assert repository.state(repo) == {"commit": head, "dirty": True}


def test_a_filter_that_cannot_be_switched_off(repo: Path) -> None:
    """No option can name it: nothing is asked."""
    with (repo / ".git/config").open("a") as file:
        file.write(f'[filter "a=b"]\n  clean = {trap(repo, "filter")}\n')
    (repo / ".git/info").mkdir(exist_ok=True)
    (repo / ".git/info/attributes").write_text("* filter=a=b\n")
    (repo / "a.txt").write_text("b\n")

    state = repository.state(repo)

    assert ran(repo) == []
    assert state is not None
    assert state["dirty"] is None


def test_variables_that_name_another_repository(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a git hook sets them: the folder decides."""
    head = git(repo, "rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'core.bare=true'")

    assert repository.state(repo) == {"commit": head, "dirty": False}
