"""Which examples validate."""

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from dlexp.components import validations
from dlexp.components.component import Context
from dlexp.components.data import Data, Info, Split
from dlexp.components.datasets import Cifar100, Diabetes, Digits, Imdb, Reuters
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.validations import Front, NoValidation, RandomSplit, Validation
from dlexp.errors import UserError


def data_of(y: np.ndarray) -> Data:
    """Training examples with these targets."""
    split = Split(np.zeros((len(y), 1)), y)
    return Data(split, split.first(1))


ZEROS = data_of(np.zeros(25))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (10_000, {"type": "front", "size": 10_000}),
        (0.2, {"type": "front", "size": 0.2}),
        ("test", {"type": "test"}),
        ({"type": "split", "seed": 3}, {"type": "split", "seed": 3}),
        (True, True),
    ],
)
def test_short_forms(value: object, expected: object) -> None:
    """A number is a count or fraction from the front, a word a type; a boolean is no number."""
    assert Validation.expand(value) == expected


@pytest.mark.parametrize(("size", "count"), [(1, 1), (7, 7), (0.2, 5), (0.5, 12), (0.9, 22), (0.001, 1)])
def test_counts(size: float, count: int) -> None:
    """Counts as they are, fractions rounded to whole examples (12.5 and 22.5 to even), never none."""
    assert Front(size=size).count(25) == count
    assert RandomSplit(size=size).count(25) == count


@pytest.mark.parametrize("size", [0, -1, 0.0, 1.0, 1.5, -0.2, True, "10", None, float("nan"), float("inf")])
def test_sizes_out_of_range(size: object) -> None:
    """Neither a count of at least 1 nor a fraction between 0 and 1."""
    with pytest.raises(ValidationError, match="expected a count of examples"):
        Front(size=size)  # type: ignore[arg-type]


def test_front_takes_the_first() -> None:
    """As on the course's slides."""
    assert Front(size=3).held_out(ZEROS).positions.tolist() == [0, 1, 2]


def test_split_draws_without_replacement() -> None:
    """Sorted, distinct, the same for the same seed and another for another."""
    held_out = RandomSplit(size=0.4).held_out(ZEROS).positions

    assert len(set(held_out)) == 10
    assert held_out.tolist() == sorted(held_out)
    assert set(held_out) <= set(range(25))
    np.testing.assert_array_equal(held_out, RandomSplit(size=10).held_out(ZEROS).positions)
    assert held_out.tolist() != RandomSplit(size=10, seed=1).held_out(ZEROS).positions.tolist()


def test_stratified_split_keeps_the_shares() -> None:
    """A fifth of 50 + 30 + 20 examples is 10 + 6 + 4; the same for the same seed, as scikit-learn draws it."""
    from sklearn.model_selection import train_test_split

    y = np.repeat([0, 1, 2], [50, 30, 20])
    split = RandomSplit(size=0.2, stratify=True, seed=3)

    held_out = split.held_out(data_of(y)).positions

    assert np.bincount(y[held_out]).tolist() == [10, 6, 4]
    assert held_out.tolist() == sorted(held_out)
    expected = train_test_split(np.arange(100), test_size=20, stratify=y, random_state=3)[1]
    assert set(held_out) == set(expected)
    np.testing.assert_array_equal(held_out, RandomSplit(size=20, stratify=True, seed=3).held_out(data_of(y)).positions)


def test_unstratified_split_stays_what_it_was() -> None:
    """These positions are recorded in runs."""
    split = RandomSplit(size=5, stratify=False)

    assert split.held_out(ZEROS).positions.tolist() == sorted(np.random.default_rng(0).permutation(25)[:5])


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ([20, 1], r"^validation.stratify: a class has one example; auto draws by class where it can be done$"),
        ([5, 5, 5], r"^validation.stratify: 3 classes do not fit into 2 examples and 13 others; auto"),
    ],
)
def test_refuses_a_class_on_one_side(sizes: list[int], message: str) -> None:
    """One example cannot be on both sides, and three classes do not fit into two examples; `auto` draws at random."""
    data = data_of(np.repeat(np.arange(len(sizes)), sizes))
    with pytest.raises(UserError, match=message):
        RandomSplit(size=0.1, stratify=True).held_out(data)

    drawn = RandomSplit(size=0.1).held_out(data)
    assert drawn.how.startswith("drawn at random (")
    assert drawn.positions.tolist() == RandomSplit(size=0.1, stratify=False).held_out(data).positions.tolist()


def test_auto_is_true_where_every_class_fits() -> None:
    """The same examples, and how they were drawn."""
    data = data_of(np.repeat([0, 1, 2], [50, 30, 3]))

    auto, by_class = (RandomSplit(stratify=stratify).held_out(data) for stratify in ("auto", True))

    assert auto.positions.tolist() == by_class.positions.tolist()
    assert auto.how == by_class.how == "drawn by class"


@pytest.mark.parametrize(
    ("task", "is_users_own", "stratify"),
    [
        ("binary", True, "auto"),
        ("multiclass", True, "auto"),
        ("ordinal", True, "auto"),
        ("multilabel", True, False),
        ("regression", True, False),
        ("several", True, False),
        ("binary", False, False),
    ],
)
def test_auto_is_for_classes_of_the_users_own(task: Any, is_users_own: bool, stratify: object) -> None:
    """Of all else it is false: so records and identities of shipped data sets stay what they were."""
    info = Info(task=task, n_train=None, n_test=None, inputs="numeric", shape=())

    assert RandomSplit().settled(info, is_users_own).stratify == stratify
    assert RandomSplit(stratify=True).settled(info, is_users_own).stratify is True


@pytest.mark.parametrize("validation", [Front(size=500), RandomSplit(size=25)])
def test_no_more_than_there_are(validation: Validation) -> None:
    """Nothing would be left to train on."""
    with pytest.raises(UserError, match=r"^validation.size: (500|25) examples held out of 25; none would be left"):
        validation.held_out(ZEROS)


@pytest.mark.parametrize(
    ("validation", "dataset", "problems"),
    [
        (RandomSplit(stratify=True), Reuters(), []),
        (RandomSplit(), Diabetes(), []),
        (
            RandomSplit(stratify=True),
            Diabetes(),
            [("stratify", "only classes can be drawn in equal shares; this data set is regression")],
        ),
        (
            RandomSplit(size=45, stratify=True),
            Reuters(),
            [
                (
                    "size",
                    "a stratified split needs an example of each of 46 classes on both sides; "
                    "45 of 8982 gives 45 to validate on and 8937 to train on",
                )
            ],
        ),
        (
            RandomSplit(size=353, stratify=True),
            Diabetes(),
            [("size", "353 examples held out of 353; none would be left to train on")],
        ),
    ],
)
def test_says_before_loading_what_cannot_be_split(
    validation: Validation, dataset: Dataset, problems: list[tuple[str, str]]
) -> None:
    """From what is known of the data set alone."""
    assert list(validation.problems(Context(info=dataset.info()))) == problems


@pytest.mark.parametrize("dataset", [Imdb(), Reuters(), Digits(), Cifar100()], ids=lambda dataset: dataset.type)
def test_stratified_stand_ins_can_be_split(dataset: Dataset) -> None:
    """Half of the made-up examples, each class on both sides, whatever the size says."""
    y = dataset.stand_in().train.y
    split = RandomSplit(size=0.01, stratify=True).scaled(dataset.info().n_train, len(y))

    held_out = split.held_out(data_of(y)).positions

    assert len(held_out) == len(y) // 2
    assert set(y[held_out]) == set(np.delete(y, held_out)) == set(range(dataset.info().n_classes or 0))


@pytest.mark.parametrize("validation", [validations.TestSplit(), NoValidation()])
def test_others_take_nothing(validation: Validation) -> None:
    """The test split and none leave the training data whole."""
    assert validation.count(25) == 0
    assert validation.held_out(ZEROS).positions.tolist() == []
    assert validation.scaled(25_000, 400) is validation


@pytest.mark.parametrize("kind", [Front, RandomSplit])
def test_scaled_to_a_stand_in(kind: type[Front] | type[RandomSplit]) -> None:
    """10,000 of 25,000 is 160 of 400; fractions stay; at least one example on either side."""
    assert kind(size=10_000).scaled(25_000, 400) == kind(size=160)
    assert kind(size=0.3).scaled(25_000, 400) == kind(size=0.3)
    assert kind(size=1).scaled(25_000, 400) == kind(size=1)
    assert kind(size=24_999).scaled(25_000, 400) == kind(size=399)
    assert kind(size=50).scaled(None, 400) == kind(size=80)  # of unknown size: a fifth


def test_scaled_keeps_the_other_settings() -> None:
    """The seed of the draw stays."""
    assert RandomSplit(size=10, seed=3).scaled(100, 50) == RandomSplit(size=5, seed=3)
