"""`dlexp verify --files`: records that are not what they were, or do not agree with each other. Nothing is trained."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import Invoke
from make_runs import CONFIG, changed, failed, finished

from dlexp.config.identity import Ingredients
from dlexp.records.index import read, scan
from dlexp.records.numbering import Numbering
from dlexp.records.run_dir import RECORDS, RunDir
from dlexp.reports.verification.integrity import check

RECORDED = Path(__file__).parent / "records" / "0.1.0" / "runs"


@pytest.fixture
def run_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDir:
    """A finished run with every record; only those that are read hold what they should."""
    create = Numbering.create

    def with_all(numbering: Numbering, *place: Any) -> RunDir:
        made = create(numbering, *place)
        for name in RECORDS:
            (made.path / name).write_text(f"what {name} holds\n")
        return made

    with monkeypatch.context() as patch:
        patch.setattr(Numbering, "create", with_all)
        return finished(tmp_path / "runs", identity=Ingredients(CONFIG, "d" * 64, 1).identity)


def edit(run_dir: RunDir, **changes: object) -> None:
    """Change the summary by hand, and nothing else; a key that is None goes."""
    record = json.loads(run_dir.summary_path.read_text()) | changes
    kept = {key: value for key, value in record.items() if value is not None}
    run_dir.summary_path.write_text(json.dumps(kept))


def rewrite(run_dir: RunDir, **changes: object) -> None:
    """Change the summary, and the manifest so that the digests in both are right."""
    edit(run_dir, **changes)
    run_dir.write_summary(json.loads(run_dir.summary_path.read_text()))


def with_manifest(run_dir: RunDir, text: str) -> None:
    """Replace the manifest, and its digest in the summary."""
    run_dir.manifest_path.write_text(text)
    edit(run_dir, manifest=hashlib.sha256(text.encode()).hexdigest())


def test_a_run_is_as_it_was_recorded(run_dir: RunDir) -> None:
    """The manifest has the SHA-256 of every record and of the summary, the summary that of the manifest.

    A picture may come later.
    """
    run_dir.curves_path.write_bytes(b"drawn later")
    run_dir.log_path.write_text("said later")

    found = check(read(run_dir))

    assert (found.has_manifest, found.damage, found.detail, found.holds) == (True, [], "as recorded", True)
    manifest = run_dir.manifest_path.read_bytes()
    summary = json.loads(run_dir.summary_path.read_text())
    assert summary.pop("manifest") == hashlib.sha256(manifest).hexdigest()
    canonical = json.dumps(summary, sort_keys=True, separators=(",", ":"))
    assert json.loads(manifest) == {
        "format": 1,
        "sha256": {name: hashlib.sha256((run_dir.path / name).read_bytes()).hexdigest() for name in RECORDS},
        "summary": hashlib.sha256(canonical.encode()).hexdigest(),
    }


def changed_bytes(path: Path) -> None:
    """One more."""
    path.write_bytes(path.read_bytes() + b" ")


def deleted(path: Path) -> None:
    """Gone."""
    path.unlink()


def a_folder(path: Path) -> None:
    """Of its name."""
    path.unlink()
    path.mkdir()


def a_pipe(path: Path) -> None:
    """That nothing writes to."""
    path.unlink()
    os.mkfifo(path)


def with_an_empty_line(path: Path) -> None:
    """At its end, as an editor may leave it."""
    path.write_bytes(path.read_bytes() + b"\n")


@pytest.mark.parametrize("name", [*RECORDS, "manifest.json"])
@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (changed_bytes, "changed since the run ended"),
        (with_an_empty_line, "changed since the run ended"),
        (deleted, "missing"),
        (a_folder, "damaged: Is a directory"),
        (a_pipe, "damaged: a pipe, not a file"),
    ],
)
def test_every_damaged_file_is_a_line(
    name: str, damage: Callable[[Path], None], said: str, run_dir: RunDir, invoke: Invoke
) -> None:
    """One, in the words of every other command; exit code 1."""
    damage(run_dir.path / name)

    code, out, err = invoke("verify", "--files", "digits", "--runs-dir", str(run_dir.path.parents[1]))

    assert (code, err) == (1, "")
    assert out.splitlines() == [f"digits/{run_dir.path.name}: damaged", f"  {run_dir.path / name}: {said}"]


@pytest.mark.parametrize("key", ["metrics", "parameters", "seconds", "guessing"])
def test_an_edited_summary_is_a_line(key: str, run_dir: RunDir, invoke: Invoke) -> None:
    """Whatever was changed in it, a test score that no other file has too."""
    metrics = read(run_dir).result.metrics
    edit(run_dir, **{key: {"metrics": {**metrics, "test_accuracy": 0.99}, "guessing": {}}.get(key, 1)})

    code, out, err = invoke("verify", "--files", "digits", "--runs-dir", str(run_dir.path.parents[1]))

    assert (code, err) == (1, "")
    assert out.splitlines() == [
        f"digits/{run_dir.path.name}: damaged",
        f"  {run_dir.summary_path}: changed since the run ended",
    ]


def test_a_summary_in_another_layout_says_the_same(run_dir: RunDir) -> None:
    """Order of the keys and spaces do not count: its content is what the manifest knows."""
    record = json.loads(run_dir.summary_path.read_text())
    run_dir.summary_path.write_text(json.dumps(dict(reversed(record.items()))))

    assert check(read(run_dir)).damage == []


def test_a_manifest_without_the_summary_is_read(run_dir: RunDir) -> None:
    """The first ones had no digest of it; what they have is compared."""
    manifest = json.loads(run_dir.manifest_path.read_text())
    del manifest["summary"]
    with_manifest(run_dir, json.dumps(manifest))

    assert check(read(run_dir)).damage == []

    changed_bytes(run_dir.model_path)
    assert check(read(run_dir)).damage == [f"{run_dir.model_path}: changed since the run ended"]


def test_a_record_that_came_later_is_named(tmp_path: Path) -> None:
    """The manifest lists what there was."""
    run_dir = finished(tmp_path, identity=Ingredients(CONFIG, "d" * 64, 1).identity)
    run_dir.diagnostics_path.write_text("epoch\n")

    assert check(read(run_dir)).damage == [f"{run_dir.diagnostics_path}: was not there when the run ended"]


def test_scores_are_computed_from_the_history_again(run_dir: RunDir) -> None:
    """The last and the best, with their epochs: also where all digests were made right again."""
    metrics = dict(read(run_dir).result.metrics)
    rewrite(run_dir, metrics={**metrics, "val_accuracy": 0.99, "best_val_loss_epoch": 1, "accuracy": None})

    assert check(read(run_dir)).damage == [
        f"{run_dir.summary_path}: accuracy is nan, and history.csv gives 0.9",
        f"{run_dir.summary_path}: val_accuracy is 0.99, and history.csv gives 0.9",
        f"{run_dir.summary_path}: best_val_loss_epoch is 1, and history.csv gives 2",
    ]


def test_the_identity_is_computed_again(run_dir: RunDir) -> None:
    """A summary with other settings, data or code than it says."""
    other = changed(model={"hidden": [128]})
    rewrite(run_dir, config={"name": "digits", **other})
    own, given = read(run_dir).identity, Ingredients(other, "d" * 64, 1).identity

    assert check(read(run_dir)).damage == [
        f"{run_dir.summary_path}: its identity is {own}, and its settings, data and code give {given}"
    ]


@pytest.mark.parametrize("config", [{"training": 3}, {"dataset": []}, {"model": {"type": ["mlp"]}}])
def test_settings_that_are_none_are_a_line(config: dict[str, object], run_dir: RunDir) -> None:
    """Whatever stands there."""
    rewrite(run_dir, config={"name": "digits", **CONFIG, **config})

    (line,) = check(read(run_dir)).damage

    assert line.startswith(f"{run_dir.summary_path}: ")


@pytest.mark.parametrize("restored", [0, 3, "1", 1.5])
def test_an_epoch_that_was_not_trained_is_a_line(restored: object, run_dir: RunDir) -> None:
    """Its weights cannot have been restored."""
    rewrite(run_dir, restored_epoch=restored)

    (line,) = check(read(run_dir)).damage
    assert line.startswith(f"{run_dir.summary_path}: damaged: restored_epoch is {restored!r}")


def test_a_manifest_of_a_later_version_is_not_read(run_dir: RunDir) -> None:
    """That is said."""
    text = run_dir.manifest_path.read_text().replace('"format": 1', '"format": 2')
    with_manifest(run_dir, text)

    assert check(read(run_dir)).damage == [f"{run_dir.manifest_path}: of format 2, and this dlexp reads up to 1"]


def test_a_summary_that_names_no_manifest_is_damaged_beside_one(run_dir: RunDir) -> None:
    """One of another run, or edited."""
    edit(run_dir, manifest=None)

    assert f"{run_dir.manifest_path}: changed since the run ended" in check(read(run_dir)).damage


def test_records_from_before_manifests_are_whole() -> None:
    """Identity, settings and scores agree in each of them."""
    runs = [run for run in map(read, scan(RECORDED)) if run.status == "finished"]

    found = [check(run) for run in runs]

    assert len(found) > 4
    assert [(each.has_manifest, each.damage) for each in found] == [(False, [])] * len(found)
    assert found[0].detail == "recorded before manifests; its files agree with each other"


def test_failed_runs_have_no_manifest(tmp_path: Path) -> None:
    """And are left out, with those that are under way; a damaged summary is not."""
    run_dir = failed(tmp_path)

    assert not run_dir.manifest_path.exists()


def test_damaged_summaries_are_reported(run_dir: RunDir, invoke: Invoke) -> None:
    """With their line, beside runs that failed, as one document."""
    run_dir.summary_path.write_text("{")
    runs = run_dir.path.parents[1]
    failed(runs, seed=1)

    code, out, err = invoke("verify", "--files", "digits", "--format", "json", "--runs-dir", str(runs))

    (found,) = json.loads(out)
    assert (code, found["run"], len(found["damage"])) == (1, f"digits/{run_dir.path.name}", 1)
    assert err == "left out: 1 that have not finished\n"


def test_files_are_checked_without_tensorflow() -> None:
    """In a second, for thousands of runs."""
    program = (
        "import sys\n"
        "from dlexp.cli import main\n"
        f"sys.argv = ['dlexp', 'verify', '--files', 'finished', 'table', '--runs-dir', {str(RECORDED)!r}]\n"
        "try:\n    main()\n"
        "except SystemExit as ended:\n    assert not ended.code, ended.code\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)\n"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.count("recorded before manifests") == 3
