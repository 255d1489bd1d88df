"""What is said of the user's own examples that are in two splits, and of their scales."""

import sys
from pathlib import Path

import numpy as np
import pytest

from dlexp.config.load import load
from dlexp.training.splits import split

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files lie in the working directory."""
    monkeypatch.chdir(tmp_path)


def said(config: str) -> list[str]:
    """What is said of a config's inputs, without how to allow it."""
    Path("c.yaml").write_text(config)
    experiment = load("c.yaml").experiment
    found = split(experiment, experiment.dataset.load(None)).remarks
    rules = ("repeated_examples", "unscaled_inputs")
    return [str(each).partition(" (allow: ")[0] for each in found if each.rule in rules]


def rows(n: int) -> list[str]:
    """Rows of two numbers and a class."""
    return [f"{a:.4f},{b:.4f},{'no' if a < b else 'yes'}\n" for a, b in RNG.random((n, 2))]


def table(train: list[str], test: list[str] | None = None, more: str = "") -> str:
    """A config of a table, or of two."""
    Path("t.csv").write_text("".join(["a,b,c\n", *train]))
    if test:
        Path("test.csv").write_text("".join(["a,b,c\n", *test]))
    path = "path: t.csv, test_path: test.csv" if test else "path: t.csv"
    return f"dataset: {{type: csv, {path}, target: c, task: binary{more}}}\nvalidation: none\n"


@pytest.mark.parametrize(("n_copied", "is_said"), [(40, True), (5, True), (4, False)])
def test_a_test_file_with_training_rows(n_copied: int, is_said: bool) -> None:
    """From a tenth of it on, and from five rows on."""
    train = rows(100)
    expected = f"t.csv: {n_copied} of 40 test examples are training examples, too, with the same target"

    found = said(table(train, [*train[:n_copied], *rows(40 - n_copied)]))

    assert [line.replace("t.csv and test.csv", "t.csv") for line in found] == [expected] * is_said


def test_the_same_inputs_with_another_target_are_no_copy() -> None:
    """They are said by `dlexp data`, and leave no score that is too good."""
    train = rows(100)
    other = [line.replace("yes", "?").replace("no", "yes").replace("?", "no") for line in train[:40]]

    assert said(table(train, other)) == []


def test_few_values_are_equal_by_chance() -> None:
    """A table of two features with three values each has every row in both files."""
    lines = [f"{a},{b},{'no' if a < b else 'yes'}\n" for a, b in RNG.integers(0, 3, (300, 2))]

    assert said(table(lines[:200], lines[200:])) == []
    assert said(table(lines)) == []


def test_rows_that_were_copied_before_the_draw() -> None:
    """Three of each: nearly all test rows are training rows, too. Of a fifth that is double it is no matter."""
    lines = rows(200)

    (found,) = said(table(lines * 3))

    assert found.startswith("t.csv: ")
    assert found.endswith(" of 120 test examples are training examples, too, with the same target")
    assert said(table([*lines, *lines[:40]])) == []


def test_copies_of_few_rows_are_no_chance() -> None:
    """Fifty rows four times, though no feature has a hundred values; rows of a survey are equal by chance."""
    few = [f"{a},{b},{'no' if a < b else 'yes'}\n" for a, b in RNG.integers(0, 60, (50, 2))]

    assert len(said(table(few * 4))) == 1
    assert said(table([f"{a},{b},no\n{b},{a},yes\n" for a, b in RNG.integers(1, 6, (100, 2))])) == []


SCALES = (
    "t.csv: numbers reach the model as they are, those of a up to {}: one learning rate is too large for some features "
    "and too small for others; see dataset.standardize: true"
)


@pytest.mark.parametrize(
    ("factors", "harm"),
    [
        ((7e-12, 2e-11), "all features are far below 1, and the learning rate is too small for them"),
        ((3e4, 2e5), "all features are far above 1, and the learning rate is too large for them"),
        ((7e-12, 2e5), "one learning rate is too large for some features and too small for others"),
    ],
)
def test_which_harm_the_scales_do(factors: tuple[float, float], harm: str) -> None:
    """Of features that are all small, or all large, none is on another side."""
    pairs = 1 + np.random.default_rng(1).random((50, 2))
    lines = [f"{factors[0] * a:.10g},{factors[1] * b:.10g},{'no' if a < b else 'yes'}\n" for a, b in pairs]

    (found,) = said(table(lines, more=", standardize: false, test_split: {type: time, size: 5}"))

    assert f": {harm}; see dataset.standardize: true" in found


HIDDEN = "t.csv: the model scales its inputs, but its first layer adds 0.001 to variances,"


@pytest.mark.parametrize(
    ("factor", "expected"), [(1, []), (15, []), (1000, [SCALES.format("1000")]), (1e-6, [SCALES.format("1e-06")])]
)
def test_scales_of_the_features(factor: float, expected: list[str]) -> None:
    """Pixels from 0 to 1 are on a common scale; a column of thousands or millionths beside them is not."""
    lines = [f"{factor * a:.10g},{b},{'no' if a < b else 'yes'}\n" for a, b in [(0, 0.5), (1, 0), *RNG.random((50, 2))]]

    config = table(lines, more=", standardize: false, test_split: {type: time, size: 5}")

    assert said(config) == expected
    assert said(config.replace(", standardize: false", "")) == []
    scaling = "training: {{epochs: 100}}\nmodel: {{type: layers, layers: [{}, Dense: {{units: 4}}]}}\n"
    hidden = [line for line in said(config + scaling.format("BatchNormalization: {momentum: 0.5}")) if factor < 1]
    assert said(config + scaling.format("BatchNormalization: {momentum: 0.5}")) == hidden
    assert [line.partition(" beside ")[0] for line in hidden] == [HIDDEN] * (factor < 1)
    assert said(config + scaling.format("Rescaling: {scale: 1000}")) == []
    assert said(config + scaling.format("BatchNormalization: {epsilon: 1e-14, momentum: 0.5}")) == []


@pytest.mark.parametrize(
    ("layer", "epochs", "left"),
    [
        ("BatchNormalization", 20, "67%"),
        ("BatchNormalization", 300, ""),
        ("BatchNormalization: {momentum: 0.8}", 20, ""),
        ("BatchNormalization: {momentum: 0.999}", 300, "55%"),
        ("LayerNormalization", 20, ""),
    ],
)
def test_a_first_layer_that_has_not_followed_the_features(layer: str, epochs: int, left: str) -> None:
    """Two steps an epoch, of which each keeps 0.99 of its mean and variance by default: 0.99 ** 40 is 67 %."""
    lines = [f"{1000 + 10 * a:.4f},{b:.4f},{'no' if a < b else 'yes'}\n" for a, b in RNG.random((66, 2))]
    config = table(lines, more=", standardize: false, test_split: {type: time, size: 6}")
    model = f"model: {{type: layers, layers: [{layer}, Dense: {{units: 4}}]}}\ntraining: {{epochs: {epochs}}}\n"

    start = "of the mean and variance by which it validates are still 0 and 1, those of a are 1005 and"
    expected = f"t.csv: the model scales its inputs, but after {2 * epochs} steps {left} {start}"
    assert [line.rpartition(" ")[0].startswith(expected) for line in said(config + model)] == [True] * bool(left)
    assert said(f"{config.replace(', standardize: false', '')}{model}") == []


@pytest.mark.parametrize(("factor", "size"), [(1, ""), (300, ""), (1e-6, "1e-06"), (1e6, "1e+06")])
def test_scales_of_sparse_numbers(factor: float, size: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts are no matter; nothing standardizes the numbers of a sparse matrix."""
    x = np.column_stack([np.arange(60) % 2 * factor, np.arange(60) % 3])
    Path("sparse_own.py").write_text(
        "import numpy as np\nfrom scipy.sparse import csr_array\n\ndef load():\n"
        f"    x, y = csr_array(np.array({x.tolist()})), np.arange(60) // 30\n    return (x, y), (x[:10], y[:10])\n"
    )
    monkeypatch.syspath_prepend(".")
    monkeypatch.delitem(sys.modules, "sparse_own", raising=False)
    expected = (
        f"sparse_own:load: sparse numbers reach the model as they are, those of number 0 up to {size}: one learning "
        "rate is too large for some features and too small for others; see dataset.form: numeric"
    )

    found = said("dataset: {type: python, function: 'sparse_own:load', task: binary, form: sparse}\n")

    assert [line for line in found if "sparse numbers" in line] == [expected] * bool(size)


LSTM, AVERAGE = "{LSTM: {units: 4}}", "GlobalAveragePooling1D"


@pytest.mark.parametrize(
    ("embedding", "behind", "ends", "layer"),
    [
        ("", AVERAGE, True, "model.layers.1.GlobalAveragePooling1D"),
        ("", LSTM, True, "model.layers.1.LSTM"),
        ("", f"{{LSTM: {{units: 4, return_sequences: true}}}}, {{Dropout: {{rate: 0.1}}}}, {LSTM}", True,
         "model.layers.3.LSTM"),
        (", mask_zero: true", AVERAGE, True, ""),
        ("", AVERAGE, False, ""),
        ("", LSTM, False, ""),
        ("", "{LSTM: {units: 4, go_backwards: true}}", True, ""),
        ("", "GlobalMaxPooling1D", True, ""),
        ("", "Flatten", True, ""),
    ],
)  # fmt: skip
def test_padding_that_is_taken_for_words(embedding: str, behind: str, ends: bool, layer: str) -> None:
    """Behind most examples; in front of them, masked, or where no layer averages or ends in it, nothing is said."""
    x = RNG.integers(1, 50, (60, 20))
    x[:40, slice(10, None) if ends else slice(10)] = 0
    y = np.arange(60) % 2
    np.savez("own.npz", x_train=x, y_train=y, x_test=x[:20], y_test=y[:20])
    Path("c.yaml").write_text(
        "dataset: {type: npz, path: own.npz, task: binary, form: word_ids, vocabulary: 50}\nvalidation: none\n"
        f"model: {{layers: [{{Embedding: {{output_dim: 4{embedding}}}}}, {behind}]}}\n"
    )
    experiment = load("c.yaml").experiment
    found = [str(e) for e in split(experiment, experiment.dataset.load(None)).remarks if e.rule == "unmasked_padding"]

    said_of = f"own.npz: 40 of 60 training examples end in 5 zeros or more, padding that {layer} takes for words; see "
    key = "model.layers.0.Embedding.mask_zero: true (allow: [unmasked_padding] if it is meant)"
    assert found == ([said_of + key] if layer else [])
