"""The base of the user's own data: files and functions of which little is known before they are read."""

from pathlib import Path
from typing import Literal

from dlexp.components.datasets.dataset import Data, Dataset, Info, Task

#: What `--smoke` takes of each split.
N_SMOKE_TRAIN, N_SMOKE_TEST = 400, 200


class OwnData(Dataset):
    """Data whose size, features and classes only reading it tells.

    So its task is said in the config: the head follows from it, and `dlexp check` reads nothing. What else has to fit
    is checked when the data is loaded; `load` gives the complete `Info` as `Data.info`.
    """

    task: Task
    """What is learned: the kind of target."""
    classes: list[str] | None = None
    """The classes in their order; unless said those of the training split, numbers by value, words by the alphabet."""

    @property
    def inputs(self) -> Literal["numeric", "sparse", "word_ids"]:
        """What the model takes."""
        return "numeric"

    def info(self) -> Info:
        """Without what only the data says: the counts, the features, and the classes unless `classes` names them."""
        n_classes = len(self.classes) if self.classes else 2 if self.task == "binary" else None
        return Info(self.task, None, None, self.inputs, shape=(), n_classes=n_classes)

    def sample(self, data_dir: Path | None) -> Data:
        """The first examples of each split, after all of them were encoded: the model has its real shape."""
        import numpy as np

        data = self.load(data_dir)
        train, test = (
            split.take(np.arange(min(n, len(split))))
            for split, n in ((data.train, N_SMOKE_TRAIN), (data.test, N_SMOKE_TEST))
        )
        return Data(train, test, info=data.info)

    def problems(self) -> list[tuple[str, str]]:
        """Classes where there are none, too few or the same twice."""
        found = super().problems()
        if self.classes is None:
            return found
        if self.task not in ("binary", "multiclass", "multilabel", "ordinal"):
            found.append(("classes", f"a {self.task} task has no classes"))
        elif len(set(self.classes)) < len(self.classes):
            found.append(("classes", "a class is named twice"))
        elif self.task == "binary" and len(self.classes) != 2:
            found.append(("classes", f"a binary task has 2 classes, given {len(self.classes)}"))
        elif len(self.classes) < 2 and self.task != "multilabel":
            found.append(("classes", f"expected at least 2 classes, given {len(self.classes)}"))
        return found
