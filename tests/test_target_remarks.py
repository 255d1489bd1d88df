"""What is said of targets that do not suit what learns them."""

from pathlib import Path

import numpy as np
import pytest

from dlexp.config.checks import completed
from dlexp.config.load import load
from dlexp.training.splits import split

RNG = np.random.default_rng(0)
X, NOISE = RNG.normal(size=(2, 100, 2))


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files lie in the working directory."""
    monkeypatch.chdir(tmp_path)


def said(targets: dict[str, np.ndarray], tasks: str, rest: str) -> list[str]:
    """What is said of the targets of a table, without how to allow it."""
    columns = {"a": X[:, 0], "b": X[:, 1], **targets}
    lines = zip(*([f"{value:.12g}" for value in column] for column in columns.values()), strict=True)
    Path("t.csv").write_text("\n".join(map(",".join, [tuple(columns), *lines])) + "\n")
    Path("c.yaml").write_text(
        f"dataset: {{type: csv, path: t.csv, features: [a, b], {tasks}, test_split: {{type: time, size: 20}}}}\n"
        f"validation: {{type: front, size: 10}}\n{rest}"
    )
    experiment = load("c.yaml").experiment
    data = experiment.dataset.load(None)
    found = split(completed(experiment, data.info or experiment.dataset.info()), data).remarks
    rules = ("unscaled_targets", "exact_bounds", "large_min_delta")
    return [str(each).partition(" (allow: ")[0] for each in found if each.rule in rules]


def number(y: np.ndarray, head: str, rest: str = "") -> list[str]:
    """What is said of a single number."""
    return said({"y": y}, "target: y, task: regression", f"head: {head}\n{rest}")


RAW = "{type: gaussian, standardize_target: false}"
#: With a mean of 0 and a standard deviation of 1 in every split.
SIGNS = (-1.0) ** np.arange(100)


@pytest.mark.parametrize(
    ("factor", "why"),
    [
        (1.0, ""),
        (1000.0, ""),
        (1e5, "up to 1e+05: outputs begin near 0 and take long to get there"),
        (1e-5, "with a standard deviation of 1e-05: a step of training moves outputs farther than that"),
    ],
)
def test_a_number_in_its_own_unit(factor: float, why: str) -> None:
    """Said if nothing standardizes it and it is very large or small, with the key that does."""
    expected = f"t.csv: targets reach the head as they are, {why}; see head.standardize_target: true"

    assert number(SIGNS * factor, RAW) == [expected] * bool(why)
    assert number(SIGNS * factor, "{type: gaussian}") == []


SEVERAL = "heads: {{big: {{standardize_target: {}}}, small: {{standardize_target: {}}}, cls: {{}}}}\n"
DIFFER = "t.csv: targets reach their heads as they are, on scales that differ: "


@pytest.mark.parametrize(
    ("are_standardized", "expected"),
    [
        (
            "false false",
            "the standard deviation of big is 1000, that of small 0.01, so that the loss of big outweighs the other; "
            "see heads.big.standardize_target: true and heads.small.standardize_target: true",
        ),
        (
            "false true",
            "the standard deviation of big is 1000, that of small near 1, so that the loss of big outweighs the other; "
            "see heads.big.standardize_target: true",
        ),
        ("true false", ""),
        ("true true", ""),
    ],
)
def test_several_targets_of_other_scales(are_standardized: str, expected: str) -> None:
    """A thousandfold, and one trunk; with a trunk each, no loss outweighs another."""
    targets = {"big": 1e3 * SIGNS, "small": 1e-2 * SIGNS[::-1], "cls": np.arange(100) // 50}
    tasks = "target: {big: regression, small: regression, cls: binary}"
    heads = SEVERAL.format(*are_standardized.split())

    assert said(targets, tasks, heads) == [DIFFER + expected] * bool(expected)
    apart = f"head: {{type: multitask, sharing: none, {heads.strip()}}}\n"
    assert said(targets, tasks, apart) == []


@pytest.mark.parametrize(("n_exact", "is_said"), [(0, False), (1, False), (2, True), (40, True)])
@pytest.mark.parametrize("edge", [0, 1])
def test_exact_bounds(n_exact: int, edge: int, is_said: bool) -> None:
    """From two and one in a hundred training targets on; cross-entropy takes them."""
    y = np.linspace(0.2, 0.8, 100)
    y[30 : 30 + n_exact] = edge
    expected = (
        f"t.csv: {n_exact} of 70 training targets are 0 or 1, where a beta distribution has no density: they count as "
        "1e-06 away from it and outweigh the others; see head.type: proportion"
    )

    assert said({"y": y}, "target: y, task: proportion", "head: {type: beta}\n") == [expected] * is_said
    assert said({"y": y}, "target: y, task: proportion", "head: {type: proportion}\n") == []


@pytest.mark.parametrize(
    ("mean", "bias", "key"),
    [
        (500, 0.0, ""),
        (20_000, 0.0, "output_bias: 9.9"),
        (20_000, 9.9, ""),
        (10**10, 0.0, "type: regression"),
    ],
)
def test_counts_far_from_where_the_rate_begins(mean: int, bias: float, key: str) -> None:
    """By hand: log 20,000 is 9.9; from e^20 on the rate is not exponential any more."""
    head = f"head: {{type: poisson, output_bias: {bias}}}\n"
    expected = (
        f"t.csv: counts with a mean of {mean:.4g} reach the head as they are, whose rate begins near 1 and takes long "
        f"to get there; see head.{key}"
    )

    assert said({"y": mean + SIGNS}, "target: y, task: count", head) == [expected] * bool(key)


@pytest.mark.parametrize(("factor", "is_said"), [(1.0, False), (1e-12, True)])
def test_an_improvement_larger_than_the_targets(factor: float, is_said: bool) -> None:
    """By hand: the median of as many 1 as -1 is 0, and the mean absolute error 1."""
    stopping = "training: {early_stopping: {monitor: val_mae, min_delta: 0.001}}\n"
    expected = (
        "t.csv: the best constant prediction has a val_mae of 1e-12: hardly an epoch improves it by more than "
        "min_delta, 0.001; see training.early_stopping.min_delta"
    )

    assert number(SIGNS * factor, "{type: regression}", stopping) == [expected] * is_said
    assert number(SIGNS * factor, "{type: regression}", stopping.replace("mae", "loss")) == []
