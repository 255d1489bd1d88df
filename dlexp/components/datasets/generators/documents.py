"""Documents with any number of topics."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from dlexp.components.data import N_FIRST, Array, Data, Info, Rng, SplitName
from dlexp.components.datasets.generators import best_scores
from dlexp.components.datasets.generators.generator import TRUTH_SEED, Drawn, Generator

#: Share of the documents on each topic; topics are independent of each other.
TOPIC_SHARES = (0.5, 0.4, 0.3, 0.2, 0.15, 0.1)
N_WORDS = 600
#: Words that a topic brings up, and how probably it does.
WORDS_PER_TOPIC, WORD_GIVEN_TOPIC = 60, 0.12
#: A word's probability without any topic falls by Zipf's law from this.
MOST_FREQUENT = 0.5


class Documents(Generator):
    """Documents as multi-hot words, each on any of 6 topics: the best possible score is known."""

    type: Literal["documents"] = "documents"

    def info(self) -> Info:
        """Six independent labels."""
        return self.numbers("multilabel", N_WORDS, n_classes=len(TOPIC_SHARES), inputs="sparse")

    def draw(self, rng: Rng, n: int) -> Drawn:
        """Labels first, then each word with its probability given them; float32 CSR rows, int32 labels."""
        import numpy as np
        from scipy.sparse import csr_array

        y = (rng.random((n, len(TOPIC_SHARES))) < TOPIC_SHARES).astype(np.int32)
        words = rng.random((n, N_WORDS)) < 1 - np.exp(self._log_absent(y))
        return csr_array(words.astype(np.float32)), y

    def _log_absent(self, y: Array) -> Array:
        """Log probability that a word is not in a document with these labels, `(n, words)`.

        A noisy or: it is absent when neither chance nor any of the topics brings it up.
        """
        import numpy as np

        rng = np.random.default_rng(TRUTH_SEED)
        by_chance = np.log1p(-MOST_FREQUENT / np.sqrt(np.arange(1, N_WORDS + 1)))
        by_topic = np.zeros((len(TOPIC_SHARES), N_WORDS))
        for words in by_topic:
            words[rng.choice(N_WORDS, WORDS_PER_TOPIC, replace=False)] = np.log1p(-WORD_GIVEN_TOPIC)
        log_absent: Array = by_chance + y @ by_topic
        return log_absent

    def probabilities(self, x: Any) -> Array:
        """The true probability of each label given the words, `(n, 6)`: Bayes' rule over all 64 sets of labels."""
        import numpy as np
        from scipy.special import softmax

        sets = np.array(list(itertools.product((0, 1), repeat=len(TOPIC_SHARES))))  # (64, 6)
        shares = np.array(TOPIC_SHARES)
        log_prior = (sets * np.log(shares) + (1 - sets) * np.log1p(-shares)).sum(axis=1)
        log_absent = self._log_absent(sets)  # (64, words)
        # log P(words | set) = sum of log P(absent), and of log P(there) - log P(absent) where a word is there.
        log_likelihood = x @ (np.log(-np.expm1(log_absent)) - log_absent).T + log_absent.sum(axis=1)
        posterior: Array = softmax(log_likelihood + log_prior, axis=1) @ sets
        return posterior

    def best_possible(self) -> dict[str, float]:
        """What the true probabilities score on the test split: `nll` 0.6736, `accuracy` 0.9579 by default."""
        test: Any = self.draws.test
        return best_scores.of_labels(test.y, self.probabilities(test.x))

    def load(self, data_dir: Path | None) -> Data:
        """Training and test documents, shown as their words."""
        data = super().load(data_dir)
        first = _words(data.train.x, range(min(N_FIRST, self.n_train)))
        return replace(data, first=first, decode=partial(_words, data.test.x))

    def lines(self, data: Data, part: SplitName, positions: Sequence[int], data_dir: Path | None) -> list[str]:
        """As their words."""
        return _words(getattr(data, part).x, positions)


def _words(x: Any, positions: Sequence[int]) -> list[str]:
    return [" ".join(f"w{word}" for word in x[[position]].indices) for position in positions]
