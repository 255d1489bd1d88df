"""What is wrong with config files and studies, what is unwise in them, and what a run of them calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlexp.config.lint import Finding
from dlexp.config.load import Loaded, load_all
from dlexp.config.load_study import is_study_file, load_study
from dlexp.config.problems import ConfigError, Problem, Source, refused
from dlexp.console import one_line
from dlexp.format import PageFormat, to_json


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A config or a study with what was found in it."""

    file: str
    experiments: Sequence[Loaded] = ()
    """Empty if there are problems."""
    problems: Sequence[Problem] = ()
    warnings: Sequence[Finding] = ()
    """What is unwise in it."""
    notes: Sequence[str] = ()
    """What has to be known of its data sets and models."""


def check(path: Path, overrides: Sequence[str], grids: Sequence[str]) -> Checked:
    """Look for mistakes in a config at every point of the grids, or in a study, before anything is loaded."""
    try:
        if is_study_file(path):
            return _study(path, *overrides, *grids)
        loaded = load_all([path], overrides, grids)
    except ConfigError as error:
        return Checked(file=str(path), problems=error.problems)
    warnings = dict.fromkeys(warning for each in loaded for warning in each.warnings)
    return Checked(file=str(path), experiments=loaded, warnings=list(warnings), notes=_notes(loaded))


def _study(path: Path, *changes: str) -> Checked:
    if changes:
        raise refused("a study takes no --set and no --grid; write them into its variants", Source(str(path)))
    study = load_study(path)
    experiments = list(study.variants.values())
    return Checked(file=str(path), experiments=experiments, warnings=study.warnings, notes=_notes(experiments))


def _notes(loaded: Sequence[Loaded]) -> list[str]:
    parts = [part for each in loaded for part in (each.experiment.dataset, each.experiment.model)]
    return list(dict.fromkeys(note for part in parts for note in part.notes()))


def render(checked: Sequence[Checked], failed: Sequence[Checked], output: PageFormat) -> str:
    """A line for each file that has not failed, with its notes; or all that was found, as one JSON document."""
    if output == "json":
        files = [
            {
                "file": file.file,
                "problems": list(map(_record, file.problems)),
                "warnings": [_record(warning) | {"rule": warning.rule} for warning in file.warnings],
                "notes": file.notes,
            }
            for file in checked
        ]
        return to_json({"ok": not failed, "files": files})
    fine = [file for file in checked if file not in failed]
    return "".join("\n  note: ".join(map(one_line, [f"{file.file}: ok", *file.notes])) + "\n" for file in fine)


def _record(problem: Problem) -> dict[str, Any]:
    source = problem.source
    return {
        "file": source.label if source else None,
        "line": source.line if source else None,
        "path": problem.place,
        "message": problem.message,
        # An override is laid over a config; what stands in a study is changed there.
        "change": problem.change if problem.change and not source.within else None,
    }
