"""`dlexp try`: what became of changes, and the whole ledger."""

import csv
import io
import json
from pathlib import Path

import pytest
from campaigns import CONFIG, Recording, noisy
from commands import Invoke

import dlexp

KEPT = "training.batch_size=16 training.epochs=3"
CHANGES = ("model.hidden=[9]", "optimizer.momentum=0.9", "optimizer=adam", KEPT, "optimizer.momentum=0.9")


@pytest.fixture(autouse=True)
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recording:
    """An empty folder with a config, and an engine that trains nothing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "it.yaml").write_text(CONFIG)
    recording = Recording(noisy)
    monkeypatch.setattr("dlexp.execution.pool.Pool", lambda slots: recording)
    return recording


def test_a_page_says_what_became_of_each_change(invoke: Invoke) -> None:
    """The result before the numbers, what these are, and the commands that train the incumbent and show the ledger."""
    code, out, err = invoke("try", *CHANGES, "--over", "it.yaml")

    assert code == 0
    assert (
        out
        == """\
it.yaml: 5 changes, 2 kept

change                result                    screened               confirmed
hidden=[9]            cannot tell  +0.0043 [-0.27, 0.28]                       -
momentum=0.9          kept             +10.1 [8.4, 11.7]  +9.997 [9.907, 10.087]
optimizer=adam        worse         -20.1 [-22.0, -18.3]                       -
batch_size=16 epoch…  kept               +5.0 [3.9, 6.1]      +5.08 [4.96, 5.19]
momentum=0.9          not tried                        -                       -

optimizer.momentum=0.9: the same experiment as the incumbent.
val_accuracy in points: the change minus its incumbent, over paired seeds
  (Student's t).
Screened: the intervals hold at 95 % wherever they stopped; their means
  overstate differences.
Confirmed: on 8 new seeds each, at levels that add up to 5 % over all
  confirmations of the ledger.

The incumbent is it.yaml, with optimizer.momentum=0.9; training.batch_size=16
training.epochs=3. To train it (the same as runs/ledgers/it.yaml):
    dlexp run it.yaml --set optimizer.momentum=0.9 \\
        --set training.batch_size=16 --set training.epochs=3

To see all that was tried:
    dlexp try --over it.yaml
"""
    )
    assert "change 2 of 5, optimizer.momentum=0.9: screened against it\n" in err
    assert f"change 4 of 5, {KEPT}: screened against it-optimizer.momentum=0.9\n" in err


def test_without_a_change_the_ledger_is_shown(engine: Recording, invoke: Invoke) -> None:
    """All that commands have tried over the incumbent, in each format; nothing is trained."""
    invoke("try", *CHANGES[:2], "--over", "it.yaml")
    invoke("try", *CHANGES[2:4], "--over", "it.yaml", "-q")
    n = len(engine.names)

    code, out, _ = invoke("try", "--over", "it.yaml")
    assert (code, out.splitlines()[0]) == (0, "it.yaml: 4 changes, 2 kept")
    assert out.endswith("--set training.batch_size=16 --set training.epochs=3\n")
    found = json.loads(invoke("try", "--over", "it.yaml", "--format", "json")[1])
    assert found["incumbent"]["kept"] == ["optimizer.momentum=0.9", KEPT]
    assert [each["outcome"] for each in found["changes"]] == ["cannot tell", "kept", "worse", "kept"]
    assert found["changes"][1]["confirmation"]["seeds"] == list(range(1000, 1008))
    rows = list(csv.DictReader(io.StringIO(invoke("try", "--over", "it.yaml", "--format", "csv")[1])))
    assert [row["confirmation"] for row in rows] == ["", "1", "", "2"]
    assert "| optimizer=adam | worse |" in invoke("try", "--over", "it.yaml", "--format", "md")[1]
    assert len(engine.names) == n
    frame = dlexp.try_changes(over="it.yaml")
    assert list(frame["outcome"]) == [row["outcome"] for row in rows]
    assert frame.attrs["incumbent"] == "runs/ledgers/it.yaml"


def test_no_line_is_wider_than_the_terminal(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns are left out before a number is cut, and commands go on in the next line."""
    invoke("try", *CHANGES, "--over", "it.yaml", "-q")
    for width in (40, 60, 80, 120):
        monkeypatch.setattr("dlexp.console.width", lambda width=width: width)

        lines = invoke("try", "--over", "it.yaml")[1].splitlines()

        assert max(map(len, lines)) <= width
        assert any("kept" in line for line in lines[1:])


def test_a_dry_run_trains_and_writes_nothing(engine: Recording, invoke: Invoke, tmp_path: Path) -> None:
    """It counts what the screening takes at most."""
    code, out, _ = invoke("try", *CHANGES[:2], "optimizer.learning_rate=0.01", "--over", "it.yaml", "--dry-run")

    assert code == 0
    assert out.startswith(
        """\
it: 3 changes, screened by val_accuracy with at most 12 seeds each

change                        to train at most  done before  time at most
(the incumbent)               12                0            unknown
model.hidden=[9]              12                0            unknown
optimizer.momentum=0.9        12                0            unknown
optimizer.learning_rate=0.01  0                 0            -

optimizer.learning_rate=0.01: the same experiment as the incumbent.
At most 36 to train, 0 done before; time with 1 worker: unknown"""
    )
    assert not (tmp_path / "runs").exists()
    invoke("try", *CHANGES[:2], "--over", "it.yaml", "-q")
    n = len(engine.names)
    found = json.loads(invoke("try", *CHANGES[:1], KEPT, "--over", "it.yaml", "--dry-run", "--format", "json")[1])
    assert found["incumbent"] == "it-optimizer.momentum=0.9"
    assert [side["to_train"] for side in found["sides"]] == [12 - 3, 12, 12]
    assert invoke("try", "a=1", "--over", "it.yaml", "--dry-run", "--format", "csv")[0] == 2
    assert len(engine.names) == n


def test_mistakes_end_with_2_and_failed_runs_with_1(monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    """Verdicts change no exit code, nor does a run that diverged."""
    assert invoke("try", "--over", "it.yaml") == (
        2,
        "",
        "runs/ledgers/it.jsonl: no change has been tried yet; try one with: dlexp try KEY=VALUE --over it.yaml\n",
    )
    code, out, err = invoke("try", "optimizer=adamm", "validation.seed=1", "--over", "it.yaml")
    assert (code, out) == (2, "")
    assert "unknown optimizer 'adamm'" in err

    monkeypatch.setattr("dlexp.execution.pool.Pool", lambda slots: Recording(noisy, failing=[1]))
    code, out, err = invoke("try", "optimizer=adam", "--over", "it.yaml")
    assert code == 1
    assert "optimizer=adam  not tried" in out
    assert "optimizer=adam: not decided: a run failed" in out
    assert "failed:" in err

    monkeypatch.setattr("dlexp.execution.pool.Pool", lambda slots: Recording(lambda experiment, seed: float("nan")))
    assert invoke("try", "model.hidden=[7]", "--over", "it.yaml")[0] == 0


def test_python_tries_changes_too(engine: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row for each change."""
    monkeypatch.setattr("dlexp.execution.script.pool", lambda slots, function: engine)
    monkeypatch.setattr("dlexp.execution.script.require_trainer", lambda function: None)

    frame = dlexp.try_changes(["optimizer.momentum=0.9", "optimizer=adam"], over="it.yaml", by="val_loss")

    assert list(frame["outcome"]) == ["kept", "worse"]
    assert list(frame["by"]) == ["val_loss"] * 2
    assert frame["confirmation_mean"][0] == pytest.approx(-0.1, abs=0.01)
