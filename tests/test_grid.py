"""`--grid KEY=[A, B]`: an experiment for every combination."""

import re
import sys
from pathlib import Path

import pytest

from dlexp.cli import main
from dlexp.config.grid import expand
from dlexp.config.load import load_all
from dlexp.config.problems import ConfigError


def texts(*grids: str) -> list[list[str]]:
    """The points as `KEY=VALUE`."""
    return [[str(override) for override in point] for point in expand(grids)]


def test_no_grid_is_one_point() -> None:
    """A command without a grid has each config once."""
    assert texts() == [[]]


def test_points_are_the_product_and_the_last_key_runs_fastest() -> None:
    """The order of runs follows the command line."""
    assert texts("optimizer=[sgd, adam]", "training.epochs=[1, 2]") == [
        ["optimizer=sgd", "training.epochs=1"],
        ["optimizer=sgd", "training.epochs=2"],
        ["optimizer=adam", "training.epochs=1"],
        ["optimizer=adam", "training.epochs=2"],
    ]


@pytest.mark.parametrize(
    ("grid", "values"),
    [
        ("model.hidden=[[64, 64], [4], []]", [[64, 64], [4], []]),
        ("optimizer.learning_rate=[1e-2, 1.0e-10]", [0.01, 1e-10]),
        ("optimizer.clipnorm=[null, 1.0]", [None, 1.0]),
        ("optimizer.amsgrad=[true, false]", [True, False]),
    ],
)
def test_values_reach_the_experiment_as_written(grid: str, values: list[object], tmp_path: Path) -> None:
    """Lists, small numbers, null and booleans; each experiment has the file's name, and the value its source."""
    path = tmp_path / "a.yaml"
    path.write_text("dataset: iris")
    key = grid.partition("=")[0]
    section, field = key.split(".")

    loaded = load_all([path], grids=[grid])

    assert [each.experiment.model_dump()[section][field] for each in loaded] == values
    assert {each.experiment.name for each in loaded} == {"a"}
    assert all(str(each.sources[key]).startswith(f"--grid {key}=") for each in loaded)


def test_configs_come_before_points_and_a_grid_wins_over_a_set(tmp_path: Path) -> None:
    """All points of the first config, then those of the second; `--set` for the other keys."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("dataset: iris")
    overrides = ["training.batch_size=7", "training.epochs=9"]

    loaded = load_all([tmp_path / "a.yaml", tmp_path / "b.yaml"], overrides, ["training.epochs=[1, 2]"])

    found = [(each.experiment.name, each.experiment.training.epochs) for each in loaded]
    assert found == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
    assert {each.experiment.training.batch_size for each in loaded} == {7}


@pytest.mark.parametrize(
    ("grids", "said"),
    [
        (["a"], "--grid a: expected KEY=[A, B], such as optimizer.learning_rate=[1e-2, 1e-3]"),
        (["=[1]"], "--grid =[1]: expected KEY=[A, B]"),
        (["a=1"], "--grid a=1: expected a list of values, given 1; write a=[1]"),
        (["a=1, 2"], "--grid a=1, 2: expected a list of values, given 1, 2; write a=[1, 2]"),
        (["a=[]"], "--grid a=[]: expected at least one value, given an empty list"),
        (["a="], "--grid a=: expected a list of values, given null"),
        (["a=[1"], "--grid a=[1: not valid YAML"),
        (["a=[1]", "a=[2]"], "--grid a=[2]: a has a grid already"),
    ],
)
def test_what_is_no_grid_is_refused(grids: list[str], said: str) -> None:
    """Named as it was typed, with what to write instead."""
    with pytest.raises(ConfigError, match=re.escape(said)):
        expand(grids)


def test_all_bad_grids_are_named_at_once() -> None:
    """One mistake does not hide the next."""
    with pytest.raises(ConfigError) as refused:
        expand(["a", "b=1"])

    assert len(refused.value.problems) == 2


def test_bad_value_is_named_with_its_point(tmp_path: Path) -> None:
    """The key is checked as any other, and its source is the value, not the whole grid."""
    (tmp_path / "a.yaml").write_text("dataset: iris")

    with pytest.raises(ConfigError) as refused:
        load_all([tmp_path / "a.yaml"], grids=["optimizer=[adam, adma]"])

    (line,) = refused.value.lines
    assert line.startswith("--grid optimizer=adma: optimizer.type: unknown optimizer 'adma'. Did you mean 'adam'?")


def test_check_takes_grids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Every point of every file is checked; a file is fine when all its points are."""
    (tmp_path / "a.yaml").write_text("dataset: iris")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["dlexp", "check", "a.yaml", "--grid", "training.epochs=[1, 0]"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert capsys.readouterr() == ("", "--grid training.epochs=0: training.epochs: expected at least 1, given 0\n")
