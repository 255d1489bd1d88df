"""The keys that the user's own data sets share: where the data lies, and what is learned from it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field

from dlexp.components.component import Misfit, Settings
from dlexp.components.data import Info, Task
from dlexp.components.identity_rules import DataPath
from dlexp.errors import did_you_mean

Name = Annotated[str, Field(min_length=1)]
UserPath = Annotated[Name, DataPath()]
#: Of more columns, arrays or folders than these a message names the first.
MAX_NAMED = 30


@dataclass(frozen=True)
class Target:
    """What is learned, as a config says it: so the head follows from it, and `dlexp check` reads no data."""

    task: Task | None
    """None if there are several targets, or the config lacks it."""
    classes: Sequence[str] | None
    """None if the training split says them."""
    several: Mapping[str, Task] = field(default_factory=dict)
    """The task of each of several targets; empty if there is one."""

    @property
    def only_task(self) -> Task:
        """The task of a single target: `problems` has seen to it that there is one."""
        if self.task is None:
            raise ValueError("there is no task, or several")
        return self.task

    def info(self, inputs: Literal["numeric", "sparse", "word_ids"]) -> Info:
        """Without what only the data says: the counts, the features, and the classes unless they are named."""

        def info(task: Task | Literal["several"], classes: Sequence[str] | None = None) -> Info:
            n_classes = len(classes) if classes else 2 if task == "binary" else None
            return Info(task=task, n_train=None, n_test=None, inputs=inputs, shape=(), n_classes=n_classes)

        if not self.several:
            return info(self.only_task, self.classes)
        return replace(info("several"), targets={name: info(task) for name, task in self.several.items()})

    def problems(self) -> Iterator[Misfit]:
        """No task or one too many; classes where there are none, too few or the same twice."""
        if self.several and (self.task or self.classes):
            message = "of several targets each says its task, and the data say its classes; leave this out"
            yield Misfit("task" if self.task else "classes", message)
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


class TargetKeys(Settings):
    """The keys that say what is learned, of every data set of the user's own."""

    task: Task | None = None
    """What is learned: the kind of target. Several targets say their own."""
    classes: list[str] | None = None
    """The classes in their order; by default those of the training split, numbers by value, words by the alphabet."""


def not_there(path: Path, kind: str, name: str, there: Sequence[str]) -> str:
    """`cars.csv has no column 'prize'. Did you mean 'price'? Choose from: price, weight`."""
    more = f", ... ({len(there)} in all)" if len(there) > MAX_NAMED else ""
    choices = f" Choose from: {', '.join(map(str, there[:MAX_NAMED]))}{more}" if there else ""
    return f"{path} has no {kind} {name!r}.{did_you_mean(name, there)}{choices}"
