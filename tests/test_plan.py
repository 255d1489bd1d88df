"""What a command hands out to be trained, and in which order its records keep it."""

from pathlib import Path

from dlexp.config.load import load_all
from dlexp.execution.plan import Plan, Request, plan
from dlexp.reports.curves import draw
from dlexp.runs.run_dir import RunDir


def planned(tmp_path: Path) -> Plan:
    """Three points of a grid with two seeds each."""
    config = tmp_path / "iris.yaml"
    config.write_text("dataset: iris\ntraining: {epochs: 1}\n")
    loaded = load_all([config], grids=["optimizer.learning_rate=[0.3, 0.1, 0.2]"])
    return plan(Request([each.experiment for each in loaded], range(2), tmp_path / "runs"))


def test_runs_are_handed_out_in_the_order_of_the_grid_and_know_when(tmp_path: Path) -> None:
    """Each later than the one before, so that the order can be told from the records alone."""
    jobs = list(planned(tmp_path).jobs(draw))

    submitted = [job.provenance["submitted"] for job in jobs]
    assert [job.experiment.optimizer.model_dump()["learning_rate"] for job in jobs] == [0.3, 0.3, 0.1, 0.1, 0.2, 0.2]
    assert submitted == sorted(set(submitted))


def test_a_file_in_the_place_of_a_run_is_passed_by(tmp_path: Path) -> None:
    """It is no attempt that another command has begun: the run gets the next number."""
    first, *_ = planned(tmp_path).jobs(draw)
    first.path.rmdir()
    first.path.touch()

    again, *_ = planned(tmp_path).jobs(draw)

    assert again.path == first.path.with_name(f"{first.path.name}-2")


def test_a_resumed_run_keeps_its_place(tmp_path: Path) -> None:
    """It was handed out when it first began; a damaged record of that costs it the place, not the run."""
    first, second, *_ = planned(tmp_path).jobs(draw)
    RunDir(first.path).write_environment({"submitted": "2024-05-01T10:00:00.000001+00:00"})
    RunDir(second.path).environment_path.write_text("{")

    resumed, damaged, *_ = planned(tmp_path).jobs(draw)

    assert (resumed.path, damaged.path) == (first.path, second.path)
    assert resumed.provenance["submitted"] == "2024-05-01T10:00:00.000001+00:00"
    assert damaged.provenance["submitted"] > second.provenance["submitted"]
