"""What cannot be built is refused before anything is trained: in a line with its place, and with exit code 2."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from commands import Invoke

import dlexp
from dlexp.config.dump import dump
from dlexp.config.load import load
from dlexp.errors import UserError
from dlexp.execution.plan import Request
from dlexp.execution.planning import plan
from dlexp.execution.pool import Pool
from dlexp.records.numbering import Numbering
from dlexp.training.job import Candidate
from dlexp.training.stages import Stage

DIGITS = "dataset: {type: digits, train_fraction: 0.1}\ntraining: {epochs: 1}\n"
#: Layers that Keras refuses, the line and path of the one to blame, and the end of what is said.
REFUSED = {
    "reshape": ("  - Reshape: {target_shape: [8, 9]}\n  - LSTM: {units: 4}\n", "5: model.layers.0.Reshape"),
    "kernel": (
        "  - Reshape: {target_shape: [8, 8, 1]}\n  - Conv2D: {filters: 4, kernel_size: 9}\n  - Flatten\n",
        "6: model.layers.1.Conv2D",
    ),
    "groups": (
        "  - Reshape: {target_shape: [8, 8]}\n  - GroupNormalization: {groups: 3}\n  - Flatten\n",
        "6: model.layers.1.GroupNormalization",
    ),
}

OWN = """
import os
from pathlib import Path

import keras
import numpy as np

count = 0


def noted():
    global count
    count += 1
    with Path("called").open("a") as file:
        file.write(f"{os.getpid()} {count}\\n")


def model(x, units=4):
    noted()
    if units == 13:
        raise ValueError("not 13")
    return keras.layers.Dense(units * np.random.randint(1, 3))(x)


def data():
    noted()
    y = np.arange(60) % 2
    return (np.eye(60, 8) + y[:, None], y), (np.eye(20, 8), y[:20])
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: one config that can be trained, and a module."""
    monkeypatch.chdir(tmp_path)
    Path("good.yaml").write_text(f"{DIGITS}model: {{hidden: [16]}}\n")
    Path("own.py").write_text(OWN)
    return tmp_path


def write(name: str, layers: str) -> None:
    """A config with a stack of layers from its fifth line on."""
    Path(f"{name}.yaml").write_text(f"{DIGITS}model:\n  layers:\n{layers}")


def calls() -> list[str]:
    """The processes that called the user's functions, in their order."""
    return [line.split()[0] for line in Path("called").read_text().splitlines()]


@pytest.mark.training
def test_all_that_keras_refuses_is_said_before_the_first_run(invoke: Invoke) -> None:
    """A line each with file, line and path, and no run is begun, not even that which could be trained."""
    for name, (layers, _) in REFUSED.items():
        write(name, layers)

    code, out, err = invoke("run", "good.yaml", *(f"{name}.yaml" for name in REFUSED), "--seeds", "2")

    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert [line.partition(": Keras")[0] for line in lines] == [
        f"{name}.yaml:{place}" for name, (_, place) in REFUSED.items()
    ]
    assert not Path("runs").exists()


@pytest.mark.training
@pytest.mark.parametrize("options", [(), ("--smoke",), ("--workers", "2")])
def test_a_config_alone_is_refused_likewise(invoke: Invoke, options: tuple[str, ...]) -> None:
    """As the dry run says it."""
    write("kernel", REFUSED["kernel"][0])

    refused = invoke("run", "kernel.yaml", *options)

    assert refused[0] == 2
    assert re.match(r"kernel\.yaml:6: model\.layers\.1\.Conv2D: Keras refuses it after \(None, 8, 8, 1\)", refused[2])
    assert invoke("run", "kernel.yaml", "--dry-run") == refused
    assert not Path("runs").exists()


@pytest.mark.training
def test_a_score_that_is_not_defined_is_watched_by_none(invoke: Invoke) -> None:
    """Nor by a later experiment with the same model, or on other data of the user's own."""
    rows = [f"{i * 7 % 5},{'no' if i < 30 else ['yes', 'no'][i % 2]}\n" for i in range(60)]
    Path("t.csv").write_text("x,y\n" + "".join(rows))
    Path("t2.csv").write_text("x,y\n" + "".join(rows[::-1]))
    table = "{type: csv, path: t.csv, target: y, task: binary, test_split: time}"
    watched = "training: {epochs: 1, early_stopping: {monitor: val_auc, patience: 1}}\n"
    config = f"dataset: {table}\nmetrics: [auc]\nvalidation: {{type: front, size: 12}}\nallow: [endless_patience]\n"
    Path("a.yaml").write_text(f"{config}training: {{epochs: 1}}\n")
    Path("b.yaml").write_text(config + watched)
    Path("c.yaml").write_text(config.replace("t.csv", "t2.csv") + watched)
    Path("d.yaml").write_text(config.replace("t.csv", "t2.csv").replace("type: front", "type: time") + watched)

    code, _, error = invoke("run", "a.yaml", "b.yaml", "c.yaml", "d.yaml")

    what = "val_auc is not defined on 12 validation examples, all of class no; watch val_loss, or see validation"
    assert code == 2
    assert [line for line in error.splitlines() if "early_stopping" in line] == [
        f"b.yaml:5: training.early_stopping.monitor: {what}: {{type: split, size: 0.2}}",
        f"d.yaml:5: training.early_stopping.monitor: {what}.size",
    ]
    assert not Path("runs").exists()


@pytest.mark.training
def test_a_value_of_a_grid_is_named(invoke: Invoke) -> None:
    """The point of the grid that cannot be built; the others are not trained either."""
    write("grid", "  - Reshape: {target_shape: [8, 8, 1]}\n  - Conv2D: {filters: 4, kernel_size: 3}\n  - Flatten\n")
    sizes = "model.layers.1.Conv2D.kernel_size=[3,9]"

    code, _, err = invoke("run", "grid.yaml", "--grid", sizes, "--grid", "optimizer.learning_rate=[0.01,0.02]")

    assert code == 2
    assert err.startswith("grid.yaml:6: model.layers.1.Conv2D: Keras refuses it after (None, 8, 8, 1)")
    assert err.endswith(" (with model.layers.1.Conv2D.kernel_size=9)\n")
    assert not Path("runs").exists()


@pytest.mark.training
def test_a_long_value_of_a_grid_is_named_once(invoke: Invoke) -> None:
    """By its number; an override that no point keeps is said before the refusal."""
    write("grid", "  - Flatten\n")
    wrong = "[{Reshape: {target_shape: [8, 9, 1]}}, {Conv2D: {filters: 4, kernel_size: 3}}, Flatten]"
    grid = f"model.layers=[[Flatten], {wrong}]"

    code, _, err = invoke("run", "grid.yaml", "--set", "model.layers=[Dropout]", "--grid", grid)

    assert code == 2
    assert err.splitlines() == [
        f"--set model.layers=[Dropout]: replaced by --grid {grid}",
        "--grid model.layers (value 2 of 2): model.layers.0.Reshape: Keras refuses it after (None, 64): "
        "[8, 9, 1] holds 72 numbers, and an example has 64",
    ]


@pytest.mark.training
def test_python_and_bias_variance_say_the_same(invoke: Invoke) -> None:
    """As a UserError; on training sets that are redrawn."""
    write("kernel", REFUSED["kernel"][0])

    with pytest.raises(UserError, match=r"^kernel\.yaml:6: model\.layers\.1\.Conv2D: Keras refuses it"):
        dlexp.run("kernel.yaml")
    code, _, err = invoke("bias-variance", "kernel.yaml", "--resamples", "3", "--format", "json")

    assert (code, err.partition(": Keras")[0]) == (2, "kernel.yaml:6: model.layers.1.Conv2D")
    assert not Path("runs").exists()


@pytest.mark.training
def test_own_data_are_built_for_as_they_are(invoke: Invoke) -> None:
    """The shape of an array and of a table of numbers: 49 features into 7 times 7 fit, 48 do not."""
    rng = np.random.default_rng(0)
    for n in (48, 49):
        x, y = rng.normal(size=(60, n)), np.arange(60) % 2
        np.savez(f"x{n}.npz", x_train=x, y_train=y, x_test=x, y_test=y)
        columns = [f"f{i}" for i in range(n)]
        rows = "\n".join(",".join(map(str, [*row, answer])) for row, answer in zip(x, y, strict=True))
        Path(f"x{n}.csv").write_text(f"{','.join(columns)},y\n{rows}\n")
    layers = "  - Reshape: {target_shape: [7, 7]}\n  - LSTM: {units: 2}\n"
    for kind in ("npz", "csv"):
        for n in (48, 49):
            target = ", target: y" if kind == "csv" else ""
            data = f"dataset: {{type: {kind}, path: x{n}.{kind}, task: binary{target}}}\ntraining: {{epochs: 1}}\n"
            Path(f"{kind}{n}.yaml").write_text(f"{data}model:\n  layers:\n{layers}")

    code, _, err = invoke("run", "npz49.yaml", "csv49.yaml", "npz48.yaml", "csv48.yaml")

    assert code == 2
    assert [line.partition(": Keras")[0] for line in err.splitlines() if "Keras" in line] == [
        "npz48.yaml:5: model.layers.0.Reshape",
        "csv48.yaml:5: model.layers.0.Reshape",
    ]
    assert invoke("run", "npz49.yaml", "csv49.yaml")[0] == 0


@pytest.mark.training
def test_the_function_of_a_run_is_called_once(invoke: Invoke) -> None:
    """What it prints is in the log, and its process trains nothing else."""
    config = "dataset: {type: python, function: 'own:data', task: binary}\nmodel: {type: python, function: 'own:model'}"
    Path("own.yaml").write_text(f"{config}\ntraining: {{epochs: 1}}\n")

    assert invoke("run", "own.yaml", "--seeds", "2")[0] == 0

    found = calls()
    assert len(found) == 4
    assert found[0] == found[1] != found[2] == found[3]


@pytest.mark.training
def test_functions_of_later_runs_are_tried_beside_the_first(invoke: Invoke) -> None:
    """In a process that trains nothing; what is refused there is asked again where nothing was called before."""
    Path("own.yaml").write_text(f"{DIGITS}model: {{type: python, function: 'own:model'}}\n")
    units = "model.arguments={units: 4}", "model.arguments={units: 13}"

    code, _, err = invoke("run", "own.yaml", "--grid", f"{units[0].replace('=', '=[')}, {{units: 13}}]")

    assert (code, err.count("own:model: not 13")) == (2, 1)
    assert not Path("runs").exists()
    assert len(set(calls())) == 2


def candidate(text: str, seed: int = 0) -> Candidate:
    """A run of a config given as text."""
    Path("a.yaml").write_text(text)
    planned = plan(Request(wanted=[(load("a.yaml").experiment, [seed])], runs_dir=Path("runs")))
    (found,) = planned.candidates.values()
    return found


def test_a_grid_of_rates_is_one_model() -> None:
    """What decides on the shape of the examples: neither seed nor share, but the words that are kept."""
    reviews = "dataset: {{type: reviews, num_words: {}, train_fraction: {}}}\n"

    one, same, other = (candidate(reviews.format(*given)).inputs_key for given in ((90, 1.0), (90, 0.5), (91, 1.0)))

    assert one == same != other


def test_a_run_keeps_the_name_under_which_it_was_begun() -> None:
    """Its records say it, though another config of the same experiment resumes it: built is what is recorded."""
    Path("good.yaml").rename("second.yaml")
    request = Request(wanted=[(load("second.yaml").experiment, [0])], runs_dir=Path("runs"))
    (new,) = plan(request).runs
    run_dir = Numbering(Path("runs")).create("first", 0, new.identity)
    run_dir.write_config(dump(new.subject.experiment.model_copy(update={"name": "first"})))

    planned = plan(request)

    (built,), (job,) = planned.candidates.values(), planned.jobs()
    assert job.path == run_dir.path
    assert [built.experiment.name, job.experiment.name] == ["first", "first"]


@pytest.mark.training
def test_a_command_builds_what_is_left_to_train(invoke: Invoke) -> None:
    """A run that is done is not built again."""
    asked: list[int] = []
    refusals = Pool.refusals

    def counted(self: Pool, candidates: list[Candidate], told: Callable[[Stage], None]) -> list[object]:
        asked.append(len(candidates))
        return [*refusals(self, candidates, told)]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Pool, "refusals", counted)
        assert invoke("run", "good.yaml")[0] == 0
        assert invoke("run", "good.yaml", "--set", "model.hidden=[16]", "--grid", "training.epochs=[1,2,3]")[0] == 0
        assert invoke("run", "good.yaml")[0] == 0

    assert asked == [1, 2]


@pytest.mark.training
def test_a_card_that_is_not_there_is_missed_before_the_first_run(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a run on the processor comes first."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    code, _, err = invoke("run", "good.yaml", "--grid", "training.device=[cpu,gpu]")

    assert code == 2
    assert "sees no GPU here" in err
    assert not Path("runs").exists()
