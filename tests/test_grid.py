"""`--grid KEY=[A, B]`: an experiment for every combination."""

import itertools
import re
import sys
from pathlib import Path

import pytest
from commands import Invoke

from dlexp.cli import main
from dlexp.config.grid import expand
from dlexp.config.load import load_all, replaced
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


def test_a_wrong_key_of_a_grid_is_said_once(tmp_path: Path) -> None:
    """Not for each of its values; what is wrong with single values, for each of these."""
    (tmp_path / "a.yaml").write_text("dataset: iris")

    with pytest.raises(ConfigError) as error:
        load_all([tmp_path / "a.yaml"], [], ["optimizer.learnin_rate=[1, 2, 3]", "training.batch_size=[0, -1]"])

    assert [line.partition(". Did")[0] for line in error.value.lines] == [
        "--grid optimizer.learnin_rate=1: optimizer.learnin_rate: unknown key 'learnin_rate'",
        "--grid training.batch_size=0: training.batch_size: expected at least 1, given 0",
        "--grid training.batch_size=-1: training.batch_size: expected at least 1, given -1",
    ]


GRIDS = (
    "optimizer.learning_rate=[0.1, 0.2, 0.3, 0.4]",
    "optimizer.type=[adam, rmsprop, sgd]",
    "model.hidden=[[4], [8]]",
)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
@pytest.mark.parametrize("short", [False, True])
def test_a_type_drops_no_value_of_another_grid(order: tuple[int, ...], short: bool, tmp_path: Path) -> None:
    """24 combinations are 24 experiments in the order of the options, whichever of them names the types."""
    path = tmp_path / "a.yaml"
    path.write_text("dataset: iris\noptimizer: {type: sgd, momentum: 0.9}")
    grids = [GRIDS[i].replace("optimizer.type", "optimizer" if short else "optimizer.type") for i in order]

    loaded = load_all([path], grids=grids)

    found = [
        (
            each.experiment.optimizer.learning_rate,
            each.experiment.optimizer.type,
            tuple(each.experiment.model.model_dump()["hidden"]),
        )
        for each in loaded
    ]
    axes = [(0.1, 0.2, 0.3, 0.4), ("adam", "rmsprop", "sgd"), ((4,), (8,))]
    points = itertools.product(*(axes[i] for i in order))
    assert found == [tuple(point[order.index(i)] for i in range(3)) for point in points]
    assert len(set(found)) == 24


def test_a_type_drops_no_value_of_an_override(tmp_path: Path) -> None:
    """Nor one of a `--set`, before or after it, at any depth; what the file says of the old type is dropped."""
    path = tmp_path / "a.yaml"
    path.write_text("dataset: digits\nmodel: {hidden: [9], kernel_regularizer: {type: l2, l2: 0.3}}")
    overrides = ["model.kernel_regularizer.l1=0.5", "optimizer.learning_rate=0.5"]

    loaded = load_all([path], [*overrides, "model.kernel_regularizer.type=l1"], ["optimizer=[adam, rmsprop]"])

    assert [each.experiment.model.model_dump()["kernel_regularizer"] for each in loaded] == [
        {"type": "l1", "l1": 0.5}
    ] * 2
    assert [each.experiment.optimizer.learning_rate for each in loaded] == [0.5, 0.5]


def test_the_last_of_several_types_holds(tmp_path: Path) -> None:
    """What is said together with a type goes with it."""
    path = tmp_path / "a.yaml"
    path.write_text("dataset: iris")

    (loaded,) = load_all(
        [path], ["optimizer={type: sgd, momentum: 0.5}", "optimizer.epsilon=0.1", "optimizer.type=adam"]
    )

    assert (loaded.experiment.optimizer.type, loaded.experiment.optimizer.model_dump()["epsilon"]) == ("adam", 0.1)


def test_a_key_that_the_type_has_not_is_refused(tmp_path: Path) -> None:
    """It is named as it was given, not dropped."""
    path = tmp_path / "a.yaml"
    path.write_text("dataset: iris")

    with pytest.raises(ConfigError, match=r"^--set optimizer\.momentum=0\.9: optimizer\.momentum: unknown key"):
        load_all([path], ["optimizer.momentum=0.9"], ["optimizer.type=[sgd, adam]"])


def test_a_grid_that_another_replaces_is_refused(tmp_path: Path) -> None:
    """Its points would be the same experiment several times."""
    path = tmp_path / "a.yaml"
    path.write_text("dataset: iris")

    with pytest.raises(ConfigError) as refused:
        load_all([path], grids=["optimizer=[{type: sgd, momentum: 0.5}, adam]", "optimizer.type=[sgd, adam]"])

    assert refused.value.lines == [
        "--grid optimizer={momentum: 0.5, type: sgd}: replaced by --grid optimizer.type=adam; make one grid of both",
        "--grid optimizer=adam: replaced by --grid optimizer.type=sgd; make one grid of both",
    ]


REPLACED = "--set training.epochs=9: replaced by --grid training.epochs=[1, 2]\n"


@pytest.mark.parametrize(
    ("overrides", "grid", "lines"),
    [
        (["training.epochs=9", "training.batch_size=7"], "training.epochs=[1, 2]", REPLACED),
        (["optimizer.type=sgd"], "optimizer=[adam, rmsprop]", "--set optimizer.type=sgd: replaced by --grid {}\n"),
        (["loss=mse"], "head.loss=[binary_crossentropy]", "--set loss=mse: replaced by --grid {}\n"),
        (["optimizer=sgd"], "optimizer.learning_rate=[0.1, 0.2]", ""),
        (
            ["optimizer={type: sgd, momentum: 0.5}"],
            "optimizer.type=[adam]",
            "--set optimizer={{type: sgd, momentum: 0.5}}: replaced by --grid {}\n",
        ),
        (["optimizer.learning_rate=0.01"], "optimizer.type=[adam, rmsprop]", ""),
    ],
)
def test_an_override_that_a_grid_replaces_is_said(
    overrides: list[str], grid: str, lines: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    """Where it holds at no point; the command goes on."""
    (tmp_path / "a.yaml").write_text("dataset: breast_cancer")
    monkeypatch.chdir(tmp_path)
    options = [word for override in overrides for word in ("--set", override)]

    assert invoke("check", "a.yaml", *options, "--grid", grid) == (0, "a.yaml: ok\n", lines.format(grid))


def test_only_the_grid_that_replaces_an_override_is_named(tmp_path: Path) -> None:
    """One of the component's types replaces no other key."""
    (tmp_path / "a.yaml").write_text("dataset: iris")
    grids = ["optimizer.type=[adam, sgd]", "optimizer.learning_rate=[0.1, 0.2]"]
    overrides = ["optimizer.learning_rate=0.3"]

    lines = replaced(load_all([tmp_path / "a.yaml"], overrides, grids), overrides, grids)

    assert lines == [f"--set optimizer.learning_rate=0.3: replaced by --grid {grids[1]}"]


@pytest.mark.training
def test_all_commands_with_grids_say_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    """`run` with and without `--dry-run`, and `bias-variance`, before they begin."""
    (tmp_path / "a.yaml").write_text("dataset: {type: csv, path: missing.csv, target: y, task: binary}")
    monkeypatch.chdir(tmp_path)
    options = ["--set", "training.epochs=9", "--grid", "training.epochs=[1, 2]"]

    for command in (["run"], ["run", "--dry-run"], ["bias-variance"]):
        assert invoke(*command, "a.yaml", *options)[2].startswith(REPLACED)


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
