"""Data sets: where examples come from and how they are encoded."""

# ruff: noqa: I001  # In the order of `dlexp list` and the JSON Schema.
from dlexp.components.datasets.sklearn import (
    BreastCancer as BreastCancer,
    Diabetes as Diabetes,
    Digits as Digits,
    Iris as Iris,
    Linnerud as Linnerud,
    Wine as Wine,
)
from dlexp.components.datasets.generators.counts import Counts as Counts
from dlexp.components.datasets.generators.documents import Documents as Documents
from dlexp.components.datasets.generators.moons import Moons as Moons
from dlexp.components.datasets.keras.text import Imdb as Imdb, Reuters as Reuters
from dlexp.components.datasets.generators.newswires import Newswires as Newswires
from dlexp.components.datasets.generators.noisy_sine import NoisySine as NoisySine
from dlexp.components.datasets.generators.ratings import Ratings as Ratings
from dlexp.components.datasets.generators.reviews import Reviews as Reviews
from dlexp.components.datasets.generators.spirals import Spirals as Spirals
from dlexp.components.datasets.keras.images import (
    Cifar10 as Cifar10,
    Cifar100 as Cifar100,
    FashionMnist as FashionMnist,
    Mnist as Mnist,
)
from dlexp.components.datasets.user.arrays import Npz as Npz, Python as Python
from dlexp.components.datasets.user.table_files import Csv as Csv, Parquet as Parquet
from dlexp.components.datasets.keras.tables import CaliforniaHousing as CaliforniaHousing
from dlexp.components.datasets.user.text_folder import TextFolder as TextFolder
