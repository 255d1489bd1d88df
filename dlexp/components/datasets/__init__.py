"""Data sets: where examples come from and how they are encoded."""

from dlexp.components.datasets.dataset import Data, Dataset, Info, Split

__all__ = ["Data", "Dataset", "Info", "Split"]
