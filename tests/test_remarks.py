"""What is said of data as they were read: said once, allowed by a config, refused by `--strict`."""

import logging
from contextlib import nullcontext
from pathlib import Path

import pytest
from engines import Here, Silent
from jobs import IRIS, job_of
from make_runs import finished

from dlexp.components.datasets import Iris
from dlexp.components.remarks import RULES, Remark, require_settled, said
from dlexp.config.identity import identities_of
from dlexp.config.load import load
from dlexp.errors import Unsettled
from dlexp.execution.remarking import Remarking
from dlexp.records.run_dir import RunDir
from dlexp.training.job import Job
from dlexp.training.stages import Stage
from dlexp.workflows.runner import Given, Runner
from dlexp.workflows.train import train

GUESSED = Remark(rule="delimiter", place="a.csv", found="columns are split at ';'", key="dataset.delimiter")
FILLED = Remark(rule="filled", place="a.csv: column x", found="3 cells are filled", is_settled=True)


class Quiet:
    """A watcher that counts."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def preparing(self, stage: Stage) -> None:
        """Noted."""
        self.calls.append("preparing")

    def started(self, job: Job) -> None:
        """Noted."""
        self.calls.append("started")

    def entered(self, job: Job, stage: Stage) -> None:
        """Noted."""
        self.calls.append(stage)

    def tick(self) -> None:
        """Noted."""
        self.calls.append("tick")

    def ended(self, job: Job) -> None:
        """Noted."""
        self.calls.append("ended")

    def stopping(self) -> None:
        """Noted."""
        self.calls.append("stopping")


def test_rules_are_listed_by_name() -> None:
    """The documentation has them in this order."""
    assert list(RULES) == sorted(RULES)


def test_a_remark_names_place_key_and_rule() -> None:
    """One line; what the config has decided needs no rule to allow it."""
    assert str(GUESSED) == (
        "a.csv: columns are split at ';'; see dataset.delimiter (allow: [delimiter] if it is meant)"
    )
    assert str(FILLED) == "a.csv: column x: 3 cells are filled"


def test_what_a_config_allows_is_not_said() -> None:
    """Each remark is said once; a settled one is no doubt that could be allowed."""
    assert said([GUESSED, FILLED, GUESSED], []) == [GUESSED, FILLED]
    assert said([GUESSED, FILLED], ["delimiter", "filled"]) == [FILLED]


def test_many_remarks_that_are_alike_are_few_lines() -> None:
    """Of a table of a thousand columns, too; another rule or file is another group."""
    alike = [Remark(rule="sentinel", place=f"a.csv: column {k}", found="-999 in 3 rows") for k in range(1000)]

    *first, rest = map(str, said([*alike, GUESSED], [])[:5])

    assert first == [str(each) for each in alike[:4]]
    assert rest == "a.csv: the same of 996 more, from column 4 to column 999 (allow: [sentinel] if it is meant)"
    assert said([*alike, GUESSED], [])[5:] == [GUESSED]
    assert said(alike[:5], []) == alike[:5]


def test_strict_refuses_what_no_setting_has_decided() -> None:
    """In at most ten lines, with the exit code of the user's mistakes."""
    require_settled([FILLED])
    many = [Remark(rule="delimiter", place=f"{i}.csv", found="guessed") for i in range(12)]

    with pytest.raises(Unsettled) as refused:
        require_settled([FILLED, *many])

    assert refused.value.exit_code == 2
    assert refused.value.lines[0] == "0.csv: guessed (allow: [delimiter] if it is meant)"
    assert (len(refused.value.lines), refused.value.lines[-1]) == (10, "and 3 more")


def test_remarks_are_logged_as_soon_as_they_are_recorded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Once, however many runs have the same data; everything is handed on."""
    first, second = (job_of(tmp_path, IRIS, seed) for seed in (0, 1))
    quiet = Quiet()
    watcher = Remarking(quiet)
    caplog.set_level(logging.WARNING, logger="dlexp")

    watcher.preparing("building")
    watcher.started(first)
    watcher.entered(first, "building")
    RunDir(first.path).write_json(RunDir(first.path).environment_path, {"remarks": [GUESSED.record]})
    watcher.entered(first, "compiling")
    said = list(caplog.messages)
    watcher.entered(first, "training")
    watcher.tick()
    watcher.ended(first)
    watcher.started(second)
    RunDir(second.path).write_json(RunDir(second.path).environment_path, {"remarks": [GUESSED.record, FILLED.record]})
    watcher.ended(second)

    assert said == [str(GUESSED)]
    assert caplog.messages == [str(GUESSED), str(FILLED)]
    stages = ["building", "compiling", "training"]
    assert quiet.calls == ["preparing", "started", *stages, "tick", "ended", "started", "ended"]


def test_a_record_has_what_its_config_allowed_too() -> None:
    """Another config need not allow it; a later version may record more of it."""
    recorded = {**GUESSED.record, "later": 1}

    assert Remark.of(recorded) == GUESSED


@pytest.mark.parametrize("allow", [True, False])
def test_strict_looks_at_the_data_of_runs_that_are_done(allow: bool, tmp_path: Path) -> None:
    """By what the config allows now, not when they were trained."""
    (tmp_path / "a.yaml").write_text("dataset: iris\n" + "allow: [delimiter]\n" * allow)
    ident = identities_of(load(tmp_path / "a.yaml").experiment, Iris().digests(None)).own
    finished(tmp_path / "runs", "a", identity=ident, remarks=[GUESSED.record, FILLED.record])
    given = Given(
        configs=[tmp_path / "a.yaml"],
        overrides=[],
        grids=[],
        runs_dir=tmp_path / "runs",
        data_dir=None,
        smoke=False,
        warn=print,
    )
    runner = Runner(engine=lambda _: Here(), progress=lambda *_: nullcontext(Silent()))
    if not allow:
        with pytest.raises(Unsettled, match="columns are split at ';'"):
            train(given, [0], runner, strict=True)

    trained = train(given, [0], runner, strict=allow)

    assert trained.said[1:] == ([str(FILLED)] if allow else [str(GUESSED), str(FILLED)])
