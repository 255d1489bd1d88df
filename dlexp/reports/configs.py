"""What is wrong with config files, what is unwise in them, and what a run of them calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlexp.config.lint import Finding
from dlexp.config.load import Loaded, load_all
from dlexp.config.problems import ConfigError, Problem
from dlexp.console import one_line
from dlexp.format import PageFormat, to_json


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A config file with what was found in it."""

    file: str
    experiments: Sequence[Loaded] = ()
    """Empty if there are problems."""
    problems: Sequence[Problem] = ()
    warnings: Sequence[Finding] = ()
    """What is unwise in it."""
    notes: Sequence[str] = ()
    """What has to be known of its data sets and models."""


def check(path: Path, overrides: Sequence[str], grids: Sequence[str]) -> Checked:
    """Look for mistakes in a config file at every point of the grids, before anything is loaded."""
    try:
        loaded = load_all([path], overrides, grids)
    except ConfigError as error:
        return Checked(file=str(path), problems=error.problems)
    warnings = dict.fromkeys(warning for each in loaded for warning in each.warnings)
    parts = [part for each in loaded for part in (each.experiment.dataset, each.experiment.model)]
    notes = dict.fromkeys(note for part in parts for note in part.notes())
    return Checked(file=str(path), experiments=loaded, warnings=list(warnings), notes=list(notes))


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
        "change": problem.change or None,
    }
