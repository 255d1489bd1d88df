"""What studies do with the test split: seal it, open it, and write down who consulted it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from dlexp.config.load_study import LoadedStudy
from dlexp.errors import DlexpError, UserError
from dlexp.execution.plan import Key, Plan
from dlexp.records.index import Run, scan
from dlexp.records.ledger import Ledger, ledger_path
from dlexp.records.run_dir import RunDir
from dlexp.records.seal import Seal
from dlexp.records.test_uses import Question, consultations, note_consultation, note_opening, opened
from dlexp.reports.study.answered import Answered, answered
from dlexp.reports.study.facts import StudyFacts
from dlexp.reports.study.use_of_test import UseOfTest, is_of_test

log = logging.getLogger(__name__)


def ledger_of(study: LoadedStudy, runs_dir: Path) -> Ledger:
    """The ledger of a study: it goes by the name of its file."""
    return Ledger(ledger_path(runs_dir, study.path.stem))


def require_sealed(studies: Sequence[LoadedStudy]) -> None:
    """Refuse to open what is not sealed.

    Raises:
        UserError: With a line for each study.
    """
    if lines := [f"--open-test: {each.path} seals no test split" for each in studies if each.study.test is None]:
        raise UserError(*lines)


def seal_of(study: LoadedStudy, runs_dir: Path) -> Seal | None:
    """What keeps the test scores of a study from readers; None if they are open, or were opened.

    Raises:
        DamagedRecord: The ledger, which says whether they were, cannot be read.
    """
    is_sealed = study.study.test == "sealed" and not opened(ledger_of(study, runs_dir))
    return Seal(study=study.path.stem, file=str(study.path)) if is_sealed else None


def sealed(plan: Plan, seals: Mapping[Key, Seal]) -> Plan:
    """The same plan, by which these runs are sealed where they are trained now; those that are sealed already stay."""
    runs = [
        run if run.seal or run.recorded or run.key not in seals else replace(run, seal=seals[run.key])
        for run in plan.runs
    ]
    return replace(plan, runs=runs)


def open_test(study: LoadedStudy, facts: StudyFacts, runs_dir: Path) -> bool:
    """Open a study whose runs have all ended: first in its ledger, then each of its runs.

    Returns:
        Whether it is open now; asked again, it was before.

    Raises:
        DlexpError: Its ledger cannot be written.
    """
    ledger = ledger_of(study, runs_dir)
    if not opened(ledger):
        if not facts.is_complete:
            log.warning(f"{study.path}: not opened, since not all of its runs have finished or diverged")
            return False
        note_opening(ledger, study.path, len(_sealed_runs(study, runs_dir)), list(map(_question, answered(facts))))
    return True


def finish_opening(study: LoadedStudy, runs_dir: Path) -> int:
    """Open all sealed runs of a study that was opened: those, too, that a kill in the middle of it left.

    Returns:
        How many these are.
    """
    found = _sealed_runs(study, runs_dir) if opened(ledger_of(study, runs_dir)) else []
    for run_dir in found:
        run_dir.open_seal()
    return len(found)


def use_of_test(study: LoadedStudy, facts: StudyFacts, runs_dir: Path, seal: Seal | None) -> UseOfTest:
    """How the test split stands with a study."""
    ledger, runs = ledger_of(study, runs_dir), _runs(facts)
    when = opened(ledger) if study.study.test else ""
    is_asked = any(map(is_of_test, answered(facts))) and not seal
    return UseOfTest(
        seal=seal,
        n_open=sum(run.dir.seal() is None for run in runs) if seal else 0,
        opened=when,
        n_since=sum(run.record.started > when for run in runs) if when else 0,
        consulted=consultations(runs_dir, runs) if is_asked else {},
        ledger=ledger.path,
    )


def note(study: LoadedStudy, facts: StudyFacts, runs_dir: Path) -> None:
    """Write down which claims, goals and guardrails consulted the test split; what cannot be written is said."""
    asked = [number for number in answered(facts) if is_of_test(number) and number.term.mean is not None]
    try:
        if asked:
            note_consultation(ledger_of(study, runs_dir), study.path, _runs(facts), list(map(_question, asked)))
    except DlexpError as error:  # It hides no result.
        log.warning(str(error))


def _runs(facts: StudyFacts) -> list[Run]:
    return [run for each in facts.comparison.experiments for run in each.runs.values()]


def _sealed_runs(study: LoadedStudy, runs_dir: Path) -> list[RunDir]:
    """All runs that a study has sealed, those of variants that it has no more included."""
    return [each for each in scan(runs_dir) if (seal := each.seal()) and seal.study == study.path.stem]


def _question(number: Answered) -> Question:
    return Question(
        says=number.question,
        role=number.role,
        measure=number.measure,
        about=number.term.label,
        between=list(number.term.bound),
        result=number.outcome,
    )
