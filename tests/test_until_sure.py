"""`compare --until-sure`: seeds are trained until experiments can be told apart."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import Invoke
from engines import Scoring
from make_runs import CONFIG, changed, failed, finished
from scipy import stats

import dlexp
from dlexp.errors import UserError
from dlexp.execution import arguments
from dlexp.records.index import Run, read
from dlexp.records.numbering import Numbering
from dlexp.reports.comparison.facts import compare
from dlexp.reports.comparison.stops import Design
from dlexp.reports.comparison.until_sure import UntilSure
from dlexp.training.job import Job

WIDER = changed(model={"hidden": [128, 64]})
#: c of at most 12 seeds and one comparison (Wang and Tsiatis, 1987).
C_12 = 2.273
#: By the name of an experiment the accuracies that its runs get, seed by seed.
Accuracies = Mapping[str, Sequence[float]]


@pytest.fixture
def scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Accuracies], Scoring]:
    """Gives the runs of two configs, a and b, these accuracies instead of training them."""
    monkeypatch.chdir(tmp_path)
    for i, name in enumerate("abc"):
        (tmp_path / f"{name}.yaml").write_text(
            f"dataset: digits\nmodel: {{hidden: [{i + 20}]}}\ntraining: {{epochs: 1}}\n"
        )

    def with_accuracies(accuracies: Accuracies) -> Scoring:
        def accuracy(job: Job) -> float:
            return accuracies[job.experiment.name][job.seed]

        engine = Scoring(accuracy)
        monkeypatch.setattr("dlexp.execution.pool.Pool", lambda *_: engine)
        return engine

    return with_accuracies


def brute_force(differences: Sequence[float], margin: float | None) -> tuple[int, str]:
    """The rule as it is written down, by scipy."""
    for n in range(3, 13):
        d = np.asarray(differences[:n])
        level = 2 * stats.norm.cdf(-C_12 * (12 / n) ** 0.25)
        error = d.std(ddof=1) / math.sqrt(n)
        half = stats.t.ppf(1 - level / 2, n - 1) * error
        if abs(d.mean()) > half:
            return n, "told"
        if margin is not None and abs(d.mean()) + half < margin:
            return n, "within the margin"
        if n >= 6 and abs(d.mean()) < error and (margin is None or abs(margin - abs(d.mean())) < error):
            return n, "given up"
    return 12, "all seeds"


def test_a_mean_near_0_is_not_given_up_where_a_margin_may_still_be_shown(tmp_path: Path) -> None:
    """Its interval is nearly within the margin after 6 seeds, and is within it after 8."""
    differences = [0.02, -0.02, 0.01, -0.01, 0.02, -0.02, 0.01, -0.01, 0.0, 0.0, 0.0, 0.0]
    runs = {
        "a": [read(finished(tmp_path, "a", seed, 0.5)) for seed in range(12)],
        "b": [read(finished(tmp_path, "b", seed, 0.5 + x, WIDER)) for seed, x in enumerate(differences)],
    }
    ends = {
        margin: UntilSure(design=Design(12, margin=margin), labels="ab", metrics=["val_accuracy"]).stop("b", runs)
        for margin in (None, 0.022)
    }

    assert {margin: (stop.n_seeds, stop.why) for margin, stop in ends.items()} == {
        None: (6, "given up"),
        0.022: (8, "within the margin"),
    }


@pytest.mark.parametrize("margin", [None, 0.03, 0.05])
@pytest.mark.parametrize("effect", [0.0, 0.02, 0.06])
@pytest.mark.parametrize("draw", [1, 2])
def test_each_pair_stops_where_the_rule_says(tmp_path: Path, effect: float, margin: float | None, draw: int) -> None:
    """At the first look in the order of the seeds, whatever is on record beyond it."""
    rng = np.random.default_rng([draw, int(100 * effect)])
    first, other = 0.5 + 0.02 * rng.normal(size=12), 0.5 + effect + 0.02 * rng.normal(size=12)
    runs: dict[str, list[Run]] = {
        "a": [read(finished(tmp_path, "a", seed, x)) for seed, x in enumerate(first)],
        "b": [read(finished(tmp_path, "b", seed, x, WIDER)) for seed, x in enumerate(other)],
    }
    asked = UntilSure(design=Design(12, margin=margin), labels="ab", metrics=["val_accuracy"])

    stop = asked.stop("b", runs)

    assert (stop.n_seeds, stop.why) == brute_force(list(other - first), margin)
    assert asked.stop("b", {key: own[:2] for key, own in runs.items()}).why == "unfinished"
    looks = [asked.is_settled("b", {key: own[:n] for key, own in runs.items()}) for n in range(3, stop.n_seeds)]
    assert not any(looks)


def test_a_clear_difference_takes_few_seeds(scored: Callable[[Accuracies], Scoring], invoke: Invoke) -> None:
    """No more is trained than the answer takes; the same command again trains nothing and says the same."""
    noise = [0.001 * (i % 3) for i in range(12)]
    engine = scored({"a": [0.7] * 12, "b": [0.9 + x for x in noise]})

    code, out, err = invoke("compare", "a.yaml", "b.yaml", "--until-sure", "12")
    _, again, said = invoke("compare", "a.yaml", "b.yaml", "--until-sure", "12")

    assert code == 0
    assert engine.trained == [0, 0, 1, 1, 2, 2]
    assert "b is better than a: +20.1 points test_accuracy" in out
    assert "3 of at most 12 paired seeds" in out.replace("\n", " ")
    assert "Sure after 3 of at most 12 seeds.\nThe answer is from 6 runs of at most 24." in out
    assert "overstates the difference" in out.replace("\n", " ")
    assert again == out
    assert "[6 of at most 24] b, seed 2: " in err
    assert said == "6 of at most 24 runs done before\n"


def test_no_difference_is_given_up_and_asked_again_on_others(
    scored: Callable[[Accuracies], Scoring], invoke: Invoke
) -> None:
    """From half of the seeds on; adding seeds because of the answer is not advised."""
    engine = scored({"a": [0.7] * 12, "b": [0.7 + 0.01 * (-1) ** i for i in range(12)]})

    _, out, _ = invoke("compare", "a.yaml", "b.yaml", "--until-sure", "12", "--metric", "val_accuracy")

    assert max(engine.trained) == 5
    assert "Given up after 6 of at most 12 seeds, since the mean is within its standard" in out
    command = "dlexp compare a.yaml b.yaml --metric val_accuracy --until-sure 24 --first-seed 12"
    assert command in out.replace(" \\\n       ", "")
    assert "Planned for n" not in out


def test_a_question_that_is_topped_up_is_told_to_be(scored: Callable[[Accuracies], Scoring], invoke: Invoke) -> None:
    """With other looks on the same seeds, it is wrong more often than each is; one that shares a side is none."""
    wave = [0.01 * (-1) ** i for i in range(12)]
    scored({"a": [0.7] * 12, "b": [0.7 + x for x in wave], "c": [0.7 - x for x in wave]})
    said = (
        "Some of these seeds were trained until sure with at most 5: if that was this question, and left open, this "
        "answer is wrong in 7 to 8 % of cases, not 5; ask on others."
    )
    words = [
        " ".join(invoke("compare", "a.yaml", other, "--until-sure", most)[1].split())
        for other, most in (("b.yaml", "5"), ("c.yaml", "12"), ("b.yaml", "12"), ("b.yaml", "12"))
    ]

    assert [said in text for text in words] == [False, False, True, True]


def test_a_margin_ends_what_makes_no_difference(scored: Callable[[Accuracies], Scoring], invoke: Invoke) -> None:
    """With the interval inside it; in points as `compare` prints them."""
    scored({"a": [0.7] * 12, "b": [0.7 + 0.001 * (i % 2) for i in range(12)]})

    words = ("compare", "a.yaml", "b.yaml", "--until-sure", "12", "--margin", "3 points")
    _, out, _ = invoke(*words, "--format", "json")

    assert "No difference beyond 3.0 points, after 3 of at most 12 seeds." in invoke(*words)[1]
    (stop,) = json.loads(out)["until_sure"]["stops"]
    assert stop == {"experiment": "b", "column": "test_accuracy", "n_seeds": 3, "why": "within the margin"}


def test_a_later_comparison_knows_how_the_seeds_were_ordered(
    scored: Callable[[Accuracies], Scoring], invoke: Invoke
) -> None:
    """Its interval is as wide, although nobody says so; that of a fixed number of seeds is narrower."""
    scored({"a": [0.7] * 12, "b": [0.75, 0.77, 0.8, 0.74, *[0.76] * 8]})
    options = ("--metric", "test_accuracy", "--format", "json")
    _, sure, _ = invoke("compare", "a.yaml", "b.yaml", "--until-sure", "12", *options)
    _, later, _ = invoke("compare", "a", "b", *options)

    found, after = (json.loads(text)["headlines"][0]["difference"] for text in (sure, later))
    assert (after["pairs"], after["interval"]) == (found["pairs"], found["interval"])
    assert found["level"] == pytest.approx(2 * stats.norm.cdf(-C_12 * (12 / found["pairs"]) ** 0.25))


def test_three_experiments_share_the_level_and_each_has_its_own_stop(
    scored: Callable[[Accuracies], Scoring], invoke: Invoke
) -> None:
    """One that is told needs no more seeds; the first one has those of the last stop."""
    wave = [0.01 * (-1) ** i for i in range(12)]
    engine = scored({"a": [0.7] * 12, "b": [0.9 + x / 10 for x in wave], "c": [0.7 + x for x in wave]})

    _, out, _ = invoke("compare", "a.yaml", "b.yaml", "c.yaml", "--until-sure", "12", "--format", "json")

    found = json.loads(out)
    assert [(each["experiment"], each["n_seeds"]) for each in found["until_sure"]["stops"]] == [("b", 3), ("c", 6)]
    assert len(engine.trained) == 6 + 3 + 6
    assert [each["difference"]["looks"]["comparisons"] for each in found["headlines"]] == [2, 2]


def test_what_becomes_of_the_first_one_later_takes_no_verdict_back(tmp_path: Path) -> None:
    """Seeds on which it is trained for others, and diverges, are none of one that was told before; later, too."""
    scores = {
        "a": [0.5] * 12,
        "b": [0.7, 0.701, 0.702],
        "c": [0.505 + 0.01 * float(x) for x in np.random.default_rng(1).normal(size=12)],
    }
    configs = {"a": CONFIG, "b": WIDER, "c": changed(model={"hidden": [12, 64]})}
    runs: dict[str, list[Run]] = {
        name: [
            read(failed(tmp_path, name, seed, configs[name]))
            if seed == 6 and name != "b"
            else read(finished(tmp_path, name, seed, x, configs[name], until_sure=12))
            for seed, x in enumerate(own)
        ]
        for name, own in scores.items()
    }

    found = UntilSure(design=Design(12), labels="abc", metrics=["val_accuracy"]).comparison(runs)
    later = compare([run for own in runs.values() for run in own], ["val_accuracy"])

    assert found.stops
    assert [stop.why for stop in found.stops.each] == ["told", "told"]
    assert found.stops.each[0].n_seeds == 3 < 6 < found.stops.each[1].n_seeds
    of_b = found.headlines[0].difference
    assert of_b
    assert (of_b.pairs, of_b.verdict) == (3, "better")
    after = later.headlines[0].difference
    assert after
    assert (after.pairs, after.level, after.interval, after.verdict) == (3, of_b.level, of_b.interval, "better")


def test_seeds_that_diverge_or_collapse_on_one_side_are_given_up(
    scored: Callable[[Accuracies], Scoring], invoke: Invoke
) -> None:
    """No verdict compares luck, and one side alone diverges; the command has done what it was asked."""
    engine = scored({"a": [0.7] * 12, "b": [0.9, math.nan, 0.91] * 4})

    code, out, _ = invoke("compare", "a.yaml", "b.yaml", "--until-sure", "12")

    assert code == 0
    assert max(engine.trained) == 5
    assert "Given up after 6 of at most 12 seeds, since no number of them would tell." in out
    assert "diverged on 2 of 6 seeds" in out.replace("\n", " ")


def test_the_same_command_means_the_same_where_no_run_finished(
    scored: Callable[[Accuracies], Scoring], invoke: Invoke
) -> None:
    """All seeds of one may have diverged: its name still means it."""
    engine = scored({"a": [0.7] * 12, "b": [math.nan] * 12})
    _, first, _ = invoke("compare", "a", "b", "--until-sure", "12")
    n_trained = len(engine.trained)

    code, out, _ = invoke("compare", "a", "b", "--until-sure", "12")

    assert (code, out) == (0, first)
    assert len(engine.trained) == n_trained


def test_a_name_whose_only_run_was_killed_means_its_config(
    tmp_path: Path, scored: Callable[[Accuracies], Scoring], invoke: Invoke
) -> None:
    """A command that was killed in its first run can be given again."""
    scored({"a": [0.7] * 12, "b": [0.9 + i / 1000 for i in range(12)]})
    run_dir = Numbering(tmp_path / "runs").create("b", 0, "e" * 64)
    run_dir.write_config("name: b\n")

    code, out, err = invoke("compare", "a", "b", "--until-sure", "12")

    assert code == 0, err
    assert out.startswith("b is better than a")


def test_dry_run_counts(scored: Callable[[Accuracies], Scoring], invoke: Invoke) -> None:
    """At least three seeds of each, at most all; what is done counts."""
    engine = scored({"a": [0.7] * 12, "b": [0.9] * 12})
    _, out, _ = invoke("compare", "a.yaml", "b.yaml", "--until-sure", "12", "--dry-run")

    assert out == (
        "a and b, seeds 0 to 11 at most.\n"
        "At least 6 runs, at most 24, of which 0 are done; 24 to train at most, for how\n"
        "long is not known (no finished run on the same data on this machine).\n"
        "It ends as soon as each experiment is told from the first one, or given up.\n"
    )
    assert not engine.trained


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("a.yaml", "--until-sure", "12"), "--until-sure compares two experiments or more, and 1 is named"),
        (("a.yaml", "b.yaml", "--until-sure", "30"), "--until-sure: 24 seeds at most, for which the levels"),
        (("a.yaml", "b.yaml", "--until-sure", "2"), "--until-sure: 3 seeds at least, asked for 2"),
        (("a.yaml", "b.yaml", "--until-sure", "12", "--sort", "val_loss"), "leave out --sort"),
        (("a.yaml", "b.yaml", "--until-sure", "12", "--margin", "0"), "--margin: expected a size above 0"),
        (("a.yaml", "b.yaml", "--until-sure", "12", "--metric", "seconds"), "neither way is better of seconds"),
        (("a.yaml", "b.yaml", "--until-sure", "12", "--metric", "test_acuracy"), "Did you mean 'test_accuracy'?"),
        (("a.yaml", "b.yaml", "--until-sure", "12", "--margin", "5"), "write 0.05 or '5 points'"),
        (
            ("a.yaml", "b.yaml", "--until-sure", "12", "--metric", "val_loss", "--margin", "2 points"),
            "val_loss has no points; write a size in its own unit",
        ),
        (("a.yaml", "iris.yaml", "--until-sure", "12"), "a and iris cannot be compared: they are scored on other"),
        (("a.yaml", "b.yaml", "--workers", "2"), "--workers: nothing is trained without --until-sure"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    words: tuple[str, ...], message: str, scored: Callable[[Accuracies], Scoring], invoke: Invoke
) -> None:
    """In a line, with exit code 2, before anything is trained."""
    engine = scored({"a": [0.7] * 12, "b": [0.9] * 12})
    Path("iris.yaml").write_text("dataset: iris\n")

    code, _, err = invoke("compare", *words)

    assert not engine.trained
    assert (code, message in err) == (2, True), err


def test_several_targets_need_a_metric_before_anything_is_trained(
    tmp_path: Path, scored: Callable[[Accuracies], Scoring], invoke: Invoke
) -> None:
    """Each has a number that decides."""
    engine = scored({})
    (tmp_path / "tasks.yaml").write_text(
        "extends: a.yaml\ndataset: {target: [digit, parity]}\nheads: {digit: multiclass, parity: binary}\n"
    )

    code, _, err = invoke("compare", "tasks.yaml", "a.yaml", "--until-sure", "12")

    assert (code, engine.trained) == (2, [])
    assert "asks by one number, and digit and parity have one each; name a column of one with --metric" in err


def test_python_asks_the_same(scored: Callable[[Accuracies], Scoring], monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of the comparison, and the answers beside them."""
    engine = scored({"a": [0.7] * 12, "b": [0.9 + 0.001 * (i % 3) for i in range(12)]})
    monkeypatch.setattr("dlexp.execution.script.pool", lambda *_: engine)
    monkeypatch.setattr("dlexp.execution.script.require_trainer", lambda _: None)

    frame = dlexp.compare_until_sure("a.yaml", "b.yaml", max_seeds=12, metrics=["test_accuracy"])

    assert frame["verdict"].tolist()[1] == "better"
    assert (frame["stopped"][1], frame["stopped_after"][1]) == ("told", 3)
    assert frame.attrs["answers"][1] == "Sure after 3 of at most 12 seeds."


@pytest.mark.parametrize("given", [-1, 0.0, float("nan"), float("inf"), True, "-2 points", "few", [0.02]])
def test_a_margin_is_a_size_in_python_too(given: Any) -> None:
    """Of whatever type it is, a wrong one is refused like any argument."""
    with pytest.raises(UserError, match=r"margin: expected a size above 0, such as 0\.02 or '2 points', given "):
        dlexp.compare_until_sure("a.yaml", "b.yaml", max_seeds=12, margin=given)


@pytest.mark.parametrize(("given", "size"), [(0.02, 0.02), ("0.02", 0.02), ("2 points", 0.02), (np.float32(2), 2.0)])
def test_a_margin_may_be_in_points(given: object, size: float) -> None:
    """As `compare` prints differences of accuracies."""
    assert arguments.margin(given) == size


def test_many_experiments_stop_by_the_number_that_ranks_them(tmp_path: Path) -> None:
    """By their validation scores: the test split still tells how good the best one is."""
    runs: dict[str, list[Run]] = {}
    for i, name in enumerate("abcd"):
        config = changed(model={"hidden": [16 * (i + 1), 64]})
        accuracies = [0.5 + 0.1 * i + 0.001 * (seed % (i + 2)) for seed in range(12)]
        metrics = [{"val_accuracy": x, "test_accuracy": 0.5 + 0.1 * (seed % 3)} for seed, x in enumerate(accuracies)]
        head: dict[str, Any] = {"head_metrics": ["accuracy"], "main_metrics": ["accuracy"]}
        runs[name] = [
            read(finished(tmp_path, name, seed, config=config, metrics=own, **head)) for seed, own in enumerate(metrics)
        ]

    many, few = (UntilSure(design=Design(12), labels=labels, metrics=()) for labels in ("abcd", "abc"))

    assert (many.stop("b", runs).column, many.stop("b", runs).why) == ("val_accuracy", "told")
    assert (few.stop("b", runs).column, few.stop("b", runs).why) == ("test_accuracy", "untellable")


def test_many_are_decided_by_one_number_that_all_can_be_compared_by(
    scored: Callable[[Accuracies], Scoring], invoke: Invoke
) -> None:
    """That of the test split where one validates on other examples: none is given up for it."""
    means = {"b": 0.8, "c": 0.9, "d": 0.95}
    accuracies = {name: [mean + 0.001 * (i % 3) for i in range(12)] for name, mean in means.items()}
    accuracies["a"] = [0.7] * 12
    engine = scored(accuracies)
    Path("d.yaml").write_text("extends: a.yaml\nmodel: {hidden: [9]}\nvalidation: {type: front, size: 100}\n")

    _, out, _ = invoke("compare", "a.yaml", "b.yaml", "c.yaml", "d.yaml", "--until-sure", "12", "--format", "json")

    found = json.loads(out)
    assert {each["column"] for each in found["until_sure"]["stops"]} == {"test_accuracy"}
    assert [each["why"] for each in found["until_sure"]["stops"]] == ["told"] * 3
    assert len(engine.trained) == 12


def test_asked_again_with_the_same_margin(scored: Callable[[Accuracies], Scoring], invoke: Invoke) -> None:
    """As it was written."""
    scored({"a": [0.7] * 12, "b": [0.7 + 0.05 * (-1) ** i for i in range(12)]})

    _, out, _ = invoke("compare", "a.yaml", "b.yaml", "--until-sure", "12", "--margin", "2 points")

    assert "--margin '2 points' --until-sure 24 --first-seed 12" in " ".join(out.replace("\\\n", " ").split())
