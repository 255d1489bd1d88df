"""Records last: a run is read, compared, asked and verified also where its settings would not be trained any more."""

import csv
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from commands import Invoke
from jobs import job_of
from make_runs import failed, finished

from dlexp.components.component import Unfit
from dlexp.config import load as load_module
from dlexp.config.load import load
from dlexp.config.problems import ConfigError
from dlexp.execution.execute import execute
from dlexp.execution.repeats import again
from dlexp.records.index import read
from dlexp.records.run_dir import RunDir
from dlexp.reports.verification.facts import Verification, verify
from dlexp.reports.verification.integrity import check
from dlexp.training.inference import infer
from dlexp.training.job import Job
from dlexp.training.preparation import Preparation
from dlexp.training.threads import set_threads

set_threads(1)

RECORDED = Path(__file__).parent / "records" / "0.1.0" / "runs"
#: An Embedding that looks up standardized pixels: trained by version 0.1.0, and refused since.
REFUSED = """
dataset: digits
model: {type: layers, layers: [{Embedding: {input_dim: 200, output_dim: 2}}, Flatten]}
training: {epochs: 1, batch_size: 512}
"""
#: The same in a function of the user's own, where only building it tells.
OWN = """
dataset: digits
model: {type: python, function: "own_models:looked_up"}
training: {epochs: 1, batch_size: 512}
"""
OTHER = "dataset: digits\ntraining: {epochs: 2}\n"


def trained(folder: Path, text: str) -> Job:
    """The finished run of an earlier version, which refused none of this."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load_module, "check", lambda _: [])
        job = replace(job_of(folder, text), repeats=True)
    execute(job)
    assert RunDir(job.path).status == "finished", RunDir(job.path).failure()
    return job


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a config that is refused, and of its run."""
    folder = tmp_path_factory.mktemp("recorded")
    trained(folder, REFUSED)
    (folder / "other.yaml").write_text(OTHER)
    return folder


@pytest.fixture
def run_dir(recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDir:
    """A copy of the run, below the working directory."""
    shutil.copytree(recorded, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    return RunDir(next(Path("runs/test").iterdir()))


@pytest.fixture
def without_manifest(run_dir: RunDir) -> RunDir:
    """As 0.1.0 recorded it."""
    summary = json.loads(run_dir.summary_path.read_text())
    del summary["manifest"]
    run_dir.summary_path.write_text(json.dumps(summary))
    run_dir.manifest_path.unlink()
    return run_dir


def repeated(run_dir: RunDir, scratch: Path) -> Verification:
    """What comes of training it again."""
    plan, left_out = again([read(run_dir)], scratch, None)
    assert not left_out
    (job,) = plan.jobs()
    execute(job)
    return verify(read(run_dir), RunDir(job.path), [])


@pytest.mark.training
def test_a_new_training_is_refused(run_dir: RunDir, invoke: Invoke) -> None:
    """Which is why the others are tested with it."""
    for command in ("check", "run"):
        code, out, err = invoke(command, "test.yaml")

        assert code == 2
        assert "model.layers.0.Embedding: takes whole numbers" in out + err


@pytest.mark.training
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["ls"], "finished"),
        (["show", "test"], "model.layers=[{Embedding: {input_dim: 200, output_dim: 2}}"),
        (["compare", "test"], "val_accuracy"),
        (["compare", "test.yaml"], "val_accuracy"),
        (["diff", "test", "test.yaml"], "no difference\n"),
        (["diff", "test", "other.yaml"], "Embedding"),
        (["why", "test"], "are the same experiment"),
        (["why", "test.yaml"], "are the same experiment"),
        (["why", "test", "other.yaml"], "Embedding"),
        (["verify", "--files", "test"], "as recorded"),
        (["verify", "--files", "test.yaml"], "as recorded"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_it_is_read(run_dir: RunDir, words: list[str], expected: str, invoke: Invoke) -> None:
    """By every command that reads records, the run named by itself or by its config."""
    code, out, err = invoke(*words)

    assert (code, err) == (0, "")
    assert expected in out


@pytest.mark.training
def test_what_an_interrupted_run_was_to_be_is_shown(run_dir: RunDir, invoke: Invoke) -> None:
    """Its config.yaml alone says it."""
    run_dir.summary_path.unlink()
    run_dir.manifest_path.unlink()

    code, out, _ = invoke("show", "test")

    assert code == 0
    assert "model.layers=[{Embedding: {input_dim: 200, output_dim: 2}}" in out
    assert invoke("why", "test", "test.yaml")[0] == 0


@pytest.mark.training
def test_it_predicts(run_dir: RunDir, invoke: Invoke) -> None:
    """The test split with its recorded accuracy, and the same of new examples."""
    metrics = json.loads(run_dir.summary_path.read_text())["metrics"]

    code, out, _ = invoke("predict", "test", "test")

    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert np.mean([row["target"] == row["predicted"] for row in rows]) == pytest.approx(metrics["test_accuracy"])
    np.savez("new.npz", x=load_module.load_dataset("digits").load(None).test.x[:3])
    code, out, _ = invoke("predict", "test", "new.npz")
    assert code == 0
    assert [row["predicted"] for row in csv.DictReader(io.StringIO(out))] == [row["predicted"] for row in rows[:3]]


@pytest.mark.training
def test_it_is_trained_again_to_be_verified(run_dir: RunDir, tmp_path: Path) -> None:
    """With the same numbers."""
    assert repeated(run_dir, tmp_path / "scratch").grade == "identical to the byte"


@pytest.mark.training
def test_so_is_one_that_only_building_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And its layers, which only the user's function makes, are opened to predict."""
    monkeypatch.chdir(tmp_path)
    job = trained(tmp_path, OWN)
    with pytest.raises(Unfit, match="whole numbers"):
        Preparation(replace(job, repeats=False)).built()

    assert repeated(RunDir(job.path), tmp_path / "scratch").grade == "identical to the byte"
    model, digests = RunDir(job.path).model_path, (job.data_digest, job.code_digest)
    columns, _ = infer(job.experiment, model, "test", None, *digests, {}, allow_code=True)
    accuracy = np.mean(np.asarray(columns["target"]) == np.asarray(columns["predicted"]))
    assert accuracy == pytest.approx(read(RunDir(job.path)).metrics["test_accuracy"])


def test_why_a_run_cannot_be_trained_again_is_said(tmp_path: Path) -> None:
    """Where this version would stop otherwise, or Keras makes no model of the layers."""
    why = "training.early_stopping.monitor: val_auc is not defined on 10 validation examples, all of class no"

    found = verify(read(finished(tmp_path / "then")), failed(tmp_path / "now", kind="unfit", what=why), [])

    assert (found.grade, found.detail) == (None, f"this version cannot train it any more: {why}")


@pytest.mark.training
def test_one_without_a_manifest_is_as_sound(without_manifest: RunDir, invoke: Invoke) -> None:
    """Its config.yaml is compared with its summary."""
    assert check(read(without_manifest)).damage == []
    assert invoke("verify", "--files", "test")[0] == 0


def as_0_1_0(run_dir: RunDir) -> RunDir:
    """A copy of one of its runs."""
    path = Path("runs/finished/s0-2b0f281649")
    shutil.copytree(RECORDED / "finished" / path.name, path)
    return RunDir(path)


def itself(run_dir: RunDir) -> RunDir:
    """The run with a manifest."""
    return run_dir


@pytest.mark.training
@pytest.mark.parametrize(
    ("of", "says"), [(itself, "changed since the run ended"), (as_0_1_0, "differs from summary.json in ")]
)
def test_an_edited_config_is_damage(run_dir: RunDir, of: Callable[[RunDir], RunDir], says: str, invoke: Invoke) -> None:
    """Also one that could be trained; the model is not asked with other settings than its own."""
    edited = of(run_dir)
    text = edited.config_path.read_text()
    edited.config_path.write_text(text.replace("batch_size: ", "batch_size: 1"))

    assert [says in line for line in check(read(edited)).damage] == [True]
    code, out, err = invoke("predict", str(edited.path), "test")
    assert (code, out) == (1, "")
    assert f"config.yaml: {says}" in err


@pytest.mark.training
@pytest.mark.parametrize("replacement", [("epochs: 1", "epochs: -1"), ("optimizer:", "optimiser:")])
def test_what_is_no_config_is_damage(without_manifest: RunDir, replacement: tuple[str, str], invoke: Invoke) -> None:
    """Unknown keys and values out of range."""
    text = without_manifest.config_path.read_text()
    without_manifest.config_path.write_text(text.replace(*replacement))

    assert len(check(read(without_manifest)).damage) == 1
    assert invoke("predict", "test", "test")[0] == 1


@pytest.mark.training
def test_a_config_without_a_run_says_its_own_mistakes(run_dir: RunDir, invoke: Invoke) -> None:
    """They come before the advice to train it."""
    Path("new.yaml").write_text(REFUSED.replace("200", "300"))

    code, _, err = invoke("compare", "new.yaml")

    assert code == 2
    assert "new.yaml:3: model.layers.0.Embedding: takes whole numbers" in err
    with pytest.raises(ConfigError):
        load("new.yaml")
