"""Tag runs on record."""

from collections.abc import Sequence
from pathlib import Path

from dlexp.config.names import CONFIG_SUFFIXES
from dlexp.errors import UserError
from dlexp.near_words import did_you_mean
from dlexp.records.query import Filters
from dlexp.records.selection import select
from dlexp.records.tags import as_tag, change, require_note


def tag(
    words: Sequence[str],
    filters: Filters,
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    note: str | None = None,
    runs_dir: Path,
    data_dir: Path | None,
) -> tuple[int, int]:
    """Give the runs that words and filters select tags and a note, or take them away; how many there are, and changed.

    Raises:
        UserError: Neither a word nor a filter is given; what can be no tag; none of the runs has a tag to be removed;
            or as `select`.
    """
    if not words and filters.is_empty:
        raise UserError("choose runs to tag, by names, runs, configs or a filter: dlexp tag SELECTION... WORD")
    added, removed = (list(map(as_tag, given)) for given in (add, remove))
    require_note(note)
    runs = select(runs_dir, words, data_dir, filters=filters)
    for each in added:
        if (runs_dir / each).is_dir() or each.endswith(CONFIG_SUFFIXES):
            raise UserError(f"{each}: expected a tag as the last word, given {_what(each)}")
    if removed and runs:
        _require_some_tag(removed, {tag for run in runs for tag in run.dir.tags()}, len(runs))
    return len(runs), sum(change(run.dir, add=added, remove=removed, note=note) for run in runs)


def _what(word: str) -> str:
    return "a config" if word.endswith(CONFIG_SUFFIXES) else "the name of runs"


def _require_some_tag(removed: Sequence[str], tags: set[str], n_runs: int) -> None:
    for each in removed:
        if each not in tags:
            runs = "the run has no tag" if n_runs == 1 else f"none of {n_runs:,} runs has the tag"
            raise UserError(f"{each}: {runs} {each!r}.{did_you_mean(each, sorted(tags))}".rstrip("."))
