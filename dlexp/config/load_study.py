"""From a study file to checked experiments and claims about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from dlexp.config.lint import Finding
from dlexp.config.load import Loaded
from dlexp.config.node import dotted
from dlexp.config.problems import ConfigError, Problem, Source, refused
from dlexp.config.study import Study, is_study
from dlexp.config.variants import loaded, variants_of
from dlexp.config.yaml_source import STUDY, read


@dataclass(frozen=True, kw_only=True)
class LoadedStudy:
    """A study that passed every check."""

    path: Path
    study: Study
    variants: Mapping[str, Loaded]
    """The experiments by the names of the variants, in their order in the file, each at every point of the grid."""
    warnings: Sequence[Finding] = ()
    """What works in the variants and is unwise, each thing once."""


def load_study(path: Path | str) -> LoadedStudy:
    """Read a study, the configs that it names, and what its variants and its grid lay over them.

    Raises:
        ConfigError: With every problem of the file and of its variants.
    """
    path = Path(path)
    file = read(path, kind=STUDY)
    if not is_study(file.entries):
        raise refused(f"a config, not a study; train it with: dlexp run {path}", Source(str(path)))
    try:
        study = Study.model_validate(file.plain())
    except ValidationError as error:
        raise ConfigError(
            Problem(dotted(each["loc"]), each["msg"], file.nearest_source(each["loc"])) for each in error.errors()
        ) from None
    said, problems = variants_of(file)
    variants: dict[str, Loaded] = {}
    for each in said:
        try:
            variants[each.name] = loaded(each, path.parent)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(dict.fromkeys(problems))
    warnings = dict.fromkeys(found for each in variants.values() for found in each.warnings)
    return LoadedStudy(path=path, study=study, variants=variants, warnings=list(warnings))
