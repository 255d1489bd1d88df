"""Tables with several rows of a patient, a user or the like, which are more alike than rows of different ones."""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from dlexp.components.datasets.user.rows import Rows

#: The names of columns that say whose a row is.
_CALLED = re.compile(
    r"(?:patient|subject|person|participant|user|customer|client|student|pupil|driver|speaker|writer|player|"
    r"household|family|patientin|kunde|proband)s?[ _.-]?(?:id|no|nr|num|number|name|code|key)?",
    re.IGNORECASE,
)
#: Fewer subjects than these, or fewer rows of each on average, are none to keep apart.
_MIN_SUBJECTS, _MIN_ROWS_EACH = 5, 1.5


def found(rows: Rows, columns: Iterable[str]) -> str:
    """The first of these columns that says whose each row is, if most have several rows; empty if there is none."""
    for column in filter(_CALLED.fullmatch, columns):
        i = rows.columns.index(column)
        values = rows.values(i) if rows.is_whole(i) else None
        n_subjects = rows.at(i).nunique() if values is None else len(pd.unique(values[~np.isnan(values)]))
        if _MIN_SUBJECTS <= n_subjects <= len(rows) / _MIN_ROWS_EACH:
            return column
    return ""
