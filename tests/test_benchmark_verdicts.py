"""`python -m benchmarks verdicts`: its pieces run, agree with dlexp's own verdicts, and notice a rule that is wrong."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from make_runs import finished
from scipy import special

from benchmarks import __main__ as command
from benchmarks import verdicts
from benchmarks.verdicts import (
    campaigns,
    constants,
    false_verdicts,
    fixed_seeds,
    new_examples,
    rule,
    same_experiment,
    shares,
    until_sure,
)
from benchmarks.verdicts.rule import AtOnce, Own
from benchmarks.verdicts.same_experiment import METRICS, SameExperiment, pairs_of
from benchmarks.verdicts.scores import SCORES
from benchmarks.verdicts.stopping import UntilSure
from dlexp.records import index
from dlexp.reports.comparison.groups import experiments_of
from dlexp.statistics import ratchet
from dlexp.statistics.looks import Looks

NORMAL = {"normal": SCORES["normal"]}


@pytest.fixture
def rng() -> np.random.Generator:
    """Always the same numbers."""
    return np.random.default_rng(1)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer comparisons are made again as dlexp makes them."""
    for module in (rule, new_examples, campaigns, shares):
        monkeypatch.setattr(module, "CHECKED", 50)


class Never(AtOnce):
    """Finds no difference."""

    def has_verdict(self, differences: np.ndarray, least_sd: float) -> np.ndarray:
        """Of none."""
        return np.zeros(differences.shape[:-1], dtype=bool)


class LessSure(AtOnce):
    """Of a level that is not dlexp's."""

    def has_dlexps(self, own: Own, n: int) -> bool:
        """At a third of the level."""
        return rule.is_verdict(own(n, self.level / 3))


class Always95(UntilSure):
    """Of the levels of until sure, though dlexp's are those of a single look."""

    def has_dlexps(self, own: Own, n: int) -> bool:
        """At 95 % each."""
        return any(rule.is_verdict(own(seeds, 0.05)) for seeds in range(3, n + 1))


def normal_quantile(p: float, df: float) -> float:
    """What overstates how sure few seeds are."""
    return float(special.ndtri(p))


@pytest.mark.usefixtures("few")
def test_dlexps_rule_is_within_its_bounds(rng: np.random.Generator) -> None:
    """Every simulated part on a small scale; what has no bound is reported."""
    rows = [
        *false_verdicts.simulated(fixed_seeds.FALSE, 2000, 1, rng),
        *false_verdicts.simulated(fixed_seeds.FALSE, 500, 25, rng, NORMAL),
        *fixed_seeds.powers(2000, rng),
        *fixed_seeds.limits(5000, rng),
        *new_examples.coverages(100, rng),
    ]

    assert verdicts.violations(rows) == []
    assert {row["result"] for row in rows} == {"within", "reported"}
    assert all(row.keys() == rows[0].keys() for row in rows)
    skewed = next(row for row in rows if row["of"] == "exponential differences")
    assert float(skewed["n = 3"]) > 8


@pytest.mark.usefixtures("few")
def test_a_rule_that_errs_too_often_is_caught(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were it dlexp's own, with the normal distribution in place of Student's, or with every family member at 95 %."""
    for module in ("benchmarks.verdicts.rule", "benchmarks.verdicts.stopping", "dlexp.statistics.paired"):
        monkeypatch.setattr(f"{module}.t_quantile", normal_quantile)

    found = verdicts.violations(list(false_verdicts.simulated(fixed_seeds.FALSE, 2000, 1, rng, NORMAL)))

    assert found == ["false verdicts, normal: beyond at n = 3, 5, 8, 10, 12"]
    assert verdicts.violations(list(fixed_seeds.powers(2000, rng)))
    found = verdicts.violations(list(false_verdicts.simulated(until_sure.FALSE, 2000, 1, rng, NORMAL)))
    assert found == ["false verdicts, until sure, normal: beyond at n = 5, 12, 20"]


def test_a_rule_that_is_not_dlexps_is_caught(rng: np.random.Generator) -> None:
    """Whether it is never sure, less sure than dlexp, or looks at other levels: its rate is not that of `compare`."""

    for wrong in (Never(), LessSure(), Always95(Looks(8))):
        with pytest.raises(AssertionError, match="of 1000 verdicts are not those of dlexp"):
            false_verdicts.any_verdict(wrong, NORMAL["normal"], (2000, 2, 8), rng)


@pytest.mark.usefixtures("few")
def test_until_sure_is_within_its_bounds(rng: np.random.Generator) -> None:
    """Its levels are those of simulated paths; it errs, finds and stops as was said, on a small scale."""
    rows = [
        *constants.constants(100_000, rng),
        *false_verdicts.simulated(until_sure.FALSE, 2000, 1, rng),
        *false_verdicts.simulated(until_sure.FALSE, 300, 25, rng, NORMAL),
        *until_sure.differing(5000, rng),
        *until_sure.margins(2000, rng),
        *until_sure.others(5000, rng),
    ]

    assert verdicts.violations(rows) == []
    of = {(row["share"], row["of"], row["m"]): row["n = 12"] for row in rows}
    assert float(of["false verdicts, until sure", "exponential differences", 1]) > 10
    assert float(of["false verdicts, other rules", "95 % after each seed", 1]) > 15
    assert float(of["middle of a verdict / difference", "normal, 1 sd", 1]) > 1.1
    assert float(of["within 1.5 sd, until sure", "normal, 0 sd", 1]) > 30


def test_constants_that_are_not_those_of_the_paths_are_caught(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were that of 12 seeds the one of every number."""
    monkeypatch.setattr(constants, "_constant", lambda looks: 2.273)

    (first, *_) = constants.constants(50_000, rng)

    assert first["result"].startswith("beyond at n = 3, 4, 5, 6, 7,")


@pytest.mark.usefixtures("few")
def test_campaigns_without_effect_keep_nothing(rng: np.random.Generator) -> None:
    """In all but a twentieth; a change that is much better is kept."""
    rows = [*campaigns.without_effect(100, rng), *campaigns.with_effect(1000, rng)]

    assert verdicts.violations(rows) == []
    of = {(row["share"], row["of"]): row["n = 12"] for row in rows}
    assert float(of["real changes that are kept", "normal, 2 sd"]) > 95


@pytest.mark.usefixtures("few")
def test_campaigns_without_confirmation_are_caught(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were every promising change kept, or confirmed as if it were the first."""
    for module in (campaigns, ratchet):
        monkeypatch.setattr(module, "level_of", lambda j: 0.8)

    assert len(verdicts.violations(list(campaigns.without_effect(50, rng)))) == 4


@pytest.mark.usefixtures("few")
def test_shares_hold_the_true_ones(rng: np.random.Generator) -> None:
    """Of pairs that interact both ways do, of three keys the full set; their rest betrays that."""
    rows = list(shares.measure(1, rng))

    assert verdicts.violations(rows) == []
    of = {(row["share"], row["of"]): float(row["n = 12"]) for row in rows}
    assert of["all shares hold", "first and last, 6 keys, pairs and a triple"] < 50
    assert of["all shares hold", "one at a time, 6 keys, pairs"] < 50
    assert of["rest found", "6 keys, a triple of 12 sd"] > 95


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
    experiment = recorded(tmp_path, rng, 30)

    rows = list(false_verdicts.real(replace(fixed_seeds.FALSE, real_seeds=(3, 5)), [experiment], rng))
    looked_at = list(false_verdicts.real(replace(until_sure.FALSE, real_seeds=(5, 7)), [experiment], rng))

    assert experiment.least_sds == pytest.approx([0.01 / 6**0.5 * ("accuracy" in metric) for metric in METRICS])
    assert [row["of"] for row in rows] == ["real digits, 7 metrics", "real both, 7 metrics", "real, each of 7 cells"]
    assert all("[" in row["n = 3"] for row in rows[:2])
    assert all("[" in row["n = 5"] for row in looked_at[:2])
    errors = same_experiment.standard_errors({"it": [experiment]}, 5, rng, AtOnce())
    assert errors["it"] > (0.05 * 0.95 / 2000 / 7) ** 0.5
    pairs = pairs_of(np.arange(30), 5, 20, rng)
    with pytest.raises(AssertionError, match="verdicts on recorded runs are not those of dlexp"):
        experiment.require_dlexps(pairs, Never())


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
