"""dlexp from Python."""

import subprocess
import sys
from pathlib import Path

import pytest
from make_runs import changed, failed, finished

import dlexp
from dlexp.config.problems import ConfigError
from dlexp.errors import DataError, UserError

ROOT = Path(__file__).parents[1]


def test_import_is_cheap_and_offers_five_functions() -> None:
    """No heavy library, and `dlexp.runs` stays the function whatever is imported later."""
    code = (
        "import sys, dlexp; from dlexp.runs.index import read; import dlexp.runs.run_dir\n"
        "heavy = {'pandas', 'numpy', 'tensorflow', 'keras', 'pydantic', 'rich', 'typer', 'yaml'}\n"
        "assert all(callable(getattr(dlexp, name)) for name in dlexp.__all__)\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    cheap = code.replace("; from dlexp.runs.index import read; import dlexp.runs.run_dir", "")

    subprocess.run([sys.executable, "-c", cheap], check=True)
    subprocess.run([sys.executable, "-c", code.partition("heavy")[0] + "assert callable(dlexp.runs)"], check=True)
    assert dlexp.__all__ == ["bias_variance", "compare", "load", "run", "runs"]


def test_load_gives_the_experiment_and_its_sources() -> None:
    """With overrides, as on the command line."""
    loaded = dlexp.load(str(ROOT / "configs" / "digits_sgd.yaml"), ["optimizer.learning_rate=0.5"])

    assert loaded.experiment.model_dump()["optimizer"]["learning_rate"] == 0.5
    assert str(loaded.sources["optimizer.learning_rate"]) == "--set optimizer.learning_rate=0.5"


def test_runs_has_a_row_a_finished_run(tmp_path: Path) -> None:
    """Settings by dotted key, numbers as numbers; neither failed nor smoke runs; lists can be grouped by."""
    finished(tmp_path, seed=0, accuracy=0.5)
    finished(tmp_path, "wide", 0, accuracy=0.75, config=changed(model={"hidden": [128]}))
    finished(tmp_path / ".smoke")
    failed(tmp_path, seed=1)

    frame = dlexp.runs(tmp_path)

    assert list(frame["name"]) == ["digits", "wide"]
    assert frame.groupby("model.hidden")["val_accuracy"].mean().to_dict() == {"[64, 64]": 0.5, "[128]": 0.75}
    assert frame["optimizer.learning_rate"].tolist() == [0.001, 0.001]
    assert [Path(directory).is_dir() for directory in frame["directory"]] == [True, True]


def test_runs_of_nothing_is_an_empty_frame(tmp_path: Path) -> None:
    """With the columns that every run has."""
    frame = dlexp.runs(tmp_path / "nowhere")

    assert len(frame) == 0
    assert list(frame.columns)[:2] == ["name", "seed"]


def test_compare_has_a_row_for_every_metric_of_every_experiment(tmp_path: Path) -> None:
    """The numbers of `dlexp compare`; the first name is what the others are held against."""
    for seed, (first, other) in enumerate([(0.5, 0.75), (0.6, 0.85)]):
        finished(tmp_path, "first", seed, first)
        finished(tmp_path, "other", seed, other, config=changed(training={"epochs": 3}))

    frame = dlexp.compare("first", "other", metrics=["val_accuracy"], runs_dir=tmp_path)

    assert frame[["experiment", "metric", "n"]].to_numpy().tolist() == [
        ["first", "val_accuracy", 2],
        ["other", "val_accuracy", 2],
    ]
    assert frame["mean"].tolist() == pytest.approx([0.55, 0.8])
    assert frame["difference"].tolist()[1] == pytest.approx(0.25)
    assert frame["verdict"].tolist()[1] == "better"


def test_compare_without_names_takes_all_and_refuses_unknown_ones(tmp_path: Path) -> None:
    """As the command does."""
    finished(tmp_path, "first")
    finished(tmp_path, "other", config=changed(training={"epochs": 3}))

    assert set(dlexp.compare(runs_dir=tmp_path)["experiment"]) == {"first", "other"}
    with pytest.raises(UserError, match="Did you mean 'other'"):
        dlexp.compare("othr", runs_dir=tmp_path)


def test_run_raises_mistakes_and_missing_data_before_it_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same errors as the commands', as exceptions; no directory is made."""
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("DLEXP_DATA", raising=False)
    (tmp_path / "bad.yaml").write_text("dataset: iris\noptimizer: adma")

    with pytest.raises(ConfigError, match="Did you mean 'adam'"):
        dlexp.run(tmp_path / "bad.yaml", runs_dir=tmp_path / "runs")
    with pytest.raises(DataError, match=r"imdb\.npz: not found"):
        dlexp.run([ROOT / "configs" / "imdb_adam.yaml"], runs_dir=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_run_gives_a_row_a_run_failed_ones_too(tmp_path: Path) -> None:
    """What finished has its metrics, what diverged says so; the second call trains nothing; a grid is a column."""
    (tmp_path / "wild.yaml").write_text(
        "dataset: diabetes\nhead: {standardize_target: false}\noptimizer: sgd\ntraining: {epochs: 20}\n"
    )
    loaded = dlexp.load(tmp_path / "wild.yaml", ["optimizer.learning_rate=100.0"])
    (tmp_path / "iris.yaml").write_text("dataset: iris\n")

    frame = dlexp.run(
        [str(tmp_path / "iris.yaml"), loaded], grids=["training.epochs=[1, 2]"], seeds=[3], runs_dir=tmp_path / "runs"
    )
    again = dlexp.run(tmp_path / "iris.yaml", grids=["training.epochs=[2]"], seeds=[3], runs_dir=tmp_path / "runs")

    assert frame[["name", "seed", "status"]].to_numpy().tolist() == [
        ["iris", 3, "finished"],
        ["iris", 3, "finished"],
        ["wild", 3, "failed"],
    ]
    assert frame["training.epochs"].tolist() == [1, 2, 20]
    assert frame["what"].tolist()[2].startswith("loss is ")
    assert frame["val_accuracy"].notna().tolist() == [True, True, False]
    assert again["val_accuracy"].tolist() == frame["val_accuracy"].tolist()[1:2]
    assert (tmp_path / "runs" / "summary.csv").read_text().count("\n") == 3


def test_script_without_a_guard_is_told_so_and_leaves_no_stray_runs(tmp_path: Path) -> None:
    """The training process imports the script, which must not train again there."""
    (tmp_path / "iris.yaml").write_text("dataset: iris\ntraining: {epochs: 1}\n")
    (tmp_path / "script.py").write_text("import dlexp\nprint(dlexp.run('iris.yaml')['what'][0])\n")

    result = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )

    assert 'put the call below `if __name__ == "__main__":`' in result.stderr
    assert len(list(tmp_path.glob("runs/*/*"))) == 1


def test_example_script_runs(tmp_path: Path) -> None:
    """As a user would start it, from any directory: a line a run, a line an experiment; nothing is left behind."""
    script = ROOT / "examples" / "compare_optimizers.py"

    result = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )

    assert result.returncode == 0, result.stderr
    assert result.stdout.count("digits_sgd") == result.stdout.count("digits_adam") == 3
    assert "difference" in result.stdout
    assert not list(tmp_path.iterdir())
