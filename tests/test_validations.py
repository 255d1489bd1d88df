"""Which examples validate."""

import numpy as np
import pytest
from pydantic import ValidationError

from dlexp.components import validations
from dlexp.components.component import Context
from dlexp.components.datasets import Cifar100, Diabetes, Digits, Imdb, Reuters
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.validations import Front, NoValidation, RandomSplit, Validation
from dlexp.errors import UserError

Y = np.zeros(25)


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
    assert Front(size=3).held_out(Y).tolist() == [0, 1, 2]


def test_split_draws_without_replacement() -> None:
    """Sorted, distinct, the same for the same seed and another for another."""
    held_out = RandomSplit(size=0.4).held_out(Y)

    assert len(set(held_out)) == 10
    assert held_out.tolist() == sorted(held_out)
    assert set(held_out) <= set(range(25))
    np.testing.assert_array_equal(held_out, RandomSplit(size=10).held_out(Y))
    assert held_out.tolist() != RandomSplit(size=10, seed=1).held_out(Y).tolist()


def test_stratified_split_keeps_the_shares() -> None:
    """A fifth of 50 + 30 + 20 examples is 10 + 6 + 4; the same for the same seed, as scikit-learn draws it."""
    from sklearn.model_selection import train_test_split

    y = np.repeat([0, 1, 2], [50, 30, 20])
    split = RandomSplit(size=0.2, stratify=True, seed=3)

    held_out = split.held_out(y)

    assert np.bincount(y[held_out]).tolist() == [10, 6, 4]
    assert held_out.tolist() == sorted(held_out)
    expected = train_test_split(np.arange(100), test_size=20, stratify=y, random_state=3)[1]
    assert set(held_out) == set(expected)
    np.testing.assert_array_equal(held_out, RandomSplit(size=20, stratify=True, seed=3).held_out(y))


def test_unstratified_split_stays_what_it_was() -> None:
    """These positions are recorded in runs."""
    assert RandomSplit(size=5).held_out(Y).tolist() == sorted(np.random.default_rng(0).permutation(25)[:5])
    assert not RandomSplit().stratify


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.repeat([0, 1], [20, 1]), r"^validation.stratify: The least populated class"),
        (np.repeat([0, 1], [20, 2]), r"^validation.size: 0.1 of 22 examples leaves classes .* only: 1$"),
    ],
)
def test_refuses_a_class_on_one_side(y: np.ndarray, message: str) -> None:
    """One example cannot be on both sides, and a tenth of two is none."""
    with pytest.raises(UserError, match=message):
        RandomSplit(size=0.1, stratify=True).held_out(y)


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

    held_out = split.held_out(y)

    assert len(held_out) == len(y) // 2
    assert set(y[held_out]) == set(np.delete(y, held_out)) == set(range(dataset.info().n_classes or 0))


@pytest.mark.parametrize("validation", [validations.TestSplit(), NoValidation()])
def test_others_take_nothing(validation: Validation) -> None:
    """The test split and none leave the training data whole."""
    assert validation.count(25) == 0
    assert validation.held_out(Y).tolist() == []
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
