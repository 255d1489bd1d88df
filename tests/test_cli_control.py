"""`dlexp control`, from the command line to its exit code."""

import json
from pathlib import Path

import pytest
from commands import dlexp

CONFIG = "dataset: iris\nmodel: {hidden: [8]}\noptimizer: {type: adam, learning_rate: 0.01}\ntraining: {epochs: 20}\n"


@pytest.mark.training
def test_a_set_up_that_learns_nothing_exits_with_1_unless_that_is_allowed(
    tmp_path: Path,
) -> None:
    """Nothing is recorded; JSON has what was measured."""
    config = tmp_path / "a.yaml"
    config.write_text(CONFIG.replace("0.01", "1e-12"))

    done = dlexp("control", "a.yaml", "--format", "json", cwd=tmp_path)
    assert done.returncode == 1
    (found,) = json.loads(done.stdout)
    assert {each["name"] for each in found["controls"] if each["result"] == "failed"} == {"one_batch", "beats_guessing"}
    assert found["measured"]["one_batch"]["rescued"]
    assert not (tmp_path / "runs").exists()

    config.write_text(config.read_text() + "allow: [one_batch, beats_guessing]\n")
    done = dlexp("control", "a.yaml", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("a, seed 0 (96 training examples, 24 held out)\n  passed   first_loss ")
    assert done.stderr.endswith("\na: short trainings, from some seconds to a minute\n")
