"""The base of the user's own data: files and functions of which little is known before they are read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from dlexp.components.component import Context, Misfit
from dlexp.components.data import Data, Info, Task
from dlexp.components.datasets.dataset import Dataset
from dlexp.errors import did_you_mean

if TYPE_CHECKING:
    from dlexp.components.datasets.user.targets import Targets

#: What `--smoke` takes of each split.
N_SMOKE_TRAIN, N_SMOKE_TEST = 400, 200
#: Of more columns, arrays or folders than these a message names the first.
MAX_NAMED = 30


class OwnData(Dataset):
    """Data whose size, features and classes only reading it tells.

    So its task is said in the config: the head follows from it, and `dlexp check` reads nothing. What else has to fit
    is checked when the data is loaded; `load` gives the complete `Info` as `Data.info`.
    """

    task: Task | None = None
    """What is learned: the kind of target. Several targets say their own."""
    classes: list[str] | None = None
    """The classes in their order; unless said those of the training split, numbers by value, words by the alphabet."""

    @property
    def inputs(self) -> Literal["numeric", "sparse", "word_ids"]:
        """What the model takes."""
        return "numeric"

    @property
    def several(self) -> Mapping[str, Task]:
        """The task of each of several targets; empty where there is one."""
        return {}

    @property
    def only_task(self) -> Task:
        """The task, where there is one target: `problems` has seen to it that it is said."""
        if self.task is None:
            raise ValueError("there is no task, or several")
        return self.task

    def info(self) -> Info:
        """Without what only the data says: the counts, the features, and the classes unless `classes` names them."""

        def info(task: Task | Literal["several"], classes: list[str] | None = None) -> Info:
            n_classes = len(classes) if classes else 2 if task == "binary" else None
            return Info(task=task, n_train=None, n_test=None, inputs=self.inputs, shape=(), n_classes=n_classes)

        if not self.several:
            return info(self.only_task, self.classes)
        return replace(info("several"), targets={name: info(task) for name, task in self.several.items()})

    @staticmethod
    def with_classes(info: Info, targets: "Targets") -> Info:
        """An `Info` with the classes that the data turned out to have."""
        each = {name: OwnData.with_classes(info.targets[name], of_one) for name, of_one in targets.each.items()}
        names = targets.class_names
        return replace(info, n_classes=len(names) or None, class_names=names, targets=each)

    def sample(self, data_dir: Path | None) -> Data:
        """The first examples of each split, after all of them were encoded: the model has its real shape."""
        import numpy as np

        data = self.load(data_dir)
        train, test = (
            split.take(np.arange(min(n, len(split))))
            for split, n in ((data.train, N_SMOKE_TRAIN), (data.test, N_SMOKE_TEST))
        )
        return replace(data, train=train, test=test)

    def sample_digest(self, data_dir: Path | None) -> str:
        """Of the data itself, from which the sample is."""
        return self.digest(data_dir)

    def problems(self, context: Context) -> Iterator[Misfit]:
        """No task or one too many; classes where there are none, too few or the same twice."""
        yield from super().problems(context)
        if self.several and (self.task or self.classes):
            field = "task" if self.task else "classes"
            yield Misfit(field, "of several targets each says its task, and the data say its classes; leave this out")
        elif self.several and len(self.several) < 2:
            yield Misfit("target", "a mapping names two or more targets; of one, say target and task")
        elif not self.several and self.task is None:
            yield Misfit("task", f"missing. Choose from: {', '.join(get_args(Task))}")
        if self.classes is None or self.task is None:
            return
        if self.task not in ("binary", "multiclass", "multilabel", "ordinal"):
            yield Misfit("classes", f"a {self.task} task has no classes")
        elif len(set(self.classes)) < len(self.classes):
            yield Misfit("classes", "a class is named twice")
        elif self.task == "binary" and len(self.classes) != 2:
            yield Misfit("classes", f"a binary task has 2 classes, given {len(self.classes)}")
        elif len(self.classes) < 2 and self.task != "multilabel":
            yield Misfit("classes", f"expected at least 2 classes, given {len(self.classes)}")


def not_there(path: Path, kind: str, name: str, there: Sequence[str]) -> str:
    """`cars.csv has no column 'prize'. Did you mean 'price'? Choose from: price, weight`."""
    more = f", ... ({len(there)} in all)" if len(there) > MAX_NAMED else ""
    choices = f" Choose from: {', '.join(map(str, there[:MAX_NAMED]))}{more}" if there else ""
    return f"{path} has no {kind} {name!r}.{did_you_mean(name, there)}{choices}"
