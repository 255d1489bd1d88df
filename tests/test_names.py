"""Names that stand in nobody's way below runs/."""

from pathlib import Path

import pytest
from commands import Invoke
from make_runs import finished

from dlexp.config.load import load
from dlexp.config.names import BIAS_VARIANCE
from dlexp.config.problems import ConfigError
from dlexp.records.index import read
from dlexp.records.run_dir import FolderName, RunDir
from dlexp.records.selection import select

RESAMPLED = "bias-variance calls its own runs so, with ' resamples' at the end"
DEVICE = "it is a device on Windows, where no folder can have this name"
BLANK = "Windows drops a dot or a space at the end of a folder's name"
FOLDER = "the folder of a run is called so"
CONFIG = "commands take it for a config file"
TABLE = "a file of this name lies beside the runs"

REFUSED = {
    "x resamples": RESAMPLED,
    "x Resamples": RESAMPLED,
    "Summary.csv": TABLE,
    "s0-0123456789": FOLDER,
    "s12-0123456789-3": FOLDER,
    "S0-ABCDEF0123": FOLDER,
    "x.yaml": CONFIG,
    "x.YML": CONFIG,
    **dict.fromkeys(("con", "PRN", "Aux", "nul.v2", "nul .x", "COM1", "com0", "lpt9.tar.gz", "LPT0"), DEVICE),
    "x.": BLANK,
    "x ": BLANK,
    "名" * 79: "it has more than 235 bytes, too long for a folder's name",
}
ALLOWED = (
    "resamples",
    "x resamples 2",
    "console",
    "com10",
    "com",
    "nully",
    "s0",
    "s0-0123",
    "s0-012345678g",
    "名" * 78,
)


@pytest.mark.parametrize(("name", "why"), REFUSED.items())
def test_a_name_in_the_way_is_refused_with_its_line(name: str, why: str, tmp_path: Path) -> None:
    """In a file with its line, by --set, and as the stem of the file alike."""
    said = f"name: {why}; choose another than {name!r}"
    (tmp_path / "a.yaml").write_text(f"dataset: iris\nname: {name!r}\n")
    stem = tmp_path / f"{name}.yaml"
    stem.write_text("dataset: iris\n")

    for path, overrides, place in (
        (tmp_path / "a.yaml", [], f"{tmp_path / 'a.yaml'}:2"),
        (tmp_path / "a.yaml", [f"name={name!r}"], f"--set name={name!r}"),
        (stem, [], str(stem)),
    ):
        with pytest.raises(ConfigError) as refused:
            load(path, overrides)
        assert refused.value.lines == [f"{place}: {said}"]


@pytest.mark.parametrize("name", ALLOWED)
def test_a_name_that_only_looks_like_one_is_allowed(name: str, tmp_path: Path) -> None:
    """As it always was."""
    (tmp_path / "a.yaml").write_text(f"dataset: iris\nname: {name!r}\n")

    assert load(tmp_path / "a.yaml").experiment.name == name


def test_a_run_on_a_resample_may_be_called_so(tmp_path: Path) -> None:
    """The config that bias-variance recorded runs again."""
    (tmp_path / "a.yaml").write_text("name: x resamples\ndataset: {type: iris, resample: bootstrap}\n")

    assert load(tmp_path / "a.yaml").experiment.name == "x resamples"


@pytest.mark.parametrize("name", ["con", "x resamples", "s0-0123456789"])
def test_what_was_recorded_under_such_a_name_is_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    """A run's own config keeps its name; moved elsewhere it needs another."""
    monkeypatch.chdir(tmp_path)
    run_dir = finished(Path("runs"), name)
    run_dir.config_path.write_text(f"name: {name}\ndataset: iris\n")

    assert load(run_dir.config_path).experiment.name == name
    assert [read(run.dir).name for run in select(Path("runs"), [f"{name}/{run_dir.path.name}"])] == [name]
    assert invoke("diff", name, name) == (0, "no difference\n", "")
    (tmp_path / "config.yaml").write_text(run_dir.config_path.read_text())
    with pytest.raises(ConfigError):
        load(tmp_path / "config.yaml")


def test_a_run_that_is_only_called_as_those_of_bias_variance_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    """Recorded when the name was allowed: its config says that it trained on all of its training set."""
    monkeypatch.chdir(tmp_path)
    own, theirs = (finished(Path("runs"), f"{name}{BIAS_VARIANCE}") for name in ("own", "theirs"))
    own.config_path.write_text("name: own resamples\ndataset:\n  type: digits\n  resample: null\n")
    theirs.config_path.write_text("dataset:\n  type: digits\n  resample:\n    type: bootstrap\n")

    code, out, err = invoke("ls")

    assert code == 0
    assert [line.split("/")[0] for line in out.splitlines()[1:]] == ["'own resamples"]
    assert err == "1 run of bias-variance left out. To list them: dlexp ls 'theirs resamples'\n"


def test_a_run_called_activations_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    """The word means all hidden units where no run has the name."""
    monkeypatch.chdir(tmp_path)

    assert invoke("show", "activations")[0] == 2
    finished(Path("runs"), "activations")
    assert invoke("show", "activations")[0] == 0


@pytest.mark.parametrize("name", ["s00-0123456789", "s٣-0123456789", "s0-0123456789-0", f"s{10**18}-0123456789"])
def test_a_folder_that_dlexp_never_made_is_no_run(name: str) -> None:
    """Numbers as dlexp writes them, in digits that everyone reads."""
    assert FolderName.parse(name) is None
    assert str(FolderName.parse("s7-0123456789-2")) == "s7-0123456789-2"
    assert RunDir(Path("a/s7-0123456789")).seed == 7
