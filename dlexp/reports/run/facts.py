"""What is on record of one run, as far as it can be read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlexp.errors import UserError
from dlexp.records.ended import Finished
from dlexp.records.evaluation import Evaluation
from dlexp.records.index import Run
from dlexp.records.record_files import DamagedRecord
from dlexp.records.run_dir import UNFINISHED, RunDir
from dlexp.reports.run.diagnosis import diagnose
from dlexp.reports.run.symptom import Symptom
from dlexp.reports.run.symptoms import symptoms


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """One run in full."""

    run: Run
    config: Mapping[str, Any]
    """Its resolved config; of a run that has not ended, what its config.yaml says."""
    history: Sequence[dict[str, float]]
    symptoms: Sequence[Symptom]
    """What its history shows."""
    diagnosis: Sequence[str]
    """What is unusual in its hidden layers."""
    is_observed: bool
    """Whether there are diagnostics of its hidden layers."""
    evaluation: Evaluation | None
    """None if it was not kept, or cannot be read."""
    environment: Mapping[str, Any]
    damage: Sequence[str]
    """A line for each file that cannot be read."""

    @property
    def result(self) -> Finished | None:
        """What came of it; None if it has no result."""
        return self.run.record if isinstance(self.run.record, Finished) else None

    @property
    def on_test(self) -> Evaluation:
        """The evaluation; where there is none, the mistakes that the result names, and why they lack their examples."""
        if self.evaluation:
            return self.evaluation
        path, seal = self.run.dir.evaluation_path, self.run.dir.seal()
        why = f"{path.name} is damaged" if path.exists() else "recorded before they were kept"
        if seal:
            return Evaluation(mistakes=[], examples_problem=seal.said)
        return Evaluation(mistakes=self.result.mistakes if self.result else [], examples_problem=why)


def facts_of(run: Run) -> RunFacts:
    """Read all that is on record of a run."""
    damage: list[str] = []

    def read(what: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return what()
        except (DamagedRecord, UserError) as error:
            damage.append(error.lines[0])
            return otherwise

    history = read(run.dir.history, [])
    config = run.config
    if run.status in UNFINISHED and run.dir.config_path.exists():
        config = read(lambda: _begun_config(run.dir), config)
    diagnostics = read(run.dir.diagnostics, []) if config else []
    return RunFacts(
        run=run,
        config=config,
        history=history,
        symptoms=symptoms(run),
        diagnosis=diagnose(diagnostics, config),
        is_observed=bool(diagnostics),
        evaluation=read(run.dir.evaluation, None),
        environment=read(run.dir.environment, None) or {},
        damage=damage,
    )


def _begun_config(run_dir: RunDir) -> dict[str, Any]:
    """The settings in a run's config.yaml, all that a run has recorded of itself until it ends."""
    from dlexp.config.load import load_unchecked

    return load_unchecked(run_dir.config_path).model_dump(exclude={"name"})
