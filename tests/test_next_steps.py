"""What `dlexp run` proposes to do next."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from make_runs import changed, failed, finished
from outcomes import outcomes_of

from dlexp.config.load import Loaded, load, load_all
from dlexp.records.run_dir import RunDir
from dlexp.records.selection import select
from dlexp.reports.plan.commands import Asked
from dlexp.reports.run.next_steps import advice, wrapped
from dlexp.reports.run.outcome import RunOutcome
from dlexp.reports.run.symptom import Symptom

#: As a history shows it.
OVERFITS = Symptom(kind="overfits", what="overfits since epoch 3", change="--set training.early_stopping.patience=5")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config in the working directory."""
    monkeypatch.chdir(tmp_path)
    path = Path("a b.yaml")
    path.write_text("name: ab\ndataset: iris\n")
    return path


def asked(config: Path, overrides: Sequence[str] = (), grids: Sequence[str] = (), runs: str = "runs") -> Asked:
    """What a command was asked for."""
    return Asked(configs=[config], overrides=overrides, grids=grids, runs_dir=Path(runs), data_dir=None)


def of(run_dir: RunDir, *symptoms: Symptom) -> RunOutcome:
    """What came of a run whose history shows these."""
    return replace(outcomes_of(run_dir)[0], symptoms=symptoms)


def test_one_run_is_shown_and_given_more_seeds(config: Path) -> None:
    """By commands that can be pasted, with the changes and folders of this one."""
    run_dir = finished(Path("other"), "ab")
    run = of(run_dir)

    assert advice([run], {}, asked(config, ["training.epochs=3"], runs="other")) == [
        f"next: dlexp show {run_dir.label} --runs-dir other",
        "      dlexp run 'a b.yaml' --set training.epochs=3 --seeds 5 --runs-dir other",
    ]


def test_what_a_history_shows_comes_with_the_change_that_helps(config: Path) -> None:
    """A command that keeps what was set, except what is changed."""
    run = of(finished(Path("runs"), "ab"), OVERFITS)
    loaded = load(config, ["training.early_stopping.patience=90", "training.epochs=3"])

    assert advice([run], {"ab": loaded}, asked(config))[:2] == [
        "ab, seed 0: overfits since epoch 3",
        "  what usually helps: dlexp run 'a b.yaml' --set training.epochs=3 --set training.early_stopping.patience=5",
    ]


def test_layers_that_could_tell_more_are_observed(config: Path) -> None:
    """By the same experiment with `--observe`."""
    guesses = Symptom(kind="guessing", what="val_accuracy 0.1 is no better than guessing (0.1)", observe=True)
    run = of(finished(Path("runs"), "ab"), guesses)

    assert advice([run], {"ab": load(config)}, asked(config))[1] == (
        "  what its layers tell: dlexp run 'a b.yaml' --observe diagnostics"
    )


def test_labels_that_may_be_wrong_are_controlled(config: Path) -> None:
    """By the same experiment."""
    guesses = Symptom(kind="guessing", what="val_accuracy 0.1 is no better than guessing (0.1)", control=True)
    run = of(finished(Path("runs"), "ab"), guesses)

    assert advice([run], {"ab": load(config, ["training.epochs=3"])}, asked(config))[1] == (
        "  what tells why: dlexp control 'a b.yaml' --set training.epochs=3"
    )


def test_of_many_runs_a_symptom_is_said_once_and_counted(config: Path) -> None:
    """With the change for the first that shows it, a point of the grid."""
    loaded = load_all([config], [], ["model.hidden=[[4], [8]]"])
    runs = [
        of(finished(Path("runs"), "ab", seed, config=changed(model={"hidden": [i]})), OVERFITS)
        for i in (0, 1)
        for seed in (0, 1)
    ]
    runs = [replace(run, label=f"ab hidden=[{4 + 4 * (i // 2)}]") for i, run in enumerate(runs)]
    configs: dict[str, Loaded] = {f"ab hidden=[{4 * i}]": each for i, each in enumerate(loaded, start=1)}

    assert advice(runs, configs, asked(config, grids=["model.hidden=[[4], [8]]"])) == [
        "ab hidden=[4], seed 0: overfits since epoch 3; 3 more of 4 runs likewise",
        "  what usually helps: dlexp run 'a b.yaml' --set 'model.hidden=[4]' --set training.early_stopping.patience=5",
        "next: dlexp compare ab",
        "      dlexp run 'a b.yaml' --grid 'model.hidden=[[4], [8]]' --seeds 5",
    ]


def test_a_run_that_diverged_gets_the_change_that_helps(config: Path) -> None:
    """There is nothing to compare; why it diverged is said with the other failures."""
    diverged = Symptom(
        kind="diverged", what="diverged in epoch 3: its losses are NaN", change="--set optimizer.learning_rate=0.0001"
    )
    run = of(failed(Path("runs"), "ab"), diverged)

    assert advice([run], {"ab": load(config)}, asked(config)) == [
        "ab, seed 0: diverged",
        "  what usually helps: dlexp run 'a b.yaml' --set optimizer.learning_rate=0.0001",
    ]


def test_many_experiments_are_compared_by_their_metric(config: Path) -> None:
    """From four on; more seeds of all of them are not proposed, nor a command with more names than can be read."""
    runs = [of(finished(Path("runs"), f"e{i}", config=changed(model={"hidden": [i]}))) for i in range(9)]

    assert advice(runs[:4], {}, asked(config)) == ["next: dlexp compare e0 e1 e2 e3 --sort val_accuracy"]
    assert advice(runs, {}, asked(config)) == []


def test_of_a_name_with_other_experiments_only_what_was_run_is_compared(config: Path) -> None:
    """By the ids of the experiments, each with all its seeds; the name alone where those would be too many."""
    run_dirs = [finished(Path("runs"), "grid", config=changed(model={"hidden": [i]})) for i in range(10)]
    runs = [replace(of(run_dir), label=f"grid {i}") for i, run_dir in enumerate(run_dirs)]

    (line,) = advice(runs[:4], {}, asked(config))
    ids = [f"grid/{run_dir.folder.prefix}" for run_dir in run_dirs]
    assert line == f"next: dlexp compare {' '.join(ids[:4])} --sort val_accuracy"
    assert [run.dir.path for run in select(Path("runs"), ids[:4])] == [run_dir.path for run_dir in run_dirs[:4]]
    assert advice(runs[:9], {}, asked(config)) == ["next: dlexp compare grid --sort val_accuracy"]
    assert advice(runs, {}, asked(config)) == ["next: dlexp compare grid --sort val_accuracy"]


def test_what_was_trained_on_other_data_is_not_compared(config: Path) -> None:
    """More seeds are proposed all the same."""
    here, there = finished(Path("runs"), "a"), finished(Path("runs"), "b", data_digest="e" * 64)
    runs = [of(here), of(there)]

    assert advice(runs, {}, asked(config)) == ["next: dlexp run 'a b.yaml' --seeds 5"]


def test_a_command_is_broken_as_a_shell_reads_it() -> None:
    """On a terminal that is narrower; an option stays beside its value."""
    line = "  what usually helps: dlexp run 'a b.yaml' --set training.epochs=3 --set optimizer.learning_rate=0.1"

    lines = wrapped([line, "next: dlexp show a"], 60)

    assert lines == [
        "  what usually helps: dlexp run 'a b.yaml' \\",
        "        --set training.epochs=3 \\",
        "        --set optimizer.learning_rate=0.1",
        "next: dlexp show a",
    ]
    assert shlex.split("\n".join(lines[:3]).replace("\\\n", "").partition(": ")[2]) == shlex.split(
        line.partition(": ")[2]
    )
    assert wrapped([line], None) == [line]
