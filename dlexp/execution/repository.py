"""The user's own git repository: its commit, and whether there are uncommitted changes.

The commit is read from git's files. Only git can find changes, and it would run the hooks and filters that the
repository's own settings name: a folder unpacked from elsewhere could run anything. All of them are switched off.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dlexp import regular_files

#: How long git may look for changes, in seconds; a pipe in a repository would make it wait for ever.
TIMEOUT_SECONDS = 20
#: A longer file is none of git's.
MAX_BYTES = 100_000_000
#: How many references may name another one, as in git itself.
MAX_LINKS = 5

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
#: Settings that win over the repository's own. `post-index-change` is a hook; `fsmonitor` runs a program at every look.
_SAFE = ("core.fsmonitor=false", f"core.hooksPath={os.devnull}")
#: Those of a filter that run a program, and what switches it off.
_OFF = {"clean": "", "smudge": "", "process": "", "required": "false"}


def state(folder: Path) -> dict[str, Any] | None:
    """`commit` and `dirty` of the repository around a folder; None if there is no repository.

    Either is None if it is unknown: the commit before the first one and with reftables, which are not read here;
    `dirty` if git is not installed or refuses the repository, and if only a filter's program could tell.
    """
    root = _root(folder)
    return None if root is None else {"commit": _commit(root / ".git"), "dirty": _is_dirty(root)}


def _root(folder: Path) -> Path | None:
    """The folder with the `.git`."""
    try:
        folder = folder.resolve()
        return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)
    except (OSError, RuntimeError):  # RuntimeError: a loop of links, in older Pythons.
        return None


def _commit(dot_git: Path) -> str | None:
    """The commit that HEAD resolves to."""
    git_dir = dot_git
    if dot_git.is_file():  # A worktree, or a submodule: the file names the folder.
        named = _text(dot_git)
        if not named.startswith("gitdir: "):
            return None
        git_dir = dot_git.parent / named.removeprefix("gitdir: ")
    # Of a worktree, the branches are those of the repository that it belongs to.
    common_dir = git_dir / _text(git_dir / "commondir")
    reference = _text(git_dir / "HEAD")
    for _ in range(MAX_LINKS):
        if not reference.startswith("ref: "):
            return reference if _COMMIT.fullmatch(reference) else None
        name = reference.removeprefix("ref: ")
        if ".." in name or name.startswith("/"):
            return None
        reference = _text(git_dir / name) or _text(common_dir / name)
        if not reference:
            packed = _text(common_dir / "packed-refs").split("\n")
            reference = next((line.removesuffix(f" {name}") for line in packed if line.endswith(f" {name}")), "")
    return None


def _text(path: Path) -> str:
    """What a regular file holds, without the blanks around it; empty if there is no such file."""
    try:
        return os.fsdecode(regular_files.read_bytes(path, MAX_BYTES)).strip()
    except (OSError, ValueError):  # ValueError: a NUL in the name.
        return ""


def _is_dirty(root: Path) -> bool | None:
    """Whether git sees changes or new files; None if it would have to run a program of the repository to tell."""
    try:
        if has_changes := _has_changes(root):
            return True
        entries = _git(root, "ls-files", "--stage", "-z").split(b"\0")
        submodules = [root / os.fsdecode(each.partition(b"\t")[2]) for each in entries if each.startswith(b"160000 ")]
        # One by one: git itself would look into a submodule under the submodule's own settings.
        answers = [has_changes, *(_is_dirty(each) for each in submodules if (each / ".git").exists())]
        return True if True in answers else None if None in answers else False
    except (OSError, subprocess.SubprocessError, _Unknown):
        return None


def _has_changes(root: Path) -> bool | None:
    """Whether there are changes in the repository itself, including the commits of its submodules; None if unknown."""
    filters = list(_filters(root))
    off = [f"{name}.{key}={value}" for name in filters for key, value in _OFF.items()]
    words = ("status", "--porcelain", "-z", "--untracked-files=normal", "--ignore-submodules=dirty", "--no-renames")
    changes = _git(root, *words, settings=off).split(b"\0")[:-1]
    if changes and filters:
        # Without its filter, a file can look changed although it is not.
        paths = b"\0".join(each[3:] for each in changes)
        answers = _git(root, "check-attr", "-z", "--stdin", "filter", settings=off, given=paths).split(b"\0")
        if all(answer not in (b"unspecified", b"unset") for answer in answers[2::3]):
            return None
    return bool(changes)


class _Unknown(Exception):
    """Something that cannot be switched off."""


def _filters(root: Path) -> Iterator[str]:
    """The sections of all filters that git's settings name, as `filter.lfs`."""
    keys = re.compile(rb"(filter(?:\..*)?)\.(?:clean|smudge|process|required)", re.DOTALL)
    listed = _git(root, "config", "-z", "--list", "--name-only").split(b"\0")
    for section in dict.fromkeys(found[1] for key in listed if (found := keys.fullmatch(key))):
        if b"=" in section:  # No `-c` can name it.
            raise _Unknown
        yield os.fsdecode(section)


def _git(root: Path, *words: str, settings: Sequence[str] = (), given: bytes = b"") -> bytes:
    """The output of a git command in a folder; OSError if there is no git, SubprocessError if it fails or hangs."""
    named = [word for setting in (*_SAFE, *settings) for word in ("-c", setting)]
    # Nothing is written, and nothing fetched: a missing object would be, by a program that the settings name.
    quiet = {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0"}
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(
        ["git", "--no-pager", *named, *words],
        cwd=root,
        env=environment | quiet,
        input=given,
        capture_output=True,
        check=True,
        timeout=TIMEOUT_SECONDS,
    )
    return done.stdout
