"""The user's own texts: a file each, in folders."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from dlexp.components import memory, snapshot
from dlexp.components.component import Context, Misfit
from dlexp.components.data import N_FIRST, Data, Info, NewExamples, Split, SplitName, Task
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.datasets.reading import files
from dlexp.components.datasets.reading.csv_file import CHARACTER_BYTES
from dlexp.components.datasets.user.keys import Name, Target, TargetKeys, UserPath, not_there
from dlexp.components.datasets.words.encoding import TextKeys, TokenKeys
from dlexp.errors import DataError

TextTarget = Literal["folder", "rating"]
#: `<id>_<rating>.txt`, as in the Large Movie Review Dataset.
RATED = re.compile(r"_(-?[0-9]+(?:\.[0-9]+)?)\.txt\Z")
#: So that the first examples are of all classes.
SHUFFLE_SEED = 113


class TextFolder(TargetKeys, TextKeys, TokenKeys, Dataset):
    """Your own texts, a .txt file each: train/pos, train/neg, test/pos, ...; or a rating in the file's name."""

    is_users_own = True
    type: Literal["text_folder"] = "text_folder"
    path: UserPath
    """The folder, seen from the working directory, not from the config; else from the folder with the data files."""
    train: Name = "train"
    """The folder in it with the training texts."""
    test: Name = "test"
    """The folder in it with the test texts."""
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
        parts = self._parts(data_dir)
        return snapshot.once(("texts", *map(tuple, parts)), lambda: _digest(parts))

    def load(self, data_dir: Path | None) -> Data:
        """Shuffled, always in the same order; words are numbered by the training split alone."""
        from dlexp.components.datasets.user import targets
        from dlexp.components.datasets.words import indices
        from dlexp.components.datasets.words.text_remarks import TextSource, text_remarks

        train, test = self._parts(data_dir)
        try:
            n_characters = sum(map(snapshot.size, [*train, *test]))
        except OSError as error:
            raise DataError(f"{error.filename}: {error.strerror}") from error
        memory.require(CHARACTER_BYTES * n_characters, str(files.find_users(self.path, data_dir)))
        learned = self.learned
        if self.target == "folder" and not self.classes:
            learned = replace(learned, classes=self.folders)
        names: list[str] = [self.target] if isinstance(self.target, str) else list(self.target)

        def given(part: list[Path], name: str) -> targets.RawTargets:
            values = [path.parent.name if name == "folder" else _rating(path) for path in part]
            return targets.RawTargets(values, lambda i: str(part[i]), str(files.find_users(self.path, data_dir)))

        of_train, of_test = ({name: given(part, name) for name in names} for part in (train, test))
        y = targets.encode(learned, of_train, of_test)
        numbered: Any = indices.numbered(_texts(train), _texts(test), self.tokens)
        splits = Split(numbered.train, y.train), Split(numbered.other, y.test)
        info = y.complete(replace(self.info(), n_train=len(train), n_test=len(test)))
        first = _in_lines(train, range(min(N_FIRST, len(train))))
        source = TextSource(str(files.find_users(self.path, data_dir)), lambda i: str(train[i]), lambda i: str(test[i]))
        return self.text_encoding.data(
            *splits,
            info=info,
            first=first,
            decode=partial(_in_lines, test),
            remarks=[*y.remarks, *text_remarks(numbered, self.tokens, source)],
        )

    def places(self, data: Data, part: SplitName, positions: Sequence[int], data_dir: Path | None) -> list[str]:
        """The files in the folder."""
        root, found = files.find_users(self.path, data_dir), self._parts(data_dir)[part == "test"]
        return [str(found[position].relative_to(root)) for position in positions]

    def lines(self, data: Data, part: SplitName, positions: Sequence[int], data_dir: Path | None) -> list[str]:
        """The texts themselves."""
        found = self._parts(data_dir)[part == "test"]
        return _in_lines([found[position] for position in positions], range(len(positions)))

    def new_examples(self, path: Path, data_dir: Path | None) -> NewExamples:
        """Texts, their words numbered by the frequencies in the training split."""
        from dlexp.components.datasets.user import new_examples
        from dlexp.components.datasets.words import indices

        texts, names = new_examples.texts(path)
        numbered = indices.numbered(_texts(self._parts(data_dir)[0]), texts, self.tokens)
        return self.text_encoding.new(lambda: numbered.train, numbered.other, names)

    def misfits(self, data_dir: Path | None) -> Iterator[Misfit]:
        """Folders that are not there."""
        root = files.find_users(self.path, data_dir)
        parts = _folders(root)
        for field, part in (("train", self.train), ("test", self.test)):
            if not (root / part).is_dir():
                yield Misfit(field, not_there(root, "folder", part, parts))
                continue
            for name in self.folders or []:
                if not (root / part / name).is_dir():
                    yield Misfit("folders", not_there(root / part, "folder", name, _folders(root / part)))

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Targets that folders or ratings are not."""
        yield from TextKeys.problems(self, context)
        yield from self.learned.problems()
        tasks: Any = self.target if isinstance(self.target, dict) else {self.target: self.task}
        for target, task in tasks.items():
            if task == "multilabel":
                yield Misfit("task", "a text is in one folder and has one rating; several labels need a table (csv)")
            elif task and target == "folder" and task not in ("binary", "multiclass", "ordinal"):
                yield Misfit("target", f"folders are classes; a {task} task needs target: rating")

    def _parts(self, data_dir: Path | None) -> tuple[list[Path], list[Path]]:
        """The files of both splits, shuffled."""
        root = files.find_users(self.path, data_dir)
        return self._files(root / self.train), self._files(root / self.test)

    def _files(self, part: Path) -> list[Path]:
        import numpy as np

        names = self.folders or _folders(part)
        # Ratings need no folders.
        folders = [part / name for name in names] or [part]
        found = [path for folder in folders for path, _ in _entries(folder) if path.suffix == ".txt"]
        if not found:
            raise DataError(f"{part}: no .txt file in {', '.join(names) or 'it'}")
        return [found[i] for i in np.random.default_rng(SHUFFLE_SEED).permutation(len(found))]


def _in_lines(part: list[Path], positions: Sequence[int]) -> list[str]:
    return [" ".join(text.split()) for text in _texts([part[position] for position in positions])]


def _folders(path: Path) -> list[str]:
    return [each.name for each, is_folder in _entries(path) if is_folder]


def _entries(folder: Path) -> list[tuple[Path, bool]]:
    try:
        return snapshot.entries(folder)
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
