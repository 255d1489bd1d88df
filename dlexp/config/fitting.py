"""What configs name in the user's own files, compared with these files."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from dlexp.components.component import Misfit
from dlexp.components.datasets.reading import files
from dlexp.config.experiment import Experiment
from dlexp.config.load import Loaded
from dlexp.config.problems import DEFAULT, Problem, Source
from dlexp.errors import DataError, UserError


def require_fitting(loaded: Iterable[Loaded], data_dir: Path | None) -> None:
    """Compare what configs name in the user's own files with these files.

    Raises:
        UserError: With every column, array or folder that is not there, also of the validation, and every file that
            lies beside its config instead of where it is looked for.
    """
    problems: list[str] = []
    for each in loaded:
        try:
            misfits = list(_not_there(each.experiment, data_dir))
        except DataError:  # What is nowhere to be had fails that config alone: the plan says so.
            misfits = list(_beside(each, data_dir))
        for path, message in misfits:
            source = each.sources.get(path, DEFAULT)
            problems.append(str(Problem(path, message, Source(str(each.path)) if source == DEFAULT else source)))
    if problems:
        raise UserError(*dict.fromkeys(problems))  # No ConfigError: `dlexp check` reads no data, and never says this.


def _not_there(experiment: Experiment, data_dir: Path | None) -> Iterator[Misfit]:
    dataset, column = experiment.dataset, experiment.validation.by
    for misfit in dataset.misfits(data_dir):
        yield misfit.below("dataset")
    if column and (why := dataset.why_no_column(column, data_dir)):
        yield Misfit("validation.column", why)


def _beside(loaded: Loaded, data_dir: Path | None) -> Iterator[Misfit]:
    for field in ("path", "test_path"):
        path = getattr(loaded.experiment.dataset, field, None)
        if path is None:
            continue
        try:
            files.find_users(path, data_dir)
        except DataError as error:
            if (beside := loaded.path.parent / path).exists():
                yield Misfit(
                    f"dataset.{field}", f"{error}; there is one beside the config, whose path from here is {beside}"
                )
