"""`dlexp verify`: each grade, on records that were edited for it; the records stay as they are."""

import json
import math
import os
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from commands import Invoke
from jobs import job_of

from dlexp.execution.execute import execute
from dlexp.records.index import Run, read
from dlexp.records.run_dir import RunDir
from dlexp.reports.verification.facts import Verification, render, verify
from dlexp.reports.verification.integrity import check
from dlexp.training.threads import set_threads

pytestmark = pytest.mark.training

set_threads(1)

IRIS = "dataset: iris\nmodel: {hidden: [8]}\ntraining: {epochs: 2}\n"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Seed 0 twice, then the seeds 1 to 4."""
    folder = tmp_path_factory.mktemp("trained")
    jobs = [job_of(folder, IRIS, seed=seed) for seed in (0, 0, 1, 2, 3, 4)]
    for job in jobs:
        execute(job)
    return [job.path for job in jobs]


@pytest.fixture
def recorded(trained: list[Path], tmp_path: Path) -> RunDir:
    """The first run, to be edited."""
    copy = tmp_path / "test" / trained[0].name
    shutil.copytree(trained[0], copy)
    return RunDir(copy)


@pytest.fixture
def graded(trained: list[Path], recorded: RunDir) -> Callable[..., Verification]:
    """Hold the edited run against its repetition and so many other seeds."""

    def grade(n_others: int = 4) -> Verification:
        others = [read(RunDir(path)) for path in trained[2 : 2 + n_others]]
        return verify(read(recorded), RunDir(trained[1]), [read(recorded), *others])

    return grade


def scale(run_dir: RunDir, factor: float) -> None:
    """Multiply every loss and score on record."""
    columns, *rows = [line.split(",") for line in run_dir.history_path.read_text().splitlines()]
    lines = [columns, *([*row[:3], *(repr(float(cell) * factor) for cell in row[3:])] for row in rows)]
    run_dir.history_path.write_text("".join(",".join(line) + "\n" for line in lines))
    summary = json.loads(run_dir.summary_path.read_text())
    summary["metrics"] = {
        name: value if name.endswith("_epoch") else value * factor for name, value in summary["metrics"].items()
    }
    run_dir.summary_path.write_text(json.dumps(summary))


def rewrite(run_dir: RunDir, **changes: dict[str, float]) -> None:
    """Replace numbers on record, by the key of the summary that holds them."""
    summary = json.loads(run_dir.summary_path.read_text())
    for key, numbers in changes.items():
        summary[key].update(numbers)
    run_dir.summary_path.write_text(json.dumps(summary))


def test_a_repetition_is_identical(graded: Callable[..., Verification]) -> None:
    """History, scores and weights, to the byte; nothing about the place differs."""
    found = graded()

    assert (found.grade, found.environment, found.holds) == ("identical to the byte", [], True)


def test_rounding_is_equal_to_the_last_digits(recorded: RunDir, graded: Callable[..., Verification]) -> None:
    """A relative difference of 1e-5, and where it is largest."""
    scale(recorded, 1.00001)

    found = graded()

    assert (found.grade, found.holds) == ("equal to the last digits", True)
    assert "largest relative difference 1e-05 in " in found.detail


def test_other_weights_alone_are_not_identical(
    recorded: RunDir, trained: list[Path], graded: Callable[..., Verification]
) -> None:
    """Whatever the history says."""
    shutil.copy(RunDir(trained[2]).model_path, recorded.model_path)

    found = graded()

    assert (found.grade, found.detail) == ("equal to the last digits", "the weights alone differ")


def test_other_numbers_near_zero_are_not_identical(trained: list[Path], recorded: RunDir, tmp_path: Path) -> None:
    """With the same weights neither: too small for a relative difference, and not the same bytes."""
    again = RunDir(tmp_path / "again" / trained[1].name)
    shutil.copytree(trained[1], again.path)
    for run_dir, loss in ((recorded, 1e-9), (again, 2e-9)):
        rewrite(run_dir, metrics={"test_loss": loss})

    found = verify(read(recorded), again, [read(recorded)])

    assert (found.grade, found.detail) == (
        "equal to the last digits",
        "only numbers below 1e-06 differ, as test_loss",
    )


def test_the_errors_of_tiny_targets_are_not_near_zero(trained: list[Path], recorded: RunDir, tmp_path: Path) -> None:
    """Targets in farads have errors of 1e-12: what is near to zero follows from the score of a constant prediction."""
    again = RunDir(tmp_path / "again" / trained[1].name)
    shutil.copytree(trained[1], again.path)
    for run_dir, mae in ((recorded, 1e-12), (again, 3e-12)):
        rewrite(run_dir, metrics={"test_mae": mae}, guessing={"test_mae": 2e-11})

    found = verify(read(recorded), again, [read(recorded)])

    assert (found.grade, found.detail.partition(";")[0]) == (
        "different",
        "largest relative difference 0.67 in test_mae",
    )


def test_another_seeds_numbers_are_within_the_spread(
    recorded: RunDir, trained: list[Path], graded: Callable[..., Verification]
) -> None:
    """As if the generator were another: scores that some seed could give."""
    for record in ("history.csv", "summary.json"):
        text = (trained[2] / record).read_text()
        (recorded.path / record).write_text(text.replace('"seed": 1', '"seed": 0'))

    found = graded()

    assert (found.grade, found.holds) == ("within the spread of the seeds", True)
    assert found.detail.endswith("; 4 other seeds")


def times(factor: float, run: Run) -> Run:
    """A run whose scores are larger."""
    scores = {name: value * factor for name, value in run.metrics.items()}
    return replace(run, record=replace(run.result, metrics=scores))


def test_what_no_seed_gives_is_different(trained: list[Path], recorded: RunDir) -> None:
    """The scores outside the spread are named: the repetition's, where the other seeds agree with the record."""
    others = [times(100, read(RunDir(path))) for path in trained[2:]]
    scale(recorded, 100)

    found = verify(read(recorded), RunDir(trained[1]), others)

    assert (found.grade, found.holds) == ("different", False)
    # The losses of validation lie too far apart here: a third of their mean.
    assert found.detail.endswith("outside the seeds' spread: loss, test_loss, test_nll, test_calibration_error")


def lacking_val_accuracy(run: Run) -> Run:
    """A run whose validation split leaves the accuracy undefined."""
    return replace(run, record=replace(run.result, metrics={**run.metrics, "val_accuracy": math.nan}))


def test_a_score_that_every_seed_lacks_is_in_the_spread(trained: list[Path], recorded: RunDir) -> None:
    """One that the repetition alone lacks is not."""
    others = [times(100, read(RunDir(path))) for path in trained[2:]]
    repeated = RunDir(trained[1])
    scale(recorded, 100)
    summary = json.loads(repeated.summary_path.read_text())
    edited = recorded.path.parent.parent / "lacking" / repeated.path.name
    shutil.copytree(repeated.path, edited)
    summary["metrics"]["val_accuracy"] = None
    (edited / "summary.json").write_text(json.dumps(summary))

    lacked = verify(read(recorded), RunDir(edited), others).detail
    by_all = verify(read(recorded), RunDir(edited), list(map(lacking_val_accuracy, others))).detail

    assert ", val_accuracy" in lacked
    assert ", val_accuracy" not in by_all


def test_without_other_seeds_there_is_no_spread(recorded: RunDir, graded: Callable[..., Verification]) -> None:
    """Said, rather than taken for granted."""
    scale(recorded, 1.1)

    found = graded(n_others=1)

    assert found.grade == "different"
    assert "1 other seeds on record, too few to know their spread" in found.detail


def test_what_differs_between_the_places_is_named(recorded: RunDir, graded: Callable[..., Verification]) -> None:
    """Versions, threads, flags, processor, data and code; neither seconds nor the command."""
    place = json.loads(recorded.environment_path.read_text())
    place["versions"]["tensorflow"] = "2.16.1"
    changed = {"threads": 2, "flags": {"XLA_FLAGS": "--xla_cpu_max_isa=AVX"}, "seconds": 99, "command": ""}
    recorded.environment_path.write_text(json.dumps(place | changed))

    found = graded()

    keys = [key for key, _, _ in found.environment]
    assert keys == ["versions.tensorflow", "flags.XLA_FLAGS", "threads"]
    assert render([found], "table").splitlines()[2:] == [
        "  flags.XLA_FLAGS: --xla_cpu_max_isa=AVX then, not set now",
        "  threads: 2 then, 1 now",
    ]


def test_a_damaged_model_has_no_grade(recorded: RunDir, graded: Callable[..., Verification]) -> None:
    """And does not hold."""
    recorded.model_path.write_bytes(b"PK")

    found = graded()

    assert (found.grade, found.holds) == (None, False)
    assert "damaged" in found.detail


def test_a_pipe_in_the_place_of_the_model_is_not_waited_for(
    recorded: RunDir, graded: Callable[..., Verification]
) -> None:
    """It is damaged, in one line."""
    recorded.model_path.unlink()
    os.mkfifo(recorded.model_path)

    assert graded().detail == f"{recorded.model_path}: damaged: a pipe, not a file"


def test_a_history_that_lacks_epochs_has_no_grade(recorded: RunDir, graded: Callable[..., Verification]) -> None:
    """It is damaged, not merely other numbers: it does not hold, whatever the other seeds say."""
    lines = recorded.history_path.read_text().splitlines(keepends=True)
    recorded.history_path.write_text("".join(lines[:-1]))

    found = graded()

    assert (found.grade, found.holds) == (None, False)
    assert found.detail.endswith(f"history.csv: damaged: {len(lines) - 2} of {len(lines) - 1} epochs")


def replace_in_model(run_dir: RunDir, old: bytes, new: bytes) -> None:
    """Edit what a saved model says of its layers; its weights stay."""
    with zipfile.ZipFile(run_dir.model_path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old in parts["config.json"]
    parts["config.json"] = parts["config.json"].replace(old, new)
    with zipfile.ZipFile(run_dir.model_path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_a_swapped_model_is_damaged(recorded: RunDir, graded: Callable[..., Verification], invoke: Invoke) -> None:
    """By its digest, before anything is trained; without a manifest by its layers, though the weights are the same."""
    replace_in_model(recorded, b'"relu"', b'"tanh"')

    code, out, err = invoke("verify", "test", "--runs-dir", str(recorded.path.parents[1]))

    assert (code, err) == (1, "")
    assert out.splitlines() == [
        f"test/{recorded.path.name}: damaged",
        f"  {recorded.model_path}: changed since the run ended",
    ]
    assert (graded().grade, graded().detail) == (
        None,
        f"{recorded.model_path}: damaged: its layers are not those that were trained",
    )


def test_what_layers_took_from_the_data_is_not_architecture(
    recorded: RunDir, graded: Callable[..., Verification]
) -> None:
    """Other means in a model are other weights, not other layers."""
    with zipfile.ZipFile(recorded.model_path) as archive:
        config = archive.read("config.json")
    layers = json.loads(config)["config"]["layers"]
    (mean,) = (layer["config"]["mean"] for layer in layers if layer["class_name"] == "Normalization")
    replace_in_model(recorded, json.dumps(mean).encode(), json.dumps(None).encode())

    found = graded()

    assert (found.grade, found.detail) == (
        "equal to the last digits",
        "only what its layers took from the data differs",
    )


def without_manifest(run_dir: RunDir) -> None:
    """As 0.1.0 recorded a run."""
    record = json.loads(run_dir.summary_path.read_text())
    del record["manifest"]
    run_dir.summary_path.write_text(json.dumps(record))
    run_dir.manifest_path.unlink()


def test_an_edited_config_without_a_manifest(recorded: RunDir) -> None:
    """It differs from the settings in the summary."""
    without_manifest(recorded)
    text = recorded.config_path.read_text()
    recorded.config_path.write_text(text.replace("batch_size: 32", "batch_size: 16"))

    assert check(read(recorded)).damage == [f"{recorded.config_path}: differs from summary.json in training.batch_size"]


def test_as_a_user_types_it(recorded: RunDir, trained: list[Path], invoke: Invoke) -> None:
    """One run that repeats and one that was edited: exit code 1, one document, the records untouched."""
    runs = recorded.path.parents[1]
    shutil.copytree(trained[2], recorded.path.parent / trained[2].name)
    edited = RunDir(recorded.path.parent / trained[2].name)
    scale(edited, 2)
    without_manifest(edited)
    before = {path: path.read_bytes() for path in runs.rglob("*") if path.is_file()}

    code, out, _ = invoke("verify", "test", "--runs-dir", str(runs), "--format", "json")

    assert code == 1
    assert [found["grade"] for found in json.loads(out)] == ["identical to the byte", "different"]
    assert {path: path.read_bytes() for path in runs.rglob("*") if path.is_file()} == before


def test_a_run_whose_data_changed_is_not_verified(
    tmp_path: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of the same name and seed on the data as they are now is verified as usual; exit code 1 for the other."""
    monkeypatch.chdir(tmp_path)
    config = "dataset: {type: csv, path: own.csv, target: y, task: binary}\ntraining: {epochs: 1}\n"
    jobs = []
    for factor in (1, 2):
        Path("own.csv").write_text("x,y\n" + "".join(f"{i * factor},{i % 2}\n" for i in range(20)))
        jobs.append(job_of(tmp_path, config))
        execute(jobs[-1])
    new = jobs[1]

    code, out, _ = invoke("verify", "test")

    not_verified = (
        f"not verified: the data are not those that it was trained on (digest {jobs[0].data_digest[:10]} then, "
        f"{new.data_digest[:10]} now)"
    )
    assert code == 1
    assert out.splitlines() == [
        f"test/{job.path.name}: "
        + ("identical to the byte: history, scores and weights" if job is new else not_verified)
        for job in sorted(jobs, key=lambda job: job.path)
    ]
