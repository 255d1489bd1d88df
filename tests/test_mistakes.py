"""The worst mistakes keep their examples, decoded from what training has loaded."""

import base64
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from jobs import job_of

from dlexp.components.data import Data, Ids, Split
from dlexp.components.datasets import (
    Csv,
    Digits,
    Documents,
    Imdb,
    Iris,
    Newswires,
    Npz,
    Python,
    Reuters,
    TextFolder,
)
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.datasets.reading import files
from dlexp.components.datasets.words import cache as encoded_cache
from dlexp.components.pictures import Picture, are_pictures
from dlexp.errors import DataError
from dlexp.execution.execute import execute
from dlexp.records.index import read
from dlexp.records.run_dir import RunDir
from dlexp.training.mistakes import first_mistakes, named, with_examples

NOTHING = Data(Split(np.zeros((1, 1)), np.zeros(1)), Split(np.zeros((1, 1)), np.zeros(1)))


class Decoding:
    """What a run asks of a data set here: its examples."""

    def __init__(self, decode: Callable[[int], str]) -> None:
        self._decode = decode

    def decoded(self, data: Data, positions: Sequence[int]) -> list[str]:
        """The examples at these positions."""
        return [self._decode(position) for position in positions]


def shown(mistakes: list[dict[str, Any]], decode: Callable[[int], str]) -> dict[str, Any]:
    """What is recorded of mistakes on such a data set."""
    decoding: Any = Decoding(decode)
    return with_examples(mistakes, decoding, NOTHING)


def words_of(split: Split) -> Any:
    """Texts as words by their numbers."""
    return split.x


def broken(*_: object) -> Any:
    """A data set of the user's own with a mistake in it."""
    raise KeyError("colour")


def absent(*_: object) -> Any:
    """A word index that cannot be had."""
    raise DataError("word_index.json: not found", "where to put it")


def of_target(name: str, n: int) -> list[dict[str, Any]]:
    """Mistakes on one of several targets."""
    return [{"target_name": name, "position": i, "target": 0, "predicted": 1, "probability": 0.9} for i in range(n)]


def drop(record: dict[str, Any], *keys: str) -> dict[str, Any]:
    """A record without these."""
    return {key: value for key, value in record.items() if key not in keys}


def pixels(png: str) -> np.ndarray:
    """What another program reads from a picture in base64, as bytes."""
    read = matplotlib.image.imread(io.BytesIO(base64.b64decode(png)))
    return (read * 255).round().astype(np.uint8)


def test_the_worst_of_each_target_keep_their_examples() -> None:
    """Twenty over all targets, from the worst of each on; the others are recorded without."""
    mistakes = [*of_target("a", 20), *of_target("b", 3), *of_target("c", 20)]

    found = shown(mistakes, "number {}".format)["mistakes"]

    kept = [(each["target_name"], each["position"]) for each in found if "text" in each]
    assert [drop(each, "text") for each in found] == mistakes
    assert kept == [*(("a", i) for i in range(9)), *(("b", i) for i in range(3)), *(("c", i) for i in range(8))]
    assert all(each["text"] == f"number {each['position']}" for each in found if "text" in each)


def test_mistakes_have_the_names_that_predict_gives() -> None:
    """The rows of a file, counted from 1, with the ids; of other data the number in the split."""
    test = Split(np.zeros((3, 1)), np.zeros(3))
    table = Data(test, test, names={"test": [4, 9, 11]}, test_ids=Ids("id", ["a", "b", "c"]))
    mistakes = [{"position": 2, "target": 0, "predicted": 1}]

    assert named(mistakes, table) == [{**mistakes[0], "example": "11", "id": "c"}]
    assert named(mistakes, NOTHING) == [{**mistakes[0], "example": "3"}]


def test_a_summary_keeps_the_first_ten_of_each_target() -> None:
    """As in every version; the evaluation has more."""
    mistakes = [*of_target("a", 20), *of_target("b", 3)]

    assert first_mistakes(mistakes) == [*of_target("a", 10), *of_target("b", 3)]
    assert first_mistakes([]) == []


@pytest.mark.parametrize(("decode", "why"), [(broken, "'colour'"), (absent, "word_index.json: not found")])
def test_examples_that_cannot_be_had_fail_no_run(decode: Any, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The mistakes are recorded without, with the reason; the traceback is in the log."""
    mistakes = of_target("a", 2)

    assert shown(mistakes, decode) == {"mistakes": mistakes, "examples_problem": why}
    assert "in decoded" in capsys.readouterr().err


def test_texts_are_kept_as_they_are_up_to_a_length() -> None:
    """Control characters too; what cannot be written as UTF-8 is a question mark."""
    mistakes = of_target("a", 1)

    def text(given: str) -> str:
        return str(shown(mistakes, lambda _: given)["mistakes"][0]["text"])

    assert text("a\x1b[2J\u202e é\n") == "a\x1b[2J\u202e é\n"
    assert text("x" * 2000) == "x" * 2000
    assert text("x" * 2001) == "x" * 2000 + " ..."
    assert text("a\ud800b") == "a?b"


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_a_picture_is_a_png_that_others_read(shape: tuple[int, ...]) -> None:
    """Pixel by pixel, in grey and in colour."""
    given = np.arange(np.prod(shape)).reshape(shape) % 256

    picture = Picture.of(given, brightest=255)

    assert picture.described == "5 x 7 picture"
    np.testing.assert_array_equal(pixels(base64.b64encode(picture.png()).decode())[..., : shape[-1]], given)


def test_large_pictures_are_made_smaller() -> None:
    """Records stay small; the real size is said."""
    picture = Picture.of(np.full((1000, 300), 2.0), brightest=1)

    assert (picture.pixels.shape, picture.pixels.max(), picture.described) == ((125, 38), 255, "1000 x 300 picture")


@pytest.mark.parametrize(
    ("shape", "is_picture"),
    [((28, 28), True), ((4, 4, 1), True), ((32, 32, 3), True), ((100, 3), False), ((28, 28, 2), False), ((64,), False)],
)
def test_which_arrays_are_pictures(shape: tuple[int, ...], is_picture: bool) -> None:
    """Two sides, and one number or three colours a pixel."""
    assert are_pictures(shape) == is_picture


@pytest.mark.training
def test_a_finished_run_has_its_mistakes_with_pictures(tmp_path: Path) -> None:
    """In the first key of evaluation.json; the pixels are those of the data, and the summary is as it was."""
    job = job_of(tmp_path, "dataset: digits\nmodel: {hidden: [2]}\ntraining: {epochs: 1}\n")

    execute(job)

    run_dir = RunDir(job.path)
    evaluation, summary = run_dir.evaluation(), run_dir.summary()
    assert evaluation is not None
    assert summary is not None
    assert list(json.loads(run_dir.evaluation_path.read_bytes())) == ["mistakes", "targets"]
    mistakes = evaluation["mistakes"]
    assert len(mistakes) == 20
    assert [{k: v for k, v in each.items() if k not in ("text", "png")} for each in mistakes[:10]] == summary.mistakes
    test = Digits().load(None).test
    for each in mistakes:
        assert each["text"] == "8 x 8 picture"
        assert each["target"] == test.y[each["position"]]
        expected = (test.x[each["position"]].reshape(8, 8) * (255 / 16)).round()
        np.testing.assert_array_equal(pixels(each["png"]), expected)


@pytest.mark.training
def test_decoding_changes_no_number_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """History and weights are equal to the byte where decoding fails."""
    text = "dataset: iris\nmodel: {hidden: [4]}\ntraining: {epochs: 2}\n"
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    one, other = job_of(tmp_path / "a", text), job_of(tmp_path / "b", text)

    execute(one)
    monkeypatch.setattr(Iris, "decoded", broken)
    execute(other)

    def numbers(path: Path) -> pd.DataFrame:
        return pd.read_csv(path / "history.csv").drop(columns="seconds")

    pd.testing.assert_frame_equal(numbers(one.path), numbers(other.path), check_exact=True)
    with_them, without = (read(RunDir(job.path)).result for job in (one, other))
    assert with_them.metrics == without.metrics
    assert with_them.mistakes == without.mistakes
    assert dict(RunDir(other.path).evaluation() or {})["examples_problem"] == "'colour'"


def tables(folder: Path) -> dict[str, Dataset]:
    """Own data of every kind, and others whose examples are not what their arrays say."""
    rng = np.random.default_rng(0)
    words = ["good film", "bad film\tindeed", "dull", "a fine one"]
    frame = pd.DataFrame({f"n{i}": rng.random(20) for i in range(10)} | {"colour": ["red", "blue"] * 10})
    frame["text"], frame["y"] = words * 5, [0, 1] * 10
    frame.to_csv(folder / "a.csv", index=False)
    for part in ("train", "test"):
        for name in ("neg", "pos"):
            (folder / part / name).mkdir(parents=True)
            for i, text in enumerate(words):
                (folder / part / name / f"{i}.txt").write_text(f"{text}\n{name} {part}")
    columns = [f"n{i}" for i in range(10)]
    path = str(folder / "a.csv")
    return {
        "numbers": Csv(path=path, target="y", task="binary", features=[*columns, "colour"]),
        "all columns": Csv(path=path, target="y", task="binary", test_size=0.5),
        "text": Csv(path=path, target="y", task="binary", text="text"),
        "text and numbers": Csv(
            path=path, target="y", task="binary", text=["text", "colour"], features=["n1", "colour"]
        ),
        "folder": TextFolder(path=str(folder), task="binary"),
        "tfidf": TextFolder(path=str(folder), task="binary", encoding="tfidf"),
        "documents": Documents(n_train=5, n_test=5),
        "newswires": Newswires(n_train=5, n_test=5),
        "newswires, tfidf": Newswires(n_train=5, n_test=5, encoding="tfidf"),
        "iris": Iris(),
    }


def test_examples_are_those_that_the_data_set_shows(tmp_path: Path) -> None:
    """Decoded from what is loaded; of a sample the first ones too."""
    for name, dataset in tables(tmp_path).items():
        positions = [3, 0, 1] if name != "text" else [3, 0]
        loaded = dataset.load(None)
        shown = list(dataset.decoded(loaded, positions))

        assert [dataset.decoded(loaded, [position])[0] for position in positions] == shown, name
        if name not in ("newswires", "newswires, tfidf", "documents", "iris"):
            assert list(dataset.decoded(dataset.sample(None), positions)) == shown, name


def test_own_arrays_of_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes, numbers up to 1, one colour as an axis of its own; from a file, and from a function, called once."""
    x = np.arange(4 * 8 * 8, dtype=np.uint8).reshape(4, 8, 8)
    y = np.array([0, 1, 0, 1])
    for name, given in (("bytes", x), ("numbers", x / 255), ("axis", x[..., None]), ("colours", np.stack([x] * 3, -1))):
        np.savez(tmp_path / f"{name}.npz", x_train=given, y_train=y, x_test=given, y_test=y)
        dataset = Npz(path=str(tmp_path / f"{name}.npz"), task="binary")

        (picture,) = dataset.decoded(dataset.load(None), [2])

        assert isinstance(picture, Picture)
        np.testing.assert_array_equal(
            picture.pixels, given[2].reshape(picture.pixels.shape) * (1 if given.max() > 1 else 255)
        )

    monkeypatch.chdir(tmp_path)
    source = "import numpy as np\ncalls = []\ndef load():\n    calls.append(1)\n    a = np.load('bytes.npz')\n"
    Path("own_pictures.py").write_text(f"{source}    return (a['x_train'], a['y_train']), (a['x_test'], a['y_test'])\n")
    own = Python(function="own_pictures:load", task="binary")
    (picture,) = own.decoded(own.load(None), [1])
    assert isinstance(picture, Picture)
    assert picture.described == "8 x 8 picture"
    assert __import__("own_pictures").calls == [1]


@pytest.mark.parametrize(
    ("dataset", "cache"),
    [
        (Reuters(encoding="padded", maxlen=5), "none"),
        (Reuters(encoding="tfidf"), "here"),
        pytest.param(Imdb(num_words=100), "here", marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_reviews_in_words(
    dataset: Imdb | Reuters, cache: str, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole, whatever the encoding keeps of them, with the cache and without it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLEXP_CACHE", cache)
    data = dataset.load(data_dir)

    texts = dataset.decoded(data, [0, 7])

    whole = dataset.texts(data_dir)
    lengths = words_of(whole.test).lengths
    assert texts == dataset.decoded(data, [0, 7])
    assert [len(str(text).split()) for text in texts] == [int(lengths[i]) - 1 for i in (0, 7)]
    np.testing.assert_array_equal(whole.train.y, data.train.y)
    np.testing.assert_array_equal(whole.test.y, data.test.y)


def test_a_word_index_is_not_downloaded_for_mistakes(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that trained offline ends offline: at once, and it says what was not there."""
    (tmp_path / "reuters.npz").symlink_to(data_dir / "reuters.npz")
    monkeypatch.setenv("DLEXP_DATA", "")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(files, "_downloaded", lambda *_: pytest.fail("downloads"))
    dataset = Reuters(num_words=100)

    with pytest.raises(
        DataError, match=r"^reuters_word_index\.json: not found in .*\(--data-dir\), .*\(Keras's cache\)$"
    ):
        dataset.decoded(dataset.load(tmp_path), [0])


def test_texts_that_were_replaced_are_not_shown(data_dir: Path, tmp_path: Path) -> None:
    """Positions would be those of other texts."""
    path = tmp_path / "reuters.npz"
    path.write_bytes((data_dir / "reuters.npz").read_bytes())
    dataset = Reuters(num_words=100)
    data = dataset.load(tmp_path)
    with path.open("ab") as file:
        file.write(b"\0")

    with pytest.raises(DataError, match=r"^.*reuters\.npz: was replaced after it was read$"):
        dataset.decoded(data, [0])


def test_whole_texts_are_kept_in_the_cache(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are read from Keras's lists once."""
    monkeypatch.setenv("DLEXP_CACHE", str(tmp_path))
    first = Reuters().texts(data_dir)
    monkeypatch.setattr(Reuters, "_read", lambda *_: pytest.fail("reads the lists again"))

    again = Reuters().texts(data_dir)

    assert [path.name.split("-")[:2] for path in tmp_path.iterdir()] == [["reuters", "whole"]]
    for a, b in ((first.train, again.train), (first.test, again.test)):
        np.testing.assert_array_equal(words_of(a).ids, words_of(b).ids)
        np.testing.assert_array_equal(words_of(a).lengths, words_of(b).lengths)
        np.testing.assert_array_equal(a.y, b.y)
    assert encoded_cache.FORMAT == 1
