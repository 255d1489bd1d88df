"""The curves of several experiments: what is drawn, from histories worked out by hand."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from figures import saved_figures
from make_runs import changed, failed, finished
from matplotlib.figure import Figure

from dlexp.errors import UserError
from dlexp.records.history import HistoryWriter
from dlexp.records.index import read, scan
from dlexp.records.run_dir import RunDir
from dlexp.reports.comparison.facts import Comparison, compare
from dlexp.reports.comparison.plot import EpochMean, draw, gather

WIDER = changed(model={"hidden": [128, 64]})


def comparison_of(runs_dir: Path) -> Comparison:
    """Everything below a runs directory, compared."""
    return compare([read(run_dir) for run_dir in scan(runs_dir)])


def with_history(run_dir: RunDir, **columns: list[float]) -> None:
    """The run with these columns for its history."""
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    with HistoryWriter(run_dir.history_path, ["epoch", *columns]) as writer:
        for epoch, row in enumerate(rows, start=1):
            writer.write({"epoch": epoch, **row})


@pytest.fixture
def figure_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Comparison], Figure]:
    """The figure that `draw` saves."""
    figures = saved_figures(monkeypatch)

    def drawn(comparison: Comparison) -> Figure:
        path = tmp_path_factory.mktemp("pictures") / "curves.png"
        draw(comparison, path)
        assert path.read_bytes().startswith(b"\x89PNG")
        return figures[-1]

    return drawn


def legend_of(figure: Figure) -> list[str]:
    """What the legend says."""
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_mean_and_deviation_over_the_seeds(tmp_path: Path) -> None:
    """In every epoch over the seeds that have a finite number there; a single one has no deviation."""
    with_history(finished(tmp_path, "a", 0), loss=[1.0, 3.0, math.nan], val_loss=[1.0, 2.0, 3.0])
    with_history(finished(tmp_path, "a", 1), loss=[3.0, 3.0], val_loss=[1.0, math.inf])

    assert gather(comparison_of(tmp_path)) == {
        "a": {
            # (1 + 3) / 2, sqrt(((1-2)^2 + (3-2)^2) / 1)
            "loss": [EpochMean(1, 2.0, math.sqrt(2)), EpochMean(2, 3.0, 0.0)],
            "val_loss": [EpochMean(1, 1.0, 0.0), EpochMean(2, 2.0, 0.0), EpochMean(3, 3.0, 0.0)],
        }
    }


def test_a_panel_a_quantity(tmp_path: Path, figure_of: Callable[[Comparison], Figure]) -> None:
    """Loss and metrics side by side; of each experiment training dashed, validation solid, in one colour."""
    for seed in (0, 1):
        finished(tmp_path, "a", seed, 0.5 + seed / 10)
        finished(tmp_path, "b", seed, 0.6, WIDER)

    figure = figure_of(comparison_of(tmp_path))

    assert [axes.get_title() for axes in figure.axes] == ["loss", "accuracy"]
    lines = figure.axes[1].lines
    assert [line.get_linestyle() for line in lines] == ["--", "-", "--", "-"]
    assert lines[1].get_ydata() == pytest.approx([0.56, 0.55])
    a, b = (lines[i].get_color() for i in (0, 2))
    assert [line.get_color() for line in lines] == [a, a, b, b]
    assert a != b


def test_a_band_where_the_seeds_differ(tmp_path: Path, figure_of: Callable[[Comparison], Figure]) -> None:
    """From a deviation below the mean to one above it; no band if all seeds agree."""
    for seed, accuracy in enumerate((0.5, 0.7)):
        finished(tmp_path, "a", seed, accuracy)

    of_loss, of_accuracy = figure_of(comparison_of(tmp_path)).axes

    assert len(of_loss.collections) == 0
    (band,) = of_accuracy.collections
    heights = np.asarray(band.get_paths()[0].vertices)[:, 1]
    # Epoch 1: 0.51 and 0.71, epoch 2: 0.5 and 0.7; sd 0.2 / sqrt(2).
    assert (heights.min(), heights.max()) == pytest.approx((0.6 - 0.1 * math.sqrt(2), 0.61 + 0.1 * math.sqrt(2)))


def test_the_legend(tmp_path: Path, figure_of: Callable[[Comparison], Figure]) -> None:
    """The labels, long ones in several lines, then what the lines mean; a band only where there is one."""
    finished(tmp_path, "a")
    finished(tmp_path, "b" * 30 + " " + "c" * 50, config=WIDER)

    assert legend_of(figure_of(comparison_of(tmp_path))) == [
        "a",
        "b" * 30 + "\n" + "c" * 50,
        "training",
        "validation",
    ]
    finished(tmp_path, "a", 1, 0.1)
    assert legend_of(figure_of(comparison_of(tmp_path)))[-2:] == ["validation", "± sd over seeds"]


def test_losses_that_are_not_the_same(tmp_path: Path, figure_of: Callable[[Comparison], Figure]) -> None:
    """They are drawn, and the panel says that they are not to be compared."""
    finished(tmp_path, "a")
    finished(tmp_path, "b", config=changed(head={"loss": "mse"}))

    figure = figure_of(comparison_of(tmp_path))

    assert figure.axes[0].get_title() == "loss (not the same function: not comparable)"


def test_what_has_no_history_is_not_drawn(tmp_path: Path, figure_of: Callable[[Comparison], Figure]) -> None:
    """An experiment that always diverged has no finished run, and so no curve."""
    finished(tmp_path, "a")
    failed(tmp_path, "b", config=WIDER)

    assert legend_of(figure_of(comparison_of(tmp_path))) == ["a", "training", "validation"]


def test_any_comparison_gives_a_picture(tmp_path: Path, figure_of: Callable[[Comparison], Figure]) -> None:
    """More experiments than colours, more quantities than fit into a row, a single epoch, and no epoch at all."""
    for n in range(12):
        run_dir = finished(tmp_path / "many", f"e{n}", config=changed(model={"hidden": [n]}))
        with_history(run_dir, loss=[0.5], accuracy=[0.5], mae=[0.5], mse=[0.5], rmse=[0.5])
    finished(tmp_path / "none", "a").history_path.unlink()

    figure = figure_of(comparison_of(tmp_path / "many"))

    assert len(figure.axes) == 5
    assert sum(bool(np.size(line.get_xdata())) for line in figure.axes[0].lines) == 12
    assert figure.axes[0].lines[0].get_marker() == "."
    assert legend_of(figure_of(comparison_of(tmp_path / "none"))) == ["training", "validation"]


def test_of_many_the_best_and_the_baseline_have_a_colour(
    tmp_path: Path, figure_of: Callable[[Comparison], Figure]
) -> None:
    """The others are grey, below them, and one line of the legend."""
    for n in range(12):
        finished(tmp_path, f"e{n:02}", 0, 0.5 + n / 100, config=changed(model={"hidden": [n + 1]}))

    figure = figure_of(comparison_of(tmp_path))

    assert legend_of(figure) == [
        *(f"e{n:02}" for n in (11, 10, 9, 8, 7)),
        "e00",
        "6 others",
        "training",
        "validation",
    ]
    colours = [line.get_color() for line in figure.axes[1].lines]
    assert colours[:6] == ["#C8C8C8"] * 6
    assert colours.count("#000000") == 2


def test_the_same_runs_give_the_same_bytes(tmp_path: Path) -> None:
    """Neither the clock nor earlier figures are in the picture."""
    finished(tmp_path / "runs", "a")
    for name in ("a.png", "b.png"):
        draw(comparison_of(tmp_path / "runs"), tmp_path / name)

    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_directory_is_no_picture(tmp_path: Path) -> None:
    """The file system's own words, in one line."""
    finished(tmp_path / "runs", "a")
    (tmp_path / "a.png").mkdir()

    with pytest.raises(UserError, match=r"a\.png: cannot be written: Is a directory$"):
        draw(comparison_of(tmp_path / "runs"), tmp_path / "a.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "runs"]
