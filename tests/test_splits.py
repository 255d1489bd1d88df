"""Which examples train, validate and test, and what tells them from others."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from dlexp.config.checks import completed
from dlexp.config.load import load
from dlexp.training.splits import digests, split

ROWS = "".join(f"{i % 3},{i},word{i} word{i % 7} the,{i % 2}\n" for i in range(40))
TABLE = "kind,number,words,answer\n" + ROWS
CSV = "dataset: {type: csv, path: t.csv, task: multiclass, target: kind, text: words}"


@pytest.fixture(autouse=True)
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table and a function in the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(TABLE)
    Path("made_up.py").write_text(
        "import numpy as np\n\n\n"
        "def data(shift=0.0):\n"
        "    x, y = np.arange(20.0).reshape(10, 2) + shift, np.arange(10) % 2\n"
        "    return (x, y), (x[:4], y[:4])\n"
    )


def digests_of(text: str, *overrides: str) -> Mapping[str, Mapping[str, str]]:
    """The digests of the splits of a config."""
    Path("c.yaml").write_text(text)
    experiment = load("c.yaml", overrides).experiment
    data = experiment.dataset.load(None)
    info = data.info or experiment.dataset.info()
    experiment = completed(experiment, info)
    return digests(split(experiment, data), data, info, experiment.dataset.digest(None))


def same(a: Mapping[str, Mapping[str, str]], b: Mapping[str, Mapping[str, str]]) -> set[str]:
    """The roles whose examples are the same."""
    return {role for role in a if a[role] == b.get(role)}


ALL = {"train", "validation", "test"}
SPLIT = "validation: {type: split, size: 8}\n"
GENERATED = "dataset: {type: newswires, n_train: 60, n_test: 30}\n" + SPLIT
SINE = "dataset: {type: noisy_sine, n_train: 60, n_test: 30}\n" + SPLIT
DIGITS = "dataset: {type: digits, target: digit}\nvalidation: {type: split, size: 99, stratify: true}\n"


@pytest.mark.parametrize(
    ("text", "change", "shared"),
    [
        (CSV, "dataset.num_words=10", ALL),
        (CSV, "dataset.encoding=padded; model=embedding", ALL),
        (CSV, "dataset.encoding=tfidf", ALL),
        (CSV, "dataset.features=[number]", ALL),
        (CSV, "dataset.text=answer", ALL),
        (CSV, "model.hidden=[3]", ALL),
        (CSV, "dataset.split_seed=1", set()),
        (CSV, "dataset.test_size=0.5", set()),
        (CSV, "dataset.target=answer", set()),
        (CSV + "\n" + SPLIT, "validation.seed=1", {"test"}),
        (CSV + "\n" + SPLIT, "validation.size=9", {"test"}),
        (CSV + "\n" + SPLIT, "validation=test", {"test"}),
        (CSV + "\n" + SPLIT, "dataset.train_fraction=0.5", {"validation", "test"}),
        (CSV + "\n" + SPLIT, "dataset.resample={type: bootstrap, index: 3}", {"validation", "test"}),
        (GENERATED, "dataset.num_words=100", ALL),
        (GENERATED, "dataset.encoding=padded; model=embedding", ALL),
        (GENERATED, "dataset.seed=1", set()),
        (GENERATED, "dataset.n_train=61", {"test"}),
        (SINE, "dataset.noise=0.4", set()),
        (SINE, "dataset.n_train=61", {"test"}),
        (SINE, "dataset.resample={type: fresh, index: 3}", {"test"}),
        (DIGITS, "dataset.standardize=false", ALL),
        (DIGITS, "dataset.split_seed=1", set()),
        ("dataset: {type: python, function: 'made_up:data', task: binary}", "dataset.arguments={shift: 1.0}", set()),
        ("dataset: {type: python, function: 'made_up:data', task: binary}", "dataset.standardize=false", ALL),
    ],
)
def test_the_same_examples_have_the_same_digest(text: str, change: str, shared: set[str]) -> None:
    """Whatever the model sees of them; other rows, other targets and examples drawn otherwise have others."""
    assert same(digests_of(text), digests_of(text, *change.split("; "))) == shared


def test_an_edited_file_has_other_examples() -> None:
    """Though not one target or row is another."""
    before = digests_of(CSV)
    Path("t.csv").write_text(TABLE.replace("word1 ", "word2 "))

    assert same(before, digests_of(CSV)) == set()


def test_a_path_is_no_part_of_it() -> None:
    """The same file elsewhere holds the same examples."""
    before = digests_of(CSV)
    Path("elsewhere.csv").write_text(TABLE)

    assert same(before, digests_of(CSV, "dataset.path=elsewhere.csv")) == ALL


def test_equal_targets_of_other_rows_are_other_examples() -> None:
    """A draw of other rows is told where all targets are the same."""
    Path("t.csv").write_text("kind,words\n" + "1.5,a b\n" * 20)
    numbers = "dataset: {type: csv, path: t.csv, task: regression, target: kind, text: words}\n" + SPLIT

    assert same(digests_of(numbers), digests_of(numbers, "dataset.split_seed=1")) == set()
    assert same(digests_of(numbers), digests_of(numbers, "validation.seed=1")) == {"test"}


def test_each_of_several_targets_has_its_own() -> None:
    """That of a run on this target alone, where the rows are the same."""
    one = digests_of(DIGITS.replace(", stratify: true", ""))
    several = digests_of(DIGITS.replace("digit}", "[digit, parity]}").replace(", stratify: true", ""))

    assert several["test"].keys() == {"digit", "parity"}
    assert several["test"]["digit"] == one["test"][""]
    assert several["validation"]["digit"] == one["validation"][""]
    assert several["test"]["parity"] != one["test"][""]


def test_without_validation_there_is_none() -> None:
    """And validation on the test split has its examples."""
    assert digests_of(DIGITS.splitlines()[0] + "\nvalidation: none").keys() == {"train", "test"}
    found = digests_of(DIGITS.splitlines()[0] + "\nvalidation: test")
    assert found["validation"] == found["test"] != found["train"]
