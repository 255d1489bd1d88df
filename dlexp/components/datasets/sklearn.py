"""The data sets that come with scikit-learn: small, and there without any download."""

import importlib.util
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from dlexp.components import snapshot
from dlexp.components.component import Context, Misfit
from dlexp.components.data import Data, Info, Split, Task
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.datasets.reading import files
from dlexp.errors import DataError

if TYPE_CHECKING:
    import numpy as np

    from dlexp.components.datasets.pictures import Picture


DigitsTarget = Literal["digit", "parity", "traits", "ink"]
LinnerudTarget = Literal["weight", "waist", "pulse"]
#: Of a list of targets.
Several = Field(min_length=2)


class Bundled(Dataset):
    """Numbers that come with scikit-learn, split at random, stratified where there are classes."""

    test_size: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Share of the examples in the test split, rounded up."""
    split_seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """Seed of the split; no part of the run's own seed, so that all seeds have the same test data."""
    standardize: bool = True
    """Whether the model first gives each feature mean 0 and variance 1, fitted on the training split."""

    task: ClassVar[Task] = "multiclass"
    n_examples: ClassVar[int]
    n_features: ClassVar[int]
    n_classes: ClassVar[int | None] = None
    data_files: ClassVar[tuple[str, ...]]

    def info(self) -> Info:
        """Known from scikit-learn's documentation."""
        n_train, n_test = self._counts()
        return Info(
            task=self.task,
            n_train=n_train,
            n_test=n_test,
            inputs="numeric",
            shape=(self.n_features,),
            n_classes=self.n_classes,
            standardize=self.standardize,
        )

    def digest(self, data_dir: Path | None) -> str:
        """The digest of scikit-learn's own files."""
        return self.digests(data_dir)[0]

    def digests(self, data_dir: Path | None) -> tuple[str, ...]:
        """The digests of scikit-learn's own files."""
        return files.digests(*self._paths)

    @property
    def _paths(self) -> list[Path]:
        """The files; found without importing scikit-learn, which takes seconds."""
        spec = importlib.util.find_spec("sklearn")
        if spec is None or not spec.submodule_search_locations:
            raise DataError("scikit-learn is not installed, and its data sets come with it")
        folder = Path(spec.submodule_search_locations[0], "datasets", "data")
        return [folder / name for name in self.data_files]

    def load(self, data_dir: Path | None) -> Data:
        """Shuffled and split by scikit-learn."""
        import numpy as np
        from sklearn.model_selection import train_test_split

        with snapshot.read_elsewhere(*self._paths):
            x, y = self._examples()
        first = y[:, 0] if y.ndim == 2 else y
        x_train, x_test, y_train, y_test, train_rows, test_rows = train_test_split(
            x.astype(np.float32),
            y.astype(self.info().y_dtype),
            np.arange(len(x)),
            test_size=self.test_size,
            random_state=self.split_seed,
            stratify=first if self.n_classes else None,
        )
        return Data(Split(x_train, y_train), Split(x_test, y_test), rows={"train": train_rows, "test": test_rows})

    def stand_in(self) -> Data:
        """Made-up numbers: a cloud of points a class, or a linear target."""
        from dlexp.components.datasets import generated

        if self.n_classes is None:
            return Data(*generated.linear(self.n_features))
        return Data(*generated.clouds(self.n_classes, self.n_features))

    def _examples(self) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
        """All examples in scikit-learn's order; targets `(n,)`, or `(n, columns)` of several or of labels."""
        from sklearn import datasets

        x, y = getattr(datasets, f"load_{self.type}")(return_X_y=True)
        return x, y

    def _counts(self) -> tuple[int, int]:
        """Examples to train on and to test on."""
        n_test = math.ceil(self.test_size * self.n_examples)  # as scikit-learn rounds
        return self.n_examples - n_test, n_test

    def problems(self, context: Context) -> Iterator[Misfit]:
        """A split that cannot hold every class."""
        n_train, n_test = self._counts()
        needed = self.n_classes or 1
        if min(n_train, n_test) < needed:
            kind = "one example of each class" if self.n_classes else "one example"
            yield Misfit(
                "test_size",
                f"both splits need {kind}, at least {needed}; {self.test_size} of {self.n_examples} examples "
                f"gives {n_train} to train on and {n_test} to test on",
            )


@dataclass(frozen=True)
class Target:
    """What can be learned of a data set."""

    task: Task
    class_names: tuple[str, ...] = ()

    @property
    def info(self) -> dict[str, Any]:
        """What `Info` says of it."""
        return {"task": self.task, "n_classes": len(self.class_names) or None, "class_names": self.class_names}


class SeveralTargets(Bundled):
    """A bundled data set of which one target can be learned or several at once: a list of names."""

    target: Any
    """A name of `choices`, or a list of them."""
    choices: ClassVar[dict[str, Target]]
    """All targets by name."""

    def info(self) -> Info:
        """Of one target, or of each."""
        info = super().info()
        if isinstance(self.target, str):
            return replace(info, **self.choices[self.target].info)
        targets = {name: replace(info, **self.choices[name].info) for name in self.target}
        return replace(info, task="several", n_classes=None, targets=targets)

    @property
    def task(self) -> Task:  # type: ignore[override]
        """Of the first target."""
        return self._first.task

    @property
    def class_names(self) -> tuple[str, ...]:  # type: ignore[override]
        """Of the first target."""
        return self._first.class_names

    @property
    def n_classes(self) -> int | None:  # type: ignore[override]
        """Of the first target: the split is drawn by its classes."""
        return len(self.class_names) or None

    def stand_in(self) -> Data:
        """Made-up numbers for each target."""
        import numpy as np

        if isinstance(self.target, str):
            return self._made_up(self.target)
        each = [self._made_up(name) for name in self.target]
        train, test = ([getattr(data, part) for data in each] for part in ("train", "test"))
        # The clouds of all targets lie in one another: each is to be found there.
        x_train, x_test = (sum(split.x for split in part) for part in (train, test))
        y_train, y_test = (np.column_stack([split.y for split in part]).astype(np.float32) for part in (train, test))
        return Data(Split(x_train, y_train), Split(x_test, y_test))

    def problems(self, context: Context) -> Iterator[Misfit]:
        """The same target twice."""
        yield from super().problems(context)
        if isinstance(self.target, list) and len(set(self.target)) < len(self.target):
            yield Misfit("target", "a target is named twice")

    @property
    def _first(self) -> Target:
        return self.choices[self.target if isinstance(self.target, str) else self.target[0]]

    def _made_up(self, name: str) -> Data:
        """The stand-in of one target."""
        return Bundled.stand_in(self.model_copy(update={"target": name}))

    def _all_targets(self) -> "tuple[np.ndarray[Any, Any], dict[str, np.ndarray[Any, Any]]]":
        """The features of all examples, and every target, `(n,)` or `(n, labels)`."""
        raise NotImplementedError

    def _examples(self) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
        import numpy as np

        x, targets = self._all_targets()
        if isinstance(self.target, str):
            return x, targets[self.target]
        return x, np.column_stack([targets[name] for name in self.target])


#: Labels of a digit, any number at once, and the digits that have each.
TRAITS = {"odd": (1, 3, 5, 7, 9), "prime": (2, 3, 5, 7), "loop": (0, 6, 8, 9), "large": (5, 6, 7, 8, 9)}


class Digits(SeveralTargets):
    """1,797 handwritten digits of 8 x 8 pixels, in 10 classes."""

    type: Literal["digits"] = "digits"
    target: DigitsTarget | Annotated[list[DigitsTarget], Several] = "digit"
    """What is learned: the digit, whether it is odd (class 1), its traits (odd, prime, with a loop, larger than 4, any
    number at once), or the ink's share of all the page can take (0 to 1); or several of them, as a list."""
    n_examples: ClassVar[int] = 1797
    n_features: ClassVar[int] = 64
    data_files: ClassVar[tuple[str, ...]] = ("digits.csv.gz",)
    choices: ClassVar[dict[str, Target]] = {
        "digit": Target("multiclass", tuple("0123456789")),
        "parity": Target("binary", ("even", "odd")),
        "traits": Target("multilabel", tuple(TRAITS)),
        "ink": Target("proportion"),
    }

    def decoded(self, data: Data, positions: Sequence[int]) -> "list[Picture]":
        """Pictures of 8 x 8 pixels, whose ink goes from 0 to 16."""
        from dlexp.components.datasets.pictures import Picture

        return [Picture.of(data.test.x[position].reshape(8, 8), brightest=16) for position in positions]

    def _all_targets(self) -> "tuple[np.ndarray[Any, Any], dict[str, np.ndarray[Any, Any]]]":
        from sklearn.datasets import load_digits

        x, digit = load_digits(return_X_y=True)
        # A pixel is a number from 0 to 16.
        return x, {"digit": digit, "parity": digit % 2, "traits": _traits(digit), "ink": x.mean(axis=1) / 16}

    def _made_up(self, name: str) -> Data:
        """As for all, the traits those of the digit, the ink between 0 and 1."""
        import numpy as np

        if name == "traits":
            data = super()._made_up("digit")
            return Data(*(Split(part.x, _traits(part.y)) for part in (data.train, data.test)))
        data = super()._made_up(name)
        if name != "ink":
            return data
        return Data(*(Split(part.x, 1 / (1 + np.exp(-part.y / 8))) for part in (data.train, data.test)))


def _traits(digit: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """The labels of each digit, `(n, traits)`."""
    import numpy as np

    return np.column_stack([np.isin(digit, digits) for digits in TRAITS.values()]).astype(np.int32)


class Linnerud(SeveralTargets):
    """20 men in a gym: what three exercises say of their weight, waist and pulse (Tenenhaus, 1998)."""

    type: Literal["linnerud"] = "linnerud"
    target: LinnerudTarget | Annotated[list[LinnerudTarget], Several] = "weight"
    """What is learned: the weight (pounds), the waist (inches), the pulse (beats a minute), or several, as a list."""
    n_examples: ClassVar[int] = 20
    n_features: ClassVar[int] = 3
    data_files: ClassVar[tuple[str, ...]] = ("linnerud_exercise.csv", "linnerud_physiological.csv")
    feature_names: ClassVar[tuple[str, ...]] = ("chins", "situps", "jumps")
    choices: ClassVar[dict[str, Target]] = {name: Target("regression") for name in ("weight", "waist", "pulse")}

    def _all_targets(self) -> "tuple[np.ndarray[Any, Any], dict[str, np.ndarray[Any, Any]]]":
        from sklearn.datasets import load_linnerud

        x, y = load_linnerud(return_X_y=True)
        return x, dict(zip(self.choices, y.T, strict=True))


class Iris(Bundled):
    """150 irises of 3 species, measured in 4 lengths (Fisher, 1936)."""

    type: Literal["iris"] = "iris"
    n_examples: ClassVar[int] = 150
    n_features: ClassVar[int] = 4
    n_classes: ClassVar[int | None] = 3
    data_files: ClassVar[tuple[str, ...]] = ("iris.csv",)
    class_names: ClassVar[tuple[str, ...]] = ("setosa", "versicolor", "virginica")
    feature_names: ClassVar[tuple[str, ...]] = (
        *("sepal length (cm)", "sepal width (cm)"),
        *("petal length (cm)", "petal width (cm)"),
    )


class Wine(Bundled):
    """178 wines of 3 cultivars, in 13 chemical measurements."""

    type: Literal["wine"] = "wine"
    n_examples: ClassVar[int] = 178
    n_features: ClassVar[int] = 13
    n_classes: ClassVar[int | None] = 3
    data_files: ClassVar[tuple[str, ...]] = ("wine_data.csv",)
    class_names: ClassVar[tuple[str, ...]] = ("class_0", "class_1", "class_2")
    feature_names: ClassVar[tuple[str, ...]] = (
        *("alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids"),
        *("nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue"),
        *("od280/od315_of_diluted_wines", "proline"),
    )


class BreastCancer(Bundled):
    """569 breast tumours, malignant (0) or benign (1), in 30 features of their cells."""

    type: Literal["breast_cancer"] = "breast_cancer"
    task: ClassVar[Task] = "binary"
    n_examples: ClassVar[int] = 569
    n_features: ClassVar[int] = 30
    n_classes: ClassVar[int | None] = 2
    data_files: ClassVar[tuple[str, ...]] = ("breast_cancer.csv",)
    class_names: ClassVar[tuple[str, ...]] = ("malignant", "benign")
    feature_names: ClassVar[tuple[str, ...]] = tuple(
        pattern.format(name)
        for pattern in ("mean {}", "{} error", "worst {}")
        for name in (
            *("radius", "texture", "perimeter", "area", "smoothness"),
            *("compactness", "concavity", "concave points", "symmetry", "fractal dimension"),
        )
    )


class Diabetes(Bundled):
    """442 diabetes patients in 10 features; the target is the disease's progress after a year."""

    type: Literal["diabetes"] = "diabetes"
    task: ClassVar[Task] = "regression"
    n_examples: ClassVar[int] = 442
    n_features: ClassVar[int] = 10
    data_files: ClassVar[tuple[str, ...]] = ("diabetes_data_raw.csv.gz", "diabetes_target.csv.gz")
    feature_names: ClassVar[tuple[str, ...]] = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")

    def _examples(self) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
        from sklearn.datasets import load_diabetes

        # In its own units: scikit-learn's scaled features have seen the test split.
        x, y = load_diabetes(return_X_y=True, scaled=False)
        return x, y
