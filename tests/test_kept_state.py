"""A run that differs from a finished one in more epochs alone begins with the final state that this one kept."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jobs import records

from dlexp import whole_files
from dlexp.config.identity import TRAINING_VERSION, Ingredients
from dlexp.config.load import load, load_all
from dlexp.execution.execute import execute
from dlexp.execution.plan import Plan, Request
from dlexp.execution.planning import plan
from dlexp.execution.repeats import again
from dlexp.records import run_dir as run_dir_module
from dlexp.records.history import HistoryWriter
from dlexp.records.index import read
from dlexp.records.numbering import Numbering
from dlexp.records.run_dir import OWN_FILES, RunDir
from dlexp.reports.plan.beginnings import other_beginnings, planned_beginnings
from dlexp.reports.plan.dry_run import _fate
from dlexp.reports.verification.facts import weights
from dlexp.reports.verification.integrity import check
from dlexp.training import checkpoint_file
from dlexp.training.checkpoint import Checkpoints
from dlexp.training.environment import here
from dlexp.training.epochs import Epochs

IRIS = "dataset: iris\nmodel: {hidden: [8]}\ntraining: {epochs: %d, keep_state: true}\n"


def planned(folder: Path, text: str, *overrides: str, seeds: int = 1, **request: Any) -> Plan:
    """What `dlexp run` would do with a config given as text."""
    folder.mkdir(exist_ok=True)
    config = folder / "it.yaml"
    config.write_text(text)
    experiment = load(config, overrides).experiment
    return plan(Request(wanted=[(experiment, range(seeds))], runs_dir=folder / "runs", **request))


def shorter(
    folder: Path, text: str, *overrides: str, seed: int = 0, version: int = TRAINING_VERSION, **record: Any
) -> RunDir:
    """A finished run of a config, which kept its state, without training."""
    experiment = planned(folder, text, *overrides).runs[0].subject.experiment
    ingredients = Ingredients.of(experiment, experiment.dataset.digest(None))
    ingredients = replace(ingredients, training_version=version)
    run_dir = Numbering(folder / "runs").create("it", seed, ingredients.identity)
    run_dir.write_json(run_dir.environment_path, here())
    with HistoryWriter(run_dir.history_path, ["epoch", "loss"]) as writer:
        for epoch in range(1, experiment.training.epochs + 1):
            writer.write({"epoch": epoch, "loss": 1 / epoch})
    checkpoint_file.write(run_dir.state_path, checkpoint_file.encoded({}))
    run_dir.write_summary(
        {
            "seed": seed,
            "identity": ingredients.identity,
            "config": experiment.model_dump(),
            "metrics": {},
            "epochs": experiment.training.epochs,
            "training_version": version,
            "versions": here()["versions"],
            **record,
        }
    )
    return run_dir


def lines(found: Plan) -> list[str]:
    """What `run` says of how its runs begin."""
    return list(planned_beginnings(found, only_asked=False))


def test_the_longest_shorter_run_is_continued(tmp_path: Path) -> None:
    """Said by `run` and by its dry run; of the same seed, under whatever name it lies."""
    shorter(tmp_path, IRIS % 2)
    longest = shorter(tmp_path, IRIS % 3)
    shorter(tmp_path, IRIS % 5)
    shorter(tmp_path, IRIS % 4, seed=1)
    longest.path.parent.rename(tmp_path / "runs" / "other")
    path = tmp_path / "runs" / "other" / longest.path.name

    found = planned(tmp_path, IRIS % 5, "training.epochs=4")

    assert [each.dir.path for each in [found.runs[0].continues] if each] == [path]
    assert lines(found) == [f"it, seed 0: continues {path} from epoch 3"]
    assert _fate(found.runs[0], found.runs[0].subject.experiment) == f"would continue {path} from epoch 3"
    assert [job.shorter for job in found.jobs()] == [[path]]


def test_nothing_is_said_where_there_is_no_shorter_run(tmp_path: Path) -> None:
    """Nor where a run is trained from the start in any case: with `--force` and with `--smoke`."""
    assert lines(planned(tmp_path, IRIS % 4)) == []
    shorter(tmp_path, IRIS % 2)
    assert lines(planned(tmp_path, IRIS % 4, "model.hidden=[9]")) == []
    for request in ({"force": True}, {"smoke": True}):
        found = planned(tmp_path, IRIS % 4, **request)
        assert (lines(found), [list(job.shorter) for job in found.jobs()]) == ([], [[]])


def damage_state(run_dir: RunDir) -> None:
    """Change its last byte."""
    content = run_dir.state_path.read_bytes()
    run_dir.state_path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def edit_history(run_dir: RunDir) -> None:
    """Make the last row better."""
    run_dir.history_path.write_text(run_dir.history_path.read_text().replace("0.5", "0.4"))


def of_another_processor(run_dir: RunDir) -> None:
    """Have it trained elsewhere."""
    run_dir.write_json(run_dir.environment_path, here() | {"processor": "abacus"})


#: Of each: a setting of both runs, what becomes of the shorter one, what it recorded, and what is said.
REASONS: dict[str, tuple[str, Callable[[RunDir], object], dict[str, Any], str]] = {
    "no state": (
        "training.keep_state=false",
        lambda run_dir: run_dir.state_path.unlink(),
        {},
        "{path} (2 epochs) kept no state; training.keep_state: true keeps it",
    ),
    "lost state": ("", lambda run_dir: run_dir.state_path.unlink(), {}, "{path} (2 epochs) has no state.npz any more"),
    "schedule": (
        "training.schedule=cosine",
        lambda run_dir: None,
        {},
        "the cosine schedule depends on the number of epochs, so that {path} (2 epochs) is another training",
    ),
    "early stopping": (
        "training.early_stopping.patience=1",
        lambda run_dir: None,
        {"stopped_epoch": 2},
        "early stopping ended {path} after epoch 2, and will end this run there too",
    ),
    "diagnostics": (
        "training.diagnostics=true",
        lambda run_dir: None,
        {},
        "{path} (2 epochs) has no diagnostics of its own, which this run is to have",
    ),
    "processor": ("", of_another_processor, {}, "{path} was trained with another processor"),
    "version": (
        "",
        lambda run_dir: None,
        {"versions": here()["versions"] | {"tensorflow": "2.99"}},
        "{path} was trained with another tensorflow",
    ),
    "training code": ("", lambda run_dir: None, {"version": 2}, "{path} (2 epochs) was trained by training code 2"),
    "damaged state": ("", damage_state, {}, "{path}/state.npz: torn or damaged"),
    "edited history": ("", edit_history, {}, "{path}/history.csv: changed since the run ended"),
}


@pytest.mark.parametrize(("override", "change", "record", "said"), REASONS.values(), ids=REASONS)
def test_why_a_shorter_run_is_not_continued_is_said(
    override: str, change: Callable[[RunDir], object], record: dict[str, Any], said: str, tmp_path: Path
) -> None:
    """In a line with the run; the longer one is trained from the start."""
    overrides = [override] if override else []
    run_dir = shorter(tmp_path, IRIS % 2, *overrides, **record)
    change(run_dir)

    found = planned(tmp_path, IRIS % 4, *overrides)

    why = said.format(path=run_dir.path)
    assert lines(found) == [f"it, seed 0: trains from the start: {why}"]
    assert _fate(found.runs[0], found.runs[0].subject.experiment) == f"would be trained from the start: {why}"
    assert [job.shorter for job in found.jobs()] == [[]]


def test_where_the_longest_cannot_be_continued_the_one_before_it_is(tmp_path: Path) -> None:
    """A state that is damaged costs the epochs between the two."""
    first, second = shorter(tmp_path, IRIS % 2), shorter(tmp_path, IRIS % 3)
    damage_state(second)

    assert lines(planned(tmp_path, IRIS % 4)) == [f"it, seed 0: continues {first.path} from epoch 2"]


def test_seeds_that_begin_alike_are_one_line(tmp_path: Path) -> None:
    """With the runs that they continue, or the reason of the first."""
    run_dirs = [shorter(tmp_path, IRIS % 2, seed=seed) for seed in range(3)]
    paths = ", ".join(str(run_dir.path) for run_dir in run_dirs)
    assert lines(planned(tmp_path, IRIS % 4, seeds=3)) == [f"it, 3 seeds: continue {paths} from epoch 2"]
    for run_dir in run_dirs:
        run_dir.state_path.unlink()

    found = planned(tmp_path, IRIS % 4, seeds=3)

    assert lines(found) == [f"it, 3 seeds: train from the start: {found.runs[0].from_start}"]
    assert found.runs[0].from_start == f"{run_dirs[0].path} (2 epochs) has no state.npz any more"
    assert list(planned_beginnings(planned(tmp_path, IRIS % 4, "training.keep_state=false", seeds=3), True)) == []


def test_a_schedule_up_to_the_end_is_no_matter_where_no_state_is_asked_for(tmp_path: Path) -> None:
    """Nobody who compares numbers of epochs under a cosine expects one to continue another."""
    overrides = ["training.schedule=cosine", "training.keep_state=false"]
    shorter(tmp_path, IRIS % 2, *overrides)

    assert lines(planned(tmp_path, IRIS % 4, *overrides)) == []


def test_a_finished_run_without_the_state_that_is_asked_for_is_told_from_others(tmp_path: Path) -> None:
    """It stands; where early stopping ended it there is none to keep."""
    run_dir = shorter(tmp_path, IRIS % 2)
    assert not planned(tmp_path, IRIS % 2).runs[0].lacks_state
    run_dir.state_path.unlink()
    assert planned(tmp_path, IRIS % 2).runs[0].lacks_state
    assert not planned(tmp_path, IRIS % 2, "training.keep_state=false").runs[0].lacks_state
    run_dir = shorter(tmp_path, IRIS % 3, stopped_epoch=3)
    run_dir.state_path.unlink()
    assert not planned(tmp_path, IRIS % 3).runs[0].lacks_state


def test_one_of_two_names_that_asks_for_a_state_gets_it(tmp_path: Path) -> None:
    """The experiment is trained once, under the first name."""
    for name, keeps in (("first", "false"), ("second", "true")):
        (tmp_path / f"{name}.yaml").write_text(f"dataset: iris\ntraining: {{keep_state: {keeps}}}\n")
    experiments = [load(tmp_path / f"{name}.yaml").experiment for name in ("first", "second")]

    (run,) = plan(Request(wanted=[(each, [0]) for each in experiments], runs_dir=tmp_path / "runs")).runs

    assert (run.subject.experiment.name, run.subject.experiment.training.keep_state) == ("first", True)


def test_thousands_of_epochs_are_looked_up_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the names of the folders: of 10,000 possible runs only the one that is there is read."""
    run_dir = shorter(tmp_path, IRIS % 77)
    read_dirs: list[Path] = []

    def noted(self: RunDir) -> Any:
        read_dirs.append(self.path)
        return standing(self)

    standing = RunDir.standing
    monkeypatch.setattr(RunDir, "standing", noted)
    found = planned(tmp_path, IRIS % 10_000)

    assert lines(found) == [f"it, seed 0: continues {run_dir.path} from epoch 77"]
    assert read_dirs == [run_dir.path]


@pytest.mark.parametrize("content", [b"", b"PK", checkpoint_file.MAGIC, checkpoint_file.MAGIC + b"0" * 64 + b"\n"])
def test_what_is_no_whole_file_of_a_state_is_refused(content: bytes, tmp_path: Path) -> None:
    """With and without reading its arrays."""
    path = tmp_path / "state.npz"
    path.write_bytes(content)

    for check_file in (checkpoint_file.require_whole, checkpoint_file.read):
        with pytest.raises(checkpoint_file.Unusable, match="torn or damaged"):
            check_file(path)
    checkpoint_file.write(path, checkpoint_file.encoded({"x": np.arange(3)}))
    checkpoint_file.require_whole(path)
    assert checkpoint_file.read(path)["x"].tolist() == [0, 1, 2]


DIGITS = "dataset: {type: digits, train_fraction: 0.2}\n"
STEPS = "batch_size: 32, keep_state: true, epochs: %d"
#: Optimizers, schedules, layers, heads and inputs with a state of their own, or what might look at the epochs.
TRAININGS = {
    "momentum": f"{DIGITS}model: {{hidden: [8, 8], dropout: 0.3, noise: 0.1, input_noise: 0.1, normalization: batch}}\n"
    "optimizer: {type: sgd, momentum: 0.9, learning_rate: 0.3}\nhead: {class_weight: balanced}\n"
    f"training: {{{STEPS}, diagnostics: true, schedule: {{type: step, boundaries: [1, 3]}}, "
    "early_stopping: {monitor: val_loss, patience: 3}}\n",
    "own layers": DIGITS + "model: {layers: [{Reshape: {target_shape: [8, 8, 1]}}, {RandomRotation: {factor: 0.1}}, "
    "{Conv2D: {filters: 2, kernel_size: 3}}, {SpatialDropout2D: {rate: 0.2}}, Flatten]}\noptimizer: adam\n"
    f"training: {{{STEPS}, schedule: {{type: exponential, decay_rate: 0.5, every: epoch}}}}\n",
    "embedding": "dataset: {type: reviews, n_train: 200, n_test: 50, encoding: padded, maxlen: 10}\n"
    "model: {type: embedding, dropout: 0.2}\noptimizer: {type: adamw, weight_decay: 0.01}\nvalidation: 40\n"
    f"training: {{{STEPS}}}\n",
    "sparse": "dataset: {type: reviews, n_train: 200, n_test: 50}\nvalidation: none\noptimizer: rmsprop\n"
    f"model: {{hidden: [8], dropout: 0.2, kernel_regularizer: {{type: l2, l2: 0.01}}}}\ntraining: {{{STEPS}}}\n",
    "multitask": "dataset: {type: digits, train_fraction: 0.2, target: [digit, ink]}\nweighting: learned\n"
    f"optimizer: lion\ntraining: {{{STEPS}, schedule: {{type: cosine, decay_epochs: 3, warmup_epochs: 1}}}}\n",
}


def trained(folder: Path, text: str, *overrides: str) -> RunDir:
    """The last of the runs of a config, trained in this process."""
    jobs = list(planned(folder, text, *overrides).jobs())
    for job in jobs:
        execute(job)
    return RunDir(jobs[-1].path)


def assert_same_bytes(found: RunDir, expected: RunDir) -> None:
    """All numbers of two runs but the seconds."""
    assert (found.status, expected.status) == ("finished", "finished")
    assert records(found)[:2] == records(expected)[:2]
    assert weights(found.model_path) == weights(expected.model_path)
    assert found.predictions_path.read_bytes() == expected.predictions_path.read_bytes()
    assert found.evaluation_path.read_bytes() == expected.evaluation_path.read_bytes()
    differing = {"resumed_after", "continues", "seconds", "submitted", "started", "ended", "manifest"}
    ours, theirs = (
        {key: value for key, value in json.loads(each.summary_path.read_text()).items() if key not in differing}
        for each in (found, expected)
    )
    assert ours == theirs


@pytest.mark.training
@pytest.mark.parametrize("text", TRAININGS.values(), ids=TRAININGS)
def test_a_continued_run_ends_in_the_bytes_of_the_long_one(text: str, tmp_path: Path) -> None:
    """History, diagnostics, weights, predictions, evaluation and scores; the record says which run it continues."""
    first = trained(tmp_path, text % 2)
    found = trained(tmp_path, text % 4)
    expected = trained(tmp_path / "whole", text % 4)

    assert_same_bytes(found, expected)
    result = read(found).result
    assert result.resumed_after == [2]
    assert result.continues
    seconds = result.continues["seconds"]
    said = {"run": first.label, "identity": read(first).identity, "epoch": 2, "seconds": seconds}
    assert result.continues == said
    assert 0 < seconds < min(read(each).result.seconds or 0 for each in (first, found))
    assert (found.environment() or {})["continues"] == f"{first.label}, epoch 2"
    assert f"continues {first.path}\nresumed after epoch 2\n" in found.log_path.read_text()


class Killed(BaseException):
    """As suddenly as a signal."""


@pytest.mark.training
@pytest.mark.parametrize("saved", [0, 3], ids=["before its first checkpoint", "after it"])
def test_a_continued_run_that_was_killed_is_resumed(
    saved: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the same bytes, still as the continuation; it needs nothing more of the run that it continues."""
    first = trained(tmp_path, IRIS % 2)

    def save_if_due(self: Checkpoints, epochs: Epochs) -> None:
        if epochs.epoch == saved:
            self.save(epochs)
        if epochs.epoch == 4:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "save_if_due", save_if_due)
        with pytest.raises(Killed):
            trained(tmp_path, IRIS % 5)
    shutil.rmtree(first.path)
    (killed,) = planned(tmp_path, IRIS % 5).runs
    assert killed.begun
    assert (killed.begun.status, killed.from_start, killed.continues) == ("interrupted", "", None)
    found = trained(tmp_path, IRIS % 5)

    assert_same_bytes(found, trained(tmp_path / "whole", IRIS % 5))
    result = read(found).result
    assert result.resumed_after == ([2, saved] if saved else [2])
    assert result.continues
    assert (result.continues["run"], result.continues["epoch"]) == (first.label, 2)


@pytest.mark.training
@pytest.mark.parametrize("n_copied", [0, 1])
def test_a_kill_while_the_state_is_taken_over_costs_nothing(
    n_copied: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The history alone is no state; the run is there, interrupted, and continues the other one once more."""
    trained(tmp_path, IRIS % 2)
    left = [n_copied]

    def copied(*args: Any) -> None:
        if not left[0]:
            raise Killed
        left[0] -= 1
        whole_files.copy(*args)

    with monkeypatch.context() as patch:
        patch.setattr(run_dir_module, "copy", copied)
        with pytest.raises(Killed):
            trained(tmp_path, IRIS % 3)
    (killed,) = planned(tmp_path, IRIS % 3).runs
    assert killed.begun
    assert killed.begun.status == "interrupted"
    assert killed.continues

    assert read(trained(tmp_path, IRIS % 3)).result.resumed_after == [2]


@pytest.mark.training
def test_points_of_a_grid_over_epochs_continue_each_other(tmp_path: Path) -> None:
    """In one command, in its order, as far as those before have finished."""
    config = tmp_path / "it.yaml"
    config.write_text(IRIS % 1)
    loaded = load_all([config], grids=["training.epochs=[1, 3, 2, 4]"])
    of_grid = plan(Request(wanted=[(each.experiment, [0]) for each in loaded], runs_dir=tmp_path / "runs"))
    jobs = list(of_grid.jobs())
    one, three, two, four = (job.path for job in jobs)
    assert [list(job.shorter) for job in jobs] == [[], [one], [one], [three, two, one]]

    for job in (jobs[0], jobs[2], jobs[3]):
        execute(job)

    run_dir = RunDir(four)
    assert f"not continued: {three} has not finished\ncontinues {two}\n" in run_dir.log_path.read_text()
    assert read(run_dir).result.resumed_after == [1, 2]
    assert list(other_beginnings(of_grid, [RunDir(job.path) for job in jobs])) == [
        f"it epochs=2, seed 0: continued {RunDir(one).label} from epoch 1",
        f"it epochs=4, seed 0: continued {RunDir(two).label} from epoch 2",
    ]
    assert_same_bytes(run_dir, trained(tmp_path / "whole", IRIS % 4))


@pytest.mark.training
def test_early_stopping_leaves_no_state(tmp_path: Path) -> None:
    """More epochs would end there too."""
    stopping = "{monitor: val_loss, patience: 1, min_delta: 9}"
    text = f"dataset: iris\ntraining: {{epochs: 9, keep_state: true, early_stopping: {stopping}}}\n"
    run_dir = trained(tmp_path, text)

    assert read(run_dir).result.stopped_epoch == 2
    assert not run_dir.state_path.exists()
    (longer,) = planned(tmp_path, text, "training.epochs=20").runs
    assert "will end this run there too" in longer.from_start


@pytest.mark.training
def test_the_state_of_another_training_is_not_used(tmp_path: Path) -> None:
    """Whole, and in the wrong folder: the worker looks into it, and trains from the start."""
    first = trained(tmp_path, IRIS % 2)
    other = trained(tmp_path, IRIS % 2, "optimizer.learning_rate=0.1")
    shutil.copy(other.state_path, first.state_path)
    longer = planned(tmp_path, IRIS % 3)
    found = trained(tmp_path, IRIS % 3)

    said = f"it, seed 0: trained from the start after all; {found.log_path} says why"
    assert list(other_beginnings(longer, [found])) == [said]
    assert "checkpoint.npz: of another identity\n" in found.log_path.read_text()
    assert (read(found).result.continues, read(found).result.resumed_after) == (None, [])
    assert_same_bytes(found, trained(tmp_path / "whole", IRIS % 3))


@pytest.mark.training
def test_a_state_may_go_and_no_repetition_keeps_one(tmp_path: Path) -> None:
    """It is a file of the run outside the manifest, which `verify` does not miss."""
    run_dir = trained(tmp_path, IRIS % 2)
    assert run_dir.state_path.name in OWN_FILES
    run_dir.state_path.unlink()

    assert check(read(run_dir)).holds
    found, left_out = again([read(run_dir)], tmp_path / "again", None)
    (job,) = found.jobs()
    execute(job)
    assert not left_out
    assert RunDir(job.path).status == "finished"
    assert not RunDir(job.path).state_path.exists()
