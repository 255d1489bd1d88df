"""Studies that tune their variants before they judge: what is picked, trained, and said of both kinds of variants."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from commands import Invoke
from engines import Scoring
from recorded_studies import record, record_points, recorded, study

from dlexp.config.load_study import load_study
from dlexp.errors import UserError
from dlexp.execution.plan import Request
from dlexp.records.index import finished
from dlexp.reports.study.picks import Pick, PointScores
from dlexp.training.job import Job
from dlexp.workflows.study import preview
from dlexp.workflows.tuning import plan_tuning

RATES = "{optimizer.learning_rate: [0.001, 0.01, 0.1]}"
BETTER = "says: Adam is better., metric: test_accuracy, difference: adam - sgd, at_least: 0.01"
#: Of each rate the validation accuracy on the three tuning seeds: 0.1 is best for sgd, 0.01 for adam.
POINTS = {
    "sgd": [[0.5, 0.51, 0.52], [0.8, 0.81, 0.82], [0.95, 0.96, 0.955]],
    "adam": [[0.9, 0.905, 0.91], [0.92, 0.93, 0.925], [0.6, 0.61, 0.615]],
}
#: On the study's seeds: untuned adam is better, tuned sgd.
SGD, ADAM = [0.85, 0.86, 0.84, 0.87, 0.85], [0.90, 0.91, 0.905, 0.90, 0.90]
SGD_TUNED, ADAM_TUNED = [0.96, 0.97, 0.965, 0.96, 0.965], [0.92, 0.925, 0.92, 0.93, 0.925]
LOST = float("nan")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tuned_study(folder: Path, claim: str = BETTER) -> Path:
    """A study of the iris config that tunes the learning rate of both variants."""
    return study(folder / "s.yaml", claim, tune=RATES, seeds=5)


def record_all(path: Path, points: dict[str, list[list[float]]], best: dict[str, list[float]]) -> None:
    """The runs of both phases: all points, then the best of each variant and the variants as they are written."""
    record_points(path, Path("runs"), points)
    record(path, Path("runs"), {"sgd": SGD, "adam": ADAM})
    of_points = load_study(path).points
    for name, values in best.items():
        means = [math.nan if any(map(math.isnan, each)) else sum(each) for each in points[name]]
        index = max(range(len(means)), key=lambda i: -math.inf if math.isnan(means[i]) else means[i])
        recorded(of_points[name][index].config.experiment, Path("runs"), enumerate(values))


@pytest.mark.usefixtures("untrained")
def test_the_page_says_what_was_picked_and_that_the_winner_flips(folder: Path, invoke: Invoke) -> None:
    """Claims are judged on the tuned variants, and each says how it comes out untuned; nothing on record is trained."""
    path = tuned_study(folder)
    record_all(path, POINTS, {"sgd": SGD_TUNED, "adam": ADAM_TUNED})

    code, out, err = invoke("study", "s.yaml")

    assert code == 1
    assert err.splitlines() == [
        "s.yaml:3: tune.optimizer.learning_rate: warning: 0.1 is far from what adam usually takes, 1e-06 to 0.03; set "
        "optimizer.learning_rate=0.001 (allow: [learning_rate] if it is meant)",
        "tuning first, by 18 runs on seeds of their own:",
        "18 of 18 runs done before",
        "then the runs that judge, with the best of each and untuned:",
        "20 of 20 runs done before",
    ]
    assert (
        out
        == (
            "s.yaml: 2 variants, 5 seeds each; tuned first, 3 points on 3 seeds each\n"
            "\n"
            "what differs              sgd            adam\n"
            "optimizer.type            sgd            adam\n"
            "optimizer.learning_rate   0.1            0.01\n"
            "seeds                     5              5\n"
            "test_accuracy             0.944 ±0.004   0.904 ±0.004\n"
            "\n"
            "Budget of a run: 2 epochs, 4,810 parameters and 1.2 seconds for all.\n"
            "Tuned by val_accuracy: the best mean of 3 points each, over seeds 1000 to 1002,\n"
            "  which judge nothing:\n"
            "  sgd   learning_rate=0.1   0.955 ±0.005\n"
            "  adam  learning_rate=0.01  0.925 ±0.005\n"
            "learning_rate=0.1 of sgd is the largest of its list; extend it, a better one may\n"
            "  lie beyond.\n"
            "\n"
            "FAILS (expected: holds): Adam is better.\n"
        )
        + out[out.index("  test_accuracy, adam - sgd: ") :]
    )
    said = " ".join(out.split())
    assert "Untuned it holds: +4.9 points [3.4, 6.4]." in said
    assert (
        "The winner flips in test_accuracy: untuned, adam beats sgd by 4.9 points [3.4, 6.4]; tuned, sgd beats adam by "
        "4.00 points [3.24, 4.76]." in said
    )


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_is_longer_than_the_terminal(
    width: int, folder: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is said of the tuning."""
    path = tuned_study(folder)
    record_all(path, POINTS, {"sgd": SGD_TUNED, "adam": ADAM_TUNED})
    monkeypatch.setattr("dlexp.console.width", lambda: width)

    _, out, _ = invoke("study", "s.yaml")

    assert max(map(len, out.splitlines())) <= width


@pytest.mark.usefixtures("untrained")
def test_other_formats_hold_both_kinds_of_variants(folder: Path, invoke: Invoke) -> None:
    """JSON with all points and flips, CSV with the rows of both, Markdown with what is said."""
    path = tuned_study(folder)
    record_all(path, POINTS, {"sgd": SGD_TUNED, "adam": ADAM_TUNED})

    document = json.loads(invoke("study", "s.yaml", "--format", "json")[1])["studies"][0]
    rows = invoke("study", "s.yaml", "--format", "csv")[1].splitlines()
    page = invoke("study", "s.yaml", "--format", "md")[1]

    tuning = document["tuning"]
    assert (tuning["by"], tuning["seeds"], tuning["missing"]) == ("val_accuracy", [1000, 1001, 1002], {})
    assert tuning["picks"]["sgd"]["values"] == {"optimizer.learning_rate": 0.1}
    assert tuning["picks"]["sgd"]["at_end_of_list"] == {"optimizer.learning_rate": "largest"}
    assert [each["mean"] for each in tuning["picks"]["adam"]["points"]] == pytest.approx(
        [0.905, 0.925, 0.6083], abs=1e-4
    )
    assert [each["tuned"]["winner"] for each in tuning["flips"]] == ["sgd"]
    assert [each["result"] for each in (document["claims"] + tuning["untuned"]["claims"])] == ["fails", "holds"]
    assert document["budget"]["equal"] == ["epochs", "parameters", "seconds"]
    assert [row.split(",")[-1] for row in rows] == ["variants", "tuned", "untuned"]
    assert "The winner flips in test_accuracy: untuned, adam beats sgd by 4.9 points" in page


@pytest.mark.usefixtures("untrained")
def test_decisions_and_comparisons_say_it_too(folder: Path, invoke: Invoke) -> None:
    """A goal; and a study that asks nothing, in all numbers that have a verdict."""
    path = tuned_study(folder)
    path.write_text(f"goal: test_accuracy\n{path.read_text()}")
    record_all(path, POINTS, {"sgd": SGD_TUNED, "adam": ADAM_TUNED})
    decided = " ".join(invoke("study", "s.yaml")[1].split())
    path.write_text(path.read_text().split("\n", 1)[1].split("claims:")[0])
    compared = " ".join(invoke("study", "s.yaml")[1].split())

    assert "reject: adam in place of sgd" in decided
    assert "Untuned: adopt; test_accuracy is better by 4.9 points [3.4, 6.4]." in decided
    assert decided.count("The winner flips in test_accuracy: untuned, adam beats sgd") == 2  # The claim, and the goal.
    assert "Untuned: adam is better than sgd: +4.9 points test_accuracy" in compared
    assert "The winner flips in val_accuracy: untuned, adam beats sgd by 4.9 points" in compared


@pytest.mark.usefixtures("untrained")
def test_a_verdict_that_stays_is_said_in_a_line(folder: Path, invoke: Invoke) -> None:
    """A point that is the variant as it is written is the same run: nothing is to be trained for it."""
    path = tuned_study(folder, "says: SGD learns., metric: test_accuracy, variant: sgd, at_least: 0.5")
    points = {
        "sgd": [POINTS["sgd"][0], [0.99, 0.99, 0.991], POINTS["sgd"][2]],
        "adam": [[0.99] * 3, *POINTS["adam"][1:]],
    }
    record_points(path, Path("runs"), points)
    record(path, Path("runs"), {"sgd": SGD, "adam": ADAM})

    code, out, err = invoke("study", "s.yaml")

    assert code == 0
    assert err.splitlines()[-1] == "10 of 10 runs done before"
    assert "\n  Untuned it holds too: 0.834 [0.820, 0.848].\n" in out
    assert "flips" not in out


def pick_of(by: str, *points: list[float]) -> Pick:
    """A pick of points 1, 2, ... of a key, by their scores on the seeds; NaN is a seed without a score."""
    return Pick(
        variant="a",
        by=by,
        lists={"key": [1 + i for i in range(len(points))]},
        points=tuple(
            PointScores(
                values={"key": 1 + i},
                scores={seed: x for seed, x in enumerate(scores) if not math.isnan(x)},
                without=tuple(seed for seed, x in enumerate(scores) if math.isnan(x)),
            )
            for i, scores in enumerate(points)
        ),
    )


@pytest.mark.parametrize(
    ("by", "points", "best"),
    [
        ("val_accuracy", [[0.5, 0.6], [0.7, 0.8], [0.6, 0.6]], 1),
        ("val_loss", [[0.5, 0.6], [0.7, 0.8], [0.6, 0.6]], 0),
        ("best_val_mae", [[3.0], [2.0], [2.5]], 1),
        ("val_accuracy", [[0.7, 0.7], [0.8, 0.6], [0.6, 0.8]], 0),  # Ties go to the first.
        ("val_accuracy", [[0.5, 0.5], [LOST, 1.0], [0.4, 0.4]], 0),  # Worse than any.
        ("val_loss", [[LOST, 0.0], [9.0, 9.0]], 1),
        ("val_accuracy", [[LOST], [LOST]], 0),
    ],
)
def test_the_best_mean_is_picked(by: str, points: list[list[float]], best: int) -> None:
    """Whichever way is better; a seed that diverged makes its point the worst."""
    assert pick_of(by, *points).index == best


def test_the_ends_of_a_list_are_told() -> None:
    """Not of values between others, of words, or of 0, below which there is nothing."""
    low, high = pick_of("val_accuracy", [0.9], [0.5], [0.4]), pick_of("val_loss", [0.9], [0.5], [0.4])
    middle = pick_of("val_accuracy", [0.4], [0.5], [0.4])
    zero, words = (
        replace(low, lists={"key": [value, 1]}, points=(replace(low.points[0], values={"key": value}),))
        for value in (0, "x")
    )

    assert list(low.ends) == [("key", 1, "smallest")]
    assert list(high.ends) == [("key", 3, "largest")]
    assert [*middle.ends, *zero.ends, *words.ends] == []


def test_points_that_the_seeds_cannot_tell_apart() -> None:
    """By the paired interval of each and the best; one that diverged is told."""
    found = pick_of("val_accuracy", [0.9, 0.91, 0.92], [0.89, 0.915, 0.91], [0.5, 0.51, 0.53], [LOST, 0.99, 0.99])

    assert [each.values for each in found.as_good] == [{"key": 2}]


def test_a_missing_tuning_run_judges_nothing(folder: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says of which variant how many lack; nothing of the second phase is trained."""
    path = tuned_study(folder)
    record_all(path, POINTS, {"sgd": SGD_TUNED, "adam": ADAM_TUNED})
    gone = next(each for each in Path("runs/s-sgd").iterdir() if each.name.startswith("s1001-"))
    (gone / "summary.json").unlink()
    monkeypatch.setattr("dlexp.workflows.runner.Runner._train", lambda *_, **__: [])

    code, out, _ = invoke("study", "s.yaml")

    assert code == 1
    assert out == (
        "s.yaml: 2 variants, 5 seeds each; tuned first, 3 points on 3 seeds each\n"
        "\n"
        "Not tuned yet, and so not judged: runs without a result, 1 of sgd. The same\n"
        "  command trains them.\n"
    )


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize(("column", "is_said"), [("val_accuracy", True), ("test_accuracy", False)])
def test_what_picked_is_said_to_judge(column: str, is_said: bool, folder: Path, invoke: Invoke) -> None:
    """Of a claim on validation data: other seeds, the same examples."""
    path = tuned_study(folder, BETTER.replace("test_accuracy", column))
    record_all(path, POINTS, {"sgd": SGD_TUNED, "adam": ADAM_TUNED})

    _, out, _ = invoke("study", "s.yaml")

    assert ("Picked and judged on the same validation examples, with other seeds" in " ".join(out.split())) is is_said


def test_a_missing_untuned_run_is_said(folder: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that another process still trains: the page is not whole, and says so."""
    path = tuned_study(folder)
    record_all(path, POINTS, {"sgd": SGD_TUNED, "adam": ADAM_TUNED})
    whole = invoke("study", "s.yaml")[1]
    written = load_study(path).variants["sgd"].experiment
    gone = next(run.dir for run in finished(Path("runs")) if run.name == written.name and run.seed == 4)
    (gone.path / "summary.json").unlink()
    monkeypatch.setattr("dlexp.workflows.runner.Runner._train", lambda *_, **__: [])

    code, out, _ = invoke("study", "s.yaml")

    assert code == 1
    assert "Runs are missing" not in whole
    assert "Runs are missing, tuned or untuned ones" in " ".join(out.split())


def test_a_dry_run_counts_both_phases(folder: Path) -> None:
    """The verdict's runs are known in number before it is known which they are; then exactly."""
    path = tuned_study(folder)
    request = Request(runs_dir=Path("runs"))

    before = preview([path], request, 1)
    record_points(path, Path("runs"), POINTS)
    after = preview([path], request, 1)
    record(path, Path("runs"), {"sgd": SGD})
    last = preview([path], request, 1)

    rows = [(each.name, each.to_train, each.done) for each in before.studies[0].variants]
    assert rows == [
        *(("sgd, tuning", 9, 0), ("sgd, with the best", 5, 0), ("sgd, untuned", 5, 0)),
        *(("adam, tuning", 9, 0), ("adam, with the best", 5, 0), ("adam, untuned", 5, 0)),
    ]
    assert [(each.to_train, each.done) for each in (before, after, last)] == [(38, 0), (20, 18), (15, 23)]


@pytest.mark.usefixtures("untrained")
def test_a_diverged_point_counts_and_is_not_trained_again(folder: Path, invoke: Invoke) -> None:
    """The worst possible: it is never picked beside one that finished."""
    path = tuned_study(folder)
    points = {**POINTS, "sgd": [*POINTS["sgd"][:2], [LOST, 0.99, 0.99]]}
    record_all(path, points, {"adam": ADAM_TUNED})

    _, out, _ = invoke("study", "s.yaml")

    assert "\n  sgd   learning_rate=0.01  0.810 ±0.010\n" in out
    assert "\nsgd: 1 of 3 points lack the score of a seed: never better.\n" in out


def test_steps_are_imposed_by_what_is_on_record_of_the_data(folder: Path) -> None:
    """A table's examples are not known before a run on it; then the nearest number of epochs is."""
    (folder / "t.csv").write_text("x,y\n" + "".join(f"{i},{i % 2}\n" for i in range(40)))
    (folder / "t.yaml").write_text("dataset: {type: csv, path: t.csv, target: y, task: binary}\n")
    path = folder / "s.yaml"
    path.write_text("base: t.yaml\nvariants: {a: {}, b: {training.batch_size: 8}}\nbudget: {steps: 20}\n")
    request = Request(runs_dir=Path("runs"))
    with pytest.raises(UserError, match="how many examples train is not known before a run on these data has finished"):
        preview([path], request, 1)
    config = load_study(path).variants["a"].experiment
    recorded(config, Path("runs"), [(0, 0.9)], examples={"train": 26, "validation": 6, "test": 8})

    found = preview([path], request, 1)

    epochs = [each.experiment.training.epochs for each in found.studies[0].study.variants.values()]
    assert epochs == [20, 5]  # 26 examples are one step of 32, or four of 8.


def test_tuning_runs_of_a_sealed_study_are_sealed(folder: Path) -> None:
    """They have test scores too."""
    path = tuned_study(folder)
    path.write_text(f"test: sealed\n{path.read_text()}")

    plan, _, _ = plan_tuning([load_study(path)], Request(runs_dir=Path("runs")))

    assert [run.seal and run.seal.study for run in plan.runs] == 18 * ["s"]


@pytest.mark.usefixtures("untrained")
def test_tuned_variants_are_judged_until_sure(folder: Path, invoke: Invoke) -> None:
    """Both kinds of variants for themselves, each by the seeds that it needs."""
    path = tuned_study(folder)
    path.write_text(path.read_text().replace("seeds: 5", "until_sure: 5"))
    record_all(path, POINTS, {"sgd": SGD_TUNED[:4], "adam": ADAM_TUNED[:4]})

    code, out, _ = invoke("study", "s.yaml")

    said = " ".join(out.split())
    assert code == 1
    assert "FAILS (expected: holds): Adam is better." in said
    assert "The winner flips in test_accuracy: untuned, adam beats sgd by" in said


def test_a_smoke_test_tunes_nothing(folder: Path) -> None:
    """One seed of each variant as it is written."""
    plan, tunings, configs = plan_tuning([load_study(tuned_study(folder))], Request(runs_dir=Path("runs"), smoke=True))

    assert (plan.runs, tunings, configs) == ([], [None], {})


def scored(job: Job) -> float:
    """The accuracy of a run: sgd is best at 0.1, adam at 0.01, and each seed differs a little."""
    settings = job.experiment.optimizer.model_dump()
    rates = {"sgd": {0.001: 0.5, 0.01: 0.8, 0.1: 0.96}, "adam": {0.001: 0.9, 0.01: 0.93, 0.1: 0.6}}
    luck = job.seed * (7 if settings["type"] == "sgd" else 3) % 5
    return rates[settings["type"]][settings["learning_rate"]] + 0.001 * luck


def test_both_phases_are_one_command_and_done_once(
    folder: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each point on the tuning seeds, then the best and the untuned ones on the study's; again, nothing is trained."""
    engine = Scoring(scored)
    monkeypatch.setattr("dlexp.execution.pool.Pool", lambda *_: engine)
    tuned_study(folder)

    code, out, err = invoke("study", "s.yaml")
    trained, engine.trained = engine.trained, []
    again = invoke("study", "s.yaml")

    assert code == 1
    assert err.count(": warning: ") == 1
    assert trained[:18] == 6 * [1000, 1001, 1002]
    assert sorted(trained[18:]) == sorted(4 * [0, 1, 2, 3, 4])
    assert "The winner flips in test_accuracy: untuned, adam beats sgd" in " ".join(out.split())
    assert "s-sgd learning_rate=0.1, seed 0: " in err
    assert (again[0], again[1], engine.trained) == (code, out, [])


def test_what_was_interrupted_is_resumed(folder: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tuning run that failed keeps its study from being judged; the same command trains what is missing alone."""
    lost: list[int] = []

    def interrupted(job: Job) -> float:
        lost.append(job.seed)
        if len(lost) == 4:
            raise KeyboardInterrupt
        return scored(job)

    engine = Scoring(interrupted)
    monkeypatch.setattr("dlexp.execution.pool.Pool", lambda *_: engine)
    tuned_study(folder)

    first = invoke("study", "s.yaml")[0]
    code, _, err = invoke("study", "s.yaml")

    assert (first, code) == (130, 1)
    assert "3 of 18 runs done before" in err
    assert len(engine.trained) == 38


def test_seeds_on_demand_judge_the_best_of_each(folder: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """All tuning runs are trained, and of the others as many as tell, of the tuned and the untuned variants."""
    engine = Scoring(scored)
    monkeypatch.setattr("dlexp.execution.pool.Pool", lambda *_: engine)
    path = tuned_study(folder)
    path.write_text(path.read_text().replace("seeds: 5", "until_sure: 12"))

    _, out, _ = invoke("study", "s.yaml")

    judging = [seed for seed in engine.trained if seed < 1000]
    assert engine.trained.count(1000) == 6
    assert 12 <= len(judging) < 48
    assert "\nFAILS (expected: holds): Adam is better.\n" in out
    assert "\n  Untuned it holds: +" in out


def test_a_variant_that_changes_nothing_is_told_by_what_was_picked(
    folder: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Untuned it has the name of its config; tuned that of the study, with the values."""
    engine = Scoring(scored)
    monkeypatch.setattr("dlexp.execution.pool.Pool", lambda *_: engine)
    tuned_study(folder)

    err = invoke("study", "s.yaml")[2]

    assert "\niris, seed 0: " in err
    assert "\ns-adam learning_rate=0.01, seed 0: " in err


@pytest.mark.usefixtures("untrained")
def test_steps_are_the_same_for_points_of_other_batch_sizes(folder: Path) -> None:
    """The budget gives each point its own number of epochs."""
    (folder / "iris.yaml").write_text("dataset: iris\nvalidation: 20\ntraining: {epochs: 2}\n")
    path = folder / "s.yaml"
    tune = "tune: {training.batch_size: [10, 50]}\nbudget: {steps: 40}\n"
    path.write_text(f"base: iris.yaml\nvariants: {{a: {{}}, b: {{optimizer: sgd}}}}\n{tune}")

    found = load_study(path)

    trained = [point.config.experiment for point in found.points["b"]]
    n = trained[0].n_trained(trained[0].dataset.info())
    assert n == 100
    assert [(each.training.batch_size, each.training.epochs) for each in trained] == [(10, 4), (50, 20)]
