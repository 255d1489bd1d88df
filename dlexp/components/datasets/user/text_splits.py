"""Which folders of a folder of texts belong to which split, and which files train, validate and test."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlexp.components import held_out
from dlexp.components.component import Misfit
from dlexp.components.data import Array, SplitName
from dlexp.components.datasets.user import text_files
from dlexp.components.datasets.user.keys import not_there
from dlexp.components.datasets.user.text_files import Listing
from dlexp.components.remarks import Remark
from dlexp.errors import DataError
from dlexp.format import plural

#: The folders of the splits by default, and names by which these may go.
TRAIN, TEST = "train", "test"
TEST_NAMES = {TEST, "tests", "testing"}
VALIDATION_NAMES = {"val", "valid", "validation", "dev"}
SPLIT_NAMES = {*TEST_NAMES, *VALIDATION_NAMES, TRAIN, "training"}
#: So that the first examples are of all classes.
SHUFFLE_SEED = 113


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where the texts of each split lie."""

    root: Path
    train: Path
    """The root itself if it has no folder of training texts."""
    validation: Path | None
    test: Path | None
    """None if the test texts are drawn from the training texts."""

    @classmethod
    def of(cls, root: Path, train: str | None, validation: str | None, test: str | None) -> "Places":
        """Those that keys name; what they name by default need not be there, unless there is nearly such a name."""
        there = {name.lower() for name in text_files.names(root)}
        has_train = train is not None and (train != TRAIN or bool(there & SPLIT_NAMES))
        has_test = test is not None and (test != TEST or bool(there & TEST_NAMES))
        return cls(
            root=root,
            train=root / train if train is not None and has_train else root,
            validation=root / validation if validation is not None else None,
            test=root / test if test is not None and has_test else None,
        )

    @property
    def is_flat(self) -> bool:
        """Whether the training texts lie in the root itself."""
        return self.train == self.root

    @property
    def all(self) -> dict[str, Path]:
        """Those that there are, by the key of each."""
        places = {"train": self.train, "val": self.validation, "test": self.test}
        return {key: place for key, place in places.items() if place is not None}

    @property
    def classes(self) -> list[str]:
        """The folders with training texts."""
        return [name for name in text_files.names(self.train) if self.train / name not in self.all.values()]

    def listings(self, named: Sequence[str] | None) -> dict[str, Listing]:
        """What lies in the folders of each split, all or those that are named; DataError where there is no text."""
        others = [place.name for place in self.all.values()] if self.is_flat else []
        return {key: text_files.listing(place, named, others) for key, place in self.all.items()}

    def misfits(self, named: Sequence[str]) -> Iterator[Misfit]:
        """Folders of splits, and folders in these that are named, which are not there."""
        there = text_files.names(self.root)
        for key, place in self.all.items():
            if not place.is_dir():
                yield Misfit(key, not_there(self.root, "folder", place.name, there))
                continue
            found = text_files.names(place)
            absent = [name for name in named if not (place / name).is_dir()]
            yield from (Misfit("folders", not_there(place, "folder", name, found)) for name in absent)

    def class_misfits(self, is_binary: bool) -> Iterator[Misfit]:
        """Folders that cannot be the classes, where nothing names those that are."""
        classes, train = self.classes, self.train
        inner = train / classes[0] if len(classes) == 1 else train
        if inner != train and any(name.lower() in SPLIT_NAMES for name in text_files.names(inner)):
            yield Misfit("path", f"{train} has the folder {classes[0]} alone, which has them: {inner}")
        elif is_binary and len(classes) != 2:
            listed = ", ".join(classes) or "none"
            yield Misfit("folders", f"a binary task needs two; {train} has {len(classes)}: {listed}. Name two of them")
        elif self.test and (more := [name for name in text_files.names(self.test) if name not in classes]):
            those = f"name those that both have: {', '.join(classes)}"
            yield Misfit("folders", f"{self.test} has {more[0]!r}, which {train} has not; {those}")

    def unread(self) -> Iterator[Remark]:
        """Texts in folders beside those of the splits."""
        for name in text_files.names(self.root) if not self.is_flat else []:
            place = self.root / name
            has_split = any(place in (split, *split.parents) for split in self.all.values())
            texts = [] if has_split else list(text_files.texts_below(place))
            if texts:
                n = plural(len(texts), ".txt file")
                found = f"{n} in the folder {name} beside {self.train.name} are in no split"
                key = f"dataset.val: {name}" if name.lower() in VALIDATION_NAMES and not self.validation else ""
                yield Remark(rule="unread_files", place=str(self.root), found=found, key=key)


@dataclass(frozen=True, kw_only=True)
class FoundTexts:
    """The files of both splits, in an order that is always the same."""

    train: Sequence[Path]
    """Those that are marked for validation come last."""
    test: Sequence[Path]
    n_marked: int = 0
    choice: str = ""
    """How the test split was drawn, if it was."""

    @property
    def unmarked(self) -> Sequence[Path]:
        """The training texts that are not marked for validation."""
        return self.train[: len(self.train) - self.n_marked]

    @property
    def marked(self) -> range:
        """The positions of the training texts that are marked for validation."""
        return range(len(self.train) - self.n_marked, len(self.train))

    def of(self, part: SplitName) -> Sequence[Path]:
        """Those of one split."""
        return self.train if part == "train" else self.test


def given(listings: dict[str, Listing]) -> FoundTexts:
    """The files of the folders of both splits, shuffled."""
    train, validation, test = (
        shuffled(listings[key].texts) if key in listings else [] for key in ("train", "val", "test")
    )
    return FoundTexts(train=[*train, *validation], test=test, n_marked=len(validation))


def drawn(found: FoundTexts, test_size: float, seed: int, labels: Sequence[str] | None) -> FoundTexts:
    """The same with a test split out of the training texts: by class, if there are `labels` of these and they allow it.

    Raises:
        DataError: There are fewer than two.
    """
    import numpy as np

    texts = found.unmarked
    if len(texts) < 2:
        raise DataError(f"{texts[0]}: the only text; a split needs at least 2")
    chosen = held_out.test_split(len(texts), test_size, seed, labels)
    is_test: Array = np.zeros(len(texts), bool)
    is_test[chosen.positions] = True
    train, test = ([texts[i] for i in np.flatnonzero(is_test == wanted).tolist()] for wanted in (False, True))
    marked = found.train[len(texts) :]
    return FoundTexts(train=[*train, *marked], test=test, n_marked=found.n_marked, choice=chosen.how)


def shuffled(paths: Sequence[Path]) -> list[Path]:
    """The files in an order that is always the same."""
    import numpy as np

    return [paths[i] for i in np.random.default_rng(SHUFFLE_SEED).permutation(len(paths))]
