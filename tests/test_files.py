"""Which config file or study a word means."""

import logging
from pathlib import Path

import pytest
from commands import Invoke
from make_runs import finished

from dlexp.config import files
from dlexp.config.identity import identities_of
from dlexp.config.load import load_unchecked
from dlexp.errors import UserError


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with configs and studies, two of which have one name."""
    monkeypatch.chdir(tmp_path)
    Path("configs/studies").mkdir(parents=True)
    for path in ("here.yaml", "configs/a.yaml", "configs/both.yml", "configs/deep.yaml"):
        Path(path).write_text("dataset: iris\n")
    for path in ("configs/studies/both.yaml", "configs/studies/question.yaml"):
        Path(path).write_text("base: ../a.yaml\nvariants: {adam: {}, sgd: {optimizer: sgd}}\nseeds: 3\n")


@pytest.mark.parametrize(
    ("word", "folders", "path"),
    [
        ("a", (files.HERE, files.CONFIGS), "configs/a.yaml"),
        ("here", (files.HERE, files.CONFIGS), "here.yaml"),
        ("both", (files.HERE, files.CONFIGS), "configs/both.yml"),
        ("both", (files.HERE, files.STUDIES), "configs/studies/both.yaml"),
        # A study that is given to `run`: what is to be typed for it is said later.
        ("question", (files.HERE, files.CONFIGS), "configs/studies/question.yaml"),
        ("a.yaml", (files.HERE, files.CONFIGS), "a.yaml"),
        ("studies/both", (files.HERE, files.CONFIGS), "studies/both"),
        ("absent", (files.HERE, files.CONFIGS), "absent"),
        ("", (files.HERE, files.CONFIGS), "."),
        ("a" * 300, (files.HERE, files.CONFIGS), "a" * 300),
    ],
)
def test_a_bare_word_is_the_stem_of_a_file(word: str, folders: tuple[Path, ...], path: str) -> None:
    """In the folders that are meant first; anything else is a path."""
    assert files.named(word, *folders) == Path(path)


def test_a_path_that_there_is_comes_first(caplog: pytest.LogCaptureFixture) -> None:
    """A file without a suffix; only where it is another than the word, the file is logged."""
    Path("a").write_text("dataset: iris\n")
    with caplog.at_level(logging.INFO):
        assert files.named("a", files.HERE, files.CONFIGS) == Path("a")
        assert caplog.messages == []
        files.named("here", files.HERE)
    assert caplog.messages == ["here: here.yaml"]


def test_several_files_of_a_stem_are_refused() -> None:
    """With all of them."""
    both = r"both: several files are called so; name one of them: configs/both\.yml, configs/studies/both\.yaml$"
    with pytest.raises(UserError, match=both):
        files.named("both", files.HERE, files.CONFIGS, files.STUDIES)


@pytest.mark.parametrize(
    ("missing", "found"),
    [
        ("dep.yaml", "configs/deep.yaml"),
        ("dep", "configs/deep.yaml"),
        ("configs/heer.yaml", "here.yaml"),
        ("configs/deeep.yml", "configs/deep.yaml"),
        ("elsewhere/questio.yaml", "configs/studies/question.yaml"),
        ("zzz.yaml", ""),
    ],
)
def test_a_suggestion_has_its_folder(missing: str, found: str) -> None:
    """It can be typed as it stands."""
    assert files.near(Path(missing)) == found


def test_commands_take_bare_words(invoke: Invoke) -> None:
    """Those that take configs or studies; which file it is, is said."""
    assert invoke("check", "a") == (0, "configs/a.yaml: ok\n", "a: configs/a.yaml\n")
    assert invoke("check", "dep")[2] == "dep: no such file. Did you mean 'configs/deep.yaml'?\n"
    code, out, err = invoke("data", "a")
    assert (code, out[:5], err) == (0, "iris ", "a: configs/a.yaml\n")
    assert invoke("diff", "a", "here") == (0, "no difference\n", "")
    assert "configs/studies/question.yaml: a study, not a config" in invoke("run", "question", "--dry-run")[2]


def test_a_renamed_config_finds_its_runs(invoke: Invoke) -> None:
    """By what is in it: they keep the name under which they were trained."""
    experiment = load_unchecked("configs/a.yaml")
    config = experiment.model_dump(exclude={"name"})
    identity = identities_of(experiment, experiment.dataset.digests(None)).own
    finished(Path("runs"), "old", config=config, identity=identity)

    said = "a: no run has this name; configs/a.yaml was trained as old\n"
    for command in (("ls",), ("compare",), ("show",), ("verify", "--files")):
        code, out, err = invoke(*command, "a")
        assert (code in (0, 1), said in err) == (True, True), (command, err)
        assert "old" in out
    assert invoke("ls", "deep")[2].startswith("deep: no run has this name")
    finished(Path("runs"), "a", seed=1)
    assert "no run has this name" not in invoke("ls", "a")[2]
