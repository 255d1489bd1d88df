"""Changes tried over an incumbent: what is trained, written down and kept, without training."""

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from campaigns import CONFIG, Recording, last, noisy, outcomes, tried
from make_runs import finished

from dlexp.components.component import Misfit
from dlexp.config.changes import ProposedChange
from dlexp.config.experiment import Experiment
from dlexp.config.load import load
from dlexp.errors import Elsewhere, UserError
from dlexp.execution.at_once import AtOnce
from dlexp.execution.plan import Request
from dlexp.execution.pool import Pool
from dlexp.records.index import read, scan
from dlexp.records.lock import locked
from dlexp.records.record_files import DamagedRecord
from dlexp.records.seal import Seal
from dlexp.records.test_uses import consultations
from dlexp.reports.ratchet.campaign import campaigns_of
from dlexp.reports.ratchet.incumbent import said_of
from dlexp.statistics.ratchet import level_of
from dlexp.training.job import Candidate, Refusal
from dlexp.training.stages import Stage
from dlexp.workflows.campaigning import Tries
from dlexp.workflows.ratchet import campaign_of, preview

MOMENTUM, BATCH, WIDER, ADAM = "optimizer.momentum=0.9", "training.batch_size=16", "model.hidden=[9]", "optimizer=adam"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def steps(folder: Path) -> list[dict[str, Any]]:
    """The entries of the ledger."""
    return [json.loads(line) for line in (folder / "runs/ledgers/it.jsonl").read_text().splitlines()]


def test_only_what_is_better_twice_is_kept_and_the_next_change_is_laid_over_it(folder: Path) -> None:
    """Each step is an entry: the screening with its runs, the beginning of a confirmation, and its end."""
    facts, trained = tried(folder, WIDER, MOMENTUM, ADAM, BATCH)

    assert outcomes(facts) == ["cannot tell", "kept", "worse", "kept"]
    assert [each["step"] for each in steps(folder)] == (
        [
            "started",
            "screened",
            "screened",
            "confirming",
            "confirmed",
            "screened",
            "screened",
            "confirming",
            "confirmed",
        ]
    )
    momentum, batch = facts.campaign.kept
    assert (momentum.name, batch.name) == (
        "it-optimizer.momentum=0.9",
        "it-optimizer.momentum=0.9-training.batch_size=16",
    )
    assert batch.incumbent == momentum.identity
    assert momentum.settings == {"optimizer.momentum": ["0.0", "0.9"]}
    _, screening, confirmation = last(facts)
    assert screening.n == 3
    assert (confirmation.j, confirmation.level) == (2, level_of(2))
    assert confirmation.seeds == tuple(range(1008, 1016))
    assert confirmation.found
    assert confirmation.found.n == 8
    assert trained
    assert len(trained.results) == len(list(folder.glob("runs/it*/*/summary.json")))
    screened = steps(folder)[2]
    assert screened["runs"]["change"] == [f"{momentum.name}/s{i}-{momentum.identity[:10]}" for i in range(3)]


def test_the_incumbent_is_a_config_that_can_be_run(folder: Path) -> None:
    """It is written beside the ledger, and the settings that make it of the first one are said where that suffices."""
    facts, _ = tried(folder, MOMENTUM, BATCH)
    made = load(folder / "it.yaml", [MOMENTUM, BATCH]).experiment

    assert facts.overrides == [MOMENTUM, BATCH]
    assert facts.incumbent == folder / "runs/ledgers/it.yaml"
    assert load(facts.incumbent).experiment == made.model_copy(update={"name": facts.campaign.kept[-1].name})

    (folder / "other.yaml").write_text("extends: it.yaml\ntraining: {batch_size: 16}\noptimizer: {momentum: 0.9}\n")
    (folder / "b").mkdir()
    (folder / "b/it.yaml").write_text(CONFIG)
    facts, _ = tried(folder / "b", "other.yaml")
    assert (facts.overrides, facts.campaign.kept[0].change) == (None, "other.yaml")
    assert load(facts.incumbent).experiment == load(folder / "other.yaml").experiment


def test_what_is_better_on_the_first_seeds_alone_is_not_kept(folder: Path) -> None:
    """The seeds of a confirmation are new to both sides: luck does not come back."""

    def lucky(experiment: Experiment, seed: int) -> float:
        return noisy(experiment, seed) + (
            0.1 if experiment.model_dump()["model"]["hidden"] == [9] and seed < 1000 else 0
        )

    facts, _ = tried(folder, WIDER, engine=Recording(lucky))

    assert outcomes(facts) == ["not confirmed"]
    assert not facts.campaign.kept


def test_seeds_that_a_side_was_trained_with_are_not_new(folder: Path) -> None:
    """Those of a study's tuning, say: a confirmation passes them over."""
    tried(folder, WIDER)
    identity = steps(folder)[0]["identity"]
    finished(folder / "runs", "it", 1002, identity=identity)

    facts, _ = tried(folder, MOMENTUM)

    assert last(facts)[2].seeds == (1000, 1001, *range(1003, 1009))


def test_another_command_goes_on_where_the_ledger_ends(folder: Path) -> None:
    """Over the present incumbent nothing is tried twice, and confirmations are counted on."""
    tried(folder, MOMENTUM, WIDER)
    engine = Recording(noisy)

    facts, trained = tried(folder, MOMENTUM, WIDER, engine=engine)

    assert outcomes(facts) == ["the same experiment as the incumbent", "tried before over this incumbent"]
    assert (engine.names, trained) == ([], None)

    facts, _ = tried(folder, BATCH)
    assert [each.change for each in facts.campaign.kept] == [MOMENTUM, BATCH]
    assert [each["j"] for each in steps(folder) if each["step"] == "confirming"] == [1, 2]

    facts, _ = tried(folder, WIDER)  # Over another incumbent it is another change.
    assert outcomes(facts) == ["cannot tell"]
    assert [
        each.proposal and each.proposal.change for each in campaign_of(folder / "it.yaml", folder / "runs").changes
    ] == ([MOMENTUM, WIDER, BATCH, WIDER])


@pytest.mark.parametrize("n", range(1, 22, 2))
def test_a_command_killed_at_any_run_loses_and_counts_nothing_twice(folder: Path, n: int) -> None:
    """The same command again trains the runs that are missing, with the same seeds and the same j."""
    whole, _ = tried(folder, MOMENTUM, engine=(engine := Recording(noisy)))
    assert len(engine.names) == 22
    again = folder / "again"
    again.mkdir()

    with pytest.raises(KeyboardInterrupt):
        tried(again, MOMENTUM, engine=(first := Recording(noisy, interrupted_after=n)))
    facts, _ = tried(again, MOMENTUM, engine=(second := Recording(noisy)))

    assert facts.campaign.proposals == whole.campaign.proposals
    assert sorted(first.names + second.names) == sorted(engine.names)
    assert [each["step"] for each in steps(again)] == ["started", "screened", "confirming", "confirmed"]


def test_a_failed_run_leaves_its_change_open(folder: Path) -> None:
    """It is said, the next change is tried, and the same command trains what is missing."""
    facts, trained = tried(folder, WIDER, MOMENTUM, engine=Recording(noisy, failing=[1003]))

    assert outcomes(facts)[0] == "cannot tell"
    assert outcomes(facts)[1].startswith("not decided: a run failed")
    assert trained
    assert any(run_dir.status == "failed" for run_dir in trained.results)

    facts, _ = tried(folder, MOMENTUM)
    assert outcomes(facts) == ["kept"]
    assert sum(each["step"] == "confirming" for each in steps(folder)) == 1

    facts, _ = tried(folder, BATCH, engine=Recording(noisy, failing=[1]))
    assert outcomes(facts)[0].startswith("not decided: a run failed")
    assert steps(folder)[-1]["step"] == "confirmed"


def test_another_seed_is_no_change(folder: Path) -> None:
    """What is better by another draw is so by luck: refused before anything is trained or written."""
    changes = ["validation.seed=1", "dataset.split_seed=3", f"{MOMENTUM} dataset.train_fraction_seed=1"]

    with pytest.raises(UserError) as refused:
        tried(folder, *changes)

    assert [line.partition(": another seed")[0] for line in refused.value.lines] == [
        "validation.seed=1: validation.seed",
        "dataset.split_seed=3: dataset.split_seed",
        f"{MOMENTUM} dataset.train_fraction_seed=1: dataset.train_fraction_seed",
    ]
    assert not (folder / "runs").exists()


def test_what_cannot_be_compared_is_refused(folder: Path) -> None:
    """Other examples, another loss, a column that is not recorded: all mistakes at once, exit code 2."""
    with pytest.raises(UserError, match=r"validation.size=0.5: val_accuracy would be on other examples") as refused:
        tried(folder, "validation.size=0.5", "dataset=digits", MOMENTUM)
    assert len(refused.value.lines) == 2

    with pytest.raises(UserError, match=r"head.label_smoothing=0.1: val_loss would be another loss") as refused:
        tried(folder, "head.label_smoothing=0.1", by="val_loss")

    with pytest.raises(UserError, match=r"unknown key 'momentun'.*\n.*nowhere.yaml: no such file"):
        tried(folder, "optimizer.momentun=0.9", "nowhere.yaml")

    with pytest.raises(UserError, match=r"^adam: expected KEY=VALUE, or a config; there is no such file$"):
        tried(folder, "adam")


def test_a_change_that_no_longer_fits_is_refused_over_the_new_incumbent(folder: Path) -> None:
    """It was sound when the command began: that is written down, and the next change is tried."""

    def adam_is_better(experiment: Experiment, seed: int) -> float:
        return noisy(experiment, seed) + (0.2 if experiment.optimizer.type == "adam" else 0)

    facts, _ = tried(
        folder, ADAM, "optimizer.nesterov=true optimizer.momentum=0.9", BATCH, engine=Recording(adam_is_better)
    )

    assert outcomes(facts) == ["kept", "refused", "kept"]
    assert "unknown key 'nesterov'" in steps(folder)[4]["reason"]
    assert facts.overrides == [ADAM, BATCH]


class Refusing(Recording):
    """Cannot build models of 9 units; or only not with momentum."""

    def __init__(self, momentum: float | None = None) -> None:
        super().__init__(noisy)
        self._momentum = momentum

    def refusals(self, candidates: Sequence[Candidate], told: Callable[[Stage], None]) -> list[Refusal]:
        """Those."""
        misfits = [Misfit("model.hidden", "9 units are too many")]
        return [Refusal(each, misfits) for each in candidates if self._refuses(each.experiment.model_dump())]

    def _refuses(self, config: dict[str, Any]) -> bool:
        is_meant = self._momentum is None or config["optimizer"].get("momentum") == self._momentum
        return config["model"]["hidden"] == [9] and is_meant


def test_what_cannot_be_built_is_refused_before_anything_is_trained(folder: Path) -> None:
    """Whichever change it is; what cannot be built over a later incumbent alone is refused then, and the rest tried."""
    with pytest.raises(UserError, match=r"model.hidden: 9 units are too many"):
        tried(folder, MOMENTUM, WIDER, engine=(engine := Refusing()))
    assert not engine.names
    assert not (folder / "runs/ledgers/it.jsonl").exists()

    facts, _ = tried(folder, MOMENTUM, WIDER, BATCH, engine=Refusing(momentum=0.9))
    assert outcomes(facts) == ["kept", "refused", "kept"]


def test_a_config_that_was_edited_begins_another_campaign(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """In the same file, whose confirmations are counted on: no seed is new twice, and no level is given twice."""
    tried(folder, MOMENTUM)
    (folder / "it.yaml").write_text(CONFIG.replace("[8]", "[7]"))
    with caplog.at_level("INFO"):
        facts, _ = tried(folder, MOMENTUM)

    assert "it.yaml is no incumbent that" in caplog.text
    assert (outcomes(facts), facts.n_before) == (["kept"], 1)
    assert last(facts)[2].j == 2

    # What was kept is pasted into the config: the same campaign.
    (folder / "it.yaml").write_text(CONFIG.replace("[8]", "[7]").replace("0.01", "0.01, momentum: 0.9"))
    facts, _ = tried(folder, MOMENTUM, BATCH)
    assert outcomes(facts) == ["the same experiment as the incumbent", "kept"]
    assert facts.n_before == 1


def test_a_choice_on_the_test_split_is_noted(folder: Path) -> None:
    """In the ledger, with what it chose, and so that a study on the same examples can count it."""
    facts, trained = tried(folder, MOMENTUM, by="test_accuracy")
    (folder / "it.yaml").write_text(CONFIG + "validation: test\n")
    other, _ = tried(folder, MOMENTUM)

    assert [each.campaign.proposals[0].by for each in (facts, other)] == ["test_accuracy", "val_accuracy"]
    choices = [each["consults_test"] for each in steps(folder) if each.get("step") in ("screened", "confirmed")]
    assert choices == [True] * 4
    assert trained
    runs = [read(run_dir) for run_dir in trained.results]
    assert consultations(folder / "runs", runs) == {"it": 4}


def test_a_loss_is_better_where_it_is_lower(folder: Path) -> None:
    """The differences keep their sign."""
    facts, _ = tried(folder, MOMENTUM, ADAM, by="val_loss")

    assert outcomes(facts) == ["kept", "worse"]
    _, found, _ = last(facts)
    assert found.mean == pytest.approx(-0.1, abs=0.01)
    assert found.high == pytest.approx(-0.1, abs=0.05)
    assert found.low == pytest.approx(-0.1, abs=0.05)
    assert sorted([found.low or 0, found.high or 0, found.mean or 0]) == [found.low, found.mean, found.high]


def test_a_column_has_to_tell_better_from_worse(folder: Path) -> None:
    """No seconds, no training score, none that is not recorded; of few seeds and many there is no looking."""
    for by in ("seconds", "accuracy", "val_acuracy", "gap_accuracy"):
        with pytest.raises(UserError, match=f"--by {by}: no column of .*it.yaml by which one"):
            tried(folder, WIDER, by=by)
    with pytest.raises(UserError, match="--max-seeds: 24 seeds at most"):
        tried(folder, WIDER, max_seeds=25)
    (folder / "it.yaml").write_text(CONFIG + "validation: none\n")
    with pytest.raises(UserError, match="has no validation split to decide by; choose a column with --by"):
        tried(folder, WIDER)


def test_a_change_that_diverges_is_not_kept(folder: Path) -> None:
    """On every seed it is worse; on some of them there is no verdict, up to half of the seeds."""

    def diverging(experiment: Experiment, seed: int) -> float:
        if experiment.optimizer.type == "adam" or (experiment.training.batch_size == 16 and seed == 1):
            return math.nan
        return noisy(experiment, seed)

    facts, _ = tried(folder, ADAM, BATCH, engine=(engine := Recording(diverging)))

    assert outcomes(facts) == ["worse", "cannot tell"]
    reasons = [each.screening.reason for each in facts.campaign.proposals if each.screening]
    assert reasons == ["the change diverged on each of 3 seeds", "diverged on 1 of 7 seeds, the incumbent on 0 of 7"]
    assert len([name for name, _ in engine.names if name == "it-training.batch_size=16"]) == 7


def test_two_processes_do_not_try_at_once(folder: Path) -> None:
    """They would count the same confirmation twice."""
    ledgers = folder / "runs/ledgers"
    ledgers.mkdir(parents=True)
    with locked(ledgers / ".it.lock"), pytest.raises(Elsewhere, match="under way in process"):
        tried(folder, WIDER)

    assert not list(ledgers.iterdir())


def test_the_written_incumbent_begins_no_campaign_of_its_own(folder: Path) -> None:
    """It changes with its campaign."""
    tried(folder, MOMENTUM)

    tries = Tries(
        changes=(), over=folder / "runs/ledgers/it.yaml", by=None, max_seeds=12, request=Request(runs_dir=Path("runs"))
    )
    with pytest.raises(UserError, match="written by dlexp try"):
        preview(tries, workers=1)


def test_a_ledger_that_makes_no_sense_is_damaged(folder: Path) -> None:
    """Its line is named; entries of a study of the same name are passed over."""
    with pytest.raises(DamagedRecord, match=r"it.jsonl:2: damaged: no step of a campaign \(KeyError: 'step'\)"):
        campaigns_of([{"kind": "study"}, {"kind": "try"}], Path("it.jsonl"))
    with pytest.raises(DamagedRecord, match=r"it.jsonl:1: damaged"):
        campaigns_of(
            [{"kind": "try", "step": "confirmed", "incumbent": "", "identity": "", "by": ""}], Path("it.jsonl")
        )
    assert campaigns_of([{"kind": "study"}], Path("it.jsonl")) == []


@pytest.mark.training
def test_changes_are_trained(folder: Path) -> None:
    """By the embedded engine, whose process serves one screening after the other."""
    (folder / "it.yaml").write_text(CONFIG.replace("epochs: 2", "epochs: 1"))

    facts, trained = tried(folder, WIDER, BATCH, engine=Pool(AtOnce(1)), max_seeds=3)

    assert set(outcomes(facts)) <= {"cannot tell", "worse", "not confirmed", "kept"}
    assert trained
    assert all(run_dir.status == "finished" for run_dir in trained.results)


@pytest.mark.parametrize(
    ("word", "overrides"),
    [
        ("a=1", ["a=1"]),
        ("a=1 b.c=[1, 2]  d={x: 1, y=z: 2}", ["a=1", "b.c=[1, 2]", "d={x: 1, y=z: 2}"]),
        ('a="b c=1" d=2', ['a="b c=1"', "d=2"]),
        ("head.heads.my target.weight=2 a=1", ["head.heads.my target.weight=2", "a=1"]),
        (" a=1 ", ["a=1"]),
    ],
)
def test_one_change_may_set_several_keys(word: str, overrides: list[str]) -> None:
    """With spaces between them; those within brackets, quotes and keys belong to the value or the key."""
    assert list(ProposedChange.parse(word).overrides) == overrides


@pytest.mark.parametrize(
    "own",
    [
        "validation: 0.2\n",
        "validation: {size: 0.2, seed: 3}\n",
        "head: {class_weight: balanced}\nvalidation: 30\n",
        "",
    ],
)
def test_the_incumbent_is_the_same_experiment_on_own_data(folder: Path, own: str) -> None:
    """A number that draws from the user's own data stays one; and so do the settings that make it."""
    rows = "".join(f"{i},{i % 7},{'ab'[i % 2]}\n" for i in range(120))
    (folder / "own.csv").write_text("u,v,y\n" + rows)
    data = "dataset: {type: csv, path: own.csv, target: y, task: binary}\nmodel: {hidden: [8]}\noptimizer: sgd\n"
    (folder / "base.yaml").write_text(data)
    (folder / "it.yaml").write_text(f"extends: base.yaml\n{own}")
    first = load(folder / "it.yaml")
    assert load(_written(folder, said_of(first))).experiment == first.experiment

    changed = load(first, [MOMENTUM])
    assert load(_written(folder, said_of(changed))).experiment == changed.experiment


def _written(folder: Path, said: dict[str, object]) -> Path:
    path = folder / "written.yaml"
    path.write_text(json.dumps(said))
    return path


def test_sealed_test_scores_decide_nothing(folder: Path) -> None:
    """Refused before anything is trained or written, and not tried before once they are open."""
    tried(folder, WIDER)
    before = steps(folder)
    for run_dir in scan(folder / "runs"):
        run_dir.put_seal(Seal("s", "s.yaml"))

    with pytest.raises(UserError, match=r"test_accuracy: sealed by study s; dlexp study s.yaml --open-test opens it"):
        tried(folder, MOMENTUM, by="test_accuracy", engine=(engine := Recording(noisy)))

    assert (engine.names, steps(folder)) == ([], before)


def test_nothing_is_no_change_and_no_column(folder: Path) -> None:
    """It is said what was expected."""
    with pytest.raises(UserError, match="change: expected KEY=VALUE, or a config, given ''"):
        tried(folder, " ")
    with pytest.raises(UserError, match=r"--by: expected a column, given ''\. Choose from: "):
        tried(folder, WIDER, by="")
