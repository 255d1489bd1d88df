"""The user's own texts: a file each, in folders."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from dlexp.components import held_out, memory, snapshot
from dlexp.components.component import Context, Misfit
from dlexp.components.data import N_FIRST, Data, Info, NewExamples, Split, SplitName, Task
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.datasets.reading import files
from dlexp.components.datasets.reading.packed import CHARACTER_BYTES
from dlexp.components.datasets.reading.text_file import TextReader
from dlexp.components.datasets.user import text_files
from dlexp.components.datasets.user.file_encoding import FileEncodingKeys
from dlexp.components.datasets.user.keys import Name, Target, TargetKeys, UserPath, not_there
from dlexp.components.datasets.words.encoding import TextKeys, TokenKeys
from dlexp.components.identity_rules import AddedLater
from dlexp.components.remarks import Remark
from dlexp.errors import DataError
from dlexp.format import plural

TextTarget = Literal["folder", "rating"]
#: `<id>_<rating>.txt`, as in the Large Movie Review Dataset.
RATED = re.compile(r"_(-?[0-9]+(?:\.[0-9]+)?)\.txt\Z", re.IGNORECASE)
#: The folders of the splits by default, and names by which these may go.
TRAIN, TEST = "train", "test"
TEST_NAMES = {TEST, "tests", "testing"}
SPLIT_NAMES = {*TEST_NAMES, TRAIN, "training", "val", "valid", "validation", "dev"}
#: So that the first examples are of all classes.
SHUFFLE_SEED = 113


class TextFolder(TargetKeys, TextKeys, TokenKeys, FileEncodingKeys, Dataset):
    """Your own texts, a .txt file each: train/pos, train/neg, test/pos, ...; or a rating in the file's name."""

    is_users_own = True
    type: Literal["text_folder"] = "text_folder"
    path: UserPath
    """The folder, seen from the working directory, not from the config; else from the folder with the data files."""
    train: Name | None = "train"
    """The folder in it with the training texts; null if these are in `path` itself, as when it has no such folder."""
    test: Name | None = "test"
    """The folder in it with the test texts; null to draw them from the training texts, as without such a folder."""
    test_size: Annotated[float, Field(gt=0, lt=1), AddedLater(before=0.2)] = 0.2
    """Share of the texts in a drawn test split, rounded up; drawn by class where every class has enough texts."""
    split_seed: Annotated[int, Field(ge=0, lt=2**32), AddedLater(before=0)] = 0
    """Seed of a drawn split; not part of the run's own seed, so that all seeds have the same test data."""
    folders: list[Name] | None = None
    """The folders in these two that are read; by default all. The Large Movie Review Dataset needs `[neg, pos]`, which
    leaves out `unsup`."""
    target: TextTarget | dict[TextTarget, Task] = "folder"
    """What is learned: the name of a text's folder, or the number at the end of its name, `<id>_<rating>.txt`; or both,
    as a mapping from each to its task."""

    @property
    def learned(self) -> Target:
        """What is learned from the folders and names."""
        several = self.target if isinstance(self.target, dict) else {}
        return self.target_of(several)  # type: ignore[arg-type]  # Its keys are texts as any.

    def info(self) -> Info:
        """The shape and the vocabulary are settings; folders that are named are the classes."""
        encoding = self.text_encoding
        found = replace(self.learned.info(encoding.inputs), shape=encoding.shape, vocabulary=self.num_words)
        named = self.folders if self.target == "folder" and not self.classes else None
        return replace(found, n_classes=len(named)) if named else found

    def digest(self, data_dir: Path | None) -> str:
        """Of all files, with their folders and names."""
        root, parts = self._root(data_dir), [each.texts for each in self._listings(data_dir)]
        key = ("texts", self.file_encoding, *map(tuple, parts))
        # Of the split, the class and the file; the name of the whole folder says nothing.
        depth = len(root.parts) if self._places(root)[0] == root else -3
        return snapshot.once(key, lambda: _digest(list(map(_shuffled, parts)), depth, self._reader))

    def load(self, data_dir: Path | None) -> Data:
        """Shuffled, always in the same order; words are numbered by the training split alone."""
        from dlexp.components.datasets.user import targets
        from dlexp.components.datasets.words import indices
        from dlexp.components.datasets.words.text_remarks import TextSource, text_remarks

        root, found = self._root(data_dir), self._found(data_dir)
        train, test = found.train, found.test
        try:
            n_characters = sum(map(snapshot.size, [*train, *test]))
        except OSError as error:
            raise DataError(f"{error.filename}: {error.strerror}") from error
        memory.require(CHARACTER_BYTES * n_characters, str(root))
        learned = self.learned
        if self.target == "folder" and not self.classes:
            learned = replace(learned, classes=self.folders)

        def given(part: list[Path]) -> dict[str, targets.RawTargets]:
            def of(name: TextTarget) -> targets.RawTargets:
                return targets.RawTargets(
                    values=[_target(path, name) for path in part], where=partial(_named, part), place=str(root)
                )

            return {name: of(name) for name in self._tasks}

        y = targets.encode(learned, given(train), given(test), is_drawn=bool(found.choice))
        reader = self._reader
        numbered = indices.numbered(reader.texts(train), reader.texts(test), self.tokens)
        info = y.complete(replace(self.info(), n_train=len(train), n_test=len(test)))
        source = TextSource(str(root), partial(_named, train), partial(_named, test))
        return self.text_encoding.data(
            Split(cast(Any, numbered.train), y.train),
            Split(cast(Any, numbered.other), y.test),
            info=info,
            first=self._in_lines(train, range(min(N_FIRST, len(train)))),
            names={part: _below(root, paths) for part, paths in (("train", train), ("test", test))},
            decode=partial(self._in_lines, test),
            test_choice=found.choice,
            remarks=[
                *self._split_remarks(root, found),
                *text_files.remarks(root, found.listings),
                *y.remarks,
                *reader.remarks(),
                *text_remarks(numbered, self.tokens, source),
            ],
        )

    def places(self, data: Data, part: SplitName, positions: Sequence[int], data_dir: Path | None) -> list[str]:
        """The files in the folder."""
        paths = self._found(data_dir).of(part)
        return _below(self._root(data_dir), [paths[position] for position in positions])

    def lines(self, data: Data, part: SplitName, positions: Sequence[int], data_dir: Path | None) -> list[str]:
        """The texts themselves."""
        return self._in_lines(self._found(data_dir).of(part), positions)

    def new_examples(self, path: Path, data_dir: Path | None) -> NewExamples:
        """Texts, their words numbered by the frequencies in the training split."""
        from dlexp.components.datasets.user import new_texts
        from dlexp.components.datasets.words import indices

        new = new_texts.read(path, self._reader)
        numbered = indices.numbered(self._reader.texts(self._found(data_dir).train), new.texts, self.tokens)
        return self.text_encoding.new(lambda: numbered.train, numbered.other, new.names, new.notes)

    def misfits(self, data_dir: Path | None) -> Iterator[Misfit]:
        """Folders that are not there, and classes that are not two, or not in both splits."""
        root = self._root(data_dir)
        there = text_files.names(root)
        train, test = self._places(root)
        absent = False
        for field, place in (("train", train), ("test", test)):
            if place is None:
                continue
            if not place.is_dir():
                absent = True
                yield Misfit(field, not_there(root, "folder", place.name, there))
                continue
            found = text_files.names(place)
            yield from (
                Misfit("folders", not_there(place, "folder", name, found))
                for name in self.folders or []
                if name not in found
            )
        if not absent and not self.folders and not self.classes:
            yield from self._class_misfits(train, test)

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Targets that folders or ratings are not."""
        yield from TextKeys.problems(self, context)
        yield from FileEncodingKeys.problems(self, context)
        yield from self.learned.problems()
        tasks: Any = self.target if isinstance(self.target, dict) else {self.target: self.task}
        for target, task in tasks.items():
            if task == "multilabel":
                yield Misfit("task", "a text is in one folder and has one rating; several labels need a table (csv)")
            elif task and target == "folder" and task not in ("binary", "multiclass", "ordinal"):
                yield Misfit("target", f"folders are classes; a {task} task needs target: rating")

    def _class_misfits(self, train: Path, test: Path | None) -> Iterator[Misfit]:
        """Folders that cannot be the classes, where nothing names those that are."""
        if "folder" not in self._tasks:
            return
        classes = [name for name in text_files.names(train) if train / name != test]
        if len(classes) == 1 and (train / classes[0] / (self.train or TRAIN)).is_dir():
            yield Misfit("path", f"{train} has the folder {classes[0]} alone, which has them: {train / classes[0]}")
        elif self._tasks["folder"] == "binary" and len(classes) != 2:
            listed = ", ".join(classes) or "none"
            yield Misfit("folders", f"a binary task needs two; {train} has {len(classes)}: {listed}. Name two of them")
        elif test and (more := [name for name in text_files.names(test) if name not in classes]):
            yield Misfit(
                "folders",
                f"{test} has {more[0]!r}, which {train} has not; name those that both have: {', '.join(classes)}",
            )

    @property
    def _tasks(self) -> Mapping[TextTarget, Task | None]:
        """The task of each target."""
        return {**self.target} if isinstance(self.target, dict) else {self.target: self.task}

    def _root(self, data_dir: Path | None) -> Path:
        return files.find_users(self.path, data_dir)

    def _places(self, root: Path) -> tuple[Path, Path | None]:
        """Where the training and the test texts lie; without a second folder, these are drawn from the others.

        Folders that are named by default need not be there, unless there are some of nearly these names.
        """
        there = text_files.names(root)
        is_split = [name for name in there if name.lower() in SPLIT_NAMES]
        train = root / self.train if self.train and (self.train != TRAIN or is_split) else root
        has_test = self.test and (self.test != TEST or any(name.lower() in TEST_NAMES for name in there))
        return train, root / self.test if self.test and has_test else None

    def _listings(self, data_dir: Path | None) -> list[text_files.Listing]:
        """What lies in the folders of the training split and of the test split, if that is not drawn."""
        root = self._root(data_dir)
        train, test = self._places(root)
        but = test.name if test and train == root else None
        return [text_files.listing(place, self.folders, but) for place in (train, test) if place]

    @property
    def _reader(self) -> TextReader:
        return TextReader(self.file_encoding)

    def _in_lines(self, part: Sequence[Path], positions: Sequence[int]) -> list[str]:
        texts = self._reader.texts([part[position] for position in positions])
        return [" ".join(text.removeprefix("\ufeff").split()) for text in texts]

    def _found(self, data_dir: Path | None) -> "FoundTexts":
        """The files of both splits, shuffled; drawn where there is no folder of test texts."""
        import numpy as np

        listings = self._listings(data_dir)
        shuffled = [_shuffled(each.texts) for each in listings]
        if len(shuffled) == 2:
            return FoundTexts(listings, shuffled[0], shuffled[1])
        (texts,), (name, task) = shuffled, next(iter(self._tasks.items()))
        if len(texts) < 2:
            raise DataError(f"{texts[0]}: the only text; a split needs at least 2")
        labels = [_target(path, name) for path in texts] if task in ("binary", "multiclass", "ordinal") else None
        drawn = held_out.test_split(len(texts), self.test_size, self.split_seed, labels)
        is_test = np.zeros(len(texts), bool)
        is_test[drawn.positions] = True
        train, test = ([texts[i] for i in np.flatnonzero(is_test == wanted)] for wanted in (False, True))
        return FoundTexts(listings, train, test, drawn.how)

    def _split_remarks(self, root: Path, found: "FoundTexts") -> Iterator[Remark]:
        """That the test split was drawn, where no key says so, and which texts belong to no split."""
        train, test = self._places(root)
        if found.choice and self.test:
            is_flat = self.train is not None and train == root
            absent = f"{self.train} or {self.test}" if is_flat else self.test
            n = plural(len(found.train) + len(found.test), "text")
            what = f"no folder {absent}, so {len(found.test):,} of {n} are the test split, {found.choice}"
            key = "dataset.test: null" + " and dataset.train: null" * is_flat
            yield Remark(rule="drawn_split", place=str(root), found=what, key=key)
        for name in text_files.names(root) if train != root else []:
            texts = [] if root / name in (train, test) else list(text_files.texts_below(root / name))
            if texts:
                what = f"{plural(len(texts), '.txt file')} in the folder {name} beside {train.name} are in no split"
                yield Remark(rule="unread_files", place=str(root), found=what)


@dataclass(frozen=True)
class FoundTexts:
    """The files of both splits."""

    listings: Sequence[text_files.Listing]
    """What lies in the folders: of both splits, or of one from which the test split was drawn."""
    train: list[Path]
    test: list[Path]
    choice: str = ""
    """How the test split was drawn, if it was."""

    def of(self, part: SplitName) -> list[Path]:
        """Those of one split."""
        return self.train if part == "train" else self.test


def _shuffled(paths: Sequence[Path]) -> list[Path]:
    import numpy as np

    return [paths[i] for i in np.random.default_rng(SHUFFLE_SEED).permutation(len(paths))]


def _target(path: Path, name: TextTarget) -> str:
    return path.parent.name if name == "folder" else _rating(path)


def _named(part: Sequence[Path], position: int) -> str:
    return str(part[position])


def _below(root: Path, paths: Sequence[Path]) -> list[str]:
    """What files are called below a folder."""
    return [str(path.relative_to(root)) for path in paths]


def _rating(path: Path) -> str:
    match = RATED.search(path.name)
    if match is None:
        raise DataError(f"{path}: no rating in its name; expected <id>_<rating>.txt")
    return match[1]


def _digest(parts: Sequence[Sequence[Path]], from_part: int, reader: TextReader) -> str:
    sha256 = hashlib.sha256()
    for part in parts:
        for path, text in zip(part, reader.texts(part), strict=True):
            content = text.encode()
            sha256.update(f"{'/'.join(path.parts[from_part:])}\0{len(content)}\0".encode() + content)
    return sha256.hexdigest()
