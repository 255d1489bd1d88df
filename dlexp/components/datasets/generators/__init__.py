"""Generators: data drawn from a known law, so that the best possible score is known too."""

from dlexp.components.datasets.generators.counts import Counts
from dlexp.components.datasets.generators.documents import Documents
from dlexp.components.datasets.generators.moons import Moons
from dlexp.components.datasets.generators.newswires import Newswires
from dlexp.components.datasets.generators.noisy_sine import NoisySine
from dlexp.components.datasets.generators.ratings import Ratings
from dlexp.components.datasets.generators.reviews import Reviews
from dlexp.components.datasets.generators.spirals import Spirals

__all__ = ["Counts", "Documents", "Moons", "Newswires", "NoisySine", "Ratings", "Reviews", "Spirals"]
