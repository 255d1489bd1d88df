"""Fixtures that several test files share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder with the real data, or the test is skipped."""
    named = os.environ.get("DLEXP_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not (folder / "imdb.npz").exists():
        pytest.skip("needs the real data: set DLEXP_DATA to a folder with imdb.npz and reuters.npz")
    return folder.resolve()
