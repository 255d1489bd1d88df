"""Options that several commands share."""

from pathlib import Path

import pytest
from commands import Invoke
from make_runs import finished

from dlexp.errors import UserError
from dlexp.execution import arguments


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder beside the working directory."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_a_tilde_is_the_home_folder(home: Path, invoke: Invoke) -> None:
    """Quoted, or after an equals sign, the shell leaves it as it is; no folder named `~` is made or looked into."""
    finished(home / "runs", "digits")

    code, printed, _ = invoke("ls", "--runs-dir=~/runs")
    refused, _, said = invoke("data", "california_housing", "--data-dir=~/absent")

    assert (code, printed.count("digits")) == (0, 1)
    assert (refused, said) == (2, f"--data-dir: {home}/absent is not a directory\n")
    assert arguments.folder("~/runs", "runs_dir") == home / "runs"


@pytest.mark.parametrize("option", ["--runs-dir", "--data-dir"])
@pytest.mark.parametrize("given", ["", " "])
def test_an_empty_folder_is_refused(home: Path, invoke: Invoke, option: str, given: str) -> None:
    """An unset variable in a script is a mistake, not the working directory."""
    code, printed, said = invoke("compare", "digits", option, given)

    assert (code, printed) == (2, "")
    assert said.startswith(f"{option}: expected the path of a folder, given an empty ")


@pytest.mark.training
@pytest.mark.parametrize("words", [("-q", "iris"), ("iris", "--quiet")])
def test_a_quiet_command_does_not_say_which_file_a_word_means(
    home: Path, invoke: Invoke, words: tuple[str, ...]
) -> None:
    """Wherever the option stands; the next command says it again."""
    (home.parent / "here/configs").mkdir()
    (home.parent / "here/configs/iris.yaml").write_text("dataset: iris\n")

    assert invoke("run", *words, "--dry-run")[2] == ""
    assert invoke("run", "iris", "--dry-run")[2] == "iris: configs/iris.yaml\n"


def test_the_home_of_nobody_is_refused() -> None:
    """In a line that names the argument."""
    with pytest.raises(UserError, match=r"^runs_dir: ~nosuchuser/runs: there is no such home folder$"):
        arguments.folder("~nosuchuser/runs", "runs_dir")
