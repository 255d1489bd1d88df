"""Sealed test splits: what readers see of the runs of a study until it is opened, and what its ledger says."""

import json
from contextlib import nullcontext
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest
from commands import Invoke
from engines import Here, Scoring, Watcher
from recorded_studies import record, study

import dlexp
from dlexp.config.dump import dump
from dlexp.config.load import load
from dlexp.config.load_study import load_study
from dlexp.config.problems import ConfigError
from dlexp.errors import UserError
from dlexp.execution.engine import Outcome
from dlexp.execution.execute import execute
from dlexp.execution.plan import Request
from dlexp.execution.planning import identified
from dlexp.execution.repeats import again as repeated
from dlexp.records.index import as_recorded, read, scan
from dlexp.records.ledger import Ledger, ledger_path
from dlexp.records.predictions import Predictions, Results
from dlexp.records.run_dir import RunDir
from dlexp.records.seal import Seal
from dlexp.records.summary_csv import rebuild
from dlexp.records.test_uses import opened
from dlexp.reports.study.facts import judge
from dlexp.reports.verification.integrity import check
from dlexp.training.job import Job
from dlexp.workflows import study as workflow
from dlexp.workflows.comparable import known_of, require_metric
from dlexp.workflows.runner import Given, Runner, Trained
from dlexp.workflows.train import train

#: Validation accuracies; those on the test split are less by 0.02, and look like no other number.
SGD, ADAM = [0.8512, 0.8612, 0.8412, 0.8712, 0.8512], [0.9034, 0.9134, 0.9084, 0.9034, 0.9034]
SECRETS = ("0.831", "0.883", "0.8934", "0.888", "0.886", "0.835", "0.123456", "0.987", "a secret example")

RUNS = Path("runs")
STUDY = Path("s.yaml")
ON_TEST = "says: Adam is better., metric: test_accuracy, difference: adam - sgd, at_least: 0.01"
VALIDATED = "says: Adam learns faster., metric: val_accuracy, difference: adam - sgd, at_least: 0.01"
SAID = "sealed by study s; dlexp study s.yaml --open-test opens it"
MISTAKE = {"position": 3, "target": 0, "predicted": 1, "probability": 0.987654, "text": "a secret example"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def recorded(*claims: str, **keys: str) -> list[RunDir]:
    """The sealed runs of a study with both variants, in which every number of the test split can be found again."""
    path = study(STUDY, *claims or (ON_TEST, VALIDATED), test="sealed", **keys)
    extra = {
        "guessing": {"test_accuracy": 0.123456, "val_accuracy": 0.3},
        "best_possible": {"test_accuracy": 0.987123},
        "mistakes": [MISTAKE],
    }
    run_dirs = record(path, RUNS, {"sgd": SGD, "adam": ADAM}, **extra)
    for run_dir in run_dirs:
        run_dir.write_json(run_dir.evaluation_path, {"mistakes": [MISTAKE]})
        Predictions({"": Results(np.arange(2), np.array([True, False]))}).write(run_dir.predictions_path)
        run_dir.put_seal(Seal("s", "s.yaml"))
    return run_dirs


def metrics_of(run_dir: RunDir) -> set[str]:
    """The metrics that readers see of the test split."""
    return {name for name in read(run_dir).metrics if "test" in name}


def entries(kind: str = "", name: str = "s") -> list[dict[str, Any]]:
    """Those of a ledger, of one kind or all."""
    return [each for each in Ledger(ledger_path(RUNS, name)).entries() if kind in ("", each["kind"])]


def test_a_reader_sees_nothing_of_a_sealed_test_split() -> None:
    """No score, no guess, no best possible score, no mistake, no prediction; all else is there, and why it is so."""
    run_dir, *_ = recorded()
    run, whole = read(run_dir), as_recorded(run_dir)

    said = json.dumps([run.result.raw, run.result.content])
    assert "test_accuracy" in whole.metrics
    assert not any(secret in said for secret in SECRETS)
    assert run.metrics == {name: x for name, x in whole.metrics.items() if not name.startswith("test_")}
    assert run.result.missing_scores == {"test_loss": SAID, "test_accuracy": SAID}
    assert (run.result.guessing, run.result.best_possible) == ({"val_accuracy": 0.3}, {})
    assert (run.identity, run.experiment, run.config) == (whole.identity, whole.experiment, whole.config)
    assert run_dir.evaluation() is None
    with pytest.raises(UserError, match="the test split is sealed by study s"):
        Predictions.read(run_dir.predictions_path)


def test_who_asks_for_it_is_told_that_it_is_sealed(invoke: Invoke) -> None:
    """With the study and the command that opens it, and without a number."""
    recorded()

    for command in (
        ("ls", "--columns", "test_accuracy"),
        ("ls", "--where", "test_accuracy > 0.5"),
        ("ls", "--sort", "test_accuracy"),
        ("compare", "--sort", "test_accuracy"),
        ("compare", "s-sgd", "iris", "--metric", "test_accuracy"),
        ("compare", "s-sgd", "iris", "--metric", "gap_accuracy"),
        ("show", "iris", "--mistakes", "3"),
        ("predict", "iris", "test"),
    ):
        _, out, err = invoke(*command)
        said = " ".join((out + err).split())
        assert SAID in said, command
        assert not any(secret in said for secret in SECRETS), command


def test_no_format_has_a_sealed_number(invoke: Invoke) -> None:
    """Neither a score of a run nor a mean."""
    recorded()

    for command in (["ls"], ["compare"], ["study", "s.yaml"]):
        for output in ("json", "csv", "md", "table"):
            code, out, _ = invoke(*command, "--format", output)
            assert (code, [secret for secret in SECRETS if secret in out]) == (0, []), (command, output)


def test_tables_and_frames_lack_sealed_columns(invoke: Invoke) -> None:
    """summary.csv and Python too; in JSON `show` says why."""
    recorded()

    table = rebuild(RUNS).read_text()

    assert "test_accuracy" not in table
    assert "val_accuracy" in table
    assert not {"test_accuracy", "test_loss"} & set(dlexp.runs("runs").columns)
    document = json.loads(invoke("show", "iris", "--format", "json")[1])
    assert (document["evaluation"], document["mistakes"]) == (None, [])
    assert document["missing_scores"]["test_accuracy"] == SAID


def test_compare_decides_on_validation_while_the_test_split_is_sealed(invoke: Invoke) -> None:
    """The first sentence is about the validation split, and a note says what is left out."""
    recorded()

    _, out, _ = invoke("compare", "s-sgd", "iris")

    assert out.startswith("iris is better than s-sgd: +5.1 points val_accuracy [3.6, 6.7], 5 paired seeds.\n")
    assert "Test scores of s-sgd and iris: sealed by study s;" in out
    assert "test_accuracy" not in out


def test_seeds_that_are_open_beside_sealed_ones_do_not_decide_alone(invoke: Invoke) -> None:
    """Runs of a study that others trained more seeds of are still compared on all of them."""
    sealed = recorded()
    for run_dir in sealed:
        if run_dir.seed == 4:
            run_dir.open_seal()

    _, out, _ = invoke("compare", "s-sgd", "iris")

    assert out.startswith("iris is better than s-sgd: +5.1 points val_accuracy [3.6, 6.7], 5 paired seeds.\n")


def test_nothing_is_trained_for_a_sealed_score() -> None:
    """Nor where the other side has never been trained: its scores would be open."""
    sealed = [read(run_dir) for run_dir in recorded() if run_dir.name == "s-sgd"]
    subject = identified(load("iris.yaml").experiment, Request(runs_dir=RUNS))
    known = known_of(["sgd", "iris"], [subject, subject], [sealed, []])

    with pytest.raises(UserError, match=f"^--metric test_accuracy: {SAID}$"):
        require_metric("test_accuracy", [subject, subject], known)


def test_claims_on_the_test_split_wait_and_others_are_judged(invoke: Invoke) -> None:
    """Neither holds nor fails: the exit code is that of the others, and nothing was consulted."""
    recorded()

    code, out, _ = invoke("study", "s.yaml")

    assert code == 0
    assert "\nsealed: Adam is better.\n" in out
    assert "\nholds: Adam learns faster.\n" in out
    assert " ".join(out.split()).endswith("To open it, once and for good: dlexp study s.yaml --open-test")
    assert not entries()


def test_a_goal_on_the_test_split_decides_nothing_while_it_is_sealed(invoke: Invoke) -> None:
    """A goal in validation with a guardrail on the test split neither."""
    recorded(goal="val_accuracy", must_not_worsen="{test_accuracy: 1 point}")

    _, out, _ = invoke("study", "s.yaml")

    assert "cannot tell: adam in place of sgd\n  test_accuracy: the test split is sealed by study s" in out


def test_a_study_is_opened_once_for_good(invoke: Invoke) -> None:
    """The ledger has how its claims stood before; then everybody sees all, and the same command says when."""
    run_dirs = recorded()

    code, out, err = invoke("study", "s.yaml", "--open-test")

    assert code == 0
    assert "the test split of 10 runs is open from now on" in err
    assert "\nholds: Adam is better.\n" in out
    assert "The test split was opened on 2" in out
    (opening,) = entries("opened")
    assert [each["result"] for each in opening["judgements"]] == ["sealed", "holds"]
    assert opening["runs"] == 10
    assert all(metrics_of(run_dir) == {"test_loss", "test_accuracy"} for run_dir in run_dirs)
    assert "test_accuracy" in Path("runs/summary.csv").read_text()
    assert run_dirs[0].evaluation() is not None
    assert invoke("study", "s.yaml", "--open-test")[:2] == (0, out)
    assert entries("opened") == [opening]


def test_an_opening_that_was_killed_is_finished_by_the_next_command(invoke: Invoke) -> None:
    """Between the ledger and the last run, what is not open yet stays sealed for its readers."""
    run_dirs = recorded()
    assert invoke("study", "s.yaml", "--open-test")[0] == 0
    for run_dir in run_dirs[3:]:
        run_dir.opened_path.rename(run_dir.sealed_path)
    assert [bool(metrics_of(run_dir)) for run_dir in run_dirs] == [True] * 3 + [False] * 7

    assert invoke("study", "s.yaml")[0] == 0

    assert all(map(metrics_of, run_dirs))


def test_a_study_stays_sealed_while_a_run_is_missing(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """It could be trained until the open scores please."""
    run_dirs = recorded()
    run_dirs[0].summary_path.unlink()
    monkeypatch.setattr(workflow, "carry_out", lambda planned, *_, **__: Trained(plan=planned, results=[]))

    _, out, err = invoke("study", "s.yaml", "--open-test")

    assert "s.yaml: the test split stays sealed, since not all runs have finished or diverged\n" in err
    assert "The test split is sealed" in out
    assert not entries()


def test_bias_and_variance_are_those_of_the_test_split() -> None:
    """They are sealed with it: they are computed of all test predictions."""
    claim = "says: It varies., metric: variance, variant: adam, at_least: 0.0"
    loaded = load_study(study(STUDY, claim, test="sealed", resamples="3"))

    (judged,) = judge(loaded, {}, seal=Seal("s", "s.yaml")).claims

    assert (judged.is_sealed, judged.is_expected) == (True, None)
    assert judged.terms[0].reason == f"the test split is {SAID}"


def test_only_what_is_sealed_can_be_opened(invoke: Invoke) -> None:
    """And not by a command that is to do nothing."""
    study(STUDY, ON_TEST)

    assert invoke("study", "s.yaml", "--open-test") == (2, "", "--open-test: s.yaml seals no test split\n")
    for option in ("--dry-run", "--smoke"):
        code, _, err = invoke("study", "s.yaml", "--open-test", option)
        assert (code, err) == (2, f"--open-test opens for good; leave out {option}\n")


def test_runs_that_were_open_before_stay_so_and_are_counted(invoke: Invoke) -> None:
    """The study itself does without their test scores until it is opened."""
    run_dirs = recorded()
    for run_dir in run_dirs[:4]:
        run_dir.sealed_path.unlink()

    _, out, _ = invoke("study", "s.yaml")

    assert "Of the runs 4 were on record before with open test scores." in " ".join(out.split())
    assert "\nsealed: Adam is better.\n" in out
    assert all(map(metrics_of, run_dirs[:4]))


def test_another_study_of_the_same_runs_is_told_who_sealed_them(invoke: Invoke) -> None:
    """It judges what it can, and the command opens the study that sealed them."""
    recorded()
    Path("open.yaml").write_text(STUDY.read_text().replace("test: sealed\n", ""))
    loaded = load_study(Path("open.yaml"))
    assert loaded.study.test is None

    code, out, _ = invoke("study", "open.yaml")

    assert code == 0
    assert f"No interval: the test split is {SAID}." in " ".join(out.split())
    assert not entries(name="open")


def test_a_variant_that_is_validated_on_the_test_split_cannot_be_sealed() -> None:
    """Its validation scores would be test scores."""
    study(STUDY, VALIDATED, test="sealed", variants="{sgd: {validation: test}, adam: {}}")

    with pytest.raises(ConfigError, match=r"s\.yaml:3: test: sgd is validated on the test examples"):
        load_study(STUDY)


def test_verify_checks_the_bytes_of_sealed_runs() -> None:
    """A changed test score is damage, whether readers see it or not."""
    (run_dir, *_) = record(study(STUDY, ON_TEST), RUNS, {"adam": ADAM})
    run_dir.environment_path.unlink()
    run_dir.put_seal(Seal("s", "s.yaml"))
    assert check(read(run_dir)).holds

    run_dir.summary_path.write_text(run_dir.summary_path.read_text().replace("0.88", "0.77"))

    assert check(read(run_dir)).damage == [f"{run_dir.summary_path}: changed since the run ended"]


def test_a_damaged_seal_hides_the_run() -> None:
    """Rather than show what may be sealed."""
    run_dir, *_ = recorded()
    run_dir.sealed_path.write_text("{}")

    run = read(run_dir)

    assert (run.status, run.what) == ("damaged", f"{run_dir.sealed_path}: damaged: lacks the key study")


def test_a_damaged_seal_that_blocks_an_opening_names_a_way_out(invoke: Invoke) -> None:
    """Which run it is of, and what helps; that does."""
    run_dirs = recorded()
    superseded = RunDir(run_dirs[0].path.with_name(f"{run_dirs[0].path.name}-2"))
    copytree(run_dirs[0].path, superseded.path)
    superseded.sealed_path.write_text('{"study": "s"}')

    code, _, err = invoke("study", "s.yaml", "--open-test")
    removed = invoke("rm", str(superseded.path), "--yes")
    again, *_ = invoke("study", "s.yaml", "--open-test")

    assert (code, removed[0], again) == (1, 0, 0)
    assert (
        f"{superseded.sealed_path}: damaged: lacks the key file; nothing can be opened before it is restored, or its "
        "run removed by dlexp rm" in err
    )


@pytest.mark.parametrize("entry", ['{"kind": "opened"}', '{"kind": "opened", "time": 5}'])
def test_an_opening_without_its_time_is_damage(entry: str, invoke: Invoke) -> None:
    """The file and its line, and no traceback; nothing is taken for open."""
    recorded()
    path = ledger_path(RUNS, "s")
    path.parent.mkdir()
    path.write_text(f"{entry}\n")

    code, out, err = invoke("study", str(STUDY))

    assert (code, out) == (1, "")
    assert f"{path}:1: damaged: " in err
    assert "bug" not in err


def test_seals_are_files_of_the_run(invoke: Invoke) -> None:
    """They may be tagged and removed, with the seal; and a seal that was opened is not put again."""
    run_dir, *_ = recorded()

    assert invoke("tag", "s-sgd", "good")[0] == 0
    run_dir.open_seal()
    run_dir.put_seal(Seal("other", "o.yaml"))
    assert run_dir.seal() is None
    assert invoke("rm", "s-sgd", "iris", "--yes")[0] == 0
    assert not scan(RUNS)


def test_a_ledger_has_each_judgement_by_the_test_split_once(invoke: Invoke) -> None:
    """Of open studies too: what was asked, of how many runs, and how it came out; nothing new where nothing is."""
    record(study(STUDY, ON_TEST, VALIDATED), RUNS, {"sgd": SGD, "adam": ADAM})
    assert invoke("study", "s.yaml", "--dry-run")[0] == 0
    assert not entries()

    first, again = invoke("study", "s.yaml")[1], invoke("study", "s.yaml")[1]

    (entry,) = entries()
    assert (entry["kind"], entry["file"], entry["runs"]) == ("consulted", "s.yaml", 10)
    (judgement,) = entry["judgements"]
    assert (judgement["measure"], judgement["about"], judgement["result"]) == ("test_accuracy", "adam - sgd", "holds")
    assert first == again
    assert "consulted" not in first


def test_who_consults_the_test_split_again_is_told_how_often_it_was(invoke: Invoke) -> None:
    """With other runs, another claim, or another study of the same test examples."""
    path = study(STUDY, ON_TEST)
    record(path, RUNS, {"sgd": SGD, "adam": ADAM})
    invoke("study", "s.yaml")
    path.write_text(path.read_text().replace("0.01", "0.02"))
    invoke("study", "s.yaml")
    Path("other.yaml").write_text(path.read_text())

    _, out, _ = invoke("study", "other.yaml")

    said = " ".join(out.split())
    assert "The test split was consulted 3 times by now, with other runs or questions each time: by other (1)" in said
    assert "and s (2); studies and dlexp try are counted, comparisons are not." in said
    assert json.loads(invoke("study", "other.yaml", "--format", "json")[1])["studies"][0]["test_split"] == {
        "is_sealed": False,
        "open_before": 0,
        "opened": None,
        "trained_since": 0,
        "consulted": {"other": 1, "s": 2},
    }


def test_a_ledger_that_cannot_be_written_hides_no_result(invoke: Invoke) -> None:
    """It is said; but nothing is opened without one."""
    record(study(STUDY, ON_TEST), RUNS, {"sgd": SGD, "adam": ADAM})
    (RUNS / "ledgers").write_text("a file")

    code, out, err = invoke("study", "s.yaml")

    assert code == 0
    assert "holds: Adam is better." in out
    assert "s.jsonl: " in err


def _refuse(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_nothing_is_opened_without_its_ledger(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else nobody would know that it was."""
    run_dirs = recorded()
    monkeypatch.setattr("dlexp.records.ledger.os.fsync", _refuse)

    code, _, err = invoke("study", "s.yaml", "--open-test")

    assert code == 1
    assert "s.jsonl: cannot be written: No space left on device" in err
    assert not any(map(metrics_of, run_dirs))


class Executing(Here):
    """An engine that does with a job what a worker does, in no time."""

    def submit(self, job: Job) -> None:
        """Execute it."""
        ending = execute(job)
        self._ended.append(Outcome(job, ending))


@pytest.fixture
def seals(monkeypatch: pytest.MonkeyPatch) -> list[Seal | None]:
    """The seal of each run as its training begins, in the order of the trainings."""
    found: list[Seal | None] = []

    def trained(job: Job) -> None:
        found.append(job.run_dir.seal())
        Scoring(lambda _: 0.9).submit(job)

    monkeypatch.setattr("dlexp.execution.execute._train", trained)
    return found


RUNNER = Runner(engine=lambda _: Executing(), progress=lambda *_: nullcontext(Watcher()))


def given(*configs: str) -> Given:
    """Configs to train."""
    return Given(
        configs=list(map(Path, configs)), overrides=[], grids=[], runs_dir=RUNS, data_dir=None, smoke=False, warn=print
    )


def test_runs_are_sealed_before_they_are_trained(seals: list[Seal | None]) -> None:
    """Those that the study trains; what was on record stays open, and smoke runs have nothing to hide."""
    study(STUDY, VALIDATED, test="sealed", seeds=2)
    (before,) = train(given("iris.yaml"), [0], RUNNER).results

    workflow.study([STUDY], Request(runs_dir=RUNS, smoke=True), RUNNER)
    assert seals == [None] * 3
    facts = workflow.study([STUDY], Request(runs_dir=RUNS), RUNNER).studies[0]

    assert seals[3:] == [Seal("s", "s.yaml")] * 3
    assert before.seal() is None
    assert facts.use_of_test.n_open == 1


def test_a_sealed_run_that_is_repeated_or_resumed_is_sealed(seals: list[Seal | None]) -> None:
    """Its repetition would give the scores that nobody is to see: `run --force`, a resumed run, `verify`."""
    study(STUDY, VALIDATED, test="sealed", seeds=1)
    workflow.study([STUDY], Request(runs_dir=RUNS), RUNNER)
    sgd, adam = sorted(scan(RUNS), key=lambda run_dir: run_dir.name == "iris")

    (forced,) = train(given("iris.yaml"), [0], RUNNER, force=True).results
    for path in (sgd.summary_path, sgd.manifest_path):
        path.unlink()
    workflow.study([STUDY], Request(runs_dir=RUNS), RUNNER)

    assert (forced.path, seals) == (adam.path.with_name(f"{adam.path.name}-2"), [Seal("s", "s.yaml")] * 4)
    adam.config_path.write_text(dump(load("iris.yaml").experiment))
    again, _ = repeated([read(adam)], Path("elsewhere"), None)
    assert [each.seal for each in again.runs] == [Seal("s", "s.yaml")]


def test_an_opened_study_trains_open_runs_and_counts_them(seals: list[Seal | None]) -> None:
    """It is open for good; a run that was under way when it was opened is opened by the next command."""
    study(STUDY, ON_TEST, test="sealed", seeds=1)
    workflow.study([STUDY], Request(runs_dir=RUNS), RUNNER, open_test=True)
    when = opened(Ledger(ledger_path(RUNS, "s")))
    assert when
    first, *_ = scan(RUNS)
    first.opened_path.unlink()
    first.put_seal(Seal("s", "s.yaml"))

    STUDY.write_text(STUDY.read_text().replace("seeds: 1", "seeds: 2"))
    facts = workflow.study([STUDY], Request(runs_dir=RUNS), RUNNER).studies[0]

    assert seals[2:] == [None, None]
    assert not any(run_dir.seal() for run_dir in scan(RUNS))
    assert (facts.use_of_test.opened, facts.use_of_test.seal) == (when, None)


@pytest.mark.training
def test_a_real_training_says_nothing_of_the_test_split(invoke: Invoke) -> None:
    """Neither its progress nor its page."""
    study(STUDY, VALIDATED, test="sealed", seeds="1")

    code, out, err = invoke("study", "s.yaml")

    assert code == 1  # One seed can tell nothing.
    assert "val_accuracy" in err
    assert "test_accuracy" not in out + err
    assert all(run_dir.seal() for run_dir in scan(RUNS))
