"""What workers do before the first job: find what cannot be trained, so that nothing is begun."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from dlexp.components.component import Unfit
from dlexp.components.user_code import exits_raised
from dlexp.config.experiment import Device
from dlexp.execution.execute import said_into
from dlexp.training.job import Candidate, Refusal
from dlexp.training.threads import set_threads


def look_ahead(candidates: Sequence[Candidate]) -> list[Refusal]:
    """In a worker: build the models of candidates, and if none is refused, leave the first one ready to be trained."""
    with tempfile.TemporaryDirectory(prefix="dlexp-") as folder:
        said = Path(folder) / "said.txt"
        with said_into(said), exits_raised():
            try:
                set_threads(*candidates[0].experiment.training.process_settings)
            except Unfit as error:
                return [Refusal(candidates[0], error.misfits)]
            from dlexp.training.preflight import refusals
            from dlexp.training.preparation import Preparation, hand_over

            first = Preparation(candidates[0])
            found = refusals(first, candidates[1:])
        first.said = said.read_text(encoding="utf-8", errors="replace")
    if not found:
        hand_over(first)
    return found


def warm_up(process_settings: tuple[int, Device]) -> None:
    """In a worker that has no job yet: import all that trains, which takes longer than many a run."""
    with tempfile.TemporaryDirectory(prefix="dlexp-") as folder, said_into(Path(folder) / "said.txt"):
        set_threads(*process_settings)
        import dlexp.training.run  # noqa: F401


def calls_code_beside(first: Candidate, candidate: Candidate) -> bool:
    """Whether building a candidate calls code of the user's that preparing the first one does not."""
    experiment = candidate.experiment
    is_known = not experiment.model.functions and candidate.inputs_key == first.inputs_key
    return bool(experiment.functions) and not is_known
