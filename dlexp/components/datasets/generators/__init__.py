"""Generators: data drawn from a known law, so that the best possible score is known too."""

from dlexp.components.datasets.generators.counts import Counts
from dlexp.components.datasets.generators.documents import Documents
from dlexp.components.datasets.generators.noisy_sine import NoisySine
from dlexp.components.datasets.generators.ratings import Ratings

__all__ = ["Counts", "Documents", "NoisySine", "Ratings"]
