"""What `dlexp compare --until-sure` and `--explain` have in common: both decide which runs there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlexp.errors import UserError
from dlexp.execution.arguments import Auto
from dlexp.format import TableFormat


@dataclass(frozen=True, kw_only=True)
class TrainedComparison:
    """What is compared, and how it is trained and shown."""

    words: Sequence[str]
    metrics: Sequence[str]
    workers: int | Auto
    dry_run: bool
    quiet: bool
    output_format: TableFormat
    runs_dir: Path
    data_dir: Path | None


def require_alone(option: str, others: Mapping[str, object]) -> None:
    """Refuse options that choose from what is on record, or are those of the other one."""
    if given := [other for other, value in others.items() if value]:
        raise UserError(f"{option} decides which runs there are; leave out {', '.join(given)}")


def require_training(options: Mapping[str, object]) -> None:
    """Refuse options of a command that trains, where nothing is trained."""
    if given := [option for option, value in options.items() if value]:
        raise UserError(f"{given[0]}: nothing is trained without --until-sure or --explain")
