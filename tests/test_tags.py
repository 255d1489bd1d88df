"""Tags and notes of runs, and `dlexp tag`."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from commands import Invoke
from engines import Here, Watcher
from make_runs import finished

import dlexp
from dlexp.config.load import load
from dlexp.errors import DlexpError, UserError
from dlexp.execution.plan import Request
from dlexp.execution.planning import plan
from dlexp.records.index import read, scan
from dlexp.records.lock import locked
from dlexp.records.run_dir import RunDir
from dlexp.records.tags import Words, as_tag, change
from dlexp.reports.verification.integrity import check
from dlexp.workflows.runner import Given, Runner
from dlexp.workflows.train import train

RUNS = Path("runs")


@pytest.fixture
def tag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> Invoke:
    """Run `dlexp tag` beside two runs; gives its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    finished(RUNS, "low", accuracy=0.7)
    finished(RUNS, "high", accuracy=0.9)
    return partial(invoke, "tag")


def tags_of(name: str) -> tuple[str, ...]:
    """The tags of a run."""
    (path,) = (RUNS / name).iterdir()
    return RunDir(path).tags()


def test_a_tag_is_given_and_taken(tag: Invoke) -> None:
    """To what words and filters select; a run has a tag once, and no empty file."""
    assert tag("low", "high", "old") == (0, "", "the tag old was given to 2 runs\n")
    assert tag("--where", "val_accuracy > 0.8", "best") == (0, "", "the tag best was given to 1 run\n")
    assert tag("--tag", "old", "old")[2] == "the tag old was given to 0 runs; 2 as before\n"
    assert (tags_of("high"), tags_of("low")) == (("old", "best"), ("old",))

    assert tag("*", "old", "--remove")[2] == "the tag old is gone from 2 runs\n"
    assert (tags_of("high"), tags_of("low")) == (("best",), ())
    assert not list(RUNS.glob("low/*/tags.txt"))


def test_a_note_is_written_and_removed(tag: Invoke) -> None:
    """The last one stands."""
    assert tag("low", "--note", "first")[2] == "the note was given to 1 run\n"
    assert tag("low", "--note", "for the talk\n")[2] == "the note was given to 1 run\n"
    (path,) = RUNS.glob("low/*/note.txt")
    assert path.read_text() == "for the talk\n"

    assert tag("*", "--note", "")[2] == "the note is gone from 1 run; 1 as before\n"
    assert not path.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "expected a tag after the selection: dlexp tag SELECTION... WORD"),
        (("best",), "choose runs to tag, by names, runs, configs or a filter: dlexp tag SELECTION... WORD"),
        (("--note", "it"), "choose runs to tag"),
        (("low", "high"), "high: expected a tag as the last word, given the name of runs"),
        (("low", "low.yaml"), "low.yaml: expected a tag as the last word, given a config"),
        (("low", ""), "tag '': expected one word"),
        (("low", "--note", "a\udcff"), "note: character 2 is none in UTF-8"),
        (
            ("low", "two words"),
            "tag 'two words': expected one word of letters, digits and _ - . + : @ #; write two-words",
        ),
        (("low", "a,b"), "tag 'a,b': expected one word"),
        (("low", "x" * 41), f"tag '{'x' * 41}': expected at most 40 characters, given 41"),
        (("low", "bset", "--remove"), "bset: the run has no tag 'bset'. Did you mean 'best'?"),
        (("low", "--note", "it", "--remove"), "--remove is for tags; --note '' removes the note"),
    ],
)
def test_what_makes_no_sense_is_refused(words: tuple[str, ...], message: str, tag: Invoke) -> None:
    """With what to write; nothing is tagged."""
    change(RunDir(next((RUNS / "low").iterdir())), add=["best"])

    code, _, said = tag(*words)

    assert code == 2
    assert said.startswith(message)
    assert (tags_of("low"), tags_of("high")) == (("best",), ())


def test_a_run_under_way_can_be_tagged(tag: Invoke) -> None:
    """What trains it never reads or writes its tags; its result is as it was."""
    (path,) = (RUNS / "low").iterdir()
    with locked(path / "lock"):
        assert tag("low", "watch")[0] == 0

    assert tags_of("low") == ("watch",)


def test_what_two_commands_add_at_the_same_time_is_there(tmp_path: Path) -> None:
    """One waits for the other."""
    run_dir = finished(tmp_path)
    words = [f"w{i}" for i in range(20)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda word: change(run_dir, add=[word]), words))

    assert sorted(run_dir.tags()) == sorted(words)


def test_words_are_told_apart_as_they_look() -> None:
    """A letter with its accent is one character, however it was typed."""
    assert as_tag("cafe\u0301") == "café"
    with pytest.raises(UserError, match=r"^tag '-x': expected one word of letters.*; write x$"):
        as_tag("-x")


def test_a_tag_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """As where the disk is full: a folder stands in the place of the file."""
    run_dir = finished(tmp_path)
    (tmp_path / ".tags.lock").mkdir()

    with pytest.raises(DlexpError, match=r"cannot be tagged: Is a directory$"):
        change(run_dir, add=["best"])


def test_verify_and_clean_know_tags_and_notes(tag: Invoke, invoke: Invoke) -> None:
    """They are not part of the manifest, and no foreign files."""
    (path,) = (RUNS / "low").iterdir()
    before = check(read(RunDir(path)))
    tag("low", "best")
    tag("low", "--note", "it")

    assert check(read(RunDir(path))) == before
    assert invoke("rm", "low", "--yes")[0] == 0
    assert not (RUNS / "low").exists()


def test_runs_are_tagged_when_they_are_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By `run --tag WORD --note TEXT`; those done before get the words too, the repetition of an observed run none."""
    monkeypatch.chdir(tmp_path)
    Path("exp.yaml").write_text("dataset: iris\nmodel: {hidden: [8]}\n")
    given = Given(
        configs=[Path("exp.yaml")],
        overrides=[],
        grids=[],
        runs_dir=RUNS,
        data_dir=None,
        smoke=False,
        warn=print,
    )
    runner = Runner(engine=lambda _: Here(), progress=lambda *_: nullcontext(Watcher()), words=Words(["first"], "why?"))
    (run_dir,) = train(given, [0], runner).results
    assert (run_dir.tags(), run_dir.note()) == (("first",), "why?")

    train(given, [0, 1], replace(runner, words=Words(["second"])))
    assert [each.tags() for each in scan(RUNS)] == [("first", "second"), ("second",)]
    assert run_dir.note() == "why?"

    planned = plan(Request(runs_dir=RUNS, data_dir=None, repeats=True, wanted=[(load("exp.yaml").experiment, [2])]))
    (repetition,) = runner.carry_out(planned)
    assert repetition.tags() == ()


def test_python_tags_as_the_command_does(tag: Invoke) -> None:
    """And selects by tags; columns of runs have both."""
    assert dlexp.tag("low", add=["old", "first"], note="why?") == 1
    assert dlexp.tag(remove=["first"], tags=["first"]) == 1
    assert list(dlexp.runs(tags=["old"])["name"]) == ["low"]
    with pytest.raises(UserError, match=r"^note: expected a text, given 3$"):
        dlexp.tag("low", note=3)  # type: ignore[arg-type]
    with pytest.raises(UserError, match=r"^add: expected a list of words, given one text; write \['old'\]$"):
        dlexp.tag("low", add="old")
