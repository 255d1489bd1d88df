"""Made-up data for `--smoke`: small, always the same, with something to learn in it.

Never a replacement for real data: nothing but `Dataset.stand_in` uses it.
"""

from typing import Any

import numpy as np

from dlexp.components.data import Array, Data, Rng, Split

SEED = 0
N_TRAIN, N_TEST = 200, 50
N_TRAIN_IMAGES, N_TEST_IMAGES = 400, 200
N_TRAIN_TEXTS, N_TEST_TEXTS = 400, 200
VOCABULARY = 20_000


def numbers(n_features: int, n_classes: int | None = None) -> Data:
    """One Gaussian cloud of points a class, all classes as frequent; or a weighted sum of the features plus noise."""
    rng = np.random.default_rng(SEED)
    n = N_TRAIN + N_TEST
    y: Array
    if n_classes:
        y = rng.permutation(np.arange(n) % n_classes).astype(np.int32)
        centres = 2 * rng.standard_normal((n_classes, n_features))
        x = centres[y] + rng.standard_normal((n, n_features))
    else:
        x = rng.standard_normal((n, n_features))
        y = x @ rng.standard_normal(n_features) + 0.1 * rng.standard_normal(n)
    x = x.astype(np.float32)
    return Data(Split(x[:N_TRAIN], y[:N_TRAIN]), Split(x[N_TRAIN:], y[N_TRAIN:]))


def images(n_classes: int, n_pixels: int) -> Data:
    """One pattern a class, blurred by noise, all classes as frequent in both splits; numbers from 0 to 1."""
    rng = np.random.default_rng(SEED)
    patterns = rng.random((n_classes, n_pixels), np.float32)
    splits = []
    for y in [rng.permutation(np.arange(n) % n_classes) for n in (N_TRAIN_IMAGES, N_TEST_IMAGES)]:
        noise = rng.standard_normal((len(y), n_pixels), np.float32)
        splits.append(Split(np.clip(patterns[y] + noise / 2, 0, 1), y.astype(np.int32)))
    return Data(*splits)


def texts(n_classes: int) -> tuple[Split, Split]:
    """Training and test texts of 20 to 150 words with a Zipf vocabulary, in Keras's counting from 1.

    Two of three words of a text, or more, are its class's own. With more than two classes, class k is as
    frequent as 1 / (k + 1), and the training texts hold each at least twice, so that they can be split by class.
    """
    rng = np.random.default_rng(SEED)
    skew = 1 / np.arange(1, n_classes + 1) if n_classes > 2 else np.ones(n_classes)
    certain = np.repeat(np.arange(n_classes), 2 if n_classes > 2 else 1)
    drawn = rng.choice(n_classes, N_TRAIN_TEXTS + N_TEST_TEXTS - len(certain), p=skew / skew.sum())
    y_train = rng.permutation(np.concatenate([certain, drawn[:-N_TEST_TEXTS]]))
    return _texts(rng, y_train, n_classes), _texts(rng, drawn[-N_TEST_TEXTS:], n_classes)


def _texts(rng: Rng, y: Array, n_classes: int) -> Split:
    numbers = np.arange(1, VOCABULARY + 1)
    frequency = 1 / (numbers + 10)  # Zipf's law, flattened at its head (Mandelbrot)
    # Every n-th word is a class's own, so that each has frequent and rare ones, whatever num_words cuts.
    cumulated = [
        np.cumsum(np.where(numbers % n_classes == k, 2 * n_classes * frequency, frequency)) for k in range(n_classes)
    ]
    found: Any = [
        (1 + np.searchsorted(cumulated[k], cumulated[k][-1] * rng.random(rng.integers(20, 151)))).tolist() for k in y
    ]
    return Split(found, y)
