"""The classes of a target: which there are, in which order, and what is doubtful about them."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from dlexp.components.data import Task
from dlexp.components.datasets.user.gaps import is_usual
from dlexp.components.datasets.user.labels import Labels, in_order, in_own_order, kin, number, spellings, truths
from dlexp.components.remarks import Remark
from dlexp.errors import DataError
from dlexp.format import plural
from dlexp.near_words import did_you_mean

MAX_CLASSES_NAMED = 10
#: Of more groups of spellings the first are named; of rare classes, each in a line of its own.
MAX_GROUPS_NAMED, MAX_RARE_NAMED = 5, 3
#: Up to here, as many classes as examples are a small file; above, they are values or names.
MAX_IN_SMALL_FILE = 20
#: More classes than these, all of them numbers, with fewer than so many training examples each are values.
MANY_NUMBERS, FEW_EXAMPLES = 30, 10
#: More different numbers with decimals than these are values.
MANY_DECIMALS = 10
#: How alike a rare class is to one that it may be a misspelling of, by difflib's ratio.
NEAR = 0.85
#: One example each for training, validation and test; of fewer examples in all no class has many.
N_SPLITS, MIN_EXAMPLES = 3, 12

_DATE = re.compile(r"[0-9]{1,4}([-/.])[0-9]{1,2}\1[0-9]{2,4}(?:[T ][0-9:.]+.*)?\Z")
_NINES = re.compile(r"-99+|999+")
#: Beside numbers from here on, 999 or -99 may be one of them.
LEAST_OF_NINES = 90
_DECIMAL_COMMA = re.compile(r"[-+\u2212]?[0-9]+,[0-9]+\Z")


@dataclass(frozen=True, kw_only=True)
class Found:
    """The labels of both splits of one target, and where they stand."""

    task: Task
    train: Labels
    test: Labels
    place: str
    """The target in its file."""
    where: Sequence[Callable[[int], str]]
    """Name the place of one example of the training split, and of the test split."""
    n_train: int
    """How many training examples there are."""
    is_drawn: bool
    """Whether dlexp has drawn the split."""

    @property
    def counts(self) -> dict[str, int]:
        """How many examples of both splits have each label."""
        test = self.test.counts
        return {word: n + test.get(word, 0) for word, n in self.train.counts.items()} | {
            word: n for word, n in test.items() if word not in self.train.words
        }

    def where_first(self, word: str) -> str:
        """The place of the first example with a label, in the training split if it has any."""
        of_train, of_test = self.where
        return of_train(self.train.first(word)) if word in self.train.words else of_test(self.test.first(word))


def names(found: Found, said: Sequence[str] | None, missing: Callable[[Sequence[str]], str]) -> tuple[str, ...]:
    """The classes in their order: those that are `said`, or else those of the training split.

    `missing` tells what to do if words stand for missing targets.

    Raises:
        DataError: There are too few or too many for the task, they are values or stand for missing targets, or nobody
            knows their order.
    """
    words = found.train.words
    if not said:
        _require_no_placeholders(found, missing)
    classes = tuple(said or in_order(words))
    least = 1 if found.task == "multilabel" else 2
    if len(classes) < least or (found.task == "binary" and len(classes) != 2):
        needed = "2" if found.task == "binary" else f"at least {least}"
        alike = f"; {_joinable(groups, found.counts)}" if (groups := spellings(classes)) else ""
        raise DataError(
            f"{found.place}: a {found.task} task needs {needed} classes; found {len(classes)}: "
            f"{listed(classes) or 'none'}{alike}"
        )
    if said:
        return classes
    n = len(found.train.codes)
    if len(words) > MAX_IN_SMALL_FILE and len(words) > n / 2 and found.task != "multilabel":
        kinds = "numbers" if all(number(word) is not None for word in words) else "values"
        raise DataError(
            f"{found.place}: {len(words)} different {kinds} in {plural(n, 'training example')}, each of them a class; "
            "to predict a number, say task: regression; if they are classes, name all of them as dataset.classes"
        )
    if found.task != "ordinal" or len(words) < 3:
        return classes
    if (in_order_ := in_own_order(words)) is None:
        raise DataError(
            f"{found.place}: an ordinal task needs the order of its classes, which words do not say; name them from "
            f"the lowest to the highest as dataset.classes, of {listed(classes)}"
        )
    return tuple(in_order_)


def _nines(words: Sequence[str]) -> list[str]:
    """Numbers such as -999 beside smaller ones, which stand for a missing value."""
    nines = [word for word in words if _NINES.fullmatch(word)]
    others = [number(word) for word in words if word not in nines]
    is_small = all(value is not None and abs(value) < LEAST_OF_NINES for value in others)
    return nines if len(nines) == 1 and others and is_small else []


def _require_no_placeholders(found: Found, missing: Callable[[Sequence[str]], str]) -> None:
    """Refuse words that usually stand for a missing value; - is a class beside +."""
    counts = found.counts
    usual = [word for word in counts if is_usual(word, beside_numbers=False) and not (word == "-" and "+" in counts)]
    usual += _nines(list(counts))
    if usual:
        others = f", as do {listed(usual[1:])}" if len(usual) > 1 else ""
        n = plural(sum(counts[word] for word in usual), "row")
        raise DataError(
            f"{found.where_first(usual[0])}: {usual[0]!r} usually stands for a missing value{others}, in {n}; if so, "
            f"{missing(usual)}; if each is a class, name all classes as dataset.classes"
        )


def remarks(
    found: Found, classes: Sequence[str], said: Sequence[str] | None, others: Sequence[Remark]
) -> Iterator[Remark]:
    """What is doubtful about the classes of one target, beside how it was read."""
    if not said:
        yield from _spellings(found)
        yield from _values(found)
        yield from _order(found, classes)
    yield from _alone(found, others)
    yield from _rare(found, classes)
    yield from _unseen(found, classes)


def unknown(
    word: str, known: Sequence[str], found: Found, is_said: bool, missing: Callable[[Sequence[str]], str]
) -> str:
    """Why a label is no class, and what to do: the end of a message; `missing` is as that of `names`."""
    of_which = "that dataset.classes names" if is_said else "of the training data"
    if is_said and is_usual(word, beside_numbers=False):
        return f"{of_which}; if it stands for a missing value, {missing([word])}"
    if not is_said and (values := next(_values(found), None)):
        return f"{of_which}, which has {values.found}; see {values.key}"
    if alike := [name for name in known if kin(name) == kin(word)]:
        return f"{of_which}; dataset.join_spellings: true reads it as {alike[0]!r}"
    if found.is_drawn and not is_said:
        n = found.test.counts[word]
        examples = "the only example" if n == 1 else f"all {n} examples"
        return (
            f"{of_which}: dlexp draws the test split, and {examples} of this class went there; leave such rows out, "
            "join the class with another in the file, or give another dataset.split_seed"
        )
    return f"{of_which}.{did_you_mean(word, known)}".rstrip(".")


def listed(classes: Sequence[str]) -> str:
    """The first of them, in one line."""
    more = ", ..." * (len(classes) > MAX_CLASSES_NAMED)
    return ", ".join(" ".join(each.split()) for each in classes[:MAX_CLASSES_NAMED]) + more


def _joinable(groups: Sequence[Sequence[str]], counts: Mapping[str, int]) -> str:
    alike = "; ".join(_counted(group, counts) for group in groups[:MAX_GROUPS_NAMED])
    return f"{alike} differ only in how they are spelled, and dataset.join_spellings: true makes one class of them"


def _counted(words: Sequence[str], counts: Mapping[str, int]) -> str:
    return ", ".join(f"{word!r} ({plural(counts.get(word, 0), 'row')})" for word in words)


def _spellings(found: Found) -> Iterator[Remark]:
    counts = found.counts
    for group in spellings(found.train.words)[:MAX_GROUPS_NAMED]:
        yield Remark(
            rule="class_spellings",
            place=found.place,
            found=f"{_counted(group, counts)} differ only in how they are spelled, and each is a class of its own",
            key="dataset.join_spellings: true",
        )
    for group in truths(list({kin(word): word for word in found.train.words}.values())):
        same = f"{_counted(group, counts)} mean the same, and each is a class of its own; write them alike in the file"
        yield Remark(rule="class_spellings", place=found.place, found=same)


def _values(found: Found) -> Iterator[Remark]:
    """Numbers, dates and the like, each of which is taken as a class."""
    words, n = found.train.words, len(found.train.codes)
    numbers = [value for word in words if (value := number(word)) is not None]
    kind = ""
    if len(numbers) == len(words):
        has_decimals = any(not value.is_integer() for value in numbers)
        if has_decimals and len(words) > MANY_DECIMALS:
            kind = "numbers with decimals"
        elif len(words) > MANY_NUMBERS and n < FEW_EXAMPLES * len(words):
            kind = "numbers"
    elif len(words) > 2 and sum(bool(_DATE.match(word)) for word in words) > len(words) / 2:
        kind = "dates"
    elif len(words) > 2 and sum(bool(_DECIMAL_COMMA.match(word)) for word in words) > len(words) / 2:
        kind = "numbers with a decimal comma"
    if kind:
        yield Remark(
            rule="values_as_classes",
            place=found.place,
            found=f"{len(words)} different {kind}, such as {words[0]!r}, each of them a class of its own",
            key="dataset.classes" if kind == "dates" else "dataset.task: regression, or dataset.classes",
        )


def _order(found: Found, classes: Sequence[str]) -> Iterator[Remark]:
    """An order that the words say themselves, by a number within each."""
    if found.task == "ordinal" and len(classes) > 2 and list(classes) != in_order(classes):
        yield Remark(
            rule="class_order",
            place=found.place,
            found=f"the classes are ordered by the number in each: {' < '.join(classes[:MAX_CLASSES_NAMED])}",
            key="dataset.classes",
        )


def _alone(found: Found, others: Sequence[Remark]) -> Iterator[Remark]:
    """Examples with one label each, where any number is asked for; not where a separator is not found."""
    if any(remark.rule == "other_separator" for remark in others):
        return
    rows = found.train.rows
    is_alone = found.n_train >= MIN_EXAMPLES and len(rows) == found.n_train and len(set(rows.tolist())) == len(rows)
    if found.task == "multilabel" and is_alone and len(found.train.words) > 1:
        yield Remark(
            rule="one_label_each",
            place=found.place,
            found="every training example has one label, and none has two",
            key="dataset.task: multiclass",
        )


def _rare(found: Found, classes: Sequence[str]) -> Iterator[Remark]:
    """Classes with fewer examples than there are splits."""
    counts = found.counts
    if found.task == "multilabel" or sum(counts.values()) < MIN_EXAMPLES:
        return
    rare = [name for name in classes if 0 < counts.get(name, 0) < N_SPLITS]
    for name in rare[:MAX_RARE_NAMED]:
        n = counts[name]
        examples = "only this example" if n == 1 else f"only {n} examples, of which this is the first"
        others = f", as {len(rare) - 1} more classes" * (len(rare) > MAX_RARE_NAMED)
        drawn = ", which dlexp draws" if found.is_drawn else ""
        frequent = [other for other in classes if counts.get(other, 0) >= N_SPLITS]
        near = "" if any(map(str.isdigit, name)) else next(iter(get_close_matches(name, frequent, 1, NEAR)), "")
        examples += f", perhaps a misspelled {near!r}" if near else ""
        yield Remark(
            rule="rare_classes",
            place=found.where_first(name),
            found=f"class {name!r} has {examples}{others}: too few for training, validation and test{drawn}; "
            "leave such rows out, or join the class with another in the file",
            key="dataset.split_seed" if found.is_drawn else "",
        )


def _unseen(found: Found, classes: Sequence[str]) -> Iterator[Remark]:
    """Classes that no training example has."""
    if unseen := [name for name in classes if name not in found.train.words]:
        in_test = sum(found.test.counts.get(name, 0) for name in unseen)
        tested = f", and {plural(in_test, 'test example')} of them" if in_test else ""
        yield Remark(
            rule="unseen_classes",
            place=found.place,
            found=f"no training example of {listed(unseen)}{tested}: the model cannot learn what it has no example of",
            key="dataset.classes",
        )
