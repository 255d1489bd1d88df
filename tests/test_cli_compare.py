"""`dlexp compare`: from words to a table."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from commands import Invoke
from make_runs import changed, failed, finished

from dlexp.config.identity import Ingredients
from dlexp.config.load import load
from dlexp.records.index import SMOKE
from dlexp.records.numbering import Numbering

WIDER = changed(model={"hidden": [128, 64]})

TABLE = """\
1 paired seed cannot tell whether digits_b is better or worse than digits_a:
+10.0 points val_accuracy; 5 seeds can have a verdict, in about 10 s, or as many
as it takes:
    dlexp run runs/digits_a/s0-3076b09959/config.yaml \\
        runs/digits_b/s0-8cd1afba29/config.yaml --seeds 5
    dlexp compare runs/digits_a/s0-3076b09959/config.yaml \\
        runs/digits_b/s0-8cd1afba29/config.yaml --metric val_accuracy \\
        --until-sure 12

Baseline: digits_a (named first).

what differs   digits_a   digits_b
model.hidden   [64, 64]   [128, 64]
seeds          1          1
val_accuracy   0.5000     0.6000      +10.0 points

Fewer than 3 paired seeds, here 1, allow no verdict.
"""


@pytest.fixture
def dlexp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> Invoke:
    """Run a command in a directory with two experiments; gives its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    finished(Path("runs"), "digits_a", 0, 0.5)
    finished(Path("runs"), "digits_b", 0, 0.6, WIDER)
    return invoke


def labels(document: str) -> list[str]:
    """What a JSON comparison compares."""
    return [experiment["label"] for experiment in json.loads(document)["experiments"]]


def test_two_names(dlexp: Invoke) -> None:
    """The table on stdout, nothing on stderr, no colour codes, 80 columns where there is no terminal."""
    assert dlexp("compare", "digits_a", "digits_b", "--metric", "val_accuracy") == (0, TABLE, "")


def test_the_first_word_is_what_the_others_are_held_against(dlexp: Invoke) -> None:
    """The order of the words is the order of the columns."""
    code, out, _ = dlexp("compare", "digits_b", "digits_a", "--format", "json")

    assert (code, labels(out)) == (0, ["digits_b", "digits_a"])


def test_a_glob_is_every_name_it_describes(dlexp: Invoke) -> None:
    """Also the seeds of a name; a name that was said before stays where it is."""
    finished(Path("runs"), "iris", 1, 0.7, changed(model={"hidden": [1]}))

    assert labels(dlexp("compare", "digits_*", "--format", "json")[1]) == ["digits_a", "digits_b"]
    assert labels(dlexp("compare", "digits_b", "*_?", "--format", "json")[1]) == ["digits_b", "digits_a"]
    assert labels(dlexp("compare", "*/s1-*", "--format", "json")[1]) == ["iris"]


def test_the_runs_of_a_word_come_as_they_were_handed_out(dlexp: Invoke) -> None:
    """The points of a grid in its order, within a name and within a glob; words in the order of the command."""
    for position, units in enumerate((3, 1, 2)):
        config = changed(model={"hidden": [units]})
        finished(Path("runs"), "swept", 0, 0.5, config, submitted=f"2024-05-02T10:00:0{position}")
        finished(
            Path("runs"), f"by_name_{units}", 0, 0.5, config | {"training": {}}, submitted=f"2024-05-02T11:0{position}"
        )

    swept = [f"swept hidden=[{units}]" for units in (3, 1, 2)]
    assert labels(dlexp("compare", "swept", "--format", "json")[1]) == swept
    assert labels(dlexp("compare", "by_name_*", "--format", "json")[1]) == ["by_name_3", "by_name_1", "by_name_2"]
    assert labels(dlexp("compare", "digits_b", "swept", "digits_a", "--format", "json")[1]) == [
        "digits_b",
        *swept,
        "digits_a",
    ]


def test_what_a_word_for_several_began_with_was_not_named(dlexp: Invoke) -> None:
    """A glob and the name of a grid: the header says that its first one was started first."""
    for position, units in enumerate((3, 1)):
        config = changed(model={"hidden": [units]})
        finished(Path("runs"), "swept", 0, 0.5, config, submitted=f"2024-05-02T10:00:0{position}")

    for word, baseline in (("swept", "swept hidden=[3]"), ("runs/swept", "swept hidden=[3]")):
        out = dlexp("compare", word, "digits_a", "--metric", "val_accuracy")[1]
        assert f"\n\nBaseline: {baseline} (started first of {word}).\n\n" in out
    for words, how in ((["digits_*"], "started first of digits_*"), (["digits_a", "swept"], "named first")):
        out = dlexp("compare", *words, "--metric", "val_accuracy")[1]
        assert f"\n\nBaseline: digits_a ({how}).\n\n" in out
    document = json.loads(dlexp("compare", "swept", "--format", "json")[1])
    assert document["baseline_chosen"] == "started"


def test_a_name_without_a_run_that_ended_is_no_baseline(dlexp: Invoke) -> None:
    """It was named first and cannot be compared: the header says so, as long as no seed of it ended."""
    begun = changed(model={"hidden": [1]})
    Numbering(Path("runs")).create("begun", 0, "0123456789")

    code, out, err = dlexp("compare", "begun", "digits_b", "digits_a", "--metric", "val_accuracy")

    assert (code, err) == (0, "left out: 1 interrupted\n")
    assert out.split("\n\n")[1] == "Baseline: digits_b (next after begun, of which no seed finished)."
    finished(Path("runs"), "begun", 1, 0.7, begun, identity="0123456789" + "0" * 54)
    _, out, _ = dlexp("compare", "begun", "digits_b", "--metric", "val_accuracy")
    assert out.split("\n\n")[1] == "Baseline: begun (named first)."


def test_without_words_the_experiment_that_was_started_first_is_the_baseline(dlexp: Invoke) -> None:
    """Whatever its name and its hash."""
    finished(Path("runs"), "zebra", 0, 0.7, changed(model={"hidden": [1]}), started="2024-04-30T23:59:59+00:00")

    code, out, _ = dlexp("compare", "--metric", "val_accuracy")

    assert (code, out.split("\n\n")[1]) == (0, "Baseline: zebra (started first).")


def test_a_glob_that_describes_nothing(dlexp: Invoke) -> None:
    """The nearest glob that does, and the names."""
    assert dlexp("compare", "digtis_*") == (
        2,
        "",
        "digtis_*: no such run, name or config in runs. Did you mean 'digits_*'? Choose from: digits_a, digits_b\n",
    )


def test_many_are_a_table(dlexp: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """As wide as COLUMNS says, in a pipe as it needs; so many rows, the best alone, or by a key."""
    for i in range(5):
        config = changed(model={"hidden": [i]})
        finished(Path("runs"), "swept", 0, 0.5 + i / 10, config, submitted=f"2024-05-02T10:00:0{i}")

    ranks = r"^ *[*=]*\d+  "
    assert len(re.findall(ranks, dlexp("compare", "swept")[1], re.MULTILINE)) == 5
    assert "3 more rows: --all shows them.\n" in dlexp("compare", "swept", "--top", "1")[1]
    assert "more row" not in dlexp("compare", "swept", "--top", "1", "--all")[1]
    assert len(re.findall(ranks, dlexp("compare", "swept", "--best", "1")[1], re.MULTILINE)) == 2
    assert dlexp("compare", "swept", "--by", "hidden")[1].startswith("val_accuracy by hidden: the mean over the seeds")
    monkeypatch.setenv("COLUMNS", "50")
    assert max(map(len, dlexp("compare", "swept")[1].split("\n\n")[1].splitlines())) <= 50
    assert dlexp("compare", "swept", "--best", "0")[0] == 2


def test_the_best_first(dlexp: Invoke) -> None:
    """--sort makes the best experiment the one the others are held against."""
    code, out, _ = dlexp("compare", "--sort", "val_accuracy", "--format", "json")

    assert (code, labels(out)) == (0, ["digits_b", "digits_a"])
    code, out, err = dlexp("compare", "--sort", "val_acc")
    assert (code, out) == (2, "")
    assert err.startswith("--sort val_acc: no run recorded it. Did you mean 'val_accuracy'? Choose from: loss, ")


def test_curves_beside_the_table(dlexp: Invoke) -> None:
    """--plot draws them, says where on stderr, and leaves stdout as it is."""
    assert dlexp("compare", "--metric", "val_accuracy", "--plot", "curves.png") == (
        0,
        TABLE.replace("named first", "started first"),
        "learning curves: curves.png\n",
    )
    assert Path("curves.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere/curves.png", "nowhere/curves.png: cannot be written: No such file or directory\n"),
        ("curves.pdf", "curves.pdf: only PNG can be drawn; let the name end in .png\n"),
    ],
)
def test_a_picture_that_cannot_be_drawn(dlexp: Invoke, path: str, message: str) -> None:
    """The user's mistake in one line, and no half result."""
    assert dlexp("compare", "--plot", path) == (2, "", message)


def test_without_words_everything_but_smoke_runs(dlexp: Invoke) -> None:
    """Smoke runs are never part of a comparison; a damaged run and foreign files do not stop the others."""
    finished(Path("runs") / SMOKE, "smoked")
    finished(Path("runs"), "broken").summary_path.write_text("{")
    Numbering(Path("runs")).create("begun", 0, "0123456789")
    failed(Path("runs"), "crashed", kind="error")
    Path("runs/notes.txt").touch()
    Path("runs/digits_a/old").mkdir()

    code, out, err = dlexp("compare", "--format", "json")

    assert (code, labels(out)) == (0, ["digits_a", "digits_b"])
    damaged, others = err.splitlines()
    assert damaged.startswith("runs/broken/s0-")
    assert others == "left out: 1 interrupted, 1 failed"


def test_resampled_runs_are_left_out_unless_named(dlexp: Invoke) -> None:
    """The runs of bias-variance are many, and fits of other training sets: one line counts them, a name has them."""
    for seed in (0, 1):
        resample = {"type": "digits", "resample": {"type": "bootstrap", "index": seed}}
        finished(Path("runs"), "digits_a resamples", seed, 0.5, changed(dataset=resample))

    code, out, err = dlexp("compare", "--format", "json")

    assert (code, labels(out)) == (0, ["digits_a", "digits_b"])
    assert err == "2 runs of bias-variance left out. To list them: dlexp ls 'digits_a resamples'\n"
    assert labels(dlexp("compare", "digits_*", "--format", "json")[1]) == ["digits_a", "digits_b"]
    for words in ("digits_a resamples", "* resamples"):
        named = labels(dlexp("compare", words, "--format", "json")[1])
        assert named == [f"digits_a resamples index={index}" for index in (0, 1)]


def test_a_config_means_its_experiment(dlexp: Invoke, tmp_path: Path) -> None:
    """The file as it is now is looked up by identity, whatever the name of its runs."""
    Path("digits.yaml").write_text("dataset: digits\ntraining: {epochs: 1}\n")
    experiment = load("digits.yaml").experiment
    found = Ingredients.of(experiment, experiment.dataset.digest(None)).identity
    finished(Path("runs"), "another", 0, 0.7, experiment.model_dump(exclude={"name"}), identity=found)

    code, out, _ = dlexp("compare", "digits.yaml", "--format", "json")

    assert (code, labels(out)) == (0, ["another"])
    Path("digits.yaml").write_text("dataset: digits\ntraining: {epochs: 2}\n")
    code, out, err = dlexp("compare", "digits.yaml")
    assert (code, out) == (2, "")
    assert err == "digits.yaml: no run of it in runs as it is now. Try: dlexp run digits.yaml\n"


def test_a_config_that_is_missing(dlexp: Invoke) -> None:
    """A file that is not there is the user's mistake."""
    code, out, err = dlexp("compare", "missing.yaml")

    assert (code, out) == (2, "")
    assert err.startswith("missing.yaml: ")
    assert err.count("\n") == 1


def test_mistakes_are_one_line(dlexp: Invoke) -> None:
    """An unknown name, an unknown metric, and a directory without runs: exit 2, and what to do."""
    assert dlexp("compare", "digits_c") == (
        2,
        "",
        "digits_c: no such run, name or config in runs. Did you mean 'digits_b'? Choose from: digits_a, digits_b\n",
    )
    code, out, err = dlexp("compare", "--metric", "val_acc")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("--metric val_acc: no run recorded it. Did you mean 'val_accuracy'? Choose from: loss, ")
    assert dlexp("compare", "--runs-dir", "elsewhere") == (
        2,
        "",
        "elsewhere: no run to compare. Try: dlexp run configs/digits_sgd.yaml\n",
    )


def test_a_name_without_finished_run(dlexp: Invoke) -> None:
    """It says what became of the runs that are there."""
    crashed = failed(Path("runs"), "crashed", kind="error")

    assert dlexp("compare", "crashed") == (
        2,
        "",
        f"crashed: 1 run, failed; dlexp show {crashed.path} says why\n",
    )


@pytest.mark.parametrize(
    ("kinds", "became"),
    [(["diverged", "diverged"], "2 runs, both diverged in epoch 3"), (["diverged", "error"], "2 runs, none finished")],
)
def test_a_name_whose_runs_have_no_result(dlexp: Invoke, kinds: list[str], became: str) -> None:
    """Runs that diverged are no runs that are missing: it says so, and where it says why."""
    for seed, kind in enumerate(kinds):
        failed(Path("runs"), "lr2", kind=kind, seed=seed)

    code, out, err = dlexp("compare", "lr2")

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"lr2: {became}")
    assert "; dlexp show runs/lr2/" in err


@pytest.mark.parametrize(
    "arguments",
    [["compare"], ["ls"], ["show", "digits_a"], ["compare", "--help"]],
    ids=" ".join,
)
def test_no_heavy_import(dlexp: Invoke, arguments: list[str]) -> None:
    """Reading records needs neither TensorFlow nor pandas, matplotlib or scipy.stats."""
    program = (
        "import sys\n"
        "from dlexp.cli.app import app\n"
        f"app({arguments!r}, standalone_mode=False)\n"
        "heavy = {'tensorflow', 'keras', 'pandas', 'sklearn', 'matplotlib', 'scipy.stats'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (ended.returncode, "imported" in ended.stderr) == (0, False)
