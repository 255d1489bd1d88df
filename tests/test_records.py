"""Records last: what each released version recorded is read, compared, verified and not trained again.

`records/0.1.0/` holds small real records, made by that version's own commands, and the configs that they are of.
They are never edited. Its `identities.json` has the identity of every config that was shipped, on data with the
digest `dd...d` and with version 2 of the training code.
"""

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from commands import Invoke
from make_runs import finished
from pydantic import Field

from dlexp import registry
from dlexp.components.datasets.reading import files
from dlexp.components.identity_rules import AddedLater, Observes
from dlexp.components.regularizers import Regularizer
from dlexp.config import identity as identity_module
from dlexp.config.identity import TRAINING_VERSION, Identities, Ingredients, compared, identified
from dlexp.config.load import load
from dlexp.execution import planning, standing
from dlexp.execution.execute import execute
from dlexp.execution.plan import Plan, Request
from dlexp.execution.planning import plan
from dlexp.execution.repeats import again
from dlexp.records import index
from dlexp.records.run_dir import RECORD_FORMAT, RunDir
from dlexp.reports.run import state
from dlexp.reports.verification.facts import verify

RECORDS = Path(__file__).parent / "records" / "0.1.0"
CONFIGS = Path(__file__).parents[1] / "configs"
FINISHED = ("diagnosed/s0", "finished/s0", "finished/s1", "table/s0", "targets/s0")


@pytest.fixture
def version_2(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the training code gave the numbers of 0.1.0 still."""
    monkeypatch.setattr(identity_module, "TRAINING_VERSION", 2)
    monkeypatch.setattr(planning, "TRAINING_VERSION", 2)
    monkeypatch.setattr(standing, "TRAINING_VERSION", 2)


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the records, as the working directory."""
    shutil.copytree(RECORDS, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    return tmp_path / "copy"


def planned(*configs: str, overrides: tuple[str, ...] = (), seeds: tuple[int, ...] = (0,), force: bool = False) -> Plan:
    """What `dlexp run` would do with configs now."""
    experiments = [load(Path(config), overrides).experiment for config in configs]
    return plan(Request(wanted=[(each, seeds) for each in experiments], runs_dir=Path("runs"), force=force))


def test_every_shipped_config_has_the_identity_of_its_release() -> None:
    """A new key or default must not orphan the runs on record: a key added later is annotated `AddedLater`."""
    frozen = json.loads((RECORDS / "identities.json").read_text())
    own = 0
    for name, identity in frozen.items():
        if (CONFIGS / name).exists():
            settings = load(CONFIGS / name).experiment.model_dump(mode="json", exclude={"name"})
            identities = Identities.of(Ingredients(settings, "d" * 64, training_version=2))

            assert identity in identities, name
            own += identity == identities.own

    # The others were recorded with their diagnostics.
    assert own >= 53


def test_recorded_identities_are_those_of_the_records() -> None:
    """The ingredients that a record holds give its identity."""
    for run in index.readable(index.scan(RECORDS / "runs")):
        if run.record.raw:
            assert run.identity in Identities.of(Ingredients.of_record(run.record.raw)), run.dir.path


def test_every_command_reads_them(records: Path, invoke: Invoke) -> None:
    """Listed, shown, compared, explained; the numbers are those on record."""
    code, out, _ = invoke("ls", "*", "--format", "csv")

    assert code == 0
    assert {run["run"].partition("-")[0]: run["status"] for run in csv.DictReader(io.StringIO(out))} == {
        **dict.fromkeys(FINISHED, "finished"),
        "diverged/s0": "diverged",
        "interrupted/s0": "interrupted",
    }
    code, out, _ = invoke("ls", "*")
    assert (code, len(out.splitlines())) == (0, 8)
    for run in (*FINISHED, "diverged/s0"):
        folder = next(path for path in Path("runs").glob(f"{run}-*"))
        code, out, err = invoke("show", str(folder))
        assert (code, err) == (0, "")
        assert out.startswith(f"run     {folder}\n")
    assert "val_mae" in invoke("compare", "table")[1]
    assert "2 diverged" not in invoke("compare", "diverged", "finished")[1]
    assert invoke("diff", "runs/finished/s0-2b0f281649", "finished.yaml")[1] == "no difference\n"
    assert "the training code (version)  2 " in invoke("why", "finished/s0-2b0f281649", "finished.yaml")[1]


@pytest.mark.usefixtures("records")
def test_a_run_that_the_training_code_cannot_resume_is_not_said_to_be_resumed(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0.1.0 left it interrupted with a checkpoint; now that it trains otherwise, `run` begins another run."""
    said = "the same command: dlexp run interrupted.yaml, which"

    now = " ".join(invoke("show", "interrupted")[1].split())
    monkeypatch.setattr(state, "TRAINING_VERSION", 2)
    then = " ".join(invoke("show", "interrupted")[1].split())

    again = f"trains it from the start: its training code was of version 2, and is of version {TRAINING_VERSION}"
    assert f"try {said} {again}" in now
    assert f"try {said} resumes it" in then


@pytest.mark.usefixtures("version_2")
def test_they_are_not_trained_again(records: Path) -> None:
    """Each finished or diverged run is found; the interrupted one is resumed where it lies."""
    configs = ("finished.yaml", "targets.yaml", "diagnosed.yaml", "table.yaml", "diverged.yaml")

    found = planned(*configs)
    # With and without diagnostics it is one experiment: the run that has them stands for both, else that of the name.
    assert [run.path.parent.name for run in found.done] == ["diagnosed", "targets", "table", "diverged"]
    assert not found.to_train
    assert [run.path.parent.name for run in planned("finished.yaml").done] == ["finished"]
    (begun,) = planned("interrupted.yaml").runs
    assert begun.begun == RunDir(Path("runs/interrupted/s0-f72780589d"))
    assert begun.identity.startswith("f72780589d")


@pytest.mark.usefixtures("version_2")
@pytest.mark.parametrize("spelling", ["houses.csv", "./houses.csv", "sub/../houses.csv", "{here}/houses.csv"])
def test_a_data_file_is_the_same_by_every_path(spelling: str, records: Path) -> None:
    """Its bytes decide; 0.1.0 recorded `./houses.csv`."""
    Path("sub").mkdir()
    path = spelling.format(here=records)

    assert [run.path.parent.name for run in planned("table.yaml", overrides=(f"dataset.path={path}",)).done] == [
        "table"
    ]
    settings = load("table.yaml", [f"dataset.path={path}"]).experiment.model_dump()
    assert compared(settings)["dataset"]["path"] == "houses.csv"
    assert identified(settings)["dataset"]["path"] == ".csv"


def test_other_bytes_are_other_data(records: Path) -> None:
    """By the same path."""
    Path("houses.csv").write_text(Path("houses.csv").read_text() + "3,no,120\n")

    assert len(planned("table.yaml").to_train) == 1


@pytest.mark.training
@pytest.mark.usefixtures("version_2")
def test_diagnostics_make_no_other_experiment(records: Path, invoke: Invoke) -> None:
    """A run recorded with them is found without, and the other way round, where it is said what it lacks."""
    (without,) = planned("diagnosed.yaml", overrides=("training.diagnostics=false",)).runs
    names = ("diagnosed", "finished")

    assert {run.identity for run in index.finished(Path("runs")) if run.name in names} <= set(
        without.subject.identities
    )
    (with_them,) = planned("finished.yaml", overrides=("training.diagnostics=true",)).runs
    assert with_them.recorded == RunDir(Path("runs/diagnosed/s0-df4397879b"))
    assert not with_them.lacks_diagnostics
    shutil.rmtree("runs/diagnosed")
    code, _, err = invoke("run", "finished.yaml", "--set", "training.diagnostics=true")
    assert code == 0
    how = "--observe diagnostics trains it again with them"
    assert err.startswith(f"runs/finished/s0-2b0f281649: done before, without diagnostics; {how}\n")
    assert invoke("diff", "finished.yaml", "diagnosed.yaml")[1] == "no difference\n"


def test_compare_pools_what_is_one_experiment(records: Path, invoke: Invoke) -> None:
    """A run with diagnostics and one without are two seeds of it, in one column."""
    Path("runs/finished/s1-2b0f281649").rename("runs/kept-s1")
    shutil.rmtree("runs/finished/s0-2b0f281649")
    Path("runs/kept-s1").rename("runs/finished/s1-2b0f281649")

    out = invoke("compare", "diagnosed", "finished", "--format", "json")[1]
    (experiment,) = json.loads(out)["experiments"]
    assert experiment["seeds"] == [0, 1]


@pytest.mark.training
def test_they_are_verified(records: Path) -> None:
    """Trained again, their numbers stand."""
    runs = [run for run in index.finished(Path("runs")) if run.name == "finished" and run.seed == 0]
    planned_again, left_out = again(runs, Path("again"), None)
    (job,) = planned_again.jobs()
    execute(job)

    assert verify(runs[0], RunDir(job.path), runs).holds
    assert left_out == {}


@pytest.mark.training
@pytest.mark.usefixtures("version_2")
def test_the_interrupted_one_is_resumed(records: Path) -> None:
    """From the checkpoint that 0.1.0 wrote, under the identity that it had."""
    (job,) = planned("interrupted.yaml").jobs()
    before = RunDir(job.path).history()
    execute(job)

    summary = RunDir(job.path).summary()
    assert summary is not None
    assert summary.resumed_after == [6]
    assert RunDir(job.path).history()[:6] == before
    assert planned("interrupted.yaml").done == [RunDir(job.path)]


@pytest.mark.training
def test_after_a_raise_of_the_training_version(records: Path, invoke: Invoke) -> None:
    """They are trained again, which is said, and stay readable: version 3 standardizes in float64, 4 sums otherwise."""
    shutil.rmtree("runs/diagnosed")
    (run,) = planned("finished.yaml").to_train
    assert run.outdated
    assert run.outdated.dir.path == Path("runs/finished/s0-2b0f281649")
    code, _, err = invoke("run", "finished.yaml")
    assert code == 0
    assert err.splitlines()[0] == "runs/finished/s0-2b0f281649: recorded by training code 2; training again"
    assert len(index.finished(Path("runs"))) == 8
    assert planned("finished.yaml").done


@pytest.mark.training
@pytest.mark.usefixtures("records")
def test_a_dry_run_says_why_what_was_done_is_trained_again(invoke: Invoke) -> None:
    """Of all runs together, and of each."""
    code, out, _ = invoke("run", "finished.yaml", "--dry-run", "--seeds", "3")

    assert code == 0
    assert "2 of 3 runs recorded by training code 2; would be trained again" in out.splitlines()
    where = "runs/finished/s1-2b0f281649"
    assert f"seed 1    recorded by training code 2, in {where}; would be trained again" in out


@pytest.mark.training
@pytest.mark.usefixtures("records")
def test_an_interrupted_run_of_earlier_training_code_is_said_to_be_trained_from_the_start(invoke: Invoke) -> None:
    """Its checkpoint is not that of this version."""
    what = "interrupted, by training code 2"
    assert f"1 of 1 run {what}; would be trained from the start" in invoke("run", "interrupted.yaml", "--dry-run")[1]

    code, _, err = invoke("run", "interrupted.yaml")
    assert code == 0
    (line,) = (line for line in err.splitlines() if what in line)
    assert line == f"runs/interrupted/s0-f72780589d: {what}; training from the start"


def test_a_record_of_a_later_format_is_not_misread(tmp_path: Path) -> None:
    """What this version does not know it does not guess."""
    run_dir = finished(tmp_path)
    record = json.loads(run_dir.summary_path.read_text())
    assert record["format"] == RECORD_FORMAT
    run_dir.summary_path.write_text(json.dumps(record | {"format": RECORD_FORMAT + 1}))

    assert index.read(run_dir).what == (
        f"{run_dir.summary_path}: of record format {RECORD_FORMAT + 1}, and this dlexp reads up to {RECORD_FORMAT}"
    )


@pytest.fixture
def later_key() -> Iterator[None]:
    """A component with keys that 0.1.0 had not."""

    class Later(Regularizer):
        """Keys of a later version."""

        type: Literal["later"] = "later"
        added: Annotated[float, Field(ge=0), AddedLater(before=0.0)] = 0.0
        observed: Annotated[bool, Observes()] = False

    yield
    del registry.components("regularizers")["later"]
    assert Later.kind == "regularizers"


@pytest.mark.usefixtures("later_key")
@pytest.mark.parametrize("how", [identified, compared])
def test_a_key_added_later_counts_where_it_changes_something(how: Callable[..., Any]) -> None:
    """At any depth; with the value under which earlier versions trained, and one that only observes, it does not."""

    def kept(**keys: object) -> object:
        return how({"model": {"type": "mlp", "kernel_regularizer": {"type": "later", **keys}}})["model"][
            "kernel_regularizer"
        ]

    assert kept(added=0.0, observed=False) == kept(added=0.0, observed=True) == kept() == {"type": "later"}
    assert kept(added=0.5, observed=True) == {"type": "later", "added": 0.5}


def test_several_files_are_framed(tmp_path: Path) -> None:
    """`abc` and `def` are other data than `abcd` and `ef`; a single file keeps its plain SHA-256."""

    def written(*contents: bytes) -> list[Path]:
        paths = [tmp_path / f"{i}{content.decode()}" for i, content in enumerate(contents)]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        return paths

    joined = hashlib.sha256(b"abcdef").hexdigest()
    assert files.digest(*written(b"abc", b"def")) != files.digest(*written(b"abcd", b"ef"))
    assert files.digest(*written(b"abcdef")) == joined
    assert files.digests(*written(b"abc", b"def"))[1] == files.digests(*written(b"abcd", b"ef"))[1] == joined


@pytest.mark.usefixtures("version_2")
def test_data_of_several_files_are_found_by_their_earlier_digest(records: Path) -> None:
    """`diabetes` has two; 0.1.0 took their bytes one after the other."""
    (run,) = planned("diverged.yaml").runs

    assert run.recorded == RunDir(Path("runs/diverged/s0-3d1444f45b"))
    assert not run.subject.identities.own.startswith("3d1444f45b")
