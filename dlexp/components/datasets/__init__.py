"""Data sets: where examples come from and how they are encoded."""

# ruff: noqa: I001  # In the order of `dlexp list` and the JSON Schema.
from dlexp.components.datasets.sklearn import BreastCancer, Diabetes, Digits, Iris, Linnerud, Wine
from dlexp.components.datasets.generators.counts import Counts
from dlexp.components.datasets.generators.documents import Documents
from dlexp.components.datasets.generators.moons import Moons
from dlexp.components.datasets.keras.text import Imdb, Reuters
from dlexp.components.datasets.generators.newswires import Newswires
from dlexp.components.datasets.generators.noisy_sine import NoisySine
from dlexp.components.datasets.generators.ratings import Ratings
from dlexp.components.datasets.generators.reviews import Reviews
from dlexp.components.datasets.generators.spirals import Spirals
from dlexp.components.datasets.keras.images import Cifar10, Cifar100, FashionMnist, Mnist
from dlexp.components.datasets.user.arrays import Npz, Python
from dlexp.components.datasets.user.tables import Csv, Parquet
from dlexp.components.datasets.keras.tables import CaliforniaHousing
from dlexp.components.datasets.user.text_folder import TextFolder

__all__ = [
    "BreastCancer",
    "CaliforniaHousing",
    "Cifar10",
    "Cifar100",
    "Counts",
    "Csv",
    "Diabetes",
    "Digits",
    "Documents",
    "FashionMnist",
    "Imdb",
    "Iris",
    "Linnerud",
    "Mnist",
    "Moons",
    "Newswires",
    "NoisySine",
    "Npz",
    "Parquet",
    "Python",
    "Ratings",
    "Reuters",
    "Reviews",
    "Spirals",
    "TextFolder",
    "Wine",
]
