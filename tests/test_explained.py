"""`compare --explain`: a difference is split over the keys that differ."""

import csv
import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import Invoke
from engines import Scoring
from scipy import stats

import dlexp
from dlexp.components.models import MLP
from dlexp.config.limits import MAX_RUNS
from dlexp.errors import UserError
from dlexp.training.job import Job

THREE = "optimizer: {learning_rate: 0.002}\nmodel: {hidden: [8]}\ntraining: {epochs: 1, batch_size: 64}\n"
FIVE = THREE.replace("[8]}", "[8], activation: tanh, kernel_initializer: he_normal}")
#: By the keys that are as in the second experiment, the accuracy of a seed.
Accuracy = Callable[[frozenset[str], int], float]
Engines = Callable[[Accuracy], Scoring]


def changed(job: Job) -> frozenset[str]:
    """Which keys of a job are as in b."""
    experiment, found = job.experiment, set()
    assert isinstance(experiment.model, MLP)
    for key, is_changed in {
        "hidden": experiment.model.hidden == [8],
        "activation": experiment.model.model_dump()["activation"]["type"] == "tanh",
        "initializer": experiment.model.model_dump()["kernel_initializer"] != MLP().model_dump()["kernel_initializer"],
        "learning_rate": experiment.optimizer.learning_rate == 0.002,
        "batch_size": experiment.training.batch_size == 64,
    }.items():
        if is_changed:
            found.add(key)
    return frozenset(found)


def noise(keys: frozenset[str], seed: int) -> float:
    """A little, which is another for each experiment and seed."""
    return float(_rng(keys, seed).normal(0, 0.001))


def _rng(keys: frozenset[str], seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, *",".join(sorted(keys)).encode()])


@pytest.fixture
def scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engines:
    """Gives runs between a.yaml and b.yaml, or five.yaml, an accuracy instead of training them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("dataset: digits\ntraining: {epochs: 1}\n")
    (tmp_path / "b.yaml").write_text("extends: a.yaml\n" + THREE)
    (tmp_path / "five.yaml").write_text("extends: a.yaml\n" + FIVE)

    def with_accuracy(accuracy: Accuracy) -> Scoring:
        engine = Scoring(lambda job: accuracy(changed(job), job.seed))
        monkeypatch.setattr("dlexp.execution.pool.Pool", lambda *_: engine)
        monkeypatch.setattr("dlexp.execution.script.pool", lambda *_: engine)
        return engine

    return with_accuracy


def hidden_and_rate(keys: frozenset[str], seed: int) -> float:
    """Two keys add up, batch_size does nothing."""
    effects = {"hidden": 0.03, "learning_rate": 0.01}
    return 0.8 + sum(effects.get(key, 0) for key in keys) + noise(keys, seed)


def test_the_answer_names_what_accounts_for_how_much(scored: Engines, invoke: Invoke) -> None:
    """Then a table with each key, the total, and what one has to know."""
    scored(hidden_and_rate)
    code, out, _ = invoke("compare", "a.yaml", "b.yaml", "--explain")

    assert code == 0
    assert out == (
        "Of +3.97 points test_accuracy from a to b, hidden accounts for +2.95 [2.75,\n"
        "3.15] and learning_rate for +1.020 [0.950, 1.090], 5 paired seeds (95 % for all\n"
        "3 together); batch_size: cannot tell.\n"
        "\n"
        "key            from      to     points         interval  verdict\n"
        "hidden         [16, 16]  [8]     +2.95     [2.75, 3.15]  better\n"
        "learning_rate  0.001     0.002  +1.020   [0.950, 1.090]  better\n"
        "batch_size     32        64     -0.005  [-0.053, 0.044]  cannot tell\n"
        "total                            +3.97     [3.78, 4.15]  better\n"
        "\n"
        "Shares: Shapley values over 8 configs, what each key changes on average over all\n"
        "orders of change; for every seed they add up to the total.\n"
        "Intervals: 95 % for all 3 shares together, over 5 paired seeds (Student's t).\n"
        "These seeds could have shown 0.098 points of batch_size.\n"
    )


def test_shares_add_up_for_every_seed_and_are_those_of_all_orders(scored: Engines, invoke: Invoke) -> None:
    """Of scores without any pattern; the interval is that of scipy at 0.05 / 3."""
    scored(lambda keys, seed: float(_rng(keys, seed).uniform(0.5, 0.9)))
    _, out, _ = invoke("compare", "a.yaml", "b.yaml", "--explain", "--format", "csv")
    *parts, total = csv.DictReader(io.StringIO(out))
    seeds = [f"seed_{seed}" for seed in range(5)]

    assert [part["key"] for part in parts] == ["model.hidden", "optimizer.learning_rate", "training.batch_size"]
    assert (parts[0]["from"], parts[0]["to"], total["row"]) == ("[16, 16]", "[8]", "total")
    for seed in seeds:
        assert math.fsum(float(part[seed]) for part in parts) == pytest.approx(float(total[seed]), abs=1e-12)
    for part in parts:
        values = [float(part[seed]) for seed in seeds]
        low, high = stats.ttest_1samp(values, 0).confidence_interval(1 - 0.05 / 3)
        assert (float(part["low"]), float(part["high"])) == pytest.approx((low, high))
        assert float(part["share"]) == pytest.approx(np.mean(values))


def three_interact(keys: frozenset[str], seed: int) -> float:
    """All three together bring 6 points; batch_size alone brings 2."""
    together = {"hidden", "activation", "learning_rate"} <= keys
    return 0.8 + 0.06 * together + 0.02 * ("batch_size" in keys) + noise(keys, seed)


def test_a_rest_betrays_an_interaction_of_three_keys(scored: Engines, invoke: Invoke) -> None:
    """With the command that splits it, which then leaves none."""
    engine = scored(three_interact)
    _, out, _ = invoke("compare", "a.yaml", "five.yaml", "--explain", "--seeds", "5")

    assert len(engine.trained) == 12 * 5
    # Of the first-and-last shares of 3 points each, 3 are too many.
    assert "The shares leave a rest of -2.92 points [" in out
    assert ": three keys or more\ninteract. All 32 configs, 100 more runs, split it over the keys:\n" in out
    assert "\n    dlexp compare a.yaml five.yaml --explain --seeds 5 --full\n" in out
    assert "interaction\n" in out
    _, out, _ = invoke("compare", "a.yaml", "five.yaml", "--explain", "--seeds", "5", "--full", "--format", "json")
    found = json.loads(out)

    assert len(engine.trained) == 32 * 5
    assert (found["method"], found["rest"], len(found["configs"])) == ("shapley", None, 32)
    shares = {next(iter(part["keys"])): part["share"]["mean"] for part in found["parts"]}
    assert shares["model.hidden"] == pytest.approx(0.02, abs=0.003)
    assert shares["training.batch_size"] == pytest.approx(0.02, abs=0.003)


def test_pairs_that_interact_leave_no_rest(scored: Engines, invoke: Invoke) -> None:
    """What two keys do only together is shared out by halves."""
    scored(lambda keys, seed: 0.8 + 0.04 * ({"hidden", "activation"} <= keys) + noise(keys, seed))
    _, out, _ = invoke("compare", "a.yaml", "five.yaml", "--explain", "--format", "json")
    found = json.loads(out)

    assert (found["method"], found["interaction_of_three"]) == ("first and last", False)
    assert [part["share"]["mean"] for part in found["parts"]][:2] == pytest.approx([0.02, 0.02], abs=0.003)
    assert "without an interaction of three keys the rest is 0" in " ".join(found["notes"])


def test_configs_in_between_are_ordinary_runs(scored: Engines, invoke: Invoke, tmp_path: Path) -> None:
    """Under names that say what they are; nothing is trained twice, whatever it is called, in either direction."""
    engine = scored(hidden_and_rate)
    invoke("compare", "a.yaml", "b.yaml", "--explain", "--seeds", "3")

    assert {path.name for path in (tmp_path / "runs").iterdir() if path.is_dir()} == {
        *("a", "b", "a-to-b+hidden", "a-to-b+learning_rate", "a-to-b+batch_size"),
        *("a-to-b-except-hidden", "a-to-b-except-learning_rate", "a-to-b-except-batch_size"),
    }
    (tmp_path / "c.yaml").write_text("extends: b.yaml\n")
    code, _, err = invoke("compare", "c.yaml", "a.yaml", "--explain")

    assert (code, len(engine.trained)) == (0, 8 * 3)
    assert "24 of 24 runs done before" in err


def test_seeds_are_those_on_record(scored: Engines, invoke: Invoke) -> None:
    """Where both have at least three in common; runs may be named instead of files."""
    engine = scored(hidden_and_rate)
    invoke("compare", "a.yaml", "b.yaml", "--explain", "--seeds", "2")
    _, out, _ = invoke("compare", "a", "b", "--explain", "--dry-run", "--format", "json")
    assert json.loads(out)["seeds"] == [0, 1, 2, 3, 4]

    invoke("compare", "a.yaml", "b.yaml", "--explain", "--seeds", "4")
    _, out, _ = invoke("compare", "a", "b", "--explain", "--format", "json")

    assert json.loads(out)["seeds"] == [0, 1, 2, 3]
    assert len(engine.trained) == 4 * 8


def test_two_seeds_cannot_tell(scored: Engines, invoke: Invoke) -> None:
    """There is no interval, and the command that gives one."""
    scored(hidden_and_rate)
    _, out, _ = invoke("compare", "a.yaml", "b.yaml", "--explain", "--seeds", "2")

    assert out.startswith("2 paired seeds cannot tell how much of +")
    assert "\nAn interval takes 3 paired seeds:\n    dlexp compare a.yaml b.yaml --explain --seeds 5\n" in out
    assert "[" not in out.split("verdict\n")[1].replace("[16, 16]", "").replace("[8]", "")


def test_one_key_needs_no_config_in_between(scored: Engines, invoke: Invoke, tmp_path: Path) -> None:
    """It accounts for all of the difference."""
    engine = scored(hidden_and_rate)
    (tmp_path / "b.yaml").write_text("extends: a.yaml\nmodel: {hidden: [8]}\n")
    _, out, _ = invoke("compare", "a.yaml", "b.yaml", "--explain")

    assert out.startswith("All of +2.91 points test_accuracy from a to b [")
    assert "is due to hidden, in\nwhich alone they differ, 5 paired seeds.\n" in out
    assert "One key differs: no config in between is needed." in out
    assert len(engine.trained) == 10


def test_a_seed_on_which_one_diverged_is_left_out(scored: Engines, invoke: Invoke) -> None:
    """What that config is part of has no interval: it would compare luck."""

    def diverges_once(keys: frozenset[str], seed: int) -> float:
        return math.nan if keys == {"hidden"} and seed == 2 else hidden_and_rate(keys, seed)

    scored(diverges_once)
    code, out, _ = invoke("compare", "a.yaml", "five.yaml", "--explain")

    assert code == 0
    assert "Left out: seed 2, since a-to-five+hidden diverged." in out
    assert "over 4 paired seeds" in out
    assert "No interval for hidden and rest: a-to-five+hidden diverged on 1 of 5 seeds, a on\n0 of 5." in out
    (row,) = (line for line in out.splitlines() if line.startswith("hidden "))
    assert row.endswith("no verdict")
    (row,) = (line for line in out.splitlines() if line.startswith("learning_rate "))
    assert row.endswith("better")


@pytest.mark.parametrize("fails", ["diverged", "has no result"])
def test_an_end_that_never_finishes_leaves_nothing_to_split(
    scored: Engines, invoke: Invoke, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    """Nothing of the other configs is said to be missing, whether it diverged or failed otherwise."""
    engine = scored(lambda keys, seed: hidden_and_rate(keys, seed) if keys else math.nan)
    if fails != "diverged":
        monkeypatch.setattr("engines.Diverged", lambda *_: KeyError("planted"))
    code, out, _ = invoke("compare", "a.yaml", "b.yaml", "--explain", "--seeds", "3")

    assert code == (0 if fails == "diverged" else 1)
    assert len(engine.trained) == 24
    assert out.startswith("Cannot tell what accounts for the difference between a and b: on no seed all 8")
    assert [line for line in out.splitlines() if line.startswith("Left out")] == [
        f"Left out: seeds 0, 1, 2, since a {fails}."
    ]


def test_a_config_in_between_that_always_diverges_leaves_nothing_to_split(scored: Engines, invoke: Invoke) -> None:
    """That is said, and which one it is."""
    scored(lambda keys, seed: math.nan if keys == {"hidden"} else hidden_and_rate(keys, seed))
    code, out, _ = invoke("compare", "a.yaml", "b.yaml", "--explain", "--seeds", "3")

    assert code == 0
    assert out.startswith("Cannot tell what accounts for the difference between a and b: on no seed all 8\n")
    assert "Left out: seeds 0, 1, 2, since a-to-b+hidden diverged." in out


def test_a_number_that_no_run_has_is_refused_before_training(scored: Engines, invoke: Invoke, tmp_path: Path) -> None:
    """As of runs whose test split is sealed."""
    engine = scored(hidden_and_rate)
    invoke("compare", "a.yaml", "b.yaml", "--explain", "--seeds", "3")
    n = len(engine.trained)
    code, _, err = invoke("compare", "a", "b", "--explain", "--seeds", "5", "--metric", "val_loss")

    assert (code, err) == (2, "--metric val_loss: no run of a has it\n")
    assert len(engine.trained) == n


def test_dry_run_counts_what_there_is_to_train(scored: Engines, invoke: Invoke, tmp_path: Path) -> None:
    """Config by config, and trains nothing."""
    engine = scored(hidden_and_rate)
    invoke("compare", "a.yaml", "b.yaml", "--explain", "--seeds", "3")
    n = len(engine.trained)
    code, out, _ = invoke("compare", "a.yaml", "five.yaml", "--explain", "--seeds", "3", "--dry-run")

    assert code == 0
    assert "12 configs, 10 of them in between (each part changed first and last); 3 seeds" in out
    # a, and a with one of the three keys, are on record: they are what lies between a and b, too.
    assert "24 to train, 12 done before; time with 1 worker: " in out
    assert len(engine.trained) == n
    assert not (tmp_path / "runs" / "five").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a.yaml"], "--explain takes two experiments, given 1"),
        (["a.yaml", "b.yaml", "five.yaml"], "--explain takes two experiments, given 3"),
        (["a.yaml", "a.yaml"], "a.yaml and a.yaml are the same experiment: there is nothing to explain"),
        (["a.yaml", "iris.yaml"], "a.yaml and iris.yaml cannot be compared: they are scored on other examples"),
        (["a.yaml", "b.yaml", "--metric", "accurracy"], "--metric accurracy: not recorded by both. Did you mean 'acc"),
        (["a.yaml", "b.yaml", "--sort", "loss"], "--explain decides which runs there are; leave out --sort"),
        (["a.yaml", "b.yaml", "--until-sure", "5"], "--explain decides which runs there are; leave out --until-sure"),
        (["a.yaml", "b.yaml", "--metric", "loss", "--metric", "accuracy"], "--explain splits one number; name one"),
        (
            ["a.yaml", "five.yaml", "--full", "--seeds", "5000"],
            "100,000 runs at most in one command: 5 keys take 160,0",
        ),
        (
            ["a.yaml", "front.yaml", "--metric", "val_loss"],
            "a.yaml and front.yaml cannot be compared by val_loss: other examples",
        ),
    ],
)
def test_what_cannot_be_explained_is_refused(
    scored: Engines, invoke: Invoke, tmp_path: Path, words: list[str], said: str
) -> None:
    """Before anything is trained."""
    engine = scored(hidden_and_rate)
    (tmp_path / "iris.yaml").write_text("dataset: iris\n")
    (tmp_path / "front.yaml").write_text("extends: a.yaml\nvalidation: {type: front, size: 100}\n")
    code, out, err = invoke("compare", *words, "--explain")

    assert (code, out) == (2, "")
    assert err.startswith(said)
    assert not engine.trained


def test_a_name_of_several_experiments_is_refused(scored: Engines, invoke: Invoke, tmp_path: Path) -> None:
    """With a run of each, by which it can be named."""
    scored(hidden_and_rate)
    for hidden in ("[4]", "[8]"):
        (tmp_path / "b.yaml").write_text(f"extends: a.yaml\nmodel: {{hidden: {hidden}}}\n")
        invoke("compare", "a.yaml", "b.yaml", "--explain", "--seeds", "3")
    code, _, err = invoke("compare", "a", "b", "--explain")

    assert code == 2
    assert err.startswith("b: 2 experiments; name one of them by a run: b/s0-")
    assert "(b hidden=[4])" in err
    run = err.split("by a run: ")[1].split(" ")[0]
    assert invoke("compare", "a", run, "--explain")[0] == 0


def test_python_gives_a_table(scored: Engines) -> None:
    """With a row for each key and the total, the share of each seed, and the answer."""
    scored(hidden_and_rate)
    found: Any = dlexp.explain("a.yaml", "b.yaml", seeds=[3, 4, 5])

    assert found["row"].tolist() == ["key", "key", "key", "total"]
    assert found["verdict"].tolist()[:2] == ["better", "better"]
    by_seed = found[["seed_3", "seed_4", "seed_5"]].to_numpy()
    assert by_seed[:3].sum(axis=0) == pytest.approx(by_seed[3], abs=1e-12)
    assert found.attrs["answer"].startswith(
        "Of +4.07 points test_accuracy from a to b, hidden accounts for +2.97 [2.62, 3.31]"
    )
    with pytest.raises(UserError, match="are the same experiment"):
        dlexp.explain("a.yaml", "a.yaml")


@pytest.mark.parametrize(
    ("name", "wrong"), [("a", 5), ("metric", ["loss"]), ("seeds", [1, 1]), ("full", "yes"), ("workers", 0)]
)
def test_wrong_arguments_are_named(scored: Engines, name: str, wrong: object) -> None:
    """Before anything is trained."""
    engine = scored(hidden_and_rate)
    arguments: Any = {"a": "a.yaml", "b": "b.yaml", name: wrong}

    with pytest.raises(UserError, match=f"^{name}: "):
        dlexp.explain(**arguments)
    assert not engine.trained


def test_many_runs_are_refused_without_all_combinations_too(scored: Engines) -> None:
    """By their number."""
    with pytest.raises(UserError, match="100,000 runs at most in one command: 3 keys take 800,000"):
        dlexp.explain("a.yaml", "b.yaml", seeds=MAX_RUNS)
