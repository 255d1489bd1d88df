"""The data sets that come with scikit-learn."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sklearn.datasets
from sklearn.model_selection import train_test_split

from dlexp.components.component import ALONE
from dlexp.components.data import Data
from dlexp.components.datasets import BreastCancer, Diabetes, Digits, Iris, Linnerud, Wine
from dlexp.components.datasets.sklearn import Bundled

ALL = [Digits(), Iris(), Wine(), BreastCancer(), Diabetes()]


def assert_as_promised(dataset: Bundled, data: Data) -> None:
    """Shapes, types and ranges of `info`."""
    info = dataset.info()
    for split in (data.train, data.test):
        assert split.x.shape == (len(split), *info.shape)
        assert split.x.dtype == np.float32
        assert np.isfinite(split.x).all()
        if info.n_classes:
            assert split.y.dtype == np.int32
            assert set(split.y) == set(range(info.n_classes))
        else:
            assert split.y.dtype == np.float64
        assert split.y.shape == (len(split),)


@pytest.mark.parametrize("dataset", ALL, ids=lambda dataset: dataset.type)
@pytest.mark.parametrize("test_size", [0.2, 0.1, 0.5, 1 / 3])
def test_info_holds(dataset: Bundled, test_size: float) -> None:
    """What is promised without reading is what loading gives, at every size of the test split."""
    dataset = dataset.model_copy(update={"test_size": test_size})

    data = dataset.load(None)

    assert_as_promised(dataset, data)
    assert (len(data.train), len(data.test)) == (dataset.info().n_train, dataset.info().n_test)


def test_counts_of_the_documentation() -> None:
    """1,797 digits: 359.4 test examples are rounded up."""
    info = Digits().info()

    assert (info.n_train, info.n_test, info.shape, info.n_classes) == (1437, 360, (64,), 10)
    assert info.standardize
    assert not Digits(standardize=False).info().standardize


@pytest.mark.parametrize(
    ("dataset", "task"),
    [(Iris(), "multiclass"), (BreastCancer(), "binary"), (Diabetes(), "regression")],
    ids=lambda value: getattr(value, "type", value),
)
def test_tasks(dataset: Bundled, task: str) -> None:
    """The head follows from it."""
    assert dataset.info().task == task


def test_splits_are_stratified() -> None:
    """30 of 150 irises: 10 of each species."""
    data = Iris().load(None)

    assert np.bincount(data.test.y).tolist() == [10, 10, 10]


def test_splits_depend_on_their_seed_alone() -> None:
    """The same seed, the same split; another seed, another."""
    one, again, other = Wine().load(None), Wine().load(None), Wine(split_seed=1).load(None)

    np.testing.assert_array_equal(one.train.x, again.train.x)
    assert not np.array_equal(one.test.x, other.test.x)


@pytest.mark.parametrize("dataset", [*ALL, Linnerud(target=["weight", "waist", "pulse"])], ids=lambda each: each.type)
def test_examples_are_those_of_scikit_learn(dataset: Bundled) -> None:
    """What its function gives, and as its `train_test_split` parts it: nothing is lost, doubled or in another order."""
    options = {"scaled": False} if dataset.type == "diabetes" else {}
    x, y = getattr(sklearn.datasets, f"load_{dataset.type}")(return_X_y=True, **options)
    classes = y if dataset.first_target.n_classes else None
    rows = train_test_split(np.arange(len(x)), test_size=0.2, random_state=0, stratify=classes)
    data = dataset.load(None)

    for split, expected in zip((data.train, data.test), rows, strict=True):
        np.testing.assert_array_equal(split.x, x[expected].astype(np.float32))
        np.testing.assert_array_equal(split.y, y[expected])


def test_diabetes_is_in_its_own_units() -> None:
    """Ages in years, sex 1 or 2: scikit-learn's scaling has seen the test split."""
    x = Diabetes().load(None).train.x

    assert 19 <= x[:, 0].min() < x[:, 0].max() <= 79
    assert set(x[:, 1]) == {1, 2}


@pytest.mark.parametrize(
    ("dataset", "n_train", "n_test"),
    [(Digits(test_size=0.001), 1795, 2), (Digits(test_size=0.999), 1, 1796)],
)
def test_names_a_split_without_every_class(dataset: Digits, n_train: int, n_test: int) -> None:
    """Said before anything is read."""
    assert list(dataset.problems(ALONE)) == [
        (
            "test_size",
            "both splits need one example of each class, at least 10; "
            f"{dataset.test_size} of 1797 examples gives {n_train} to train on and {n_test} to test on",
        )
    ]


def test_names_a_split_without_examples() -> None:
    """Of regression too."""
    (misfit,) = Diabetes(test_size=0.999).problems(ALONE)
    assert "gives 0 to train on" in misfit.message
    assert list(Diabetes(test_size=0.99).problems(ALONE)) == []


@pytest.mark.parametrize("dataset", ALL, ids=lambda dataset: dataset.type)
def test_smallest_allowed_splits_hold_every_class(dataset: Bundled) -> None:
    """What `problems` lets pass, scikit-learn splits, every class on both sides."""
    least = dataset.first_target.n_classes or 1
    for n_test in (least, dataset.n_examples - least):
        small = dataset.model_copy(update={"test_size": (n_test - 0.5) / dataset.n_examples})

        assert list(small.problems(ALONE)) == []
        assert_as_promised(small, small.load(None))


@pytest.mark.parametrize("dataset", ALL, ids=lambda dataset: dataset.type)
def test_digest_needs_no_import(dataset: Bundled) -> None:
    """It is that of scikit-learn's files, found without its import; of several, as 0.1.0 took it, that of all bytes."""
    folder = Path(sklearn.__file__).parent / "datasets" / "data"
    content = b"".join((folder / name).read_bytes() for name in dataset.data_files)

    assert dataset.digest(None) == dataset.digests(None)[0]
    assert dataset.digests(None)[-1] == hashlib.sha256(content).hexdigest()
    assert len(dataset.digests(None)) == min(len(dataset.data_files), 2)


def test_traits_are_any_number_of_labels() -> None:
    """Of 0 a loop alone, of 4 none, of 9 three; the digits themselves are those of the same examples."""
    both, alone = Digits(target=["digit", "traits"]).load(None), Digits(target="traits").load(None)
    info = Digits(target="traits").info()
    labels = dict(zip(both.test.y[:, 0], both.test.y[:, 1:].tolist(), strict=True))

    assert (info.task, info.class_names) == ("multilabel", ("odd", "prime", "loop", "large"))
    assert [labels[digit] for digit in (0, 4, 9)] == [[0, 0, 1, 0], [0, 0, 0, 0], [1, 0, 1, 1]]
    assert (alone.train.y.dtype, alone.train.y.shape) == (np.int32, (1437, 4))
    assert Digits(target=["ink", "traits"]).stand_in().train.y.shape == (200, 5)


def test_describing_data_imports_nothing_heavy() -> None:
    """`check` describes and identifies data sets without numpy, scikit-learn or Keras."""
    code = (
        "import sys\n"
        "from dlexp.components.component import ALONE\nfrom dlexp.components.datasets import Digits, Imdb\n"
        "Digits().info(), list(Digits().problems(ALONE)), Digits().digest(None), Imdb().info()\n"
        "heavy = ('numpy', 'scipy', 'sklearn', 'keras', 'tensorflow')\n"
        "print([name for name in heavy if name in sys.modules])"
    )

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout == "[]\n"


def test_loading_imports_no_scikit_learn() -> None:
    """Its import takes longer than most trainings on its data."""
    code = (
        "import sys\nfrom dlexp.components.datasets import Digits\nDigits().load(None)\n"
        "print([name for name in ('pandas', 'scipy', 'sklearn') if name in sys.modules])"
    )

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout == "[]\n"


@pytest.mark.parametrize("dataset", ALL, ids=lambda dataset: dataset.type)
def test_stand_in_has_the_real_schema(dataset: Bundled) -> None:
    """200 + 50 made-up examples, always the same."""
    data, again = dataset.stand_in(), dataset.stand_in()

    assert_as_promised(dataset, data)
    assert (len(data.train), len(data.test)) == (200, 50)
    np.testing.assert_array_equal(data.train.x, again.train.x)


@pytest.mark.parametrize("dataset", ALL, ids=lambda dataset: dataset.type)
def test_stand_in_can_be_learned(dataset: Bundled) -> None:
    """A linear fit to the target, or to each class, generalizes to the test split."""
    data = dataset.stand_in()
    target = np.eye(dataset.first_target.n_classes)[data.train.y] if dataset.first_target.n_classes else data.train.y
    weights = np.linalg.lstsq(np.c_[data.train.x, np.ones(200)], target)[0]
    predicted = np.c_[data.test.x, np.ones(50)] @ weights

    if dataset.first_target.n_classes:
        assert (predicted.argmax(axis=1) == data.test.y).mean() >= 0.85
    else:
        assert np.corrcoef(predicted, data.test.y)[0, 1] > 0.99
