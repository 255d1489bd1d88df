"""`dlexp why`: each ingredient of the identity, changed alone, is named; what is none of them is not."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Invoke

from dlexp.config import identity as identity_module
from dlexp.config.identity import Ingredients
from dlexp.config.load import load
from dlexp.records.numbering import Numbering
from dlexp.records.run_dir import RunDir
from dlexp.training import environment

CONFIG = """\
dataset: {type: csv, path: houses.csv, target: price, task: regression}
model: {type: python, function: "net_of_why:trunk"}
optimizer: {type: adam, learning_rate: 0.01}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config with its data and its code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])  # To which the working directory is added.
    Path("a.yaml").write_text(CONFIG, encoding="utf-8")
    Path("houses.csv").write_text("rooms,price\n1,10\n2,20\n3,30\n4,40\n", encoding="utf-8")
    Path("net_of_why.py").write_text("def trunk(x):\n    return x\n", encoding="utf-8")
    return tmp_path


def ingredients(config: str = "a.yaml") -> Ingredients:
    """Those of a config now."""
    experiment = load(Path(config)).experiment
    return Ingredients.of(experiment, experiment.dataset.digest(None))


def recorded(config: str = "a.yaml", seed: int = 0, **changes: object) -> RunDir:
    """A finished run of a config as it is now."""
    experiment = load(Path(config)).experiment
    found = ingredients(config)
    run_dir = Numbering(Path("runs")).create(experiment.name, seed, found.identity)
    run_dir.write_config(Path(config).read_text(encoding="utf-8"))
    record = {
        "seed": seed,
        "identity": found.identity,
        "config": experiment.model_dump(mode="json"),
        "metrics": {},
        "data_digest": found.data_digest,
        "training_version": found.training_version,
        "code_digest": found.code_digest,
    }
    run_dir.write_summary(record | changes)
    return run_dir


def change_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """One key."""
    Path("a.yaml").write_text(CONFIG.replace("0.01", "0.02"), encoding="utf-8")


def change_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte."""
    Path("houses.csv").write_text("rooms,price\n1,10\n2,20\n3,30\n4,41\n", encoding="utf-8")


def change_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """One character."""
    Path("net_of_why.py").write_text("def trunk(x):\n    return +x\n", encoding="utf-8")


def change_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another dlexp that trains otherwise."""
    monkeypatch.setattr(identity_module, "TRAINING_VERSION", -1)


@pytest.mark.parametrize(
    ("change", "ingredient"),
    [
        (change_setting, "optimizer.learning_rate"),
        (change_data, "the data (digest)"),
        (change_code, "your own code (digest)"),
        (change_version, "the training code (version)"),
    ],
)
def test_the_ingredient_that_differs_is_named(
    change: Callable[[pytest.MonkeyPatch], None], ingredient: str, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alone; and it makes another identity."""
    recorded()
    before = ingredients().identity
    change(monkeypatch)

    code, out, _ = invoke("why", "a.yaml", "--format", "json")

    found = json.loads(out)
    assert code == 0
    assert [row["ingredient"] for row in found["differences"]] == [ingredient]
    assert not found["same"]
    assert ingredients().identity != before


@pytest.mark.parametrize(
    "text",
    [
        "# a comment\n" + CONFIG,
        "\n".join(reversed(CONFIG.splitlines())),
        CONFIG + "name: another\n",
        CONFIG + "training: {epochs: 20}\n",  # The default, said.
    ],
)
def test_what_is_no_ingredient_makes_no_difference(text: str, invoke: Invoke) -> None:
    """Comments, order, names, defaults; nor another file's name."""
    recorded()
    Path("b.yaml").write_text(text, encoding="utf-8")

    assert ingredients("b.yaml").identity == ingredients().identity
    _, out, _ = invoke("why", "b.yaml")
    assert "are the same experiment" in out


def test_two_runs_of_one_experiment(invoke: Invoke) -> None:
    """The seed is not part of it, and is said."""
    first, second = recorded(seed=0), recorded(seed=3)

    _, out, _ = invoke("why", *(f"a/{run.path.name}" for run in (first, second)))

    assert out.endswith("are the same experiment; not part of it: seed 0 and 3\n")


def test_what_can_change_numbers_beside_the_experiment_is_named(invoke: Invoke) -> None:
    """Of two runs, and of a run and this machine: the experiment is the same, its numbers need not be."""
    first, second = recorded(seed=0), recorded(seed=1)
    here = environment.here()
    first.write_json(first.environment_path, here | {"threads": 1, "seconds": 2.0, "data_digest": "d"})
    second.write_json(
        second.environment_path,
        here | {"flags": {"XLA_FLAGS": "-O0"}, "processor": "Z80", "threads": 1, "seconds": 1.0},
    )
    names = [f"a/{run.path.name}" for run in (first, second)]

    _, out, _ = invoke("why", *names)
    _, document, _ = invoke("why", *names, "--format", "json")
    _, now, _ = invoke("why", names[1])

    width = len(here["processor"])
    assert out.splitlines()[1:] == [
        "beside the experiment, what can change numbers:",
        f"                 {names[0]:{max(width, len(names[0]))}}  {names[1]}",
        f"processor        {here['processor']:{max(width, len(names[0]))}}  Z80",
        f"flags.XLA_FLAGS  {'not set':{max(width, len(names[0]))}}  -O0",
    ]
    assert json.loads(document)["places"] == [
        {"what": "processor", "a": here["processor"], "b": "Z80"},
        {"what": "flags.XLA_FLAGS", "a": None, "b": "-O0"},
    ]
    assert now.splitlines()[2].split() == [names[1], "its", "config", "as", "it", "is", "now"]


def test_a_run_alone_is_held_against_what_it_is_now(invoke: Invoke) -> None:
    """Why the same command would train again."""
    recorded()
    assert "and its config as it is now" in invoke("why", "a")[1]
    change_data(pytest.MonkeyPatch())

    _, out, _ = invoke("why", "a")

    assert "two experiments: they differ in\n" in out
    assert "the data (digest)" in out.splitlines()[-1]


def test_a_config_without_any_record(invoke: Invoke) -> None:
    """Says so."""
    code, out, _ = invoke("why", "a.yaml")

    assert code == 0
    assert "nothing is on record in runs" in out


def test_an_interrupted_run_has_its_ingredients(invoke: Invoke) -> None:
    """From its config and environment; without them that is said."""
    run_dir = recorded()
    run_dir.summary_path.unlink()
    found = ingredients()
    place = {
        "data_digest": found.data_digest,
        "training_version": found.training_version,
        "code_digest": found.code_digest,
    }
    run_dir.write_json(run_dir.environment_path, place)
    assert "are the same experiment" in invoke("why", f"a/{run_dir.path.name}", "a.yaml")[1]

    run_dir.environment_path.unlink()
    code, _, err = invoke("why", f"a/{run_dir.path.name}", "a.yaml")

    assert code == 2
    assert "'data_digest' is not on record" in err
