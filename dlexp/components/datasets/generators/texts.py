"""The base of generated texts: words drawn from the distributions of their classes."""

from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from dlexp.components.data import Data, Info, Split, SplitName, Task
from dlexp.components.datasets.generators.generator import TRUTH_SEED, Generator
from dlexp.components.datasets.keras.text import NumberedTexts

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_array

    Array = np.ndarray[Any, Any]

N_WORDS = 20_000
#: Words of a text, from and to; how many says nothing of its class.
SHORTEST, LONGEST = 20, 150
#: The share of words that say something of a class.
TELLING = 0.1


class GeneratedTexts(NumberedTexts, Generator):
    """Texts of 20 to 150 words w1, w2, ..., each drawn from its class's distribution, whatever stands before it."""

    task: ClassVar[Task]
    strength: ClassVar[float]
    """How much the telling words tell: the standard deviation of their log probabilities over the classes."""

    def shares(self) -> "Array":
        """The share of each class, `(classes,)`."""
        raise NotImplementedError

    @property
    def n_text_classes(self) -> int:
        """How many classes there are."""
        return len(self.shares())

    def info(self) -> Info:
        """One unit a word, or one index a position."""
        return Info(
            task=self.task,
            n_train=self.n_train,
            n_test=self.n_test,
            inputs=self.text_inputs,
            shape=self.text_shape,
            vocabulary=self.num_words,
            n_classes=self.n_text_classes,
        )

    def draw(self, rng: "np.random.Generator", n: int) -> "tuple[Any, Array]":
        """Word numbers, 1 for the most frequent word, as `Sequences`; int32 classes."""
        import numpy as np

        from dlexp.components.datasets.words.sequences import Sequences

        shares = self.shares()
        y = rng.choice(len(shares), n, p=shares).astype(np.int32)
        lengths = rng.integers(SHORTEST, LONGEST, n, np.int32, endpoint=True)
        of_word = np.repeat(y, lengths)
        drawn = rng.random(len(of_word))
        ids = np.empty(len(of_word), np.int32)
        for k, cumulated in enumerate(_word_shares(len(shares), self.strength).cumsum(axis=1)):
            chosen = of_word == k
            ids[chosen] = 1 + np.searchsorted(cumulated / cumulated[-1], drawn[chosen], side="right")
        return Sequences(ids, lengths), y

    @property
    def bytes_per_example(self) -> int:
        """Some numbers for each word of a long text."""
        return 32 * LONGEST

    def load(self, data_dir: Path | None) -> Data:
        """The texts, encoded."""
        train, test = self.splits()
        drawn: dict[SplitName, str] = {"train": train.digest, "test": test.digest}
        decode = partial(_decoded, test.x)
        encoded = self.encoded(train.x, train.y), self.encoded(test.x, test.y)
        return self.weighted(Data(*encoded, drawn=drawn, decode=decode))

    def texts(self, data_dir: Path | None) -> Data:
        """The same texts, whole."""
        import numpy as np

        from dlexp.components.datasets.words import sequences

        def whole(split: Split) -> Split:
            texts: Any = split.x
            return Split(sequences.numbered(texts, np.iinfo(np.int32).max), split.y)

        train, test = self.splits()
        return Data(whole(train), whole(test))

    def stand_in(self) -> Data:
        """Made-up texts of as many classes, each of which is there, as the real data sets of texts have them."""
        from dlexp.components.datasets import generated

        train, test = generated.texts(self.n_text_classes)
        return self.weighted(Data(self.encoded(*train), self.encoded(*test)))

    def words(self, data_dir: Path | None) -> dict[int, str]:
        """A word's name is its number, counted from the most frequent one of all."""
        from dlexp.components.datasets.words.sequences import INDEX_FROM, SIGNS

        return SIGNS | {number + INDEX_FROM: f"w{number}" for number in range(1, N_WORDS + 1)}

    def log_probabilities(self, texts: Any) -> "Array":
        """Logarithms of the true probabilities of the classes given word numbers, `(n, classes)`: Bayes' rule.

        Given what `num_words`, `skip_top` and the `maxlen` of padded text leave of them; but words are counted, where
        a multi-hot vector only says that they occur.
        """
        import numpy as np
        from scipy.special import log_softmax

        by_word = _word_shares(self.n_text_classes, self.strength)
        # log P(class) + sum of log P(word | class)
        log_joint = np.log(self.shares()) + self._counted(texts) @ self._log_likelihoods(by_word)
        log_p: Array = log_softmax(log_joint, axis=1)
        return log_p

    def _counted(self, texts: Any) -> "csr_array":
        """How often each index stands in each text as it is cut, `(n, num_words)`; start signs count as padding."""
        import numpy as np

        from dlexp.components.datasets.words import sequences

        numbered = sequences.numbered(texts, self.num_words, self.skip_top)
        numbered.ids[numbered.ends - numbered.lengths] = sequences.PAD
        if self.encoding == "padded" and self.maxlen:
            rows = sequences.padded(numbered, self.maxlen)
            numbered = sequences.Sequences(rows.ravel(), np.full(len(rows), self.maxlen, np.int32))
        return sequences.count(numbered, self.num_words).astype(np.float64)

    def _log_likelihoods(self, by_word: "Array") -> "Array":
        """log P(index | class), `(num_words, classes)`; all words that are cut are one sign; padding says nothing."""
        import numpy as np

        from dlexp.components.datasets.words.sequences import INDEX_FROM, OUT_OF_VOCABULARY

        index = np.arange(1, N_WORDS + 1) + INDEX_FROM
        is_kept = (index >= self.skip_top) & (index < self.num_words)
        found = np.zeros((self.num_words, len(by_word)))
        found[index[is_kept]] = np.log(by_word[:, is_kept].T)
        if not is_kept.all():
            found[OUT_OF_VOCABULARY] = np.log(by_word[:, ~is_kept].sum(axis=1))
        return found

    def best_possible(self) -> dict[str, float]:
        """What the true probabilities score on the test split."""
        from dlexp.components.datasets.generators import best_scores

        test = self.test_split()
        return best_scores.of_classes(test.y, self.log_probabilities(test.x))


def _decoded(texts: Any, positions: Sequence[int]) -> list[str]:
    """Texts as they are drawn, in words."""
    return [" ".join(f"w{word}" for word in texts[[position]].ids) for position in positions]


@cache
def _word_shares(n_classes: int, strength: float) -> "Array":
    """P(word | class), `(classes, words)`: Zipf's law, and one of ten words is more or less frequent in a class."""
    import numpy as np

    rng = np.random.default_rng(TRUTH_SEED)
    frequency = 1 / (np.arange(1, N_WORDS + 1) + 10)  # Flattened at its head (Mandelbrot).
    tells = rng.random(N_WORDS) < TELLING
    weights = frequency * np.exp(strength * tells * rng.standard_normal((n_classes, N_WORDS)))
    shares: Array = weights / weights.sum(axis=1, keepdims=True)
    return shares
