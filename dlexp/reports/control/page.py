"""Controls as a page, and as a document."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from dlexp.config.controls import CONTROLS
from dlexp.format import PageFormat, paragraph, to_json
from dlexp.reports.control.judgement import Judged
from dlexp.training.controlled import Controlled


@dataclass(frozen=True, kw_only=True)
class ControlledExperiment:
    """An experiment and what its controls have found."""

    name: str
    config: str
    seed: int
    controlled: Controlled
    judged: Sequence[Judged]

    @property
    def has_failed(self) -> bool:
        """Whether any control did that is not allowed to."""
        return any(each.result == "failed" for each in self.judged)


def render(subjects: Sequence[ControlledExperiment], output: PageFormat, width: int) -> str:
    """A page, with a line end after its last line, or one JSON document."""
    if output == "json":
        return to_json([_document(each) for each in subjects])
    return "\n".join("\n".join(lines_of(each, width)) + "\n" for each in subjects)


def lines_of(subject: ControlledExperiment, width: int) -> list[str]:
    """The experiment, then a line for each control, and what a failed one means."""
    measured = subject.controlled
    examples = f"{measured.n_trained:,} training examples, {measured.n_held_out:,} held out"
    lines = paragraph(f"{subject.name}, seed {subject.seed} ({examples})", width, below="  ")
    words = max(len(each.result) for each in subject.judged)
    names = max(map(len, CONTROLS))
    for each in subject.judged:
        start = f"  {each.result:<{words}}  {each.name:<{names}}  "
        told = f"{each.found}. {each.advice[:1].upper()}{each.advice[1:]}." if each.advice else each.found
        # On a narrow terminal the words need the room.
        below = len(start) if width >= 2 * len(start) else 4
        lines += paragraph(told, width, start, " " * below)
    return lines


def _document(subject: ControlledExperiment) -> dict[str, object]:
    return {
        "name": subject.name,
        "config": subject.config,
        "seed": subject.seed,
        "passed": not subject.has_failed,
        "controls": [asdict(each) | {"asks": each.asks} for each in subject.judged],
        "measured": asdict(subject.controlled),
    }
