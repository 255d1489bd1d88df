"""The keys that the user's own data sets share: where the data lies, and what is learned from it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, WithJsonSchema

from dlexp.components.component import Misfit, Settings
from dlexp.components.data import Info, Task
from dlexp.components.datasets.user.labels import label
from dlexp.components.identity_rules import AddedLater, DataPath
from dlexp.near_words import did_you_mean

Name = Annotated[str, Field(min_length=1)]
UserPath = Annotated[Name, DataPath()]


def _column_name(value: object) -> object:
    """A whole number as the text that it is in a header, 2024; anything else as it is."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


ColumnName = Annotated[Name, BeforeValidator(_column_name, json_schema_input_type=str | int)]
#: Of more columns, arrays or folders than these a message names the first.
MAX_NAMED = 30


def _class_name(value: object) -> object:
    """A number as it would stand in a file, 1.0 as 1; anything else as it is."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return label(value) if is_number else value


ClassName = Annotated[
    str,
    BeforeValidator(_class_name),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number"}]}),
]


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is learned, as a config says it: so the head follows from it, and `dlexp check` reads no data."""

    task: Task | None
    """None if there are several targets, or the config lacks it."""
    classes: Sequence[str] | Mapping[str, Sequence[str]] | None
    """Of several targets by their names; None, or none of one's, if the training split says them."""
    several: Mapping[str, Task] = field(default_factory=dict)
    """The task of each of several targets; empty if there is one."""
    join_spellings: bool = False
    """Whether classes that differ only in how they are spelled are one."""

    @property
    def only_task(self) -> Task:
        """The task of a single target: `problems` has seen to it that there is one."""
        if self.task is None:
            raise ValueError("there is no task, or several")
        return self.task

    @property
    def said_classes(self) -> list[str] | None:
        """The classes of a single target, if the config says them."""
        return [label(each) for each in self.classes] if self.classes else None

    @property
    def each(self) -> "dict[str, Target]":
        """Several targets by their names, each as the only one."""
        of_each = self.classes if isinstance(self.classes, Mapping) else {}
        return {
            name: Target(task=task, classes=of_each.get(name), join_spellings=self.join_spellings)
            for name, task in self.several.items()
        }

    def info(self, inputs: Literal["numeric", "sparse", "word_ids"]) -> Info:
        """Without what only the data says: the counts, the features, and the classes unless they are named."""

        def info(task: Task | Literal["several"], classes: Sequence[str] | None = None) -> Info:
            n_classes = len(classes) if classes else 2 if task == "binary" else None
            names = tuple(classes or ())
            return Info(
                task=task,
                n_train=None,
                n_test=None,
                inputs=inputs,
                shape=(),
                n_classes=n_classes,
                class_names=names,
            )

        if not self.several:
            return info(self.only_task, self.said_classes)
        each = {name: info(of_one.only_task, of_one.said_classes) for name, of_one in self.each.items()}
        return replace(info("several"), targets=each)

    def problems(self) -> Iterator[Misfit]:
        """No task or one too many; classes where there are none, too few or the same twice."""
        if self.several:
            yield from self._problems_of_several()
        elif self.task is None:
            yield Misfit("task", f"missing. Choose from: {', '.join(get_args(Task))}")
        elif isinstance(self.classes, Mapping):
            yield Misfit("classes", f"a mapping is for several targets; of one, list them: [{_named(self.classes)}]")
        elif self.classes is not None:
            yield from (Misfit("classes", message) for message in _wrong_classes(self.task, self.said_classes or []))

    def _problems_of_several(self) -> Iterator[Misfit]:
        if self.task:
            yield Misfit("task", "of several targets each says its task; leave this out")
        elif len(self.several) < 2:
            yield Misfit("target", "a mapping names two or more targets; of one, say target and task")
        if self.classes is None:
            return
        if not isinstance(self.classes, Mapping):
            first = next(iter(self.several))
            yield Misfit("classes", f"of several targets, say whose they are: {{{first}: [{', '.join(self.classes)}]}}")
            return
        for name in self.classes:
            if name not in self.several:
                hint, listed = did_you_mean(name, self.several), ", ".join(self.several)
                yield Misfit(f"classes.{name}", f"there is no target {name!r}.{hint} Choose from: {listed}")
        for name, target in self.each.items():
            wrong = [] if target.classes is None else _wrong_classes(target.only_task, target.said_classes or [])
            yield from (Misfit(f"classes.{name}", message) for message in wrong)


def _named(classes: Mapping[str, Sequence[str]]) -> str:
    return ", ".join(next(iter(classes.values()), []))


def _wrong_classes(task: Task, classes: Sequence[str]) -> Iterator[str]:
    """What is wrong with the classes of one target."""
    if task not in ("binary", "multiclass", "multilabel", "ordinal"):
        yield f"a {task} task has no classes"
    elif len(set(classes)) < len(classes):
        yield "a class is named twice"
    elif task == "binary" and len(classes) != 2:
        yield f"a binary task has 2 classes, given {len(classes)}"
    elif len(classes) < 2 and task != "multilabel":
        yield f"expected at least 2 classes, given {len(classes)}"


class TargetKeys(Settings):
    """The keys that say what is learned, of every data set of the user's own."""

    task: Task | None = None
    """What is learned: the kind of target. Several targets say their own."""
    classes: list[ClassName] | dict[str, list[ClassName]] | None = None
    """The classes in their order; by default those of the training split, numbers by value, words by the alphabet. An
    ordinal task of words needs them, from the lowest to the highest. Several targets say them by name: `{level: [low,
    high]}`."""
    join_spellings: Annotated[bool, AddedLater(before=False)] = False
    """Whether classes that differ only in case, spaces or zeros (`yes`, `Yes `; `1`, `01`) are one, named as in
    `classes` or else as the training split mostly spells it."""

    def target_of(self, several: Mapping[str, Task] | None = None) -> Target:
        """What these keys say is learned; `several` are the tasks of several targets."""
        return Target(task=self.task, classes=self.classes, several=several or {}, join_spellings=self.join_spellings)


def not_there(path: Path, kind: str, name: str, there: Sequence[str]) -> str:
    """`cars.csv has no column 'prize'. Did you mean 'price'? Choose from: price, weight`."""
    more = f", ... ({len(there)} in all)" if len(there) > MAX_NAMED else ""
    choices = f" Choose from: {', '.join(map(quoted, there[:MAX_NAMED]))}{more}" if there else ""
    return f"{path} has no {kind} {name!r}.{did_you_mean(name, there)}{choices}"


def quoted(name: str) -> str:
    """A name for a list of names: in quotes where YAML would not read the name itself."""
    return name if name.strip() == name and name and not set(name) & set(",[]{}:#&*!|>'\"%@`\n\t") else repr(name)
