"""Data drawn from known laws, and the targets of the digits."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import special, stats
from scipy.sparse import csr_array
from snapshots import dense

from dlexp.components.datasets import Counts, Digits, Documents, Moons, Newswires, NoisySine, Ratings, Reviews, Spirals
from dlexp.components.datasets.generators import best_scores
from dlexp.components.datasets.generators.generator import Generator
from dlexp.components.datasets.words import sequences

ALL = [
    Counts(), Documents(), Ratings(), Moons(), Spirals(), Spirals(arms=2), Reviews(), Newswires(),
    Reviews(encoding="count", num_words=500), Newswires(encoding="tfidf"),
]  # fmt: skip


def log_probabilities(dataset: Any, x: Any) -> Any:
    """The true log probabilities of the classes, `(n, classes)`."""
    if hasattr(dataset, "curves"):
        return dataset.curves.log_probabilities(x)
    return dataset.distribution.log_probabilities(x, dataset.text_encoding)


@pytest.mark.parametrize("dataset", ALL, ids=lambda dataset: dataset.type)
def test_info_holds(dataset: Generator) -> None:
    """What is promised without drawing is what is drawn, stand-in included."""
    info = dataset.info()
    data = dataset.load(None)

    assert (len(data.train), len(data.test)) == (info.n_train, info.n_test)
    for split in (data.train, data.test, dataset.stand_in().train):
        assert split.x.shape == (len(split), *info.shape)
        assert split.x.dtype == np.float32
        assert isinstance(split.x, csr_array) == (info.inputs == "sparse")
        assert split.y.dtype == (np.float64 if info.task == "count" else np.int32)
        assert split.y.shape[1:] == ((info.n_classes,) if info.task == "multilabel" else ())
        assert split.y.min() == 0


@pytest.mark.parametrize("dataset", ALL, ids=lambda dataset: dataset.type)
def test_the_seed_decides_alone(dataset: Generator) -> None:
    """The same seed, the same digest; another seed, size or split, other examples of the same law."""
    other = dataset.model_copy(update={"seed": 1})

    assert dataset.digest(None) == dataset.model_copy().digest(None)
    assert dataset.digest(None) != other.digest(None)
    best, others = (each.model_copy(update={"n_test": 10_000}).best_possible()["nll"] for each in (dataset, other))
    assert best == pytest.approx(others, rel=0.2)


def test_counts_follow_their_rates() -> None:
    """Pearson's statistic is its degrees of freedom, 40,000, within four of its deviations."""
    dataset = Counts(n_train=40_000)
    train = dataset.load(None).train
    rates = dataset.expected(train.x)

    statistic = ((train.y - rates) ** 2 / rates).sum()

    # The variance of (y - rate)^2 / rate is 2 + 1 / rate.
    assert statistic == pytest.approx(40_000, abs=4 * np.sqrt((2 + 1 / rates).sum()))


def test_ratings_follow_their_probabilities() -> None:
    """Chi squared of the classes' counts against their expected ones, and nothing left out."""
    dataset = Ratings(n_train=40_000)
    train = dataset.load(None).train
    p = dataset.probabilities(train.x)

    assert p.sum(axis=1) == pytest.approx(1)
    assert stats.chisquare(np.bincount(train.y), p.sum(axis=0)).pvalue > 0.01


def test_documents_follow_bayes_rule() -> None:
    """Among documents whose probability of a topic is about p, a share p has it: the posterior is calibrated."""
    dataset = Documents(n_train=20_000)
    train = dataset.load(None).train
    p = dataset.probabilities(train.x).ravel()
    y = train.y.ravel()

    for low, high in ((0, 0.1), (0.1, 0.4), (0.4, 0.6), (0.6, 0.9), (0.9, 1)):
        inside = (low <= p) & (p <= high)
        deviation = np.sqrt((p * (1 - p))[inside].sum()) / inside.sum()
        assert y[inside].mean() == pytest.approx(p[inside].mean(), abs=4 * deviation)


def test_the_truth_scores_best() -> None:
    """Rates, thresholds or posteriors that are a little off have a higher test nll than `best_possible`."""
    dataset = Counts()
    test = dataset.load(None).test
    off = -stats.poisson.logpmf(test.y, 1.1 * dataset.expected(test.x)).mean()

    assert dataset.best_possible()["nll"] < off


@pytest.mark.parametrize(
    ("dataset", "scores"),
    [
        (Counts(), {"nll": 1.8712, "rmse": 2.0210}),
        (Ratings(), {"nll": 1.0950, "accuracy": 0.5215}),
        (Documents(), {"nll": 0.6736, "accuracy": 0.9579}),
        (NoisySine(), {"nll": 0.2175, "mse": 0.0905}),
        (Moons(), {"accuracy": 0.9100, "nll": 0.2202}),
        (Spirals(), {"accuracy": 0.9560}),
        (Reviews(), {"accuracy": 0.9525}),
        (Newswires(), {"accuracy": 0.9785}),
    ],
    ids=lambda value: getattr(value, "type", ""),
)
def test_documented_best_scores(dataset: Generator, scores: dict[str, float]) -> None:
    """The numbers in the docstrings and configs."""
    best = dataset.best_possible()

    assert {name: best[name] for name in scores} == pytest.approx(scores, abs=1e-4)


def test_best_scores_of_counts_are_the_poisson_laws() -> None:
    """The entropy, the mean rate (the variance) and the median's error, summed over all counts by hand."""
    dataset = Counts(n_test=50_000)
    test, best = dataset.load(None).test, dataset.best_possible()
    rates = dataset.expected(test.x)
    k = np.arange(400)[:, None]
    chunks = np.array_split(np.sort(rates)[:: len(rates) // 2_000], 4)
    log_p = [k * np.log(chunk) - chunk - special.gammaln(k + 1) for chunk in chunks]  # (counts, examples)
    entropy = np.concatenate([-(np.exp(each) * each).sum(axis=0) for each in log_p])
    median = stats.poisson.ppf(0.5, np.concatenate(chunks))
    distance = np.abs(k - median)
    mae = (np.exp(np.hstack(log_p)) * distance).sum(axis=0)

    assert best["nll"] == pytest.approx(entropy.mean(), abs=0.02)
    assert best["mae"] == pytest.approx(mae.mean(), abs=0.02)
    assert best["mse"] == pytest.approx(rates.mean(), rel=0.04)
    assert best["rmse"] == pytest.approx(best["mse"] ** 0.5)


def test_best_scores_of_ratings_are_those_of_their_law() -> None:
    """What is expected under the true probabilities, within four deviations of a sample of 50,000."""
    dataset = Ratings(n_test=50_000)
    best, p = dataset.best_possible(), dataset.probabilities(dataset.load(None).test.x)

    def expected(score: np.ndarray) -> tuple[float, float]:
        """Mean and standard error of a score `(n, classes)` when the class is drawn from its probabilities."""
        mean = (p * score).sum(axis=1)
        return float(mean.mean()), float(np.sqrt(((p * score**2).sum(axis=1) - mean**2).sum())) / len(p)

    cumulated = p.cumsum(axis=1)
    median = np.argmax(cumulated >= 0.5, axis=1)
    for name, score in {
        "nll": -np.log(p),
        "accuracy": (np.arange(5) == p.argmax(axis=1)[:, None]).astype(float),
        "class_mae": np.abs(np.arange(5) - median[:, None]).astype(float),
    }.items():
        mean, error = expected(score)
        assert abs(best[name] - mean) < 4 * error, name


def test_no_guess_beats_the_best_for_its_metric() -> None:
    """The median is fewer stars off than the most probable class or the mean; the rate has the lowest rmse."""
    test, p = Ratings().load(None).test, Ratings().probabilities(Ratings().load(None).test.x)
    counted, rates = Counts().load(None).test, Counts().expected(Counts().load(None).test.x)

    for guess in (p.argmax(axis=1), np.round(p @ np.arange(5))):
        assert Ratings().best_possible()["class_mae"] <= np.abs(guess - test.y).mean()
    assert Counts().best_possible()["mae"] < np.abs(rates - counted.y).mean()
    assert Counts().best_possible()["rmse"] < np.sqrt(((stats.poisson.median(rates) - counted.y) ** 2).mean())


def test_the_best_scores_are_those_of_the_examples_tested_on() -> None:
    """Of the test split, whatever the training examples are; what has one class has no area under a curve."""
    assert Counts().best_possible() == Counts(n_train=10).best_possible() != Counts(seed=1).best_possible()
    assert "auc" not in best_scores.of_classes(np.array([1, 1]), np.log([[0.5, 0.5], [0.25, 0.75]]))
    assert best_scores.of_classes(np.array([0, 1]), np.log([[0.5, 0.5], [0.25, 0.75]])) == pytest.approx(
        {"nll": -np.log(0.375) / 2, "accuracy": 1.0, "auc": 1.0}
    )


def test_probabilities_of_moons_are_von_mises_integrals() -> None:
    """A half circle under Gaussian noise has a density in closed form: a share of a von Mises law.

    The integral over t from 0 to pi of exp(-|x - (cos t, sin t)|^2 / 2 s^2) is exp(-(r^2 + 1) / 2 s^2) 2 pi I0(k) times
    the share between 0 and pi of a von Mises law around the angle of x, with k = r / s^2.
    """
    dataset = Moons(noise=0.25)
    x = dataset.load(None).test.x[:300].astype(float)

    def log_density(x: np.ndarray) -> np.ndarray:
        r, angle = np.hypot(*x.T), np.arctan2(x[:, 1], x[:, 0])
        k = r / 0.25**2
        share = stats.vonmises.cdf(np.pi - angle, k) - stats.vonmises.cdf(-angle, k)
        return np.asarray(-(r**2) / (2 * 0.25**2) + np.log(special.ive(0, k)) + k + np.log(share))

    # The lower moon is the upper one, turned upside down and moved.
    joint = np.stack([log_density(x), log_density(np.array([1, 0.5]) - x)], axis=1)

    found, law = log_probabilities(dataset, x), special.log_softmax(joint, axis=1)
    assert np.exp(found) == pytest.approx(np.exp(law), abs=1e-4)
    assert found == pytest.approx(law, abs=1e-2)


@pytest.mark.parametrize("dataset", [Moons(), Spirals(), Reviews(), Newswires()], ids=lambda dataset: dataset.type)
def test_probabilities_are_calibrated(dataset: Generator) -> None:
    """Among examples whose probability of a class is about p, a share p is of it; another sample, four deviations."""
    other = dataset.model_copy(update={"seed": 7, "n_test": 20_000})
    test = other.draws.test
    p = np.exp(log_probabilities(other, test.x)).ravel()
    is_class = (test.y[:, None] == np.arange(len(p) // len(test))).ravel()

    assert p.sum() == pytest.approx(len(test))
    for low, high in ((0, 0.1), (0.1, 0.4), (0.4, 0.6), (0.6, 0.9), (0.9, 1)):
        inside = (low <= p) & (p <= high)
        deviation = np.sqrt((p * (1 - p))[inside].sum()) / inside.sum()
        assert is_class[inside].mean() == pytest.approx(p[inside].mean(), abs=4 * deviation)
    # The best accuracy is the mean of the largest probability, for every sample of the law.
    best = p.reshape(len(test), -1).max(axis=1)
    for sample in (other, dataset):
        error = 4 * np.sqrt((best * (1 - best)).mean() / sample.n_test)
        assert sample.best_possible()["accuracy"] == pytest.approx(best.mean(), abs=error)


def test_a_spirals_centre_belongs_to_nobody() -> None:
    """All arms start there; at the outer end each is alone."""
    dataset = Spirals(arms=4, noise=0.02)
    ends = np.concatenate([dataset.curves.curve(k, np.array([0.0, 0.95])) for k in range(4)])

    p = np.exp(log_probabilities(dataset, ends)).reshape(4, 2, 4)

    assert p[:, 0] == pytest.approx(np.full((4, 4), 0.25))
    assert p[:, 1] == pytest.approx(np.eye(4), abs=1e-6)


def test_probabilities_of_texts_by_hand() -> None:
    """The product of the words' probabilities, one after the other; what is cut counts as one word."""
    dataset = Reviews(n_test=3, num_words=2_000, skip_top=9)
    texts: Any = dataset.draws.test.x
    shares = dataset.distribution.word_shares  # (2, words)
    is_kept = (np.arange(1, 20_001) + 3 >= 9) & (np.arange(1, 20_001) + 3 < 2_000)
    cut = shares[:, ~is_kept].sum(axis=1)

    found = log_probabilities(dataset, texts)

    for row, ids in zip(found, np.split(texts.ids, texts.ends)[:-1], strict=True):
        joint = np.sum([np.log(shares[:, i - 1] if is_kept[i - 1] else cut) for i in ids], axis=0)
        assert row == pytest.approx(joint - np.logaddexp(joint[0], joint[1]))


def test_padding_takes_the_last_words_into_account_alone() -> None:
    """What `maxlen` cuts tells nobody anything; a length that no text exceeds cuts nothing."""
    whole, short = Reviews(encoding="count"), Reviews(encoding="padded", maxlen=30)
    texts: Any = whole.draws.test.x
    last = [ids[-30:].tolist() for ids in np.split(texts.ids, texts.ends)[:-1]]

    assert log_probabilities(short, texts) == pytest.approx(log_probabilities(whole, last))
    assert short.best_possible()["nll"] > whole.best_possible()["nll"]
    assert Reviews(encoding="padded").best_possible() == whole.best_possible()


def test_texts_are_encoded_as_those_of_imdb() -> None:
    """A start sign, words from 4 on; padded in front; the examples and the digest are the same in every encoding."""
    padded, vectors = Reviews(encoding="padded", maxlen=151), Reviews(num_words=10_000)
    whole: sequences.Sequences = vectors.texts(None).train.x  # type: ignore[assignment]
    first = whole.ids[: whole.lengths[0]]

    row = padded.load(None).train.x[0]
    assert (first[0], 21 <= len(first) <= 151) == (1, True)
    assert row[-len(first) :].tolist() == [i if i < 10_000 else 2 for i in first]
    assert not row[: -len(first)].any()
    assert vectors.load(None).train.x[[0]].nonzero()[1].tolist() == sorted({i if i < 10_000 else 2 for i in first})
    assert vectors.texts(None).first[0] == " ".join(f"w{i - 3}" for i in first[1:])
    assert padded.digest(None) == vectors.digest(None) != Newswires().digest(None)


def test_words_follow_zipfs_law() -> None:
    """The frequency of the words falls as 1 / (rank + 10), but for those that tell a class."""
    shares = Reviews.distribution.word_shares
    tells = shares[0] / shares[1]
    zipf = 1 / (np.arange(1, 20_001) + 10)

    assert shares.sum(axis=1) == pytest.approx(1)
    silent = np.isclose(tells, np.median(tells))
    assert silent.mean() == pytest.approx(0.9, abs=0.01)
    ratio = shares[0, silent] / zipf[silent]
    assert ratio == pytest.approx(np.full(len(ratio), ratio[0]))


def test_new_texts_are_numbered_as_the_generated_ones(tmp_path: Path) -> None:
    """`dlexp predict` on words of the generator: w1 is the most frequent, what is none is unknown."""
    (tmp_path / "new.txt").write_text("w1 w7 hello\n")

    x = Reviews(encoding="padded", maxlen=5).new_examples(tmp_path / "new.txt", None).x

    assert x[0].tolist() == [0, 1, 4, 10, 2]


def test_data_without_a_known_law_promise_nothing() -> None:
    """Nobody knows how well digits can be read."""
    assert Digits().best_possible() == {}


def test_examples_of_documents_are_their_words() -> None:
    """By number, a line each."""
    dataset = Documents()
    x = dense(dataset.load(None).test.x)

    (line,) = dataset.decoded(dataset.load(None), [3])

    assert str(line).split() == [f"w{word}" for word in np.flatnonzero(x[3])]


def test_parity_and_ink_are_of_the_same_images() -> None:
    """Odd digits are class 1; the ink is the mean pixel over 16."""
    parity, ink = Digits(target="parity"), Digits(target="ink")

    data = parity.load(None)
    assert (parity.info().task, parity.info().n_classes, parity.class_names) == ("binary", 2, ("even", "odd"))
    assert data.train.y.dtype == np.int32
    assert len(data.train) == 1437
    assert np.mean(data.train.y) == pytest.approx(0.5, abs=0.02)

    data = ink.load(None)
    assert (ink.info().task, ink.info().n_classes, ink.class_names) == ("proportion", None, ())
    assert data.test.y == pytest.approx(data.test.x.mean(axis=1) / 16)
    assert 0 < data.train.y.min() < data.train.y.max() < 1


@pytest.mark.parametrize("target", ["digit", "parity", "ink"])
def test_digest_is_that_of_the_images(target: str) -> None:
    """The target is a setting; the files are the same."""
    assert Digits.model_validate({"target": target}).digest(None) == Digits().digest(None)


def test_ink_of_the_stand_in_is_a_share() -> None:
    """Between 0 and 1 as the real one."""
    y = Digits(target="ink").stand_in().train.y

    assert y.dtype == np.float64
    assert 0 < y.min() < y.max() < 1
