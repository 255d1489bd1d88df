"""Features that say nothing of new rows, or give the target away, are said; honest ones stay quiet in few rows too."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine

from dlexp.components.datasets import Csv, Parquet
from dlexp.components.remarks import Remark

N = 200
RNG = np.random.default_rng(0)
NOISE = RNG.normal(size=N).round(3)
LABELS = RNG.choice(["no", "yes"], N)
PRICES = (100 + 10 * RNG.normal(size=N)).round(2)


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are seen from the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLEXP_DATA", raising=False)


def remarks(columns: Mapping[str, Any], **settings: Any) -> list[Remark]:
    """What is said of a table of these columns."""
    pd.DataFrame(dict(columns)).to_csv("own.csv", index=False)
    return list(Csv(path="own.csv", **{"target": "y", "task": "binary", **settings}).load(None).remarks)


def about(columns: Mapping[str, Any], **settings: Any) -> list[tuple[str, str]]:
    """The rules and places of the features that are said to be needless or to give the target away."""
    rules = ("constant_column", "id_feature", "target_leakage")
    return [(each.rule, each.place.split("column ")[-1]) for each in remarks(columns, **settings) if each.rule in rules]


@pytest.mark.parametrize(
    ("copy", "found"),
    [
        (LABELS, "a copy of the target y"),
        (np.where(LABELS == "yes", 1, 0), "a code of the target y: "),
        (np.where(LABELS == "yes", "buyer", "other"), "a code of the target y: "),
        (
            np.where(LABELS == "yes", RNG.choice(["a", "b"], N), RNG.choice(["c", "d"], N)),
            "words that each stand beside",
        ),
    ],
)
def test_a_code_of_the_classes_is_said(copy: Sequence[Any], found: str) -> None:
    """With the classes of a target, and the key that leaves it out."""
    (remark,) = remarks({"x": NOISE, "copy": copy, "y": LABELS})

    assert (remark.rule, remark.place, remark.key) == (
        "target_leakage",
        "own.csv: column copy",
        "dataset.ignore: [copy]",
    )
    assert remark.found.startswith(found)
    assert remark.found.endswith("in all 160 training rows: it gives the answer away")


@pytest.mark.parametrize("copy", [PRICES, 1.19 * PRICES + 3, -PRICES, PRICES.round(1) * 0 + PRICES * 1e9])
def test_a_linear_function_of_a_number_is_said(copy: Sequence[float]) -> None:
    """Prices with the tax, or in another unit."""
    assert about({"x": NOISE, "copy": copy, "y": PRICES}, task="regression") == [("target_leakage", "copy")]


def test_words_for_a_rating_are_said() -> None:
    """A target of few different numbers has codes as classes have."""
    stars = RNG.integers(1, 6, N)
    words = np.array(["awful", "bad", "fair", "good", "great"])[stars - 1]

    assert about({"x": NOISE, "said": words, "y": stars}, task="regression") == [("target_leakage", "said")]


def test_gaps_that_are_the_answer_are_said() -> None:
    """A date of death that only the dead have."""
    ward = np.where(LABELS == "yes", NOISE, np.nan)
    word = np.where(LABELS == "yes", "north", "")

    assert about({"x": NOISE, "ward": ward, "y": LABELS}, missing="mean") == [("target_leakage", "ward")]
    (remark,) = (
        each for each in remarks({"x": NOISE, "w": word, "y": LABELS}, missing="mean") if "answer" in each.found
    )
    assert "column w" in remark.place


@pytest.mark.parametrize("named", [None, ["x", "copy"]])
def test_leakage_is_said_of_every_kind_of_target(named: list[str] | None) -> None:
    """Of several targets, of labels, of a test file, of Parquet; and where the config names the feature."""
    copy = np.where(LABELS == "yes", "T", "F")
    table = {"x": NOISE, "copy": copy, "y": LABELS, "price": PRICES}
    several = about(table, target={"y": "binary", "price": "regression"}, task=None, features=named)
    flags = {"x": NOISE, "copy": copy, "a": (LABELS == "yes").astype(int), "b": RNG.integers(0, 2, N)}
    labels = about(flags, target=["a", "b"], task="multilabel", features=named)
    pd.DataFrame({"x": NOISE, "copy": copy, "y": LABELS}).to_parquet("own.parquet")
    parquet = Parquet(path="own.parquet", target="y", task="binary", features=named).load(None).remarks

    assert several == labels == [("target_leakage", "copy")]
    assert [each.rule for each in parquet] == ["target_leakage"]


@pytest.mark.parametrize("n", [4, 8, 10, 16])
def test_few_rows_prove_nothing(n: int) -> None:
    """Of ten rows a word or a gap separates two classes by chance, where there are many columns."""
    half = n // 2
    gaps, classes = [*NOISE[:half], *[None] * half], ["a"] * half + ["b"] * half
    table = {"x": NOISE[:n], "w": np.char.upper(classes), "g": gaps, "y": classes}

    assert not about(table, missing="mean")


@pytest.mark.parametrize(
    ("load", "task"),
    [
        (load_iris, "multiclass"),
        (load_wine, "multiclass"),
        (load_breast_cancer, "binary"),
        (load_diabetes, "regression"),
    ],
)
def test_honest_data_stay_quiet(load: Any, task: str) -> None:
    """However well a feature separates the classes, and with ever new values in a column."""
    bunch = load(as_frame=True)
    columns = {f"c{k}": bunch.data.iloc[:, k] for k in range(bunch.data.shape[1])}

    assert not about({**columns, "y": bunch.target}, task=task)
    assert not about({"c": bunch.data.iloc[:, 2], "y": (bunch.target == bunch.target[0]).map({True: "a", False: "b"})})


def test_a_column_with_one_value_is_said() -> None:
    """Words and numbers; one with gaps may tell rows from others."""
    table = {"x": NOISE, "w": ["u"] * N, "k": [3] * N, "g": np.where(NOISE > 0, "u", ""), "y": LABELS}

    assert about(table, missing="mean") == [("constant_column", "w"), ("constant_column", "k")]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("id", RNG.permutation(N)),
        ("PassengerId", np.arange(N) + 892),
        ("customer_id", 10**18 + np.arange(N)),
        ("ID", [str(10**30 + i) for i in range(N)]),
        ("No", np.arange(N) * 7),
        ("case", np.arange(N)),
        ("patient_id", np.arange(N) // 3),
    ],
)
def test_ids_and_counts_of_the_rows_are_said(name: str, values: Sequence[Any]) -> None:
    """With the key that makes them the rows' names, which settles it."""
    columns = {name: values, "x": NOISE, "y": LABELS}
    keys = [each.key for each in remarks(columns) if each.rule == "id_feature"]

    assert keys == [f"dataset.id: {name}"]
    assert not about(columns, id=name)
    assert ("id_feature", name) not in about(columns, features=[name, "x"])


def test_names_of_the_rows_are_said() -> None:
    """A word in each of few rows; of more, they are too many to be categories."""
    names = [f"n{i}" for i in range(60)]

    assert about({"who": names, "x": NOISE[:60], "y": LABELS[:60]}) == [("id_feature", "who")]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("year", np.arange(N) + 1900),
        ("income", RNG.permutation(10**6)[:N]),
        ("size", NOISE),
        ("origin_id", RNG.integers(1, 4, N)),
        ("sorted", np.sort(RNG.integers(0, 10**6, N))),
        ("word", RNG.choice(list("abc"), N)),
    ],
)
def test_ever_new_numbers_that_are_no_ids_stay_quiet(name: str, values: Sequence[Any]) -> None:
    """Honest measurements, and years in their order."""
    assert not about({name: values, "x": NOISE, "y": LABELS})


def test_dates_are_no_ids() -> None:
    """A day for each row is a number when it is read as one."""
    days = pd.date_range("2020-01-01", periods=N).strftime("%Y-%m-%d")

    assert not about({"day": days, "x": NOISE, "y": LABELS}, dates=["day"])
    assert not about({"day": days, "x": NOISE, "y": LABELS}, dates={"day": "seconds"})


def test_the_only_feature_may_count() -> None:
    """There is nothing else to learn from."""
    assert not about({"x": np.arange(N), "y": LABELS})


def test_the_edge_of_a_picture_is_constant() -> None:
    """Of a grid of numbered columns; of fewer columns a constant one is said."""
    pixels = {f"pixel_{i}_{k}": RNG.integers(0, 16, N) * (k > 0) for i in range(7) for k in range(7)}

    assert about({**pixels, "y": LABELS}) == []
    assert ("constant_column", "pixel_0_0") in about({**dict(list(pixels.items())[:20]), "y": LABELS})


def test_codes_of_which_some_look_like_numbers_are_names() -> None:
    """Of hexadecimal digits, as 00e1 and 1234 among others."""
    codes = [f"{k * 2557:08x}" for k in range(60)]

    assert about({"code": codes, "x": NOISE[:60], "y": LABELS[:60]}) == [("id_feature", "code")]
