"""Data sets: where examples come from and how they are encoded."""

from dlexp.components.datasets.bundled import BreastCancer, Diabetes, Digits, Iris, Wine
from dlexp.components.datasets.dataset import Data, Dataset, Info, Split
from dlexp.components.datasets.generators import Counts, Documents, Ratings
from dlexp.components.datasets.images import Cifar10, Cifar100, FashionMnist, Mnist
from dlexp.components.datasets.tables import CaliforniaHousing
from dlexp.components.datasets.text import Imdb, Reuters

__all__ = [
    "BreastCancer",
    "CaliforniaHousing",
    "Cifar10",
    "Cifar100",
    "Counts",
    "Data",
    "Dataset",
    "Diabetes",
    "Digits",
    "Documents",
    "FashionMnist",
    "Imdb",
    "Info",
    "Iris",
    "Mnist",
    "Ratings",
    "Reuters",
    "Split",
    "Wine",
]
