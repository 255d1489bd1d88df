"""Data sets: where examples come from and how they are encoded."""

from dlexp.components.datasets.bundled import BreastCancer, Diabetes, Digits, Iris, Wine
from dlexp.components.datasets.dataset import Data, Dataset, Info, Split
from dlexp.components.datasets.text import Imdb, Reuters

__all__ = [
    "BreastCancer",
    "Data",
    "Dataset",
    "Diabetes",
    "Digits",
    "Imdb",
    "Info",
    "Iris",
    "Reuters",
    "Split",
    "Wine",
]
