"""A reader of CSV files, packed or not: every cell as it stands there."""

import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from dlexp.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


def read(path: Path, delimiter: str = ",", n_rows: int | None = None) -> "pd.DataFrame":
    """A table with a header, all of it text; no more than its first `n_rows`, if that is said.

    Raises:
        DataError: The file cannot be read, or its rows have more fields than the header.
    """
    import pandas as pd

    try:
        frame = pd.read_csv(path, sep=delimiter, dtype=str, keep_default_na=False, encoding="utf-8-sig", nrows=n_rows)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise DataError(f"{path}: not a readable CSV file ({' '.join(str(error).split())})") from error
    # Where every row has one more, pandas takes the first as the row's name and shifts the others.
    if not isinstance(frame.index, pd.RangeIndex):
        raise DataError(f"{path}: the rows have more fields than the header")
    return frame
