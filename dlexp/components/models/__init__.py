"""Models: what lies between the input and the output units."""

from dlexp.components.models.embedding import Embedding
from dlexp.components.models.mlp import MLP
from dlexp.components.models.model import Model
from dlexp.components.models.polynomial import Polynomial

__all__ = ["MLP", "Embedding", "Model", "Polynomial"]
