"""The models of the zoo, each with the examples that it is trained on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlexp.components.data import Split
from dlexp.config.experiment import Experiment
from dlexp.config.load import load
from dlexp.training.loop import order_of
from dlexp.training.splits import split

CONFIGS = Path(__file__).parents[2] / "configs"
#: Generated texts, as long as each other, so that nothing is padded: how many, their words, and of how many.
TEXTS, WORDS, VOCABULARY = 5_000, 100, 10_000
OF_TEXTS = ("dataset.encoding=padded", f"dataset.maxlen={WORDS}", "training.batch_size=128")
EMBEDDED = "Embedding: {output_dim: 64}"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A model with its optimizer and batch size, and its training examples."""

    name: str
    experiment: Experiment
    train: Split
    threads: int
    has_scikit_learn: bool = False
    """Whether scikit-learn's MLPClassifier is the same model, on the same sparse rows."""

    def order(self, epoch: int) -> np.ndarray:
        """The order of the examples in an epoch, as a run with seed 0 has it."""
        return order_of(0, epoch, len(self.train))


def all_cases(threads: int, wanted: Sequence[str] = ()) -> Iterator[Case]:
    """Those whose names begin so, or all, one after the other: the examples of one are let go before the next."""
    for name, make in CASES.items():
        if not wanted or name.startswith(tuple(wanted)):
            experiment, train = make()
            has_scikit_learn = "multi-hot" in name
            yield Case(
                name=name, experiment=experiment, train=train, threads=threads, has_scikit_learn=has_scikit_learn
            )


def _shipped(config: str, *overrides: str) -> tuple[Experiment, Split]:
    experiment = load(CONFIGS / f"{config}.yaml", list(overrides)).experiment
    return experiment, split(experiment, experiment.dataset.load(None)).train


def _standardized(config: str, *overrides: str) -> tuple[Experiment, Split]:
    """Before the training, by scikit-learn, so that no competitor does it in every step."""
    from sklearn.preprocessing import StandardScaler

    experiment, train = _shipped(config, "dataset.standardize=false", *overrides)
    return experiment, Split(StandardScaler().fit_transform(train.x), train.y)


def _table() -> tuple[Experiment, Split]:
    """As large as MNIST."""
    overrides = ["dataset=fashion_mnist", "model.hidden=[512, 512]"]
    experiment = load(CONFIGS / "digits_adam.yaml", [*overrides, "training.batch_size=128"]).experiment
    return experiment, _numbers(60_000)


def _pictures() -> tuple[Experiment, Split]:
    convolutions = [f"Conv2D: {{filters: {filters}, kernel_size: 3, activation: relu}}" for filters in (32, 64)]
    layers = ["Reshape: {target_shape: [28, 28, 1]}"]
    for convolution in convolutions:
        layers += [convolution, "MaxPooling2D"]
    layers += ["Flatten"]
    experiment = load(CONFIGS / "mnist_cnn.yaml", [_stack(*layers)]).experiment
    return experiment, _numbers(6_000)


def _numbers(n: int) -> Split:
    """As many as MNIST has in a picture: half that of its class, half noise."""
    generator = np.random.default_rng(0)
    y = generator.integers(0, 10, n, np.int32)
    pictures = generator.random((10, 784), np.float32)
    return Split((pictures[y] + generator.random((n, 784), np.float32)) / 2, y)


def _texts(*layers: str) -> tuple[Experiment, Split]:
    """A word's frequency falls with its rank, as in a language, and each speaks for one of the classes."""
    experiment = load(CONFIGS / "imdb_adam.yaml", [*OF_TEXTS, _stack(EMBEDDED, *layers)]).experiment
    generator = np.random.default_rng(0)
    x = (VOCABULARY ** generator.random((TEXTS, WORDS))).astype(np.int32)  # From 1 on: 0 is padding.
    return experiment, Split(x, (generator.standard_normal(VOCABULARY)[x].sum(axis=1) > 0).astype(np.int32))


def _stack(*layers: str) -> str:
    items = ", ".join(f"{{{layer}}}" if ":" in layer else layer for layer in layers)
    return f"model={{layers: [{items}]}}"


CASES: dict[str, Callable[[], tuple[Experiment, Split]]] = {
    "IMDB multi-hot 16-16-1": lambda: _shipped("imdb_adam"),
    "Reuters multi-hot 64-64-46": lambda: _shipped("reuters_adam"),
    "60,000 x 784, 512-512-10": _table,
    "CNN 32-64, 6,000 pictures": _pictures,
    "LSTM 64, 5,000 x 100 words": lambda: _texts("LSTM: {units: 64}"),
    "GRU 64, 5,000 x 100 words": lambda: _texts("GRU: {units: 64}"),
    "Embedding 64, average, 5,000 x 100 words": lambda: _texts("GlobalAveragePooling1D"),
    "imdb_embedding": lambda: _shipped("imdb_embedding"),
    "digits_adam": lambda: _standardized("digits_adam"),
    "digits_adam on iris": lambda: _standardized("digits_adam", "dataset=iris"),
}
