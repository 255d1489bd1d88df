"""All that is known of a table once it is loaded, to be compared."""

from typing import Any

from dlexp.components.datasets import Csv
from dlexp.errors import DlexpError


def facts(dataset: Csv) -> Any:
    """All that is known of loaded data, or why they are refused."""
    try:
        data = dataset.load(None)
    except DlexpError as error:
        return type(error), error.lines
    return {
        "arrays": [
            (array.dtype, array.shape, array.tobytes()) for split in (data.train, data.test) for array in split.arrays
        ],
        "info": data.info,
        "remarks": list(data.remarks),
        "shown": [*data.first, *dataset.decoded(data, range(len(data.test)))],
        "rows": {part: [int(row) for row in rows] for part, rows in data.rows.items()},
        "names": [data.name("test", i) for i in range(len(data.test))],
        "uses": {use: list(columns) for use, columns in data.uses.items()},
        "ids": data.test_ids and list(data.test_ids.values),
        "order": (data.time_order, data.subject, data.test_choice),
    }
