"""Study files: which experiments they name, and what is wrong with them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dlexp.config.load import load
from dlexp.config.load_study import LoadedStudy, load_study

Write = Callable[[str], Path]

BASE = "dataset: digits\nmodel: {hidden: [32, 32]}\noptimizer: sgd\ntraining: {epochs: 3}\n"
CLAIM = "claims: [{says: Better., metric: test_accuracy, difference: adam - sgd, at_least: 0.005}]\n"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a study beside the config `base.yaml`."""
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text(BASE)

    def written(text: str) -> Path:
        Path("s.yaml").write_text(text)
        return Path("s.yaml")

    return written


def studied(write: Write, text: str) -> LoadedStudy:
    """What a study says."""
    return load_study(write(text))


def test_variants_are_the_experiments_that_overrides_of_the_base_make(write: Write) -> None:
    """By the base's own name, with types, short forms and null as `--set` takes them: runs are shared by identity."""
    a = "{optimizer: adam, metrics: [accuracy], model.dropout: null}"
    variants = studied(write, f"base: base.yaml\nvariants: {{a: {a}, b: {{model.hidden.0: 8}}}}\n").variants

    assert variants["a"].experiment == load("base.yaml", ["optimizer=adam", "metrics=[accuracy]"]).experiment
    assert variants["b"].experiment == load("base.yaml", ["model.hidden=[8, 32]"]).experiment
    assert {each.experiment.name for each in variants.values()} == {"base"}


def test_a_variant_may_be_another_file(write: Write) -> None:
    """As seen from the study; what else it says is laid over that file."""
    Path("other.yaml").write_text("dataset: iris\n")
    found = studied(write, "variants: {a: {file: base.yaml}, b: {file: other.yaml, training: {epochs: 7}}}\n").variants

    assert found["a"].experiment == load("base.yaml").experiment
    assert found["b"].experiment == load("other.yaml", ["training.epochs=7"]).experiment


def test_points_of_a_grid_have_names(write: Write) -> None:
    """The keys and values, after the name of the variant where there are variants; the last key runs fastest."""
    grid = "grid: {model.hidden: [[16], [32]], optimizer: [sgd, adam]}\n"

    assert list(studied(write, f"base: base.yaml\n{grid}").variants) == [
        "model.hidden=[16], optimizer=sgd",
        "model.hidden=[16], optimizer=adam",
        "model.hidden=[32], optimizer=sgd",
        "model.hidden=[32], optimizer=adam",
    ]
    both = studied(write, f"base: base.yaml\nvariants: {{wide: {{}}}}\n{grid}").variants
    assert next(iter(both)) == "wide, model.hidden=[16], optimizer=sgd"
    assert both["wide, model.hidden=[32], optimizer=adam"].experiment.optimizer.type == "adam"
