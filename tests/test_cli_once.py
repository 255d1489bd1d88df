"""Options with one value: given once, in every command."""

from pathlib import Path

import pytest
import typer
from commands import Invoke
from typer.core import TyperGroup

from dlexp.cli.app import app
from dlexp.cli.once import Once

MANY = "100,000 runs at most in one command, asked for"
LONG = f"training.epochs={list(range(100))}"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("run", "c.yaml", "--seeds", "2", "--seeds=3"), "--seeds: given more than once, with 2 and 3"),
        (("run", "--workers", "1", "c.yaml", "--workers", "2"), "--workers: given more than once, with 1 and 2"),
        (("run", "c.yaml", "--runs-dir", "a", "--runs-dir", "b"), "--runs-dir: given more than once, with a and b"),
        (("run", "c.yaml", "--data-dir", "a", "--data-dir", "b"), "--data-dir: given more than once, with a and b"),
        (("check", "c.yaml", "--format", "json", "--format", "table"), "--format: given more than once, with json and"),
        (("predict", "a", "test", "-o", "a.csv", "--output", "b.csv"), "--output: given more than once, with a.csv"),
        (("compare", "--sort", "a", "--sort", "b", "--sort", "c"), "--sort: given more than once, with a and b and c"),
        (("bias-variance", "c.yaml", "--resamples", "4", "--resamples", "5"), "--resamples: given more than once"),
    ],
)
def test_an_option_with_two_values_is_refused(invoke: Invoke, words: tuple[str, ...], line: str) -> None:
    """One line and exit code 2; neither value wins in silence."""
    code, out, err = invoke(*words)

    assert (code, out) == (2, "")
    assert err.startswith(line)
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ("run", "c.yaml", "--observe", "diagnostic"),
            "--observe: there is no 'diagnostic'. Did you mean 'diagnostics'? Choose from: diagnostics\n",
        ),
        (
            ("ls", "--format", "jsn"),
            "--format: there is no 'jsn'. Did you mean 'json'? Choose from: table, json, csv, md\n",
        ),
        (("show", "a", "--format="), "--format: there is no ''. Choose from: table, json\n"),
    ],
)
def test_a_word_that_is_no_choice_is_answered_in_one_line(invoke: Invoke, words: tuple[str, ...], line: str) -> None:
    """With the nearest right word, as a mistake in a config is."""
    assert invoke(*words) == (2, "", line)


def test_the_same_value_twice_and_options_of_several_values_are_no_mistake(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flag may be repeated, and `--set` and `--grid` are meant to be."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text("dataset: iris")
    words = ("--set", "training.epochs=1", "--set", "training.batch_size=8", "--strict", "--strict")

    code, out, _ = invoke("check", "c.yaml", *words, "--format", "table", "--format", "table")

    assert (code, out) == (0, "c.yaml: ok\n")


@pytest.mark.training
@pytest.mark.parametrize(
    "words", [("check", "c.yaml", "d.yaml"), ("run", "c.yaml"), ("bias-variance", "c.yaml"), ("data", "iris")]
)
def test_a_key_that_is_set_to_two_values_is_refused(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """One of them would be dropped in silence; the same key has a short form, and a grid's value replaces both."""
    monkeypatch.chdir(tmp_path)
    for name in ("c.yaml", "d.yaml"):
        (tmp_path / name).write_text("dataset: iris")
    key = "dataset.split_seed" if words[0] == "data" else "training.epochs"

    code, out, err = invoke(*words, "--set", f"{key}=5", "--set", f"{key}=6", "--set", f" {key} = 6")

    assert (code, out) == (2, "")
    assert err == f"--set {key}: given more than once, with 5 and 6; give one of them\n"
    assert not (tmp_path / "runs").exists()


def test_a_key_and_its_short_form_are_one(invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`loss` is `head.loss`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text("dataset: iris")

    code, _, err = invoke("check", "c.yaml", "--set", "loss=mse", "--set", "head.loss=categorical_crossentropy")

    assert (code, err.count("\n")) == (2, 1)
    assert err.startswith("--set head.loss: given more than once, with mse and categorical_crossentropy; ")


def test_every_command_takes_its_options_once() -> None:
    """A new command has to be registered as the others are."""
    group = typer.main.get_command(app)

    assert isinstance(group, TyperGroup)
    assert [name for name, command in group.commands.items() if not isinstance(command, Once)] == []


@pytest.mark.training
@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("run", "c.yaml", "--seed", "4294967296"), "--seed: expected a whole number from 0 to 4294967295, given "),
        (("run", "c.yaml", "--seed", "-1"), "--seed: expected a whole number from 0 to 4294967295, given -1"),
        (("run", "c.yaml", "--seeds", "0"), "--seeds: expected a number of seeds from 1 to 100000, given 0"),
        (("run", "c.yaml", "--seeds", "-3"), "--seeds: expected a number of seeds from 1 to 100000, given -3"),
        (("run", "c.yaml", "--seeds", "4294967296"), "--seeds: expected a number of seeds from 1 to 100000, given 429"),
        (("run", "c.yaml", "d.yaml", "--seeds", "99999", "--dry-run"), f"{MANY} 199,998"),
        (("run", "c.yaml", "--grid", LONG, "--seeds", "1001"), f"{MANY} 100,100"),
        (("check", "c.yaml", "--grid", LONG, "--grid", "b" + LONG, "--grid", "c" + LONG), f"{MANY} 1,000,000"),
        (("bias-variance", "c.yaml", "--resamples", "100001"), f"{MANY} 100,001"),
        (("run", "c.yaml", "--workers", "0"), "--workers: expected auto or a whole number, at least 1, given 0"),
        (("verify", "c", "--workers", "0"), "--workers: expected auto or a whole number, at least 1, given 0"),
        (
            ("bias-variance", "c.yaml", "--workers", "-1"),
            "--workers: expected auto or a whole number, at least 1, given -1",
        ),
    ],
)
def test_numbers_out_of_range_are_refused_before_anything_is_made(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], line: str
) -> None:
    """One line each, as from Python, without a runs directory and before the config is read."""
    monkeypatch.chdir(tmp_path)

    code, _, err = invoke(*words)

    assert code == 2
    assert err.startswith(line)
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
