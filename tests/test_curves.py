"""Learning curves: any history gives a picture."""

import math

import pytest

from dlexp.reports.curves import draw

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


def figure_of(monkeypatch, tmp_path, history):
    """The figure that `draw` saves."""
    from matplotlib.figure import Figure

    figures = []
    save = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda figure, *a, **k: (figures.append(figure), save(figure, *a, **k)))
    draw(history, tmp_path / "curves.png", "digits, seed 0")
    return figures[0]


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_any_history_gives_a_picture(tmp_path, history):
    """A PNG, whole, and nothing beside it."""
    path = tmp_path / "curves.png"
    draw(history, path, "größer (2), seed 0")

    assert path.read_bytes().startswith(b"\x89PNG")
    assert list(tmp_path.iterdir()) == [path]


def test_the_same_history_gives_the_same_bytes(tmp_path):
    """Neither the clock nor earlier figures are in the picture."""
    for name in ("a.png", "b.png"):
        draw(ROWS, tmp_path / name, "digits")

    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_panel_a_quantity(monkeypatch, tmp_path):
    """Loss and metrics side by side; training dashed, validation solid, the best epoch marked by its direction."""
    figure = figure_of(monkeypatch, tmp_path, ROWS)

    assert [axes.get_title() for axes in figure.axes] == ["loss", "accuracy"]
    for axes, best in zip(figure.axes, ["best: 0.5 in epoch 2", "best: 0.9 in epoch 3"], strict=True):
        training, validation, mark = axes.lines
        assert (training.get_label(), training.get_linestyle()) == ("training", "--")
        assert (validation.get_label(), validation.get_linestyle()) == ("validation", "-")
        assert mark.get_label() == best


def test_the_best_epoch_is_a_number(monkeypatch, tmp_path):
    """A NaN or infinite validation loss in the last epoch is no best one."""
    figure = figure_of(monkeypatch, tmp_path, HISTORIES["diverged"])

    assert figure.axes[0].lines[-1].get_label() == "best: 0.5 in epoch 2"
