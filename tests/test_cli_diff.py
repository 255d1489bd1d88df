"""`dlexp diff`: the keys in which two experiments differ."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Invoke

from dlexp.config.dump import dump
from dlexp.config.load import load

SGD_AND_ADAM = """\
                         sgd.yaml  adam.yaml
model.hidden             [64, 64]  [64, 4]
optimizer.type           sgd       adam
optimizer.learning_rate  0.01      0.001
optimizer.momentum       0.0       -
optimizer.nesterov       false     -
optimizer.beta_1         -         0.9
optimizer.beta_2         -         0.999
optimizer.epsilon        -         1e-07
optimizer.amsgrad        -         false
"""


@pytest.fixture
def dlexp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> Invoke:
    """Run a command in a directory with two configs; gives its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    Path("sgd.yaml").write_text("dataset: imdb\nmodel: {hidden: [64, 64]}\noptimizer: sgd")
    Path("adam.yaml").write_text("extends: sgd.yaml\nmodel: {hidden: [64, 4]}\noptimizer: adam")
    return invoke


@pytest.fixture
def record(dlexp: Invoke) -> Callable[..., Path]:
    """Put a finished run with a config on record; gives its directory."""

    def put(config: str, folder: str, *overrides: str, runs_dir: str | Path = "runs") -> Path:
        experiment = load(config, overrides).experiment
        directory = Path(runs_dir, experiment.name, folder)
        directory.mkdir(parents=True)
        seed, prefix = folder.removeprefix("s").split("-")[:2]
        summary = {"seed": int(seed), "identity": prefix.ljust(64, "0"), "status": "finished", "metrics": {}}
        (directory / "config.yaml").write_text(dump(experiment))
        (directory / "summary.json").write_text(json.dumps(summary | {"config": experiment.model_dump()}))
        return directory

    return put


def test_only_what_differs_is_shown(dlexp: Invoke) -> None:
    """A key that one side lacks is a dash; siblings stand together; the name is no difference."""
    assert dlexp("diff", "sgd.yaml", "adam.yaml") == (0, SGD_AND_ADAM, "")


def test_equal_experiments_have_no_difference(dlexp: Invoke) -> None:
    """Under two names too."""
    Path("same.yaml").write_text("extends: sgd.yaml")

    assert dlexp("diff", "sgd.yaml", "same.yaml") == (0, "no difference\n", "")


def test_json_leaves_out_what_a_side_lacks(dlexp: Invoke) -> None:
    """So that null stays a value."""
    code, out, _ = dlexp("diff", "sgd.yaml", "adam.yaml", "--format", "json")
    document = json.loads(out)

    assert code == 0
    assert (document["a"], document["b"]) == ("sgd.yaml", "adam.yaml")
    assert document["differences"][0] == {"key": "model.hidden", "a": [64, 64], "b": [64, 4]}
    assert {"key": "optimizer.momentum", "a": 0.0} in document["differences"]


def test_runs_are_named_by_directory_or_below_the_runs_directory(dlexp: Invoke, record: Callable[..., Path]) -> None:
    """A run stands for its resolved config, whatever has become of the file it came from."""
    directory = record("sgd.yaml", "s0-0123456789")
    record("sgd.yaml", "s0-0123456789", runs_dir="elsewhere")
    Path("sgd.yaml").write_text("dataset: imdb\nmodel: {hidden: [64, 5]}\noptimizer: sgd")
    changed = "model.hidden  [64, 64]"

    for run in (str(directory), "sgd/s0-0123456789", "sgd"):
        code, out, _ = dlexp("diff", run, "sgd.yaml")
        assert (code, out.splitlines()[1].split("  ")[0]) == (0, "model.hidden")
    code, out, _ = dlexp("diff", "sgd/s0-0123456789", "sgd.yaml", "--runs-dir", "elsewhere")
    assert changed in out


def test_a_name_with_two_experiments_asks_which(dlexp: Invoke, record: Callable[..., Path]) -> None:
    """Its seeds share one config, an edited file does not."""
    record("sgd.yaml", "s0-0123456789")
    record("sgd.yaml", "s1-0123456789")
    assert dlexp("diff", "sgd", "sgd.yaml")[:2] == (0, "no difference\n")

    record("sgd.yaml", "s0-abcdefabcd", "training.epochs=2")
    code, _, err = dlexp("diff", "sgd", "sgd.yaml")

    assert code == 2
    assert err == ("sgd: 2 experiments have this name; choose from: runs/sgd/s0-0123456789, runs/sgd/s0-abcdefabcd\n")


def test_what_names_nothing_is_said(dlexp: Invoke, record: Callable[..., Path]) -> None:
    """A config or a run, each with its nearest word."""
    record("sgd.yaml", "s0-0123456789")

    assert dlexp("diff", "sgd.yaml", "adm.yaml") == (
        2,
        "",
        "adm.yaml: no such file. Did you mean 'adam.yaml'?\n",
    )
    code, out, err = dlexp("diff", "sgd.yaml", "sdg")
    assert (code, out) == (2, "")
    assert "sdg: no such run, name or config" in err
