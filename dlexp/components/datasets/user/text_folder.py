"""The user's own texts: a file each, in folders."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from dlexp.components import memory, snapshot
from dlexp.components.component import Context, Misfit
from dlexp.components.data import Data, Info, SplitName, Task
from dlexp.components.datasets.reading import files
from dlexp.components.datasets.user.base import OwnData, not_there
from dlexp.components.datasets.user.csv_file import CHARACTER_BYTES
from dlexp.components.datasets.words.encoding import EncodedTexts
from dlexp.components.identity_rules import DataPath
from dlexp.errors import DataError

if TYPE_CHECKING:
    from dlexp.components.datasets.user.new_examples import NewExamples
    from dlexp.components.datasets.user.targets import Given

Name = Annotated[str, Field(min_length=1)]
TextTarget = Literal["folder", "rating"]
#: `<id>_<rating>.txt`, as in the Large Movie Review Dataset.
RATED = re.compile(r"_(-?[0-9]+(?:\.[0-9]+)?)\.txt\Z")
#: So that the first examples are of all classes.
SHUFFLE_SEED = 113


class TextFolder(OwnData, EncodedTexts):
    """Your own texts, a .txt file each: train/pos, train/neg, test/pos, ...; or a rating in the file's name."""

    type: Literal["text_folder"] = "text_folder"
    path: Annotated[Name, DataPath()]
    """The folder, seen from the working directory, not from the config; else from the folder with the data files."""
    train: Name = "train"
    """The folder in it with the training texts."""
    test: Name = "test"
    """The folder in it with the test texts."""
    folders: list[Name] | None = None
    """The folders in these two that are read; all unless said. The Large Movie Review Dataset needs `[neg, pos]`, which
    leaves out `unsup`."""
    target: TextTarget | dict[TextTarget, Task] = "folder"
    """What is learned: the name of a text's folder, or the number at the end of its name, `<id>_<rating>.txt`; or both,
    as a mapping from each to its task."""

    @property
    def inputs(self) -> Literal["sparse", "word_ids"]:
        """As they are encoded."""
        return self.text_inputs

    def info(self) -> Info:
        """The shape and the vocabulary are settings; folders that are named are the classes."""
        found = replace(super().info(), shape=self.text_shape, vocabulary=self.num_words)
        named = self.folders if self.target == "folder" and not self.classes else None
        return replace(found, n_classes=len(named)) if named else found

    def digest(self, data_dir: Path | None) -> str:
        """Of all files, with their folders and names."""
        parts = self._parts(data_dir)
        return snapshot.once(("texts", *map(tuple, parts)), lambda: _digest(parts))

    def load(self, data_dir: Path | None) -> Data:
        """Shuffled, always in the same order; words are numbered by the training split alone."""
        from dlexp.components.datasets.user import targets
        from dlexp.components.datasets.words import indices as words

        train, test = self._parts(data_dir)
        memory.require(CHARACTER_BYTES * sum(map(_size, [*train, *test])), str(files.own(self.path, data_dir)))
        if isinstance(self.target, str):
            classes = self.classes or self._named_classes
            given_train, given_test = (self._given(part, self.target) for part in (train, test))
            y = targets.encode(self.only_task, given_train, given_test, classes)
        else:
            several_train, several_test = (
                {name: self._given(part, name) for name in self.several} for part in (train, test)
            )
            y = targets.encode_several(self.several, several_train, several_test)
        x_train, x_test = words.numbered(_texts(train), _texts(test))
        info = self.with_classes(replace(self.info(), n_train=len(train), n_test=len(test)), y)
        encoded = self.encoded(x_train, y.train), self.encoded(x_test, y.test)
        return self.weighted(Data(*encoded, info=info, decode=partial(_in_lines, test)))

    def examples(
        self, data_dir: Path | None, split: SplitName, positions: Sequence[int], data: Data | None = None
    ) -> list[str]:
        """The texts themselves, in one line each."""
        return _in_lines(self._parts(data_dir)[0 if split == "train" else 1], positions)

    def new_examples(self, path: Path, data_dir: Path | None) -> "NewExamples":
        """Texts, their words numbered by the frequencies in the training split."""
        from dlexp.components.datasets.user import new_examples
        from dlexp.components.datasets.words import indices as words

        texts, names = new_examples.texts(path)
        train, new = words.numbered(_texts(self._parts(data_dir)[0]), texts)
        return self.new_texts(lambda: train, new, names)

    def misfits(self, data_dir: Path | None) -> Iterator[Misfit]:
        """Folders that are not there."""
        root = files.own(self.path, data_dir)
        parts = _folders(root)
        for field, part in (("train", self.train), ("test", self.test)):
            if not (root / part).is_dir():
                yield Misfit(field, not_there(root, "folder", part, parts))
            elif self.folders:
                there = _folders(root / part)
                absent = [name for name in self.folders if not (root / part / name).is_dir()]
                yield from (Misfit("folders", not_there(root / part, "folder", name, there)) for name in absent)

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Targets that folders or ratings are not."""
        yield from super().problems(context)
        tasks = self.several or ({self.target: self.task} if isinstance(self.target, str) and self.task else {})
        for target, task in tasks.items():
            if task == "multilabel":
                yield Misfit("task", "a text is in one folder and has one rating; several labels need a table (csv)")
            elif target == "folder" and task not in ("binary", "multiclass", "ordinal"):
                yield Misfit("target", f"folders are classes; a {task} task needs target: rating")

    @property
    def several(self) -> Mapping[str, Task]:
        """Folder and rating."""
        return self.target if isinstance(self.target, dict) else {}  # type: ignore[return-value]

    @property
    def _named_classes(self) -> list[str] | None:
        return self.folders if self.target == "folder" else None

    def _parts(self, data_dir: Path | None) -> tuple[list[Path], list[Path]]:
        """The files of both splits, shuffled."""
        import numpy as np

        root = files.own(self.path, data_dir)
        parts = []
        for name in (self.train, self.test):
            found = self._files(root / name)
            order = np.random.default_rng(SHUFFLE_SEED).permutation(len(found))
            parts.append([found[i] for i in order])
        return parts[0], parts[1]

    def _files(self, part: Path) -> list[Path]:
        """The files of one split, in the order of their names."""
        try:
            names = self.folders or _folders(part)
            # Ratings need no folders.
            folders = [part / name for name in names] or [part]
            found = [path for folder in folders for path, _ in snapshot.entries(folder) if path.suffix == ".txt"]
        except OSError as error:
            raise DataError(f"{error.filename}: {error.strerror}") from error
        if not found:
            raise DataError(f"{part}: no .txt file in {', '.join(names) or 'it'}")
        return found

    def _given(self, part: list[Path], target: str) -> "Given":
        from dlexp.components.datasets.user.targets import Given

        values = [path.parent.name if target == "folder" else _rating(path) for path in part]
        return Given(values, lambda i: str(part[i]))


def _size(path: Path) -> int:
    try:
        return snapshot.size(path)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error


def _in_lines(part: list[Path], positions: Sequence[int]) -> list[str]:
    """The texts of files at these positions, in one line each."""
    return [" ".join(text.split()) for text in _texts([part[position] for position in positions])]


def _folders(path: Path) -> list[str]:
    try:
        return [each.name for each, is_folder in snapshot.entries(path) if is_folder]
    except OSError as error:
        raise DataError(f"{error.filename}: {error.strerror}") from error


def _rating(path: Path) -> str:
    match = RATED.search(path.name)
    if match is None:
        raise DataError(f"{path}: no rating in its name; expected <id>_<rating>.txt")
    return match[1]


def _digest(parts: Iterable[list[Path]]) -> str:
    sha256 = hashlib.sha256()
    for part in parts:
        for path, text in zip(part, _texts(part), strict=True):
            content = text.encode()
            sha256.update(f"{'/'.join(path.parts[-3:])}\0{len(content)}\0".encode() + content)
    return sha256.hexdigest()


def _texts(paths: list[Path]) -> Iterator[str]:
    for path in paths:
        try:
            yield snapshot.read_text(path)
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{path}: not readable as UTF-8 text ({error})") from error
