"""Results and failures as they are written and read."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from make_runs import CONFIG

from dlexp.records.ended import Ended, Failed, Finished
from dlexp.records.shapes import of_type

RECORDS = Path(__file__).parent / "records" / "0.1.0" / "runs"
REQUIRED: dict[str, Any] = {"seed": 0, "identity": "a" * 64, "config": CONFIG}


@pytest.mark.parametrize(("name", "kind"), [("summary.json", Finished), ("failure.json", Failed)])
def test_keys_are_written_in_the_order_of_earlier_versions(name: str, kind: type[Ended]) -> None:
    """So that records of two versions can be compared line by line; each is a field of the type."""
    for path in RECORDS.glob(f"*/*/{name}"):
        recorded = [key for key in json.loads(path.read_bytes()) if key in kind.KEYS]

        assert recorded == [key for key in kind.KEYS if key in recorded]
    assert set(kind.KEYS) <= {each.name for each in fields(kind)}


def test_what_an_older_record_lacks_has_a_default() -> None:
    """Only who the run was and its scores are on record for certain."""
    found = Finished.of({**REQUIRED, "metrics": {"loss": None}, "data_digest": None, "later": 1})

    assert (found.format, found.data_digest, found.training_version, found.manifest) == (1, "", None, None)
    assert str(found.metrics["loss"]) == "nan"
    assert found.raw["later"] == 1


@pytest.mark.parametrize(
    ("kind", "change", "wrong"),
    [
        (Finished, {"metrics": {}}, ""),
        (Finished, {}, "no metrics"),
        (Finished, {"metrics": {"loss": "x"}}, "metrics.loss is 'x', expected a number"),
        (
            Finished,
            {"metrics": {}, "training_version": None},
            "training_version is None, expected a whole number from 0",
        ),
        (Finished, {"metrics": {}, "layers": [{"name": "a"}]}, "no layers.0.type"),
        (Finished, {"metrics": {}, "class_names": 1}, "class_names is 1, expected a list"),
        (Failed, {"epoch": -1}, "epoch is -1, expected a whole number from 0"),
        (Failed, {"code_digest": None, "later": object()}, ""),
    ],
)
def test_a_type_is_its_check(kind: Any, change: dict[str, Any], wrong: str) -> None:
    """What a reader relies on is of the right kind, at every depth; other keys may be a later version's."""
    assert of_type(kind)(REQUIRED | change, "") == wrong
