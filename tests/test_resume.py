"""A training that is interrupted at any epoch goes on to the bytes of one that was not."""

import errno
import itertools
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from jobs import IRIS, job_of, records

from dlexp import whole_files
from dlexp.execution.execute import execute
from dlexp.records.index import read
from dlexp.records.lock import locked
from dlexp.records.numbering import Numbering
from dlexp.records.run_dir import RunDir
from dlexp.training import checkpoint, checkpoint_file
from dlexp.training.checkpoint import Checkpoints
from dlexp.training.checkpoint_file import Unusable
from dlexp.training.epochs import Epochs
from dlexp.training.job import Job
from dlexp.training.threads import set_threads

pytestmark = pytest.mark.training

set_threads(1)

OPTIMIZERS = {
    "momentum": "{type: sgd, momentum: 0.9}",
    "rmsprop": "rmsprop",
    "adam": "adam",
    "adamw": "{type: adamw, weight_decay: 0.01}",
}
MODELS = {
    "dropout": "dataset: digits\nmodel: {hidden: [8], dropout: 0.5, noise: 0.1}\n",
    "batch normalization": "dataset: digits\nmodel: {hidden: [8], normalization: batch}\n",
    "embedding": "dataset: {type: imdb, num_words: 200, encoding: padded, maxlen: 12}\nmodel: {type: embedding}\n",
    "sparse text": "dataset: {type: reuters, num_words: 200}\nmodel: {hidden: [8, 8], dropout: 0.2}\n",
}
ENDINGS = {
    "schedule": "training: {epochs: 5, batch_size: 16, schedule: {type: cosine, warmup_epochs: 2}}\n",
    "early stopping": "training: {epochs: 5, batch_size: 16, early_stopping: {monitor: loss, patience: 2}}\n",
}
#: Every pair of two columns stands in some row.
PAIRWISE = [
    (optimizer, model, list(ENDINGS)[(i + j) % 2])
    for (i, optimizer), (j, model) in itertools.product(enumerate(OPTIMIZERS), enumerate(MODELS))
]
OTHERS = {
    "diagnostics": "dataset: digits\nmodel: {hidden: [8]}\ntraining: {epochs: 5, diagnostics: true}\n",
    "learned weights": "dataset: {type: digits, target: [digit, ink]}\nweighting: learned\ntraining: {epochs: 5}\n",
    "apart": "dataset: {type: digits, target: [digit, ink]}\nsharing: none\noptimizer: lion\ntraining: {epochs: 5}\n",
    "own layers": """dataset: digits
model:
  layers:
    - Reshape: {target_shape: [8, 8, 1]}
    - RandomTranslation: {height_factor: 0.2, width_factor: 0.2}
    - Reshape: {target_shape: [8, 8]}
    - LSTM: {units: 4, dropout: 0.2, recurrent_dropout: 0.2}
    - AlphaDropout: {rate: 0.2}
training: {epochs: 5}
""",
    "best weights": """dataset: iris
model: {hidden: [8]}
optimizer: {type: sgd, learning_rate: 1.0}
training: {epochs: 5, early_stopping: {monitor: val_loss, patience: 4}}
""",
}


class Killed(BaseException):
    """As suddenly as a signal: nothing of ours catches it."""


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """Have the next training save after one epoch and die after another; with 0 it does neither."""

    def at(saved: int, killed: int) -> None:
        def save_if_due(self: Checkpoints, epochs: Epochs) -> None:
            if epochs.epoch == saved:
                self.save(epochs)
            if epochs.epoch == killed:
                raise Killed

        monkeypatch.setattr(Checkpoints, "save_if_due", save_if_due)

    return at


def assert_goes_on_exactly(interrupt: Callable[[int, int], None], whole: Job, interrupted: Job) -> None:
    """Saved after 2 epochs, killed after 3, gone on with: all as in one go."""
    interrupt(0, 0)
    execute(whole)
    interrupt(2, 3)
    with pytest.raises(Killed):
        execute(interrupted)
    run_dir = RunDir(interrupted.path)
    assert run_dir.status == "interrupted"
    assert [row["epoch"] for row in run_dir.history()] == [1, 2, 3]
    interrupt(0, 0)
    execute(interrupted)

    expected, found = records(RunDir(whole.path)), records(run_dir)
    assert found[0] == expected[0]
    assert found[1] == expected[1]
    for weight, expected_weight in zip(found[2], expected[2], strict=True):
        np.testing.assert_array_equal(weight, expected_weight)
    assert found[3] == expected[3]
    summary = run_dir.summary()
    assert summary is not None
    assert summary.resumed_after == [2]
    assert not run_dir.checkpoint_path.exists()


@pytest.mark.parametrize(("optimizer", "model", "ending"), PAIRWISE, ids=map(", ".join, PAIRWISE))
def test_goes_on_exactly(
    optimizer: str, model: str, ending: str, tmp_path: Path, interrupt: Callable[[int, int], None]
) -> None:
    """Each optimizer with each kind of model and input, with a schedule or early stopping."""
    text = f"{MODELS[model]}optimizer: {OPTIMIZERS[optimizer]}\n{ENDINGS[ending]}"

    assert_goes_on_exactly(interrupt, *(job_of(tmp_path, text, stand_in=True) for _ in range(2)))


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_goes_on_exactly_with_other_state(text: str, tmp_path: Path, interrupt: Callable[[int, int], None]) -> None:
    """Diagnostics, learned weights of tasks, several trunks, layers' own generators, the best epoch's weights."""
    assert_goes_on_exactly(interrupt, *(job_of(tmp_path, text, stand_in=True) for _ in range(2)))


@pytest.fixture
def killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Job, RunDir, list[str]]:
    """A run with checkpoints of epochs 2 and 3, killed after epoch 4; and the history that it should end with."""

    def save_if_due(self: Checkpoints, epochs: Epochs) -> None:
        if epochs.epoch in (2, 3):
            self.save(epochs)
        if epochs.epoch == 4:
            raise Killed

    whole, job = job_of(tmp_path, IRIS), job_of(tmp_path, IRIS)
    execute(whole)
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "save_if_due", save_if_due)
        with pytest.raises(Killed):
            execute(job)
    return job, RunDir(job.path), records(RunDir(whole.path))[0]


def assert_ends(job: Job, expected: list[str], resumed_after: list[int], said: str) -> None:
    """The run is finished from where it is said, with the numbers of one that was never interrupted."""
    execute(job)

    run_dir = RunDir(job.path)
    summary = run_dir.summary()
    assert summary is not None
    assert summary.resumed_after == resumed_after
    assert records(run_dir)[0] == expected
    assert said in run_dir.log_path.read_text(encoding="utf-8")


def test_goes_on_after_the_newest_checkpoint(killed: tuple[Job, RunDir, list[str]]) -> None:
    """Not after the one before."""
    assert_ends(killed[0], killed[2], [3], "resumed after epoch 3")


@pytest.mark.parametrize(
    "damage", [lambda content: content[:-100], lambda content: content[:200] + b"x" + content[201:]]
)
def test_a_torn_or_edited_checkpoint_gives_way_to_the_one_before(
    damage: Callable[[bytes], bytes], killed: tuple[Job, RunDir, list[str]]
) -> None:
    """Its digest is wrong: that is said, and the previous one is used."""
    job, run_dir, expected = killed
    run_dir.checkpoint_path.write_bytes(damage(run_dir.checkpoint_path.read_bytes()))

    assert_ends(job, expected, [2], f"checkpoint not used: {run_dir.checkpoint_path}: torn or damaged")


def test_without_a_usable_checkpoint_it_starts_anew(killed: tuple[Job, RunDir, list[str]]) -> None:
    """In the same directory."""
    job, run_dir, expected = killed
    run_dir.checkpoint_path.write_bytes(b"")
    run_dir.previous_checkpoint_path.unlink()

    assert_ends(job, expected, [], "torn or damaged")


def test_a_checkpoint_of_other_versions_is_not_used(
    killed: tuple[Job, RunDir, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of a history by one TensorFlow and half by another would be no experiment's."""
    from dlexp.training import environment

    job, _, expected = killed
    found = environment.versions()
    monkeypatch.setattr(environment, "versions", lambda: found | {"tensorflow": "2.99"})

    assert_ends(job, expected, [], "of another versions")


@pytest.mark.parametrize("text", ["epoch,seconds\n", "1,2,3\n"])
def test_a_checkpoint_without_its_history_is_not_used(text: str, killed: tuple[Job, RunDir, list[str]]) -> None:
    """Its epochs could not be recorded any more."""
    job, run_dir, expected = killed
    run_dir.history_path.write_text(text, encoding="utf-8")

    assert_ends(job, expected, [], "history.csv lacks epochs")


def edit(run_dir: RunDir, epoch: int) -> str:
    """Make a row better than it was; gives the whole edited text."""
    lines = run_dir.history_path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[epoch] = lines[epoch].rpartition(",")[0] + ",0.9999\n"
    run_dir.history_path.write_text("".join(lines), encoding="utf-8")
    return "".join(lines)


def test_an_edited_history_is_not_believed(killed: tuple[Job, RunDir, list[str]]) -> None:
    """No checkpoint continues its rows: the training restarts, and the edited file is kept beside."""
    job, run_dir, expected = killed
    edited = edit(run_dir, 1)

    assert_ends(job, expected, [], f"checkpoint not used: {run_dir.checkpoint_path}: history.csv was changed since")
    assert run_dir.edited_history_path.read_text(encoding="utf-8") == edited


def test_a_checkpoint_before_the_edit_is_used(killed: tuple[Job, RunDir, list[str]]) -> None:
    """Its rows are as they were."""
    job, run_dir, expected = killed
    edit(run_dir, 3)

    assert_ends(job, expected, [2], "history.csv was changed since")


def test_rows_after_the_checkpoint_may_be_any(killed: tuple[Job, RunDir, list[str]]) -> None:
    """They are trained again."""
    job, run_dir, expected = killed
    edit(run_dir, 4)

    assert_ends(job, expected, [3], "resumed after epoch 3")


def test_edited_diagnostics_are_not_believed_and_lost_ones_not_missed(tmp_path: Path) -> None:
    """By the digest of the rows up to the epoch; those of later epochs are not in it."""
    run_dir = Numbering(tmp_path).create("digits", 0, "0123456789abcdef")
    checkpoints = Checkpoints(run_dir, {}, *no_network(), None)
    for path in (run_dir.history_path, run_dir.diagnostics_path):
        path.write_text("epoch,loss\n1,0.5\n2,0.25\n")
    recorded = run_dir.rows_digests(2)

    with run_dir.diagnostics_path.open("a") as file:
        file.write("3,0.125\n")
    checkpoints._require_same_rows(Path("it"), recorded, 2)
    run_dir.diagnostics_path.unlink()
    checkpoints._require_same_rows(Path("it"), recorded, 2)
    for text, said in (("epoch,loss\n1,0.5\n2,0.24\n", "changed since"), ("epoch,loss\nx\n", "without an epoch")):
        run_dir.diagnostics_path.write_text(text)
        with pytest.raises(Unusable, match=said):
            checkpoints._require_same_rows(Path("it"), recorded, 2)


def no_network() -> tuple[Any, Any]:
    """Something without variables, and its optimizer."""
    nothing = SimpleNamespace(variables=[])
    return SimpleNamespace(model=nothing, body=nothing, output=nothing, variables=[]), nothing


def test_examples_without_a_prediction_are_still_named_when_it_is_resumed(tmp_path: Path) -> None:
    """The reason of a missing score names them, also where only epochs before the resume had none for them."""
    run_dir = Numbering(tmp_path).create("digits", 0, "0123456789abcdef")
    run_dir.history_path.write_text("epoch,loss\n1,0.5\n")
    saved = Epochs(planned=2, history=[{"epoch": 1}], unpredicted={"validation": np.array([3, 5])})
    Checkpoints(run_dir, {}, *no_network(), None).save(saved)

    resumed = Epochs(planned=2)
    Checkpoints(run_dir, {}, *no_network(), None).restore(resumed)

    assert resumed.epoch == 1
    assert {role: positions.tolist() for role, positions in resumed.unpredicted.items()} == {"validation": [3, 5]}


def rewrite(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the state in a checkpoint, with its digest."""
    arrays = checkpoint_file.read(path)
    state = json.loads(arrays[checkpoint.STATE].tobytes())
    change(state)
    arrays[checkpoint.STATE] = np.frombuffer(json.dumps(state).encode(), np.uint8)
    checkpoint_file.write(path, checkpoint_file.encoded(arrays))


def test_a_checkpoint_of_0_1_0_is_resumed(killed: tuple[Job, RunDir, list[str]]) -> None:
    """It has no digest of its rows; and where it began again before the first epoch, that was no resume."""
    job, run_dir, expected = killed

    def as_before(state: dict[str, Any]) -> None:
        del state["rows"]
        state["progress"]["resumed_after"] = [0, 0]

    rewrite(run_dir.checkpoint_path, as_before)

    assert_ends(job, expected, [3], "resumed after epoch 3")


def test_a_checkpoint_before_the_first_epoch_is_no_resume(killed: tuple[Job, RunDir, list[str]]) -> None:
    """0.1.0 saved one where it was asked to stop at once."""
    job, run_dir, expected = killed
    rewrite(run_dir.checkpoint_path, lambda state: state["progress"].update(epoch=0, resumed_after=[0, 0]))
    run_dir.previous_checkpoint_path.unlink()

    assert_ends(job, expected, [], "of no epoch")


def test_asked_to_stop_before_the_first_epoch_it_saves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing yet."""
    job = job_of(tmp_path, IRIS)
    for _ in range(3):
        with monkeypatch.context() as patch:
            patch.setattr(checkpoint, "is_asked_to_stop", lambda: True)
            execute(job)
        assert not RunDir(job.path).has_checkpoint

    execute(job)
    assert read(RunDir(job.path)).result.resumed_after == []


def test_a_checkpoint_that_cannot_be_read_now_is_kept(
    killed: tuple[Job, RunDir, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one before is used; where none is left to use, the run is interrupted instead of trained again."""
    job, run_dir, expected = killed
    kept = run_dir.checkpoint_path.read_bytes()
    read = checkpoint_file.read

    def failing(path: Path) -> dict[str, np.ndarray]:
        if path in unreadable:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return read(path)

    monkeypatch.setattr(checkpoint_file, "read", failing)
    unreadable = [run_dir.checkpoint_path, run_dir.previous_checkpoint_path]
    execute(job)

    assert run_dir.status == "interrupted"
    assert run_dir.checkpoint_path.read_bytes() == kept
    unreadable = [run_dir.checkpoint_path]
    assert_ends(job, expected, [2], "checkpoint not read: [Errno 5] Input/output error")


def test_a_torn_last_row_is_cut_off(killed: tuple[Job, RunDir, list[str]]) -> None:
    """Killed while it wrote."""
    job, run_dir, expected = killed
    with run_dir.history_path.open("a", encoding="utf-8") as file:
        file.write("5,0.0")

    assert_ends(job, expected, [3], "resumed after epoch 3")


def test_a_run_that_another_process_trains_is_left_to_it(tmp_path: Path) -> None:
    """It returns at once, and touches nothing."""
    job = job_of(tmp_path, IRIS)
    with locked(RunDir(job.path).lock_path):
        execute(job)
        assert RunDir(job.path).status == "running"

        assert [path.name for path in job.path.iterdir()] == ["lock"]
    assert RunDir(job.path).status == "interrupted"


def test_a_dead_owners_lock_is_taken_over_and_said(tmp_path: Path) -> None:
    """Its file is still there, untouched for three minutes: of another machine nothing else can be known."""
    job = job_of(tmp_path, IRIS)
    lock_path = RunDir(job.path).lock_path
    lock_path.write_text("4711 on elsewhere\n", encoding="utf-8")
    execute(job)
    assert not RunDir(job.path).log_path.exists()
    os.utime(lock_path, (time.time() - 181,) * 2)

    execute(job)

    assert RunDir(job.path).status == "finished"
    assert "taken over from process 4711 on elsewhere" in RunDir(job.path).log_path.read_text(encoding="utf-8")
    assert not RunDir(job.path).lock_path.exists()


def test_asked_to_stop_it_saves_and_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the epoch that is under way; no failure is recorded."""
    whole, job = job_of(tmp_path, IRIS), job_of(tmp_path, IRIS)
    execute(whole)
    asked = iter([False, False, True])
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "is_asked_to_stop", lambda: next(asked))
        execute(job)

    run_dir = RunDir(job.path)
    assert run_dir.status == "interrupted"
    assert len(run_dir.history()) == 2
    assert_ends(job, records(RunDir(whole.path))[0], [2], "stopped after 2 epochs")


@pytest.mark.parametrize("place", ["write", "sync"])
def test_a_checkpoint_that_cannot_be_written_is_no_failure(
    place: str, killed: tuple[Job, RunDir, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full for the one of epoch 4: both from before stay; the next one is saved, the numbers are exact."""
    job, run_dir, expected = killed
    paths = run_dir.checkpoint_path, run_dir.previous_checkpoint_path
    before = [path.read_bytes() for path in paths]
    kept = []

    def save_if_due(self: Checkpoints, epochs: Epochs) -> None:
        with monkeypatch.context() as patch:
            if epochs.epoch == 4:
                patch.setattr(*{"write": (Path, "open"), "sync": (whole_files, "sync")}[place], disk_full)
            self.save(epochs)
        kept.append([path.read_bytes() for path in paths])

    monkeypatch.setattr(Checkpoints, "save_if_due", save_if_due)

    assert_ends(job, expected, [3], "checkpoint not saved: [Errno 28] No space left on device")
    assert kept[0] == before
    assert kept[1][1] == before[0] != kept[1][0]
    assert not list(job.path.glob(".*"))


def disk_full(*_: object, **__: object) -> None:
    """In place of what writes."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_stop_without_room_for_a_checkpoint_is_no_failure(
    killed: tuple[Job, RunDir, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one before is gone on from."""
    job, run_dir, expected = killed
    asked = iter([False, True])
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "is_asked_to_stop", lambda: next(asked))
        patch.setattr(Checkpoints, "_content", disk_full)
        execute(job)

    assert run_dir.status == "interrupted"
    assert_ends(job, expected, [3], "stopped after 4 epochs")


def test_saved_as_often_as_is_cheap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After some seconds, and later where saving takes long: at most 2 % of the time."""
    now = [0.0]
    saved = []
    monkeypatch.setattr("dlexp.training.checkpoint.time.perf_counter", lambda: now[0])
    checkpoints = Checkpoints.__new__(Checkpoints)
    checkpoints._saved, checkpoints._cost = 0.0, 0.0
    monkeypatch.setattr(Checkpoints, "save", lambda self, epochs: saved.append(now[0]))

    for now[0], checkpoints._cost in [(4.9, 0.0), (5.0, 0.0), (9.0, 0.2), (10.0, 0.2)]:
        checkpoints.save_if_due(Epochs())

    assert saved == [5.0, 10.0]


def test_a_large_state_is_not_saved_early_either(tmp_path: Path) -> None:
    """The first time its cost is reckoned from its size: 4 MB a slow disk takes in 0.04 s, 2 % of 2 s."""
    from dlexp.components.optimizers import SGD
    from dlexp.training.network import build

    job = job_of(tmp_path, "dataset: digits\nmodel: {hidden: [1000, 1000]}\n")
    info = job.experiment.dataset.info()
    network = build(job.experiment, info, job.experiment.dataset.load(None).train, seed=0)
    checkpoints = Checkpoints(RunDir(job.path), {}, network, SGD().build(0.01), None)

    assert checkpoints._cost == pytest.approx(network.model.count_params() * 4 / 100e6, rel=0.01)


def test_rows_are_on_the_disk_before_what_counts_on_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a power cut history and diagnostics still have the epochs of a checkpoint, and of a summary."""
    job = job_of(tmp_path, "dataset: iris\nmodel: {hidden: [8]}\ntraining: {epochs: 2, diagnostics: true}\n")
    synced: list[str] = []
    monkeypatch.setattr(Checkpoints, "save_if_due", Checkpoints.save)
    monkeypatch.setattr(whole_files, "sync", lambda path: synced.append(path.name))
    execute(job)

    rows = [name for name in synced if name in ("history.csv", "diagnostics.csv")]
    # At once, so in either order.
    assert [{*rows[i : i + 2]} for i in range(0, len(rows), 2)] == [{"history.csv", "diagnostics.csv"}] * 3
