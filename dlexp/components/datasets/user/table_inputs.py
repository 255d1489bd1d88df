"""How a table becomes inputs: the words of its texts and its columns of features, as the model takes them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dlexp.components.data import Info
from dlexp.components.datasets.user.cells import Cells
from dlexp.components.datasets.user.columns import Encoded, encoded, joined
from dlexp.components.datasets.user.filled import gap_remarks
from dlexp.components.datasets.user.kinds import CellRules
from dlexp.components.datasets.user.lost_digits import are_wide
from dlexp.components.datasets.user.roles import Roles
from dlexp.components.datasets.user.rows import Rows
from dlexp.components.datasets.words import text_remarks
from dlexp.components.datasets.words.encoding import TextEncoding
from dlexp.components.datasets.words.indices import Numbered, numbered
from dlexp.components.datasets.words.tokens import Tokens
from dlexp.components.precision import Standardized
from dlexp.components.remarks import Remark
from dlexp.errors import DataError


@dataclass(frozen=True, kw_only=True)
class TableInputs:
    """The inputs of training rows and of others, and what they are made of."""

    train: Any
    other: Any
    """The test rows, or new ones."""
    features: Sequence[Encoded]
    words: Numbered | None
    """None if no column is a text."""


@dataclass(frozen=True, kw_only=True)
class InputRules:
    """How the columns of a table become inputs."""

    roles: Roles
    cells: CellRules
    tokens: Tokens
    text_encoding: TextEncoding
    standardize: bool

    @property
    def where_standardized(self) -> Standardized:
        """Where numbers are given mean 0 and variance 1: a sparse vector is not standardized by the model."""
        if not self.standardize:
            return "never"
        return "before the model" if self.roles.texts else "in the model"

    def inputs(self, train: Rows, other: Rows) -> TableInputs:
        """Words and features encoded as the training rows decide.

        Raises:
            DataError: A column cannot be read, or none is left.
        """
        features = encoded(train, other, self.roles.features_of(train.columns), self.cells)
        texts, where = self.roles.texts, self.where_standardized
        if not texts and not features:
            raise DataError(f"{train.path}: no column is left to learn from")
        words = numbered(train.texts(texts), other.texts(texts), self.tokens) if texts else None
        vectors = self.text_encoding.inputs_of(words.train, words.other) if words else (None, None)
        scaled = [each.standardized() if where == "before the model" and each.is_number else each for each in features]
        # In float64 only on the way to the model's own standardization.
        is_wide = where == "in the model" and are_wide(features)
        width = sum(len(each.names) for each in scaled)
        return TableInputs(
            train=joined(vectors[0], [each.made[0] for each in scaled], width, len(train), is_wide),
            other=joined(vectors[1], [each.made[1] for each in scaled], width, len(other), is_wide),
            features=features,
            words=words,
        )

    def complete(self, info: Info, inputs: TableInputs) -> Info:
        """An `Info` with the shape and, unless there is a text, the features that the data turned out to have."""
        info = replace(info, shape=inputs.train.shape[1:])
        if inputs.words:
            return info
        which = tuple(self.standardize and each.is_number for each in inputs.features for _ in each.names)
        names = tuple(name for each in inputs.features for name in each.names)
        return replace(info, standardize=any(which) and which, feature_names=names)

    def text_remarks(self, words: Numbered, train: Rows, test: Rows) -> list[Remark]:
        """What is said of the texts: of several columns joined."""
        texts = self.roles.texts
        cells = [(Cells(train, column, self.cells), Cells(test, column, self.cells)) for column in texts]
        named = f"column{'s' * (len(texts) > 1)} {' and '.join(texts)}"
        source = text_remarks.TextSource(
            f"{train.path}: {named}",
            lambda i: f"{train.path}: row {train.number(i)}, {named}",
            lambda i: f"{test.path}: row {test.number(i)}, {named}",
            texts[0] if len(texts) == 1 else "",
        )
        of_train, of_test = (np.all([each.is_gap for each in part], axis=0) for part in zip(*cells, strict=True))
        filled = [remark for each in cells for remark in gap_remarks(*each, "an empty text")]
        return [*filled, *text_remarks.text_remarks(words, self.tokens, source, (of_train, of_test))]
