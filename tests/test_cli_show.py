"""`dlexp show`: one run in full."""

import base64
import json
import re
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import Invoke
from make_runs import CONFIG, changed, failed, finished, identity_of

from dlexp.components.datasets import Digits, Iris
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.pictures import Picture
from dlexp.records.numbering import Numbering
from dlexp.records.run_dir import RunDir
from dlexp.reports.run.symptom import Symptom

IDENTITY = identity_of(CONFIG)

FINISHED = f"""\
run     runs/digits/s0-{IDENTITY[:10]}
status  finished: 2 epochs in 1.2 s, 2024-05-01 10:00

scores      training  validation  best              test
  accuracy  0.9000    0.9000      0.9100 (epoch 1)  0.8800
  loss      0.3000    0.5000      0.5000 (epoch 2)  0.5500
  The best values were picked on the test data: validation is the test split
  here.

learning curves: training ·  validation ●  its best epoch ▲
      accuracy                                loss
0.91 ┤●●●●●●●●●●●●●●●●●●●●●●●●●●●●●      0.7 ┤···
     │                          ···●●●       │●  ·····
     │                    ······             │ ●●●●●●●●●●●●●●●●●●●●●
     │               ·····                   │              ·····   ●●●●●●●●●●●
     │         ······                        │                   ······
     │   ······                              │                         ·····
 0.8 ┤···                                0.3 ┤                              ···
     └▲───────────────────────────────       └────────────────────────────────▲
      1                              2        1                               2

settings that are no defaults (--all shows the others)
  dataset.type=digits  model.hidden=[64, 64]  training.epochs=2
"""

DIVERGED = f"""\
run     runs/digits/s1-{IDENTITY[:10]}
status  diverged in epoch 3
why     loss is nan in epoch 3
try     --set optimizer.learning_rate=0.0001
where   run.py:12 in fit
log     log.txt

settings that are no defaults (--all shows the others)
  dataset.type=digits  model.hidden=[64, 64]  training.epochs=2
"""

ERROR = f"""\
run     runs/digits/s1-{IDENTITY[:10]}
status  failed
why     out of memory
try     once that is mended, the same command: dlexp run digits.yaml --seed 1
where   run.py:12 in fit
log     log.txt

the end of its log
"""

LAYERS = """\
layers           type        output  parameters
  inputs         InputLayer  (8, 8)  0
  hidden_1       Dense       (64)    4160
  probabilities  Activation  (10)    0
"""

MISTAKES = """\
most confident mistakes on the test split
  6: predicted 2 with probability 0.9889; right is 1
    0, 0, 0, 9
  8: predicted 5 with probability 0.5036; right is 9
    x
"""
#: What ends a page.
SETTINGS = "\nsettings that are no defaults (--all shows the others)\n"


def shown_symptoms(monkeypatch: pytest.MonkeyPatch, *found: Symptom) -> None:
    """What a history is taken to show."""
    monkeypatch.setattr("dlexp.reports.run.facts.symptoms", lambda run: list(found))


@pytest.fixture
def dlexp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> Iterator[Invoke]:
    """Run a command in an empty directory at Greenwich; gives its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    shown_symptoms(monkeypatch)
    yield invoke
    monkeypatch.undo()
    time.tzset()


def test_a_finished_run(dlexp: Invoke) -> None:
    """How it stands, its settings, its scores, and that the best was picked on the test data."""
    finished(Path("runs"), picked_on_test=True)

    assert dlexp("show", "digits") == (0, FINISHED, "")


def test_a_diverged_run(dlexp: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why it has no result comes first, then what to try."""
    change = "--set optimizer.learning_rate=0.0001"
    shown_symptoms(monkeypatch, Symptom(kind="diverged", what="its loss is NaN", change=change))
    failed(Path("runs"), seed=1).log_path.write_text("Traceback\n")

    assert dlexp("show", "digits") == (0, DIVERGED, "")


def test_a_failed_run(dlexp: Invoke) -> None:
    """The end of its log too, and the command that trains it."""
    run_dir = failed(Path("runs"), seed=1, kind="error", what="out of memory", epoch=None)
    run_dir.log_path.write_text("".join(f"epoch {epoch}\n" for epoch in range(1, 16)) + "Traceback\n")
    run_dir.write_json(run_dir.environment_path, {"command": "dlexp run digits.yaml --seed 1"})

    page = dlexp("show", "digits")[1].partition(SETTINGS)[0]

    log = "".join(f"  epoch {n}\n" for n in range(7, 16)) + "  Traceback\n"
    assert page == ERROR + log


def test_a_damaged_run(dlexp: Invoke) -> None:
    """Why it cannot be read."""
    run_dir = finished(Path("runs"))
    run_dir.summary_path.write_text("{")

    code, out, _ = dlexp("show", str(run_dir.path))

    assert code == 0
    assert f"status  damaged\nwhy     {run_dir.summary_path}: damaged: " in out


def test_the_diagnosis_of_a_history(dlexp: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with what to try; an option stays in one line. The document has them too."""
    found = Symptom(kind="guessing", what="no better than guessing", change="--set model.activation=relu", observe=True)
    shown_symptoms(monkeypatch, found, Symptom(kind="unfinished", what="still improving"))
    finished(Path("runs"))

    assert (
        "\n\ndiagnosis\n  no better than guessing; try --set model.activation=relu or\n    --observe diagnostics\n"
        "  still improving\n\nsettings"
    ) in dlexp("show", "digits")[1]
    document = json.loads(dlexp("show", "digits", "--format", "json")[1])
    assert document["symptoms"][0] == asdict(found)


def test_tags_and_the_note(dlexp: Invoke) -> None:
    """The user's own words, in the page and in the document."""
    run_dir = finished(Path("runs"))
    run_dir.tags_path.write_text("best\nthesis\n")
    run_dir.note_path.write_text("For the figure\nin chapter 2.\n")

    assert "\ntags    best, thesis\nnote    For the figure in chapter 2.\n\nscores " in dlexp("show", "digits")[1]
    document = json.loads(dlexp("show", "digits", "--format", "json")[1])
    assert (document["tags"], document["note"]) == (["best", "thesis"], "For the figure\nin chapter 2.")


def test_training_that_ended_early(dlexp: Invoke) -> None:
    """That it did, and of which epoch the weights are."""
    finished(Path("runs"), stopped_epoch=2, restored_epoch=1)

    said = "status  finished: 2 epochs in 1.2 s, stopped early, with the weights of epoch 1,\n        2024-05-01 10:00"
    assert f"\n{said}\n" in dlexp("show", "digits")[1]


@pytest.fixture
def interrupted(dlexp: Invoke) -> RunDir:
    """A run that is two of nine epochs old."""
    run_dir = Numbering(Path("runs")).create("digits", 0, "0123456789")
    run_dir.write_config("dataset: digits\ntraining: {epochs: 9}\n")
    run_dir.history_path.write_text("epoch,loss\n1,0.5\n2,0.25\n3,0.1")
    return run_dir


def test_an_interrupted_run(dlexp: Invoke, interrupted: RunDir) -> None:
    """How far it got, the settings of its config, and the curves so far."""
    code, out, err = dlexp("show", "digits")

    assert (code, err) == (0, "")
    assert out.startswith(
        "run     runs/digits/s0-0123456789\nstatus  interrupted, 2 of 9 epochs\n"
        "try     the same command, which restarts it\n\n"
        "learning curves: training ·\n      loss\n 0.5 ┤··"
    )
    assert out.endswith(f"{SETTINGS}  dataset.type=digits  training.epochs=9\n")
    document = json.loads(dlexp("show", "digits", "--format", "json")[1])
    assert (document["epochs"], document["config"]["training"]["epochs"]) == (2, 9)


@pytest.mark.parametrize(
    ("file", "text", "note"),
    [
        ("config.yaml", "a: 1\n", "runs/digits/s0-0123456789/config.yaml: dataset: missing. Choose from: digits, "),
        ("history.csv", "epoch,loss\n?\n1,0.5\n", "runs/digits/s0-0123456789/history.csv:2: damaged: '?'"),
    ],
)
def test_an_interrupted_run_with_a_damaged_record(
    dlexp: Invoke, interrupted: RunDir, file: str, text: str, note: str
) -> None:
    """What cannot be read is said in a line; the rest is shown."""
    (interrupted.path / file).write_text(text)

    code, out, _ = dlexp("show", "digits")

    assert code == 0
    assert f"\ntry     the same command, which restarts it\n{note}" in out
    assert (SETTINGS in out, "\nlearning curves: " in out) == (file != "config.yaml", file != "history.csv")


def test_the_best_possible_score_stands_beside_what_was_reached(dlexp: Invoke) -> None:
    """So does what guessing scores: a column each, where it is known, and what it means."""
    finished(Path("runs"), best_possible={"test_accuracy": 0.95}, guessing={"test_accuracy": 0.1, "val_accuracy": 0.2})

    out = dlexp("show", "digits")[1]

    assert "\nscores      training  validation  best              test    guessing  best possible\n" in out
    assert "\n  accuracy  0.9000    0.9000      0.9100 (epoch 1)  0.8800  0.1000    0.9500\n" in out
    assert "\n  Guessing: what the best constant prediction scores on the test split.\n" in out
    assert "\n  Best possible: what the true distribution scores; beaten only by chance.\n" in out
    everything = dlexp("show", "digits", "--all")[1]
    assert "\nmetrics          last    best              guessing  best possible\n" in everything
    assert "\n  val_accuracy   0.9000  0.9100 (epoch 1)  0.2000\n" in everything
    assert json.loads(dlexp("show", "digits", "--format", "json")[1])["best_possible"] == {"test_accuracy": 0.95}


def with_mistakes(mistakes: list[Any], problem: str | None = None, **record: Any) -> RunDir:
    """A finished run of the digits with layers, and mistakes with their examples."""
    layers = [
        {"name": "inputs", "type": "InputLayer", "output_shape": [8, 8], "parameters": 0},
        {"name": "hidden_1", "type": "Dense", "output_shape": [64], "parameters": 4160},
        {"name": "probabilities", "type": "Activation", "output_shape": [10], "parameters": 0},
    ]
    run_dir = finished(Path("runs"), **{"layers": layers, "class_names": list("0123456789"), **record})
    run_dir.write_json(
        run_dir.evaluation_path, {"mistakes": mistakes} | ({"examples_problem": problem} if problem else {})
    )
    return run_dir


def mistakes_in(page: str) -> list[str]:
    """The lines of a page about them."""
    return (
        re.split(r"\n\n(?=most confident mistakes|largest errors)", page)[1].partition("\n\nsettings ")[0].splitlines()
    )


SURE = {"position": 5, "target": 1, "predicted": 2, "probability": 0.9889}


@pytest.fixture
def no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """No data set is asked for anything."""
    for name in ("digest", "digests", "load", "examples"):
        monkeypatch.setattr(Dataset, name, lambda *_: pytest.fail("reads data"), raising=False)
    for kind in (Digits, Iris):
        monkeypatch.setattr(kind, "load", lambda *_: pytest.fail("reads data"))


def test_layers_and_mistakes(dlexp: Invoke, no_data: None) -> None:
    """The model layer by layer; the examples that it got wrong as they were recorded."""
    second = {"position": 7, "target": 9, "predicted": 5, "probability": 0.50357}
    with_mistakes([SURE | {"text": "0, 0, 0, 9"}, second | {"text": "x"}])

    code, out, err = dlexp("show", "digits")

    assert (code, err) == (0, "")
    assert f"\n\n{MISTAKES}{SETTINGS}" in out
    assert f"\n\n{LAYERS}\n" not in out
    assert f"\n\n{LAYERS}\n" in dlexp("show", "digits", "--all")[1]


def test_pictures_stand_side_by_side(dlexp: Invoke, no_data: None) -> None:
    """As many as there is room for, in characters, below what was predicted; JSON has their pixels."""
    pixels = np.zeros((4, 4), np.uint8)
    pixels[0], pixels[1, :2] = 255, 128
    png = base64.b64encode(Picture(pixels, "").png()).decode()
    picture = SURE | {"text": "4 x 4 picture", "png": png}
    with_mistakes([picture] * 4)

    ink = ["  ████████" + "                  ████████" * 2, "  ▒▒▒▒" + "                      ▒▒▒▒" * 2, "", ""]
    captions = "  " + "    ".join(["6: 2 (0.99), right 1".ljust(22)] * 3).rstrip()
    expected = ["most confident mistakes on the test split", captions, *ink]
    assert mistakes_in(dlexp("show", "digits")[1]) == expected[:-1]
    second = ["  6: 2 (0.99), right 1", "  ████████", "  ▒▒▒▒", ""]
    assert mistakes_in(dlexp("show", "digits", "--mistakes", "4")[1]) == [*expected, *second]
    assert json.loads(dlexp("show", "digits", "--format", "json")[1])["evaluation"]["mistakes"][0] == picture


@pytest.mark.parametrize("png", ["iVBORw0KGgo=", "?", "", "AAAA"])
def test_a_picture_that_cannot_be_read_is_named(dlexp: Invoke, png: str) -> None:
    """The rest is shown."""
    with_mistakes([SURE | {"text": "8 x 8 picture", "png": png}])

    said = " ".join(mistakes_in(dlexp("show", "digits")[1])[1:])
    assert re.fullmatch(r"  6: 2 \(0.99\), right 1   8 x 8 picture \(no PNG.*\)", said)


def test_a_long_example_is_cut(dlexp: Invoke) -> None:
    """Two lines of a review are enough to see what went wrong."""
    with_mistakes([SURE | {"text": "word " * 100}, SURE])

    _, out, _ = dlexp("show", "digits", "--mistakes", "1")

    assert mistakes_in(out)[1:] == [
        "  6: predicted 2 with probability 0.9889; right is 1",
        "    " + " ".join(["word"] * 15),
        "    " + " ".join(["word"] * 14) + " ...",
    ]


def test_control_characters_of_an_example_stay_in_its_record(dlexp: Invoke) -> None:
    """They are kept as they were, and the terminal gets them written out."""
    run_dir = with_mistakes([SURE | {"text": "a\x1b[2Jb\u202ec\x9bd"}])

    assert "    a\\x1b[2Jb\\u202ec\\u009bd\n" in dlexp("show", "digits")[1]
    assert (
        json.loads(run_dir.evaluation_path.read_text(encoding="utf-8"))["mistakes"][0]["text"]
        == "a\x1b[2Jb\u202ec\x9bd"
    )


def test_no_mistakes_where_none_are_asked_for(dlexp: Invoke) -> None:
    """As many as are asked for, up to what a run keeps."""
    with_mistakes([SURE | {"position": i} for i in range(20)])

    assert "mistakes on the test split" not in dlexp("show", "digits", "--mistakes", "0")[1]
    assert "\n  20: predicted 2" in dlexp("show", "digits", "--mistakes", "20")[1]
    assert "\n  4: predicted" not in dlexp("show", "digits", "--data-dir", ".")[1]
    assert dlexp("show", "digits", "--mistakes", "21")[0] == 2


def test_largest_errors_of_a_regression(dlexp: Invoke) -> None:
    """A number that is far off has no probability; one that was no number is a dash."""
    errors = [{"position": 0, "target": 321.0, "predicted": 105.25, "text": "age 50"}]
    with_mistakes([*errors, {"position": 1, "target": 321.0, "predicted": None}])

    assert mistakes_in(dlexp("show", "digits")[1]) == [
        "largest errors on the test split",
        "  1: predicted 105.2; right is 321",
        "    age 50",
        "  2: predicted -; right is 321",
    ]


def test_a_wrong_label_of_several(dlexp: Invoke) -> None:
    """Of multilabel data, the label by its name, and whether it was given."""
    mistake = {"position": 3, "label": 2, "target": 0, "predicted": 1, "probability": 0.75, "text": "x"}
    with_mistakes([mistake], class_names=["setosa", "versicolor", "virginica"])

    assert mistakes_in(dlexp("show", "digits")[1])[-2:] == [
        "  4: virginica: predicted yes with probability 0.7500; right is no",
        "    x",
    ]


def test_mistakes_of_several_targets(dlexp: Invoke) -> None:
    """Each under its name, with the names of its classes; a target without any has numbers."""
    mistakes = [SURE | {"target_name": name} for name in ("digit", "parity")]
    with_mistakes(mistakes, class_names={"digit": ["zero", "one", "two"]})

    assert mistakes_in(dlexp("show", "digits")[1]) == [
        "most confident mistakes on the test split, digit",
        "  6: predicted two with probability 0.9889; right is one",
        "most confident mistakes on the test split, parity",
        "  6: predicted 2 with probability 0.9889; right is 1",
    ]


def test_an_example_has_the_name_that_predict_gives_it(dlexp: Invoke) -> None:
    """The row of the file or the file's name, with its id; an older record counts the test examples, from 1."""
    with_mistakes([SURE | {"example": "17", "id": "p-892"}, SURE | {"example": "pos/1.txt"}, SURE])

    said = [line for line in dlexp("show", "digits")[1].splitlines() if "predicted 2" in line]
    assert [line.split(": ")[0] for line in said] == ["  17 (p-892)", "  pos/1.txt", "  6"]


def test_mistakes_of_an_older_run(dlexp: Invoke, no_data: None) -> None:
    """Runs were recorded without examples before; positions and classes are shown, and why there is no more."""
    finished(Path("runs"), mistakes=[SURE])

    code, out, err = dlexp("show", "digits")

    assert (code, err) == (0, "")
    assert mistakes_in(out) == [
        "most confident mistakes on the test split",
        "  The examples cannot be shown: recorded before they were kept",
        "  6: predicted 2 with probability 0.9889; right is 1",
    ]


def test_mistakes_whose_examples_could_not_be_decoded(dlexp: Invoke) -> None:
    """The reason that training had."""
    with_mistakes([SURE], problem="imdb_word_index.json: not found in x")

    assert mistakes_in(dlexp("show", "digits")[1])[-2:] == [
        "  The examples cannot be shown: imdb_word_index.json: not found in x",
        "  6: predicted 2 with probability 0.9889; right is 1",
    ]


@pytest.mark.parametrize(
    "mistakes",
    [
        None,
        {},
        [3],
        [{"position": 5}],
        [SURE | {"position": "a"}],
        [SURE | {"predicted": 2.5}],
        [SURE | {"predicted": None}],
        [SURE | {"probability": None}],
        [SURE | {"label": "a"}],
        [SURE | {"text": ["a"]}],
        [SURE | {"target_name": {}}],
    ],
    ids=str,
)
def test_damaged_mistakes(dlexp: Invoke, mistakes: dict[str, Any] | list[Any] | None) -> None:
    """One line in the page, and those of the summary."""
    run_dir = finished(Path("runs"), mistakes=[SURE])
    run_dir.write_json(run_dir.evaluation_path, {"mistakes": mistakes})

    code, out, err = dlexp("show", "digits")

    assert (code, err) == (0, "")
    assert re.search(rf"\n{run_dir.evaluation_path}: damaged: (no )?mistakes.*\n", out)
    assert mistakes_in(out) == [
        "most confident mistakes on the test split",
        "  The examples cannot be shown: evaluation.json is damaged",
        "  6: predicted 2 with probability 0.9889; right is 1",
    ]


CONFUSION = {"target": [0, 0, 1], "predicted": [0, 1, 1], "count": [5, 1, 4]}
CONFUSIONS = """\
confusion on the test split (row: right, column: predicted)
     0  1
  0  5  1
  1  ·  4
"""


def with_confusion(confusion: dict[str, Any]) -> RunDir:
    """A finished run that recorded it."""
    run_dir = finished(Path("runs"))
    targets = {"": {"count": 10, "confusion": confusion}}
    run_dir.write_json(run_dir.evaluation_path, {"mistakes": [], "targets": targets})
    return run_dir


def test_confusions(dlexp: Invoke) -> None:
    """The most frequent ones, or all as a table; JSON has the counts."""
    with_confusion(CONFUSION)

    out, document = dlexp("show", "digits")[1], json.loads(dlexp("show", "digits", "--format", "json")[1])

    assert f"\n\nmost frequent confusions on the test split (right as predicted)\n  0 as 1: 1\n{SETTINGS}" in out
    assert f"\n\n{CONFUSIONS}\nsettings" in dlexp("show", "digits", "--all")[1]
    assert document["evaluation"]["targets"][""]["confusion"] == CONFUSION


@pytest.mark.parametrize(
    ("confusion", "why"),
    [
        (CONFUSION | {"count": [5, 1]}, "has columns of different lengths"),
        (CONFUSION | {"count": [5, 1, -4]}, "count.2 is -4, expected a whole number from 0"),
        ({"target": [], "count": []}, "predicted"),
    ],
)
def test_damaged_confusions(dlexp: Invoke, confusion: dict[str, Any], why: str) -> None:
    """One line in the page, and no table."""
    path = with_confusion(confusion).evaluation_path

    code, out, err = dlexp("show", "digits")

    assert (code, err) == (0, "")
    assert re.search(rf"\n{path}: damaged: .*{why}\n", out)
    assert "confusion on" not in out


def test_a_name_shows_its_latest_finished_run(dlexp: Invoke) -> None:
    """Which of several is shown is said on stderr."""
    finished(Path("runs"), seed=0, ended="2024-05-03T10:00:00+00:00")
    finished(Path("runs"), seed=1, config=changed(training={"epochs": 3}), ended="2024-05-02T10:00:00+00:00")
    failed(Path("runs"), seed=2, ended="2024-05-04T10:00:00+00:00")

    code, out, err = dlexp("show", "digits", "--format", "json")

    assert (code, json.loads(out)["seed"]) == (0, 0)
    assert err == f"digits: 3 runs; this is the latest finished one, digits/s0-{IDENTITY[:10]}\n"


def diagnosed(run_dir: RunDir, dead_share: float = 0.1) -> RunDir:
    """A run with diagnostics of one hidden layer."""
    lines = ["epoch,layer,dead_share,saturated_share,gradient_norm,weight_norm,update_ratio"]
    lines += [f"{epoch},1,{dead_share},0.1,0.1,1.0,0.1" for epoch in (1, 2)]
    run_dir.diagnostics_path.write_text("\n".join([*lines, ""]))
    return run_dir


def test_diagnostics_are_where_it_is_said(dlexp: Invoke) -> None:
    """Another run than the one that is shown may have them; what to type draws them."""
    later = finished(Path("runs"), seed=4, ended="2024-05-03T10:00:00+00:00")
    plot = ("--plot", "units.png")
    assert dlexp("show", "digits", *plot) == (
        2,
        "",
        f"{later.label}: no diagnostics to draw. Try: dlexp run CONFIG --seed 4 --observe diagnostics\n",
    )
    first = diagnosed(finished(Path("runs"), seed=0, ended="2024-05-01T10:00:00+00:00"))

    said = f"digits: 2 runs; this is the latest finished one, {later.label}; {first.label} has diagnostics\n"
    assert dlexp("show", "digits")[2] == said
    command = f"dlexp show {first.path} --plot units.png"
    assert dlexp("show", "digits", *plot)[2] == f"{said}{later.label}: no diagnostics to draw. Try: {command}\n"
    assert dlexp(*command.split()[1:])[0] == 0
    assert Path("units.png").exists()


def test_diagnostics_that_say_nothing_are_said(dlexp: Invoke) -> None:
    """A line where all is well, and what is unusual in lines no wider than the terminal."""
    diagnosed(finished(Path("runs")))
    diagnosed(
        finished(Path("runs"), "dead", config=changed(model={"type": "mlp", "activation": {"type": "relu"}})), 0.9
    )

    healthy = "\ndiagnosis\n  nothing unusual in the hidden layers; draw them with --plot FILE.png\n"
    assert healthy in dlexp("show", "digits")[1]
    assert (
        "\ndiagnosis\n  layer 1: 90 % of its ReLUs never fire since epoch 1; leaky_relu or a smaller\n"
        "    learning rate usually helps\n"
    ) in dlexp("show", "dead")[1]
    assert json.loads(dlexp("show", "digits", "--format", "json")[1])["diagnosis"] == []


def test_a_repetition_is_named_by_its_run(dlexp: Invoke) -> None:
    """It is no run of its own, as a name and as a path."""
    run_dir = finished(Path("runs"))
    run_dir.repetition.path.mkdir()

    for word in (f"{run_dir.label}-observed", f"{run_dir.path}-observed/"):
        line = f"{word}: no run, but a repetition that was observed. Its run is {run_dir.label}; name that one\n"
        assert dlexp("show", word) == (2, "", line)


def test_json_is_the_record_and_where_it_lies(dlexp: Invoke) -> None:
    """One document: all of summary.json or failure.json."""
    run_dir = failed(Path("runs"), seed=1)

    code, out, err = dlexp("show", f"digits/{run_dir.path.name}", "--format", "json")
    document = json.loads(out)

    assert (code, err) == (0, "")
    assert document["directory"] == str(run_dir.path)
    assert (document["status"], document["kind"], document["epoch"]) == ("failed", "diverged", 3)
    assert document["config"]["optimizer"] == CONFIG["optimizer"]


def test_an_unknown_run(dlexp: Invoke) -> None:
    """The nearest right word, exit 2."""
    finished(Path("runs"))

    assert dlexp("show", "digit") == (
        2,
        "",
        "digit: no such run, name or config in runs. Did you mean 'digits'? Choose from: digits\n",
    )
