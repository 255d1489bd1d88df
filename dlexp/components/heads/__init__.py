"""Heads: output units, their activation, loss and metrics; the likelihood of one kind of target."""

from dlexp.components.heads.beta import Beta
from dlexp.components.heads.binary import Binary
from dlexp.components.heads.gaussian import Gaussian
from dlexp.components.heads.head import Head, Output, Part, Predicted, PredictedColumns, default_head
from dlexp.components.heads.laplace import Laplace
from dlexp.components.heads.mixture import Mixture
from dlexp.components.heads.multiclass import Multiclass
from dlexp.components.heads.multilabel import Multilabel
from dlexp.components.heads.multitask import Multitask, prefix_layers, unknown_targets
from dlexp.components.heads.ordinal import Ordinal
from dlexp.components.heads.poisson import Poisson
from dlexp.components.heads.proportion import Proportion
from dlexp.components.heads.quantiles import Quantiles
from dlexp.components.heads.regression import Regression

__all__ = [
    "Beta",
    "Binary",
    "Gaussian",
    "Head",
    "Laplace",
    "Mixture",
    "Multiclass",
    "Multilabel",
    "Multitask",
    "Ordinal",
    "Output",
    "Part",
    "Poisson",
    "Predicted",
    "PredictedColumns",
    "Proportion",
    "Quantiles",
    "Regression",
    "default_head",
    "prefix_layers",
    "unknown_targets",
]
