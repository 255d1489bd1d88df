"""`dlexp study`: from study files to claims that hold, fail or cannot be told."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from commands import Invoke
from commands import dlexp as process
from engines import Here
from recorded_studies import ADAM, SGD, record, study

import dlexp
from dlexp.config.load_study import load_study
from dlexp.records.index import finished
from dlexp.records.lock import locked
from dlexp.records.numbering import Numbering
from dlexp.statistics.power import detectable

BETTER = "says: Adam is better., metric: test_accuracy, difference: adam - sgd, at_least: 0.01"
WORSE = "says: SGD is better., metric: test_accuracy, difference: sgd - adam, at_least: 0.01"
MUCH = "says: Much better., metric: test_accuracy, difference: adam - sgd, at_least: 0.05"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("untrained")
def test_a_study_says_what_holds_what_fails_and_what_cannot_be_told(folder: Path, invoke: Invoke) -> None:
    """The scores, each claim with its number, interval and seeds, and what is not expected in capitals."""
    record(study(folder / "s.yaml", BETTER, WORSE, MUCH), folder / "runs", {"sgd": SGD, "adam": ADAM})

    code, out, err = invoke("study", "s.yaml")

    assert (code, err) == (1, "10 of 10 runs done before\n")
    assert (
        out
        == (
            "s.yaml: 2 variants, 5 seeds each\n"
            "\n"
            "what differs              sgd            adam\n"
            "optimizer.type            sgd            adam\n"
            "optimizer.learning_rate   0.01           0.001\n"
            "seeds                     5              5\n"
            "test_accuracy             0.834 ±0.011   0.883 ±0.004\n"
            "\n"
            "Budget of a run: 2 epochs, 4,810 parameters and 1.2 seconds for all.\n"
            "\n"
            "holds: Adam is better.\n"
            "  test_accuracy, adam - sgd: +4.9 points [2.7, 7.1], 5 seeds;\n"
            "  claimed: at least 1 point\n"
            "\n"
            "FAILS (expected: holds): SGD is better.\n"
            "  test_accuracy, sgd - adam: -4.9 points [-7.1, -2.7], 5 seeds;\n"
            "  claimed: at least 1 point\n"
            "\n"
            "CANNOT TELL (expected: holds): Much better.\n"
            "  test_accuracy, adam - sgd: +4.9 points [2.7, 7.1], 5 seeds;\n"
            "  claimed: at least 5 points\n"
        )
        + out[out.index("  With 5 seeds only a number at least") :]
    )
    assert out.endswith(
        "\n\nIntervals: 95 % for all 3 numbers together, over paired seeds (Student's t).\n"
        "Planned for n = 5: adding seeds because of an answer makes it wrong in 8 to 11 %\n"
        "of cases; start a new study on seeds that no answer has seen, such as seeds:\n"
        "{first: 5, count: 10}.\n"
    )


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize(
    ("claim", "seeds", "code", "line"),
    [
        (BETTER, 5, 0, "holds: Adam is better."),
        (WORSE, 5, 1, "FAILS (expected: holds): SGD is better."),
        (f"{WORSE}, expect: fails", 5, 0, "fails (as expected): SGD is better."),
        (f"{BETTER}, expect: fails", 5, 1, "HOLDS (expected: fails): Adam is better."),
        (BETTER, 2, 1, "CANNOT TELL (expected: holds): Adam is better."),
        (f"{BETTER}, expect: cannot_tell", 2, 0, "cannot tell (as expected): Adam is better."),
    ],
)
def test_the_exit_code_tells_whether_a_claim_came_out_as_expected(
    claim: str, seeds: int, code: int, line: str, folder: Path, invoke: Invoke
) -> None:
    """0 where it did, whatever that was; two seeds never give a verdict, and ask for no seeds to be added."""
    path = study(folder / "s.yaml", claim, seeds=seeds)
    record(path, folder / "runs", {"sgd": SGD[:seeds], "adam": ADAM[:seeds]})

    found = invoke("study", "s.yaml")

    assert found[0] == code
    assert line in found[1].splitlines()
    assert "Planned for" not in found[1]
    assert ("No interval: 2 paired seeds: at least 3 are needed." in found[1]) == (seeds == 2)


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_is_longer_than_the_terminal(
    width: int, folder: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several studies a scoreboard follows, with the statement beside its row where there is room."""
    variants = "{sgd: {optimizer: sgd}, adam: {}, deeper: {model.hidden: [8, 8]}}"
    paths = [study(folder / f"{name}.yaml", BETTER, WORSE, MUCH, variants=variants) for name in ("first", "second")]
    record(paths[0], folder / "runs", {"sgd": SGD, "adam": ADAM, "deeper": ADAM})
    monkeypatch.setattr("dlexp.console.width", lambda: width)

    _, out, err = invoke("study", "first.yaml", "second.yaml")

    board = out.split("\n\n\n")[-1]
    assert max(map(len, out.splitlines())) <= width
    assert err == "15 of 15 runs done before\n"
    assert board.startswith("study   result" if width > 40 else "study: first, result: holds,")
    assert ("first   holds        holds     +4.9 points  [2.7, 7.1]    5  Adam is better." in board) == (width == 200)
    assert "6 claims: 2 as expected, 4 not." in board.replace("\n", " ")


@pytest.mark.usefixtures("untrained")
def test_every_format_holds_all_claims(folder: Path, invoke: Invoke) -> None:
    """One JSON document of however many studies; a row for each number; a table for a page."""
    paths = [study(folder / f"{name}.yaml", BETTER, WORSE) for name in ("one", "two")]
    record(paths[0], folder / "runs", {"sgd": SGD, "adam": ADAM})
    words = ("study", "one.yaml", "two.yaml", "--format")

    found = json.loads(invoke(*words, "json")[1])
    rows = list(csv.DictReader(io.StringIO(invoke(*words, "csv")[1])))
    page = invoke(*words, "md")[1].splitlines()

    assert found["came_out"] is False
    assert [claim["result"] for each in found["studies"] for claim in each["claims"]] == ["holds", "fails"] * 2
    assert [(row["study"], row["label"], row["n"], row["result"], row["is_expected"]) for row in rows[:2]] == [
        ("one.yaml", "adam - sgd", "5", "holds", "True"),
        ("one.yaml", "sgd - adam", "5", "fails", "False"),
    ]
    assert page[:3] == [
        "| study | statement | result | expected | measured | interval | n |",
        "|---|---|---|---|---|---|---|",
        "| one | Adam is better. | holds | holds | +4.9 points | [3.0, 6.8] | 5 |",
    ]


@pytest.mark.usefixtures("untrained")
def test_a_goal_ends_in_a_decision(folder: Path, invoke: Invoke) -> None:
    """With the reason, and the numbers of the goal and the guardrails, whose level is shared by the variants alone."""
    keys = {"goal": "test_accuracy", "must_not_worsen": "{best_val_accuracy: 1%}"}
    path = study(folder / "s.yaml", BETTER, WORSE, **keys)
    record(path, folder / "runs", {"sgd": SGD, "adam": ADAM})

    code, out, _ = invoke("study", "s.yaml")

    assert code == 1
    assert "  test_accuracy, adam - sgd: +4.9 points [3.0, 6.8], 5 seeds;\n  claimed: " in out
    assert "\nadopt: adam in place of sgd\n  test_accuracy is better by" in out
    assert (
        "  best_val_accuracy, adam / sgd: 1.057 times [1.038, 1.076], 5 seeds;\n  allowed: at least 0.99 times\n" in out
    )
    assert "  test_accuracy, adam - sgd: +4.9 points [3.4, 6.4], 5 seeds; the goal\n" in out
    assert out.endswith(
        "\nIntervals of claims: 95 % for all 2 numbers together, over paired seeds\n(Student's t).\n"
        "Intervals of decisions: 95 %, over paired seeds (Student's t).\n"
    )


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize("width", [40, 80])
def test_the_scores_say_what_distinguishes_the_variants_and_what_claims_are_about(
    width: int, folder: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings below the tables where they do not fit into one; numbers that are no scores, of each variant."""
    claims = [
        f"says: s, metric: {metric}, difference: adam - sgd, at_least: 0"
        for metric in ("test_accuracy", "best_val_accuracy", "seconds", "best_val_accuracy - val_accuracy")
    ]
    variants = "{sgd: {optimizer: sgd}, adam: {}, deeper: {model.hidden: [8, 8]}}"
    path = study(folder / "s.yaml", *claims, variants=variants)
    record(path, folder / "runs", {"sgd": SGD, "adam": ADAM, "deeper": ADAM})
    monkeypatch.setattr("dlexp.console.width", lambda: width)

    out = invoke("study", "s.yaml")[1]

    assert max(map(len, out.splitlines())) <= width
    if width == 80:
        assert "\n\n         seeds   test_accuracy   best_val_accuracy        seconds\nsgd      5       0.834" in out
        assert "\n\n         val_accuracy   best_val_accuracy - val_accuracy\nsgd      0.854 ±0.011   0.01000 ±0" in out
        assert (
            "sgd: model.hidden=[16, 16], optimizer.type=sgd, optimizer.learning_rate=0.01\n"
            "adam: model.hidden=[16, 16], optimizer.type=adam, optimizer.learning_rate=0.001\n"
            "deeper: model.hidden=[8, 8], optimizer.type=adam, optimizer.learning_rate=0.001\n"
        ) in out
    else:
        assert "\noptimizer.learning_rate\n  sgd      0.01\n" in out
        assert "\nbest_val_accuracy - val_accuracy\n  sgd      0.01000 ±0\n" in out


@pytest.mark.usefixtures("untrained")
def test_decisions_are_rows_in_every_format(folder: Path, invoke: Invoke) -> None:
    """A row for the goal and for each guardrail, beside those of claims; no table is empty, no claim invented."""
    goal = {"goal": "test_accuracy", "must_not_worsen": "{best_val_accuracy: 0.01}"}
    alone = study(folder / "goal.yaml", **goal)
    alone.write_text(alone.read_text().replace("claims:\n", ""))
    record(study(folder / "claim.yaml", BETTER), folder / "runs", {"sgd": SGD, "adam": ADAM})

    table = dlexp.study([alone, folder / "claim.yaml"])
    rows = list(csv.DictReader(io.StringIO(invoke("study", "goal.yaml", "--format", "csv")[1])))
    page = invoke("study", "goal.yaml", "--format", "md")[1]
    board = invoke("study", "goal.yaml", "claim.yaml")[1].split("\n\n\n")[-1]

    assert list(zip(table["row"], table["role"], table["measure"], table["outcome"], strict=True)) == [
        ("decision", "goal", "test_accuracy", "adopt"),
        ("decision", "guardrail", "best_val_accuracy", "adopt"),
        ("claim", "claim", "test_accuracy", "holds"),
    ]
    assert [(row["says"], row["label"], row["result"], row["n"]) for row in rows] == [
        ("adam in place of sgd", "adam - sgd", "holds", "5")
    ] * 2
    assert rows[0]["why"].startswith("test_accuracy is better by 4.9 points [3.4, 6.4]")
    assert page == (
        "| study | statement | result | expected | measured | interval | n |\n"
        "|---|---|---|---|---|---|---|\n"
        "| goal | adam in place of sgd; test_accuracy, the goal | adopt | - | +4.9 points | [3.4, 6.4] | 5 |\n"
        "| goal | adam in place of sgd; best_val_accuracy, allowed: at least -1 point | holds | - | +4.9 points "
        "| [3.4, 6.4] | 5 |\n"
        "\n"
        "1 decision: 1 adopt. Intervals: 95 % for all decisions of a study by one column together.\n"
        "\n"
        "- goal: adopt: adam in place of sgd; test_accuracy is better by 4.9 points [3.4, 6.4], and best_val_accuracy "
        "within the margin.\n"
    )
    assert "goal   adopt   -         +4.9 points  [3.4, 6.4]  5\n    adam in place of sgd; test_accuracy, the" in board
    assert "1 claim: 1 as expected. 1 decision: 1 adopt." in board


@pytest.mark.usefixtures("untrained")
def test_a_decision_that_is_left_open_says_what_would_tell(folder: Path, invoke: Invoke) -> None:
    """What these seeds could have shown, and how many would, as of a claim; and that none are to be added."""
    path = study(folder / "s.yaml", goal="test_accuracy")
    path.write_text(path.read_text().replace("claims:\n", ""))
    record(path, folder / "runs", {"sgd": SGD, "adam": [0.86, 0.85, 0.86, 0.86, 0.85]})

    out = invoke("study", "s.yaml")[1]

    assert "cannot tell: adam in place of sgd\n  test_accuracy: no clear difference.\n" in out
    assert "  With 5 seeds only a number at least 3.4 points from 0 would have been told.\n" in out
    assert "  If the true number is the one measured, 225 to 812 seeds would show it.\n" in out
    assert "Planned for n = 5:" in out


@pytest.mark.usefixtures("untrained")
def test_two_seeds_say_how_many_would_decide(folder: Path, invoke: Invoke) -> None:
    """No verdict and no interval, and none is spoken of; the reason is said once."""
    path = study(folder / "s.yaml", goal="test_accuracy", seeds=2)
    path.write_text(path.read_text().replace("claims:\n", ""))
    record(path, folder / "runs", {"sgd": SGD[:2], "adam": ADAM[1::-1]})

    out, page = (invoke("study", "s.yaml", "--format", name)[1] for name in ("table", "md"))

    assert out.count("2 paired seeds: at least 3 are needed.") == 1
    assert "  test_accuracy, adam - sgd: +5.00 points, 2 seeds; the goal\n  If the true number" in out
    assert "Intervals" not in out + page


@pytest.mark.usefixtures("untrained")
def test_an_order_shows_the_numbers_that_decide_it(folder: Path, invoke: Invoke) -> None:
    """Those with the result of the whole claim, each named."""
    order = "says: In order., metric: test_accuracy, order: [adam, sgd, other]"
    path = study(folder / "s.yaml", order, variants="{sgd: {optimizer: sgd}, adam: {}, other: {model.hidden: [3]}}")
    record(path, folder / "runs", {"sgd": SGD, "adam": ADAM, "other": [0.84, 0.87, 0.84, 0.86, 0.85]})

    page = invoke("study", "s.yaml", "--format", "md")[1].splitlines()

    assert len(page) == 5
    assert page[2].startswith("| s | In order. (sgd - other) | CANNOT TELL | holds | +0.2 points | [")


@pytest.mark.usefixtures("untrained")
def test_a_study_that_asks_nothing_is_compared(folder: Path, invoke: Invoke) -> None:
    """As `dlexp compare` does it, by the names of the variants, in every format."""
    path = study(folder / "s.yaml")
    path.write_text(path.read_text().replace("claims:\n", "claims: []\n"))
    record(path, folder / "runs", {"sgd": SGD, "adam": ADAM})

    code, out, _ = invoke("study", "s.yaml")
    page = invoke("study", "s.yaml", "--format", "md")[1]
    table = dlexp.study(path)

    assert code == 0
    assert out.startswith(
        "s.yaml: 2 variants, 5 seeds each\n\nadam is better than sgd: +4.9 points test_accuracy [3.4, 6.4], 5 paired"
    )
    assert "test_accuracy   0.834 ±0.011   0.883 ±0.004" in " ".join(out.split("  ")) or "5 paired seeds: better" in out
    assert page.startswith("s.yaml: 2 variants, 5 seeds each\n\nadam is better than sgd: +4.9 points")
    assert "claim" not in out + page
    own = table[table["measure"] == "test_accuracy"]
    assert list(zip(own["row"], own["label"], own["kind"], own["n"], strict=True)) == [
        ("comparison", "sgd", "value", 5),
        ("comparison", "adam", "value", 5),
        ("comparison", "adam - sgd", "difference", 5),
    ]
    assert list(own["outcome"])[-1] == "better"


@pytest.mark.usefixtures("untrained")
def test_claims_on_training_sets_alone_need_no_seeds(folder: Path, invoke: Invoke) -> None:
    """What no claim is about is not trained, unless the study says how many seeds."""
    (folder / "base.yaml").write_text("dataset: noisy_sine\n")
    claim = "{says: s, metric: noise, variant: a, at_least: 0}"
    about_sets = f"base: base.yaml\nresamples: 4\nvariants: {{a: {{}}}}\nclaims: [{claim}]\n"
    (folder / "s.yaml").write_text(about_sets)
    (folder / "t.yaml").write_text(f"{about_sets}seeds: 3\n")

    sets, both = (invoke("study", name, "--dry-run")[1] for name in ("s.yaml", "t.yaml"))

    assert sets.startswith("s.yaml: 1 variant, 4 training sets each\n  a  4 to train")
    assert both.startswith("t.yaml: 1 variant, 3 seeds and 4 training sets each\n  a  7 to train")


@pytest.mark.usefixtures("untrained")
def test_a_study_is_judged_by_its_own_seeds_alone(folder: Path, invoke: Invoke) -> None:
    """Those that the advice of an earlier one names: what that one trained is neither counted nor trained again."""
    record(study(folder / "s.yaml", MUCH), folder / "runs", {"sgd": SGD * 2, "adam": ADAM * 2})
    study(folder / "new.yaml", MUCH, seeds="{first: 5, count: 4}")

    _, out, err = invoke("study", "new.yaml")
    document = json.loads(invoke("study", "new.yaml", "--format", "json")[1])["studies"][0]
    forecast = json.loads(invoke("study", "new.yaml", "--dry-run", "--format", "json")[1])

    assert err == "8 of 8 runs done before\n"
    assert out.startswith("new.yaml: 2 variants, 4 seeds (5 to 8) each\n")
    assert " ".join(out.splitlines()[-3:]).endswith("no answer has seen, such as seeds: {first: 9, count: 8}.")
    assert (document["seeds"], document["first_seed"], document["claims"][0]["terms"][0]["n"]) == (4, 5, 4)
    assert [Path(run).name.split("-")[0] for run in document["runs"]["adam"]] == ["s5", "s6", "s7", "s8"]
    assert (forecast["done"], forecast["studies"][0]["seeds"], forecast["studies"][0]["first_seed"]) == (8, 4, 5)


@pytest.mark.usefixtures("untrained")
def test_dry_run_says_what_is_left_how_long_it_takes_and_what_it_can_show(folder: Path, invoke: Invoke) -> None:
    """By the seconds of finished runs here: of the same experiment, else of the same data and kind of model."""
    path = study(folder / "s.yaml", BETTER, seeds=8)
    unknown = invoke("study", "s.yaml", "--dry-run")
    record(path, folder / "runs", {"sgd": SGD, "adam": ADAM}, seconds=30)
    wider = study(folder / "t.yaml", BETTER, variants="{sgd: {optimizer: sgd}, adam: {model.hidden: [9]}}")

    code, out, _ = invoke("study", "s.yaml", str(wider.name), "--dry-run", "--workers", "2")
    document = json.loads(invoke("study", "s.yaml", "--dry-run", "--format", "json")[1])

    assert (code, unknown[0]) == (0, 0)
    assert out == (
        "s.yaml: 2 variants, 8 seeds each\n"
        "  sgd   3 to train  5 done before  about 1.5 min\n"
        "  adam  3 to train  5 done before  about 1.5 min\n"
        "  8 seeds tell a number 1.16 standard deviations from its bound in 80 % of\n"
        "    cases, at a level of 0.05.\n"
        "  By 5 seeds on record, a number has to be:\n"
        "    test_accuracy, adam - sgd: at least 2.2 points from its bound\n"
        "\n"
        "t.yaml: 2 variants, 5 seeds each\n"
        "  sgd   0 to train  5 done before\n"
        "  adam  5 to train  0 done before  about 2.5 min\n"
        "  5 seeds tell a number 1.68 standard deviations from its bound in 80 % of\n"
        "    cases, at a level of 0.05.\n"
        "\n"
        "11 to train, 10 done before; time with 2 workers: about 2.8 min (6 runs by other\n"
        "  seeds of the same experiment, 5 runs by others on the same data on this\n"
        "  machine).\n"
    )
    assert "16 to train, 0 done before; time with 1 worker: unknown" in unknown[1]
    assert document["time"] == {"seconds": 180.0, "same_experiment": 6, "same_kind": 0, "unknown": 0}


def test_dry_run_counts_what_is_observed_and_what_a_goal_could_show(folder: Path, invoke: Invoke) -> None:
    """Finished runs without diagnostics that a claim is about; the level is shared over the other variants."""
    dead = "says: None dies., metric: diagnostics.dead_share, variant: adam, at_most: 0.1"
    record(study(folder / "s.yaml", BETTER), folder / "runs", {"sgd": SGD, "adam": ADAM})
    study(folder / "s.yaml", dead, goal="test_accuracy")

    code, out, _ = invoke("study", "s.yaml", "--dry-run")

    assert code == 0
    assert out == (
        "s.yaml: 2 variants, 5 seeds each\n"
        "  sgd   0 to train  5 done before\n"
        "  adam  0 to train  5 done before, 5 again with diagnostics  about 6 s\n"
        "  5 seeds tell a number 1.68 standard deviations from its bound in 80 % of\n"
        "    cases, at a level of 0.05.\n"
        "  5 seeds tell a difference in test_accuracy 1.68 standard deviations from 0 in\n"
        "    80 % of cases, at a level of 0.05.\n"
        "  By 5 seeds on record, a number has to be:\n"
        "    test_accuracy, adam - sgd: at least 3.3 points from 0\n"
        "\n"
        "0 to train, 10 done before, 5 of these to be trained again with diagnostics;\n"
        "  time with 1 worker: about 6 s (5 runs by other seeds of the same experiment on\n"
        "  this machine).\n"
    )


@pytest.mark.usefixtures("untrained")
def test_dry_run_says_where_a_plan_is_hopeless(folder: Path, invoke: Invoke) -> None:
    """What so few seeds would tell of so many numbers, what more would; and that no accuracy is so far from a bound."""
    path = study(folder / "s.yaml", BETTER, WORSE, MUCH, seeds=3)
    record(path, folder / "runs", {"sgd": [0.2, 0.5, 0.9], "adam": [0.9, 0.5, 0.5]})

    out = " ".join(invoke("study", "s.yaml", "--dry-run")[1].split())
    judged = " ".join(invoke("study", "s.yaml")[1].split())

    expected = [detectable(n, 0.05 / 3) for n in (3, 5, 8)]
    assert (
        "3 seeds are too few for 3 numbers: they tell a number {:.2f} standard deviations from its bound in 80 % of "
        "cases, at a level of 0.05 / 3 (5 seeds: {:.2f}, 8 seeds: {:.2f}).".format(*expected)
    ) in out
    assert "points from its bound, and none can be so far: nothing can be told" in out
    assert "3 seeds can tell nothing here: only a number at least" in judged
    assert "points [-100, 100], 3 seeds; claimed: at least 1 point" in judged


def test_mistakes_of_all_studies_are_said_at_once(folder: Path, invoke: Invoke) -> None:
    """Exit code 2; nothing is made."""
    study(folder / "one.yaml", BETTER.replace("adam - sgd", "adma - sgd"))
    study(folder / "two.yaml", BETTER, seeds=0)

    code, out, err = invoke("study", "one.yaml", "two.yaml")

    assert (code, out) == (2, "")
    assert "one.yaml:4" in err
    assert "Did you mean 'adam'?" in err
    assert "two.yaml:3: seeds: " in err
    assert not (folder / "runs").exists()


@pytest.mark.usefixtures("untrained")
def test_a_variant_without_data_cannot_be_judged(folder: Path, invoke: Invoke) -> None:
    """Exit code 1, also where the claim was expected to be undecided: that is not why."""
    variants = "{sgd: {optimizer: sgd}, adam: {dataset: {type: csv, path: no.csv, target: y, task: binary}}}"
    path = study(folder / "s.yaml", f"{BETTER}, expect: cannot_tell", variants=variants)
    record(path, folder / "runs", {"sgd": SGD})

    code, out, err = invoke("study", "s.yaml")

    assert code == 1
    assert "  No interval: the data of adam cannot be had (no.csv: " in out
    assert "1 failed:\ns-adam: no.csv: " in err


def test_finished_studies_import_no_tensorflow(folder: Path) -> None:
    """Nor does the forecast; the help imports no numpy either."""
    record(study(folder / "s.yaml", BETTER), folder / "runs", {"sgd": SGD, "adam": ADAM})
    code = (
        "import sys; from dlexp.cli import main\n"
        "try: main()\n"
        "finally: print(sorted({'tensorflow', 'keras', 'pandas', 'numpy'} & set(sys.modules)), file=sys.stderr)"
    )

    for words, heavy in ((("s.yaml",), "numpy"), (("s.yaml", "--dry-run"), "numpy"), (("--help",), "")):
        found = subprocess.run(
            [sys.executable, "-c", code, "study", *words], capture_output=True, text=True, check=True, timeout=100
        )
        assert found.stderr.splitlines()[-1] == (f"['{heavy}']" if heavy else "[]")


@pytest.mark.usefixtures("untrained")
def test_python_gives_a_row_for_every_number(folder: Path) -> None:
    """Those of the command's CSV."""
    order = "says: In order., metric: test_accuracy, order: [adam, sgd, other]"
    variants = "{sgd: {optimizer: sgd}, adam: {}, other: {model.hidden: [3]}}"
    path = study(folder / "s.yaml", BETTER, order, variants=variants)
    record(path, folder / "runs", {"sgd": SGD, "adam": ADAM, "other": [0.7, 0.71, 0.69, 0.7, 0.72]})

    found = dlexp.study(path)

    assert list(found["label"]) == ["adam - sgd", "adam - sgd", "sgd - other"]
    assert list(found["outcome"]) == ["holds"] * 3
    assert found["mean"].round(3).tolist() == [0.049, 0.049, 0.15]


@pytest.mark.usefixtures("untrained")
def test_what_a_study_trains_is_called_after_it(folder: Path, invoke: Invoke) -> None:
    """What changes nothing has the name of its config, so that `compare` can name both; all are found by others."""
    record(study(folder / "s.yaml", BETTER), folder / "runs", {"sgd": SGD, "adam": ADAM})
    study(folder / "other.yaml", BETTER)

    assert sorted(each.name for each in (folder / "runs").iterdir()) == ["iris", "s-sgd"]
    assert invoke("compare", "s-sgd", "iris")[1].startswith("iris is better than s-sgd: +4.9 points")
    assert invoke("study", "other.yaml")[2] == "10 of 10 runs done before\n"


@pytest.mark.training
def test_runs_are_those_of_run(folder: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `run` has trained is not trained again, what was begun is resumed where it lies, and the other way round."""
    monkeypatch.setattr("dlexp.execution.pool.Pool", lambda *_: Here())
    path = study(folder / "s.yaml", BETTER, seeds=3)
    invoke("run", "iris.yaml", "--seed", "1")
    invoke("run", "iris.yaml", "--set", "optimizer=sgd", "--set", "name=plain", "--seed", "0")
    identity = finished(folder / "runs")[0].identity
    begun = Numbering(folder / "runs").create("iris", 2, identity)

    code, out, err = invoke("study", "s.yaml")

    assert code in (0, 1)
    assert "2 of 6 runs done before" in err
    assert f"runs/{begun.label}: interrupted before; restarted" in err
    assert len(finished(folder / "runs")) == 6
    assert "s-sgd, seed 1" in err
    assert "3 seeds" in out
    again = invoke("run", "iris.yaml", "--seeds", "3")[2]
    assert again.count("done before") == 3
    assert invoke("study", "s.yaml")[1] == out
    assert set(load_study(path).variants) == {"sgd", "adam"}


@pytest.mark.usefixtures("untrained")
def test_seeds_that_diverge_are_a_result_as_any_other(folder: Path, invoke: Invoke) -> None:
    """They are told; a claim that is expected to be undecided because of them has come out."""
    path = study(
        folder / "s.yaml", f"{MUCH}, expect: cannot_tell", "says: No., metric: test_loss, variant: sgd, at_least: 0"
    )
    *_, last = record(path, folder / "runs", {"sgd": SGD, "adam": ADAM})
    result = json.loads(last.summary_path.read_text())
    last.summary_path.unlink()
    last.write_failure({**result, "status": "failed", "kind": "diverged", "what": "loss is nan in epoch 1"})

    code, out, err = invoke("study", "s.yaml")

    assert code == 0
    assert "No interval: adam diverged on 1 of 5 seeds, sgd on 0 of 5." in out
    assert "1 failed:\niris, seed 4: diverged: loss is nan in epoch 1 (more in runs/iris/" in err


@pytest.mark.training
def test_smoke_goes_the_whole_path_and_judges_no_claim(folder: Path) -> None:
    """One seed a variant, three training sets where a claim needs them; exit code 0."""
    bias = "says: It varies., metric: variance, variant: adam, at_least: 0"
    study(folder / "s.yaml", WORSE, bias, resamples=20)

    found = process("study", "s.yaml", "--smoke", cwd=folder)

    assert found.returncode == 0, found.stderr
    assert found.stdout == (
        "study  variants  runs  training sets  claims\n"
        "s      2         2     3              2\n"
        "\n"
        "No claim was judged: two epochs on a generated stand-in tell nothing of it.\n"
    )
    assert not list((folder / "runs").glob("[!.]*"))


@pytest.mark.training
def test_a_claim_that_waits_for_another_process_has_not_come_out(folder: Path) -> None:
    """Exit code 1 though it is undecided as expected: what is missing is a run, not certainty."""
    path = study(folder / "s.yaml", f"{MUCH}, expect: cannot_tell")
    run_dirs = record(path, folder / "runs", {"sgd": SGD, "adam": ADAM})
    (run_dirs[-1].path / "summary.json").unlink()

    with locked(run_dirs[-1].lock_path):
        found = process("study", "s.yaml", cwd=folder)
        document = json.loads(process("study", "s.yaml", "--format", "json", cwd=folder).stdout)

    assert found.returncode == 1
    assert (document["came_out"], document["studies"][0]["came_out"]) == (False, False)
    assert "cannot tell (as expected): Much better." in found.stdout
    assert "1 of 5 seeds of adam did not finish." in found.stdout
    assert "left to it" in found.stderr
