"""The cache of encoded tables: the same data, whatever happens to the files."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from loaded_tables import facts

from dlexp.components import snapshot
from dlexp.components.datasets import Csv
from dlexp.components.datasets.reading import compact_reading, csv_file
from dlexp.components.datasets.user import table_cache
from dlexp.errors import InputsChanged

CONTENT = "id,weight,colour,note,day,price\n" + "".join(
    f"n{i},{i % 7}.{i % 3},{['red', 'blue', 'green'][i % 3]},{'' if i % 9 else 'NA'},2024-03-{i % 28 + 1:02d},{i * i}\n"
    for i in range(60)
)
SETTINGS: list[dict[str, Any]] = [
    {"target": "price", "task": "regression", "id": "id", "dates": ["day"], "missing": "mean", "ignore": ["note"]},
    {"target": "colour", "task": "multiclass", "features": ["weight", "price"], "standardize": False},
    {
        "target": "colour",
        "task": "multiclass",
        "text": "note",
        "features": ["price"],
        "num_words": 10,
        "missing": "mean",
    },
    {
        "target": {"price": "count", "colour": "multiclass"},
        "features": ["weight"],
        "test_split": {"type": "group", "column": "day"},
    },
]


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A cache of this test alone, for files of any size."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(compact_reading, "LEAST_BYTES", 0)
    monkeypatch.setenv("DLEXP_CACHE", str(tmp_path / "cache"))
    Path("own.csv").write_text(CONTENT)
    return tmp_path / "cache"


def table(**settings: Any) -> Csv:
    """A data set of the file."""
    return Csv(path="own.csv", **{**SETTINGS[0], **settings})


def not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on the file may not be read."""
    monkeypatch.setattr(csv_file, "read", lambda *_, **__: pytest.fail("it was read again"))


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("quotes", [False, True])
def test_the_second_time_all_is_as_the_first(
    settings: dict[str, Any], quotes: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arrays, classes, remarks, what is shown; however the file was read, and as if there were no cache."""
    if quotes:
        Path("own.csv").write_text(CONTENT.replace("red", '"red"'))
    dataset = Csv(path="own.csv", **settings)
    monkeypatch.setenv("DLEXP_CACHE", "none")
    fresh = facts(dataset)
    monkeypatch.setenv("DLEXP_CACHE", str(folder))

    first = facts(dataset)
    assert dataset.load(None).columns is not None
    not_read(monkeypatch)
    second = facts(dataset)

    assert isinstance(fresh, dict)
    assert fresh == first == second


def test_the_training_rows_can_be_split_by_a_column() -> None:
    """The file is read again for it."""
    table().load(None)
    columns = table().load(None).columns

    assert columns is not None
    assert set(columns.groups("colour", "validation")) == {"red", "blue", "green"}


def test_another_file_or_setting_is_another_table(folder: Path) -> None:
    """The key has the digest of the file, its name, and all settings."""
    first = table().load(None)
    table(split_seed=1).load(None)
    Path("own.csv").write_text(CONTENT.replace("blue", "grey"))
    last = table().load(None)

    assert len(list(folder.iterdir())) == 3
    assert last.info is not None
    assert first.info is not None
    assert "colour=grey" in last.info.feature_names
    assert "colour=blue" in first.info.feature_names


def test_other_code_makes_it_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What reads a table is a part of its key."""
    table().load(None)
    monkeypatch.setattr(table_cache, "_code", lambda: ["another version"])
    table().load(None)

    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("place", [0, 20, 60, 0.3, 0.6, 0.9, -1])
def test_a_damaged_file_is_said_and_made_again(folder: Path, caplog: pytest.LogCaptureFixture, place: float) -> None:
    """Whichever byte was changed."""
    whole = facts(table())
    (path,) = folder.iterdir()
    written = path.read_bytes()
    content = bytearray(written)
    i = int(place * len(content)) if isinstance(place, float) else place
    content[i] ^= 0xFF
    path.write_bytes(content)

    assert facts(table()) == whole
    assert f"{path}: damaged, encoded again (" in caplog.text
    assert path.read_bytes() == written


def test_a_file_of_somebody_else_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Though it cannot be marked as used."""

    def refuse(path: Path) -> None:
        raise PermissionError(1, "Operation not permitted", str(path))

    whole = facts(table())
    not_read(monkeypatch)
    monkeypatch.setattr(os, "utime", refuse)

    assert facts(table()) == whole
    assert not caplog.messages


def test_a_cut_file_is_made_again(folder: Path) -> None:
    """Half a file counts for nothing, nor does an empty one."""
    whole = facts(table())
    (path,) = folder.iterdir()
    written = path.read_bytes()
    for length in (0, 10, len(written) // 2):
        path.write_bytes(written[:length])

        assert facts(table()) == whole
        assert path.read_bytes() == written


def test_what_is_mapped_can_be_written_to(folder: Path) -> None:
    """It changes the memory of this process alone, not the file."""
    table().load(None)
    (path,) = folder.iterdir()
    written, mapped = path.read_bytes(), table().load(None)

    assert isinstance(mapped.train.x, np.ndarray)
    mapped.train.x[:] = 1

    assert path.read_bytes() == written


def test_small_files_are_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are read as fast."""
    monkeypatch.setattr(compact_reading, "LEAST_BYTES", len(CONTENT) + 1)

    table().load(None)

    assert not folder.exists()


def test_no_table_is_kept_under_the_digest_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is too large to be held, and replaced between its digest and its reading, is refused."""
    monkeypatch.setattr(snapshot, "HELD_BYTES", 2)
    monkeypatch.setattr(snapshot, "large_digests", {})
    digests = Csv.digests

    def digests_and_replace(dataset: Csv, data_dir: Path | None) -> tuple[str, ...]:
        found = digests(dataset, data_dir)
        Path("own.csv").write_text(CONTENT.replace("blue", "grey"))
        return found

    monkeypatch.setattr(Csv, "digests", digests_and_replace)

    with pytest.raises(InputsChanged, match=r"own\.csv: changed since the command started$"):
        table().load(None)
