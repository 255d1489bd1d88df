"""Test scores that a study keeps from its readers until it is opened: they see a run without its test split.

A run that the study trains has its seal, sealed.json, before the training begins; opened, it is called opened.json.
Neither is in the manifest. The records hold the scores all the same: a seal is a promise, no lock.
"""

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

from dlexp.components.columns import Column
from dlexp.records.ended import Finished
from dlexp.records.record_files import read_json
from dlexp.records.shapes import of_type

#: Stands in the reason of a score that is missing since it is sealed.
SEALED = "sealed by study "
#: What of a summary is by column, and what of the test split alone.
_BY_COLUMN = ("metrics", "missing_scores", "guessing", "best_possible")


@dataclass(frozen=True)
class Seal:
    """Who keeps the test scores of a run, and how they are opened."""

    study: str
    """The name of the study."""
    file: str
    """Its file, as the command that trained the run was given it."""

    @classmethod
    def read(cls, path: Path) -> "Seal | None":
        """The one in a file; None if there is no file.

        Raises:
            DamagedRecord: It says something else.
        """
        record = read_json(path, _check)
        return None if record is None else cls(study=record["study"], file=record["file"])

    @property
    def record(self) -> dict[str, str]:
        """What is written."""
        return asdict(self)

    @property
    def said(self) -> str:
        """Why a score is not shown, and what shows it."""
        return f"{SEALED}{self.study}; dlexp study {shlex.quote(self.file)} --open-test opens it"

    def without_test(self, result: Finished) -> Finished:
        """A result without all that is of the test split; of its scores it says why they are missing."""
        of_test = dict.fromkeys(filter(_is_of_test, (*result.metrics, *result.missing_scores)), self.said)
        kept: dict[str, Any] = {key: _others(getattr(result, key)) for key in _BY_COLUMN}
        kept["missing_scores"] |= of_test
        kept["mistakes"] = []
        raw = {key: value for key, value in result.raw.items() if key not in kept}
        raw |= {key: _others(result.raw[key] or {}) for key in _BY_COLUMN if key in result.raw}
        return replace(result, **kept, raw=raw | {"missing_scores": kept["missing_scores"], "mistakes": []})


def is_sealed(reason: str) -> bool:
    """Whether the reason of a missing score is a seal."""
    return SEALED in reason


def _check(record: Any, path: str) -> str:
    """As for any record; but a missing `file` is called a key, or it sounds as if there were no seal."""
    lacking = [key for key in Seal.__dataclass_fields__ if key not in record]
    return f"lacks the key {lacking[0]}" if lacking else of_type(cast(Any, Seal))(record, path)


def _is_of_test(name: str) -> bool:
    return Column.parse(name).split == "test"


def _others(by_column: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in by_column.items() if not _is_of_test(name)}
