"""Columns of categories: a column of 0 and 1 for each that the training split has."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from dlexp.components.data import Array
from dlexp.components.datasets.user.cells import Cells
from dlexp.components.datasets.user.gaps import is_usual
from dlexp.components.datasets.user.keys import quoted
from dlexp.components.datasets.user.kinds import MAX_CATEGORIES, look
from dlexp.components.datasets.user.labels import in_order, kin, spellings, truths
from dlexp.components.datasets.user.unread import Unread
from dlexp.components.remarks import Remark
from dlexp.format import plural


def problem(train: Cells) -> Unread | None:
    """Why the words of a column are no categories, and what they may be; None if they are."""
    is_named = train.column in train.rules.categorical
    n = len(train.counts)
    seen = None if is_named else look(train.column, train.counts, train.rules)
    if seen is not None and seen.is_refused:
        found = f"{train.where_word(seen.word)}: {seen.found}"
        return Unread(train.column, found, seen.key, may_be_categories=n <= MAX_CATEGORIES)
    if n <= MAX_CATEGORIES:
        return None
    such_as = "" if is_named else f", such as {next(iter(train.counts))!r}"
    found = f"{train.rows.path}: column {train.column}: {n} different words{such_as}, more than {MAX_CATEGORIES}"
    name = quoted(train.column)
    ways = [f"leave it out by dataset.ignore: [{name}]", "read it as dataset.text"]
    if n == int((~train.is_gap).sum()):  # All are different.
        ways.append(f"name the rows by it: dataset.id: {name}")
    return Unread(train.column, f"{found}; {', '.join(ways[:-1])}, or {ways[-1]}")


def encoded(train: Cells, other: Cells) -> tuple[list[str], Callable[[], Array], Callable[[], Array]]:
    """The categories in their order, then what makes a row of 0 and 1 per row of both splits, `(n, categories)`."""
    words = in_order(train.counts)
    return words, _one_hot(train, words), _one_hot(other, words)


def _one_hot(cells: Cells, words: Sequence[str]) -> Callable[[], Array]:
    codes, found = cells.factorized
    number = {word: k for k, word in enumerate(words)}
    # The last row is of a missing value, and of a word that is none of the categories.
    rows = np.vstack([np.eye(len(words), dtype=bool), np.zeros((1, len(words)), bool)])
    position = np.array([*(number.get(word, -1) for word in found), -1], np.int16)[codes]
    return lambda: rows[position]


def remarks(train: Cells, other: Cells) -> Iterator[Remark]:
    """What is doubtful of the words of a column."""
    place = f"{train.rows.path}: column {train.column}"
    counts = train.counts
    if train.column not in train.rules.categorical:
        if seen := look(train.column, counts, train.rules):
            yield Remark(rule="mixed_column", place=train.where_word(seen.word), found=seen.found, key=seen.key)
        for word in counts:
            if is_usual(word, beside_numbers=False):
                found = f"{word!r} in {plural(counts[word], 'row')}, often a missing value, is taken as a category"
                key = train.rules.missing_values(word)
                yield Remark(rule="missing_words", place=train.where_word(word), found=found, key=key)
    for group in truths(list({kin(word): word for word in counts}.values())):
        found = f"{' and '.join(map(repr, group))} mean the same and are {len(group)} categories"
        yield Remark(rule="spellings", place=place, found=found)
    for group in spellings(counts):
        found = f"{' and '.join(map(repr, group))} are {len(group)} categories"
        yield Remark(rule="spellings", place=place, found=found)
    if unseen := {word: n for word, n in other.counts.items() if word not in counts}:
        n = sum(unseen.values())
        listed = ", ".join(map(repr, list(unseen)[:3])) + (", ..." if len(unseen) > 3 else "")
        found = f"{listed} in {plural(n, 'row')} of the test split is no category of the training split"
        yield Remark(rule="unseen", place=other.where_word(next(iter(unseen))), found=found, is_settled=True)
