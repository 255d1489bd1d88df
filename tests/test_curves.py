"""Learning curves: any history gives a picture."""

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from figures import saved_figures
from matplotlib.figure import Figure

from dlexp.records.run_dir import RunDir
from dlexp.reports.run import curves
from dlexp.reports.run.curves import draw, draw_of

ROWS = [
    {
        "epoch": epoch,
        "seconds": 0.1,
        "learning_rate": 0.01,
        "loss": 1 / epoch,
        "accuracy": 1 - 0.5 / epoch,
        "val_loss": 0.5 + (epoch - 2) ** 2 / 10,
        "val_accuracy": 0.9 - (epoch - 3) ** 2 / 100,
    }
    for epoch in range(1, 6)
]

HISTORIES = {
    "five epochs": ROWS,
    "one epoch": ROWS[:1],
    "no epoch": [],
    "no validation": [{key: row[key] for key in ("epoch", "loss", "accuracy")} for row in ROWS],
    "loss alone": [{"epoch": row["epoch"], "loss": row["loss"]} for row in ROWS],
    "diverged": [*ROWS, ROWS[-1] | {"epoch": 6, "loss": math.nan, "val_loss": math.inf}],
    "diverged at once": [ROWS[0] | {"loss": math.nan, "val_loss": math.nan}],
}


def figure_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, history: list[dict[str, float]]) -> Figure:
    """The figure that `draw` saves."""
    figures = saved_figures(monkeypatch)
    draw(history, tmp_path / "curves.png", "digits, seed 0")
    return figures[0]


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_any_history_gives_a_picture(tmp_path: Path, history: list[dict[str, float]]) -> None:
    """A PNG, whole, and nothing beside it."""
    path = tmp_path / "curves.png"
    draw(history, path, "größer (2), seed 0")

    assert path.read_bytes().startswith(b"\x89PNG")
    assert list(tmp_path.iterdir()) == [path]


def test_the_same_history_gives_the_same_bytes(tmp_path: Path) -> None:
    """Neither the clock nor earlier pictures are in it: of other lengths, scales and names, and of one epoch."""
    path = tmp_path / "curves.png"
    small = [row | {"loss": row["loss"] * 1e-6, "val_loss": row["val_loss"] * 1e-6} for row in ROWS]
    histories = [ROWS, small, ROWS[:1], HISTORIES["no validation"], HISTORIES["diverged"]]

    def drawn(history: list[dict[str, float]]) -> bytes:
        draw(history, path, f"{len(history)} epochs")
        return path.read_bytes()

    alone = []
    for history in histories:
        curves._panels.cache_clear()
        alone.append(drawn(history))

    assert [drawn(history) for history in [*histories, *reversed(histories)]] == [*alone, *reversed(alone)]


def test_a_panel_a_quantity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Loss and metrics side by side; training dashed, validation solid, the best epoch marked by its direction."""
    figure = figure_of(monkeypatch, tmp_path, ROWS)

    assert [axes.get_title() for axes in figure.axes] == ["loss", "accuracy"]
    for axes, best in zip(figure.axes, ["best: 0.5 in epoch 2", "best: 0.9 in epoch 3"], strict=True):
        training, validation, mark = axes.lines
        assert (training.get_label(), training.get_linestyle()) == ("training", "--")
        assert (validation.get_label(), validation.get_linestyle()) == ("validation", "-")
        assert mark.get_label() == best


def test_the_best_epoch_is_a_number(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A NaN or infinite validation loss in the last epoch is no best one."""
    figure = figure_of(monkeypatch, tmp_path, HISTORIES["diverged"])

    assert figure.axes[0].lines[-1].get_label() == "best: 0.5 in epoch 2"


#: Draws each picture in a process of its own, none of which has imported matplotlib before.
DRAW_ALL = """
import os, sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from dlexp.reports.bias_variance import plot as bias_variance_plot
from dlexp.reports.comparison import plot as comparison_plot
from dlexp.reports.run import curves, diagnostics_plot

folder = Path(sys.argv[1])
rows = [{"epoch": 1, "layer": 1, "dead_share": 0, "saturated_share": 0, "gradient_norm": 1, "weight_norm": 1,
         "update_ratio": 1, "loss": 1.0}]
drawings = {
    "curves": partial(curves.draw, rows, title="it"),
    "diagnostics": partial(diagnostics_plot.draw, rows, title="it"),
    "comparison": partial(comparison_plot.draw, SimpleNamespace(experiments=[])),
    "bias_variance": partial(bias_variance_plot.draw, []),
}
assert "matplotlib" not in sys.modules
for name, draw in drawings.items():
    if not os.fork():
        draw(path=folder / f"{name}.png")
        os._exit(0)
while drawings:
    os.wait()
    drawings.popitem()
"""


@pytest.mark.parametrize("backend", ["module://matplotlib_inline.backend_inline", "nonsense"])
def test_pictures_are_drawn_whatever_backend_is_named(tmp_path: Path, backend: str) -> None:
    """Jupyter names one for all its child processes; Agg draws, whether that is installed or not."""
    environment = {**os.environ, "MPLBACKEND": backend}

    subprocess.run([sys.executable, "-c", DRAW_ALL, str(tmp_path)], env=environment, check=True)

    assert {path.name for path in tmp_path.iterdir()} == {
        "curves.png",
        "diagnostics.png",
        "comparison.png",
        "bias_variance.png",
    }


def test_a_damaged_settings_file_of_matplotlib_is_named(tmp_path: Path) -> None:
    """Who asks for a picture is told in one line why there is none."""
    (tmp_path / "matplotlibrc").write_bytes(b"axes.grid: \xff")
    script = (
        "from dlexp.errors import UserError\nfrom dlexp.reports.figure import with_panels\n"
        "try:\n    with_panels([], (1, 1), in_a_row=1)\nexcept UserError as error:\n    print(error)"
    )
    environment = {**os.environ, "MATPLOTLIBRC": str(tmp_path / "matplotlibrc")}

    said = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)

    assert said.stdout == (
        "matplotlib cannot be imported: 'utf-8' codec can't decode byte 0xff in position 11: invalid start byte\n"
    )


def test_a_target_that_is_called_as_a_gap_is_has_its_panel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With both of its curves."""
    row = {"epoch": 1, "gap_size_mae": 0.5, "val_gap_size_mae": 0.75}

    figure = figure_of(monkeypatch, tmp_path, [row, row | {"epoch": 2}])

    assert [axes.get_title() for axes in figure.axes] == ["gap_size_mae"]
    assert [line.get_label() for line in figure.axes[0].lines][:2] == ["training", "validation"]


def test_settings_of_a_notebook_are_not_in_the_picture_of_a_run(tmp_path: Path) -> None:
    """It is drawn by a worker or by the process that called dlexp, which keeps its settings."""
    import matplotlib as mpl

    run_dir = RunDir(tmp_path / "runs" / "digits" / "s0-0123456789")
    run_dir.path.mkdir(parents=True)
    run_dir.history_path.write_text("epoch,loss\n1,0.5\n2,0.25\n")
    draw_of(run_dir)
    drawn = run_dir.curves_path.read_bytes()
    with mpl.rc_context({"lines.linewidth": 9, "figure.facecolor": "black"}):
        draw_of(run_dir)

        assert mpl.rcParams["figure.facecolor"] == "black"
    assert run_dir.curves_path.read_bytes() == drawn
