"""What `dlexp run` ends with on a terminal."""

from pathlib import Path

import pytest
from make_runs import changed, failed, finished
from outcomes import labelled

from dlexp.records.run_dir import RunDir
from dlexp.reports.run.results_page import MAX_ROWS, page


def of(*run_dirs: RunDir, width: int | None = 80) -> str:
    """The page of some runs."""
    return "\n".join(page(*labelled(run_dirs), width))


def test_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Last and best score with its epoch, on the test split, recorded seconds, and the path of the curves."""
    monkeypatch.chdir(tmp_path)
    run_dir = finished(Path("runs"))
    run_dir.curves_path.touch()

    assert of(run_dir) == (
        f"""\
digits, seed 0: 2 epochs in 1.2 s
                last epoch    best  in epoch    test
  val_accuracy      0.9000  0.9100         1  0.8800
  curves: {run_dir.curves_path}"""
    )


def test_several_seeds_have_a_mean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With their standard deviation; a pattern names the curves; a seed that diverged is left out."""
    monkeypatch.chdir(tmp_path)
    run_dirs = [finished(Path("runs"), seed=seed, accuracy=0.9 + 0.01 * seed) for seed in range(3)]
    for run_dir in run_dirs:
        run_dir.curves_path.touch()

    assert of(*run_dirs, failed(Path("runs"), seed=3)) == (
        f"""\
digits, 3 seeds: 2 epochs in 1.2 s each
                  last epoch          best  in epoch          test
  val_accuracy  0.910 ±0.010  0.920 ±0.010         1  0.890 ±0.010
  curves: {run_dirs[0].path.parent}/s*-{run_dirs[0].folder.prefix}/curves.png
±: standard deviation over the seeds"""
    )


def test_two_experiments_stay_in_their_order(tmp_path: Path) -> None:
    """One row each, by name where they have different ones."""
    worse, better = (
        finished(tmp_path, "sgd"),
        finished(tmp_path, "adam", config=changed(model={"hidden": [1]}), accuracy=0.95),
    )

    assert (
        of(worse, better)
        == """\
val_accuracy of 2 experiments
experiment  last epoch    best  in epoch    test  seconds
sgd             0.9000  0.9100         1  0.8800      1.2
adam            0.9500  0.9600         1  0.9300      1.2"""
    )


def grid(runs_dir: Path, n: int, seeds: int = 1) -> list[RunDir]:
    """The points of a grid over the learning rate: each is better than the one before."""
    return [
        finished(
            runs_dir,
            "grid",
            seed,
            0.5 + 0.01 * i + 0.001 * seed,
            changed(optimizer={"learning_rate": (i + 1) / 1000}, model={"hidden": [64, i]}),
        )
        for i in range(n)
        for seed in range(seeds)
    ]


def test_a_grid_has_a_row_per_experiment_the_best_first(tmp_path: Path) -> None:
    """By the settings that tell them apart, at most thirty, and a count of the others; never wider than asked."""
    lines = of(*grid(tmp_path, 37)).splitlines()

    assert lines[:3] == [
        "val_accuracy of 37 experiments of grid, the best of the last epoch first",
        "hidden    learning_rate  last epoch    best  in epoch    test  seconds",
        "[64, 36]          0.037      0.8600  0.8700         1  0.8400      1.2",
    ]
    assert len(lines) == MAX_ROWS + 3
    assert lines[-1] == "and 7 more experiments"
    assert len(of(*grid(tmp_path / "27", 27)).splitlines()) == 27 + 2


@pytest.mark.parametrize("width", [30, 50, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int, tmp_path: Path) -> None:
    """What tells least is left out; the settings and the score of the last epoch stay."""
    lines = of(*grid(tmp_path, 5, seeds=3), width=width).splitlines()

    assert max(map(len, lines[1:-1])) <= width
    assert {"hidden", "last"} <= set(lines[1].split())


def test_other_metrics_are_not_ranked(tmp_path: Path) -> None:
    """Each row says of which metric its scores are, in the order of the command."""
    metrics = {"loss": 1.0, "mae": 0.5, "val_loss": 1.0, "val_mae": 0.6, "test_mae": 0.7}
    of_number = finished(tmp_path, "number", config=changed(model={"hidden": [1]}), metrics=metrics)
    classes = [finished(tmp_path, f"class_{i}", config=changed(model={"hidden": [2 + i]})) for i in range(3)]

    lines = of(of_number, *classes).splitlines()

    assert lines[0] == "scores of 4 experiments"
    assert lines[2].split() == ["number", "val_mae", "0.6000", "-", "-", "0.7000", "1.2"]


def test_several_targets_have_a_row_each(tmp_path: Path) -> None:
    """The main metric of each."""
    heads = {"size": {"metrics": ["mae"]}, "kind": {"metrics": ["accuracy"]}}
    scores = {"loss": 3.0, "size_loss": 1.0, "size_mae": 0.5, "kind_loss": 1.5, "kind_accuracy": 0.7}
    metrics = {f"{split}{name}": value for split in ("", "val_", "test_") for name, value in scores.items()}
    run_dir = finished(tmp_path, config=changed(head={"type": "multitask", "heads": heads}), metrics=metrics)

    assert (
        of(run_dir)
        == """\
digits, seed 0: 2 epochs in 1.2 s
                     last epoch    test
  val_size_mae           0.5000  0.5000
  val_kind_accuracy      0.7000  0.7000"""
    )


def test_nothing_that_finished_is_nothing(tmp_path: Path) -> None:
    """What failed is said elsewhere."""
    assert of(failed(tmp_path)) == ""
