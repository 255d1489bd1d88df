"""Predictions as CSV or Parquet, one row per example."""

from pathlib import Path
from typing import TextIO

from dlexp.components.heads.head import PredictedColumns
from dlexp.console import data_out
from dlexp.errors import UserError
from dlexp.format import write_exact_csv
from dlexp.whole_files import replacing


def write(columns: PredictedColumns, path: Path | None) -> None:
    """Write columns of equal length to a file, whole or not at all, or as CSV to stdout.

    Raises:
        UserError: The file cannot be written, or Parquet needs what is not installed.
    """
    if path is None:
        _write_csv(columns, data_out())
        return
    try:
        with replacing(path) as beside:
            if path.suffix == ".parquet":
                import pandas as pd

                pd.DataFrame(dict(columns)).to_parquet(beside, index=False)
            else:
                with beside.open("w", newline="", encoding="utf-8") as file:
                    _write_csv(columns, file)
    except ImportError as error:
        raise UserError("Parquet needs pyarrow; install it by: pip install 'dlexp[parquet]'") from error
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error


def _write_csv(columns: PredictedColumns, file: TextIO) -> None:
    """Numbers as the shortest text that is the same number of their type; what is missing as an empty cell."""
    cells = (["" if each is None else str(each) for each in values] for values in columns.values())
    write_exact_csv(file, columns, zip(*cells, strict=True))
