"""`dlexp show`: one run in full."""

import json
import sys
import time
from pathlib import Path

import pytest
from make_runs import CONFIG, changed, failed, finished, identity_of

from dlexp.cli import main
from dlexp.runs.run_dir import RunDir

IDENTITY = identity_of(CONFIG)

FINISHED = f"""\
run          digits/s0-{IDENTITY[:10]}
status       finished
epochs       2
seconds      1.2
ended        2024-05-01 10:00
parameters   4810
identity     {IDENTITY}
data digest  {"d" * 64}
directory    runs/digits/s0-{IDENTITY[:10]}

settings
  dataset.type             digits
  model.type               mlp
  model.hidden             [64, 64]
  head.type                multiclass
  head.metrics             [accuracy]
  optimizer.type           adam
  optimizer.learning_rate  0.001
  training.epochs          2
  training.batch_size      32

metrics          last    best
  loss           0.3000
  accuracy       0.9000
  val_loss       0.5000  0.5000 (epoch 2)
  val_accuracy   0.9000  0.9100 (epoch 1)
  test_loss      0.5500
  test_accuracy  0.8800
The best values were picked on the test data: validation is the test split here.
"""

DIVERGED = f"""\
run          digits/s1-{IDENTITY[:10]}
status       diverged
what         loss is nan in epoch 3
where        run.py:12 in fit
epoch        3
identity     {IDENTITY}
data digest  {"d" * 64}
directory    runs/digits/s1-{IDENTITY[:10]}
log          log.txt
"""


@pytest.fixture
def dlexp(tmp_path, monkeypatch, capsys):
    """Run a command in an empty directory at Greenwich; gives its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["dlexp", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code or 0, *capsys.readouterr()

    yield run
    monkeypatch.undo()
    time.tzset()


def test_a_finished_run(dlexp):
    """How it stands, its settings, its scores, and that the best was picked on the test data."""
    finished(Path("runs"), picked_on_test=True)

    assert dlexp("show", "digits") == (0, FINISHED, "")


def test_a_diverged_run(dlexp):
    """What went wrong, when and where, and the log to read."""
    failed(Path("runs"), seed=1).log_path.touch()

    code, out, _ = dlexp("show", "digits")

    assert code == 0
    assert out.startswith(DIVERGED)


def test_a_damaged_run(dlexp):
    """Why it cannot be read."""
    run_dir = finished(Path("runs"))
    run_dir.summary_path.write_text("{")

    code, out, _ = dlexp("show", str(run_dir.path))

    assert code == 0
    assert "status       damaged\n" in out
    assert f"what         {run_dir.summary_path}: damaged: " in out


def test_an_incomplete_run(dlexp):
    """How far it got."""
    run_dir = RunDir.create(Path("runs"), "digits", 0, "0123456789")
    run_dir.write_config("a: 1\n")
    run_dir.history_path.write_text("epoch,loss\n1,0.5\n")

    assert dlexp("show", "digits") == (
        0,
        "run          digits/s0-0123456789\nstatus       incomplete\nepochs       1\n"
        "directory    runs/digits/s0-0123456789\n",
        "",
    )


def test_a_name_shows_its_latest_finished_run(dlexp):
    """Which of several is shown is said on stderr."""
    finished(Path("runs"), seed=0, ended="2024-05-03T10:00:00+00:00")
    finished(Path("runs"), seed=1, config=changed(training={"epochs": 3}), ended="2024-05-02T10:00:00+00:00")
    failed(Path("runs"), seed=2, ended="2024-05-04T10:00:00+00:00")

    code, out, err = dlexp("show", "digits", "--format", "json")

    assert (code, json.loads(out)["seed"]) == (0, 0)
    assert err == "digits: 3 runs; this is the latest finished one\n"


def test_json_is_the_record_and_where_it_lies(dlexp):
    """One document: all of summary.json or failure.json."""
    run_dir = failed(Path("runs"), seed=1)

    code, out, err = dlexp("show", f"digits/{run_dir.path.name}", "--format", "json")
    document = json.loads(out)

    assert (code, err) == (0, "")
    assert document["directory"] == str(run_dir.path)
    assert (document["status"], document["kind"], document["epoch"]) == ("failed", "diverged", 3)
    assert document["config"]["optimizer"] == CONFIG["optimizer"]


def test_an_unknown_run(dlexp):
    """The nearest right word, exit 2."""
    finished(Path("runs"))

    assert dlexp("show", "digit") == (
        2,
        "",
        "digit: no such run, name or config in runs. Did you mean 'digits'? Choose from: digits\n",
    )
