"""What a command hands out to be trained, and in which order its records keep it."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from commands import Invoke
from engines import Here, Watcher
from make_runs import finished

from dlexp.components.datasets import Digits
from dlexp.config.identity import TRAINING_VERSION, identities_of
from dlexp.config.load import load, load_all
from dlexp.execution import planning
from dlexp.execution.plan import Plan, Request
from dlexp.execution.planning import plan
from dlexp.execution.repeats import again
from dlexp.records.index import read
from dlexp.records.run_dir import RunDir
from dlexp.workflows.bias_variance import plan_training_sets
from dlexp.workflows.runner import Given, Runner
from dlexp.workflows.train import train


def planned(tmp_path: Path) -> Plan:
    """Three points of a grid with two seeds each."""
    config = tmp_path / "iris.yaml"
    config.write_text("dataset: iris\ntraining: {epochs: 1}\n")
    loaded = load_all([config], grids=["optimizer.learning_rate=[0.3, 0.1, 0.2]"])
    return plan(Request(wanted=[(each.experiment, range(2)) for each in loaded], runs_dir=tmp_path / "runs"))


def test_runs_are_handed_out_in_the_order_of_the_grid_and_know_when(tmp_path: Path) -> None:
    """Each later than the one before, so that the order can be told from the records alone."""
    jobs = list(planned(tmp_path).jobs())

    submitted = [job.provenance["submitted"] for job in jobs]
    assert [job.experiment.optimizer.model_dump()["learning_rate"] for job in jobs] == [0.3, 0.3, 0.1, 0.1, 0.2, 0.2]
    assert submitted == sorted(set(submitted))


def test_a_file_in_the_place_of_a_run_is_passed_by(tmp_path: Path) -> None:
    """It is no attempt that another command has begun: the run gets the next number."""
    first, *_ = planned(tmp_path).jobs()
    first.path.rmdir()
    first.path.touch()

    again, *_ = planned(tmp_path).jobs()

    assert again.path == first.path.with_name(f"{first.path.name}-2")


def test_a_resumed_run_keeps_its_place(tmp_path: Path) -> None:
    """It was handed out when it first began; a damaged record of that costs it the place, not the run."""
    first, second, *_ = planned(tmp_path).jobs()
    first_dir = RunDir(first.path)
    first_dir.write_json(first_dir.environment_path, {"submitted": "2024-05-01T10:00:00.000001+00:00"})
    RunDir(second.path).environment_path.write_text("{")

    resumed, damaged, *_ = planned(tmp_path).jobs()

    assert (resumed.path, damaged.path) == (first.path, second.path)
    assert resumed.provenance["submitted"] == "2024-05-01T10:00:00.000001+00:00"
    assert damaged.provenance["submitted"] > second.provenance["submitted"]


@pytest.mark.training
def test_run_says_once_why_a_damaged_run_is_trained_again(
    tmp_path: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it is trained, nothing more is said of it: the new run stands for it. Another experiment's is not named."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("dlexp.execution.pool.Pool", lambda *_: Here())
    paths = [job.path for job in planned(Path()).jobs()]
    for path in paths:
        path.joinpath("summary.json").write_text("null" if path in paths[:2] else "{")
    words = ("run", "iris.yaml", "--set", "optimizer.learning_rate=0.3")

    would = invoke(*words, "--dry-run")
    code, out, said = invoke(*words)

    line = f"{paths[0]}: damaged (summary.json: no mapping)"
    assert f"  would be trained again: {line}\n" in would[1]
    assert code == 0
    assert f"{line}; training again, into a new directory\n" in said
    assert said.count("damaged") == 1
    assert out.startswith(f"{paths[0]}-2: ")
    assert f"\n{paths[0]}-2: done before; --force trains it again\n" in f"\n{invoke(*words)[2]}"


def recorded(runs_dir: Path, config: str = "dataset: iris\n", **record: Any) -> RunDir:
    """A run of a config; its records say of data and code only what they are given."""
    run_dir = finished(runs_dir, **{"data_digest": None} | record)
    run_dir.write_config(config)
    return run_dir


def test_runs_are_trained_again_in_directories_of_their_own(tmp_path: Path) -> None:
    """Two records of one name and seed, of one experiment now: neither is graded by the other's repetition."""
    runs = [read(recorded(tmp_path / "runs", identity=letter * 64)) for letter in "abc"]

    planned, left_out = again(runs, tmp_path / "again", None)

    jobs = list(planned.jobs())
    assert len({job.path for job in jobs}) == 3
    assert [job.experiment.name for job in jobs] == ["digits"] * 3
    assert left_out == {}


def test_a_run_on_other_data_is_not_trained_again(tmp_path: Path) -> None:
    """Both digests are named; one whose data cannot be had is left out too, and hinders no other."""
    other = read(recorded(tmp_path / "runs", data_digest="d" * 64))
    lacking = read(recorded(tmp_path / "runs", "dataset: {type: csv, path: no.csv, target: y, task: binary}\n", seed=1))
    right = read(recorded(tmp_path / "runs", seed=2))
    now = load_all([right.dir.config_path])[0].experiment.dataset.digest(None)

    planned, left_out = again([other, lacking, right], tmp_path / "again", None)

    assert [each.seed for each in planned.runs] == [2]
    assert left_out.pop(other.dir.path) == (
        f"the data are not those that it was trained on (digest dddddddddd then, {now[:10]} now)"
    )
    assert list(left_out) == [lacking.dir.path]
    assert "no.csv" in left_out[lacking.dir.path]


def test_a_run_of_other_code_is_not_trained_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor of code that is gone."""
    monkeypatch.chdir(tmp_path)
    Path("plan_net.py").write_text("def trunk(x):\n    return x\n")
    now = hashlib.sha256(Path("plan_net.py").read_bytes()).hexdigest()
    config = "dataset: iris\nmodel: {type: python, function: 'plan_net:trunk'}\n"
    other = read(recorded(tmp_path / "runs", config, code_digest="c" * 64))
    right = read(recorded(tmp_path / "runs", config, code_digest=now, seed=1))

    planned, left_out = again([other, right], tmp_path / "again", None)

    assert [each.seed for each in planned.runs] == [1]
    assert left_out == {
        other.dir.path: (
            f"your own code is not that which it was trained with (digest cccccccccc then, {now[:10]} now)"
        )
    }

    Path("plan_net.py").unlink()
    _, left_out = again([right], tmp_path / "again", None)
    assert left_out == {
        right.dir.path: "plan_net:trunk: no module plan_net that Python knows or the working directory has"
    }


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the runs directory is listed, and the digest of the digits is taken."""
    counted: Counter[str] = Counter()

    def count(where: Any, name: str) -> None:
        function = getattr(where, name)

        def counting(*arguments: Any) -> Any:
            counted[name] += 1
            return function(*arguments)

        monkeypatch.setattr(where, name, counting)

    count(planning, "scan")
    count(Digits, "digests")
    return counted


def test_many_training_sets_look_once(tmp_path: Path, calls: Counter[str]) -> None:
    """At the runs directory and at the data, however many experiments and training sets a command has."""
    config = tmp_path / "digits.yaml"
    config.write_text("dataset: digits\n")
    loaded = load_all([config], grids=["model.hidden=[[4], [8]]"])
    request = Request(runs_dir=tmp_path / "runs")
    request.runs_dir.mkdir()

    planned, groups = plan_training_sets([each.experiment for each in loaded], 20, "bootstrap", request)

    assert [len(group) for group in groups] == [20, 20]
    assert len(planned.to_train) == 40
    assert calls == {"scan": 1, "digests": 1}


def test_many_runs_that_are_verified_look_once_at_their_data(tmp_path: Path, calls: Counter[str]) -> None:
    """Its digest is taken for the first of them."""
    runs = [read(recorded(tmp_path / "runs", "dataset: digits\n", seed=seed)) for seed in range(5)]

    planned, _ = again(runs, tmp_path / "again", None)

    assert len(planned.runs) == 5
    assert calls == {"digests": 1}


def test_data_that_cannot_be_had_are_missed_once(tmp_path: Path) -> None:
    """Not once for each training set, and looked for once."""
    config = tmp_path / "lacking.yaml"
    config.write_text("dataset: {type: csv, path: no.csv, target: y, task: binary}\n")
    (loaded,) = load_all([config])

    planned, groups = plan_training_sets([loaded.experiment], 3, None, Request(runs_dir=tmp_path / "runs"))

    assert (planned.runs, groups) == ([], [[]])
    assert [str(error).startswith("no.csv: not found") for _, error in planned.without_data] == [True]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of the user's own in the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("x,y\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(40)))


OWN = "dataset: {type: csv, path: t.csv, target: y, task: binary}\n"


def recorded_as(text: str, version: int) -> None:
    """A finished run of a config, by a version of the training code."""
    Path("exp.yaml").write_text(text)
    experiment = load("exp.yaml").experiment
    identity = identities_of(experiment, experiment.dataset.digests(None), version).own
    finished(Path("runs"), "exp", identity=identity, training_version=version, config=experiment.model_dump())


def said_before(text: str, seeds: Sequence[int] = (0,)) -> list[str]:
    """What is said of runs on record before a config is trained, which is done in no time."""
    Path("exp.yaml").write_text(text)
    given = Given(
        configs=[Path("exp.yaml")],
        overrides=[],
        grids=[],
        runs_dir=Path("runs"),
        data_dir=None,
        smoke=False,
        warn=print,
    )
    runner = Runner(engine=lambda _: Here(), progress=lambda *_: nullcontext(Watcher()))
    return [re.sub("-[0-9a-f]{10}", "", line) for line in train(given, seeds, runner).said]


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("version", [2, TRAINING_VERSION])
def test_a_number_that_draws_now_is_said_once(version: int) -> None:
    """Where a run on the first examples is on record, until one on the drawn ones is; how to keep the old is named."""
    recorded_as(OWN + "validation: {type: front, size: 0.25}", version)

    first = said_before(OWN + "validation: 0.25")
    again = said_before(OWN + "validation: 0.25")
    assert first == [
        "runs/exp/s0: validated on the first examples. A number draws them from your own data now, which is another "
        "experiment; to keep the old one, write validation: {type: front, size: 0.25}"
    ]
    assert again == ["runs/exp/s0: done before; --force trains it again"]
    assert said_before(OWN + "validation: 0.5") == []


@pytest.mark.usefixtures("own")
def test_many_runs_that_are_done_are_counted() -> None:
    """Up to three are named."""
    said_before(OWN, range(4))

    assert said_before(OWN, range(5)) == ["4 of 5 runs done before; --force trains them again"]
    assert said_before(OWN, range(3)) == [f"runs/exp/s{i}: done before; --force trains it again" for i in range(3)]


@pytest.mark.usefixtures("own")
def test_a_draw_that_is_said_is_no_change() -> None:
    """The config says another experiment than the record."""
    recorded_as(OWN + "validation: {type: front, size: 0.25}", TRAINING_VERSION)

    assert said_before(OWN + "validation: {type: split, size: 0.25}") == []


@pytest.mark.usefixtures("own")
def test_what_was_not_stratified_before_is_outdated() -> None:
    """`stratify` was false by default: the record is of the same config."""
    recorded_as(OWN + "validation: {type: split, stratify: false}", 2)

    assert said_before(OWN) == ["runs/exp/s0: recorded by training code 2; training again"]


def test_two_names_of_which_one_asks_for_diagnostics_are_trained_once_with_them(tmp_path: Path) -> None:
    """Under the first name, where they are asked for by the second: they are not part of the experiment."""
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("dataset: iris\n")
    second.write_text("dataset: iris\ntraining: {diagnostics: true}\n")

    for order in ([first, second], [second, first]):
        wanted = [(each.experiment, [1, 0]) for each in load_all(order)]
        runs = plan(Request(wanted=wanted, runs_dir=tmp_path / "runs")).runs

        assert [run.seed for run in runs] == [1, 0]
        assert [run.subject.experiment.name for run in runs] == [order[0].stem] * 2
        assert all(run.subject.experiment.training.diagnostics for run in runs)
