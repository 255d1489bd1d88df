"""Data sets: where examples come from and how they are encoded."""

from dlexp.components.datasets.bundled import BreastCancer, Diabetes, Digits, Iris, Linnerud, Wine
from dlexp.components.datasets.dataset import Data, Dataset, Info, Split
from dlexp.components.datasets.generators import (
    Counts,
    Documents,
    Moons,
    Newswires,
    NoisySine,
    Ratings,
    Reviews,
    Spirals,
)
from dlexp.components.datasets.images import Cifar10, Cifar100, FashionMnist, Mnist
from dlexp.components.datasets.own_arrays import Npz, Python
from dlexp.components.datasets.own_tables import Csv, Parquet
from dlexp.components.datasets.tables import CaliforniaHousing
from dlexp.components.datasets.text import Imdb, Reuters
from dlexp.components.datasets.text_folder import TextFolder

__all__ = [
    "BreastCancer",
    "CaliforniaHousing",
    "Cifar10",
    "Cifar100",
    "Counts",
    "Csv",
    "Data",
    "Dataset",
    "Diabetes",
    "Digits",
    "Documents",
    "FashionMnist",
    "Imdb",
    "Info",
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
    "Split",
    "TextFolder",
    "Wine",
]
