"""Heads: output units, their activation, loss and metrics; the likelihood of one kind of target."""

from dlexp.components.heads.beta import Beta as Beta
from dlexp.components.heads.binary import Binary as Binary
from dlexp.components.heads.gaussian import Gaussian as Gaussian
from dlexp.components.heads.laplace import Laplace as Laplace
from dlexp.components.heads.mixture import Mixture as Mixture
from dlexp.components.heads.multiclass import Multiclass as Multiclass
from dlexp.components.heads.multilabel import Multilabel as Multilabel
from dlexp.components.heads.multitask import Multitask as Multitask
from dlexp.components.heads.ordinal import Ordinal as Ordinal
from dlexp.components.heads.poisson import Poisson as Poisson
from dlexp.components.heads.proportion import Proportion as Proportion
from dlexp.components.heads.quantiles import Quantiles as Quantiles
from dlexp.components.heads.regression import Regression as Regression
