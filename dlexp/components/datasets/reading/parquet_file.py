"""A reader of Parquet files; it needs the extra `parquet`."""

from pathlib import Path
from typing import Any

from dlexp import regular_files
from dlexp.components import memory, snapshot
from dlexp.components.datasets.reading.read import Read
from dlexp.errors import DataError, DlexpError, UserError, in_one_line

#: What a number in a cell of a table takes in memory.
CELL_BYTES = 8
#: Whole numbers from here on are not all exact as float64, which columns with gaps become.
MAX_EXACT = 2**53


def read(path: Path, rows: bool = True) -> Read:
    """A table of numbers, words, dates and truth values, or its header alone, without rows.

    Decimals become numbers, durations seconds, categories their words; what is nested stays as it is, and is named.
    """
    try:
        regular_files.require(path)
        from pyarrow import parquet

        return _read(path) if rows else Read(parquet.read_schema(path).empty_table().to_pandas())
    except ImportError as error:
        raise UserError(f"{path}: Parquet needs pyarrow; install it by: pip install 'dlexp[parquet]'") from error
    except (DlexpError, MemoryError):  # More than fits into memory.
        raise
    except Exception as error:  # A damaged file raises nearly anything.
        raise DataError(f"{path}: not a readable Parquet file ({in_one_line(error)})") from error


def _read(path: Path) -> Read:
    import pandas as pd
    import pyarrow as pa
    from pyarrow import parquet

    with snapshot.opened(path) as file:
        # A value that stands in every row is there once: few bytes, many cells.
        size = parquet.read_metadata(file)
        unpacked = sum(size.row_group(i).total_byte_size for i in range(size.num_row_groups))
        memory.require(max(unpacked, CELL_BYTES * size.num_rows * size.num_columns), str(path))
        file.seek(0)
        # Not by pandas, which cannot read two columns of one name.
        table = parquet.ParquetFile(file).read(use_pandas_metadata=True)
    unusable = {field.name: str(field.type) for field in table.schema if pa.types.is_nested(field.type)}
    for k, column in enumerate(table.columns):
        table = table.set_column(k, table.schema.names[k], _plain(column))
    frame = table.to_pandas().reset_index(drop=True)
    for k, dtype in enumerate(frame.dtypes):
        if not pd.api.types.is_numeric_dtype(dtype):
            values = frame.iloc[:, k].to_numpy()  # Texts are decoded where they are first used: damage shows here.
            if pd.api.types.is_object_dtype(dtype) and any(isinstance(value, bytes) for value in values):
                frame.isetitem(k, [_text(path, value, i, frame.columns[k]) for i, value in enumerate(values, start=1)])
    return Read(frame, unusable=unusable)


def _plain(column: Any) -> Any:
    """A column of a type that all that follows knows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.cast(kind.value_type))
    if pa.types.is_decimal(kind):
        return column.cast(pa.float64())
    if pa.types.is_time(kind):
        return column.cast(pa.string())
    if pa.types.is_duration(kind):
        return pc.divide(column.cast(pa.duration("us"), safe=False).cast(pa.int64()).cast(pa.float64()), 1e6)
    if pa.types.is_integer(kind) and column.null_count:
        ends = pc.min_max(column).as_py()
        if max(abs(ends["min"] or 0), abs(ends["max"] or 0)) > MAX_EXACT:
            return column.cast(pa.string())
    return column


def _text(path: Path, value: Any, row: int, column: str) -> Any:
    """Bytes as the text that they are; anything else as it is."""
    try:
        return value.decode() if isinstance(value, bytes) else value
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: row {row}, column {column}: bytes that are no text in UTF-8: {value!r:.60}"
        ) from error
