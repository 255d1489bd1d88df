"""The user's own texts: a file each, in folders."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from dlexp.components import memory, snapshot
from dlexp.components.component import Context, Misfit
from dlexp.components.data import N_FIRST, Data, Info, NewExamples, Split, SplitName, Task
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.datasets.reading import files
from dlexp.components.datasets.reading.packed import CHARACTER_BYTES
from dlexp.components.datasets.reading.text_file import TextReader
from dlexp.components.datasets.user import text_files, text_splits
from dlexp.components.datasets.user.file_encoding import FileEncodingKeys
from dlexp.components.datasets.user.keys import Name, Target, TargetKeys, UserPath
from dlexp.components.datasets.user.text_splits import FoundTexts, Places, shuffled
from dlexp.components.datasets.words.encoding import TextKeys, TokenKeys
from dlexp.components.identity_rules import AddedLater
from dlexp.components.remarks import Remark
from dlexp.errors import DataError
from dlexp.format import plural

#: The tasks whose targets are classes of which an example has one.
CLASS_TASKS = ("binary", "multiclass", "ordinal")
TextTarget = Literal["folder", "rating"]
#: `<id>_<rating>.txt`, as in the Large Movie Review Dataset.
RATED = re.compile(r"_(-?[0-9]+(?:\.[0-9]+)?)\.txt\Z", re.IGNORECASE)


class TextFolder(TargetKeys, TextKeys, TokenKeys, FileEncodingKeys, Dataset):
    """Your own texts, a .txt file each: train/pos, train/neg, test/pos, ...; or a rating in the file's name."""

    is_users_own = True
    marking_key = "val"
    type: Literal["text_folder"] = "text_folder"
    path: UserPath
    """The folder, seen from the working directory, not from the config; else from the folder with the data files."""
    train: Name | None = "train"
    """The folder in it with the training texts; null if these are in `path` itself, as when it has no such folder."""
    val: Annotated[Name | None, AddedLater(before=None)] = None
    """The folder in it with the texts that validate, such as `val`; by default they are taken from the training texts,
    as `validation` says."""
    test: Name | None = "test"
    """The folder in it with the test texts; null to draw them from the training texts, as without such a folder."""
    test_size: Annotated[float, Field(gt=0, lt=1), AddedLater(before=0.2)] = 0.2
    """Share of the texts in a drawn test split, rounded up; drawn by class where every class has enough texts."""
    split_seed: Annotated[int, Field(ge=0, lt=2**32), AddedLater(before=0)] = 0
    """Seed of a drawn split; not part of the run's own seed, so that all seeds have the same test data."""
    folders: list[Name] | None = None
    """The folders in these that are read; by default all. The Large Movie Review Dataset needs `[neg, pos]`, which
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
        places = self._places(data_dir)
        listings = places.listings(self.folders)
        parts = [listings[key].texts for key in ("train", "test", "val") if key in listings]
        # Of the split, the class and the file; the name of the whole folder says nothing.
        depth = len(places.root.parts) if places.is_flat else -3
        key = ("texts", self.file_encoding, *map(tuple, parts))
        return snapshot.once(key, lambda: _digest(list(map(shuffled, parts)), depth, self._reader))

    def load(self, data_dir: Path | None) -> Data:
        """Shuffled, always in the same order; words are numbered by the training split alone."""
        from dlexp.components.datasets.user import targets
        from dlexp.components.datasets.words import indices
        from dlexp.components.datasets.words.text_remarks import TextSource, text_remarks

        places, found = self._places(data_dir), self._found(data_dir)
        root, train, test = places.root, found.train, found.test
        try:
            n_characters = sum(map(snapshot.size, [*train, *test]))
        except OSError as error:
            raise DataError(f"{error.filename}: {error.strerror}") from error
        memory.require(CHARACTER_BYTES * n_characters, str(root))
        learned = self.learned
        if self.target == "folder" and not self.classes:
            learned = replace(learned, classes=self.folders)

        def given(part: Sequence[Path]) -> dict[str, targets.RawTargets]:
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
            marked=found.marked,
            remarks=[
                *self._drawn_remarks(places, found),
                *places.unread(),
                *text_files.remarks(root, list(places.listings(self.folders).values())),
                *y.remarks,
                *reader.remarks(),
                *text_remarks(numbered, self.tokens, source),
            ],
        )

    def places(self, data: Data, part: SplitName, positions: Sequence[int], data_dir: Path | None) -> list[str]:
        """The files in the folder."""
        paths = self._found(data_dir).of(part)
        return _below(self._places(data_dir).root, [paths[position] for position in positions])

    def lines(self, data: Data, part: SplitName, positions: Sequence[int], data_dir: Path | None) -> list[str]:
        """The texts themselves."""
        return self._in_lines(self._found(data_dir).of(part), positions)

    def new_examples(self, path: Path, data_dir: Path | None) -> NewExamples:
        """Texts, their words numbered by the frequencies in the training split."""
        from dlexp.components.datasets.user import new_texts
        from dlexp.components.datasets.words import indices

        new = new_texts.read(path, TextReader(self.file_encoding, is_key=False))
        numbered = indices.numbered(self._reader.texts(self._found(data_dir).train), new.texts, self.tokens)
        return self.text_encoding.new(lambda: numbered.train, numbered.other, new.names, new.notes)

    def misfits(self, data_dir: Path | None) -> Iterator[Misfit]:
        """Folders that are not there, and classes that are not two, or not in both splits."""
        places = self._places(data_dir)
        misfits = list(places.misfits(self.folders or []))
        if not misfits and not self.folders and not self.classes and "folder" in self._tasks:
            misfits = list(places.class_misfits(is_binary=self._tasks["folder"] == "binary"))
        yield from misfits

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Targets that folders or ratings are not."""
        yield from TextKeys.problems(self, context)
        yield from FileEncodingKeys.problems(self, context)
        yield from self.learned.problems()
        tasks: Any = self.target if isinstance(self.target, dict) else {self.target: self.task}
        for target, task in tasks.items():
            if task == "multilabel":
                yield Misfit("task", "a text is in one folder and has one rating; several labels need a table (csv)")
            elif task and target == "folder" and task not in CLASS_TASKS:
                yield Misfit("target", f"folders are classes; a {task} task needs target: rating")

    @property
    def _tasks(self) -> Mapping[TextTarget, Task | None]:
        """The task of each target."""
        return {**self.target} if isinstance(self.target, dict) else {self.target: self.task}

    def _places(self, data_dir: Path | None) -> Places:
        return Places.of(files.find_users(self.path, data_dir), self.train, self.val, self.test)

    @property
    def _reader(self) -> TextReader:
        return TextReader(self.file_encoding)

    def _in_lines(self, part: Sequence[Path], positions: Sequence[int]) -> list[str]:
        texts = self._reader.texts([part[position] for position in positions])
        return [" ".join(text.removeprefix("\ufeff").split()) for text in texts]

    def _found(self, data_dir: Path | None) -> FoundTexts:
        """The files of both splits; drawn where there is no folder of test texts."""
        places = self._places(data_dir)
        found = text_splits.given(places.listings(self.folders))
        if places.test:
            return found
        name, task = next(iter(self._tasks.items()))
        labels = [_target(path, name) for path in found.unmarked] if task in CLASS_TASKS else None
        return text_splits.drawn(found, self.test_size, self.split_seed, labels)

    def _drawn_remarks(self, places: Places, found: FoundTexts) -> Iterator[Remark]:
        """That the test split was drawn, where no key says so."""
        if found.choice and self.test:
            is_flat = self.train is not None and places.is_flat
            absent = f"{self.train} or {self.test}" if is_flat else self.test
            n = plural(len(found.unmarked) + len(found.test), "text")
            what = f"no folder {absent}, so {len(found.test):,} of {n} are the test split, {found.choice}"
            key = "dataset.test: null" + " and dataset.train: null" * is_flat + " to settle it"
            yield Remark(rule="drawn_split", place=str(places.root), found=what, key=key)


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
