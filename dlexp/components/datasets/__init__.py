"""Data sets: where examples come from and how they are encoded."""

from dlexp.components.data import Data, Info, Split
from dlexp.components.datasets.dataset import Dataset
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
from dlexp.components.datasets.keras.images import Cifar10, Cifar100, FashionMnist, Mnist
from dlexp.components.datasets.keras.tables import CaliforniaHousing
from dlexp.components.datasets.keras.text import Imdb, Reuters
from dlexp.components.datasets.sklearn import BreastCancer, Diabetes, Digits, Iris, Linnerud, Wine
from dlexp.components.datasets.user.arrays import Npz, Python
from dlexp.components.datasets.user.tables import Csv, Parquet
from dlexp.components.datasets.user.text_folder import TextFolder

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
