"""`dlexp control`, from the command line to its exit code."""

import json
from pathlib import Path

import pytest
from commands import dlexp

CONFIG = "dataset: iris\nmodel: {hidden: [8]}\noptimizer: {type: adam, learning_rate: 0.01}\ntraining: {epochs: 20}\n"


@pytest.mark.training
def test_a_set_up_that_learns_nothing_exits_with_1(tmp_path: Path) -> None:
    """Nothing is recorded; JSON has what was measured, and what the config allows to fail."""
    text = CONFIG.replace("0.01", "1e-12") + "allow: [one_batch]\n"
    (tmp_path / "a.yaml").write_text(text)

    done = dlexp("control", "a.yaml", "--format", "json", cwd=tmp_path)

    assert done.returncode == 1
    (found,) = json.loads(done.stdout)
    results = {each["name"]: each["result"] for each in found["controls"]}
    assert results["one_batch"] == "allowed"
    assert results["beats_guessing"] == "failed"
    assert found["measured"]["one_batch"]["rescued"]
    assert not (tmp_path / "runs").exists()
    assert done.stderr.endswith("\na: short trainings, from some seconds to a minute\n")
