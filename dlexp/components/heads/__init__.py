"""Heads: output units, their activation, loss and metrics; the likelihood of one kind of target."""

from dlexp.components.heads.binary import Binary
from dlexp.components.heads.head import Head, Output
from dlexp.components.heads.multiclass import Multiclass
from dlexp.components.heads.regression import Regression

__all__ = ["Binary", "Head", "Multiclass", "Output", "Regression"]
