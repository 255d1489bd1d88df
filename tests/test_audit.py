"""`dlexp data --audit`: near duplicates, labels that are probably wrong, and numbers far from what is predicted."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from dlexp.components.data import Split
from dlexp.components.datasets import (
    Counts,
    Csv,
    Diabetes,
    Digits,
    Documents,
    Moons,
    Newswires,
    NoisySine,
    Ratings,
    Reuters,
    Spirals,
)
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.datasets.words.sequences import Sequences
from dlexp.components.validations import NoValidation
from dlexp.reports.data.audit import Audit, audited
from dlexp.reports.data.examples import Examples
from dlexp.reports.data.far_targets import far_targets
from dlexp.reports.data.near_duplicates import near_numbers, near_texts
from dlexp.reports.data.second_opinion import is_affordable
from dlexp.reports.data.suspicious_labels import suspicious_labels


def _audit(dataset: Dataset) -> Audit:
    data = dataset.texts(None) or dataset.load(None)
    return audited(Examples.of(dataset, NoValidation(), data, None), lambda said: None)


def _digits() -> Split:
    data = Digits().load(None)
    return Split(np.concatenate([data.train.x, data.test.x]), np.concatenate([data.train.y, data.test.y]))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_flipped_labels_of_digits_are_named(seed: int) -> None:
    """Most of 5 %, and at least 45 of the 50 most suspicious are flipped, with the right label suggested."""
    digits, rng = _digits(), np.random.default_rng(seed)
    flipped = rng.choice(len(digits), 90, replace=False)
    y = digits.y.copy()
    y[flipped] = (y[flipped] + rng.integers(1, 10, 90)) % 10

    found = suspicious_labels(digits.x, y, 10)

    first = found.positions[:50]
    assert np.isin(first, flipped).mean() >= 0.9
    assert np.isin(flipped, found.positions).mean() >= 0.6
    assert (found.suggested[:50] == digits.y[first]).mean() >= 0.9
    assert (found.of_given < found.confidence).all()


@pytest.mark.parametrize(
    "dataset",
    [
        Digits(),
        Digits(target="parity"),
        Digits(target="ink"),
        Digits(target="traits"),
        Moons(),
        Spirals(),
        Ratings(),
        NoisySine(),
        Counts(),
        Diabetes(),
        Documents(n_train=1000, n_test=500),
        Newswires(n_train=1500, n_test=500),
    ],
    ids=lambda dataset: f"{dataset.type}-{getattr(dataset, 'target', '')}",
)
def test_clean_data_raise_no_suspicion(dataset: Dataset) -> None:
    """However much the classes overlap, and whether a line parts them or not."""
    found = _audit(dataset)

    assert (found.near, found.suspects) == ([], [])
    assert found.examined == found.examples


def _interacting(flipped: int = 0, seed: int = 15) -> Dataset:
    """5,000 rows whose label is the sign of `3 a + b c`, in t.csv of the working directory; the first ones flipped."""
    x = np.random.default_rng(seed).standard_normal((5000, 3))
    y = (3 * x[:, 0] + x[:, 1] * x[:, 2] > 0).astype(int)
    y[:flipped] = 1 - y[:flipped]
    np.savetxt("t.csv", np.column_stack([x, y]), "%.17g", ",", header="a,b,c,y", comments="")
    return Csv(path="t.csv", target="y", task="binary", test_size=0.2)


def test_labels_that_an_interaction_explains_are_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A linear model contradicts right labels with confidence; boosted trees confirm many, and that is said."""
    monkeypatch.chdir(tmp_path)

    found = _audit(_interacting())

    assert found.suspects == []
    assert re.fullmatch(
        r"no target is named: a linear model contradicts \d+, but boosted trees, which know interactions of features, "
        r"confirm \d+ of these",
        found.notes[0],
    )


def test_flipped_labels_of_digits_are_named_by_both_models() -> None:
    """The second opinion keeps most of 5 %, and the first 50 are flipped."""
    digits = Digits()
    data = digits.load(None)
    rng = np.random.default_rng(1)
    flipped = rng.choice(len(data.train), 90, replace=False)
    data.train.y[flipped] = (data.train.y[flipped] + rng.integers(1, 10, 90)) % 10

    found = audited(Examples.of(digits, None, data, None), lambda said: None)

    named = [(each.example.role, each.example.position) for each in found.suspects]
    is_flipped = [role == "train" and position in flipped for role, position in named]
    assert np.mean(is_flipped[:50]) >= 0.9
    assert sum(is_flipped) >= 0.6 * len(flipped)


def test_large_inputs_have_no_second_opinion() -> None:
    """It would take more than half a minute; nor have sparse ones."""
    assert is_affordable(np.zeros((20_000, 100)), 10)
    assert not is_affordable(np.zeros((20_001, 1)), 2)
    assert not is_affordable(np.zeros((20_000, 101)), 10)
    assert not is_affordable(csr_array((10, 10)), 2)


def test_a_class_with_fewer_examples_than_folds_is_no_reason_to_stop() -> None:
    """The others are looked at."""
    digits = _digits()
    kept = (digits.y != 9) | (np.cumsum(digits.y == 9) <= 2)
    x, y = np.asarray(digits.x)[kept], digits.y[kept].copy()
    y[:20] = (y[:20] + 1) % 9

    found = suspicious_labels(x, y, 10)

    assert np.isin(found.positions, np.arange(20)).mean() > 0.8
    assert len(found.positions) > 10


def test_one_class_alone() -> None:
    """There is nothing that a label could be instead."""
    assert len(suspicious_labels(np.random.default_rng(0).random((30, 2)), np.zeros(30, int), 2).positions) == 0


def _texts(texts: list[list[int]]) -> Sequences:
    return Sequences(
        np.array([word for text in texts for word in text], np.int32), np.array(list(map(len, texts)), np.int32)
    )


def test_texts_that_share_most_phrases() -> None:
    """One of 60 words replaced leaves 55 of 61 phrases in common; other texts and short ones are not named."""
    rng = np.random.default_rng(0)
    texts = rng.integers(0, 1000, (50, 60)).tolist()
    texts[20] = [*texts[7][:30], 5000, *texts[7][31:]]
    texts += [[1, 2], [1, 2], [1]]

    found = near_texts(_texts(texts))

    assert (found.first.tolist(), found.second.tolist()) == ([7], [20])
    assert found.similarity.tolist() == pytest.approx([55 / 61])


def test_texts_whose_order_is_not_known() -> None:
    """Of multi-hot vectors the words are compared: 19 of 21 are common."""
    rng = np.random.default_rng(0)
    words = np.zeros((30, 500), np.float32)
    for row in words:
        row[rng.choice(400, 20, replace=False)] = 1
    words[9] = words[3]
    words[9, np.flatnonzero(words[3])[0]], words[9, 450] = 0, 1

    found = near_texts(csr_array(words))

    assert (found.first.tolist(), found.second.tolist()) == ([3], [9])
    assert found.similarity.tolist() == pytest.approx([19 / 21])


def test_numbers_that_are_much_closer_than_others() -> None:
    """A copy with some noise is named, in two dimensions as in twenty."""
    rng = np.random.default_rng(0)
    for width in (2, 20):
        x = rng.standard_normal((500, width))
        x[100] = x[5] + 1e-6

        found = near_numbers(x)

        assert (found.first.tolist(), found.second.tolist()) == ([5], [100])


def test_slips_in_numbers_are_named() -> None:
    """Two targets of 300 with a factor of 1000; without them none, even where large errors are frequent."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 4))
    y = 10 + x @ [1, 2, 3, 4] + rng.standard_normal(300)
    slipped = y.copy()
    slipped[[17, 44]] *= 1000

    assert sorted(far_targets(x, slipped).positions.tolist()) == [17, 44]
    assert len(far_targets(x, y).positions) == 0
    assert len(far_targets(x, y + rng.standard_t(2, 300)).positions) == 0


def test_the_page_and_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Any) -> None:
    """A table with flipped labels: rows, labels and content; all of them in JSON, ten on the page."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    y = np.arange(400) % 2
    x = np.round(rng.standard_normal((400, 3)) + 6 * y[:, None], 6)
    y[:15] = 1 - y[:15]
    words = np.array(["low", "high"])[y]
    lines = [f"{a},{b},{c},{word}" for (a, b, c), word in zip(x.tolist(), words, strict=True)]
    Path("t.csv").write_text("\n".join(["a,b,c,level", *lines, lines[50].replace(",", "1,", 1)]) + "\n")
    Path("t.yaml").write_text("dataset: {type: csv, path: t.csv, target: level, task: binary}\nvalidation: none\n")

    code, out, err = invoke("data", "t.yaml", "--audit")
    found = json.loads(invoke("data", "t.yaml", "--audit", "--format", "json")[1])["audit"]

    assert (code, err) == (0, "")
    rows = {int(each["example"]["place"].removeprefix("row ")) for each in found["suspects"]}
    assert rows <= set(range(1, 16))
    assert 12 <= len(rows) <= 15
    assert {(each["given"], each["suggested"]) for each in found["suspects"]} == {("low", "high"), ("high", "low")}
    assert found["judge"] == (
        "named by a linear model, which knows no interactions of features, "
        "and labels only where boosted trees contradict them, too"
    )
    heading = f"suspicious targets among 401 examples: {len(rows)}, the first 10; {found['judge']}"
    assert heading in " ".join(out.split())
    assert out.count(": high, rather low (probability ") + out.count(": low, rather high (probability ") == 10
    assert sorted(each["place"] for each in (found["near"][0]["first"], found["near"][0]["second"])) == [
        "row 401",
        "row 51",
    ]
    assert json.loads(invoke("data", "t.yaml", "--format", "json")[1])["audit"] is None


def test_labels_are_looked_at_one_by_one() -> None:
    """Of digits with their traits, 90 with `odd` flipped."""
    digits = Digits(target="traits")
    data = digits.load(None)
    data.train.y[:90, 0] = 1 - data.train.y[:90, 0]

    found = audited(Examples.of(digits, None, data, None), lambda said: None)

    odd = [each.example.position for each in found.suspects if each.target == "odd"]
    assert np.mean([position < 90 for position in odd]) > 0.7
    assert found.suspects[0].given in ("no", "yes")


def test_of_large_dense_data_some_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as can be looked at in a minute, at least 2,000; it is said."""
    monkeypatch.setattr("dlexp.reports.data.audit.MODEL_PRODUCTS", 1)

    found = _audit(Moons())

    assert (found.examples, found.examined) == (6000, 2000)


@pytest.mark.slow
def test_newswires_with_the_next_ones_body(data_dir: Path) -> None:
    """Of 11,228, 975 have no body of their own and carry the next one's, whose topic is often another one.

    The file itself shows it of 640, which are equal to the next, 420 of them with another topic. The labels are looked
    at without that knowledge.
    """
    found = _audit_reuters(data_dir)
    source = np.load(data_dir / "reuters.npz", allow_pickle=True)
    x, y = source["x"], source["y"]
    is_next = np.array([x[i] == x[i + 1] and y[i] != y[i + 1] for i in range(len(x) - 1)] + [False])

    named = [int(each.example.place.removeprefix("x[").removesuffix("]")) for each in found.suspects]

    assert is_next.sum() == 420
    assert is_next[named[:50]].mean() >= 0.8
    assert is_next[named].sum() >= 250


def _audit_reuters(data_dir: Path) -> Audit:
    dataset = Reuters()
    return audited(Examples.of(dataset, None, dataset.texts(data_dir), data_dir), lambda said: None)
