"""Generated texts: words drawn from the distributions of their classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from dlexp.components.data import N_FIRST, Array, Data, Info, NewExamples, Rng, SplitName, Task
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.datasets.generators import best_scores
from dlexp.components.datasets.generators.generator import TRUTH_SEED, Draws, SampleKeys, digests
from dlexp.components.datasets.words import INDEX_FROM, OUT_OF_VOCABULARY, PAD, SIGNS
from dlexp.components.datasets.words.encoding import TextEncoding, TextKeys

if TYPE_CHECKING:
    from dlexp.components.datasets.words.sequences import Sequences


N_WORDS = 20_000
#: Words of a text, from and to; how many says nothing of its class.
SHORTEST, LONGEST = 20, 150
#: The share of words that say something of a class.
TELLING = 0.1


@dataclass(frozen=True)
class WordDistribution:
    """Texts of 20 to 150 words w1, w2, ..., each drawn from its class's distribution, whatever stands before it."""

    class_weights: tuple[float, ...]
    """How frequent each class is, compared with the others."""
    strength: float
    """How much the telling words tell: the standard deviation of their log probabilities over the classes."""

    @property
    def shares(self) -> Array:
        """P(class), `(classes,)`."""
        import numpy as np

        weights = np.array(self.class_weights)
        shares: Array = weights / weights.sum()
        return shares

    @cached_property
    def word_shares(self) -> Array:
        """P(word | class), `(classes, words)`: Zipf's law, and one of ten words is more or less frequent in a class."""
        import numpy as np

        rng = np.random.default_rng(TRUTH_SEED)
        frequency = 1 / (np.arange(1, N_WORDS + 1) + 10)  # Flattened at its head (Mandelbrot).
        tells = rng.random(N_WORDS) < TELLING
        weights = frequency * np.exp(self.strength * tells * rng.standard_normal((len(self.class_weights), N_WORDS)))
        shares: Array = weights / weights.sum(axis=1, keepdims=True)
        return shares

    def draw(self, rng: Rng, n: int) -> tuple[Any, Array]:
        """Word numbers, 1 for the most frequent word, as `Sequences`; int32 classes."""
        import numpy as np

        from dlexp.components.datasets.words.sequences import Sequences

        y = rng.choice(len(self.shares), n, p=self.shares).astype(np.int32)
        lengths = rng.integers(SHORTEST, LONGEST, n, np.int32, endpoint=True)
        of_word = np.repeat(y, lengths)
        position = rng.random(len(of_word))
        ids = np.empty(len(of_word), np.int32)
        for k, cumulated in enumerate(self.word_shares.cumsum(axis=1)):
            chosen = of_word == k
            ids[chosen] = 1 + np.searchsorted(cumulated / cumulated[-1], position[chosen], side="right")
        return Sequences(ids, lengths), y

    def log_probabilities(self, texts: "Sequences", encoding: TextEncoding) -> Array:
        """Logarithms of the true probabilities of the classes given word numbers, `(n, classes)`: Bayes' rule.

        Given what `num_words`, `skip_top` and the `maxlen` of padded text leave of them; but words are counted, where
        a multi-hot vector only says that they occur.
        """
        import numpy as np
        from scipy.special import log_softmax

        # log P(class) + sum of log P(word | class)
        log_joint = np.log(self.shares) + _counted(texts, encoding) @ self._log_likelihoods(encoding)
        log_p: Array = log_softmax(log_joint, axis=1)
        return log_p

    def _log_likelihoods(self, encoding: TextEncoding) -> Array:
        """log P(index | class), `(num_words, classes)`; all words that are cut are one sign; padding says nothing."""
        import numpy as np

        by_word = self.word_shares
        index = np.arange(1, N_WORDS + 1) + INDEX_FROM
        is_kept = (index >= encoding.skip_top) & (index < encoding.num_words)
        found = np.zeros((encoding.num_words, len(by_word)))
        found[index[is_kept]] = np.log(by_word[:, is_kept].T)
        if not is_kept.all():
            found[OUT_OF_VOCABULARY] = np.log(by_word[:, ~is_kept].sum(axis=1))
        return found


def _counted(texts: "Sequences", encoding: TextEncoding) -> Any:
    """How often each index stands in each text as it is cut, `(n, num_words)`; start signs count as padding."""
    import numpy as np

    from dlexp.components.datasets.words import sequences

    numbered = sequences.numbered(texts, encoding.num_words, encoding.skip_top)
    numbered.ids[numbered.ends - numbered.lengths] = PAD
    if encoding.encoding == "padded" and encoding.maxlen:
        rows = sequences.padded(numbered, encoding.maxlen)
        numbered = sequences.Sequences(rows.ravel(), np.full(len(rows), encoding.maxlen, np.int32))
    return sequences.count(numbered, encoding.num_words).astype(np.float64)


class GeneratedTexts(TextKeys, SampleKeys, Dataset):
    """Texts of a known distribution of words, encoded as those of `keras.datasets`."""

    has_known_distribution = True
    task: ClassVar[Task]
    distribution: ClassVar[WordDistribution]

    def info(self) -> Info:
        """One unit per word, or one index per position."""
        return self.text_encoding.info(
            task=self.task, n_train=self.n_train, n_test=self.n_test, n_classes=len(self.distribution.class_weights)
        )

    @property
    def draws(self) -> Draws:
        """The texts as word numbers; drawing one takes some numbers for each word of a long text."""
        return Draws(self, self.resample, self.distribution.draw, 32 * LONGEST)

    def digest(self, data_dir: Path | None) -> str:
        """Of the texts themselves, the same in every encoding."""
        return self.draws.digest

    def load(self, data_dir: Path | None) -> Data:
        """The texts, encoded."""
        train, test = self.draws.train, self.draws.test
        return self.text_encoding.data(train, test, drawn=digests(train, test), decode=partial(_decoded, test.x))

    def texts(self, data_dir: Path | None) -> Data:
        """The same texts, whole."""
        from dlexp.components.datasets.words import indices

        train, test = (indices.whole(split.x, split.y) for split in (self.draws.train, self.draws.test))
        return Data(train, test, first=indices.decoded(train.first(N_FIRST), _words()))

    def lines(self, data: Data, part: SplitName, positions: Sequence[int], data_dir: Path | None) -> list[str]:
        """As their words."""
        import numpy as np

        from dlexp.components.datasets.words import indices

        return indices.decoded(getattr(data, part).take(np.array(positions, np.int32)), _words())

    def stand_in(self) -> Data:
        """Made-up texts of as many classes, each of which is there, as the real data sets of texts have them."""
        from dlexp.components.datasets import generated

        return self.text_encoding.data(*generated.texts(len(self.distribution.class_weights)))

    def new_examples(self, path: Path, data_dir: Path | None) -> NewExamples:
        """Texts, cut into words as by Keras's Tokenizer; those that are none of w1, w2, ... are unknown."""
        from dlexp.components.datasets.words import indices

        return indices.new_examples(path, self.text_encoding, _words(), lambda: self.texts(data_dir).train)

    def best_possible(self) -> dict[str, float]:
        """What the true probabilities score on the test split."""
        test: Any = self.draws.test
        return best_scores.of_classes(test.y, self.distribution.log_probabilities(test.x, self.text_encoding))


def _words() -> dict[int, str]:
    """A word's name is its number, counted from the most frequent one of all."""
    return SIGNS | {number + INDEX_FROM: f"w{number}" for number in range(1, N_WORDS + 1)}


def _decoded(texts: Any, positions: Sequence[int]) -> list[str]:
    return [" ".join(f"w{word}" for word in texts[[position]].ids) for position in positions]
