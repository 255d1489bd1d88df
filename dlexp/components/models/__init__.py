"""Models: what lies between the input and the output units."""

from dlexp.components.models.embedding import Embedding
from dlexp.components.models.layers import Layers
from dlexp.components.models.mlp import MLP
from dlexp.components.models.model import Model
from dlexp.components.models.polynomial import Polynomial
from dlexp.components.models.python import PythonModel

__all__ = ["MLP", "Embedding", "Layers", "Model", "Polynomial", "PythonModel"]
