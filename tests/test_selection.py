"""What the user's words mean: configs, names, runs, globs, starts of ids."""

from pathlib import Path

import pytest
from make_runs import CONFIG, changed, finished, identity_of

from dlexp.config.identity import Identities
from dlexp.errors import UserError
from dlexp.records import selection
from dlexp.records.index import Run
from dlexp.records.selection import find, select


def names(runs: list[Run], runs_dir: Path) -> list[str]:
    """Runs by their place below the runs directory, without the identity."""
    places = [run.dir.path.relative_to(runs_dir) for run in runs]
    return [f"{place.parent}/{place.name.split('-')[0]}" for place in places]


def test_select_takes_names_runs_and_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name, a run and the directories of both mean what they say, in the order of the words, each run once."""
    first, second = finished(tmp_path / "runs", "a", 0), finished(tmp_path / "runs", "a", 1)
    finished(tmp_path / "runs", "b")
    monkeypatch.chdir(tmp_path)
    runs_dir = tmp_path / "runs"

    def selected(*words: str) -> list[str]:
        return names(select(runs_dir, words), runs_dir)

    assert selected("b", "a") == ["b/s0", "a/s0", "a/s1"]
    assert selected(f"a/{second.path.name}") == ["a/s1"]
    assert selected(str(first.path), "a") == ["a/s0", "a/s1"]
    assert selected(str(runs_dir / "a") + "/") == ["a/s0", "a/s1"]


def test_select_resolves_a_config_by_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A config means its experiment's runs under every name, and not what else has the config's name."""
    finished(tmp_path, "a", 0)
    finished(tmp_path, "b", 1)
    finished(tmp_path, "a", 0, config=changed(optimizer={"learning_rate": 0.5}))

    monkeypatch.setattr(selection, "identities_in", lambda *_: Identities(identity_of(CONFIG)))

    runs = select(tmp_path, ["configs/a.yaml"])

    assert names(runs, tmp_path) == ["a/s0", "b/s1"]
    assert {run.identity for run in runs} == {identity_of(CONFIG)}


def test_select_says_how_to_run_a_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A config that was edited since has no runs."""
    finished(tmp_path, "a")
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("dataset: iris\n")
    monkeypatch.setattr(selection, "identities_in", lambda *_: Identities("0" * 64))

    with pytest.raises(UserError, match=r"^a\.yaml: no run of it in .* as it is now\. Try: dlexp run a\.yaml$"):
        select(tmp_path, ["a.yaml"])


def test_select_names_the_nearest(tmp_path: Path) -> None:
    """An unknown word comes with the nearest right one and the choices."""
    for name in ("digits_sgd", "digits_adam"):
        finished(tmp_path, name)

    with pytest.raises(UserError) as caught:
        select(tmp_path, ["digits_sdg"])

    assert str(caught.value) == (
        f"digits_sdg: no such run, name or config in {tmp_path}. Did you mean 'digits_sgd'? "
        "Choose from: digits_adam, digits_sgd"
    )


def test_select_names_the_nearest_run_of_a_name(tmp_path: Path) -> None:
    """Where the name is right, the choices are its runs."""
    run_dir = finished(tmp_path, "digits")
    place = f"digits/{run_dir.path.name}"

    with pytest.raises(UserError, match=f"Did you mean '{place}'. Choose from: {place}$"):
        select(tmp_path, [place[:-1] + "x"])


def test_select_without_any_run(tmp_path: Path) -> None:
    """Before the first run the answer is how to get one."""
    with pytest.raises(UserError, match=r"no runs in .* yet\. Try: dlexp run"):
        select(tmp_path, ["digits"])


def test_the_stem_of_a_config_means_the_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no run has the name: the runs may lie under the name of an earlier day. A name on record comes first."""
    monkeypatch.chdir(tmp_path)
    for name in ("renamed.yaml", "old.yml", "bare"):
        Path(name).write_text("dataset: iris\n")
    old = finished(Path("runs"), "old")

    assert find(Path("runs"), "renamed") == Path("renamed.yaml")
    assert find(Path("runs"), "old") == [old]
    assert find(Path("runs"), "bare") == Path("bare")


def test_the_start_of_an_id_means_its_runs(tmp_path: Path) -> None:
    """Of an experiment those of all its seeds and names, of a run its attempts."""
    first, second = (finished(tmp_path, "a", seed, identity="3fa9c1d2e0" + "0" * 54) for seed in (0, 1))
    elsewhere = finished(tmp_path, "b", 0, identity="3fa9c1d2e0" + "0" * 54)
    finished(tmp_path, "b", 0, identity="3fb9c1d2e0" + "0" * 54)

    assert find(tmp_path, "3fa9") == [first, second, elsewhere]
    assert find(tmp_path, "s0-3fa9c1") == [first, elsewhere]
    assert find(tmp_path, "a/s1-3fa9c1") == [second]
    assert find(tmp_path, "b/3fa9") == [elsewhere]


def test_the_start_of_several_ids_is_refused(tmp_path: Path) -> None:
    """With the runs to choose from; what is shorter than four digits is a word like others."""
    one = finished(tmp_path, "a", 0, identity="3fa9c1d2e0" + "0" * 54)
    other = finished(tmp_path, "b", 0, identity="3fa9d1d2e0" + "0" * 54)

    with pytest.raises(UserError) as caught:
        find(tmp_path, "3fa9")
    with pytest.raises(UserError, match=r"^3fa: no such run, name or config"):
        find(tmp_path, "3fa")

    said = f"3fa9: several ids begin like this. Choose from: {one.label}, {other.label}"
    assert str(caught.value) == said


@pytest.mark.parametrize("word", ["x" * 300, "a\0b", ".", "", "~", "[", "runs/../runs/nothing"])
def test_no_word_is_too_odd(word: str, tmp_path: Path) -> None:
    """What no file can be called means nothing."""
    finished(tmp_path, "a")

    with pytest.raises(UserError, match="no such run, name or config"):
        find(tmp_path, word)
