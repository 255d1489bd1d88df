"""What studies do with the test split: seal it, open it, and write down who consulted it."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from dlexp.config.load_study import LoadedStudy
from dlexp.errors import DlexpError, UserError
from dlexp.execution.plan import Plan, Planned
from dlexp.format import plural
from dlexp.records.index import Run, scan
from dlexp.records.ledger import Ledger, ledger_path
from dlexp.records.record_files import DamagedRecord
from dlexp.records.run_dir import RunDir
from dlexp.records.seal import Seal
from dlexp.records.test_uses import Judgement, consultations, note_consultation, note_opening, opened
from dlexp.reports.study.answered import Answered, answered
from dlexp.reports.study.facts import StudyFacts
from dlexp.reports.study.use_of_test import UseOfTest

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


def sealed(plan: Plan, parts: Iterable[tuple[LoadedStudy, Iterable[Planned]]]) -> Plan:
    """The same plan, by which the runs of sealed studies are sealed where they are trained now.

    Those that are sealed already stay so, and smoke runs, which nobody compares, have no seal.
    """
    if plan.request.smoke:
        return plan
    seals = {run.key: seal for study, runs in parts if (seal := seal_of(study, plan.request.runs_dir)) for run in runs}
    return replace(plan, runs=[replace(run, seal=run.seal or seals.get(run.key)) for run in plan.runs])


def begin_opening(study: LoadedStudy, facts: StudyFacts, runs_dir: Path) -> None:
    """Write down that a sealed study is opened, if all its runs have ended: from then on it is open.

    Raises:
        DlexpError: Its ledger cannot be written.
    """
    if not facts.is_complete:
        log.warning(f"{study.path}: the test split stays sealed, since not all runs have finished or diverged")
        return
    judgements = list(map(_judgement, answered(facts)))
    n_sealed = len(_sealed_runs(study, runs_dir))
    note_opening(ledger_of(study, runs_dir), study.path, n_sealed, judgements)
    log.info(f"{study.path}: the test split of {plural(n_sealed, 'run')} is open from now on")


def finish_opening(study: LoadedStudy, runs_dir: Path) -> int:
    """Open all sealed runs of a study that was opened: those, too, that a kill in the middle of it left.

    Returns:
        How many these are.

    Raises:
        DlexpError: One cannot be renamed.
    """
    is_opened = study.study.test == "sealed" and opened(ledger_of(study, runs_dir))
    found = _sealed_runs(study, runs_dir) if is_opened else []
    for run_dir in found:
        try:
            run_dir.open_seal()
        except FileNotFoundError:  # Another command has opened or removed it just now.
            continue
        except OSError as error:
            raise DlexpError(f"{run_dir.sealed_path}: cannot be renamed: {error.strerror}") from error
    return len(found)


def use_of_test(facts: StudyFacts, seal: Seal | None, runs_dir: Path) -> UseOfTest:
    """How the test split stands with a study."""
    ledger, runs = ledger_of(facts.study, runs_dir), _runs(facts)
    when = opened(ledger) if facts.study.study.test else ""
    is_asked = any(number.is_of_test for number in answered(facts)) and not seal
    return UseOfTest(
        seal=seal,
        n_open=sum(run.dir.seal() is None for run in runs) if seal else 0,
        opened=when,
        n_since=sum(run.record.started > when for run in runs) if when else 0,
        consulted=_consulted(runs_dir, runs) if is_asked else {},
        ledger=ledger.path,
    )


def note_consultations(facts: StudyFacts, runs_dir: Path) -> None:
    """Write down which claims, goals and guardrails consulted the test split; what cannot be written is said."""
    asked = [number for number in answered(facts) if number.is_of_test and number.term.mean is not None]
    try:
        if asked:
            ledger, judgements = ledger_of(facts.study, runs_dir), list(map(_judgement, asked))
            note_consultation(ledger, facts.study.path, _runs(facts), judgements)
    except DlexpError as error:  # It hides no result.
        log.warning(str(error))


def _consulted(runs_dir: Path, runs: Sequence[Run]) -> Mapping[str, int]:
    try:
        return consultations(runs_dir, runs)
    except DlexpError as error:  # A damaged ledger of another study hides no result of this one.
        log.warning(str(error))
        return {}


def _runs(facts: StudyFacts) -> list[Run]:
    return [run for each in facts.comparison.experiments for run in each.runs.values()]


def _sealed_runs(study: LoadedStudy, runs_dir: Path) -> list[RunDir]:
    """All runs that a study has sealed, those of variants that it has no more included.

    Raises:
        DlexpError: A seal is damaged, and does not say whose it is.
    """
    try:
        return [each for each in scan(runs_dir) if (seal := each.seal()) and seal.study == study.path.stem]
    except DamagedRecord as error:  # It may be one of them.
        raise DlexpError(
            f"{error.lines[0]}; nothing can be opened before it is restored, or its run removed by dlexp rm"
        ) from error


def _judgement(number: Answered) -> Judgement:
    return Judgement(
        says=number.question,
        role=number.role,
        measure=number.measure,
        about=number.term.label,
        between=list(number.term.bound),
        result="sealed" if number.is_sealed else number.outcome,
    )
