"""`dlexp show`: one run in full."""

import json
import time
from pathlib import Path

import pytest
from make_runs import CONFIG, changed, failed, finished, identity_of

from dlexp.components.datasets import Diabetes, Digits, Iris
from dlexp.errors import DataError
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

learning curves: training ·, validation •
      accuracy                                loss
0.91 ┤•••••••••••••••••••••••••          0.7 ┤···
     │                         •••••••       │   ····
     │                      ·····            │••••••••••••••
     │                  ····                 │            ··•••••••••••••••••••
     │             ·····                     │                 ····
     │        ·····                          │                     ·····
     │   ·····                               │                          ····
 0.8 ┤···                                0.3 ┤                              ···
     └────────────────────────────────       └─────────────────────────────────
      1                              2        1                               2
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

LAYERS = """\
layers           type        output  parameters
  inputs         InputLayer  (8, 8)  0
  hidden_1       Dense       (64)    4160
  probabilities  Activation  (10)    0
"""

MISTAKES = """\
most confident mistakes on the test split
  5: predicted 2 with probability 0.9889; right is 1
    0, 0, 0, 9
  7: predicted 5 with probability 0.5036; right is 9
    x
"""


@pytest.fixture
def dlexp(tmp_path, monkeypatch, invoke):
    """Run a command in an empty directory at Greenwich; gives its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield invoke
    monkeypatch.undo()
    time.tzset()


def test_a_finished_run(dlexp):
    """How it stands, its settings, its scores, and that the best was picked on the test data."""
    finished(Path("runs"), picked_on_test=True)

    assert dlexp("show", "digits") == (0, FINISHED, "")


def test_a_diverged_run(dlexp):
    """What went wrong, when and where, its settings, and the end of its log."""
    log = "".join(f"epoch {epoch}\n" for epoch in range(1, 16))
    failed(Path("runs"), seed=1).log_path.write_text(f"{log}Traceback\n")

    code, out, _ = dlexp("show", "digits")

    assert code == 0
    assert out.startswith(f"{DIVERGED}\nsettings\n  dataset.type ")
    assert out.endswith("\n\nthe end of its log\n" + "".join(f"  epoch {n}\n" for n in range(7, 16)) + "  Traceback\n")


def test_a_damaged_run(dlexp):
    """Why it cannot be read."""
    run_dir = finished(Path("runs"))
    run_dir.summary_path.write_text("{")

    code, out, _ = dlexp("show", str(run_dir.path))

    assert code == 0
    assert "status       damaged\n" in out
    assert f"what         {run_dir.summary_path}: damaged: " in out


@pytest.fixture
def interrupted(dlexp):
    """A run that is two of nine epochs old."""
    run_dir = RunDir.create(Path("runs"), "digits", 0, "0123456789")
    run_dir.write_config("dataset: digits\ntraining: {epochs: 9}\n")
    run_dir.history_path.write_text("epoch,loss\n1,0.5\n2,0.25\n3,0.1")
    return run_dir


def test_an_interrupted_run(dlexp, interrupted):
    """How far it got, the settings of its config, and the curves so far."""
    code, out, err = dlexp("show", "digits")

    assert (code, err) == (0, "")
    assert out.startswith(
        "run          digits/s0-0123456789\nstatus       interrupted\nepochs       2 of 9\n"
        "directory    runs/digits/s0-0123456789\n\nsettings\n  dataset.type "
    )
    assert "\n\nlearning curves: training ·\n      loss\n 0.5 ┤··" in out
    document = json.loads(dlexp("show", "digits", "--format", "json")[1])
    assert (document["epochs"], document["config"]["training"]["epochs"]) == (2, 9)


@pytest.mark.parametrize(
    ("file", "text", "note"),
    [
        ("config.yaml", "a: 1\n", "runs/digits/s0-0123456789/config.yaml: dataset: missing. Choose from: digits, "),
        ("history.csv", "epoch,loss\n?\n1,0.5\n", "runs/digits/s0-0123456789/history.csv:2: damaged: '?'"),
    ],
)
def test_an_interrupted_run_with_a_damaged_record(dlexp, interrupted, file, text, note):
    """What cannot be read is said in a line; the rest is shown."""
    (interrupted.path / file).write_text(text)

    code, out, _ = dlexp("show", "digits")

    assert code == 0
    assert f"\ndirectory    runs/digits/s0-0123456789\n{note}" in out
    assert ("\nsettings\n" in out, "\nlearning curves: " in out) == (file != "config.yaml", file != "history.csv")


def test_the_best_possible_score_stands_beside_what_was_reached(dlexp):
    """A column of its own, where it is known, and what it means."""
    finished(Path("runs"), best_possible={"test_accuracy": 0.95})

    out = dlexp("show", "digits")[1]

    assert "\nmetrics          last    best              best possible\n" in out
    assert "\n  test_accuracy  0.8800                    0.9500\nBest possible: what the true law" in out
    assert json.loads(dlexp("show", "digits", "--format", "json")[1])["best_possible"] == {"test_accuracy": 0.95}


def with_mistakes(runs_dir, **record):
    """A finished run of the digits with layers and two mistakes, on the data as they are here."""
    digest = Digits().digest(None)
    mistakes = [
        {"position": 5, "target": 1, "predicted": 2, "probability": 0.9889},
        {"position": 7, "target": 9, "predicted": 5, "probability": 0.50357},
    ]
    layers = [
        {"name": "inputs", "type": "InputLayer", "output_shape": [8, 8], "parameters": 0},
        {"name": "hidden_1", "type": "Dense", "output_shape": [64], "parameters": 4160},
        {"name": "probabilities", "type": "Activation", "output_shape": [10], "parameters": 0},
    ]
    return finished(runs_dir, **{"data_digest": digest, "mistakes": mistakes, "layers": layers} | record)


def test_layers_and_mistakes(dlexp, monkeypatch):
    """The model layer by layer; the examples that it got wrong as the data set shows them, long ones cut."""
    asked = []
    texts = ["0, 0, 0, 9", "x"]
    monkeypatch.setattr(Digits, "examples", lambda self, *arguments: (asked.append(arguments), texts)[1])
    with_mistakes(Path("runs"))

    code, out, err = dlexp("show", "digits", "--data-dir", "here")

    assert (code, err) == (0, "")
    assert f"\n\n{LAYERS}\n" in out
    assert out.endswith(f"\n\n{MISTAKES}")
    assert asked == [(Path("here"), "test", [5, 7])]


def test_a_long_example_is_cut(dlexp, monkeypatch):
    """Three lines of a review are enough to see what went wrong."""
    monkeypatch.setattr(Digits, "examples", lambda *_: ["word " * 100])
    with_mistakes(Path("runs"))

    _, out, _ = dlexp("show", "digits", "--mistakes", "1")

    assert out.splitlines()[-4:] == [
        "  5: predicted 2 with probability 0.9889; right is 1",
        "    " + " ".join(["word"] * 15),
        "    " + " ".join(["word"] * 15),
        "    " + " ".join(["word"] * 14) + " ...",
    ]


@pytest.mark.parametrize("arguments", [["--mistakes", "0"], ["--format", "json"]], ids=" ".join)
def test_no_data_are_loaded_that_are_not_shown(dlexp, monkeypatch, arguments):
    """JSON holds the mistakes as recorded."""
    monkeypatch.setattr(Digits, "digest", lambda *_: pytest.fail("reads data"))
    finished(Path("runs"), mistakes=[{"position": 5, "target": 1, "predicted": 2, "probability": 0.9}])

    code, out, _ = dlexp("show", "digits", *arguments)

    assert code == 0
    assert "mistakes on the test split" not in out


def test_largest_errors_of_a_regression(dlexp):
    """A number that is far off has no probability; the examples are the data set's own."""
    config = changed(dataset={"type": "diabetes"})
    errors = [{"position": 0, "target": 321.0, "predicted": 105.25}]
    finished(Path("runs"), config=config, mistakes=errors, data_digest=Diabetes().digest(None))
    text = Diabetes().examples(None, "test", [0])[0]

    _, out, _ = dlexp("show", "digits")

    title, answer, *example = out.splitlines()[-2 - len(text) // 75 - 1 :]
    assert (title, answer) == ("largest errors on the test split", "  0: predicted 105.2; right is 321")
    assert " ".join(line.strip() for line in example) == text


def test_a_wrong_label_of_several(dlexp, monkeypatch):
    """Of multilabel data, the label by its name, and whether it was given."""
    monkeypatch.setattr(Iris, "examples", lambda *_: ["x"])
    mistakes = [{"position": 3, "label": 2, "target": 0, "predicted": 1, "probability": 0.75}]
    config = changed(dataset={"type": "iris"})
    finished(Path("runs"), config=config, mistakes=mistakes, data_digest=Iris().digest(None))

    _, out, _ = dlexp("show", "digits")

    assert out.splitlines()[-2:] == ["  3: virginica: predicted yes with probability 0.7500; right is no", "    x"]


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"data_digest": "e" * 64}, "the data are not those of the run: other files"),
        (
            {"config": CONFIG | {"dataset": {"type": "digits", "colour": 1}}},
            "another version of dlexp wrote the settings of the data set",
        ),
    ],
)
def test_mistakes_without_their_data(dlexp, record, why):
    """Positions and classes are shown, and why there is no more."""
    with_mistakes(Path("runs"), **record)

    code, out, err = dlexp("show", "digits")

    assert (code, err) == (0, "")
    solid = " ".join(out.split())
    assert f"most confident mistakes on the test split The examples cannot be shown: {why} 5: predicted 2" in solid


def test_mistakes_when_the_data_are_not_there(dlexp, monkeypatch):
    """The reason of the data set, whose class names are known all the same."""

    def refuse(*_):
        raise DataError("iris.csv: not found", "where to put it")

    monkeypatch.setattr(Iris, "digests", refuse)
    mistakes = [{"position": 5, "target": 0, "predicted": 2, "probability": 0.75}]
    finished(Path("runs"), config=changed(dataset={"type": "iris"}), mistakes=mistakes)

    _, out, _ = dlexp("show", "digits")

    assert out.splitlines()[-3:] == [
        "most confident mistakes on the test split",
        "  The examples cannot be shown: iris.csv: not found",
        "  5: predicted virginica with probability 0.7500; right is setosa",
    ]


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
