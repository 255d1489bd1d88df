"""`python -m benchmarks verdicts`: its pieces run, agree with dlexp's own verdicts, and notice a rule that is wrong."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from make_runs import finished
from scipy import special

from benchmarks import __main__ as command
from benchmarks import rule, same_experiment, verdicts
from benchmarks.same_experiment import METRICS, SameExperiment, pairs_of
from dlexp.records import index
from dlexp.reports.comparison.groups import experiments_of

NORMAL = {"normal": verdicts.SCORES["normal"]}


@pytest.fixture
def rng() -> np.random.Generator:
    """Always the same numbers."""
    return np.random.default_rng(1)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer comparisons are made again as dlexp makes them."""
    monkeypatch.setattr(rule, "CHECKED", 50)


def normal_quantile(p: float, df: float) -> float:
    """What overstates how sure few seeds are."""
    return float(special.ndtri(p))


@pytest.mark.usefixtures("few")
def test_dlexps_rule_is_within_its_bounds(rng: np.random.Generator) -> None:
    """Every simulated part on a small scale; what has no bound is reported."""
    rows = [
        *verdicts.simulated(2000, 1, rng),
        *verdicts.simulated(500, 25, rng, scores=NORMAL),
        *verdicts.powers(2000, rng),
        *verdicts.limits(5000, rng),
        *verdicts.coverages(100, rng),
    ]

    assert verdicts.violations(rows) == []
    assert {row["result"] for row in rows} == {"within", "reported"}
    assert all(row.keys() == rows[0].keys() for row in rows)
    skewed = next(row for row in rows if row["of"] == "exponential differences")
    assert float(skewed["n = 3"]) > 8


@pytest.mark.usefixtures("few")
def test_a_rule_that_errs_too_often_is_caught(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were it dlexp's own, with the normal distribution in place of Student's, or with every family member at 95 %."""
    for module in ("benchmarks.rule", "dlexp.statistics.paired"):
        monkeypatch.setattr(f"{module}.t_quantile", normal_quantile)

    found = verdicts.violations(list(verdicts.simulated(2000, 1, rng, scores=NORMAL)))

    assert found == ["false verdicts, normal: beyond at n = 3, 5, 8, 10, 12"]
    assert verdicts.violations(list(verdicts.powers(2000, rng)))


def test_a_rule_that_is_not_dlexps_is_caught(rng: np.random.Generator) -> None:
    """Whether it is too sure, or never sure: a rate of it would say nothing of `compare`."""

    def too_sure(differences: np.ndarray, level: float, least_sd: float) -> np.ndarray:
        return rule.has_verdict(differences, level * 3, least_sd)

    def never(differences: np.ndarray, level: float, least_sd: float) -> np.ndarray:
        return np.zeros(differences.shape[:-1], dtype=bool)

    for wrong in (too_sure, never):
        with pytest.raises(AssertionError, match="of 1000 verdicts are not those of dlexp"):
            list(verdicts.simulated(2000, 1, rng, wrong, NORMAL))


def recorded(runs_dir: Path, rng: np.random.Generator, n_seeds: int) -> SameExperiment:
    """Records of one experiment with scores by chance; the accuracies lie on a grid."""
    for seed in range(n_seeds):
        scores = {metric: float(rng.normal()) for metric in METRICS}
        scores |= {metric: float(rng.binomial(100, 0.95)) / 100 for metric in METRICS if "accuracy" in metric}
        finished(runs_dir, seed=seed, metrics=scores, examples={"train": 500, "validation": 100, "test": 100})
    (experiment,) = experiments_of(index.finished(runs_dir))
    return SameExperiment(experiment)


def test_recorded_runs_are_drawn_as_two_sides(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their verdicts are those of `compare`, and their standard error is not that of as many independent pairs."""
    for name, value in {"N_SEEDS": 30, "N_HALVES": 10, "PAIRS_OF_ALL": 2000, "PAIRS_OF_HALF": 2000}.items():
        monkeypatch.setattr(same_experiment, name, value)
    monkeypatch.setattr(same_experiment, "CHECKED_PAIRS", 20)
    monkeypatch.setattr(verdicts, "REAL_SEEDS", (3, 5))
    experiment = recorded(tmp_path, rng, 30)

    rows = list(verdicts.real([experiment], rng))

    assert experiment.least_sds == pytest.approx([0.01 / 6**0.5 * ("accuracy" in metric) for metric in METRICS])
    assert [row["of"] for row in rows] == ["real digits, 7 metrics", "real both, 7 metrics", "real, each of 7 cells"]
    assert all("[" in row["n = 3"] for row in rows[:2])
    errors = same_experiment.standard_errors({"it": [experiment]}, 5, rng, rule.has_verdict)
    assert errors["it"] > (0.05 * 0.95 / 2000 / 7) ** 0.5
    pairs = pairs_of(np.arange(30), 5, 20, rng)
    with pytest.raises(AssertionError, match="verdicts on recorded runs are not those of dlexp"):
        experiment.require_dlexps(pairs, lambda differences, level, least_sd: differences.mean(axis=-1) > 0)


def test_sides_of_a_pair_share_no_run(rng: np.random.Generator) -> None:
    """Nor do the pairs of one order of the runs."""
    pairs = pairs_of(np.arange(100, 130), 5, 7, rng)

    assert pairs.shape == (9, 2, 5)
    for order in pairs.reshape(3, 30):
        assert sorted(order) == list(range(100, 130))


def test_what_is_beyond_its_bound_ends_with_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After the table was written, which says so too."""

    def measure(rounds: int, runs_dir: Path) -> list[dict[str, Any]]:
        return [{"share": "power", "of": "it", "n = 3": "60.0", "result": "beyond at n = 3"}]

    monkeypatch.setattr(verdicts, "measure", measure)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "verdicts", "--results", str(tmp_path)])

    with pytest.raises(SystemExit) as ended:
        command.main()

    assert ended.value.code == "power, it: beyond at n = 3"
    assert "beyond at n = 3" in (tmp_path / "verdicts.csv").read_text()
    assert "verdicts.csv" in capsys.readouterr().out
