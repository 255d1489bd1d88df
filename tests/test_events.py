"""The events of a command that trains: which there are, in which order, and what each says."""

import json
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from commands import Invoke
from watched import IRIS, finish, planned, trained

from dlexp.execution.failures import record_failure
from dlexp.format import to_json_line
from dlexp.records.lock import locked
from dlexp.reports.plan import events as module
from dlexp.reports.plan.events import Event, Events
from dlexp.reports.plan.progress import Progress

#: By event its type.
TYPES = {
    "queued": module.Queued,
    "started": module.Started,
    "stage": module.StageEntered,
    "epoch": module.EpochEnded,
    "finished": module.RunEnded,
    "failed": module.RunEnded,
    "interrupted": module.RunEnded,
    "left": module.RunEnded,
    "done-before": module.RunEnded,
    "end": module.End,
}


def told(event: dict[str, Any]) -> str:
    """What tells an event from others of its kind, in a line."""
    of_kind = {"stage": "stage", "epoch": "epoch", "queued": "epochs", "started": "resumed_after", "end": "counts"}
    said = event[of_kind[event["event"]]] if event["event"] in of_kind else event["outcome"]["status"]
    return f"{event['event']} {event.get('label', '')} {event.get('seed', '')}: {said}"


@pytest.fixture
def seen() -> list[Event]:
    """All events so far."""
    return []


def test_all_that_happens_is_told_in_its_order(tmp_path: Path, seen: list[Event]) -> None:
    """Done before, queued, trained, failed, left to another process and interrupted; at last how many of each."""
    (before,) = planned(tmp_path, [9], a=IRIS).jobs()
    finish(before, 1.0)
    plan = planned(tmp_path, [9, 0, 1, 2, 3, 4], a=IRIS)
    first, failed, left, interrupted, _ = plan.jobs()
    events = Events(seen.append)
    with Progress(plan, events=events, is_quiet=True) as watcher:
        watcher.preparing("starting TensorFlow")
        watcher.started(first)
        watcher.entered(first, "compiling")
        trained(first, [1.0, 1.0])
        watcher.tick()
        watcher.tick()
        trained(first, [1.0, 1.0, 1.0])
        watcher.entered(first, "saving")
        finish(first, 3.0)
        watcher.ended(first)
        watcher.started(failed)
        record_failure(failed, KeyError("planted"))
        watcher.ended(failed)
        watcher.started(left)
        with locked(left.run_dir.lock_path):
            watcher.ended(left)
        trained(interrupted, [1.0])
        watcher.started(interrupted)
    events.end()

    counts = {"finished": 1, "failed": 1, "interrupted": 1, "left": 1, "done-before": 1, "not-started": 1}
    assert [told(dict(event)) for event in seen] == [
        "done-before a 9: finished",
        *(f"queued a {seed}: 20" for seed in range(5)),
        "started a 0: 0",
        "stage a 0: compiling",
        "epoch a 0: 1",
        "epoch a 0: 2",
        "epoch a 0: 3",
        "stage a 0: saving",
        "finished a 0: finished",
        "started a 1: 0",
        "failed a 1: failed",
        "started a 2: 0",
        "left a 2: running",
        "started a 3: 1",
        "interrupted a 3: interrupted",
        f"end  : {counts}",
    ]


def test_every_event_has_the_keys_of_its_type(tmp_path: Path, seen: list[Event]) -> None:
    """No more and no fewer; scripts rely on them. Names, identities and times are the same throughout."""
    plan = planned(tmp_path, [0], a=IRIS)
    (job,) = plan.jobs()
    events = Events(seen.append)
    with Progress(plan, events=events, is_quiet=True) as watcher:
        watcher.started(job)
        watcher.entered(job, "training")
        trained(job, [0.5])
        watcher.tick()
        finish(job, 3.0, accuracy=0.95)
        watcher.ended(job)
    events.end()
    lines = [json.loads(to_json_line(event)) for event in seen]

    assert [line["event"] for line in lines] == ["queued", "started", "stage", "epoch", "finished", "end"]
    for line in lines:
        assert line.keys() == get_type_hints(TYPES[line["event"]]).keys()
    of_run = {"event", "time", "name", "label", "seed", "identity"}
    assert lines[0].keys() == of_run | {"epochs"}
    assert lines[1].keys() == of_run | {"run", "directory", "epochs", "resumed_after", "expected_seconds"}
    assert lines[2].keys() == of_run | {"run", "stage"}
    assert lines[3].keys() == of_run | {"run", "epoch", "epochs", "row"}
    assert lines[4].keys() == of_run | {"run", "outcome"}
    assert lines[5].keys() == {"event", "time", "counts"}
    assert {(line["name"], line["seed"], line["identity"]) for line in lines[:5]} == {("a", 0, job.identity)}
    assert {line["run"] for line in lines[1:5]} == {job.run_dir.label}
    assert lines[3]["row"] == {"epoch": 1, "seconds": 0.5, "loss": 0.5}
    outcome = lines[4]["outcome"]
    assert (outcome["metric"], outcome["last"], outcome["seconds"]) == ("val_accuracy", 0.95, 3.0)


def test_what_is_no_number_is_null(tmp_path: Path, seen: list[Event]) -> None:
    """JSON has no NaN."""
    plan = planned(tmp_path, [0], a=IRIS)
    (job,) = plan.jobs()
    with Progress(plan, events=Events(seen.append), is_quiet=True) as watcher:
        watcher.started(job)
        job.run_dir.history_path.write_text("epoch,seconds,loss\n1,0.5,nan\n")
        watcher.tick()

    (epoch,) = (json.loads(to_json_line(event)) for event in seen if event["event"] == "epoch")
    assert epoch["row"] == {"epoch": 1, "seconds": 0.5, "loss": None}


@pytest.mark.training
def test_a_command_prints_its_events_and_nothing_else(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One JSON object in each line of stdout, the last one the end; also where all is done, and where nothing is."""
    monkeypatch.chdir(tmp_path)
    Path("good.yaml").write_text("dataset: iris\nmodel: {hidden: [4]}\ntraining: {epochs: 2}\n")
    command = ("run", "good.yaml", "--format", "jsonl")
    first, again, wrong = invoke(*command), invoke(*command, "--quiet"), invoke(*command, "--set", "nothing=1")
    kinds = [[json.loads(line)["event"] for line in out.splitlines()] for _, out, _ in (first, again, wrong)]

    assert [code for code, _, _ in (first, again, wrong)] == [0, 0, 2]
    assert [kind for kind in kinds[0] if kind != "stage"] == ["queued", "started", "epoch", "epoch", "finished", "end"]
    assert kinds[1:] == [["done-before", "end"], ["end"]]
    assert again[2] == ""
