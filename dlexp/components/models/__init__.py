"""Models: what lies between the input and the output units."""

from dlexp.components.models.embedding import Embedding as Embedding
from dlexp.components.models.layers import Layers as Layers
from dlexp.components.models.mlp import MLP as MLP
from dlexp.components.models.polynomial import Polynomial as Polynomial
from dlexp.components.models.python import PythonModel as PythonModel
