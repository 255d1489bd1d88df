"""What a run's history says is wrong with it, each with the change that usually helps; nothing of a healthy run."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import get_args

from dlexp.records.ended import Failed, Finished
from dlexp.records.index import SMOKE, Run
from dlexp.records.record_files import DamagedRecord
from dlexp.reports.run import remedies
from dlexp.reports.run.evidence import Evidence, TargetEvidence
from dlexp.reports.run.guessing import why_lost
from dlexp.reports.run.learning_rates import diverged, oscillates_rather, slow, thrown
from dlexp.reports.run.symptom import Kind, Symptom
from dlexp.reports.run.training_length import overfits, stopped_at_once, unfinished
from dlexp.reports.run.validation_scores import small_validation, validation_better

#: More than that nobody reads.
MOST_SAID = 3
#: The most important first.
_KINDS = get_args(Kind)


def symptoms(run: Run) -> list[Symptom]:
    """What a finished or diverged run shows, the most important first; a record that cannot be read shows nothing."""
    is_resampled = bool(remedies.at(run.config, "dataset.resample"))
    if is_resampled or SMOKE in run.dir.path.parts:  # Trained to be measured together, or for two epochs.
        return []
    with suppress(DamagedRecord):
        if isinstance(run.record, Finished):
            return list(islice(_shown(Evidence.of(run, run.dir.history())), MOST_SAID))
        if isinstance(run.record, Failed) and run.has_diverged:
            return [diverged(run, run.record, run.dir.history())]
    return []


def _shown(evidence: Evidence) -> Iterator[Symptom]:
    if stopped := stopped_at_once(evidence):
        yield stopped
        return
    found = [symptom for target in evidence.targets for symptom in _of_target(evidence, target)]
    # Of several targets that show the same, the first stands for all.
    once: dict[tuple[str, str], Symptom] = {}
    for symptom in found:
        once.setdefault((symptom.kind, symptom.change), symptom)
    yield from sorted(once.values(), key=lambda symptom: _KINDS.index(symptom.kind))


def _of_target(evidence: Evidence, target: TargetEvidence) -> Iterator[Symptom]:
    if target.is_lost:
        yield why_lost(evidence, target)
        return
    found = slow(evidence, target) or thrown(evidence, target)
    if found is None and (found := overfits(evidence, target)):
        found = oscillates_rather(evidence, target) or found
    found = found or unfinished(evidence, target)
    if found:
        yield found
    # Of a training that has hardly begun, or flies about, both losses are of many models.
    is_settled = found is None or found.kind == "overfits" or evidence.is_noisy
    if is_settled and (better := validation_better(evidence, target)):
        yield better
    if few := small_validation(evidence, target):
        yield few
