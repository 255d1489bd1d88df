"""The data sets that come with scikit-learn: small, and there without any download."""

import importlib.util
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import Field

from dlexp.components import held_out, snapshot
from dlexp.components.component import Context, Misfit
from dlexp.components.data import Array, Data, Info, Span, Split, SplitName, Task
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.pictures import Picture
from dlexp.errors import DataError

DigitsTarget = Literal["digit", "parity", "traits", "ink"]
LinnerudTarget = Literal["weight", "waist", "pulse"]
Several = Field(min_length=2)


class Choice(NamedTuple):
    """A target that can be learned."""

    task: Task
    class_names: tuple[str, ...] = ()

    @property
    def n_classes(self) -> int | None:
        """None if the target is a number."""
        return len(self.class_names) or None


class Bundled(Dataset):
    """Numbers that come with scikit-learn, split at random, stratified where there are classes."""

    test_size: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Share of the examples in the test split, rounded up."""
    split_seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """Seed of the split; not part of the run's own seed, so that all seeds have the same test data."""
    standardize: bool = True
    """Whether the model first gives each feature mean 0 and variance 1, fitted on the training split."""

    n_examples: ClassVar[int]
    n_features: ClassVar[int]
    span: ClassVar[Span | None] = None
    """Between which numbers the features lie, if they have a common scale."""
    data_files: ClassVar[tuple[str, ...]]
    layout: ClassVar[Mapping[str, Any]] = {}
    """How numpy's `loadtxt` reads them; the features come first."""
    choices: ClassVar[Mapping[str, Choice]]
    """All targets by name: those with a `target` learn one of them, or several at once."""

    @property
    def learned(self) -> str | list[str]:
        """The name of the target, or the names of several."""
        return getattr(self, "target", next(iter(self.choices)))

    @property
    def first_target(self) -> Choice:
        """The target, or the first of several: the split is drawn by its classes."""
        return self.choices[self.learned if isinstance(self.learned, str) else self.learned[0]]

    @property
    def class_names(self) -> tuple[str, ...]:  # type: ignore[override]
        """Of the first target."""
        return self.first_target.class_names

    def info(self) -> Info:
        """Known from scikit-learn's documentation."""
        n_train, n_test = self._counts()
        whole = Info(
            task="several",
            n_train=n_train,
            n_test=n_test,
            inputs="numeric",
            shape=(self.n_features,),
            standardize=self.standardize,
            span=self.span,
        )

        def info(choice: Choice) -> Info:
            # Of the only target, the data set's own `class_names` says them.
            names = choice.class_names if len(self.choices) > 1 else ()
            return replace(whole, task=choice.task, n_classes=choice.n_classes, class_names=names)

        if isinstance(self.learned, str):
            return info(self.first_target)
        return replace(whole, targets={name: info(self.choices[name]) for name in self.learned})

    def paths(self, data_dir: Path | None) -> list[Path]:
        """Scikit-learn's own files; found without importing it, which takes seconds."""
        spec = importlib.util.find_spec("sklearn")
        if spec is None or not spec.submodule_search_locations:
            raise DataError("scikit-learn is not installed, and its data sets come with it")
        folder = Path(spec.submodule_search_locations[0], "datasets", "data")
        return [folder / name for name in self.data_files]

    def load(self, data_dir: Path | None) -> Data:
        """Read from scikit-learn's files, shuffled and split as scikit-learn does it."""
        import numpy as np

        paths = self.paths(data_dir)
        with snapshot.read_elsewhere(*paths):
            columns = np.column_stack([np.loadtxt(path, **self.layout) for path in paths])
        x = columns[:, : self.n_features]
        targets = self._targets(x, columns[:, self.n_features :])
        names = self.learned
        y = targets[names] if isinstance(names, str) else np.column_stack([targets[name] for name in names])
        classes = (y[:, 0] if y.ndim == 2 else y) if self.first_target.n_classes else None
        whole = Split(x.astype(np.float32), y.astype(self.info().y_dtype))
        train, test = held_out.two_splits(len(x), self._counts()[1], self.split_seed, classes)
        return Data(whole.take(train), whole.take(test), rows={"train": train, "test": test})

    def places(self, data: Data, part: SplitName, positions: Sequence[int], data_dir: Path | None) -> list[str]:
        """In the data of scikit-learn's function."""
        return [f"data[{data.rows[part][position]}]" for position in positions]

    def stand_in(self) -> Data:
        """Made-up numbers for each target: a cloud of points per class, or a linear target."""
        import numpy as np

        if isinstance(self.learned, str):
            return self._made_up(self.learned)
        joined = []
        each = [self._made_up(name) for name in self.learned]
        for splits in ([data.train for data in each], [data.test for data in each]):
            # The clouds of all targets lie in one another: each is to be found there.
            x: Any = sum(split.x for split in splits)
            joined.append(Split(x, np.column_stack([split.y for split in splits]).astype(np.float64)))
        return Data(*joined)

    def problems(self, context: Context) -> Iterator[Misfit]:
        """A split that cannot hold every class; the same target twice."""
        n_train, n_test = self._counts()
        needed = self.first_target.n_classes or 1
        if min(n_train, n_test) < needed:
            kind = "one example of each class" if self.first_target.n_classes else "one example"
            yield Misfit(
                "test_size",
                f"both splits need {kind}, at least {needed}; {self.test_size} of {self.n_examples} examples "
                f"gives {n_train} to train on and {n_test} to test on",
            )
        if isinstance(self.learned, list) and len(set(self.learned)) < len(self.learned):
            yield Misfit("target", "a target is named twice")

    def _counts(self) -> tuple[int, int]:
        n_test = math.ceil(self.test_size * self.n_examples)  # As scikit-learn rounds.
        return self.n_examples - n_test, n_test

    def _targets(self, x: Array, y: Array) -> dict[str, Array]:
        """Every target, `(n,)` or `(n, labels)`, from the features and what the files have beside them."""
        return dict(zip(self.choices, y.T, strict=True))

    def _made_up(self, name: str) -> Data:
        from dlexp.components.datasets import generated

        return generated.numbers(self.n_features, self.choices[name].n_classes)


#: Labels of a digit, any number at once, and the digits that have each.
TRAITS = {"odd": (1, 3, 5, 7, 9), "prime": (2, 3, 5, 7), "loop": (0, 6, 8, 9), "large": (5, 6, 7, 8, 9)}


class Digits(Bundled):
    """1,797 handwritten digits of 8 x 8 pixels, in 10 classes."""

    type: Literal["digits"] = "digits"
    target: DigitsTarget | Annotated[list[DigitsTarget], Several] = "digit"
    """What is learned: the digit, whether it is odd (class 1), its traits (odd, prime, with a loop, larger than 4, any
    number at once), or the ink's share of all the page can take (0 to 1); or several of them, as a list."""
    n_examples = 1797
    n_features = 64
    span = Span(0, 16, are_whole=True)
    data_files = ("digits.csv.gz",)
    layout = {"delimiter": ","}
    choices = {
        "digit": Choice("multiclass", tuple("0123456789")),
        "parity": Choice("binary", ("even", "odd")),
        "traits": Choice("multilabel", tuple(TRAITS)),
        "ink": Choice("proportion"),
    }

    def decoded(self, data: Data, positions: Sequence[int]) -> list[Picture]:
        """Pictures of 8 x 8 pixels, whose ink goes from 0 to 16."""
        return [Picture.of(data.test.x[position].reshape(8, 8), brightest=16) for position in positions]

    def _targets(self, x: Array, y: Array) -> dict[str, Array]:
        (digit,) = y.T
        # A pixel is a number from 0 to 16.
        return {"digit": digit, "parity": digit % 2, "traits": _traits(digit), "ink": x.mean(axis=1) / 16}

    def _made_up(self, name: str) -> Data:
        import numpy as np

        made: dict[str, Callable[[Array], Array]] = {"traits": _traits, "ink": lambda y: 1 / (1 + np.exp(-y / 8))}
        data = super()._made_up("digit" if name == "traits" else name)
        if name not in made:
            return data
        return Data(*(Split(part.x, made[name](part.y)) for part in (data.train, data.test)))


def _traits(digit: Array) -> Array:
    """The labels of each digit, `(n, traits)`."""
    import numpy as np

    return np.column_stack([np.isin(digit, digits) for digits in TRAITS.values()]).astype(np.int32)


class Linnerud(Bundled):
    """20 men in a gym: what three exercises say of their weight, waist and pulse (Tenenhaus, 1998)."""

    type: Literal["linnerud"] = "linnerud"
    target: LinnerudTarget | Annotated[list[LinnerudTarget], Several] = "weight"
    """What is learned: the weight (pounds), the waist (inches), the pulse (beats a minute), or several, as a list."""
    n_examples = 20
    n_features = 3
    data_files = ("linnerud_exercise.csv", "linnerud_physiological.csv")
    layout = {"skiprows": 1}
    feature_names = ("chins", "situps", "jumps")
    choices = {name: Choice("regression") for name in ("weight", "waist", "pulse")}


class Iris(Bundled):
    """150 irises of 3 species, measured in 4 lengths (Fisher, 1936)."""

    type: Literal["iris"] = "iris"
    n_examples = 150
    n_features = 4
    data_files = ("iris.csv",)
    layout = {"delimiter": ",", "skiprows": 1}
    choices = {"species": Choice("multiclass", ("setosa", "versicolor", "virginica"))}
    feature_names = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")


class Wine(Bundled):
    """178 wines of 3 cultivars, in 13 chemical measurements."""

    type: Literal["wine"] = "wine"
    n_examples = 178
    n_features = 13
    data_files = ("wine_data.csv",)
    layout = {"delimiter": ",", "skiprows": 1}
    choices = {"cultivar": Choice("multiclass", ("class_0", "class_1", "class_2"))}
    feature_names = (
        *("alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids"),
        *("nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue"),
        *("od280/od315_of_diluted_wines", "proline"),
    )


class BreastCancer(Bundled):
    """569 breast tumours, malignant (0) or benign (1), in 30 features of their cells."""

    type: Literal["breast_cancer"] = "breast_cancer"
    n_examples = 569
    n_features = 30
    data_files = ("breast_cancer.csv",)
    layout = {"delimiter": ",", "skiprows": 1}
    choices = {"diagnosis": Choice("binary", ("malignant", "benign"))}
    feature_names = tuple(
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
    n_examples = 442
    n_features = 10
    # In its own units: the features that scikit-learn's function gives have seen the test split.
    data_files = ("diabetes_data_raw.csv.gz", "diabetes_target.csv.gz")
    choices = {"progress": Choice("regression")}
    feature_names = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")
