"""The user's own words for runs: tags and a note, plain files of the run beside what it recorded.

They may change at any time, while the run is under way too: what trains it neither reads nor writes them.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlexp.errors import DlexpError, UserError
from dlexp.records.index import OBSERVING, SMOKE
from dlexp.records.lock import in_turn
from dlexp.records.run_dir import RunDir
from dlexp.whole_files import write_text

MAX_LENGTH = 40
_TAG = re.compile(r"\w[\w.+:@#-]*")
#: Hidden beside the names' folders: of two commands that change the words of a run, one waits for the other.
_LOCK = ".tags.lock"


def as_tag(text: str) -> str:
    """A tag as it is kept, in Unicode's composed form.

    Raises:
        UserError: It can be none.
    """
    word = unicodedata.normalize("NFC", text)
    if not _TAG.fullmatch(word):
        near = re.sub(r"[^\w.+:@#-]+", "-", word).strip("-.+:@#")[:MAX_LENGTH]
        meant = f"; write {near}" if near else ""
        raise UserError(f"tag {text!r}: expected one word of letters, digits and _ - . + : @ #{meant}")
    if len(word) > MAX_LENGTH:
        raise UserError(f"tag {text!r}: expected at most {MAX_LENGTH} characters, given {len(word)}")
    return word


def require_note(text: str | None) -> None:
    """Refuse what no file can hold as text.

    Raises:
        UserError: It has bytes that the shell's encoding does not know.
    """
    try:
        (text or "").encode()
    except UnicodeEncodeError as error:
        raise UserError(f"note: character {error.start + 1} is none in UTF-8") from None


@dataclass(frozen=True)
class Words:
    """Tags and a note that runs are given; no note leaves each the one that it has."""

    tags: Sequence[str] = ()
    note: str | None = None

    def __post_init__(self) -> None:
        """Refuse what can be no tag, and no note."""
        object.__setattr__(self, "tags", tuple(map(as_tag, self.tags)))
        require_note(self.note)

    def give(self, run_dir: RunDir) -> None:
        """Give them to a run."""
        if self.tags or self.note is not None:
            change(run_dir, add=self.tags, note=self.note)


NO_WORDS = Words()


def change(
    run_dir: RunDir, *, add: Collection[str] = (), remove: Collection[str] = (), note: str | None = None
) -> bool:
    """Give a run tags and a note, or take them from it: an empty note is none. Gives whether anything is new.

    Raises:
        DlexpError: They cannot be written.
    """
    try:
        with in_turn(_runs_dir(run_dir) / _LOCK):
            tags, text = run_dir.tags(), run_dir.note()
            new_tags = tuple(tag for tag in dict.fromkeys((*tags, *add)) if tag not in remove)
            new_text = text if note is None else note.strip()
            if new_tags != tags:
                _write(run_dir.tags_path, new_tags)
            if new_text != text:
                _write(run_dir.note_path, [new_text] if new_text else [])
            return (new_tags, new_text) != (tags, text)
    except OSError as error:
        raise DlexpError(f"{run_dir.path}: cannot be tagged: {error.strerror}") from error


def _write(path: Path, lines: Collection[str]) -> None:
    if lines:
        write_text(path, "".join(f"{line}\n" for line in lines))
    else:
        path.unlink(missing_ok=True)


def _runs_dir(run_dir: RunDir) -> Path:
    folder = run_dir.path.parent.parent
    return folder.parent if folder.name in (SMOKE, OBSERVING) else folder
