"""A reader of CSV files, packed or not: every cell as it stands there."""

import bz2
import gzip
import lzma
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlexp.errors import DataError, UserError

if TYPE_CHECKING:
    import pandas as pd

#: Archives of which pandas reads the table alone, and not the checksum at their end.
_PACKED_TAR: dict[str, Any] = {".tar.gz": gzip.open, ".tar.bz2": bz2.open, ".tar.xz": lzma.open}
#: How much of one is unpacked at a time, in bytes.
_CHUNK = 1 << 20


def read(path: Path, delimiter: str = ",", n_rows: int | None = None) -> "pd.DataFrame":
    """A table with a header, all of it text; no more than its first `n_rows`, if that is said.

    Raises:
        DataError: The file cannot be read, or its rows have more fields than the header.
        UserError: It is packed by what is not installed.
    """
    import pandas as pd

    try:
        if n_rows is None:
            _read_to_the_end(path)
        frame = pd.read_csv(path, sep=delimiter, dtype=str, keep_default_na=False, encoding="utf-8-sig", nrows=n_rows)
    except ImportError as error:
        raise UserError(f"{path}: needs zstandard; install it by: pip install zstandard") from error
    except MemoryError:
        raise
    # Each kind of archive has errors of its own, and a damaged one raises nearly any.
    except Exception as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{path}: not a readable CSV file ({said})") from error
    # Where every row has one more, pandas takes the first as the row's name and shifts the others.
    if not isinstance(frame.index, pd.RangeIndex):
        raise DataError(f"{path}: the rows have more fields than the header")
    return frame


def _read_to_the_end(path: Path) -> None:
    """Have a packed tar archive checked: its reader raises where the checksum is another."""
    for suffix, opened in _PACKED_TAR.items():
        if path.name.lower().endswith(suffix):
            with opened(path) as file:
                while file.read(_CHUNK):
                    pass
