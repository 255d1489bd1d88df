"""Weights of classes: as a list, in Keras's form, and by name."""

from pathlib import Path
from typing import Any

import pytest

from dlexp.components.data import Info
from dlexp.components.heads import Binary, Multiclass
from dlexp.components.heads.classes import ClassHead
from dlexp.config.checks import completed
from dlexp.config.dump import dump
from dlexp.config.experiment import Experiment
from dlexp.config.load import load
from dlexp.errors import UserError

CSV = "dataset: {type: csv, path: own.csv, target: y, task: %s}\n"


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are seen from the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLEXP_DATA", raising=False)


def config(weights: str, dataset: str = CSV % "binary") -> Experiment:
    """An experiment with these class weights, as a file says them."""
    Path("own.yaml").write_text(f"{dataset}head: {{class_weight: {weights}}}\n")
    return load(Path("own.yaml")).experiment


def weights_of(experiment: Experiment) -> Any:
    """Its class weights."""
    assert isinstance(experiment.head, ClassHead)
    return experiment.head.class_weight


def trained_with(weights: str, labels: str, dataset: str = CSV % "multiclass") -> Any:
    """The class weights on data with these labels."""
    Path("own.csv").write_text("x,y\n" + "".join(f"{i},{each}\n" for i, each in enumerate(labels.split() * 20)))
    experiment = config(weights, dataset)
    info = experiment.dataset.load(None).info
    assert info is not None
    return weights_of(completed(experiment, info))


@pytest.mark.parametrize(
    ("weights", "dataset", "resolved"),
    [
        ("{0: 1.0, 1: 10.0}", CSV % "binary", [1.0, 10.0]),
        ("{1: 10, 0: 1}", CSV % "binary", [1.0, 10.0]),
        ("{2: 3, 0: 1, 1: 2}", CSV % "multiclass", [1.0, 2.0, 3.0]),
        ("{negative: 1, positive: 2}", "dataset: imdb\n", [1.0, 2.0]),
        ("{yes: 2, no: 1}", CSV % "binary, classes: [no, yes]", [1.0, 2.0]),
        ("{0: 1, 1: 2}", CSV % "binary, classes: [1, 0]", [2.0, 1.0]),
        ("{n: 1.0, p: 10.0}", CSV % "binary", {"n": 1.0, "p": 10.0}),
        ("balanced", CSV % "binary", "balanced"),
    ],
)
def test_the_resolved_config_has_a_list_as_soon_as_the_order_is_known(
    weights: str, dataset: str, resolved: Any
) -> None:
    """Without data that is so for numbers and named classes; and what is recorded resolves to itself."""
    experiment = config(weights, dataset)
    Path("again.yaml").write_text(dump(experiment))

    assert weights_of(experiment) == resolved
    assert load(Path("again.yaml")).experiment == experiment


@pytest.mark.parametrize(
    ("weights", "labels", "expected"),
    [
        ("{p: 10, n: 1}", "n p", [1, 10]),
        ("{0: 1, 1: 2, 2: 3}", "a b c", [1, 2, 3]),
        ("{0: 1, 1: 2, 2: 3}", "1 2 3", [1, 2, 3]),
        ("{1: 1, 2: 2, 3: 3}", "1 2 3.0", [1, 2, 3]),
        ("{5: 2, 0: 1}", "5 0", [1, 2]),
    ],
)
def test_names_win_over_numbers_and_both_are_understood(weights: str, labels: str, expected: list[float]) -> None:
    """Every class has a weight, so that no mapping can be read in two ways."""
    assert trained_with(weights, labels) == expected


@pytest.mark.parametrize(
    ("weights", "labels", "message"),
    [
        ("{negativ: 1, p: 2}", "negative p", "head.class_weight: there is no class 'negativ'. Did you mean "
         "'negative'? Choose from: negative, p"),
        ("{a: 1, b: 2}", "a b c", "head.class_weight: expected a weight for each class, and there is none for c"),
        ("{0: 1, 1: 2}", "a b c", "head.class_weight: expected one weight per class, 3, given 2"),
    ],
)  # fmt: skip
def test_weights_that_do_not_fit_the_data(weights: str, labels: str, message: str) -> None:
    """Said once the classes are known, before anything is trained."""
    with pytest.raises(UserError) as error:
        trained_with(weights, labels)

    assert str(error.value) == message


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ("{0: 1, 1: 2, 2: 3}", "expected one weight per class, 2, given 3"),
        ("[1, 2, 3]", "expected one weight per class, 2, given 3"),
        ("[0, 0]", "every weight is 0, so that nothing would be learned"),
        ("{n: 0, p: 0}", "every weight is 0, so that nothing would be learned"),
        ("{n: -1, p: 1}", "expected at least 0, given -1"),
        ("{n: heavy, p: 1}", "expected a number, given 'heavy'"),
    ],
)
def test_weights_that_check_refuses(weights: str, message: str) -> None:
    """Without reading any data."""
    with pytest.raises(UserError, match=message):
        config(weights)


def test_a_head_without_the_order_of_its_weights_trains_nothing() -> None:
    """It would give weights to other classes."""
    head = Binary(units=1, class_weight={"n": 1.0, "p": 2.0})
    info = Info(task="binary", n_train=2, n_test=2, inputs="numeric", shape=(1,), n_classes=2, class_names=("n", "p"))

    with pytest.raises(ValueError, match="not completed"):
        head.weighted(lambda y, logits: y, [])
    assert head.completed(info).class_weight == [1.0, 2.0]
    assert Multiclass(class_weight={"p": 1.0, "n": 2.0}).completed(info).class_weight == [2.0, 1.0]
